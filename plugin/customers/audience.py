"""Who would be asked about an issue: pure rules."""

from __future__ import annotations

from collections.abc import Sequence

from plugin.domain import Contact, Customer, SkipReason


def customer_of_issue(chosen: Customer | None, of_project: Sequence[Customer]) -> Customer | SkipReason:
    """The customer chosen for the issue, else the project's only one; else why there is none."""
    if chosen is not None:
        return chosen
    if not of_project:
        return SkipReason.NO_CUSTOMER
    return of_project[0] if len(of_project) == 1 else SkipReason.CUSTOMER_NOT_CHOSEN


def reason_not_to_ask(contact: Contact) -> SkipReason | None:
    """Why this person must be left out, or None."""
    if contact.removed_at is not None:
        return SkipReason.CONTACT_REMOVED
    if contact.opted_out_at is not None:
        return SkipReason.OPTED_OUT
    if not contact.email:
        return SkipReason.NO_ADDRESS
    return SkipReason.ADDRESS_REFUSED if contact.refused_at is not None else None
