from __future__ import annotations

import pytest
from witnessed import needed_calls, summary


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
