"""What a web process must not load before somebody needs it: each of these costs megabytes, for every process."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("alembic", "atlassian", "css_inline", "dkim", "dns", "holidays", "jira", "weasyprint", "xlsxwriter")


def test_a_web_process_starts_without_the_libraries_that_few_requests_need():
    loaded = "import sys, plugin.cli, plugin.serving; print(*{name.partition('.')[0] for name in sys.modules})"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    assert "sqlalchemy" in said.split()
    assert sorted(set(HEAVY) & set(said.split())) == []
