"""The list of mutations still fits the sources, so that `make mutants` cannot rot."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conformance.mutations import MUTATIONS, ROOT, Mutation

every_mutation = pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda it: it.name)


@every_mutation
def test_a_mutation_finds_its_place_exactly_once(mutation: Mutation, tmp_path: Path) -> None:
    source = tmp_path / mutation.path
    source.parent.mkdir(parents=True)
    before = (ROOT / mutation.path).read_text("utf-8")
    source.write_text(before, "utf-8")
    mutation.apply(tmp_path)
    assert source.read_text("utf-8") != before
    ast.parse(source.read_text("utf-8"))


@every_mutation
def test_the_tests_of_a_mutation_are_there(mutation: Mutation) -> None:
    assert (ROOT / mutation.tests).exists()


def test_a_mutation_without_its_place_fails_loudly(tmp_path: Path) -> None:
    (tmp_path / "twice.py").write_text("one\none\n", "utf-8")
    for old in ("one", "two"):
        with pytest.raises(ValueError, match="not once"):
            Mutation("any", "twice.py", old, "", "tests").apply(tmp_path)
