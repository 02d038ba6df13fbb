"""What has been inspected of each file, and which file is next: the most exposed first.

A file waits (`todo` on its row) from the page that showed it new or changed until its outcome is settled, so a
killed run finds it again. Content known under the same detector set is not fetched again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from typing import Literal

import msgspec

from casb_cli.core.models import File, Finding
from casb_cli.core.refs import local
from casb_cli.core.shapes import from_plain
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, now_ms
from casb_cli.store.findings import Findings

_RESCAN_SECONDS = 2.0
_PRESENT = "FROM inspections i JOIN objects o ON o.set_id = ? AND o.id = i.id"

FileState = Literal["done", "partial", "skipped", "failed"]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A file that waits for inspection; `oid` is its number in this store, for `exclude`."""

    oid: int
    file: File
    exposure: int


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a file's last inspection: under which content mark and detector set, and why not wholly."""

    id: str
    state: FileState
    content: str | None
    detectors: str
    reason: str | None = None
    attempts: int = 0
    retry_at: int | None = None


def content_mark(file: File) -> str | None:
    """Return what tells a file's content apart from another: its hash, else its id with the version."""
    if file.hash:
        return file.hash
    if file.version:
        return f"version:{file.id}:{file.version}"
    if file.modified and file.size is not None:
        return f"dated:{file.id}:{file.modified}:{file.size}"
    return None


