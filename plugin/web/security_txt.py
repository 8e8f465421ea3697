"""/.well-known/security.txt (RFC 9116): where to tell whoever runs this Rapport of a weakness."""

from __future__ import annotations

from datetime import datetime, time, timedelta

GOOD_FOR = timedelta(days=180)
_WITHOUT_CONTACT = """\
# Whoever runs this server has not named a contact of their own.
# Weaknesses of Rapport itself: please open a private security advisory in Rapport's repository, as its SECURITY.md says.
"""


def security_txt(base_url: str, contact: str, now: datetime) -> str:
    """`contact` is a mailto: or https: address, "" where there is none; aware UTC. Changes once a day."""
    until = datetime.combine((now + GOOD_FOR).date(), time(), now.tzinfo).isoformat().replace("+00:00", "Z")
    first = f"Contact: {contact}\n" if contact else _WITHOUT_CONTACT
    return f"{first}Expires: {until}\nPreferred-Languages: en\nCanonical: {base_url}/.well-known/security.txt\n"
