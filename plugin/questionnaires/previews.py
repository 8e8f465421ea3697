"""The address of a preview: sealed, so that nobody makes one up, and good for some hours."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from plugin.errors import Gone, NotFound
from plugin.sealing import CannotOpen, Seal

LIFE = timedelta(hours=12)
_OWNER = "preview"


@dataclass(frozen=True, slots=True)
class Previewed:
    """What is looked at; `choice` is the survey's entry in the project's list."""

    tenant_id: int
    project_id: str
    choice: str


def token(seal: Seal, previewed: Previewed, now: datetime) -> str:
    return seal.close(_OWNER, json.dumps([now.isoformat(), asdict(previewed)]))


def read(seal: Seal, token: str, now: datetime) -> Previewed:
    """Raises NotFound for what we never gave out, and Gone after LIFE."""
    try:
        made_at, previewed = json.loads(seal.open(_OWNER, token))
    except CannotOpen as error:
        raise NotFound("no such preview") from error
    if now - datetime.fromisoformat(made_at) > LIFE:
        raise Gone("this preview is over")
    return Previewed(**previewed)
