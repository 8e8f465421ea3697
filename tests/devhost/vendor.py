"""Front-end files of others: found in node_modules, never committed, and made ready for pages that work offline."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
CONNECT = NODE_MODULES / "atlassian-connect-js" / "dist"
TOKENS = NODE_MODULES / "@atlaskit" / "tokens" / "dist" / "esm" / "artifacts" / "themes"
STATIC = Path(__file__).resolve().parent / "static"

SCRIPTS = {
    "connect-host.js": CONNECT / "connect-host.js",
    "jquery.js": NODE_MODULES / "jquery" / "dist" / "jquery.min.js",
}
CDN_CONSTANT = 'var CDN_URL = "https://" + CDN_DOMAIN;'
COLOURS = ("atlassian-light", "atlassian-dark")
RENEWED = {"themes/atlaskit-tokens_light.css": COLOURS[0], "themes/atlaskit-tokens_dark.css": COLOURS[1]}
SHAPES = ("atlassian-spacing", "atlassian-shape", "atlassian-typography")
EXPORTED_STRING = re.compile(r'^export default ("(?:[^"\\]|\\.)*");?\s*$', re.MULTILINE)


class VendorFileWrong(Exception):
    """A file of others is missing, or no longer looks as expected; says which and what to do."""


def read(path: Path) -> str:
    """The text of one file; `VendorFileWrong` if `make setup` was not run."""
    if not path.is_file():
        raise VendorFileWrong(f"{path.name} of {path.parent.parent.name} is missing: run `make setup`")
    return path.read_text(encoding="utf-8")


@cache
def all_js(cdn_url: str) -> str:
    """The script that apps load in their frame: the npm library, its one address of Atlassian's CDN replaced by *cdn_url*,
    and behind it our stand-in for the part that npm lacks (`static/frame-product.js`).
    """
    library = read(CONNECT / "iframe.js")
    hits = library.count(CDN_CONSTANT)
    if hits != 1:
        raise VendorFileWrong(f"iframe.js should name the CDN once, but does so {hits} times: look at its new version")
    rewritten = library.replace(CDN_CONSTANT, f"var CDN_URL = {json.dumps(cdn_url)};")
    return rewritten + "\n" + read(STATIC / "frame-product.js")


@cache
def cdn_file(name: str) -> str | None:
    """A style sheet that the frame's script asks the CDN for (``themes/atlaskit-tokens_dark.css``), or None.

    The library's npm package carries the colours of an older design; today's follow behind them, as Jira shows those.
    """
    root = CONNECT.resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or path.suffix != ".css" or not path.is_file():
        return None
    return read(path) + (_theme(RENEWED[name]) if name in RENEWED else "")


@cache
def tokens_css() -> str:
    """The design tokens as plain CSS: light and dark by attribute of <html>, spacing, shape and type for every page."""
    colours = [_theme(name) for name in COLOURS]
    return "\n".join(colours + [_for_every_page(_theme(name)) for name in SHAPES])


def _theme(name: str) -> str:
    found = EXPORTED_STRING.search(read(TOKENS / f"{name}.js"))
    if not found:
        raise VendorFileWrong(f"{name}.js of @atlaskit/tokens is no longer one exported string")
    return str(json.loads(found[1]))


def _for_every_page(css: str) -> str:
    # their own selectors name themes that the frame's older library does not know, so <html> cannot carry them
    return re.sub(r"^[^{]*\{", ":root {", css.strip(), count=1)
