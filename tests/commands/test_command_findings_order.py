from __future__ import annotations

import pytest

from casb_cli.core.capabilities import ReadFile

EXPOSURE = ["public", "external", "internal", None, "private"]
SEVERITY = ["critical", "high", "medium", "low"]


def test_the_most_exposed_come_first_and_of_these_the_most_severe(connected, casb):
    if not connected.has(ReadFile):
        pytest.skip(f"{connected.app} excuses {ReadFile.key}")
    assert casb("scan").code in {0, 3}
    rows = casb("findings", "-o", "jsonl").rows
    places = [(EXPOSURE.index(row["sharing"]), SEVERITY.index(row["severity"])) for row in rows]
    assert len(set(places)) > 2
    assert places == sorted(places)
    assert casb("findings", "--limit", "3", "-o", "jsonl").rows == rows[:3]
