"""What each instance holds, with its past: rows as versions, written page by page.

The newest version of a row stands in `objects`, closed ones in `past`. A row that is seen again unchanged gets
only its mark. A page's rows, its cursor and the partitions it led to are one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby

from casb_cli.core.models import Activity, File, Gone, Notice, Partition, Row
from casb_cli.store.activity import EventLog
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, now_ms
from casb_cli.store.history import History
from casb_cli.store.partitions import ADD, BELOW, UNFINISHED, VANISHED, Listing, Part, additions, pack_notice

FEED = "follow-files"
"""Rows known only from a change feed belong to a partition of this name until a listing sees them."""
_FED = {
    "list-accounts": "account",
    "list-groups": "group",
    "list-memberships": "membership",
    "list-privileges": "privilege",
    "list-grants": "grant",
    "list-shares": "share",
    "list-files": "",
}
"""The key of that partition, by the listing that sees such rows: each has its own, that none ends another's."""

_CHUNKS = (50, 10, 1)
# One statement for many rows: the interpreter lock is given up once per statement, not once per row, which
# under busy threads is the difference between microseconds and milliseconds a row.
#
# The first statement inserts new rows and marks unchanged ones; it sets no indexed column, so a mark costs no
# index. Where it left rows out, they are looked up, and only they are written as new versions.
_MARK = {
    False: "seen = max(seen, excluded.seen) WHERE body IS excluded.body AND part = excluded.part",
    True: "since = since WHERE body IS excluded.body AND part = excluded.part",
}
_CHANGE = (
    "part = excluded.part, seen = {seen}, "
    "since = CASE WHEN body IS excluded.body THEN since ELSE max(excluded.since, since + 1) END, "
    "todo = CASE WHEN body IS excluded.body THEN todo ELSE max(todo, excluded.todo) END, "
    "exposure = excluded.exposure, layout = excluded.layout, body = excluded.body "
    "WHERE body IS NOT excluded.body OR part <> excluded.part"
)


def _upsert(count: int, *, exposed: bool, fed: bool) -> tuple[str, str, str]:
    one = "(?, ?, ?)" if exposed else "(?, ?)"
    values = f"(VALUES {', '.join([one] * count)})"
    insert = (
        "INSERT INTO objects (set_id, part, seen, since, layout, todo, id, body, exposure) "  # noqa: S608
        f"SELECT ?, ?, ?, ?, ?, ?, column1, column2, {'column3' if exposed else 'NULL'} "
        f"FROM {values} WHERE true ON CONFLICT (set_id, id) DO UPDATE SET "
    )
    # A feed tells nothing about a listing, so it leaves the listing's mark as it is.
    change = _CHANGE.format(seen="seen" if fed else "max(seen, excluded.seen)")
    left = (
        f"SELECT column1 FROM {values} JOIN objects ON set_id = ? AND id = column1 "  # noqa: S608
        "WHERE body IS NOT column2 OR part <> ?"
    )
    return insert + _MARK[fed], left, insert + change


_STATEMENTS = {
    (count, exposed, fed): _upsert(count, exposed=exposed, fed=fed)
    for count in _CHUNKS
    for exposed in (False, True)
    for fed in (False, True)
}

_CLOSE = (
    "INSERT OR REPLACE INTO past (set_id, id, valid_from, valid_to, layout, body) "
    "SELECT set_id, id, since, max(?, since + 1), layout, body FROM objects WHERE "
)
_REMOVE = "DELETE FROM objects WHERE "


