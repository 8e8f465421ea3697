"""A site whose Jira and mail server live in this process, and whose time goes as a test says: days pass in moments."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from connect import Installation, Issue, JiraUnreachable, Project, StatusChange, StatusChanged, User, Watched
from plugin import flow
from plugin.asking import AskLoad, AskPolicy, Skip
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import service as customers
from plugin.customers.consent import ConsentWay
from plugin.customers.service import ContactDetails
from plugin.domain import Contact, Invitation, Role
from plugin.errors import MailError
from plugin.flow import STEPS
from plugin.invitations import asks, storm_guard
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.policies import service as policies
from plugin.ports import OutgoingMail, Ports
from plugin.transitions import service as transitions
from plugin.transitions.service import Delivery
from plugin.worker import Worker

PROJECT, REVIEW, PROGRESS = "10000", "10001", "3"
START = datetime(2027, 11, 1, 9, 0, tzinfo=UTC)  # before a winter with a 29 February
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Sent:
    """A mail that the mail server took."""

    at: datetime
    mail: OutgoingMail

    @property
    def address(self) -> str:
        return self.mail.to_address.lower()

    @property
    def reminder(self) -> int:
        _, _, number = self.mail.message_id.partition("-reminder-")
        return int(number.partition("@")[0]) if number else 0


@dataclass
class MailServer:
    """Takes every mail, unless it is to fail."""

    sent: list[Sent] = field(default_factory=list)
    failing: MailError | None = None

    def send(self, mail: OutgoingMail, now: datetime) -> None:
        if self.failing is not None:
            raise self.failing
        self.sent.append(Sent(now, mail))


@dataclass
class JiraOfOneProject:
    """Knows the issues that have moved, and counts how often it is asked."""

    issues: dict[str, Issue] = field(default_factory=dict)
    reads: int = 0
    calls: int = 0  # of any kind
    away: bool = False
    email_of_lead: str | None = None  # hidden, as it mostly is
    written: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    of_projects: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def get_issues(self, issue_ids: Sequence[str], people_fields: Sequence[str] = ()) -> dict[str, Issue]:
        self.reads += 1
        self.calls += 1
        if self.away:
            raise JiraUnreachable("jira_503")
        return {each: self.issues[each] for each in issue_ids if each in self.issues}

    def get_project(self, project_id: str) -> Project:
        self.calls += 1
        return Project(project_id, "SHOP", "Web shop", "712020:pia", (), ())

    def get_cloud_id(self) -> str:
        self.calls += 1
        return "cloud-1"

    def get_user(self, account_id: str) -> User:
        self.calls += 1
        return User(account_id, "Pia Lead", None, None, self.email_of_lead)

    def set_project_property(self, project_id: str, key: str, value: Mapping[str, Any]) -> None:
        self.calls += 1
        self.of_projects[project_id, key] = value

    def set_issue_property(self, issue_id: str, key: str, value: Mapping[str, Any]) -> None:
        self.calls += 1
        self.written[issue_id] = value

    def watch_projects(self, project_ids: Collection[str], now: datetime) -> Watched:
        self.calls += 1
        return Watched()


@dataclass
class Site:
    """One site of an app. Work is done by `work_until`, everything at the moment at which it falls due."""

    app: Flask
    policy: AskPolicy = field(default_factory=AskPolicy)
    now: datetime = START

    def __post_init__(self) -> None:
        self.mails, self.jira = MailServer(), JiraOfOneProject()
        ports: Ports = self.app.extensions["rapport"]
        self.ports = replace(ports, mailer=self.mails, jira=lambda _tenant: self.jira, clock=lambda: self.now)  # type: ignore[arg-type]
        name = f"site-{next(_numbers)}"
        url = f"https://{name}.atlassian.net"
        self.ports.tenants.install(  # type: ignore[attr-defined]
            Installation(name, "s" * 64, url, url, None, f"token-{name}", f"body-{name}", self.now), self.now
        )
        self.tenant = self.ports.tenants.find_tenant(name)  # type: ignore[attr-defined]
        self.worker = Worker(self.ports, STEPS)
        self.change_policy(self.policy)
        with self.tx() as tx:
            self.customer_id = customers.add_customer(tx, PROJECT, "Nordlicht", self.now)

    def tx(self) -> Any:
        return self.ports.database.transaction(self.tenant.id)

    def change_policy(self, policy: AskPolicy) -> None:
        self.policy = policy
        with self.tx() as tx:
            policies.change(tx, policy, "", self.now)

    def add_contact(self, name: str, customer_id: int | None = None, **details: Any) -> int:
        """Of the customer whose all issues are, unless another one is named."""
        given = {"email": f"{name}@nordlicht.example", "language": "en", "time_zone": "UTC", "role": Role.USER}
        with self.tx() as tx:
            return customers.add_contact(
                tx, PROJECT, customer_id or self.customer_id, ContactDetails(name, **{**given, **details}), self.now
            )

    def add_customer(self, name: str, *numbers: int) -> int:
        """Another customer, whose these issues are; all others stay the first one's."""
        with self.tx() as tx:
            customer_id = customers.add_customer(tx, PROJECT, name, self.now)
            for number in range(10):
                owner = customer_id if number in numbers else self.customer_id
                customers.choose_customer(tx, PROJECT, str(10_000 + number), owner)
            return customer_id

    def add_customer_of_issue(self, number: int, email: str = "") -> None:
        """A customer of its own for an issue, with one contact."""
        details = ContactDetails(f"Person {number}", email or f"person{number}@many.example", "en", "UTC", Role.USER)
        with self.tx() as tx:
            customer_id = customers.add_customer(tx, PROJECT, f"Customer {number}", self.now)
            customers.add_contact(tx, PROJECT, customer_id, details, self.now)
            customers.choose_customer(tx, PROJECT, str(10_000 + number), customer_id)

    def add_checkpoint(self, **details: Any) -> int:
        given = {"issue_type_ids": (), "from_status_ids": (), "to_status_id": REVIEW, "template": "delivery"}
        given |= {"name": "Review", "low_score": 2, "expires_after_days": 14}
        with self.tx() as tx:
            return checkpoints.add(tx, PROJECT, CheckpointDetails(**{**given, **details}), self.now)

    def move(self, number: int, actor: str | None = None, *, to: str = REVIEW, project: str = PROJECT) -> int:
        """An issue goes to review, or from there back to progress, and Jira tells us.

        The id of the newest event that anybody cares about, else 0.
        """
        change = StatusChange(str(next(_numbers) + 50_000), self.now, actor, PROGRESS if to == REVIEW else REVIEW, to)
        issue_id, key = str(10_000 + number), f"SHOP-{number}"
        before = self.jira.issues.get(issue_id)
        changes = (*(before.changes if before else ()), change)
        kind, status = ("10001", "Story"), (to, "In review" if to == REVIEW else "In progress")
        self.jira.issues[issue_id] = Issue(
            issue_id,
            key,
            project,
            "SHOP",
            "Web shop",
            *kind,
            *status,
            "Order form",
            None,
            None,
            None,
            self.now,
            changes,
        )
        event = StatusChanged(issue_id, key, project, change.changelog_id, change.from_status_id, to, actor, self.now)
        told = Delivery(f"delivery-{change.changelog_id}", event, self.now)
        flow.on_arrivals(self.ports.database, [(self.tenant.id, told)])
        with self.tx() as tx:
            return next((event.id for event in transitions.list_of_project(tx, project, 1)), 0)

    def work(self) -> None:
        self.worker.drain(self.now)

    def work_until(self, moment: datetime) -> None:
        """Do what is due now and until then, each at its time."""
        self.work()
        while (due_at := jobs.next_due_at(self.ports.database)) is not None and due_at <= moment:
            self.now = max(due_at, self.now)
            self.work()
        self.now = max(moment, self.now)

    def pass_time(self, **duration: float) -> None:
        self.work_until(self.now + timedelta(**duration))

    def release(self, checkpoint_id: int) -> None:
        with self.tx() as tx:
            storm_guard.let_go(tx, PROJECT, checkpoint_id, self.now)
            payload = {"checkpoint_id": checkpoint_id, "until": self.now.isoformat()}
            jobs.enqueue(tx, "release", f"release:{next(_numbers)}", payload, self.now, self.now)

    def held(self) -> dict[int, int]:
        """How many asks each checkpoint holds."""
        with self.tx() as tx:
            return {checkpoint.id: count for checkpoint, count in storm_guard.held(tx, PROJECT)}

    def answer(self, invitation_id: int) -> None:
        with self.tx() as tx:
            invitations.record_answered(tx, invitation_id, self.now)

    def wish(self, contact_id: int, wants_surveys: bool) -> None:
        with self.tx() as tx:
            customers.change_consent(tx, contact_id, wants_surveys, ConsentWay.LINK, self.now)

    def decisions(self, event_id: int) -> tuple[list[Invitation], list[Skip]]:
        with self.tx() as tx:
            return invitations.list_of_events(tx, [event_id])

    def contact(self, contact_id: int) -> Contact:
        with self.tx() as tx:
            return customers.get_contact(tx, contact_id)

    def load(self, contact_id: int) -> AskLoad:
        contact = self.contact(contact_id)
        with self.tx() as tx:
            return asks.loads(tx, [contact], self.now)[contact_id]

    def close(self) -> None:
        """So that its work does not fall due in the next test's time."""
        with self.tx() as tx:
            jobs.clear(tx)
