"""Watches every statement of every test: one that touches a tenant's table must name the tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import BinaryExpression, BindParameter
from sqlalchemy.sql.operators import eq

from plugin.database import SYSTEM_TABLES, metadata


class TenantForgottenError(AssertionError):
    """A statement that could read or write another tenant's rows."""


def watch() -> None:
    """Check every statement of every engine from now on."""
    sa.event.listen(Engine, "before_execute", _check)


def _check(_connection: Any, statement: Any, multiparams: Any, params: Any, _options: Any) -> None:
    if isinstance(statement, sa.Insert):
        forgotten = _inserted_without_tenant(statement, multiparams or params)
        if statement.select is not None:
            forgotten |= tables_without_tenant(statement.select)
    elif isinstance(statement, sa.Select | sa.CompoundSelect | sa.Update | sa.Delete):
        forgotten = tables_without_tenant(statement)
    else:
        return
    if forgotten:
        raise TenantForgottenError(f"{', '.join(sorted(forgotten))}: no tenant in {statement}")


def tables_without_tenant(statement: Any) -> set[str]:
    """Names of tenants' tables in a statement whose `tenant_id` it does not compare with a given value."""
    touched, named = set(), set()
    for part in visitors.iterate(statement):
        if isinstance(part, sa.Table) and part.name in metadata.tables:
            touched.add(part.name)
        if isinstance(part, BinaryExpression) and part.operator is eq and isinstance(part.right, BindParameter):
            column = part.left
            if isinstance(column, sa.Column) and column.name == "tenant_id":
                named.add(column.table.name)
    if isinstance(statement, sa.Update | sa.Delete):
        touched.add(statement.table.name)
    return touched - named - SYSTEM_TABLES


def _inserted_without_tenant(statement: Any, rows: Any) -> set[str]:
    name = statement.table.name
    if name in SYSTEM_TABLES or name not in metadata.tables:
        return set()
    listed = [rows] if isinstance(rows, Mapping) else rows or []  # a single row comes without its list
    given = {getattr(key, "name", key) for key in (statement._values or {})} | {key for row in listed for key in row}
    return set() if "tenant_id" in given else {name}
