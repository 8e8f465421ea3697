"""Asks that somebody in an issue wants: who would be asked and who would not before it is sent, and then the ask itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connect import Issue, User
from plugin.asking import AskLoad, Decided
from plugin.checkpoints import service as checkpoints
from plugin.checkpoints.outlook import Outlook
from plugin.customers.audience import Stranger, Wanted
from plugin.customers.audiences import Trial
from plugin.database import Tx
from plugin.domain import Contact, SkipReason
from plugin.invitations import asks, deciding, service
from plugin.invitations.deciding import Decision, Trigger
from plugin.policies import service as policies
from plugin.questionnaires import service as questionnaires
from plugin.transitions import service as transitions
from plugin.transitions.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Prospect:
    """Somebody who would be asked, or (with a reason in `decision`) would not."""

    contact: Contact
    decision: Decision
    load: AskLoad


@dataclass(frozen=True, slots=True)
class Prospects:
    """What would become of an ask now. `gap` says why there is nobody at all."""

    people: tuple[Prospect, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    gap: SkipReason | None = None

    @property
    def asked(self) -> int:
        return sum(person.decision.reason is None for person in self.people)


def field_of(tx: Tx, project_id: str, template: str, now: datetime) -> tuple[str, ...]:
    """The field of the issue whose people would be asked, where a project admin has chosen one. Raises NotFound."""
    field = checkpoints.as_if_by_hand(tx, project_id, template, now).audience_field
    return (field,) if field else ()


def look(
    tx: Tx,
    project_id: str,
    issue_id: str,
    template: str,
    people: Mapping[str, tuple[User, ...]],
    account_id: str,
    now: datetime,
) -> Prospects:
    """Nothing is written. `people`: who is in the fields of the issue, as far as `field_of` wants. Raises NotFound."""
    checkpoint = checkpoints.as_if_by_hand(tx, project_id, template, now)
    if not checkpoint.asks:
        return Prospects(gap=SkipReason.CHECKPOINT_OFF)
    field = checkpoint.audience_field
    whom = people.get(field, ()) if field else None
    wanted = Wanted(checkpoint.audience_roles, whom, checkpoint.by_comment)
    audience = Trial(tx, project_id).of_issue(issue_id, wanted)
    contacts = [contact for contact, _reason in audience.contacts]
    known, loads, policy = asks.of_people(tx, contacts, now), asks.loads(tx, contacts, now), policies.of_site(tx)
    trigger = Trigger(issue_id, account_id, now)
    return Prospects(
        people=tuple(
            Prospect(
                contact,
                Decision(reason, now)
                if reason is not None
                else deciding.decide(trigger, checkpoint, contact, known[contact.id], policy, now),
                loads[contact.id],
            )
            for contact, reason in audience.contacts
        ),
        strangers=audience.strangers,
        gap=audience.gap,
    )


def ask(tx: Tx, issue: Issue, template: str, account_id: str, once: str, now: datetime) -> Decided:
    """Decide about each person as after any change, on record; nothing for a repeat, which has the same `once`.

    Raises NotFound or Invalid for a survey that the project does not have.
    """
    checkpoint = checkpoints.started_by_hand(tx, issue.project_id, template, now)
    event_id = transitions.record_wish(tx, issue, account_id, once, now)
    if event_id is None or not checkpoint.asks:
        return Decided()
    event = transitions.get(tx, event_id)
    concerned = service.audiences_for_issue(tx, issue, [checkpoint], Outlook(), now)
    decided = service.decide(tx, *service.about_issue(event, issue), concerned, now)
    transitions.close(tx, event, Outcome.DECIDED, issue)
    return decided


def surveys(tx: Tx, project_id: str, language: str) -> dict[str, str]:
    """What can be asked, by the entry that stands for it: the project's own first."""
    own = {questionnaires.entry(survey): survey.name for survey in questionnaires.list_own(tx, project_id)}
    return own | dict(questionnaires.shipped_names(language))
