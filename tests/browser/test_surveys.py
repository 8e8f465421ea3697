"""The customer's side in a real browser: answered by hand, by keyboard, in Arabic without script, and by machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

import plugin.web
from tests.browser import hands
from tests.browser.jira import SETTINGS, framed
from tests.browser.screens import look_at
from tests.browser.windows import Windows, clean_windows
from tests.databases import fresh_database
from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, project_id, survey_link
from tests.running import Rapport, running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-surveys")]

ICON = Path(plugin.web.__file__).with_name("static") / "rapport-icon.svg"  # loaded without a trace
MACHINE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"


@dataclass
class Customer:
    """Somebody who was asked."""

    rapport: Rapport
    address: str

    def link(self, score: int | None = None) -> str:
        return survey_link(self.rapport.mails_to(self.address)[-1], score)

    def has_begun(self) -> bool:
        """Whether a hand has touched the form."""
        path = f"/projects/{project_id(self.rapport)}/log"
        return "has begun to answer" in self.rapport.call("GET", path, "Pia Lead").text

    def field(self) -> tuple[object, object]:
        self.rapport.settle()
        stored = self.rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]
        return stored["state"], stored.get("score")


@pytest.fixture
def rapport(tmp_path: Path, edge: str) -> Iterator[Rapport]:
    with fresh_database("sqlite", tmp_path) as url, running(url, edge=edge) as rapport:
        yield rapport


@pytest.fixture
def windows(browser: Browser, rapport: Rapport) -> Iterator[Windows]:
    with clean_windows(browser, rapport.site) as windows:
        yield windows


def asked(rapport: Rapport, language: str = "en") -> Customer:
    address = "somebody@nordlicht.example"
    rapport.ask_at_any_hour(quiet_days=0)
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", address, language=language)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return Customer(rapport, address)


def test_answered_in_arabic_on_a_phone_with_script_off(windows: Windows, rapport: Rapport) -> None:
    customer = asked(rapport, "ar")
    page = windows.open("a customer", script=False, phone=True)
    page.goto(customer.link(4))
    assert page.locator("html").get_attribute("dir") == "rtl"
    expect(page.get_by_role("radio", name="4")).to_be_checked()
    page.get_by_role("textbox").fill("عمل ممتاز، شكرًا لكم.")
    page.get_by_role("button", name="إرسال الإجابة").click()
    expect(page.get_by_role("heading", name="خطوة أخيرة")).to_be_visible()
    page.get_by_role("checkbox", name="أنا إنسان، وهذه إجابتي.").check()
    rapport.clock.advance(seconds=3)
    page.get_by_role("button", name="إرسال الإجابة").click()
    expect(page.locator("h1.done")).to_be_visible()
    assert customer.field() == ("answered", 4)


def test_every_page_of_a_survey_is_open_to_everybody(windows: Windows, rapport: Rapport) -> None:
    language = "ar"  # what holds from right to left holds the other way, and tests/browser/test_every_screen.py looks
    customer = asked(rapport, language)
    page, second, elsewhere = (windows.open("a customer") for _window in range(3))
    elsewhere.set_extra_http_headers({"User-Agent": MACHINE})
    for early in (second, elsewhere):
        early.goto(customer.link(5))
    page.goto(customer.link())
    page.locator("button[type=submit]").click()
    look_at(page, f"survey-nothing-chosen-{language}")
    windows.expect_answer(400)
    page.goto(customer.link(2))
    look_at(page, f"survey-low-{language}")
    page.locator("button[type=submit]").click()
    look_at(page, f"survey-confirm-{language}")
    page.locator("button[type=submit]").click()
    look_at(page, f"survey-confirm-box-{language}")
    windows.expect_answer(400)
    page.get_by_role("checkbox").check()
    rapport.clock.advance(seconds=3)
    page.locator("button[type=submit]").click()
    expect(page.locator("form.more")).to_be_visible()
    look_at(page, f"survey-more-{language}")
    page.get_by_role("checkbox").nth(1).check()
    page.locator("form.more fieldset").last.get_by_role("radio").first.check()
    page.locator("button[type=submit]").click()
    expect(page.locator("form.more")).to_have_count(0)
    look_at(page, f"survey-whole-{language}")
    page.locator("a.button").click()
    look_at(page, f"survey-change-{language}")
    second.locator("button[type=submit]").click()
    expect(second.locator(".note")).to_be_visible()
    look_at(second, f"survey-offered-{language}")
    elsewhere.locator("button[type=submit]").click()
    expect(elsewhere.locator("form")).to_have_count(0)
    look_at(elsewhere, f"survey-held-{language}")
    page.goto(f"{customer.link()}/all?lang={language}")
    look_at(page, f"survey-trap-{language}")
    rapport.clock.advance(hours=3)
    page.goto(customer.link())
    look_at(page, f"survey-closed-{language}")
    assert page.goto(f"{customer.link()}x?lang={language}").status == 404  # type: ignore[union-attr]
    look_at(page, f"survey-missing-{language}")
    windows.expect_answer(404)
    move(rapport, "DEMO-8", "In review")
    rapport.settle()
    rapport.clock.advance(days=15)
    assert page.goto(f"{customer.link()}?lang={language}").status == 410  # type: ignore[union-attr]
    look_at(page, f"survey-over-{language}")
    windows.expect_answer(410)
    for _request in range(60):
        requests.head(customer.link(), timeout=60)
    assert page.goto(f"{customer.link()}?lang={language}").status == 429  # type: ignore[union-attr]
    look_at(page, f"survey-busy-{language}")
    windows.expect_answer(429)


def test_by_keyboard_alone(windows: Windows, rapport: Rapport) -> None:
    customer = asked(rapport)
    page = windows.open("a customer")
    page.goto(customer.link(2))
    hands.tab_to(page.get_by_role("radio", name="2"))
    page.keyboard.press("ArrowUp", delay=40)
    expect(page.get_by_role("radio", name="1")).to_be_checked()
    hands.tab_to(page.get_by_role("textbox"))
    page.keyboard.type("Late again.", delay=20)
    hands.press_keys(page.get_by_role("button", name="Send answer"))
    expect(page.locator("h1.done")).to_be_visible()
    hands.tab_to(page.get_by_label("Dates and waiting times"))
    page.keyboard.press("Space", delay=40)
    hands.press_keys(page.get_by_role("button", name="Send this too"))
    expect(page.get_by_role("definition").filter(has_text="Dates and waiting times")).to_be_visible()
    assert customer.field() == ("low", 1)


def test_changed_within_the_window_and_not_after_it(windows: Windows, rapport: Rapport) -> None:
    customer = asked(rapport)
    page = windows.open("a customer")
    page.goto(customer.link(2))
    expect(page.get_by_label("What would have made it a 5?")).to_be_visible()
    hands.press(page.get_by_role("button", name="Send answer"))
    expect(page.get_by_role("group", name="What was the main reason?")).to_be_visible()
    page.get_by_label("Dates and waiting times").check()
    hands.press(page.get_by_role("button", name="Send this too"))
    assert customer.field() == ("low", 2)
    page.get_by_role("link", name="Change my answer").click()
    expect(page.get_by_label("Dates and waiting times")).to_be_checked()
    page.get_by_role("radio", name="4 Satisfied").check()
    expect(page.get_by_role("group", name="What was the main reason?")).to_be_hidden()
    hands.press(page.get_by_role("button", name="Change my answer"))
    expect(page.get_by_text("4 Satisfied")).to_be_visible()
    assert customer.field() == ("answered", 4)
    rapport.clock.advance(hours=2, minutes=1)
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("4 Satisfied")).to_have_count(0)
    expect(page.get_by_role("link", name="Change my answer")).to_have_count(0)


def machine(browser: Browser, link: str) -> None:
    """A whole browser that opens every link of the mail, waits, and clicks whatever there is to click."""
    context = browser.new_context(user_agent=MACHINE)
    page = context.new_page()
    for address in (f"{link}?score=1", f"{link}?score=5", link, f"{link}/all"):
        page.goto(address, wait_until="networkidle")
        page.wait_for_function(hands.LONGER_THAN_A_MACHINE_WAITS)
        for _ in range(3):
            if not page.locator("main button").count():
                break
            page.locator("main button").last.click()
            page.wait_for_load_state()
    context.close()


def test_a_whole_browser_that_waits_and_clicks_is_no_customer(
    browser: Browser, windows: Windows, rapport: Rapport
) -> None:
    customer = asked(rapport)
    machine(browser, customer.link())
    assert customer.field() == ("asked", None)
    assert not customer.has_begun()
    page = windows.open("a customer")
    page.goto(customer.link())
    with page.expect_response(re.compile(r"/s/[^/]+/begun$")):
        hands.press(page.get_by_role("radio", name="4"))
    assert customer.has_begun()
    hands.press(page.get_by_role("button", name="Send answer"))
    expect(page.locator("h1.done")).to_be_visible()
    machine(browser, customer.link())
    assert customer.field() == ("answered", 4)


def test_quarantine_is_reviewed_and_restored(browser: Browser, windows: Windows, rapport: Rapport) -> None:
    customer = asked(rapport)
    page = windows.open("Pia Lead")
    frame = framed(page, SETTINGS.format("DEMO"))
    frame.get_by_role("button", name="Quarantine").click()
    expect(frame.get_by_text("Nothing is held.")).to_be_visible()
    look_at(page, "quarantine-empty", frame)
    machine(browser, customer.link())
    frame.get_by_role("button", name="Refresh").click()
    expect(frame.get_by_text("5/5")).to_be_visible()
    look_at(page, "quarantine", frame)
    frame.get_by_role("button", name="Accept the answer").first.click()
    expect(frame.get_by_text("The answer counts now.")).to_be_visible()
    assert customer.field()[1] is not None
    frame.get_by_role("button", name="Undo").click()
    expect(frame.get_by_text("As it was before")).to_be_visible()
    assert customer.field() == ("asked", None)
    frame.get_by_role("button", name=re.compile("Set the answer of .* aside")).first.click()
    expect(frame.get_by_text("It stays out of the numbers.")).to_be_visible()
    look_at(page, "quarantine-decided", frame)


def test_a_survey_weighs_less_than_30_kb(windows: Windows, rapport: Rapport) -> None:
    page = windows.open("a customer", phone=True)
    page.goto(asked(rapport, "ja").link(2))
    assert 5_000 < weight(page) < 30_000
    hands.press(page.get_by_role("button"))
    expect(page.locator("form.more")).to_be_visible()
    assert 5_000 < weight(page) < 30_000


def weight(page: Page) -> int:
    """Bytes of this page and of everything that it loads, uncompressed, also what the browser had kept."""
    page.wait_for_load_state("networkidle")
    loaded = page.evaluate(
        "() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))"
        ".map(entry => [entry.name, entry.decodedBodySize])"
    )
    assert {Path(name).suffix for name, _size in loaded} >= {".css", ".js"}
    return sum(size for _name, size in loaded) + ICON.stat().st_size
