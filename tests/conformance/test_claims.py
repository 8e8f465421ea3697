"""Class C: what the claims of a token must say, beyond being well signed."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import pytest

from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import DOORS, PAGE, SCRIPT, SECRET_DOORS, UNINSTALL, Door
from tests.conformance.refusals import refuses
from tests.conformance.target import Request, Target
from tests.connect.world import ADA, APP_KEY, BASE_URL, DROP, NOW

SECONDS = int(NOW.timestamp())
USER_DOORS = (PAGE, SCRIPT)
every_door = pytest.mark.parametrize("door", DOORS, ids=str)
every_secret_door = pytest.mark.parametrize("door", SECRET_DOORS, ids=str)
every_user_door = pytest.mark.parametrize("door", USER_DOORS, ids=str)


def claiming(app: Target, door: Door, **changes: Any) -> Request:
    """A well-signed call of Acme's with other claims."""
    return door.good_call(app, app.acme, **changes)


def claiming_raw(app: Target, door: Door, name: str, spelling: str) -> Request:
    """The same with a claim spelled as no JSON library would."""
    marker = "0000marker0000"
    payload = json.dumps(door.claims(app, app.acme, **{name: marker})).replace(f'"{marker}"', spelling)
    return door.call(app.acme, door.sign_raw(app, app.acme, payload.encode()))


@case("C01")
@every_door
def test_a_token_says_who_issued_it(app: Target, door: Door) -> None:
    refuses(app, claiming(app, door, iss=DROP), "missing_claim")


@case("C02")
@every_door
@pytest.mark.parametrize(
    "issuer",
    [None, 5, 5.5, True, [], ["acme"], {}, {"iss": "acme"}, "", " ", "a b", "é", "a\n", "x" * 256, "x" * 5_000],
    ids=lambda it: repr(it)[:20],
)
def test_the_issuer_is_a_short_text(app: Target, door: Door, issuer: Any) -> None:
    token = door.sign_raw(app, app.acme, json.dumps(door.claims(app, app.acme, iss=issuer)).encode())
    refuses(app, door.call(app.acme, token), "bad_claim")


@case("C03")
@every_secret_door
def test_an_unknown_issuer_learns_nothing(app: Target, door: Door) -> None:
    """Neither from the answer nor, by more than some thousandths of a second, from its time."""
    gone = app.installed_site()
    app.send(UNINSTALL.good_call(app, gone))
    key = app.acme.client_key
    for name in (key.upper(), key + "0", key[:-1], "%", "*", "'OR'1'='1", "nobody"):
        unknown = refuses(app, claiming(app, door, iss=name), "unknown_tenant")
    left = refuses(app, door.good_call(app, gone), "tenant_uninstalled")
    assert (left.data, sorted(left.headers)) == (unknown.data, sorted(unknown.headers))
    of_gone, of_unknown = least_seconds(app, door.good_call(app, gone), claiming(app, door, iss="nobody"))
    assert abs(of_gone - of_unknown) < 0.005


def least_seconds(app: Target, *requests: Request) -> list[float]:
    """What each takes when nothing else gets in its way."""
    taken: list[list[float]] = [[] for _ in requests]
    for _ in range(40):
        for times, request in zip(taken, requests, strict=True):
            before = time.thread_time()
            app.send(request)
            times.append(time.thread_time() - before)
    return [min(times) for times in taken]


@case("C04")
@every_secret_door
def test_a_site_that_left_has_no_say(app: Target, door: Door) -> None:
    site = app.installed_site()
    assert app.send(door.good_call(app, site)).status_code == door.accepted
    app.send(UNINSTALL.good_call(app, site))
    refuses(app, door.good_call(app, site), "tenant_uninstalled")


@case("C06")
@every_secret_door
def test_our_own_app_is_no_site(app: Target, door: Door) -> None:
    for name in (APP_KEY, BASE_URL):
        refuses(app, claiming(app, door, iss=name, aud=app.acme.client_key), "unknown_tenant")


@case("C07")
@every_door
def test_a_token_expires(app: Target, door: Door) -> None:
    refuses(app, claiming(app, door, exp=DROP), "missing_claim")


@case("C08")
@every_door
@pytest.mark.parametrize("ago", [30, 31, 60, 3_600, 86_400, SECONDS])
def test_an_expired_token_is_refused(app: Target, door: Door, ago: int) -> None:
    refuses(app, claiming(app, door, exp=SECONDS - ago, iat=max(SECONDS - ago - 180, 0)), "expired")


@case("C09")
@every_door
@pytest.mark.parametrize(
    "times",
    [{"exp": -29, "iat": -209}, {"iat": 20, "exp": 200}, {"iat": 30, "exp": 210}, {"iat": 0, "exp": 3_600}],
    ids=str,
)
def test_clocks_may_differ_by_half_a_minute(app: Target, door: Door, times: dict[str, int]) -> None:
    site = app.installed_site()
    changes = {name: SECONDS + offset for name, offset in times.items()}
    assert app.send(door.good_call(app, site, **changes)).status_code == door.accepted


ODD_NUMBERS = (
    "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "[]", f"[{SECONDS + 60}]", "{}", "null", "true", "false",
    f'"{SECONDS + 60}"', '""', "-1", f"{SECONDS + 60}.0", f"{SECONDS + 60}.5", f"{SECONDS + 60}e0", "1" + "0" * 400,
    "1" + "0" * 5_000, "-" + "1" * 400, "1.79e308",
)  # fmt: skip


