"""What Forge is told about us, made from what Connect is told: atlassian-connect.json stays the only source.

`native_manifest` is the app as Forge runs it: our screens in a static bundle, our server as its remote. `adoption_manifest`
wraps the descriptor for sites that have the app already: there Jira keeps framing our pages and signing as before.
Rules: developer.atlassian.com, "Manifest", and the schema of npm's @forge/manifest, which tests hold both against.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from connect.forge_tokens import full_app_id

Manifest = dict[str, Any]
REMOTE = "rapport"
SHELL = "shell"  # the resource: a folder beside the manifest
# What the calls of jira.py need, and no more. "read:app-system-token" is how the remote gets its token at all.
SCOPES = (
    "read:app-system-token",
    "read:jira-user",
    "read:jira-work",
    "read:servicedesk-request",
    "read:workflow:jira",
    "write:jira-work",
    "write:project.property:jira",
    "write:servicedesk-request",
)
_RUNTIME = {"name": "nodejs22.x"}  # must be named, though no function of ours runs there
_TRIGGERS = ("avi:jira:updated:issue", "avi:jira:deleted:issue")  # of every project; Forge knows no finer ones
_OWN_LIFE = ("avi:forge:installed:app", "avi:forge:upgraded:app")
_PAGES = {
    "jiraProjectPages": "jira:projectPage",
    "jiraProjectAdminTabPanels": "jira:projectSettingsPage",
    "adminPages": "jira:adminPage",
    "generalPages": "jira:globalPage",
    "jiraIssueContexts": "jira:issueContext",
    "jiraDashboardItems": "jira:dashboardGadget",
}
# Of these Forge takes one each; several of ours become pages within it, told apart by their route.
_SINGLE = frozenset(("jiraProjectPages", "jiraProjectAdminTabPanels", "adminPages", "generalPages"))
LEFT_OUT = frozenset(("jiraReports",))  # for which Forge has nothing
# Where Jira shows them: developer.atlassian.com, "Jira project page" and its neighbours. Of a project it names the kind too
# ("software", "core", "servicedesk"), which we do not know; that Jira leads on from the one that most are was not tried.
_ADDRESSES = {
    "jiraProjectPages": "/jira/software/projects/{project}/apps/{place}",
    "jiraProjectAdminTabPanels": "/jira/software/projects/{project}/settings/apps/{place}",
    "adminPages": "/jira/settings/apps/{place}",
    "generalPages": "/jira/apps/{place}",
}
_RULES = {
    "jiraWorkflowConditions": "jira:workflowCondition",
    "jiraWorkflowValidators": "jira:workflowValidator",
    "jiraWorkflowPostFunctions": "jira:workflowPostFunction",
}
_FIELD_TYPES = {"number": "number", "date": "datetime", "string": "string", "text": "string"}
_ENDPOINTS = {
    "screens": None,
    "events": "/forge/events",
    "post-function": "/forge/post-function",
    "schedule": "/forge/schedule",
    "leaving": "/forge/leaving",
}


def native_manifest(descriptor: Mapping[str, Any], *, app_id: str, base_url: str) -> Manifest:
    """Manifest of an app that is Forge's alone. ValueError for an `app_id` that is none."""
    modules = descriptor["modules"]
    return {
        "app": {"id": full_app_id(app_id), "description": descriptor["description"], "runtime": dict(_RUNTIME)},
        "permissions": {"scopes": list(SCOPES)},
        "modules": {
            **_screens(modules),
            **_rules(modules),
            "jira:customField": [_field(each) for each in modules.get("jiraIssueFields", ())],
            "jira:entityProperty": [each for module in modules.get("jiraEntityProperties", ()) for each in _index(module)],
            **_calls(),
        },
        "resources": [{"key": SHELL, "path": SHELL}],
        "remotes": [
            {
                "key": REMOTE,
                "baseUrl": base_url,
                "operations": ["compute", "storage"],
                "auth": {"appSystemToken": {"enabled": True}},
                "storage": {"inScopeEUD": True},
            }
        ],
    }  # fmt: skip


