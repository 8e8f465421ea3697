"""What people may enter about what leaves: parts of an extract, "you said, we did", and the way into Confluence."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from wtforms import Form, IntegerField, PasswordField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from plugin.exports.service import PARTS, SAID
from plugin.mail import is_mail_address
from plugin.web.languages import gettext as _
from plugin.web.limits import EMAIL_LENGTH, TEXT_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line


class SaidForm(Form):
    said = StringField(_l("You said"), [InputRequired(_l("Say what the customer said.")), Length(max=TEXT_LENGTH), no_control_characters], [one_clean_line])  # fmt: skip
    did = StringField(_l("We did"), [InputRequired(_l("Say what was done.")), Length(max=TEXT_LENGTH), no_control_characters], [one_clean_line])  # fmt: skip


class Checkboxes(SelectMultipleField):
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ExtractForm(Form):
    parts = Checkboxes(_l("What the customer sees"))
    days = IntegerField(_l("Days until the link ends"), [InputRequired(_l("Enter a number of days.")), NumberRange(min=1, max=365)], default=30)  # fmt: skip

    def offer(self) -> None:
        names = {
            "summary": _("In short"),
            "coverage": _("Whom we heard"),
            "scores": _("What they said, in numbers"),
            "timeline": _("What happened when"),
            "went_well": _("What went well"),
            "differently": _("What we would do differently"),
            "actions": _("What we will change"),
            SAID: _("You said, we did"),
        }
        self.parts.choices = [SelectChoice(part, names[part]) for part in (*PARTS, SAID)]


class ConfluenceForm(Form):
    email = StringField(_l("Account (e-mail)"), [InputRequired(_l("Enter the account’s mail address.")), Length(max=EMAIL_LENGTH)], [one_clean_line])  # fmt: skip
    token = PasswordField(_l("API token"), [Length(max=1000), no_control_characters])
    space_key = StringField(_l("Space key"), [InputRequired(_l("Enter the key of a space.")), Length(max=255)], [one_clean_line])  # fmt: skip

    def validate_email(self, field: StringField) -> None:
        if not is_mail_address(field.data or ""):
            raise ValidationError(_("This is not a mail address. It should look like name@company.example."))

    def validate_space_key(self, field: StringField) -> None:
        if not re.fullmatch(r"[~A-Za-z0-9_.-]{1,255}", field.data or ""):
            raise ValidationError(_("The key of a space has letters and digits only, such as TEAM."))
