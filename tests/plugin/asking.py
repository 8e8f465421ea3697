"""One customer who has been asked: as plain values, and as rows behind a link in a running app."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connect import Installation, StatusChanged
from plugin.app import create_app
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import service as customers
from plugin.customers.service import ContactDetails
from plugin.database import Tx
from plugin.domain import Contact, Invitation, Questionnaire, Role
from plugin.invitations import service as invitations
from plugin.invitations import store
from plugin.invitations.mails import Letter
from plugin.jobs import service as jobs
from plugin.jobs.store import job
from plugin.ports import Ports
from plugin.questionnaires import library
from plugin.questionnaires import service as questionnaires
from plugin.settings import load_settings
from plugin.surveys.store import survey_response
from plugin.transitions import service as transitions
from plugin.transitions.service import Delivery

NOW = datetime(2026, 11, 16, 9, 30, tzinfo=UTC)
EXPIRES_AT = datetime(2026, 11, 28, 13, 0, tzinfo=UTC)
TOKEN = "A" * 43
BASE_URL = "https://rapport.example"
HAND = "mouse 24 90 2400"  # what the page's script says of a person's press
CONTEXT = {"summary": "Order form for wholesale customers", "projectName": "Web shop"}


def a_contact(language: str = "en", name: str = "Mara Lindt", time_zone: str = "Europe/Berlin") -> Contact:
    return Contact(7, 3, name, "mara.lindt@nordlicht.example", language, time_zone, Role.SPONSOR, None, None, "")


def a_questionnaire(template: str = "delivery") -> Questionnaire:
    return Questionnaire(5, 4, 1, library.items_of_template(template), 120, NOW)


def an_invitation(**context: str) -> Invitation:
    ids = {
        "checkpoint_id": 1,
        "event_id": 2,
        "customer_id": 3,
        "contact_id": 7,
        "questionnaire_id": 5,
        "in_turn": "informed",
    }
    about = {"issue_id": "10007", "issue_key": "SHOP-7", "project_id": "10000", "context": {**CONTEXT, **context}}
    times = {"created_at": NOW, "due_at": NOW, "sent_at": None, "failed_at": None, "answered_at": None}
    return Invitation(id=41, **ids, **about, **times, failure="", expires_at=EXPIRES_AT)  # type: ignore[arg-type]


def a_letter(contact: Contact, reminder: int = 0, signed_by: str = "", **context: str) -> Letter:
    not_before = date(2026, 12, 16)
    last = reminder == 2
    return Letter(
        an_invitation(**context),
        contact,
        a_questionnaire(),
        TOKEN,
        not_before,
        reminder,
        last=last,
        signed_by=signed_by,
    )


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def an_app(database_url: str, clock: Clock, secret_keys: str = "") -> Flask:
    """Rapport without a Jira: enough for whatever a customer sees."""
    environment = {
        "RAPPORT_BASE_URL": BASE_URL,
        "RAPPORT_SECRET_KEYS": secret_keys or Fernet.generate_key().decode(),
        "RAPPORT_MAIL_FROM": "Rapport <rapport@rapport.example>",
        "DATABASE_URL": database_url,
    }
    return create_app(load_settings(environment), clock)


@dataclass(frozen=True)
class Place:
    """From where somebody answers."""

    address: str
    browser: str


DESK = Place("192.0.2.17", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0")
PHONE = Place("198.51.100.23", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36")
SCANNER = Place(
    "203.0.113.99", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
)


def nonce_in(page: TestResponse) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


@dataclass
class Asked:
    """A customer's link, and what became of it."""

    app: Flask
    clock: Clock
    tenant_id: int
    invitation_id: int
    token: str

    @property
    def ports(self) -> Ports:
        ports: Ports = self.app.extensions["rapport"]
        return ports

    def open(self, query: str = "", place: Place = DESK, **more: Any) -> TestResponse:
        return self.client(place).get(f"/s/{self.token}{query}", base_url=BASE_URL, **more)

    def nonce(self) -> str:
        return nonce_in(self.open())

    def press(self, page: TestResponse, place: Place = DESK, **form: Any) -> TestResponse:
        """Send the form that stands on a page that was shown."""
        return self.send(place=place, **{"nonce": nonce_in(page), **form})

    def send(self, query: str = "", place: Place = DESK, **form: Any) -> TestResponse:
        """As the page's own form and script do, unless `form` says otherwise; None leaves a field out."""
        if "nonce" not in form:
            form["nonce"] = self.nonce()
        form.setdefault("gesture", HAND)
        fields = {name: value for name, value in form.items() if value is not None}
        return self.client(place).post(f"/s/{self.token}{query}", base_url=BASE_URL, data=fields)

    def client(self, place: Place) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base |= {"REMOTE_ADDR": place.address, "HTTP_USER_AGENT": place.browser}
        return client

    def responses(self) -> list[dict[str, Any]]:
        """Every stored version, straight from the table."""
        with self.ports.database.reading(self.tenant_id) as tx:
            mine = survey_response.c.tenant_id == self.tenant_id
            query = sa.select(survey_response).where(mine).order_by(survey_response.c.id)
            return [dict(row._mapping) for row in tx.execute(query)]

    def jobs(self) -> list[str]:
        with self.ports.database.system_reading() as connection:
            return [row.kind for row in connection.execute(sa.select(job))]


