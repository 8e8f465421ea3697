"""Begin, write together, agree, approve, publish. What people write is kept as versions: nobody's words get lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from connect import DueChange, Version
from plugin.customers import service as customers
from plugin.database import Tx
from plugin.domain import Contact, Response
from plugin.errors import Conflict, NotFound
from plugin.jobs import service as jobs
from plugin.postmortems import drafting, facts, store
from plugin.postmortems.document import Document, Evidence, Section, Statement, digest, from_bytes
from plugin.postmortems.facts import Facts, SiteFacts
from plugin.postmortems.store import ActionItem, Closing, Edition, Postmortem, Text, Voice
from plugin.surveys import service as surveys
from plugin.web.languages import gettext as _
from plugin.web.pages import day

__all__ = ["WRITTEN", "ActionItem", "Closing", "Draft", "Edition", "Postmortem", "Text", "act", "add_voice", "approve", "begin", "close_project", "draft", "editions", "erase_account", "find", "find_closing", "follow_action", "followed_project_ids", "followers", "get_action", "get_edition", "publish", "read", "record_action_issue", "record_action_state", "record_site_facts", "save", "title_of"]  # fmt: skip

WRITTEN = ("summary", "went_well", "surprised", "differently")
MOST_SLIPS = 200


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything of the Post-mortem tab. `document` is None until it was begun."""

    postmortem: Postmortem | None
    document: Document | None
    texts: dict[str, Text]
    voices: tuple[Voice, ...]
    agreed: Counter[str]
    actions: tuple[ActionItem, ...]
    editions: tuple[Edition, ...]
    facts: Facts | None


def title_of(section: str) -> str:
    """What a section that people write is called."""
    return {
        "summary": _("In short"),
        "went_well": _("What went well"),
        "surprised": _("What surprised us"),
        "differently": _("What we would do differently"),
    }[section]


def begin(tx: Tx, project_id: str, now: datetime) -> None:
    """The draft is there at once; what only Jira knows follows when the worker has asked."""
    if store.add_postmortem(tx, project_id, now):
        read_site(tx, project_id, now)


def read_site(tx: Tx, project_id: str, now: datetime) -> None:
    payload = {"project_id": project_id}
    jobs.enqueue(tx, "postmortem", f"postmortem:{project_id}", payload, now, now, coalesce=True)


def find(tx: Tx, project_id: str) -> Postmortem | None:
    return store.find_postmortem(tx, project_id)


def record_site_facts(
    tx: Tx, project_id: str, versions: Collection[Version], changes: Collection[DueChange], now: datetime
) -> None:
    """Releases, and due dates that moved to a later day, newest moves first where there are very many."""
    slips = [
        each for each in changes if each.before is not None and each.after is not None and each.after > each.before
    ]
    slips = sorted(slips, key=lambda each: each.at, reverse=True)[:MOST_SLIPS]
    raw: dict[str, Any] = {
        "releases": [
            {"name": each.name, "released": each.released, "on": each.release_on and each.release_on.isoformat()}
            for each in versions
        ],
        "slips": [
            {
                "issue_key": each.issue_key,
                "at": each.at.isoformat(),
                "before": str(each.before),
                "after": str(each.after),
            }
            for each in sorted(slips, key=lambda each: each.at)
        ],
    }
    store.mark_postmortem(tx, project_id, site_facts=raw, site_facts_at=now)


def draft(tx: Tx, project_id: str, title: str, now: datetime) -> Draft:
    """As it stands now: facts as recorded, words as people left them."""
    found = store.find_postmortem(tx, project_id)
    editions = tuple(store.list_editions(tx, project_id))
    if found is None:
        return Draft(None, None, {}, (), Counter(), (), editions, None)
    texts, actions = store.list_texts(tx, project_id), tuple(store.list_actions(tx, project_id))
    voices = store.list_voices(tx, project_id)
    gathered = facts.gather(tx, project_id, SiteFacts.of(found.site_facts, found.site_facts_at), now)
    document = Document(title, drafting.as_of(now), _sections(gathered, texts, actions))
    return Draft(
        found,
        document,
        texts,
        tuple(voice for voice in voices if voice.text),
        Counter(voice.section for voice in voices if not voice.text),
        actions,
        editions,
        gathered,
    )


