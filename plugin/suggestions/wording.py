"""A trial run in sentences: what would have become of each person, and why."""

from __future__ import annotations

from collections.abc import Mapping

from connect import User
from plugin.asking import Skip
from plugin.domain import SkipReason
from plugin.invitations import reasons
from plugin.suggestions.summary import OfPerson
from plugin.suggestions.trial import Verdict
from plugin.web.languages import gettext as _
from plugin.web.languages import ngettext
from plugin.web.pages import moment


class Words:
    """`users`: those of Jira's users whose names are known, by account id."""

    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = users

    def name(self, person: OfPerson) -> str:
        if person.contact is not None:
            return person.contact.name
        user = self._users.get(person.account_id)
        return user.display_name if user and user.display_name else _("Somebody in Jira")

    def sentence(self, person: OfPerson) -> str:
        """Asked so often, and so often not, with the reasons, most frequent first."""
        asked = (
            ngettext("Asked %(num)s time", "Asked %(num)s times", person.asked) if person.asked else _("Never asked")
        )
        if not person.reasons:
            return f"{asked}."
        why = "; ".join(reasons.how_often(reason, count) for reason, count in person.reasons.most_common())
        return _("%(asked)s. Not asked: %(reasons)s.", asked=asked, reasons=why)

    def line(self, verdict: Verdict) -> str:
        """One decision."""
        if verdict.reason is None and verdict.contact is not None and verdict.ask_at is not None:
            return _("%(name)s would have been asked on %(moment)s.", name=verdict.contact.name, moment=moment(verdict.ask_at))  # fmt: skip
        user = self._users.get(verdict.account_id)
        return reasons.why_not(_as_skip(verdict), verdict.contact, user.display_name if user else "")

    def gaps(self, gaps: OfPerson) -> list[str]:
        return [reasons.how_often(reason, count) for reason, count in gaps.reasons.most_common()]


def _as_skip(verdict: Verdict) -> Skip:
    """The decision not to ask as it would have been written down."""
    occurrence = verdict.occurrence
    return Skip(
        id=0,
        checkpoint_id=verdict.checkpoint.id,
        event_id=0,
        issue_id=occurrence.trigger.issue_id,
        issue_key=occurrence.issue_key,
        project_id=occurrence.project_id,
        contact_id=None if verdict.contact is None else verdict.contact.id,
        reason=verdict.reason or SkipReason.HELD,
        skipped_at=occurrence.trigger.happened_at,
        free_on=verdict.free_on,
        account_id=verdict.account_id,
    )
