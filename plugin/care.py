"""The second page of the story: what follows from setting up, a low answer, a sign of trouble, and looking back.

Steps as in `flow.py`, which runs them: each can run twice without harm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from connect import Issue, JiraForbidden, JiraNotFound, JiraRejected, Watched
from plugin.activities import service as activities
from plugin.cases import following
from plugin.cases import service as cases
from plugin.checkpoints import service as checkpoints
from plugin.database import Tx
from plugin.desk_ratings import looking
from plugin.desk_ratings import service as desk_ratings
from plugin.desk_ratings.service import Plan, Step
from plugin.errors import NotTold
from plugin.fields import projects
from plugin.fields import service as fields
from plugin.fields.project_value import PROPERTY_KEY as PROJECT_PROPERTY_KEY
from plugin.jobs import service as jobs
from plugin.lessons import service as lessons
from plugin.postmortems import actions
from plugin.postmortems import service as postmortems
from plugin.transitions import sweeping
from plugin.warnings import digest, wording
from plugin.warnings import service as warnings
from plugin.work import Work

MONDAY = 0
A_DAY = timedelta(days=1)


def after_events(tx: Tx, issue_ids: Collection[str], now: datetime) -> None:
    """Something happened to issues of Jira: some may be a case's or an action's."""
    case_ids, action_ids = postmortems.followers(tx, issue_ids)
    for case_id in case_ids:
        cases.follow(tx, case_id, now)
    for action_id in action_ids:
        postmortems.follow_action(tx, action_id, now)


def after_move(tx: Tx, issue: Issue, now: datetime) -> None:
    """An issue changed its status: a request that is done now will be rated in the service desk."""
    desk_ratings.look_anew(tx, issue, now)


def after_sweep(tx: Tx, issues: Collection[Issue], now: datetime) -> None:
    """These issues changed, in whatever way."""
    after_events(tx, {issue.id for issue in issues}, now)
    for issue in issues:
        desk_ratings.look_soon(tx, issue, now)


def after_answer(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    """An answer counts, or counts no more."""
    cases.review(tx, project_id, issue_id, now)
    warnings.look_soon(tx, project_id, now)
    desk_ratings.write_soon(tx, project_id, issue_id, now)


def after_set_up(tx: Tx, project_id: str, now: datetime) -> None:
    """A project has something to ask or somebody to be asked: its plan is there from day one."""
    activities.start_plan(tx, project_id, now)
    lessons.offer(tx, project_id, now)
    warnings.look_daily(tx, project_id, now)


def on_watch(work: Work) -> None:
    """Have Jira tell us of the projects that matter, look at once for what happened there meanwhile, and come again
    tomorrow. Raises NotTold."""
    with work.reading() as tx:
        followed = {*cases.followed_project_ids(tx), *postmortems.followed_project_ids(tx)}
        wanted = {*checkpoints.watching_project_ids(tx), *followed}
    watched = _watch(work, wanted)
    with work.writing() as tx:
        for project_id in watched.news:
            sweeping.hurry(tx, project_id, work.now)
    if any(_exists(work, project_id) for project_id in sorted(watched.untold)):
        raise NotTold(f"{len(watched.untold)} of {len(wanted)} projects")
    return work.put_off(work.now + A_DAY) if wanted else work.done()


def _watch(work: Work, wanted: Collection[str]) -> Watched:
    try:
        return work.jira.watch_projects(wanted, work.now)
    except (JiraForbidden, JiraRejected):
        raise NotTold("all projects") from None


def _exists(work: Work, project_id: str) -> bool:
    with suppress(JiraForbidden):
        try:
            work.jira.get_project(project_id)
        except JiraNotFound:
            return False
    return True


def on_watch_given_up(work: Work) -> None:
    """Until somebody lets us, or tomorrow, changes are found by the hourly sweep."""
    tomorrow = work.job.created_at + A_DAY
    if work.now < tomorrow:
        return work.put_off(tomorrow)
    with work.finishing() as tx:
        checkpoints.watch_soon(tx, work.now)
    return None


def on_case(work: Work) -> None:
    """Bring a case and its Jira issue together: make it, read how far the team is, ask the customer again, say so."""
    with work.reading() as tx:
        case = cases.get(tx, work.payload["case_id"])
    if case.jira_issue_id is None:
        if case.withdrawn_at is not None:
            return work.done()
        made = following.make_issue(work, case)
        with work.writing() as tx:  # whoever owns the job by now: it must not be made twice
            case = cases.record_issue(tx, case.id, *made)
            jobs.enqueue(tx, "digest", f"digest:case:{case.id}", {"case_id": case.id}, work.now, work.now)
            checkpoints.watch_soon(tx, work.now)
    found = None if case.jira_issue_gone else following.look(work, case)
    told = found is not None and following.tell(work, case)
    with work.finishing() as tx:
        if found is None:
            cases.record_issue_gone(tx, case.id)
        else:
            cases.record_progress(tx, case, found, work.now)
        if told:
            cases.record_told(tx, case.id, case.state)
        fields.write_soon(tx, case.project_id, case.issue_id, work.now)
    return None


def on_low_comment(work: Work) -> None:
    """Tell the team of a low score on the issue itself, where a checkpoint wants that."""
    with work.reading() as tx:
        case = cases.get(tx, work.payload["case_id"])
    if case.withdrawn_at is None:
        with suppress(JiraNotFound, JiraForbidden):  # the issue is gone, or takes no comment of ours
            following.note(work, case)
    work.done()


def on_warnings(work: Work) -> None:
    """Look at a project; tell Jira what was found, and on Mondays its lead."""
    project_id = work.payload["project_id"]
    with work.writing() as tx:
        found = warnings.review(tx, project_id, work.now)
    with suppress(JiraNotFound, JiraForbidden):  # the project is gone, or does not let us in
        work.jira.set_project_property(project_id, digest.PROPERTY_KEY, wording.property_value(found))
    with work.finishing() as tx:
        projects.write_soon(tx, project_id, work.now)
        if work.payload.get("daily"):
            warnings.look_daily(tx, project_id, work.now)
            if work.now.weekday() == MONDAY:
                key = f"digest:{project_id}:{work.now.date()}"
                jobs.enqueue(tx, "digest", key, {"project_id": project_id}, work.now, work.now)


def on_project(work: Work) -> None:
    """Tell Jira how satisfied a project's customers are, if it does not know."""
    project_id = work.payload["project_id"]
    with work.reading() as tx:
        value = projects.value_of_project(tx, project_id, work.now)
        if not projects.needs_writing(tx, project_id, value):
            return work.done()
    try:
        work.jira.set_project_property(project_id, PROJECT_PROPERTY_KEY, value)
    except (JiraNotFound, JiraForbidden):
        return work.done()  # the project is gone, or does not let us in
    with work.finishing() as tx:
        projects.record_written(tx, project_id, value, work.now)
    return None


