"""The product's story on one page: what follows from a transition, an answer, an uninstall.

Each step is a plain function. It reads, speaks with the outside, and then writes everything it has to say in one
transaction that also finishes its job. Every step can run twice without harm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from connect import Event, Issue, JiraError, JiraNotFound, JiraTokenMissing, Tenant
from plugin import care
from plugin.asking import Decided, Planned
from plugin.checkpoints import outlook, starters
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.outlook import Happened, Outlook
from plugin.database import Database, Tx, as_tenant
from plugin.domain import Checkpoint, TransitionEvent
from plugin.exports import service as exports
from plugin.fields import projection
from plugin.fields import service as fields
from plugin.history import reading
from plugin.history import service as history
from plugin.invitations import days, delivery, storm_guard, storm_mail
from plugin.invitations import service as invitations
from plugin.invitations.delivery import Dropped, PutOff
from plugin.invitations.mails import Letter
from plugin.jobs import service as jobs
from plugin.shared_commit import SharedCommit
from plugin.suggestions import service as suggestions
from plugin.transitions import service as transitions
from plugin.transitions import sweeping
from plugin.transitions.outcomes import Outcome, change_of
from plugin.transitions.service import Delivery
from plugin.work import Work

Arrivals = SharedCommit[tuple[int, Delivery]]
ISSUES_AT_ONCE = 100  # as many as Jira gives in one answer
SWEEP_ATTEMPTS = 8  # some half an hour; then it is the next sweep's turn
KEEP_AFTER_UNINSTALL = timedelta(days=30)  # so that an uninstall by mistake loses nothing

# ── what comes in ────────────────────────────────────────────────────────────────────────────────────────────────────


def on_events(arrivals: Arrivals, told: Sequence[tuple[Tenant, str, Event]], now: datetime) -> list[Exception | None]:
    """Jira told us something: it is stored when this returns, unless stopped by these. Those who come together share a
    commit."""
    return arrivals.add_each([(tenant.id, Delivery(key, event, now)) for tenant, key, event in told])


def on_arrivals(database: Database, arrived: Sequence[tuple[int, Delivery]]) -> None:
    """Store each change once, with the work that follows, in one transaction. Sorted, so that no two wait for each other."""
    arrived = sorted(arrived, key=_in_order)
    with database.transaction(arrived[0][0]) as tx:
        for tenant_id, its in groupby(arrived, key=itemgetter(0)):
            tx = tx if tx.tenant_id == tenant_id else as_tenant(tx.connection, tenant_id)  # noqa: PLW2901
            _take(tx, [delivery for _, delivery in its])


def _in_order(arrival: tuple[int, Delivery]) -> tuple[int, str]:
    return arrival[0], arrival[1].key


def _take(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    if not deliveries:
        return
    now = deliveries[-1].received_at
    care.after_events(tx, {each.event.issue_id for each in deliveries}, now)
    event_ids = transitions.record(tx, deliveries)
    work = {f"transition:{event_id}": {"event_id": event_id} for event_id in event_ids}
    jobs.enqueue_each(tx, "transition", work, now, now)


def after_answer(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    """A customer answered, or an answer counts no more, in this transaction."""
    care.after_answer(tx, project_id, issue_id, now)
    _write_fields_soon(tx, project_id, issue_id, now)


def after_ask(tx: Tx, project_id: str, issue_id: str, decided: Decided, now: datetime) -> None:
    """Somebody asked from an issue, in this transaction."""
    _carry_out(tx, decided, now)
    if decided.news:
        _write_fields_soon(tx, project_id, issue_id, now)


def after_set_up(tx: Tx, project_id: str, now: datetime) -> None:
    """Somebody entered a checkpoint or a customer of a project, in this transaction: its plan is there from day one."""
    care.after_set_up(tx, project_id, now)
    sweeping.start(tx, project_id, now)


def after_return(tx: Tx, now: datetime) -> None:
    """A site that had removed us is back, in this transaction: its calendars go on, and what happened is looked for."""
    checkpoints.schedule_all(tx, now)
    checkpoints.watch_soon(tx, now)
    for project_id in checkpoints.project_ids(tx):
        sweeping.start(tx, project_id, now)


def after_uninstall(tx: Tx, now: datetime) -> None:
    """The site removed us, in this transaction: links die now, data after a while unless the site comes back."""
    invitations.kill_links(tx, now)
    exports.kill_links(tx, now)
    jobs.clear(tx)
    payload = {"uninstalled_at": now.isoformat()}
    jobs.enqueue(tx, "purge", f"purge:{now.isoformat()}", payload, now + KEEP_AFTER_UNINSTALL, now)


def after_access(tx: Tx, now: datetime) -> None:
    """Jira lets us in, perhaps again, in this transaction: what waited for that goes on."""
    jobs.hurry(tx, JiraTokenMissing.code, now)
    jobs.enqueue(tx, "identify", "identify", {}, now, now)


def rebuild_fields(tx: Tx, now: datetime) -> int:
    """Write the fields of every issue again, whatever Jira has been told; how many issues."""
    return fields.write_all_soon(tx, now)


# ── what the worker does ─────────────────────────────────────────────────────────────────────────────────────────────


def on_transition(work: Work) -> None:
    """Ask Jira for the truth, then give everybody concerned an invitation or a reason. A bulk change goes together."""
    at_hand = work.take_along(ISSUES_AT_ONCE - 1)
    with work.reading() as tx:
        events = {job.id: transitions.get(tx, job.payload["event_id"]) for job in at_hand}
        people_fields = _people_fields(tx, events.values())
    issues = transitions.look_up(work.jira, events.values(), people_fields)
    changes = [event for event in events.values() if event.configuration is None]
    happened = [Happened.of(event, issue) for event in changes if (issue := issues[event.id]) is not None]
    seen = outlook.look(work.ports.database, work.job.tenant_id, work.jira, happened, work.now)
    for job in at_hand:
        event = events[job.id]
        with work.finishing(job) as tx:
            _decide(tx, event, issues[event.id], seen, work.now)


def _people_fields(tx: Tx, events: Collection[TransitionEvent]) -> tuple[str, ...]:
    """Of checkpoints, and of rules whose checkpoint may not be there yet."""
    of_rules = {starters.read(event.configuration).field for event in events if event.configuration is not None}
    known = checkpoints.people_fields(tx, {event.project_id for event in events})
    return tuple(sorted({*known, *of_rules} - {""}))


def on_sweep_due(work: Work) -> None:
    """Take up what no webhook told us, and come again in an hour, also where Jira does not let us look."""
    try:
        page = sweeping.next_page(work)
    except JiraError as error:
        if error.retry and work.job.attempts < SWEEP_ATTEMPTS:
            raise
        page = None
    with work.writing() as tx:
        if page is not None:
            care.after_sweep(tx, page.issues, work.now)
            _take(tx, page.deliveries)
            sweeping.record_page(tx, page)
        jobs.put_off(tx, work.job, work.now + (sweeping.EVERY if page is None or page.last else timedelta()), work.now)


def _decide(tx: Tx, event: TransitionEvent, issue: Issue | None, seen: Outlook, now: datetime) -> None:
    change_id = None if issue is None else change_of(issue, event)
    if issue is None or change_id is None:
        return transitions.close(tx, event, Outcome.ISSUE_GONE if issue is None else Outcome.NOT_CONFIRMED, issue)
    if not transitions.name_change(tx, event, change_id):
        return transitions.close(tx, event, Outcome.REPEATED, issue)
    care.after_move(tx, issue, now)
    event = replace(event, changelog_id=change_id)
    matching = _matching(tx, event, issue, now)
    concerned = invitations.audiences_for_issue(tx, issue, matching, seen, now)
    decided = invitations.decide(tx, *invitations.about_issue(event, issue), concerned, now)
    _carry_out(tx, decided, now)
    if decided.news:
        _write_fields_soon(tx, issue.project_id, issue.id, now)
    nobody = Outcome.CONDITION_NOT_MET if matching else Outcome.NO_CHECKPOINT
    return transitions.close(tx, event, Outcome.DECIDED if concerned else nobody, issue)


def _matching(tx: Tx, event: TransitionEvent, issue: Issue, now: datetime) -> list[Checkpoint]:
    """What a change sets off; or the one checkpoint through which a rule of the workflow asks, unless it is paused."""
    if event.configuration is None:
        return checkpoints.concerned(tx, issue.project_id, Happened.of(event, issue).move)
    asking = checkpoints.started_by_rule(tx, issue.project_id, starters.read(event.configuration), now)
    return [asking] if asking.asks else []


def _carry_out(tx: Tx, decided: Decided, now: datetime) -> None:
    _deliver(tx, decided.planned, now)
    for checkpoint in decided.storms:
        jobs.enqueue(tx, "storm", f"storm:{checkpoint.id}", {"checkpoint_id": checkpoint.id}, now, now)


def _deliver(tx: Tx, planned: Iterable[Planned], now: datetime) -> None:
    for ask in planned:
        payload = {"invitation_id": ask.invitation_id}
        jobs.enqueue(tx, "deliver", f"deliver:{ask.invitation_id}", payload, ask.ask_at, now)


def on_invitation_due(work: Work) -> None:
    """Mail the invitation, unless something speaks against it by now; or leave it to a comment."""
    if _by_comment(work):
        return _comment_soon(work)
    with work.writing() as tx:
        letter = delivery.invitation_letter(tx, work.ports.seal, work.payload, work.now)
        if isinstance(letter, Dropped):
            _write_fields_soon(tx, letter.invitation.project_id, letter.invitation.issue_id, work.now)
    return _send(work, letter)


def on_reminder_due(work: Work) -> None:
    """Remind once more, unless there was any sign of life."""
    if _by_comment(work):
        return _comment_soon(work)
    with work.writing() as tx:
        letter = delivery.reminder_letter(tx, work.ports.seal, work.payload, work.now)
    return _send(work, letter)


def on_comment_due(work: Work) -> None:
    """The same on the issue itself, at Jira's pace."""
    writes = delivery.reminder_letter if work.payload["number"] else delivery.invitation_letter
    with work.writing() as tx:
        letter = writes(tx, work.ports.seal, work.payload, work.now)
        if isinstance(letter, Dropped):
            _write_fields_soon(tx, letter.invitation.project_id, letter.invitation.issue_id, work.now)
    _send(work, letter, delivery.comment)


