"""Rich text as Jira keeps it: Atlassian Document Format in, plain text out, or text with its links."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

Document = dict[str, Any]


def document(text: str) -> Document:
    """A document with one paragraph per line of *text*; empty lines become empty paragraphs."""
    paragraphs = [_paragraph(line) for line in text.split("\n")]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _paragraph(line: str) -> Document:
    return {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}


def is_document(value: object) -> bool:
    """True for ``{"type": "doc", "version": 1, "content": [...]}``."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
    )


def plain(node: Document | None) -> str:
    """The words of a document, one line per block; ``""`` for None."""
    if node is None:
        return ""
    if node.get("type") == "doc":
        return "\n".join(plain(block) for block in node["content"])
    if node.get("type") == "hardBreak":
        return "\n"
    return node.get("text") or node.get("attrs", {}).get("text", "") or "".join(map(plain, node.get("content", [])))


def linked(block: Document) -> Markup:
    """The words of one block, as HTML in which links lead somewhere."""
    return Markup().join(_piece(node) for node in block.get("content", []))


def _piece(node: Document) -> Markup:
    words = escape(plain(node))
    for mark in node.get("marks", []):
        if mark["type"] == "link":
            return Markup('<a href="{}">{}</a>').format(mark["attrs"]["href"], words)
    return words
