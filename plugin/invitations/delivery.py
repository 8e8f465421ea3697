"""Whether a mail may leave now: everything is looked at once more, as days may have passed since it was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connect import JiraForbidden, JiraNotFound, JiraRejected
from plugin.asking import AskPolicy, Occasion
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint, Contact, Invitation, SkipReason
from plugin.errors import MailError, MailRefused
from plugin.invitations import ask_budget, asks, comments, deciding, mails, sending_times, service, store
from plugin.invitations.deciding import Decision
from plugin.invitations.mails import Letter
from plugin.invitations.sending_times import SendingTimes
from plugin.policies import service as policies
from plugin.questionnaires import service as questionnaires
from plugin.sealing import Seal
from plugin.skips import service as skips
from plugin.work import Work


@dataclass(frozen=True, slots=True)
class PutOff:
    """Not at this hour of the reader's."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Dropped:
    """Meanwhile something speaks against it: no mail leaves, and the reason is on record."""

    invitation: Invitation


@dataclass(frozen=True, slots=True)
class NextReminder:
    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Case:
    """An invitation with all that decides about its mails."""

    invitation: Invitation
    contact: Contact
    checkpoint: Checkpoint
    policy: AskPolicy
    times: SendingTimes


def invitation_letter(
    tx: Tx, seal: Seal, payload: Mapping[str, Any], now: datetime
) -> Letter | PutOff | Dropped | None:
    """None: it was answered, sent, failed, is over, or was dropped before."""
    case = _case(tx, payload["invitation_id"])
    if case is None or not _waits(case.invitation, now):
        return None
    opening = sending_times.next_opening(now, case.times)
    if opening > now:
        return _put_off(tx, case.invitation, opening)
    if _drop(tx, case, now):
        return Dropped(case.invitation)
    return _letter(tx, seal, case, 0, now)


def reminder_letter(tx: Tx, seal: Seal, payload: Mapping[str, Any], now: datetime) -> Letter | PutOff | None:
    """None at any sign of life, and when nobody wants to be reminded, or to remind, any more."""
    case, number = _case(tx, payload["invitation_id"]), payload["number"]
    if case is None or not _may_remind(case, number, now):
        return None
    opening = sending_times.next_opening(now, case.times)
    if opening > now:
        return PutOff(opening)
    return _letter(tx, seal, case, number, now)


def post(work: Work, letter: Letter) -> str | None:
    """Hand a mail to the mail server: None, or what the server said when it refused for good.

    Raises MailError where trying again may help; why it waits is then on record.
    """
    mail = mails.letter(work.ports, work.tenant.id, letter)
    work.require_lease()
    try:
        work.ports.mailer.send(mail, work.now)
    except MailRefused as error:
        return str(error)
    except MailError as error:
        if not letter.reminder:
            with work.writing() as tx:
                store.mark_trouble(tx, letter.invitation.id, str(error))
        raise
    return None


def comment(work: Work, letter: Letter) -> str | None:
    """Put it on the issue: None, or what speaks against it for good. Raises JiraError where trying again may help.

    An attempt cut short may have left it there: its link tells.
    """
    issue_id = letter.invitation.issue_id
    try:
        if work.job.attempts > 1 and work.jira.has_comment(issue_id, letter.token):
            return None
        work.jira.add_comment(issue_id, comments.invitation(work.ports, letter))
    except (JiraNotFound, JiraForbidden, JiraRejected):
        return comments.REFUSED
    return None


def is_by_comment(tx: Tx, invitation_id: int) -> bool:
    case = _case(tx, invitation_id)
    return case is not None and case.checkpoint.by_comment


def record_sent(tx: Tx, letter: Letter, now: datetime) -> NextReminder | None:
    """The mail left; when the next one is due, if there is to be one."""
    invitation = letter.invitation
    if letter.reminder:
        store.mark_reminded(tx, invitation.id, letter.reminder)
    else:
        service.record_sent(tx, invitation.id, now)
    case = _case(tx, invitation.id)
    if case is None or letter.reminder >= case.checkpoint.reminders:
        return None
    due_at = sending_times.remind_at(now, case.checkpoint.reminder_days, case.times, invitation.expires_at)
    return None if due_at is None else NextReminder(letter.reminder + 1, due_at)


