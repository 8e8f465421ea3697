"""Keep the register of customers and contacts, and tell who an issue's customer is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.customers import store
from plugin.customers.consent import ConsentChange, ConsentWay
from plugin.database import Tx
from plugin.domain import Contact, Customer, Role
from plugin.errors import AddressTaken


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What a person enters about a contact; already checked by the form."""

    name: str
    email: str
    language: str
    time_zone: str
    role: Role
    country: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A customer of a project with its contacts."""

    customer: Customer
    contacts: tuple[Contact, ...]


def register(tx: Tx, project_id: str) -> list[Registered]:
    """All customers of a project with their contacts."""
    customers = store.list_customers_of_project(tx, project_id)
    contacts = store.list_contacts(tx, [customer.id for customer in customers])
    return [Registered(customer, tuple(c for c in contacts if c.customer_id == customer.id)) for customer in customers]


def add_customer(tx: Tx, project_id: str, name: str, now: datetime) -> int:
    """Add a customer to a project; a customer of the same name on this site is shared, not doubled."""
    customer_id = store.add_customer(tx, name, now)
    store.add_customer_to_project(tx, project_id, customer_id)
    return customer_id


def remove_customer(tx: Tx, project_id: str, customer_id: int, now: datetime) -> Customer:
    """Take a customer out of a project; the customer, its contacts and answers stay. Raises NotFound."""
    customer = store.get_customer_of_project(tx, project_id, customer_id)
    store.mark_customer_of_project(tx, project_id, customer_id, now)
    return customer


def restore_customer(tx: Tx, project_id: str, customer_id: int) -> None:
    """Undo `remove_customer`. Raises NotFound for a customer that was never in this project: knowing its number must not
    be enough to read its contacts."""
    store.mark_customer_of_project(tx, project_id, customer_id, None)


def add_contact(tx: Tx, project_id: str, customer_id: int, details: ContactDetails, now: datetime) -> int:
    """Somebody who opted out under the same address stays so.

    Raises NotFound when the customer is not one of the project's, and AddressTaken.
    """
    store.get_customer_of_project(tx, project_id, customer_id)
    _require_free(tx, customer_id, details.email)
    opted_out_at = store.find_opted_out_at(tx, details.email.lower()) if details.email else None
    return store.add_contact(tx, customer_id, {**_columns(details), "opted_out_at": opted_out_at}, now)


def change_contact(tx: Tx, project_id: str, contact_id: int, details: ContactDetails) -> None:
    """Save new details; a corrected address may be asked again, an opt-out stays. Raises NotFound, AddressTaken."""
    before = get_contact_of_project(tx, project_id, contact_id)
    _require_free(tx, before.customer_id, details.email, but_for=contact_id)
    changes = _columns(details)
    if details.email != before.email:
        changes |= {"refused_at": None, "refusal": ""}
    if details.email and before.opted_out_at is None:
        changes["opted_out_at"] = store.find_opted_out_at(tx, details.email.lower())
    store.mark_contact(tx, contact_id, **changes)


def remove_contact(tx: Tx, project_id: str, contact_id: int, now: datetime) -> Contact:
    """Ask this person no more. Raises NotFound."""
    contact = get_contact_of_project(tx, project_id, contact_id)
    store.mark_contact(tx, contact_id, removed_at=now)
    return contact


def restore_contact(tx: Tx, project_id: str, contact_id: int) -> None:
    """Undo `remove_contact`. Raises NotFound, and AddressTaken where somebody else has come with the address."""
    contact = get_contact_of_project(tx, project_id, contact_id)
    _require_free(tx, contact.customer_id, contact.email, but_for=contact_id)
    store.mark_contact(tx, contact_id, removed_at=None)


def _require_free(tx: Tx, customer_id: int, email: str, but_for: int | None = None) -> None:
    """Raises AddressTaken."""
    holder = store.find_holder(tx, customer_id, email, but_for) if email else None
    if holder is not None:
        raise AddressTaken(holder.name)


def get_contact_of_project(tx: Tx, project_id: str, contact_id: int) -> Contact:
    """Raises NotFound unless the contact's customer is one of the project's."""
    contact = store.get_contact(tx, contact_id)
    store.get_customer_of_project(tx, project_id, contact.customer_id)
    return contact


def choose_customer(tx: Tx, project_id: str, issue_id: str, customer_id: int) -> None:
    """Say whose issue this is. Raises NotFound when the customer is not one of the project's."""
    store.get_customer_of_project(tx, project_id, customer_id)
    store.mark_customer_of_issue(tx, issue_id, customer_id)


