"""The work queue of listings: which parts are waiting, running, done or failed, and where each goes on.

A listing of one ability outlives the run that began it: the next run goes on where a killed one stopped. One
scan per instance at a time is the lock's business, so what is found running when a listing is opened was left by
a process that is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from casb_cli.core.models import ROOT, Notice, Partition
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, now_ms

State = Literal["waiting", "running", "done", "failed"]
_data = msgspec.msgpack.Decoder(dict[str, str]).decode
_notice = msgspec.msgpack.Decoder(Notice).decode
_pack = msgspec.msgpack.Encoder(order="deterministic").encode

ADD = (
    "INSERT INTO parts (inst, ability, key, parent, listing, state, exposure, data) "
    "VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?) ON CONFLICT (inst, ability, key) DO UPDATE SET "
    "parent = coalesce(excluded.parent, parent), listing = excluded.listing, "
    " state = 'waiting', known = 1, exposure = excluded.exposure, data = excluded.data, "
    "cursor = NULL, rows = 0, attempts = 0, retry_at = NULL, error = NULL "
    # What the complete listing has still to do is not taken from it by a listing of some parts.
    "WHERE listing <> excluded.listing AND (state = 'done' OR NOT EXISTS ("
    "SELECT 1 FROM listings l WHERE l.listing = parts.listing AND l.state = 'open'))"
)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One complete pass over an ability of an instance; `started` is in milliseconds since the epoch."""

    id: int
    inst: int
    instance_key: str
    ability: str
    started: int
    resumed: bool


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed partition: list it from `cursor` (None: from the beginning)."""

    id: int
    partition: Partition
    cursor: str | None = None
    attempts: int = 0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a listing is; `retry_at` is the earliest moment at which a failed part is due (ms), if any."""

    waiting: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    rows: int = 0
    retry_at: int | None = None

    @property
    def complete(self) -> bool:
        """Whether every part ended completely."""
        return not (self.waiting or self.running or self.failed)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A part that could not be listed: the last error's words, how often it was tried, when it is due."""

    partition: str
    error: str
    attempts: int
    retry_at: int | None


BELOW = (
    "WITH RECURSIVE below (part) AS (SELECT part FROM parts WHERE part = ? "
    "UNION SELECT p.part FROM parts p JOIN below ON p.parent = below.part) SELECT part FROM below"
)
"""A part and all that it led to, over all listings."""

VANISHED = (
    "WITH RECURSIVE below (part) AS (SELECT part FROM parts WHERE listing = ? AND state = 'done' "
    "UNION SELECT p.part FROM parts p JOIN below ON p.parent = below.part WHERE p.listing <> ? OR p.state = 'done') "
    "SELECT p.part FROM parts p JOIN below USING (part) WHERE p.listing < ? AND p.state = 'done'"
)
"""The parts below the finished ones of a listing that this listing no longer came to."""

UNFINISHED = (
    "WITH RECURSIVE up (part) AS (SELECT part FROM parts WHERE listing = ? AND state <> 'done' "
    "UNION SELECT p.parent FROM parts p JOIN up USING (part) WHERE p.parent IS NOT NULL) "
    "SELECT p.key FROM parts p JOIN up USING (part)"
)
"""The keys of the parts of a listing that are not done, and of all that led to them."""


def additions(listing: Listing, more: Iterable[Partition], parent: int | None = None) -> list[tuple[object, ...]]:
    """Return the values of `ADD` for new partitions, which the part `parent` led to."""
    head = (listing.inst, listing.ability)
    return [(*head, p.key, parent, listing.id, p.exposure, _pack(p.data)) for p in more]


def pack_notice(notice: Notice) -> bytes:
    """Return a notice as it is kept and counted."""
    return _pack(notice)


