"""How much of anything we take from outside, and from whom: the one place with numbers, and what refuses the rest.

Calls of Jira's own have their limits in `connect`; sizes of headers and times are the server's, in `serving.py`.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request
from flask_limiter import Limit, Limiter
from werkzeug.exceptions import BadRequest, RequestURITooLarge
from werkzeug.routing import IntegerConverter, Map

from connect import current_guard, guard_of

FORM_BYTES = 65_536  # 4,000 characters of up to 4 bytes each, as %XX, and the rest of the form
FORM_PARTS = 200
QUERY_PARAMETERS = 100
NAME_LENGTH = 120
EMAIL_LENGTH = 254
TIME_ZONE_LENGTH = 64
COMMENT_LENGTH = 4000
LINE_LENGTH = 200
TEXT_LENGTH = 4000
SECTION_LENGTH = 20_000
CONDITION_LENGTH = 1000
LARGEST_ID = 2**63 - 1

# One person with reloads, and the handful of machines that look at each mail, stay far below the first. Fifty people of
# one company who answer in the same minute, with the machines that look at their mails, stay below the second.
PER_LINK = "60 per minute"
PER_ADDRESS = "1200 per minute"
RETRY_SECONDS = 60

_FOR_ANY_HOST = frozenset(
    {"web.health", "web.ready", "web.ready_work"}
)  # asked by their own address, and they tell nobody anything
_FOR_EVERYBODY = frozenset({"public", "survey_link", "preview"})
# A site's or Atlassian's word is on each. They come in bursts from few addresses, which all sites share: who counted
# them by address would let one site hold up the others. What a person makes us ask of Jira is counted in `connect.permissions`.
_SIGNED = frozenset({"lifecycle", "webhook", "invocation", "page", "page_script"})


class RowId(IntegerConverter):
    """`<int:…>` in a route: an id that a table can hold. Anything larger is not found, on both engines."""

    regex = "[0-9]{1,19}"

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # noqa: A002 - the name is werkzeug's
        super().__init__(map, *args, **{"max": LARGEST_ID, **options})


def row_id(text: str) -> int | None:
    """An id from a form, None for anything that cannot be one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= LARGEST_ID else None


def limit_hosts(app: Flask, base_url: str) -> None:
    """400 for any Host but our own. Call it before anything else looks at requests."""
    ours = urlsplit(base_url).hostname

    def refuse_other_hosts() -> None:
        if request.endpoint not in _FOR_ANY_HOST and urlsplit(f"//{request.host}").hostname != ours:
            raise BadRequest

    app.before_request(refuse_other_hosts)


def limit_requests(app: Flask) -> None:
    """Sizes of every request, and rates on the routes that are open to everybody. Call it after the guards are set."""
    app.config.update(MAX_CONTENT_LENGTH=FORM_BYTES, MAX_FORM_MEMORY_SIZE=FORM_BYTES, MAX_FORM_PARTS=FORM_PARTS)
    app.url_map.converters["int"] = RowId
    app.before_request(_refuse_crowded_queries)
    limits = [
        Limit(PER_ADDRESS, shared=True, scope="address"),
        Limit(PER_LINK, key_function=_visitor, shared=True, scope="link", exempt_when=lambda: _link() == ""),
    ]
    limiter = Limiter(_address, app=app, default_limits=limits, storage_uri="memory://")  # type: ignore[arg-type]
    limiter.request_filter(_is_known_caller)


def unlimited(app: Flask) -> list[str]:
    """Routes of a guard that nobody has put among those that are counted or those that are signed. Empty in a healthy app."""
    names = {rule.endpoint: guard_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    known = _FOR_EVERYBODY | _SIGNED
    return sorted(endpoint for endpoint, guard in names.items() if guard is None or guard.name not in known)


def _refuse_crowded_queries() -> None:
    if request.query_string.count(b"&") >= QUERY_PARAMETERS:
        raise RequestURITooLarge


def _is_known_caller() -> bool:
    """Jira's own calls are signed, come in bursts from few addresses, and are not counted."""
    guard = current_guard()
    return guard is None or guard.name in _SIGNED


def _address() -> str:
    """Of the other end, or as the trusted proxies have it. Whoever has an IPv6 address has a whole /64 of them."""
    text = (request.remote_addr or "")[:64]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else text


def _visitor() -> str:
    """Of one link, from one address: a machine that hammers a link must not hold up the person whose link it is."""
    return f"{_link()} {_address()}"


def _link() -> str:
    """What stands for the survey link of this request; "" without one. The link itself is not kept."""
    token = (request.view_args or {}).get("token")
    return "" if token is None else hashlib.sha256(str(token).encode()).hexdigest()
