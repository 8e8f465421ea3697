"""Set up checkpoints, and find those that a transition concerns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from connect import Project
from plugin.checkpoints import calendar, starters, store
from plugin.checkpoints.matching import Move, matching, needs_workflow
from plugin.checkpoints.starters import Wish
from plugin.checkpoints.workflow import Workflow
from plugin.database import Tx
from plugin.domain import Checkpoint, Direction, Phase, RepeatRule, Role
from plugin.errors import NotFound
from plugin.jobs import service as jobs
from plugin.questionnaires import library
from plugin.questionnaires import service as questionnaires

LOW_SCORE = 2
DAYS_TO_ANSWER = 14


@dataclass(frozen=True, slots=True)
class CheckpointDetails:
    """What a project admin enters; already checked by the form against the project's own statuses and types."""

    name: str
    issue_type_ids: tuple[str, ...]
    from_status_ids: tuple[str, ...]
    to_status_id: str
    template: str
    low_score: int
    expires_after_days: int
    delay_hours: int = 0
    repeat: RepeatRule = RepeatRule.ALWAYS
    sample_percent: int = 100
    reminders: int = 1
    reminder_days: int = 3
    signed_by: str = ""
    direction: Direction = Direction.ANY
    condition: str = ""
    phase: Phase = Phase.DELIVERY
    audience_roles: tuple[Role, ...] = ()
    audience_field: str = ""
    starts_on: date | None = None
    every_weeks: int | None = None
    ends_on: date | None = None
    by_comment: bool = False
    low_comment: bool = False


def add(tx: Tx, project_id: str, details: CheckpointDetails, now: datetime) -> int:
    """A new checkpoint asks from now on."""
    state = {"project_id": project_id, "enabled": True, "draft": False}
    checkpoint_id = store.add_checkpoint(tx, {**state, **_columns(tx, project_id, details, now)}, now)
    _schedule(tx, checkpoint_id, now)
    return checkpoint_id


def add_draft(tx: Tx, project_id: str, details: CheckpointDetails, now: datetime) -> int:
    """A proposal, which asks nobody before `switch_drafts_on`."""
    state = {"project_id": project_id, "enabled": False, "draft": True}
    return store.add_checkpoint(tx, {**state, **_columns(tx, project_id, details, now)}, now)


def switch_drafts_on(tx: Tx, project_id: str, now: datetime) -> list[Checkpoint]:
    """All drafts of a project that were not left out ask from now on, about nothing that was before."""
    drafts = store.list_checkpoints(tx, project_id, drafts=True)
    for draft in drafts:
        store.mark_checkpoint(tx, project_id, draft.id, draft=False, enabled=True, created_at=now)
        _schedule(tx, draft.id, now)
    return drafts


def started_by_rule(tx: Tx, project_id: str, wish: Wish, now: datetime) -> Checkpoint:
    """The checkpoint of a project through which a rule of its workflow asks; made when the rule first runs."""
    name = f"From the workflow: {library.template_names()[wish.template]}"
    details = _started(name, wish.template, Phase(wish.template))
    details = replace(details, audience_roles=wish.roles, audience_field=wish.field)
    return _find_or_add(tx, project_id, wish.starter, details, now)


def started_by_hand(tx: Tx, project_id: str, template: str, now: datetime) -> Checkpoint:
    """The checkpoint of a project through which people ask from its issues, made when they first do. Raises Invalid.

    `template`: an entry of the project's list of surveys.
    """
    return _find_or_add(tx, project_id, starters.by_hand(template), _by_hand(tx, project_id, template), now)


def as_if_by_hand(tx: Tx, project_id: str, template: str, now: datetime) -> Checkpoint:
    """The same without making it; the id is 0 while there is none. Raises NotFound for an entry that is not on the list."""
    details = _by_hand(tx, project_id, template)  # first, as it says no to what is on no list
    return store.find_started(tx, project_id, starters.by_hand(template)) or as_if(tx, project_id, None, details, now)


def _by_hand(tx: Tx, project_id: str, template: str) -> CheckpointDetails:
    name, _questionnaire = questionnaires.look_up(tx, project_id, template)
    own = {questionnaires.entry(survey): survey.template for survey in questionnaires.list_own(tx, project_id)}
    return _started(f"Asked by hand: {name}", template, Phase(own.get(template, template)))


