"""A Jira that confirms every tenth change, takes what is written to issues, counts it, and finds changed issues if told any.

It runs in a thread of the test, apart from what is killed.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from tests.faults.listening import Listening
from tests.faults.world import FROM_STATUS_ID, PROJECT_ID, TO_STATUS_ID

CONFIRMED_EACH = 10


def confirmed(issue_id: int) -> bool:
    return issue_id % CONFIRMED_EACH == 0


def changelog_id(issue_id: int) -> str:
    return f"9{issue_id}"


class Jira(Listening):
    """`url` is where it is, once started. `written`: how often something was written to each issue. `changed`: issue ids
    that a search finds, at every site."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.changed: frozenset[int] = frozenset()
        self.written: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, target, _ = head.split(" ", 2)
                length = head.lower().partition("content-length:")[2].split("\r\n")[0]
                body = await reader.readexactly(int(length or 0))
                answer = json.dumps(self._answer(method, target.partition("?")[0], body)).encode()
                lines = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
                writer.write(lines.encode() + answer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    def _answer(self, method: str, path: str, body: bytes) -> Any:
        self.asked += 1
        parts = path.split("/")
        if method == "PUT":
            self.written[parts[parts.index("issue") + 1] if "issue" in parts else path] += 1
            return {}
        if (method, parts[-1]) == ("POST", "webhook"):
            return {"webhookRegistrationResult": [{"createdWebhookId": 1} for _ in json.loads(body)["webhooks"]]}
        if parts[-1] == "bulkfetch":
            return {"issues": [_issue(int(each)) for each in json.loads(body)["issueIdsOrKeys"]], "issueErrors": []}
        if "issue" in parts:
            return _issue(int(parts[-1]))
        if "search" in parts:
            return {"issues": [_issue(each) for each in sorted(self.changed)], "isLast": True}
        return {"issues": [], "values": []}


_CHANGED_AT = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")  # a sweep looks for recent changes only


def _issue(number: int) -> dict[str, Any]:
    item = {"field": "status", "fieldId": "status", "from": FROM_STATUS_ID, "to": TO_STATUS_ID}
    history = {"id": changelog_id(number), "created": _CHANGED_AT, "items": [item]}
    histories = [history] if confirmed(number) else []
    return {
        "id": str(number),
        "key": f"DEMO-{number}",
        "fields": {
            "summary": "Order form",
            "status": {"id": TO_STATUS_ID, "name": "In review"},
            "issuetype": {"id": "10001", "name": "Story"},
            "project": {"id": PROJECT_ID, "key": "DEMO", "name": "Web shop"},
            "assignee": None,
            "reporter": None,
            "updated": _CHANGED_AT,
        },
        "changelog": {"total": len(histories), "histories": histories},
    }
