"""Looks at everything that Rapport needs, one thing after the other, and says what to do where something is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

import requests

from connect import Unavailable
from plugin.database import Database
from plugin.errors import BadConfiguration, MailError
from plugin.jobs import service as jobs
from plugin.mail import SmtpMailer
from plugin.migrations import is_up_to_date
from plugin.settings import Settings
from plugin.tenants.service import TenantService

TIMEOUT_SECONDS = 10
SKEW_SECONDS = 20  # tokens are given 30, and an answer takes a moment
LATE_SECONDS = 100


class Verdict(StrEnum):
    """`WARN` works, for now; `FAIL` does not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it stands, and what to do about it."""

    about: str
    verdict: Verdict
    words: str


def examine(settings: Settings, database: Database, tenants: TenantService, now: Callable[[], datetime]) -> Iterator[Finding]:  # fmt: skip
    """Every finding, as soon as it is there. Sends no mail and changes nothing."""
    yield (state := _database(database))
    if state.verdict is not Verdict.FAIL:
        yield _commits(settings, database)
        yield _keys(tenants)
        yield _work(database, now())
        yield _clock_of_database(database, now)
        yield _clock_of_jira(tenants.list_addresses(), now)
    yield _mail(settings)
    yield _base_url(settings.base_url)


def _database(database: Database) -> Finding:
    try:
        current, held = is_up_to_date(database), database.is_held_to_policies()
    except Unavailable:
        return Finding("database", Verdict.FAIL, "cannot be reached. Check DATABASE_URL, and that its server runs.")
    if not current:
        return Finding("database", Verdict.FAIL, "lacks what this release needs. Run `rapport migrate`.")
    if not held:
        words = (
            "is reached as a superuser, whom row-level security does not hold. Use an ordinary role: see the README."
        )
        return Finding("database", Verdict.WARN, words)
    return Finding("database", Verdict.OK, "answers, and is up to date.")


def require_durability(settings: Settings, database: Database) -> None:
    """Raises BadConfiguration where the power could take back what was acknowledged, unless the storage is trusted."""
    if (lossy := database.lossy_settings()) and not settings.trust_storage:
        raise BadConfiguration(
            "the database may lose commits with the power, after they were acknowledged. Set to on at its server:"
            f" {', '.join(lossy)}. Where the storage beneath keeps them by itself, set RAPPORT_TRUST_STORAGE=1."
        )


def _commits(settings: Settings, database: Database) -> Finding:
    try:
        require_durability(settings, database)
    except BadConfiguration as error:
        return Finding("commits", Verdict.FAIL, str(error))
    if settings.trust_storage:
        return Finding("commits", Verdict.OK, "are left to the storage, as RAPPORT_TRUST_STORAGE says.")
    return Finding("commits", Verdict.OK, "are on the disk before they are acknowledged.")


def _keys(tenants: TenantService) -> Finding:
    try:
        tenants.require_keys()
    except BadConfiguration as error:
        return Finding("keys", Verdict.FAIL, str(error))
    return Finding("keys", Verdict.OK, "open every stored secret.")


def _work(database: Database, now: datetime) -> Finding:
    standing = jobs.standing(database, now)
    seen = standing.worker_age_seconds
    if seen is None or seen > LATE_SECONDS:
        words = (
            "no worker was seen lately. Start `rapport serve`, or `rapport worker` beside `rapport serve --web-only`."
        )
        return Finding("work", Verdict.WARN, words)
    if standing.oldest_due_seconds > LATE_SECONDS:
        words = f"is {standing.oldest_due_seconds:.0f} seconds late. Start more workers, or look at what the log says."
        return Finding("work", Verdict.WARN, words)
    if standing.dead:
        words = (
            f"was given up {standing.dead} times. See why, and run it again, on the Rapport page of Jira's settings."
        )
        return Finding("work", Verdict.WARN, words)
    return Finding("work", Verdict.OK, f"is on time; {standing.waiting} pieces wait for their date.")


def _clock_of_database(database: Database, now: Callable[[], datetime]) -> Finding:
    before = time.monotonic()
    theirs = database.now()
    return _clock("clock beside the database", theirs, now(), time.monotonic() - before)


def _clock_of_jira(addresses: list[str], now: Callable[[], datetime]) -> Finding:
    """Every answer carries the time of the one who answers (RFC 9110 section 6.6.1), to the second."""
    about = "clock beside Jira"
    if not addresses:
        return Finding(about, Verdict.WARN, "not known: no site has installed Rapport yet.")
    before = time.monotonic()
    try:
        answer = requests.head(addresses[0], timeout=TIMEOUT_SECONDS, allow_redirects=False)
        theirs = parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (requests.RequestException, KeyError, ValueError):
        words = "not known: Jira does not answer. Check that this machine may open connections to the internet."
        return Finding(about, Verdict.FAIL, words)
    return _clock(about, theirs, now(), time.monotonic() - before)


def _clock(about: str, theirs: datetime, ours: datetime, took_seconds: float) -> Finding:
    away = abs((ours - theirs).total_seconds())
    if away <= SKEW_SECONDS + took_seconds:
        return Finding(about, Verdict.OK, "agrees.")
    words = f"is {away:.0f} seconds off, so tokens are refused. Set this machine's clock, best by NTP."
    return Finding(about, Verdict.FAIL, words)


def _mail(settings: Settings) -> Finding:
    try:
        SmtpMailer(settings.smtp_url, settings.mail_from).check()
    except MailError as error:
        return Finding("mail", Verdict.FAIL, f"{error}. Check RAPPORT_SMTP_URL.")
    return Finding("mail", Verdict.OK, "the server lets us in. No mail was sent.")


def _base_url(base_url: str) -> Finding:
    about = "base URL"
    try:
        answer = requests.get(f"{base_url}/health", timeout=TIMEOUT_SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError:
        return Finding(about, Verdict.FAIL, "its certificate is not one that Jira would trust. Renew it.")
    except requests.RequestException:
        words = "cannot be reached from here. Check RAPPORT_BASE_URL, DNS, the proxy, and that `rapport serve` runs."
        return Finding(about, Verdict.FAIL, words)
    if answer.status_code != 200 or answer.content.strip() != b'{"status":"ok"}':
        return Finding(about, Verdict.FAIL, "somebody else answers there. Check where the proxy sends requests.")
    if not base_url.startswith("https://"):
        return Finding(about, Verdict.WARN, "is plain http, which Jira does not accept outside of development.")
    return Finding(about, Verdict.OK, "answers.")
