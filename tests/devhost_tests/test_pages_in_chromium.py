"""The stand-in's pages in a real browser: does an app's page find there what it finds in Jira?"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask, jsonify
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page, Request, expect
from werkzeug.serving import make_server

from tests.devhost.host import Devhost
from tests.devhost_tests.conftest import needs_document
from tests.devhost_tests.toy_app import DESCRIPTOR

pytestmark = pytest.mark.browser

LOOPBACK = {"localhost", "127.0.0.1", None}  # None: data URLs
PAGE = """<!doctype html>
<script src="{jira}/atlassian-connect/all.js" data-options="margin:false"></script>
<style>body {{ color: var(--ds-text, red) }} pre {{ white-space: pre-wrap }}</style>
<div class="ac-content"><pre id="said"></pre><div id="room"></div></div>
<script>
  const said = document.getElementById("said");
  const say = (name) => (value) => said.append(name + " " + JSON.stringify(value) + "\\n");
  const claims = (token) => JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  const deeds = {{
    token: () => AP.context.getToken((token) => say("token")(claims(token).context)),
    promise: () => AP.context.getToken().then((token) => say("promise")(claims(token).qsh)),
    context: () => AP.context.getContext().then(say("context")),
    user: () => AP.user.getCurrentUser(say("user")),
    where: () => AP.getLocation(say("where")),
    read: () => AP.request("/rest/api/3/myself").then(({{ body }}) => say("read")(JSON.parse(body).displayName)),
    refused: () => AP.request({{ url: "/rest/api/3/issue/NOPE-1", success: say("?"), error: (xhr) => say("refused")(xhr.status) }}),
    unscoped: () => AP.request({{ url: "/rest/api/3/project", type: "POST", error: (xhr) => say("unscoped")(xhr.status) }}),
    flag: () => AP.flag.create({{ title: "Asked", body: "One mail", actions: {{ undo: "Undo" }} }}),
    dialog: () => AP.dialog.create({{ key: "post-mortem", header: "Choose", chrome: true, customData: {{ from: "panel" }} }}),
    data: () => AP.dialog.getCustomData(say("data")),
    leave: () => AP.dialog.close({{ chosen: 5 }}),
    grow: () => (document.getElementById("room").style.height = "900px"),
    refresh: () => AP.jira.refreshIssuePage(),
    absent: () => AP.jira.openCreateIssueDialog(),
    go: () => AP.navigator.go("addonModule", {{ moduleKey: "post-mortem" }}),
  }};
  for (const [name, deed] of Object.entries(deeds)) {{
    said.before(Object.assign(document.createElement("button"), {{ textContent: name, onclick: deed }}));
  }}
  AP.events.on("flag.action", say("flag.action"));
  AP.events.on("dialog.close", say("dialog.close"));
  AP.theming.initializeTheming();
</script>"""


@pytest.fixture(scope="module")
def jira() -> Iterator[Devhost]:
    """A site without an app, and an app that shows `PAGE` wherever it is framed."""
    mini = Flask("mini")
    server = make_server("127.0.0.1", 0, mini, threaded=True)
    address = f"http://127.0.0.1:{server.server_port}"
    descriptor = copy.deepcopy(DESCRIPTOR) | {"baseUrl": address}
    with Devhost(app_url=address) as running:
        mini.add_url_rule("/atlassian-connect.json", "descriptor", lambda: jsonify(descriptor))
        mini.add_url_rule("/connect/<event>", "event", lambda event: ("", 204), methods=["POST"])
        mini.add_url_rule(
            "/static/<path:name>", "icon", lambda name: ("<svg/>", 200, {"Content-Type": "image/svg+xml"})
        )
        mini.add_url_rule("/<path:path>", "page", lambda path: PAGE.format(jira=running.site.base_url))
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield running
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def window(browser: Browser, jira: Devhost) -> Iterator[BrowserContext]:
    """One cache and one set of cookies for all tests: every test says who it is."""
    context = browser.new_context(base_url=jira.site.base_url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(8000)
    yield context
    context.close()


@pytest.fixture
def page(window: BrowserContext, jira: Devhost) -> Iterator[Page]:
    """A fresh page on the site with the app installed; scripts must not fail, nothing may be asked of another computer."""
    failures: list[str] = []

    def watch(request: Request) -> None:
        if urlsplit(request.url).hostname not in LOOPBACK:
            failures.append(f"asked for {request.url}")

    jira.install()
    fresh = window.new_page()
    fresh.on("pageerror", lambda error: failures.append(str(error)))
    fresh.on("request", watch)
    yield fresh
    fresh.close()
    assert not failures


def panel(page: Page, key: str = "DEMO-7", who: str = "Pia Lead") -> FrameLocator:
    """The app's panel on an issue, once it speaks."""
    page.goto(f"/browse/{key}?as={who}")
    frame = page.frame_locator('iframe[title="Customer satisfaction"]')
    frame.get_by_role("button", name="token", exact=True).wait_for()
    return frame


