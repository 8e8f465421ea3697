"""A Jira that confirms every tenth change, takes what is written to issues, and counts it.

It runs in a thread of the test, apart from what is killed.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from typing import Any

from tests.faults.world import FROM_STATUS_ID, PROJECT_ID, TO_STATUS_ID

CONFIRMED_EACH = 10


def confirmed(issue_id: int) -> bool:
    return issue_id % CONFIRMED_EACH == 0


def changelog_id(issue_id: int) -> str:
    return f"9{issue_id}"


class Jira:
    """`url` is where it is, once started. `written`: how often something was written to each issue."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.written: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Jira:
        self._thread.start()
        opening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        self.url = f"http://localhost:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
        if parts[-1] == "bulkfetch":
            return {"issues": [_issue(int(each)) for each in json.loads(body)["issueIdsOrKeys"]], "issueErrors": []}
        if "issue" in parts:
            return _issue(int(parts[-1]))
        return {"issues": [], "values": []}


def _issue(number: int) -> dict[str, Any]:
    item = {"field": "status", "fieldId": "status", "from": FROM_STATUS_ID, "to": TO_STATUS_ID}
    history = {"id": changelog_id(number), "created": "2026-11-20T15:16:17.890+0100", "items": [item]}
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
            "updated": "2026-11-20T15:16:17.890+0100",
        },
        "changelog": {"total": len(histories), "histories": histories},
    }
