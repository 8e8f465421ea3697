"""Proof that an answer comes from a page that we showed for this very survey, not long ago, and from which page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.invitations.service import Opened
from plugin.sealing import CannotOpen, Seal
from plugin.surveys.intake import Stage

LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Shown:
    """The page that something was sent from."""

    stage: Stage
    at: datetime


def new(seal: Seal, opened: Opened, stage: Stage, now: datetime) -> str:
    """A value for the hidden field of one form."""
    return seal.close(_owner(opened), f"{stage} {now.isoformat()}")


def read(seal: Seal, opened: Opened, sent: Sequence[str], now: datetime) -> Shown | None:
    """What `sent`, all values of the hidden field, says; None unless it is exactly one nonce of this survey, at most
    LIFE old."""
    if len(sent) != 1:
        return None
    try:
        stage, made_at = seal.open(_owner(opened), sent[0]).split(" ")
    except CannotOpen:
        return None
    shown = Shown(Stage(stage), datetime.fromisoformat(made_at))
    return shown if timedelta() <= now - shown.at <= LIFE else None


def _owner(opened: Opened) -> str:
    return f"form:{opened.tenant_id}:{opened.invitation_id}"
