"""Rapport dies at each point at which a step is half done. Afterwards the world is as if it had not."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.killing import Outcome, World, a_world, answer_and_drain, judge
from tests.faults.load import Load

DEATH_SECONDS = 90
SITES = 5
POINTS = (
    "after connect.verification Verifier.site_call",
    "before plugin.flow _take",
    "after plugin.flow _take",  # written, not committed
    "after plugin.shared_commit SharedCommit.add_each",  # committed, not answered
    "after plugin.jobs.service claim",
    "before plugin.transitions.service look_up",
    "after plugin.transitions.service look_up",
    "after plugin.flow _decide",  # decided, not committed
    "after plugin.invitations.delivery invitation_letter",  # a link made, not committed
    "before plugin.mail SmtpMailer.send",
    "after plugin.mail SmtpMailer.send",  # the mail left, and nobody knows
    "after plugin.invitations.delivery record_sent",
    "before connect.jira JiraSite.set_issue_property",
    "after connect.jira JiraSite.set_issue_property",  # Jira knows, we do not
    "after plugin.jobs.service finish",
)


@dataclass(frozen=True)
class Deaths:
    """`missed`: points at which nothing died. `mails` counts different ones, `mails_of_one` how often the same one went."""

    points: int
    missed: tuple[str, ...]
    mails: int
    mails_of_one: int
    outcome: Outcome


def run(database_url: str, folder: Path, points: tuple[str, ...] = POINTS) -> Deaths:
    """One death at each point, under load; then it is finished in peace."""
    with a_world(database_url, SITES, folder / "rapport.log") as world:
        load = Load(world.port, world.signers, senders=2, rest_seconds=0.05)
        load.start()
        missed = tuple(point for point in points if not _dies(world, point))
        world.rapports.start("serve")
        world.await_ready()
        load.stop()
        outcome = judge(world, len(points), load.acknowledged, answer_and_drain(world))
        mails = Counter(str(mail.message["message-id"]) for mail in world.mailbox.messages)
        return Deaths(len(points), missed, len(mails), max(mails.values(), default=0), outcome)


def _dies(world: World, point: str) -> bool:
    """Whether it comes to its point, and dies."""
    pid = world.rapports.start("serve", point)
    until = time.monotonic() + DEATH_SECONDS
    while world.rapports.lives(pid) and time.monotonic() < until:
        time.sleep(0.05)
    died = pid not in world.rapports.living
    if not died:
        world.rapports.kill(pid)
    return died
