"""What a project admin may enter about a checkpoint; choices come from the project's own workflow and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from connect import PeopleField, Project
from plugin.checkpoints.service import CheckpointDetails
from plugin.domain import Checkpoint, Direction, Phase, RepeatRule, Role, Survey
from plugin.questionnaires import library
from plugin.questionnaires import service as questionnaires
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import CONDITION_LENGTH, NAME_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line


class Checkboxes(SelectMultipleField):
    """Several choices as boxes: visible, and by keyboard without a modifier."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


REPEATS = [
    SelectChoice(RepeatRule.ALWAYS, _l("Each time, within the limits of the site")),
    SelectChoice(RepeatRule.ONCE_PER_ISSUE, _l("Once for each issue")),
    SelectChoice(RepeatRule.ONCE_PER_PERSON, _l("Once in all")),
]
REMINDERS = [SelectChoice(0, _l("None")), SelectChoice(1, _l("One")), SelectChoice(2, _l("Two"))]
DIRECTIONS = [
    SelectChoice(Direction.ANY, _l("Either way")),
    SelectChoice(Direction.FORWARD, _l("Only on the way forward")),
    SelectChoice(Direction.BACK, _l("Only on the way back")),
]
ROLES = [
    SelectChoice(Role.SPONSOR, _l("Sponsors")),
    SelectChoice(Role.KEY_USER, _l("Key users")),
    SelectChoice(Role.USER, _l("Users")),
]
PHASES = {
    Phase.KICKOFF: _l("Start: what later answers are compared with"),
    Phase.REVIEW: _l("Review"),
    Phase.DELIVERY: _l("Delivery"),
    Phase.ACCEPTANCE: _l("Acceptance"),
    Phase.CLOSE: _l("Closing"),
    Phase.PULSE: _l("In between"),
    Phase.INCIDENT: _l("Something went wrong"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """What one project has to choose from."""

    project: Project
    people_fields: Sequence[PeopleField]
    own_surveys: Sequence[Survey]

    def template_of(self, entry: str) -> str:
        """The key of the shipped survey that an entry of the list is, or was made from."""
        return next((own.template for own in self.own_surveys if questionnaires.entry(own) == entry), entry)


class CheckpointForm(Form):
    """What all checkpoints have in common."""

    name = StringField(_l("Name"), [Length(max=NAME_LENGTH), no_control_characters], [one_clean_line])
    template = SelectField(_l("Ask its customer"))
    phase = SelectField(_l("Moment in the project"), default="", choices=[SelectChoice("", _l("As the survey says")), *(SelectChoice(*phase) for phase in PHASES.items())])  # fmt: skip
    audience_roles = Checkboxes(_l("Only these roles"), choices=ROLES)
    low_score = IntegerField(
        _l("A score is low up to"), [NumberRange(1, 4, _l("Enter a number from 1 to 4."))], default=2
    )
    expires_after_days = IntegerField(
        _l("Days to answer"), [NumberRange(1, 90, _l("Enter a number from 1 to 90."))], default=14
    )
    sample_percent = IntegerField(
        _l("Percent of the users to ask"), [NumberRange(1, 100, _l("Enter a number from 1 to 100."))], default=100
    )
    reminders = SelectField(_l("Reminders"), choices=REMINDERS, coerce=int, default=1)
    reminder_days = IntegerField(
        _l("Days between them"), [NumberRange(1, 30, _l("Enter a number from 1 to 30."))], default=3
    )
    signed_by = StringField(
        _l("Who signs the second reminder"), [Length(max=100), no_control_characters], [one_clean_line]
    )

    @classmethod
    def offering(cls, offer: Offer, formdata: Any = None, values: Mapping[str, object] | None = None) -> CheckpointForm:
        """A form that offers what the project has, and refuses anything else."""
        form = cls(formdata, data=values)
        own = (SelectChoice(questionnaires.entry(survey), survey.name) for survey in offer.own_surveys)
        shipped = (SelectChoice(key, library.anchor(key).wording(page_language())) for key in library.template_names())
        form.template.choices = [*own, *shipped]
        form.offer_more(offer)
        return form

    def offer_more(self, offer: Offer) -> None:
        """Fill in choices that only one kind of checkpoint has."""

    def _phase(self, offer: Offer) -> Phase:
        return Phase(self.phase.data or offer.template_of(self.template.data))

    def _common(self, offer: Offer) -> dict[str, Any]:
        return {
            "template": self.template.data,
            "phase": self._phase(offer),
            "audience_roles": tuple(Role(role) for role in self.audience_roles.data or ()),
            "low_score": self.low_score.data,
            "expires_after_days": self.expires_after_days.data,
            "sample_percent": self.sample_percent.data,
            "reminders": self.reminders.data,
            "reminder_days": self.reminder_days.data,
            "signed_by": self.signed_by.data,
        }

    def details(self, offer: Offer) -> CheckpointDetails:
        raise NotImplementedError


class IssueForm(CheckpointForm):
    """What checkpoints have in common that ask about an issue."""

    audience_field = SelectField(_l("Whom to ask"), default="")
    by_comment = BooleanField(_l("Ask by a comment on the issue instead of a mail"))
    low_comment = BooleanField(_l("Tell the team of a low score by an internal comment"))

    def offer_more(self, offer: Offer) -> None:
        people = custom(offer.people_fields)
        self.audience_field.choices = [
            SelectChoice("", _("Contacts of the issue’s customer")),
            SelectChoice("reporter", _("The reporter of the issue")),
            *(SelectChoice(each.id, _("People in “%(field)s”", field=each.name)) for each in people),
        ]

    def _common(self, offer: Offer) -> dict[str, Any]:
        mine = {name: self[name].data for name in ("audience_field", "by_comment", "low_comment")}
        return super()._common(offer) | mine


class TransitionForm(IssueForm):
    """Asks when an issue goes to a status."""

    issue_type_ids = Checkboxes(_l("Issue types"))
    from_status_ids = Checkboxes(_l("Only when it comes from"))
    to_status_id = SelectField(_l("When an issue goes to"), [InputRequired(_l("Choose a status."))])
    direction = SelectField(_l("Way through the workflow"), choices=DIRECTIONS, default=Direction.ANY)
    condition = TextAreaField(
        _l("Only issues that meet this JQL"), [Length(max=CONDITION_LENGTH), no_control_characters], [one_clean_line]
    )
    delay_hours = IntegerField(
        _l("Hours to wait before asking"), [NumberRange(0, 720, _l("Enter a number from 0 to 720."))], default=0
    )
    repeat = SelectField(_l("Ask the same person"), choices=REPEATS, default=RepeatRule.ALWAYS)

    def offer_more(self, offer: Offer) -> None:
        statuses = [SelectChoice(status.id, status.name) for status in offer.project.statuses]
        self.issue_type_ids.choices = [SelectChoice(kind.id, kind.name) for kind in offer.project.issue_types]
        self.from_status_ids.choices = statuses
        self.to_status_id.choices = [SelectChoice("", _("Choose a status")), *statuses]
        super().offer_more(offer)

    def check_condition(self, project_id: str, find_errors: Callable[[str], Sequence[str]]) -> bool:
        """Whether Jira can read the condition, if there is one; if not, the field says what Jira says."""
        condition = (self.condition.data or "").strip()
        if not condition:
            return True
        errors = [_("Jira says: %(words)s", words=words) for words in find_errors(condition)]
        if not errors and find_errors(f"({condition}) AND project = {project_id}"):
            errors = [_("This cannot be combined with other conditions. Leave out ORDER BY.")]
        self.condition.errors = [*self.condition.errors, *errors]
        return not errors

    def details(self, offer: Offer) -> CheckpointDetails:
        """A checkpoint without a name is called by its status."""
        target = next(status.name for status in offer.project.statuses if status.id == self.to_status_id.data)
        return CheckpointDetails(
            name=self.name.data or target,
            issue_type_ids=tuple(self.issue_type_ids.data or ()),
            from_status_ids=tuple(self.from_status_ids.data or ()),
            to_status_id=self.to_status_id.data,
            direction=Direction(self.direction.data),
            condition=(self.condition.data or "").strip(),
            delay_hours=self.delay_hours.data or 0,
            repeat=RepeatRule(self.repeat.data),
            **self._common(offer),
        )


class CalendarForm(CheckpointForm):
    """Asks on days of the calendar, about the project as a whole."""

    starts_on = DateField(_l("First day"), [InputRequired(_l("Enter a day."))])
    every_weeks = IntegerField(
        _l("Again every … weeks"), [Optional(), NumberRange(1, 52, _l("Enter a number from 1 to 52, or nothing."))]
    )
    ends_on = DateField(_l("Last day"), [Optional()])

    def validate_ends_on(self, field: DateField) -> None:
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("This lies before the first day."))

    def details(self, offer: Offer) -> CheckpointDetails:
        return CheckpointDetails(
            name=self.name.data or str(PHASES[self._phase(offer)]).partition(":")[0],
            issue_type_ids=(),
            from_status_ids=(),
            to_status_id="",
            starts_on=self.starts_on.data,
            every_weeks=self.every_weeks.data,
            ends_on=self.ends_on.data,
            **self._common(offer),
        )


class StartedForm(IssueForm):
    """Asks when a rule of a workflow or a person says so."""

    def details(self, offer: Offer) -> CheckpointDetails:
        name = self.name.data or str(PHASES[self._phase(offer)]).partition(":")[0]
        return CheckpointDetails(name, (), (), "", **self._common(offer))


def form_for(checkpoint: Checkpoint) -> type[CheckpointForm]:
    if checkpoint.starter:
        return StartedForm
    return TransitionForm if checkpoint.starts_on is None else CalendarForm


def custom(fields: Sequence[PeopleField]) -> list[PeopleField]:
    """Fields that a site added itself; of Jira's own, only the reporter can be a customer. Request participants first."""
    own = [field for field in fields if field.id.startswith("customfield_")]
    return sorted(
        own, key=lambda field: (not field.custom_type.endswith("sd-request-participants"), field.name.lower())
    )
