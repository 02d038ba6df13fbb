"""Findings over time: first seen, last seen, open, suppressed or resolved. Never the match itself.

A finding belongs to a scope: what is looked at as a whole, such as one file. When the scope was completely
looked at again, what was not seen again is resolved.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import UnknownName
from casb_cli.core.models import SEVERITY_ORDER, SHARING_ORDER, Finding
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, now_ms

_PAGE = 400
_EXPOSURE = "CASE sharing {} ELSE {} END".format(
    " ".join(f"WHEN '{level}' THEN {rank}" for level, rank in SHARING_ORDER.items() if level), SHARING_ORDER[None]
)
_SEVERITIES = {rank: name for name, rank in SEVERITY_ORDER.items()}
_STATE = (
    "CASE WHEN resolved IS NOT NULL THEN 'resolved' "
    "WHEN suppressed IS NOT NULL AND (suppressed_until IS NULL OR suppressed_until > :now) THEN 'suppressed' "
    "ELSE 'open' END"
)
_COLUMNS = (
    "key, id, detector, severity, confidence, count, excerpt, place, file, file_ref, sharing, first_seen, "
    f"{_STATE} AS state, unknown, last_seen, resolved, suppressed_until, suppressed_why"
)


class StoredFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding with what only the store knows. Times are RFC 3339."""

    instance_key: str
    finding: Finding
    last_seen: str
    resolved: str | None = None
    suppressed_until: str | None = None
    suppressed_why: str | None = None


