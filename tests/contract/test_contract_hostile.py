"""Names made to break careless programs are shown, exported and fetched as exactly themselves, harmlessly."""

from __future__ import annotations

import csv
import io

import pytest
from harness import listed

from casb_cli.core.capabilities import ListAccounts, ListFiles, ReadFile
from casb_cli.core.refs import parse

PLAIN = set(range(32)) - {9, 10}


def hostile(stage):
    """Return the files of the world whose names hold anything but letters, digits and the usual marks."""
    rows = stage.truth.rows("file")
    return {id_: row for id_, row in rows.items() if not row["name"].replace("-", "").replace(".", "").isalnum()}


@pytest.fixture
def files(connected):
    if not connected.has(ListFiles):
        pytest.skip(f"{connected.app} excuses {ListFiles.key}")
    assert len(hostile(connected)) > 5
    return connected


def test_json_gives_each_name_as_it_is(files):
    rows = listed(files.list("file").rows, "file")
    for id_, row in hostile(files).items():
        assert rows[id_]["name"] == row["name"]
    for row in files.list("file").rows:
        assert parse(row["ref"]).id == row["id"]
        assert not any(char.isspace() or not char.isprintable() for char in row["ref"]), row["ref"]


@pytest.mark.parametrize("form", ["table", "csv", "jsonl", "json"])
@pytest.mark.parametrize("noun", ["accounts", "files"])
def test_nothing_raw_reaches_a_terminal_or_a_spreadsheet(files, noun, form):
    run = files.casb("list", noun, "--app", files.app, "-o", form)
    assert "\x1b" not in run.err
    # A file of comma-separated values keeps each name as it is; the others escape or show what controls a terminal.
    assert form == "csv" or not PLAIN & set(run.out.encode()), "control characters in the output"
    if form == "csv":
        for row in csv.reader(io.StringIO(run.out)):
            assert not [cell for cell in row if cell[:1] in {"=", "+", "@", "-"} and not cell[1:].isdigit()], row


def test_content_is_fetched_by_names_as_they_are(files):
    if not files.has(ReadFile):
        pytest.skip(f"{files.app} excuses {ReadFile.key}")
    with files.instance() as instance:
        connector = instance.connector_for(ReadFile)
        for id_ in list(hostile(files))[:40]:
            file = connector.find_file(id_)
            with connector.read_file(file) as chunks:
                assert b"".join(chunks) == files.provider.content(id_), file.name


def test_hostile_files_are_quarantined_and_restored_as_themselves(files):
    from casb_cli.core.capabilities import QuarantineFile

    if not files.has(QuarantineFile):
        pytest.skip(f"{files.app} excuses {QuarantineFile.key}")
    chosen = sorted(hostile(files))[:6]
    before = {id_: files.provider.content(id_) for id_ in files.truth.rows("file")}
    refs = [row["ref"] for row in files.list("file").rows if row["id"] in chosen]
    run = files.casb("govern", "quarantine", *refs, "--yes", "-o", "jsonl")
    assert run.code == 0, run
    assert [row["state"] for row in run.rows] == ["changed"] * len(chosen)
    others = {id_: data for id_, data in before.items() if id_ not in chosen}
    assert {id_: files.provider.content(id_) for id_ in others} == others, "another file was touched"
    for row in run.rows:
        undone = files.casb("govern", "undo", row["id"], "--yes", "-o", "jsonl")
        assert undone.rows[0]["state"] == "changed", undone
    assert {id_: files.provider.content(id_) for id_ in before} == before


def test_accounts_keep_their_names(connected):
    rows = listed(connected.list("account").rows, "account")
    assert connected.has(ListAccounts)
    for id_, row in connected.truth.rows("account").items():
        if "name" in row:
            assert rows[id_]["name"] == row["name"]
