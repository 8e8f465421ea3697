"""Look at a project: raise what gives cause for concern, and end what does so no more."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from plugin.activities import service as activities
from plugin.cases import service as cases
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.surveys import service as surveys
from plugin.warnings import signals, store, watch
from plugin.warnings.signals import Sign, Signal
from plugin.warnings.store import EarlyWarning

__all__ = ["EarlyWarning", "Sign", "judge", "list_of_project", "list_open", "look_daily", "look_soon", "review"]

LOOKED_BACK = timedelta(days=400)
WORD_STANDS = timedelta(days=90)  # for so long a word on what somebody expected stands
OPENED_AT_HOUR = 6  # UTC: before people come to work


def look_soon(tx: Tx, project_id: str, now: datetime) -> None:
    """Have the worker look, now that something happened."""
    jobs.enqueue(tx, "warnings", f"warnings:{project_id}", {"project_id": project_id}, now, now, coalesce=True)


def look_daily(tx: Tx, project_id: str, now: datetime) -> None:
    """Have the worker look next morning, whatever happens: silence and what is overdue come by themselves."""
    due_at, payload = next_morning(now), {"project_id": project_id, "daily": True}
    jobs.enqueue(tx, "warnings", f"warnings:{project_id}:{due_at.date()}", payload, due_at, now)


def next_morning(now: datetime) -> datetime:
    """Today's, where it is still to come: a look that was late by some hours must not cost the day after."""
    morning = now.replace(hour=OPENED_AT_HOUR, minute=0, second=0, microsecond=0)
    return morning if now < morning else morning + timedelta(days=1)


def review(tx: Tx, project_id: str, now: datetime) -> list[EarlyWarning]:
    """Bring the warnings of a project in line with its facts; those that are open now."""
    found = {(signal.sign, signal.about): signal for signal in _signals(tx, project_id, now)}
    known = {(each.sign, each.about): each for each in store.list_warnings(tx, project_id, open_only=True)}
    for key, each in known.items():
        if key not in found:
            store.mark_warning(tx, project_id, each.id, ended_at=now)
    for key, signal in found.items():
        if key not in known:
            store.add_warning(tx, project_id, signal, now)
    return store.list_warnings(tx, project_id, open_only=True)


def _signals(tx: Tx, project_id: str, now: datetime) -> list[Signal]:
    people = [contact for each in customers.register(tx, project_id) for contact in each.contacts]
    keys = [person.id for person in people if person.role in signals.KEY_ROLES]
    asks = invitations.list_of_contacts(tx, project_id, keys, now - LOOKED_BACK)
    return [
        *_falling(tx, project_id, now),
        *signals.silent(people, asks, now),
        *signals.missed(people, surveys.list_of_contacts(tx, project_id, keys, now - WORD_STANDS)),
        *signals.overdue(activities.ledger(tx, project_id, now), now.date()),
        *signals.unanswered(cases.list_of_project(tx, project_id), now),
    ]


def _falling(tx: Tx, project_id: str, now: datetime) -> list[Signal]:
    """A round is a week: whoever answers twice in one counts with the mean."""
    rounds: dict[date, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    ours = cases.apart(tx)
    for each in surveys.ratings_since(tx, project_id, now - LOOKED_BACK):
        if each.checkpoint_id not in ours:
            day = each.answered_at.date()
            rounds[day - timedelta(days=day.weekday())][each.contact_id].append(each.score)
    weeks = sorted(rounds)
    ratings = [{who: sum(all_) / len(all_) for who, all_ in rounds[week].items()} for week in weeks]
    return signals.falling(watch.watch(ratings), weeks)


def list_of_project(tx: Tx, project_id: str) -> list[EarlyWarning]:
    """Oldest first, also those that ended."""
    return store.list_warnings(tx, project_id)


def list_open(tx: Tx, project_id: str) -> list[EarlyWarning]:
    return store.list_warnings(tx, project_id, open_only=True)


def judge(tx: Tx, project_id: str, warning_id: int, *, right: bool) -> None:
    """Say whether it proved right. Raises NotFound."""
    store.mark_warning(tx, project_id, warning_id, right=right)