class Findings:
    """The findings over the main store; thread-safe."""

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db = db
        self._catalog = catalog

    def record(self, instance_key: str, scope: str, findings: Sequence[Finding], *, complete: bool) -> None:
        """Save what a look at `scope` found; `complete` resolves what it no longer found there.

        `scope` is a local ref (`file:89`) or the name of a source (`alerts`). A resolved finding that is seen
        again is open again; a suppressed one stays so.
        """
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            self.save(link, inst, scope, findings, complete=complete, now=now_ms())

    def save(
        self,
        link: sqlite3.Connection,
        inst: int,
        scope: str,
        findings: Sequence[Finding],
        *,
        complete: bool,
        now: int,
    ) -> None:
        """Do what `record` does inside the caller's transaction."""
        link.executemany(
            "INSERT INTO findings (inst, id, scope, detector, severity, confidence, count, excerpt, place, "
            "file, file_ref, sharing, unknown, first_seen, last_seen) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (inst, id) DO UPDATE SET "
            "scope = excluded.scope, detector = excluded.detector, severity = excluded.severity, "
            "confidence = excluded.confidence, count = excluded.count, excerpt = excluded.excerpt, "
            "place = excluded.place, file = excluded.file, file_ref = excluded.file_ref, "
            "sharing = excluded.sharing, unknown = excluded.unknown, last_seen = excluded.last_seen, "
            "resolved = NULL",
            [
                (
                    inst,
                    f.id,
                    scope,
                    f.detector,
                    SEVERITY_ORDER.get(f.severity or ""),
                    f.confidence,
                    f.count,
                    f.excerpt,
                    f.place,
                    f.file,
                    f.file_ref,
                    f.sharing,
                    " ".join(f.unknown),
                    now,
                    now,
                )
                for f in findings
            ],
        )
        if complete:
            seen = {f.id for f in findings}
            stale = [
                (now, inst, id_)
                for (id_,) in link.execute(
                    "SELECT id FROM findings WHERE inst = ? AND scope = ? AND resolved IS NULL", (inst, scope)
                ).fetchall()
                if id_ not in seen
            ]
            link.executemany("UPDATE findings SET resolved = ? WHERE inst = ? AND id = ?", stale)

    def resolve_gone(self, instance_key: str) -> int:
        """Resolve the findings of inspected files that are no longer there; return how many."""
        inst = self._catalog.inst(instance_key)
        set_id = self._catalog.set_id(inst, "file")
        with self._db.write() as link:
            gone = link.execute(
                "SELECT i.id FROM inspections i LEFT JOIN objects o ON o.set_id = ? AND o.id = i.id "
                "WHERE i.inst = ? AND o.oid IS NULL",
                (set_id, inst),
            ).fetchall()
            from casb_cli.core.refs import local

            now = now_ms()
            return sum(
                link.execute(
                    "UPDATE findings SET resolved = ? WHERE inst = ? AND scope = ? AND resolved IS NULL",
                    (now, inst, local("file", id_)),
                ).rowcount
                for (id_,) in gone
            )

    def list(
        self,
        instance_key: str | None = None,
        *,
        states: Sequence[str] = ("open",),
        min_severity: str | None = None,
        detector: str | None = None,
        file_ref: str | None = None,
        first_seen_since: int | None = None,
        after: tuple[str, str] | None = None,
        limit: int = 500,
    ) -> list[StoredFinding]:
        """Return findings in the order of instance key and id, those behind `after` (the last one's two keys)."""
        where, values = _filters(
            {
                "key = :key": ("key", instance_key),
                "severity >= :severity": ("severity", SEVERITY_ORDER[min_severity] if min_severity else None),
                "detector = :detector": ("detector", detector),
                "file_ref = :file_ref": ("file_ref", file_ref),
                "first_seen > :first": ("first", first_seen_since),
            }
        )
        if after:
            where += " AND (key, id) > (:after_key, :after_id)"
            values |= {"after_key": after[0], "after_id": after[1]}
        marks = ", ".join(f":state{n}" for n, _ in enumerate(states))
        values |= {f"state{n}": state for n, state in enumerate(states)}
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT {_COLUMNS} FROM findings JOIN instances USING (inst) "  # noqa: S608 - from above
                f"WHERE {_STATE} IN ({marks}){where} ORDER BY key, id LIMIT :limit",
                {"now": now_ms(), "limit": limit, **values},
            ).fetchall()
        return [_finding(row) for row in rows]

    def worst_first(
        self,
        instance_keys: Sequence[str],
        *,
        states: Sequence[str] = ("open",),
        min_severity: str | None = None,
        detector: str | None = None,
    ) -> Iterator[StoredFinding]:
        """Yield the findings of some instances, the most exposed first, and of these the most severe.

        The order is settled at once, the findings are read as they are asked for: one that changes meanwhile is
        yielded as it is then.
        """
        where, values = _filters(
            {
                "severity >= :severity": ("severity", SEVERITY_ORDER[min_severity] if min_severity else None),
                "detector = :detector": ("detector", detector),
            }
        )
        values |= {f"key{n}": key for n, key in enumerate(instance_keys)}
        values |= {f"state{n}": state for n, state in enumerate(states)}
        keys = ", ".join(f":key{n}" for n, _ in enumerate(instance_keys))
        marks = ", ".join(f":state{n}" for n, _ in enumerate(states))
        with self._db.read() as link:
            order = link.execute(
                "SELECT inst, id FROM findings JOIN instances USING (inst) "  # noqa: S608 - from above
                f"WHERE key IN ({keys}) AND {_STATE} IN ({marks}){where} "
                f"ORDER BY {_EXPOSURE}, severity DESC, key, id",
                {"now": now_ms(), **values},
            ).fetchall()
        for start in range(0, len(order), _PAGE):
            yield from self._read(order[start : start + _PAGE])

    def _read(self, wanted: Sequence[tuple[int, str]]) -> Sequence[StoredFinding]:
        """Return the findings of some numbers of instances and ids, in their order; those gone are left out."""
        pairs = ", ".join(["(?, ?)"] * len(wanted))
        columns = _COLUMNS.replace(":now", str(now_ms()))
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT inst, {columns} FROM findings JOIN instances USING (inst) "  # noqa: S608 - from above
                f"WHERE (inst, id) IN (VALUES {pairs})",
                [value for pair in wanted for value in pair],
            ).fetchall()
        found = {(row[0], row[2]): _finding(row[1:]) for row in rows}
        return [found[pair] for pair in wanted if pair in found]

    def get(self, instance_key: str, id_: str) -> StoredFinding | None:
        """Return one finding."""
        with self._db.read() as link:
            row = link.execute(
                f"SELECT {_COLUMNS} FROM findings JOIN instances USING (inst) "  # noqa: S608 - from above
                "WHERE key = :key AND id = :id",
                {"now": now_ms(), "key": instance_key, "id": id_},
            ).fetchone()
        return _finding(row) if row else None

    def named(self, instance_keys: Sequence[str], id_: str) -> Sequence[StoredFinding]:
        """Return the findings of an id, or else those whose id begins so: at most ten, of four characters and more."""
        exact = [found for key in instance_keys if (found := self.get(key, id_)) is not None]
        if exact or len(id_) < 4:
            return exact
        keys = ", ".join(f":key{n}" for n, _ in enumerate(instance_keys))
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT {_COLUMNS} FROM findings JOIN instances USING (inst) "  # noqa: S608 - from above
                f"WHERE key IN ({keys}) AND substr(id, 1, length(:id)) = :id ORDER BY key, id LIMIT 10",
                {"now": now_ms(), "id": id_, **{f"key{n}": key for n, key in enumerate(instance_keys)}},
            ).fetchall()
        return [_finding(row) for row in rows]

    def any_of(self, detector: str) -> bool:
        """Return whether a detector ever made a finding that is still stored, in whatever state."""
        return bool(self._db.fetch("SELECT 1 FROM findings WHERE detector = ? LIMIT 1", (detector,)))

    def suppress(self, instance_key: str, id_: str, *, why: str, until: int | None = None) -> None:
        """Suppress a finding with a reason, until a moment (ms; None: for good); raises UnknownName."""
        self._change(
            instance_key,
            id_,
            "suppressed = ?, suppressed_why = ?, suppressed_until = ?",
            (now_ms(), why, until),
        )

    def ever_suppressed(self) -> Sequence[StoredFinding]:
        """Return the findings that a suppression was set on, also those whose suppression ended."""
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT {_COLUMNS} FROM findings JOIN instances USING (inst) "  # noqa: S608 - from above
                "WHERE suppressed IS NOT NULL ORDER BY key, id",
                {"now": now_ms()},
            ).fetchall()
        return [_finding(row) for row in rows]

    def unsuppress(self, instance_key: str, id_: str) -> None:
        """End a suppression; raises UnknownName."""
        self._change(instance_key, id_, "suppressed = NULL, suppressed_why = NULL, suppressed_until = NULL", ())

    def _change(self, instance_key: str, id_: str, change: str, values: tuple[object, ...]) -> None:
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            done = link.execute(
                f"UPDATE findings SET {change} WHERE inst = ? AND id = ?",  # noqa: S608 - from above
                (*values, inst, id_),
            )
            if not done.rowcount:
                raise UnknownName(f"no finding `{id_}`", hint="see `casb findings list`")

    def counts(self, instance_key: str) -> dict[tuple[str, str | None], int]:
        """Return the number of findings by state and severity."""
        with self._db.read() as link:
            rows = link.execute(
                f"SELECT {_STATE}, severity, count(*) FROM findings JOIN instances USING (inst) "  # noqa: S608
                "WHERE key = :key GROUP BY 1, 2",
                {"now": now_ms(), "key": instance_key},
            ).fetchall()
        return {(row[0], _SEVERITIES.get(row[1])): row[2] for row in rows}


def _filters(wanted: dict[str, tuple[str, object]]) -> tuple[str, dict[str, object]]:
    given = {sql: pair for sql, pair in wanted.items() if pair[1] is not None}
    return "".join(f" AND {sql}" for sql in given), dict(given.values())


def _finding(row: tuple[Any, ...]) -> StoredFinding:
    finding = Finding(
        id=row[1],
        detector=row[2],
        severity=_SEVERITIES.get(row[3]),  # type: ignore[arg-type] # ranks come from SEVERITY_ORDER
        confidence=row[4],
        count=row[5],
        excerpt=row[6],
        place=row[7],
        file=row[8],
        file_ref=row[9],
        sharing=row[10],
        first_seen=clock.from_millis(row[11]),
        state=row[12],
        unknown=tuple(row[13].split()),
    )
    return StoredFinding(
        instance_key=row[0],
        finding=finding,
        last_seen=clock.from_millis(row[14]) or "",
        resolved=clock.from_millis(row[15]),
        suppressed_until=clock.from_millis(row[16]),
        suppressed_why=row[17],
    )
