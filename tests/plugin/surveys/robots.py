"""Mail scanners, from those that only look to those that press whatever can be pressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from tests.plugin.asking import BASE_URL, Asked, Place

PREFETCH = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"}
ROUNDS = 6  # pages that a machine presses its way through, one after another


@dataclass
class Form:
    """A form as a program reads it from a page."""

    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    radios: dict[str, str] = field(default_factory=dict)
    boxes: list[tuple[str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named: dict[str, Any] = dict(attrs)
        if tag == "a":
            self.links.append(named.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(named.get("action", "")))
        elif self.forms and tag in ("input", "textarea") and "name" in named:
            self._field(self.forms[-1], tag, named)

    def _field(self, form: Form, tag: str, named: dict[str, Any]) -> None:
        kind, name, value = named.get("type", "text"), named["name"], named.get("value") or "on"
        if tag == "textarea" or kind == "text":
            form.texts.append(name)
        elif kind == "radio" and "checked" not in named:
            form.radios.setdefault(name, value)
        elif kind == "checkbox" and "checked" not in named:
            form.boxes.append((name, value))
        else:
            form.fields.append((name, named.get("value") or ""))


def read(page: TestResponse) -> _Reader:
    reader = _Reader()
    reader.feed(page.text)
    return reader


@dataclass
class Robot:
    """Opens every link of the mail from `place`; `presses` buttons, and `fills` in what it finds on the way.

    `patience`: seconds that it waits before each press.
    """

    survey: Asked
    place: Place
    presses: bool = False
    fills: bool = False
    patience: float = 0

    def visit(self) -> None:
        self.press(self.look())

    def look(self) -> list[tuple[str, TestResponse]]:
        """Open everything, and keep the pages."""
        return [(path, self._look(path)) for path in self._links()]

    def press(self, pages: list[tuple[str, TestResponse]]) -> None:
        """Press through everything that was opened, now or long ago."""
        for path, opened in pages:
            page = opened
            for _round in range(ROUNDS if self.presses else 0):
                forms = read(page).forms
                if not forms:
                    break
                page = self._press(path, forms[-1])

    def _links(self) -> Iterator[str]:
        """Those of the mail, with the hidden one; and those that it finds on the pages."""
        yield from (
            f"/s/{self.survey.token}{end}" for end in ("", *(f"?score={score}" for score in range(1, 6)), "/all")
        )
        for link in read(self.survey.open(place=self.place)).links:
            if self.survey.token in link:
                yield link

    def _look(self, path: str) -> TestResponse:
        client = self.survey.client(self.place)
        for method in ("HEAD", "OPTIONS", "GET"):
            client.open(path, method=method, base_url=BASE_URL, headers=PREFETCH)
        return client.get(path, base_url=BASE_URL)

    def _press(self, path: str, form: Form) -> TestResponse:
        self.survey.clock.advance(seconds=self.patience)
        sent: dict[str, list[str]] = {}
        chosen = {name for name, _value in form.fields}
        unchosen = [(name, value) for name, value in form.radios.items() if name not in chosen]
        boxes = [*form.boxes, *unchosen] if self.fills else []
        texts = [(name, "Hello") for name in form.texts] if self.fills else [(name, "") for name in form.texts]
        for name, value in (*form.fields, *texts, *boxes):
            sent.setdefault(name, []).append(value)
        return self.survey.client(self.place).post(path.split("?", maxsplit=1)[0], base_url=BASE_URL, data=sent)