def press(frame: FrameLocator, *names: str) -> None:
    for name in names:
        frame.get_by_role("button", name=name, exact=True).click()


def test_a_panel_is_told_who_looks_at_what(page: Page, jira: Devhost) -> None:
    frame, issue = panel(page), jira.site.issue("DEMO-7")
    press(frame, "token", "promise", "context", "user", "where")
    said = frame.locator("#said")
    expect(said).to_contain_text(f'token {{"jira":{{"project":{{"id":"{issue.project_id}","key":"DEMO"}}')
    expect(said).to_contain_text('promise "context-qsh"')
    expect(said).to_contain_text(f'"id":"{issue.id}"')
    expect(said).to_contain_text(f'user {{"atlassianAccountId":"{jira.site.user_named("Pia Lead").account_id}"}}')
    expect(said).to_contain_text(f'where "{jira.site.base_url}/browse/DEMO-7')


@needs_document
def test_a_panel_asks_jira_as_the_person_within_the_scopes_of_the_app(page: Page) -> None:
    frame = panel(page, who="Tom Team")
    press(frame, "read", "refused", "unscoped")
    for line in ('read "Tom Team"', "refused 404", "unscoped 403"):
        expect(frame.locator("#said")).to_contain_text(line)


def test_a_flag_tells_the_app_which_action_was_taken(page: Page) -> None:
    frame = panel(page)
    press(frame, "flag")
    page.get_by_role("region", name="Notices").get_by_role("button", name="Undo").click()
    expect(frame.locator("#said")).to_contain_text('"actionIdentifier":"undo"')
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("heading", name="Asked")).to_have_count(0)


def test_a_dialog_gets_data_and_gives_data_back(page: Page) -> None:
    frame = panel(page)
    press(frame, "dialog")
    dialog = page.get_by_role("dialog", name="Choose")
    inside = dialog.frame_locator("iframe")
    press(inside, "data", "leave")
    expect(frame.locator("#said")).to_contain_text('dialog.close {"chosen":5}')
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("focus_inside", [False, True])
def test_a_dialog_closes_on_escape(page: Page, focus_inside: bool) -> None:
    frame = panel(page)
    press(frame, "dialog")
    dialog = page.get_by_role("dialog", name="Choose")
    expect(dialog.get_by_role("button", name="Submit")).to_be_enabled()  # it has loaded
    if focus_inside:
        press(dialog.frame_locator("iframe"), "data")
        expect(dialog.frame_locator("iframe").locator("#said")).to_contain_text('{"from":"panel"}')
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(frame.locator("#said")).to_contain_text("dialog.close")


def test_the_theme_changes_in_the_frame_without_a_reload(page: Page) -> None:
    frame = panel(page)
    press(frame, "promise")
    expect(frame.locator("html")).to_have_attribute("data-color-mode", "light")
    page.get_by_role("button", name="Dark theme").click()
    expect(frame.locator("html")).to_have_attribute("data-color-mode", "dark")
    expect(frame.locator("body")).to_have_css("color", "rgb(206, 207, 210)")  # --ds-text of the dark sheet
    expect(frame.locator("#said")).to_contain_text("promise")
    page.reload()
    page.get_by_role("button", name="Light theme").click()


