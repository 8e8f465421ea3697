"""Open a survey for a customer, and take what is sent: the first answer of a person counts, and can be changed for a while."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from plugin.checkpoints import service as checkpoints
from plugin.counts import MarkCount, ScoreCount, Scored, WeekCount
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Contact, Hold, Invitation, Item, Questionnaire, Response
from plugin.errors import Conflict
from plugin.invitations import service as invitations
from plugin.questionnaires import service as questionnaires
from plugin.surveys import intake, parts, store
from plugin.surveys.intake import Known, Post, Stage, Step
from plugin.surveys.origins import Origin
from plugin.surveys.parts import Answers
from plugin.surveys.store import Rating

MOST_VERSIONS = 40  # of one invitation: a machine that posts without end fills no disk
TRIES = 5


@dataclass(frozen=True)
class Sheet:
    """Everything that the public page shows. `response` is the answer that counts, or None."""

    invitation: Invitation
    contact: Contact
    questionnaire: Questionnaire
    low_score: int
    response: Response | None

    @cached_property
    def change_until(self) -> datetime:
        """Until when the answer can be changed and read; before the first answer, the end of the time to answer."""
        invitation = self.invitation
        if invitation.answered_at is None:
            return invitation.expires_at
        return min(invitation.answered_at + timedelta(minutes=self.questionnaire.edit_minutes), invitation.expires_at)

    def is_low(self, score: int | None) -> bool:
        return score is not None and score <= self.low_score

    def can_change(self, origin: Origin, now: datetime) -> bool:
        """Whether whoever comes from here may see and change the answer that counts."""
        return self.response is not None and origin_of(self.response) == origin and now <= self.change_until

    def items_at(self, stage: Stage) -> tuple[Item, ...]:
        """The items of one page."""
        items, in_turn = self.questionnaire.items, self.invitation.in_turn
        if stage is Stage.REST:
            return parts.rest(items, in_turn, self.is_low(self.response.score if self.response else None))
        if stage is Stage.CHANGE:
            return parts.first(items) + parts.rest(items, in_turn, low=True)
        return parts.first(items)


class Outcome(StrEnum):
    """What became of something that was sent."""

    COUNTED = "counted"  # stored; numbers change
    SAME = "same"  # it says what is stored already
    CONFIRM = "confirm"  # kept aside until its sender confirms
    OFFER = "offer"  # there is an answer already: nothing stored, changing it is one press away
    HELD = "held"  # in quarantine


def load(tx: Tx, invitation_id: int, now: datetime) -> Sheet:
    """Writes nothing. Raises Gone when the time is over and nothing was answered, NotFound when it was erased."""
    invitation = invitations.get(tx, invitation_id)
    invitations.require_open(invitation, now)
    return Sheet(
        invitation,
        customers.get_contact(tx, invitation.contact_id),
        questionnaires.get(tx, invitation.questionnaire_id),
        checkpoints.get(tx, invitation.checkpoint_id).low_score,
        store.find_response(tx, invitation_id),
    )


def take(tx: Tx, invitation_id: int, post: Post, answers: Answers, now: datetime) -> Outcome:
    """Store what was sent as what it is. Raises as `load` does, and Conflict under a storm of posts."""
    for _try in range(TRIES):
        sheet = load(tx, invitation_id, now)
        outcome = _take(tx, sheet, post, answers, now)
        if outcome is not None:
            return outcome
    raise Conflict("too much was sent at once")


def _take(tx: Tx, sheet: Sheet, post: Post, answers: Answers, now: datetime) -> Outcome | None:
    """None where somebody else was first, and it has to be looked at again."""
    versions = store.list_versions(tx, sheet.invitation.id)
    known = _known(sheet, versions)
    verdict = intake.judge(post, known, now)
    if verdict is Step.OFFER and sheet.response is not None:
        return Outcome.SAME if _says_the_same(sheet.response, answers) else Outcome.OFFER
    if len(versions) >= MOST_VERSIONS or (post.stage is Stage.TRAP and post.origin in known.machines):
        return Outcome.HELD
    if isinstance(verdict, Hold):
        return _hold(tx, sheet, post, answers, verdict, len(versions) + 1, now)
    return _count(tx, sheet, post, answers, len(versions) + 1, now)


def _known(sheet: Sheet, versions: Sequence[Response]) -> Known:
    machines = {origin_of(version) for version in versions if version.held and Hold(version.held) is Hold.MACHINE}
    counted = None if sheet.response is None else origin_of(sheet.response)
    return Known(counted, sheet.change_until, machines)


def _hold(
    tx: Tx, sheet: Sheet, post: Post, answers: Answers, hold: Hold, version: int, now: datetime
) -> Outcome | None:
    if post.stage is Stage.REST and sheet.response is not None:
        answers = _whole(sheet, sheet.response, post, answers)  # so that it can take the place of what counts
    added = store.add_response(tx, _values(sheet, post, answers, version, now) | {"counted": False, "held": hold})
    if added is None:
        return None
    if hold is not Hold.UNCONFIRMED:
        return Outcome.HELD
    store.mark_settled(tx, sheet.invitation.id, hold, post.origin.network, post.origin.agent, added)
    return Outcome.CONFIRM


def _count(tx: Tx, sheet: Sheet, post: Post, answers: Answers, version: int, now: datetime) -> Outcome | None:
    before = sheet.response
    if before is not None:
        answers = _whole(sheet, before, post, answers)
        if answers.content == answers_of(before).content:
            return Outcome.SAME
        if not store.mark_uncounted(tx, before.id):
            return None
    added = store.add_response(tx, _values(sheet, post, answers, version, now) | {"counted": True})
    if added is None:
        return None
    if before is not None:
        store.mark_replaced(tx, before.id, added)
    store.mark_settled(tx, sheet.invitation.id, Hold.UNCONFIRMED, post.origin.network, post.origin.agent, added)
    invitations.record_answered(tx, sheet.invitation.id, now)
    return Outcome.COUNTED


def _whole(sheet: Sheet, before: Response, post: Post, answers: Answers) -> Answers:
    """The new version: a second page adds to what counts, a change takes its place."""
    if post.stage is Stage.REST:
        return parts.with_rest(answers_of(before), sheet.items_at(Stage.REST), answers.others)
    return parts.without_moot(answers, sheet.questionnaire.items, sheet.is_low(answers.score))


def _values(sheet: Sheet, post: Post, answers: Answers, version: int, now: datetime) -> dict[str, object]:
    invitation = sheet.invitation
    return {
        "invitation_id": invitation.id,
        "version": version,
        "project_id": invitation.project_id,
        "checkpoint_id": invitation.checkpoint_id,
        "issue_id": invitation.issue_id,
        "contact_id": invitation.contact_id,
        "questionnaire_id": invitation.questionnaire_id,
        "role": sheet.contact.role,
        "score": answers.score,
        "comment": answers.comment,
        "answers": dict(answers.others),
        "marks": parts.marks(answers.others, sheet.questionnaire.items),
        "language": answers.language,
        "answered_at": now,
        "proof": post.proof,
        "network": post.origin.network,
        "agent": post.origin.agent,
    }


def _says_the_same(response: Response, answers: Answers) -> bool:
    return (response.score, response.comment) == (answers.score, answers.comment)


def answers_of(response: Response) -> Answers:
    """What an answer says, as a form gives it."""
    return Answers(response.score, response.comment, response.language, response.answers)


def origin_of(response: Response) -> Origin:
    return Origin(response.network, response.agent)


def list_of_issue(tx: Tx, issue_id: str) -> list[Response]:
    """Newest first."""
    return store.list_responses_of_issue(tx, issue_id)


def list_comments(tx: Tx, project_id: str, limit: int = 50) -> list[Response]:
    """Newest first."""
    return store.list_comments(tx, project_id, limit)


def list_by_id(tx: Tx, response_ids: Collection[int]) -> dict[int, Response]:
    """Those that are kept."""
    return store.list_responses_by_id(tx, response_ids)


def who_answered(tx: Tx, project_id: str) -> frozenset[int]:
    """Ids of the contacts who have ever answered in a project."""
    return store.list_contacts_who_answered(tx, project_id)


def comments_of(tx: Tx, invitation_ids: Collection[int]) -> dict[int, str]:
    """What was written in the answers that count, by invitation; those without words are missing."""
    return store.list_comments_of_invitations(tx, invitation_ids)


def ratings_since(tx: Tx, project_id: str, since: datetime) -> Sequence[Rating]:
    """Every score of a project that counts, oldest first."""
    return store.list_ratings(tx, project_id, since)


def list_of_contacts(tx: Tx, project_id: str, contact_ids: Collection[int], since: datetime) -> list[Response]:
    """What counts of what these people have said in a project since then, newest first."""
    return store.list_counted_of_contacts(tx, project_id, contact_ids, since)


def erase_comments(tx: Tx, contact_ids: Collection[int]) -> int:
    """Forget what these people wrote, and keep the scores; how many answers had comments."""
    for response in store.list_responses_of_contacts(tx, contact_ids):
        items = questionnaires.get(tx, response.questionnaire_id).items
        kept = parts.without_words(response.answers, items)
        if kept != response.answers:
            store.mark_answers(tx, response.id, kept)
    return store.clear_comments(tx, contact_ids)


def erase_reviewer(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user decided about answers in quarantine; the number of answers."""
    return store.clear_reviewer(tx, account_id)


def score_counts(tx: Tx, project_id: str) -> Sequence[ScoreCount]:
    return store.list_score_counts(tx, project_id)


def week_counts(
    tx: Tx, project_id: str, since: datetime, until: datetime | None = None, *, apart: Collection[int] = ()
) -> list[WeekCount]:
    """Of the answers since then, and before `until`, without the checkpoints that stay `apart`."""
    counts = store.list_week_counts(tx, project_id, since, until)
    return [count for count in counts if count.checkpoint_id not in apart]


def mark_counts(tx: Tx, project_id: str, since: datetime, *, apart: Collection[int] = ()) -> list[MarkCount]:
    """Likewise, of what they said beside the anchor."""
    return [count for count in store.list_mark_counts(tx, project_id, since) if count.checkpoint_id not in apart]


def last_two_scores(tx: Tx, project_id: str, since: datetime, apart: Collection[int] = ()) -> list[Scored]:
    """Of each person, the older first."""
    return store.list_last_two(tx, project_id, since, apart)
