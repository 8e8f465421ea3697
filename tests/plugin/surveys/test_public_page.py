"""The public page as customers, mail scanners and mischief-makers meet it, on both engines."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from plugin.domain import LANGUAGES
from plugin.invitations import service as invitations
from plugin.invitations.store import invitation
from tests.databases import everything
from tests.plugin.asking import BASE_URL, DESK, HAND, NOW, Asked, Clock, asked

SCANNER = {"User-Agent": "LinkScanner/2.1"}


def every_row(survey: Asked) -> dict[str, list[tuple[Any, ...]]]:
    return everything(survey.ports.database.engine.url.render_as_string(hide_password=False))


def chosen(page: TestResponse) -> list[str]:
    return re.findall(r'<input checked[^>]*value="(\d)"', page.text)


def test_a_customer_answers_and_reads_the_answer_again(survey: Asked) -> None:
    sent = survey.send(satisfaction="2", comment="Search is slow.\r\nThe rest is fine.")
    assert sent.status_code == 303
    assert sent.headers["Location"] == f"/s/{survey.token}?lang=en"
    (stored,) = survey.responses()
    assert (stored["score"], stored["comment"]) == (2, "Search is slow.\nThe rest is fine.")
    assert (stored["language"], stored["version"], stored["answered_at"]) == ("en", 1, NOW)

    page = survey.open("?lang=en").text
    assert "Thank you, your answer has arrived" in page
    assert "<strong>2</strong> Dissatisfied" in page
    assert "Search is slow.\nThe rest is fine." in page


def test_what_follows_from_an_answer_is_queued_with_it(survey: Asked) -> None:
    assert "fields" not in survey.jobs()
    survey.send(satisfaction="4")
    assert survey.jobs().count("fields") == 1


def test_looking_writes_nothing_however_often_and_by_whomever(survey: Asked) -> None:
    before = every_row(survey)
    client = survey.app.test_client()
    for score in range(1, 6):
        for method in ("GET", "HEAD", "OPTIONS") * 3:
            answer = client.open(f"/s/{survey.token}?score={score}", method=method, base_url=BASE_URL, headers=SCANNER)
            assert answer.status_code == 200
    assert every_row(survey) == before


def test_other_methods_are_refused(survey: Asked) -> None:
    client = survey.app.test_client()
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        assert client.open(f"/s/{survey.token}", method=method, base_url=BASE_URL).status_code == 405


def test_a_tap_in_the_mail_only_pre_selects(survey: Asked) -> None:
    assert chosen(survey.open("?score=4")) == ["4"]
    assert survey.responses() == []


def test_a_tap_that_is_no_score_is_ignored(survey: Asked) -> None:
    for score in ("0", "6", "x", "&score=4", "%00", "4%22%3E%3Cscript%3E"):
        page = survey.open(f"?score={score}")
        assert page.status_code == 200
        assert chosen(page) == []
        assert "<script>" not in page.text


def test_the_same_answer_twice_is_one(survey: Asked) -> None:
    nonce = survey.nonce()
    survey.send(satisfaction="5", comment="Mine.", nonce=nonce)
    assert survey.send(satisfaction="5", comment="Mine.", nonce=nonce).status_code == 303
    assert [(row["score"], row["comment"]) for row in survey.responses()] == [(5, "Mine.")]
    assert survey.jobs().count("fields") == 1


def test_another_answer_from_an_old_page_is_offered_and_not_taken(survey: Asked) -> None:
    nonce = survey.nonce()
    survey.send(satisfaction="5", comment="Mine.", nonce=nonce)
    again = survey.send(satisfaction="1", comment="On second thoughts.", nonce=nonce)
    assert again.status_code == 200
    assert "You have already answered" in again.text
    assert chosen(again) == ["1"]
    assert "On second thoughts." in again.text
    assert [(row["score"], row["comment"]) for row in survey.responses()] == [(5, "Mine.")]
    assert survey.press(again, satisfaction="1", comment="On second thoughts.").status_code == 303
    assert [row["score"] for row in survey.responses() if row["counted"]] == [1]


def test_a_double_click_is_one_answer(survey: Asked) -> None:
    nonce = survey.nonce()
    with ThreadPoolExecutor(8) as clicks:
        answers = list(clicks.map(lambda score: survey.send(satisfaction=score, nonce=nonce), "1234512345"))
    assert {answer.status_code for answer in answers} == {200, 303}
    assert len(survey.responses()) == 1


def test_without_a_good_nonce_nothing_is_stored_and_nothing_is_lost(survey: Asked) -> None:
    for nonce in (None, "", "x", "A" * 4000):
        answer = survey.send(satisfaction="3", comment="Took me a while to write.", nonce=nonce)
        assert answer.status_code == 400
        assert "Your answer has not been sent yet" in answer.text
        assert "Took me a while to write." in answer.text
        assert chosen(answer) == ["3"]
    assert survey.responses() == []


def test_a_page_that_was_open_for_days_asks_once_more_and_then_works(survey: Asked, clock: Clock) -> None:
    nonce = survey.nonce()
    clock.advance(hours=25)
    answer = survey.send(satisfaction="3", nonce=nonce)
    assert answer.status_code == 400
    assert "open for a long time" in answer.text
    fresh = re.search(r'name="nonce" value="([^"]+)"', answer.text)
    assert fresh
    assert survey.send(satisfaction="3", nonce=fresh[1]).status_code == 303


def test_a_nonce_of_another_survey_is_refused(survey: Asked, app: Flask, clock: Clock) -> None:
    rival = asked(app, clock, site="rival")
    assert survey.send(satisfaction="3", nonce=rival.nonce()).status_code == 400
    assert survey.responses() == rival.responses() == []


def test_a_wrong_score_is_explained_and_not_stored(survey: Asked) -> None:
    for score in ("-1", "0", "6", "1e9", "5 OR 1=1", "NaN", "4.5", "", None, ["4", "5"], "[]", "{}"):
        answer = survey.send(satisfaction=score)
        assert answer.status_code == 400
        assert 'id="satisfaction-wrong"' in answer.text
        assert 'href="#satisfaction-0"' in answer.text
        assert not re.search('score=(?![1-5]")', answer.text)
    assert survey.responses() == []


def test_a_wrong_comment_is_explained_and_the_rest_is_kept(survey: Asked) -> None:
    for comment in ("a\x00b", "x" * 4001, ["a", "b"]):
        answer = survey.send(satisfaction="4", comment=comment)
        assert answer.status_code == 400
        assert 'id="comment-wrong"' in answer.text
        assert chosen(answer) == ["4"]
    assert survey.responses() == []


def test_the_longest_text_in_any_writing_fits(survey: Asked) -> None:
    assert survey.send(comment="🙂" * 4000).status_code == 303


def test_a_body_that_no_answer_needs_is_refused(survey: Asked) -> None:
    assert survey.send(satisfaction="4", comment="x" * 70_000).status_code == 413
    assert survey.responses() == []


def test_a_body_of_another_kind_is_an_empty_form(survey: Asked) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data", ""):
        answer = survey.app.test_client().post(
            f"/s/{survey.token}", base_url=BASE_URL, data=b'{"satisfaction": 4}', content_type=kind
        )
        assert answer.status_code == 400
    assert survey.responses() == []


def test_unknown_links_all_get_the_same_page(survey: Asked) -> None:
    client = survey.app.test_client()
    tokens = ["A" * 43, survey.token.swapcase(), survey.token[:-1], "x" * 4096, "%00", "é", "eyJhbGci.e30.", "'--"]
    answers = [client.get(f"/s/{token}", base_url=BASE_URL) for token in tokens]
    answers += [client.post(f"/s/{token}", base_url=BASE_URL, data={"satisfaction": "4"}) for token in tokens]
    assert {answer.status_code for answer in answers} == {404}
    assert len({(answer.text, str(answer.headers)) for answer in answers}) == 1
    assert "We cannot find this survey" in answers[0].text


def test_an_expired_link_says_so_and_names_nobody(survey: Asked, clock: Clock) -> None:
    nonce = survey.nonce()
    clock.advance(days=30)
    for answer in (survey.open(), survey.send(satisfaction="4", nonce=nonce)):
        assert answer.status_code == 410
        assert "The time to answer is over" in answer.text
        assert not re.search("Mara|Nordlicht|Web shop|wholesale", answer.text)
    assert survey.responses() == []


def test_after_the_expiry_the_page_thanks_without_the_answer(survey: Asked, clock: Clock) -> None:
    survey.send(satisfaction="4", comment="Between us.")
    clock.advance(days=30)
    page = survey.open()
    assert page.status_code == 200
    assert not re.search("Between us|Web shop|<form|change=1", page.text)


def test_an_erased_invitation_is_an_unknown_link(survey: Asked) -> None:
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        tx.execute(sa.delete(invitation).where(invitation.c.tenant_id == survey.tenant_id))
    assert survey.open().status_code == 404


def test_links_of_a_site_that_left_are_dead(survey: Asked) -> None:
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        invitations.kill_links(tx, NOW)
    assert survey.open().status_code == 410


def test_a_link_of_one_site_never_touches_another(survey: Asked, app: Flask, clock: Clock) -> None:
    rival = asked(app, clock, site="rival")
    survey.send(satisfaction="1", tenant_id=str(rival.tenant_id), invitation_id=str(rival.invitation_id))
    assert len(survey.responses()) == 1
    assert rival.responses() == []


def test_the_page_speaks_the_contacts_language_until_another_is_picked(app: Flask, clock: Clock) -> None:
    german = asked(app, clock, language="de")
    assert "Wie zufrieden sind Sie mit dieser Lieferung?" in german.open(headers={"Accept-Language": "fr"}).text
    assert "Êtes-vous satisfait de cette livraison" in german.open("?lang=fr").text
    assert '<html lang="de" dir="ltr">' in german.open("?lang=xx%22%3E").text
    german.send("?lang=fr", satisfaction="4")
    assert german.responses()[0]["language"] == "fr"


def test_a_page_about_nobody_speaks_the_browsers_language(survey: Asked) -> None:
    unknown = replace(survey, token="A" * 43)
    assert '<html lang="ja" dir="ltr">' in unknown.open(headers={"Accept-Language": "tlh,ja-JP,en;q=0.5"}).text
    assert '<html lang="ar" dir="rtl">' in unknown.open("?lang=ar").text


def test_the_page_is_whole_in_every_language(survey: Asked) -> None:
    for language in LANGUAGES:
        page = survey.open(f"?lang={language}&score=4").text
        assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
        assert page.count('type="radio"') == 5
        assert (language == "en") == ("Send answer" in page)
        assert f'"?lang={language}&amp;score=4" lang="{language}" hreflang="{language}" aria-current="true"' in page


def test_the_page_is_light_has_one_script_of_ours_and_loads_nothing_from_elsewhere(survey: Asked) -> None:
    css, script = (
        (Path(survey.app.static_folder or "") / name).read_text(encoding="utf-8")
        for name in ("public.css", "survey.js")
    )
    for language in LANGUAGES:
        page = survey.open(f"?lang={language}").text
        assert len((page + css + script).encode()) < 30_000
        assert re.findall(r"<script[^>]*>", page) == ['<script src="/static/survey.js" defer>']
        assert not re.search(r"\son\w+=|style=|https?://", page)
    assert "url(" not in css
    assert '<meta name="robots" content="noindex, nofollow">' in page


def test_browsers_keep_nothing_and_frames_are_refused(survey: Asked) -> None:
    headers = survey.open().headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Set-Cookie" not in headers


def test_hostile_texts_are_shown_as_text(survey: Asked) -> None:
    hostile = {"summary": "<script>alert(1)</script>", "projectName": '"><img src=x onerror=alert(1)>'}
    mine = invitation.c.tenant_id == survey.tenant_id
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        tx.execute(sa.update(invitation).where(mine).values(context=hostile))
    before = survey.open().text
    survey.send(satisfaction="1", comment="</textarea><script>alert(2)</script>")
    for page in (before, survey.open().text):
        assert "&lt;script" in page
        assert not re.search("<script>|<img", page)


def begun(survey: Asked) -> Any:
    with survey.ports.database.reading(survey.tenant_id) as tx:
        return invitations.get(tx, survey.invitation_id).begun_at


def tell(survey: Asked, **form: str) -> int:
    fields = {"nonce": survey.nonce(), "gesture": HAND, **form}
    return survey.client(DESK).post(f"/s/{survey.token}/begun", base_url=BASE_URL, data=fields).status_code


def test_only_a_hand_begins_and_only_before_the_answer(survey: Asked) -> None:
    survey.open("?score=4")
    for machine in (
        {"gesture": ""},
        {"gesture": "mouse 0 0 5"},
        {"nonce": "made up"},
        {"more": "x", "gesture": "key 0 0 0"},
    ):
        assert tell(survey, **machine) == 204
    assert survey.client(DESK).get(f"/s/{survey.token}/begun", base_url=BASE_URL).status_code == 405
    assert begun(survey) is None
    assert tell(survey) == 204
    assert begun(survey) == NOW
    survey.clock.advance(minutes=5)
    tell(survey)
    assert begun(survey) == NOW
    assert survey.client(DESK).post(f"/s/{'A' * 43}/begun", base_url=BASE_URL).status_code == 404


def test_after_the_answer_nothing_begins(survey: Asked) -> None:
    nonce = survey.nonce()
    survey.send(satisfaction="4")
    assert tell(survey, nonce=nonce) == 204
    assert begun(survey) is None
