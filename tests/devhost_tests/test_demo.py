"""`make demo`: it starts, has something to show, says where, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import requests

from tests.free_ports import free_port

ROOT = Path(__file__).parents[2]
LAST_LINE = "Ctrl-C ends everything."
STOP_SECONDS = 25


@contextmanager
def demo(port: int, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The command of `make demo`, in a process group of its own; everything in it is killed at the end."""
    command = [sys.executable, "-m", "tests.devhost.demo", "--port", str(port), "--folder", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as child:
        try:
            yield child
        finally:
            if alive(child.pid):
                os.killpg(child.pid, signal.SIGKILL)


def alive(group: int) -> bool:
    """Is there any process left in the group?"""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_demo_shows_a_living_project_and_ends_without_a_trace(tmp_path: Path) -> None:
    port = free_port()
    with demo(port, tmp_path / "demo") as child:
        words = read_guide(child)
        addresses = re.findall(r"http://localhost:\S+", words)
        assert len(addresses) >= 8, words
        pages = {address: opened(address) for address in addresses}
        require_numbers(next(page for address, page in pages.items() if "post-mortem" in address))
        child.send_signal(signal.SIGINT)
        assert child.wait(STOP_SECONDS) == 0
        assert not alive(child.pid)
    for used in (port, port + 1, port + 2):
        socket.create_server(("127.0.0.1", used)).close()


def read_guide(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    assert child.stderr is not None
    lines = []
    for line in child.stdout:
        lines.append(line)
        if LAST_LINE in line:
            return "".join(lines)
    raise AssertionError(f"the demo broke off: {''.join(lines)} {child.stderr.read()}")


def opened(address: str) -> str:
    """The page, as somebody sees it who follows the address with a fresh browser."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=60)
    assert page.status_code == 200, f"{address}: {page.status_code}"
    return page.text


def require_numbers(page_of_jira: str) -> None:
    """Open the app's frame that a page of Jira holds."""
    frame = re.search(r'data-frame="([^"]+)"', page_of_jira)
    assert frame, page_of_jira
    ours = requests.get(json.loads(unescape(frame[1]))["url"], timeout=60).text
    numbers = dict(re.findall(r'<div class="tile (\w+)"><dt>[^<]*</dt><dd>(\d+)</dd>', ours))
    assert set(numbers) == {"asked", "answered", "silent", "open", "failed"}
    assert all(int(number) > 0 for number in numbers.values()), numbers
    assert "言語" in ours  # and in their own words


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port + 1)), demo(port, tmp_path / "demo") as child:
        _, complaint = child.communicate(timeout=60)
    assert child.returncode == 1
    assert re.fullmatch(
        rf"Port {port + 1}, which the app needs, is taken\. Try others: make demo PORT=\d+\n", complaint
    )
