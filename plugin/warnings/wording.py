"""Each warning in one sentence that says why, so that nobody has to trust a colour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from plugin.domain import Contact, Role
from plugin.warnings.signals import Sign
from plugin.warnings.store import EarlyWarning
from plugin.warnings.watch import FALSE_ALARMS_PERCENT
from plugin.web.languages import gettext as _
from plugin.web.pages import day


def reason(warning: EarlyWarning, people: Mapping[int, Contact]) -> str:
    """`people`: contacts by id whose names may be told; nobody is named otherwise."""
    facts = warning.facts
    if warning.sign is Sign.FALLING:
        return _(
            "Satisfaction may be falling: in the week of %(since)s, %(pairs)s people who had answered before gave %(change)s points on average compared with their own earlier answers. This watch rings falsely in about %(rate)s of 100 quiet weeks.",
            since=_day(facts["since"]),
            pairs=facts["pairs"],
            change=f"{facts['change']:+g}",
            rate=FALSE_ALARMS_PERCENT,
        )
    if warning.sign is Sign.SILENT:
        return _("%(who)s did not answer the last two surveys. Silence is not satisfaction: a call says more than a third mail.", who=_who(warning, people))  # fmt: skip
    if warning.sign is Sign.MISSED:
        return _("%(who)s says that it turned out worse than expected. Speak about what was promised, and what can still be done.", who=_who(warning, people))  # fmt: skip
    if warning.sign is Sign.OVERDUE:
        return _(
            "“%(title)s” was planned for %(day)s and is not done.", title=facts["title"], day=_day(facts["planned_on"])
        )
    return _("A low answer about %(key)s waits for somebody to speak with the customer; the time for that has passed.", key=facts["issue"])  # fmt: skip


def _day(iso: str) -> str:
    return day(date.fromisoformat(iso))


def _who(warning: EarlyWarning, people: Mapping[int, Contact]) -> str:
    contact = people.get(int(warning.about.partition(":")[2]))
    if contact is not None:
        return contact.name
    return _("A sponsor") if warning.facts["role"] == Role.SPONSOR else _("A key user")


def property_value(warnings: list[EarlyWarning]) -> dict[str, object]:
    """What Jira's project property says: how many, and why, without any name."""
    listed = [
        {"sign": each.sign.value, "since": each.raised_at.date().isoformat(), "reason": reason(each, {})}
        for each in warnings
    ]
    return {"warnings": len(listed), "reasons": listed[:50]}
