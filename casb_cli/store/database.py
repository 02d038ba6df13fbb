"""One SQLite file, opened privately: a single writer per process, readers that come and go.

Every write is one `BEGIN IMMEDIATE` transaction, so writers of several processes queue up instead of failing
half-way. Reads hold no cursor beyond the call, or the write-ahead log could never be folded back.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from casb_cli.core import clock
from casb_cli.core.errors import StoreError
from casb_cli.store import migrations, paths
from casb_cli.store.locks import Lock

BUSY_SECONDS = 60.0
"""How long a writer waits for another process before it gives up."""

_CACHE_KIB = 4_096
_READER_CACHE_KIB = 2_048
_IDLE_READERS = 4
_LOG_LIMIT_BYTES = 64 * 1024 * 1024


def now_ms() -> int:
    """Return the present moment as the store keeps it: milliseconds since the epoch."""
    return int(clock.now().timestamp() * 1000)


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the StoreError that tells an SQLite error in words, with a hint."""
    words = str(error).lower()
    where = "CASB_STATE_DIR chooses another place"
    if "full" in words or "disk i/o" in words:
        return StoreError(
            f"could not save to `{path}`: no space left or the disk fails ({error})",
            hint=f"free some space, or remove old history with `casb store prune`; {where}",
        )
    if "readonly" in words or "unable to open" in words or "permission" in words:
        return StoreError(
            f"could not open `{path}` for writing: {error}",
            hint=f"make it writable for this user; {where}",
        )
    if "locked" in words or "busy" in words:
        return StoreError(f"`{path}` was busy for {BUSY_SECONDS:.0f} s", hint="another run is writing to it; try again")
    if "malformed" in words or "not a database" in words:
        return StoreError(
            f"`{path}` is damaged: {error}",
            hint="move it away and restore a backup made by `casb store backup`",
        )
    return StoreError(f"could not use `{path}`: {error}", hint=where)


class Database:
    """The opened file; thread-safe. Close it, or use it as a context manager."""

    def __init__(self, path: Path, schema: migrations.Schema, *, durable: bool = False) -> None:
        """Open or create `path` (0600) at the newest version of `schema`; raises StoreError.

        `durable` makes every commit reach the disk before it returns; otherwise the last commits may be lost
        when the machine (not the process) dies, never a part of one.
        """
        self.path = path
        self.schema = schema
        self.durable = durable
        self._guard = threading.RLock()
        self._idle: list[sqlite3.Connection] = []
        self._idle_guard = threading.Lock()
        self._closed = False
        self._inside = False
        self.rollbacks = 0
        paths.private_file(path)
        with self._told():
            self._writer = self._connect()
            try:
                if not migrations.current(self._writer, schema, path):
                    self._set_up()
            except BaseException:
                self._writer.close()
                raise

    def _set_up(self) -> None:
        # Two processes that create the file at once would trip over the switch to the write-ahead log.
        folder = self.path.parent / "locks"
        with Lock(f"open-{self.path.stem}", f"setting up `{self.path}`", wait=BUSY_SECONDS, folder=folder):
            self._writer.execute("PRAGMA journal_mode=WAL").fetchone()
            migrations.migrate(self._writer, self.schema, self.path)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def _connect(self, kib: int = _CACHE_KIB) -> sqlite3.Connection:
        link = sqlite3.connect(
            self.path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=128,
        )
        try:
            link.execute(f"PRAGMA synchronous={'FULL' if self.durable else 'NORMAL'}")
            link.execute(f"PRAGMA cache_size=-{kib}")
            link.execute(f"PRAGMA journal_size_limit={_LOG_LIMIT_BYTES}")
            link.execute("PRAGMA foreign_keys=ON")
            link.execute("PRAGMA trusted_schema=OFF")
        except BaseException:
            link.close()
            raise
        return link

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the writer inside one transaction: committed at the end, undone by any exception.

        A block inside a block of the same thread joins its transaction.
        """
        with self._guard, self._told():
            if self._closed:
                raise StoreError(f"`{self.path}` is closed")
            if self._inside:
                yield self._writer
                return
            self._writer.execute("BEGIN IMMEDIATE")
            self._inside = True
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                self.rollbacks += 1
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                self._inside = False

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a reader that sees one consistent moment; fetch what you need before leaving the block."""
        with self._told():
            with self._idle_guard:
                if self._closed:
                    raise StoreError(f"`{self.path}` is closed")
                link = self._idle.pop() if self._idle else None
            if link is None:
                link = self._connect(kib=_READER_CACHE_KIB)
                link.execute("PRAGMA query_only=ON")
            try:
                link.execute("BEGIN")
                yield link
            finally:
                if link.in_transaction:
                    link.execute("ROLLBACK")
                self._give_back(link)

    def _give_back(self, link: sqlite3.Connection) -> None:
        with self._idle_guard:
            if not self._closed and len(self._idle) < _IDLE_READERS:
                self._idle.append(link)
                return
        link.close()

    def fetch(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return all rows of one small query."""
        with self.read() as link:
            return link.execute(sql, values).fetchall()

    def vacuum(self) -> None:
        """Give the space of removed rows back to the disk; needs about the file's size while it works."""
        with self._guard, self._told():
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection; a second call does nothing."""
        with self._guard, self._idle_guard:
            if self._closed:
                return
            self._closed = True
            for link in (*self._idle, self._writer):
                link.close()
            self._idle.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(folder: Path | None = None) -> Database:
    """Open the main store in the state directory (or `folder`); raises StoreError."""
    return Database((folder or paths.state_dir()) / "casb.db", migrations.STORE)
