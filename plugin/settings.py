"""Every environment variable, read once. Nothing else in the product looks at the environment."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from plugin.errors import BadConfiguration

T = TypeVar("T")
_FORGE_APP_ID = re.compile(r"(?:ari:cloud:ecosystem::app/)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_SHORTEST_DKIM_KEY = 1024  # of RFC 8301; 2048 is better
_FEWEST_DIFFERENT_BYTES = 10  # of 32: a drawn key has about 30


@dataclass(frozen=True, slots=True)
class Variable:
    """One documented variable. `default` None means that it must be set. `development` ones need RAPPORT_DEVELOPMENT."""

    name: str
    default: str | None
    meaning: str
    example: str
    development: bool = False


VARIABLES = (
    Variable("RAPPORT_BASE_URL", None, "where Jira and customers reach Rapport, without a slash at the end", "https://rapport.acme.example"),
    Variable("RAPPORT_SECRET_KEYS", None, "keys that encrypt secrets at rest, newest first, separated by commas; `rapport keys new` makes one", "the output of `rapport keys new`"),
    Variable("RAPPORT_MAIL_FROM", None, "sender of surveys", "Rapport <rapport@acme.example>"),
    Variable("RAPPORT_SMTP_URL", "smtp://127.0.0.1:25", "mail server: `smtp://` (STARTTLS where offered), `smtp+starttls://` (STARTTLS or nothing) or `smtps://`", "smtp+starttls://user:password@mail.acme.example:587"),
    Variable("RAPPORT_DKIM_KEY", "", "private key (PEM) that signs mails; better as RAPPORT_DKIM_KEY_FILE. Its public half stands in the DNS of the sender’s domain. Empty: not signed here", "the output of `openssl genrsa 2048`"),
    Variable("RAPPORT_DKIM_SELECTOR", "rapport", "under which name the public half stands: <selector>._domainkey.<domain of the sender>", "rapport"),
    Variable("DATABASE_URL", "sqlite:///rapport.db", "SQLite file or PostgreSQL", "postgresql://rapport:password@db.acme.example/rapport"),
    Variable("RAPPORT_TRUST_STORAGE", "0", "`1` starts although PostgreSQL says `fsync` or `full_page_writes` off: only where the storage beneath keeps what was committed by itself", "1"),
    Variable("RAPPORT_APP_KEY", "rapport-jira", "key of the app in Jira; fixed once a site has installed it", "rapport-jira"),
    Variable("RAPPORT_FORGE_APP_ID", "", "id of your own Forge app, as `forge register` printed it; empty where sites install the descriptor", "ari:cloud:ecosystem::app/0c1f2e3d-0000-4000-8000-000000000000"),
    Variable("RAPPORT_LISTEN", "127.0.0.1:8080", "address and port to listen on", "0.0.0.0:8080"),
    Variable("RAPPORT_WORKER_THREADS", "4", "jobs done at a time by one worker process, 1 to 64", "4"),
    Variable("RAPPORT_TRUSTED_PROXIES", "0", "how many reverse proxies stand in front and set X-Forwarded-For", "1"),
    Variable("RAPPORT_SECURITY_CONTACT", "", "whom to tell of a weakness on this server, for `/.well-known/security.txt`", "mailto:security@acme.example"),
    Variable("RAPPORT_LOG_LEVEL", "info", "`debug`, `info`, `warning` or `error`", "info"),
    Variable("RAPPORT_METRICS_LISTEN", "", "address and port for Prometheus, apart from RAPPORT_LISTEN; off where empty. It asks nobody who they are: keep it inside", "127.0.0.1:9100"),
    Variable("RAPPORT_TRACES_URL", "", "where an OpenTelemetry collector takes spans by OTLP over HTTP; needs the extra `traces`", "http://127.0.0.1:4318/v1/traces"),
    Variable("RAPPORT_DEVELOPMENT", "0", "`1` allows plain http, local hosts and the variables below; only with a base URL on this machine", "1"),
    Variable("RAPPORT_EXTRA_HOSTS", "", "host:port of local stand-ins for Jira, separated by commas", "localhost:8081", development=True),
    Variable("RAPPORT_INSTALL_KEYS_URL", "", "where the stand-in publishes its install keys", "http://localhost:8081/install-keys", development=True),
    Variable("RAPPORT_CONNECT_SCRIPT_URL", "", "the stand-in's copy of Atlassian's page script", "http://localhost:8081/atlassian-connect/all.js", development=True),
    Variable("RAPPORT_FORGE_KEYS_URL", "", "where the stand-in publishes its keys for invocation tokens", "http://localhost:8081/forge-keys", development=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one process. See VARIABLES for meanings."""

    base_url: str
    secret_keys: tuple[str, ...] = field(repr=False)
    mail_from: str
    smtp_url: str = field(repr=False)
    dkim_key: str = field(repr=False)
    dkim_selector: str
    database_url: str = field(repr=False)
    trust_storage: bool
    app_key: str
    forge_app_id: str | None
    listen_host: str
    listen_port: int
    worker_threads: int
    trusted_proxies: int
    security_contact: str
    log_level: str
    metrics_listen: tuple[str, int] | None
    traces_url: str | None
    development: bool
    extra_hosts: tuple[str, ...]
    install_keys_url: str | None
    connect_script_url: str | None
    forge_keys_url: str | None


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check everything. Raises BadConfiguration, which names the variable and an example, never the value."""
    read = _Reader(os.environ if environment is None else environment)
    development = read.choice("RAPPORT_DEVELOPMENT", {"0": False, "1": True})
    if not development:
        read.refuse_development_variables()
        read.refuse_debug()
    host, port = read.address("RAPPORT_LISTEN")
    return Settings(
        base_url=read.base_url(development),
        secret_keys=read.secret_keys(),
        mail_from=read.mail_from(),
        smtp_url=read.url("RAPPORT_SMTP_URL", {"smtp", "smtps", "smtp+starttls"}),
        dkim_key=read.dkim_key(),
        dkim_selector=read.dkim_selector(),
        database_url=read.url("DATABASE_URL", {"sqlite", "postgresql", "postgres"}),
        trust_storage=read.choice("RAPPORT_TRUST_STORAGE", {"0": False, "1": True}),
        app_key=read.app_key(),
        forge_app_id=read.forge_app_id(),
        listen_host=host,
        listen_port=port,
        worker_threads=read.number("RAPPORT_WORKER_THREADS", 1, 64),
        trusted_proxies=read.number("RAPPORT_TRUSTED_PROXIES", 0, 5),
        security_contact=read.security_contact(),
        log_level=read.choice("RAPPORT_LOG_LEVEL", {level: level for level in ("debug", "info", "warning", "error")}),
        metrics_listen=read.address("RAPPORT_METRICS_LISTEN") if read.text("RAPPORT_METRICS_LISTEN") else None,
        traces_url=read.url("RAPPORT_TRACES_URL", {"http", "https"}) if read.text("RAPPORT_TRACES_URL") else None,
        development=development,
        extra_hosts=tuple(part.strip() for part in read.text("RAPPORT_EXTRA_HOSTS").split(",") if part.strip()),
        install_keys_url=read.text("RAPPORT_INSTALL_KEYS_URL") or None,
        connect_script_url=read.text("RAPPORT_CONNECT_SCRIPT_URL") or None,
        forge_keys_url=read.text("RAPPORT_FORGE_KEYS_URL") or None,
    )


class _Reader:
    """Reads one variable at a time; `NAME_FILE` may hold the path of a file with the value instead."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._known = {variable.name: variable for variable in VARIABLES}

    def text(self, name: str) -> str:
        value = self._environment.get(name)
        path = self._environment.get(f"{name}_FILE")
        if value is None and path is not None:
            value = self._read_file(name, path)
        if value is None:
            value = self._known[name].default
        if value is None:
            raise self.bad(name, "is not set")
        return value.strip()

    def _read_file(self, name: str, path: str) -> str:
        try:
            return Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.bad(f"{name}_FILE", "names a file that cannot be read", like=name) from error

    def bad(self, name: str, what: str, *, like: str | None = None) -> BadConfiguration:
        example = self._known[like or name].example
        return BadConfiguration(f"{name} {what}. Example: {like or name}={example}")

    def refuse_development_variables(self) -> None:
        for variable in VARIABLES:
            if variable.development and (self._environment.keys() & {variable.name, f"{variable.name}_FILE"}):
                raise BadConfiguration(
                    f"{variable.name} is for development only. Unset it, or set RAPPORT_DEVELOPMENT=1 on your own machine."
                )

    def refuse_debug(self) -> None:
        """Flask reads this one by itself: refusals would turn into traces."""
        if self._environment.get("FLASK_DEBUG", "0").lower() not in ("", "0", "false", "no"):
            raise BadConfiguration("FLASK_DEBUG is for development only. Unset it.")

    def base_url(self, development: bool) -> str:
        value = self.text("RAPPORT_BASE_URL")
        try:
            parts, port = urlsplit(value), urlsplit(value).port
        except ValueError as error:
            raise self.bad("RAPPORT_BASE_URL", "is not an address") from error
        if parts.scheme not in ({"https", "http"} if development else {"https"}):
            raise self.bad("RAPPORT_BASE_URL", "must begin with https://")
        plain = parts.hostname and not parts.query and not parts.fragment and not parts.username and port != 0
        if not plain or value.endswith("/"):
            raise self.bad("RAPPORT_BASE_URL", "must be scheme and host, with no slash, query or user at the end")
        if development and not _is_this_machine(parts.hostname or ""):
            raise BadConfiguration(
                "RAPPORT_DEVELOPMENT is for your own machine: with it RAPPORT_BASE_URL must name localhost. Unset it."
            )
        return value

    def secret_keys(self) -> tuple[str, ...]:
        keys = tuple(key.strip() for key in self.text("RAPPORT_SECRET_KEYS").split(",") if key.strip())
        try:
            for key in keys:
                Fernet(key)
        except ValueError as error:
            raise self.bad("RAPPORT_SECRET_KEYS", "holds something that is not a key") from error
        if any(len(set(urlsafe_b64decode(key))) < _FEWEST_DIFFERENT_BYTES for key in keys):
            raise self.bad("RAPPORT_SECRET_KEYS", "holds a key that anybody can guess")
        if not keys:
            raise self.bad("RAPPORT_SECRET_KEYS", "is empty")
        return keys

    def mail_from(self) -> str:
        value = self.text("RAPPORT_MAIL_FROM")
        address = parseaddr(value)[1]
        if "@" not in address or not value.isprintable():
            raise self.bad("RAPPORT_MAIL_FROM", "is not a mail address")
        return value

    def dkim_key(self) -> str:
        value = self.text("RAPPORT_DKIM_KEY")
        try:
            key = load_pem_private_key(value.encode(), None) if value else None
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise self.bad("RAPPORT_DKIM_KEY", "is not a private key in PEM without a password") from error
        if key is not None and not (isinstance(key, RSAPrivateKey) and key.key_size >= _SHORTEST_DKIM_KEY):
            raise self.bad("RAPPORT_DKIM_KEY", f"must be an RSA key of {_SHORTEST_DKIM_KEY} bits or more")
        return value

    def dkim_selector(self) -> str:
        value = self.text("RAPPORT_DKIM_SELECTOR")
        if not _SELECTOR.fullmatch(value):
            raise self.bad("RAPPORT_DKIM_SELECTOR", "must be letters, digits and hyphens")
        return value

    def url(self, name: str, schemes: set[str]) -> str:
        value = self.text(name)
        scheme = value.split("://")[0].split("+psycopg")[0]
        if "://" not in value or scheme not in schemes:
            raise self.bad(name, f"must begin with one of {', '.join(sorted(s + '://' for s in schemes))}")
        return value

    def security_contact(self) -> str:
        value = self.text("RAPPORT_SECURITY_CONTACT")
        if value and (not value.startswith(("mailto:", "https://")) or not value.isprintable() or " " in value):
            raise self.bad("RAPPORT_SECURITY_CONTACT", "must begin with mailto: or https://")
        return value

    def app_key(self) -> str:
        value = self.text("RAPPORT_APP_KEY")
        if not (0 < len(value) <= 64 and all(char.isascii() and (char.isalnum() or char in "-._") for char in value)):
            raise self.bad("RAPPORT_APP_KEY", "must be 1 to 64 letters, digits, dots, hyphens or underscores")
        return value

    def forge_app_id(self) -> str | None:
        value = self.text("RAPPORT_FORGE_APP_ID")
        if value and not _FORGE_APP_ID.fullmatch(value):
            raise self.bad("RAPPORT_FORGE_APP_ID", "is not the id of an app")
        return value or None

    def address(self, name: str) -> tuple[str, int]:
        host, _, port = self.text(name).rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise self.bad(name, "must be an address and a port")
        return host, int(port)

    def number(self, name: str, lowest: int, highest: int) -> int:
        value = self.text(name)
        if not value.isdecimal() or not lowest <= int(value) <= highest:
            raise self.bad(name, f"must be a whole number from {lowest} to {highest}")
        return int(value)

    def choice(self, name: str, choices: Mapping[str, T]) -> T:
        value = self.text(name).lower()
        if value not in choices:
            raise self.bad(name, f"must be one of {', '.join(choices)}")
        return choices[value]


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