def record_refused(tx: Tx, letter: Letter, words: str, now: datetime) -> None:
    """Refused for good. A mail server means the address: the contact is not asked again until it is corrected."""
    if not letter.reminder:
        store.mark_failed(tx, letter.invitation.id, words, now)
    if not letter.by_comment:
        customers.record_refusal(tx, letter.contact.id, words, now)


def _case(tx: Tx, invitation_id: int) -> _Case | None:
    invitation = store.find_invitation(tx, invitation_id)
    if invitation is None:
        return None
    contact, policy = customers.get_contact(tx, invitation.contact_id), policies.of_site(tx)
    checkpoint = checkpoints.get(tx, invitation.checkpoint_id)
    return _Case(invitation, contact, checkpoint, policy, SendingTimes.of(policy, contact))


def _waits(invitation: Invitation, now: datetime) -> bool:
    over = invitation.answered_at or invitation.sent_at or invitation.failed_at
    return over is None and not invitation.expired(now)


def _put_off(tx: Tx, invitation: Invitation, until: datetime) -> PutOff:
    """The time to answer moves along, unless a mail that names its end may have left."""
    moved = timedelta() if invitation.attempted_at else until - invitation.due_at
    store.mark_put_off(tx, invitation.id, until, invitation.expires_at + moved)
    return PutOff(until)


def _drop(tx: Tx, case: _Case, now: datetime) -> bool:
    """Whether no mail must leave any more; the reason is then on record.

    It takes the place of the invitation, unless an attempt may have left its link with somebody: that one stays alive.
    """
    invitation, decision = case.invitation, _decide_again(tx, case, now)
    if decision.reason is None:
        return False
    if invitation.attempted_at is not None:
        store.mark_failed(tx, invitation.id, decision.reason, now)
        return True
    store.delete_invitation(tx, invitation.id)
    about = (invitation.event_id, invitation.issue_id, invitation.issue_key, invitation.project_id, invitation.context)
    skips.add(tx, Occasion(*about), case.checkpoint.id, case.contact.id, decision.reason, decision.free_on, now)
    return True


def _decide_again(tx: Tx, case: _Case, now: datetime) -> Decision:
    """Nobody is held to the limits of an ask that has begun to leave, or that is exempt."""
    invitation, contact = case.invitation, case.contact
    off = None if invitation.exempt or case.checkpoint.asks else SkipReason.CHECKPOINT_OFF
    unwanted = off or deciding.who_they_are(None, contact, case.checkpoint, case.policy)
    if unwanted or invitation.exempt or invitation.attempted_at is not None:
        return Decision(unwanted, now)
    known = asks.of_people(tx, [contact], now, lock=True)[contact.id]
    left = [ask for ask in known if ask.left and ask.invitation_id != invitation.id]
    return deciding.within_limits(contact, left, case.policy, now)


def _may_remind(case: _Case, number: int, now: datetime) -> bool:
    invitation = case.invitation
    alive = invitation.answered_at or invitation.begun_at
    due = invitation.sent_at and invitation.reminders < number <= case.checkpoint.reminders
    unwanted = deciding.who_they_are(None, case.contact, case.checkpoint, case.policy)
    return bool(due and not alive and not unwanted and not invitation.expired(now) and case.checkpoint.asks)


def _letter(tx: Tx, seal: Seal, case: _Case, reminder: int, now: datetime) -> Letter:
    invitation, contact = case.invitation, case.contact
    token = service.link_token(tx, seal, invitation, now)
    known = asks.of_people(tx, [contact], now)[contact.id]
    tomorrow = sending_times.day_of(now, contact.time_zone) + timedelta(days=1)
    return Letter(
        invitation=invitation,
        contact=contact,
        questionnaire=questionnaires.get(tx, invitation.questionnaire_id),
        token=token,
        not_before=ask_budget.next_free_on(deciding.days_of(known, contact), tomorrow, case.policy),
        reminder=reminder,
        last=reminder >= case.checkpoint.reminders,
        signed_by=case.checkpoint.signed_by if reminder == 2 else "",
        by_comment=case.checkpoint.by_comment,
    )
