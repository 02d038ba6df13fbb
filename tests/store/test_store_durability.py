"""What must survive: many writers, a kill at any moment, a full disk, a newer version, a foreign file."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import time

import pytest

from casb_cli.core.errors import StoreError
from casb_cli.core.models import Account, File
from casb_cli.store import maintenance, migrations
from casb_cli.store.database import Database
from casb_cli.store.store import Store

SCAN = """
import sys
from pathlib import Path
from casb_cli.core.models import File, Partition
from casb_cli.store.store import Store
# An invented provider: 12 folders of 30 pages of 20 files; each page fetched is told on stdout.
store = Store(Path(sys.argv[1]))
run = store.runs.begin("k")
folders = [Partition(key=str(n)) for n in range(12)]
begun = store.runs.resumes_from(run)
ended = store.partitions.ended("k", "list-files")
if begun is None or ended is None or ended < begun:
    listing = store.partitions.open_listing("k", "list-files")
    print("open", listing.id, flush=True)
    while part := store.partitions.claim(listing):
        if part.partition.key == "":
            store.inventory.write_page(listing, part, [], "end", more=folders)
            store.inventory.end_partition(listing, part)
            continue
        at = int(part.cursor or 0)
        for page in range(at, 30):
            print("fetch", part.partition.key, page, flush=True)
            rows = [File(id=f"{part.partition.key}-{page}-{n}", name="x") for n in range(20)]
            store.inventory.write_page(listing, part, rows, str(page + 1), inspect=True)
            print("saved", part.partition.key, page, flush=True)
        store.inventory.end_partition(listing, part)
    print("end", store.inventory.end_listing(listing), flush=True)
while batch := store.files.next("k", 64):
    for item in batch:
        print("inspect", item.file.id, flush=True)
        store.files.settle("k", item.file, "done", detectors="d1")
        print("settled", item.file.id, flush=True)
store.runs.end(run, "done", exit_code=0, statement={})
print("complete", flush=True)
"""


def write_many(folder, name):
    with Store(folder) as store:
        for n in range(60):
            store.inventory.write_rows("shared", [Account(id=f"{name}-{n}-{m}") for m in range(5)])
            store.rates("shared").spend("calls", "2026-11", 1)


def test_four_processes_writing_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=write_many, args=(tmp_path, f"w{n}")) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    with Store(tmp_path) as store:
        assert store.inventory.count("shared", "account") == 4 * 60 * 5
        assert store.rates("shared").spent("calls", "2026-11") == 4 * 60
        assert maintenance.integrity(store.db) == []


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX")
def test_kill_9_at_random_moments_loses_nothing_and_repeats_nothing(tmp_path):
    dice = random.Random(20261122)
    told: list[list[str]] = []
    kills = 0
    for _ in range(60):
        with subprocess.Popen(
            [sys.executable, "-c", SCAN, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            lines = [process.stdout.readline()]  # the interpreter has started, the work begins
            if kills < 20:
                time.sleep(dice.uniform(0.0, 0.025))
                process.send_signal(signal.SIGKILL)
                kills += 1
            lines += process.stdout.readlines()
        told.append([line.strip() for line in lines if line.endswith("\n")])
        with Store(tmp_path) as store:
            # Not the last line: a run may be killed between its end and saying so.
            newest = store.runs.list("k", limit=1)
        if newest and newest[0].state == "done":
            break
    flat = [line for run in told for line in run]
    assert newest[0].state == "done"
    assert kills >= 3
    # Saved once it was told: no later run may fetch that page, or inspect that file, again.
    for done, again in (("saved", "fetch"), ("settled", "inspect")):
        finished: set[str] = set()
        for line in flat:
            word, _, rest = line.partition(" ")
            if word == done:
                finished.add(rest)
            assert not (word == again and rest in finished), line
    with Store(tmp_path) as store:
        assert store.inventory.count("k", "file") == 12 * 30 * 20
        assert store.files.summary("k") == {("done", None): 12 * 30 * 20}
        assert len({line for line in flat if line.startswith("open")}) == 1
        states = [run.state for run in store.runs.list("k")]
        assert states[0] == "done"
        assert set(states[1:]) <= {"killed"}
        assert store.db.fetch("SELECT count(*) FROM past") == [(0,)]


FULL = """
import json, resource, sys
from pathlib import Path
from casb_cli.core.errors import StoreError
from casb_cli.core.models import Account
from casb_cli.store.store import Store
store = Store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
saved = 0
try:
    for n in range(1000):
        store.inventory.write_rows("k", [Account(id=f"{n}-{m}", name="x" * 200) for m in range(20)])
        saved += 20
