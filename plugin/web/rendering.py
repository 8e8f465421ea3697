"""Templates and texts outside of a request: what the worker needs to write a mail in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, render_template
from flask_babel import force_locale


class FlaskRenderer:
    """Renders with the app's own templates and catalogues."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        with self._app.app_context(), force_locale(language):
            yield

    def render(self, template: str, language: str, **values: object) -> str:
        with self.speaking(language):
            return render_template(template, language=language, **values)
