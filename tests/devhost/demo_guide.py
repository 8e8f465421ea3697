"""What `make demo` says: where everything is, and what to click to see an issue move and a customer answer."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

PLACES = (
    ("Board", "/boards/DEMO", "Tom Team", "works in the project"),
    ("Issue DEMO-7", "/browse/DEMO-7", "Tom Team", ""),
    ("Project settings", "/projects/DEMO/settings/apps/rapport-jira/project-settings", "Pia Lead", "administers DEMO"),
    ("Post-mortem", "/plugins/servlet/ac/rapport-jira/post-mortem?project.key=DEMO", "Pia Lead", ""),
    ("Mailbox", "/mailbox", "Pia Lead", "what customers get"),
    ("Administration", "/plugins/servlet/ac/rapport-jira/administration", "Ada Admin", "administers Jira"),
    ("Manage apps", "/admin/apps", "Ada Admin", ""),
    ("Second project", "/boards/OPS", "Olga Ops", "administers OPS"),
)

WORDS = """
Rapport runs beside a local stand-in for Jira. Nothing leaves this computer.

Each address signs you in as the person beside it; the menu at the top right changes that.

{places}

Live the story by hand:
  1. Board: move DEMO-7 to In review, with “Move to” on its card or by drag and drop.
  2. Mailbox: open the new mail to Greta Probe, tap 4. On the page that opens, write a word and send.
  3. Issue DEMO-7: score 4 and state answered, in the fields and in the panel “Customer satisfaction”.
  4. All issues, in the menu on the left: search for  "Satisfaction score" >= 4
  5. Post-mortem: who was asked, who answered, who stayed silent, and what they said.
Then look at Project settings, Rapport: checkpoints, customers, and the log of who was asked and why not.
Rapport speaks the language of each person's Jira: change it at the foot of the menu on the left.
On this site a person is left alone for 14 days after an ask, and mail leaves at any hour: Administration, Asking.

The app's own words are in {log}. Ctrl-C ends everything.
"""


def guide(base_url: str, log: Path) -> str:
    """The whole text; every address answers."""
    lines = []
    for name, path, person, about in PLACES:
        address = f"{base_url}{path}{'&' if '?' in path else '?'}{urlencode({'as': person})}"
        lines += [f"  {name:<17} {person}{', ' + about if about else ''}", f"  {'':<17} {address}"]
    return WORDS.format(places="\n".join(lines), log=log)
