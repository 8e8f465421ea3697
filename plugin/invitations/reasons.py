"""Each decision and each trouble in one sentence that a project admin can act on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from plugin.asking import Skip
from plugin.domain import Contact, Invitation, SkipReason
from plugin.invitations import comments
from plugin.invitations.deciding import Decision
from plugin.transitions.outcomes import Outcome
from plugin.web.languages import gettext as _
from plugin.web.languages import ngettext
from plugin.web.pages import day, moment

_REASONS = frozenset(SkipReason)


def why_not(skip: Skip, contact: Contact | None, user: str = "") -> str:
    """Why somebody, or nobody, was asked, and what would change it, with the next free date where there is one.

    `user`: the name in Jira of somebody who is no contact, if Jira tells it.
    """
    name = contact.name if contact else user or _("Somebody in Jira")
    return _why_not(skip.reason, name, day(skip.free_on) if skip.free_on else "")


def _why_not(reason: SkipReason, name: str, free_on: str = "") -> str:
    return {
        SkipReason.CONDITION_UNREADABLE: _("Nobody asked: Jira cannot read the checkpoint’s condition any more. Correct it under Checkpoints."),
        SkipReason.NO_CUSTOMER: _("Nobody asked: this project has no customer yet. Add one under Customers."),
        SkipReason.CUSTOMER_NOT_CHOSEN: _("Nobody asked: the project has several customers and none is chosen for this issue. Choose one in the issue’s Rapport panel."),
        SkipReason.NO_CONTACT: _("Nobody asked: the customer has no contact yet. Add one under Customers."),
        SkipReason.NO_CONTACT_OF_ROLE: _("Nobody asked: no contact of the customer has one of the roles that this checkpoint asks."),
        SkipReason.NOBODY_IN_FIELD: _("Nobody asked: the field whose people this checkpoint asks is empty on this issue."),
        SkipReason.ADDRESS_HIDDEN: _("Jira hides the address of %(name)s: add them as a contact under Customers to ask them.", name=name),
        SkipReason.NOT_A_CONTACT: _("%(name)s was not asked: they have an account in your Jira and are no contact. If they are a customer, add them under Customers.", name=name),
        SkipReason.NOT_A_PERSON: _("%(name)s was not asked: this is an app, not a person.", name=name),
        SkipReason.ACCOUNT_CLOSED: _("%(name)s was not asked: their account in Jira is closed.", name=name),
        SkipReason.PROJECT_RESTS: _("Nobody asked: no issue of the project was touched since the last time."),
        SkipReason.NO_ADDRESS: _("%(name)s was not asked: there is no e-mail address. Add it under Customers.", name=name),
        SkipReason.ADDRESS_REFUSED: _("%(name)s was not asked: the mail server refused the address before. Correct it under Customers.", name=name),
        SkipReason.OPTED_OUT: _("%(name)s was not asked: they do not want surveys.", name=name),
        SkipReason.INTERNAL: _("%(name)s was not asked: the address is one of your own organisation’s.", name=name),
        SkipReason.MADE_THE_CHANGE: _("%(name)s was not asked: they made this change themselves.", name=name),
        SkipReason.TOO_OLD: _("%(name)s was not asked: we heard of this change too late.", name=name),
        SkipReason.ASKED_FOR_ISSUE: _("%(name)s was not asked: this checkpoint asks once for each issue, and has asked them about this one.", name=name),
        SkipReason.ASKED_BEFORE: _("%(name)s was not asked: this checkpoint asks each person once, and has asked them before.", name=name),
        SkipReason.ASKED_FOR_CHANGE: _("%(name)s was not asked again: another checkpoint asks them about this very change.", name=name),
        SkipReason.NOT_DRAWN: _("%(name)s was not asked: this checkpoint asks only some, and this month the lot fell on others. Next draw: %(day)s.", name=name, day=free_on),
        SkipReason.QUIET_PERIOD: _("%(name)s was not asked: it would have been too soon after, or before, another survey. Next free date: %(day)s.", name=name, day=free_on),
        SkipReason.BUDGET: _("%(name)s was not asked: they have been asked as often as your site allows in 90 days. Next free date: %(day)s.", name=name, day=free_on),
        SkipReason.HELD: _("%(name)s was not asked yet: too many asks came at once, so this one is held. Release or discard it under Checkpoints.", name=name),
        SkipReason.DISCARDED: _("%(name)s was not asked: too many asks came at once, and somebody discarded this one.", name=name),
        SkipReason.CHECKPOINT_OFF: _("%(name)s was not asked: the checkpoint was switched off or removed before the mail was due.", name=name),
        SkipReason.CONTACT_REMOVED: _("%(name)s was not asked: the contact was removed before the mail was due.", name=name),
    }[reason]  # fmt: skip


def would_not(decision: Decision) -> str:
    """Why somebody would not be asked now, with the next free date where there is one; "" where they would be."""
    free_on = day(decision.free_on) if decision.free_on else ""
    if decision.reason is None:
        return ""
    return {
        SkipReason.QUIET_PERIOD: _("Too soon after, or before, another survey. Next free date: %(day)s.", day=free_on),
        SkipReason.BUDGET: _("Asked as often as your site allows in 90 days. Next free date: %(day)s.", day=free_on),
        SkipReason.NOT_DRAWN: _("The lot fell on others this month. Next draw: %(day)s.", day=free_on),
        SkipReason.ASKED_FOR_ISSUE: _("Asked about this issue before."),
        SkipReason.ASKED_BEFORE: _("Asked before; people are asked only once."),
        SkipReason.NO_ADDRESS: _("There is no e-mail address."),
        SkipReason.ADDRESS_REFUSED: _("The mail server refused the address before."),
        SkipReason.OPTED_OUT: _("Wants no surveys."),
        SkipReason.INTERNAL: _("The address is one of your own organisation’s."),
        SkipReason.MADE_THE_CHANGE: _("You cannot ask yourself."),
        SkipReason.CONTACT_REMOVED: _("The contact was removed."),
    }.get(decision.reason, _("Not to be asked."))


def nobody(gap: SkipReason) -> str:
    """Why there is nobody whom somebody could ask from an issue."""
    return {
        SkipReason.NO_CUSTOMER: _("This project has no customer yet. A project admin adds one in the project’s settings, under Rapport."),
        SkipReason.CUSTOMER_NOT_CHOSEN: _("Choose the customer of this issue first."),
        SkipReason.NO_CONTACT: _("The customer has no contact yet. A project admin adds one in the project’s settings, under Rapport."),
        SkipReason.NO_CONTACT_OF_ROLE: _("No contact of the customer has one of the roles that are asked."),
        SkipReason.NOBODY_IN_FIELD: _("The field whose people are asked is empty on this issue."),
        SkipReason.CHECKPOINT_OFF: _("A project admin has paused asking by hand with this survey."),
    }.get(gap, _("There is nobody to ask."))  # fmt: skip


def how_often(reason: SkipReason, count: int) -> str:
    """How many times a reason kept somebody from being asked."""
    return {
        SkipReason.CONDITION_UNREADABLE: ngettext("%(num)s time Jira could not read the condition", "%(num)s times Jira could not read the condition", count),
        SkipReason.NO_CUSTOMER: ngettext("%(num)s time the project had no customer to ask", "%(num)s times the project had no customer to ask", count),
        SkipReason.CUSTOMER_NOT_CHOSEN: ngettext("%(num)s time no customer was chosen for the issue", "%(num)s times no customer was chosen for the issue", count),
        SkipReason.NO_CONTACT: ngettext("%(num)s time the customer had no contact", "%(num)s times the customer had no contact", count),
        SkipReason.NO_CONTACT_OF_ROLE: ngettext("%(num)s time no contact had a role that is asked", "%(num)s times no contact had a role that is asked", count),
        SkipReason.NOBODY_IN_FIELD: ngettext("%(num)s time the field with the people to ask was empty", "%(num)s times the field with the people to ask was empty", count),
        SkipReason.ADDRESS_HIDDEN: ngettext("%(num)s time Jira hid the address of somebody", "%(num)s times Jira hid the address of somebody", count),
        SkipReason.NOT_A_CONTACT: ngettext("%(num)s time somebody with an account in Jira was no contact", "%(num)s times somebody with an account in Jira was no contact", count),
        SkipReason.NOT_A_PERSON: ngettext("%(num)s time it was an app and no person", "%(num)s times it was an app and no person", count),
        SkipReason.ACCOUNT_CLOSED: ngettext("%(num)s time the account in Jira was closed", "%(num)s times the account in Jira was closed", count),
        SkipReason.PROJECT_RESTS: ngettext("%(num)s time the project rested", "%(num)s times the project rested", count),
        SkipReason.NO_ADDRESS: ngettext("%(num)s time a contact had no e-mail address", "%(num)s times a contact had no e-mail address", count),
        SkipReason.ADDRESS_REFUSED: ngettext("%(num)s time an address had been refused before", "%(num)s times an address had been refused before", count),
        SkipReason.OPTED_OUT: ngettext("%(num)s time a contact did not want surveys", "%(num)s times a contact did not want surveys", count),
        SkipReason.INTERNAL: ngettext("%(num)s time the address was one of the own organisation", "%(num)s times the address was one of the own organisation", count),
        SkipReason.MADE_THE_CHANGE: ngettext("%(num)s time the contact had made the change", "%(num)s times the contact had made the change", count),
        SkipReason.TOO_OLD: ngettext("%(num)s time we heard of the change too late", "%(num)s times we heard of the change too late", count),
        SkipReason.ASKED_FOR_ISSUE: ngettext("%(num)s time the contact had been asked about the issue before", "%(num)s times the contact had been asked about the issue before", count),
        SkipReason.ASKED_BEFORE: ngettext("%(num)s time the contact had been asked by the checkpoint before", "%(num)s times the contact had been asked by the checkpoint before", count),
        SkipReason.ASKED_FOR_CHANGE: ngettext("%(num)s time another checkpoint asked about the same change", "%(num)s times another checkpoint asked about the same change", count),
        SkipReason.NOT_DRAWN: ngettext("%(num)s time the lot fell on others", "%(num)s times the lot fell on others", count),
        SkipReason.QUIET_PERIOD: ngettext("%(num)s time the contact was left alone after another ask", "%(num)s times the contact was left alone after another ask", count),
        SkipReason.BUDGET: ngettext("%(num)s time the contact had been asked as often as allowed", "%(num)s times the contact had been asked as often as allowed", count),
        SkipReason.HELD: ngettext("%(num)s ask is held back until somebody decides", "%(num)s asks are held back until somebody decides", count),
        SkipReason.DISCARDED: ngettext("%(num)s ask was discarded after a bulk change", "%(num)s asks were discarded after a bulk change", count),
        SkipReason.CHECKPOINT_OFF: ngettext("%(num)s time the checkpoint was switched off before the mail was due", "%(num)s times the checkpoint was switched off before the mail was due", count),
        SkipReason.CONTACT_REMOVED: ngettext("%(num)s time the contact was removed before the mail was due", "%(num)s times the contact was removed before the mail was due", count),
    }[reason]  # fmt: skip


class Standing(NamedTuple):
    """All that a sentence about an ask takes from the clock: whether its time is over, and whether its mail is not due yet."""

    over: bool
    early: bool


def standing(invitation: Invitation, now: datetime) -> Standing:
    return Standing(invitation.expired(now), invitation.due_at > now)


def how_it_went(invitation: Invitation, contact: Contact, stands: Standing) -> str:
    """What became of one ask."""
    name, when = contact.name, moment(invitation.answered_at or invitation.sent_at or invitation.due_at)
    if invitation.answered_at is not None:
        return _("%(name)s answered on %(moment)s.", name=name, moment=when)
    if invitation.failed_at is not None:
        return _how_it_failed(invitation, name)
    if invitation.sent_at is None:
        return _how_it_waits(invitation, name, when, stands)
    if stands.over:
        return _("%(name)s did not answer. Asked on %(moment)s.", name=name, moment=when) + _reminded(invitation)
    if invitation.begun_at is not None:
        return _("%(name)s was asked on %(moment)s and has begun to answer.", name=name, moment=when)
    return _("%(name)s was asked on %(moment)s.", name=name, moment=when) + _reminded(invitation)


def _how_it_failed(invitation: Invitation, name: str) -> str:
    if invitation.failure in _REASONS:
        return _why_not(SkipReason(invitation.failure), name)
    if invitation.failure == comments.REFUSED:
        return _(
            "%(name)s was not asked: Jira takes no comment of ours on this issue. See whether the app may comment in this project.",
            name=name,
        )
    return _(
        "The mail to %(name)s was refused: %(words)s. Correct the address under Customers.",
        name=name,
        words=invitation.failure,
    )


def _how_it_waits(invitation: Invitation, name: str, when: str, stands: Standing) -> str:
    if invitation.failure:
        return _(
            "The mail to %(name)s waits: %(words)s. It is tried again by itself.", name=name, words=invitation.failure
        )
    if stands.over:
        return _("The mail to %(name)s never left in time.", name=name)
    if stands.early:
        return _("%(name)s will be asked: the mail leaves on %(moment)s.", name=name, moment=when)
    return _("The mail to %(name)s is on its way out.", name=name)


def _reminded(invitation: Invitation) -> str:
    """Begins with a blank, or is empty."""
    if not invitation.reminders:
        return ""
    return " " + ngettext("Reminded once.", "Reminded %(num)s times.", invitation.reminders)


def what_became(outcome: str) -> str:
    """What became of a status change as a whole; "" where the decisions say it."""
    return {
        Outcome.WAITING: _("Waiting to be looked at."),
        Outcome.CONDITION_NOT_MET: _("The issue did not meet the checkpoint’s condition: nobody asked."),
        Outcome.NO_CHECKPOINT: _("No checkpoint is for this kind of issue or this way."),
        Outcome.ISSUE_GONE: _("The issue is not there any more: nobody asked."),
        Outcome.REPEATED: _("Jira told us twice of this change: looked at once."),
        Outcome.NOT_CONFIRMED: _("Jira does not confirm this change: nobody asked."),
    }.get(Outcome(outcome), "")


def trouble(error: str, *, given_up: bool) -> str:
    """What a failed attempt ran into, and what happens next."""
    code, _colon, words = error.partition(": ")
    what = {
        "jira_unavailable": _("Jira cannot be reached or is busy."),
        "jira_token_missing": _(
            "Jira had not let us in: it hands us a new pass each hour, and whenever somebody opens a screen of ours."
        ),
        "unavailable": _("Our database was away."),
        "mail_unavailable": _("The mail server did not take it: %(words)s.", words=words),
        "not_found": _("Something it needs was removed."),
        "not_told": _("Jira refuses to tell us at once of status changes in %(words)s.", words=words),
    }.get(code, _("Something broke on our side."))
    if given_up:
        return what + " " + _("It was given up. A Jira admin can run it again under Rapport in Jira’s settings.")
    return what + " " + _("It is tried again by itself; nothing is lost.")
