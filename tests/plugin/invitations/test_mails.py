"""The invitation mail: complete for whoever reads it, and safe against whatever people put into names and summaries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.domain import LANGUAGES
from plugin.invitations import mails
from plugin.mail import SmtpMailer
from plugin.ports import OutgoingMail, Ports
from plugin.questionnaires import library
from tests.devhost.mailbox import Mail, Mailbox
from tests.free_ports import free_port
from tests.plugin.asking import BASE_URL, NOW, TOKEN, Clock, a_contact, a_letter, a_questionnaire, an_app

HEADER_BREAKERS = ["\r\nBcc: x@evil.example", "\nX-Evil: 1", "\x0bBcc: x", "\x85Bcc: x", "\u2028Bcc: x", "a\x00b"]
XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<a href='https://evil.example'>click</a>",
    "&lt;b&gt;",
    "{{ 7*7 }}",
]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ports]:
    path: Path = tmp_path_factory.mktemp("mails") / "unused.db"
    ports: Ports = an_app(f"sqlite:///{path}", Clock()).extensions["rapport"]
    yield ports
    ports.database.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port())
    mailbox.start()
    yield mailbox
    mailbox.stop()


def compose(ports: Ports, language: str = "en", name: str = "Mara Lindt", **context: str) -> OutgoingMail:
    return mails.letter(ports, 1, a_letter(a_contact(language, name), **context))


def reminder(ports: Ports, number: int, language: str = "en", signed_by: str = "") -> OutgoingMail:
    return mails.letter(ports, 1, a_letter(a_contact(language), number, signed_by))


def received(mailbox: Mailbox, mail: OutgoingMail) -> Mail:
    """The mail as it comes out of a real mail server."""
    SmtpMailer(f"smtp://127.0.0.1:{mailbox.port}", "Rapport <rapport@rapport.example>").send(mail, NOW)
    (mail_there,) = mailbox.messages
    return mail_there


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_parts_hold_everything_in_every_language(ports: Ports, language: str) -> None:
    mail = compose(ports, language)
    question = a_questionnaire().anchor.wording(language)
    for part in (mail.text, mail.html):
        assert question in part.replace("&nbsp;", "\u00a0")
        assert "Mara Lindt" in part
        assert "Web shop" in part
        assert "Order form for wholesale customers" in part
        assert "28" in part
        for score, word in enumerate(library.scale_words(language), 1):
            assert word in part
            assert f"{BASE_URL}/s/{TOKEN}?score={score}" in part
    assert "20" in mail.text
    assert "%(" not in mail.text + mail.html + mail.subject


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_in_it_stays_english(ports: Ports, language: str) -> None:
    mail = compose(ports, language)
    assert not re.search("Hello|You |answer", mail.text + re.sub("<style>.*?</style>", "", mail.html, flags=re.S))


def test_it_tells_until_when_in_the_contacts_own_time(ports: Ports) -> None:
    assert "bis Samstag, 28. November 2026, 14:00 Uhr (Mitteleuropäische Normalzeit)" in compose(ports, "de").text


def test_an_unknown_language_gets_english(ports: Ports) -> None:
    assert compose(ports, "tlh").text == compose(ports, "en").text


def test_arabic_runs_from_right_to_left(ports: Ports) -> None:
    html = compose(ports, "ar").html
    assert '<html lang="ar" dir="rtl">' in html
    assert 'align="right"' in html
    assert 'dir="ltr"' not in html


def test_the_subject_asks_and_names_the_project(ports: Ports) -> None:
    assert compose(ports).subject == "Web shop: how satisfied are you?"
    long = compose(ports, projectName="Very long project name " * 10).subject
    assert len(long) < 100
    assert long.endswith("…: how satisfied are you?")


def test_the_same_invitation_always_has_the_same_message_id(ports: Ports) -> None:
    assert (
        compose(ports).message_id
        == compose(ports, "ja", "Somebody Else").message_id
        == "<invitation-1-41@rapport.example>"
    )


def test_links_lead_only_to_our_own_address(ports: Ports) -> None:
    html = compose(ports, name="https://evil.example", summary="https://evil.example/x").html
    ours = {f"{BASE_URL}/s/{TOKEN}{page}" for page in ("", "/all", "/unsubscribe")}
    assert set(re.findall(r"(?:href|src)=\"([^\"?]+)", html)) == ours


def test_styles_are_inlined_and_dark_mode_stays(ports: Ports) -> None:
    html = compose(ports).html
    assert re.search(r'<a href="[^"]+" style="[^"]*background', html)
    assert "prefers-color-scheme: dark" in html
    assert "http://" not in html
    assert "<link" not in html


def test_dates_and_numbers_never_become_links_by_themselves(ports: Ports) -> None:
    assert '<meta name="format-detection"' in compose(ports).html


@pytest.mark.parametrize("evil", XSS)
def test_markup_in_names_and_summaries_is_shown_as_text(ports: Ports, evil: str) -> None:
    mail = compose(ports, name=evil, summary=evil, projectName=evil)
    clean = compose(ports)
    assert re.findall(r"<[a-z0-9]+", mail.html) == re.findall(r"<[a-z0-9]+", clean.html)
    assert mail.text.count(mails.unlinked(mails.plain(evil))) == 3


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/login", "http://1.2.3.4", "www.evil.example", "evil.example", "//evil.example", "x@evil.example", "mailto:x@evil.example", "javascript:alert(1)", "[x](https://evil.example)"],
)  # fmt: skip
def test_no_mail_program_makes_a_link_of_what_people_wrote(ports: Ports, address: str) -> None:
    mail = compose(ports, name=address, summary=f"see {address} now", projectName=address)
    linking = re.compile(r"[a-z]:[\w/]|\w\.\w|\w@\w|//\w")
    for part in (mail.text, re.sub(r"(?s)<style>.*?</style>|<[^>]+>", "", mail.html)):
        ours = re.sub(rf"{BASE_URL}/s/{TOKEN}(\?score=\d|/unsubscribe)?", "", part)
        assert linking.findall(ours) == []
        assert address in part.replace("\u200b", "")


def test_text_cannot_turn_the_words_around_it(ports: Ports) -> None:
    mail = compose(ports, name="a\u202eb", summary="\u2067c\u200f", projectName="d\u2066e")
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", mail.text + mail.html + mail.subject)


@pytest.mark.parametrize("evil", HEADER_BREAKERS)
def test_nobody_adds_a_header_or_a_recipient(ports: Ports, mailbox: Mailbox, evil: str) -> None:
    mail = received(mailbox, compose(ports, name=f"Mara{evil}", summary=f"Form{evil}", projectName=f"Shop{evil}"))
    names = [name.lower() for name, _value in mail.headers]
    assert names.count("subject") == names.count("to") == names.count("message-id") == 1
    assert not {"bcc", "cc", "x-evil"} & set(names)
    assert mail.recipients == ("mara.lindt@nordlicht.example",)
    assert mail.subject.endswith(": how satisfied are you?")


@pytest.mark.parametrize(
    "name", ['"Lindt, Mara" <x@evil.example>', "a, b@evil.example", "Mara\\", "x@evil.example;y@evil.example", "<>", ""]
)
def test_a_strange_name_still_is_one_recipient(ports: Ports, mailbox: Mailbox, name: str) -> None:
    mail = received(mailbox, compose(ports, name=name))
    assert mail.recipients == ("mara.lindt@nordlicht.example",)
    assert [address.addr_spec for address in mail.message["to"].addresses] == ["mara.lindt@nordlicht.example"]


def test_programs_are_asked_not_to_answer(ports: Ports, mailbox: Mailbox) -> None:
    headers = dict(received(mailbox, compose(ports)).headers)
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == "<invitation-1-41@rapport.example>"


def test_mail_programs_can_opt_out_in_one_click(ports: Ports, mailbox: Mailbox) -> None:
    headers = dict(received(mailbox, compose(ports)).headers)
    assert headers["List-Unsubscribe"] == f"<{BASE_URL}/s/{TOKEN}/unsubscribe>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_from_when_on_the_next_survey_may_come_and_how_to_leave(ports: Ports, language: str) -> None:
    mail = compose(ports, language)
    for part in (mail.text, mail.html):
        assert re.search(r"16|١٦", part)
        assert f"{BASE_URL}/s/{TOKEN}/unsubscribe" in part
    if language == "en":
        assert "You will get no other survey from us before December 16, 2026." in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_says_that_it_is_one_and_the_last_that_it_is_the_last(ports: Ports, language: str) -> None:
    asked, first, last = compose(ports, language), reminder(ports, 1, language), reminder(ports, 2, language)
    assert len({asked.subject, first.subject}) == 2
    assert len({asked.text, first.text, last.text}) == 3
    if language == "en":
        assert "We will not remind you again." not in first.text
        assert "We will not remind you again." in last.text
        assert "We will not remind you again." in last.html


def test_a_reminder_follows_the_invitation_in_the_mail_program(ports: Ports, mailbox: Mailbox) -> None:
    mail = received(mailbox, reminder(ports, 2))
    headers = dict(mail.headers)
    assert headers["Message-ID"] == "<invitation-1-41-reminder-2@rapport.example>"
    assert headers["In-Reply-To"] == "<invitation-1-41@rapport.example>"


def test_a_named_person_signs_and_sends_it(ports: Ports, mailbox: Mailbox) -> None:
    mail = received(mailbox, reminder(ports, 2, signed_by="Pia Lead"))
    assert "Pia Lead" in mail.text
    assert "Pia Lead" in mail.html
    assert [address.display_name for address in mail.message["from"].addresses] == ["Pia Lead"]
    assert [address.addr_spec for address in mail.message["from"].addresses] == ["rapport@rapport.example"]


@pytest.mark.parametrize("evil", XSS + HEADER_BREAKERS)
def test_who_signs_is_treated_as_hostile_too(ports: Ports, mailbox: Mailbox, evil: str) -> None:
    mail = received(mailbox, reminder(ports, 2, signed_by=f"Pia{evil}"))
    assert not {"bcc", "x-evil"} & {name.lower() for name, _value in mail.headers}
    clean = reminder(ports, 2, signed_by="Pia")
    assert re.findall(r"<[a-z0-9]+", mail.html) == re.findall(r"<[a-z0-9]+", clean.html)
