"""What people may enter into a post-mortem."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange

from connect import User
from plugin.web.languages import gettext as _
from plugin.web.limits import LINE_LENGTH, SECTION_LENGTH, TEXT_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line, storable, tidy


class TextForm(Form):
    """One section; `version` is the one that the writer saw."""

    text = TextAreaField("", [Length(max=SECTION_LENGTH), storable], [tidy])
    version = IntegerField(_l("Version"), [NumberRange(min=0)], default=0)


class CommentForm(Form):
    text = TextAreaField(_l("Comment"), [InputRequired(_l("Write something first.")), Length(max=TEXT_LENGTH), storable], [tidy])  # fmt: skip


class ActionForm(Form):
    title = StringField(_l("What changes"), [InputRequired(_l("Say in one line what changes.")), Length(max=LINE_LENGTH), no_control_characters], [one_clean_line])  # fmt: skip
    owner = SelectField(_l("Owner"), default="")
    target_on = DateField(_l("Until"), [InputRequired(_l("Enter a date."))])

    def offer(self, people: Iterable[User]) -> None:
        self.owner.choices = [
            SelectChoice("", _("Nobody yet")),
            *(SelectChoice(person.account_id, person.display_name) for person in people),
        ]


class ClosingForm(Form):
    reason = StringField(_l("Why now"), [InputRequired(_l("Say why it is closed although something is missing.")), Length(max=LINE_LENGTH), no_control_characters], [one_clean_line])  # fmt: skip
