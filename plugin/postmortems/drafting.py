"""Writes the draft: facts into statements, each with its evidence. It counts and quotes; it never praises or blames."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from plugin.cases.service import Case, CaseState
from plugin.domain import Contact, Response, Role
from plugin.metrics.csat import Csat, csat
from plugin.metrics.service import CheckpointSummary
from plugin.postmortems.document import Evidence, Section, Statement
from plugin.postmortems.facts import Facts
from plugin.questionnaires import library
from plugin.warnings import wording as warning_words
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.pages import day, listed, percent, signed, tenths

LISTED = 60  # of one kind; the tabs hold the rest
PLAN, CASES, OVERVIEW = "tab:plan", "tab:cases", "tab:overview"
FEW = 5  # answers under which a share says next to nothing


def sections(facts: Facts) -> tuple[Section, ...]:
    """What the recorded facts say, in the order in which people read it."""
    return (
        Section("coverage", _("Whom we heard"), tuple(_coverage(facts))),
        Section("scores", _("What they said"), (*_scores(facts), *_desk(facts))),
        Section("comments", _("In their own words"), tuple(_comments(facts))),
        Section("timeline", _("What happened when"), tuple(_timeline(facts))),
        Section("ledger", _("What we did for the relationship"), tuple(_ledger(facts))),
        Section("cases", _("Low answers and what became of them"), tuple(_cases(facts))),
        Section("warnings", _("Warnings, and whether they were right"), tuple(_warnings(facts))),
        Section("lessons", _("Lessons"), tuple(_lessons(facts))),
    )


def _overview() -> tuple[Evidence, ...]:
    return (Evidence(_("Overview"), OVERVIEW),)


def _coverage(facts: Facts) -> Iterable[Statement]:
    listed = [(each.customer, contact) for each in facts.register for contact in each.contacts]
    heard = sum(contact.id in facts.heard for _customer, contact in listed)
    total = facts.summary.total
    yield Statement(_("Heard at least once: %(k)s of %(n)s people on the customers’ side.", n=len(listed), k=heard), _overview())  # fmt: skip
    for role, name in ((Role.SPONSOR, _("Sponsors")), (Role.KEY_USER, _("Key users")), (Role.USER, _("Users"))):
        of_role = [contact for _customer, contact in listed if contact.role is role]
        if of_role:
            said = sum(contact.id in facts.heard for contact in of_role)
            yield Statement(_("%(role)s: %(k)s of %(n)s heard.", role=name, k=said, n=len(of_role)), _overview())
    yield Statement(_("Asks: %(asked)s, of which %(answered)s answered, %(silent)s silent, %(open)s open, %(failed)s not delivered. Silence is not satisfaction.", asked=total.asked, answered=total.answered, silent=total.silent, open=total.open, failed=total.failed), _overview())  # fmt: skip
    never = [contact for _customer, contact in listed if contact.id not in facts.heard][:LISTED]
    if never:
        yield never_heard(never)
    skipped = sum(facts.gaps.values())
    if skipped:
        yield Statement(_("%(n)s times somebody was not asked; the log says why, one by one.", n=skipped), _overview())
    for row in facts.summary.checkpoints:
        missed = facts.missed.get(row.checkpoint.id, 0)
        if missed:
            yield Statement(_("%(name)s: missed %(n)s times, before Rapport asked. Nobody was asked then, which is not a score of zero.", name=row.checkpoint.name, n=missed), _overview())  # fmt: skip


def _scores(facts: Facts) -> Iterable[Statement]:
    total = facts.summary.total
    if not total.csat.n:
        yield Statement(_("Nobody has given a score."), _overview())
        return
    yield Statement(_("All checkpoints together: %(score)s.", score=_share(total.csat)), _overview())
    if total.bounds is not None and total.answered < total.asked:
        yield Statement(_("If everybody asked had answered, it would be between %(low)s and %(high)s.", low=percent(total.bounds.low), high=percent(total.bounds.high)), _overview())  # fmt: skip
    for row in facts.summary.checkpoints:
        if row.summary.csat.n:
            yield Statement(f"{row.checkpoint.name}: {_share(row.summary.csat)}.", _overview())
    yield from _gaps(facts)


def _desk(facts: Facts) -> Iterable[Statement]:
    desk = facts.desk
    if desk is not None and desk.mean is not None:
        score = _share(csat(desk.counts.items()))
        yield Statement(_("Ratings in Jira’s service desk, in no number of surveys: %(score)s; mean %(mean)s of 5.", score=score, mean=tenths(desk.mean)))  # fmt: skip


def _gaps(facts: Facts) -> Iterable[Statement]:
    for row in facts.summary.checkpoints:
        gap = facts.team_gaps.get(row.checkpoint.id)
        if gap is not None:
            shares = gap.shares
            yield Statement(_("%(name)s: the team thought %(team)s of 5 (n = %(team_n)s), customers said %(said)s (n = %(n)s); a gap of %(gap)s. In shares of 4 and 5: %(points)s points, 95%% interval %(low)s to %(high)s.", name=row.checkpoint.name, team=tenths(gap.team_mean), team_n=gap.team_n, said=tenths(gap.customer_mean), n=gap.customer_n, gap=signed(gap.difference, 1), points=signed(100 * shares.difference), low=signed(100 * shares.interval.low), high=signed(100 * shares.interval.high)), _overview())  # fmt: skip
    if not facts.team_gaps:
        yield Statement(_("The team’s own view was not asked, so there is no gap to show."), _overview())


def _share(csat: Csat) -> str:
    if csat.share is None or csat.interval is None:
        return _("no score")
    words = _("%(k)s of %(n)s satisfied (%(share)s, 95%% interval %(low)s to %(high)s)", k=csat.satisfied, n=csat.n, share=percent(csat.share), low=percent(csat.interval.low), high=percent(csat.interval.high))  # fmt: skip
    return words if csat.n >= FEW else _("%(words)s; too few to say more", words=words)


def _comments(facts: Facts) -> Iterable[Statement]:
    """By what people gave as the main reason, where they did; by checkpoint otherwise."""
    themes: dict[str, list[Response]] = defaultdict(list)
    for comment in facts.comments:
        for theme in _themes(facts, comment):
            themes[theme].append(comment)
    for theme, comments in sorted(themes.items(), key=lambda each: -len(each[1])):
        for number, comment in enumerate(comments):
            heading = f"{theme} ({len(comments)})" if number == 0 else ""
            yield quoted(comment, facts.people[comment.contact_id], heading)
    if facts.comments:
        yield Statement(_("People who wrote a comment: %(n)s. Project admins can read their words.", n=len({each.contact_id for each in facts.comments})), _overview())  # fmt: skip
    else:
        yield Statement(_("Nobody has written a comment."), _overview())


def never_heard(contacts: Sequence[Contact]) -> Statement:
    names = listed(contact.name for contact in contacts if contact.name)
    ref = "contacts:" + ",".join(str(contact.id) for contact in contacts)
    return Statement(_("Never heard: %(names)s.", names=names), restricted=True, ref=ref)


def quoted(comment: Response, contact: Contact, heading: str) -> Statement:
    """Somebody's own words, with who said so."""
    score = "" if comment.score is None else f"{comment.score}/5 · "
    who = Evidence(f"{score}{contact.name} · {day(comment.answered_at)}", OVERVIEW)
    return Statement(
        comment.comment, (who,), quote=True, restricted=True, heading=heading, ref=f"response:{comment.id}"
    )


