"""What a project admin may enter about a checkpoint; choices come from the project's own workflow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from connect import Project
from plugin.checkpoints.service import CheckpointDetails
from plugin.domain import RepeatRule
from plugin.questionnaires import library
from plugin.web.limits import NAME_LENGTH
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


class CheckpointForm(Form):
    name = StringField(_l("Name"), [Length(max=NAME_LENGTH), no_control_characters], [one_clean_line])
    issue_type_ids = Checkboxes(_l("Issue types"))
    from_status_ids = Checkboxes(_l("Only when it comes from"))
    to_status_id = SelectField(_l("When an issue goes to"), [InputRequired(_l("Choose a status."))])
    template = SelectField(_l("Ask its customer"))
    low_score = IntegerField(
        _l("A score is low up to"), [NumberRange(1, 4, _l("Enter a number from 1 to 4."))], default=2
    )
    expires_after_days = IntegerField(
        _l("Days to answer"), [NumberRange(1, 90, _l("Enter a number from 1 to 90."))], default=14
    )

    delay_hours = IntegerField(
        _l("Hours to wait before asking"), [NumberRange(0, 720, _l("Enter a number from 0 to 720."))], default=0
    )
    repeat = SelectField(_l("Ask the same person"), choices=REPEATS, default=RepeatRule.ALWAYS)
    sample_percent = IntegerField(
        _l("Percent of the users to ask"), [NumberRange(1, 100, _l("Enter a number from 1 to 100."))], default=100
    )
    reminders = SelectField(_l("Reminders"), choices=REMINDERS, coerce=int, default=1)
    reminder_days = IntegerField(
        _l("Days between them"), [NumberRange(1, 30, _l("Enter a number from 1 to 30."))], default=3
    )
    signed_by = StringField(_l("Who signs the second reminder"), [Length(max=100)])

    @classmethod
    def of_project(
        cls,
        project: Project,
        formdata: Any = None,
        values: Mapping[str, object] | None = None,
        own_surveys: Iterable[SelectChoice] = (),
    ) -> CheckpointForm:
        """A form that offers this project's types, statuses and surveys, and refuses any other."""
        form = cls(formdata, data=values)
        statuses = [SelectChoice(status.id, status.name) for status in project.statuses]
        form.issue_type_ids.choices = [SelectChoice(kind.id, kind.name) for kind in project.issue_types]
        form.from_status_ids.choices = statuses
        form.to_status_id.choices = statuses
        shipped = (SelectChoice(key, library.anchor(key).text["en"]) for key in library.template_names())
        form.template.choices = [*own_surveys, *shipped]
        return form

    def details(self, project: Project) -> CheckpointDetails:
        """What was entered; a checkpoint without a name is called by its status."""
        target = next(status.name for status in project.statuses if status.id == self.to_status_id.data)
        return CheckpointDetails(
            name=self.name.data or target,
            issue_type_ids=tuple(self.issue_type_ids.data or ()),
            from_status_ids=tuple(self.from_status_ids.data or ()),
            to_status_id=self.to_status_id.data,
            template=self.template.data,
            low_score=self.low_score.data or 2,
            expires_after_days=self.expires_after_days.data or 14,
            delay_hours=self.delay_hours.data or 0,
            repeat=RepeatRule(self.repeat.data),
            sample_percent=self.sample_percent.data or 100,
            reminders=self.reminders.data,
            reminder_days=self.reminder_days.data or 3,
            signed_by=" ".join((self.signed_by.data or "").split()),
        )
