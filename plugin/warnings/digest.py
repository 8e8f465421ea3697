"""Tells the lead by mail: of a case at once, of open warnings once a week. No customer's name or words leave Jira with it."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

from plugin.cases import service as cases
from plugin.mail import is_mail_address, one_line
from plugin.ports import OutgoingMail
from plugin.warnings import service, wording
from plugin.work import Work

PROPERTY_KEY = "rapport-warnings"


def of_case(work: Work) -> OutgoingMail | None:
    """None where nobody can be told, or there is nothing to tell any more."""
    with work.reading() as tx:
        case = cases.get(tx, work.payload["case_id"])
        mail_to = cases.policy(tx, case.project_id).mail_to
    if not case.under_way:
        return None
    key = case.jira_issue_key or case.issue_key
    subject = f"{case.score} of 5 about {case.issue_key}: please speak with the customer"
    lines = [
        f"A customer gave {case.score} of 5 about {case.issue_key}.",
        f"Please speak with them until {case.due_at:%a %d %b %Y %H:%M} UTC.",
    ]
    return _mail(work, case.project_id, mail_to, subject, lines, f"/browse/{key}", f"case-{case.id}")


def of_week(work: Work) -> OutgoingMail | None:
    """None where nobody can be told, or all is quiet."""
    project_id = work.payload["project_id"]
    with work.reading() as tx:
        reasons = [wording.reason(each, {}) for each in service.list_open(tx, project_id)]
        open_cases = sum(case.under_way for case in cases.list_of_project(tx, project_id))
        mail_to = cases.policy(tx, project_id).mail_to
    if not reasons and not open_cases:
        return None
    lines = [*reasons, *([f"Cases under way: {open_cases}."] if open_cases else [])]
    week = work.now.strftime("%G-W%V")
    return _mail(work, project_id, mail_to, "What needs your attention", lines, "", f"digest-{project_id}-{week}")


def _mail(
    work: Work, project_id: str, mail_to: str, subject: str, lines: list[str], path: str, name: str
) -> OutgoingMail | None:
    project = work.jira.get_project(project_id)
    address = mail_to or (work.jira.get_user(project.lead_account_id).email if project.lead_account_id else "")
    if not is_mail_address(address):
        return None
    url = work.tenant.display_url + path if path else work.ports.page_url(work.tenant, "post-mortem", project.key)
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return OutgoingMail(
        to_name="",
        to_address=address,
        subject=one_line(f"{project.name}: {subject}"),
        text="\n\n".join([*lines, url, ""]),
        html=f'<!doctype html><html lang="en"><body>{html}<p><a href="{escape(url)}">{escape(url)}</a></p></body></html>',
        message_id=f"<{name}-{work.tenant.id}@{urlsplit(work.ports.base_url).hostname}>",
    )
