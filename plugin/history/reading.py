"""One page of a project's history from Jira: what a step of the flow needs before it writes."""

from __future__ import annotations

from dataclasses import replace

from connect import IssuePage, JiraRejected, PeopleField
from plugin.history import service
from plugin.history.service import Reading, ReadingState
from plugin.ports import Jira
from plugin.work import Work

PAGE_SIZE = 100  # what Jira gives at most with changes
SMALL_PAGE_SIZE = 25  # after a failure: the page may have been too much for Jira, or for us
_MOST_PEOPLE_FIELDS = 10


def next_page(work: Work) -> tuple[Reading, IssuePage] | None:
    """The page that is due, or None where somebody cancelled meanwhile."""
    with work.reading() as tx:
        reading = service.get(tx, work.payload["reading_id"])
    if reading.state is not ReadingState.READING:
        return None
    if reading.expected_issues is None:
        reading = _prepared(work, reading)
    size = SMALL_PAGE_SIZE if work.job.error else PAGE_SIZE
    try:
        return reading, _page(work.jira, reading, size)
    except JiraRejected:
        if reading.page_token is None or reading.restarted:
            raise
        reading = _restarted(work, reading)
        return reading, _page(work.jira, reading, size)


def _page(jira: Jira, reading: Reading, size: int) -> IssuePage:
    return jira.search_page(
        service.jql(reading), reading.page_token, size=size, with_changes=True, people_fields=reading.people_fields
    )


def _prepared(work: Work, reading: Reading) -> Reading:
    """Ask once how much there is, and where people are noted on issues."""
    expected = work.jira.count_issues(service.jql(reading))
    fields = _fields_worth_noting(work.jira.list_people_fields())
    with work.writing() as tx:
        service.prepare(tx, reading, expected, fields)
    return replace(reading, expected_issues=expected, people_fields=fields)


def _fields_worth_noting(fields: list[PeopleField]) -> tuple[str, ...]:
    custom = [field.id for field in fields if field.id.startswith("customfield_")]
    return ("reporter", *custom[:_MOST_PEOPLE_FIELDS])


def _restarted(work: Work, reading: Reading) -> Reading:
    """Jira's names of pages do not live for ever: begin with the first page, once."""
    with work.writing() as tx:
        service.restart(tx, reading)
    return replace(reading, page_token=None, issues=0, shortened_issues=0, restarted=True)
