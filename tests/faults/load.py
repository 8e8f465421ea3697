"""Webhooks of many sites, sent as Jira does: until somebody acknowledges them. What was acknowledged is noted here."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field

from tests.bench.traffic import WEBHOOK_PATH, Signer
from tests.faults.jira import changelog_id
from tests.faults.world import FROM_STATUS_ID, PROJECT_ID, TO_STATUS_ID

REPEATED = 0.1  # of what was acknowledged, sent once more all the same
PAUSE_SECONDS = 0.02


@dataclass
class Load:
    """`acknowledged`: (site, issue id) of every event that somebody took with a 2xx."""

    port: int
    signers: list[Signer]
    senders: int = 8
    rest_seconds: float = 0.0  # of each sender after each event
    keep_alive: bool = True
    acknowledged: set[tuple[int, int]] = field(default_factory=set)
    answers: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    _number: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _enough: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self._enough.clear()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(self.senders)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Each sender first gets what it is sending acknowledged."""
        self._enough.set()
        for thread in self._threads:
            thread.join(60)

    def _send(self) -> None:
        chance = random.Random()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)) as connection:
            while not self._enough.is_set():
                with self._lock:
                    self._number += 1
                    number = self._number
                site, issue_id = number % len(self.signers), 100_000 + number // len(self.signers)
                for _ in range(2 if chance.random() < REPEATED else 1):
                    self._until_acknowledged(connection, site, issue_id)
                with self._lock:
                    self.acknowledged.add((site, issue_id))
                self._enough.wait(self.rest_seconds)

    def _until_acknowledged(self, connection: http.client.HTTPConnection, site: int, issue_id: int) -> None:
        body = json.dumps(_event(issue_id)).encode()
        while True:
            token = self.signers[site].token("POST", WEBHOOK_PATH, issue_id)
            headers = {
                "Authorization": f"JWT {token}",
                "Content-Type": "application/json",
                "X-Atlassian-Webhook-Identifier": f"delivery-{issue_id}",
            }
            began = time.monotonic()
            try:
                connection.request("POST", WEBHOOK_PATH, body, headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            if not self.keep_alive:
                connection.close()
            with self._lock:
                self.answers[status] += 1
                self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - began)
            if 200 <= status < 300:
                return
            time.sleep(PAUSE_SECONDS)


def _event(issue_id: int) -> dict[str, object]:
    item = {"field": "status", "fieldId": "status", "from": FROM_STATUS_ID, "to": TO_STATUS_ID}
    return {
        "timestamp": int(time.time() * 1000),
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": str(issue_id), "key": f"DEMO-{issue_id}", "fields": {"project": {"id": PROJECT_ID}}},
        "changelog": {"id": changelog_id(issue_id), "items": [item]},
    }
