"""The product does not know who frames it: nothing in it names one of the two ways by which Jira has us."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.rules.test_architecture import PRODUCT, ROOT

# Where the parts are put together, settings are handed over by their names. Nothing may depend on them there either.
ROOT_OF_COMPOSITION = {"app.py", "cli.py", "settings.py"}
NAMES = re.compile(r"forge(?!t|d\b)|connect[_-]|[/_-]connect(?!ion)|atlassian.?connect|\bAP\.", re.IGNORECASE)
LIBRARIES = {"connect_args", "connect_timeout"}  # of databases
DESCRIPTOR = "atlassian-connect.json"  # the file's name, fixed by Atlassian
TEMPLATES = sorted((ROOT / "plugin").rglob("templates/*"))
SCRIPTS = [path for path in sorted((ROOT / "plugin").rglob("static/*.*")) if path.suffix in (".js", ".css")]


def names_in(tree: ast.AST) -> Iterator[str]:
    """Identifiers and texts, except what is written for people who read the source."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.arg or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from (alias.name for alias in node.names)


def edges_named(tree: ast.AST) -> list[str]:
    return [name for name in names_in(tree) if name not in LIBRARIES and NAMES.search(name.replace(DESCRIPTOR, ""))]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def test_no_slice_names_an_edge() -> None:
    found = {
        path.name: names
        for path in PRODUCT
        if path.name not in ROOT_OF_COMPOSITION and (names := edges_named(parsed(path)))
    }
    assert found == {}


def test_no_branch_of_the_product_depends_on_an_edge() -> None:
    """But one: without the setting there is nothing to deploy, and the command says so."""
    tests = [
        (path.name, ast.unparse(node.test))
        for path in PRODUCT
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert) and edges_named(node.test)
    ]
    assert {name for name, _ in tests} <= {"cli.py", "settings.py"}, tests
    assert len(tests) <= 3, tests


def test_no_template_style_or_script_of_the_product_names_an_edge() -> None:
    for path in (*TEMPLATES, *SCRIPTS):
        found = NAMES.search(path.read_text("utf-8"))
        assert found is None, f"{path}: {found}"


def test_a_planted_name_is_found() -> None:
    for planted in (
        'x = "forge"',
        "if settings.forge_app_id: pass",
        "import connect_guard",
        'url_for("connect.static", f="/connect/x")',
    ):
        assert edges_named(ast.parse(planted)), planted
    for plain in ("from connect import ConnectError", "forget_link()", "database.connect()", '"""Forge."""'):
        assert not edges_named(ast.parse(plain)), plain
