"""Who takes part in the demo's weeks, and what they do and say. All of them are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ADDRESS_THAT_IS_REFUSED = "lena@alt.nordlicht.example"
GRETA, HANNES = "greta@nordlicht.example", "hannes@nordlicht.example"
CAMILLE, HANAKO = "camille@ateliers.example", "hanako@mihon.example"


@dataclass(frozen=True)
class Customer:
    """An organisation and its people; each contact is a form's fields."""

    name: str
    language: str
    time_zone: str
    contacts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class SetUp:
    """What the admin of a project enters under Project settings."""

    key: str
    admin: str
    checkpoints: tuple[Mapping[str, Any], ...]
    customers: tuple[Customer, ...]


@dataclass(frozen=True)
class Reply:
    """What a contact answers to the mail that follows from a move."""

    email: str
    after_hours: float
    score: int
    comment: str = ""


@dataclass(frozen=True)
class Move:
    """An issue goes to a status on a day of the story, by hours of the day in UTC. Whoever is not in `replies` is silent."""

    day: int
    hour: int
    key: str
    to: str
    replies: tuple[Reply, ...] = ()
    rating: int | None = None  # that its reporter gives in the service desk


SERVICE_PROJECT = "OPS"

NORDLICHT = Customer(
    "Nordlicht Handels GmbH",
    "de",
    "Europe/Berlin",
    (
        {"name": "Greta Probe", "email": GRETA, "role": "sponsor"},
        {"name": "Hannes Muster", "email": HANNES, "role": "key_user"},
        {"name": "Lena Beispiel", "email": ADDRESS_THAT_IS_REFUSED, "role": "user"},
    ),
)
ATELIERS = Customer(
    "Ateliers Fictifs",
    "fr",
    "Europe/Paris",
    (
        {"name": "Camille Exemple", "email": CAMILLE, "role": "key_user"},
        {"name": "Marc Modèle", "email": "", "role": "user"},
    ),
)
MIHON = Customer("見本商店", "ja", "Asia/Tokyo", ({"name": "見本 花子", "email": HANAKO, "role": "sponsor"},))

PROJECTS = (
    SetUp(
        "DEMO",
        "Pia Lead",
        (
            {"to_status": "In review", "types": ("Story",), "template": "review", "name": "Story → In review"},
            {"to_status": "Done", "template": "delivery", "name": "Delivered"},
        ),
        (NORDLICHT, ATELIERS, MIHON),
    ),
    SetUp(
        "OPS",
        "Olga Ops",
        (
            {"to_status": "Done", "types": ("Bug",), "template": "incident", "name": "Incident solved"},
            {"to_status": "Done", "types": ("Task",), "template": "delivery", "name": "Change made"},
        ),
        (Customer(MIHON.name, MIHON.language, MIHON.time_zone, ()),),  # shared with DEMO, and so are its people
    ),
)

CUSTOMERS_OF_ISSUES = {
    "DEMO-5": NORDLICHT.name,
    "DEMO-6": ATELIERS.name,
    "DEMO-7": NORDLICHT.name,
    "DEMO-9": NORDLICHT.name,
    "DEMO-10": ATELIERS.name,
    "DEMO-11": MIHON.name,
    "DEMO-12": ATELIERS.name,
}

MOVES = (
    Move(1, 9, "DEMO-7", "To Do"),
    Move(2, 13, "DEMO-5", "Done", (Reply(GRETA, 3, 5, "Die Buchhaltung freut sich: endlich Kauf auf Rechnung."),)),
    Move(6, 8, "DEMO-6", "Done", (Reply(CAMILLE, 26, 2, "L’heure est juste à l’écran, mais toujours fausse sur le reçu imprimé."),)),
    Move(9, 10, "OPS-2", "Done", (Reply(HANAKO, 16, 5, "すぐに直していただき、とても助かりました。"),), rating=5),
    Move(12, 9, "DEMO-9", "In Progress"),
    Move(
        16, 14, "DEMO-9", "In review",
        (
            Reply(GRETA, 20, 4, "Drei Schritte sind es wirklich. Gut gemacht."),
            Reply(HANNES, 44, 2, "Der Rückschein fehlt noch. Ich musste zweimal nachfragen, bis mir das jemand sagte."),
        ),
    ),
    Move(18, 8, "DEMO-9", "In Progress"),
    Move(23, 15, "DEMO-9", "In review"),  # too soon for a second question: nobody is asked
    Move(28, 9, "DEMO-10", "In Progress"),
    Move(30, 11, "DEMO-9", "Done", (Reply(GRETA, 2, 5), Reply(HANNES, 5, 4, "Jetzt mit Rückschein. Danke für den Anruf."))),
    Move(31, 16, "DEMO-10", "Done"),
    Move(34, 9, "DEMO-11", "In Progress"),
    Move(36, 10, "OPS-3", "In Progress"),
    Move(40, 9, "DEMO-11", "In review", (Reply(HANAKO, 15, 3, "言語の切り替えボタンが少し見つけにくいです。"),)),
    Move(43, 13, "DEMO-8", "Done"),
    Move(45, 9, "OPS-3", "Done", rating=3),  # its customer was asked in the other project a few days ago
    Move(52, 9, "DEMO-12", "In Progress"),
    Move(53, 8, "DEMO-7", "In Progress"),
    Move(54, 10, "DEMO-11", "Done", (Reply(HANAKO, 17, 4, "ボタンが見つけやすくなりました。"),)),
    Move(54, 14, "DEMO-12", "Done"),
)  # fmt: skip
