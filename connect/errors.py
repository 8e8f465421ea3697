"""Every way in which talking with Atlassian can fail, on one screen.

ConnectError
├── Refused               the caller is turned away; the reason stays in our log
│   ├── Unauthorized          401: we do not know who is calling
│   ├── Forbidden             403: we know who calls, and they may not
│   ├── Missing               404: not there, or not theirs
│   ├── TooMany               429: they may ask again later
│   └── BadRequest            400: the request itself is wrong
├── Unavailable           503: our side or Atlassian's key server is down; the caller should try again
└── JiraError             a call of ours to Jira did not work
    ├── JiraUnreachable       no answer, or 5xx: try again later
    ├── JiraTokenMissing      Atlassian has not handed us a token yet: it comes by itself
    ├── JiraBusy              429: try again after `retry_after_seconds`
    ├── JiraNotFound          404 or 410: gone; trying again cannot help
    ├── JiraForbidden         401 or 403: our app may not; trying again cannot help
    └── JiraRejected          any other 4xx: our request is wrong; trying again cannot help
"""

from __future__ import annotations


class ConnectError(Exception):
    """Base of all errors of this package.

    `status` is the HTTP status we answer with, `code` the public machine code in `{"error": code}`,
    `reason` the internal word for the log (never sent out), `retry` whether the same call can work later.
    """

    status = 500
    code = "internal_error"
    retry = False

    def __init__(self, reason: str = "", *, retry_after_seconds: int | None = None) -> None:
        super().__init__(reason or self.code)
        self.reason = reason or self.code
        self.retry_after_seconds = retry_after_seconds


class Refused(ConnectError):
    """The caller is turned away."""

    status = 400
    code = "bad_request"


class Unauthorized(Refused):
    """No acceptable token. One public answer for all reasons, so that nobody can list our tenants."""

    status = 401
    code = "unauthorized"


class Forbidden(Refused):
    """A known user without the permission."""

    status = 403
    code = "forbidden"


class Missing(Refused):
    """Not there, or another tenant's: the answer is the same."""

    status = 404
    code = "not_found"


class TooMany(Refused):
    """More questions than one caller may have us ask."""

    status = 429
    code = "too_many_requests"


class BadRequest(Refused):
    """The request is malformed; `reason` says how, for the log."""


class PayloadTooLarge(Refused):
    """The body is over the limit."""

    status = 413
    code = "payload_too_large"


class UnsupportedMedia(Refused):
    """The body is of a type or encoding that we do not read."""

    status = 415
    code = "unsupported_media_type"


class Unavailable(ConnectError):
    """We cannot decide right now. Jira retries a 503; it does not retry a 4xx."""

    status = 503
    code = "unavailable"
    retry = True

    def __init__(self, reason: str = "", *, retry_after_seconds: int | None = 5) -> None:
        super().__init__(reason, retry_after_seconds=retry_after_seconds)


class JiraError(ConnectError):
    """A call to Jira failed. `retry` tells the worker whether to come back."""

    status = 503
    code = "jira_unavailable"


class JiraUnreachable(JiraError):
    """No connection, no answer in time, an unreadable answer, or a 5xx."""

    retry = True


class JiraTokenMissing(JiraError):
    """We call this site with tokens that Atlassian hands us, and have none that is still good. The next call of Atlassian
    brings one: a screen that somebody opens, an event, or the hourly schedule."""

    code = "jira_token_missing"
    retry = True

    def __init__(self) -> None:
        super().__init__("no_token_yet", retry_after_seconds=300)


class JiraBusy(JiraError):
    """429. `scope` is what must rest: 'endpoint', 'issue', 'tenant', or 'pool' (all tenants), from `RateLimit-Reason`."""

    retry = True

    def __init__(self, reason: str, *, retry_after_seconds: int, scope: str = "tenant") -> None:
        super().__init__(reason, retry_after_seconds=retry_after_seconds)
        self.scope = scope


class JiraNotFound(JiraError):
    """Jira has no such thing, or hides it from us."""

    status = 404
    code = "not_found"


class JiraForbidden(JiraError):
    """Jira does not let our app do this."""

    status = 503


class JiraRejected(JiraError):
    """Jira says that the request is wrong. `messages` are Jira's own words, for the admin."""

    def __init__(self, reason: str, messages: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.messages = messages
