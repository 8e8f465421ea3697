"""What people may enter about a lesson, and about one that is offered."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Form, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional

from connect import Project
from plugin.activities.forms import KINDS
from plugin.activities.ledger import Kind
from plugin.checkpoints.service import CheckpointDetails
from plugin.domain import Customer
from plugin.lessons.matching import Phase
from plugin.lessons.service import LessonDetails
from plugin.questionnaires import library
from plugin.web.languages import gettext as _
from plugin.web.languages import page_language
from plugin.web.limits import LINE_LENGTH, TEXT_LENGTH, row_id
from plugin.web.lines import no_control_characters, one_clean_line, storable, tidy

PHASES = [
    SelectChoice(Phase.ANY, _l("At any time")),
    SelectChoice(Phase.START, _l("At the start")),
    SelectChoice(Phase.DELIVERY, _l("While delivering")),
    SelectChoice(Phase.CLOSE, _l("At the end")),
]
_LINE = [Length(max=LINE_LENGTH), no_control_characters]
LOW_SCORE, EXPIRES_AFTER_DAYS = 2, 14


class LessonForm(Form):
    situation = TextAreaField(_l("In which situation"), [InputRequired(_l("Say when it applies.")), Length(max=TEXT_LENGTH), storable], [tidy])  # fmt: skip
    advice = TextAreaField(_l("What to do"), [InputRequired(_l("Say what to do.")), Length(max=TEXT_LENGTH), storable], [tidy])  # fmt: skip
    phase = SelectField(_l("When"), choices=PHASES, default=Phase.ANY)
    checkpoint = StringField(_l("At which checkpoint or status"), _LINE, [one_clean_line])
    service_point = StringField(_l("At which service point"), _LINE, [one_clean_line])
    customer_id = SelectField(_l("With which customer"), default="")
    shared = BooleanField(_l("Offer it to other projects of this site"), default=True)

    def offer(self, customers: Iterable[Customer]) -> None:
        self.customer_id.choices = [
            SelectChoice("", _("With any customer")),
            *(SelectChoice(str(customer.id), customer.name) for customer in customers),
        ]

    def details(self) -> LessonDetails:
        return LessonDetails(
            situation=self.situation.data or "",
            advice=self.advice.data or "",
            phase=Phase(self.phase.data),
            checkpoint=self.checkpoint.data or "",
            service_point=self.service_point.data or "",
            customer_id=row_id(self.customer_id.data or ""),
            shared=self.shared.data,
        )


class ActivityOfferForm(Form):
    kind = SelectField(_l("Kind"), choices=KINDS, default=Kind.EXPECTATION)
    planned_on = DateField(_l("Planned for"), [Optional()])


class CheckpointOfferForm(Form):
    to_status_id = SelectField(_l("When an issue goes to"))
    template = SelectField(_l("Ask its customer"), default="delivery")

    def offer(self, project: Project) -> None:
        self.to_status_id.choices = [SelectChoice(status.id, status.name) for status in project.statuses]
        self.template.choices = [
            SelectChoice(key, name) for key, name in library.template_names(page_language()).items()
        ]

    def details(self, project: Project) -> CheckpointDetails:
        name = next(status.name for status in project.statuses if status.id == self.to_status_id.data)
        return CheckpointDetails(
            name, (), (), self.to_status_id.data, self.template.data, LOW_SCORE, EXPIRES_AFTER_DAYS
        )


class DeclineForm(Form):
    reason = StringField(_l("Why not"), [InputRequired(_l("Say why it does not fit here: the next reader learns from it.")), *_LINE], [one_clean_line])  # fmt: skip
