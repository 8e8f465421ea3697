"""Which addresses may be sites: full spellings of Jira Cloud, and none of the look-alikes."""

from __future__ import annotations

from connect.lifecycle import site_address_pattern

HOSTILE_ADDRESSES = [
    "http://acme.atlassian.net",
    "https://evil.com\\.atlassian.net",
    "https://evil.com\\@a.atlassian.net",
    "https://evil.com/.atlassian.net",
    "https://evil.com?.atlassian.net",
    "https://evil.com#.atlassian.net",
    "https://user@acme.atlassian.net",
    "https://user:pass@acme.atlassian.net",
    "https://acme.atlassian.net@evil.com",
    "https://acme.atlassian.net.evil.com",
    "https://evilatlassian.net",
    "https://.atlassian.net",
    "https://atlassian.net",
    "https://acme.atlassian.net.",
    "https://acme.atlassian.net:443",
    "https://acme.atlassian.net:8443",
    "https://acme.atlassian.net/",
    "https://acme.atlassian.net/wiki",
    "https://acme.atlassian.net\n",
    "https://acme.atlassian.net\r\nX: y",
    " https://acme.atlassian.net",
    "https://acme.atlassian.net ",
    "HTTPS://acme.atlassian.net",
    "https://ACME.atlassian.net",
    "https://acme..atlassian.net",
    "https://-acme.atlassian.net",
    "https://acme_x.atlassian.net",
    "https://аcme.atlassian.net",
    "https://acme.atlassiаn.net",
    "https://xn--cme-5cd.atlassian.net",
    "https://acme。atlassian.net",
    "https:acme.atlassian.net",
    "https:///acme.atlassian.net",
    "//acme.atlassian.net",
    "ftp://acme.atlassian.net",
    "javascript://acme.atlassian.net",
    "file:///etc/passwd",
    "https://acme.jira-dev.com",
    "https://127.0.0.1",
    "https://[::1]",
    "https://169.254.169.254",
    "https://2130706433",
    "https://localhost",
    "http://localhost:8080",
    "https://metadata.google.internal",
    "https://" + "a" * 64 + ".atlassian.net",
    "https://" + ".".join("abcd") + ".atlassian.net",
    "",
]


def test_only_plain_addresses_of_jira_cloud_are_sites() -> None:
    pattern = site_address_pattern([], development=False)
    assert [address for address in HOSTILE_ADDRESSES if pattern.fullmatch(address)] == []
    for good in (
        "https://acme.atlassian.net",
        "https://acme-sandbox-123.atlassian.net",
        "https://a.jira.com",
        "https://" + "a" * 63 + ".atlassian.net",
    ):
        assert pattern.fullmatch(good)


def test_more_hosts_can_be_configured_and_localhost_is_for_development_only() -> None:
    extra = ["jira.acme.example", ".gov.example"]
    production = site_address_pattern(extra, development=False)
    development = site_address_pattern([*extra, "jira:8081"], development=True)
    for address in ("https://jira.acme.example", "https://agency.gov.example"):
        assert production.fullmatch(address)
    for address in ("http://localhost:8081", "http://jira:8081"):
        assert development.fullmatch(address)
        assert not production.fullmatch(address)
    for address in (
        "https://evil-jira.acme.example",
        "https://gov.example",
        "https://jiraXacme.example",
        "http://localhost:8081/",
        "http://localhost",
    ):
        assert not development.fullmatch(address)
