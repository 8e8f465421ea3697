"""The query hash and the tokens made from it."""

from __future__ import annotations

import json
from pathlib import Path

import atlassian_jwt
import jwt as pyjwt
import pytest
from atlassian_jwt.url_utils import hash_url

from tests.devhost.host import Devhost
from tests.devhost.tokens import canonical_request, context_token, hs256, query_hash, signed_url
from tests.devhost_tests.toy_app import ToyApp

VECTORS = Path(__file__).parents[2] / "node_modules/atlassian-jwt/test/resources/jwt-signed-urls.json"
CANONICAL = [
    ("GET", "/", "GET&/&"),
    ("get", "", "GET&/&"),
    ("GET", "/a/b/", "GET&/a/b&"),
    ("POST", "/a&b?x=1", "POST&/a%26b&x=1"),
    ("GET", "/p?b=2&a=1&jwt=zzz", "GET&/p&a=1&b=2"),
    ("GET", "/p?a=2&a=1", "GET&/p&a=1,2"),
    ("GET", "/p?a=x+y&b=%20", "GET&/p&a=x%20y&b=%20"),
    ("GET", "/p?a=*&b=~&c=%2F", "GET&/p&a=%2A&b=~&c=%2F"),
    ("GET", "/p?empty=&also", "GET&/p&also=&empty="),
    ("GET", "/p?%C3%BC=%C3%A4", "GET&/p&%C3%BC=%C3%A4"),
    ("GET", "/p%3Fa=1", "GET&/p%3Fa=1&"),
    ("GET", "http://127.0.0.1:1/p?a=1#end", "GET&/p&a=1"),
    ("GET", "http://127.0.0.1:1?a=1", "GET&/&a=1"),
]


@pytest.mark.parametrize(("method", "target", "expected"), CANONICAL)
def test_the_canonical_request_follows_the_written_rules(method: str, target: str, expected: str) -> None:
    assert canonical_request(method, target) == expected


@pytest.mark.parametrize(
    ("target", "base_path", "expected"),
    [
        ("/jira/rest/x?a=1", "/jira", "GET&/rest/x&a=1"),
        ("/jira", "/jira/", "GET&/&"),
        ("/jirafe/x", "/jira", "GET&/jirafe/x&"),
    ],
)
def test_the_path_counts_from_the_base_path(target: str, base_path: str, expected: str) -> None:
    assert canonical_request("GET", target, base_path) == expected


@pytest.mark.parametrize("target", [target for _, target, _ in CANONICAL if "://" not in target])
def test_the_hash_agrees_with_the_public_library(target: str) -> None:
    assert query_hash("GET", target) == hash_url("GET", target)


@pytest.mark.skipif(not VECTORS.exists(), reason="Atlassian's vectors come with the front-end packages")
def test_the_hash_agrees_with_every_vector_of_atlassian() -> None:
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    secret = vectors["secret"]
    for vector in vectors["tests"]:
        claims = pyjwt.decode(
            vector["signedUrl"].rpartition("jwt=")[2], secret, algorithms=["HS256"], options={"verify_exp": False}
        )
        assert query_hash("GET", vector["signedUrl"]) == claims["qsh"], vector["name"]
    assert len(vectors["tests"]) == 78


def test_a_page_token_carries_user_site_and_hash(jira: Devhost, app: ToyApp) -> None:
    installed = jira.install()
    url = f"{app.url}/issues/1/panel?project=2&xdm_e=http%3A%2F%2Flocalhost"
    claims = pyjwt.decode(hs256(jira.site, "GET", url, account_id="someone"), installed.shared_secret, ["HS256"])
    assert claims["iss"] == jira.site.client_key
    assert claims["sub"] == "someone"
    assert claims["qsh"] == hash_url("GET", url.removeprefix(app.url))
    assert claims["exp"] - claims["iat"] == 180
    assert "aud" not in claims


def test_a_signed_page_address_passes_the_public_library(jira: Devhost, app: ToyApp) -> None:
    installed = jira.install()
    target = signed_url(jira.site, f"{app.url}/page?b=1&a=%2F", "someone").removeprefix(app.url)

    class Door(atlassian_jwt.Authenticator):
        def get_shared_secret(self, client_key: str) -> str:
            assert client_key == jira.site.client_key
            return installed.shared_secret

    assert Door().authenticate("GET", target).client_key == jira.site.client_key


def test_a_context_token_is_bound_to_no_request(jira: Devhost) -> None:
    installed = jira.install()
    context = {"jira": {"project": {"id": "10000", "key": "DEMO"}}}
    claims = pyjwt.decode(context_token(jira.site, "someone", context), installed.shared_secret, ["HS256"])
    assert claims["qsh"] == "context-qsh"
    assert claims["context"] == context


def test_claims_can_be_bent_for_attacks(jira: Devhost, app: ToyApp) -> None:
    jira.install()
    forged = hs256(jira.site, "GET", app.url, secret="x" * 40, iss="someone else", exp=None)
    claims = pyjwt.decode(forged, "x" * 40, algorithms=["HS256"])
    assert claims["iss"] == "someone else"
    assert "exp" not in claims


def test_the_sites_share_neither_client_key_nor_secret(pair: Devhost) -> None:
    first, second = pair.sites
    assert first.app is not None
    assert second.app is not None
    assert first.app.shared_secret != second.app.shared_secret
    assert first.client_key != second.client_key
