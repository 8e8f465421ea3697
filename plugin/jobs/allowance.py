"""What one site's work may ask of its Jira now: pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.jobs import pacing

_MANY = 1_000
_ROUNDING = 1e-4  # times are kept in microseconds


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many calls, and which kinds of work rest until when. `next_call_at`: when one more may be made."""

    calls: int
    tokens: float
    failures: int
    blocked_until: datetime | None
    resting: Mapping[str, datetime]
    next_call_at: datetime
    paced: bool

    @classmethod
    def of(
        cls,
        now: datetime,
        tokens: float,
        counted_at: datetime,
        failures: int,
        blocked_until: datetime | None,
        resting: Mapping[str, str],
        *,
        paced: bool,
    ) -> Allowance:
        """From what is kept of a site; `resting` in ISO 8601. Without `paced` there is always a token."""
        left = pacing.tokens(tokens, counted_at, now) if paced else pacing.ROOM
        until = {kind: datetime.fromisoformat(moment) for kind, moment in resting.items()}
        still = {kind: moment for kind, moment in until.items() if moment > now}
        blocked = blocked_until if blocked_until is not None and blocked_until > now else None
        calls = int(left + _ROUNDING) if paced else _MANY
        if failures >= pacing.OPENS_AFTER:
            calls = min(calls, 1)
        next_call_at = max(pacing.full_at(left, now), blocked or now)
        return cls(0 if blocked else calls, left, failures, blocked, still, next_call_at, paced)

    def after(self, calls: int, lease: timedelta, now: datetime) -> Allowance:
        """What is left after so many calls. While nobody knows whether Jira is back, one piece of work asks, and all
        others wait for what becomes of it."""
        left = max(self.tokens - calls, 0.0) if self.paced else self.tokens
        probed = calls > 0 and self.failures >= pacing.OPENS_AFTER
        blocked = now + lease if probed else self.blocked_until
        next_call_at = max(pacing.full_at(left, now), blocked or now)
        return replace(self, tokens=left, blocked_until=blocked, next_call_at=next_call_at)
