"""A site that has us by its descriptor, and then by Forge: its data stays, and nothing is asked twice meanwhile."""

from __future__ import annotations

import pytest
import requests
import sqlalchemy as sa

from tests.devhost import forge, lifecycle
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, survey_link
from tests.forge_app import make_forge_app
from tests.running import Rapport, environment_for

GRETA, ZOE, MIA = "greta@nordlicht.example", "zoe@zweit.example", "mia@dritt.example"


@pytest.fixture
def lived(rapport: Rapport) -> Rapport:
    """By its descriptor, with a checkpoint, a customer, and an ask that waits for its answer."""
    add_checkpoint(rapport, "In review")
    customer = add_customer(rapport, "Nordlicht Handels GmbH")
    add_contact(rapport, customer, "Greta Probe", GRETA)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1
    for key, address in (("DEMO-8", ZOE), ("DEMO-9", MIA)):  # nobody is asked twice in a row, so each issue has its own
        customer = add_customer(rapport, address.partition("@")[2])
        add_contact(rapport, customer, address.partition("@")[0], address)
        chosen = rapport.call(
            "POST", f"/issues/{rapport.site.issue(key).id}/customer", "Tom Team", customer_id=customer
        )
        assert chosen.status_code == 200
    return rapport


def install_forge(rapport: Rapport) -> None:
    environment = environment_for(rapport.jira, rapport.settings.listen_port, rapport.settings.database_url)
    rapport.jira.install_forge(make_forge_app(rapport.jira.folder / "app", environment))
    rapport.settle()


def by_forge(rapport: Rapport, method: str, path: str, who: str = "Ada Admin") -> tuple[int, str]:
    told = Rapport(rapport.app, rapport.settings, rapport.jira, rapport.clock, "forge").call(method, path, who)
    return told.status_code, told.text


def tenants(rapport: Rapport) -> list[int]:
    with rapport.ports.database.system_reading() as connection:
        return list(connection.scalars(sa.text("SELECT id FROM tenant ORDER BY id")))


def test_data_asks_and_both_ways_at_once(lived: Rapport) -> None:
    mine = lived.tenant_id()
    install_forge(lived)
    assert len(tenants(lived)) == 2, "nobody has said yet that they are one"
    status, screen = by_forge(lived, "GET", "/administration/health")
    assert status == 200
    assert "Rapport knows this site from before" in screen
    former = f"/administration/former/{mine}"
    assert by_forge(lived, "POST", former, "Tom Team")[0] == 403, "an administrator decides"
    assert by_forge(lived, "POST", former)[0] == 200
    assert by_forge(lived, "POST", former)[0] == 404, "once"
    assert tenants(lived) == [mine]
    assert "Nordlicht" in by_forge(lived, "GET", f"/projects/{lived.site.project('DEMO').id}/customers", "Pia Lead")[1]

    move(lived, "DEMO-8", "In review")  # told by webhook and by trigger
    lived.settle()
    told = [entry.url.rpartition("/connect/")[2] for entry in lived.site.wire if "avi:jira:updated" in entry.note]
    assert told, "the trigger came as well"
    assert len(lived.mails_to(ZOE)) == 1, "one survey, not two"

    lifecycle.uninstall(lived.site, lived.jira.keys)
    lived.settle()
    assert answer(survey_link(lived.mails_to(GRETA)[0]), 5, "Danke").status_code == 200, "asked before, answered after"
    lived.settle()
    assert lived.site.issue("DEMO-7").properties["rapport-satisfaction"]["score"] == 5, "written with Forge's token"

    move(lived, "DEMO-9", "In Progress")
    move(lived, "DEMO-9", "In review")
    lived.settle()
    assert len(lived.mails_to(MIA)) == 1
    assert forge.uninstall(lived.site, lived.jira.keys) == 200
    assert requests.get(survey_link(lived.mails_to(MIA)[0]), timeout=60).status_code == 410, "the site is gone"


def test_without_a_token_work_waits_and_says_why(lived: Rapport) -> None:
    install_forge(lived)
    assert by_forge(lived, "POST", f"/administration/former/{lived.tenant_id()}")[0] == 200
    lifecycle.uninstall(lived.site, lived.jira.keys)
    app = lived.site.forge
    assert app is not None
    app.gives_tokens = False
    lived.clock.advance(hours=3)
    move(lived, "DEMO-8", "In review")
    for _ in range(20):  # far more often than work is tried that fails
        lived.settle()
        lived.clock.advance(minutes=6)
    assert lived.mails_to(ZOE) == []
    with lived.ports.database.system_reading() as connection:
        rows = connection.execute(
            sa.text("SELECT kind, state, attempts, error FROM job WHERE kind = 'transition'")
        ).all()
    assert [tuple(row) for row in rows] == [("transition", "ready", 0, "jira_token_missing")]
    app.gives_tokens = True
    assert forge.run_schedule(lived.site, lived.jira.keys) == [200], "the hour brings one"
    assert "hands us a new pass" in by_forge(lived, "GET", "/administration/health")[1], "says what it waited for"
    lived.settle()
    assert len(lived.mails_to(ZOE)) == 1