def _sections(gathered: Facts, texts: dict[str, Text], actions: Collection[ActionItem]) -> tuple[Section, ...]:
    recorded = drafting.sections(gathered)
    written = {key: _written(key, texts.get(key)) for key in WRITTEN}
    judged = (written["went_well"], written["surprised"], written["differently"])
    return written["summary"], *recorded[:-1], *judged, _actions(actions), recorded[-1]


def _written(key: str, text: Text | None) -> Section:
    words = "" if text is None else text.text
    statements = tuple(Statement(part.strip()) for part in words.split("\n\n") if part.strip())
    return Section(key, title_of(key), statements, written=True)


def _actions(actions: Collection[ActionItem]) -> Section:
    return Section("actions", _("What we will change"), tuple(_action(each) for each in actions))


def _action(action: ActionItem) -> Statement:
    told = _("%(title)s (until %(day)s)", title=action.title, day=day(action.target_on))
    evidence = () if action.jira_issue_key is None else (Evidence(action.jira_issue_key, f"/browse/{action.jira_issue_key}"),)  # fmt: skip
    return Statement(f"{told} {action.status}".strip(), evidence)


def save(
    tx: Tx, project_id: str, section: str, base_version: int, text: str, account_id: str | None, now: datetime
) -> Text | None:
    """Keep a new version of a section, written on top of `base_version` (0: of nothing).

    None when it was kept. Otherwise what somebody else wrote meanwhile: nothing is kept then, and both texts are to be
    shown to whoever came second. Raises NotFound for an unknown section or a project whose post-mortem was not begun.
    """
    if section not in WRITTEN or store.find_postmortem(tx, project_id) is None:
        raise NotFound("this part does not exist")
    newest = store.list_texts(tx, project_id).get(section)
    version = 0 if newest is None else newest.version
    if newest is not None and newest.text == text:
        return None
    values = {"section": section, "version": base_version + 1, "text": text, "account_id": account_id, "saved_at": now}
    if version == base_version and store.add_text(tx, project_id, values):
        _withdraw_approval(tx, project_id)
        return None
    return store.list_texts(tx, project_id)[section]


def add_voice(tx: Tx, project_id: str, section: str, text: str, account_id: str | None, now: datetime) -> None:
    """Comment on a section, or with "" agree. Raises NotFound."""
    if section not in WRITTEN or store.find_postmortem(tx, project_id) is None:
        raise NotFound("this part does not exist")
    store.add_voice(tx, project_id, section, text, account_id, now)


def act(
    tx: Tx, project_id: str, title: str, owner_account_id: str | None, owner_name: str, target_on: date, now: datetime
) -> None:
    """Decide on a change; it becomes an issue in Jira. Raises NotFound."""
    if store.find_postmortem(tx, project_id) is None:
        raise NotFound("the post-mortem was not begun")
    values = {"title": title, "owner_account_id": owner_account_id, "owner_name": owner_name, "target_on": target_on}
    action_id = store.add_action(tx, project_id, values, now)
    _withdraw_approval(tx, project_id)
    follow_action(tx, action_id, now)


def followers(tx: Tx, jira_issue_ids: Collection[str]) -> tuple[list[int], list[int]]:
    """The ids of the cases and of the actions whose Jira issue is one of these: both in one indexed look, as every event
    asks for them."""
    return store.list_followers(tx, jira_issue_ids)


def followed_project_ids(tx: Tx) -> list[str]:
    """Projects with an action that has a Jira issue."""
    return store.list_followed_project_ids(tx)


def follow_action(tx: Tx, action_id: int, now: datetime) -> None:
    """Have the worker look where the action's issue stands."""
    jobs.enqueue(tx, "action", f"action:{action_id}", {"action_id": action_id}, now, now, coalesce=True)


