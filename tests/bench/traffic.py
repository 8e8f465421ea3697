"""What Jira would send: signed webhooks of about 6 kB and signed page addresses, as raw HTTP requests."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt

from tests.devhost.tokens import query_hash

TOKENS = 64
ISSUES = 10_000
PROJECT_ID, FROM_STATUS_ID, TO_STATUS_ID = "10000", "2", "3"
WEBHOOK_PATH = "/connect/events"
FRAME_QUERY = (
    "xdm_e=https%3A%2F%2Facme.example&xdm_c=channel-rapport&cp=&lic=none&cv=1001.0.0&loc=en-GB&tz=Europe%2FBerlin"
)
_ISSUE_MARK, _CHANGE_MARK = "700000000001", "700000000002"  # as long as the numbers that take their place


@dataclass(frozen=True)
class Signer:
    """The site in whose name requests are signed."""

    client_key: str
    secret: str

    def token(self, method: str, target: str, number: int) -> str:
        """The `number`-th of many different tokens for one request; good for ten minutes."""
        return self._token(query_hash(method, target), number)

    def context_token(self, number: int) -> str:
        """The same for whatever a page of ours asks by itself."""
        return self._token("context-qsh", number)

    def _token(self, qsh: str, number: int) -> str:
        issued_at = int(time.time()) - number % 60
        claims = {
            "iss": self.client_key,
            "sub": f"5b10a2844c20165700ede{number % 8:03d}",
            "iat": issued_at,
            "exp": issued_at + 660,
            "qsh": qsh,
            "context": {},
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")


def webhooks(signer: Signer, first: int) -> Iterator[bytes]:
    """Status changes without end, each of its own: number `first` and those after it."""
    start, middle, end = _body_parts()
    length = len(start) + len(middle) + len(end) + 24
    heads = [_webhook_head(signer.token("POST", WEBHOOK_PATH, number), length) for number in range(TOKENS)]
    for number in itertools.count(first):
        change, issue = b"%012d" % number, b"%012d" % (100_000 + number % ISSUES)
        yield b"".join((heads[number % TOKENS], change, b"\r\n\r\n", start, issue, middle, change, end))


def _webhook_head(token: str, length: int) -> bytes:
    """Everything up to the identifier, which comes last."""
    lines = (
        f"POST {WEBHOOK_PATH} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: JWT {token}",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {length}",
        "User-Agent: Atlassian HttpClient unknown / JIRA stand-in",
        "X-Atlassian-Webhook-Flow: Primary",
        "X-Atlassian-Webhook-Identifier: ",
    )
    return "\r\n".join(lines).encode()


def _body_parts() -> tuple[bytes, bytes, bytes]:
    """The body before, between and after the numbers of the issue and of the change."""
    body = json.dumps(issue_updated()).encode()
    start, middle, end = *body.partition(_ISSUE_MARK.encode())[::2], b""
    middle, _, end = middle.partition(_CHANGE_MARK.encode())
    return start, middle, end


def issue_updated() -> dict[str, Any]:
    """A body like those of Jira Cloud, with its many empty fields; some 6 kB as JSON."""
    return {
        "timestamp": 1_790_000_000_000,
        "webhookEvent": "jira:issue_updated",
        "issue_event_type_name": "issue_generic",
        "user": _user("Tom Team", "5b10a2844c20165700ede000"),
        "issue": {"id": _ISSUE_MARK, "key": "DEMO-7", "self": "https://acme.example/rest/api/2/10007", "fields": _fields()},
        "changelog": {
            "id": _CHANGE_MARK,
            "items": [
                {"field": "resolution", "fieldtype": "jira", "fieldId": "resolution", "from": None, "to": "10000"},
                {
                    "field": "status",
                    "fieldtype": "jira",
                    "fieldId": "status",
                    "from": FROM_STATUS_ID,
                    "fromString": "In progress",
                    "to": TO_STATUS_ID,
                    "toString": "In review",
                },
            ],
        },
    }  # fmt: skip


def _fields() -> dict[str, Any]:
    return {
        "summary": "Order form for wholesale customers",
        "description": "As a buyer I want to repeat an earlier order, so that I need not look up each article. " * 16,
        "project": {"id": PROJECT_ID, "key": "DEMO", "name": "Web shop", "avatarUrls": _avatars("project")},
        "issuetype": {"id": "10001", "name": "Story", "subtask": False, "hierarchyLevel": 0},
        "status": {"id": TO_STATUS_ID, "name": "In review", "statusCategory": {"id": 4, "key": "indeterminate"}},
        "priority": {"id": "3", "name": "Medium"},
        "assignee": _user("Tom Team", "5b10a2844c20165700ede000"),
        "reporter": _user("Pia Lead", "5b10a2844c20165700ede001"),
        "created": "2026-11-02T09:10:11.123+0100",
        "updated": "2026-11-20T15:16:17.890+0100",
        "labels": ["wholesale", "orders"],
        "components": [],
        **{f"customfield_{number}": None for number in range(10_000, 10_064)},
    }


def _user(name: str, account_id: str) -> dict[str, Any]:
    return {
        "accountId": account_id,
        "displayName": name,
        "active": True,
        "timeZone": "Europe/Berlin",
        "accountType": "atlassian",
        "avatarUrls": _avatars(account_id),
    }


def _avatars(name: str) -> dict[str, str]:
    return {f"{size}x{size}": f"https://avatar.example/{name}/{size}" for size in (16, 24, 32, 48)}


def pages(signer: Signer, path: str) -> Iterator[bytes]:
    """One page, opened again and again by different people as Jira's iframe does."""
    target = f"{path}{'&' if '?' in path else '?'}{FRAME_QUERY}"
    requests = [
        f"GET {target}&jwt={signer.token('GET', target, number)} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\nAccept: text/html\r\nAccept-Language: en-GB,en;q=0.9\r\n\r\n".encode()
        for number in range(TOKENS)
    ]
    return itertools.cycle(requests)


def fragments(signer: Signer, path: str) -> Iterator[bytes]:
    """Part of a page, asked for again and again by the page itself."""
    requests = [
        f"GET {path} HTTP/1.1\r\nAuthorization: JWT {signer.context_token(number)}\r\n"
        "Host: 127.0.0.1\r\nAccept: text/html\r\nAccept-Language: en-GB,en;q=0.9\r\n\r\n".encode()
        for number in range(TOKENS)
    ]
    return itertools.cycle(requests)
