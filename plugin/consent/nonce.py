"""Proof that a change of mind comes from a page that we showed for this very link, not long ago."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plugin.invitations.service import Opened
from plugin.sealing import CannotOpen, Seal

LIFE = timedelta(hours=24)


def new(seal: Seal, opened: Opened, now: datetime) -> str:
    """A value for the hidden field of the form."""
    return seal.close(_owner(opened), now.isoformat())


def is_fresh(seal: Seal, opened: Opened, sent: Sequence[str], now: datetime) -> bool:
    """Whether `sent`, all values of the hidden field, is exactly one nonce of this link, at most LIFE old."""
    if len(sent) != 1:
        return False
    try:
        made_at = datetime.fromisoformat(seal.open(_owner(opened), sent[0]))
    except CannotOpen:
        return False
    return timedelta() <= now - made_at <= LIFE


def _owner(opened: Opened) -> str:
    return f"consent:{opened.tenant_id}:{opened.invitation_id}"
