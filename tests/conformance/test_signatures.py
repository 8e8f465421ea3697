"""Class J: header, algorithm, key and signature of a token."""

from __future__ import annotations

import ast
import base64
import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.conformance.cases import case
from tests.conformance.doors import DOORS, LIFECYCLE_DOORS, PAGE, SECRET_DOORS, Door
from tests.conformance.refusals import refuses
from tests.conformance.target import Target, b64, hs256
from tests.connect.world import DROP, AtlassianKey

every_door = pytest.mark.parametrize("door", DOORS, ids=str)
every_secret_door = pytest.mark.parametrize("door", SECRET_DOORS, ids=str)
every_lifecycle_door = pytest.mark.parametrize("door", LIFECYCLE_DOORS, ids=str)


@case("J01")
@every_door
def test_a_token_has_three_parts(app: Target, door: Door) -> None:
    good = door.token(app, app.acme)
    header, payload, signature = good.split(".")
    for token in (
        "abc.def.ghi",
        "abc",
        f"{header}.{payload}",
        f"{good}.{signature}",
        f"{good}.",
        f".{good}",
        f"{good}.a.b",
        "..",
        "...",
        f".{payload}.{signature}",
        f"{header}..{signature}",
        f"{header}.{payload}.{signature}=",
        f"{header}=.{payload}.{signature}",
    ):
        refuses(app, door.call(app.acme, token), "malformed")


ODD_JSON: list[Any] = [
    [],
    ["HS256"],
    "text",
    5,
    None,
    True,
    b"",
    b"\xff\xfe{}",
    b'{"alg": "\xff"}',
    b"{",
    b'{"alg":"HS256"}x',
    b'\xef\xbb\xbf{"alg":"HS256"}',
    b'{"alg":"HS256","alg":"none"}',
    b"{'alg':'HS256'}",
    b'{"alg":"HS256\\u0000"}',
    b'{"alg":"HS256","x":"\\ud800"}',
    '{"alg":"HS256"}'.encode("utf-16"),
]


@case("J02")
@every_door
def test_header_and_payload_are_json_objects(app: Target, door: Door) -> None:
    header, payload, signature = door.token(app, app.acme).split(".")
    for odd in ODD_JSON:
        for token in (f"{b64(odd)}.{payload}.{signature}", f"{header}.{b64(odd)}.{signature}"):
            refuses(app, door.call(app.acme, token), "malformed")


