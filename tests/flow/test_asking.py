"""Whom we ask and when, as people see it: in mails, on the settings pages and on the page behind "no more surveys"."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests

from tests.devhost.mailbox import Mail
from tests.flow.cast import add_checkpoint, add_contact, add_customer, answer, move, project_id, survey_link
from tests.running import Rapport

GRETA = "greta@nordlicht.example"


def words(rapport: Rapport, path: str, who: str = "Pia Lead") -> str:
    """The text of a screen of DEMO's settings."""
    screen = rapport.call("GET", f"/projects/{project_id(rapport)}/{path}", who)
    assert screen.status_code == 200, screen.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", screen.text)))


def again(rapport: Rapport, key: str = "DEMO-7") -> None:
    move(rapport, key, "In Progress")
    move(rapport, key, "In review")
    rapport.settle()


def leave_link(mail: Mail) -> str:
    return next(link for link in mail.links if link.endswith("/unsubscribe"))


def press(link: str) -> requests.Response:
    """The button of the page behind the link."""
    fields = dict(re.findall(r'name="(nonce|wanted)" value="([^"]+)"', requests.get(link, timeout=60).text))
    return requests.post(link, data=fields, timeout=60)


@pytest.fixture
def asked(rapport: Rapport) -> Rapport:
    """Greta has been asked about DEMO-7; two reminders may follow, the second signed by Pia."""
    add_checkpoint(rapport, "In review", reminders=2, reminder_days=3, signed_by="Pia Lead")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return rapport


def test_nobody_is_asked_again_too_soon_and_everybody_can_read_why(asked: Rapport) -> None:
    again(asked)
    assert len(asked.mails_to(GRETA)) == 1
    told = r"Greta Probe was not asked: it would have been too soon .* Next free date: \w+ \d+, \d{4}\."
    assert re.search(told, words(asked, "log"))
    assert "DEMO-7 → In review" in words(asked, "log")
    assert asked.site.issue("DEMO-7").summary in words(asked, "log")
    panel = asked.page(f"/issues/{asked.site.issue('DEMO-7').id}/panel", "Pia Lead").text
    assert re.search(told, unescape(panel))
    asked.clock.advance(days=31)
    again(asked)
    assert len([mail for mail in asked.mails_to(GRETA) if "how satisfied" in mail.subject]) == 2


def test_the_load_of_asks_is_shown_and_two_clicks_tell_why(asked: Rapport) -> None:
    again(asked)
    told = words(asked, "customers")
    assert re.search(r"Asked 1 time in 60 days by 1 project; next free date \w+ \d+, \d{4}", told)
    asks = words(asked, "contacts/1/asks")
    assert "Greta Probe was asked on" in asks
    assert "Greta Probe was not asked: it would have been too soon" in asks
    assert "DEMO-7 · In review" in asks


def test_who_stays_silent_is_reminded_twice_and_then_left_alone(asked: Rapport) -> None:
    for _ in range(30):
        asked.clock.advance(days=1)
        asked.settle()
    first, second, third = asked.mails_to(GRETA)
    assert second.message["In-Reply-To"] == third.message["In-Reply-To"] == first.message["Message-ID"]
    assert "We will not remind you again." in third.text
    assert "We will not remind you again." not in second.text
    assert "Pia Lead" in str(third.message["From"])
    assert "Pia Lead" not in str(second.message["From"])
    assert "Reminded 2 times." in words(asked, "log")


def test_the_link_of_a_reminder_leads_to_the_same_survey(asked: Rapport) -> None:
    asked.clock.advance(days=3, minutes=1)
    asked.settle()
    assert answer(survey_link(asked.mails_to(GRETA)[1]), 4).status_code == 200
    asked.settle()
    assert asked.site.issue("DEMO-7").properties["rapport-satisfaction"]["score"] == 4
    assert 'name="satisfaction"' not in requests.get(survey_link(asked.mails_to(GRETA)[0]), timeout=60).text


@pytest.mark.parametrize("sign_of_life", ["answer", "leave", "begin", "team pauses", "address refused"])
def test_any_sign_of_life_ends_the_reminders(asked: Rapport, sign_of_life: str) -> None:
    (mail,) = asked.mails_to(GRETA)
    if sign_of_life == "answer":
        answer(survey_link(mail), 4)
    if sign_of_life == "leave":
        press(leave_link(mail))
    if sign_of_life == "begin":
        assert answer(survey_link(mail), None).status_code == 400  # sent, but nothing chosen yet
        assert "has begun to answer" in words(asked, "log")
    if sign_of_life == "team pauses":
        asked.call("POST", f"/projects/{project_id(asked)}/checkpoints/1/off", "Pia Lead")
    if sign_of_life == "address refused":
        asked.jira.mailbox.refuse[GRETA] = 550
    for _ in range(20):
        asked.clock.advance(days=1)
        asked.settle()
    assert len(asked.mails_to(GRETA)) == 1


