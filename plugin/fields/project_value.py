"""What the property of a project says, from evidence and never by hand: pure rules."""

from __future__ import annotations

from datetime import date
from typing import Any

from plugin.metrics.csat import Csat
from plugin.metrics.shares import Informed

PROPERTY_KEY = "rapport-project"  # as in atlassian-connect.json, which has Jira index it
DAYS = 90


def project_value(csat: Csat, informed: Informed, heard: int, listed: int, warnings: int, on: date) -> dict[str, Any]:
    """Shares in percent, with n and 95 % interval; what nobody has said is left out, as a missing number is not 0.

    `heard` of `listed`: how many people on the customers' side have ever answered. `days`: the period of the shares.
    """
    value: dict[str, Any] = {"days": DAYS, "asOf": on.isoformat(), "n": csat.n, "informedN": informed.n}
    value |= {"heard": heard, "listed": listed, "warnings": warnings}
    if csat.share is not None and csat.interval is not None:
        value |= {
            "csat": _percent(csat.share),
            "low": _percent(csat.interval.low),
            "high": _percent(csat.interval.high),
        }
    if informed.share is not None:
        value["informed"] = _percent(informed.share)
    if listed:
        value["coverage"] = _percent(heard / listed)
    return value


def _percent(share: float) -> float:
    return round(100 * share, 1)
