"""A trial run of the past says what would really have happened: the same months, once lived and once tried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from plugin.asking import AskPolicy
from plugin.checkpoints import service as checkpoints
from plugin.customers import service as customers
from plugin.customers.consent import ConsentWay
from plugin.history import service as history
from plugin.invitations import service as invitations
from plugin.jobs import service as jobs
from plugin.policies import service as policies
from plugin.suggestions import trials
from plugin.suggestions.trial import Verdict
from plugin.transitions import service as transitions
from plugin.transitions import sweeping
from tests.databases import ENGINES, fresh_database
from tests.flow.cast import add_checkpoint, add_contact, add_customer, project_id
from tests.running import Rapport, running

DAYS = 80
MOVES = 60
PEOPLE = {
    "Greta Probe": {"email": "greta@nordlicht.example", "role": "sponsor"},
    "Hannes Muster": {"email": "hannes@nordlicht.example", "role": "key_user", "time_zone": "America/Bogota"},
    "Lena Beispiel": {"email": "lena@nordlicht.example"},
    "Tom at the customer": {"email": "tom@nordlicht.example"},  # who is Tom Team in Jira
    "Ina Innen": {"email": "ina@sub.inside.example"},
    "Otto Ohne": {"email": ""},
}


@dataclass(frozen=True, order=True)
class Outcome:
    """What became of one person at one change, the same in a trial and in earnest."""

    happened_at: datetime
    issue_key: str
    checkpoint: str
    who: str
    reason: str
    asked_on: date | None
    free_on: date | None


@pytest.fixture(params=ENGINES)
def worlds(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Rapport, Rapport]]:
    """Two Rapports with the same people, issues and numbers. Webhooks tell them all, so they sweep once a month."""
    monkeypatch.setattr(sweeping, "EVERY", timedelta(days=30))
    for name in ("lived", "tried"):
        (tmp_path / name).mkdir()
    with (
        fresh_database(request.param, tmp_path / "lived") as one,
        fresh_database(request.param, tmp_path / "tried") as other,
        running(one) as lived,
        running(other) as tried,
    ):
        yield lived, tried


def test_a_trial_run_and_the_real_thing_agree_person_by_person(worlds: tuple[Rapport, Rapport]) -> None:
    """One lives through eighty days with its checkpoints on. In the other the same happens, and then it tries."""
    lived, tried = worlds
    for rapport in worlds:
        set_up(rapport)
    add_checkpoints(lived)
    live_through(worlds)
    add_checkpoints(tried)
    really, in_trial = outcomes(lived), trial(tried)
    assert [each for each in really if each not in in_trial] == [each for each in in_trial if each not in really]
    assert really == in_trial
    assert {outcome.reason for outcome in really} == {
        "", "quiet_period", "asked_for_issue", "made_the_change", "opted_out", "internal", "not_drawn", "no_address",
        "address_hidden", "not_a_contact", "nobody_in_field", "budget",
    }  # fmt: skip


def set_up(rapport: Rapport) -> None:
    """People of every sort, and fields of Jira's in which some of them stand."""
    site, tom = rapport.site, rapport.account("Tom Team")
    policy = AskPolicy(quiet_days=9, asks_per_quarter=5, internal_domains=("inside.example",))
    with rapport.ports.database.transaction(rapport.tenant_id()) as tx:
        policies.change(tx, policy, "", rapport.clock())
    nordlicht = add_customer(rapport, "Nordlicht")
    for name, more in PEOPLE.items():
        account = {"account_id": tom} if name.startswith("Tom") else {}
        add_contact(rapport, nordlicht, name, **{"role": "user", **more, **account})
    opt_out(rapport, "Lena Beispiel")
    site.add_user("Carla Customer", "carla@nordlicht.example", account_type="customer", email_visible=True)
    site.add_user("Hidden Customer", "hidden@nordlicht.example", account_type="customer")
    site.add_user("Vera Visible", "vera@jira.example", email_visible=True)
    participants = site.add_people_field("Participants", "com.atlassian.servicedesk:sd-request-participants", many=True)
    buyer = site.add_people_field("Buyer", "com.atlassian.jira.plugin.system.customfieldtypes:userpicker")
    taking_part = [("Carla Customer", "Hidden Customer"), ("Vera Visible", "Carla Customer"), ()]
    for number in range(1, 13):
        accounts = [rapport.account(name) for name in taking_part[number % len(taking_part)]]
        site.set_people(f"DEMO-{number}", participants.id, accounts, tom)
        site.set_people(f"DEMO-{number}", buyer.id, [tom], tom)


def opt_out(rapport: Rapport, name: str) -> None:
    with rapport.ports.database.transaction(rapport.tenant_id()) as tx:
        contacts = [each for entry in customers.register(tx, project_id(rapport)) for each in entry.contacts]
        contact = next(each for each in contacts if each.name == name)
        customers.change_consent(tx, contact.id, False, ConsentWay.LINK, rapport.clock())


