"""Behind the scenes: the wire log, and switches for a bad day."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tests.devhost.errors import BadRequest
from tests.devhost.records import Faults
from tests.devhost.ui_shell import pages, site

ENTRIES = 200


@pages.get("/wire")
def wire_log() -> str:
    """Every call between this site and the app, newest first."""
    only_wrong = request.args.get("only") == "wrong"
    entries = [each for each in reversed(site().wire) if each.problems or not only_wrong]
    return render_template("devhost_wire.html", entries=entries[:ENTRIES], total=len(entries), only_wrong=only_wrong)


@pages.app_template_filter("with_names")
def with_names(note: str) -> str:
    """A note of the wire log with people's names in place of their account ids."""
    for account_id, user in site().users.items():
        note = note.replace(account_id, user.display_name)
    return note


@pages.post("/wire/clear")
def clear_wire() -> Response:
    """Forget the calls so far."""
    with site().lock:
        site().wire.clear()
    return redirect(url_for("pages.wire_log"))


@pages.get("/faults")
def fault_switches() -> str:
    """What goes wrong at the moment."""
    return render_template("devhost_faults.html", faults=site().faults, changed=site().faults != Faults())


@pages.post("/faults")
def set_faults() -> Response:
    """Set every switch at once; ``reset`` puts all of them back."""
    try:
        wanted = Faults() if "reset" in request.form else _faults_of_form()
    except BadRequest as error:
        flash(str(error), "error")
        return redirect(url_for("pages.fault_switches"))
    for each in fields(Faults):  # the object stays, as others hold on to it
        setattr(site().faults, each.name, getattr(wanted, each.name))
    flash("All is well again." if wanted == Faults() else "The switches are set.", "success")
    return redirect(url_for("pages.fault_switches"))


def _faults_of_form() -> Faults:
    return Faults(**{each.name: _value(each.name, str(each.type), each.default) for each in fields(Faults)})


def _value(name: str, kind: str, default: Any) -> Any:
    text = request.form.get(name, "").strip()
    if kind == "bool":
        return name in request.form
    if not text:
        return default
    if kind == "str":
        return text
    try:
        number = float(text) if kind == "float" else int(text)
    except ValueError:
        raise BadRequest(f"{name} is not a number: {text}") from None
    if number < 0:
        raise BadRequest(f"{name} cannot be negative.")
    return number
