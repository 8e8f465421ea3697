"""The one place where JSON from outside is read: strict, bounded, and never a reason for a 500."""

from __future__ import annotations

import json
import math
from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from connect.errors import BadRequest, PayloadTooLarge, UnsupportedMedia

JSON_LIMIT = 262_144
_MAXIMUM_DEPTH = 32


def read_json(limit: int = JSON_LIMIT) -> Any:
    """The JSON body of the current request.

    Raises PayloadTooLarge above `limit` bytes, UnsupportedMedia unless it is plain application/json in UTF-8, and
    BadRequest (`bad_json`) for anything that two readers could understand differently.
    """
    return parse_json(read_body(limit))


def read_body(limit: int) -> bytes:
    """The bytes of a JSON body, checked for type, size and encoding but not yet parsed."""
    if request.mimetype != "application/json" or "Content-Encoding" in request.headers:
        raise UnsupportedMedia("bad_media_type")
    if request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMedia("bad_media_type")
    request.max_content_length = limit + 1  # a body without declared length is cut there, silently
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise PayloadTooLarge("body_too_large") from None
    except HTTPException:
        raise BadRequest("body_cut_short") from None
    if len(body) > limit:
        raise PayloadTooLarge("body_too_large")
    return body


def parse_json(body: bytes, *, odd_numbers: bool = False) -> Any:
    """Strict JSON. Raises BadRequest (`bad_json`) for broken UTF-8, a byte order mark, duplicate keys, NUL in text,
    more than 32 levels, and (unless `odd_numbers`, where they become floats) NaN and numbers out of range."""
    number = _any_number if odd_numbers else _finite_number
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_int=lambda digits: number(digits) if len(digits) > 19 else int(digits),
            parse_float=number,
            parse_constant=number,
        )
        _check(value, _MAXIMUM_DEPTH)
    except (ValueError, RecursionError):
        raise BadRequest("bad_json") from None
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _any_number(text: str) -> float:
    return float(text)


def _finite_number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


def _check(value: Any, levels: int) -> None:
    """Refuses NUL and lone surrogates, which no database stores, and too deep nesting."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("NUL")
        value.encode("utf-8")
    elif isinstance(value, dict):
        _check_all([*value.keys(), *value.values()], levels)
    elif isinstance(value, list):
        _check_all(value, levels)


def _check_all(values: list[Any], levels: int) -> None:
    if levels == 0:
        raise ValueError("too deep")
    for value in values:
        _check(value, levels - 1)
