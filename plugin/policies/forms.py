"""What a Jira admin may enter about how the site asks."""

from __future__ import annotations

import re

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, IntegerField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange

from plugin.asking import AskPolicy
from plugin.web.languages import gettext as _

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,63}")
MOST_DOMAINS = 100


def _number(label: str, lowest: int, highest: int) -> IntegerField:
    words = _l("Enter a number from %(lowest)s to %(highest)s.", lowest=lowest, highest=highest)
    return IntegerField(label, [InputRequired(words), NumberRange(lowest, highest, words)])


def domains_of(text: str) -> tuple[str, ...]:
    """One on each line, or parted by commas or blanks; an @ in front is forgiven."""
    return tuple(dict.fromkeys(part.lower().lstrip("@").strip(".") for part in re.split(r"[\s,;]+", text) if part))


class PolicyForm(Form):
    quiet_days = _number(_l("Days of quiet after an ask"), 0, 365)
    asks_per_quarter = _number(_l("Most asks in 90 days"), 1, 90)
    sending_from_hour = _number(_l("Mail leaves from (hour)"), 0, 23)
    sending_until_hour = _number(_l("until (hour)"), 1, 24)
    working_days_only = BooleanField(_l("On working days only"))
    internal_domains = TextAreaField(_l("Mail domains that are our own"), [Length(max=5000)])
    oldest_event_days = _number(_l("Oldest change to ask about, in days"), 1, 90)
    storm_cap = _number(_l("Most asks of one checkpoint in an hour"), 1, 10_000)

    @classmethod
    def of(cls, policy: AskPolicy) -> PolicyForm:
        values = {name: getattr(policy, name) for name in AskPolicy.__dataclass_fields__}
        return cls(data=values | {"internal_domains": "\n".join(policy.internal_domains)})

    def validate_sending_until_hour(self, field: IntegerField) -> None:
        first = self.sending_from_hour.data
        if field.data is not None and first is not None and field.data <= first:
            raise ValidationError(_("This must be later than the hour from which mail leaves."))

    def validate_internal_domains(self, field: TextAreaField) -> None:
        found = domains_of(field.data or "")
        wrong = [domain for domain in found if not _DOMAIN.fullmatch(domain)]
        if wrong:
            raise ValidationError(_("%(domain)s is no domain. It should look like acme.example.", domain=wrong[0][:80]))
        if len(found) > MOST_DOMAINS:
            raise ValidationError(_("These are more than %(most)s domains.", most=MOST_DOMAINS))

    def policy(self) -> AskPolicy:
        values = {name: self[name].data for name in AskPolicy.__dataclass_fields__}
        return AskPolicy(**{**values, "internal_domains": domains_of(self.internal_domains.data or "")})
