"""Tells the lead of a project that a checkpoint holds its asks. In English, as the screens inside Jira are."""

from __future__ import annotations

from urllib.parse import urlsplit

from connect import JiraForbidden, JiraNotFound, Project, Tenant
from plugin.domain import Checkpoint
from plugin.mail import one_line
from plugin.ports import Jira, OutgoingMail, Ports


def to_lead(ports: Ports, tenant: Tenant, jira: Jira, checkpoint: Checkpoint) -> OutgoingMail | None:
    """None where somebody has decided meanwhile, or where Jira hides the lead's address: the settings page tells it."""
    if checkpoint.held_since is None:
        return None
    project = jira.get_project(checkpoint.project_id)
    name, address = _lead(jira, project)
    if not address:
        return None
    values = {"name": name, "project": project.name, "checkpoint": checkpoint.name, "site": tenant.display_url}
    moment = int(checkpoint.held_since.timestamp())
    return OutgoingMail(
        to_name=name,
        to_address=address,
        subject=one_line(f"{project.key}: surveys are held back, please decide"),
        text=ports.renderer.render("invitations_storm.txt", "en", **values),
        html=ports.renderer.render("invitations_storm_mail.html", "en", **values),
        message_id=f"<storm-{tenant.id}-{checkpoint.id}-{moment}@{urlsplit(ports.base_url).hostname}>",
    )


def _lead(jira: Jira, project: Project) -> tuple[str, str]:
    """Name and address; "" where there is no lead, or where it is hidden."""
    if project.lead_account_id is None:
        return "", ""
    try:
        lead = jira.get_user(project.lead_account_id)
    except (JiraNotFound, JiraForbidden):
        return "", ""
    return lead.display_name, lead.email or ""
