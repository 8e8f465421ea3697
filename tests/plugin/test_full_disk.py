"""A disk without room: what Jira tells is not taken, so that it comes again; pages are still read; all by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from connect import StatusChanged, Unavailable
from plugin import flow
from plugin.ports import Ports
from plugin.transitions.service import Delivery
from tests.plugin.asking import NOW, Asked, Clock, an_app, asked

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def customer(database_url: str) -> Iterator[Asked]:
    customer = asked(an_app(database_url, Clock()), Clock())
    yield customer
    customer.ports.database.close()


def happen(ports: Ports, tenant_id: int, number: int) -> None:
    change = StatusChanged(str(number), f"SHOP-{number}", "10000", f"9{number}", "2", "3", None, NOW)
    flow.on_arrivals(ports.database, [(tenant_id, Delivery(f"delivery {number}" + "x" * 2000, change, NOW))])


def test_a_full_disk_takes_nothing_shows_everything_and_heals(customer: Asked) -> None:
    ports, room = customer.ports, [1]

    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {room[0]}")

    sa.event.listen(ports.database.engine, "begin", limit)
    with pytest.raises(Unavailable) as full:
        for number in range(200):  # until the last free page is taken
            happen(ports, customer.tenant_id, number)
    assert (full.value.status, full.value.retry) == (503, True)
    assert customer.open().status_code == 200
    assert customer.app.test_client().get("/ready", base_url="https://rapport.example").status_code == 200
    assert customer.send(satisfaction="4").status_code in (200, 303, 503), "never 500"
    room[0] = 1_000_000
    happen(ports, customer.tenant_id, 1000)
    with ports.database.system_reading() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        stored = connection.exec_driver_sql("SELECT count(*) FROM transition_event WHERE issue_id = '1000'")
        assert stored.scalar_one() == 1
