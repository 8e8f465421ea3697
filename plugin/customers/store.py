"""Tables and queries of customers and contacts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plugin.customers.consent import ConsentChange, ConsentWay
from plugin.database import BigId, Tx, UtcDateTime, metadata, tenant_column
from plugin.domain import Contact, Customer, Role
from plugin.errors import NotFound

customer = sa.Table(
    "customer",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("tenant_id", "name"),
)

project_customer = sa.Table(
    "project_customer",
    metadata,
    tenant_column(),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("customer_id", BigId, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),  # so that only what was the project's can be brought back
    sa.PrimaryKeyConstraint("tenant_id", "project_id", "customer_id"),
)

issue_customer = sa.Table(
    "issue_customer",
    metadata,
    tenant_column(),
    sa.Column("issue_id", sa.Text, nullable=False),
    sa.Column("customer_id", BigId, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    sa.PrimaryKeyConstraint("tenant_id", "issue_id"),
)

contact = sa.Table(
    "contact",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("customer_id", BigId, sa.ForeignKey("customer.id", ondelete="CASCADE"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),  # the e-mail in lower case: contacts who share it are one person
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False, server_default=""),
    sa.Column("account_id", sa.Text, nullable=False, server_default=""),
    sa.Column("opted_out_at", UtcDateTime, nullable=True),
    sa.Column("refused_at", UtcDateTime, nullable=True),
    sa.Column("refusal", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("removed_at", UtcDateTime, nullable=True),  # asked no more, but earlier answers keep their person
    sa.Index("ix_contact_customer", "tenant_id", "customer_id"),
    sa.Index("ix_contact_address", "tenant_id", "address"),
)

consent_change = sa.Table(
    "consent_change",
    metadata,
    sa.Column("id", BigId, primary_key=True),
    tenant_column(),
    sa.Column("contact_id", BigId, sa.ForeignKey("contact.id", ondelete="CASCADE"), nullable=False),
    sa.Column("wants_surveys", sa.Boolean, nullable=False),
    sa.Column("way", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("by_account_id", sa.Text, nullable=False, server_default=""),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("ix_consent_change_contact", "tenant_id", "contact_id"),
)

ERASED = "(erased)"  # in place of the name

_CONTACT_COLUMNS = [contact.c[name] for name in Contact.__dataclass_fields__]
_GIVEN_TENANT, _IDS = sa.bindparam("tenant_id", type_=BigId), sa.bindparam("ids", expanding=True, type_=BigId)
# What each panel of an issue asks for is built once.
_CONTACTS_BY_ID = sa.select(*_CONTACT_COLUMNS).where(contact.c.tenant_id == _GIVEN_TENANT, contact.c.id.in_(_IDS))
_OF_CUSTOMERS = sa.bindparam("customer_ids", expanding=True, type_=BigId)
_CONTACTS_BY_ID_OR_OF = (
    sa.select(*_CONTACT_COLUMNS)
    .where(
        contact.c.tenant_id == _GIVEN_TENANT,
        sa.or_(
            contact.c.id.in_(_IDS), sa.and_(contact.c.customer_id.in_(_OF_CUSTOMERS), contact.c.removed_at.is_(None))
        ),
    )
    .order_by(contact.c.name, contact.c.id)
)
_CONTACTS_OF = (
    sa.select(*_CONTACT_COLUMNS)
    .where(contact.c.tenant_id == _GIVEN_TENANT, contact.c.customer_id.in_(_IDS), contact.c.removed_at.is_(None))
    .order_by(contact.c.customer_id, contact.c.name, contact.c.id)
)
_CUSTOMERS_OF_PROJECT = (
    sa.select(customer.c.id, customer.c.name)
    .select_from(customer.join(project_customer, customer.c.id == project_customer.c.customer_id))
    .where(
        customer.c.tenant_id == _GIVEN_TENANT,
        project_customer.c.tenant_id == _GIVEN_TENANT,
        project_customer.c.removed_at.is_(None),
        project_customer.c.project_id == sa.bindparam("project_id"),
    )
    .order_by(customer.c.name)
)
_CUSTOMER_OF_ISSUE = (
    sa.select(customer.c.id, customer.c.name)
    .select_from(customer.join(issue_customer, customer.c.id == issue_customer.c.customer_id))
    .where(
        customer.c.tenant_id == _GIVEN_TENANT,
        issue_customer.c.tenant_id == _GIVEN_TENANT,
        issue_customer.c.issue_id == sa.bindparam("issue_id"),
    )
)


def _contact(row: sa.Row[Any]) -> Contact:
    return Contact(**{**row._mapping, "role": Role(row.role)})


def add_customer(tx: Tx, name: str, now: datetime) -> int:
    """The id of the customer of that name, new or not."""
    statement = tx.insert(customer).values(tenant_id=tx.tenant_id, name=name, created_at=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=["tenant_id", "name"]))
    query = sa.select(customer.c.id).where(customer.c.tenant_id == tx.tenant_id, customer.c.name == name)
    found: int = tx.execute(query).scalar_one()
    return found


def add_customer_to_project(tx: Tx, project_id: str, customer_id: int) -> None:
    values = {"tenant_id": tx.tenant_id, "project_id": project_id, "customer_id": customer_id}
    key = ["tenant_id", "project_id", "customer_id"]
    statement = tx.insert(project_customer).values(**values)
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"removed_at": None}))


def mark_customer_of_project(tx: Tx, project_id: str, customer_id: int, removed_at: datetime | None) -> None:
    """Take a customer out of a project, or put it back. Raises NotFound for one that was never in it."""
    link = sa.and_(
        project_customer.c.tenant_id == tx.tenant_id,
        project_customer.c.project_id == project_id,
        project_customer.c.customer_id == customer_id,
    )
    marked = sa.update(project_customer).where(link).values(removed_at=removed_at)
    if tx.execute(marked.returning(project_customer.c.customer_id)).first() is None:
        raise NotFound("this customer was never one of the project's")


def list_customers_of_project(tx: Tx, project_id: str) -> list[Customer]:
    found = tx.execute(_CUSTOMERS_OF_PROJECT, {"tenant_id": tx.tenant_id, "project_id": project_id})
    return [Customer(row.id, row.name) for row in found]


def get_customer_of_project(tx: Tx, project_id: str, customer_id: int) -> Customer:
    """Raises NotFound for a customer that is not one of this project's."""
    for found in list_customers_of_project(tx, project_id):
        if found.id == customer_id:
            return found
    raise NotFound("this customer is not one of the project's any more")


