"""One line of text from a person: trimmed, and without characters that no screen shows and no database keeps."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import Form, StringField, ValidationError


def one_clean_line(text: str | None) -> str:
    return " ".join((text or "").split())


def no_control_characters(_form: Form, field: StringField) -> None:
    if field.data and any(ord(char) < 32 or ord(char) == 127 for char in field.data):
        raise ValidationError(_l("Please remove line breaks and other invisible characters."))


def tidy(text: str | None) -> str:
    """Several lines: one character for each break, which is how browsers count them for `maxlength`."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def storable(_form: Form, field: StringField) -> None:
    if field.data and "\x00" in field.data:
        raise ValidationError(
            _l("Please type your text again: it contains an invisible character that we cannot keep.")
        )
