"""Every way in which the product itself can fail, on one screen.

PluginError
├── NotFound            404: no such thing for this tenant
├── Invalid             400: what was sent cannot be used; the message says what to do
├── Gone                410: a survey link that is over
├── Conflict            409: somebody else was first
│   └── AddressTaken        a customer would have two contacts of one address
├── Outdated            what a step looked at has changed meanwhile: it looks again
├── NotTold             Jira does not send us word of some projects
├── LostLease           the worker no longer owns its job: another worker does the work, drop ours
├── MailError           a mail did not leave
│   ├── MailRefused         permanent: this address or message will never be taken
│   └── MailUnavailable     passing: try again later
├── BackupFailed        no copy was made; the message says why
└── BadConfiguration    the process cannot start; says which variable and shows an example

A step of the worker may also meet a `connect.JiraError`. `retry` on either says whether coming back can help.
"""

from __future__ import annotations


class PluginError(Exception):
    """Base of all product errors. `status` and `code` are what HTTP answers; `retry` is for the worker."""

    status = 500
    code = "internal_error"
    retry = False


class NotFound(PluginError):
    """No such row for this tenant, which includes rows of other tenants."""

    status = 404
    code = "not_found"


class Invalid(PluginError):
    """Input that cannot be used. The message is for the person who sent it."""

    status = 400
    code = "bad_request"


class Gone(PluginError):
    """The survey link was good once and is not any more."""

    status = 410
    code = "gone"


class Conflict(PluginError):
    """The thing changed since the caller looked at it."""

    status = 409
    code = "conflict"


class AddressTaken(Conflict):
    """Another contact of the customer, `holder`, has this mail address: both would be one person who is asked twice."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} has this address already")
        self.holder = holder


class Outdated(PluginError):
    """A step of the worker decided on something that has changed since it looked."""

    retry = True


class NotTold(PluginError):
    """Jira refuses to send us word of status changes in some projects; the message says of how many."""

    code = "not_told"


class LostLease(PluginError):
    """The job was taken over, or asked for again, while this worker was on it."""


class MailError(PluginError):
    """A mail did not leave. The message is the mail server's own words, shortened."""

    status = 503
    code = "mail_unavailable"


class MailRefused(MailError):
    """The server said no for good (5xx)."""


class MailUnavailable(MailError):
    """The server is away or said 'later' (4xx)."""

    retry = True


class BackupFailed(PluginError):
    """No copy of the database was made."""


class BadConfiguration(PluginError):
    """A setting is missing or unusable. The message names the variable and gives an example, never its value."""