def get_customer(tx: Tx, customer_id: int) -> Customer:
    """Raises NotFound. Also finds those that were taken out of their projects."""
    mine = (customer.c.tenant_id == tx.tenant_id, customer.c.id == customer_id)
    row = tx.execute(sa.select(customer.c.id, customer.c.name).where(*mine)).one_or_none()
    if row is None:
        raise NotFound("this customer does not exist any more")
    return Customer(row.id, row.name)


def find_customer_of_issue(tx: Tx, issue_id: str) -> Customer | None:
    row = tx.execute(_CUSTOMER_OF_ISSUE, {"tenant_id": tx.tenant_id, "issue_id": issue_id}).one_or_none()
    return None if row is None else Customer(row.id, row.name)


def list_customers_of_issues(tx: Tx) -> dict[str, Customer]:
    """By issue id; issues for which nobody chose a customer are missing."""
    joined = customer.join(issue_customer, customer.c.id == issue_customer.c.customer_id)
    mine = (customer.c.tenant_id == tx.tenant_id, issue_customer.c.tenant_id == tx.tenant_id)
    query = sa.select(issue_customer.c.issue_id, customer.c.id, customer.c.name).select_from(joined).where(*mine)
    return {row.issue_id: Customer(row.id, row.name) for row in tx.execute(query)}


