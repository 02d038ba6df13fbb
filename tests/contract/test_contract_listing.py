"""Every listing of every app, over the wire and through the command line, equals the invented world."""

from __future__ import annotations

import pytest
from harness import assert_told, compare, listed

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


@pytest.mark.parametrize("kind", KINDS)
def test_a_listing_is_the_world(connected, kind):
    if not connected.has(KINDS[kind]):
        pytest.skip(f"{connected.app} excuses {KINDS[kind].key}")
    run = connected.list(kind)
    assert_told(run, connected.truth.hidden(kind))
    compare(listed(run.rows, kind), connected.truth.rows(kind))


def test_the_trash_is_the_world(connected):
    if not connected.has(ListTrash):
        pytest.skip(f"{connected.app} excuses {ListTrash.key}")
    run = connected.list("file", "--trashed")
    assert_told(run, connected.truth.hidden("trash"))
    compare(listed(run.rows, "file"), connected.truth.rows("trash"))
