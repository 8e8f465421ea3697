"""The guards that the mutation check takes away, one at a time, and the rows that must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SAME_REQUEST = 'policy.check_request_hash(token.claims, query_hash(environ["REQUEST_METHOD"], path, query, self._base_path))\n        '

_OF_TENANT = "sa.and_(survey_response.c.tenant_id == tx.tenant_id, "


@dataclass(frozen=True, slots=True)
class Mutation:
    """In the source file `path` the text `old`, which is there exactly once, becomes `new`. `tests` and `words` say which
    tests then have to fail: a file or folder, and an expression for `pytest -k`."""

    name: str
    path: str
    old: str
    new: str
    tests: str
    words: str = "sqlite"

    def apply(self, root: Path) -> None:
        """Change the source under `root`. ValueError where the text is not there exactly once."""
        source = root / self.path
        text = source.read_text("utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.path} holds this {text.count(self.old)} times, not once:\n{self.old}")
        source.write_text(text.replace(self.old, self.new), "utf-8")


CLAIMS, VERIFICATION, TOKENS = "connect/claims.py", "connect/verification.py", "connect/tokens.py"
ROWS = "tests/conformance/test_"

MUTATIONS = (
    Mutation(
        "exp",
        CLAIMS,
        "if expires + LEEWAY_SECONDS <= seconds_now:",
        "if False:",
        f"{ROWS}claims.py",
        "C08 and sqlite",
    ),
    Mutation(
        "aud, lifecycle",
        VERIFICATION,
        "policy.check_audience(token.claims, self._audience, required=True)",
        "pass",
        f"{ROWS}lifecycle.py",
        "(L05 or L06 or L07) and sqlite",
    ),
    Mutation(
        "aud, site",
        VERIFICATION,
        "policy.check_audience(token.claims, allowed, required=False)",
        "pass",
        f"{ROWS}claims.py",
        "C15 and sqlite",
    ),
    Mutation(
        "qsh, lifecycle",
        VERIFICATION,
        f"{_SAME_REQUEST}verify_rs256",
        "verify_rs256",
        f"{ROWS}query_hash.py",
        "Q03 and sqlite and installed",
    ),
    Mutation(
        "qsh, site",
        VERIFICATION,
        f"{_SAME_REQUEST}return",
        "return",
        f"{ROWS}query_hash.py",
        "Q03 and sqlite and events",
    ),
    Mutation(
        "algorithm pin",
        TOKENS,
        'if token.header.get("alg") != name:',
        "if False:",
        f"{ROWS}signatures.py",
        "(J04 or J05 or J08) and sqlite",
    ),
    Mutation(
        "token class: context token on a page",
        CLAIMS,
        'if found == CONTEXT_HASH:\n        raise Unauthorized("context_token_not_allowed")',
        "if found == CONTEXT_HASH:\n        return",
        f"{ROWS}query_hash.py",
        "Q20 and sqlite",
    ),
    Mutation(
        "token class: page token for a script",
        CLAIMS,
        "if _hash_claim(claims) != CONTEXT_HASH:",
        "if False:",
        "tests/connect/test_guards.py",
        "",
    ),
    Mutation(
        "signature, HS256",
        TOKENS,
        "if not _HS256.verify(token.signing_input, secret.encode(), token.signature):",
        "if False:",
        f"{ROWS}signatures.py",
        "(J16 or J17) and sqlite",
    ),
    Mutation(
        "signature, RS256",
        TOKENS,
        "if not _RS256.verify(token.signing_input, key, token.signature):",
        "if False:",
        f"{ROWS}signatures.py",
        "J32 and sqlite",
    ),
    Mutation(
        "tenant filter",
        "plugin/surveys/store.py",
        f"{_OF_TENANT}survey_response.c.invitation_id",
        "sa.and_(survey_response.c.invitation_id",
        "tests/plugin/surveys/test_public_page.py",
    ),
    Mutation(
        "body binding",
        "connect/lifecycle.py",
        "if body.client_key != call.client_key:",
        "if False:",
        f"{ROWS}lifecycle.py",
        "L04 and sqlite",
    ),
    Mutation(
        "lifetime",
        CLAIMS,
        "if expires - issued > LIFETIME_LIMIT_SECONDS:",
        "if False:",
        f"{ROWS}claims.py",
        "C11 and sqlite",
    ),
    Mutation(
        "kid pattern",
        "connect/install_keys.py",
        'or len(kid) > 200 or ".." in kid or not _KID.fullmatch(kid):',
        "or len(kid) > 200:",
        f"{ROWS}signatures.py",
        "(J22 or J23) and sqlite",
    ),
    Mutation(
        "permission",
        "connect/extension.py",
        "self._require(guard.permission)",
        "pass",
        "tests/connect/test_permitted.py",
        "",
    ),
    Mutation(
        "permission: fails open",
        "connect/permissions.py",
        "lambda: self._ask(principal.tenant, str(principal.account_id), permission, number)",
        "lambda: True",
        "tests/connect/test_permissions.py",
        "",
    ),
    Mutation(
        "invocation: another app",
        "connect/forge_tokens.py",
        "policy.check_audience(claims, {app_id}, required=True)",
        "pass",
        f"{ROWS}forge.py",
        "F02 and sqlite",
    ),
    Mutation(
        "invocation: ids agree",
        "connect/forge_tokens.py",
        "if any(each not in (None, cloud_id) for each in named):",
        "if False:",
        f"{ROWS}forge.py",
        "F06 and sqlite",
    ),
    Mutation(
        "invocation: a screen's token for a trigger",
        "connect/forge.py",
        "if invocation.from_screen:",
        "if False:",
        f"{ROWS}forge.py",
        "opens_nothing and sqlite",
    ),
    Mutation(
        "invocation: routes that the shell may name",
        "connect/extension.py",
        "if from_shell and guard.permission is None:",
        "if False:",
        f"{ROWS}forge.py",
        "opens_nothing and sqlite",
    ),
    Mutation(
        "a commit waits for the disk",
        "plugin/engines.py",
        '"synchronous=FULL"',
        '"synchronous=OFF"',
        "tests/plugin/test_pooling.py",
        "syncs_each_commit",
    ),
    Mutation(
        "a commit to PostgreSQL waits for the disk",
        "plugin/database.py",
        "BEGIN; SET LOCAL synchronous_commit = on",
        "BEGIN",
        "tests/plugin/test_pooling.py",
        "whatever_the_default_is",
    ),
    Mutation(
        "no start where commits may be lost",
        "plugin/cli.py",
        "examination.require_durability(settings, database)",
        "pass",
        "tests/plugin/test_commands.py",
        "may_lose_commits",
    ),
)
