"""Every listing of every app, over the wire and through the command line, equals the invented world."""

from __future__ import annotations

import pytest
from harness import differences, listed, says_what_is_hidden

from casb_cli.core.capabilities import (
    ListAccounts,
    ListActivity,
    ListFiles,
    ListGrants,
    ListGroups,
    ListMemberships,
    ListPrivileges,
    ListShares,
    ListTrash,
)

KINDS = {
    "account": ListAccounts,
    "group": ListGroups,
    "membership": ListMemberships,
    "privilege": ListPrivileges,
    "activity": ListActivity,
    "file": ListFiles,
    "share": ListShares,
    "grant": ListGrants,
}

NAMED = {"membership": ("group", "member"), "privilege": ("principal",), "share": ("file", "who")}
"""Fields that name whom or what a reference beside them means."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_listing_is_the_world(connected, kind):
    """No row is missing, none is too much, each known field is true, and what is hidden from all is told."""
    if not connected.has(KINDS[kind]):
        pytest.skip(f"{connected.app} excuses {KINDS[kind].key}")
    world, hidden = connected.truth.rows(kind), connected.truth.hidden(kind)
    run = connected.list(kind)
    assert run.code == 0, run
    assert says_what_is_hidden(run) or not hidden, run
    assert world, "an empty world would prove nothing"
    assert differences(listed(run.rows, kind), world) == []
    for field in NAMED.get(kind, ()):
        assert not [row["ref"] for row in run.rows if row[field] is None and field not in row["unknown"]]


def test_the_trash_is_the_world(connected):
    if not connected.has(ListTrash):
        pytest.skip(f"{connected.app} excuses {ListTrash.key}")
    world, hidden = connected.truth.rows("trash"), connected.truth.hidden("trash")
    run = connected.list("file", "--trashed")
    assert run.code == 0, run
    assert says_what_is_hidden(run) or not hidden, run
    assert world, "an empty trash would prove nothing"
    assert differences(listed(run.rows, "file"), world) == []