def _themes(facts: Facts, comment: Response) -> list[str]:
    chosen = comment.answers.get(library.REASON) or []
    words = library.reason_words(page_language())
    return [words[each] for each in chosen if each in words] or [facts.checkpoints[comment.checkpoint_id].name]


def _timeline(facts: Facts) -> Iterable[Statement]:
    dated: list[tuple[date, str, tuple[Evidence, ...]]] = []
    for row in facts.summary.checkpoints:
        dated += _stops(row)
    dated += [
        (each.on, _("Release %(name)s", name=each.name), ())
        for each in facts.site.releases
        if each.on is not None and each.released
    ]
    dated += [
        (each.at.date(), _("Due date moved from %(before)s to %(after)s", before=day(each.before), after=day(each.after)), (_issue(each.issue_key),))
        for each in facts.site.slips[:LISTED]
    ]  # fmt: skip
    dated += [(case.opened_at.date(), _marked(_("Low answer: %(score)s of 5", score=case.score), case), _evidence(case)) for case in facts.cases[-LISTED:]]  # fmt: skip
    for on, text, evidence in sorted(dated, key=lambda each: each[0]):
        yield Statement(f"{day(on)}: {text}", evidence)
    if facts.site.read_at is None:
        yield Statement(_("Releases and moved due dates are being read from Jira. Reload in a minute."))


def _stops(row: CheckpointSummary) -> list[tuple[date, str, tuple[Evidence, ...]]]:
    if row.first_at is None or row.last_at is None:
        return []
    sums = row.summary
    told = _("%(name)s: %(asked)s asked, %(answered)s answered", name=row.checkpoint.name, asked=sums.asked, answered=sums.answered)  # fmt: skip
    if row.first_at.date() != row.last_at.date():
        told = _("%(told)s (until %(day)s)", told=told, day=day(row.last_at))
    return [(row.first_at.date(), told, _overview())]