def on_digest(work: Work) -> None:
    """One mail to the lead: about a case at once, about the week otherwise; nothing where nobody can be told."""
    mail = digest.of_case(work) if "case_id" in work.payload else digest.of_week(work)
    if mail is not None:
        work.ports.mailer.send(mail, work.now)
    work.done()


def on_postmortem(work: Work) -> None:
    """Read what only Jira knows of a project's course: releases, and due dates that moved."""
    project_id = work.payload["project_id"]
    versions, changes = work.jira.list_versions(project_id), work.jira.list_due_changes(project_id)
    with work.finishing() as tx:
        postmortems.record_site_facts(tx, project_id, versions, changes, work.now)


def on_action(work: Work) -> None:
    """Make the issue of an action, or read where it stands."""
    with work.reading() as tx:
        action = postmortems.get_action(tx, work.payload["action_id"])
    if action.jira_issue_id is None:
        made = actions.make_issue(work, action)
        with work.writing() as tx:  # whoever owns the job by now: it must not be made twice
            action = postmortems.record_action_issue(tx, action.id, *made)
            checkpoints.watch_soon(tx, work.now)
    found = actions.look(work, action)
    with work.finishing() as tx:
        status, done_at = ("", None) if found is None else (found[0].status_name, found[1])
        postmortems.record_action_state(tx, action.id, status, done_at, gone=found is None)


def on_desk_rating(work: Work) -> None:
    """Read what the reporter of a request gave in the service desk, and come again for those who take their time."""
    project_id, issue_id = work.payload["project_id"], work.payload["issue_id"]
    try:
        rating = work.jira.get_request_rating(issue_id)
    except (JiraForbidden, JiraRejected):
        return work.done()  # the service desk does not show us its ratings
    again = looking.next_look(datetime.fromisoformat(work.payload["done_at"]), work.now)
    with work.writing() as tx:
        desk_ratings.record(tx, project_id, issue_id, rating, work.now)
        if again is not None:
            return jobs.put_off(tx, work.job, again, work.now)
    return work.done()


def on_desk_writing(work: Work) -> None:
    """Have the rating of a request follow the answer that counts, unless the reporter has rated it."""
    project_id, issue_id = work.payload["project_id"], work.payload["issue_id"]
    with work.reading() as tx:
        plan = desk_ratings.plan(tx, project_id, issue_id)
    if plan is None:
        return work.done()
    try:
        _follow_answer(work, project_id, issue_id, plan)
    except JiraForbidden:
        with work.finishing() as tx:
            desk_ratings.record_not_given(tx, issue_id)
            return desk_ratings.record_refused(tx, project_id, work.now)
    except (JiraNotFound, JiraRejected):  # the request is gone, or takes no rating
        with work.finishing() as tx:
            return desk_ratings.record_not_given(tx, issue_id)
    return None


def _follow_answer(work: Work, project_id: str, issue_id: str, plan: Plan) -> None:
    found = work.jira.get_request_rating(issue_id)
    step = desk_ratings.next_step(plan.score, found, plan.ours)
    if step is Step.GIVE and plan.score is not None:
        with work.writing() as tx:
            desk_ratings.record_begun(tx, project_id, issue_id, found, plan.score, work.now)
        work.require_lease()
        work.jira.rate_request(issue_id, plan.score)
    taken_back = step is Step.TAKE_BACK and _take_back(work, issue_id)
    with work.finishing() as tx:
        if step is Step.GIVE or taken_back or (step is Step.LEAVE and found in {None, *plan.ours}):
            return desk_ratings.record_given(tx, project_id, issue_id, plan.score, work.now)
        return desk_ratings.record(tx, project_id, issue_id, found, work.now)


def _take_back(work: Work, issue_id: str) -> bool:
    """False where Jira does not let us delete anything: our last rating stays."""
    work.require_lease()
    with suppress(JiraForbidden):
        work.jira.take_rating_back(issue_id)
        return True
    return False


STEPS: Mapping[str, Callable[[Work], None]] = {
    "watch": on_watch,
    "watch_given_up": on_watch_given_up,
    "case": on_case,
    "low_comment": on_low_comment,
    "warnings": on_warnings,
    "project": on_project,
    "digest": on_digest,
    "postmortem": on_postmortem,
    "action": on_action,
    "desk_rating": on_desk_rating,
    "desk_writing": on_desk_writing,
}
