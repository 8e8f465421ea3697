"""What people may enter about an activity."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from plugin.activities.ledger import Kind
from plugin.activities.service import ActivityDetails
from plugin.web.limits import LINE_LENGTH, TEXT_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line, storable, tidy

KINDS = [
    SelectChoice(Kind.UPDATE, _l("Routine update")),
    SelectChoice(Kind.REVIEW, _l("Review with the customer")),
    SelectChoice(Kind.EXPECTATION, _l("Talk about expectations")),
    SelectChoice(Kind.RECOVERY, _l("Recovery of a low score")),
    SelectChoice(Kind.SERVICE_POINT, _l("Service point")),
    SelectChoice(Kind.CHECKPOINT, _l("Survey checkpoint")),
    SelectChoice(Kind.OTHER, _l("Other")),
]


class LineForm(Form):
    """One line about what was done."""

    kind = SelectField(_l("Kind"), choices=KINDS, default=Kind.UPDATE)
    title = StringField(
        _l("What was done"),
        [InputRequired(_l("Say in one line what was done.")), Length(max=LINE_LENGTH), no_control_characters],
        [one_clean_line],
    )


class ActivityForm(Form):
    kind = SelectField(_l("Kind"), choices=KINDS, default=Kind.UPDATE)
    title = StringField(
        _l("Activity"),
        [InputRequired(_l("Say in one line what it is.")), Length(max=LINE_LENGTH), no_control_characters],
        [one_clean_line],
    )
    planned_on = DateField(_l("Planned for"), [Optional()])
    repeat_days = IntegerField(_l("Again every … days"), [Optional(), NumberRange(min=0, max=366)], default=0)
    done_on = DateField(_l("Done on"), [Optional()])
    result = TextAreaField(_l("What came of it"), [Length(max=TEXT_LENGTH), storable], [tidy])
    more_needed = BooleanField(_l("More of this is needed"))
    more = StringField(
        _l("What, where or for whom"), [Length(max=LINE_LENGTH), no_control_characters], [one_clean_line]
    )

    def details(self) -> ActivityDetails:
        return ActivityDetails(
            kind=Kind(self.kind.data),
            title=self.title.data or "",
            planned_on=self.planned_on.data,
            done_on=self.done_on.data,
            result=self.result.data or "",
            more_needed=self.more_needed.data,
            more=self.more.data or "",
            repeat_days=self.repeat_days.data or 0,
        )


class NoteForm(Form):
    more = StringField(
        _l("What, where or for whom"), [Length(max=LINE_LENGTH), no_control_characters], [one_clean_line]
    )