@case("J03")
@every_door
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"alg":"HS256","a":['], ids=repr)
@pytest.mark.parametrize("depth", [33, 1_000, 100_000])
def test_deep_nesting_is_refused(app: Target, door: Door, opening: bytes, depth: int) -> None:
    header, payload, signature = door.token(app, app.acme).split(".")
    for closed in (b"", b"1" + {91: b"]", 123: b"}"}[opening[0]] * depth):
        deep = b64(opening * depth + closed)
        for token in (f"{deep}.{payload}.{signature}", f"{header}.{deep}.{signature}"):
            too_long = door is PAGE and len(token) > 16_000
            status, reason = (400, "bad_target") if too_long else (401, "malformed")
            refuses(app, door.call(app.acme, token), reason, status=status)


@case("J04")
@every_door
@pytest.mark.parametrize("name", ["none", "None", "nOnE", "NONE", "none "])
def test_no_algorithm_is_no_way_in(app: Target, door: Door, name: str) -> None:
    payload = b64(door.claims(app, app.acme))
    for header in ({"alg": name}, {"alg": name, "typ": "JWT", "kid": app.key.kid}):
        refuses(app, door.call(app.acme, f"{b64(header)}.{payload}."), "alg_not_allowed")


@case("J05")
@every_door
@pytest.mark.parametrize("name", ["none", "None"])
def test_a_good_signature_does_not_help_a_token_without_algorithm(app: Target, door: Door, name: str) -> None:
    _, payload, signature = door.token(app, app.acme).split(".")
    refuses(app, door.call(app.acme, f"{b64({'alg': name})}.{payload}.{signature}"), "alg_not_allowed")


@case("J06")
@every_door
@pytest.mark.parametrize(
    "header",
    [
        {},
        *(
            {"alg": name}
            for name in (None, ["HS256"], {"HS256": 1}, 256, "", "hs256", "rs256", "HS256 ", "HS256,RS256")
        ),
    ],
    ids=str,
)
def test_the_algorithm_is_named_exactly(app: Target, door: Door, header: dict[str, Any]) -> None:
    _, payload, signature = door.token(app, app.acme).split(".")
    refuses(app, door.call(app.acme, f"{b64(header | {'kid': app.key.kid})}.{payload}.{signature}"), "alg_not_allowed")


@case("J07")
@every_secret_door
@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
def test_atlassians_signature_opens_no_route_of_a_site(app: Target, door: Door, algorithm: str) -> None:
    token = jwt.encode(door.claims(app, app.acme), app.key.private, algorithm=algorithm, headers={"kid": "unseen/kid"})
    refuses(app, door.call(app.acme, token), "alg_not_allowed")


@case("J08")
@every_secret_door
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_a_longer_hash_with_the_right_secret_is_still_another_algorithm(
    app: Target, door: Door, algorithm: str
) -> None:
    token = jwt.encode(door.claims(app, app.acme), app.acme.secret * 2, algorithm=algorithm)
    refuses(app, door.call(app.acme, token), "alg_not_allowed")


def by_hmac(app: Target, door: Door, secret: bytes) -> str:
    """By hand: libraries refuse to use a public key as a secret."""
    signed = f"{b64({'alg': 'HS256', 'kid': app.key.kid})}.{b64(door.claims(app, app.acme))}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{signed}.{b64(algorithm.sign(signed.encode(), secret))}"


@case("J09")
@every_lifecycle_door
def test_a_public_key_is_no_secret(app: Target, door: Door) -> None:
    pem = app.key.public_pem
    for secret in (pem, pem.strip(), pem.replace(b"\n", b"\r\n")):
        refuses(app, door.call(app.acme, by_hmac(app, door, secret)), "alg_not_allowed")


@case("J10")
@every_lifecycle_door
def test_a_public_key_in_another_form_is_no_secret(app: Target, door: Door) -> None:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(app.key.private.public_key())
    for secret in (jwk, jwk.replace(" ", ""), json.dumps({"keys": [json.loads(jwk)]})):
        refuses(app, door.call(app.acme, by_hmac(app, door, secret.encode())), "alg_not_allowed")


@case("J11")
@every_lifecycle_door
def test_the_sites_own_secret_does_not_sign_lifecycle_calls(app: Target, door: Door) -> None:
    token = hs256(door.claims(app, app.acme), app.acme.secret, kid=app.key.kid)
    refuses(app, door.call(app.acme, token), "alg_not_allowed")


@case("J12")
@every_door
@pytest.mark.parametrize(
    "header", [{"crit": ["x"]}, {"crit": []}, {"crit": ["b64"], "b64": False}, {"b64": False}, {"b64": True}], ids=str
)
def test_header_parts_that_change_the_rules_are_refused(app: Target, door: Door, header: dict[str, Any]) -> None:
    """Signed well: only the header part itself can be the reason."""
    algorithm = "HS256" if door.by_secret else "RS256"
    payload = json.dumps(door.claims(app, app.acme)).encode()
    token = door.sign_raw(app, app.acme, payload, {"alg": algorithm, "kid": app.key.kid} | header)
    refuses(app, door.call(app.acme, token), "unsupported_crit")


@case("J13")
@every_door
@pytest.mark.parametrize("part", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_along_is_not_used(app: Target, door: Door, part: str, thief: AtlassianKey) -> None:
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(thief.private.public_key()))
    brought = {"jwk": jwk, "jku": "https://evil.example/keys", "x5u": "https://evil.example/x", "x5c": ["MII"]}[part]
    claims = door.claims(app, app.acme)
    header = {part: brought}
    token = hs256(claims, "thief" * 8, **header) if door.by_secret else thief.sign(claims, kid=app.key.kid, **header)
    refuses(app, door.call(app.acme, token), "bad_signature")


@case("J14")
@every_door
def test_every_bit_of_the_signature_counts(app: Target, door: Door) -> None:
    head, payload, signature = door.token(app, app.acme).split(".")
    good = base64.urlsafe_b64decode(signature + "==")
    flipped = [good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :] for at in range(len(good)) for bit in (1, 16, 128)]
    for bad in flipped[:: 1 if door.by_secret else 16]:
        assert app.send(door.call(app.acme, f"{head}.{payload}.{b64(bad)}")).status_code == 401
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = signature[:-1] + last[last.index(signature[-1]) | 1]  # its lowest bits are not part of any byte
    for bad_text in ("", b64(good[:-1]), b64(good[:16]), b64(good + b"\0"), same_bytes, b64(bytes(len(good)))):
        refuses(app, door.call(app.acme, f"{head}.{payload}.{bad_text}"), "bad_signature")


