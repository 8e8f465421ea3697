"""`make demo`: a local Jira with a mailbox, Rapport beside it, and some weeks of history to look at."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import requests
import structlog
import time_machine

from plugin.app import create_app
from plugin.database import Database
from plugin.migrations import migrate
from plugin.settings import load_settings
from tests.devhost import demo_story
from tests.devhost.demo_guide import guide
from tests.devhost.host import Devhost
from tests.running import Clock, Rapport, environment_for, serving

FOLDER = Path("build/demo")
COMMAND = Path(sys.executable).with_name("rapport")
START_SECONDS, STOP_SECONDS = 30, 20


class CannotStart(Exception):
    """Why there is no demo, in one line for the person who typed the command."""


def main() -> int:
    """Run until Ctrl-C or SIGTERM; the exit status is 0 then, and 1 if the demo could not start or broke off."""
    arguments = _parser().parse_args()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        try:
            _run(arguments.port, arguments.folder)
        except CannotStart as reason:
            print(reason, file=sys.stderr)
            return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--port", type=_port, default=8080, help="Jira; the app takes the next one, mail the one after")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="wiped at each start")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1024 <= int(text) <= 65533:
        raise argparse.ArgumentTypeError("must be a number from 1024 to 65533")
    return int(text)


def _run(port: int, folder: Path) -> None:
    for number, user in ((port, "Jira"), (port + 1, "the app"), (port + 2, "mail")):
        _require_free(number, user)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder / "rapport.log"
    print(f"One moment: {demo_story.WEEKS} weeks of history are being lived through …", flush=True)
    with ExitStack() as stack:
        with time_machine.travel(demo_story.beginning()) as traveller:
            app_url = f"http://127.0.0.1:{port + 1}"
            jira = stack.enter_context(Devhost(ports=(port,), smtp_port=port + 2, app_url=app_url))
            environment = environment_for(jira, port + 1, f"sqlite:///{folder.resolve()}/rapport.db")
            _live_through(jira, environment, traveller)
        process = stack.enter_context(_app(environment, log))
        print(guide(jira.site.base_url, log), flush=True)
        process.wait()
        raise CannotStart(f"The app ended by itself. What it said is in {log}")


def _require_free(port: int, user: str) -> None:
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):  # “localhost” may be either
        try:
            socket.create_server((address, port), family=family).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                other = 9080 if port < 9000 else 8080
                raise CannotStart(
                    f"Port {port}, which {user} needs, is taken. Try others: make demo PORT={other}"
                ) from None


def _live_through(jira: Devhost, environment: dict[str, str], traveller: time_machine.Traveller) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    settings, clock = load_settings(environment), Clock()
    database = Database(settings.database_url)
    migrate(database)
    database.close()
    app = create_app(settings, clock)
    with serving(app, settings.listen_port):
        jira.install()
        demo_story.tell(Rapport(app, settings, jira, clock), traveller)
    app.extensions["rapport"].database.close()


@contextmanager
def _app(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The app as everybody runs it, once it answers; ended, whatever happens."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    with log.open("wb") as words:
        process = subprocess.Popen([COMMAND, "serve"], env=inherited | environment, stderr=words)
        try:
            _wait_until_ready(process, environment["RAPPORT_BASE_URL"], log)
            yield process
        finally:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave the app behind
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], base_url: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with suppress(requests.ConnectionError):
            if requests.get(f"{base_url}/ready", timeout=60).ok:
                return
        time.sleep(0.1)
    raise CannotStart(f"The app did not start. What it said is in {log}")


if __name__ == "__main__":
    sys.exit(main())
