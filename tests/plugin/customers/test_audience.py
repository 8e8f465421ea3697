"""Whom a checkpoint would ask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connect import User
from plugin.customers.audience import (
    contact_of,
    customer_of_issue,
    new_contact,
    of_contacts,
    reason_not_to_ask,
    reason_not_to_welcome,
)
from plugin.domain import Contact, Customer, Role, SkipReason
from tests.plugin.asking import NOW, a_contact

NORDLICHT, SUEDWIND = Customer(1, "Nordlicht"), Customer(2, "Südwind")
SPONSOR = a_contact()
KEY_USER = replace(SPONSOR, id=8, name="Hannes", role=Role.KEY_USER)
USER = replace(SPONSOR, id=9, name="Lena", role=Role.USER)
CARLA = User("712020:carla", "Carla", None, "Europe/Vienna", "Carla@Nordlicht.example", "customer")


@pytest.mark.parametrize(
    ("chosen", "of_project", "expected"),
    [
        (NORDLICHT, [NORDLICHT, SUEDWIND], NORDLICHT),
        (None, [SUEDWIND], SUEDWIND),
        (None, [], SkipReason.NO_CUSTOMER),
        (None, [NORDLICHT, SUEDWIND], SkipReason.CUSTOMER_NOT_CHOSEN),
    ],
)
def test_whose_an_issue_is(
    chosen: Customer | None, of_project: list[Customer], expected: Customer | SkipReason
) -> None:
    assert customer_of_issue(chosen, of_project) == expected


@pytest.mark.parametrize(
    ("contacts", "roles", "expected"),
    [
        ([SPONSOR, KEY_USER, USER], (), [SPONSOR, KEY_USER, USER]),
        ([SPONSOR, KEY_USER, USER], (Role.SPONSOR, Role.USER), [SPONSOR, USER]),
        ([USER], (Role.SPONSOR,), SkipReason.NO_CONTACT_OF_ROLE),
        ([], (), SkipReason.NO_CONTACT),
        ([], (Role.SPONSOR,), SkipReason.NO_CONTACT),
    ],
)
def test_roles_choose_among_the_contacts(
    contacts: list[Contact], roles: tuple[Role, ...], expected: list[Contact] | SkipReason
) -> None:
    audience = of_contacts(contacts, roles)
    if isinstance(expected, SkipReason):
        assert (audience.gap, audience.contacts) == (expected, ())
    else:
        assert audience.gap is None
        assert [contact for contact, _reason in audience.contacts] == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"email": ""}, SkipReason.NO_ADDRESS),
        ({"refused_at": NOW}, SkipReason.ADDRESS_REFUSED),
        ({"opted_out_at": NOW}, SkipReason.OPTED_OUT),
        ({"opted_out_at": NOW, "email": ""}, SkipReason.OPTED_OUT),
        ({"removed_at": NOW, "opted_out_at": NOW}, SkipReason.CONTACT_REMOVED),
    ],
)
def test_why_a_contact_is_left_out(change: dict[str, object], expected: SkipReason | None) -> None:
    assert reason_not_to_ask(replace(SPONSOR, **change)) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"email": ""}, {"refused_at": NOW}])
def test_a_comment_takes_no_address(change: dict[str, object]) -> None:
    contact = replace(SPONSOR, **change)  # type: ignore[arg-type]
    assert reason_not_to_ask(contact, by_comment=True) is None
    assert reason_not_to_ask(replace(contact, opted_out_at=NOW), by_comment=True) is SkipReason.OPTED_OUT


def test_a_user_of_jira_is_the_contact_with_that_account() -> None:
    by_account = replace(USER, account_id=CARLA.account_id, email="")
    by_address = replace(SPONSOR, email="carla@nordlicht.example")
    assert contact_of(CARLA, [by_address, by_account]) == by_account


def test_a_user_who_shows_the_address_is_the_contact_with_that_address_whose_account_is_noted() -> None:
    contact = replace(SPONSOR, email="carla@nordlicht.example")
    assert contact_of(CARLA, [USER, contact]) == replace(contact, account_id=CARLA.account_id)


def test_a_user_who_hides_the_address_is_nobody_we_know() -> None:
    assert contact_of(replace(CARLA, email=""), [replace(SPONSOR, email="")]) is None


def test_of_two_contacts_the_one_who_was_not_removed_counts() -> None:
    removed = replace(SPONSOR, id=3, account_id=CARLA.account_id, removed_at=NOW)
    present = replace(SPONSOR, id=4, account_id=CARLA.account_id)
    assert contact_of(CARLA, [removed, present]) == present
    assert contact_of(CARLA, [removed]) == removed


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"email": ""}, SkipReason.ADDRESS_HIDDEN),
        ({"account_type": "atlassian"}, SkipReason.NOT_A_CONTACT),
        ({"account_type": "atlassian", "email": ""}, SkipReason.ADDRESS_HIDDEN),
        ({"account_type": "app"}, SkipReason.NOT_A_PERSON),
        ({"active": False}, SkipReason.ACCOUNT_CLOSED),
    ],
)
def test_only_customers_who_show_their_address_become_contacts_by_being_asked(
    change: dict[str, object], expected: SkipReason | None
) -> None:
    assert reason_not_to_welcome(replace(CARLA, **change)) is expected  # type: ignore[arg-type]


def test_a_new_contact_speaks_as_most_colleagues_do() -> None:
    colleagues = [replace(USER, language=language) for language in ("fr", "de", "de")]
    contact = new_contact(-1, CARLA, NORDLICHT, colleagues)
    assert (contact.name, contact.email, contact.language, contact.time_zone, contact.role, contact.account_id) == (
        "Carla", "Carla@Nordlicht.example", "de", "Europe/Vienna", Role.USER, "712020:carla",
    )  # fmt: skip
    assert new_contact(-1, replace(CARLA, time_zone=None), NORDLICHT, []).language == "en"
    assert new_contact(-1, replace(CARLA, time_zone=None), NORDLICHT, []).time_zone == "UTC"
