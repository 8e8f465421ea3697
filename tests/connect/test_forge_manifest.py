"""The manifests that we write, held against Atlassian's own package, against the descriptor and against our calls."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from connect import JiraSite, NewIssue
from connect.forge_manifest import (
    _PAGES,
    _RULES,
    LEFT_OUT,
    SCOPES,
    adoption_manifest,
    native_manifest,
    page_address,
    screen_paths,
    to_yaml,
)
from plugin.ports import Jira
from tests.connect.world import DESCRIPTOR, DROP, HttpServer
from tests.devhost.contract import load_contract

ROOT = Path(__file__).parents[2]
VALIDATOR = Path(__file__).with_name("validate_manifests.js")
APP_ID = "ari:cloud:ecosystem::app/0c1f2e3d-0000-4000-8000-000000000000"
Manifest = dict[str, Any]


def descriptor() -> Manifest:
    """Ours, and the kinds of module that it does not have (yet)."""
    found: Manifest = json.loads(DESCRIPTOR.read_text("utf-8"))
    found["modules"].setdefault(
        "jiraDashboardItems",
        [
            {
                "key": "gadget",
                "name": {"value": "Satisfaction"},
                "description": {"value": "How customers see it"},
                "url": "/gadget",
                "thumbnailUrl": "/static/rapport-icon.svg",
            }
        ],
    )
    return found


def native() -> Manifest:
    return native_manifest(descriptor(), app_id=APP_ID, base_url="https://rapport.example")


def adoption() -> Manifest:
    return adoption_manifest(descriptor(), app_id=APP_ID, base_url="https://rapport.example")


def errors_of(folder: Path, manifests: Sequence[Manifest]) -> list[list[str]]:
    """What the package has against each."""
    folders = []
    for number, manifest in enumerate(manifests):
        place = folder / str(number)
        (place / "shell").mkdir(parents=True)
        for name in ("index.html", "rapport-icon.svg"):
            (place / "shell" / name).write_text("there")
        (place / "manifest.yml").write_text(to_yaml(manifest), "utf-8")
        folders.append(str(place))
    command = ["node", str(VALIDATOR), str(ROOT), *folders]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return [found[each] for each in folders]


def test_both_manifests_pass_atlassians_own_check(tmp_path: Path) -> None:
    assert errors_of(tmp_path, [native(), adoption()]) == [[], []]


def plant(manifest: Manifest, path: str, value: Any) -> Manifest:
    """The manifest with one thing changed, or (DROP) taken out."""
    spoilt = copy.deepcopy(manifest)
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place: Any = spoilt
    for step in steps:
        place = place[step]
    if value == DROP:
        del place[last]
    else:
        place[last] = value
    return spoilt


NATIVE_MISTAKES = [
    ("app/id", "rapport"),
    ("app/runtime", DROP),
    ("permissions/scopes/0", "read:everything"),
    ("modules/jira:projectPage/0/title", DROP),
    ("modules/jira:projectSettingsPage/0/resource", "nowhere"),
    ("modules/jira:adminPage/0/resolver/endpoint", "nowhere"),
    ("modules/jira:issueContext/0/label", DROP),
    ("modules/jira:dashboardGadget/0/thumbnail", DROP),
    ("modules/jira:workflowCondition/0/expression", DROP),
    ("modules/jira:workflowValidator/0/name", DROP),
    ("modules/jira:workflowPostFunction/0/endpoint", "nowhere"),
    ("modules/jira:customField/0/type", "read_only"),
    ("modules/jira:entityProperty/0/values/0/type", "anything"),
    ("modules/trigger/0/events/0", 7),
    ("modules/trigger/0/endpoint", "nowhere"),
    ("modules/scheduledTrigger/0/interval", "minute"),
    ("modules/preUninstall/0/endpoint", DROP),
    ("modules/endpoint/0/remote", "nowhere"),
    ("modules/endpoint/1/auth/appSystemToken", {}),
    ("modules/jira:unheardOf", [{"key": "a"}]),
    ("resources/0/path", "nowhere"),
    ("remotes/0/operations/0", "sending"),
    ("remotes/0/storage/inScopeEUD", "yes"),
]
ADOPTION_MISTAKES = [
    ("app/connect/key", "not a key"),
    ("app/connect/remote", "nowhere"),
    ("app/connect/authentication", "none"),
    ("permissions/scopes/0", "READ"),
    ("connectModules/jira:lifecycle", [{"key": "a"}, {"key": "b"}]),
    ("connectModules/jira:unheardOf", [{"key": "a"}]),
    ("remotes/0/key", DROP),
]


def test_a_mistake_in_any_part_is_found(tmp_path: Path) -> None:
    """Else the check before would prove nothing."""
    mistakes = [("native", *each) for each in NATIVE_MISTAKES] + [("adoption", *each) for each in ADOPTION_MISTAKES]
    made = {"native": native(), "adoption": adoption()}
    found = errors_of(tmp_path, [plant(made[which], path, value) for which, path, value in mistakes])
    assert [mistake for mistake, errors in zip(mistakes, found, strict=True) if not errors] == []


def parts_of(manifest: Manifest) -> set[str]:
    kinds = {f"modules/{kind}" for kind in manifest.get("modules", {})}
    return kinds | (manifest.keys() - {"modules", "connectModules"})


def test_no_part_is_without_a_mistake_in_it() -> None:
    """A kind of module that is new needs one. What stands in `connectModules` Atlassian's package does not read: it is the
    descriptor's, word for word, and held against the schema of that."""
    for manifest, mistakes in ((native(), NATIVE_MISTAKES), (adoption(), ADOPTION_MISTAKES)):
        spoilt = {"/".join(path.split("/")[:number]) for path, _ in mistakes for number in (1, 2)}
        assert parts_of(manifest) - spoilt == set()
    for kind, found in descriptor()["modules"].items():
        wrapped = adoption()["connectModules"][f"jira:{kind}"]
        listed = found if isinstance(found, list) else [found]
        assert [
            {**each, "key": each.get("key", mine["key"])} for each, mine in zip(listed, wrapped, strict=True)
        ] == wrapped


