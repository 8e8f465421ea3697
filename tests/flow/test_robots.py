"""Machines and people on the same links over a real network: Jira is told what people said, all of it and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.flow.cast import add_checkpoint, add_contact, add_customer, move, survey_link
from tests.plugin.asking import DESK, HAND, SCANNER, Place
from tests.plugin.surveys.robots import Robot, read
from tests.running import Clock, Rapport

HOME = Place("127.0.7.7", DESK.browser)
DATA_CENTRE = Place("127.0.99.9", SCANNER.browser)  # another network, as everything under 127 leads to this computer
QUICK: dict[str, Any] = {"presses": True}
SLY: dict[str, Any] = {"presses": True, "fills": True, "patience": 9}


class _From(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))


@dataclass(frozen=True)
class Client:
    """A program that speaks HTTP from one place."""

    root: str
    place: Place

    def open(self, path: str, method: str, data: Any = None, headers: Any = None, **_in_process: str) -> Any:
        with requests.Session() as session:
            session.mount("http://", _From(self.place.address))
            session.headers["User-Agent"] = self.place.browser
            return session.request(method, self.root + path, data=data, headers=headers, timeout=60)

    def get(self, path: str, **more: Any) -> Any:
        return self.open(path, "GET", **more)

    def post(self, path: str, **more: Any) -> Any:
        return self.open(path, "POST", **more)


@dataclass(frozen=True)
class Person:
    """Somebody who was asked; a robot takes its link from the mail, and so does the person."""

    name: str
    rapport: Rapport

    @property
    def clock(self) -> Clock:
        return self.rapport.clock

    @property
    def token(self) -> str:
        (mail,) = self.rapport.mails_to(f"{self.name.lower()}@nordlicht.example")
        return survey_link(mail).rpartition("/")[2]

    def client(self, place: Place) -> Client:
        return Client(self.rapport.settings.base_url, place)

    def open(self, query: str = "", place: Place = HOME) -> Any:
        return self.client(place).get(f"/s/{self.token}{query}")

    def scanner(self, **habits: Any) -> Robot:
        return Robot(self, DATA_CENTRE, **habits)  # type: ignore[arg-type]

    def answers(self, score: int, script: bool = True) -> None:
        said = {"satisfaction": str(score), "comment": f"Says {self.name}."}
        page = self._send(self.open(), said | ({"gesture": HAND} if script else {}))
        if not script:
            self.clock.advance(seconds=4)
            page = self._send(page, said | {"person": "yes"})
        assert said["comment"] in page.text

    def _send(self, page: Any, fields: dict[str, str]) -> Any:
        self.clock.advance(seconds=3)
        nonce = next(value for form in read(page).forms for name, value in form.fields if name == "nonce")
        return self.client(HOME).post(f"/s/{self.token}", data=fields | {"nonce": nonce})


@pytest.fixture
def people(rapport: Rapport) -> list[Person]:
    """Four who were asked about one issue."""
    for limiter in rapport.app.extensions["limiter"]:
        limiter.enabled = False  # machines are to be told apart by what they do, not by how much
    add_checkpoint(rapport, "In review")
    customer = add_customer(rapport, "Nordlicht")
    names = ("Ann", "Ben", "Cleo", "Dan")
    for name in names:
        add_contact(rapport, customer, name, f"{name.lower()}@nordlicht.example")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return [Person(name, rapport) for name in names]


def field(rapport: Rapport) -> tuple[str, float | None]:
    rapport.settle()
    stored = rapport.site.issue("DEMO-7").properties["rapport-satisfaction"]
    return stored["state"], stored.get("score")


def test_no_machine_is_counted_and_no_person_is_lost(rapport: Rapport, people: list[Person]) -> None:
    ann, ben, cleo, dan = people
    ben.scanner(**QUICK).visit()
    dan.scanner(**SLY).visit()
    late = ann.scanner(**QUICK)
    opened = late.look()
    assert field(rapport) == ("asked", None)
    ann.answers(2)
    late.press(opened)
    ben.answers(4, script=False)
    cleo.answers(5, script=False)
    ben.scanner(**SLY).visit()
    cleo.scanner(**QUICK).visit()
    assert field(rapport) == ("low", 3.67)
    panel = rapport.page(f"/issues/{rapport.site.issue('DEMO-7').id}/panel", "Pia Lead").text
    assert [f"Says {person.name}." in panel for person in people] == [True, True, True, False]
    dan.answers(1)
    assert field(rapport) == ("low", 3.0)
