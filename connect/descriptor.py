"""What Jira is told about us: atlassian-connect.json with this installation's address filled in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load_descriptor(path: Path, *, app_key: str, base_url: str) -> dict[str, Any]:
    """The descriptor in `path` with our key and address. OSError or ValueError, at start, if it cannot be read."""
    descriptor: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return {**descriptor, "key": app_key, "baseUrl": base_url, "links": {"self": f"{base_url}/atlassian-connect.json"}}
