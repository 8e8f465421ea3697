"""A subset of the Jira expression language, enough for workflow rules; anything else is refused, never guessed.

Literals, names, members (`a.b`, `a?.b`, `a['b']`), calls of the methods below, `!`, `-`, `* / % + -`, comparisons, `&&`, `||`,
`? :`, lists, `let name = …; …` and one-parameter arrow functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

STEPS = 2000  # of evaluation, after which an expression is stopped
PROPERTY_READS = 10  # of entity properties in one evaluation
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>=>|===?|!==?|<=|>=|&&|\|\||\?\.|[-+*/%!<>?:.,;=(){}\[\]]))"
)
LEVELS = (("||",), ("&&",), ("==", "!=", "===", "!=="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))


class ExpressionError(Exception):
    """The expression cannot be read, or failed while it ran."""


Scope = Mapping[str, Any]
Node = Callable[["Run", Scope], Any]


@dataclass
class Run:
    """What one evaluation has used up."""

    steps: int = 0
    property_reads: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise ExpressionError("The expression takes too many steps.")


class Properties:
    """The entity properties of one thing: each look at one costs."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def read(self, run: Run, key: str) -> Any:
        run.property_reads += 1
        if run.property_reads > PROPERTY_READS:
            raise ExpressionError("The expression reads too many entity properties.")
        return self.values.get(key)


def evaluate(source: str, scope: Scope) -> Any:
    """The value of an expression, or `ExpressionError`."""
    return _Parser(source).whole()(Run(), scope)


