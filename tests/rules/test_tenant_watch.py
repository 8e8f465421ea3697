"""The watch itself: it finds what it is there to find. It runs over the whole suite from conftest.py."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from plugin.customers.store import contact, customer
from plugin.database import Database
from tests.rules.tenant_watch import TenantForgottenError, tables_without_tenant


def test_a_query_that_names_the_tenant_passes() -> None:
    assert tables_without_tenant(sa.select(contact).where(contact.c.tenant_id == 1)) == set()


def test_a_query_that_forgets_the_tenant_is_found() -> None:
    assert tables_without_tenant(sa.select(contact).where(contact.c.id == 1)) == {"contact"}


def test_a_join_must_name_the_tenant_of_both_tables() -> None:
    joined = (
        sa.select(contact.c.id).join(customer, contact.c.customer_id == customer.c.id).where(contact.c.tenant_id == 1)
    )
    assert tables_without_tenant(joined) == {"customer"}
    assert tables_without_tenant(joined.where(customer.c.tenant_id == contact.c.tenant_id)) == {"customer"}


def test_an_update_that_forgets_the_tenant_is_found() -> None:
    assert tables_without_tenant(sa.update(contact).where(contact.c.id == 1).values(name="x")) == {"contact"}


def test_the_watch_runs_over_this_suite(database: Database) -> None:
    with pytest.raises(TenantForgottenError), database.reading(1) as tx:
        tx.execute(sa.select(contact))
