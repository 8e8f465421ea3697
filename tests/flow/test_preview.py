"""What project admins look at before anybody is asked is what customers get, and it is of no use for anything else."""

from __future__ import annotations

import re
from html import unescape

import requests

from tests.devhost import lifecycle
from tests.flow.cast import project_id
from tests.flow.test_own_surveys import FORM
from tests.running import Rapport


def previews(rapport: Rapport) -> dict[str, str]:
    """Names and addresses that the Surveys tab offers."""
    screen = rapport.call("GET", f"/projects/{project_id(rapport)}/surveys", "Pia Lead").text
    found = re.findall(r'href="(/preview/[^"]+)"[^>]*aria-label="Preview ([^"]+) in a new tab"', screen)
    return {unescape(name): rapport.settings.base_url + address for address, name in found}


def get(address: str) -> requests.Response:
    return requests.get(address, timeout=60)


def test_mail_and_pages_are_shown_in_each_language(rapport: Rapport) -> None:
    rapport.call("POST", f"/projects/{project_id(rapport)}/surveys/new/delivery", "Pia Lead", **FORM)
    offered = previews(rapport)
    assert list(offered)[:2] == ["After each visit", "Kick-off"]
    assert "Preview: After each visit" in get(offered["After each visit"]).text
    for part in ("mail", "page", "more"):
        german = get(f"{offered['After each visit']}/{part}?lang=de").text
        assert "Wie war unser Besuch für Sie?" in german
        assert "How was our visit for you?" in get(f"{offered['After each visit']}/{part}?lang=ar").text
        assert 'dir="rtl"' not in get(f"{offered['After each visit']}/{part}?lang=ar").text
        assert 'dir="rtl"' in get(f"{offered['Delivery']}/{part}?lang=ar").text
    assert "Woran lag es vor allem?" in get(f"{offered['After each visit']}/more?lang=de").text
    tapped = re.findall(r'href="([^"]+\?score=4)"', get(f"{offered['Delivery']}/mail").text)
    assert re.search(r'checked[^>]*value="4"', get(unescape(tapped[0])).text), "a tap in the mail leads to the page"


def test_a_preview_sends_nothing_and_is_framed_by_ourselves_alone(rapport: Rapport) -> None:
    address = previews(rapport)["Delivery"]
    for part in ("", "/mail", "/page", "/more"):
        policy = get(address + part).headers["Content-Security-Policy"]
        assert "form-action 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert requests.post(address + part, timeout=60).status_code == 405


def test_previews_cannot_be_made_up_and_end_with_the_day_or_with_the_site(rapport: Rapport) -> None:
    address = previews(rapport)["Delivery"]

    def statuses(base: str) -> set[int]:
        return {get(base + part).status_code for part in ("", "/mail", "/page", "/more")}

    assert statuses(address[:-1]) == statuses(f"{rapport.settings.base_url}/preview/x") == {404}
    assert statuses(address) == {200}
    lifecycle.uninstall(rapport.site, rapport.jira.keys)
    assert statuses(address) == {410}
    rapport.clock.advance(seconds=2)
    rapport.install()
    assert statuses(address) == {200}
    rapport.clock.advance(hours=13)
    assert statuses(address) == {410}
