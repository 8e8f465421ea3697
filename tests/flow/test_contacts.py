"""The register of contacts: nobody stands in it twice."""

from __future__ import annotations

import re
from html import unescape

import requests

from tests.flow.cast import add_contact, add_customer, project_id
from tests.running import Rapport

ADDRESS = "greta@nordlicht.example"
TAKEN = "Greta Probe of this customer has this address already."


def send(rapport: Rapport, path: str, **form: str) -> requests.Response:
    fields = {"name": "Greta P.", "email": ADDRESS, "role": "user", "language": "en", "time_zone": "UTC", **form}
    return rapport.call("POST", f"/projects/{project_id(rapport)}/{path}", "Pia Lead", **fields)


def is_refused_beside_the_field(reply: requests.Response) -> bool:
    beside = re.search(r'<p class="error" id="email-error">([^<]*)', reply.text)
    return reply.status_code == 422 and beside is not None and unescape(beside[1]) == TAKEN


def test_one_address_of_a_customer_belongs_to_one_contact(rapport: Rapport) -> None:
    customer = add_customer(rapport, "Nordlicht")
    add_contact(rapport, customer, "Greta Probe", ADDRESS)
    add_contact(rapport, customer, "Hannes Muster", "hannes@nordlicht.example")
    add_contact(rapport, customer, "No Address", "")
    add_contact(rapport, customer, "No Address Either", "")
    add_contact(rapport, add_customer(rapport, "Ateliers"), "Greta Probe", ADDRESS)
    new = f"customers/{customer}/contacts/new"
    assert is_refused_beside_the_field(send(rapport, new))
    assert is_refused_beside_the_field(send(rapport, new, email="GRETA@Nordlicht.example"))
    changed = send(rapport, "contacts/2", name="Hannes M.")
    assert is_refused_beside_the_field(changed)
    assert "Hannes M." in changed.text, "what was entered stays"
    assert send(rapport, "contacts/1", name="Greta Probe-Neu").status_code == 200


def test_a_contact_comes_back_only_while_its_address_is_free(rapport: Rapport) -> None:
    customer = add_customer(rapport, "Nordlicht")
    add_contact(rapport, customer, "Greta Alt", ADDRESS)
    send(rapport, "contacts/1/remove")
    add_contact(rapport, customer, "Greta Probe", ADDRESS)
    assert send(rapport, "contacts/1/restore").status_code == 409
