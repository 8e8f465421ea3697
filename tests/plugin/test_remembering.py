"""Parts of screens that are rendered once for the same values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask_babel
from flask import Flask
from jinja2 import DictLoader

from plugin.web.remembering import render_part


def an_app(script: str) -> Flask:
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"part.html": "{{ script }}: {{ name }}, {{ length }}"})
    app.jinja_env.globals["script"] = script
    flask_babel.Babel(app)
    return app


def test_a_part_is_rendered_once_for_the_same_values() -> None:
    made: list[object] = []

    def more(values: Mapping[str, Any]) -> dict[str, int]:
        made.append(values["name"])
        return {"length": len(values["name"])}

    with an_app("all.js").test_request_context():
        shown = [render_part("part.html", {"name": name}, more) for name in ("Lena", "Lena", "Greta")]
    assert shown == ["all.js: Lena, 4", "all.js: Lena, 4", "all.js: Greta, 5"]
    assert made == ["Lena", "Greta"]


def test_no_app_shows_what_another_has_rendered() -> None:
    for script in ("all.js", "stand-in.js"):
        with an_app(script).test_request_context():
            assert render_part("part.html", {"name": "Lena", "length": 4}) == f"{script}: Lena, 4"
