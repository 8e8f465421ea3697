"""Comma-separated values that a spreadsheet may open: nothing in them runs. Row by row, however many there are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

_RUNS = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
)  # a spreadsheet reads these as the start of a formula
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def csv_lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """One line each, with the mark by which spreadsheets know UTF-8 before the first."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    mark = "\ufeff"
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        yield mark + buffer.getvalue()
        mark = ""
        buffer.seek(0)
        buffer.truncate()


def _cell(value: object) -> str:
    """Text that could be a formula gets an apostrophe, which spreadsheets do not show; numbers stay numbers."""
    text = "" if value is None else str(value)
    if text.lstrip().startswith(_RUNS) or text.startswith(_RUNS):
        return text if _NUMBER.fullmatch(text) else f"'{text}"
    return text


def file_name(*parts: str, ending: str) -> str:
    """Letters, digits, dots, dashes: a name that no system and no header reads as anything else."""
    words = [_UNSAFE.sub("-", part).strip("-._") for part in parts]
    return ("-".join(word[:60] for word in words if word) or "rapport") + f".{ending}"
