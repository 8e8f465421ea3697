"""A low answer is followed up, the project looks back, and the next project reads it: clicked through by everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from tests.browser.jira import POST_MORTEM, framed
from tests.browser.screens import FOLDER, look_at
from tests.browser.windows import Windows, clean_windows
from tests.databases import fresh_database
from tests.flow.cast import (
    add_checkpoint,
    add_contact,
    add_customer,
    answer,
    ask_at_any_hour,
    move,
    project_id,
    survey_link,
)
from tests.running import Rapport, running

pytestmark = pytest.mark.browser
GRETA, IDA = "greta@nordlicht.example", "ida@suedwind.example"


@pytest.fixture
def lived(tmp_path_factory: pytest.TempPathFactory, edge: str) -> Iterator[Rapport]:
    """Greta was unhappy with DEMO-7."""
    with fresh_database("sqlite", tmp_path_factory.mktemp("lived")) as url, running(url, edge=edge) as rapport:
        ask_at_any_hour(rapport)
        add_checkpoint(rapport, "In review", types=["Story"], name="Story → In review")
        add_contact(rapport, add_customer(rapport, "Nordlicht Handels GmbH"), "Greta Probe", GRETA, role="sponsor")
        move(rapport, "DEMO-7", "In review")
        rapport.settle()
        assert answer(survey_link(rapport.mails_to(GRETA)[-1]), 2, "Das Formular verliert meine Eingaben.").ok
        rapport.settle()
        yield rapport


@pytest.fixture
def windows(browser: Browser, lived: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, lived.site) as windows:
        yield windows


def press(frame: Frame, name: str, then: str) -> None:
    """Press the button of that name and wait for the screen with that heading."""
    frame.get_by_role("button", name=name, exact=True).first.click()
    expect(frame.get_by_role("heading", name=then, exact=True)).to_be_visible()


def test_from_a_low_answer_to_the_next_projects_plan(windows: Windows, lived: Rapport) -> None:
    page = windows.open("Pia Lead")
    frame = framed(page, POST_MORTEM.format("DEMO"))
    follow_up(page, frame, lived)
    learn(page, frame)
    write_together(page, frame, windows, lived)
    publish_and_share(page, frame, lived)
    next_project(windows, lived)


def follow_up(page: Page, frame: Frame, lived: Rapport) -> None:
    """The case's issue moves; the customer is asked again and is content."""
    press(frame, "Plan", "Plan")
    look_at(page, "plan", frame)
    press(frame, "Add activity", "New activity")
    look_at(page, "activity-new", frame)
    press(frame, "Cases", "Cases")
    look_at(page, "cases", frame)
    press(frame, "How we follow up", "How we follow up")
    look_at(page, "cases-policy", frame)
    (issue,) = [each for each in lived.site.issues.values() if "customer-satisfaction" in each.labels]
    for status in ("In Progress", "Done"):
        move(lived, issue.key, status, "Pia Lead")
        lived.settle()
    assert answer(survey_link(lived.mails_to(GRETA)[-1]), 5).ok
    heard = {"speaker": "key_user", "channel": "phone", "score": "1", "words": "Niemand ruft zurück."}
    said = f"/issues/{lived.site.issue('DEMO-8').id}/conversations"
    assert lived.call("POST", said, "Pia Lead", **heard).ok
    lived.settle()
    press(frame, "Cases", "Cases")
    expect(frame.get_by_text("Recovered").first).to_be_visible()
    look_at(page, "cases-recovered", frame)


def learn(page: Page, frame: Frame) -> None:
    press(frame, "Lessons", "Lessons")
    press(frame, "Write a lesson", "New lesson")
    look_at(page, "lesson-new", frame)
    frame.get_by_label("In which situation").fill("The customer sees a form only when it is built")
    frame.get_by_label("What to do").fill("Show a clickable form before building it")
    frame.get_by_role("button", name="Save lesson").click()
    expect(frame.get_by_text("The lesson is in the library.")).to_be_visible()