def adoption_manifest(descriptor: Mapping[str, Any], *, app_id: str, base_url: str) -> Manifest:
    """Manifest that wraps the descriptor, for sites that have installed it. ValueError for an `app_id` that is none."""
    modules = {
        f"jira:{kind}": [_with_key(kind, number, each) for number, each in enumerate(_listed(found))]
        for kind, found in descriptor["modules"].items()
    }
    return {
        "app": {
            "id": full_app_id(app_id),
            "runtime": dict(_RUNTIME),
            "connect": {"key": descriptor["key"], "remote": REMOTE, "authentication": "jwt"},
        },
        "permissions": {"scopes": [f"{each.lower().replace('_', '-')}:connect-jira" for each in descriptor["scopes"]]},
        "connectModules": {"jira:lifecycle": [{"key": "lifecycle", **descriptor["lifecycle"]}], **modules},
        "remotes": [{"key": REMOTE, "baseUrl": base_url}],
    }


def screen_paths(descriptor: Mapping[str, Any]) -> dict[str, str]:
    """Where each screen of the native app begins on our server, by its module's key, with variables as in the descriptor.

    The three screens of a workflow rule have keys with a suffix: "rule.create"; pages within a module one with its route:
    "project-pages/post-mortem".
    """
    paths = {}
    for kind, found in descriptor["modules"].items():
        for module in _listed(found):
            if kind in _PAGES:
                paths[f"{_group(kind)}/{module['key']}" if _is_grouped(kind, found) else module["key"]] = (
                    module.get("url") or module["target"]["url"]
                )
            elif kind in _RULES:
                paths.update({f"{module['key']}.{part}": module[part]["url"] for part in _parts(module)})
    return paths


def page_address(descriptor: Mapping[str, Any], module_key: str, place: str, project_key: str) -> str:
    """Path of a page of the native app in Jira; "/" for a module that has none. `place`: "app id/environment id"."""
    for kind, address in _ADDRESSES.items():
        pages = _listed(descriptor["modules"].get(kind, []))
        if module_key in (page["key"] for page in pages):
            route = f"/{module_key}" if _is_grouped(kind, pages) else ""
            return address.format(project=quote(project_key, safe=""), place=place) + route
    return "/"


def _is_grouped(kind: str, found: Any) -> bool:
    return kind in _SINGLE and len(_listed(found)) > 1


def _group(kind: str) -> str:
    """Key of the one module that holds several pages: "project-pages"."""
    return re.sub(r"([A-Z])", r"-\1", _PAGES[kind].removeprefix("jira:")).lower() + "s"


def _listed(found: Any) -> Sequence[dict[str, Any]]:
    return found if isinstance(found, list) else [found]


def _with_key(kind: str, number: int, module: Mapping[str, Any]) -> dict[str, Any]:
    """Forge wants a key where Connect wants none: on webhooks."""
    return {"key": f"{kind}-{number + 1}", **module}


def _screens(modules: Mapping[str, Any]) -> Manifest:
    return {
        forge: (
            [_pages(kind, modules[kind])]
            if _is_grouped(kind, modules[kind])
            else [_page(kind, each) for each in _listed(modules[kind])]
        )
        for kind, forge in _PAGES.items()
        if kind in modules
    }


