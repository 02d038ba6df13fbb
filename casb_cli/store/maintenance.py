"""Care of the store: retention, backup, integrity, forgetting an instance."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from casb_cli.core.errors import StoreError
from casb_cli.store import paths
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, explain

_KEEP_RUNS = 20


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows a pruning removed."""

    versions: int = 0
    events: int = 0
    runs: int = 0
    findings: int = 0


def prune(db: Database, *, before: int, shrink: bool = True) -> Pruned:
    """Remove history that ended before a moment (ms): versions, events, runs, resolved findings.

    What is there now stays, and so do each instance's newest runs. `shrink` gives the space back to the disk.
    """
    with db.write() as link:
        versions = link.execute("DELETE FROM past WHERE valid_to < ?", (before,)).rowcount
        events = link.execute("DELETE FROM events WHERE time < ?", (before,)).rowcount
        runs = link.execute(
            "DELETE FROM runs WHERE ended < ? AND run NOT IN ("
            "SELECT run FROM (SELECT run, row_number() OVER (PARTITION BY inst ORDER BY run DESC) AS n "
            "FROM runs) WHERE n <= ?)",
            (before, _KEEP_RUNS),
        ).rowcount
        findings = link.execute("DELETE FROM findings WHERE resolved < ?", (before,)).rowcount
        link.execute(
            "DELETE FROM inspections WHERE at < ? AND NOT EXISTS ("
            "SELECT 1 FROM objects o JOIN sets s USING (set_id) "
            "WHERE s.inst = inspections.inst AND s.kind = 'file' AND o.id = inspections.id)",
            (before,),
        )
        closed = "listing IN (SELECT listing FROM listings WHERE ended < ?)"
        link.execute(f"DELETE FROM notices WHERE {closed}", (before,))  # noqa: S608 - from the line above
    if shrink:
        db.vacuum()
    return Pruned(versions=versions, events=events, runs=runs, findings=findings)


def forget(db: Database, catalog: Catalog, instance_key: str) -> None:
    """Remove everything the store knows of an instance; the journal is not touched."""
    inst = catalog.inst(instance_key)
    with db.write() as link:
        sets = "set_id IN (SELECT set_id FROM sets WHERE inst = ?)"
        for table in ("objects", "past"):
            link.execute(f"DELETE FROM {table} WHERE {sets}", (inst,))  # noqa: S608 - names stand here
        link.execute("DELETE FROM notices WHERE listing IN (SELECT listing FROM listings WHERE inst = ?)", (inst,))
        for table in (
            "listings",
            "parts",
            "events",
            "runs",
            "cursors",
            "inspections",
            "findings",
            "protected",
            "rates",
            "budgets",
        ):
            link.execute(f"DELETE FROM {table} WHERE inst = ?", (inst,))  # noqa: S608 - names stand here


def copy_database(db: Database, target: Path) -> None:
    """Write a consistent copy of a database to a new file (0600) while others go on writing.

    Raises StoreError; no half-written copy is left, and no existing file is replaced.
    """
    if target.exists():
        raise StoreError(f"`{target}` exists already", hint="name a new file")
    paths.private_file(target)
    try:
        with db.read() as source:
            source.execute("ROLLBACK")
            out = sqlite3.connect(target)
            try:
                source.backup(out, pages=2048)
            finally:
                out.close()
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, sqlite3.Error):
            raise explain(error, target) from error
        raise


def integrity(db: Database) -> list[str]:
    """Return what SQLite finds wrong with the file; empty when it is sound."""
    with db.read() as link:
        rows = link.execute("PRAGMA integrity_check(20)").fetchall()
    return [row[0] for row in rows if row[0] != "ok"]


def size(db: Database) -> int:
    """Return the bytes that a database and its log take on the disk."""
    files = (db.path, db.path.with_name(db.path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
