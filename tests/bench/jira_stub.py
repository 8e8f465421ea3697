"""Jira's own edge and no more: it grants every permission and knows every issue, as fast as it can.

`python -m tests.bench.jira_stub PORT`. What Jira takes in earnest is not what is measured here.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from tests.bench.traffic import PROJECT_ID, TO_STATUS_ID


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one keep-alive connection."""
    try:
        while True:
            method, path, body = await _request(reader)
            answer = json.dumps(_granted(body) if method == "POST" else _issue(path)).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n"
            writer.write(head.encode() + answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    """Method, path without query, and body of the next request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    method, target, _ = head.split(" ", 2)
    length = head.lower().partition("content-length:")[2].split("\r\n")[0]
    return method, target.partition("?")[0], await reader.readexactly(int(length or 0))


def _granted(body: bytes) -> dict[str, Any]:
    """Yes to everything that was asked."""
    asked = json.loads(body)
    projects = [
        {"permission": name, "issues": group.get("issues", []), "projects": group.get("projects", [])}
        for group in asked.get("projectPermissions", [])
        for name in group["permissions"]
    ]
    return {"globalPermissions": asked.get("globalPermissions", []), "projectPermissions": projects}


def _issue(path: str) -> dict[str, Any]:
    number = path.rsplit("/", 1)[1]
    return {
        "id": number,
        "key": f"DEMO-{number}",
        "fields": {
            "summary": "Order form for wholesale customers",
            "status": {"id": TO_STATUS_ID, "name": "In review"},
            "issuetype": {"id": "10001", "name": "Story"},
            "project": {"id": PROJECT_ID, "key": "DEMO", "name": "Web shop"},
            "assignee": None,
            "reporter": {"accountId": "5b10a2844c20165700ede001", "displayName": "Pia Lead"},
            "updated": "2026-11-20T15:16:17.890+0100",
        },
        "changelog": {"total": 0, "histories": []},
    }


async def _main(port: int) -> None:
    async with await asyncio.start_server(_answer, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
