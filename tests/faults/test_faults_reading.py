"""With a fault on one call in five, listings and scans of any app end with exactly the world's truth."""

from __future__ import annotations

import json

import pytest
from harness import assert_told, compare, listed

from casb_cli.core import capabilities
from casb_cli.core.refs import parse
from casb_cli.sandbox.faults import KINDS

LISTED = {
    "account": "ListAccounts",
    "group": "ListGroups",
    "membership": "ListMemberships",
    "privilege": "ListPrivileges",
    "activity": "ListActivity",
    "file": "ListFiles",
    "share": "ListShares",
    "grant": "ListGrants",
}


@pytest.fixture
def faulty(connected, hurried):
    """Let one call in five meet a fault of every kind: `faulty(seed)`; waits are the shortest that a header tells."""

    def start(seed, kinds=KINDS, rate=0.2):
        connected.provider.faults.randomly(rate, seed=seed, kinds=kinds, wait=0.01)
        return connected

    with connected.brisk():
        yield start
    connected.provider.faults.clear()


def test_every_listing_is_the_world(faulty):
    stage = faulty(1)
    for kind, name in LISTED.items():
        if not stage.has(getattr(capabilities, name)):
            continue
        run = stage.list(kind)
        assert_told(run, stage.truth.hidden(kind))
        rows = run.rows
        compare(listed(rows, kind), stage.truth.rows(kind))
    assert sum(stage.provider.faults.taken.values()) > 5, stage.provider.faults.taken


def test_a_scan_finds_all_and_keeps_the_world(faulty):
    stage = faulty(11)
    run = stage.casb("scan", "--app", stage.app, "-o", "json", "-v")
    assert_told(run, stage.truth.hidden("file"))
    assert json.loads(run.out)[0]["state"] == ("complete" if run.code == 0 else "partial")
    taken = dict(stage.provider.faults.taken)
    stage.provider.faults.clear()
    assert len(taken) >= 6, f"hardly any kind of fault was met: {taken}"
    for kind in LISTED:
        kept = stage.list(kind, "--stored")
        compare(listed(kept.rows, kind), stage.truth.rows(kind))
    found = stage.casb("findings", "--app", stage.app, "-o", "jsonl").rows
    own = {(parse(row["file_ref"]).id, row["detector"]): row for row in found if "/" not in row["detector"]}
    compare(own, stage.truth.rows("finding"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "truncated"])
def test_each_kind_of_fault_alone_leaves_a_listing_whole(faulty, kind):
    for seed in range(5, 15):
        stage = faulty(seed, kinds=(kind,))
        for noun in ("account", "file"):
            if not stage.has(getattr(capabilities, LISTED[noun])):
                continue
            run = stage.list(noun)
            assert_told(run, stage.truth.hidden(noun))
            compare(listed(run.rows, noun), stage.truth.rows(noun))
        if kind in stage.provider.faults.taken:
            return
    raise AssertionError("the fault was never met")


def test_content_that_breaks_off_is_read_anew(faulty):
    stage = faulty(5, kinds=("truncated",))
    if not stage.has(capabilities.ReadFile):
        pytest.skip(f"{stage.app} excuses {capabilities.ReadFile.key}")
    run = stage.casb("scan", "--app", stage.app, "-o", "json", "-v")
    assert_told(run, stage.truth.hidden("file"))
    found = stage.casb("findings", "--app", stage.app, "-o", "jsonl").rows
    own = {(parse(row["file_ref"]).id, row["detector"]): row for row in found if "/" not in row["detector"]}
    compare(own, stage.truth.rows("finding"))
    assert stage.provider.faults.taken["truncated"]
