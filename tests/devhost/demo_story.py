"""Some made-up weeks in the life of two projects, told through the routes that people's browsers use."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from unittest.mock import patch

import time_machine

from plugin.jobs import service as jobs
from plugin.transitions import sweeping
from tests.devhost.demo_cast import (
    ADDRESS_THAT_IS_REFUSED,
    CUSTOMERS_OF_ISSUES,
    MOVES,
    PROJECTS,
    SERVICE_PROJECT,
    Customer,
    Move,
    Reply,
)
from tests.flow.cast import answer, ask_at_any_hour, move, survey_link
from tests.running import Rapport

WEEKS = 8
QUIET_DAYS = 14  # eight weeks hold more answers than with the usual thirty
DAY_BEGINS = time(9, tzinfo=UTC)


def beginning() -> datetime:
    """When the story begins. The process must live then, from before Jira is made: `time_machine.travel(beginning())`."""
    return datetime.combine(datetime.now(UTC) - timedelta(weeks=WEEKS), DAY_BEGINS)


def tell(rapport: Rapport, traveller: time_machine.Traveller) -> None:
    """Live through all of it: set-up, moves, mails, answers and silence. Ends on the evening before today."""
    with patch.object(
        sweeping, "EVERY", timedelta(weeks=1)
    ):  # no webhook is lost here, and eight weeks have many hours
        _tell(rapport, traveller)


def _tell(rapport: Rapport, traveller: time_machine.Traveller) -> None:
    rapport.jira.mailbox.refuse[ADDRESS_THAT_IS_REFUSED] = 550
    rapport.site.project(SERVICE_PROJECT).project_type = "service_desk"
    ask_at_any_hour(rapport, quiet_days=QUIET_DAYS)  # so that whoever tries the demo at night sees mails as well
    for project in PROJECTS:
        teller = _Teller(rapport, project.key, project.admin)
        for checkpoint in project.checkpoints:
            teller.add_checkpoint(**checkpoint)
        for customer in project.customers:
            teller.add_customer(customer)
    for key, customer_name in CUSTOMERS_OF_ISSUES.items():
        _choose_customer(rapport, key, customer_name)
    _live(rapport, traveller)


def _choose_customer(rapport: Rapport, key: str, customer: str) -> None:
    """In the issue's panel, as the team does."""
    issue = rapport.site.issue(key)
    screen = rapport.page(f"/issues/{issue.id}/panel", "Pia Lead").text
    found = re.search(rf'<option value="(\d+)"[^>]*>{re.escape(customer)}<', screen)
    assert found, screen
    _sent(rapport, f"/issues/{issue.id}/customer", "Pia Lead", customer_id=found[1])


def _sent(rapport: Rapport, path: str, who: str, **form: object) -> str:
    reply = rapport.call("POST", path, who, **form)
    assert reply.status_code == 200, f"{path}: {reply.status_code}: {reply.text}"
    return reply.text


@dataclass(frozen=True)
class _Teller:
    """Sets up one project, as its admin."""

    rapport: Rapport
    key: str
    admin: str

    @property
    def path(self) -> str:
        return f"/projects/{self.rapport.site.project(self.key).id}"

    def add_checkpoint(self, to_status: str, types: tuple[str, ...] = (), **form: object) -> None:
        site = self.rapport.site
        form["to_status_id"] = next(each.id for each in site.statuses.values() if each.name == to_status)
        form["issue_type_ids"] = [each.id for each in site.issue_types.values() if each.name in types]
        _sent(self.rapport, f"{self.path}/checkpoints/new", self.admin, low_score=2, expires_after_days=14, **form)

    def add_customer(self, customer: Customer) -> None:
        screen = _sent(self.rapport, f"{self.path}/customers", self.admin, name=customer.name)
        found = re.search(rf'id="customer-(\d+)">{re.escape(customer.name)}<', screen)
        assert found, screen
        for contact in customer.contacts:
            form = {"language": customer.language, "time_zone": customer.time_zone, **contact}
            _sent(self.rapport, f"{self.path}/customers/{found[1]}/contacts/new", self.admin, **form)


def _live(rapport: Rapport, traveller: time_machine.Traveller) -> None:
    """Do what is due, in order; what follows from it joins the queue."""
    begun = datetime.now(UTC)
    order = itertools.count()
    due: list[tuple[datetime, int, Callable[[], None]]] = []

    def plan(moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(due, (moment, next(order), act))

    def go(step: Move) -> None:
        move(rapport, step.key, step.to)
        rapport.settle()
        if step.rating is not None:
            rapport.site.issue(step.key).rating = step.rating
        for reply in step.replies:
            link = survey_link(rapport.mails_to(reply.email)[-1], reply.score)
            plan(datetime.now(UTC) + timedelta(hours=reply.after_hours), partial(_answer, link, reply))

    for step in MOVES:
        moment = datetime.combine(begun + timedelta(days=step.day), time(step.hour, 17, tzinfo=UTC))
        plan(moment, partial(go, step))
    while due:
        moment, _, act = heapq.heappop(due)
        _work_until(moment, rapport, traveller)
        act()
        rapport.settle()
    _work_until(begun + timedelta(weeks=WEEKS) - timedelta(hours=15), rapport, traveller)


def _work_until(moment: datetime, rapport: Rapport, traveller: time_machine.Traveller) -> None:
    """Do what falls due by itself meanwhile, each at its time: reminders, and what falls silent."""
    while (due_at := jobs.next_due_at(rapport.ports.database)) is not None and due_at <= moment:
        traveller.move_to(max(due_at, datetime.now(UTC)))
        rapport.settle()
    traveller.move_to(moment)


def _answer(link: str, reply: Reply) -> None:
    page = answer(link, reply.score, reply.comment)
    assert page.status_code == 200, page.text
