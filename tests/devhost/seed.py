"""A small made-up world to start from: two projects, five people, a dozen issues with some history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from tests.devhost.records import Issue, Project, Transition
from tests.devhost.site import ADMINS, Site

STATUSES: list[tuple[str, str, Literal["new", "indeterminate", "done"]]] = [
    ("10000", "To Do", "new"),
    ("3", "In Progress", "indeterminate"),
    ("10001", "In review", "indeterminate"),
    ("10002", "Done", "done"),
]
ISSUE_TYPES = [
    ("10001", "Story", "What a customer wants to be able to do."),
    ("10002", "Task", "Work that needs to be done."),
    ("10004", "Bug", "Something that does not work as it should."),
]
# (type, summary, status it ends in, days since it was created)
DEMO_ISSUES = [
    ("Story", "Order a sample from the catalogue page", "Done", 60),
    ("Story", "See the delivery date before paying", "Done", 52),
    ("Bug", "Basket forgets the discount after signing in", "Done", 45),
    ("Task", "Move the product pictures to the new store", "Done", 40),
    ("Story", "Pay by invoice", "In review", 33),
    ("Bug", "Receipt shows the wrong time zone", "In review", 28),
    ("Story", "Track the parcel without an account", "In Progress", 21),
    ("Task", "Agree the texts of the order mails", "In Progress", 17),
    ("Story", "Return an article in three steps", "To Do", 12),
    ("Bug", "Search ignores umlauts", "To Do", 9),
    ("Story", "Choose the language of the shop", "To Do", 5),
    ("Task", "Plan the acceptance day with the customer", "To Do", 2),
]
OPS_ISSUES = [
    ("Task", "Renew the certificate of the order service", "Done", 30),
    ("Bug", "Nightly import stops on an empty file", "In Progress", 8),
    ("Task", "Describe the restore of a backup", "To Do", 3),
]


def seed_demo(site: Site) -> None:
    """Fill an empty site: DEMO (DEMO-1 … DEMO-12; DEMO-7 is in progress) and OPS, and the people below.

    Ada Admin administers Jira; Pia Lead administers DEMO; Tom Team works in DEMO and OPS; Olga Ops administers
    OPS; Sam Stranger sees OPS but not DEMO. Display names are unique, see `Site.user_named`.
    """
    with site.lock:
        _add_people(site)
        for status in STATUSES:
            site.add_status(*status)
        for issue_type in ISSUE_TYPES:
            site.add_issue_type(*issue_type)
        demo, ops = _add_projects(site)
        for rows, project in ((DEMO_ISSUES, demo), (OPS_ISSUES, ops)):
            for row in rows:
                _add_issue(site, project, *row)
        _add_details(site)


def _add_people(site: Site) -> None:
    site.add_user("Ada Admin", "ada@jira.example", groups={ADMINS}, time_zone="Europe/London")
    site.add_user("Pia Lead", "pia@jira.example")
    site.add_user("Tom Team", "tom@jira.example")
    site.add_user("Olga Ops", "olga@jira.example", time_zone="America/New_York")
    site.add_user("Sam Stranger", "sam@jira.example")


def _add_projects(site: Site) -> tuple[Project, Project]:
    pia, tom, olga, sam = (site.user_named(n).account_id for n in ("Pia Lead", "Tom Team", "Olga Ops", "Sam Stranger"))
    types = [row[0] for row in ISSUE_TYPES]
    demo = site.add_project(
        "DEMO",
        "Demo",
        pia,
        description="A web shop that is being built for a customer.",
        issue_type_ids=types,
        transitions=workflow(),
        roles={pia: "admin", tom: "member"},
    )
    ops = site.add_project(
        "OPS",
        "Operations",
        olga,
        issue_type_ids=types[1:],
        transitions=workflow(),
        roles={olga: "admin", tom: "member", sam: "member"},
    )
    return demo, ops


def workflow() -> list[Transition]:
    """Any status to To Do, In Progress and Done; In review only from In Progress."""
    return [
        Transition("11", "To Do", "10000"),
        Transition("21", "In Progress", "3"),
        Transition("31", "Ready for review", "10001", frozenset({"3"})),
        Transition("41", "Done", "10002"),
    ]


def _add_issue(site: Site, project: Project, type_name: str, summary: str, ends_in: str, age_days: int) -> Issue:
    """Create the issue *age_days* ago and walk it to its status, one step every two days."""
    created = site.clock().replace(microsecond=0) - timedelta(days=age_days)
    tom = site.user_named("Tom Team").account_id
    with site.frozen_at(created):
        issue = site.create_issue(project.id, type_name, summary, project.lead, assignee=tom)
    for step, moment in _walk(ends_in, created):
        with site.frozen_at(moment):
            site.transition(issue.id, step, tom)
    return issue


def _walk(ends_in: str, created: datetime) -> list[tuple[str, datetime]]:
    path = {"To Do": [], "In Progress": ["21"], "In review": ["21", "31"], "Done": ["21", "31", "41"]}[ends_in]
    return [(step, created + timedelta(days=2 * number)) for number, step in enumerate(path, start=1)]


def _add_details(site: Site) -> None:
    pia, tom = site.user_named("Pia Lead").account_id, site.user_named("Tom Team").account_id
    site.add_version("DEMO", "1.0 Catalogue", released=True)
    site.add_version("DEMO", "1.1 Orders")
    with site.frozen_at(site.issue("DEMO-7").updated + timedelta(hours=3)):
        site.edit_issue(
            "DEMO-7",
            pia,
            description="A guest opens the link in the mail and sees where the parcel is.",
            labels=["shop"],
        )
        site.add_comment("DEMO-7", tom, "The carrier's test account arrived. First parcel is visible.")
    site.link_issues("Blocks", "DEMO-8", "DEMO-7")
