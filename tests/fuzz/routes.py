"""Every route, with hostile methods, paths, queries, headers and bodies: nothing may answer with a fault of ours."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from urllib.parse import quote

from connect.guards import guard_of
from tests.conformance.target import Request, Target
from tests.fuzz.result import Result
from tests.fuzz.sending import send

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "")
TEXTS = (
    "", "0", "1", "-1", "10007", "9" * 19, "9" * 40, "a" * 43, "A_-" * 14 + "x", "é", "日本", "\0", "\n", "\r\nX: y", "..",
    "../../etc/passwd", "..\\", "%", "%zz", "%00", "<script>alert(1)</script>", "'OR'1'='1", "{{7*7}}", "${7}", "\u202e",
    "x" * 3_000, "/", "//rival.example", "?", "#", ";", "null", "NaN", "1e999", "en", "xx", "javascript:alert(1)", "\ud800",
)  # fmt: skip
TYPES = (
    "", "application/json", "application/json; charset=utf-16", "application/x-www-form-urlencoded", "text/xml", "a/b/c",
    "multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=" + "y" * 300, "\xff",
)  # fmt: skip
NAMES = ("score", "lang", "nonce", "jwt", "xdm_e", "q", "page", "comment", "", "a[b]", "__proto__", "score[]")
HEADERS = (
    "Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Cookie", "Content-Encoding", "Expect", "Forwarded",
    "If-Modified-Since", "If-None-Match", "If-Range", "Origin", "Range", "Referer", "Transfer-Encoding", "User-Agent",
    "X-Forwarded-For", "X-Forwarded-Host", "X-HTTP-Method-Override", "X-Original-URL", "Content-Length", "Host",
)  # fmt: skip
HEADER_VALUES = (
    "JWT a.b.c", "Basic eA==", "Bearer x", "bytes=0-", "bytes=9-1,5-", "en;q=x, *;q=0", "de-" * 80, "-1", "gzip", "chunked",
    'W/"x"', "Sat, 99 Foo 2026", "a=b; a=c; =", "100-continue", "rapport.example:99999", "[::1", "rapport.example",
)  # fmt: skip


def _latin(text: str) -> str:
    """As a server hands over whatever bytes arrived."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


class Hostile:
    """Requests of one seed: the same each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self) -> str:
        if self._random.random() < 0.8:
            return self._random.choice(TEXTS)
        return "".join(chr(self._random.randrange(0x3000)) for _ in range(self._random.randrange(60)))

    def spelled(self) -> str:
        """For a target: escaped well, or not at all."""
        raw = self.text().encode("utf-8", "surrogatepass")
        return quote(raw, safe="") if self._random.random() < 0.7 else raw.decode("latin-1")

    def query(self) -> str:
        names = self._random.choices(NAMES, k=self._random.randrange(4))
        return "&".join(f"{name}{self._random.choice(('=', ''))}{self.spelled()}" for name in names)

    def body(self) -> bytes:
        kind = self._random.randrange(4)
        if kind == 0:
            return self._random.randbytes(self._random.randrange(200))
        if kind == 1:
            return self.query().encode("latin-1")
        if kind == 2:
            return f'{{"{_latin(self.text())}": [{self.text()!r}'.encode("utf-8", "replace")
        return b"--x\r\nContent-Disposition: form-data; name=" + self.query().encode("latin-1") + b"\r\n\r\n1\r\n--x--"

    def headers(self) -> dict[str, str]:
        found = {"Content-Type": self._random.choice(TYPES)}
        for name in self._random.choices(HEADERS, k=self._random.randrange(4)):
            use = self._random.choice(HEADER_VALUES) if self._random.random() < 0.7 else _latin(self.text())
            found[name] = use
        return found

    def request(self, rule: str, methods: list[str]) -> Request:
        path = re.sub(r"<[^>]+>", lambda _: self.spelled(), rule)
        if self._random.random() < 0.1:
            path += self.spelled()
        method = self._random.choice(methods if self._random.random() < 0.6 else METHODS)
        return Request(method, f"{path}?{self.query()}", self.headers(), self.body())


def run(app: Target, cases: int) -> Iterator[Result]:
    """`cases` shared among the routes of each guard. Answers below 500 are right: public routes may well say yes."""
    by_guard: dict[str, list[tuple[str, list[str]]]] = {}
    for rule in app.app.url_map.iter_rules():
        guard = guard_of(app.app, rule.endpoint)
        by_guard.setdefault(guard.name if guard else "none", []).append((rule.rule, sorted(rule.methods or ())))
    for guard_name, routes in sorted(by_guard.items()):
        result, hostile, before = Result(f"routes: {guard_name} ({len(routes)})"), Hostile(5), app.rows()
        for number in range(cases):
            request = hostile.request(*routes[number % len(routes)])
            answer = send(app, request, result)
            if answer is not None:
                result.count(answer.status_code, answer.headers.get("Retry-After"), request, may_pass=True)
        result.rows = sum(rows != before[name] for name, rows in app.rows().items())
        yield result