def test_a_frame_grows_with_its_content(page: Page) -> None:
    frame = panel(page)
    press(frame, "grow")
    page.wait_for_function("() => document.querySelector('iframe.ap-iframe').offsetHeight > 900")


def test_refreshing_the_issue_keeps_the_frame(page: Page, jira: Devhost) -> None:
    frame = panel(page)
    press(frame, "promise")
    jira.site.issue("DEMO-7").properties["rapport-satisfaction"] = {"score": 5}
    score = page.locator("dt", has_text="Satisfaction score").locator("+ dd")
    expect(score).to_have_text("None")
    press(frame, "refresh")
    expect(score).to_have_text("5")
    expect(frame.locator("#said")).to_contain_text("promise")


def test_what_the_stand_in_lacks_fails_loudly(page: Page) -> None:
    frame = panel(page)
    with page.expect_console_message(lambda message: message.type == "error") as told:
        press(frame, "absent")
    assert "AP.jira.openCreateIssueDialog" in told.value.text


def test_the_app_can_lead_to_its_own_page(page: Page) -> None:
    frame = panel(page)
    press(frame, "go")
    expect(page).to_have_title("Post-mortem · Demo · local stand-in")
    press(page.frame_locator('iframe[title="Post-mortem"]'), "context")
    expect(page.get_by_role("link", name="Post-mortem")).to_have_attribute("aria-current", "page")


def test_moving_an_issue_on_its_page_and_on_the_board(page: Page, jira: Devhost) -> None:
    page.goto("/browse/DEMO-8?as=Tom Team")
    page.get_by_role("button", name="Ready for review").click()
    expect(page.get_by_text("DEMO-8 is now In review.")).to_be_visible()
    page.goto("/boards/DEMO")
    page.get_by_label("Move DEMO-8 to").select_option("Done")
    expect(page.get_by_role("region", name="Done").get_by_text("DEMO-8")).to_be_visible()
    page.locator("[data-key=DEMO-9] a").drag_to(page.locator("#column-3"))
    expect(page.get_by_role("region", name="In Progress").get_by_text("DEMO-9")).to_be_visible()
    assert jira.site.issue("DEMO-8").changelog[-1].author == jira.site.user_named("Tom Team").account_id


def test_pages_show_what_the_person_may_see(page: Page) -> None:
    page.goto("/boards/DEMO?as=Pia Lead")
    expect(page.get_by_role("link", name="Project settings")).to_be_visible()
    page.get_by_label("Signed in as").select_option("Tom Team")
    expect(page.get_by_role("link", name="Project settings")).to_have_count(0)
    page.get_by_label("Signed in as").select_option("Sam Stranger")
    expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
    page.goto("/admin/apps")
    expect(page.get_by_role("heading", name="Not for you")).to_be_visible()


def test_installing_and_removing_the_app(page: Page, jira: Devhost) -> None:
    page.goto("/admin/apps?as=Ada Admin")
    page.get_by_role("button", name="Uninstall").click()
    expect(page.get_by_role("heading", name="No app is installed")).to_be_visible()
    page.goto("/browse/DEMO-7")
    expect(page.get_by_text("An app's panel would stand here.")).to_be_visible()
    page.goto("/admin/apps")
    address = page.get_by_label("App descriptor URL")
    address.fill(f"{jira.app_url}/projects/1/nothing.json")
    page.get_by_role("button", name="Install").click()
    expect(page.get_by_role("alert")).to_contain_text("Not installed.")
    address.fill(jira.descriptor_url or "")
    page.get_by_role("button", name="Install").click()
    expect(page.get_by_role("button", name="Re-install")).to_be_visible()


PAGES = [
    "/",
    "/browse/DEMO-7",
    "/boards/DEMO",
    "/issues",
    "/projects/DEMO/settings",
    "/admin/apps",
    "/mailbox",
    "/wire",
]
PAGES += ["/faults", "/projects/DEMO/settings/apps/rapport-jira/project-settings", "/browse/NOPE-1"]


def test_every_page_says_what_it_is_and_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for path in PAGES:
        page.goto(f"{path}?as=Ada Admin")
        expect(page.get_by_text("Local stand-in, not Jira")).to_be_visible()
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, path