@case("C10")
@every_door
def test_an_expiry_is_a_whole_number_of_seconds(app: Target, door: Door) -> None:
    for spelling in ODD_NUMBERS:
        refuses(app, claiming_raw(app, door, "exp", spelling), "bad_claim")
    for spelling in ("0", "-0", "1"):
        refuses(app, claiming_raw(app, door, "exp", spelling), "bad_claim")  # issued after its expiry


@case("C11")
@every_door
@pytest.mark.parametrize("seconds", [3_601, 86_400, 10 * 365 * 86_400, 2**63 - SECONDS - 1, 10**18])
def test_an_hour_is_the_longest_life(app: Target, door: Door, seconds: int) -> None:
    refuses(app, claiming(app, door, exp=SECONDS + seconds), "lifetime_too_long")


@case("C12")
@every_door
def test_a_token_was_issued_before_now_and_before_its_expiry(app: Target, door: Door) -> None:
    refuses(app, claiming(app, door, iat=DROP), "bad_claim")
    refuses(app, claiming(app, door, iat=SECONDS + 181), "bad_claim")
    for ahead in (31, 3_600, 10**9):
        refuses(app, claiming(app, door, iat=SECONDS + ahead, exp=SECONDS + ahead + 60), "not_yet_valid")
    for spelling in ODD_NUMBERS:
        refuses(app, claiming_raw(app, door, "iat", spelling), "bad_claim")


@case("C13")
@every_door
def test_a_token_is_not_valid_before_its_time(app: Target, door: Door) -> None:
    for ahead in (31, 60, 10**9):
        refuses(app, claiming(app, door, nbf=SECONDS + ahead), "not_yet_valid")
    for spelling in ODD_NUMBERS:
        refuses(app, claiming_raw(app, door, "nbf", spelling), "bad_claim")


ODD_AUDIENCES = (
    "https://another-app.example", BASE_URL + "/x", BASE_URL.upper(), APP_KEY + "2", "", " ", None, 5, True, {}, [], [[]],
    [BASE_URL, "https://another-app.example"], [BASE_URL, BASE_URL], [[BASE_URL]], {"0": BASE_URL},
)  # fmt: skip


@case("C15")
@every_secret_door
def test_an_audience_if_there_is_one_is_us(app: Target, door: Door) -> None:
    for audience in (*ODD_AUDIENCES, app.globex.client_key, [app.globex.client_key]):
        refuses(app, claiming(app, door, aud=audience), "wrong_audience")
    for audience in (BASE_URL, [BASE_URL], APP_KEY, app.acme.client_key):
        assert app.send(claiming(app, door, aud=audience)).status_code == door.accepted


@case("C16")
@every_secret_door
@pytest.mark.parametrize("trouble", ["away", "broken"])
def test_a_database_that_is_down_is_no_verdict(new_target: NewTarget, door: Door, trouble: str) -> None:
    app = new_target()
    request = door.good_call(app, app.acme)
    app.break_database(trouble)
    with app.log() as lines:
        answer = app.send(request)
    assert (answer.status_code, [line.get("reason") or line for line in lines]) == (503, ["database_unavailable"])
    assert (answer.headers["Retry-After"], answer.headers["Cache-Control"]) == ("5", "no-store")


@case("C17")
@every_user_door
@pytest.mark.parametrize("nobody", [DROP, None], ids=repr)
def test_pages_need_a_user(app: Target, door: Door, nobody: Any) -> None:
    refuses(app, claiming(app, door, sub=nobody), "no_user", status=403)


@case("C18")
@every_secret_door
def test_a_user_is_named_by_a_short_plain_text(app: Target, door: Door) -> None:
    for odd in (5, True, 1.5, [], [ADA], {}, "", " ", "a b", "a" * 129, "é", "a/../b", "a\n", "<b>", ADA + "\n"):
        refuses(app, claiming(app, door, sub=odd), "bad_claim")
    refuses(app, claiming(app, door, sub="a" * 5_000), "bad_claim")
    if door in USER_DOORS:
        for kind in ("557058:app", "qm:portal-customer", ADA.upper(), "unknown"):
            stranger = f"{kind}-{uuid.uuid4().hex}"
            refuses(app, claiming(app, door, sub=stranger), "no_permission", status=403, calls=1)


HOSTILE_CONTEXTS = (
    5, "text", [], [{}], None, {"jira": None}, {"jira": []}, {"jira": {"issue": 5}}, {"jira": {"issue": {"id": []}}},
    {"jira": {"issue": {"id": "1 OR 1=1"}, "project": {"id": {"$ne": 1}}}}, {"jira": {"issue": {"id": -1}}},
    {"user": {"accountId": "712020:somebody-else"}}, {"jira": {"issue": {"id": "9" * 500}}}, {"tenant": 1, "role": "admin"},
)  # fmt: skip


@case("C19")
@every_secret_door
def test_what_the_context_says_is_never_trusted(app: Target, door: Door) -> None:
    for context in HOSTILE_CONTEXTS:
        assert app.send(claiming(app, door, context=context)).status_code == door.accepted
        if door in USER_DOORS:
            nobody = claiming(app, door, sub=DROP, context=context)
            refuses(app, nobody, "no_user", status=403)
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"jira": deep}
    refuses(app, claiming(app, door, context=deep), "malformed")
