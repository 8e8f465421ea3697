"""What the claims of a token must say: one row per way to say it wrong."""

from __future__ import annotations

from typing import Any

import pytest

from connect import Unauthorized
from connect import claims as policy
from tests.connect.world import DROP, NOW, claims_for

SECONDS = int(NOW.timestamp())


def times(**changes: Any) -> dict[str, Any]:
    return claims_for("GET", "/", **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"exp": SECONDS - 29, "iat": SECONDS - 200},
        {"iat": SECONDS + 20},
        {"iat": SECONDS - 3600 + 180},
        {"nbf": SECONDS + 29},
        {"nbf": 0},
    ],
    ids=str,
)
def test_times_within_half_a_minute_are_accepted(changes: dict[str, Any]) -> None:
    policy.check_times(times(**changes), NOW)


ODD = [float("inf"), float("nan"), [1], {}, None, True, "123", -1, 1.5, float(SECONDS + 180)]


@pytest.mark.parametrize("value", ODD, ids=str)
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_odd_times_are_bad_claims(name: str, value: Any) -> None:
    with pytest.raises(Unauthorized, match="bad_claim"):
        policy.check_times(times(**{name: value}), NOW)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": DROP}, "missing_claim"),
        ({"iat": DROP}, "bad_claim"),
        ({"exp": SECONDS - 30, "iat": SECONDS - 100}, "expired"),
        ({"exp": SECONDS - 31, "iat": SECONDS - 100}, "expired"),
        ({"exp": SECONDS + 10**9}, "lifetime_too_long"),
        ({"exp": SECONDS + 3601, "iat": SECONDS}, "lifetime_too_long"),
        ({"exp": 10**400}, "lifetime_too_long"),
        ({"iat": SECONDS + 31}, "not_yet_valid"),
        ({"iat": SECONDS + 3600, "exp": SECONDS + 3700}, "not_yet_valid"),
        ({"iat": SECONDS + 200, "exp": SECONDS + 180}, "bad_claim"),
        ({"nbf": SECONDS + 31}, "not_yet_valid"),
    ],
    ids=str,
)
def test_times_out_of_bounds_are_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unauthorized, match=reason):
        policy.check_times(times(**changes), NOW)


@pytest.mark.parametrize("issuer", [None, 5, ["acme"], {}, True, "", "a" * 300, "a b", "é", "a\n"])
def test_odd_issuers_are_bad_claims(issuer: Any) -> None:
    with pytest.raises(Unauthorized, match="bad_claim"):
        policy.issuer({"iss": issuer})


def test_a_missing_issuer_is_missing() -> None:
    with pytest.raises(Unauthorized, match="missing_claim"):
        policy.issuer({})


@pytest.mark.parametrize("subject", [5, [], {}, "", "a" * 200, "a b", "<script>", True])
def test_odd_users_are_bad_claims(subject: Any) -> None:
    with pytest.raises(Unauthorized, match="bad_claim"):
        policy.account_id({"sub": subject})


@pytest.mark.parametrize(
    "subject", ["557058:f58131cb-b67d-43c7-b30d-6b58d40bd077", "5b10a2844c20165700ede21g", "qm:uuid:1"]
)
def test_account_ids_of_all_ages_are_accepted(subject: str) -> None:
    assert policy.account_id({"sub": subject}) == subject


OURS = frozenset(("https://rapport.example", "https://rapport.example/"))


@pytest.mark.parametrize(
    "audience", ["https://rapport.example", "https://rapport.example/", ["https://rapport.example"]]
)
def test_our_own_address_is_the_right_audience(audience: Any) -> None:
    policy.check_audience({"aud": audience}, OURS, required=True)


@pytest.mark.parametrize(
    "audience",
    [
        "",
        None,
        [],
        [["https://rapport.example"]],
        ["https://rapport.example", "https://other.example"],
        ["https://rapport.example", "https://rapport.example"],
        "http://rapport.example",
        "https://rapport.example:8443",
        "https://rapport.example/path",
        "https://RAPPORT.example",
        "https://user@rapport.example",
        "https://other-app.example",
        5,
        {"https://rapport.example": 1},
    ],
    ids=str,
)
@pytest.mark.parametrize("required", [True, False])
def test_any_other_audience_is_wrong(audience: Any, required: bool) -> None:
    with pytest.raises(Unauthorized, match="wrong_audience"):
        policy.check_audience({"aud": audience}, OURS, required=required)


def test_a_missing_audience_is_wrong_only_where_one_is_required() -> None:
    policy.check_audience({}, OURS, required=False)
    with pytest.raises(Unauthorized, match="wrong_audience"):
        policy.check_audience({}, OURS, required=True)


@pytest.mark.parametrize("found", ["0" * 64, "A" * 64, "", 5, [], None, "é" * 64, "a" * 63])
def test_a_wrong_request_hash_is_a_mismatch(found: Any) -> None:
    with pytest.raises(Unauthorized, match="qsh_mismatch"):
        policy.check_request_hash({"qsh": found}, "a" * 64)


def test_the_two_kinds_of_hash_do_not_stand_in_for_each_other() -> None:
    policy.check_request_hash({"qsh": "a" * 64}, "a" * 64)
    policy.check_context_hash({"qsh": "context-qsh"})
    with pytest.raises(Unauthorized, match="context_token_not_allowed"):
        policy.check_request_hash({"qsh": "context-qsh"}, "a" * 64)
    with pytest.raises(Unauthorized, match="context_token_required"):
        policy.check_context_hash({"qsh": "a" * 64})
    for check in (policy.check_context_hash, lambda claims: policy.check_request_hash(claims, "a" * 64)):
        with pytest.raises(Unauthorized, match="missing_qsh"):
            check({})


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (
            {"jira": {"issue": {"id": "10007", "key": "DEMO-7"}, "project": {"id": 10000}}},
            {"issue_id": "10007", "project_id": "10000"},
        ),
        ({"jira": {"issue": {"id": "10007 or 1=1"}, "project": {"id": True}}}, {}),
        ({"jira": {"issue": [], "project": {"id": ["1"]}}}, {}),
        ({"jira": None}, {}),
        (["jira"], {}),
        ("x", {}),
        (None, {}),
    ],
    ids=str,
)
def test_context_is_kept_only_where_it_is_well_formed(context: Any, expected: dict[str, str]) -> None:
    assert policy.context({"context": context}) == expected