def _by_comment(work: Work) -> bool:
    with work.reading() as tx:
        return delivery.is_by_comment(tx, work.payload["invitation_id"])


def _comment_soon(work: Work) -> None:
    invitation_id, number = work.payload["invitation_id"], work.payload.get("number", 0)
    with work.finishing() as tx:
        payload = {"invitation_id": invitation_id, "number": number}
        jobs.enqueue(tx, "comment", f"comment:{invitation_id}:{number}", payload, work.now, work.now)


def _send(
    work: Work, letter: Letter | PutOff | Dropped | None, post: Callable[[Work, Letter], str | None] = delivery.post
) -> None:
    if isinstance(letter, PutOff):
        return work.put_off(letter.until)
    if not isinstance(letter, Letter):
        return on_delivery_given_up(work)
    about, refusal = letter.invitation, post(work, letter)
    with work.finishing() as tx:
        if refusal is not None:
            delivery.record_refused(tx, letter, refusal, work.now)
            return _write_fields_soon(tx, about.project_id, about.issue_id, work.now)
        reminder = delivery.record_sent(tx, letter, work.now)
        if reminder is not None:
            payload = {"invitation_id": about.id, "number": reminder.number}
            jobs.enqueue(tx, "remind", f"remind:{about.id}:{reminder.number}", payload, reminder.due_at, work.now)
        if not letter.reminder:
            _write_fields_at(tx, about.project_id, about.issue_id, about.expires_at, f":after:{about.id}", work.now)
    return None


