"""Screens speak the language of each person's Jira, as far as we speak it."""

from __future__ import annotations

import pytest

from tests.flow import cast
from tests.running import Rapport

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def settings(rapport: Rapport, language: str, browser: str = "") -> str:
    """Of the project, as Jira frames it for somebody with that language."""
    path = f"/projects/{cast.project_id(rapport)}/settings?loc={language}"
    return rapport.page(path, "Pia Lead", headers={"Accept-Language": browser}).text


@pytest.mark.parametrize(
    ("language", "word"),
    [("de-DE", "Kunden"), ("fr-FR", "Clients"), ("es-ES", "Clientes"), ("pt-BR", "Clientes"), ("ja-JP", "顧客")],
)
def test_a_screen_speaks_the_language_of_jira(rapport: Rapport, language: str, word: str) -> None:
    page = settings(rapport, language)
    assert f'<html lang="{language[:2]}" dir="ltr">' in page
    assert word in page
    assert "Customers" not in page


@pytest.mark.parametrize("language", ["en-GB", "ar", "", "../../etc", "'\"><"])
def test_it_speaks_english_where_it_has_no_other(rapport: Rapport, language: str) -> None:
    page = settings(rapport, language, browser="ar,tlh")
    assert '<html lang="en" dir="ltr">' in page
    assert "Customers" in page


def test_the_browser_says_it_where_jira_speaks_another(rapport: Rapport) -> None:
    assert '<html lang="fr"' in settings(rapport, "it-IT", browser="ar;q=0.9,fr;q=0.8,en;q=0.1")


def test_calls_of_the_page_go_on_in_its_language(rapport: Rapport) -> None:
    assert '"Accept-Language": "de"' in settings(rapport, "de-DE")


def test_the_first_plan_is_in_the_language_of_whoever_sets_up(rapport: Rapport) -> None:
    path = f"/projects/{cast.project_id(rapport)}"
    rapport.call("POST", f"{path}/customers?loc=de-DE", "Pia Lead", name="Nordlicht Handels GmbH")
    plan = rapport.call("GET", f"{path}/plan", "Pia Lead").text
    assert "Über Erwartungen sprechen" in plan
    assert "Talk about what to expect" not in plan
