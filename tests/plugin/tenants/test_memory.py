"""What is remembered of a site, and for how long."""

from __future__ import annotations

from dataclasses import replace

from connect import Tenant
from plugin.tenants.memory import TenantMemory

SITE = Tenant(1, "acme", "https://acme.atlassian.net", "https://acme.atlassian.net", "s" * 32, None, True)


class Seconds:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_site_is_remembered_for_less_than_a_second() -> None:
    seconds = Seconds()
    memory = TenantMemory(seconds)
    memory.keep(SITE, memory.changes)
    seconds.now += 0.99
    assert memory.find("acme") is SITE
    seconds.now += 0.01
    assert memory.find("acme") is None


def test_a_site_that_left_is_not_remembered() -> None:
    memory = TenantMemory()
    memory.keep(replace(SITE, installed=False), memory.changes)
    assert memory.find("acme") is None


def test_what_was_read_before_a_change_does_not_come_back_after_it() -> None:
    memory = TenantMemory()
    changes = memory.changes
    memory.forget()
    memory.keep(SITE, changes)
    assert memory.find("acme") is None
