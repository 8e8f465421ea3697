"""A subset of JQL that refuses what it does not know: reading a query and running it over issues.

Like Jira, a negated clause never matches an issue whose field is empty, dates are exact to the minute and read in
the searcher's time zone, and what is not indexed cannot be searched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.devhost.errors import BadRequest
from tests.devhost.jql_fields import DateField, Field, Searcher, find_field
from tests.devhost.records import Issue

if TYPE_CHECKING:
    from tests.devhost.site import Site

TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<op>!=|!~|>=|<=|=|~|>|<|!|&&|\|\||&|\|)|(?P<mark>[(),])|(?P<word>[^\s"'=!~<>(),&|]+))"""
)
FLIPPED = {
    "=": "!=",
    "!=": "=",
    "~": "!~",
    "!~": "~",
    ">": "<=",
    "<=": ">",
    "<": ">=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
}
Test = Callable[[Issue], bool]


@dataclass(frozen=True)
class Token:
    """A piece of a query; ``kind`` is quoted, op, mark, word or end."""

    kind: str
    text: str

    def says(self, *words: str) -> bool:
        """Is it one of these bare words or signs, in any case?"""
        return self.kind != "quoted" and self.text.lower() in words


@dataclass(frozen=True)
class Clause:
    """``field operator values``."""

    field: Field
    operator: str
    values: tuple[Any, ...]

    def test(self, issue: Issue) -> bool:
        """Does the issue match?"""
        return self.field.matches(issue, self.operator, self.values)

    def negated(self) -> Clause:
        """NOT is pushed into the clause: this is why empty fields match neither way."""
        return Clause(self.field, FLIPPED[self.operator], self.values)


@dataclass(frozen=True)
class Group:
    """Clauses joined by AND or OR."""

    join: str
    parts: tuple[Clause | Group, ...]

    def test(self, issue: Issue) -> bool:
        """Does the issue match?"""
        return (all if self.join == "and" else any)(part.test(issue) for part in self.parts)

    def negated(self) -> Group:
        """By De Morgan."""
        return Group("or" if self.join == "and" else "and", tuple(part.negated() for part in self.parts))


@dataclass
class Query:
    """A query that was read; ``where`` is None when it restricts nothing."""

    site: Site
    where: _Deferred | None
    order: list[tuple[str, bool]]  # field name, descending

    def clauses(self) -> list[Clause]:
        """What it is made of, whatever joins it."""
        return list(_clauses(self.where(_searcher(self.site, None)))) if self.where else []

    def run(self, issues: list[Issue], account_id: str | None) -> list[Issue]:
        """The matching issues in order; newest first unless the query says otherwise."""
        searcher = _searcher(self.site, account_id)
        matches: Test = self.where(searcher).test if self.where else lambda issue: True
        found = sorted(filter(matches, issues), key=lambda each: int(each.id), reverse=True)
        for name, descending in reversed(self.order):
            sort_key = find_field(name, self.site).sort_key
            filled = [each for each in found if sort_key(each) is not None]
            empty = [each for each in found if sort_key(each) is None]
            found = [*sorted(filled, key=sort_key, reverse=descending), *empty]
        return found


def _clauses(part: Clause | Group) -> Iterator[Clause]:
    if isinstance(part, Clause):
        yield part
    else:
        yield from (clause for each in part.parts for clause in _clauses(each))


_Deferred = Callable[[Searcher], "Clause | Group"]  # dates and currentUser() depend on who searches, and when


def parse(text: str, site: Site) -> Query:
    """Read a query; `BadRequest` in Jira's manner for what cannot be read, unknown fields, values or operators."""
    query = _Parser(_tokens(text), site).query()
    for name, _ in query.order:
        find_field(name, site)
    if query.where:
        query.where(_searcher(site, None))
    return query


def _searcher(site: Site, account_id: str | None) -> Searcher:
    user = site.users.get(account_id or "")
    zone = ZoneInfo(user.time_zone) if user else UTC
    return Searcher(site, account_id, site.clock().astimezone(zone))


def _tokens(text: str) -> list[Token]:
    tokens, at = [], 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise BadRequest(f"Error in the JQL Query: The character '{text[at]}' is a reserved JQL character.")
        kind = found.lastgroup or ""
        raw = found[kind]
        tokens.append(Token(kind, re.sub(r"\\(.)", r"\1", raw[1:-1]) if kind == "quoted" else raw))
        at = found.end()
    return [*tokens, Token("end", "")]