def on_delivery_given_up(work: Work) -> None:
    """No mail will go out with this link."""
    with work.finishing() as tx:
        invitations.forget_link(tx, work.payload["invitation_id"])


def on_storm(work: Work) -> None:
    """A checkpoint holds its asks: tell the lead of its project, if Jira shows us where to."""
    with work.reading() as tx:
        checkpoint = checkpoints.get(tx, work.payload["checkpoint_id"])
    mail = storm_mail.to_lead(work.ports, work.tenant, work.jira, checkpoint)
    if mail is not None:
        work.ports.mailer.send(mail, work.now)
    work.done()


def on_release(work: Work) -> None:
    """Somebody released what a storm held back: decide about some, then about the rest."""
    checkpoint_id, until = work.payload["checkpoint_id"], datetime.fromisoformat(work.payload["until"])
    with work.writing() as tx:
        released = storm_guard.release_some(tx, checkpoint_id, until, work.now)
        _deliver(tx, released.planned, work.now)
        for issue_id in released.issue_ids:
            _write_fields_soon(tx, released.project_id, issue_id, work.now)
        if released.issue_ids:
            return jobs.put_off(tx, work.job, work.now, work.now)
    return work.done()


def on_fields(work: Work) -> None:
    """Tell Jira how the issue stands now, if it does not know."""
    project_id, issue_id = work.payload["project_id"], work.payload["issue_id"]
    with work.reading() as tx:
        value = fields.value_of_issue(tx, project_id, issue_id, work.now)
        if not fields.needs_writing(tx, issue_id, value):
            return work.done()
    try:
        work.jira.set_issue_property(issue_id, projection.PROPERTY_KEY, value)
    except JiraNotFound:
        return work.done()  # the issue was deleted: what the customer said stays in our ledger
    with work.finishing() as tx:
        fields.record_written(tx, project_id, issue_id, value, work.now)
    return None


