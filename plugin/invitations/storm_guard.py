"""When much happens at once: beyond a cap a checkpoint holds its asks until somebody in the project decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.asking import AskPolicy, HeldAsk, Planned
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Checkpoint, Contact
from plugin.errors import Conflict
from plugin.invitations import asks, deciding, planning, sending_times, store
from plugin.invitations.deciding import Ask, Trigger
from plugin.invitations.sending_times import SendingTimes
from plugin.policies import service as policies
from plugin.skips import service as skips
from plugin.transitions import service as transitions

WINDOW = timedelta(hours=1)
DECIDED_AT_ONCE = 50


def room(tx: Tx, checkpoint: Checkpoint, policy: AskPolicy, now: datetime) -> int:
    """How many more people this checkpoint, locked by the caller, may ask now."""
    if checkpoint.held_since is not None:
        return 0
    since = max(now - WINDOW, checkpoint.held_until or now - WINDOW)
    return room_beside(store.count_asks_since(tx, checkpoint.id, since), policy)


def room_beside(asks_lately: int, policy: AskPolicy) -> int:
    """How many more one checkpoint may ask that asked so many within WINDOW."""
    return max(0, policy.storm_cap - asks_lately)


def held(tx: Tx, project_id: str) -> list[tuple[Checkpoint, int]]:
    """The checkpoints of a project that hold asks back, each with how many."""
    holding = [checkpoint for checkpoint in checkpoints.list_of_project(tx, project_id) if checkpoint.held_since]
    counts = skips.count_held(tx, [checkpoint.id for checkpoint in holding])
    return [(checkpoint, counts.get(checkpoint.id, 0)) for checkpoint in holding]


def let_go(tx: Tx, project_id: str, checkpoint_id: int, now: datetime) -> Checkpoint:
    """The checkpoint asks again from now on. Raises NotFound, and Conflict where somebody decided meanwhile."""
    (checkpoint,) = checkpoints.locked(tx, [checkpoints.get_of_project(tx, project_id, checkpoint_id)])
    if checkpoint.held_since is None:
        raise Conflict("somebody has decided about these asks already")
    checkpoints.let_go(tx, checkpoint, now)
    return checkpoint


def discard(tx: Tx, project_id: str, checkpoint_id: int, now: datetime) -> int:
    """Ask none of those held back, and ask again from now on; how many they were. Raises NotFound, Conflict."""
    let_go(tx, project_id, checkpoint_id, now)
    return skips.discard_held(tx, checkpoint_id, now)


def undo_discard(tx: Tx, project_id: str, checkpoint_id: int, now: datetime) -> int:
    """Hold them again; how many they are. Raises NotFound."""
    checkpoint = checkpoints.get_of_project(tx, project_id, checkpoint_id)
    checkpoints.hold(tx, checkpoint, now)
    return 0 if checkpoint.held_until is None else skips.hold_discarded(tx, checkpoint_id, checkpoint.held_until)


@dataclass(frozen=True, slots=True)
class Released:
    """Asks that are planned now, and the issues about which anything was decided: none when nobody is held any more."""

    project_id: str
    planned: list[Planned]
    issue_ids: set[str]


def release_some(tx: Tx, checkpoint_id: int, until: datetime, now: datetime) -> Released:
    """Decide anew about some of those held back at `until`, oldest first."""
    checkpoint = checkpoints.get(tx, checkpoint_id)
    waiting = skips.list_held(tx, checkpoint_id, until, DECIDED_AT_ONCE)
    people = customers.list_contacts_by_id(tx, {each.contact_id for each in waiting})
    known = asks.of_people(tx, list(people.values()), now, lock=True)
    round_ = _Round(tx, checkpoint, policies.of_site(tx), until, now)
    planned = [
        each for held in waiting for each in round_.decide(held, people[held.contact_id], known[held.contact_id])
    ]
    return Released(checkpoint.project_id, planned, {held.occasion.issue_id for held in waiting})


@dataclass(frozen=True)
class _Round:
    """What all decisions of one round share. Counted as asked at `until`: those released are no part of a new storm."""

    tx: Tx
    checkpoint: Checkpoint
    policy: AskPolicy
    until: datetime
    now: datetime

    def decide(self, held: HeldAsk, contact: Contact, known: list[Ask]) -> list[Planned]:
        event = transitions.get(self.tx, held.occasion.event_id)
        trigger = Trigger(held.occasion.issue_id, event.actor_account_id, event.happened_at)
        ask_at = sending_times.next_opening(self.now, SendingTimes.of(self.policy, contact))
        decision = deciding.decide_again(trigger, self.checkpoint, contact, known, self.policy, ask_at)
        if decision.reason is not None:
            skips.change_reason(self.tx, held.id, decision.reason, decision.free_on, self.now)
            return []
        skips.resolve_held(self.tx, held.id)
        return planning.plan(self.tx, held.occasion, self.checkpoint, contact, known, ask_at, self.until)