@case("J15")
@every_door
def test_parts_of_two_good_tokens_make_no_third(app: Target, door: Door) -> None:
    first, second = (door.token(app, app.acme, jti=name).split(".") for name in ("one", "two"))
    other_header = door.sign(app, app.acme, door.claims(app, app.acme), typ="other").split(".")[0]
    for parts in (
        (first[0], second[1], first[2]),
        (first[0], first[1], second[2]),
        (other_header, first[1], first[2]),
    ):
        refuses(app, door.call(app.acme, ".".join(parts)), "bad_signature")


@case("J16")
@every_secret_door
def test_one_site_does_not_sign_for_another(app: Target, door: Door) -> None:
    refuses(app, door.call(app.acme, hs256(door.claims(app, app.acme), app.globex.secret)), "bad_signature")


@case("J17")
@every_secret_door
def test_a_wrong_secret_opens_nothing(app: Target, door: Door) -> None:
    secret = app.acme.secret
    for wrong in (secret[:-1], secret + " ", secret.upper(), secret[::-1], "x" * 40, " " * 40):
        refuses(app, door.call(app.acme, hs256(door.claims(app, app.acme), wrong)), "bad_signature")


@case("J18")
@every_secret_door
def test_the_secret_from_before_a_second_install_is_worthless(app: Target, door: Door) -> None:
    site = app.installed_site()
    old_call = door.good_call(app, site)
    renewed = type(site)(site.client_key, "renewed-" + "n" * 40)
    assert app.send(app.lifecycle(renewed)).status_code == 204
    refuses(app, old_call, "bad_signature")
    assert app.send(door.good_call(app, renewed)).status_code == door.accepted


@case("J20")
@every_secret_door
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_an_empty_secret_signs_nothing(app: Target, door: Door) -> None:
    site = app.installed_site()
    app.forget_secret(site)
    for token in (by_empty_key(door.claims(app, site)), door.token(app, site)):
        refuses(app, door.call(site, token), "no_secret", alarm=True)


def by_empty_key(claims: dict[str, Any]) -> str:
    signed = f"{b64({'alg': 'HS256'})}.{b64(claims)}"
    algorithm = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return f"{signed}.{b64(algorithm.sign(signed.encode(), b''))}"


@case("J21")
def test_secrets_are_compared_in_constant_time() -> None:
    packages = [Path(__file__).parents[2] / name for name in ("connect", "plugin")]
    found = [
        f"{path.name}:{node.lineno}"
        for package in packages
        for path in package.rglob("*.py")
        for node in leaking_comparisons(path.read_text("utf-8"))
    ]
    assert found == []
    assert len(leaking_comparisons("a.signature == b\nx != token.shared_secret\nqsh == expected\nsecret == ''")) == 3


def leaking_comparisons(source: str) -> list[ast.Compare]:
    """`==` and `!=` with something whose name says that it is a secret or proves one; with a constant they tell nothing."""
    names = ("signature", "secret", "qsh", "mac", "nonce")
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and not any(isinstance(side, ast.Constant) for side in (node.left, *node.comparators))
        and any(name in ast.unparse(node).lower() for name in names)
    ]


@case("J22")
@every_lifecycle_door
@pytest.mark.parametrize("kid", [DROP, None, 5, {}, [], ["a"], "", " ", True], ids=repr)
def test_a_key_id_is_a_text(app: Target, door: Door, kid: Any) -> None:
    refuses(app, door.call(app.acme, with_kid(app, door, kid)), "bad_kid")


HOSTILE_KEY_IDS = (
    "../../x", "..", "a/../b", "//evil", "/evil", "a//b", "a/", "a?b", "a#b", "%2e%2e", "@evil", "http://evil", "a:b",
    "a\\b", "a\r\nHost: evil", "a\n", "a\0", "é", "a b", "a" * 201, "a" * 5_000, "a/b/c/d/e", ".", ".a", "-", "a;b",
)  # fmt: skip


@case("J23")
@every_lifecycle_door
def test_a_key_id_leads_nowhere_else(app: Target, door: Door) -> None:
    for kid in HOSTILE_KEY_IDS:
        reason = "malformed" if "\0" in kid else "bad_kid"
        refuses(app, door.call(app.acme, with_kid(app, door, kid)), reason)


def with_kid(app: Target, door: Door, kid: Any) -> str:
    header = {"alg": "RS256"} if kid is DROP else {"alg": "RS256", "kid": kid}
    return door.sign_raw(app, app.acme, json.dumps(door.claims(app, app.acme)).encode(), header)


@case("J32")
@every_lifecycle_door
def test_somebody_elses_key_signs_nothing(app: Target, door: Door, thief: AtlassianKey) -> None:
    refuses(app, door.call(app.acme, thief.sign(door.claims(app, app.acme), kid=app.key.kid)), "bad_signature")
