"""What JQL can ask about: each field knows its values, its operators and how it compares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from tests.devhost import adf
from tests.devhost.errors import BadRequest, NotFound
from tests.devhost.records import Issue, Json, value_at
from tests.devhost.shapes import CATEGORIES, PRIORITIES

if TYPE_CHECKING:
    from tests.devhost.site import Site

EQUALITY = frozenset({"=", "!=", "in", "not in", "is", "is not"})
ORDER = frozenset({">", ">=", "<", "<="})
CONTAINS = frozenset({"~", "!~", "is", "is not"})
DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
PERIOD = re.compile(r"([+-]?)(\d+)([yMwdhm])")
PERIOD_SECONDS = {"y": 365 * 86400, "M": 30 * 86400, "w": 7 * 86400, "d": 86400, "h": 3600, "m": 60}


@dataclass(frozen=True)
class Searcher:
    """Who searches, and the moment in their own time zone."""

    site: Site
    account_id: str | None
    now: datetime


@dataclass(frozen=True)
class Field:
    """One field; ``read`` gives what an issue holds: a list, empty when the field is empty."""

    name: str
    read: Callable[[Issue], list[Any]]
    operators: frozenset[str] = EQUALITY
    rank: Callable[[Any], Any] = lambda value: value

    def check_operator(self, operator: str) -> None:
        """`BadRequest` unless the field takes it."""
        if operator not in self.operators:
            raise BadRequest(f"The operator '{operator}' is not supported by the '{self.name}' field.")

    def value(self, text: str, who: Searcher) -> Any:
        """A value as written in the query, as it is compared."""
        return text.lower()

    def sort_key(self, issue: Issue) -> Any:
        """What ORDER BY compares; None sorts last."""
        held = self.read(issue)
        return self.rank(held[0]) if held else None

    def matches(self, issue: Issue, operator: str, values: tuple[Any, ...]) -> bool:
        """Compare; None among *values* is EMPTY."""
        held = self.read(issue)
        if operator in ("is", "is not") or values == (None,):
            return (not held) == (operator in ("is", "=", "in"))
        if operator in ("=", "in"):
            return any(self.equal(each, value) for each in held for value in values if value is not None) or (
                None in values and not held
            )
        if operator in ("!=", "not in"):
            return bool(held) and not any(self.equal(each, value) for each in held for value in values)
        return any(self.compare(each, operator, values[0]) for each in held)

    def equal(self, held: Any, value: Any) -> bool:
        """Is what the issue holds that value?"""
        return bool(held == value)

    def compare(self, held: Any, operator: str, value: Any) -> bool:
        """Orderings."""
        outcomes = {">": held > value, ">=": held >= value, "<": held < value, "<=": held <= value}
        return bool(outcomes[operator])


@dataclass(frozen=True)
class ChoiceField(Field):
    """A value from a list, known by several names (id, key, name); an unknown one is an error, as in Jira."""

    known: Iterable[tuple[str, ...]] = ()

    def value(self, text: str, who: Searcher) -> Any:
        found = [names for names in self.known if text.lower() in (name.lower() for name in names)]
        if not found:
            raise BadRequest(f"The value '{text}' does not exist for the field '{self.name}'.")
        return found[0][0]


@dataclass(frozen=True)
class ResolutionField(ChoiceField):
    """As a choice, with Unresolved as another word for EMPTY."""

    def value(self, text: str, who: Searcher) -> Any:
        return None if text.lower() == "unresolved" else super().value(text, who)


@dataclass(frozen=True)
class KeyField(Field):
    """Issues by id, key or former key; orderings stay within the project, by number."""

    operators: frozenset[str] = EQUALITY | ORDER

    def value(self, text: str, who: Searcher) -> Any:
        try:
            return who.site.issue(text)
        except NotFound:
            raise BadRequest(f"An issue with key '{text}' does not exist for field '{self.name}'.") from None

    def sort_key(self, issue: Issue) -> Any:
        return issue.key.rpartition("-")[0], issue.number

    def equal(self, held: Any, value: Any) -> bool:
        return bool(held.id == value.id)

    def compare(self, held: Any, operator: str, value: Any) -> bool:
        return bool(held.project_id == value.project_id and super().compare(held.number, operator, value.number))


@dataclass(frozen=True)
class UserField(Field):
    """An account; unknown ones match nothing, as in Jira."""

    def value(self, text: str, who: Searcher) -> Any:
        return text


@dataclass(frozen=True)
class NumberField(Field):
    """Numbers of the app."""

    operators: frozenset[str] = EQUALITY | ORDER

    def value(self, text: str, who: Searcher) -> Any:
        try:
            return float(text)
        except ValueError:
            raise BadRequest(f"Value '{text}' is invalid for the '{self.name}' field.") from None


@dataclass(frozen=True)
class StringField(Field):
    """Whole strings of the app, compared exactly."""

    def value(self, text: str, who: Searcher) -> Any:
        return text


@dataclass(frozen=True)
class TextField(Field):
    """Words; ``~`` wants all of them, a quoted phrase inside wants it as it stands, ``*`` ends a stem."""

    operators: frozenset[str] = CONTAINS

    def compare(self, held: Any, operator: str, value: Any) -> bool:
        hit = all(_contains(str(held).lower(), part) for part in re.findall(r'"[^"]+"|\S+', value))
        return hit == (operator == "~")


def _contains(text: str, part: str) -> bool:
    words = re.escape(part.strip('"')).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    return re.search(rf"(?<!\w){words}(?!\w)", text) is not None


@dataclass(frozen=True)
class DateField(Field):
    """Moments to the minute: absolute in the searcher's time zone, periods such as ``-5d``, or functions."""

    operators: frozenset[str] = EQUALITY | ORDER

    def value(self, text: str, who: Searcher) -> Any:
        for form in DATE_FORMATS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=who.now.tzinfo)
            except ValueError:
                continue
        if re.fullmatch(r"-?\d{9,}", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return who.now + self._period(text)

    def _period(self, text: str) -> timedelta:
        parts = text.split()
        found = [PERIOD.fullmatch(part) for part in parts]
        if not parts or not all(found):
            raise BadRequest(
                f"Date value '{text}' for field '{self.name}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            )
        sign = -1 if text.startswith("-") else 1
        return sign * timedelta(seconds=sum(int(each[2]) * PERIOD_SECONDS[each[3]] for each in found if each))

    def function(self, name: str, argument: str, who: Searcher) -> datetime:
        """``now()``, ``startOfDay(-1d)``, ``endOfWeek()`` …; weeks begin on Sunday, as in Jira."""
        shift = self._period(f"{argument}d" if argument.lstrip("+-").isdigit() else argument) if argument else None
        moment = who.now + (shift or timedelta())
        if name == "now":
            return moment
        found = re.fullmatch(r"(start|end)of(day|week|month|year)", name)
        if found is None:
            raise BadRequest(f"Unable to find JQL function '{name}()'.")
        start = _start(moment, found[2])
        return start if found[1] == "start" else _next_start(start, found[2]) - timedelta(milliseconds=1)

    def equal(self, held: Any, value: Any) -> bool:
        return bool(held.replace(second=0, microsecond=0) == value)


def _start(moment: datetime, unit: str) -> datetime:
    day = datetime.combine(moment.date(), time(), moment.tzinfo)
    if unit == "week":
        return day - timedelta(days=(day.weekday() + 1) % 7)
    return {"day": day, "month": day.replace(day=1), "year": day.replace(month=1, day=1)}[unit]


def _next_start(start: datetime, unit: str) -> datetime:
    return _start(start + timedelta(days={"day": 1, "week": 7, "month": 31, "year": 366}[unit], hours=2), unit)


def find_field(name: str, site: Site) -> Field:
    """The field of that name, id, alias or property path; `BadRequest` if there is none."""
    fields = _system_fields(site) | _people_fields(site) | _app_fields(site) | _indexed_properties(site)
    found = fields.get(name.lower())
    if found is None:
        raise BadRequest(f"Field '{name}' does not exist or you do not have permission to view it.")
    return found


def _one(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _day(value: date | None) -> list[datetime]:
    return [] if value is None else [datetime.combine(value, time(), UTC)]


def _system_fields(site: Site) -> dict[str, Field]:
    def text_of(issue: Issue) -> list[Any]:
        return [issue.summary, adf.plain(issue.description), *(adf.plain(each.body) for each in issue.comments)]

    def category(issue: Issue) -> list[Any]:
        return [site.statuses[issue.status_id].category]

    def ranked(held: str) -> int:
        return -PRIORITIES.index(held)

    projects = [(each.id, each.key, each.name) for each in site.projects.values()]
    versions = [(v.id, v.name) for each in site.projects.values() for v in each.versions]
    categories = [(key, name, str(number)) for key, (number, name, _) in CATEGORIES.items()]
    types = [(each.id, each.name) for each in site.issue_types.values()]
    statuses = [(each.id, each.name) for each in site.statuses.values()]
    priorities = [(name, str(number)) for number, name in enumerate(PRIORITIES, start=1)]
    project_key = {each.id: each.key for each in site.projects.values()}
    fields: dict[str, Field] = {
        "project": ChoiceField("project", lambda i: [i.project_id], rank=project_key.get, known=projects),
        "issuetype": ChoiceField("issuetype", lambda i: [i.type_id], known=types),
        "status": ChoiceField("status", lambda i: [i.status_id], known=statuses),
        "statuscategory": ChoiceField("statusCategory", category, known=categories),
        "priority": ChoiceField("priority", lambda i: [i.priority], rank=ranked, known=priorities),
        "resolution": ResolutionField("resolution", lambda i: ["Done"] if i.resolved else [], known=[("Done",)]),
        "fixversion": ChoiceField("fixVersion", lambda i: list(i.fix_version_ids), known=versions),
        "key": KeyField("key", lambda i: [i]),
        "labels": Field("labels", lambda i: [each.lower() for each in i.labels]),
        "assignee": UserField("assignee", lambda i: _one(i.assignee)),
        "reporter": UserField("reporter", lambda i: _one(i.reporter)),
        "creator": UserField("creator", lambda i: _one(i.reporter)),
        "created": DateField("created", lambda i: [i.created]),
        "updated": DateField("updated", lambda i: [i.updated]),
        "resolved": DateField("resolved", lambda i: _one(i.resolved)),
        "duedate": DateField("duedate", lambda i: _day(i.due_date)),
        "summary": TextField("summary", lambda i: [i.summary]),
        "description": TextField("description", lambda i: _one(adf.plain(i.description) or None)),
        "comment": TextField("comment", lambda i: [adf.plain(each.body) for each in i.comments]),
        "text": TextField("text", lambda i: ["\n".join(text_of(i))]),
    }
    aliases = {"type": "issuetype", "issuekey": "key", "issue": "key", "id": "key", "due": "duedate"}
    aliases |= {"resolutiondate": "resolved", "createddate": "created", "updateddate": "updated"}
    return fields | {alias: fields[name] for alias, name in aliases.items()}


def _people_fields(site: Site) -> dict[str, Field]:
    """By the name shown, and by ``cf[10031]``."""
    fields: dict[str, Field] = {}
    for each in site.people_fields.values():
        made = UserField(each.name, lambda issue, field_id=each.id: issue.people.get(field_id, []))  # type: ignore[misc]
        fields[each.name.lower()] = fields[f"cf[{each.id.removeprefix('customfield_')}]"] = made
    return fields


def _app_fields(site: Site) -> dict[str, Field]:
    """By the name shown, and by ``cf[10101]``."""
    fields = {}
    for each in site.app_fields():
        made = _typed(each.name, each.type, each.value)
        fields[each.name.lower()] = fields[f"cf[{each.id.removeprefix('customfield_')}]"] = made
    return fields


def _indexed_properties(site: Site) -> dict[str, Field]:
    """What ``jiraEntityProperties`` of the app index: by path, and by alias."""
    fields: dict[str, Field] = {}
    modules: list[Json] = site.app.modules("jiraEntityProperties") if site.app else []
    for module in modules:
        if module.get("entityType", "issue").lower() == "issue":
            for configuration in module.get("keyConfigurations", []):
                for extraction in configuration["extractions"]:
                    fields |= _extracted(configuration["propertyKey"], extraction)
    return fields


def _extracted(property_key: str, extraction: Json) -> dict[str, Field]:
    path = extraction["objectName"]
    name = f"issue.property[{property_key}].{path}"
    made = _typed(
        extraction.get("alias", name),
        extraction["type"].lower(),
        lambda issue: value_at(issue.properties.get(property_key), path),
    )
    return {name.lower(): made} | ({extraction["alias"].lower(): made} if "alias" in extraction else {})


def _typed(name: str, kind: str, read: Callable[[Issue], Any]) -> Field:
    """A field over a value in a property; a value of another type is not indexed."""
    if kind == "number":
        return NumberField(name, lambda issue: [v for v in _each(read(issue)) if _is_number(v)])
    if kind == "date":
        return DateField(name, lambda issue: [v for v in map(_moment, _each(read(issue))) if v is not None])

    def texts(issue: Issue) -> list[Any]:
        return [value for value in _each(read(issue)) if isinstance(value, str)]

    if kind == "user":
        return UserField(name, texts)
    return TextField(name, texts) if kind == "text" else StringField(name, texts)


def _each(value: Any) -> list[Any]:
    """Arrays are indexed by element."""
    return value if isinstance(value, list) else _one(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _moment(value: Any) -> datetime | None:
    """An ISO 8601 date or date-time; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
