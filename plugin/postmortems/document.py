"""A post-mortem as a document: sections of statements, each with its evidence. Everything that is shown, exported or
published is made from this one form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a statement can be checked: an issue of Jira ("/browse/DEMO-7"), or one of our tabs ("tab:plan")."""

    label: str
    place: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, or somebody's own words (`quote`). `restricted`: names or comments, for project admins.

    `ref` says from where a restricted statement comes ("response:5", "contacts:3,7"): what is published keeps that
    alone, so that its bytes never change and yet nobody's name or words stay in them after an erasure.
    """

    text: str
    evidence: tuple[Evidence, ...] = ()
    quote: bool = False
    restricted: bool = False
    heading: str = ""  # what this and the following statements are about
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """`written`: by people; otherwise from recorded facts."""

    key: str
    title: str
    statements: tuple[Statement, ...]
    written: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    as_of: str
    sections: tuple[Section, ...]

    def for_reader(self, *, names: bool) -> Document:
        """Without what only project admins may read, unless `names`."""
        if names:
            return self
        return self.with_restricted(lambda _one: None)

    def impersonal(self) -> Document:
        """With references in the place of names and people's words."""
        return self.with_restricted(lambda one: replace(one, text="", evidence=()))

    def with_restricted(self, change: Callable[[Statement], Statement | None]) -> Document:
        """With each restricted statement as `change` gives it back; None takes it out."""
        sections = []
        for section in self.sections:
            changed = [change(one) if one.restricted else one for one in section.statements]
            sections.append(replace(section, statements=tuple(one for one in changed if one is not None)))
        return replace(self, sections=tuple(sections))

    def only(self, keys: Iterable[str]) -> Document:
        """The sections of these keys, in their own order, and nothing restricted."""
        wanted = set(keys)
        public = self.for_reader(names=False)
        return replace(public, sections=tuple(each for each in public.sections if each.key in wanted))

    def to_bytes(self) -> bytes:
        """The same document always makes the same bytes."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, indent=1).encode()


def from_bytes(content: bytes) -> Document:
    raw: dict[str, Any] = json.loads(content)
    return Document(raw["title"], raw["as_of"], tuple(_section(each) for each in raw["sections"]))


def _section(raw: dict[str, Any]) -> Section:
    statements = tuple(
        Statement(
            each["text"],
            tuple(Evidence(**one) for one in each["evidence"]),
            each["quote"],
            each["restricted"],
            each["heading"],
            each["ref"],
        )
        for each in raw["statements"]
    )
    return Section(raw["key"], raw["title"], statements, raw["written"])


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
