"""Waive the gates for one issue, and take that back."""

from __future__ import annotations

from datetime import datetime

from plugin.database import Tx
from plugin.errors import Invalid
from plugin.gates import store
from plugin.gates.store import Waiver

__all__ = ["Waiver", "find_waiver", "forget_account", "take_back", "waive"]

LONGEST_REASON = 500


def find_waiver(tx: Tx, issue_id: str) -> Waiver | None:
    return store.find_waiver(tx, issue_id)


def waive(tx: Tx, project_id: str, issue_id: str, reason: str, account_id: str, now: datetime) -> None:
    """Let the issue pass every gate that may be waived. Raises Invalid without a good reason."""
    reason = reason.strip()
    if not reason:
        raise Invalid("say why this issue may pass without the customer")
    if "\0" in reason:
        raise Invalid("the reason holds a character that cannot be kept")
    if len(reason) > LONGEST_REASON:
        raise Invalid(f"the reason is longer than {LONGEST_REASON} characters")
    store.add_waiver(tx, project_id, issue_id, reason, account_id, now)


def take_back(tx: Tx, issue_id: str) -> None:
    store.delete_waiver(tx, issue_id)


def forget_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user waived anything; how often they had."""
    return store.clear_account(tx, account_id)
