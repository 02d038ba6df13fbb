"""Names made to break careless programs are shown, exported and fetched as exactly themselves, harmlessly."""

from __future__ import annotations

import csv
import io

import pytest
from acting import full
from harness import listed

from casb_cli.core.capabilities import ListAccounts, ListFiles, ReadFile
from casb_cli.core.errors import PartlyDone
from casb_cli.core.refs import parse
from casb_cli.govern.actions import action_kind

PLAIN = set(range(32)) - {9, 10}
CHOSEN = 8
"""Files that are acted on at once: of each way of being hostile one."""


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


def test_a_spreadsheet_gets_each_name_as_text_and_whole(files):
    run = files.casb("list", "files", "--app", files.app, "-o", "csv", "--fields", "id,name")
    assert run.code == 0, run
    rows = {row["id"].removeprefix("'"): row["name"] for row in csv.DictReader(io.StringIO(run.out, newline=""))}
    for id_, row in hostile(files).items():
        name, told = row["name"], rows[id_.removeprefix("'")]
        assert told in {name, f"'{name}"}
        assert name[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"} or told == f"'{name}"


def test_a_scan_keeps_and_shows_them_as_they_are(files):
    run = files.casb("scan", "--app", files.app, "--only", "files", "-v")
    assert run.code == 0, run
    kept = listed(files.list("file", "--stored").rows, "file")
    for id_, row in hostile(files).items():
        assert kept[id_]["name"] == row["name"]
        shown = files.casb("show", full(files, "file", id_))
        assert shown.code == 0, (id_, shown)
        assert not PLAIN & set((shown.out + shown.err).encode()), "control characters in the output"
    found = files.casb("findings")
    assert not PLAIN & set((run.out + run.err + found.out + found.err).encode()), "control characters in the output"


def chosen(stage):
    """Return hostile files, no two of which are hostile in the same way as far as there are enough."""
    rows = hostile(stage)
    by_way = {}
    for id_ in sorted(rows):
        by_way.setdefault("".join(c for c in rows[id_]["name"].rpartition(" ")[0] if not c.isdigit()), id_)
    return sorted(by_way.values())[:CHOSEN]


@pytest.mark.parametrize("action", ["quarantine", "trash", "overwrite"])
def test_hostile_files_are_acted_on_and_given_back_as_themselves(files, action):
    if not files.has(action_kind(action).ability):
        pytest.skip(f"{files.app} excuses {action}")
    ids = chosen(files)
    before = {id_: files.provider.content(id_) for id_ in files.truth.rows("file")}
    run = files.casb("govern", action, *(full(files, "file", id_) for id_ in ids), "--yes", "-o", "jsonl")
    assert not PLAIN & set(run.err.encode()), "control characters in the output"
    assert {row["target_ref"] for row in run.rows} == {full(files, "file", id_) for id_ in ids}
    done = [row for row in run.rows if row["state"] in {"changed", "pending"}]
    # What an app cannot do with one file is refused by name; most can be acted on.
    assert len(done) * 2 > len(ids), run
    assert run.code == (0 if len(done) == len(ids) else PartlyDone.exit_code), run
    untouched = before.keys() - {parse(row["target_ref"]).id for row in done}
    assert {id_: files.provider.content(id_) for id_ in untouched} == {id_: before[id_] for id_ in untouched}
    for row in done:
        if row["undo"] == f"casb govern undo {row['id']}":
            undone = files.casb("govern", "undo", row["id"], "--yes", "-o", "jsonl")
            assert [one["state"] in {"changed", "pending"} for one in undone.rows] == [True], undone
            assert not PLAIN & set(undone.err.encode()), "control characters in the output"
            target = parse(row["target_ref"]).id
            assert files.provider.content(back_as(files, target)) == before[target]
    assert {id_: files.provider.content(id_) for id_ in untouched} == {id_: before[id_] for id_ in untouched}


def back_as(stage, id_):
    """Return the id of a file that was given back: another one where the provider cannot give the old one again."""
    if stage.provider.content(id_) is not None:
        return id_
    was = stage.truth.rows("file")[id_]
    rows = listed(stage.list("file").rows, "file")
    [now] = [
        one
        for one, row in rows.items()
        if (row["name"], row["path"]) == (was["name"], was["path"]) and one not in stage.truth.rows("file")
    ]
    return now


def test_accounts_keep_their_names(connected):
    rows = listed(connected.list("account").rows, "account")
    assert connected.has(ListAccounts)
    for id_, row in connected.truth.rows("account").items():
        if "name" in row:
            assert rows[id_]["name"] == row["name"]
