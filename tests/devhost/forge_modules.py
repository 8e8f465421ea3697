"""Modules of a Forge manifest, and the same as the pages of the stand-in know them: by the names of Connect."""

from __future__ import annotations

from typing import Any

from tests.devhost.errors import NotFound
from tests.devhost.records import Json

PAGES = {
    "jira:projectPage": "jiraProjectPages",
    "jira:projectSettingsPage": "jiraProjectAdminTabPanels",
    "jira:adminPage": "adminPages",
    "jira:globalPage": "generalPages",
    "jira:issueContext": "jiraIssueContexts",
    "jira:dashboardGadget": "jiraDashboardItems",
    "jira:workflowCondition": "jiraWorkflowConditions",
    "jira:workflowValidator": "jiraWorkflowValidators",
    "jira:workflowPostFunction": "jiraWorkflowPostFunctions",
}
TYPES = {"number": "number", "string": "string", "datetime": "date", "date": "date"}


def find(manifest: Json, module_key: str) -> tuple[str, Json]:
    """Type and module of a screen, by the module's key or the route of a page in it; `NotFound` where there is none."""
    for kind in PAGES:
        for module in manifest["modules"].get(kind, []):
            if module_key in (module["key"], *(page["route"] for page in module.get("pages", []))):
                return kind, module
    raise NotFound(f"The manifest has no screen with the key '{module_key}'.")


def descriptor_of(manifest: Json, key: str) -> Json:
    """What a descriptor would say; addresses are left out, as the shell finds its own."""
    modules = manifest["modules"]
    pages = {name: [page for each in modules.get(kind, []) for page in _pages(each)] for kind, name in PAGES.items()}
    return {
        "key": key,
        "name": "Rapport",
        "description": manifest["app"].get("description", ""),
        "vendor": {"name": "deployed by yourselves"},
        "scopes": [],
        "modules": {
            **pages,
            "jiraIssueFields": [_field(each) for each in modules.get("jira:customField", [])],
            "jiraEntityProperties": [_index(each) for each in modules.get("jira:entityProperty", [])],
        },
    }


def _pages(module: Json) -> list[Json]:
    """Pages within a module stand in the navigation by themselves."""
    if "pages" not in module:
        return [_page(module)]
    return [{"key": each["route"], "name": {"value": each["title"]}} for each in module["pages"]]


def _page(module: Json) -> Json:
    page: Json = {"key": module["key"], "name": {"value": module.get("title") or module["name"]}}
    if "label" in module:
        page["content"] = {"label": {"value": module["label"]}}
    page |= {name: module[name] for name in ("expression", "endpoint") if name in module}
    message: Any = module.get("errorMessage")
    if message is not None:
        page["errorMessage"] = message if isinstance(message, dict) else {"value": message}
    return page


def _field(module: Json) -> Json:
    source = module["connectFieldProperty"]
    return {
        "key": module["key"],
        "name": {"value": module["name"]},
        "description": {"value": module["description"]},
        "type": "read_only",
        "property": {"key": source["key"], "path": source["path"], "type": TYPES[module["type"]]},
    }


def _index(module: Json) -> Json:
    extractions = [
        {"objectName": each["path"], "type": each["type"], "alias": each.get("searchAlias")}
        for each in module["values"]
    ]
    configuration = {"propertyKey": module["propertyKey"], "extractions": extractions}
    return {"key": module["key"], "entityType": module["entityType"], "keyConfigurations": [configuration]}
