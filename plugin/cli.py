"""The `rapport` command."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import structlog
from cryptography.fernet import Fernet

from connect import Deployment, Unavailable, platform_commands
from plugin import doctor as examination
from plugin import telemetry, tracing
from plugin.app import create_app, descriptor_path, utc_now
from plugin.backup import copy_sqlite
from plugin.database import Database
from plugin.errors import BackupFailed, BadConfiguration
from plugin.exports import service as exports
from plugin.flow import STEPS, after_uninstall, rebuild_fields
from plugin.heap import share_heap
from plugin.jobs import service as jobs
from plugin.logs import configure_logs
from plugin.migrations import is_up_to_date, migrate
from plugin.ports import Ports
from plugin.privacy import service as privacy
from plugin.sealing import CannotOpen, Seal
from plugin.settings import Settings, load_settings
from plugin.tenants.service import TenantService
from plugin.web.pages import FRAME_FILES, HTMX_CONFIG
from plugin.worker import Worker


class Rapport(click.Group):
    """Turns a bad configuration into one line and exit status 2, without a trace and without any value."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadConfiguration as error:
            click.echo(f"rapport: {error}", err=True)
            sys.exit(2)
        except CannotOpen:
            click.echo(
                "rapport: RAPPORT_SECRET_KEYS opens not all stored secrets. Add the key that sealed them.", err=True
            )
            sys.exit(2)
        except Unavailable:
            click.echo(
                "rapport: the database cannot be reached. Check DATABASE_URL and that its server runs.", err=True
            )
            sys.exit(1)


@click.group(cls=Rapport)
def main() -> None:
    """Customer-satisfaction fields, survey checkpoints and post-mortems for Jira."""


@main.command()
@click.option("--web-only", is_flag=True, help="Leave the work to `rapport worker` processes.")
def serve(web_only: bool) -> None:
    """Serve Jira and customers, and do the work too (unless --web-only)."""
    from plugin.serving import create_http_server  # noqa: PLC0415 - a worker process does without it

    settings = load_settings()
    configure_logs(settings.log_level)
    _prepare(settings)
    app = create_app(settings)
    ports: Ports = app.extensions["rapport"]
    _show_figures(settings, ports)
    worker = Worker(ports, STEPS, settings.worker_threads)
    working = threading.Thread(target=worker.run, name="worker")
    server = create_http_server(app, settings.listen_host, settings.listen_port, app.extensions["connect"].shortcut)

    def stop(*_: object) -> None:
        server.stop()
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    if not web_only:
        working.start()
    structlog.get_logger().info(
        "serving", address=f"{settings.listen_host}:{settings.listen_port}", base_url=settings.base_url
    )
    try:
        server.run()
    finally:
        worker.stop()
        if not web_only:
            working.join(timeout=25)


@main.command()
def worker() -> None:
    """Do the work that follows from events. Any number of these may run."""
    settings = load_settings()
    configure_logs(settings.log_level)
    _prepare(settings)
    ports: Ports = create_app(settings).extensions["rapport"]
    _show_figures(settings, ports)
    doing = Worker(ports, STEPS, settings.worker_threads)
    _stop_on_signal(doing)
    structlog.get_logger().info("working", threads=settings.worker_threads)
    doing.run()


@main.command(name="migrate")
def migrate_command() -> None:
    """Bring the database up to date (serve and worker do so at their start)."""
    with closing(Database(load_settings().database_url)) as database:
        migrate(database)
        click.echo("The database is up to date." if is_up_to_date(database) else "The database is not up to date.")


