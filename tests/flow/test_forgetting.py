"""What must be forgotten is gone: links at once, and each word of a person or a site from wherever it was kept."""

from __future__ import annotations

import pytest
import requests
import sqlalchemy as sa

from plugin.invitations.store import invitation
from plugin.privacy import service as privacy
from tests import canaries
from tests.canaries import found, stored_bytes
from tests.conformance.cases import case
from tests.devhost import lifecycle
from tests.flow.cast import (
    add_checkpoint,
    add_contact,
    add_customer,
    answer,
    ask_at_any_hour,
    move,
    project_id,
    survey_link,
)
from tests.running import Rapport


@pytest.fixture
def asked(rapport: Rapport) -> Rapport:
    """Greta has been asked about DEMO-7."""
    add_checkpoint(rapport, "In review", name=canaries.CHECKPOINT)
    add_contact(rapport, add_customer(rapport, canaries.CUSTOMER), canaries.NAME, canaries.EMAIL)
    rapport.site.edit_issue("DEMO-7", rapport.account("Tom Team"), summary=canaries.SUMMARY)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return rapport


@pytest.fixture
def answered(asked: Rapport) -> Rapport:
    assert answer(link_of(asked), 4, canaries.COMMENT).status_code == 200
    asked.settle()
    return asked


def link_of(rapport: Rapport) -> str:
    return survey_link(rapport.mails_to(canaries.EMAIL)[0])


def sealed_tokens(rapport: Rapport) -> list[str]:
    tenant_id = rapport.tenant_id()
    with rapport.ports.database.reading(tenant_id) as tx:
        rows = tx.execute(sa.select(invitation.c.sealed_token).where(invitation.c.tenant_id == tenant_id))
        return list(rows.scalars())


def test_the_purge_of_a_site_leaves_not_a_word_of_it(answered: Rapport) -> None:
    stored = stored_bytes(answered.settings.database_url)
    assert found([*canaries.ALL, answered.site.client_key], stored) == [*canaries.ALL, answered.site.client_key]
    lifecycle.uninstall(answered.site, answered.jira.keys)
    answered.clock.advance(days=31)
    answered.settle()
    stored = stored_bytes(answered.settings.database_url)
    assert found([*canaries.ALL, answered.site.client_key, "DEMO-7"], stored) == []


def test_links_die_with_the_uninstall_and_stay_dead_when_the_site_comes_back(asked: Rapport) -> None:
    link = link_of(asked)
    lifecycle.uninstall(asked.site, asked.jira.keys)
    gone = requests.get(link, timeout=60)
    assert gone.status_code == 410
    assert found(canaries.ALL, gone.content) == []
    asked.clock.advance(seconds=2)  # a token of the same second would be the same token, which is a replay
    asked.jira.install()
    assert requests.get(link, timeout=60).status_code == 410


@case("P07")
def test_an_erased_person_is_gone_and_the_score_stays(answered: Rapport) -> None:
    erased = privacy.erase_contact(
        answered.ports.database, answered.tenant_id(), canaries.EMAIL.upper(), answered.clock()
    )
    assert (erased.contacts, erased.comments) == (1, 1)
    assert found(canaries.PERSON, stored_bytes(answered.settings.database_url)) == []
    panel = answered.page(f"/issues/{answered.site.issue('DEMO-7').id}/panel", "Pia Lead")
    assert "4<small>/5</small>" in panel.text
    page = answered.page(f"/projects/{project_id(answered)}/post-mortem", "Pia Lead")
    assert "n = 1" in page.text
    link = requests.get(link_of(answered), timeout=60)
    assert link.status_code == 410
    assert found(canaries.ALL, link.content) == []


def test_an_erased_person_is_not_mailed_any_more(asked: Rapport) -> None:
    asked.jira.mailbox.clear()
    asked.jira.mailbox.refuse[canaries.EMAIL] = 451
    move(asked, "DEMO-7", "In Progress")
    move(asked, "DEMO-7", "In review")
    asked.settle()
    asked.jira.mailbox.refuse.clear()
    privacy.erase_contact(asked.ports.database, asked.tenant_id(), canaries.EMAIL, asked.clock())
    asked.clock.advance(hours=1)
    asked.settle()
    assert asked.jira.mailbox.messages == []
    assert found(canaries.PERSON, stored_bytes(asked.settings.database_url)) == []
    assert asked.call("GET", f"/projects/{project_id(asked)}/log", "Pia Lead").status_code == 200


