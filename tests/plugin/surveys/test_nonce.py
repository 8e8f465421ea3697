"""An answer counts only with a page that we showed for that survey within the last day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from plugin.invitations.service import Opened
from plugin.sealing import Seal
from plugin.surveys import nonce
from plugin.surveys.intake import Stage
from tests.plugin.asking import NOW

SEAL = Seal([Fernet.generate_key().decode()])
OPENED = Opened(tenant_id=1, invitation_id=41)


def test_a_page_may_stay_open_for_a_day() -> None:
    made = nonce.new(SEAL, OPENED, Stage.FIRST, NOW)
    assert nonce.read(SEAL, OPENED, [made], NOW)
    assert nonce.read(SEAL, OPENED, [made], NOW + timedelta(hours=24))
    assert not nonce.read(SEAL, OPENED, [made], NOW + timedelta(hours=24, seconds=1))


@pytest.mark.parametrize("stage", Stage)
def test_a_nonce_says_from_which_page_and_when(stage: Stage) -> None:
    made = nonce.new(SEAL, OPENED, stage, NOW)
    assert nonce.read(SEAL, OPENED, [made], NOW) == nonce.Shown(stage, NOW)


def test_a_nonce_of_the_future_is_refused() -> None:
    made = nonce.new(SEAL, OPENED, Stage.FIRST, NOW + timedelta(seconds=1))
    assert not nonce.read(SEAL, OPENED, [made], NOW)


@pytest.mark.parametrize("other", [Opened(1, 42), Opened(2, 41), Opened(14, 1)])
def test_a_nonce_of_another_survey_or_another_site_is_refused(other: Opened) -> None:
    made = nonce.new(SEAL, other, Stage.FIRST, NOW)
    assert not nonce.read(SEAL, OPENED, [made], NOW)


def test_a_nonce_that_we_did_not_make_is_refused() -> None:
    stranger = Seal([Fernet.generate_key().decode()])
    assert not nonce.read(SEAL, OPENED, [nonce.new(stranger, OPENED, Stage.FIRST, NOW)], NOW)


def test_another_sealed_value_is_no_nonce() -> None:
    assert not nonce.read(SEAL, OPENED, [SEAL.close("invitation:1:41", NOW.isoformat())], NOW)


@pytest.mark.parametrize("sent", [[], [""], ["x"], ["é\x00"], ["A" * 5000], ["gAAAA"]])
def test_rubbish_is_refused_without_an_error(sent: list[str]) -> None:
    assert not nonce.read(SEAL, OPENED, sent, NOW)


def test_two_nonces_are_refused_even_if_both_are_good() -> None:
    made = nonce.new(SEAL, OPENED, Stage.FIRST, NOW)
    assert not nonce.read(SEAL, OPENED, [made, made], NOW)
