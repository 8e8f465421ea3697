"""Parts of screens that were rendered from the same values lately: reading what a part shows costs less than rendering it."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from flask import current_app, render_template
from flask_babel import get_locale, get_timezone
from markupsafe import Markup

_KEPT = 256  # some two megabytes
_PARTS = "rapport-parts"  # of each app: whose scripts a page loads is set with it
_lock = threading.Lock()


def render_part(
    template: str, values: Mapping[str, Any], more: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
) -> Markup:
    """`template` with `values`, and with what `more` makes of them.

    What it says may depend on the values, the reader's language and time zone, and nothing else: no clock, no secret of one
    answer. The same holds for `more`, which is called only where nothing is remembered.
    """
    about = (template, str(get_locale()), str(get_timezone()), sorted(values.items()))
    key = sha256(pickle.dumps(about)).digest()
    parts: OrderedDict[bytes, Markup] = current_app.extensions.setdefault(_PARTS, OrderedDict())
    with _lock:
        part = parts.get(key)
    if part is None:
        part = Markup(render_template(template, **{**values, **more(values)}))  # noqa: S704 - a template's own output
        _keep(parts, key, part)
    return part


def _keep(parts: OrderedDict[bytes, Markup], key: bytes, part: Markup) -> None:
    with _lock:
        parts[key] = part
        if len(parts) > _KEPT:
            parts.popitem(last=False)
