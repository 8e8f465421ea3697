"""A page as PDF, by WeasyPrint, where it is installed with the libraries of the system that it needs (Pango)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from plugin.errors import PluginError

LIBRARY = "weasyprint"
_STYLE = Path(__file__).with_name("print.css")


class PdfUnavailable(PluginError):
    """This server cannot make PDFs. The message says what is missing."""

    status = 503
    code = "pdf_unavailable"


def render(html: str) -> bytes:
    """From one page without anything outside of itself. Raises PdfUnavailable."""
    made: bytes = (
        _library()
        .HTML(string=html, url_fetcher=_fetch_nothing)
        .write_pdf(stylesheets=[_library().CSS(string=_STYLE.read_text(encoding="utf-8"), url_fetcher=_fetch_nothing)])
    )
    return made


def trouble() -> str:
    """What keeps this server from making PDFs, and what to do; "" where nothing does."""
    try:
        _library()
    except PdfUnavailable as error:
        return str(error)
    return ""


def _library() -> Any:
    try:
        return importlib.import_module(LIBRARY)  # an extra, and it loads libraries of the system
    except ImportError as error:
        raise PdfUnavailable("This server makes no PDFs: install Rapport with its extra `pdf`.") from error
    except OSError as error:
        raise PdfUnavailable("This server makes no PDFs: it lacks Pango (on Debian: libpangoft2-1.0-0).") from error


def _fetch_nothing(url: str, *_more: Any, **_options: Any) -> dict[str, Any]:
    """What somebody wrote must not make the server look anywhere."""
    raise ValueError(f"nothing is fetched for a PDF: {url[:40]}")
