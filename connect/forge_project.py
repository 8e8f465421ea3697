"""Writes the folder that a self-hoster deploys as a Forge app of their own: manifest, shell, and how to build the shell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from connect.descriptor import load_descriptor
from connect.forge_keys import ATLASSIAN_INVOCATION_KEYS
from connect.forge_manifest import SHELL, adoption_manifest, native_manifest, screen_paths, to_yaml

# Atlassian's own packages, by which the shell speaks with Jira. They come from npm: nobody else may give them away.
PACKAGES = {"@forge/bridge": "7.2.0", "@forge/jira-bridge": "0.40.1", "esbuild": "0.28.2"}
BUILD = "esbuild source/shell/shell.js --bundle --minify --format=iife --target=es2020"
NATIVE, ADOPTION = "manifest.yml", "manifest.connect.yml"
_HERE = Path(__file__).parent
_HEAD = "# Written by `rapport forge manifest`; run it again instead of editing.\n"
_ADOPTION_HEAD = """\
# Written by `rapport forge manifest`, for sites that have installed the app by its descriptor. Jira keeps framing its pages.
# Deploy it in place of manifest.yml, and only where Atlassian knows the key of the app already.
"""
_SHELL_PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{name}</title>
  <meta name="htmx-config" content="{htmx_config}">
  <meta name="server" content="{server}">
  <meta name="screens" content="{screens}">
{head}
</head>
<body></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be deployed. `files` are those of our server that screens need besides their HTML: style sheets and
    scripts, which the shell loads in this order, and icons. `htmx_config`: JSON, as on our pages."""

    app_id: str
    app_key: str
    base_url: str
    descriptor_path: Path
    files: tuple[Path, ...]
    htmx_config: str
    development: bool = False
    keys_url: str = ATLASSIAN_INVOCATION_KEYS

    @property
    def descriptor(self) -> Mapping[str, Any]:
        return load_descriptor(self.descriptor_path, app_key=self.app_key, base_url=self.base_url)


def write_project(folder: Path, deployment: Deployment) -> list[Path]:
    """Write the project into `folder`, over what is there; the files that were written. ValueError for an `app_id` that
    is none."""
    return [_write(folder / name, text) for name, text in texts_of(deployment).items()]


def texts_of(deployment: Deployment) -> dict[str, str]:
    """Every file of the folder, by its path in it."""
    native = native_manifest(deployment.descriptor, app_id=deployment.app_id, base_url=deployment.base_url)
    adoption = adoption_manifest(deployment.descriptor, app_id=deployment.app_id, base_url=deployment.base_url)
    return {
        NATIVE: _HEAD + to_yaml(native),
        ADOPTION: _ADOPTION_HEAD + to_yaml(adoption),
        "package.json": json.dumps(_package(), indent=2) + "\n",
        f"{SHELL}/index.html": _page(deployment),
        **{f"source/shell/{file.name}": file.read_text("utf-8") for file in sorted((_HERE / "shell").glob("*.js"))},
        **{f"source/static/{name}": (_HERE / "static" / name).read_text("utf-8") for name in ("host.js", "gadget.js")},
        **{f"{SHELL}/{file.name}": file.read_text("utf-8") for file in deployment.files},
    }


def _page(deployment: Deployment) -> str:
    """The page that Forge frames. Everything lies beside it, and nothing stands in it that a policy would refuse."""
    tags = {".css": '  <link rel="stylesheet" href="./{}">', ".js": '  <script src="./{}" defer></script>'}
    names = [*(file.name for file in deployment.files), "shell.js"]
    return _SHELL_PAGE.format(
        name=escape(deployment.descriptor["name"]),
        server=escape(deployment.base_url),
        screens=escape(json.dumps(screen_paths(deployment.descriptor))),
        htmx_config=escape(deployment.htmx_config),
        head="\n".join(tags[Path(name).suffix].format(name) for name in names if Path(name).suffix in tags),
    )


def _package() -> dict[str, Any]:
    return {
        "name": "rapport-forge-shell",
        "private": True,
        "scripts": {"build": f"{BUILD} --outfile={SHELL}/shell.js"},
        "dependencies": PACKAGES,
    }


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
