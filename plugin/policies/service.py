"""How this site asks, and changing it."""

from __future__ import annotations

from datetime import datetime

from plugin.asking import AskPolicy
from plugin.database import Tx
from plugin.policies import store


def of_site(tx: Tx) -> AskPolicy:
    """What the site's admins set, or what we think is kind."""
    return store.find_policy(tx) or AskPolicy()


def change(tx: Tx, policy: AskPolicy, by: str, now: datetime) -> None:
    """From now on. Asks that wait are held to it when their time comes. `by`: account id of the admin."""
    store.mark_policy(tx, policy, by, now)


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user changed it; the number of rows."""
    return store.clear_author(tx, account_id)
