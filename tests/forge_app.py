"""The Forge app as a self-hoster makes it: written by our command, its shell built by esbuild, ready to deploy."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner

from plugin.cli import main

ROOT = Path(__file__).parents[1]
NODE_MODULES = ROOT / "node_modules"


def make_forge_app(folder: Path, environment: Mapping[str, str]) -> Path:
    """Run `rapport forge manifest` and build the shell."""
    done = CliRunner().invoke(main, ["forge", "manifest", "--into", str(folder)], env=dict(environment))
    assert done.exit_code == 0, done.output
    (folder / "shell/shell.js").write_bytes(_shell(folder))
    return folder


_first: list[bytes] = []  # the shell is the same for every server: once for each process


def _shell(folder: Path) -> bytes:
    if not _first:
        (folder / "node_modules").symlink_to(NODE_MODULES.resolve())
        run_build(folder)
        _first.append((folder / "shell/shell.js").read_bytes())
    return _first[0]


def run_build(folder: Path) -> None:
    """`npm run build`, offline."""
    environment = {**os.environ, "PATH": f"{NODE_MODULES / '.bin'}:{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["npm", "run", "--silent", "build"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
