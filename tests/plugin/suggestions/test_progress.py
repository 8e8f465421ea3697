"""How far a reading is, for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.history.service import Known, Reading, ReadingState
from plugin.jobs.service import Job
from plugin.suggestions.progress import Progress, Stage, of
from tests.plugin.asking import NOW

READING = Reading(
    1, "10000", ReadingState.READING, NOW - timedelta(days=90), NOW, None, "p2", False, 3, 300, 1200, 0, ()
)
JOB = Job(1, 1, "history", "1:history:1:3", {"reading_id": 1}, NOW, "ready", 0, "", "", True, NOW)


@pytest.mark.parametrize(
    ("reading", "job", "expected"),
    [
        (None, None, Progress(Stage.NOTHING)),
        (READING, JOB, Progress(Stage.READING, 300, 1200, 25)),
        (replace(READING, expected_issues=None, issues=0), JOB, Progress(Stage.READING, 0, None, None)),
        (replace(READING, issues=1300), JOB, Progress(Stage.READING, 1300, 1200, 99)),
        (replace(READING, expected_issues=0, issues=0), JOB, Progress(Stage.READING, 0, 0, 0)),
        (READING, replace(JOB, due_at=NOW + timedelta(seconds=18)), Progress(Stage.READING, 300, 1200, 25)),
        (
            READING,
            replace(JOB, due_at=NOW + timedelta(minutes=4), error="jira_unavailable"),
            Progress(Stage.READING, 300, 1200, 25, NOW + timedelta(minutes=4), "jira_unavailable"),
        ),
        (READING, replace(JOB, due_at=NOW + timedelta(minutes=1), token="x"), Progress(Stage.READING, 300, 1200, 25)),
        (READING, replace(JOB, state="dead", error="jira_rejected"), Progress(Stage.STOPPED, 300, 1200, error="jira_rejected")),
        (READING, None, Progress(Stage.STOPPED, 300, 1200)),
        (replace(READING, state=ReadingState.CANCELLED), None, Progress(Stage.CANCELLED, 300, 1200)),
        (replace(READING, state=ReadingState.DONE), None, Progress(Stage.DONE, 300, 1200)),
    ],
)  # fmt: skip
def test_what_there_is_to_see(reading: Reading | None, job: Job | None, expected: Progress) -> None:
    assert of(Known(reading, None, job), NOW) == expected