def add_checkpoints(rapport: Rapport) -> None:
    """One of each kind."""
    participants, buyer = rapport.site.people_fields
    add_checkpoint(rapport, "In review", ["Story"], name="Review", delay_hours=5)
    add_checkpoint(rapport, "Done", name="Done", repeat="once_per_issue", direction="forward", audience_roles=["user", "key_user"])  # fmt: skip
    add_checkpoint(rapport, "In Progress", name="Back", direction="back", audience_roles=["sponsor"])
    add_checkpoint(rapport, "Done", name="Bugs", condition="type = Bug OR key = DEMO-1", template="incident")
    add_checkpoint(rapport, "In review", name="Participants", audience_field=participants, template="review")
    add_checkpoint(rapport, "Done", name="Buyer", audience_field=buyer, sample_percent=40, template="acceptance")


def live_through(worlds: tuple[Rapport, Rapport]) -> None:
    """The same random moves at the same random times in both; all that falls due meanwhile is done when it does."""
    dice = random.Random(20261122)
    begun = worlds[0].clock() + timedelta(minutes=1)
    for moment in sorted(begun + timedelta(minutes=dice.randrange(DAYS * 24 * 60)) for _ in range(MOVES)):
        key, who = f"DEMO-{dice.randint(1, 12)}", dice.choice(["Tom Team", "Pia Lead"])
        issue = worlds[0].site.issue(key)
        step = dice.choice([each for each in worlds[0].site.transitions_for(issue) if each.to_id != issue.status_id])
        for rapport in worlds:
            work_until(rapport, moment)
            with rapport.site.frozen_at(moment):
                rapport.site.transition(key, step.id, rapport.account(who))
            rapport.settle()
    for rapport in worlds:
        work_until(rapport, begun + timedelta(days=DAYS))


def work_until(rapport: Rapport, moment: datetime) -> None:
    while (due_at := jobs.next_due_at(rapport.ports.database)) is not None and due_at <= moment:
        rapport.clock.ahead += max(due_at - rapport.clock(), timedelta())
        rapport.settle()
    rapport.clock.ahead += max(moment - rapport.clock(), timedelta())


def outcomes(rapport: Rapport) -> list[Outcome]:
    """What was really decided."""
    with rapport.ports.database.reading(rapport.tenant_id()) as tx:
        events = {each.id: each for each in transitions.list_of_project(tx, project_id(rapport), 1000)}
        asks, skips = invitations.list_of_events(tx, events)
        people = customers.list_contacts_by_id(tx, {each.contact_id for each in (*asks, *skips) if each.contact_id})
        rules = checkpoints.list_by_id(tx, {each.checkpoint_id for each in (*asks, *skips)})
    about = [(events[each.event_id].happened_at, each.issue_key, rules[each.checkpoint_id].name) for each in asks]
    asked = [
        Outcome(*what, people[ask.contact_id].name, "", ask.due_at.date(), None)
        for what, ask in zip(about, asks, strict=True)
    ]
    not_asked = [
        Outcome(
            events[skip.event_id].happened_at,
            skip.issue_key,
            rules[skip.checkpoint_id].name,
            people[skip.contact_id].name if skip.contact_id else skip.account_id,
            skip.reason,
            None,
            skip.free_on,
        )
        for skip in skips
    ]
    return sorted([*asked, *not_asked], key=repr)


def trial(rapport: Rapport) -> list[Outcome]:
    """What would have been decided, had the checkpoints been on."""
    tenant_id, project = rapport.tenant_id(), project_id(rapport)
    with rapport.ports.database.transaction(tenant_id) as tx:
        history.begin(tx, project, rapport.clock())
    rapport.settle()
    with rapport.ports.database.reading(tenant_id) as tx:
        reading, rules = history.known(tx, project).complete, checkpoints.list_of_project(tx, project)
        workflow = checkpoints.find_workflow(tx, project)
    assert reading is not None
    assert workflow is not None
    jira = rapport.ports.jira(rapport.ports.tenants.get_tenant(tenant_id))
    material = trials.gather(rapport.ports.database, tenant_id, jira, reading, workflow, rules)
    with rapport.ports.database.reading(tenant_id) as tx:
        found = list(trials.verdicts(tx, material, rapport.clock()))
        cut_short = trials.run(tx, material, rapport.clock(), most=5)
    assert cut_short.stopped_at == found[5].occurrence.trigger.happened_at
    assert sum(each.asked + each.not_asked for each in (*cut_short.people, cut_short.gaps)) == 5
    return sorted(map(outcome_of, found), key=repr)


def outcome_of(verdict: Verdict) -> Outcome:
    return Outcome(
        verdict.occurrence.trigger.happened_at,
        verdict.occurrence.issue_key,
        verdict.checkpoint.name,
        verdict.contact.name if verdict.contact else verdict.account_id,
        verdict.reason or "",
        verdict.ask_at.date() if verdict.reason is None and verdict.ask_at else None,
        verdict.free_on,
    )
