"""An issue as Jira sends it, with addresses in it that nobody may ever call."""

from __future__ import annotations

from typing import Any

API = "/rest/api/3"
RAW_ISSUE: dict[str, Any] = {
    "id": "10007",
    "key": "DEMO-7",
    "self": "http://169.254.169.254/x",
    "fields": {
        "summary": "Pay by invoice",
        "status": {"id": "10001", "name": "Done", "self": "http://evil.example/status"},
        "issuetype": {"id": "10004", "name": "Story", "self": "http://evil.example/type"},
        "project": {"id": "10000", "key": "DEMO", "name": "Demo"},
        "assignee": {"accountId": "712020:tom", "displayName": "Tom Team", "self": "http://evil.example/user"},
        "reporter": None,
        "updated": "2026-11-20T12:30:00.500+0100",
        "unknown": {"a": [1]},
    },
    "changelog": {
        "startAt": 0,
        "maxResults": 100,
        "total": 3,
        "histories": [
            {
                "id": "10120",
                "created": "2026-11-20T12:00:00.000+0000",
                "author": {"accountId": "712020:tom"},
                "items": [
                    {"field": "status", "fieldId": "status", "from": "3", "to": "10001"},
                    {"field": "x", "from": None, "to": None},
                ],
            },
            {
                "id": "10090",
                "created": "2026-11-19T12:00:00.000+0000",
                "items": [{"field": "status", "fieldId": "status", "from": "1", "to": "3"}],
            },
            {
                "id": "10080",
                "created": "2026-11-18T12:00:00.000+0000",
                "items": [{"field": "status", "fieldId": "customfield_9", "from": "1", "to": "3"}],
            },
        ],
    },
}
