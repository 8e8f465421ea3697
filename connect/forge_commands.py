"""`rapport forge …`: for whoever deploys the app as a Forge app of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from connect.forge_doctor import examine
from connect.forge_project import Deployment, write_project

_folder = click.option(
    "--into", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path("forge-app"), show_default=True,
    help="Folder of the Forge app.",
)  # fmt: skip


def platform_commands(prepare: Callable[[], Deployment]) -> click.Group:
    """The group `forge`. `prepare` says what to deploy, or raises an error of the product's for whoever calls."""

    @click.group(name="forge", help="Rapport as a Forge app of your own.")
    def group() -> None:
        pass

    @group.command(help="Write the manifests and the shell that `forge deploy` takes, over what is there.")
    @_folder
    def manifest(folder: Path) -> None:
        for path in write_project(folder, prepare()):
            click.echo(path)
        click.echo(f"Next: cd {folder} && npm install && npm run build && forge deploy -e production && forge install")

    @group.command(help="Look whether Forge could reach this server, and whether the manifest is up to date.")
    @_folder
    def doctor(folder: Path) -> None:
        findings = examine(prepare(), folder)
        for finding in findings:
            click.echo(f"{'ok   ' if finding.ok else 'WRONG'} {finding.words}")
        sys.exit(0 if all(finding.ok for finding in findings) else 1)

    return group
