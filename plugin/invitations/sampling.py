"""Who is left out where a checkpoint asks only some: pure rules. Key roles never are.

Lots are drawn for a calendar month. Within it every event gives a person the same lot, so that a busy project does not
draw until everybody has been hit; and who was left out has a new chance in the next month.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from plugin.domain import KEY_ROLES, Role


def drawn(percent: int, role: Role, checkpoint_id: int, contact_id: int, day: date) -> bool:
    """Whether this contact is among the `percent` of 100 whom the checkpoint asks in the month of `day`."""
    if percent >= 100 or role in KEY_ROLES:
        return True
    lot = hashlib.sha256(f"{checkpoint_id}:{contact_id}:{day:%Y-%m}".encode()).digest()
    return int.from_bytes(lot[:8]) * 100 < percent * 2**64


def next_draw_on(day: date) -> date:
    """The first day of the next month."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
