"""Tells the lead of a project that a checkpoint holds its asks, in the language of their Jira."""

from __future__ import annotations

from urllib.parse import urlsplit

from connect import Tenant
from plugin import leads
from plugin.domain import Checkpoint
from plugin.mail import one_line
from plugin.ports import Jira, OutgoingMail, Ports
from plugin.web.languages import gettext as _
from plugin.web.languages import spoken_inside


def to_lead(ports: Ports, tenant: Tenant, jira: Jira, checkpoint: Checkpoint) -> OutgoingMail | None:
    """None where somebody has decided meanwhile, or where Jira hides the lead's address: the settings page tells it."""
    if checkpoint.held_since is None:
        return None
    project = jira.get_project(checkpoint.project_id)
    lead = leads.lead_of(jira, project)
    if lead is None or not lead.email:
        return None
    language = spoken_inside(lead.locale)
    values = {"name": lead.display_name, "project": project.name, "checkpoint": checkpoint.name, "site": tenant.display_url}  # fmt: skip
    with ports.renderer.speaking(language):
        subject = _("%(project)s: surveys are held back, please decide", project=project.key)
    moment = int(checkpoint.held_since.timestamp())
    return OutgoingMail(
        to_name=lead.display_name,
        to_address=lead.email,
        subject=one_line(subject),
        text=ports.renderer.render("invitations_storm.txt", language, **values),
        html=ports.renderer.render("invitations_storm_mail.html", language, **values),
        message_id=f"<storm-{tenant.id}-{checkpoint.id}-{moment}@{urlsplit(ports.base_url).hostname}>",
    )
