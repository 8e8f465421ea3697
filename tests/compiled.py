"""Templates compiled once in a test process, not once for each of the hundreds of apps that it starts."""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class Kept(BytecodeCache):
    """In memory; Jinja itself sees whether the source is still the same."""

    def __init__(self) -> None:
        self._bytecode: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._bytecode:
            bucket.bytecode_from_string(self._bytecode[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._bytecode[bucket.key] = bucket.bytecode_to_string()


def keep() -> None:
    """For every app from now on."""
    Flask.jinja_options = {"bytecode_cache": Kept()}