def find_chosen(tx: Tx, issue_id: str) -> Customer | None:
    """The customer that somebody chose for an issue."""
    return store.find_customer_of_issue(tx, issue_id)


def get_customer(tx: Tx, customer_id: int) -> Customer:
    """Raises NotFound. Also finds customers that were taken out of their projects."""
    return store.get_customer(tx, customer_id)


def get_customer_of_project(tx: Tx, project_id: str, customer_id: int) -> Customer:
    """Raises NotFound."""
    return store.get_customer_of_project(tx, project_id, customer_id)


def list_customers(tx: Tx, project_id: str) -> list[Customer]:
    return store.list_customers_of_project(tx, project_id)


def get_contact(tx: Tx, contact_id: int) -> Contact:
    """Raises NotFound. Also finds removed contacts."""
    return store.get_contact(tx, contact_id)


def list_contacts_by_id(tx: Tx, contact_ids: Collection[int], of: Collection[Customer] = ()) -> dict[int, Contact]:
    """Also removed ones, and with them, by name, all contacts of the customers `of`."""
    return store.list_contacts_by_id(tx, contact_ids, [customer.id for customer in of])


def roles_by_id(tx: Tx, contact_ids: Collection[int]) -> dict[int, Role]:
    """The same without the people, where there may be thousands."""
    return store.list_roles_by_id(tx, contact_ids)


def record_refusal(tx: Tx, contact_id: int, words: str, now: datetime) -> None:
    """The mail server will never take this address: ask nobody under it again until it is corrected."""
    same = same_people(tx, [store.get_contact(tx, contact_id)])[contact_id]
    store.mark_contacts(tx, same, refused_at=now, refusal=words)


def erase(tx: Tx, email: str, now: datetime) -> list[int]:
    """Take name and address out of every contact of this address; their ids. Earlier answers keep a nameless row."""
    contact_ids = store.mark_contacts_erased(tx, email, now)
    store.clear_consent_notes(tx, contact_ids)
    return contact_ids


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget that this Jira user is a contact too, and what they noted down; the number of rows."""
    return store.clear_account(tx, account_id)


def same_people(tx: Tx, contacts: Collection[Contact], *, lock: bool = False) -> Mapping[int, frozenset[int]]:
    """For each contact the ids of all contacts that are the same person: those who share the address.

    With `lock` nobody else who asks for it gets an answer about any of them until the transaction ends.
    """
    addresses = {contact.email.lower() for contact in contacts if contact.email}
    found = store.list_same_people(tx, addresses, lock=lock) if addresses else []
    return {
        contact.id: frozenset({contact.id} | {other for other, address in found if address == contact.email.lower()})
        for contact in contacts
    }


def change_consent(tx: Tx, contact_id: int, wants_surveys: bool, way: ConsentWay, now: datetime) -> None:
    """A person says that they want surveys, or none, from this whole site. Raises NotFound."""
    _change_consent(tx, {"contact_id": contact_id, "wants_surveys": wants_surveys, "way": way}, now)


def note_consent(tx: Tx, contact_id: int, wants_surveys: bool, note: str, by: str, now: datetime) -> None:
    """The team writes down what a person told them. `by`: account id. Raises NotFound."""
    values = {"contact_id": contact_id, "wants_surveys": wants_surveys, "way": ConsentWay.TEAM}
    _change_consent(tx, values | {"note": note, "by_account_id": by}, now)


def _change_consent(tx: Tx, values: dict[str, Any], now: datetime) -> None:
    contact = store.get_contact(tx, values["contact_id"])
    same = same_people(tx, [contact], lock=True)[contact.id]
    known = store.list_contacts_by_id(tx, same).values()
    if all((each.opted_out_at is None) == values["wants_surveys"] for each in known):
        return  # known already
    store.mark_contacts(tx, same, opted_out_at=None if values["wants_surveys"] else now)
    store.add_consent_change(tx, values, now)


def last_consent_changes(tx: Tx, contacts: Collection[Contact]) -> dict[int, ConsentChange]:
    """By contact id; people who never changed their mind are missing. A change under another contact counts too."""
    same = same_people(tx, contacts)
    changes = store.list_consent_changes(tx, frozenset().union(*same.values()))  # newest first
    return {
        contact_id: next(change for change in changes if change.contact_id in ids)
        for contact_id, ids in same.items()
        if any(change.contact_id in ids for change in changes)
    }


def _columns(details: ContactDetails) -> dict[str, object]:
    return {name: getattr(details, name) for name in ContactDetails.__dataclass_fields__} | {
        "address": details.email.lower()
    }
