"""The journal of governed actions: append-only, durable, hash-chained, in a database of its own.

Each entry's hash covers the entry and the hash before it, so a changed, removed or inserted line shows. The
line is on disk when `append` returns: an intent is written before its call, an outcome after it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import StoreError
from casb_cli.store import migrations, paths
from casb_cli.store.database import Database

_GENESIS = bytes(32)
_PAGE = 500


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line: `instance` is the instance key, `target` a local ref, `body` JSON without secrets."""

    seq: int
    time: str
    run: str
    action: str
    instance: str
    target: str
    event: str
    body: dict[str, Any] = {}


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found: the number of good lines, the last good hash (worth noting elsewhere), the fault."""

    intact: bool
    entries: int
    head: str
    fault: str | None = None


def _digest(before: bytes, fields: tuple[Any, ...]) -> bytes:
    return hashlib.sha256(before + msgspec.json.encode(fields)).digest()


class Journal:
    """The opened journal; thread-safe, and safe between processes."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open or create `journal.db` in the state directory (or `folder`); raises StoreError."""
        self.path = (folder or paths.state_dir()) / "journal.db"
        self._db = Database(self.path, migrations.JOURNAL, durable=True)

    def append(
        self,
        event: str,
        *,
        run: str,
        action: str,
        instance: str,
        target: str,
        body: Mapping[str, Any],
    ) -> None:
        """Write one line durably before returning; raises StoreError."""
        text = msgspec.json.encode(body).decode()
        with self._db.write() as link:
            head = link.execute("SELECT seq, hash FROM head").fetchone() or (0, _GENESIS)
            fields = (head[0] + 1, clock.text(clock.now()), run, action, instance, target, event, text)
            digest = _digest(head[1], fields)
            link.execute("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*fields, digest))
            link.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", (fields[0], digest))

    def events(
        self,
        *,
        action: str | None = None,
        run: str | None = None,
        instance: str | None = None,
        target: str | None = None,
    ) -> Iterator[Entry]:
        """Yield the lines of matching actions, oldest first; no cursor is held between pages."""
        wanted = {"action": action, "run": run, "instance": instance, "target": target}
        given = {name: value for name, value in wanted.items() if value is not None}
        where = "".join(f" AND {name} = ?" for name in given)
        after = 0
        while True:
            rows = self._db.fetch(
                "SELECT seq, time, run, action, instance, target, event, body FROM entries "  # noqa: S608
                f"WHERE seq > ?{where} ORDER BY seq LIMIT {_PAGE}",  # names come from the line above
                (after, *given.values()),
            )
            for row in rows:
                yield _entry(row)
            if len(rows) < _PAGE:
                return
            after = int(str(rows[-1][0]))

    def without_end(self, instance: str, end: str) -> list[tuple[str, str]]:
        """Return the actions of an instance (action, target) whose newest line is not `end`."""
        rows = self._db.fetch(
            "SELECT action, target FROM entries WHERE event != ? AND seq IN "
            "(SELECT max(seq) FROM entries WHERE instance = ? GROUP BY action) ORDER BY seq",
            (end, instance),
        )
        return [(str(action), str(target)) for action, target in rows]

    def verify(self) -> Verdict:
        """Recompute the whole chain and return what it says; nothing is changed."""
        before, seq = _GENESIS, 0
        while True:
            rows = self._db.fetch(
                "SELECT seq, time, run, action, instance, target, event, body, hash FROM entries "
                "WHERE seq > ? ORDER BY seq LIMIT ?",
                (seq, _PAGE),
            )
            for row in rows:
                fault = None
                if row[0] != seq + 1:
                    fault = f"line {seq + 1} is missing"
                elif _digest(before, row[:8]) != row[8]:
                    fault = f"line {seq + 1} was changed after it was written"
                if fault:
                    return Verdict(intact=False, entries=seq, head=before.hex(), fault=fault)
                seq += 1
                before = bytes(row[8])  # type: ignore[call-overload]
            if len(rows) < _PAGE:
                break
        head = self._db.fetch("SELECT seq, hash FROM head")
        told = head[0] if head else (0, _GENESIS)
        if told != (seq, before):
            return Verdict(intact=False, entries=seq, head=before.hex(), fault=f"lines after line {seq} were removed")
        return Verdict(intact=True, entries=seq, head=before.hex())

    def backup(self, target: Path) -> None:
        """Write a consistent copy of the journal to `target` (0600)."""
        from casb_cli.store.maintenance import copy_database

        copy_database(self._db, target)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _entry(row: tuple[Any, ...]) -> Entry:
    try:
        body = msgspec.json.decode(row[7], type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"line {row[0]} of the journal cannot be read: {error}", hint="run `casb govern log --verify`"
        ) from error
    return Entry(
        seq=row[0],
        time=row[1],
        run=row[2],
        action=row[3],
        instance=row[4],
        target=row[5],
        event=row[6],
        body=body,
    )
