"""A project that asks Greta about each issue that goes to review, for tests that break things."""

from __future__ import annotations

from collections.abc import Sequence

from connect import Issue, StatusChange
from plugin.asking import AskPolicy
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.service import CheckpointDetails
from plugin.customers import service as customers
from plugin.customers.service import ContactDetails
from plugin.domain import Role
from plugin.policies import service as policies
from plugin.ports import Ports
from tests.plugin.asking import NOW

AT_ANY_TIME = AskPolicy(0, 1_000_000, (), 1_000_000, 0, 24, working_days_only=False)
PROJECT_ID, FROM_STATUS_ID, TO_STATUS_ID = "10000", "2", "3"


def ask_greta(ports: Ports, tenant_id: int) -> None:
    """A checkpoint, and the one contact of the project's only customer, who may be asked at any time and any number of times."""
    with ports.database.transaction(tenant_id) as tx:
        policies.change(tx, AT_ANY_TIME, "", NOW)
        customer_id = customers.add_customer(tx, PROJECT_ID, "Nordlicht Handels GmbH", NOW)
        greta = ContactDetails("Greta Probe", "greta@nordlicht.example", "en", "Europe/Berlin", Role.USER)
        customers.add_contact(tx, PROJECT_ID, customer_id, greta, NOW)
        checkpoints.add(tx, PROJECT_ID, CheckpointDetails("Delivery", (), (), TO_STATUS_ID, "delivery", 2, 14), NOW)


def an_issue(issue_id: str, changes: Sequence[StatusChange]) -> Issue:
    return Issue(
        id=issue_id,
        key=f"DEMO-{issue_id}",
        project_id=PROJECT_ID,
        project_key="DEMO",
        project_name="Web shop",
        issue_type_id="10001",
        issue_type_name="Story",
        status_id=TO_STATUS_ID,
        status_name="In review",
        summary="Order form",
        assignee_account_id=None,
        assignee_name=None,
        reporter_account_id=None,
        updated_at=NOW,
        changes=tuple(changes),
    )