class _Parser:
    """Recursive descent over the tokens; what it builds is resolved for a searcher later."""

    def __init__(self, tokens: list[Token], site: Site) -> None:
        self.tokens = tokens
        self.site = site
        self.at = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.here
        if token.kind == "end":
            raise BadRequest("Error in the JQL Query: The query ends too early.")
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        if not self.here.says(*words):
            return False
        self.at += 1
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            wanted = " or ".join(f"'{word}'" for word in words)
            raise BadRequest(f"Error in the JQL Query: Expecting {wanted} but got '{self.here.text}'.")

    def query(self) -> Query:
        where = None if self.here.kind == "end" or self.here.says("order") else self.either()
        order = self.order() if self.accept("order") else []
        if self.here.kind != "end":
            raise BadRequest(f"Error in the JQL Query: Expecting operator or end of query but got '{self.here.text}'.")
        return Query(self.site, where, order)

    def order(self) -> list[tuple[str, bool]]:
        self.expect("by")
        names = []
        while True:
            name = self.take().text
            names.append((name, self.accept("desc")))
            self.accept("asc")
            if not self.accept(","):
                return names

    def either(self) -> _Deferred:
        return self._joined("or", self.both, "or", "||", "|")

    def both(self) -> _Deferred:
        return self._joined("and", self.negation, "and", "&&", "&")

    def _joined(self, join: str, read: Callable[[], _Deferred], *words: str) -> _Deferred:
        parts = [read()]
        while self.accept(*words):
            parts.append(read())
        return parts[0] if len(parts) == 1 else lambda who: Group(join, tuple(part(who) for part in parts))

    def negation(self) -> _Deferred:
        if self.accept("not", "!"):
            inner = self.negation()
            return lambda who: inner(who).negated()
        if self.accept("("):
            group = self.either()
            self.expect(")")
            return group
        return self.clause()

    def clause(self) -> _Deferred:
        name = self.take()
        if name.kind in ("op", "mark"):
            raise BadRequest(f"Error in the JQL Query: Expecting a field name but got '{name.text}'.")
        field = find_field(name.text, self.site)
        operator = self.operator()
        read = self.operands() if operator in ("in", "not in") else [self.operand()]
        field.check_operator(operator)
        return lambda who: Clause(field, operator, _values(field, operator, read, who))

    def operator(self) -> str:
        token = self.take()
        if token.says("not"):
            self.expect("in")
            return "not in"
        if token.says("is"):
            return "is not" if self.accept("not") else "is"
        if token.says("in") or token.text in FLIPPED:
            return token.text.lower()
        raise BadRequest(f"Error in the JQL Query: Expecting an operator but got '{token.text}'.")

    def operands(self) -> list[Operand]:
        self.expect("(")
        read = [self.operand()]
        while self.accept(","):
            read.append(self.operand())
        self.expect(")")
        return read

    def operand(self) -> Operand:
        token = self.take()
        if token.kind in ("op", "mark"):
            raise BadRequest(f"Error in the JQL Query: Expecting a value but got '{token.text}'.")
        if token.kind == "word" and self.accept("("):
            argument = "" if self.here.says(")") else self.take().text
            self.expect(")")
            return Operand(argument, function=token.text.lower())
        return Operand(token.text, empty=token.says("empty", "null"))


@dataclass(frozen=True)
class Operand:
    """A value as written: text, EMPTY, or a function with its argument as text."""

    text: str
    empty: bool = False
    function: str | None = None


def _values(field: Field, operator: str, operands: list[Operand], who: Searcher) -> tuple[Any, ...]:
    """Operands as the field compares them; None stands for EMPTY."""
    if operator in ("is", "is not") and not operands[0].empty:
        raise BadRequest(f"The operator '{operator}' only takes EMPTY or NULL for the field '{field.name}'.")
    return tuple(_value(field, each, who) for each in operands)


def _value(field: Field, operand: Operand, who: Searcher) -> Any:
    if operand.empty:
        return None
    if operand.function == "currentuser" and who.account_id is not None:
        return field.value(who.account_id, who)
    if operand.function == "currentuser":
        return ""
    if operand.function is not None:
        if not isinstance(field, DateField):
            raise BadRequest(f"Unable to find JQL function '{operand.function}()' for the field '{field.name}'.")
        return field.function(operand.function, operand.text, who)
    return field.value(operand.text, who)
