"""Signed webhooks to the app: queued when something happens, sent from a background thread, tried again if need be."""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import requests

from tests.devhost import forge_events, hooks, issue_shapes, jql, shapes
from tests.devhost.errors import JiraError
from tests.devhost.records import Comment, Issue, Json, WireEntry
from tests.devhost.tokens import hs256
from tests.devhost.url_templates import context_values, expand

if TYPE_CHECKING:
    from tests.devhost.lifecycle import AtlassianKeys
    from tests.devhost.site import Site

RETRIED = {408, 409, 425, 429} | set(range(500, 600))
RETRY_AFTER_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.4)  # Jira takes minutes
FORGE_RETRIES = 4
TIMEOUT_SECONDS = (5, 20)
USER_AGENT = "Atlassian HttpClient unknown / JIRA stand-in"


@dataclass
class Delivery:
    """One webhook on its way to one URL; the identifier stays the same over all attempts."""

    event: str
    url: str
    body: bytes
    actor: str
    flow: str
    identifier: str = field(default_factory=lambda: str(uuid.uuid4()))
    endpoint: str = ""  # of a Forge app, where a trigger calls it
    attempts: int = 0
    due: float = 0.0  # monotonic seconds


class Deliverer:
    """Sends what `publish` queues. `drain` waits until nothing is left to do, retries included."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.forge_keys: AtlassianKeys | None = None
        self.failed: list[Delivery] = []  # given up: retries used or refused for good
        self._waiting: list[Delivery] = []
        self._under_way: Delivery | None = None
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False

    # what happened

    def publish(self, event: str, issue: Issue, actor: str, more: dict[str, Any], *, bulk: bool = False) -> None:
        """Queue *event* for every webhook that wants it, of the descriptor or registered by REST; the body is written now,
        as the issue is now.

        *more* adds to the body; a `Comment` under "comment" is written out.
        """
        app = self.site.app
        if self.site.faults.lose_webhooks:
            return
        self._publish_to_forge(event, issue, actor, more)
        if app is None or not app.enabled or app.forge:
            return
        flow = "Secondary" if bulk else "Primary"
        for module in app.modules("webhooks"):
            if module["event"] == event and self._passes(module.get("filter"), issue):
                url = app.base_url + expand(module["url"], context_values(self.site, issue=issue))
                body = b"" if module.get("excludeBody") else self._body(event, issue, actor, more, module)
                self._queue(Delivery(event, url, body, actor, flow))
        for url, matched in hooks.wanting(self.site, event, issue, more).items():
            body = self._body(event, issue, actor, {**more, "matchedWebhookIds": matched}, {})
            self._queue(Delivery(event, url, body, actor, flow))

    def _publish_to_forge(self, event: str, issue: Issue, actor: str, more: dict[str, Any]) -> None:
        name = forge_events.NAMES.get(event)
        endpoint = forge_events.wanted(self.site, name) if name else None
        if name is None or endpoint is None:
            return
        written = issue_shapes.issue(self.site, issue, rich="text", property_keys=[])
        self._queue_trigger(name, endpoint, forge_events.body(self.site, name, issue, actor, more, written), actor)

    def tell_forge(self, event: str, body: Json) -> None:
        """Queue a trigger about the app's own life."""
        endpoint = forge_events.wanted(self.site, event)
        if endpoint is not None:
            self._queue_trigger(event, endpoint, json.dumps(body).encode(), "")

    def _queue_trigger(self, event: str, endpoint: str, body: bytes, actor: str) -> None:
        app = self.site.forge
        assert app is not None
        url = app.remote + app.endpoint(endpoint)["route"]["path"]
        self._queue(Delivery(event, url, body, actor, "Forge", endpoint=endpoint))

    def call(self, module: Json, issue: Issue, actor: str, more: Json) -> None:
        """Queue the call of one post function. Whether Jira tries again is not documented; this does, as for webhooks."""
        app = self.site.app
        if app is None or not app.enabled:
            return None
        if app.forge:
            told = forge_events.body_of_rule(issue, actor, more)
            return self._queue_trigger("workflow post function", module["endpoint"], told, actor)
        body = {**more, "issue": issue_shapes.issue(self.site, issue, rich="text", property_keys=[])}
        url = app.base_url + expand(module["triggered"]["url"], context_values(self.site, issue=issue))
        return self._queue(Delivery("workflow post function", url, json.dumps(body).encode(), actor, "Primary"))

    def _passes(self, filter_jql: str | None, issue: Issue) -> bool:
        if not filter_jql:
            return True
        try:
            return bool(jql.parse(filter_jql, self.site).run([issue], None))
        except JiraError as error:
            entry = self.site.record(self._entry("(filter)", filter_jql, "jira:webhook filter"))
            entry.problems.append(f"request: the filter of a webhook cannot be read: {error}")
            return False

    def _body(self, event: str, issue: Issue, actor: str, more: dict[str, Any], module: Json) -> bytes:
        keys = module.get("propertyKeys", [])
        body: Json = {"timestamp": int(self.site.clock().timestamp() * 1000), "webhookEvent": event}
        for name, value in more.items():
            body[name] = shapes.comment(self.site, issue, value, "text") if isinstance(value, Comment) else value
        body["user"] = shapes.user(self.site, actor)
        body["issue"] = issue_shapes.issue(self.site, issue, rich="text", property_keys=keys)
        del body["issue"]["expand"]
        return json.dumps(body).encode()

    # delivery

    def _queue(self, delivery: Delivery) -> None:
        with self._changed:
            self._waiting.append(delivery)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"webhooks-{self.site.name}", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drain(self, timeout_seconds: float = 60.0) -> None:
        """Wait until everything queued is delivered or given up; webhooks that are withheld do not count.

        Raises `TimeoutError` when that takes longer.
        """
        self.wake()
        with self._changed:
            if not self._changed.wait_for(self._is_idle, timeout_seconds):
                raise TimeoutError(f"{len(self._waiting)} webhooks are still waiting")

    def _is_idle(self) -> bool:
        return self._under_way is None and (not self._waiting or self.site.faults.withhold_webhooks)

    def waiting(self) -> list[Delivery]:
        """What is queued now, oldest first."""
        with self._changed:
            return list(self._waiting)

    def wake(self) -> None:
        """Look at the switches again; needed after ``withhold_webhooks`` was switched off (`drain` does it too)."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Stop the thread; what still waits is dropped."""
        with self._changed:
            self._closing = True
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=sum(TIMEOUT_SECONDS))

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            times = 2 if self.site.faults.duplicate_webhooks else 1
            outcomes = [self._attempt(delivery) for _ in range(times)]
            delivery.attempts += 1
            self._settle(delivery, try_again=outcomes[-1])

    def _next(self) -> Delivery | None:
        """Block until a delivery is due, and take it; None when closing."""
        with self._changed:
            while not self._closing:
                now = time.monotonic()
                due = [each for each in self._waiting if each.due <= now]
                if due and not self.site.faults.withhold_webhooks:
                    self._under_way = due[-1] if self.site.faults.reorder_webhooks else due[0]
                    self._waiting.remove(self._under_way)
                    return self._under_way
                self._changed.wait(self._pause(now))
            return None

    def _pause(self, now: float) -> float | None:
        later = [each.due - now for each in self._waiting if each.due > now]
        return min(later) if later and not self.site.faults.withhold_webhooks else None

    def _settle(self, delivery: Delivery, *, try_again: bool | None) -> None:
        with self._changed:
            self._under_way = None
            limit = FORGE_RETRIES if delivery.endpoint else len(RETRY_AFTER_SECONDS)
            if try_again and delivery.attempts <= limit and not self._closing:
                delivery.due = time.monotonic() + RETRY_AFTER_SECONDS[delivery.attempts - 1]
                self._waiting.append(delivery)
            elif try_again is not None:
                self.failed.append(delivery)
            self._changed.notify_all()

    def _attempt(self, delivery: Delivery) -> bool | None:
        """Send once. None: delivered (or no app any more); True: worth another try; False: refused for good."""
        if (self.site.forge if delivery.endpoint else self.site.app) is None:
            return None
        entry = self.site.record(self._entry(delivery.url, delivery.body.decode(), delivery.event))
        entry.note += f" ({delivery.identifier})" + (f", retry {delivery.attempts}" if delivery.attempts else "")
        headers = self._headers(delivery)
        started = time.perf_counter()
        try:
            answer = requests.post(
                delivery.url,
                data=forge_events.again(delivery.body, delivery.attempts) if delivery.endpoint else delivery.body,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            entry.note += f": {type(error).__name__}"
            return True
        entry.milliseconds = (time.perf_counter() - started) * 1000
        entry.status, entry.response_body = answer.status_code, answer.text[:2000]
        if 200 <= answer.status_code < 300:
            return None
        return bool(delivery.endpoint) or answer.status_code in RETRIED  # Forge tries again whatever the answer was

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        if delivery.endpoint:
            return self._forge_headers(delivery.endpoint)
        token = hs256(self.site, "POST", delivery.url, account_id=delivery.actor)
        retry = {"X-Atlassian-Webhook-Retry": str(delivery.attempts)} if delivery.attempts else {}
        return {
            "Authorization": f"JWT {token}",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "X-Atlassian-Webhook-Identifier": delivery.identifier,
            "X-Atlassian-Webhook-Flow": delivery.flow,
            **retry,
        }

    def _forge_headers(self, endpoint: str) -> dict[str, str]:
        from tests.devhost import forge  # noqa: PLC0415  (it knows sites, and sites know this module)

        app, keys = self.site.forge, self.forge_keys
        assert app is not None
        assert keys is not None
        said = forge.claims(self.site, app, {"type": "core:endpoint", "key": endpoint})
        return forge.headers(self.site, keys, app, endpoint, said)

    def _entry(self, url: str, body: str, note: str) -> WireEntry:
        now = self.site.clock()
        return WireEntry(at=now, direction="to app", method="POST", url=url, note=note, request_body=body)
