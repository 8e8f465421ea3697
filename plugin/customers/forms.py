"""What a project admin may enter about customers and contacts."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Form, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from plugin.customers.service import ContactDetails
from plugin.domain import LANGUAGES, Role
from plugin.mail import is_mail_address
from plugin.web.languages import gettext as _
from plugin.web.limits import EMAIL_LENGTH, NAME_LENGTH, TIME_ZONE_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line

ROLES = [
    SelectChoice(Role.SPONSOR, _l("Sponsor")),
    SelectChoice(Role.KEY_USER, _l("Key user")),
    SelectChoice(Role.USER, _l("User")),
]


class CustomerForm(Form):
    name = StringField(
        _l("Customer"),
        [InputRequired(_l("Enter the customer’s name.")), Length(max=NAME_LENGTH), no_control_characters],
        [one_clean_line],
    )


class ContactForm(Form):
    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter the contact’s name.")), Length(max=NAME_LENGTH), no_control_characters],
        [one_clean_line],
    )
    email = EmailField(_l("E-mail"), [Length(max=EMAIL_LENGTH)], [one_clean_line])
    role = SelectField(_l("Role"), choices=ROLES, default=Role.USER)
    language = SelectField(
        _l("Language"), choices=[SelectChoice(*language) for language in LANGUAGES.items()], default="en"
    )
    time_zone = StringField(
        _l("Time zone"),
        [InputRequired(_l("Enter a time zone, such as Europe/Berlin.")), Length(max=TIME_ZONE_LENGTH)],
        [one_clean_line],
        default="UTC",
    )

    def validate_email(self, field: EmailField) -> None:
        if field.data and not is_mail_address(field.data):
            raise ValidationError(_("This is not a mail address. It should look like name@company.example."))

    def validate_time_zone(self, field: StringField) -> None:
        if field.data not in available_timezones():
            raise ValidationError(_("This time zone is not known. It should look like Europe/Berlin."))

    def refuse_email(self, holder: str) -> None:
        """Say beside the field that somebody else of the customer has the address."""
        self.email.errors = [_("%(name)s of this customer has this address already.", name=holder)]

    def details(self) -> ContactDetails:
        return ContactDetails(
            name=self.name.data or "",
            email=self.email.data or "",
            language=self.language.data,
            time_zone=self.time_zone.data or "UTC",
            role=Role(self.role.data),
        )
