"""What becomes of something that was sent: pure rules. The first answer of a person locks; nothing overwrites it from
elsewhere, and nothing that was sent is thrown away."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.domain import Hold, Proof
from plugin.surveys.origins import Origin


class Stage(StrEnum):
    """Which of our pages something was sent from."""

    FIRST = "first"  # anchor and words
    CONFIRM = "confirm"  # the same once more, with a box to tick
    REST = "rest"  # the other items, after the anchor counts
    CHANGE = "change"  # all items, to change what counts
    TRAP = "trap"  # a page that only machines find


class Step(StrEnum):
    """What becomes of it, besides being held."""

    COUNT = "count"  # the first answer
    CHANGE = "change"  # a new version of the answer that counts
    OFFER = "offer"  # there is an answer already: ask whether to change it


@dataclass(frozen=True, slots=True)
class Post:
    """Something that was sent, without its content. `trapped`: it filled in what no person can see."""

    stage: Stage
    origin: Origin
    proof: Proof
    trapped: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What is there already: where the answer that counts came from, until when it can be changed, and where machines
    have shown themselves."""

    counted: Origin | None = None
    change_until: datetime | None = None
    machines: Collection[Origin] = ()


def judge(post: Post, known: Known, now: datetime) -> Step | Hold:
    """The one decision about a post."""
    if post.trapped or post.stage is Stage.TRAP:
        return Hold.MACHINE
    if known.counted is None:
        return _first(post, known)
    if post.origin != known.counted:
        return Hold.ELSEWHERE
    if known.change_until is None or now > known.change_until:
        return Hold.LATE
    return Step.CHANGE if post.stage in (Stage.REST, Stage.CHANGE) else Step.OFFER


def _first(post: Post, known: Known) -> Step | Hold:
    if post.stage is Stage.REST:
        return Hold.LATE  # what it belongs to does not count any more
    if post.proof in (Proof.GESTURE, Proof.ACCOUNT):
        return Step.COUNT
    if post.proof is Proof.CONFIRMED:
        return Hold.MACHINE if post.origin in known.machines else Step.COUNT
    return Hold.UNCONFIRMED
