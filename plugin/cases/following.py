"""Speaks with Jira about one case: makes its issue, reads how far the team is, and says there what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connect import IssueType, JiraNotFound, JiraRejected, NewIssue, Project
from plugin.cases import service, wording
from plugin.cases.case import Case, Progress, progress
from plugin.cases.store import CasePolicy
from plugin.cases.wording import Story
from plugin.checkpoints import service as checkpoints
from plugin.conversations.service import Channel, Conversation
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Role
from plugin.errors import Invalid
from plugin.invitations import service as invitations
from plugin.ports import Jira
from plugin.surveys import service as surveys
from plugin.work import Work
from plugin.working_days import zone

HOW = {Channel.PHONE: "by phone", Channel.MEETING: "in a meeting"}
ROLES = {Role.SPONSOR: "A sponsor", Role.KEY_USER: "A key user", Role.USER: "A user"}


def make_issue(work: Work, case: Case) -> tuple[str, str]:
    """Id and key of the case's Jira issue: the one that an attempt cut short has left behind, or a new one."""
    with work.reading() as tx:
        policy, story = service.policy(tx, case.project_id), _story(tx, work, case)
    mark = f"rapport-case-{case.id}"
    if work.job.attempts > 1:
        found = work.jira.search_page(f'project = {case.project_id} AND labels = "{mark}"', size=1).issues
        if found:
            return found[0].id, found[0].key
    project = work.jira.get_project(case.project_id)
    return _create(work.jira, _wanted(case, story, policy, project, mark))


def _create(jira: Jira, wanted: NewIssue) -> tuple[str, str]:
    """With everything; in a project whose screens know less, with what every issue has. The text names the date too."""
    try:
        return jira.create_issue(wanted)
    except (JiraRejected, JiraNotFound):
        bare = NewIssue(wanted.project_id, wanted.issue_type_id, wanted.summary, wanted.description)
        return jira.create_issue(bare)


def _wanted(case: Case, story: Story, policy: CasePolicy, project: Project, mark: str) -> NewIssue:
    return NewIssue(
        project_id=case.project_id,
        issue_type_id=_issue_type(project, policy.issue_type_id).id,
        summary=wording.summary(case, story),
        description=wording.description(case, story),
        labels=tuple(label for label in (policy.label, mark) if label),
        due_on=case.due_at.astimezone(zone(case.time_zone)).date(),
        assignee_account_id=project.lead_account_id,
        relates_to=case.issue_key,
    )


def _issue_type(project: Project, wanted_id: str) -> IssueType:
    """The chosen kind if the project still has it, else a task, else the first that can stand alone."""
    kinds = [kind for kind in project.issue_types if not kind.subtask]
    for kind in kinds:
        if kind.id == wanted_id:
            return kind
    if not kinds:
        raise Invalid("the project has no kind of issue that a case could be")
    return next((kind for kind in kinds if kind.name == "Task"), kinds[0])


def _story(tx: Tx, work: Work, case: Case) -> Story:
    may_tell = service.policy(tx, case.project_id).with_words
    talk = service.talks_of(tx, [case]).get(case.id)
    where, words, context = _answered(tx, case) if talk is None else (HOW[talk.channel], talk.words, talk.context)
    customer, who = _people(tx, case, talk, may_tell)
    return Story(
        customer=customer,
        who=who,
        where=where,
        about=str(context.get("summary", "")),
        words=words if may_tell else "",
        page_url=work.ports.page_url(work.tenant, "post-mortem", str(context.get("projectKey", ""))),
    )


def _answered(tx: Tx, case: Case) -> tuple[str, str, Mapping[str, Any]]:
    ask = invitations.get(tx, case.invitation_id or 0)
    words = [each.comment for each in surveys.list_of_issue(tx, case.issue_id) if each.invitation_id == ask.id]
    return f"at the checkpoint “{_checkpoint(tx, case)}”", words[0] if words else "", ask.context


def _people(tx: Tx, case: Case, talk: Conversation | None, may_tell: bool) -> tuple[str, str]:
    if case.contact_id is None:
        role = ROLES[talk.role] if talk is not None else "A customer"
        return role, role
    contact = customers.get_contact(tx, case.contact_id)
    customer = customers.get_customer(tx, contact.customer_id).name
    return customer, f"{contact.name if may_tell else 'A contact'} of {customer}"


def _checkpoint(tx: Tx, case: Case) -> str:
    return "" if case.checkpoint_id is None else checkpoints.get(tx, case.checkpoint_id).name


def look(work: Work, case: Case) -> Progress | None:
    """How far the team is, by Jira's own record; None where the issue is gone."""
    try:
        issue = work.jira.get_issue(case.jira_issue_id or "")
    except JiraNotFound:
        return None
    categories = {status.id: status.category for status in work.jira.get_project(issue.project_id).statuses}
    return progress(issue.changes, categories)


def note(work: Work, case: Case) -> None:
    """Tell the team on the issue that was asked about, where customers of a service desk do not see it."""
    with work.reading() as tx:
        adf = wording.low(case, _checkpoint(tx, case))
    words = str(adf["content"][0]["content"][0]["text"])
    if work.job.attempts > 1 and work.jira.has_comment(case.issue_id, words):
        return
    work.jira.add_comment(case.issue_id, adf, internal=True)


def tell(work: Work, case: Case) -> bool:
    """Comment on what became of the case, where that is news; whether it was."""
    if case.jira_issue_id is None or case.jira_issue_gone or case.state not in wording.TOLD or case.told == case.state:
        return False
    work.jira.add_comment(case.jira_issue_id, wording.news(case))
    return True
