"""The mutation check: without any one of its guards, Rapport fails its tests. `make mutants`.

Works on copies of the checkout. A mutant is killed when a test fails; an error on the way to a test kills nothing. The
tests are run once on an unchanged copy first, where all of them must pass.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.mutations import MUTATIONS, ROOT, Mutation

AT_ONCE = 2
_COPIED = ("connect", "plugin", "tests", "pyproject.toml", "atlassian-connect.json")
_LINKED = (".venv", "node_modules")
_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.db*")
_FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)


def copy_checkout(source_root: Path, folder: Path) -> Path:
    """What the tests need of a checkout; what is large and does not change is linked."""
    for name in _COPIED:
        source = source_root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_IGNORED)
        else:
            shutil.copyfile(source, folder / name)
    for name in _LINKED:
        if (source_root / name).exists():
            (folder / name).symlink_to((source_root / name).resolve())
    return folder


def run_tests(root: Path, tests: str, words: str, *options: str) -> tuple[int, str]:
    """Exit status of pytest, and all that it said."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *options, tests, "-k", words]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def trouble_unchanged(whole: Path, tests: str, words: str) -> str:
    """What pytest said where tests fail, or are missing, on an unchanged copy; "" where all is well."""
    status, output = run_tests(whole, tests, words)
    return "" if status == 0 else output


def judge(whole: Path, mutation: Mutation) -> tuple[str, str]:
    """The first test that fails without this guard, "" where none does; and what pytest said."""
    with tempfile.TemporaryDirectory(prefix="rapport-mutant-") as folder:
        root = copy_checkout(whole, Path(folder))
        mutation.apply(root)
        _, output = run_tests(root, mutation.tests, mutation.words, "-x")
    found = _FAILED.search(output)
    return (found[1] if found else ""), output


def main() -> int:
    """Prints a table; 1 where a mutant survived or the tests do not pass as they are."""
    with tempfile.TemporaryDirectory(prefix="rapport-whole-") as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        whole = copy_checkout(ROOT, Path(folder))  # so that nobody's edits during the run matter
        return judge_all(whole, pool)


def judge_all(whole: Path, pool: ThreadPoolExecutor) -> int:
    began = time.monotonic()
    selections = list(dict.fromkeys((mutation.tests, mutation.words) for mutation in MUTATIONS))
    troubles = [said for said in pool.map(lambda it: trouble_unchanged(whole, *it), selections) if said]
    if troubles:
        print(*troubles, "The tests must pass, and exist, before mutants can be judged.", sep="\n")
        return 1
    print(f"{'without':38} {'':9} first test that failed", flush=True)
    survivors = 0
    for mutation, (killer, said) in zip(MUTATIONS, pool.map(lambda it: judge(whole, it), MUTATIONS), strict=True):
        survivors += not killer
        print(f"{mutation.name:38} {'killed' if killer else 'SURVIVED':9} {killer}", flush=True)
        if not killer:
            print(said[-3_000:], flush=True)
    print(f"{len(MUTATIONS) - survivors} of {len(MUTATIONS)} killed in {time.monotonic() - began:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
