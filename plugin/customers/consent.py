"""Whether a person wants to be asked, and how we came to know: opting out is theirs, site-wide, and about surveys only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConsentWay(StrEnum):
    """How a person said it."""

    LINK = "link"  # on the page behind the link in a mail
    ONE_CLICK = "one_click"  # with the button that mail programs show (RFC 8058)
    TEAM = "team"  # to somebody of the team, who notes it down


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """One change of mind. `note` and `by_account_id` are "" unless somebody of the team noted it down."""

    contact_id: int
    wants_surveys: bool
    way: ConsentWay
    note: str
    by_account_id: str
    changed_at: datetime
