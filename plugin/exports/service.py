"""What a customer may see: chosen parts of an edition behind a link that ends, and "you said, we did"."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from plugin.database import Database, Tx
from plugin.errors import Gone, NotFound
from plugin.exports import store
from plugin.exports.store import Access, Extract, Page, SaidDone
from plugin.postmortems import service
from plugin.postmortems.document import Document, Section, Statement, from_bytes
from plugin.sealing import CannotOpen, Seal
from plugin.web.languages import gettext as _

__all__ = ["PARTS", "SAID", "Access", "Extract", "Page", "SaidDone", "access", "add_said", "erase_account", "kill_links", "list_extracts", "list_said", "open_link", "page", "preview", "record_access", "record_page", "remove_said", "renew_token", "share", "withdraw"]  # fmt: skip

PARTS = ("summary", "coverage", "scores", "timeline", "went_well", "differently", "actions")  # never names or comments
SAID = "said"
_TOKEN_BYTES = 32


def preview(tx: Tx, project_id: str, parts: Collection[str]) -> Document:
    """Exactly what the link would show: chosen parts of the newest edition, without any link into Jira.

    Raises NotFound where nothing was published.
    """
    editions = service.editions(tx, project_id)
    if not editions:
        raise NotFound("publish the post-mortem first")
    whole = from_bytes(editions[0].content)
    sections = [_bare(each) for each in whole.only([part for part in PARTS if part in parts]).sections]
    said = list_said(tx, project_id)
    if SAID in parts and said:
        told = tuple(Statement(_("You said: %(said)s We did: %(did)s", said=each.said, did=each.did)) for each in said)
        sections.append(Section(SAID, _("You said, we did"), told))
    return replace(whole, sections=tuple(sections))


def _bare(section: Section) -> Section:
    """Keys of issues are the team's own business."""
    return replace(section, statements=tuple(replace(each, evidence=()) for each in section.statements))


def share(
    tx: Tx, project_id: str, parts: Collection[str], days: int, account_id: str | None, now: datetime
) -> tuple[str, Extract]:
    """The path of a new link, which is nowhere kept, and what it shows from now until it ends. Raises NotFound."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    values = {
        "digest": _digest(token),
        "content": preview(tx, project_id, parts).to_bytes(),
        "created_at": now,
        "expires_at": now + timedelta(days=days),
        "account_id": account_id,
    }
    return f"/x/{tx.tenant_id}/{token}", store.add_extract(tx, project_id, values)


def open_link(database: Database, tenant_id: int, token: str, now: datetime) -> Document:
    """Raises NotFound for no link of ours, Gone for one that has ended or was withdrawn."""
    with database.reading(tenant_id) as tx:
        found = store.find_extract(tx, _digest(token))
    if found is None:
        raise NotFound("no such page")
    if found.withdrawn_at is not None or found.expires_at <= now:
        raise Gone("this link has ended")
    return from_bytes(found.content)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def withdraw(tx: Tx, project_id: str, extract_id: int, now: datetime) -> None:
    """The link leads nowhere from now on. Raises NotFound."""
    store.mark_extract(tx, project_id, extract_id, withdrawn_at=now)


def list_extracts(tx: Tx, project_id: str) -> list[Extract]:
    return store.list_extracts(tx, project_id)


def add_said(tx: Tx, project_id: str, said: str, did: str, now: datetime) -> None:
    store.add_said(tx, project_id, said, did, now)


def list_said(tx: Tx, project_id: str) -> list[SaidDone]:
    return store.list_said(tx, project_id)


def remove_said(tx: Tx, project_id: str, said_id: int) -> None:
    """Raises NotFound."""
    store.delete_said(tx, project_id, said_id)


def access(tx: Tx) -> Access | None:
    """The way into the site's Confluence, if somebody entered one."""
    return store.find_access(tx)


def record_access(tx: Tx, email: str, sealed_token: str, space_key: str) -> None:
    store.mark_access(tx, email, sealed_token, space_key)


def renew_token(tx: Tx, seal: Seal) -> None:
    """Seal the token for Confluence with the newest key. One that no key opens stays: the screen asks for it again."""
    found = store.find_access(tx)
    if found is not None and found.sealed_token:
        with suppress(CannotOpen):
            record_access(tx, found.email, seal.renew(found.sealed_token), found.space_key)


def page(tx: Tx, project_id: str) -> Page | None:
    """The page in Confluence that was made for a project."""
    return store.find_page(tx, project_id)


def record_page(tx: Tx, project_id: str, made: Page) -> None:
    store.mark_page(tx, project_id, made)


def kill_links(tx: Tx, now: datetime) -> None:
    """Every link of this tenant is dead from the end of this transaction."""
    store.mark_extracts_withdrawn(tx, now)


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user shared anything."""
    return store.clear_account(tx, account_id)