def test_words_of_the_mail_server_about_a_person_are_erased_too(asked: Rapport) -> None:
    database, tenant_id = asked.ports.database, asked.tenant_id()
    with database.transaction(tenant_id) as tx:
        quoting = {"failure": f"550 no {canaries.EMAIL} here", "failed_at": asked.clock(), "sent_at": None}
        tx.execute(sa.update(invitation).where(invitation.c.tenant_id == tenant_id).values(**quoting))
    privacy.erase_contact(database, tenant_id, canaries.EMAIL, asked.clock())
    assert found(canaries.PERSON, stored_bytes(asked.settings.database_url)) == []


def test_wishes_that_were_noted_down_are_forgotten_with_the_person(asked: Rapport) -> None:
    path = f"/projects/{project_id(asked)}/contacts/1/consent/no"
    assert asked.call("POST", path, "Pia Lead", note=f"{canaries.NAME} called Pia.").status_code == 200
    privacy.erase_contact(asked.ports.database, asked.tenant_id(), canaries.EMAIL, asked.clock())
    assert found(canaries.PERSON, stored_bytes(asked.settings.database_url)) == []


def test_a_jira_user_who_is_a_contact_too_or_sets_things_is_erased_by_account(asked: Rapport) -> None:
    pia, ada = asked.account("Pia Lead"), asked.account("Ada Admin")
    ask_at_any_hour(asked)
    customer = add_customer(asked, canaries.CUSTOMER)
    add_contact(asked, customer, "Pia Lead", "pia@acme.example", account_id=f"https://acme.example/people/{pia}?x=1")
    path = f"/projects/{project_id(asked)}/contacts/1/consent/no"
    assert asked.call("POST", path, "Pia Lead", note="On the phone.").status_code == 200
    for account in (pia, ada):
        assert found([account], stored_bytes(asked.settings.database_url)) == [account]
        privacy.erase_account(asked.ports.database, asked.tenant_id(), account)
        assert found([account], stored_bytes(asked.settings.database_url)) == []


def test_a_jira_user_is_erased_by_account(answered: Rapport) -> None:
    tom = answered.account("Tom Team")
    assert found([tom], stored_bytes(answered.settings.database_url)) == [tom]
    erased = privacy.erase_account(answered.ports.database, answered.tenant_id(), tom)
    assert erased.events == 2  # moved the issue, and it was assigned to him
    assert found([tom], stored_bytes(answered.settings.database_url)) == []
    assert answered.call("GET", f"/projects/{project_id(answered)}/log", "Pia Lead").status_code == 200


def test_erasing_touches_one_site_only(two_sites: Rapport) -> None:
    for site in two_sites.jira.sites:
        add_contact(two_sites, add_customer(two_sites, canaries.CUSTOMER, site), canaries.NAME, canaries.EMAIL, site)
    privacy.erase_contact(two_sites.ports.database, two_sites.tenant_id(), canaries.EMAIL, two_sites.clock())
    ours, theirs = (
        two_sites.call("GET", f"/projects/{project_id(two_sites, site=site)}/customers", "Pia Lead", site).text
        for site in two_sites.jira.sites
    )
    assert canaries.EMAIL not in ours
    assert canaries.EMAIL in theirs


@pytest.fixture
def waiting(rapport: Rapport) -> Rapport:
    """A mail is on its way and the mail server says later: its link rests sealed."""
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, canaries.CUSTOMER), canaries.NAME, canaries.EMAIL)
    rapport.jira.mailbox.refuse[canaries.EMAIL] = 451
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert all(sealed_tokens(rapport))
    return rapport


def test_the_link_of_a_mail_that_is_given_up_is_forgotten(waiting: Rapport) -> None:
    for _ in range(20):
        waiting.clock.advance(hours=7)
        waiting.settle()
    assert sealed_tokens(waiting) == [""]
    waiting.jira.mailbox.refuse.clear()
    assert waiting.call("POST", f"/administration/jobs/{dead_job(waiting)}/run", "Ada Admin").status_code == 200
    waiting.settle()
    assert requests.get(link_of(waiting), timeout=60).status_code == 200


def dead_job(rapport: Rapport) -> int:
    with rapport.ports.database.system_reading() as connection:
        return int(connection.exec_driver_sql("SELECT id FROM job WHERE state = 'dead'").scalar_one())


def test_the_link_of_a_mail_that_never_left_in_time_is_forgotten(waiting: Rapport) -> None:
    waiting.clock.advance(days=15)
    waiting.settle()
    assert sealed_tokens(waiting) == [""]


def test_the_link_of_a_waiting_mail_is_forgotten_with_the_uninstall(waiting: Rapport) -> None:
    lifecycle.uninstall(waiting.site, waiting.jira.keys)
    with waiting.ports.database.reading(1) as tx:
        mine = invitation.c.tenant_id == 1
        assert list(tx.execute(sa.select(invitation.c.sealed_token).where(mine)).scalars()) == [""]
