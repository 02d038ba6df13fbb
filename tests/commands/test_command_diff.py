"""`casb diff`, `casb findings` and `casb scans` over two scans of a company in which something happened."""

from __future__ import annotations

import msgspec
import pytest
from harness import Stage

from casb_cli.commands.diff import told
from casb_cli.core.models import Grant
from casb_cli.store.history import Difference

SECRET = b"card number 4556 7375 8689 9855 expires 09/31\n"


@pytest.fixture
def github(home, casb):
    with Stage("github", home, casb, people=12, files=20) as made:
        assert made.connect("prod", "token").code == 0
        assert casb("scan", "--quiet").code == 0
        yield made


def test_one_scan_has_nothing_to_be_compared_with(github):
    run = github.casb("diff", "-o", "jsonl")
    assert run.code == 0
    assert run.rows == []
    assert "second scan" in run.err


def test_a_finding_and_a_file_that_came_are_told_and_a_limited_scan_between_hides_nothing(github):
    planted = {file for file, _ in github.truth.rows("finding")}
    file = min(id_ for id_, row in github.truth.rows("file").items() if id_ not in planted)
    github.provider.edit(file, SECRET)
    assert github.casb("scan", "--quiet").code == 0
    assert github.casb("scan", "--quiet", "--only", "accounts").code == 0
    rows = github.casb("diff", "-o", "jsonl").rows
    assert [row["kind"] for row in rows if row["change"] == "new finding"] == ["finding"]
    narrowed = github.casb("diff", "-o", "jsonl", "--where", "kind == 'finding'", "--fields", "change,ref").rows
    assert [sorted(row) for row in narrowed] == [["change", "ref"]]
    before = github.casb("diff", "-o", "jsonl", "--since", "1d", "--until", "1h").rows
    assert [row for row in before if row["kind"] == "finding"] == []


def test_findings_are_listed_by_the_group_and_by_its_command(github):
    plain = github.casb("findings", "-o", "jsonl").rows
    assert plain
    assert github.casb("findings", "list", "-o", "jsonl").rows == plain
    high = github.casb("findings", "list", "--severity", "high", "-o", "jsonl").rows
    assert {row["severity"] for row in high} <= {"high", "critical"}


def test_an_instance_with_a_setting_that_cannot_be_read_does_not_stop_the_others(github):
    from casb_cli.store.config import edit

    assert github.connect("second", "token", "--force").code == 0
    with edit() as config:
        config.set("github", "prod", settings={"scan_every": "often"})
    run = github.casb("scan", "--due", "-o", "json")
    assert run.code == 3, run
    assert "often" in run.err
    assert [row["instance"] for row in run.rows] == ["github/second"]


def test_scans_tell_how_each_ended(github):
    (row,) = github.casb("scans", "-o", "jsonl").rows
    assert (row["state"], row["exit_code"], row["lost"]) == ("done", 0, [])


@pytest.mark.parametrize("until", ["2020-01-01", "2026-01-01T00:00:00Z"])
def test_a_suppression_cannot_end_in_the_past(github, until):
    [ref] = [row["ref"] for row in github.casb("findings", "--limit", "1", "-o", "jsonl").rows]
    run = github.casb("findings", "suppress", ref, "--reason", "samples", "--until", until)
    assert run.code == 2
    assert "is past" in run.err
    assert ref in {row["ref"] for row in github.casb("findings", "-o", "jsonl").rows}


def changed(before, after, *fields):
    return Difference(kind="grant", id="g", what="changed", before=before, after=after, fields=fields)


def test_a_grant_that_was_only_used_is_no_change():
    was = Grant(id="g", name="Drive", scopes=("read",), last_used="2026-11-21T00:00:00Z")
    used = msgspec.structs.replace(was, last_used="2026-11-22T00:00:00Z")
    assert told(changed(was, used, "last_used")) is None
    wider = msgspec.structs.replace(used, scopes=("read", "write"))
    assert told(changed(was, wider, "scopes", "last_used")) == "grant changed"
