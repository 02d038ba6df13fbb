from __future__ import annotations

from pathlib import Path

import pytest
from witnessed import needed_calls, summary

from casb_cli.apps import registry


@pytest.fixture
def witness(request):
    """Tell that the SDK made these calls and took the answers: `witness(provider, *names)`."""

    def tell(provider, *names):
        for name in names:
            calls = provider.called(name)
            assert calls, f"the SDK never made {name}: {sorted({c.name for c in provider.calls})}"
            assert any(0 < call.status < 400 for call in calls), f"{name} never succeeded"
            request.node.user_properties.append(("witness", f"{provider.key} {name}"))

    return tell


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
