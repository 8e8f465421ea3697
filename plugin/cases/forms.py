"""How a project wants its low answers followed up."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, IntegerField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange

from connect import Project
from plugin.mail import is_mail_address
from plugin.web.languages import gettext as _
from plugin.web.limits import EMAIL_LENGTH
from plugin.web.lines import one_clean_line

_LABEL = re.compile(r"[^\s,\"\x00-\x1f]{0,60}")


class PolicyForm(Form):
    issue_type_id = SelectField(_l("Kind of issue"), validate_choice=False, default="")
    label = StringField(_l("Label"), [Length(max=60)], [one_clean_line])
    contact_hours = IntegerField(_l("Working hours to the first contact"), [InputRequired(_l("Enter a number of hours.")), NumberRange(min=1, max=200)])  # fmt: skip
    with_words = BooleanField(_l("Put the customer’s name and words into the Jira issue"))
    mail_to = StringField(_l("Tell by mail"), [Length(max=EMAIL_LENGTH)], [one_clean_line])

    def offer(self, project: Project) -> None:
        """The kinds of issue that the project has; a task unless somebody chooses."""
        kinds = [SelectChoice(kind.id, kind.name) for kind in project.issue_types if not kind.subtask]
        self.issue_type_id.choices = [SelectChoice("", _("A task, or the first kind there is")), *kinds]

    def validate_issue_type_id(self, field: SelectField) -> None:
        if field.data not in {option.data for option in field}:
            raise ValidationError(_("Choose one of the kinds in the list."))

    def validate_label(self, field: StringField) -> None:
        if not _LABEL.fullmatch(field.data or ""):
            raise ValidationError(_("A label of Jira has no spaces, commas or quotation marks."))

    def validate_mail_to(self, field: StringField) -> None:
        if field.data and not is_mail_address(field.data):
            raise ValidationError(_("This is not a mail address. It should look like name@company.example."))
