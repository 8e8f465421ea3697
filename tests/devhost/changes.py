"""What can be done to issues: every change writes its changelog and tells the app by webhook, as Jira does."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tests.devhost import adf, workflow
from tests.devhost.errors import BadRequest, NotFound
from tests.devhost.records import Comment, History, Issue, Json, Link, Transition

if TYPE_CHECKING:
    from tests.devhost.site import Site


class Changes:
    """The writing half of a site. Actors are account ids; rights are the caller's business, see `Site.may`."""

    links: dict[str, Link]

    def create_issue(self: Site, project_id: str, type_name: str, summary: str, reporter: str, **fields: Any) -> Issue:
        """Create an issue in the workflow's first status; keyword arguments are further fields of `Issue`.

        ``description`` may be a string or an ADF document; ``status`` (a name) starts it elsewhere.
        """
        with self.lock:
            project = self.project(project_id)
            type_id = self._type_id(project.issue_type_ids, type_name)
            status_id = self._status_id(fields.pop("status", None)) or project.status_ids[0]
            taken = [each.number for each in self.issues.values() if each.project_id == project.id]
            if isinstance(fields.get("description"), str):
                fields["description"] = adf.document(fields["description"])
            now = self.clock()
            issue = Issue(
                id=self.next_issue_id(),
                key=f"{project.key}-{max(taken, default=0) + 1}",
                project_id=project.id,
                type_id=type_id,
                status_id=status_id,
                summary=summary,
                reporter=reporter,
                created=now,
                updated=now,
                **fields,
            )
            self.issues[issue.id] = issue
            self.events.publish("jira:issue_created", issue, reporter, {"issue_event_type_name": "issue_created"})
            return issue

    def _type_id(self: Site, allowed: list[str], type_name: str) -> str:
        for type_id in allowed:
            if self.issue_types[type_id].name == type_name:
                return type_id
        raise BadRequest(errors={"issuetype": "Specify a valid issue type"})

    def _status_id(self: Site, name: str | None) -> str | None:
        return next((each.id for each in self.statuses.values() if each.name == name), None)

    def transition(self: Site, issue_id_or_key: str, name_or_id: str, actor: str, *, bulk: bool = False) -> Issue:
        """Take a transition by id or name. *bulk* marks its webhook as fallout of a bulk edit (flow Secondary)."""
        with self.lock:
            issue = self.issue(issue_id_or_key)
            step = self._step(issue, name_or_id)
            workflow.require_valid(self, issue, step)
            before, after = self.statuses[issue.status_id], self.statuses[step.to_id]
            items = [_item("status", before.id, before.name, after.id, after.name)] if before != after else []
            items += self._resolve(issue, done=after.category == "done")
            issue.status_id = after.id
            self._changed(issue, actor, items, event="issue_generic", bulk=bulk)
            workflow.run_post_functions(self, issue, step, actor, before.name)
            return issue

    def _step(self: Site, issue: Issue, name_or_id: str) -> Transition:
        for step in self.transitions_for(issue):
            if name_or_id in (step.id, step.name):
                return step
        raise BadRequest(f"Transition id '{name_or_id}' is not valid for this issue.")

    def _resolve(self: Site, issue: Issue, *, done: bool) -> list[Json]:
        if done == (issue.resolved is not None):
            return []
        issue.resolved = self.clock() if done else None
        return [_item("resolution", *((None, None, "10000", "Done") if done else ("10000", "Done", None, None)))]

    def edit_issue(self: Site, issue_id_or_key: str, actor: str, **fields: Any) -> Issue:
        """Set fields of `Issue` by name (summary, description, assignee, priority, labels, due_date, …)."""
        with self.lock:
            issue = self.issue(issue_id_or_key)
            if isinstance(fields.get("description"), str):
                fields["description"] = adf.document(fields["description"])
            items = []
            for name, value in fields.items():
                before = getattr(issue, name)
                if before != value:
                    setattr(issue, name, value)
                    items.append(self._edit_item(name, before, value))
            if items:
                self._changed(issue, actor, items, event="issue_updated")
            return issue

    def set_people(self: Site, issue_id_or_key: str, field_id: str, account_ids: list[str], actor: str) -> Issue:
        """Put users into a custom field."""
        with self.lock:
            issue = self.issue(issue_id_or_key)
            issue.people[field_id] = account_ids
            found = self.people_fields[field_id]
            items = [_item(found.name, None, None, None, ", ".join(account_ids)) | {"fieldId": field_id}]
            self._changed(issue, actor, items, event="issue_updated")
            return issue

    def _edit_item(self: Site, name: str, before: Any, after: Any) -> Json:
        if name in ("assignee", "reporter"):
            names = [self.users[each].display_name if each else None for each in (before, after)]
            return _item(name, before, names[0], after, names[1])
        if name == "due_date":
            return _item("duedate", _as_text(before), _midnight(before), _as_text(after), _midnight(after))
        field_id = {"fix_version_ids": "fixVersions"}.get(name, name)
        return _item(field_id, None, _as_text(before), None, _as_text(after))

    def move_issue(self: Site, issue_id_or_key: str, project_id: str, actor: str) -> Issue:
        """Move to another project: a new key, the same id; the old key keeps resolving."""
        with self.lock:
            issue, target = self.issue(issue_id_or_key), self.project(project_id)
            source = self.projects[issue.project_id]
            taken = [each.number for each in self.issues.values() if each.project_id == target.id]
            new_key = f"{target.key}-{max(taken, default=0) + 1}"
            items = [
                _item("project", source.id, source.name, target.id, target.name),
                _item("Key", None, issue.key, None, new_key),
            ]
            issue.old_keys.append(issue.key)
            issue.key, issue.project_id = new_key, target.id
            self._changed(issue, actor, items, event="issue_moved")
            return issue

    def delete_issue(self: Site, issue_id_or_key: str, actor: str) -> None:
        """Delete an issue; the webhook carries its last state."""
        with self.lock:
            issue = self.issue(issue_id_or_key)
            self.events.publish("jira:issue_deleted", issue, actor, {"issue_event_type_name": "issue_deleted"})
            del self.issues[issue.id]
            self.links = {k: v for k, v in self.links.items() if issue.id not in (v.inward, v.outward)}

    def add_comment(self: Site, issue_id_or_key: str, author: str, body: str | adf.Document) -> Comment:
        """Add a comment; a string becomes one paragraph per line."""
        with self.lock:
            issue, now = self.issue(issue_id_or_key), self.clock()
            rich = adf.document(body) if isinstance(body, str) else body
            comment = Comment(id=self.next_id(), author=author, body=rich, created=now, updated=now)
            issue.comments.append(comment)
            issue.updated = now
            self.events.publish("comment_created", issue, author, {"comment": comment})
            return comment

    def link_issues(self: Site, type_name: str, inward: str, outward: str) -> Link:
        """Link two issues: *inward* → *outward* reads "inward blocks outward"."""
        with self.lock:
            if type_name not in self.link_types:
                raise NotFound(f"No issue link type with name '{type_name}' found.")
            link = Link(self.next_id(), type_name, self.issue(inward).id, self.issue(outward).id)
            self.links[link.id] = link
            return link

    def set_issue_property(self: Site, issue_id_or_key: str, key: str, value: Any, actor: str) -> bool:
        """Store an entity property; True when it is new. Leaves ``updated`` and the changelog alone, as Jira does."""
        with self.lock:
            issue = self.issue(issue_id_or_key)
            is_new = key not in issue.properties
            issue.properties[key] = value
            self.events.publish("issue_property_set", issue, actor, {"property": {"key": key, "value": value}})
            return is_new

    def delete_issue_property(self: Site, issue_id_or_key: str, key: str, actor: str) -> None:
        """Remove an entity property, or `NotFound`."""
        with self.lock:
            issue = self.issue(issue_id_or_key)
            if key not in issue.properties:
                raise NotFound(f"The property with key '{key}' does not exist.")
            del issue.properties[key]
            self.events.publish("issue_property_deleted", issue, actor, {"property": {"key": key}})

    def _changed(self: Site, issue: Issue, actor: str, items: list[Json], *, event: str, bulk: bool = False) -> None:
        now = self.clock()
        history = History(id=self.next_id(), author=actor, created=now, items=items)
        issue.changelog.append(history)
        issue.updated = now
        more = {"issue_event_type_name": event, "changelog": {"id": history.id, "items": items}}
        self.events.publish("jira:issue_updated", issue, actor, more, bulk=bulk)


def _item(name: str, before: str | None, before_text: str | None, after: str | None, after_text: str | None) -> Json:
    """One changed field as Jira writes it; ids in from/to, words in fromString/toString, any of them may be null."""
    return {
        "field": name,
        "fieldtype": "jira",
        "fieldId": "issuekey" if name == "Key" else name,
        "from": before,
        "fromString": before_text,
        "to": after,
        "toString": after_text,
    }


def _midnight(day: Any) -> str | None:
    """As Jira's change log words a day."""
    return None if day is None else f"{day.isoformat()} 00:00:00.0"


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return adf.plain(value)
    if isinstance(value, list):
        return " ".join(str(each) for each in value)
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
