"""Webhooks that we register ourselves, so that a site tells us of status changes in the projects that matter and no others.

Jira keeps each for 30 days unless it is asked to go on, knows their filters as JQL, and takes one address for all of an app
(developer.atlassian.com, "Webhooks" of the REST API). Which to add, to drop and to keep alive is a pure rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

EVENT, FIELD = "jira:issue_updated", "status"
PROJECTS_OF_ONE = 100
MOST = 50  # Jira takes a hundred of one app: new ones come before those in whose place they are
KEEP_ALIVE_BEFORE = timedelta(days=10)
_PAGES = 10
_FILTER = re.compile(r"project in \(([0-9]{1,19}(?:, [0-9]{1,19})*)\)")
Group = tuple[str, ...]  # ids of projects


@dataclass(frozen=True, slots=True)
class Watched:
    """`news`: projects whose changes Jira tells us of from now on, and did not before. `untold`: of which it does not."""

    news: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hook:
    """One that Jira keeps. `projects` is empty where it is not such as we make them now."""

    id: int
    url: str
    projects: frozenset[str]
    expires_at: datetime

    def ends_before(self, moment: datetime) -> bool:
        return self.expires_at <= moment


@dataclass(frozen=True, slots=True)
class Plan:
    """`elsewhere` (of another address) go before `missing` are added, as Jira takes no second address; `needless` after."""

    missing: tuple[Group, ...] = ()
    ageing: tuple[Hook, ...] = ()
    needless: tuple[Hook, ...] = ()
    elsewhere: tuple[Hook, ...] = ()


def plan(wanted: Collection[str], held: Sequence[Hook], url: str, now: datetime) -> Plan:
    """What is to do so that Jira tells us of the projects `wanted` and no others."""
    here = sorted((hook for hook in held if hook.url == url), key=lambda hook: hook.id)
    kept, covered = _kept(frozenset(wanted), here, now)
    missing = groups(frozenset(wanted) - covered)
    if len(kept) + len(missing) > MOST:  # one by one they have become many: few large ones in their place
        kept, missing = [], groups(wanted)
    return Plan(
        missing=tuple(missing),
        ageing=tuple(hook for hook in kept if hook.ends_before(now + KEEP_ALIVE_BEFORE)),
        needless=tuple(hook for hook in here if hook not in kept),
        elsewhere=tuple(hook for hook in held if hook.url != url),
    )


def _kept(wanted: frozenset[str], here: Iterable[Hook], now: datetime) -> tuple[list[Hook], frozenset[str]]:
    """Those that tell of something wanted, of nothing else, and of nothing that an earlier one tells of."""
    kept, covered = [], frozenset[str]()
    for hook in here:
        if not hook.ends_before(now) and hook.projects <= wanted and hook.projects - covered:
            kept.append(hook)
            covered |= hook.projects
    return kept, covered


def groups(projects: Collection[str]) -> list[Group]:
    """As few as there can be."""
    ids = sorted((each for each in projects if each.isdecimal()), key=int)
    return [tuple(ids[start : start + PROJECTS_OF_ONE]) for start in range(0, len(ids), PROJECTS_OF_ONE)]


def watch(platform: Any, url: str, wanted: Collection[str], now: datetime) -> Watched:
    """Carry out the plan. `platform`: JiraCloud of the site. Twice is once; raises what the client raises."""
    held = _held(platform)
    todo = plan(wanted, held, url, now)
    _delete(platform, todo.elsewhere)
    if todo.ageing:
        platform.refresh_webhooks(data=_ids(todo.ageing))
    refused = _add(platform, url, todo.missing)
    if any(len(group) > 1 for group in refused):  # a project that is gone must not take others along
        refused = _add(platform, url, [(project,) for group in refused for project in group])
    unheard = frozenset(project for group in refused for project in group)
    spared = [hook for hook in todo.needless if hook.projects & unheard and not hook.ends_before(now)]
    _delete(platform, [hook for hook in todo.needless if hook not in spared])
    known = _told_by(hook for hook in held if hook.url == url and not hook.ends_before(now))
    return Watched(frozenset(wanted) - known - unheard, unheard - _told_by(spared))


def _told_by(hooks: Iterable[Hook]) -> frozenset[str]:
    return frozenset(project for hook in hooks for project in hook.projects)


def _held(platform: Any) -> list[Hook]:
    found: list[Hook] = []
    for _ in range(_PAGES):
        page = platform.get_dynamic_webhooks_for_app(start_at=len(found), max_results=100)
        found += [_hook(raw) for raw in page["values"]]
        if page.get("isLast", True) or not page["values"]:
            break
    return found


def _hook(raw: dict[str, Any]) -> Hook:
    told = _FILTER.fullmatch(raw["jqlFilter"])
    ours = raw["events"] == [EVENT] and raw.get("fieldIdsFilter") == [FIELD]
    projects = frozenset(told[1].split(", ")) if told and ours else frozenset[str]()
    return Hook(int(raw["id"]), str(raw.get("url", "")), projects, _moment(raw.get("expirationDate")))


def _moment(written: object) -> datetime:
    """Atlassian's document says milliseconds, its example a date. What says neither is taken as over."""
    if isinstance(written, int):
        return datetime.fromtimestamp(written / 1000, UTC)
    if isinstance(written, str):
        return datetime.strptime(written, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)


def _add(platform: Any, url: str, wanted: Sequence[Group]) -> list[Group]:
    """Those that Jira refused: it answers 200 in any case, with a word about each in their order."""
    if not wanted:
        return []
    filters = [f"project in ({', '.join(group)})" for group in wanted]
    hooks = [{"events": [EVENT], "fieldIdsFilter": [FIELD], "jqlFilter": each} for each in filters]
    told = platform.register_dynamic_webhooks(data={"url": url, "webhooks": hooks})["webhookRegistrationResult"]
    return [group for group, word in zip(wanted, told, strict=True) if "createdWebhookId" not in word]


def _delete(platform: Any, hooks: Sequence[Hook]) -> None:
    if hooks:
        platform.delete_webhook_by_id(data=_ids(hooks))


def _ids(hooks: Iterable[Hook]) -> dict[str, list[int]]:
    return {"webhookIds": [hook.id for hook in hooks]}
