"""Whatever happens in whatever order, the fields in Jira say what the ledger says: at once, and after a rebuild.

Twenty random sequences in every run of the tests; as many as `SEQUENCES` names where that is set.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from plugin.asking import AskPolicy
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import service as customers
from plugin.customers.service import ContactDetails
from plugin.database import Tx
from plugin.domain import Proof, Role
from plugin.flow import STEPS, rebuild_fields
from plugin.invitations.store import invitation
from plugin.questionnaires.store import questionnaire
from plugin.skips.store import invitation_skip
from plugin.surveys import quarantine
from plugin.surveys import service as surveys
from plugin.surveys.intake import Post, Stage
from plugin.surveys.origins import Origin
from plugin.surveys.parts import Answers
from plugin.surveys.service import Outcome
from plugin.surveys.store import survey_response
from plugin.work import Work
from plugin.worker import Worker
from tests.databases import fresh_database
from tests.plugin.asking import Clock, an_app
from tests.plugin.invitations.site import PROGRESS, PROJECT, REVIEW, Site

SEQUENCES = int(os.environ.get("SEQUENCES", "20"))
OTHER_PROJECT = "20000"
ISSUES = (1, 2)
LOW = {REVIEW: 2, PROGRESS: 3}  # by the status that a checkpoint watches
AT_ONCE = AskPolicy(0, 500, sending_from_hour=0, sending_until_hour=24, working_days_only=False)
STEPS_OF_A_STORY = (
    "ask",
    "ask",
    "answer",
    "answer",
    "edit",
    "quarantine",
    "review",
    "reopen",
    "move",
    "choose",
    "wait",
)
# What else follows from an answer happens elsewhere in Jira, and is not what the fields rest on.
ALONE = {**STEPS, **dict.fromkeys(("case", "warnings", "digest"), Work.done)}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with fresh_database("sqlite", Path(tmp_path_factory.mktemp("ledger"))) as url:
        app = an_app(url, Clock())
        yield app
        app.extensions["rapport"].database.close()


@dataclass
class Story:
    """One site, two projects with a customer each, two issues, and chance."""

    site: Site
    chance: random.Random
    projects: dict[int, str] = field(default_factory=lambda: dict.fromkeys(ISSUES, PROJECT))
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.worker = Worker(self.site.ports, ALONE)
        with self.site.tx() as tx:
            other = customers.add_customer(tx, OTHER_PROJECT, "Kranich", self.site.now)
            self.customers = {PROJECT: self.site.customer_id, OTHER_PROJECT: other}
            for project_id, customer_id in self.customers.items():
                self._set_up(tx, project_id, customer_id)

    def _set_up(self, tx: Tx, project_id: str, customer_id: int) -> None:
        now = self.site.now
        for status_id, low in LOW.items():
            rule = CheckpointDetails(f"To {status_id}", (), (), status_id, "delivery", low, 14, reminders=0)
            checkpoints.add(tx, project_id, rule, now)
        people = self.chance.choice([1, 2] if project_id == PROJECT else [0, 1])
        for number in range(people):
            details = ContactDetails(f"P{number}", f"p{number}@{project_id}.example", "en", "UTC", Role.USER)
            customers.add_contact(tx, project_id, customer_id, details, now)

    def take(self, step: str, number: int) -> None:
        self.told.append(f"{step} {number}")
        getattr(self, f"_{step}")(number)
        self.site.work()

    def _ask(self, number: int) -> None:
        self.site.move(number, project=self.projects[number])

    def _reopen(self, number: int) -> None:
        self.site.move(number, to=PROGRESS, project=self.projects[number])

    def _move(self, number: int) -> None:
        self.projects[number] = OTHER_PROJECT if self.projects[number] == PROJECT else PROJECT

    def _choose(self, number: int) -> None:
        project_id, issue_id = self.projects[number], str(10_000 + number)
        with self.site.tx() as tx:
            customers.choose_customer(tx, project_id, issue_id, self.customers[project_id])
            self.site.ports.after_answer(tx, project_id, issue_id, self.site.now)

    def _wait(self, _number: int) -> None:
        self.site.pass_time(hours=self.chance.choice([1, 30, 400]))

    def _answer(self, number: int) -> None:
        self._send(number, Stage.FIRST, "home", self.chance.choice([Proof.GESTURE, Proof.GESTURE, Proof.CONFIRMED]))

    def _edit(self, number: int) -> None:
        self._send(number, self.chance.choice([Stage.CHANGE, Stage.REST]), "home", Proof.GESTURE)

    def _quarantine(self, number: int) -> None:
        place, proof = self.chance.choice([("away", Proof.GESTURE), ("home", Proof.NONE), ("away", Proof.NONE)])
        self._send(number, self.chance.choice([Stage.FIRST, Stage.CHANGE, Stage.TRAP]), place, proof)

    def _send(self, number: int, stage: Stage, place: str, proof: Proof) -> None:
        with self.site.tx() as tx:
            mine = (invitation.c.tenant_id == tx.tenant_id, invitation.c.issue_id == str(10_000 + number))
            left = (invitation.c.sent_at.is_not(None), invitation.c.expires_at > self.site.now)
            asks = tx.execute(sa.select(invitation.c.id, invitation.c.project_id).where(*mine, *left)).all()
            if not asks:
                return
            ask = self.chance.choice(asks)
            post = Post(stage, Origin(place, "firefox on linux"), proof)
            if surveys.take(tx, ask.id, post, self._words(), self.site.now) is Outcome.COUNTED:
                self.site.ports.after_answer(tx, ask.project_id, str(10_000 + number), self.site.now)

    def _words(self) -> Answers:
        score = self.chance.choice([None, 1, 2, 3, 4, 5, 5])
        said = self.chance.choice([None, "too_little", "about_right", "too_much"])
        return Answers(score, f"Word {self.chance.random()}", "en", {} if said is None else {"informed": said})

    def _review(self, _number: int) -> None:
        project_id = self.chance.choice([PROJECT, OTHER_PROJECT])
        with self.site.tx() as tx:
            held = quarantine.list_of_project(tx, project_id)
            if not held:
                return
            response = self.chance.choice(held).response
            decide = self.chance.choice([quarantine.accept, quarantine.accept, quarantine.set_aside])
            if self.chance.random() < 0.4:
                quarantine.take_back(tx, project_id, response.id)
            else:
                decide(tx, project_id, response.id, "712020:pia", self.site.now)
            self.site.ports.after_answer(tx, project_id, response.issue_id, self.site.now)

    def check(self) -> None:
        with self.site.tx() as tx:
            for number in ISSUES:
                issue_id = str(10_000 + number)
                says, shown = ledger(tx, issue_id, self.site), self.site.jira.written.get(issue_id)
                nothing = shown is None and says["state"] == "not asked"
                assert nothing or shown == says, f"issue {number} after {', '.join(self.told)}"

    def rebuild(self) -> None:
        """As after a mishap in Jira: every property is gone."""
        before = dict(self.site.jira.written)
        self.site.jira.written.clear()
        with self.site.tx() as tx:
            assert rebuild_fields(tx, self.site.now) == len(before)
        self.site.work()
        assert self.site.jira.written == before
        assert {project_id for project_id, _key in self.site.jira.of_projects} == {PROJECT, OTHER_PROJECT}


def ledger(tx: Tx, issue_id: str, site: Site) -> dict[str, Any]:
    """What the tables of asks and answers say of an issue, read as plainly as can be."""
    asks = rows(tx, invitation, invitation.c.issue_id == issue_id)
    answers = rows(tx, survey_response, survey_response.c.issue_id == issue_id, survey_response.c.counted)
    answers.sort(key=lambda row: (row.answered_at, row.id))
    newest = {row.contact_id: row.score for row in answers if row.score is not None}
    limits = {each.id: each.low_score for project in (PROJECT, OTHER_PROJECT) for each in checkpoints.list_of_project(tx, project)}  # fmt: skip
    low = any(
        row.score <= limits[row.checkpoint_id]
        for row in {row.contact_id: row for row in answers if row.score is not None}.values()
    )
    items = {row.id: {item["key"]: item["kind"] for item in row.items} for row in rows(tx, questionnaire)}
    said = [
        str(value).replace("_", " ")
        for row in answers
        for key, value in row.answers.items()
        if items[row.questionnaire_id].get(key) == "informed"
    ]
    value = {
        "state": "low" if low else "answered" if answers else unanswered(tx, asks, issue_id, site),
        "score": round(sum(newest.values()) / len(newest), 2) if newest else None,
        "informed": said[-1] if said else None,
        "answeredAt": answers[-1].answered_at.isoformat(timespec="seconds") if answers else None,
        "customer": customer_name(tx, asks, issue_id),
    }
    return {key: part for key, part in value.items() if part is not None}


def unanswered(tx: Tx, asks: Sequence[Any], issue_id: str, site: Site) -> str:
    open_asks = [ask for ask in asks if ask.answered_at is None and ask.expires_at > site.now and not ask.failed_at]
    if open_asks:
        return "asked"
    if any(ask.sent_at for ask in asks):
        return "silent"
    skips = rows(tx, invitation_skip, invitation_skip.c.issue_id == issue_id)
    return "skipped" if asks or skips else "not asked"


def customer_name(tx: Tx, asks: Sequence[Any], issue_id: str) -> str | None:
    chosen = customers.find_chosen(tx, issue_id)
    if chosen is not None:
        return chosen.name
    if asks:
        return customers.get_customer(tx, max(asks, key=lambda ask: ask.id).customer_id).name
    skips = rows(tx, invitation_skip, invitation_skip.c.issue_id == issue_id)
    if not skips:
        return None
    return customers.list_customers(tx, max(skips, key=lambda skip: skip.id).project_id)[0].name


def rows(tx: Tx, table: sa.Table, *conditions: Any) -> list[Any]:
    return list(tx.execute(sa.select(table).where(table.c.tenant_id == tx.tenant_id, *conditions)))


def test_fields_equal_the_ledger_whatever_happens(app: Flask) -> None:
    seen: set[str] = set()
    for seed in range(SEQUENCES):
        story = Story(Site(app, AT_ONCE), random.Random(seed))
        for _step in range(story.chance.randint(4, 14)):
            story.take(story.chance.choice(STEPS_OF_A_STORY), story.chance.choice(ISSUES))
            story.check()
        story.rebuild()
        seen |= {value["state"] for value in story.site.jira.written.values()}
        story.site.close()
    assert seen == {"not asked", "asked", "silent", "answered", "low", "skipped"}


def test_an_issue_keeps_its_customer_when_it_moves_to_a_project_without_anybody_to_ask(app: Flask) -> None:
    story = Story(Site(app, AT_ONCE), random.Random(2))
    for step in ("ask", "move", "ask"):
        story.take(step, 1)
        story.check()
    assert story.site.jira.written["10001"] == {"state": "asked", "customer": "Nordlicht"}
    story.rebuild()
    story.site.close()
