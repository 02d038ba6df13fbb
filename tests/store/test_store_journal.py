from __future__ import annotations

import multiprocessing
import sqlite3
import stat

import pytest

from casb_cli.core.errors import StoreError
from casb_cli.store.journal import Journal


def fill(folder, count=5, action="a"):
    with Journal(folder) as journal:
        for n in range(count):
            journal.append(
                "begun" if n == 0 else "done",
                run="r1",
                action=f"{action}{n // 2}",
                instance="key",
                target=f"file:{n // 2}",
                body={"n": n, "name": "ü\x1b[31m"},
            )


def edit(folder, *statements):
    link = sqlite3.connect(folder / "journal.db")
    try:
        for statement in statements:
            link.execute(statement)
        link.commit()
    finally:
        link.close()


UNGUARD = ("DROP TRIGGER entries_stay", "DROP TRIGGER entries_remain")


def test_lines_come_back_as_written_and_in_order(tmp_path):
    fill(tmp_path)
    with Journal(tmp_path) as journal:
        assert [e.body["n"] for e in journal.events()] == [0, 1, 2, 3, 4]
        assert [e.body["n"] for e in journal.events(action="a1")] == [2, 3]
        assert [e.body["n"] for e in journal.events(instance="key", target="file:0")] == [0, 1]
        assert list(journal.events(run="other")) == []
        first = next(journal.events())
        assert (first.event, first.run, first.instance) == ("begun", "r1", "key")
        assert first.body["name"] == "ü\x1b[31m"
        assert journal.verify().intact
        assert journal.verify().entries == 5
    assert stat.S_IMODE((tmp_path / "journal.db").stat().st_mode) == 0o600


def test_the_database_itself_refuses_to_change_a_line(tmp_path):
    fill(tmp_path)
    for statement in ("UPDATE entries SET body = '{}'", "DELETE FROM entries WHERE seq = 2"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            edit(tmp_path, statement)


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE entries SET body = '{\"n\":9}' WHERE seq = 3", "line 3 was changed"),
        ("UPDATE entries SET target = 'file:9' WHERE seq = 1", "line 1 was changed"),
        ("UPDATE entries SET time = '2020-01-01T00:00:00Z' WHERE seq = 5", "line 5 was changed"),
        ("DELETE FROM entries WHERE seq = 2", "line 2 is missing"),
        ("DELETE FROM entries WHERE seq = 5", "lines after line 4 were removed"),
        ("DELETE FROM entries", "lines after line 0 were removed"),
    ],
)
def test_tampering_shows(tmp_path, tampering, fault):
    fill(tmp_path)
    edit(tmp_path, *UNGUARD, tampering)
    with Journal(tmp_path) as journal:
        verdict = journal.verify()
    assert not verdict.intact
    assert fault in verdict.fault


def test_four_processes_append_one_chain(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=fill, args=(tmp_path, 40, f"w{n}-")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    with Journal(tmp_path) as journal:
        assert journal.verify().entries == 160
        assert journal.verify().intact
        for n in range(4):
            own = [e.body["n"] for e in journal.events() if e.action.startswith(f"w{n}-")]
            assert own == list(range(40))


def test_a_commit_reaches_the_disk_before_append_returns(tmp_path):
    with Journal(tmp_path) as journal, journal._db.write() as link:
        assert link.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_backup_is_whole_and_never_replaces_a_file(tmp_path):
    fill(tmp_path)
    with Journal(tmp_path) as journal:
        (tmp_path / "copy").mkdir()
        journal.backup(tmp_path / "copy" / "journal.db")
        with pytest.raises(StoreError, match="exists already"):
            journal.backup(tmp_path / "copy" / "journal.db")
        head = journal.verify().head
    with Journal(tmp_path / "copy") as copy:
        assert copy.verify().head == head
