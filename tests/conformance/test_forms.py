"""Forms as nobody's browser sends them, on every route that takes one."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

import pytest
import requests

from tests.conformance.story import Told
from tests.flow.cast import project_id, survey_link

ODD_TEXTS: tuple[Any, ...] = (
    ["a", "b"],
    "[]",
    "{}",
    "",
    "9" * 5000,
    "1e3",
    "-1",
    b"\xed\xa0\x80",
    b"\xff",
    "\u202e\u2028",
)
TICKED = ("y", "yes", "on", "1")  # a box is ticked, whatever is sent for it
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
MANY_PARTS = {
    "a hundred thousand": ("multipart/form-data; boundary=x", PART * 100_000 + b"--x--\r\n"),
    "a thousand": ("multipart/form-data; boundary=x", PART * 1_000 + b"--x--\r\n"),
    "fields": ("application/x-www-form-urlencoded", b"a=1&" * 100_000),
}


def forms_of(told: Told) -> list[tuple[str, str, dict[str, Any]]]:
    """Every form that the story sent on the first site: method, address, fields."""
    return [(each.method, each.path, each.form) for each in told.recorded if each.site == "acme" and each.form]


def test_nul_in_any_field_is_explained_and_not_stored(told: Told) -> None:
    before = told.rows_of(told.site)
    for method, path, form in forms_of(told):
        if path.endswith("/advice"):
            continue  # it gives advice on whatever is there
        for field in [name for name, sent in form.items() if sent not in TICKED]:
            answer = told.replay_form(method, path, {**form, field: "a\0b"})
            assert answer.status_code in (400, 404, 422), (path, field)
    assert told.rows_of(told.site) == before


def test_an_odd_value_in_any_field_breaks_nothing(spoilt: Told, engine: str) -> None:
    """Each field is sent half of them in turn on PostgreSQL, which is the stricter one, and two on SQLite."""
    odd_texts = cycle(ODD_TEXTS)
    for method, path, form in forms_of(spoilt):
        for field in form:
            for odd in islice(odd_texts, len(ODD_TEXTS) // 2 if engine == "postgresql" else 2):
                answer = spoilt.replay_form(method, path, {**form, field: odd})
                assert answer.status_code < 500, (path, field, odd)


@pytest.mark.parametrize("kind", MANY_PARTS)
def test_a_form_of_very_many_parts_is_too_large_wherever_it_is_sent(told: Told, kind: str) -> None:
    content_type, body = MANY_PARTS[kind]
    answer = told.replay_raw(f"/projects/{project_id(told)}/customers", content_type, body)
    assert (answer.status_code, answer.json()) == (413, {"error": "payload_too_large"})
    link = survey_link(told.mails_to("acme-canary@nordlicht.example")[0])
    sent = requests.post(link, data=body, headers={"Content-Type": content_type}, timeout=60)
    assert (sent.status_code, "<h1>" in sent.text) == (413, True)
