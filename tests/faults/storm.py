"""A bulk change of 10,000 issues, each of another customer: how many are asked, and how often Jira is called."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from plugin.asking import AskPolicy
from tests.databases import fresh_database
from tests.plugin.asking import Clock, an_app
from tests.plugin.invitations.site import Site

CAP = 50
MOST_CALLS = 300


def run(issues: int) -> dict[str, int]:
    """Counts: mails in the first days, mails twice, asks held, and calls of Jira."""
    with TemporaryDirectory() as folder, fresh_database("sqlite", Path(folder)) as url:
        app = an_app(url, Clock())
        with closing(app.extensions["rapport"].database):
            site = Site(app, AskPolicy(storm_cap=CAP))
            site.jira.email_of_lead = "pia@acme.example"
            site.add_checkpoint(reminders=0)
            for number in range(issues):
                site.add_customer_of_issue(number)
            for number in range(issues):
                site.move(number)
            site.work()
            site.pass_time(days=3)
            surveys = [sent for sent in site.mails.sent if "storm" not in sent.mail.message_id]
            twice = len(surveys) - len({sent.address for sent in surveys})
            told = len(site.mails.sent) - len(surveys)
            return {
                "issues": issues,
                "asked": len(surveys),
                "asked_twice": twice,
                "held": sum(site.held().values()),
                "lead_told": told,
                "jira_calls": site.jira.calls,
            }


if __name__ == "__main__":
    found = run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    print(json.dumps(found))
    assert found["asked"] <= CAP
    assert found["asked_twice"] == 0
    assert found["held"] == found["issues"] - found["asked"]
    assert found["lead_told"] == 1
    assert found["jira_calls"] <= MOST_CALLS
