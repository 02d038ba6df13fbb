"""The witnesses summed up at the end of a run: per app, how many of the calls that its connector needs.

Hooks of the whole run: `tests/conftest.py` offers them, since a folder's own conftest is not loaded by the
process that sums up when tests run on several.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from witnessed import needed_calls, summary

from casb_cli.apps import registry


def _missing(config):
    """Return the needed calls without a witness, by app, where every witness test ran and passed; else nothing."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter is None or reporter.stats.get("deselected"):
        return {}
    here = "tests/witness/"
    ran = {
        report.nodeid.split("::")[0]
        for reports in reporter.stats.values()
        for report in reports
        if str(getattr(report, "nodeid", "")).startswith(here)
    }
    unwell = [
        report
        for key in ("failed", "error", "skipped")
        for report in reporter.stats.get(key, [])
        if report.nodeid.startswith(here)
    ]
    if unwell or ran != {f"{here}{path.name}" for path in Path(__file__).parent.glob("test_*.py")}:
        return {}
    passed = reporter.stats.get("passed", [])
    told = summary(value for report in passed for key, value in report.user_properties if key == "witness")
    found = {}
    for app in registry.all():
        try:
            needed = needed_calls(app.key)
        except (ImportError, AttributeError):
            continue  # no connector yet: nothing is needed
        if needed - told.get(app.key, set()):
            found[app.key] = needed - told.get(app.key, set())
    return found


def pytest_sessionfinish(session):
    """Fail the run when a call that a connector needs has no witness."""
    if not hasattr(session.config, "workerinput") and _missing(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    passed = terminalreporter.stats.get("passed", [])
    told = (value for report in passed for key, value in report.user_properties if key == "witness")
    for app, calls in sorted(summary(told).items()):
        try:
            needed = needed_calls(app)
        except (ImportError, AttributeError) as error:
            terminalreporter.write_line(f"witnessed {app}: {len(calls)} calls (no connector: {error})")
            continue
        seen = needed & calls
        terminalreporter.write_line(f"witnessed {app}: {len(seen)}/{len(needed)}")
        for call in sorted(needed - calls):
            terminalreporter.write_line(f"  not witnessed: {call}")