def _pages(kind: str, found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One module of several pages; its own title stands over them."""
    pages = [_page(kind, each) for each in found]
    shown = [{"title": each["title"], "route": each["key"], **_only(each, "icon")} for each in pages]
    return {**pages[0], "key": _group(kind), "title": "Rapport", "pages": shown}


def _only(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: found[name] for name in names if name in found}


def _page(kind: str, module: Mapping[str, Any]) -> dict[str, Any]:
    page = {
        "key": module["key"],
        "resource": SHELL,
        "resolver": {"endpoint": "screens"},
        "title": module["name"]["value"],
    }
    icon = icon_path(module)
    shown = f"resource:{SHELL};{PurePosixPath(icon).name}" if icon else None
    if kind == "jiraIssueContexts":
        page["label"] = module["content"]["label"]["value"]
    if kind == "jiraDashboardItems":
        page["description"], page["thumbnail"] = module["description"]["value"], shown
    elif shown:
        page["icon"] = shown
    if kind not in ("jiraIssueContexts", "jiraDashboardItems"):
        page["layout"] = "basic"
    return page


def icon_path(module: Mapping[str, Any]) -> str:
    """Of a module's icon on our server; "" without one. The shell's folder needs a copy under the same name."""
    return str(module.get("iconUrl") or module.get("icon", {}).get("url") or module.get("thumbnailUrl") or "")


def _rules(modules: Mapping[str, Any]) -> Manifest:
    return {forge: [_rule(each) for each in modules[kind]] for kind, forge in _RULES.items() if kind in modules}


def _rule(module: Mapping[str, Any]) -> dict[str, Any]:
    """Forge offers these in company-managed projects only, and says so by default."""
    rule = {
        "key": module["key"],
        "name": module["name"]["value"],
        "description": module.get("description", module["name"])["value"],
        **({"expression": module["expression"]} if "expression" in module else {"endpoint": "post-function"}),
        "resolver": {"endpoint": "screens"},
        **{part: {"resource": SHELL} for part in _parts(module)},
    }
    message = module.get("errorMessage")
    if message is not None:
        rule["errorMessage"] = message.get("value") or {"expression": message["expression"]}
    return rule


def _parts(module: Mapping[str, Any]) -> list[str]:
    return [part for part in ("create", "edit", "view") if part in module]


def _field(module: Mapping[str, Any]) -> dict[str, Any]:
    """A field that shows a value of an issue property, as the one of Connect that it follows."""
    source = module["property"]
    return {
        "key": module["key"],
        "name": module["name"]["value"],
        "description": module["description"]["value"],
        "type": _FIELD_TYPES[source["type"]],
        "readOnly": True,
        "migratedFromConnect": True,
        "connectFieldProperty": {"key": source["key"], "path": source["path"]},
    }


def _index(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number, part in enumerate(module["keyConfigurations"]):
        values = [
            {
                "path": each["objectName"],
                "type": each["type"],
                **({"searchAlias": each["alias"]} if "alias" in each else {}),
            }
            for each in part["extractions"]
        ]
        suffix = f"-{number + 1}" if number else ""
        entity = module.get("entityType", "issue")
        yield {"key": f"{module['key']}{suffix}", "propertyKey": part["propertyKey"], "entityType": entity, "values": values}  # fmt: skip


def _calls() -> Manifest:
    """What Forge calls by itself. Each kind has an endpoint of its own, which its token names."""
    return {
        "trigger": [{"key": "events-of-jira", "endpoint": "events", "events": [*_TRIGGERS, *_OWN_LIFE]}],
        "scheduledTrigger": [{"key": "every-hour", "endpoint": "schedule", "interval": "hour"}],
        "preUninstall": [{"key": "before-removal", "endpoint": "leaving"}],
        "endpoint": [_endpoint(key, path) for key, path in _ENDPOINTS.items()],
    }


def _endpoint(key: str, path: str | None) -> dict[str, Any]:
    route = {} if path is None else {"route": {"path": path}}
    return {"key": key, "remote": REMOTE, **route, "auth": {"appSystemToken": {"enabled": True}}}


_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*(?::[A-Za-z0-9_.-]+)*")
_WORDS = frozenset(("true", "false", "null", "yes", "no", "on", "off", "y", "n"))


def to_yaml(value: Any, indent: str = "") -> str:
    """YAML for people to read, of objects, lists, text, numbers and truth. Text that is not plain stands as JSON has it."""
    if isinstance(value, dict) and value:
        return "".join(f"{indent}{_scalar(key)}:{_below(each, indent)}" for key, each in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{indent}- {to_yaml(each, indent + '  ').lstrip(' ')}" for each in value)
    return f"{indent}{_scalar(value)}\n"


def _below(value: Any, indent: str) -> str:
    if isinstance(value, (dict, list)) and value:
        return "\n" + to_yaml(value, indent + "  ")
    return f" {_scalar(value)}\n"


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return str(value) if plain else json.dumps(value, ensure_ascii=False)
