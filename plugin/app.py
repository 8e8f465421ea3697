"""The only place where the parts are put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from connect import Connect
from plugin import flow
from plugin.activities import views as activities
from plugin.administration import views as administration
from plugin.analysis import views as analysis
from plugin.cases import views as cases
from plugin.checkpoints.views import project as checkpoints
from plugin.checkpoints.views import rule as ask_rules
from plugin.consent import views as consent
from plugin.conversations import views as conversations
from plugin.customers import views as customers
from plugin.database import Database
from plugin.desk_ratings import views as desk_ratings
from plugin.exports import views as exports
from plugin.fields import views as fields
from plugin.floors import require_floors
from plugin.gates import views as gates
from plugin.invitations import asks
from plugin.invitations import views as invitations
from plugin.lessons import views as lessons
from plugin.mail import Signature, SmtpMailer
from plugin.policies import views as policies
from plugin.ports import Ports
from plugin.postmortems.views import overview as postmortems
from plugin.questionnaires import views as questionnaires
from plugin.sealing import Seal
from plugin.settings import Settings
from plugin.shared_commit import SharedCommit
from plugin.suggestions import views as suggestions
from plugin.surveys.views import inside, preview, quarantine
from plugin.surveys.views import public as surveys
from plugin.tenants.service import TenantService
from plugin.warnings import views as warnings
from plugin.web import pages
from plugin.web.errors import error_page, init_errors
from plugin.web.languages import init_languages
from plugin.web.limits import limit_hosts, limit_requests
from plugin.web.observing import observe_requests
from plugin.web.rendering import FlaskRenderer

BLUEPRINTS = (
    pages.blueprint,
    customers.blueprint,
    checkpoints.blueprint,
    ask_rules.blueprint,
    questionnaires.blueprint,
    suggestions.blueprint,
    invitations.blueprint,
    surveys.blueprint,
    quarantine.blueprint,
    preview.blueprint,
    inside.blueprint,
    consent.blueprint,
    conversations.blueprint,
    desk_ratings.blueprint,
    fields.blueprint,
    gates.blueprint,
    cases.blueprint,
    activities.blueprint,
    warnings.blueprint,
    analysis.blueprint,
    analysis.gadgets,
    lessons.blueprint,
    postmortems.blueprint,
    exports.blueprint,
    administration.blueprint,
    policies.blueprint,
)


def utc_now() -> datetime:
    return datetime.now(UTC)


def create_app(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Flask:
    """The web application; `app.extensions["rapport"]` holds the Ports, which the worker uses too.

    The database must have been migrated. Raises BadConfiguration where a library is too old.
    """
    require_floors()
    app = Flask("plugin", static_folder="web/static", template_folder="web/templates")
    app.config["SECURITY_CONTACT"] = settings.security_contact
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    observe_requests(app)
    init_languages(app)
    init_errors(app)
    limit_hosts(app, settings.base_url)
    _assemble(app, settings, clock)
    limit_requests(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0)  # type: ignore[method-assign]
    return app


def _assemble(app: Flask, settings: Settings, clock: Callable[[], datetime]) -> None:
    database = Database(settings.database_url)
    seal = Seal(settings.secret_keys)
    tenants = TenantService(database, seal, flow.after_uninstall, flow.after_return, flow.after_access)
    arrivals: flow.Arrivals = SharedCommit(partial(flow.on_arrivals, database))
    stand_ins = {
        "install_keys_url": settings.install_keys_url,
        "script_url": settings.connect_script_url,
        "forge_keys_url": settings.forge_keys_url,
    }
    connect = Connect(
        app_key=settings.app_key,
        base_url=settings.base_url,
        store=tenants,
        clock=clock,
        on_events=lambda told: flow.on_events(arrivals, told, clock()),
        error_page=error_page,
        descriptor_path=descriptor_path(),
        extra_hosts=settings.extra_hosts,
        forge_app_id=settings.forge_app_id,
        development=settings.development,
        **{name: url for name, url in stand_ins.items() if url},
    )
    ports = Ports(
        database=database,
        seal=seal,
        tenants=tenants,
        jira=connect.site,
        mailer=mailer_of(settings),
        renderer=FlaskRenderer(app),
        clock=clock,
        after_answer=flow.after_answer,
        after_ask=flow.after_ask,
        after_set_up=flow.after_set_up,
        page_url=lambda tenant, module, key: connect.host_page_url(tenant, module, **{"project.key": key}),
        ask_loads=asks.loads,
        base_url=settings.base_url,
    )
    connect.init_app(app)
    app.extensions["rapport"] = ports


def mailer_of(settings: Settings) -> SmtpMailer:
    signature = Signature(settings.dkim_key, settings.dkim_selector) if settings.dkim_key else None
    return SmtpMailer(settings.smtp_url, settings.mail_from, signature)


def descriptor_path() -> Path:
    """In a checkout it lies at the top; in an installed package beside this file."""
    packaged = Path(__file__).with_name("atlassian-connect.json")
    return packaged if packaged.exists() else Path(__file__).parent.parent / "atlassian-connect.json"
