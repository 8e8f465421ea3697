"""Each decision and each trouble in one sentence that a project admin can act on."""

from __future__ import annotations

from plugin.domain import Contact, Invitation, Skip, SkipReason
from plugin.transitions.outcomes import Outcome
from plugin.web.languages import gettext as _


def why_not(skip: Skip, contact: Contact | None) -> str:
    """Why somebody, or nobody, was asked, and what would change it."""
    name = contact.name if contact else ""
    return {
        SkipReason.NO_CUSTOMER: _("Nobody asked: this project has no customer yet. Add one under Customers."),
        SkipReason.CUSTOMER_NOT_CHOSEN: _("Nobody asked: the project has several customers and none is chosen for this issue. Choose one in the issue’s Rapport panel."),
        SkipReason.NO_CONTACT: _("Nobody asked: the customer has no contact yet. Add one under Customers."),
        SkipReason.NO_ADDRESS: _("%(name)s was not asked: there is no e-mail address. Add it under Customers.", name=name),
        SkipReason.ADDRESS_REFUSED: _("%(name)s was not asked: the mail server refused the address before. Correct it under Customers.", name=name),
        SkipReason.OPTED_OUT: _("%(name)s was not asked: they do not want surveys.", name=name),
    }[skip.reason]  # fmt: skip


def how_it_went(invitation: Invitation, contact: Contact, moment: str, expired: bool) -> str:
    """What became of one ask. `moment` is the date that goes with it, already in the reader's words."""
    name = contact.name
    if invitation.answered_at is not None:
        return _("%(name)s answered on %(moment)s.", name=name, moment=moment)
    if invitation.failed_at is not None:
        return _(
            "The mail to %(name)s was refused: %(words)s. Correct the address under Customers.",
            name=name,
            words=invitation.failure,
        )
    if invitation.sent_at is None and invitation.failure:
        return _(
            "The mail to %(name)s waits: %(words)s. It is tried again by itself.", name=name, words=invitation.failure
        )
    if invitation.sent_at is None:
        return (
            _("The mail to %(name)s never left in time.", name=name)
            if expired
            else _("The mail to %(name)s is on its way out.", name=name)
        )
    if expired:
        return _("%(name)s did not answer. Asked on %(moment)s.", name=name, moment=moment)
    return _("%(name)s was asked on %(moment)s.", name=name, moment=moment)


def what_became(outcome: str) -> str:
    """What became of a status change as a whole; "" where the decisions say it."""
    return {
        Outcome.WAITING: _("Waiting to be looked at."),
        Outcome.NO_CHECKPOINT: _("No checkpoint is for this kind of issue or this way."),
        Outcome.ISSUE_GONE: _("The issue is not there any more: nobody asked."),
        Outcome.REPEATED: _("Jira told us twice of this change: looked at once."),
        Outcome.NOT_CONFIRMED: _("Jira does not confirm this change: nobody asked."),
    }.get(Outcome(outcome), "")


def trouble(error: str) -> str:
    """What a failed attempt ran into."""
    code, _colon, words = error.partition(": ")
    return {
        "jira_unavailable": _("Jira cannot be reached or is busy. It is tried again by itself; nothing is lost."),
        "unavailable": _("Our database was away. It is tried again by itself."),
        "mail_unavailable": _("The mail server did not take it: %(words)s. It is tried again by itself.", words=words),
        "not_found": _("Something it needs was removed."),
    }.get(code, _("Something broke on our side. An administrator can run it again under Jira’s settings, Rapport."))
