"""`casb scan --estimate` against the simulated providers: the calls that they counted are the calls that it tells."""

from __future__ import annotations


def estimate(casb):
    ran = casb("scan", "--estimate", "-o", "jsonl")
    assert ran.code == 0, ran
    return ran, {row["scan"]: row for row in ran.rows}


def test_before_the_first_scan_it_says_unknown_and_asks_nobody(connected, casb):
    connected.provider.calls.clear()
    ran, rows = estimate(casb)
    assert list(rows) == ["next"]
    assert rows["next"]["calls"] is None
    assert "calls" in rows["next"]["unknown"]
    assert "first scan costs is unknown" in ran.err
    assert not connected.provider.calls


def test_a_full_scan_is_estimated_by_what_the_provider_counted(connected, casb):
    connected.provider.calls.clear()
    assert casb("scan").code in {0, 3}
    counted = len(connected.provider.calls)
    connected.provider.calls.clear()
    _, rows = estimate(casb)
    assert not connected.provider.calls
    # Downloads from content hosts and calls that were tried again are no calls to the limits.
    assert counted * 0.5 <= rows["full"]["calls"] <= counted
    assert sum(rows["full"]["families"].values()) == rows["full"]["calls"]
    assert rows["full"]["minutes"] == 0.0, "a small company fits into one window"
    assert casb("scan").code in {0, 3}
    _, rows = estimate(casb)
    assert rows["next"]["calls"] < rows["full"]["calls"], "what has not changed is not fetched again"

    # The table is for people: no JSON in it.
    header, *lines = casb("scan", "--estimate").out.splitlines()
    assert header.split() == ["INSTANCE", "SCAN", "CALLS", "MINUTES", "FAMILIES", "BASIS"]
    assert all("{" not in line for line in lines)
