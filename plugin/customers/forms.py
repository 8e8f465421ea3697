"""What a project admin may enter about customers and contacts."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, Form, SelectField, StringField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import DataRequired, Length

from plugin.customers.service import ContactDetails
from plugin.domain import LANGUAGES, Role
from plugin.mail import is_mail_address
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import EMAIL_LENGTH, NAME_LENGTH, TIME_ZONE_LENGTH
from plugin.web.lines import no_control_characters, one_clean_line

ROLES = [
    SelectChoice(Role.SPONSOR, _l("Sponsor")),
    SelectChoice(Role.KEY_USER, _l("Key user")),
    SelectChoice(Role.USER, _l("User")),
]


_ACCOUNT_ID = re.compile(r"[A-Za-z0-9:._-]{1,128}")


@cache
def countries(language: str) -> list[SelectChoice]:
    """Countries whose holidays we know, by their names in the language."""
    from holidays import list_supported_countries  # noqa: PLC0415 - 10 MB that a process that takes webhooks never needs

    names = Locale(language).territories
    known = [
        SelectChoice(code, names[code]) for code in list_supported_countries(include_aliases=False) if code in names
    ]
    return [SelectChoice("", _l("Not known")), *sorted(known, key=lambda choice: str(choice.label))]


def account_id_of(text: str | None) -> str:
    """The account id itself, also where the address of the person's profile was pasted."""
    return one_clean_line(text).partition("/people/")[2].partition("?")[0].strip("/") or one_clean_line(text)


class CustomerForm(Form):
    name = StringField(
        _l("Customer"),
        [DataRequired(_l("Enter the customer’s name.")), Length(max=NAME_LENGTH), no_control_characters],
        [one_clean_line],
    )


class ContactForm(Form):
    name = StringField(
        _l("Name"),
        [DataRequired(_l("Enter the contact’s name.")), Length(max=NAME_LENGTH), no_control_characters],
        [one_clean_line],
    )
    email = EmailField(_l("E-mail"), [Length(max=EMAIL_LENGTH)], [one_clean_line])
    role = SelectField(_l("Role"), choices=ROLES, default=Role.USER)
    language = SelectField(
        _l("Language"), choices=[SelectChoice(*language) for language in LANGUAGES.items()], default="en"
    )
    time_zone = StringField(
        _l("Time zone"),
        [DataRequired(_l("Enter a time zone, such as Europe/Berlin.")), Length(max=TIME_ZONE_LENGTH)],
        [one_clean_line],
        default="UTC",
    )
    country = SelectField(_l("Country"), default="")
    account_id = StringField(_l("Jira account, if they have one"), filters=[account_id_of])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country.choices = countries(page_language())

    def validate_account_id(self, field: StringField) -> None:
        if field.data and not _ACCOUNT_ID.fullmatch(field.data):
            raise ValidationError(_("This is no account. Paste the address of the person’s profile in Jira."))

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
            country=self.country.data or "",
            account_id=self.account_id.data or "",
        )


class ConsentForm(Form):
    note = TextAreaField(
        _l("What did the person say, and when?"),
        [DataRequired(_l("Write down what the person said, and when.")), Length(max=500), no_control_characters],
        [one_clean_line],
    )
