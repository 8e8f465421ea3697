"""Who would be asked about an issue: pure rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from connect import User
from plugin.domain import Contact, Customer, Role, SkipReason


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a checkpoint asks: contacts with one of these roles (none named: all), or the people of a field.

    `by_comment`: on the issue itself, which takes no address.
    """

    roles: tuple[Role, ...] = ()
    people: tuple[User, ...] | None = None
    by_comment: bool = False


@dataclass(frozen=True, slots=True)
class Stranger:
    """A user of Jira who is not asked because they are no contact, and why they do not become one."""

    account_id: str
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody whom a checkpoint would ask: each contact with None, or with why that person is left out.

    `gap` says why there is nobody at all; then there are neither contacts nor strangers.
    """

    contacts: tuple[tuple[Contact, SkipReason | None], ...] = ()
    strangers: tuple[Stranger, ...] = ()
    gap: SkipReason | None = None


def customer_of_issue(chosen: Customer | None, of_project: Sequence[Customer]) -> Customer | SkipReason:
    """The customer chosen for the issue, else the project's only one; else why there is none."""
    if chosen is not None:
        return chosen
    if not of_project:
        return SkipReason.NO_CUSTOMER
    return of_project[0] if len(of_project) == 1 else SkipReason.CUSTOMER_NOT_CHOSEN


def of_roles(contacts: Sequence[Contact], roles: Collection[Role]) -> list[Contact] | SkipReason:
    """The contacts with one of these roles, all if none is named; or why there is nobody."""
    if not contacts:
        return SkipReason.NO_CONTACT
    found = [contact for contact in contacts if not roles or contact.role in roles]
    return found or SkipReason.NO_CONTACT_OF_ROLE


def of_contacts(contacts: Sequence[Contact], roles: Collection[Role], *, by_comment: bool = False) -> Audience:
    found = of_roles(contacts, roles)
    if isinstance(found, SkipReason):
        return Audience(gap=found)
    return Audience(tuple((contact, reason_not_to_ask(contact, by_comment=by_comment)) for contact in found))


def contact_of(user: User, contacts: Sequence[Contact]) -> Contact | None:
    """The contact who is this user of Jira, with the account noted: by account, else by an address that the user shows.

    Of several the first that was not removed.
    """
    present_first = sorted(contacts, key=lambda contact: contact.removed_at is not None)
    by_account = (each for each in present_first if each.account_id and each.account_id == user.account_id)
    by_address = (each for each in present_first if user.email and each.email.lower() == user.email.lower())
    found = next(by_account, None) or next(by_address, None)
    return None if found is None else replace(found, account_id=user.account_id)


def new_contact(contact_id: int, user: User, customer: Customer, colleagues: Sequence[Contact]) -> Contact:
    """A customer in Jira as a contact: speaks as most of their colleagues do, for Jira does not tell."""
    languages = Counter(contact.language for contact in colleagues)
    language = languages.most_common(1)[0][0] if languages else "en"
    zone = user.time_zone or (colleagues[0].time_zone if colleagues else "UTC")
    who = (user.display_name or user.email, user.email, language, zone, Role.USER)
    return Contact(contact_id, customer.id, *who, None, None, "", account_id=user.account_id)


def reason_not_to_welcome(user: User, *, by_comment: bool = False) -> SkipReason | None:
    """Why a user of Jira who is no contact cannot become one by being asked; None if they can.

    Users with a licence are colleagues more often than customers, so somebody has to say which of them is one.
    """
    if user.account_type == "app":
        return SkipReason.NOT_A_PERSON
    if not user.active:
        return SkipReason.ACCOUNT_CLOSED
    if not user.email and not by_comment:
        return SkipReason.ADDRESS_HIDDEN
    return None if user.account_type == "customer" else SkipReason.NOT_A_CONTACT


def reason_not_to_ask(contact: Contact, *, by_comment: bool = False) -> SkipReason | None:
    """Why this person must be left out, or None. A comment takes no address."""
    if contact.removed_at is not None:
        return SkipReason.CONTACT_REMOVED
    if contact.opted_out_at is not None:
        return SkipReason.OPTED_OUT
    if by_comment:
        return None
    if not contact.email:
        return SkipReason.NO_ADDRESS
    return SkipReason.ADDRESS_REFUSED if contact.refused_at is not None else None
