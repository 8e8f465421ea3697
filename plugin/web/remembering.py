"""Parts of screens that were rendered from the same values lately: reading what a part shows costs less than rendering it."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from hashlib import sha256

from flask import render_template
from flask_babel import get_locale, get_timezone
from markupsafe import Markup

_KEPT = 256  # some two megabytes
_parts: OrderedDict[bytes, Markup] = OrderedDict()
_lock = threading.Lock()


def render_part(template: str, values: Mapping[str, object], more: Callable[[], Mapping[str, object]] = dict) -> Markup:
    """`template` with `values` and `more`.

    What it says may depend on the values, the reader's language and time zone, and nothing else: no clock, no secret of one
    answer. `more` must follow from the values; it is called only where nothing is remembered.
    """
    about = (template, str(get_locale()), str(get_timezone()), sorted(values.items()))
    key = sha256(pickle.dumps(about)).digest()
    with _lock:
        part = _parts.get(key)
    if part is None:
        part = Markup(render_template(template, **values, **more()))  # noqa: S704 - a template's own output
        _keep(key, part)
    return part


def _keep(key: bytes, part: Markup) -> None:
    with _lock:
        _parts[key] = part
        if len(_parts) > _KEPT:
            _parts.popitem(last=False)