def _started(name: str, template: str, phase: Phase) -> CheckpointDetails:
    return CheckpointDetails(name, (), (), "", template, LOW_SCORE, DAYS_TO_ANSWER, phase=phase)


def _find_or_add(tx: Tx, project_id: str, starter: str, details: CheckpointDetails, now: datetime) -> Checkpoint:
    known = store.find_started(tx, project_id, starter)
    if known is None:
        state = {"project_id": project_id, "enabled": True, "draft": False, "starter": starter}
        store.add_started(tx, {**state, **_columns(tx, project_id, details, now)}, now)
        known = store.find_started(tx, project_id, starter)
    if known is None:
        raise NotFound("this checkpoint does not exist any more")
    return known


def list_drafts(tx: Tx, project_id: str) -> list[Checkpoint]:
    return store.list_checkpoints(tx, project_id, drafts=True)


def change(tx: Tx, project_id: str, checkpoint_id: int, details: CheckpointDetails, now: datetime) -> None:
    """Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, **_columns(tx, project_id, details, now))
    _schedule(tx, checkpoint_id, now)


def switch(tx: Tx, project_id: str, checkpoint_id: int, enabled: bool, now: datetime) -> None:
    """Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, enabled=enabled)
    _schedule(tx, checkpoint_id, now)


def remove(tx: Tx, project_id: str, checkpoint_id: int, now: datetime) -> None:
    """Ask no more; answers stay. Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, removed_at=now)
    _schedule(tx, checkpoint_id, now)


def restore(tx: Tx, project_id: str, checkpoint_id: int, now: datetime) -> None:
    """Undo `remove`. Raises NotFound."""
    store.mark_checkpoint(tx, project_id, checkpoint_id, removed_at=None)
    _schedule(tx, checkpoint_id, now)


def schedule_all(tx: Tx, now: datetime) -> None:
    """Work of a site that was away was dropped: days of its calendars are waited for again."""
    for checkpoint_id in store.list_ids_by_calendar(tx):
        _schedule(tx, checkpoint_id, now)


def as_if(tx: Tx, project_id: str, checkpoint_id: int | None, details: CheckpointDetails, now: datetime) -> Checkpoint:
    """What a checkpoint would be if it were saved with these details, for a trial run. A new one has the id 0.

    Raises NotFound.
    """
    values = {name: getattr(details, name) for name in CheckpointDetails.__dataclass_fields__ if name != "template"}
    if checkpoint_id is not None:
        return replace(get_of_project(tx, project_id, checkpoint_id), **values)
    return Checkpoint(id=0, project_id=project_id, survey_id=0, enabled=True, created_at=now, **values)


def list_of_project(tx: Tx, project_id: str) -> list[Checkpoint]:
    return store.list_checkpoints(tx, project_id)


def list_by_id(tx: Tx, checkpoint_ids: Collection[int]) -> dict[int, Checkpoint]:
    """Also removed ones."""
    return store.list_checkpoints_by_id(tx, checkpoint_ids)


def get_of_project(tx: Tx, project_id: str, checkpoint_id: int) -> Checkpoint:
    """Raises NotFound for one of another project."""
    found = store.get_checkpoint(tx, checkpoint_id)
    if found.project_id != project_id:
        raise NotFound("this checkpoint does not exist any more")
    return found


def get(tx: Tx, checkpoint_id: int) -> Checkpoint:
    """Raises NotFound. Also finds removed ones."""
    return store.get_checkpoint(tx, checkpoint_id)


def is_watched(project_id: Any, status_id: Any) -> Any:
    """For a statement that stores many events: see the store."""
    return store.is_watched(project_id, status_id)


def watched_since(tx: Tx, project_id: str) -> dict[str, datetime]:
    """Since when some checkpoint of a project cares about each status that one cares about now, by status id."""
    return store.list_watched_since(tx, project_id)


def project_ids(tx: Tx) -> list[str]:
    """Projects in which some checkpoint asks."""
    return store.list_project_ids(tx)


def watching_project_ids(tx: Tx) -> list[str]:
    """Projects in which some checkpoint asks at a status."""
    return store.list_watching_project_ids(tx)


def watch_soon(tx: Tx, now: datetime) -> None:
    """What Jira should tell us of may have changed."""
    jobs.enqueue(tx, "watch", "watch", {}, now, now, coalesce=True)


def concerned(tx: Tx, project_id: str, move: Move) -> list[Checkpoint]:
    """The checkpoints of a project that this change sets off, if the issue meets their conditions.

    Call `learn_workflow` first where `must_learn_workflow` says so.
    """
    return matching(store.list_checkpoints(tx, project_id), move, store.find_workflow(tx, project_id))


def people_fields(tx: Tx, project_ids: Collection[str]) -> tuple[str, ...]:
    """Fields of issues whose people some checkpoint of these projects asks."""
    rules = (rule for project_id in project_ids for rule in store.list_checkpoints(tx, project_id))
    return tuple(sorted({rule.audience_field for rule in rules if rule.enabled and rule.audience_field}))


def must_learn_workflow(tx: Tx, project_id: str, move: Move, now: datetime) -> bool:
    """Whether the order of statuses decides, and what we remember of it is old or does not tell."""
    if not needs_workflow(store.list_checkpoints(tx, project_id), move):
        return False
    known = store.find_workflow(tx, project_id)
    return known is None or not known.tells({move.from_status_id, move.to_status_id}, now)


def learn_workflow(tx: Tx, project: Project, now: datetime) -> Workflow:
    """Remember types and statuses of a project as Jira has them now."""
    found = Workflow(project.issue_types, project.statuses, now)
    store.mark_workflow(tx, project.id, found)
    return found


def find_workflow(tx: Tx, project_id: str) -> Workflow | None:
    """As last seen; for names on screens it need not be new."""
    return store.find_workflow(tx, project_id)


def locked(tx: Tx, checkpoints: Collection[Checkpoint]) -> list[Checkpoint]:
    """The same ones as they are now. Whoever else decides about one of them waits until this transaction ends."""
    return store.list_locked_checkpoints(tx, {checkpoint.id for checkpoint in checkpoints})


def hold(tx: Tx, checkpoint: Checkpoint, now: datetime) -> None:
    """A storm: asks of this checkpoint are held back from now on."""
    store.mark_checkpoint(tx, checkpoint.project_id, checkpoint.id, held_since=now)


def let_go(tx: Tx, checkpoint: Checkpoint, now: datetime) -> None:
    """Somebody decided about the storm; the checkpoint asks again."""
    store.mark_checkpoint(tx, checkpoint.project_id, checkpoint.id, held_since=None, held_until=now)


def day_due(checkpoint: Checkpoint, now: datetime) -> date | None:
    """The day on which a checkpoint by the calendar has to ask, or had to last; None if it has not, or does not any more."""
    return calendar.last_day(checkpoint, now.date()) if checkpoint.asks else None


def next_due_at(checkpoint: Checkpoint, day: date) -> datetime | None:
    """When it is due again after a day."""
    following = calendar.next_day(checkpoint, day)
    return None if following is None else calendar.begin_of(following)


def _schedule(tx: Tx, checkpoint_id: int, now: datetime) -> None:
    """Wait for the next day on which a checkpoint by the calendar asks; today counts, and asks once. One by status waits
    for Jira's word."""
    checkpoint = store.get_checkpoint(tx, checkpoint_id)
    if checkpoint.to_status_id:
        watch_soon(tx, now)
    day = calendar.next_day(checkpoint, now.date() - timedelta(days=1))
    key = f"calendar:{checkpoint_id}"
    if day is None or not checkpoint.asks:
        return jobs.cancel(tx, key)
    due_at = calendar.begin_of(day)
    return jobs.enqueue(tx, "calendar", key, {"checkpoint_id": checkpoint_id}, due_at, now, coalesce=True)


def _columns(tx: Tx, project_id: str, details: CheckpointDetails, now: datetime) -> dict[str, object]:
    same = {name: getattr(details, name) for name in CheckpointDetails.__dataclass_fields__ if name != "template"}
    lists = {name: list(same[name]) for name in ("issue_type_ids", "from_status_ids", "audience_roles")}
    return same | lists | {"survey_id": questionnaires.choose(tx, project_id, details.template, now).id}
