"""Cells that no spreadsheet runs, and rows without end."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest

from plugin.web.spreadsheets import csv_lines, file_name
from tests.conformance.cases import case


@pytest.mark.parametrize("text", ["=1+1", "+1 800", "-2+3", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1"])
def test_what_could_be_a_formula_is_text(text: str) -> None:
    (line,) = csv_lines([[text]])
    assert next(csv.reader(io.StringIO(line.removeprefix("\ufeff")))) == [f"'{text}"]


@case("E02")
@pytest.mark.parametrize("value", [3, -3, 4.5, "-3", "+1.5", "plain", "", "a,b", 'say "x"', "two\nlines", None])
def test_numbers_stay_numbers_and_text_is_read_back_as_written(value: object) -> None:
    (line,) = csv_lines([[value, "x"]])
    assert next(csv.reader(io.StringIO(line.removeprefix("\ufeff")))) == ["" if value is None else str(value), "x"]


@case("E05")
def test_many_rows_need_no_room() -> None:
    tracemalloc.start()
    count = sum(1 for _ in csv_lines((number, "x" * 50) for number in range(200_000)))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200_000
    assert peak < 4_000_000, "all of them are 11 MB"


def test_a_file_name_is_safe_everywhere() -> None:
    assert file_name("../../x\r\nSet-Cookie: a", "2", ending="md") == "x-Set-Cookie-a-2.md"
    assert file_name("見本", ending="csv") == "rapport.csv"
