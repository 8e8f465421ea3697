"""Asking on days of the calendar: at a project's start, in between, and at its end, without any issue."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest

from tests.devhost import lifecycle
from tests.flow.cast import add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"


@pytest.fixture
def ready(rapport: Rapport) -> Rapport:
    """Two customers, each with one person."""
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA, role="sponsor")
    add_contact(rapport, add_customer(rapport, "Südwind"), "Sven Süd", "sven@suedwind.example")
    return rapport


def by_calendar(rapport: Rapport, in_days: int = 2, template: str = "pulse", **form: object) -> None:
    filled = {"template": template, "starts_on": day(rapport, in_days), "every_weeks": 4, **form}
    path = f"/projects/{project_id(rapport)}/checkpoints/calendar/new"
    added = rapport.call("POST", path, "Pia Lead", **filled)
    assert added.status_code == 200, added.text


def day(rapport: Rapport, in_days: int) -> str:
    return (rapport.clock() + timedelta(days=in_days)).date().isoformat()


def writes_on_issues(rapport: Rapport) -> int:
    return len([entry for entry in rapport.site.wire if entry.method == "PUT" and "/issue/" in entry.url])


def screen(rapport: Rapport, path: str) -> str:
    return unescape(rapport.call("GET", f"/projects/{project_id(rapport)}/{path}", "Pia Lead").text)


def pass_days(rapport: Rapport, days: int) -> None:
    for _ in range(days):
        rapport.clock.advance(days=1)
        rapport.settle()


def test_every_few_weeks_all_customers_of_a_running_project_are_asked(ready: Rapport) -> None:
    by_calendar(ready)
    ready.settle()
    assert ready.mails_to(GRETA) == []
    pass_days(ready, 3)
    assert len(ready.mails_to(GRETA)) == len(ready.mails_to("sven@suedwind.example")) == 1
    assert "The project as a whole" in screen(ready, "log")
    assert "asked on" in screen(ready, "log")
    pass_days(ready, 10)
    move(ready, "DEMO-7", "In review")
    pass_days(ready, 18)
    pass_days(ready, 3)
    assert screen(ready, "log").count("Greta Probe") == 2


def test_an_answer_about_the_project_counts_and_touches_no_issue(ready: Rapport) -> None:
    by_calendar(ready, 1, "kickoff", every_weeks="", name="Start")
    pass_days(ready, 2)
    before = writes_on_issues(ready)
    (mail,) = ready.mails_to(GRETA)
    assert answer(survey_link(mail), 4, "Guter Anfang.").status_code == 200
    ready.settle()
    assert writes_on_issues(ready) == before
    page = ready.page(f"/projects/{project_id(ready)}/post-mortem", "Pia Lead")
    assert "Guter Anfang." in page.text
    assert "What later answers are compared with" in page.text
    assert "0 open" not in page.text
    pass_days(ready, 40)
    assert screen(ready, "log").count("Greta Probe answered") == 1, "it asks once"


def test_a_project_in_which_nothing_happens_is_left_alone(ready: Rapport) -> None:
    by_calendar(ready, 20, every_weeks=1)
    pass_days(ready, 21)
    assert ready.mails_to(GRETA) == []
    assert "no issue of the project was touched since the last time" in screen(ready, "log")
    move(ready, "DEMO-7", "In review")
    pass_days(ready, 7)
    assert len(ready.mails_to(GRETA)) == 1


def test_a_paused_or_removed_checkpoint_asks_nobody(ready: Rapport) -> None:
    by_calendar(ready)
    project = f"/projects/{project_id(ready)}/checkpoints/1"
    ready.call("POST", f"{project}/off", "Pia Lead")
    pass_days(ready, 4)
    assert ready.mails_to(GRETA) == []
    ready.call("POST", f"{project}/on", "Pia Lead")
    ready.call("POST", f"{project}/remove", "Pia Lead")
    pass_days(ready, 30)
    assert ready.mails_to(GRETA) == []


def test_only_certain_roles_are_asked(ready: Rapport) -> None:
    by_calendar(ready, audience_roles=["sponsor"])
    pass_days(ready, 3)
    assert len(ready.mails_to(GRETA)) == 1
    assert ready.mails_to("sven@suedwind.example") == []


def test_a_site_that_comes_back_goes_on_with_its_calendar(ready: Rapport) -> None:
    by_calendar(ready, 6)
    lifecycle.uninstall(ready.site, ready.jira.keys)
    ready.clock.advance(days=3)
    ready.jira.install()
    pass_days(ready, 4)
    assert len(ready.mails_to(GRETA)) == 1


def test_after_an_outage_it_is_made_up_for_once(ready: Rapport) -> None:
    by_calendar(ready, 1, every_weeks=1)
    ready.clock.advance(days=10)
    move(ready, "DEMO-7", "In review")
    ready.settle()
    assert len(ready.mails_to(GRETA)) == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"starts_on": "soon"}, "Not a valid date value"),
        ({"starts_on": ""}, "Enter a day"),
        ({"every_weeks": 0}, "Enter a number from 1 to 52"),
        ({"ends_on": "2020-01-01"}, "This lies before the first day"),
    ],
)
def test_what_has_to_be_mended_is_said_beside_the_field(ready: Rapport, form: dict[str, object], words: str) -> None:
    filled = {"template": "pulse", "starts_on": day(ready, 2), "every_weeks": 4, **form}
    path = f"/projects/{project_id(ready)}/checkpoints/calendar/new"
    refused = ready.call("POST", path, "Pia Lead", **filled)
    assert refused.status_code == 422
    assert words in unescape(refused.text)


def test_it_can_be_changed(ready: Rapport) -> None:
    by_calendar(ready, 2, name="Monthly")
    assert 'value="Monthly"' in screen(ready, "checkpoints/1")
    changed = ready.call("POST", f"/projects/{project_id(ready)}/checkpoints/1", "Pia Lead", template="pulse", starts_on=day(ready, 9), every_weeks=2)  # fmt: skip
    assert "Every 2 weeks" in unescape(changed.text)
    pass_days(ready, 4)
    assert ready.mails_to(GRETA) == []
    move(ready, "DEMO-7", "In review")
    pass_days(ready, 6)
    assert len(ready.mails_to(GRETA)) == 1