def asked(app: Flask, clock: Clock, site: str = "acme", **contact: str) -> Asked:
    """Store everything that leads to one survey link, for a site of its own."""
    ports: Ports = app.extensions["rapport"]
    tenant_id = install(ports, site)
    with ports.database.transaction(tenant_id) as tx:
        invitation_id = _invite(tx, {"language": "en", "time_zone": "Europe/Berlin", **contact})
        invitation = invitations.get(tx, invitation_id)
        token = invitations.link_token(tx, ports.seal, invitation, NOW)
        invitations.record_sent(tx, invitation_id, NOW)
    return Asked(app, clock, tenant_id, invitation_id, token)


def install(ports: Ports, site: str) -> int:
    url = f"https://{site}.atlassian.net"
    key = f"client-{site}"
    ports.tenants.install(Installation(key, "s" * 64, url, url, None, f"token-{site}", f"body-{site}", EXPIRES_AT), NOW)  # type: ignore[attr-defined]
    tenant_id = int(ports.tenants.find_tenant(key).id)  # type: ignore[attr-defined]
    with ports.database.transaction(tenant_id) as tx:
        jobs.clear(tx)  # there is no Jira to ask which site this is
    return tenant_id


def _invite(tx: Tx, contact: dict[str, str]) -> int:
    details = ContactDetails("Mara Lindt", "mara.lindt@nordlicht.example", role=Role.SPONSOR, **contact)
    customer_id = customers.add_customer(tx, "10000", "Nordlicht Handels GmbH", NOW)
    contact_id = customers.add_contact(tx, "10000", customer_id, details, NOW)
    rule = CheckpointDetails("Delivery", (), (), "3", "delivery", 2, 14)
    checkpoint_id = checkpoints.add(tx, "10000", rule, NOW)
    change = StatusChanged("10007", "SHOP-7", "10000", "20001", "2", "3", None, NOW)
    values = {
        "checkpoint_id": checkpoint_id,
        "event_id": transitions.record(tx, [Delivery("delivery-1", change, NOW)])[0],
        "issue_id": "10007",
        "issue_key": "SHOP-7",
        "project_id": "10000",
        "customer_id": customer_id,
        "contact_id": contact_id,
        "in_turn": "informed",
        "questionnaire_id": questionnaires.newest(tx, checkpoints.get(tx, checkpoint_id).survey_id).id,
        "context": CONTEXT,
        "created_at": NOW,
        "due_at": NOW,
        "expires_at": EXPIRES_AT,
    }
    invitation_id = store.add_invitation(tx, values)
    assert invitation_id is not None
    return invitation_id