def test_what_is_written_is_what_was_meant() -> None:
    odd = {
        "a": {},
        "b": [],
        "c": [{"d": "no", "e": ["yes", "1", "x: y", "#", "- a", ""]}],
        "f:g": True,
        "h": 1.5,
        "i": "ü\n",
    }
    for value in (native(), adoption(), odd):
        assert yaml.safe_load(to_yaml(value)) == value


def screens_of(module: Manifest) -> list[str]:
    parts = [f"{module['key']}.{part}" for part in ("create", "edit", "view") if part in module]
    pages = [f"{module['key']}/{page['route']}" for page in module.get("pages", [])]
    return parts or pages or [module["key"]]


def test_every_screen_of_the_descriptor_is_in_the_manifest() -> None:
    modules = native()["modules"]
    screens = {
        key
        for kind in modules
        if kind.startswith("jira:")
        for module in modules[kind]
        if "resolver" in module
        for key in screens_of(module)
    }
    assert screens == set(screen_paths(descriptor()))
    of_events = {"webhooks", "jiraIssueFields", "jiraEntityProperties"}
    assert set(descriptor()["modules"]) <= set(_PAGES) | set(_RULES) | LEFT_OUT | of_events
    assert [each["event"] for each in descriptor()["modules"]["webhooks"]] == ["jira:issue_deleted"]
    assert modules["trigger"][0]["events"][:2] == ["avi:jira:updated:issue", "avi:jira:deleted:issue"]
    assert [each["connectFieldProperty"]["path"] for each in modules["jira:customField"]] == [
        each["property"]["path"] for each in descriptor()["modules"]["jiraIssueFields"]
    ]