@main.command()
def doctor() -> None:
    """Look at mail, database, clock, base URL and keys, and say what to do. Exit status 1 where something fails."""
    settings = load_settings()
    with closing(Database(settings.database_url)) as database:
        found = []
        for finding in examination.examine(settings, database, _tenants(settings, database), utc_now):
            found.append(finding.verdict)
            click.echo(f"{finding.verdict:5} {finding.about}: {finding.words}")
    sys.exit(1 if examination.Verdict.FAIL in found else 0)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy the SQLite database to FILE, while Rapport runs. The keys of RAPPORT_SECRET_KEYS are not in it."""
    settings = load_settings()
    with closing(Database(settings.database_url)) as database:
        try:
            size = copy_sqlite(database, file)
        except BackupFailed as error:
            raise click.ClickException(f"No copy was made: {error}.") from error
    click.echo(f"{file}: {size} bytes, whole.")


@main.group(name="fields")
def fields_group() -> None:
    """The fields of issues in Jira, which follow from the answers stored here."""


@fields_group.command()
def rebuild() -> None:
    """Write the fields of all issues on all sites again. The worker does it; `rapport serve` may run meanwhile."""
    settings = load_settings()
    with closing(Database(settings.database_url)) as database:
        sites = click.progressbar(_tenants(settings, database).list_installed_ids(), label="Sites")
        with sites as tenant_ids:
            queued = [_rebuild(database, tenant_id) for tenant_id in tenant_ids]
    click.echo(
        f"{sum(queued)} issues wait to be written. The page of Rapport in Jira's settings shows how many are left."
    )


def _rebuild(database: Database, tenant_id: int) -> int:
    with database.transaction(tenant_id) as tx:
        return rebuild_fields(tx, utc_now())


@main.group()
def keys() -> None:
    """Keys that encrypt secrets at rest."""


@keys.command()
def new() -> None:
    """Print a new key for RAPPORT_SECRET_KEYS."""
    click.echo(Fernet.generate_key().decode())


@keys.command()
@click.option("--forget-lost", is_flag=True, help="Drop secrets that no key opens. Their sites must install again.")
def rotate(forget_lost: bool) -> None:
    """Seal every stored secret again with the first key of RAPPORT_SECRET_KEYS."""
    settings = load_settings()
    with closing(Database(settings.database_url)) as database:
        tenants = _tenants(settings, database)
        sites = tenants.renew_secrets(forget_lost=forget_lost)
        seal = Seal(settings.secret_keys)
        for tenant_id in tenants.list_installed_ids():
            with database.transaction(tenant_id) as tx:
                exports.renew_token(tx, seal)
    click.echo(f"Sealed the secrets of {sites} sites again. Older keys may go once no mail is on its way.")


@main.command()
@click.option("--site", required=True, help="The site's host, such as acme.atlassian.net.")
@click.option("--email", help="Mail address of a contact.")
@click.option("--account", help="Atlassian account id of a Jira user.")
def erase(site: str, email: str | None, account: str | None) -> None:
    """Forget one person of a site, and keep the scores without a name."""
    if (email is None) == (account is None):
        raise click.UsageError("Name one of --email and --account.")
    settings = load_settings()
    with closing(Database(settings.database_url)) as database:
        tenant_id = _tenants(settings, database).find_id_of_host(site)
        if tenant_id is None:
            raise click.ClickException("This site is not known.")
        if email is not None:
            erased = privacy.erase_contact(database, tenant_id, email, utc_now())
        else:
            erased = privacy.erase_account(database, tenant_id, str(account))
    click.echo(
        f"Erased: {erased.contacts} contacts, {erased.comments} comments, {erased.events} mentions of the account."
        " Backups, and what Jira itself holds, are not changed."
    )


def _deployment() -> Deployment:
    """What `rapport forge` writes and looks at."""
    settings = load_settings()
    if settings.forge_app_id is None:
        raise BadConfiguration(
            "RAPPORT_FORGE_APP_ID is not set. Example: RAPPORT_FORGE_APP_ID=ari:cloud:ecosystem::app/… from `forge register`"
        )
    stand_in = {"keys_url": settings.forge_keys_url} if settings.forge_keys_url else {}
    return Deployment(
        app_id=settings.forge_app_id,
        app_key=settings.app_key,
        base_url=settings.base_url,
        descriptor_path=descriptor_path(),
        files=FRAME_FILES,
        htmx_config=HTMX_CONFIG,
        development=settings.development,
        **stand_in,
    )


main.add_command(platform_commands(_deployment))


def _tenants(settings: Settings, database: Database) -> TenantService:
    return TenantService(database, Seal(settings.secret_keys), after_uninstall)


def _prepare(settings: Settings) -> None:
    """Migrate, and refuse to start with keys that do not fit the data, or where an acknowledgement would be worth nothing."""
    share_heap()
    with closing(Database(settings.database_url)) as database:
        migrate(database)
        _tenants(settings, database).require_keys()
        examination.require_durability(settings, database)
        if not database.is_held_to_policies():
            structlog.get_logger().warning("database_user_bypasses_row_security")  # README: use an ordinary role


def _show_figures(settings: Settings, ports: Ports) -> None:
    """To Prometheus and to a collector of traces, where somebody asked for them."""

    def standing() -> telemetry.Standing | None:
        try:
            return jobs.standing(ports.database, ports.clock())
        except Unavailable:
            return None

    if settings.traces_url is not None:
        tracing.trace_to(settings.traces_url)
    if settings.metrics_listen is None:
        return
    try:
        telemetry.serve_figures(*settings.metrics_listen, standing)
    except OSError as error:
        raise BadConfiguration("RAPPORT_METRICS_LISTEN names an address that is taken or not ours.") from error


def _stop_on_signal(working: Worker) -> None:
    def handle(_signal: int, _frame: object) -> None:
        threading.Thread(target=working.stop, name="stopping").start()  # not inside the signal: a lock may be held

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


if __name__ == "__main__":
    main()