def on_calendar_day(work: Work) -> None:
    """Ask the people of a project on a day of the calendar, if the project has not fallen asleep."""
    due = days.due(work)
    if due is None:
        return work.done()
    with work.writing() as tx:
        _carry_out(tx, days.decide(tx, due, work.now), work.now)
        if due.next_at is not None:
            return jobs.put_off(tx, work.job, due.next_at, work.now)
    return work.done()


def on_history_due(work: Work) -> None:
    """Read one page of a project's history; the next one is another job. After the last one, suggest checkpoints."""
    found = reading.next_page(work)
    if found is None:
        return work.done()
    begun, page = found
    project = work.jira.get_project(begun.project_id) if page.next_page_token is None else None
    with work.finishing() as tx:
        if history.record_page(tx, begun, page, work.now) and project is not None:
            suggestions.propose_to(tx, begun, project, work.now)
    return None


def on_history_old(work: Work) -> None:
    """Facts of a history serve setting up; afterwards they are only other people's doings."""
    with work.finishing() as tx:
        history.forget(tx, work.payload["reading_id"])


def on_site_known(work: Work) -> None:
    """Learn by which id Atlassian knows the site, whichever way it came: so we know it when it comes another way."""
    if work.tenant.cloud_id is not None:
        return work.done()
    cloud_id = work.jira.get_cloud_id()
    with work.finishing() as tx:
        work.ports.tenants.record_cloud_id(tx, cloud_id)
    return None


def on_purge(work: Work) -> None:
    """Remove everything of a site that left and did not come back."""
    with work.writing() as tx:
        purged = work.ports.tenants.purge(tx, datetime.fromisoformat(work.payload["uninstalled_at"]))
        if purged:
            jobs.clear(tx)
    if purged:
        work.ports.database.scrub()
    else:
        work.done()


def _write_fields_soon(tx: Tx, project_id: str, issue_id: str, now: datetime) -> None:
    fields.write_soon(tx, project_id, issue_id, now)


def _write_fields_at(tx: Tx, project_id: str, issue_id: str, due_at: datetime, when: str, now: datetime) -> None:
    if not issue_id:  # asked about the project as a whole
        return
    payload = {"project_id": project_id, "issue_id": issue_id}
    jobs.enqueue(tx, "fields", f"fields:{issue_id}{when}", payload, due_at, now, coalesce=True)


STEPS: Mapping[str, Callable[[Work], None]] = {
    "transition": on_transition,
    "sweep": on_sweep_due,
    "deliver": on_invitation_due,
    "deliver_given_up": on_delivery_given_up,
    "comment": on_comment_due,
    "comment_given_up": on_delivery_given_up,
    "remind": on_reminder_due,
    "remind_given_up": on_delivery_given_up,
    "storm": on_storm,
    "release": on_release,
    **care.STEPS,
    "fields": on_fields,
    "calendar": on_calendar_day,
    "history": on_history_due,
    "forget_history": on_history_old,
    "identify": on_site_known,
    "purge": on_purge,
}