def get_action(tx: Tx, action_id: int) -> ActionItem:
    """Raises NotFound."""
    return store.get_action(tx, action_id)


def record_action_issue(tx: Tx, action_id: int, issue_id: str, issue_key: str) -> ActionItem:
    store.mark_action(tx, action_id, jira_issue_id=issue_id, jira_issue_key=issue_key)
    return store.get_action(tx, action_id)


def record_action_state(tx: Tx, action_id: int, status: str, done_at: datetime | None, *, gone: bool) -> None:
    store.mark_action(tx, action_id, status=status, done_at=done_at, gone=gone)


def approve(tx: Tx, project_id: str, account_id: str | None, now: datetime) -> None:
    """Raises NotFound."""
    if store.find_postmortem(tx, project_id) is None:
        raise NotFound("the post-mortem was not begun")
    store.mark_postmortem(tx, project_id, approved_at=now, approved_by=account_id)


def _withdraw_approval(tx: Tx, project_id: str) -> None:
    """What was approved is not what stands there now."""
    store.mark_postmortem(tx, project_id, approved_at=None, approved_by=None)


def publish(tx: Tx, project_id: str, title: str, account_id: str | None, now: datetime) -> int:
    """Freeze what stands there into the next edition; its number. Raises NotFound, and Conflict without an approval."""
    found = draft(tx, project_id, title, now)
    if found.postmortem is None or found.document is None:
        raise NotFound("the post-mortem was not begun")
    if found.postmortem.approved_at is None:
        raise Conflict("nobody has approved what stands there now")
    content, number = found.document.impersonal().to_bytes(), len(found.editions) + 1
    values = {"number": number, "content": content, "digest": digest(content), "published_at": now}
    if not store.add_edition(tx, project_id, {**values, "account_id": account_id}):
        raise Conflict("somebody published at the same moment")
    return number


def editions(tx: Tx, project_id: str) -> list[Edition]:
    return store.list_editions(tx, project_id)


def get_edition(tx: Tx, project_id: str, number: int) -> Edition:
    """Raises NotFound."""
    for each in store.list_editions(tx, project_id):
        if each.number == number:
            return each
    raise NotFound("this edition does not exist")


def find_closing(tx: Tx, project_id: str) -> Closing | None:
    return store.find_closing(tx, project_id)


def close_project(
    tx: Tx, project_id: str, missing: Collection[str], reason: str, account_id: str | None, now: datetime
) -> None:
    """Note that somebody ended the project, what was missing then, and why it was ended anyway."""
    store.mark_closing(tx, project_id, list(missing), reason, account_id, now)


def read(tx: Tx, edition: Edition, *, names: bool) -> Document:
    """What was published, and for those who may: with the names and words that it refers to, as far as they are kept."""
    document = from_bytes(edition.content)
    if not names:
        return document.for_reader(names=False)
    refs = [one.ref.partition(":") for section in document.sections for one in section.statements if one.restricted]
    said = surveys.list_by_id(tx, {int(ids) for kind, _colon, ids in refs if kind == "response"})
    never = {int(each) for kind, _colon, ids in refs if kind == "contacts" for each in ids.split(",")}
    people = customers.list_contacts_by_id(tx, never | {each.contact_id for each in said.values()})
    return document.with_restricted(lambda one: _filled(one, said, people))


def _filled(one: Statement, said: Mapping[int, Response], people: Mapping[int, Contact]) -> Statement | None:
    kind, _colon, ids = one.ref.partition(":")
    if kind == "response":
        comment = said.get(int(ids))
        return (
            drafting.quoted(comment, people[comment.contact_id], one.heading) if comment and comment.comment else None
        )
    kept = [people[int(each)] for each in ids.split(",") if int(each) in people and people[int(each)].name]
    return drafting.never_heard(kept) if kept else None


def erase_account(tx: Tx, account_id: str) -> int:
    """Forget what this Jira user did here. Published editions keep no account; owners' names in them stay as published."""
    return store.clear_account(tx, account_id)
