"""Response headers: who may show our pages, and what a browser may load for them."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response

from connect.guards import Guard
from connect.tenants import Tenant

ATLASSIAN_SCRIPT = "https://connect-cdn.atl-paas.net/all.js"


class Headers:
    """Sets the security headers of every answer. `script_url` is Atlassian's all.js."""

    def __init__(self, *, base_url: str, script_url: str) -> None:
        self._script_origin = _origin(script_url)
        self._closed = self._policy(None)
        self._preview = _preview_policy()
        self._https = base_url.startswith("https://")

    def set_on(self, response: Response, guard: Guard | None, tenant: Tenant | None, *, static: bool) -> None:
        """Only a page for a verified site may be framed, and only by that site."""
        response.headers["Content-Security-Policy"] = self._policy_of(guard, tenant)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if self._https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if not static:
            response.headers["Cache-Control"] = "no-store"

    def _policy_of(self, guard: Guard | None, tenant: Tenant | None) -> str:
        if guard is not None and guard.framed_by_ourselves:
            return self._preview
        return self._policy(tenant) if guard is not None and guard.framed and tenant else self._closed

    def _policy(self, framed_by: Tenant | None) -> str:
        sources = ["'self'"] if framed_by is None else ["'self'", self._script_origin]
        ancestors = "'none'" if framed_by is None else " ".join(_frame_origins(framed_by))
        return "; ".join(
            (
                "default-src 'none'",
                f"script-src {' '.join(sources)}",
                f"style-src {' '.join(sources)}",
                "img-src 'self' data:",
                "connect-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                f"frame-ancestors {ancestors}",
            )
        )


def _preview_policy() -> str:
    """Mails carry their styles within them. Nothing can be sent, and only pages of our own show these."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "frame-src 'self'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )


def _frame_origins(tenant: Tenant) -> list[str]:
    """The site's own address, and the one that its people see if it has a domain of its own."""
    return list(dict.fromkeys((_origin(tenant.base_url), _origin(tenant.display_url or tenant.base_url))))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
