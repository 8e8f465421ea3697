"""What the stand-in refuses, in the words and statuses that Jira uses."""

from __future__ import annotations


class JiraError(Exception):
    """A refusal with Jira's HTTP status, its general messages and its messages per field."""

    status = 400

    def __init__(self, *messages: str, errors: dict[str, str] | None = None) -> None:
        super().__init__("; ".join([*messages, *(errors or {}).values()]))
        self.messages = list(messages)
        self.errors = errors or {}

    def body(self) -> dict[str, object]:
        """Jira's error body: ``{"errorMessages": [...], "errors": {...}}``."""
        return {"errorMessages": self.messages, "errors": self.errors}


class BadRequest(JiraError):
    """400: the request makes no sense to Jira."""


class Unauthorized(JiraError):
    """401: no caller could be established."""

    status = 401


class Forbidden(JiraError):
    """403: the caller is known and may not."""

    status = 403


class UnsupportedMediaType(JiraError):
    """415: not JSON."""

    status = 415


class NotFound(JiraError):
    """404: not there, or not visible to the caller."""

    status = 404
