"""Open a case for each low answer that counts, follow it through its Jira issue, and ask once more afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from plugin.cases import store
from plugin.cases.business_time import due_at
from plugin.cases.case import Case, CaseState, LoopTime, Progress, loop_time
from plugin.cases.store import CasePolicy, ids_of_jira_issues
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import audience
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint, Invitation, Response
from plugin.errors import NotFound
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.surveys import service as surveys

__all__ = ["Case", "CasePolicy", "CaseState", "LoopTime", "apart", "change_policy", "follow", "followed_project_ids", "get", "get_of_project", "ids_of_jira_issues", "list_of_issue", "list_of_project", "loop_time_of_project", "policy", "record_issue", "record_issue_gone", "record_progress", "record_told", "review", "take_step"]  # fmt: skip

RECHECK_DAYS = 14


def review(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    """See which answers about an issue are low and count, now that something about them changed."""
    asks, _skips = invitations.list_of_issue(tx, issue_id)
    counted = {response.invitation_id: response for response in surveys.list_of_issue(tx, issue_id)}
    cases = {case.invitation_id: case for case in store.list_cases_of_issue(tx, issue_id)}
    limits = checkpoints.list_by_id(tx, {ask.checkpoint_id for ask in asks})
    ours = apart(tx)
    for ask in asks:
        if ask.checkpoint_id not in ours and ask.project_id == project_id:
            _review(tx, ask, counted.get(ask.id), cases.get(ask.id), limits[ask.checkpoint_id], now)
    for case in cases.values():
        if case.recheck_id is not None:
            _recheck(tx, case, counted.get(case.recheck_id), now)


def _review(
    tx: Tx, ask: Invitation, response: Response | None, case: Case | None, checkpoint: Checkpoint, now: datetime
) -> None:
    limit = checkpoint.low_score if case is None else case.low_score
    low = response is not None and response.score is not None and response.score <= limit
    if case is None and low and response is not None:
        _open(tx, ask, response, checkpoint, now)
    elif case is not None and low == (case.withdrawn_at is not None):
        store.mark_case(tx, case.id, withdrawn_at=None if low else now)
        follow(tx, case.id, now)


def _open(tx: Tx, ask: Invitation, response: Response, checkpoint: Checkpoint, now: datetime) -> None:
    zone = customers.get_contact(tx, ask.contact_id).time_zone
    values = {name: getattr(ask, name) for name in ("project_id", "checkpoint_id", "customer_id", "contact_id")}
    values |= {"invitation_id": ask.id, "issue_id": ask.issue_id, "issue_key": ask.issue_key, "time_zone": zone}
    due = due_at(now, policy(tx, ask.project_id).contact_hours, zone)
    case_id = store.add_case(
        tx, {**values, "score": response.score, "low_score": checkpoint.low_score, "opened_at": now, "due_at": due}
    )
    if case_id is not None:
        follow(tx, case_id, now)
    if case_id is not None and checkpoint.low_comment:
        jobs.enqueue(tx, "low_comment", f"low_comment:{case_id}", {"case_id": case_id}, now, now)


def _recheck(tx: Tx, case: Case, response: Response | None, now: datetime) -> None:
    score = None if response is None else response.score
    if score != case.recheck_score:
        store.mark_case(tx, case.id, recheck_score=score, rechecked_at=None if score is None else now)
        follow(tx, case.id, now)


def followed_project_ids(tx: Tx) -> list[str]:
    """Projects with a case that has a Jira issue."""
    return store.list_followed_project_ids(tx)


def follow(tx: Tx, case_id: int, now: datetime) -> None:
    """Have the worker bring the case and its Jira issue together."""
    jobs.enqueue(tx, "case", f"case:{case_id}", {"case_id": case_id}, now, now, coalesce=True)


def get(tx: Tx, case_id: int) -> Case:
    """Raises NotFound."""
    return store.get_case(tx, case_id)


def get_of_project(tx: Tx, project_id: str, case_id: int) -> Case:
    """Raises NotFound for one of another project."""
    found = store.get_case(tx, case_id)
    if found.project_id != project_id:
        raise NotFound("this case does not exist any more")
    return found


def list_of_issue(tx: Tx, issue_id: str) -> list[Case]:
    return store.list_cases_of_issue(tx, issue_id)


def list_of_project(tx: Tx, project_id: str) -> list[Case]:
    """Oldest first."""
    return store.list_cases_of_project(tx, project_id)


def loop_time_of_project(tx: Tx, project_id: str) -> LoopTime:
    return loop_time(list_of_project(tx, project_id), policy(tx, project_id).contact_hours)


def record_issue(tx: Tx, case_id: int, issue_id: str, issue_key: str) -> Case:
    """The case as it is now that it has a Jira issue."""
    store.mark_case(tx, case_id, jira_issue_id=issue_id, jira_issue_key=issue_key, jira_issue_gone=False)
    return store.get_case(tx, case_id)


def record_issue_gone(tx: Tx, case_id: int) -> None:
    """Somebody deleted the Jira issue: the case goes on without it, by the buttons of its own screen."""
    store.mark_case(tx, case_id, jira_issue_gone=True)


def record_told(tx: Tx, case_id: int, state: CaseState) -> None:
    store.mark_case(tx, case_id, told=state)


def record_progress(tx: Tx, case: Case, found: Progress, now: datetime) -> None:
    """As the history of the Jira issue has it; its end has the customer asked whether it helped."""
    contacted_at = found.contacted_at or case.contacted_at
    if (contacted_at, found.closed_at) != (case.contacted_at, case.closed_at):
        store.mark_case(tx, case.id, contacted_at=contacted_at, closed_at=found.closed_at)
    if found.closed_at is not None:
        _ask_again(tx, case, now)


def take_step(tx: Tx, case: Case, step: str, now: datetime) -> None:
    """What a person says by hand where there is no Jira issue: "contacted" or "closed"."""
    closed_at = now if step == "closed" else case.closed_at
    store.mark_case(tx, case.id, contacted_at=case.contacted_at or now, closed_at=closed_at)
    if step == "closed":
        _ask_again(tx, case, now)


def _ask_again(tx: Tx, case: Case, now: datetime) -> None:
    """One question, once in the life of a case, whatever the quiet period says; who wants no surveys gets none."""
    contact = customers.get_contact(tx, case.contact_id)
    if case.recheck_id is not None or case.withdrawn_at is not None or audience.reason_not_to_ask(contact) is not None:
        return
    before = invitations.get(tx, case.invitation_id)
    recheck_id = invitations.ask_again(tx, before, _recheck_checkpoint(tx, case, now), now)
    if recheck_id is not None:
        store.mark_case(tx, case.id, recheck_id=recheck_id)
        jobs.enqueue(tx, "deliver", f"deliver:{recheck_id}", {"invitation_id": recheck_id}, now, now)


def _recheck_checkpoint(tx: Tx, case: Case, now: datetime) -> Checkpoint:
    """A checkpoint of the project that no transition sets off and no list shows: its answers stay apart in all sums."""
    known = policy(tx, case.project_id).recheck_checkpoint_id
    if known is None:
        details = CheckpointDetails(
            "Asked again after a low answer", (), (), "", "recovery", case.low_score, RECHECK_DAYS, reminders=0
        )
        known = checkpoints.add(tx, case.project_id, details, now)
        checkpoints.remove(tx, case.project_id, known, now)
        store.mark_policy(tx, case.project_id, recheck_checkpoint_id=known)
    return checkpoints.get(tx, known)


def apart(tx: Tx) -> frozenset[int]:
    """Checkpoints whose answers say whether a case recovered: they must not lift a project's numbers."""
    return frozenset(store.list_recheck_checkpoints(tx))


def policy(tx: Tx, project_id: str) -> CasePolicy:
    return store.find_policy(tx, project_id) or CasePolicy()


def change_policy(tx: Tx, project_id: str, changes: Mapping[str, object]) -> None:
    """`changes` by the names of CasePolicy."""
    store.mark_policy(tx, project_id, **changes)