class Partitions:
    """The queue over the main store; thread-safe."""

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db = db
        self._catalog = catalog

    def open_listing(
        self, instance_key: str, ability: str, *, fresh: bool = False, roots: Sequence[Partition] = (ROOT,)
    ) -> Listing:
        """Go on with the unfinished listing of an ability, or begin one with `roots`; `fresh` always begins.

        One with `roots` of its own covers only these (less what a complete listing has still to do): it is never
        gone on with, says nothing of the others, and is closed by `Inventory.end_relisting`. Parts left running
        by a dead process wait again, from their last committed cursor.
        """
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            found = link.execute(
                "SELECT listing, started FROM listings WHERE inst = ? AND ability = ? AND state = 'open' "
                "ORDER BY listing DESC LIMIT 1",
                (inst, ability),
            ).fetchone()
            whole = tuple(roots) == (ROOT,)
            if found and whole and not fresh:
                link.execute("UPDATE parts SET state = 'waiting' WHERE listing = ? AND state = 'running'", (found[0],))
                return Listing(
                    id=found[0],
                    inst=inst,
                    instance_key=instance_key,
                    ability=ability,
                    started=found[1],
                    resumed=True,
                )
            started = now_ms()
            if whole:
                link.execute(
                    "UPDATE listings SET state = 'abandoned', ended = ? "
                    "WHERE inst = ? AND ability = ? AND state IN ('open', 'some')",
                    (started, inst, ability),
                )
            made = link.execute(
                "INSERT INTO listings (inst, ability, started, state) VALUES (?, ?, ?, ?)",
                (inst, ability, started, "open" if whole else "some"),
            )
            listing = Listing(
                id=made.lastrowid or 0,
                inst=inst,
                instance_key=instance_key,
                ability=ability,
                started=started,
                resumed=False,
            )
            link.executemany(ADD, additions(listing, roots))
        return listing

    def left_over(self, instance_key: str, ability: str) -> Progress | None:
        """Return how far the open listing of an ability got, or None where the last one ended completely.

        With parts that wait or run it was interrupted; with failed ones alone it came to its own end.
        """
        inst = self._catalog.inst(instance_key)
        with self._db.read() as link:
            found = link.execute(
                "SELECT listing, started FROM listings WHERE inst = ? AND ability = ? AND state = 'open' "
                "ORDER BY listing DESC LIMIT 1",
                (inst, ability),
            ).fetchone()
        if found is None:
            return None
        listing = Listing(
            id=found[0], inst=inst, instance_key=instance_key, ability=ability, started=found[1], resumed=True
        )
        return self.progress(listing)

    def ended(self, instance_key: str, ability: str) -> int | None:
        """Return when the last complete listing of an ability ended (ms), or None; see `Runs.resumes_from`."""
        rows = self._db.fetch(
            "SELECT max(ended) FROM listings WHERE inst = ? AND ability = ? AND state = 'done'",
            (self._catalog.inst(instance_key), ability),
        )
        return None if rows[0][0] is None else int(str(rows[0][0]))

    def began(self, instance_key: str, ability: str) -> int | None:
        """Return when the last complete listing of an ability began (ms), or None."""
        rows = self._db.fetch(
            "SELECT max(started) FROM listings WHERE inst = ? AND ability = ? AND state = 'done'",
            (self._catalog.inst(instance_key), ability),
        )
        return None if rows[0][0] is None else int(str(rows[0][0]))

    def claim(self, listing: Listing) -> Part | None:
        """Take the most exposed part that waits, or a failed one that is due; None when there is none now."""
        return next(iter(self.claim_some(listing, 1)), None)

    def claim_some(self, listing: Listing, most: int) -> list[Part]:
        """Take up to `most` parts as `claim` does, most exposed first; empty when there is none now."""
        with self._db.write() as link:
            rows = link.execute(
                "SELECT part, key, data, exposure, cursor, attempts FROM parts "
                "WHERE listing = ? AND state = 'waiting' ORDER BY exposure, part LIMIT ?",
                (listing.id, most),
            ).fetchall()
            rows = (
                rows
                or link.execute(
                    "SELECT part, key, data, exposure, cursor, attempts FROM parts "
                    "WHERE listing = ? AND state = 'failed' AND retry_at <= ? ORDER BY exposure, part LIMIT ?",
                    (listing.id, now_ms(), most),
                ).fetchall()
            )
            link.executemany("UPDATE parts SET state = 'running' WHERE part = ?", [row[:1] for row in rows])
        return [
            Part(
                id=row[0],
                partition=Partition(key=row[1], data=_data(row[2]), exposure=row[3]),
                cursor=row[4],
                attempts=row[5],
            )
            for row in rows
        ]

    def release(self, listing: Listing, part: Part) -> None:
        """Give a part back unfinished (the run is stopping): it waits again from its last cursor."""
        self._to(listing, part, "state = 'waiting'")

    def restart(self, listing: Listing, part: Part) -> None:
        """Forget a part's cursor (the provider says it expired): it waits again from its beginning."""
        self._to(listing, part, "state = 'waiting', cursor = NULL, rows = 0")

    def fail(self, listing: Listing, part: Part, error: str, *, retry_at: int | None) -> None:
        """Note why a part could not be listed; it is due again at `retry_at` (ms), or never in this run."""
        self._to(
            listing,
            part,
            "state = 'failed', attempts = attempts + 1, error = ?, retry_at = ?",
            (error, retry_at),
        )

    def _to(self, listing: Listing, part: Part, change: str, values: tuple[object, ...] = ()) -> None:
        with self._db.write() as link:
            link.execute(
                f"UPDATE parts SET {change} WHERE part = ? AND listing = ?",  # noqa: S608 - from above
                (*values, part.id, listing.id),
            )

    def retry_failed(self, listing: Listing) -> int:
        """Let every failed part wait again now; return how many."""
        with self._db.write() as link:
            return link.execute(
                "UPDATE parts SET state = 'waiting', retry_at = NULL WHERE listing = ? AND state = 'failed'",
                (listing.id,),
            ).rowcount

    def progress(self, listing: Listing) -> Progress:
        """Return how far a listing is."""
        with self._db.read() as link:
            rows = link.execute(
                "SELECT state, count(*), sum(rows), min(retry_at) FROM parts WHERE listing = ? GROUP BY state",
                (listing.id,),
            ).fetchall()
        counts = {row[0]: row[1] for row in rows}
        due = [row[3] for row in rows if row[0] == "failed" and row[3] is not None]
        return Progress(**counts, rows=sum(row[2] for row in rows), retry_at=min(due, default=None))

    def failures(self, listing: Listing) -> list[Failure]:
        """Return the parts that could not be listed, by their key."""
        with self._db.read() as link:
            rows = link.execute(
                "SELECT key, error, attempts, retry_at FROM parts WHERE listing = ? AND state = 'failed' ORDER BY key",
                (listing.id,),
            ).fetchall()
        return [Failure(partition=r[0], error=r[1] or "", attempts=r[2], retry_at=r[3]) for r in rows]

    def notices(self, listing: Listing) -> list[tuple[Notice, int]]:
        """Return what could not be read in this listing, each with how often it was said."""
        with self._db.read() as link:
            rows = link.execute(
                "SELECT body, count FROM notices WHERE listing = ? ORDER BY body", (listing.id,)
            ).fetchall()
        return [(_notice(row[0]), row[1]) for row in rows]
