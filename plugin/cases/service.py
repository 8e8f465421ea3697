"""Open a case for each low word of a customer that counts, follow it through its Jira issue, and ask once more afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from plugin.asking import Occasion
from plugin.cases import store, word
from plugin.cases.business_time import due_at
from plugin.cases.case import Case, CaseState, LoopTime, Progress, loop_time
from plugin.cases.store import CasePolicy, ids_of_jira_issues
from plugin.cases.word import Word
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.conversations import service as conversations
from plugin.conversations.service import Conversation
from plugin.customers import audience
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint, Invitation, Response
from plugin.errors import NotFound
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.surveys import service as surveys
from plugin.transitions import service as transitions

__all__ = ["Case", "CasePolicy", "CaseState", "LoopTime", "apart", "change_policy", "follow", "followed_project_ids", "get", "get_of_project", "ids_of_jira_issues", "list_of_issue", "list_of_project", "loop_time_of_project", "policy", "record_issue", "record_issue_gone", "record_progress", "record_told", "review", "take_step", "talks_of"]  # fmt: skip

RECHECK_DAYS = 14
UNKNOWN_ZONE = "UTC"  # of somebody who was not named


def review(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    """See what was said about an issue, in answers and to the team, is low and counts, now that something changed."""
    asks, _skips = invitations.list_of_issue(tx, issue_id)
    responses = {response.invitation_id: response for response in surveys.list_of_issue(tx, issue_id)}
    words = {said.key: said for said in [*_answers(tx, asks, responses), *_told(tx, issue_id)]}
    known = {(case.invitation_id, case.conversation_id): case for case in store.list_cases_of_issue(tx, issue_id)}
    for key, case in known.items():
        others = [each for each in known.values() if each.id != case.id]
        _settle(tx, case, words.get(key), others, now)
        if case.recheck_id is not None:
            _recheck(tx, case, responses.get(case.recheck_id), now)
    for said in sorted(words.values(), key=lambda each: each.said_at):
        if said.project_id == project_id and said.at_most(said.low_score) and said.key not in known:
            _open_unless_covered(tx, said, now)


def _answers(tx: Tx, asks: Sequence[Invitation], responses: Mapping[int, Response]) -> Iterable[Word]:
    limits, ours = checkpoints.list_by_id(tx, {ask.checkpoint_id for ask in asks}), apart(tx)
    for ask in asks:
        if ask.id in responses and ask.checkpoint_id not in ours:
            yield word.answered(ask, responses[ask.id], limits[ask.checkpoint_id])


def _told(tx: Tx, issue_id: str) -> Iterable[Word]:
    talks = conversations.list_of_issue(tx, issue_id)
    people = customers.list_contacts_by_id(tx, {talk.contact_id for talk in talks if talk.contact_id is not None})
    for talk in talks:
        yield word.told(talk, None if talk.contact_id is None else people[talk.contact_id])


def _settle(tx: Tx, case: Case, said: Word | None, others: Iterable[Case], now: datetime) -> None:
    """Take a case back whose word counts no more or is not low any more; or have it again, unless others took its place."""
    counts = said is not None and said.at_most(case.low_score)
    if case.withdrawn_at is not None:
        counts = counts and said is not None and not _covered(said, others)
    if counts == (case.withdrawn_at is not None):
        store.mark_case(tx, case.id, withdrawn_at=None if counts else now)
        follow(tx, case.id, now)


def _covered(said: Word, cases: Iterable[Case]) -> bool:
    return any(case.covers(said) for case in cases)


def _open_unless_covered(tx: Tx, said: Word, now: datetime) -> None:
    if _covered(said, store.list_cases_of_issue(tx, said.issue_id)):
        return
    zone, country = _where(tx, said)
    due = due_at(now, policy(tx, said.project_id).contact_hours, zone, country)
    there = {"time_zone": zone, "country": country}
    case_id = store.add_case(tx, {**said.kept, **there, "opened_at": now, "due_at": due})
    if case_id is not None:
        follow(tx, case_id, now)
    if case_id is not None and said.comment:
        jobs.enqueue(tx, "low_comment", f"low_comment:{case_id}", {"case_id": case_id}, now, now)


def _where(tx: Tx, said: Word) -> tuple[str, str]:
    """Zone and country of whoever said it."""
    if said.contact_id is None:
        return UNKNOWN_ZONE, ""
    contact = customers.get_contact(tx, said.contact_id)
    return contact.time_zone, contact.country


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


def talks_of(tx: Tx, cases: Collection[Case]) -> dict[int, Conversation]:
    """By case id, the conversations in which the team heard what opened a case; those that were answers are missing."""
    ids = {case.conversation_id: case.id for case in cases if case.conversation_id is not None}
    return {ids[talk.id]: talk for talk in conversations.list_by_id(tx, ids).values()}


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
    if case.contact_id is None or case.recheck_id is not None or case.withdrawn_at is not None:
        return
    contact = customers.get_contact(tx, case.contact_id)
    if audience.reason_not_to_ask(contact) is not None:
        return
    occasion = _occasion(tx, case, now)
    if occasion is None:
        return
    recheck_id = invitations.ask_again(tx, occasion, contact, _recheck_checkpoint(tx, case, now), now)
    if recheck_id is not None:
        store.mark_case(tx, case.id, recheck_id=recheck_id)
        jobs.enqueue(tx, "deliver", f"deliver:{recheck_id}", {"invitation_id": recheck_id}, now, now)


def _occasion(tx: Tx, case: Case, now: datetime) -> Occasion | None:
    """What was asked about before; or what was spoken about, which is no change in Jira and gets an event of its own.
    None for a repeat."""
    if case.invitation_id is not None:
        ask = invitations.get(tx, case.invitation_id)
        return Occasion(ask.event_id, ask.issue_id, ask.issue_key, ask.project_id, ask.context)
    context = talks_of(tx, [case])[case.id].context
    about = (case.project_id, case.issue_id, case.issue_key)
    event_id = transitions.record_case(tx, *about, context["summary"], case.id, now)
    if event_id is None:
        return None
    return Occasion(event_id, case.issue_id, case.issue_key, case.project_id, context)


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
