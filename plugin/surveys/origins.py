"""From where something was sent, as coarsely as telling two places apart allows: pure rules."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

# The first that is found: a browser often names others beside itself.
_BROWSERS = (
    ("edge", re.compile(r"Edg(?:e|A|iOS)?/")),
    ("opera", re.compile(r"OPR/|Opera")),
    ("firefox", re.compile(r"Firefox/|FxiOS/")),
    ("chrome", re.compile(r"Chrome/|CriOS/|Chromium/")),
    ("safari", re.compile(r"Safari/")),
)
_SYSTEMS = (
    ("android", re.compile(r"Android")),
    ("ios", re.compile(r"iPhone|iPad|iPod")),
    ("windows", re.compile(r"Windows")),
    ("macos", re.compile(r"Mac OS X|Macintosh")),
    ("linux", re.compile(r"Linux|X11")),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """A fingerprint of the network, and a class of browser such as "firefox on android"."""

    network: str
    agent: str


def network_of(address: str | None) -> str:
    """The /24 of an IPv4 address or the /48 of an IPv6 address, "" for anything else."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


def agent_class(user_agent: str) -> str:
    """Browser and system without any version; "other on other" for whatever is neither."""
    return f"{_first(_BROWSERS, user_agent)} on {_first(_SYSTEMS, user_agent)}"


def _first(patterns: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str:
    return next((name for name, pattern in patterns if pattern.search(text[:500])), "other")
