"""Bad tokens of every kind at every door, and guessed survey links: none opens anything, changes anything, or stays."""

from __future__ import annotations

import gc
import random
import secrets
import string
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from tests.conformance.doors import DOORS, Door
from tests.conformance.target import Request, Site, Target, b64
from tests.connect.world import AtlassianKey
from tests.fuzz.result import Result
from tests.fuzz.sending import send
from tests.plugin.asking import asked

_ALPHABET = string.ascii_letters + string.digits + "-_"
_GOOD_TOKENS = 50
Maker = Callable[[Door], Request]


class BadTokens:
    """Makes them. `good` ones are never sent whole; signing anew for each case would take longer than all the rest."""

    def __init__(self, app: Target, thief: AtlassianKey, seed: int = 5) -> None:
        self._app, self._thief, self._random = app, thief, random.Random(seed)
        self._good = {
            door: [door.token(app, app.acme, n=secrets.token_hex(4)) for _ in range(_GOOD_TOKENS)] for door in DOORS
        }

    def flipped(self, door: Door) -> Request:
        """One character is another one."""
        good = self._one(door)
        at = self._random.randrange(len(good))
        other = self._random.choice([each for each in _ALPHABET + "." if each != good[at]])
        return self._call(door, good[:at] + other + good[at + 1 :])

    def truncated(self, door: Door) -> Request:
        good = self._one(door)
        start, end = sorted(self._random.choices(range(len(good)), k=2))
        return self._call(door, good[:end] if self._random.random() < 0.7 else good[start:end])

    def random(self, door: Door) -> Request:
        """Letters, bytes, or a good head with random claims."""
        kind = self._random.randrange(3)
        if kind == 0:
            return self._call(door, "".join(self._random.choices(_ALPHABET + ".", k=self._random.randrange(300))))
        blobs = [b64(self._random.randbytes(self._random.randrange(1, 80))) for _ in range(3)]
        if kind == 2:
            blobs[0] = self._one(door).partition(".")[0]
        return self._call(door, ".".join(blobs))

    def resigned(self, door: Door) -> Request:
        """Good claims under a secret or key of somebody else's."""
        claims = self._claims(door)
        if door.by_secret:
            stranger = Site(self._app.acme.client_key, f"secret-{self._random.getrandbits(128):032x}")
            return self._call(door, door.sign(self._app, stranger, claims))
        return self._call(door, self._thief.sign(claims, kid=self._app.key.kid))

    def of_another_tenant(self, door: Door) -> Request:
        """Acme's claims under Globex's secret; at the lifecycle routes Atlassian's word on Globex for a body on Acme."""
        if door.by_secret:
            return self._call(door, door.sign(self._app, self._app.globex, self._claims(door)))
        return self._call(door, door.token(self._app, self._app.globex))

    def expired(self, door: Door) -> Request:
        end = int(self._app.clock().timestamp()) - self._random.randrange(30, 10**9)
        return self._call(door, door.token(self._app, self._app.acme, iat=end - self._random.randrange(3_600), exp=end))

    def _one(self, door: Door) -> str:
        return self._random.choice(self._good[door])

    def _claims(self, door: Door) -> dict[str, Any]:
        return door.claims(self._app, self._app.acme)

    def _call(self, door: Door, token: str) -> Request:
        return door.call(self._app.acme, token)


class Guesses:
    """Guessed survey links, some of them close to one that exists."""

    def __init__(self, app: Target, seed: int = 5) -> None:
        self._random = random.Random(seed)
        self._real = asked(app.app, app.clock, site="guessed").token  # type: ignore[arg-type]
        assert app.send(Request("GET", f"/s/{self._real}")).status_code == 200

    def guess(self, _door: Door) -> Request:
        kind = self._random.randrange(4)
        token = "".join(self._random.choices(_ALPHABET, k=43))
        if kind == 1:
            at = self._random.randrange(43)
            other = self._random.choice([each for each in _ALPHABET if each != self._real[at]])
            token = self._real[:at] + other + self._real[at + 1 :]
        elif kind == 2:
            token = self._real[: self._random.randrange(1, 43)]
        elif kind == 3:
            token = self._real + self._random.choice(("=", "A", "%00", "%20", ".", "%0A"))
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(*self._random.choice((("GET", f"/s/{token}", {}), ("POST", f"/s/{token}", form, b"score=5"))))


def run(app: Target, thief: AtlassianKey, cases: int) -> Iterator[Result]:
    """`cases` of each class, over all doors in turn."""
    for door in DOORS:  # else the bad ones would prove nothing
        assert app.send(door.good_call(app, app.installed_site())).status_code == door.accepted
    bad = BadTokens(app, thief)
    classes: dict[str, Maker] = {
        "flipped": bad.flipped,
        "truncated": bad.truncated,
        "random": bad.random,
        "resigned": bad.resigned,
        "of another tenant": bad.of_another_tenant,
        "expired": bad.expired,
        "survey guesses": Guesses(app).guess,
    }
    for name, maker in classes.items():
        yield _attack(app, Result(f"tokens: {name}"), maker, cases)


def _attack(app: Target, result: Result, maker: Maker, cases: int) -> Result:
    tables, memory = app.rows(), 0
    for number in range(cases):
        if number == cases // 10:
            memory = resident_bytes()
        request = maker(DOORS[number % len(DOORS)])
        answer = send(app, request, result)
        if answer is not None:
            result.count(answer.status_code, answer.headers.get("Retry-After"), request)
    result.growth = resident_bytes() / memory - 1
    result.rows = sum(rows != tables[name] for name, rows in app.rows().items())
    return result


def resident_bytes() -> int:
    gc.collect()
    return int(psutil.Process().memory_info().rss)
