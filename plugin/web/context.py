"""How a view reaches the outside."""

from __future__ import annotations

from typing import cast

from flask import current_app

from plugin.ports import Ports


def ports() -> Ports:
    return cast(Ports, current_app.extensions["rapport"])
