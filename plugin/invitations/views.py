"""The Log tab of the project settings: for each status change, who was asked, who was not, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template

from connect import ADMINISTER_PROJECT, current_principal, page_script
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Contact, Invitation, Skip, TransitionEvent
from plugin.invitations import reasons, service
from plugin.jobs import service as jobs
from plugin.transitions import service as transitions
from plugin.web.context import ports
from plugin.web.pages import moment

blueprint = Blueprint("invitations", __name__, url_prefix="/projects/<project_id>", template_folder="templates")


@dataclass(frozen=True, slots=True)
class Entry:
    """One status change with its decisions in words."""

    event: TransitionEvent
    sentences: tuple[str, ...]
    trouble: str


@blueprint.get("/log")
@page_script(may=ADMINISTER_PROJECT)
def log(project_id: str) -> str:
    with ports().database.reading(current_principal().tenant.id) as tx:
        entries = _entries(tx, transitions.list_of_project(tx, project_id), ports().clock())
    return render_template("invitations_log.html", project_id=project_id, entries=entries)


def _entries(tx: Tx, events: list[TransitionEvent], now: datetime) -> list[Entry]:
    asks, skips = service.list_of_events(tx, [event.id for event in events])
    people = customers.list_contacts_by_id(tx, _contact_ids(asks, skips))
    troubles = {job.payload["event_id"]: reasons.trouble(job.error) for job in jobs.list_waiting(tx, "transition")}
    return [
        Entry(
            event,
            (
                *(how_it_went(ask, people, now) for ask in asks if ask.event_id == event.id),
                *(
                    reasons.why_not(skip, people.get(skip.contact_id or 0))
                    for skip in skips
                    if skip.event_id == event.id
                ),
                *_outcome(event),
            ),
            troubles.get(event.id, ""),
        )
        for event in events
    ]


def _contact_ids(asks: Iterable[Invitation], skips: Iterable[Skip]) -> set[int]:
    return {ask.contact_id for ask in asks} | {skip.contact_id for skip in skips if skip.contact_id is not None}


def _outcome(event: TransitionEvent) -> Iterable[str]:
    sentence = reasons.what_became(event.outcome)
    return [sentence] if sentence else []


def how_it_went(ask: Invitation, people: dict[int, Contact], now: datetime) -> str:
    when = ask.answered_at or ask.sent_at or ask.created_at
    return reasons.how_it_went(ask, people[ask.contact_id], moment(when), ask.expired(now))
