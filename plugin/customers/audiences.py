"""Who would be asked, from the register and from Jira's fields: for live events, and for trial runs that write nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

from connect import User
from plugin.customers import audience, store
from plugin.customers.audience import Audience, Stranger, Wanted
from plugin.database import Tx
from plugin.domain import Contact, Customer, SkipReason


def of_issue(tx: Tx, project_id: str, issue_id: str, wanted: Wanted, now: datetime) -> Audience:
    """Whom a checkpoint asks about this issue. Customers in Jira who are no contacts yet become such."""
    found = _Live(tx, project_id, now).of_issue(issue_id, wanted)
    _note_accounts(tx, found)
    return found


def of_project(tx: Tx, project_id: str, wanted: Wanted) -> Audience:
    """Whom a checkpoint asks on a day of the calendar: contacts of all customers of the project."""
    return Trial(tx, project_id).of_project(wanted)


class Trial:
    """Audiences of one project as they would be. What the register says is read once; nothing is written.

    Who would become a contact has an id below 0, the same one each time.
    """

    def __init__(self, tx: Tx, project_id: str) -> None:
        self._tx = tx
        self._project_id = project_id
        self._contacts: dict[int, list[Contact]] = {}
        self._of_users: dict[str, list[Contact]] = {}
        self._newcomers: dict[str, Contact] = {}

    def of_issue(self, issue_id: str, wanted: Wanted) -> Audience:
        customer = audience.customer_of_issue(self._chosen(issue_id), self._customers)
        if wanted.people is not None:
            return self._of_people(wanted.people, customer, by_comment=wanted.by_comment)
        if isinstance(customer, SkipReason):
            return Audience(gap=customer)
        return audience.of_contacts(self._contacts_of(customer), wanted.roles, by_comment=wanted.by_comment)

    def of_project(self, wanted: Wanted) -> Audience:
        if not self._customers:
            return Audience(gap=SkipReason.NO_CUSTOMER)
        everybody = [contact for customer in self._customers for contact in self._contacts_of(customer)]
        return audience.of_contacts(everybody, wanted.roles)

    def _of_people(self, people: tuple[User, ...], customer: Customer | SkipReason, *, by_comment: bool) -> Audience:
        """Contacts of whichever customer; for others the customer of the issue must be known."""
        if not people:
            return Audience(gap=SkipReason.NOBODY_IN_FIELD)
        contacts: dict[int, Contact] = {}
        strangers = []
        for user in people:
            contact = audience.contact_of(user, self._contacts_like(user))
            reason = audience.reason_not_to_welcome(user, by_comment=by_comment)
            if contact is None and reason is None and isinstance(customer, Customer):
                contact = self._welcome(user, customer)
            if contact is not None:
                contacts.setdefault(contact.id, contact)
            else:
                no_customer = SkipReason.NO_CUSTOMER if isinstance(customer, Customer) else customer
                strangers.append(Stranger(user.account_id, reason or no_customer))
        asked = tuple(
            (contact, audience.reason_not_to_ask(contact, by_comment=by_comment)) for contact in contacts.values()
        )
        return Audience(asked, tuple(strangers))

    @cached_property
    def _customers(self) -> list[Customer]:
        return store.list_customers_of_project(self._tx, self._project_id)

    @cached_property
    def _all_chosen(self) -> Mapping[str, Customer]:
        return store.list_customers_of_issues(self._tx)

    def _chosen(self, issue_id: str) -> Customer | None:
        return self._all_chosen.get(issue_id)

    def _contacts_of(self, customer: Customer) -> list[Contact]:
        if customer.id not in self._contacts:
            self._contacts[customer.id] = store.list_contacts(self._tx, [customer.id])
        return self._contacts[customer.id]

    def _contacts_like(self, user: User) -> list[Contact]:
        if user.account_id not in self._of_users:
            addresses = {user.email.lower()} - {""}
            self._of_users[user.account_id] = store.list_contacts_of_users(self._tx, {user.account_id}, addresses)
        return self._of_users[user.account_id]

    def _welcome(self, user: User, customer: Customer) -> Contact:
        if user.account_id not in self._newcomers:
            colleagues = self._contacts_of(customer)
            newcomer = audience.new_contact(-1 - len(self._newcomers), user, customer, colleagues)
            self._newcomers[user.account_id] = newcomer
            colleagues.append(newcomer)
            colleagues.sort(key=lambda contact: contact.name)
        return self._newcomers[user.account_id]


class _Live(Trial):
    """The same for one event that really happened: who becomes a contact is one from now on."""

    def __init__(self, tx: Tx, project_id: str, now: datetime) -> None:
        super().__init__(tx, project_id)
        self._now = now

    def _chosen(self, issue_id: str) -> Customer | None:
        return store.find_customer_of_issue(self._tx, issue_id)

    def _welcome(self, user: User, customer: Customer) -> Contact:
        new = audience.new_contact(0, user, customer, self._contacts_of(customer))
        names = ("name", "email", "language", "time_zone", "role", "account_id")
        values: dict[str, object] = {name: getattr(new, name) for name in names} | {"address": new.email.lower()}
        return store.get_contact(self._tx, store.add_contact(self._tx, customer.id, values, self._now))


def _note_accounts(tx: Tx, found: Audience) -> None:
    """Who was found by an address is known by account from then on: addresses can be hidden any day."""
    noted = store.list_contacts_by_id(tx, [contact.id for contact, _reason in found.contacts])
    for contact, _reason in found.contacts:
        if contact.account_id and noted[contact.id].account_id != contact.account_id:
            store.mark_contact(tx, contact.id, account_id=contact.account_id)
