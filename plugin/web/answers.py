"""Answers that several screens give: input to mend, and a removal that can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, url_for


def wrong_input(screen: str) -> Response:
    """The same screen with everything that was entered and a word beside each field that needs mending."""
    return make_response(screen, 422)


@dataclass(frozen=True, slots=True)
class Undo:
    """Where a POST takes the last step back."""

    address: str

    @classmethod
    def to(cls, endpoint: str, **values: Any) -> Undo:
        return cls(url_for(endpoint, **values))
