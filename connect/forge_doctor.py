"""Looks at a Forge app from here: is what was written still right, and is the server where the manifest says it is?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests

from connect.forge_project import ADOPTION, NATIVE, Deployment, texts_of
from connect.forge_tunnel import SCREENS
from connect.transport import BoundedAdapter


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, in words that say what to do where it is not `ok`."""

    ok: bool
    words: str


def examine(deployment: Deployment, folder: Path, *, keys_url: str | None = None) -> list[Finding]:
    """What can be seen from this machine. Whether Atlassian's servers reach us, only they can tell."""
    return [*_written(deployment, folder), *_reachable(deployment), *_keys(deployment, keys_url or deployment.keys_url)]


def _written(deployment: Deployment, folder: Path) -> Iterator[Finding]:
    wanted = texts_of(deployment)
    for name in (NATIVE, ADOPTION, "shell/index.html", "source/static/host.js"):
        path = folder / name
        if not path.is_file():
            yield Finding(False, f"{path} is missing: run `rapport forge manifest`.")
        elif path.read_text("utf-8") != wanted[name]:
            yield Finding(False, f"{path} is out of date: run `rapport forge manifest`, build and deploy again.")
        else:
            yield Finding(True, f"{path} is what this release writes, for {deployment.app_id}.")
    built = (folder / "shell/shell.js").is_file()
    yield Finding(built, "The shell is built." if built else "The shell is not built: npm install && npm run build")


def _reachable(deployment: Deployment) -> Iterator[Finding]:
    base = deployment.base_url
    secure = base.startswith("https://") and urlsplit(base).port in (None, 443)
    yield Finding(secure, f"{base} {'is' if secure else 'is not'} https on port 443, which Forge wants.")
    yield _answers(deployment, "GET", f"{base}/health", 200, "Rapport answers at its address, as seen from here.")
    yield _answers(
        deployment, "POST", base + SCREENS, 401, "It knows Forge's calls, and refuses those without a token."
    )


def _keys(deployment: Deployment, url: str) -> Iterator[Finding]:
    yield _answers(deployment, "GET", url, 200, "Atlassian's keys for invocation tokens can be fetched.")


def _answers(deployment: Deployment, method: str, url: str, status: int, words: str) -> Finding:
    found = _ask(lambda session: session.request(method, url, json={} if method == "POST" else None), deployment)
    if found == status:
        return Finding(True, words)
    got = "no answer" if found is None else f"HTTP {found}"
    return Finding(
        False, f"{method} {url}: {got} instead of {status}. Is the server started with RAPPORT_FORGE_APP_ID?"
    )


def _ask(call: Callable[[requests.Session], requests.Response], deployment: Deployment) -> int | None:
    with requests.Session() as session:
        session.trust_env = False
        for scheme in ("https://", "http://"):
            adapter = BoundedAdapter(deadline_seconds=10, byte_limit=262_144, private_addresses=deployment.development)
            session.mount(scheme, adapter)
        try:
            return call(session).status_code
        except requests.RequestException:
            return None
