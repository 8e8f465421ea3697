"""Erase one person, by mail address or by Atlassian account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from plugin.activities import service as activities
from plugin.conversations import service as conversations
from plugin.customers import service as customers
from plugin.database import Database
from plugin.exports import service as exports
from plugin.gates import service as gates
from plugin.history import service as history
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.lessons import service as lessons
from plugin.policies import service as policies
from plugin.postmortems import service as postmortems
from plugin.surveys import service as surveys
from plugin.team_views import service as team_views
from plugin.transitions import service as transitions


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows no longer speak of the person."""

    contacts: int
    comments: int
    events: int


def erase_contact(database: Database, tenant_id: int, email: str, now: datetime) -> Erased:
    """Forget everybody with this address on this site: name, address, comments, waiting mail, links. Scores stay."""
    with database.transaction(tenant_id) as tx:
        contact_ids = customers.erase(tx, email, now)
        comments = surveys.erase_comments(tx, contact_ids) + conversations.erase_words(tx, contact_ids)
        for invitation_id in invitations.erase_contacts(tx, contact_ids, now):
            jobs.cancel(tx, f"deliver:{invitation_id}")
    database.scrub()
    return Erased(len(contact_ids), comments, 0)


def erase_account(database: Database, tenant_id: int, account_id: str) -> Erased:
    """Forget which issues this Jira user moved or had, that they are a contact too, and what they set, noted, entered or
    decided."""
    with database.transaction(tenant_id) as tx:
        events = transitions.erase_actor(tx, account_id) + invitations.erase_assignee(tx, account_id)
        events += surveys.erase_reviewer(tx, account_id)
        events += gates.forget_account(tx, account_id)
        events += activities.erase_account(tx, account_id) + history.erase_account(tx, account_id)
        events += customers.erase_account(tx, account_id) + policies.erase_account(tx, account_id)
        events += conversations.erase_account(tx, account_id) + team_views.erase_account(tx, account_id)
        events += lessons.erase_account(tx, account_id)
        events += postmortems.erase_account(tx, account_id) + exports.erase_account(tx, account_id)
    database.scrub()
    return Erased(0, 0, events)