except StoreError as error:
    print(json.dumps([saved, error.message, error.hint]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs RLIMIT_FSIZE")
def test_a_full_disk_is_an_error_and_keeps_what_was_saved(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    saved, message, hint = json.loads(done.stdout)
    assert str(tmp_path / "casb.db") in message
    assert "no space left" in message
    assert "casb store prune" in hint
    with Store(tmp_path) as store:
        assert store.inventory.count("k", "account") == saved > 0
        assert maintenance.integrity(store.db) == []


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_every_file_of_the_store_is_private(tmp_path):
    old = os.umask(0)
    try:
        with Store(tmp_path / "state") as store:
            store.inventory.write_rows("k", [File(id="1")])
            found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert found.pop("locks") == 0o700
    assert found == {"casb.db": 0o600, "casb.db-wal": 0o600, "casb.db-shm": 0o600}


def test_a_newer_database_is_left_alone(tmp_path):
    Store(tmp_path).close()
    link = sqlite3.connect(tmp_path / "casb.db")
    link.execute("PRAGMA user_version=999")
    link.close()
    with pytest.raises(StoreError, match="written by a newer casb") as caught:
        Store(tmp_path)
    assert "upgrade" in (caught.value.hint or "")


def test_a_foreign_or_damaged_file_is_left_alone(tmp_path):
    link = sqlite3.connect(tmp_path / "casb.db")
    link.execute("CREATE TABLE theirs (x)")
    link.commit()
    link.close()
    with pytest.raises(StoreError, match="another program"):
        Store(tmp_path)
    (tmp_path / "casb.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="damaged"):
        Store(tmp_path)


def test_a_migration_is_applied_wholly_or_not_at_all(tmp_path):
    one = ("CREATE TABLE a (x)",)
    Database(tmp_path / "x.db", migrations.Schema("x", 7, (one,))).close()
    broken = migrations.Schema("x", 7, (one, ("CREATE TABLE b (x)", "CREATE NONSENSE")))
    with pytest.raises(StoreError):
        Database(tmp_path / "x.db", broken)
    better = migrations.Schema("x", 7, (one, ("CREATE TABLE b (x)", "INSERT INTO b VALUES (1)")))
    with Database(tmp_path / "x.db", better) as db:
        assert db.fetch("SELECT x FROM b") == [(1,)]


def test_a_reader_sees_one_moment_and_holds_nothing_up(tmp_path):
    with Store(tmp_path) as store:
        store.inventory.write_rows("k", [Account(id="1")])
        with store.db.read() as link:
            first = link.execute("SELECT count(*) FROM objects").fetchone()
            store.inventory.write_rows("k", [Account(id="2")])
            assert link.execute("SELECT count(*) FROM objects").fetchone() == first
        assert store.inventory.count("k", "account") == 2
        with pytest.raises(StoreError), store.db.read() as link:
            link.execute("DELETE FROM objects")


def test_an_undone_transaction_leaves_no_number_behind(tmp_path):
    with Store(tmp_path) as store:
        with pytest.raises(ZeroDivisionError), store.db.write():
            store.inventory.write_rows("k", [Account(id="1")])
            raise ZeroDivisionError
        store.inventory.write_rows("other", [Account(id="2")])
        store.inventory.write_rows("k", [Account(id="3")])
        assert [r.id for r in store.inventory.rows("k", "account")] == ["3"]
        assert [r.id for r in store.inventory.rows("other", "account")] == ["2"]


def test_prune_backup_forget_and_size(tmp_path):
    with Store(tmp_path) as store:
        store.inventory.write_rows("k", [Account(id="1", name="a"), Account(id="2")])
        store.inventory.write_rows("k", [Account(id="1", name="b")])
        store.inventory.write_rows("other", [Account(id="9")])
        assert maintenance.prune(store.db, before=0).versions == 0
        (tmp_path / "copy").mkdir()
        maintenance.copy_database(store.db, tmp_path / "copy" / "casb.db")
        assert maintenance.prune(store.db, before=1 << 61).versions == 1
        assert [r.name for r in store.inventory.rows("k", "account")] == ["b", None]
        maintenance.forget(store.db, store.catalog, "k")
        assert store.inventory.count("k", "account") == 0
        assert store.inventory.count("other", "account") == 1
        assert maintenance.size(store.db) > 0
    with Store(tmp_path / "copy") as copy:
        assert len(copy.inventory.versions("k", "account", "1")) == 2
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "copy" / "casb.db").stat().st_mode) == 0o600
