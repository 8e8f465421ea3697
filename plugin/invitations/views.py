"""The Log tab of the project settings, what was decided about one person, and asks that a storm holds back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from connect import ADMINISTER_PROJECT, JiraError, current_principal, page_script
from plugin.asking import Skip
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Contact, Invitation, TransitionEvent
from plugin.invitations import asks, reasons, service, storm_guard
from plugin.jobs import service as jobs
from plugin.transitions import service as transitions
from plugin.web.answers import Undo
from plugin.web.context import ports
from plugin.web.languages import gettext as _
from plugin.web.languages import ngettext

blueprint = Blueprint("invitations", __name__, url_prefix="/projects/<project_id>", template_folder="templates")


@dataclass(frozen=True, slots=True)
class Line:
    """One decision in words, and where or about what it was made."""

    event_id: int
    checkpoint: str
    issue_key: str
    moment: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One status change with its decisions; `outcome` and `trouble` may be "". `nobody`: there were people to ask."""

    event: TransitionEvent
    lines: tuple[Line, ...]
    nobody: bool
    outcome: str
    trouble: str


@blueprint.get("/log")
@page_script(may=ADMINISTER_PROJECT)
def log(project_id: str) -> str:
    database, tenant_id = ports().database, current_principal().tenant.id
    with database.reading(tenant_id) as tx:
        events = transitions.list_of_project(tx, project_id)
        invited, skips = service.list_of_events(tx, [event.id for event in events])
    users = _users({skip.account_id for skip in skips} - {""})
    with database.reading(tenant_id) as tx:
        entries = _entries(tx, events, invited, skips, users)
    return render_template("invitations_log.html", project_id=project_id, entries=entries)


@blueprint.get("/contacts/<int:contact_id>/asks")
@page_script(may=ADMINISTER_PROJECT)
def of_contact(project_id: str, contact_id: int) -> str:
    now = ports().clock()
    with ports().database.reading(current_principal().tenant.id) as tx:
        contact = customers.get_contact_of_project(tx, project_id, contact_id)
        invited, skips = service.list_of_person(tx, project_id, contact)
        lines = _lines(tx, invited, skips, now)
        load = asks.loads(tx, [contact], now)[contact.id]
    lines.sort(key=lambda line: line.moment, reverse=True)
    return render_template(
        "invitations_of_contact.html", project_id=project_id, contact=contact, lines=lines, load=load
    )


@blueprint.get("/held")
@page_script(may=ADMINISTER_PROJECT)
def held(project_id: str) -> str:
    return _held(project_id)


@blueprint.post("/checkpoints/<int:checkpoint_id>/held/release")
@page_script(may=ADMINISTER_PROJECT)
def release(project_id: str, checkpoint_id: int) -> str:
    now = ports().clock()
    with ports().database.transaction(current_principal().tenant.id) as tx:
        storm_guard.let_go(tx, project_id, checkpoint_id, now)
        payload = {"checkpoint_id": checkpoint_id, "until": now.isoformat()}
        jobs.enqueue(tx, "release", f"release:{checkpoint_id}:{now.isoformat()}", payload, now, now)
    return _held(project_id, _("Released. Each ask is looked at once more, and the mails leave at working hours."))


@blueprint.post("/checkpoints/<int:checkpoint_id>/held/discard")
@page_script(may=ADMINISTER_PROJECT)
def discard(project_id: str, checkpoint_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        count = storm_guard.discard(tx, project_id, checkpoint_id, ports().clock())
    undo = Undo.to("invitations.undo_discard", project_id=project_id, checkpoint_id=checkpoint_id)
    return _held(project_id, ngettext("%(num)s ask was discarded.", "%(num)s asks were discarded.", count), undo)


@blueprint.post("/checkpoints/<int:checkpoint_id>/held/undo")
@page_script(may=ADMINISTER_PROJECT)
def undo_discard(project_id: str, checkpoint_id: int) -> str:
    with ports().database.transaction(current_principal().tenant.id) as tx:
        storm_guard.undo_discard(tx, project_id, checkpoint_id, ports().clock())
    return _held(project_id, _("They are held again."))


def _held(project_id: str, done: str = "", undo: Undo | None = None) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        holding = storm_guard.held(tx, project_id)
    return render_template("invitations_held.html", project_id=project_id, holding=holding, done=done, undo=undo)


def _users(account_ids: Collection[str]) -> dict[str, str]:
    """What people in Jira who are no contacts are called; the log opens without, too."""
    try:
        found = ports().jira(current_principal().tenant).list_users(sorted(account_ids)) if account_ids else []
    except JiraError:
        return {}
    return {user.account_id: user.display_name for user in found}


def _entries(
    tx: Tx,
    events: Collection[TransitionEvent],
    invited: Collection[Invitation],
    skips: Collection[Skip],
    users: Mapping[str, str],
) -> list[Entry]:
    lines, asked = _lines(tx, invited, skips, ports().clock(), users), {ask.event_id for ask in invited}
    not_asked = {skip.event_id for skip in skips if skip.contact_id is not None or skip.account_id}
    troubles = {
        job.payload["event_id"]: reasons.trouble(job.error, given_up=job.state == "dead")
        for job in jobs.list_waiting(tx, "transition")
    }
    return [
        Entry(
            event=event,
            lines=tuple(line for line in lines if line.event_id == event.id),
            nobody=event.id in not_asked - asked,
            outcome=reasons.what_became(event.outcome),
            trouble=troubles.get(event.id, ""),
        )
        for event in events
    ]


def _lines(
    tx: Tx,
    invited: Collection[Invitation],
    skips: Collection[Skip],
    now: datetime,
    users: Mapping[str, str] | None = None,
) -> list[Line]:
    """Those who were asked first. `users`: names of people in Jira by account."""
    skipped = {skip.contact_id for skip in skips if skip.contact_id is not None}
    people = customers.list_contacts_by_id(tx, {ask.contact_id for ask in invited} | skipped)
    rules = checkpoints.list_by_id(tx, {ask.checkpoint_id for ask in invited} | {skip.checkpoint_id for skip in skips})
    words: list[tuple[Invitation | Skip, datetime, str]] = [
        *(
            (ask, ask.created_at, reasons.how_it_went(ask, people[ask.contact_id], reasons.standing(ask, now)))
            for ask in invited
        ),
        *((skip, skip.skipped_at, _why_not(skip, people, users or {})) for skip in skips),
    ]
    return [
        Line(about.event_id, rules[about.checkpoint_id].name, about.issue_key, decided_at, sentence)
        for about, decided_at, sentence in words
    ]


def _why_not(skip: Skip, people: Mapping[int, Contact], users: Mapping[str, str]) -> str:
    return reasons.why_not(skip, people.get(skip.contact_id or 0), users.get(skip.account_id, ""))
