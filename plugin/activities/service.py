"""Plan, do, say what came of it; and read the whole ledger, with what the app did by itself."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from plugin.activities import store
from plugin.activities.ledger import Activity, Completion, Kind, Line, Origin, completion, merged, next_time
from plugin.cases import service as cases
from plugin.cases.service import Case, CaseState
from plugin.database import Tx
from plugin.metrics import service as metrics
from plugin.metrics.service import CheckpointSummary, ProjectSummary
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language

__all__ = ["Activity", "ActivityDetails", "Completion", "Kind", "Line", "Origin", "add", "add_line", "completion", "erase_account", "finish", "get", "ledger", "note", "remove", "restore", "start_plan"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActivityDetails:
    """What a person enters; already checked by the form."""

    kind: Kind
    title: str
    planned_on: date | None
    done_on: date | None
    result: str
    more_needed: bool
    more: str
    repeat_days: int = 0


@cache
def _template() -> list[dict[str, Any]]:
    text = Path(__file__).with_name("plan.toml").read_text(encoding="utf-8")
    plan: list[dict[str, Any]] = tomllib.loads(text)["activity"]
    return plan


def start_plan(tx: Tx, project_id: str, now: datetime) -> None:
    """The plan of a project is there from its first day: made when something is first set up, and never again."""
    if store.has_activities(tx, project_id):
        return
    for each in _template():
        planned_on = now.date() + timedelta(days=each["after_days"])
        title = each["title"].get(page_language(), each["title"]["en"])
        values = {"kind": each["kind"], "title": title, "planned_on": planned_on, "origin": Origin.TEMPLATE}
        store.add_activity(tx, project_id, {**values, "repeat_days": each.get("repeat_days", 0)}, now)


def add(
    tx: Tx, project_id: str, details: ActivityDetails, account_id: str | None, now: datetime, origin: Origin = Origin.PERSON
) -> int:  # fmt: skip
    values = {name: getattr(details, name) for name in ActivityDetails.__dataclass_fields__}
    return store.add_activity(tx, project_id, {**values, "origin": origin, "account_id": account_id}, now)


def add_line(
    tx: Tx, project_id: str, kind: Kind, text: str, issue_key: str, account_id: str | None, now: datetime
) -> int:
    """One line from the panel of an issue: done today, in the team's own words."""
    values = {"kind": kind, "title": text, "done_on": now.date(), "origin": Origin.PERSON, "issue_key": issue_key}
    return store.add_activity(tx, project_id, {**values, "account_id": account_id}, now)


def get(tx: Tx, project_id: str, activity_id: int) -> Activity:
    """Raises NotFound."""
    return store.get_activity(tx, project_id, activity_id)


def finish(tx: Tx, project_id: str, activity_id: int, details: ActivityDetails, now: datetime) -> None:
    """Save what is planned or came of it. Whoever does a repeated activity finds its next date planned.

    Raises NotFound.
    """
    before = store.get_activity(tx, project_id, activity_id)
    values = {name: getattr(details, name) for name in ActivityDetails.__dataclass_fields__}
    store.mark_activity(tx, project_id, activity_id, **values)
    after = store.get_activity(tx, project_id, activity_id)
    again_on = next_time(after)
    if before.done_on is None and again_on is not None:
        again = {"kind": after.kind, "title": after.title, "repeat_days": after.repeat_days, "origin": after.origin}
        store.add_activity(tx, project_id, {**again, "planned_on": again_on}, now)


def note(tx: Tx, project_id: str, key: str, more: str, account_id: str | None, now: datetime) -> None:
    """Say that more is needed, or nothing any more, of something that the app did by itself."""
    kind = {"checkpoint": Kind.CHECKPOINT, "case": Kind.RECOVERY}[key.partition(":")[0]]
    values = {"kind": kind, "title": "", "origin": Origin.APP, "more_needed": bool(more), "more": more}
    store.mark_note(tx, project_id, key, {**values, "account_id": account_id}, now)


def remove(tx: Tx, project_id: str, activity_id: int, now: datetime) -> None:
    """Raises NotFound."""
    store.mark_activity(tx, project_id, activity_id, removed_at=now)


def restore(tx: Tx, project_id: str, activity_id: int) -> None:
    """Undo `remove`. Raises NotFound."""
    store.mark_activity(tx, project_id, activity_id, removed_at=None)


def ledger(tx: Tx, project_id: str, now: datetime, summary: ProjectSummary | None = None) -> list[Line]:
    """Everything, by date. `summary`: the project's numbers, where the caller has them already."""
    summary = summary or metrics.of_project(tx, project_id, now, cases.apart(tx))
    of_the_app = [_line_of_checkpoint(row) for row in summary.checkpoints]
    of_the_app += [_line_of_case(case) for case in cases.list_of_project(tx, project_id)]
    return merged(store.list_activities(tx, project_id), of_the_app)


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user entered activities; how many."""
    return store.clear_account(tx, account_id)


def _line_of_checkpoint(row: CheckpointSummary) -> Line:
    asked = row.summary.asked
    return Line(
        key=f"checkpoint:{row.checkpoint.id}",
        kind=Kind.CHECKPOINT,
        title=row.checkpoint.name,
        planned_on=None,
        done_on=row.last_at.date() if asked and row.last_at else None,
        result=_what_came_of(row) if asked else "",
        more_needed=False,
        more="",
        origin=Origin.APP,
        issue_key="",
    )


def _what_came_of(row: CheckpointSummary) -> str:
    sums = row.summary
    went = _("%(asked)s asked, %(answered)s answered, %(silent)s silent", asked=sums.asked, answered=sums.answered, silent=sums.silent)  # fmt: skip
    if sums.csat.share is None:
        return went
    satisfied = _("%(k)s of %(n)s satisfied", k=sums.csat.satisfied, n=sums.csat.n)
    return f"{went}; {satisfied}"


def _line_of_case(case: Case) -> Line:
    done_at = case.closed_at or case.contacted_at
    return Line(
        key=f"case:{case.id}",
        kind=Kind.RECOVERY,
        title=_("Answer of %(score)s to %(key)s followed up", score=case.score, key=case.issue_key),
        planned_on=case.due_at.date(),
        done_on=done_at.date() if done_at and case.state is not CaseState.WITHDRAWN else None,
        result=_outcome(case),
        more_needed=False,
        more="",
        origin=Origin.APP,
        issue_key=case.jira_issue_key or case.issue_key,
    )


def _outcome(case: Case) -> str:
    if case.recheck_score is not None:
        before_after = {"before": case.score, "after": case.recheck_score}
        if case.state is CaseState.RECOVERED:
            return _("Recovered: %(before)s, then %(after)s", **before_after)
        return _("Not recovered: %(before)s, then %(after)s", **before_after)
    return {
        CaseState.WITHDRAWN: _("Withdrawn: the answer does not count any more"),
        CaseState.CLOSED: _("Closed; the customer has not said yet whether it helped"),
        CaseState.CONTACTED: "",
        CaseState.OPEN: "",
    }.get(case.state, "")
