"""Two places are told apart by network and kind of browser, and by nothing finer."""

from __future__ import annotations

import pytest

from plugin.surveys.origins import agent_class, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.17", "192.0.2.0/24"),
        ("192.0.2.254", "192.0.2.0/24"),
        ("192.0.3.17", "192.0.3.0/24"),
        ("::ffff:192.0.2.17", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::3", "2001:db8:1::/48"),
        ("2001:db8:2::3", "2001:db8:2::/48"),
        (None, ""),
        ("", ""),
        ("somewhere", ""),
    ],
)
def test_an_address_becomes_its_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("user_agent", "kind"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "firefox on windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36", "chrome on linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "edge on windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", "safari on ios"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/130.0 Mobile/15E148 Safari/604.1", "chrome on ios"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130.0 Mobile Safari/537.36", "chrome on android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "safari on macos"),
        ("LinkScanner/2.1", "other on other"),
        ("", "other on other"),
        ("x" * 100_000, "other on other"),
    ],
)  # fmt: skip
def test_a_browser_becomes_its_kind_without_any_version(user_agent: str, kind: str) -> None:
    assert agent_class(user_agent) == kind
