"""What becomes of something that was sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.domain import Hold, Proof
from plugin.surveys.intake import Known, Post, Stage, Step, judge
from plugin.surveys.origins import Origin
from tests.plugin.asking import NOW

HERE = Origin("a1", "firefox on windows")
OTHER_NETWORK = Origin("b2", "firefox on windows")
OTHER_BROWSER = Origin("a1", "chrome on windows")
NOTHING = Known()
ANSWERED = Known(HERE, NOW + timedelta(hours=2))
OVER = Known(HERE, NOW - timedelta(seconds=1))
MACHINES_HERE = Known(machines={HERE})


def post(
    stage: Stage = Stage.FIRST, proof: Proof = Proof.GESTURE, origin: Origin = HERE, trapped: bool = False
) -> Post:
    return Post(stage, origin, proof, trapped)


@pytest.mark.parametrize(
    ("sent", "known", "becomes"),
    [
        # nothing is there yet
        (post(), NOTHING, Step.COUNT),
        (post(Stage.CONFIRM, Proof.CONFIRMED), NOTHING, Step.COUNT),
        (post(proof=Proof.NONE), NOTHING, Hold.UNCONFIRMED),
        (post(Stage.CHANGE), NOTHING, Step.COUNT),  # what it would have changed was taken out meanwhile
        (post(Stage.REST), NOTHING, Hold.LATE),
        # machines give themselves away, however well they press
        (post(trapped=True), NOTHING, Hold.MACHINE),
        (post(trapped=True), ANSWERED, Hold.MACHINE),
        (post(Stage.TRAP), ANSWERED, Hold.MACHINE),
        # where a machine was, a box that was ticked is not enough, but a hand is
        (post(Stage.CONFIRM, Proof.CONFIRMED), MACHINES_HERE, Hold.MACHINE),
        (post(Stage.CONFIRM, Proof.CONFIRMED, OTHER_NETWORK), MACHINES_HERE, Step.COUNT),
        (post(), MACHINES_HERE, Step.COUNT),
        # an answer counts: only its own place can change it, and only for a while
        (post(Stage.CHANGE, Proof.NONE), ANSWERED, Step.CHANGE),
        (post(Stage.REST, Proof.NONE), ANSWERED, Step.CHANGE),
        (post(), ANSWERED, Step.OFFER),
        (post(Stage.CONFIRM, Proof.CONFIRMED), ANSWERED, Step.OFFER),
        (post(Stage.CHANGE), OVER, Hold.LATE),
        (post(), OVER, Hold.LATE),
        *((post(stage, origin=origin), known, Hold.ELSEWHERE)
          for stage in (Stage.FIRST, Stage.CONFIRM, Stage.REST, Stage.CHANGE)
          for origin in (OTHER_NETWORK, OTHER_BROWSER)
          for known in (ANSWERED, OVER)),
    ],
)  # fmt: skip
def test_each_post_becomes_one_thing(sent: Post, known: Known, becomes: Step | Hold) -> None:
    assert judge(sent, known, NOW) == becomes


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("proof", Proof)
@pytest.mark.parametrize("trapped", [False, True])
def test_nothing_from_elsewhere_ever_overwrites(stage: Stage, proof: Proof, trapped: bool) -> None:
    for origin in (OTHER_NETWORK, OTHER_BROWSER):
        assert isinstance(judge(post(stage, proof, origin, trapped), ANSWERED, NOW), Hold)


@pytest.mark.parametrize("stage", Stage)
def test_without_a_sign_of_a_person_nothing_ever_counts_first(stage: Stage) -> None:
    assert isinstance(judge(post(stage, Proof.NONE), NOTHING, NOW), Hold)
