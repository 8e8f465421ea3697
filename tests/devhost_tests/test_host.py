"""The stand-in as one object."""

from __future__ import annotations

import socket
import struct
from datetime import UTC, datetime

import pytest
import requests

from tests.devhost import host
from tests.devhost.host import Devhost
from tests.devhost_tests.conftest import ConnectAuth, account
from tests.devhost_tests.toy_app import ToyApp
from tests.free_ports import free_port


def test_it_starts_two_sites_with_ids_of_their_own() -> None:
    with Devhost(("acme", "rival")) as running:
        assert running.sites[0].cloud_id != running.sites[1].cloud_id
        assert [requests.get(f"{each.base_url}/_edge/tenant_info", timeout=60).json() for each in running.sites] == [
            {"cloudId": each.cloud_id} for each in running.sites
        ]


def test_ports_can_be_chosen() -> None:
    port = free_port()
    with Devhost(("acme", "rival"), ports=[port]) as running:
        assert running.site.base_url == f"http://localhost:{port}"
        assert running.sites[1].base_url != running.site.base_url


def test_nothing_listens_after_the_end() -> None:
    port = free_port()  # a port that the kernel chose might be another's by then
    with Devhost(ports=[free_port()], smtp_port=port) as running:
        assert running.mailbox.port == port
    for url in (running.site.base_url, f"http://localhost:{port}"):
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=1)


def test_the_world_can_stand_at_any_moment(app: ToyApp) -> None:
    then = datetime(2027, 3, 1, 8, tzinfo=UTC)
    with Devhost(app_url=app.url, clock=lambda: then) as running:
        running.install()
        running.site.transition("DEMO-7", "Done", account(running.site, "Tom Team"))
        running.drain()
        updated = requests.get(
            f"{running.site.base_url}/rest/api/3/issue/DEMO-7?fields=updated",
            auth=ConnectAuth(running.site),
            timeout=60,
        ).json()["fields"]["updated"]
    assert updated == "2027-03-01T09:00:00.000+0100"
    assert app.events[0].json["timestamp"] == int(then.timestamp() * 1000)


def test_a_browser_that_goes_away_leaves_no_file_open() -> None:
    """Of a file that is: the end of this test collects what was left, and fails."""
    reset = struct.pack("ii", 1, 0)
    with Devhost() as running:
        address = ("127.0.0.1", int(running.site.base_url.rpartition(":")[2]))
        for _ in range(10):
            with socket.create_connection(address) as browser:
                browser.sendall(b"GET /devhost/static/devhost.css HTTP/1.1\r\nHost: localhost\r\n\r\n")
                browser.recv(1)
                browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)


def test_a_site_can_start_empty() -> None:
    with Devhost(seed=None) as running:
        assert running.site.issues == {}


def test_without_an_app_there_is_nothing_to_install() -> None:
    running = Devhost()
    assert running.descriptor_url is None
    with pytest.raises(ValueError, match="app_url"):
        running.install()


def test_without_atlassians_document_it_works_and_says_so(
    app: ToyApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(host, "find_document", lambda: None)
    monkeypatch.setattr(host, "load_contract", lambda: None)
    with Devhost(app_url=app.url) as running:
        running.install()
        url = f"{running.site.base_url}/rest/api/3/issue/DEMO-7?colour=red"
        assert requests.get(url, auth=ConnectAuth(running.site), timeout=60).status_code == 200
    assert "not checked" in caplog.text
    running.site.assert_no_contract_problems()


def test_pictures_need_no_network(jira: Devhost) -> None:
    pia = account(jira.site, "Pia Lead")
    answer = requests.get(f"{jira.site.base_url}/avatar/{pia}?size=48", timeout=60)
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert ">PL<" in answer.text
