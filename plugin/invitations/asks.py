"""How often people were asked, over all projects of the site, under whichever contact they are registered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from plugin.asking import AskLoad, AskPolicy
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Contact
from plugin.invitations import ask_budget, deciding, sending_times, store
from plugin.invitations.deciding import Ask
from plugin.policies import service as policies

LOAD_DAYS = 60


def of_people(tx: Tx, contacts: Collection[Contact], now: datetime, *, lock: bool = False) -> Mapping[int, list[Ask]]:
    """All asks of each contact's person, by contact id. Contacts who are one person share one list.

    With `lock` nobody else decides about any of these people until the transaction ends.
    """
    same = customers.same_people(tx, contacts, lock=lock)
    found = store.list_asks(tx, {contact_id for ids in same.values() for contact_id in ids}, now)
    of_person = {ids: [ask for contact_id, ask in found if contact_id in ids] for ids in set(same.values())}
    return {contact_id: of_person[ids] for contact_id, ids in same.items()}


def loads(tx: Tx, contacts: Collection[Contact], now: datetime) -> Mapping[int, AskLoad]:
    """By contact id, for everybody given."""
    asks, policy = of_people(tx, contacts, now), policies.of_site(tx)
    return {contact.id: _load(contact, asks[contact.id], policy, now) for contact in contacts}


def _load(contact: Contact, asks: Collection[Ask], policy: AskPolicy, now: datetime) -> AskLoad:
    lately = [ask for ask in asks if ask.left and ask.asked_at > now - timedelta(days=LOAD_DAYS)]
    today = sending_times.day_of(now, contact.time_zone)
    free_on = ask_budget.next_free_on(deciding.days_of(asks, contact), today, policy)
    return AskLoad(len(lately), len({ask.project_id for ask in lately}), free_on if free_on > today else None)
