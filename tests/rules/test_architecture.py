"""The rules of the architecture that import-linter cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from tests.running import Rapport

ROOT = Path(__file__).parent.parent.parent
PRODUCT = sorted((ROOT / "plugin").rglob("*.py"))
SOURCES = PRODUCT + sorted((ROOT / "connect").rglob("*.py"))
BANNED_NAMES = {"utils", "helpers", "common", "misc", "manager", "base"}


def imports_of(path: Path) -> Iterator[str]:
    """Full names: `from plugin.x import store` counts as plugin.x.store."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_layers_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_slice_touches_the_store_of_another() -> None:
    for path in PRODUCT:
        slice_name = path.relative_to(ROOT / "plugin").parts[0]
        for name in imports_of(path):
            parts = name.split(".")
            if parts[0] == "plugin" and "store" in parts[2:]:
                assert parts[1] == slice_name, f"{path} imports {name}"


def test_the_environment_is_read_in_settings_only() -> None:
    for path in SOURCES:
        if path.name != "settings.py":
            text = path.read_text(encoding="utf-8")
            assert "os.environ" not in text, path
            assert "getenv" not in text, path


def test_template_names_are_unique_over_all_slices() -> None:
    names = sorted(path.name for path in (ROOT / "plugin").rglob("templates/*"))
    assert [name for name, same in groupby(names) if len(list(same)) > 1] == []


def test_templates_hold_no_inline_script_or_style() -> None:
    for path in (ROOT / "plugin").rglob("templates/*.html"):
        if path.name.endswith("_mail.html"):
            continue  # mail clients know no style sheets
        text = path.read_text(encoding="utf-8").lower()
        assert "style=" not in text, path
        assert " onclick" not in text, path
        assert "<script>" not in text, path


def test_no_file_is_called_by_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if path.stem in BANNED_NAMES] == []


def test_every_module_says_why_it_exists() -> None:
    silent = [path for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_files_and_functions_stay_small() -> None:
    for path in SOURCES:
        if "migrations" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.body[0].lineno <= 50, f"{path}:{node.name}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_descriptor_and_routes_agree(rapport: Rapport) -> None:
    descriptor = rapport.app.extensions["connect"].descriptor
    adapter = rapport.app.url_map.bind("app.example")
    for kind, modules in descriptor["modules"].items():
        for module in modules if isinstance(modules, list) else [modules]:
            parts = [module, *(module.get(part, {}) for part in ("target", "create", "edit", "view", "triggered"))]
            for url in [part["url"] for part in parts if "url" in part]:
                path = url.split("?")[0].replace("{project.id}", "1").replace("{issue.id}", "1")
                called = kind == "webhooks" or url == module.get("triggered", {}).get("url")
                adapter.match(path, method="POST" if called else "GET")