def test_somebody_leaves_surveys_and_comes_back(asked: Rapport) -> None:
    (mail,) = asked.mails_to(GRETA)
    assert requests.get(leave_link(mail), timeout=60).status_code == 200
    assert "You will get no more surveys" in press(leave_link(mail)).text
    asked.clock.advance(days=31)
    again(asked)
    assert len(asked.mails_to(GRETA)) == 1
    assert "Greta Probe was not asked: they do not want surveys." in words(asked, "log")
    assert "Said so on the page behind a survey mail." in words(asked, "customers")
    assert "Do you want no more surveys?" in press(leave_link(mail)).text
    again(asked)
    assert len(asked.mails_to(GRETA)) == 2


def test_the_unsubscribe_button_of_a_mail_program_works(asked: Rapport) -> None:
    (mail,) = asked.mails_to(GRETA)
    link = str(mail.message["List-Unsubscribe"]).strip("<>")
    assert requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=60).status_code == 204
    assert "Said so with the unsubscribe button of their mail program." in words(asked, "customers")


def test_the_team_notes_down_what_somebody_said_and_never_without_a_word(asked: Rapport) -> None:
    path = f"/projects/{project_id(asked)}/contacts/1/consent"
    assert "Did Greta Probe tell you" in words(asked, "contacts/1/consent")
    for note in ("", "   "):
        refused = asked.call("POST", f"{path}/no", "Pia Lead", note=note)
        assert refused.status_code == 422
        assert "Write down what the person said" in refused.text
    assert "Does not want surveys" not in words(asked, "customers")
    assert asked.call("POST", f"{path}/no", "Pia Lead", note="Told Pia on the phone on 3 March.").status_code == 200
    assert "Told Pia on the phone on 3 March." in words(asked, "customers")
    assert "Change this only if the person asked you to." in words(asked, "contacts/1/consent")
    assert asked.call("POST", f"{path}/yes", "Pia Lead", note="Wrote a mail on 5 March.").status_code == 200
    assert "Does not want surveys" not in words(asked, "customers")


def test_an_old_form_does_not_turn_a_wish_round(asked: Rapport) -> None:
    """Somebody has the form open to note that Greta wants none; meanwhile she leaves by herself."""
    press(leave_link(asked.mails_to(GRETA)[0]))
    path = f"/projects/{project_id(asked)}/contacts/1/consent/no"
    assert asked.call("POST", path, "Pia Lead", note="On the phone.").status_code == 200
    assert "Does not want surveys" in words(asked, "customers")


def test_mail_for_later_says_when(rapport: Rapport) -> None:
    """The panel, too, though nothing is stored when the moment comes."""
    add_checkpoint(rapport, "In review", delay_hours=48)
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert rapport.mails_to(GRETA) == []
    assert re.search(r"Greta Probe will be asked: the mail leaves on \w+ \d+, \d{4}", words(rapport, "log"))
    panel = f"/issues/{rapport.site.issue('DEMO-7').id}/panel"
    for _again in range(2):
        assert "Greta Probe will be asked" in rapport.page(panel, "Pia Lead").text
    rapport.clock.advance(hours=49)
    assert "The mail to Greta Probe is on its way out." in rapport.page(panel, "Pia Lead").text
    rapport.settle()
    assert len(rapport.mails_to(GRETA)) == 1
    assert "Greta Probe was asked on" in rapport.page(panel, "Pia Lead").text
    rapport.clock.advance(days=15)
    assert "Greta Probe did not answer." in rapport.page(panel, "Pia Lead").text


def test_where_everybody_is_left_out_the_gap_is_told(asked: Rapport) -> None:
    again(asked)
    assert words(asked, "log").count("So nobody was asked: the team did not hear its customer here.") == 1


# ── how the site asks ────────────────────────────────────────────────────────────────────────────────────────────────

SETTINGS = {
    "quiet_days": 14,
    "asks_per_quarter": 2,
    "sending_from_hour": 0,
    "sending_until_hour": 24,
    "internal_domains": "@Acme.example\n nordlicht.example, ",
    "oldest_event_days": 5,
    "storm_cap": 20,
}


