"""Installing, installing again, removing."""

from __future__ import annotations

from typing import Any

import jwt as pyjwt
import pytest
import requests
from atlassian_jwt.url_utils import hash_url

from tests.devhost import lifecycle
from tests.devhost.descriptors import DescriptorRefused, check_descriptor
from tests.devhost.host import Devhost
from tests.devhost.lifecycle import InstallRefused, rs256_install_token
from tests.devhost_tests.toy_app import ToyApp


def test_an_install_is_signed_with_a_key_that_anybody_can_fetch(jira: Devhost, app: ToyApp) -> None:
    jira.install()
    hook = app.at("/connect/installed")[0]
    kid = pyjwt.get_unverified_header(hook.token)["kid"]
    pem = requests.get(f"{jira.install_keys_url}/{kid}", timeout=60)
    assert pem.headers["Content-Type"].startswith("text/plain")
    claims = pyjwt.decode(hook.token, pem.text, algorithms=["RS256"], audience=app.url)
    assert claims["iss"] == hook.json["clientKey"] == jira.site.client_key
    assert claims["qsh"] == hash_url("POST", hook.target)
    assert claims["exp"] - claims["iat"] == 180


def test_an_install_tells_the_app_what_it_needs(jira: Devhost, app: ToyApp) -> None:
    installed = jira.install()
    body = app.at("/connect/installed")[0].json
    assert body["sharedSecret"] == installed.shared_secret
    assert len(body["sharedSecret"]) >= 32
    assert {name: body[name] for name in ("key", "baseUrl", "displayUrl", "productType", "eventType")} == {
        "key": "rapport-jira",
        "baseUrl": jira.site.base_url,
        "displayUrl": jira.site.base_url,
        "productType": "jira",
        "eventType": "installed",
    }
    assert "cloudId" not in body
    assert jira.site.users[installed.account_id].account_type == "app"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 500, 503])
def test_nothing_is_installed_unless_the_app_agrees(jira: Devhost, app: ToyApp, status: int) -> None:
    app.statuses["/connect/installed"] = [status]
    with pytest.raises(InstallRefused, match=str(status)):
        jira.install()
    assert jira.site.app is None


def test_a_refused_second_install_leaves_the_first_alone(jira: Devhost, app: ToyApp) -> None:
    before = jira.install()
    app.statuses["/connect/installed"] = [500]
    with pytest.raises(InstallRefused):
        jira.install()
    assert jira.site.app is before


def test_installing_again_makes_a_new_secret_and_keeps_the_client_key(jira: Devhost, app: ToyApp) -> None:
    first = jira.install()
    second = lifecycle.reinstall(jira.site, jira.keys)
    hooks = [each.json for each in app.at("/connect/installed")]
    assert first.shared_secret != second.shared_secret == hooks[1]["sharedSecret"]
    assert hooks[0]["clientKey"] == hooks[1]["clientKey"]
    assert first.account_id == second.account_id


def test_an_uninstall_is_signed_and_takes_the_app_away(jira: Devhost, app: ToyApp) -> None:
    installed = jira.install()
    lifecycle.uninstall(jira.site, jira.keys)
    hook = app.at("/connect/uninstalled")[0]
    pem = jira.keys.public_pem(pyjwt.get_unverified_header(hook.token)["kid"]) or ""
    assert pyjwt.decode(hook.token, pem, algorithms=["RS256"], audience=app.url)["iss"] == jira.site.client_key
    assert hook.json["eventType"] == "uninstalled"
    assert "sharedSecret" not in hook.json
    assert jira.site.app is None
    assert not jira.site.users[installed.account_id].active


def test_an_app_that_fails_to_answer_is_uninstalled_all_the_same(jira: Devhost, app: ToyApp) -> None:
    jira.install()
    app.statuses["/connect/uninstalled"] = [500]
    lifecycle.uninstall(jira.site, jira.keys)
    assert jira.site.app is None
    assert jira.site.wire[-1].status == 500


def test_the_app_can_come_back_after_an_uninstall(jira: Devhost) -> None:
    first = jira.install()
    lifecycle.uninstall(jira.site, jira.keys)
    second = jira.install()
    assert first.account_id == second.account_id
    assert jira.site.users[second.account_id].active


def test_an_old_key_stays_readable_after_a_rotation(jira: Devhost) -> None:
    old = jira.keys.current
    assert jira.keys.rotate() == jira.keys.current != old
    for kid in (old, jira.keys.current):
        assert requests.get(f"{jira.install_keys_url}/{kid}", timeout=60).text == jira.keys.public_pem(kid)


def test_an_unknown_key_is_not_found(jira: Devhost) -> None:
    assert requests.get(f"{jira.install_keys_url}/no-such-key", timeout=60).status_code == 404


def test_the_install_token_can_be_bent_for_attacks(jira: Devhost, app: ToyApp) -> None:
    url = f"{app.url}/connect/installed"
    token = rs256_install_token(jira.keys, jira.site, url, app.url, aud="https://other.example", exp=1)
    claims = pyjwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == "https://other.example"
    assert claims["exp"] == 1


def test_secrets_stay_out_of_the_wire_log(jira: Devhost) -> None:
    installed = jira.install()
    assert not [each for each in jira.site.wire if installed.shared_secret in each.request_body]


def _bend(descriptor: dict[str, Any], *path: Any, to: Any) -> None:
    for step in path[:-1]:
        descriptor = descriptor[step]
    if to is None:
        del descriptor[path[-1]]
    else:
        descriptor[path[-1]] = to


@pytest.mark.parametrize(
    ("path", "to", "reason"),
    [
        (("modules", "jiraGizmos"), [], "jiraGizmos"),
        (("modules", "jiraProjectPages", 0, "url"), None, "'url' is a required"),
        (("modules", "jiraIssueContexts", 0, "target"), None, "'target' is a required"),
        (("modules", "jiraIssueFields", 0, "property"), None, "'property' is a required"),
        (("modules", "jiraIssueFields", 0, "type"), "readonly", "readonly"),
        (("modules", "adminPages", 0, "key"), "has space", "has space"),
        (("modules", "adminPages", 0, "key"), "post-mortem", "used 2 times"),
        (("modules", "webhooks", 0, "event"), "issue_updated", "issue_updated"),
        (("modules", "webhooks", 0, "filtre"), "x", "filtre"),
        (("modules", "jiraProjectAdminTabPanels", 0, "location"), "projectgroup9", "projectgroup9"),
        (("lifecycle", "installed"), "https://elsewhere.example/", "lifecycle/installed"),
        (("key",), "Bad Key", "Bad Key"),
        (("baseUrl",), None, "'baseUrl' is a required"),
        (("authentication", "type"), "none", "jwt"),
        (("scopes",), ["READ", "EVERYTHING"], "EVERYTHING"),
        (("scopes",), ["NONE"], "webhooks need READ"),
    ],
)
def test_a_wrong_descriptor_is_refused_with_its_reason(app: ToyApp, path: Any, to: Any, reason: str) -> None:
    _bend(app.descriptor, *path, to=to)
    with pytest.raises(DescriptorRefused, match=reason):
        check_descriptor(app.descriptor)


def test_a_wrong_descriptor_never_reaches_the_app(jira: Devhost, app: ToyApp) -> None:
    del app.descriptor["authentication"]
    with pytest.raises(InstallRefused, match="authentication"):
        jira.install()
    assert app.received == []


def test_an_address_without_a_descriptor_is_refused(jira: Devhost, app: ToyApp) -> None:
    with pytest.raises(InstallRefused, match="could not be read"):
        lifecycle.install(jira.site, jira.keys, f"{app.url}/nothing.json")
