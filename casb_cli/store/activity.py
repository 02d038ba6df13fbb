"""The audit trail as it was read: each event once, found again by time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from casb_cli.core import clock
from casb_cli.core.models import Activity, Row
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database

_PAGE = 500
_CHUNKS = (250, 50, 10, 1)
_INSERT = {
    count: "INSERT OR IGNORE INTO events (inst, layout, id, time, body) "  # noqa: S608 - marks only
    f"SELECT ?, ?, column1, column2, column3 FROM (VALUES {', '.join(['(?, ?, ?)'] * count)})"
    for count in _CHUNKS
}


_UNKNOWN_TIME = -(1 << 61)


def _millis(value: str | None) -> int:
    if value is None:
        return _UNKNOWN_TIME
    try:
        return round(clock.parse(value).timestamp() * 1000)
    except ValueError:
        return _UNKNOWN_TIME


class EventLog:
    """Events of every instance; windows may overlap, an id is kept once. Thread-safe."""

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db = db
        self._catalog = catalog

    def insert(self, link: sqlite3.Connection, inst: int, rows: Sequence[Row]) -> None:
        """Add events inside the caller's transaction; known ids are left as they are."""
        codec = self._catalog.codec(Activity.kind_of_row)
        flat: list[object] = []
        for row in rows:
            if isinstance(row, Activity):
                flat += (row.id, _millis(row.time), codec.body(row))
        at = 0
        for count in _CHUNKS:
            while len(flat) - at >= count * 3:
                link.execute(_INSERT[count], (inst, codec.layout, *flat[at : at + count * 3]))
                at += count * 3

    def add(self, instance_key: str, rows: Sequence[Activity]) -> int:
        """Add events; return how many were new."""
        inst = self._catalog.inst(instance_key)
        self._catalog.codec(Activity.kind_of_row)
        with self._db.write() as link:
            before = link.total_changes
            self.insert(link, inst, rows)
            return link.total_changes - before

    def events(self, instance_key: str, *, since: int | None = None, until: int | None = None) -> Iterator[Activity]:
        """Yield events by time (ms; from `since`, before `until`), oldest first.

        Events without a time come first, and only when no `since` is given.
        """
        inst = self._catalog.inst(instance_key)
        end = 1 << 62 if until is None else until
        mark = (_UNKNOWN_TIME if since is None else since, -1)
        while True:
            with self._db.read() as link:
                found = link.execute(
                    "SELECT time, eid, layout, id, body FROM events "
                    "WHERE inst = ? AND (time, eid) > (?, ?) AND time < ? ORDER BY time, eid LIMIT ?",
                    (inst, *mark, end, _PAGE),
                ).fetchall()
                rows = [self._catalog.row(link, row[2], row[3], row[4]) for row in found]
            for row in rows:
                if isinstance(row, Activity):
                    yield row
            if len(found) < _PAGE:
                return
            mark = (found[-1][0], found[-1][1])

    def count(self, instance_key: str) -> int:
        """Return how many events are kept."""
        inst = self._catalog.inst(instance_key)
        with self._db.read() as link:
            found: int = link.execute("SELECT count(*) FROM events WHERE inst = ?", (inst,)).fetchone()[0]
        return found
