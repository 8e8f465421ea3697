"""Refuses a descriptor that Jira would not install: unknown modules, missing parts, keys of the wrong form."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.devhost.records import Json

SCHEMA = Path(__file__).with_name("descriptor.schema.json")


class DescriptorRefused(Exception):
    """The message lists everything that is wrong, one reason per line."""


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def check_descriptor(descriptor: Json) -> None:
    """Raise `DescriptorRefused` unless the descriptor could be installed."""
    reasons = [_reason(error) for error in _validator().iter_errors(descriptor)] or _further_reasons(descriptor)
    if reasons:
        raise DescriptorRefused("\n".join(reasons))


def _reason(error: ValidationError) -> str:
    where = "/".join(str(step) for step in error.absolute_path) or "descriptor"
    return f"{where}: {error.message}"


def _further_reasons(descriptor: Json) -> list[str]:
    """What a schema cannot say."""
    modules = [
        module
        for kind in descriptor.get("modules", {}).values()
        for module in (kind if isinstance(kind, list) else [kind])
    ]
    keys = Counter(module["key"] for module in modules if "key" in module)
    reasons = [f"modules: the key {key!r} is used {times} times" for key, times in keys.items() if times > 1]
    scopes = {scope.upper() for scope in descriptor.get("scopes", [])}
    if descriptor.get("modules", {}).get("webhooks") and not scopes - {"NONE", "ACT_AS_USER"}:
        reasons.append("scopes: webhooks need READ")
    return reasons
