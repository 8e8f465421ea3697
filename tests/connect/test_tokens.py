"""Finding, reading and verifying tokens: everything that an attacker can put into one."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from atlassian_jwt.url_utils import hash_url
from hypothesis import given
from hypothesis import strategies as st

from connect import Unauthorized
from connect.tokens import (
    TOKEN_LIMIT,
    find_token,
    read_token,
    require_algorithm,
    sign_for_jira,
    verify_hs256,
    verify_rs256,
)
from tests.connect.world import NOW, SECRET, AtlassianKey, hs256

GOOD = hs256({"iss": "acme"})


def encode(part: bytes | str | dict[str, Any] | list[Any]) -> str:
    data = part if isinstance(part, bytes) else part.encode() if isinstance(part, str) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def built(header: Any, payload: Any, signature: str = "c2ln") -> str:
    return f"{encode(header)}.{encode(payload)}.{signature}"


@pytest.mark.parametrize("header", [None, "", "Bearer " + GOOD, "JWT", "JWT    ", "Basic YTpi", GOOD])
def test_without_a_connect_token_in_the_header_there_is_none(header: str | None) -> None:
    with pytest.raises(Unauthorized, match="missing_token"):
        find_token(header, "", in_query=False)


@pytest.mark.parametrize("scheme", ["JWT", "jwt", "Jwt"])
def test_the_scheme_may_be_written_in_any_case(scheme: str) -> None:
    assert find_token(f"{scheme} {GOOD}", "", in_query=False) == GOOD


@pytest.mark.parametrize("query", [f"jwt={GOOD}", "jwt=other", "a=1&jwt=x", "%6awt=x", "jwt="])
@pytest.mark.parametrize("in_query", [True, False])
def test_a_token_in_header_and_query_is_ambiguous(query: str, in_query: bool) -> None:
    with pytest.raises(Unauthorized, match="ambiguous_token"):
        find_token(f"JWT {GOOD}", query, in_query=in_query)


@pytest.mark.parametrize("query", [f"jwt={GOOD}&jwt=bad", f"jwt=bad&jwt={GOOD}", f"jwt={GOOD}&%6Awt={GOOD}"])
def test_two_tokens_in_the_query_are_ambiguous(query: str) -> None:
    with pytest.raises(Unauthorized, match="ambiguous_token"):
        find_token(None, query, in_query=True)


def test_a_token_in_the_wrong_place_does_not_count() -> None:
    with pytest.raises(Unauthorized, match="missing_token"):
        find_token(None, f"jwt={GOOD}", in_query=False)
    with pytest.raises(Unauthorized, match="missing_token"):
        find_token(f"JWT {GOOD}", "", in_query=True)


def test_two_authorization_headers_as_servers_join_them_are_malformed() -> None:
    for joined in (f"JWT {GOOD}, JWT {GOOD}", f"JWT {GOOD},JWT {GOOD}", f"JWT {GOOD} extra"):
        with pytest.raises(Unauthorized, match="malformed"):
            read_token(find_token(joined, "", in_query=False))


MALFORMED = [
    "abc.def.ghi",
    "a",
    "a.b",
    "a.b.c.d",
    "a.b.c.d.e",
    "..",
    "A" * 1_000_000,
    f"{GOOD} ",
    GOOD + "\r\n",
    GOOD + "\0",
    GOOD + "é",
    GOOD + "=",
    *(
        built({"alg": "HS256"}, payload)
        for payload in ([1], "text", "1", "null", "", b"\xff\xfe", "[" * 5000, '{"a":1,"a":2}', '{"a":"\\u0000"}')
    ),
    *(
        built(header, {})
        for header in (
            [1],
            '"text"',
            "1",
            "null",
            b"\xff",
            "[" * 5000,
            '{"alg":"HS256","alg":"none"}',
            b"\xef\xbb\xbf{}",
        )
    ),
]


@pytest.mark.parametrize("text", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_token_is_malformed(text: str) -> None:
    with pytest.raises(Unauthorized, match="malformed"):
        read_token(text)


def test_a_token_over_eight_kilobytes_is_malformed_before_anything_is_decoded() -> None:
    assert read_token(hs256({"iss": "a", "pad": "x" * 5000})).claims["iss"] == "a"
    with pytest.raises(Unauthorized, match="malformed"):
        read_token(hs256({"pad": "x" * TOKEN_LIMIT}))


@pytest.mark.parametrize(
    "algorithm",
    ["none", "None", "nOnE", "NONE", None, [], ["HS256"], 5, "", "hs256", "HS384", "HS512", "RS256", "ES256"],
)
def test_only_the_one_algorithm_of_the_verifier_is_accepted(algorithm: Any) -> None:
    token = read_token(built({"alg": algorithm}, {"iss": "acme"}, ""))
    with pytest.raises(Unauthorized, match="alg_not_allowed"):
        verify_hs256(token, SECRET)


def test_a_token_without_algorithm_or_correctly_signed_with_a_longer_hash_is_refused() -> None:
    _, payload, signature = GOOD.split(".")
    for text in (
        built({}, {"iss": "acme"}),
        jwt.encode({"iss": "acme"}, SECRET + "x" * 64, algorithm="HS512"),
        f"{encode({'alg': 'none'})}.{payload}.{signature}",
    ):
        with pytest.raises(Unauthorized, match="alg_not_allowed"):
            verify_hs256(read_token(text), SECRET)


@pytest.mark.parametrize(
    "extra", [{"crit": ["exp"]}, {"crit": []}, {"crit": "x"}, {"b64": False}, {"b64": False, "crit": ["b64"]}]
)
def test_critical_extensions_are_refused(extra: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized, match="unsupported_crit"):
        read_token(built({"alg": "HS256", **extra}, {}))


def test_a_good_signature_passes() -> None:
    verify_hs256(read_token(GOOD), SECRET)


def test_any_changed_bit_of_the_signature_is_noticed() -> None:
    signed, signature = GOOD.rsplit(".", 1)
    raw = jwt.utils.base64url_decode(signature)
    for position in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(Unauthorized, match="bad_signature"):
            verify_hs256(read_token(f"{signed}.{encode(bytes(changed))}"), SECRET)


def test_a_cut_or_missing_signature_is_noticed() -> None:
    signed, signature = GOOD.rsplit(".", 1)
    for length in range(len(signature)):
        with pytest.raises(Unauthorized, match="bad_signature"):
            verify_hs256(read_token(f"{signed}.{signature[:length]}"), SECRET)


def test_one_signature_has_one_spelling_so_that_a_replay_cannot_look_new() -> None:
    signed, signature = GOOD.rsplit(".", 1)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = alphabet[alphabet.index(signature[-1]) ^ 1]
    with pytest.raises(Unauthorized, match="bad_signature"):
        read_token(f"{signed}.{signature[:-1]}{same_bytes}")


def test_parts_of_other_tokens_and_other_secrets_do_not_fit() -> None:
    other = hs256({"iss": "globex"})
    swapped = ".".join((GOOD.split(".")[0], other.split(".")[1], GOOD.split(".")[2]))
    for text, secret in ((swapped, SECRET), (GOOD, "another-secret-" + "x" * 30)):
        with pytest.raises(Unauthorized, match="bad_signature"):
            verify_hs256(read_token(text), secret)


def test_an_empty_stored_secret_opens_nothing() -> None:
    signing_input = f"{encode({'alg': 'HS256'})}.{encode({'iss': 'acme'})}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signing_input.encode(), b"")
    with pytest.raises(Unauthorized, match="no_secret"):
        verify_hs256(read_token(f"{signing_input}.{encode(signature)}"), "")


def test_atlassians_signature_passes_and_another_keys_does_not(atlassian: AtlassianKey) -> None:
    token = read_token(atlassian.sign({"iss": "acme"}))
    verify_rs256(token, atlassian.private.public_key())
    with pytest.raises(Unauthorized, match="bad_signature"):
        verify_rs256(token, AtlassianKey().private.public_key())


def test_a_public_key_used_as_a_shared_secret_opens_nothing(atlassian: AtlassianKey) -> None:
    forged_input = f"{encode({'alg': 'HS256', 'kid': atlassian.kid})}.{encode({'iss': 'acme'})}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    text = f"{forged_input}.{encode(algorithm.sign(forged_input.encode(), atlassian.public_pem))}"
    with pytest.raises(Unauthorized, match="alg_not_allowed"):
        verify_rs256(read_token(text), atlassian.private.public_key())


def test_the_algorithm_can_be_required_before_any_key_is_fetched() -> None:
    with pytest.raises(Unauthorized, match="alg_not_allowed"):
        require_algorithm(read_token(GOOD), "RS256")


def test_outbound_tokens_live_three_minutes_and_name_both_sides() -> None:
    text = sign_for_jira(
        SECRET,
        app_key="rapport-jira",
        client_key="acme",
        now=NOW,
        method="GET",
        raw_path="/jira/rest/x",
        raw_query="b=2&a=1",
        base_path="/jira",
    )
    claims = jwt.decode(
        text, SECRET, algorithms=["HS256"], audience="acme", options={"verify_exp": False, "verify_iat": False}
    )
    assert (claims["iss"], claims["aud"], claims["exp"] - claims["iat"]) == ("rapport-jira", ["acme"], 180)
    assert claims["qsh"] == hash_url("GET", "/rest/x?a=1&b=2")


@given(st.text(max_size=60))
def test_nothing_but_unauthorized_comes_out_of_reading(text: str) -> None:
    for candidate in (text, f"{encode({'alg': 'HS256'})}.{encode(text)}.", f"{encode(text)}.{encode('{}')}."):
        with pytest.raises(Unauthorized, match=r"malformed|alg_not_allowed|bad_signature|unsupported_crit"):
            verify_hs256(read_token(candidate), SECRET)
