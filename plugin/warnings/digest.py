"""Tells the lead by mail: of a case at once, of open warnings once a week. No customer's name or words leave Jira with it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from urllib.parse import urlsplit

from plugin import leads
from plugin.cases import service as cases
from plugin.mail import is_mail_address, one_line
from plugin.ports import OutgoingMail
from plugin.warnings import service, wording
from plugin.web.languages import gettext as _
from plugin.web.languages import spoken_inside
from plugin.web.pages import moment
from plugin.work import Work

PROPERTY_KEY = "rapport-warnings"
Words = tuple[str, list[str]]  # subject, and paragraphs


def of_case(work: Work) -> OutgoingMail | None:
    """None where nobody can be told, or there is nothing to tell any more."""
    with work.reading() as tx:
        case = cases.get(tx, work.payload["case_id"])
        mail_to = cases.policy(tx, case.project_id).mail_to
    if not case.under_way:
        return None
    key = case.jira_issue_key or case.issue_key

    def words() -> Words:
        score = {"score": case.score, "key": case.issue_key}
        return _("%(score)s of 5 about %(key)s: please speak with the customer", **score), [
            _("A customer gave %(score)s of 5 about %(key)s.", **score),
            _("Please speak with them until %(moment)s UTC.", moment=moment(case.due_at)),
        ]

    return _mail(work, case.project_id, mail_to, words, f"/browse/{key}", f"case-{case.id}")


def of_week(work: Work) -> OutgoingMail | None:
    """None where nobody can be told, or all is quiet."""
    project_id = work.payload["project_id"]
    with work.reading() as tx:
        warnings = service.list_open(tx, project_id)
        open_cases = sum(case.under_way for case in cases.list_of_project(tx, project_id))
        mail_to = cases.policy(tx, project_id).mail_to
    if not warnings and not open_cases:
        return None

    def words() -> Words:
        under_way = [_("Cases under way: %(number)s.", number=open_cases)] if open_cases else []
        return _("What needs your attention"), [*(wording.reason(each, {}) for each in warnings), *under_way]

    return _mail(work, project_id, mail_to, words, "", f"digest-{project_id}-{work.now:%G-W%V}")


def _mail(
    work: Work, project_id: str, mail_to: str, words: Callable[[], Words], path: str, name: str
) -> OutgoingMail | None:
    """`words` in the language of the lead's Jira, also where another address gets the mail."""
    project = work.jira.get_project(project_id)
    lead = leads.lead_of(work.jira, project)
    address = mail_to or (lead.email if lead else None) or ""
    if not is_mail_address(address):
        return None
    language = spoken_inside(lead.locale if lead else None)
    with work.ports.renderer.speaking(language):
        subject, lines = words()
    url = work.tenant.display_url + path if path else work.ports.page_url(work.tenant, "post-mortem", project.key)
    html = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return OutgoingMail(
        to_name="",
        to_address=address,
        subject=one_line(f"{project.name}: {subject}"),
        text="\n\n".join([*lines, url, ""]),
        html=f'<!doctype html><html lang="{language}"><body>{html}<p><a href="{escape(url)}">{escape(url)}</a></p></body></html>',
        message_id=f"<{name}-{work.tenant.id}@{urlsplit(work.ports.base_url).hostname}>",
    )
