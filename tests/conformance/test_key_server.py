"""Class J, second half: Atlassian's key server, which we ask by an id that anybody can make up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest
import requests

from connect import Unauthorized, Unavailable
from tests.conformance.cases import case
from tests.conformance.conftest import NewTarget
from tests.conformance.doors import INSTALL, LIFECYCLE_DOORS, PAGE, Door
from tests.conformance.internet import KEY_SERVER, answer
from tests.conformance.refusals import refuses
from tests.conformance.target import Request, Target, install_body, new_site, with_json
from tests.connect.world import AtlassianKey, HttpServer

FLOOD = 100_000
every_lifecycle_door = pytest.mark.parametrize("door", LIFECYCLE_DOORS, ids=str)


@pytest.fixture
def own(new_target: NewTarget) -> Target:
    return new_target()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with HttpServer().running() as running:
        yield running


def call(app: Target, door: Door, kid: str, key: AtlassianKey | None = None) -> Request:
    return door.call(app.acme, (key or app.key).sign(door.claims(app, app.acme), kid=kid))


@case("J24")
@every_lifecycle_door
def test_an_unknown_key_id_is_asked_about_once(own: Target, door: Door) -> None:
    refuses(own, call(own, door, "never/published"), "unknown_kid", calls=1)
    refuses(own, call(own, door, "never/published"), "unknown_kid", calls=0)
    assert own.internet.calls[-1] == f"GET {KEY_SERVER}never/published"


@case("J25")
def test_a_flood_of_unknown_key_ids_makes_few_calls_and_stops_no_install(own: Target) -> None:
    """The first thousand are whole requests; the rest ask the keys directly, which is where the limit lies."""
    called, keys = len(own.internet.calls), own.install_keys
    for number in range(1_000):
        assert own.send(call(own, INSTALL, f"made-up/{number}")).status_code in (401, 503)
    for number in range(1_000, FLOOD):
        with pytest.raises((Unauthorized, Unavailable)):
            keys.get_key(f"made-up/{number}")
    assert len(own.internet.calls) - called <= 60
    assert own.send(own.lifecycle(new_site())).status_code == 204
    refuses(own, call(own, INSTALL, "made-up/at-last"), "too_many_key_fetches", status=503)


TROUBLE = [
    requests.ConnectTimeout("slow"),
    requests.ReadTimeout("slow"),
    requests.ConnectionError("name or service not known"),
    requests.exceptions.SSLError("certificate verify failed"),
    requests.exceptions.ChunkedEncodingError("cut"),
]


@case("J26")
@pytest.mark.parametrize(
    "trouble", [*TROUBLE, 500, 502, 503, 504, 429, 400, "no key", "weak key", "never ends"], ids=lambda it: str(it)[:12]
)
def test_a_key_server_in_trouble_is_no_verdict(own: Target, server: HttpServer, trouble: object) -> None:
    url = f"{KEY_SERVER}some/new-key"
    if isinstance(trouble, Exception):
        own.internet.trouble = trouble
    elif isinstance(trouble, int):
        own.internet.answers[url] = partial(answer, status=trouble, body=b"")
    elif trouble == "never ends":
        server.answers["GET", "/slow"] = lambda _seen: time.sleep(1) or (200, {}, b"")
        own.internet.divert(url, f"{server.url}/slow")
    else:
        own.internet.keys["some/new-key"] = b"<html>" if trouble == "no key" else AtlassianKey(bits=1024).public_pem
    reason = {"no key": "key_unreadable", "weak key": "key_too_weak"}.get(str(trouble), "key_server_unreachable")
    if isinstance(trouble, int):
        reason = "key_server_failed"
    refuses(own, call(own, INSTALL, "some/new-key"), reason, status=503, calls=1)


@case("J28")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_key_server_that_points_elsewhere_is_not_followed(
    own: Target, server: HttpServer, thief: AtlassianKey, status: int
) -> None:
    server.raw("GET", "/moved", status, Location=f"{server.url}/thief")
    server.raw("GET", "/thief", 200, thief.public_pem)
    own.internet.divert(f"{KEY_SERVER}moved", f"{server.url}/moved")
    refuses(own, call(own, INSTALL, "moved", thief), "key_server_unreachable", status=503, calls=1)
    assert [seen.path for seen in server.seen] == ["/moved"]


@case("J30")
def test_a_new_key_and_a_remembered_one_are_both_good(own: Target) -> None:
    newer = AtlassianKey("rotated/2027")
    own.internet.keys[newer.kid] = newer.public_pem
    del own.internet.keys[own.key.kid]
    called = len(own.internet.calls)
    for key in (newer, own.key, newer):
        assert own.send(own.lifecycle(new_site(), key=key)).status_code == 204
    assert own.internet.calls[called:] == [f"GET {KEY_SERVER}{newer.kid}"]


@case("J31")
@pytest.mark.parametrize("host", ["acme.jira-dev.com", "acme.atlassian.net", "acme.jira.com"])
def test_only_the_production_key_server_is_asked(own: Target, thief: AtlassianKey, host: str) -> None:
    """The staging servers' key is published there, not here; a body that names a staging site changes nothing."""
    site = new_site()
    token = thief.sign(own.install_claims(site), kid="staging/1")
    body = install_body(site, baseUrl=f"https://{host}", displayUrl=f"https://{host}")
    refuses(own, with_json(INSTALL.call(site, token), body), "unknown_kid", calls=1)
    assert {url.split()[1].split("/")[2] for url in own.internet.calls} == {"connect-install-keys.atlassian.com"}
    assert own.send(PAGE.good_call(own, site)).status_code == 401
