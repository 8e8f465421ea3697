"""Words that must never turn up where they do not belong, and the places in which to look for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.engine import make_url

from tests.databases import everything

EMAIL = "greta.canary@nordlicht.example"
NAME = "Greta Kanarienvogel"
COMMENT = "Canary comment: between us, the invoice was wrong."
CUSTOMER = "Canary Nordlicht GmbH"
CHECKPOINT = "Canary handover"
SUMMARY = "Canary summary of an issue"
PERSON = (EMAIL, NAME, COMMENT)
ALL = (*PERSON, CUSTOMER, CHECKPOINT, SUMMARY)


def stored_bytes(database_url: str) -> bytes:
    """All that the database holds: SQLite's files as they lie on the disk, or each row of PostgreSQL as a dump has it."""
    url = make_url(database_url)
    if url.drivername != "sqlite":
        return repr(everything(database_url)).encode()
    path = Path(str(url.database))
    return b"".join(part.read_bytes() for part in sorted(path.parent.glob(f"{path.name}*")))


def found(words: Iterable[str], where: bytes) -> list[str]:
    return [word for word in words if word.encode() in where or repr(word)[1:-1].encode() in where]
