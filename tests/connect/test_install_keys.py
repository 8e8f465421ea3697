"""Fetching Atlassian's keys: by a strict id, seldom, and never from anywhere else."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connect import Unauthorized, Unavailable
from connect.install_keys import InstallKeys
from tests.connect.world import AtlassianKey, HttpServer


class Seconds:
    """A monotonic clock that moves only when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def keys(server: HttpServer, seconds: Seconds) -> InstallKeys:
    return InstallKeys(f"{server.url}/keys", development=True, seconds=seconds)


def publish(server: HttpServer, key: AtlassianKey) -> None:
    server.raw("GET", f"/keys/{key.kid}", 200, key.public_pem)


def test_a_key_is_fetched_once_and_again_after_a_day(
    keys: InstallKeys, server: HttpServer, seconds: Seconds, atlassian: AtlassianKey
) -> None:
    publish(server, atlassian)
    fetched = [keys.get_key(atlassian.kid) for _ in range(3)]
    assert fetched[0].public_numbers() == atlassian.private.public_key().public_numbers()
    assert len(server.seen) == 1
    seconds.now += 86_401
    keys.get_key(atlassian.kid)
    assert len(server.seen) == 2


BAD_KIDS = [
    None,
    5,
    {},
    [],
    True,
    "",
    "../../x",
    "a/../b",
    "a..b",
    "/a",
    "a/",
    "a//b",
    "//evil.example/x",
    "a?b",
    "a#b",
    "a%2e%2e",
    "%2e%2e",
    "@evil.example",
    "http://evil.example",
    "a\r\nb",
    "a\n",
    "a\0",
    "a b",
    "é",
    ".",
    ".hidden",
    "a/b/c/d/e",
    "a" * 201,
    "a" * 10_000,
]


@pytest.mark.parametrize("kid", BAD_KIDS, ids=range(len(BAD_KIDS)))
def test_an_id_that_is_none_is_refused_without_a_fetch(keys: InstallKeys, server: HttpServer, kid: object) -> None:
    with pytest.raises(Unauthorized, match="bad_kid"):
        keys.get_key(kid)
    assert server.seen == []


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_unknown_key_is_remembered_for_a_minute(
    keys: InstallKeys, server: HttpServer, seconds: Seconds, status: int
) -> None:
    server.raw("GET", "/keys/later", status)
    for _ in range(3):
        with pytest.raises(Unauthorized, match="unknown_kid"):
            keys.get_key("later")
    assert len(server.seen) == 1
    seconds.now += 61
    with pytest.raises(Unauthorized, match="unknown_kid"):
        keys.get_key("later")
    assert len(server.seen) == 2


def test_a_flood_of_unknown_keys_makes_at_most_sixty_fetches_a_minute(
    keys: InstallKeys, server: HttpServer, seconds: Seconds, atlassian: AtlassianKey
) -> None:
    publish(server, atlassian)
    keys.get_key(atlassian.kid)
    for number in range(5000):
        with pytest.raises((Unauthorized, Unavailable)):
            keys.get_key(f"unknown-{number}")
    assert len(server.seen) == 60
    assert keys.get_key(atlassian.kid)
    seconds.now += 61
    with pytest.raises(Unauthorized, match="unknown_kid"):
        keys.get_key("one-more")
    assert len(keys._unknown) <= 1024
    assert len(keys._keys) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 429, 400, 204, 201])
def test_a_failing_key_server_is_no_verdict(keys: InstallKeys, server: HttpServer, status: int) -> None:
    server.raw("GET", "/keys/some", status)
    with pytest.raises(Unavailable, match="key_server_failed") as error:
        keys.get_key("some")
    assert error.value.retry_after_seconds == 5


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    keys: InstallKeys, server: HttpServer, atlassian: AtlassianKey, status: int
) -> None:
    publish(server, atlassian)
    server.raw("GET", "/keys/moved", status, Location=f"/keys/{atlassian.kid}")
    with pytest.raises(Unavailable, match="key_server_unreachable"):
        keys.get_key("moved")
    assert [seen.path for seen in server.seen] == ["/keys/moved"]


def test_a_server_that_is_not_there_is_no_verdict() -> None:
    with pytest.raises(Unavailable, match="key_server_unreachable"):
        InstallKeys("http://localhost:1/keys", development=True).get_key("some")


def test_in_production_a_key_server_in_our_own_network_is_not_asked(
    server: HttpServer, atlassian: AtlassianKey
) -> None:
    publish(server, atlassian)
    with pytest.raises(Unavailable, match="key_server_unreachable"):
        InstallKeys(f"{server.url}/keys").get_key(atlassian.kid)
    assert server.seen == []


def test_weak_and_unreadable_keys_are_not_used(keys: InstallKeys, server: HttpServer) -> None:
    publish(server, AtlassianKey("weak", bits=1024))
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = curve.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    server.raw("GET", "/keys/curve", 200, pem)
    server.raw("GET", "/keys/garbage", 200, b"<html>not a key</html>")
    server.raw("GET", "/keys/huge", 200, b"x" * 100_000)
    for kid, reason in (
        ("weak", "key_too_weak"),
        ("curve", "key_too_weak"),
        ("garbage", "key_unreadable"),
        ("huge", "key_server_unreachable"),
    ):
        with pytest.raises(Unavailable, match=reason):
            keys.get_key(kid)