def test_a_jira_admin_sets_how_the_site_asks(rapport: Rapport) -> None:
    saved = rapport.call("POST", "/administration/asking", "Ada Admin", **SETTINGS)
    assert "Saved. It holds from the next ask on." in saved.text
    shown = rapport.call("GET", "/administration/asking", "Ada Admin").text
    assert re.search(r'name="quiet_days"[^>]*value="14"|value="14"[^>]*name="quiet_days"', shown)
    assert "acme.example\nnordlicht.example" in shown.replace("\r\n", "\n")
    add_checkpoint(rapport, "In review")
    add_contact(rapport, add_customer(rapport, "Nordlicht"), "Greta Probe", GRETA)
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    assert rapport.mails_to(GRETA) == []
    assert "the address is one of your own organisation’s" in words(rapport, "log")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing is stored
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quiet_days", "-1"),
        ("quiet_days", "366"),
        ("quiet_days", ""),
        ("quiet_days", "many"),
        ("asks_per_quarter", "0"),
        ("sending_from_hour", "24"),
        ("sending_until_hour", "0"),
        ("internal_domains", "not a domain!"),
        ("internal_domains", "acme.example\x00"),
        ("internal_domains", "x" * 5001),
        ("oldest_event_days", "0"),
        ("storm_cap", "0"),
        ("storm_cap", "10001"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_lost(rapport: Rapport, field: str, value: str) -> None:
    refused = rapport.call(
        "POST", "/administration/asking", "Ada Admin", **{**SETTINGS, "quiet_days": 77, field: value}
    )
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    if field != "quiet_days":
        assert "77" in refused.text


def test_hours_must_be_in_order(rapport: Rapport) -> None:
    wrong = {**SETTINGS, "sending_from_hour": 17, "sending_until_hour": 9}
    refused = rapport.call("POST", "/administration/asking", "Ada Admin", **wrong)
    assert refused.status_code == 422
    assert "later than the hour from which mail leaves" in refused.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("who", ["Pia Lead", "Tom Team", "Sam Stranger"])
def test_only_jira_admins_set_how_the_site_asks(rapport: Rapport, who: str) -> None:
    assert rapport.call("GET", "/administration/asking", who).status_code == 403
    assert rapport.call("POST", "/administration/asking", who, **SETTINGS).status_code == 403


def test_each_site_asks_in_its_own_way(two_sites: Rapport) -> None:
    ours, theirs = two_sites.jira.sites
    two_sites.call("POST", "/administration/asking", "Ada Admin", ours, **{**SETTINGS, "quiet_days": 77})
    assert "77" not in two_sites.call("GET", "/administration/asking", "Ada Admin", theirs).text


# ── much at once ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def flooded(rapport: Rapport) -> Rapport:
    """Eight people would be asked about DEMO-7; the site's cap is three."""
    rapport.ask_at_any_hour(storm_cap=3)
    add_checkpoint(rapport, "In review", name="Shown to the customer")
    customer = add_customer(rapport, "Nordlicht")
    for number in range(8):
        add_contact(rapport, customer, f"Person {number}", f"person{number}@nordlicht.example")
    move(rapport, "DEMO-7", "In review")
    rapport.settle()
    return rapport


def surveys(rapport: Rapport) -> list[Mail]:
    return [mail for mail in rapport.jira.mailbox.messages if "how satisfied" in mail.subject]


def test_too_many_at_once_are_held_and_the_settings_page_says_so(flooded: Rapport) -> None:
    assert len(surveys(flooded)) == 3
    screen = flooded.call("GET", f"/projects/{project_id(flooded)}/checkpoints", "Pia Lead").text
    assert f'hx-get="/projects/{project_id(flooded)}/held"' in screen
    assert "Shown to the customer holds its asks" in words(flooded, "held")
    assert "5 asks wait for your decision." in words(flooded, "held")
    assert "Person 7 was not asked yet: too many asks came at once" in words(flooded, "log")


def test_somebody_releases_them_and_each_is_mailed_once(flooded: Rapport) -> None:
    path = f"/projects/{project_id(flooded)}/checkpoints/1/held/release"
    assert "Released." in flooded.call("POST", path, "Pia Lead").text
    flooded.settle()
    assert sorted(mail.recipients for mail in surveys(flooded)) == [
        (f"person{number}@nordlicht.example",) for number in range(8)
    ]
    assert flooded.call("POST", path, "Pia Lead").status_code == 409


def test_somebody_discards_them_and_thinks_again(flooded: Rapport) -> None:
    path = f"/projects/{project_id(flooded)}/checkpoints/1/held"
    assert "5 asks were discarded." in flooded.call("POST", f"{path}/discard", "Pia Lead").text
    assert "somebody discarded this one" in words(flooded, "log")
    assert "They are held again." in flooded.call("POST", f"{path}/undo", "Pia Lead").text
    assert "5 asks wait for your decision." in words(flooded, "held")
    flooded.settle()
    assert len(surveys(flooded)) == 3


@pytest.mark.parametrize("what", ["release", "discard", "undo"])
def test_only_admins_of_the_project_decide(flooded: Rapport, what: str) -> None:
    path = f"checkpoints/1/held/{what}"
    assert flooded.call("POST", f"/projects/{project_id(flooded)}/{path}", "Tom Team").status_code == 403
    ops = flooded.site.project("OPS").id
    assert flooded.call("POST", f"/projects/{ops}/{path}", "Ada Admin").status_code == 404
    assert len(surveys(flooded)) == 3


def test_the_lead_is_mailed_only_where_jira_shows_the_address(rapport: Rapport) -> None:
    pia = rapport.site.user_named("Pia Lead")
    for shown in (False, True):
        pia.shows_email = shown
        rapport.ask_at_any_hour(storm_cap=1, quiet_days=0)
        add_checkpoint(rapport, "In review", name=f"Shown {shown}")
        customer = add_customer(rapport, "Nordlicht")
        for number in range(2):
            add_contact(rapport, customer, f"Person {shown} {number}", f"person{number}.{shown}@nordlicht.example")
        again(rapport)
        assert len(rapport.mails_to("pia@jira.example")) == shown
    (told,) = rapport.mails_to("pia@jira.example")
    assert "Shown True" in told.text