def mark_customer_of_issue(tx: Tx, issue_id: str, customer_id: int) -> None:
    statement = tx.insert(issue_customer).values(tenant_id=tx.tenant_id, issue_id=issue_id, customer_id=customer_id)
    tx.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "issue_id"], set_={"customer_id": customer_id})
    )


def add_contact(tx: Tx, customer_id: int, values: dict[str, object], now: datetime) -> int:
    statement = sa.insert(contact).values(tenant_id=tx.tenant_id, customer_id=customer_id, created_at=now, **values)
    added: int = tx.execute(statement.returning(contact.c.id)).scalar_one()
    return added


def mark_contact(tx: Tx, contact_id: int, **changes: object) -> None:
    """Change some columns of a contact. Raises NotFound."""
    mine = sa.and_(contact.c.tenant_id == tx.tenant_id, contact.c.id == contact_id)
    if tx.execute(sa.update(contact).where(mine).values(**changes).returning(contact.c.id)).first() is None:
        raise NotFound("this contact does not exist any more")


def get_contact(tx: Tx, contact_id: int) -> Contact:
    """Raises NotFound. Also finds removed contacts: earlier answers keep their person."""
    query = sa.select(*_CONTACT_COLUMNS).where(contact.c.tenant_id == tx.tenant_id, contact.c.id == contact_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise NotFound("this contact does not exist any more")
    return _contact(row)


def find_holder(tx: Tx, customer_id: int, email: str, but_for: int | None) -> Contact | None:
    """Who of a customer has this address, in any letter case. Until the end of the transaction nobody else can ask."""
    whole = sa.select(customer.c.id).where(customer.c.tenant_id == tx.tenant_id, customer.c.id == customer_id)
    tx.execute(whole.with_for_update())
    mine = (
        contact.c.tenant_id == tx.tenant_id,
        contact.c.customer_id == customer_id,
        contact.c.removed_at.is_(None),
        contact.c.id != (but_for or 0),
        contact.c.address == email.lower(),
    )
    row = tx.execute(sa.select(*_CONTACT_COLUMNS).where(*mine).limit(1)).first()
    return None if row is None else _contact(row)


def mark_contacts_erased(tx: Tx, email: str, now: datetime) -> list[int]:
    """Ids of the contacts of this address (in any letter case), whose rows no longer say who they were."""
    mine = (contact.c.tenant_id == tx.tenant_id, sa.func.lower(contact.c.email) == email.lower())
    nobody = {"name": ERASED, "email": "", "address": "", "refusal": "", "refused_at": None}
    nowhere = {"language": "en", "time_zone": "UTC", "country": "", "account_id": ""}
    removed = {"removed_at": sa.func.coalesce(contact.c.removed_at, sa.literal(now, UtcDateTime))}
    changed = sa.update(contact).where(*mine).values(**nobody, **nowhere, **removed)
    return list(tx.execute(changed.returning(contact.c.id)).scalars())


def clear_consent_notes(tx: Tx, contact_ids: Collection[int]) -> None:
    """What the team wrote down about somebody may say who they were."""
    mine = (consent_change.c.tenant_id == tx.tenant_id, consent_change.c.contact_id.in_(contact_ids))
    tx.execute(sa.update(consent_change).where(*mine).values(note=""))


def clear_account(tx: Tx, account_id: str) -> int:
    """Forget a Jira user who is a contact too, or who noted down somebody's wish; the number of rows."""
    of_contact = sa.update(contact).where(contact.c.tenant_id == tx.tenant_id, contact.c.account_id == account_id)
    mine = (consent_change.c.tenant_id == tx.tenant_id, consent_change.c.by_account_id == account_id)
    cleared = (
        of_contact.values(account_id="").returning(contact.c.id),
        sa.update(consent_change).where(*mine).values(by_account_id="").returning(consent_change.c.id),
    )
    return sum(len(tx.execute(statement).all()) for statement in cleared)


def list_contacts(tx: Tx, customer_ids: Collection[int]) -> list[Contact]:
    """Contacts that are not removed, by customer and name."""
    if not customer_ids:
        return []
    wanted = {"tenant_id": tx.tenant_id, "ids": list(customer_ids)}
    return [_contact(row) for row in tx.execute(_CONTACTS_OF, wanted)]


def list_contacts_by_id(tx: Tx, contact_ids: Collection[int], customer_ids: Collection[int] = ()) -> dict[int, Contact]:
    """Also removed ones, by id. With customers also all of theirs that are not removed, and all of them by name."""
    wanted = {"tenant_id": tx.tenant_id, "ids": list(contact_ids)}
    if customer_ids:
        found = tx.execute(_CONTACTS_BY_ID_OR_OF, {**wanted, "customer_ids": list(customer_ids)})
    elif contact_ids:
        found = tx.execute(_CONTACTS_BY_ID, wanted)
    else:
        return {}
    return {row.id: _contact(row) for row in found}


def list_roles_by_id(tx: Tx, contact_ids: Collection[int]) -> dict[int, Role]:
    mine = (contact.c.tenant_id == tx.tenant_id, contact.c.id.in_(contact_ids))
    rows = tx.execute(sa.select(contact.c.id, contact.c.role).where(*mine))
    return {row.id: Role(row.role) for row in rows}


def list_contacts_of_users(tx: Tx, account_ids: Collection[str], addresses: Collection[str]) -> list[Contact]:
    """Contacts, also removed ones, with one of these accounts or addresses (lower case), oldest first."""
    theirs = sa.or_(contact.c.account_id.in_(account_ids), contact.c.address.in_(addresses))
    query = sa.select(*_CONTACT_COLUMNS).where(contact.c.tenant_id == tx.tenant_id, theirs).order_by(contact.c.id)
    return [_contact(row) for row in tx.execute(query)]


def list_same_people(tx: Tx, addresses: Collection[str], *, lock: bool) -> list[tuple[int, str]]:
    """Id and address of every contact, also removed ones, with one of these addresses.

    `lock` keeps the rows, always in the same order, until the transaction ends: two transactions that decide about a
    person do so one after the other. (SQLite has one writer at a time anyway.)
    """
    mine = (contact.c.tenant_id == tx.tenant_id, contact.c.address.in_(addresses))
    query = sa.select(contact.c.id, contact.c.address).where(*mine).order_by(contact.c.id)
    return [(row.id, row.address) for row in tx.execute(query.with_for_update(key_share=True) if lock else query)]


def mark_contacts(tx: Tx, contact_ids: Collection[int], **changes: object) -> None:
    """Change some columns of several contacts."""
    mine = sa.and_(contact.c.tenant_id == tx.tenant_id, contact.c.id.in_(contact_ids))
    tx.execute(sa.update(contact).where(mine).values(**changes))


def find_opted_out_at(tx: Tx, address: str) -> datetime | None:
    """Since when the person of an address wants no surveys."""
    mine = (contact.c.tenant_id == tx.tenant_id, contact.c.address == address, contact.c.opted_out_at.is_not(None))
    query = sa.select(sa.func.min(contact.c.opted_out_at, type_=UtcDateTime)).where(*mine)
    moment: datetime | None = tx.execute(query).scalar_one()
    return moment


def add_consent_change(tx: Tx, values: dict[str, object], now: datetime) -> None:
    tx.execute(sa.insert(consent_change).values(tenant_id=tx.tenant_id, changed_at=now, **values))


def list_consent_changes(tx: Tx, contact_ids: Collection[int]) -> list[ConsentChange]:
    """Newest first."""
    mine = (consent_change.c.tenant_id == tx.tenant_id, consent_change.c.contact_id.in_(contact_ids))
    columns = [consent_change.c[name] for name in ConsentChange.__dataclass_fields__]
    query = sa.select(*columns).where(*mine).order_by(consent_change.c.id.desc())
    return [ConsentChange(**{**row._mapping, "way": ConsentWay(row.way)}) for row in tx.execute(query)]