def analyse(source: str) -> None:
    """Raise `ExpressionError` unless the expression can be read."""
    _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, source = 0, source.rstrip()
        while at < len(source):
            found = TOKEN.match(source, at)
            if found is None:
                raise ExpressionError(f"Unexpected character at {at}: {source[at : at + 10]!r}")
            self.tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
            at = found.end()
        self.at = 0

    def whole(self) -> Node:
        node = self._body()
        if self.at < len(self.tokens):
            raise ExpressionError(f"Unexpected {self.tokens[self.at][1]!r}")
        return node

    def _peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.tokens[place][1] if place < len(self.tokens) and self.tokens[place][0] != "string" else ""

    def _take(self, *signs: str) -> str:
        if self._peek() in signs:
            self.at += 1
            return self.tokens[self.at - 1][1]
        return ""

    def _need(self, sign: str) -> None:
        if not self._take(sign):
            raise ExpressionError(f"Expected {sign!r}, found {self._peek() or 'the end'!r}")

    def _name(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != "name":
            raise ExpressionError("Expected a name")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def _body(self) -> Node:
        if not self._take("let"):
            return self._choice()
        name = self._name()
        self._need("=")
        value = self._choice()
        self._need(";")
        rest = self._body()
        return lambda run, scope: rest(run, {**scope, name: value(run, scope)})

    def _choice(self) -> Node:
        condition = self._binary(0)
        if not self._take("?"):
            return condition
        yes = self._choice()
        self._need(":")
        no = self._choice()
        return lambda run, scope: (yes if _truth(condition(run, scope)) else no)(run, scope)

    def _binary(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self._take(*LEVELS[level]):
            left = _operation(sign, left, self._binary(level + 1))
        return left

    def _unary(self) -> Node:
        if self._take("!"):
            operand = self._unary()
            return lambda run, scope: not _truth(operand(run, scope))
        if self._take("-"):
            negated = self._unary()
            return lambda run, scope: -_number(negated(run, scope))
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        while sign := self._take(".", "?.", "["):
            if sign == "[":
                node = _member(node, self._choice())
                self._need("]")
                continue
            name = self._name()
            if self._peek() == "(":
                node = _call(node, name, self._arguments())
            else:
                node = _member(node, _constant(name), optional=sign == "?.")
        return node

    def _arguments(self) -> list[Node]:
        self._need("(")
        return self._until(")")

    def _until(self, end: str) -> list[Node]:
        found: list[Node] = []
        while not self._take(end):
            found.append(self._choice())
            if self._peek() != end:
                self._need(",")
        return found

    def _primary(self) -> Node:
        if self.at >= len(self.tokens):
            raise ExpressionError("The expression ends too early.")
        kind, text = self.tokens[self.at]
        if kind == "name" and self._peek(1) == "=>":
            return self._arrow()
        self.at += 1
        if kind == "string":
            return _constant(re.sub(r"\\(.)", r"\1", text[1:-1]))
        if kind == "number":
            return _constant(float(text) if "." in text else int(text))
        if kind == "name":
            return _constant({"true": True, "false": False}.get(text)) if text in CONSTANTS else _variable(text)
        if text == "[":
            items = self._until("]")
            return lambda run, scope: [item(run, scope) for item in items]
        if text == "(":
            node = self._body()
            self._need(")")
            return node
        raise ExpressionError(f"Unexpected {text!r}")

    def _arrow(self) -> Node:
        name = self._name()
        self._need("=>")
        body = self._choice()
        return lambda run, scope: lambda value: body(run, {**scope, name: value})


CONSTANTS = {"true", "false", "null"}


def _constant(value: Any) -> Node:
    return lambda run, scope: value


def _variable(name: str) -> Node:
    def look(run: Run, scope: Scope) -> Any:
        if name not in scope:
            raise ExpressionError(f"Unknown name {name!r}")
        return scope[name]

    return look


def _member(of: Node, key: Node, *, optional: bool = False) -> Node:
    def look(run: Run, scope: Scope) -> Any:
        run.step()
        thing, name = of(run, scope), key(run, scope)
        if thing is None and optional:
            return None
        return _look_up(run, thing, name)

    return look


def _look_up(run: Run, thing: Any, name: Any) -> Any:
    if isinstance(thing, Properties):
        return thing.read(run, name)
    if isinstance(thing, (list, str)) and name == "length":
        return len(thing)
    if isinstance(thing, list) and isinstance(name, int):
        return thing[name] if 0 <= name < len(thing) else None
    if isinstance(thing, Mapping):
        if name in thing:
            return thing[name]
        if getattr(thing, "open", True):
            return None  # a JSON object has what it has; the things of Jira have fixed members
    raise ExpressionError(f"Cannot read {name!r} of {_kind(thing)}")


class Thing(dict[str, Any]):
    """One of Jira's own, such as the issue: an unknown member is an error."""

    open = False


def _call(of: Node, name: str, arguments: list[Node]) -> Node:
    def run_call(run: Run, scope: Scope) -> Any:
        run.step()
        thing = of(run, scope)
        values = [argument(run, scope) for argument in arguments]
        method = METHODS.get((type(thing), name))
        if method is None or len(values) != 1:
            raise ExpressionError(f"{_kind(thing)} has no method {name!r} for {len(values)} values")
        return method(thing, values[0])

    return run_call


METHODS: dict[tuple[type, str], Callable[[Any, Any], Any]] = {
    (list, "includes"): lambda items, value: any(_same(item, value) for item in items),
    (list, "map"): lambda items, function: [function(item) for item in items],
    (list, "filter"): lambda items, function: [item for item in items if _truth(function(item))],
    (list, "some"): lambda items, function: any(_truth(function(item)) for item in items),
    (list, "every"): lambda items, function: all(_truth(function(item)) for item in items),
    (str, "includes"): lambda text, part: part in text,
}


def _operation(sign: str, left: Node, right: Node) -> Node:
    def run_operation(run: Run, scope: Scope) -> Any:
        run.step()
        first = left(run, scope)
        if sign in ("&&", "||"):
            return first if _truth(first) == (sign == "||") else right(run, scope)
        second = right(run, scope)
        if sign in ("==", "===", "!=", "!=="):
            return _same(first, second) == (sign[0] == "=")
        if sign == "+" and isinstance(first, str) and isinstance(second, str):
            return first + second
        return SUMS[sign](_number(first), _number(second))

    return run_operation


SUMS: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a % b,
}


def _same(first: Any, second: Any) -> bool:
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"Expected true or false, found {_kind(value)}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ExpressionError(f"Expected a number, found {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list"}
    return names.get(type(value), "an object")
