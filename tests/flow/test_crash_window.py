"""A process dies after the mail has left and before that is noted: the policy is to send it again, the very same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from plugin.flow import STEPS
from plugin.jobs import service as jobs
from plugin.ports import OutgoingMail
from plugin.worker import Worker
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"


class Killed(BaseException):
    """What no handler catches, as with SIGKILL."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mail_whose_sending_was_not_noted_goes_out_again_with_the_same_id_and_link(rapport: Rapport) -> None:
    add_checkpoint(rapport, "In review", types=["Story"])
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    move(rapport, "DEMO-7", "In review")
    rapport.jira.drain()

    class Mailer:
        def send(self, mail: OutgoingMail, now: datetime) -> None:
            rapport.ports.mailer.send(mail, now)
            raise Killed

    dying = Worker(replace(rapport.ports, mailer=Mailer()), STEPS)
    with pytest.raises(Killed):
        dying.drain(rapport.clock())
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1, "its lease has not ended"
    rapport.clock.advance(seconds=jobs.LEASE.total_seconds() + 1)
    rapport.settle()
    first, second = rapport.mails_to(GRETA)
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert survey_link(first, 4) == survey_link(second, 4)
    assert answer(survey_link(first, 4), 4).status_code == 200
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 2
