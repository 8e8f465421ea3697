"""Record why somebody was not asked, hold an ask back, and tell of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from plugin.asking import HeldAsk, Occasion, Skip
from plugin.database import Tx
from plugin.domain import SkipReason
from plugin.skips import store


def add(
    tx: Tx,
    occasion: Occasion,
    checkpoint_id: int,
    contact_id: int | None,
    reason: SkipReason,
    free_on: date | None,
    now: datetime,
) -> None:
    """Only of a held ask the issue's looks are kept: it may still become an invitation."""
    decision = {"checkpoint_id": checkpoint_id, "contact_id": contact_id, "reason": reason, "free_on": free_on}
    context = occasion.context if reason is SkipReason.HELD else None
    store.add_skip(tx, {**_about(occasion), **decision, "context": context, "skipped_at": now})


def add_stranger(
    tx: Tx, occasion: Occasion, checkpoint_id: int, account_id: str, reason: SkipReason, now: datetime
) -> None:
    """Somebody whom Jira names and who is no contact."""
    decision = {"checkpoint_id": checkpoint_id, "account_id": account_id, "reason": reason, "skipped_at": now}
    store.add_skip(tx, {**_about(occasion), **decision})


def _about(occasion: Occasion) -> dict[str, Any]:
    return {name: getattr(occasion, name) for name in ("event_id", "issue_id", "issue_key", "project_id")}


def list_of_issue(tx: Tx, issue_id: str) -> list[Skip]:
    """Newest first."""
    return store.list_skips_of_issue(tx, issue_id)


def list_of_events(tx: Tx, event_ids: Collection[int]) -> list[Skip]:
    return store.list_skips_of_events(tx, event_ids)


def list_of_contacts(tx: Tx, contact_ids: Collection[int], project_id: str, limit: int) -> list[Skip]:
    """Newest first."""
    return store.list_skips_of_contacts(tx, contact_ids, project_id, limit)


def count(tx: Tx, project_id: str) -> Mapping[SkipReason, int]:
    return store.count_skips(tx, project_id)


def list_held(tx: Tx, checkpoint_id: int, until: datetime, limit: int) -> list[HeldAsk]:
    """Asks held back at that moment, the oldest first."""
    return store.list_held(tx, checkpoint_id, until, limit)


def count_held(tx: Tx, checkpoint_ids: Collection[int]) -> dict[int, int]:
    """By checkpoint id; those that hold none are missing."""
    return store.count_held(tx, checkpoint_ids)


def change_reason(tx: Tx, skip_id: int, reason: SkipReason, free_on: date | None, now: datetime) -> None:
    """A held ask was decided about: not to be asked."""
    store.mark_skip(tx, skip_id, reason=reason, free_on=free_on, skipped_at=now, context=None)


def resolve_held(tx: Tx, skip_id: int) -> None:
    """A held ask was decided about: an invitation takes its place."""
    store.delete_skip(tx, skip_id)


def discard_held(tx: Tx, checkpoint_id: int, now: datetime) -> int:
    """Nobody of those held back will be asked; how many they are."""
    return store.mark_discarded(tx, checkpoint_id, now)


def hold_discarded(tx: Tx, checkpoint_id: int, discarded_at: datetime) -> int:
    """Undo `discard_held`; how many they are."""
    return store.mark_held_again(tx, checkpoint_id, discarded_at)


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user was not asked, and that issues of held asks were assigned to them; how many skips."""
    return store.clear_account(tx, account_id) + store.clear_assignee(tx, account_id)


def list_issues(tx: Tx) -> list[tuple[str, str]]:
    """Project and id of every issue on which somebody was not asked."""
    return store.list_issues(tx)