class Inventory(History):
    """The rows of every instance; thread-safe. Reading is in `History`."""

    def __init__(self, db: Database, catalog: Catalog, events: EventLog) -> None:
        super().__init__(db, catalog)
        self._events = events

    def write_page(
        self,
        listing: Listing,
        part: Part,
        rows: Sequence[Row],
        cursor: str | None,
        *,
        more: Sequence[Partition] = (),
        notices: Sequence[Notice] = (),
        inspect: bool = False,
        ends: bool = False,
    ) -> int:
        """Save a page: its rows, where to resume after it, and the partitions it led to, all or nothing.

        `inspect` queues new and changed files for inspection. `ends` ends the partition with it, as
        `end_partition` does; the rows then gone are counted in the result. A last page that only says
        `unreachable` keeps what the partition and those below it held: not looked at is not gone. Raises
        StoreError; then nothing was saved.
        """
        batches = self._batches(listing.inst, rows)
        now = now_ms()
        with self._db.write() as link:
            for set_id, batch in batches:
                if isinstance(batch[0], Activity):
                    self._events.insert(link, listing.inst, batch)
                else:
                    self._put(link, set_id, batch, part.id, listing.id, now, todo=inspect, fed=False)
            link.execute(
                "UPDATE parts SET cursor = ?, rows = rows + ? WHERE part = ? AND listing = ?",
                (cursor, len(rows), part.id, listing.id),
            )
            if more:
                link.executemany(ADD, additions(listing, more, part.id))
            for notice in notices:
                link.execute(
                    "INSERT INTO notices VALUES (?, ?, 1) ON CONFLICT (listing, body) DO UPDATE SET count = count + 1",
                    (listing.id, pack_notice(notice)),
                )
            if ends and not rows and any(notice.code == "unreachable" for notice in notices):
                return _keep_part(link, listing, part)
            return _end_part(link, listing, part, now) if ends else 0

    def write_changes(
        self,
        instance_key: str,
        items: Sequence[Row | Gone],
        *,
        feed: str,
        cursor: str | None,
        inspect: bool = True,
    ) -> int:
        """Save a page of a change feed and the feed's cursor together; a `Gone` ends the object's version.

        Returns how many objects are gone.
        """
        inst = self._catalog.inst(instance_key)
        rows = [item for item in items if isinstance(item, Row)]
        gone = [item for item in items if isinstance(item, Gone)]
        batches = self._batches(inst, rows)
        doomed = [(self._catalog.set_id(inst, item.kind), item.id) for item in gone]
        now, ended = now_ms(), 0
        with self._db.write() as link:
            # The feed tells the order of things: what it calls gone last must not come back by batching.
            last = {(item.kind if isinstance(item, Gone) else item.kind_of_row, item.id): item for item in items}
            for set_id, batch in batches:
                kind = batch[0].kind_of_row
                if isinstance(batch[0], Activity):
                    self._events.insert(link, inst, batch)
                    continue
                kept = [row for row in batch if last[kind, row.id] is row]
                if kept:
                    self._put(link, set_id, kept, _fed_part(link, inst, kind), 0, now, todo=inspect, fed=True)
            for (set_id, id_), item in zip(doomed, gone, strict=True):
                if item.rest:
                    ended += _end_rest(link, set_id, id_, {id_ for kind, id_ in last if kind == item.kind}, now)
                elif last[item.kind, item.id] is item:
                    ended += _end(link, "set_id = ? AND id = ?", (set_id, id_), now)
            if cursor is not None:
                link.execute(
                    "INSERT OR REPLACE INTO cursors (inst, name, cursor, saved) VALUES (?, ?, ?, ?)",
                    (inst, feed, cursor, now),
                )
        return ended

    def write_rows(self, instance_key: str, rows: Sequence[Row]) -> None:
        """Save rows read one by one (after an action, by `show`), outside any listing."""
        self.write_changes(instance_key, rows, feed="", cursor=None, inspect=False)

    def end_partition(self, listing: Listing, part: Part) -> int:
        """Note that a partition ended completely; what it held before and no longer does is marked gone.

        Returns how many rows are gone.
        """
        with self._db.write() as link:
            return _end_part(link, listing, part, now_ms())

    def end_listing(self, listing: Listing) -> int | None:
        """Close a listing of which every part is done; rows of parts that are no more are marked gone.

        Returns how many rows are gone, or None, and nothing closed, while a part is not done.
        """
        with self._db.write() as link:
            left = link.execute(
                "SELECT 1 FROM parts WHERE listing = ? AND state <> 'done' LIMIT 1", (listing.id,)
            ).fetchone()
            if left:
                return None
            now = now_ms()
            gone = 0
            dead = link.execute(
                "SELECT part FROM parts WHERE inst = ? AND ability = ? AND listing < ?",
                (listing.inst, listing.ability, listing.id),
            ).fetchall()
            for (part,) in dead:
                gone += _end(link, "part = ? AND seen < ?", (part, listing.id), now)
            link.execute(
                "DELETE FROM parts WHERE inst = ? AND ability = ? AND listing < ?",
                (listing.inst, listing.ability, listing.id),
            )
            if listing.ability in _FED:
                gone += _end(
                    link,
                    "part = (SELECT part FROM parts WHERE inst = ? AND ability = ? AND key = ?) "
                    "AND seen < ? AND since < ?",
                    (listing.inst, FEED, _FED[listing.ability], listing.id, listing.started),
                    now,
                )
            link.execute("UPDATE listings SET state = 'done', ended = ? WHERE listing = ?", (now, listing.id))
        return gone

    def end_relisting(self, listing: Listing) -> frozenset[str]:
        """Close a listing of some partitions only (what a feed named); rows of all others stay as they are.

        What the finished partitions led to before and no longer do is gone. Returns the keys of the partitions
        that are not done, or led to one that is not: these must be listed again.
        """
        with self._db.write() as link:
            left = frozenset(str(key) for (key,) in link.execute(UNFINISHED, (listing.id,)).fetchall())
            now = now_ms()
            vanished = link.execute(VANISHED, (listing.id,) * 3).fetchall()
            for (part,) in vanished:
                _end(link, "part = ?", (part,), now)
            link.executemany("DELETE FROM parts WHERE part = ?", vanished)
            link.execute("UPDATE listings SET state = 'relisted', ended = ? WHERE listing = ?", (now, listing.id))
        return left

    def end_part(self, instance_key: str, ability: str, key: str) -> int:
        """Mark gone what a partition that is no more held, with all that it led to; return how many."""
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            found = link.execute(
                "SELECT part FROM parts WHERE inst = ? AND ability = ? AND key = ?", (inst, ability, key)
            ).fetchone()
            if found is None:
                return 0
            parts = link.execute(BELOW, found).fetchall()
            gone = sum(_end(link, "part = ?", (part,), now_ms()) for (part,) in parts)
            link.executemany("DELETE FROM parts WHERE part = ?", parts)
        return gone

    def _batches(self, inst: int, rows: Iterable[Row]) -> list[tuple[int, list[Row]]]:
        found = []
        for kind, run in groupby(rows, lambda row: row.kind_of_row):
            self._catalog.codec(kind)
            found.append((self._catalog.set_id(inst, kind), list(run)))
        return found

    def _put(
        self,
        link: sqlite3.Connection,
        set_id: int,
        rows: list[Row],
        part: int,
        seen: int,
        now: int,
        *,
        todo: bool,
        fed: bool,
    ) -> None:
        codec = self._catalog.codec(rows[0].kind_of_row)
        exposed = isinstance(rows[0], File)
        flat = codec.flat_files(rows) if exposed else codec.flat(rows)
        width = 3 if exposed else 2
        head = (set_id, part, seen, now, codec.layout, int(todo and exposed))
        at, end = 0, len(flat)
        for count in _CHUNKS:
            step = count * width
            while end - at >= step:
                mark, left, _ = _STATEMENTS[count, exposed, fed]
                chunk = flat[at : at + step]
                if link.execute(mark, (*head, *chunk)).rowcount < count:
                    found = {id_ for (id_,) in link.execute(left, (*chunk, set_id, part))}
                    changed = [(*head, *chunk[n : n + width]) for n in range(0, step, width) if chunk[n] in found]
                    link.executemany(_STATEMENTS[1, exposed, fed][2], changed)
                at += step