@pytest.mark.parametrize(
    ("module_key", "address"),
    [
        ("post-mortem", "/jira/software/projects/A%2FB/apps/app/env/post-mortem"),
        ("project-settings", "/jira/software/projects/A%2FB/settings/apps/app/env"),
        ("administration", "/jira/settings/apps/app/env"),
        ("nowhere", "/"),
    ],
)
def test_a_page_stands_in_jira_where_atlassians_documents_say(module_key: str, address: str) -> None:
    assert page_address(descriptor(), module_key, "app/env", "A/B") == address


def test_nothing_is_asked_for_that_forbids_sharing_by_link() -> None:
    assert "licensing" not in native()["app"]
    assert "configurable" not in native()["remotes"][0]
    assert adoption()["permissions"]["scopes"] == ["read:connect-jira", "write:connect-jira"]


CALLS: dict[str, Callable[[JiraSite], Any]] = {
    "get_issue": lambda site: site.get_issue("10007"),
    "get_project_id": lambda site: site.get_project_id("10007"),
    "get_issues": lambda site: site.get_issues(["10007"]),
    "search_page": lambda site: site.search_page("project = DEMO"),
    "search_ids": lambda site: site.search_ids("project = DEMO"),
    "find_matching": lambda site: site.find_matching("project = DEMO", ["10007"]),
    "find_jql_errors": lambda site: site.find_jql_errors("project = DEMO"),
    "count_issues": lambda site: site.count_issues("project = DEMO"),
    "list_people_fields": lambda site: site.list_people_fields(),
    "list_users": lambda site: site.list_users(["712020:ada"]),
    "get_project": lambda site: site.get_project("10000"),
    "list_issue_types": lambda site: site.list_issue_types(),
    "list_versions": lambda site: site.list_versions("10000"),
    "create_issue": lambda site: site.create_issue(NewIssue("10000", "10001", "Follow up", {})),
    "list_workflow_rules": lambda site: site.list_workflow_rules(),
    "set_issue_property": lambda site: site.set_issue_property("10007", "rapport", {}),
    "get_issue_property": lambda site: site.get_issue_property("10007", "rapport"),
    "set_project_property": lambda site: site.set_project_property("10000", "rapport", {}),
    "add_comment": lambda site: site.add_comment("10007", {}),
    "has_comment": lambda site: site.has_comment("10007", "words"),
    "get_user": lambda site: site.get_user("712020:ada"),
    "get_request_rating": lambda site: site.get_request_rating("10007"),
    "rate_request": lambda site: site.rate_request("10007", 4),
    "take_rating_back": lambda site: site.take_rating_back("10007"),
    "check_permissions": lambda site: site.check_permissions("712020:ada", [], []),
}
BY_OTHERS = {
    "search_issues",
    "list_due_changes",
    "get_cloud_id",
    "watch_projects",
}  # made of calls that are listed, not part of the API, or nothing to ask behind Forge


def test_the_scopes_are_what_our_calls_need_and_no_more(site: JiraSite, server: HttpServer) -> None:
    contract = load_contract()
    if contract is None:
        pytest.skip("Atlassian's OpenAPI document is not here")
    public = {name for name in vars(JiraSite) if not name.startswith("_")}
    assert public | {name for name in vars(Jira) if not name.startswith("_")} <= set(CALLS) | BY_OTHERS
    needed: dict[str, list[frozenset[str]]] = {}
    for name, call in CALLS.items():
        before = len(server.seen)
        with pytest.raises(Exception):  # noqa: B017, PT011 - the server knows nothing; what counts is what was asked
            call(site)
            raise AssertionError("asked")
        for seen in server.seen[before:]:
            operation = contract.operation(seen.method, seen.path)
            assert operation is not None, f"{name}: {seen.method} {seen.path}"
            needed[operation.name] = operation.forge_scopes
    held = frozenset(SCOPES)
    assert {name for name, ways in needed.items() if not any(way <= held for way in ways)} == set()
    for scope in held - {"read:app-system-token"}:
        without = held - {scope}
        assert not all(any(way <= without for way in ways) for ways in needed.values()), f"{scope} is not needed"
