"""Bad invocation tokens of every kind at every route of Forge: none opens anything, changes anything, or stays."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator

from tests.conformance.invocations import (
    EVENTS,
    MACHINE_ROUTES,
    SCREENS,
    Installation,
    event,
    event_claims,
    publish,
    screen,
    screen_claims,
)
from tests.conformance.target import APP_ID, Request, Target, b64
from tests.connect.world import DROP, AtlassianKey
from tests.fuzz.result import Result

_ROUTES = (*MACHINE_ROUTES, SCREENS)
_ALPHABET = string.ascii_letters + string.digits + "-_"
_POOL = 60  # of tokens that are signed once and then spoilt: signing takes longer than all the rest


class BadInvocations:
    """Makes them. Every third one is signed by the right key and lies about something."""

    def __init__(self, app: Target, thief: AtlassianKey, seed: int = 7) -> None:
        self._app, self._thief, self._random = app, thief, random.Random(seed)
        self._site, self._other = Installation(), Installation()
        self._good = {route: [app.key.sign(self._claims(route)) for _ in range(_POOL)] for route in _ROUTES}
        self._lies = {route: [self._lie(route) for _ in range(_POOL)] for route in _ROUTES}
        self._foreign = {
            route: [thief.sign(self._claims(route), kid=app.key.kid) for _ in range(_POOL)] for route in _ROUTES
        }

    def _claims(self, route: str, /, **changes: object) -> dict[str, object]:
        make = screen_claims if route == SCREENS else event_claims
        return make(self._app, self._site, **changes)

    def _lie(self, route: str) -> str:
        now, any_of = int(self._app.clock().timestamp()), self._random.choice
        changes: dict[str, object] = any_of(
            [
                {"aud": any_of([DROP, APP_ID[:-1], APP_ID.upper(), [], [APP_ID, "x"], None, 7])},
                {"iss": any_of([DROP, "forge", "forge/invocation-token ", ""])},
                {"exp": any_of([DROP, now - 31, 0, -1, str(now), None, 1e300, now + 10**8]), "iat": now - 60},
                {"nbf": now + self._random.randrange(31, 10**8)},
                {"app": any_of([{"id": DROP}, {"id": APP_ID[:-1]}, {"installationId": self._other.id}])},
                {"app": {"apiBaseUrl": any_of([self._other.api, "https://api.stg.atlassian.com/ex/jira/1", DROP, 7])}},
                {"app": {"installation": any_of([{"id": self._other.id}, {"id": 7}, 7, {"contexts": 7}])}},
                {"context": any_of([{"cloudId": self._other.cloud_id}, 7, ["x"]])},
                {"principal": any_of([7, "a b", "x" * 200, ["a"]])},
            ]
        )
        return self._app.key.sign(self._claims(route, **changes))

    def call(self, number: int) -> Request:
        route = _ROUTES[number % len(_ROUTES)]
        kinds: list[Callable[[str], str]] = [self._flipped, self._cut, self._letters, self._one_lie, self._stolen]
        token = self._random.choice(kinds)(route)
        return screen(self._app, self._site, token) if route == SCREENS else event(self._app, self._site, token, route)

    def _one_lie(self, route: str) -> str:
        return self._random.choice(self._lies[route])

    def _stolen(self, route: str) -> str:
        """Signed by a stranger; or a good token of the other class of route."""
        if self._random.random() < 0.5:
            return self._random.choice(self._foreign[route])
        return self._random.choice(self._good[EVENTS if route == SCREENS else SCREENS])

    def _flipped(self, route: str) -> str:
        good = self._random.choice(self._good[route])
        at = self._random.randrange(len(good))
        other = self._random.choice([each for each in _ALPHABET + "." if each != good[at]])
        return good[:at] + other + good[at + 1 :]

    def _cut(self, route: str) -> str:
        good = self._random.choice(self._good[route])
        return good[: self._random.randrange(len(good))]

    def _letters(self, route: str) -> str:
        blobs = [b64(self._random.randbytes(self._random.randrange(1, 80))) for _ in range(3)]
        if self._random.random() < 0.5:
            blobs[0] = self._good[route][0].partition(".")[0]
        return ".".join(blobs)


def run(app: Target, thief: AtlassianKey, cases: int) -> Iterator[Result]:
    """`cases` over all routes in turn."""
    publish(app, app.key)
    assert app.send(event(app, Installation())).status_code == 200  # else the bad ones would prove nothing
    bad, result, before = BadInvocations(app, thief), Result("tokens: invocations"), app.rows()
    for number in range(cases):
        request = bad.call(number)
        answer = app.send(request)
        result.count(answer.status_code, answer.headers.get("Retry-After"), request)
    result.rows = sum(rows != before[name] for name, rows in app.rows().items())
    yield result
