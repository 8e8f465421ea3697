"""What a team member may enter about a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, ValidationError

from plugin.conversations.service import Heard
from plugin.conversations.store import Channel
from plugin.domain import Contact, Role
from plugin.questionnaires import library
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import TEXT_LENGTH
from plugin.web.lines import storable, tidy

ROLES = [
    SelectChoice(Role.SPONSOR, _l("A sponsor")),
    SelectChoice(Role.KEY_USER, _l("A key user")),
    SelectChoice(Role.USER, _l("A user")),
]
CHANNELS = [SelectChoice(Channel.PHONE, _l("By phone")), SelectChoice(Channel.MEETING, _l("In a meeting"))]


class ConversationForm(Form):
    """`speaker` is a role, or the id of a contact where the reader may see names."""

    speaker = SelectField(_l("Who said it"), [InputRequired(_l("Choose who said it."))])
    channel = SelectField(_l("How you heard it"), choices=CHANNELS)
    score = SelectField(_l("Score, if one was named"))
    words = TextAreaField(_l("What was said"), [Length(max=TEXT_LENGTH), storable], [tidy])

    @classmethod
    def offering(cls, contacts: Sequence[Contact], sent: Any = None) -> ConversationForm:
        form = cls(sent)
        form.speaker.choices = [*(SelectChoice(str(contact.id), contact.name) for contact in contacts), *ROLES]
        named = enumerate(library.scale_words(page_language()), 1)
        form.score.choices = [SelectChoice("", _l("None")), *(SelectChoice(str(n), f"{n} {word}") for n, word in named)]
        return form

    def validate_words(self, field: TextAreaField) -> None:
        if not field.data and not self.score.data:
            raise ValidationError(_("Enter what was said, or choose a score."))

    def heard(self) -> Heard:
        contact_id = int(self.speaker.data) if self.speaker.data.isdecimal() else None
        return Heard(
            contact_id=contact_id,
            role=Role(self.speaker.data) if contact_id is None else Role.USER,
            channel=Channel(self.channel.data),
            score=int(self.score.data) if self.score.data else None,
            words=self.words.data or "",
        )
