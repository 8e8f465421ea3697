"""The query hash of Atlassian Connect: what ties a token to one method, path and query. Pure functions.

Works on the raw request target, because a decoded path can no longer tell `/p%3Fa=1` from `/p?a=1`.
Two requests have the same canonical form only if they differ in: the order of parameters; `+` or `%20` for a space;
`a` or `a=`; the case or need of percent escapes in the query; a `jwt` parameter; slashes at either end of the path;
`%26` or `&` in the path; empty parts of the query (`a=1&&b=2`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote, quote_from_bytes, unquote_to_bytes

from connect.errors import BadRequest

TARGET_LIMIT = 16_384
_PATH_SAFE = "/-._~!$&'()*+,;=:@"


def query_hash(method: str, raw_path: str, raw_query: str, base_path: str = "") -> str:
    """SHA-256 (64 lower-case hex digits) of the canonical request."""
    return hashlib.sha256(canonical_request(method, raw_path, raw_query, base_path).encode()).hexdigest()


def canonical_request(method: str, raw_path: str, raw_query: str, base_path: str = "") -> str:
    """`METHOD&path&query` as Atlassian defines it.

    `raw_path` and `raw_query` are percent-encoded ASCII as on the request line; `base_path` is the path of the
    receiver's base URL ("" or "/prefix"), which does not count.
    """
    if base_path and (raw_path == base_path or raw_path.startswith(base_path + "/")):
        raw_path = raw_path[len(base_path) :]
    path = "/" + raw_path.strip("/").replace("&", "%26")
    return f"{method.upper()}&{path}&{_canonical_query(raw_query)}"


def query_pairs(raw_query: str) -> list[tuple[bytes, bytes]]:
    """Names and values of a raw query in their order, decoded to bytes so that nothing is lost or repaired."""
    pairs = []
    for part in raw_query.replace("+", " ").split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return pairs


def _canonical_query(raw_query: str) -> str:
    values: dict[bytes, list[bytes]] = {}
    for name, value in query_pairs(raw_query):
        if name != b"jwt":
            values.setdefault(name, []).append(value)
    # Values are sorted before they are encoded: so does Atlassian's own code, against its documentation.
    encoded = sorted((_encode(name), ",".join(map(_encode, sorted(found)))) for name, found in values.items())
    return "&".join(f"{name}={joined}" for name, joined in encoded)


def _encode(text: bytes) -> str:
    return quote_from_bytes(text, safe="~")


def raw_target(environ: Mapping[str, str]) -> tuple[str, str]:
    """Path and query of a WSGI request as they stood on the request line. Raises BadRequest (`bad_target`).

    A server that does not pass on the raw target (granian) has already decoded the path. What is rebuilt then is the
    path that the application sees and acts on, so a token still opens nothing but what it was made for.
    """
    query = environ.get("QUERY_STRING", "")
    target = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if target is None:
        decoded = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        path = quote(decoded.encode("latin-1"), safe=_PATH_SAFE)
    else:
        path = _without_origin(target.partition("?")[0])
    if not path.startswith("/") or not (path + query).isascii() or len(path) + len(query) > TARGET_LIMIT:
        raise BadRequest("bad_target")
    return path, query


def _without_origin(target: str) -> str:
    """The path of an absolute-form target (`GET http://host/path`), which proxies may send."""
    if target.startswith("/"):
        return target
    scheme, separator, rest = target.partition("://")
    return "/" + rest.partition("/")[2] if separator and scheme.lower() in ("http", "https") else target