def _ledger(facts: Facts) -> Iterable[Statement]:
    plan = (Evidence(_("Plan"), PLAN),)
    planned = sum(each.planned for each in facts.completion)
    done = sum(each.done for each in facts.completion)
    results = sum(each.with_result for each in facts.completion)
    yield Statement(_("%(done)s of %(planned)s activities done, %(results)s of them with a result.", done=done, planned=planned, results=results), plan)  # fmt: skip
    for line in [each for each in facts.lines if each.more_needed][:LISTED]:
        yield Statement(_("More needed: %(title)s. %(more)s", title=line.title, more=line.more), plan)
    for line in [each for each in facts.lines if each.done_on is not None and each.result][-LISTED:]:
        yield Statement(_("%(day)s: %(title)s. Result: %(result)s", day=_on(line.done_on), title=line.title, result=line.result), _of_line(line.issue_key, plan))  # fmt: skip
    for line in [each for each in facts.lines if each.gap][:LISTED]:
        yield Statement(_("%(title)s: done, and nobody has said what came of it.", title=line.title), plan)
    for line in [each for each in facts.lines if each.done_on is None and each.planned_on is not None][:LISTED]:
        yield Statement(
            _("%(title)s: planned for %(day)s, not done.", title=line.title, day=_on(line.planned_on)), plan
        )


def _on(moment: date | None) -> str:
    return "" if moment is None else day(moment)


def _of_line(issue_key: str, otherwise: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    return (_issue(issue_key),) if issue_key else otherwise


def _cases(facts: Facts) -> Iterable[Statement]:
    tab, loop = (Evidence(_("Cases"), CASES),), facts.loop
    if not loop.n:
        yield Statement(_("No answer was low."), tab)
        return
    yield Statement(_("Low answers: %(n)s. Spoken with in time: %(k)s.", n=loop.n, k=loop.in_target), tab)  # fmt: skip
    if loop.median_hours is not None:
        yield Statement(_("Median time to the first contact: %(hours)s working hours (n = %(n)s).", hours=tenths(loop.median_hours), n=loop.contacted), tab)  # fmt: skip
    yield Statement(_("Asked again, %(k)s of %(n)s answered above the limit.", k=loop.recovered, n=loop.rechecked), tab)  # fmt: skip
    for case in facts.cases[-LISTED:]:
        if case.state is not CaseState.WITHDRAWN:
            yield Statement(_case(case), _evidence(case))


def _case(case: Case) -> str:
    told = _("%(day)s: %(score)s of 5 about %(key)s", day=day(case.opened_at), score=case.score, key=case.issue_key)
    told = _marked(told, case)
    if case.recheck_score is not None:
        return _("%(told)s; afterwards %(score)s", told=told, score=case.recheck_score)
    state = _("closed") if case.closed_at else _("contacted") if case.contacted_at else _("nobody has spoken with them")
    return f"{told}; {state}"


def _marked(told: str, case: Case) -> str:
    """What the team heard is in no number of surveys: it must not pass for an answer."""
    return told if case.conversation_id is None else _("%(told)s, told to the team", told=told)


def _evidence(case: Case) -> tuple[Evidence, ...]:
    keys = [case.issue_key, case.jira_issue_key or ""]
    return tuple(_issue(key) for key in keys if key)


def _issue(key: str) -> Evidence:
    return Evidence(key, f"/browse/{key}")


def _warnings(facts: Facts) -> Iterable[Statement]:
    if not facts.warnings:
        yield Statement(_("There was no warning."), _overview())
        return
    right = sum(each.right is True for each in facts.warnings)
    wrong = sum(each.right is False for each in facts.warnings)
    yield Statement(_("%(n)s warnings: %(right)s right, %(wrong)s false, about %(rest)s nobody has said.", n=len(facts.warnings), right=right, wrong=wrong, rest=len(facts.warnings) - right - wrong), _overview())  # fmt: skip
    for each in facts.warnings[-LISTED:]:
        yield Statement(f"{day(each.raised_at)}: {warning_words.reason(each, {})} {_verdict(each.right)}".strip(), _overview())  # fmt: skip


def _verdict(right: bool | None) -> str:
    return {True: _("It was right."), False: _("It was a false alarm."), None: ""}[right]


def _lessons(facts: Facts) -> Iterable[Statement]:
    tab = (Evidence(_("Lessons"), "tab:lessons"),)
    for lesson in facts.lessons:
        yield Statement(
            _("%(situation)s – next time: %(advice)s", situation=lesson.situation, advice=lesson.advice),
            tab,
        )
    if facts.reuse.offered:
        yield Statement(_("Of %(n)s lessons of earlier projects offered to this one, %(k)s were taken into its plan.", n=facts.reuse.offered, k=facts.reuse.accepted), tab)  # fmt: skip
    if not facts.lessons and not facts.reuse.offered:
        yield Statement(_("No lesson has been written yet."), tab)


def as_of(moment: datetime) -> str:
    return _("As of %(day)s", day=day(moment))
