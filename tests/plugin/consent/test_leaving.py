"""A person leaves surveys, and comes back; machines that look at everything, and press what they see, do neither."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from plugin.customers import service as customers
from plugin.customers.consent import ConsentWay
from plugin.domain import LANGUAGES
from plugin.invitations import service as invitations
from tests.conformance.cases import case
from tests.plugin.asking import BASE_URL, Asked, Clock, asked

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def page(survey: Asked, query: str = "", **more: str) -> TestResponse:
    return survey.app.test_client().get(f"/s/{survey.token}/unsubscribe{query}", base_url=BASE_URL, headers=more)


def send(survey: Asked, query: str = "", **form: str) -> TestResponse:
    """As the page's own form does."""
    fields = dict(re.findall(r'name="(nonce|wanted)" value="([^"]+)"', page(survey).text)) | form
    return post(survey, fields, query)


def post(survey: Asked, fields: dict[str, str], query: str = "") -> TestResponse:
    return survey.app.test_client().post(f"/s/{survey.token}/unsubscribe{query}", base_url=BASE_URL, data=fields)


def is_out(survey: Asked) -> bool:
    with survey.ports.database.reading(survey.tenant_id) as tx:
        contact_id = invitations.get(tx, survey.invitation_id).contact_id
        return customers.get_contact(tx, contact_id).opted_out_at is not None


def ways(survey: Asked) -> list[tuple[bool, ConsentWay]]:
    with survey.ports.database.reading(survey.tenant_id) as tx:
        contact = customers.get_contact(tx, invitations.get(tx, survey.invitation_id).contact_id)
        return [(change.wants_surveys, change.way) for change in customers.last_consent_changes(tx, [contact]).values()]


def test_the_button_leaves_and_the_same_page_comes_back(survey: Asked) -> None:
    assert "Do you want no more surveys?" in page(survey).text
    gone = send(survey)
    assert (gone.status_code, gone.location) == (303, f"/s/{survey.token}/unsubscribe?lang=en")
    assert is_out(survey)
    assert "You will get no more surveys" in page(survey).text
    assert send(survey).status_code == 303
    assert not is_out(survey)
    assert ways(survey) == [(True, ConsentWay.LINK)]


def test_leaving_surveys_does_not_close_the_survey_that_is_open(survey: Asked) -> None:
    send(survey)
    assert survey.open().status_code == 200
    assert survey.send(satisfaction="4").status_code == 303


@case("M08")
def test_one_click_leaves_by_post_and_by_nothing_else(survey: Asked) -> None:
    client, address = survey.app.test_client(), f"/s/{survey.token}/unsubscribe"
    for _ in range(3):
        assert client.get(address, base_url=BASE_URL).status_code == 200
        assert client.head(address, base_url=BASE_URL).status_code == 200
        assert client.options(address, base_url=BASE_URL).status_code == 200
        assert client.get(f"{address}?List-Unsubscribe=One-Click", base_url=BASE_URL).status_code == 200
    for method in (client.put, client.delete, client.patch):
        assert method(address, base_url=BASE_URL, data=ONE_CLICK).status_code == 405
    assert not is_out(survey)
    assert post(survey, ONE_CLICK).status_code == 204
    assert is_out(survey)
    assert ways(survey) == [(False, ConsentWay.ONE_CLICK)]
    assert post(survey, ONE_CLICK).status_code == 204  # mail programs send it twice


def test_one_click_may_come_as_a_form_of_parts(survey: Asked) -> None:
    """RFC 8058 section 3.1 allows both encodings."""
    address = f"/s/{survey.token}/unsubscribe"
    sent = survey.app.test_client().post(address, base_url=BASE_URL, data=ONE_CLICK, content_type="multipart/form-data")
    assert sent.status_code == 204
    assert is_out(survey)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"wanted": "no"},
        {"wanted": "no", "nonce": "made up"},
        {"wanted": "maybe"},
        {"wanted": ""},
        {"List-Unsubscribe": "one-click"},
        {"List-Unsubscribe": ""},
        {"list-unsubscribe": "One-Click"},
    ],
)
def test_anything_else_changes_nothing_and_shows_the_page(survey: Asked, fields: dict[str, str]) -> None:
    refused = post(survey, fields)
    assert refused.status_code == 400
    assert "Nothing has been changed yet" in refused.text
    assert not is_out(survey)


def test_a_page_of_another_person_changes_nothing(survey: Asked, clock: Clock) -> None:
    other = asked(survey.app, clock, "rival")
    (nonce,) = re.findall(r'name="nonce" value="([^"]+)"', page(other).text)
    assert send(survey, nonce=nonce).status_code == 400
    assert not is_out(survey)
    assert not is_out(other)


def test_an_old_page_asks_for_one_more_press(survey: Asked, clock: Clock) -> None:
    fields = dict(re.findall(r'name="(nonce|wanted)" value="([^"]+)"', page(survey).text))
    clock.advance(hours=25)
    assert post(survey, fields).status_code == 400
    assert not is_out(survey)


def test_one_can_leave_when_the_time_to_answer_is_long_over(survey: Asked, clock: Clock) -> None:
    clock.advance(days=400)
    assert survey.open().status_code == 410
    assert send(survey).status_code == 303
    assert is_out(survey)


def test_leaving_counts_for_every_contact_of_the_same_address_and_for_no_other_site(
    survey: Asked, clock: Clock
) -> None:
    other = asked(survey.app, clock, "rival")
    send(survey)
    assert is_out(survey)
    assert not is_out(other)


@pytest.mark.parametrize("token", ["A" * 43, "short", "A" * 43 + "%00", "..%2f.."])
def test_a_link_that_is_none_of_ours_says_nothing(survey: Asked, token: str) -> None:
    for ask in (survey.app.test_client().get, survey.app.test_client().post):
        answer = ask(f"/s/{token}/unsubscribe", base_url=BASE_URL)
        assert answer.status_code == 404
        assert "Mara" not in answer.text


def test_after_an_uninstall_the_link_is_over(survey: Asked) -> None:
    with survey.ports.database.transaction(survey.tenant_id) as tx:
        invitations.kill_links(tx, survey.clock())
    assert page(survey).status_code == 410
    assert post(survey, ONE_CLICK).status_code == 410


def test_a_big_body_is_refused(survey: Asked) -> None:
    assert post(survey, {"wanted": "x" * 10_000}).status_code == 413


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_the_persons_language(survey: Asked, language: str) -> None:
    text = page(survey, f"?lang={language}").text
    assert f'lang="{language}"' in text
    assert ("Do you want no more surveys?" in text) == (language == "en")
    assert len(text.encode()) < 30_000
    assert "<script" not in text


def test_it_tells_nobody_who_somebody_is(survey: Asked) -> None:
    for word in ("Mara", "nordlicht", "Nordlicht"):
        assert word not in page(survey).text
