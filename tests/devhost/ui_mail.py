"""The mailbox: what the app sent by mail, as its readers would see it."""

from __future__ import annotations

from flask import Response, abort, render_template

from tests.devhost.mailbox import Mail
from tests.devhost.ui_shell import devhost, pages

# A mail may neither run scripts nor fetch anything; its links open beside the mailbox.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
OPEN_BESIDE = '<base target="_blank">'


def _numbered(number: int) -> Mail:
    """The mail with that number, counted from 1 in order of arrival."""
    messages = devhost().mailbox.messages
    return messages[number - 1] if 0 < number <= len(messages) else abort(404, "There is no such mail.")


@pages.get("/mailbox")
def mailbox() -> str:
    """All mails, newest first."""
    numbered = list(enumerate(devhost().mailbox.messages, start=1))
    return render_template("devhost_mailbox.html", mails=numbered[::-1])


@pages.get("/mailbox/<int:number>")
def mail(number: int) -> str:
    """One mail."""
    return render_template("devhost_mail.html", number=number, mail=_numbered(number))


@pages.get("/mailbox/<int:number>/html")
def mail_html(number: int) -> Response:
    """The HTML part alone, for a sandboxed frame."""
    answer = Response(OPEN_BESIDE + _numbered(number).html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = MAIL_POLICY
    return answer


@pages.get("/mailbox/<int:number>/source")
def mail_source(number: int) -> Response:
    """The message as it came over the wire."""
    return Response(_numbered(number).source, mimetype="text/plain")