class Files:
    """Per-file inspection state over the main store; thread-safe."""

    def __init__(self, db: Database, catalog: Catalog, findings: Findings) -> None:
        self._db = db
        self._catalog = catalog
        self._findings = findings
        self._guard = threading.Lock()
        self._walks: dict[int, tuple[int, float]] = {}

    def enqueue(self, instance_key: str, detectors: str, *, everything: bool = False) -> int:
        """Queue the files that were never inspected under this detector set; `everything` queues all.

        Returns how many wait now. Call it once at the start of a scan.
        """
        inst, set_id = self._ids(instance_key)
        with self._db.write() as link:
            if everything:
                link.execute("UPDATE objects SET todo = 1 WHERE set_id = ? AND todo = 0", (set_id,))
            else:
                link.execute(
                    "UPDATE objects SET todo = 1 WHERE set_id = ? AND todo = 0 AND NOT EXISTS ("
                    "SELECT 1 FROM inspections i WHERE i.inst = ? AND i.id = objects.id AND i.detectors = ?)",
                    (set_id, inst, detectors),
                )
            return _waiting(link, set_id)

    def waiting(self, instance_key: str) -> int:
        """Return how many files wait."""
        with self._db.read() as link:
            return _waiting(link, self._ids(instance_key)[1])

    def next(self, instance_key: str, limit: int, *, exclude: frozenset[int] = frozenset()) -> list[Waiting]:
        """Return at most `limit` waiting files without those in `exclude` (being read): public, external, rest.

        Failed files whose time has come wait again. Empty means that no file waits now, or (for at most
        `_RESCAN_SECONDS`) that one began to wait behind the present position; `waiting` tells for certain.
        """
        inst, set_id = self._ids(instance_key)
        self._wake(inst, set_id)
        with self._db.read() as link:
            found = link.execute(
                "SELECT oid, id, layout, body, exposure FROM objects INDEXED BY objects_to_inspect "
                "WHERE set_id = ? AND todo = 1 AND exposure < 2 ORDER BY exposure, oid LIMIT ?",
                (set_id, limit + len(exclude)),
            ).fetchall()
            found = [row for row in found if row[0] not in exclude][:limit]
            if len(found) < limit:
                found += self._rest(link, set_id, limit - len(found), exclude)
            rows = [
                (oid, self._catalog.row(link, layout, id_, body), exposure)
                for oid, id_, layout, body, exposure in found
            ]
        return [Waiting(oid=oid, file=row, exposure=exposure) for oid, row, exposure in rows if isinstance(row, File)]

    def _rest(
        self, link: sqlite3.Connection, set_id: int, limit: int, exclude: frozenset[int]
    ) -> list[tuple[int, str, int, bytes, int]]:
        # An index over the many files that are not exposed would cost every listing more than this walk does.
        with self._guard:
            at, walked = self._walks.get(set_id, (0, -_RESCAN_SECONDS))
        while True:
            found = link.execute(
                "SELECT oid, id, layout, body, exposure FROM objects NOT INDEXED "
                "WHERE oid > ? AND set_id = ? AND todo = 1 AND exposure >= 2 ORDER BY oid LIMIT ?",
                (at, set_id, limit + len(exclude)),
            ).fetchall()
            fresh = [row for row in found if row[0] not in exclude][:limit]
            now = time.monotonic()
            if fresh or (at == 0 and not found) or now - walked < _RESCAN_SECONDS:
                break
            at, walked = 0, now
        with self._guard:
            # Files taken stay behind the position only while they are excluded: one given back is met again.
            lowest = min((row[0] for row in found), default=at + 1)
            self._walks[set_id] = (lowest - 1, walked)
        return fresh

    def _wake(self, inst: int, set_id: int) -> None:
        due = "FROM inspections WHERE inst = ? AND retry_at <= ?"
        now = now_ms()
        if not self._db.fetch(f"SELECT 1 {due} LIMIT 1", (inst, now)):
            return
        with self._db.write() as link:
            link.execute(
                f"UPDATE objects SET todo = 1 WHERE set_id = ? AND id IN (SELECT id {due})",  # noqa: S608
                (set_id, inst, now),
            )
            link.execute("UPDATE inspections SET retry_at = NULL WHERE inst = ? AND retry_at <= ?", (inst, now))

    def known(self, instance_key: str, file: File, detectors: str) -> Inspection | None:
        """Return the file's own inspection if its content is unchanged since, under this detector set.

        Only `done`, `partial` and `skipped` count; a failed file is read again.
        """
        mark = content_mark(file)
        found = self.inspection(instance_key, file.id)
        if found is None or mark is None or found.state == "failed":
            return None
        return found if (found.content, found.detectors) == (mark, detectors) else None

    def clean_twin(self, instance_key: str, file: File, detectors: str) -> str | None:
        """Return the id of another file with the same content hash, wholly inspected and without findings."""
        if not file.hash:
            return None
        inst, _ = self._ids(instance_key)
        with self._db.read() as link:
            found = link.execute(
                "SELECT id FROM inspections WHERE inst = ? AND content = ? AND detectors = ? AND id <> ? "
                "AND state = 'done' LIMIT 8",
                (inst, file.hash, detectors, file.id),
            ).fetchall()
            for (id_,) in found:
                scope = local("file", id_)
                if not link.execute(
                    "SELECT 1 FROM findings WHERE inst = ? AND scope = ? LIMIT 1", (inst, scope)
                ).fetchone():
                    twin: str = id_
                    return twin
        return None

    def inspection(self, instance_key: str, id_: str) -> Inspection | None:
        """Return the outcome of a file's last inspection."""
        inst, _ = self._ids(instance_key)
        with self._db.read() as link:
            row = link.execute(
                "SELECT id, state, content, detectors, reason, attempts, retry_at FROM inspections "
                "WHERE inst = ? AND id = ?",
                (inst, id_),
            ).fetchone()
        if row is None:
            return None
        return from_plain(dict(zip(Inspection.__struct_fields__, row, strict=True)), Inspection)

    def settle(
        self,
        instance_key: str,
        file: File,
        state: FileState,
        *,
        detectors: str,
        reason: str | None = None,
        detail: str = "",
        missed: bool | None = None,
        remedies: Sequence[str] = (),
        findings: Sequence[Finding] = (),
        retry_at: int | None = None,
    ) -> None:
        """Save a file's outcome and findings together; it no longer waits.

        `missed` tells of what is not `done` whether text was missed; `remedies` would read what was left out. Where
        none was missed, findings of this file that were not seen again are resolved. A `failed` one waits again from
        `retry_at` (ms) on. If the file changed since it was claimed, it goes on waiting.
        """
        inst, set_id = self._ids(instance_key)
        now = now_ms()
        whole = state == "done" or missed is False
        with self._db.write() as link:
            self._findings.save(link, inst, local("file", file.id), findings, complete=whole, now=now)
            link.execute(
                "INSERT INTO inspections (inst, id, content, detectors, state, reason, detail, missed, remedies, "
                "retry_at, attempts, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?) "
                "ON CONFLICT (inst, id) DO UPDATE SET "
                "content = excluded.content, detectors = excluded.detectors, reason = excluded.reason, "
                "detail = excluded.detail, missed = excluded.missed, remedies = excluded.remedies, "
                "retry_at = excluded.retry_at, at = excluded.at, "
                "attempts = CASE WHEN state = 'failed' AND excluded.state = 'failed' AND content IS "
                "excluded.content THEN attempts + 1 ELSE 1 END, state = excluded.state",
                (
                    *(inst, file.id, content_mark(file), detectors, state, reason, detail or None, missed),
                    *("\n".join(remedies) or None, retry_at, now),
                ),
            )
            self._off_queue(link, set_id, file)

    def unchanged(self, instance_key: str, file: File) -> None:
        """Take a file off the queue whose content is `known`: only its other fields changed."""
        _, set_id = self._ids(instance_key)
        with self._db.write() as link:
            self._off_queue(link, set_id, file)

    def _off_queue(self, link: sqlite3.Connection, set_id: int, file: File) -> None:
        row = link.execute("SELECT layout, body FROM objects WHERE set_id = ? AND id = ?", (set_id, file.id)).fetchone()
        if row is None:
            return
        present = self._catalog.row(link, row[0], file.id, row[1])
        if isinstance(present, File) and content_mark(present) == content_mark(file):
            link.execute("UPDATE objects SET todo = 0 WHERE set_id = ? AND id = ?", (set_id, file.id))

    def summary(self, instance_key: str) -> dict[tuple[str, str | None], int]:
        """Return the number of present files by state and reason.

        The state is `seen` for those that wait, and `without text` for those not wholly inspected that have none.
        """
        inst, set_id = self._ids(instance_key)
        with self._db.read() as link:
            rows = link.execute(
                "SELECT CASE WHEN o.todo THEN 'seen' WHEN i.missed = 0 THEN 'without text' "
                "ELSE coalesce(i.state, 'seen') END AS state, "
                "CASE WHEN o.todo THEN NULL WHEN i.missed = 0 AND i.state = 'partial' THEN i.reason || ' in part' "
                "ELSE i.reason END AS why, count(*) "
                "FROM objects o LEFT JOIN inspections i ON i.inst = ? AND i.id = o.id "
                "WHERE o.set_id = ? GROUP BY 1, 2",
                (inst, set_id),
            ).fetchall()
        return {(row[0], row[1]): row[2] for row in rows}

    def remedies(self, instance_key: str) -> tuple[str, ...]:
        """Return what would read what was left out of the present files, each once."""
        inst, set_id = self._ids(instance_key)
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT DISTINCT i.remedies {_PRESENT} WHERE i.inst = ? AND i.remedies IS NOT NULL",
                (set_id, inst),
            ).fetchall()
        return tuple(sorted({line for (lines,) in rows for line in lines.split("\n")}))

    def missed_counts(self, instance_key: str) -> dict[str, int]:
        """Return the number of present files of which text was missed, by state and reason: `partial: encrypted`."""
        inst, set_id = self._ids(instance_key)
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT i.state, i.reason, count(*) {_PRESENT} "
                "WHERE i.inst = ? AND i.missed = 1 AND NOT o.todo GROUP BY 1, 2 ORDER BY 1, 2",
                (set_id, inst),
            ).fetchall()
        return {": ".join(filter(None, why)): count for *why, count in rows}

    def missed(self, instance_key: str) -> list[tuple[File, str]]:
        """Return the present files of which text was missed, and why: `partial: encrypted: ...`; none that waits."""
        inst, set_id = self._ids(instance_key)
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT o.layout, o.id, o.body, i.state, i.reason, i.detail {_PRESENT} "
                "WHERE i.inst = ? AND i.missed = 1 AND NOT o.todo ORDER BY o.oid",
                (set_id, inst),
            ).fetchall()
            found = [
                (self._catalog.row(link, layout, id_, body), ": ".join(filter(None, why)))
                for layout, id_, body, *why in rows
            ]
        return [(row, why) for row, why in found if isinstance(row, File)]

    def missed_of(self, instance_key: str, ids: Sequence[str]) -> dict[str, str]:
        """Return why text of some files was missed, by id: as `missed` says it, or `waiting`."""
        inst, set_id = self._ids(instance_key)
        marks = ", ".join("?" * len(ids))
        with self._db.read() as link:
            rows = link.execute(
                "SELECT o.id, o.todo, i.state, i.reason, i.detail FROM objects o "  # noqa: S608 - marks alone
                "LEFT JOIN inspections i ON i.inst = ? AND i.id = o.id "
                f"WHERE o.set_id = ? AND o.id IN ({marks}) AND (o.todo OR i.missed = 1)",
                (inst, set_id, *ids),
            ).fetchall()
        return {id_: "waiting" if todo else ": ".join(filter(None, why)) for id_, todo, *why in rows}

    def _ids(self, instance_key: str) -> tuple[int, int]:
        inst = self._catalog.inst(instance_key)
        return inst, self._catalog.set_id(inst, "file")


def _waiting(link: sqlite3.Connection, set_id: int) -> int:
    found: int = link.execute("SELECT count(*) FROM objects WHERE set_id = ? AND todo = 1", (set_id,)).fetchone()[0]
    return found