def write_together(page: Page, frame: Frame, windows: Windows, lived: Rapport) -> None:
    """Two people write the same part at once; both texts stay."""
    press(frame, "Post-mortem", "Post-mortem")
    look_at(page, "draft-none", frame)
    frame.get_by_role("button", name="Start the post-mortem").click()
    expect(frame.get_by_role("heading", name="Whom we heard")).to_be_visible()
    lived.settle()
    second = framed(windows.open("Tom Team"), POST_MORTEM.format("DEMO"))
    press(second, "Post-mortem", "Post-mortem")
    for writer in (frame, second):
        writer.get_by_role("button", name="Edit What went well").click()
        text = "We met every week." if writer is second else "The demo helped."
        writer.get_by_role("textbox", name="What went well").fill(text)
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.get_by_text("It was saved.")).to_be_visible()
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(frame.get_by_text("Somebody saved this part while you were writing")).to_be_visible()
    windows.expect_answer_in_frame(422)
    expect(frame.get_by_text("We met every week.")).to_be_visible()
    expect(frame.get_by_role("textbox", name="Your text")).to_have_value("The demo helped.")
    look_at(page, "draft-two-texts", frame)
    frame.get_by_role("textbox", name="Your text").fill("We met every week.\n\nThe demo with real data helped.")
    frame.get_by_role("button", name="Save", exact=True).click()
    expect(frame.get_by_text("It was saved.")).to_be_visible()
    frame.get_by_text("Decide on a change").click()
    frame.get_by_label("What changes").fill("A clickable form in the first week")
    frame.get_by_label("Until").fill("2027-02-01")
    frame.get_by_role("button", name="Add action").click()
    expect(frame.get_by_text("Decided. Its issue in Jira follows in a moment.")).to_be_visible()
    lived.settle()
    press(frame, "Post-mortem", "Post-mortem")
    look_at(page, "draft", frame)


def publish_and_share(page: Page, frame: Frame, lived: Rapport) -> None:
    frame.get_by_role("button", name="Approve", exact=True).click()
    frame.get_by_role("button", name="Publish", exact=True).click()
    frame.get_by_role("button", name="Edition 1").click()
    expect(frame.get_by_text("It never changes.")).to_be_visible()
    look_at(page, "edition", frame)
    press(frame, "Share and export", "Share and export")
    with page.expect_download() as file:
        frame.get_by_role("button", name="PDF").click()
    file.value.save_as(FOLDER / "post-mortem.pdf")
    frame.get_by_role("textbox", name="You said").fill("The form loses my entries")
    frame.get_by_role("textbox", name="We did").fill("It keeps them now")
    frame.get_by_role("button", name="Add", exact=True).click()
    expect(frame.get_by_text("It was added.")).to_be_visible()
    look_at(page, "share", frame)
    press(frame, "Preview", "What the customer will see")
    look_at(page, "share-preview", frame)
    frame.get_by_role("button", name="Make the link").click()
    link = frame.get_by_label("Link for the customer").input_value()
    page.goto(link)
    expect(page.get_by_text("You said: The form loses my entries")).to_be_visible()
    look_at(page, "extract")


def next_project(windows: Windows, lived: Rapport) -> None:
    """The second project begins: the lesson is offered, becomes a checkpoint, and asks."""
    ops = project_id(lived, "OPS")
    lived.call("POST", f"/projects/{ops}/customers", "Olga Ops", name="Südwind")
    page = windows.open("Olga Ops")
    frame = framed(page, POST_MORTEM.format("OPS"))
    press(frame, "Lessons", "Lessons")
    expect(frame.get_by_text("Show a clickable form before building it")).to_be_visible()
    look_at(page, "lessons", frame)
    frame.get_by_text("Make it a checkpoint").click()
    frame.get_by_label("When an issue goes to").select_option("In Progress")
    frame.get_by_role("button", name="Ask from now on").click()
    expect(frame.get_by_text("It is a checkpoint now")).to_be_visible()
    customer = lived.call("GET", f"/projects/{ops}/customers", "Olga Ops").text.split('id="customer-')[1].split('"')[0]
    contact = {"name": "Ida Beispiel", "email": IDA, "role": "user", "language": "en", "time_zone": "UTC"}
    assert lived.call("POST", f"/projects/{ops}/customers/{customer}/contacts/new", "Olga Ops", **contact).ok
    in_progress = next(each.id for each in lived.site.statuses.values() if each.name == "In Progress")
    issue = next(each for each in lived.site.issues.values() if each.key.startswith("OPS") and each.status_id != in_progress)  # fmt: skip
    move(lived, issue.key, "In Progress", "Olga Ops")
    lived.settle()
    assert len(lived.mails_to(IDA)) == 1
