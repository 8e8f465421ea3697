"""A document as Markdown that any wiki takes. What people wrote stays text: it cannot become a heading or a link."""

from __future__ import annotations

import re

from plugin.postmortems.document import Document, Evidence, Section, Statement

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~-])")


def render(document: Document, site_url: str) -> str:
    """`site_url`: of Jira, so that evidence can be opened from elsewhere."""
    parts = [f"# {_plain(document.title)}", document.as_of]
    for section in document.sections:
        parts += [f"## {_plain(section.title)}", *_section(section, site_url)]
    return "\n\n".join(parts) + "\n"


def _section(section: Section, site_url: str) -> list[str]:
    if not section.statements:
        return ["–"]
    lines = []
    for statement in section.statements:
        if statement.heading:
            lines.append(f"### {_plain(statement.heading)}")
        lines.append(_statement(statement, site_url, written=section.written))
    return lines


def _statement(statement: Statement, site_url: str, *, written: bool) -> str:
    text = "\n".join(_plain(line) for line in statement.text.splitlines())
    links = " ".join(_link(each, site_url) for each in statement.evidence)
    if statement.quote:
        return "\n".join(f"> {line}" for line in text.splitlines()) + (f"\n>\n> {links}" if links else "")
    whole = f"{text} {links}".strip()
    return whole.replace("\n", "  \n") if written else "- " + whole.replace("\n", "\n  ")


def _link(evidence: Evidence, site_url: str) -> str:
    if evidence.place.startswith("/"):
        return f"[{_plain(evidence.label)}]({site_url}{evidence.place})"
    return f"({_plain(evidence.label)})"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
