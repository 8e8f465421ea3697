"""Class S: answers that nobody gave: scanners, forged forms, ratings that are none, another site's survey."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser

from plugin.app import create_app
from plugin.database import metadata
from plugin.invitations.store import invitation
from plugin.settings import load_settings
from tests.conformance.cases import case
from tests.conformance.customer import another, beside, database, dump, look
from tests.conformance.target import environment_of
from tests.free_ports import free_port
from tests.plugin.asking import PHONE, Asked, Clock
from tests.running import serving as in_the_background

SCANNERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
    "BarracudaCentral/1.0",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Mimecast-URL-Protect",
    "facebookexternalhit/1.1",
    "",
)


@case("S03")
@pytest.mark.parametrize("agent", SCANNERS)
def test_a_scanner_that_opens_every_link_thrice_answers_nothing(survey: Asked, agent: str) -> None:
    before = dump(survey)
    for query in ("", *(f"?score={score}" for score in range(1, 6))):
        for method in ("GET", "HEAD", "OPTIONS") * 3:
            path = f"/s/{survey.token}{query}"
            assert look(survey, path, method, headers={"User-Agent": agent}).status_code == 200
    assert dump(survey) == before
    assert survey.responses() == []


@case("S04")
def test_a_browser_that_only_looks_answers_nothing(database_url: str, browser: Browser) -> None:
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    environment = environment_of(database_url, RAPPORT_BASE_URL=here, RAPPORT_DEVELOPMENT="1")
    app = create_app(load_settings(environment), Clock())
    survey = another(app, Clock())
    with in_the_background(app, port):
        page = browser.new_page()
        for query in ("?score=5", ""):
            page.goto(f"{here}/s/{survey.token}{query}", wait_until="networkidle")
            page.locator("form").wait_for()
        page.mouse.move(100, 100)
        page.mouse.wheel(0, 5_000)
        page.reload(wait_until="networkidle")
        page.close()
        assert survey.responses() == []
    database(app).close()


@case("S05")
def test_an_answer_that_is_not_from_a_fresh_page_of_this_survey_is_refused(survey: Asked) -> None:
    old, others = survey.nonce(), beside(survey).nonce()
    for nonce in (None, "", "x", others, survey.token, [others, old], [old, old], "A" * 4_000):
        assert survey.send(satisfaction="4", nonce=nonce).status_code == 400
    survey.clock.advance(hours=25)
    assert survey.send(satisfaction="4", nonce=old).status_code == 400
    assert survey.responses() == []


@case("S06")
def test_sent_twice_or_from_two_tabs_is_one_answer(survey: Asked) -> None:
    tabs, words = [survey.nonce(), survey.nonce()], {"satisfaction": "4", "comment": "My words."}
    with ThreadPoolExecutor(8) as clicks:
        clicked = list(clicks.map(lambda n: survey.send(**words, nonce=tabs[n % 2]).status_code, range(10)))
    assert clicked == [303] * 10
    again = survey.send(satisfaction="1", comment="Other words.", nonce=tabs[0])
    elsewhere = survey.send(place=PHONE, satisfaction="1", comment="Their words.", nonce=tabs[1])
    for sent in (again, elsewhere):
        assert (sent.status_code, "You have already answered" in sent.text) == (200, True)
    for shown in (elsewhere, survey.open(place=PHONE), survey.open("?change=1", place=PHONE)):
        assert not re.search(r"words\.|Web shop|Mara", shown.text)
    assert [(row["score"], row["comment"]) for row in survey.responses() if row["counted"]] == [(4, "My words.")]


@case("S09")
@pytest.mark.parametrize(
    "rating",
    ["-1", "0", "6", "1e9", "5 OR 1=1", "NaN", "4.5", "[4]", "{}", " 4", "4 ", "+4", "04", "4\x00", "４", "٤", ""],
)
def test_a_rating_that_is_none_is_refused(survey: Asked, rating: str) -> None:
    assert survey.send(satisfaction=rating).status_code == 400
    assert survey.send(satisfaction=[rating, "4"]).status_code == 400
    assert survey.send(satisfaction=None).status_code == 400
    assert survey.send(satisfaction=["4", "4"]).status_code == 400
    assert survey.send(satisfaction=None, **{"satisfaction[]": "4"}).status_code == 400
    assert survey.responses() == []


@case("S12")
def test_the_page_tells_the_project_and_the_summary_and_nothing_else(survey: Asked) -> None:
    secret = {
        "assignee": "account-of-tom",
        "status": "Secretly done",
        "issueType": "Bugbear",
        "projectKey": "SECRETKEY",
    }
    shown = {"summary": "Order form", "projectName": "Web shop"}
    mine = invitation.c.tenant_id == survey.tenant_id
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        tx.execute(sa.update(invitation).where(mine).values(context={**shown, **secret}))
    pages = [survey.open(), survey.open("?score=4"), survey.send(satisfaction="9")]
    survey.send(satisfaction="4", comment="My words.")
    pages.append(survey.open())
    hidden = [*secret.values(), "mara.lindt", "Lindt", "Nordlicht", "SHOP-7", "10007", "10000", "client-", "atlassian"]
    for page in pages:
        assert all(text in page.text for text in shown.values())
        assert [text for text in hidden if text in page.text] == []
        assert '<meta name="robots" content="noindex, nofollow">' in page.text


@case("S19")
def test_a_link_reaches_its_own_sites_survey_whatever_comes_with_it(survey: Asked) -> None:
    rival = beside(survey)
    theirs = {
        "tenant_id": str(rival.tenant_id),
        "invitation_id": str(rival.invitation_id),
        "token": rival.token,
        "clientKey": "client-rival",
    }
    query = "?" + "&".join(f"{name}={value}" for name, value in theirs.items())
    before = _of_tenant(survey, rival.tenant_id)
    assert survey.send(query, satisfaction="1", nonce=rival.nonce(), **theirs).status_code == 400
    assert survey.send(query, satisfaction="1", **theirs).status_code == 303
    (stored,) = survey.responses()
    assert (stored["tenant_id"], stored["invitation_id"]) == (survey.tenant_id, survey.invitation_id)
    assert rival.responses() == []
    assert _of_tenant(survey, rival.tenant_id) == before


def _of_tenant(survey: Asked, tenant_id: int) -> dict[str, list[Any]]:
    """Every row that names the tenant."""
    rows = dump(survey)
    return {
        table.name: [row for row in rows[table.name] if row[list(table.c.keys()).index("tenant_id")] == tenant_id]
        for table in metadata.sorted_tables
        if "tenant_id" in table.c
    }