def _fed_part(link: sqlite3.Connection, inst: int, kind: str) -> int:
    """Return the partition of rows of a kind that only a feed has told."""
    key = "" if kind == "file" else kind
    link.execute(
        "INSERT OR IGNORE INTO parts (inst, ability, key, listing, state, exposure, data) "
        "VALUES (?, ?, ?, 0, 'done', 3, x'80')",
        (inst, FEED, key),
    )
    part: int = link.execute(
        "SELECT part FROM parts WHERE inst = ? AND ability = ? AND key = ?", (inst, FEED, key)
    ).fetchone()[0]
    return part


def _end_rest(link: sqlite3.Connection, set_id: int, begin: str, kept: set[str], now: int) -> int:
    """End the objects whose ids begin so, but for some; return how many."""
    found = link.execute(
        "SELECT id FROM objects WHERE set_id = ? AND id >= ? AND id < ?", (set_id, begin, begin + "\U0010ffff")
    ).fetchall()
    return sum(_end(link, "set_id = ? AND id = ?", (set_id, id_), now) for (id_,) in found if id_ not in kept)


def _end_part(link: sqlite3.Connection, listing: Listing, part: Part, now: int) -> int:
    """Mark a partition done and end the rows that it no longer holds; return how many."""
    done = link.execute(
        "UPDATE parts SET state = 'done', cursor = NULL, error = NULL, retry_at = NULL "
        "WHERE part = ? AND listing = ? RETURNING known",
        (part.id, listing.id),
    ).fetchone()
    if done is None or not done[0]:
        return 0
    return _end(link, "part = ? AND seen < ?", (part.id, listing.id), now)


def _keep_part(link: sqlite3.Connection, listing: Listing, part: Part) -> int:
    """Mark a partition and all below it done, their rows as they were; nothing is gone."""
    parts = link.execute(BELOW, (part.id,)).fetchall()
    link.executemany("UPDATE objects SET seen = ? WHERE part = ?", [(listing.id, below) for (below,) in parts])
    link.executemany(
        "UPDATE parts SET listing = ?, state = 'done', cursor = NULL, error = NULL, retry_at = NULL WHERE part = ?",
        [(listing.id, below) for (below,) in parts],
    )
    return 0


def _end(link: sqlite3.Connection, where: str, values: tuple[object, ...], now: int) -> int:
    """Close the versions of the objects that match and take them out of the present."""
    link.execute(_CLOSE + where, (now, *values))
    return link.execute(_REMOVE + where, values).rowcount
