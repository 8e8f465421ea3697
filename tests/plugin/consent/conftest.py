"""One customer with one link, on both engines."""

from tests.plugin.surveys.conftest import app, clock, survey

__all__ = ["app", "clock", "survey"]
