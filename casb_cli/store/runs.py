"""Scan runs and what lasts from one to the next: feed cursors, the abilities each instance should deliver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from casb_cli.core import clock
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, now_ms

RunState = Literal["running", "done", "partial", "failed", "stopped", "killed"]
ENDED: frozenset[str] = frozenset({"done", "partial", "failed", "stopped"})
"""States of a run that came to its own end: what `--due` counts from. `killed` did not."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one instance. Times are RFC 3339; `statement` is its completeness statement."""

    id: int
    instance_key: str
    job: str
    trigger: str
    started: str
    started_ms: int
    ended: str | None
    state: RunState
    exit_code: int | None = None
    counts: dict[str, int] = {}
    statement: dict[str, Any] = {}


class Runs:
    """The runs over the main store; thread-safe."""

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db = db
        self._catalog = catalog

    def begin(self, instance_key: str, *, job: str = "scan", trigger: str = "manual") -> int:
        """Note that a run begins and return its number; the caller holds the instance's lock for `job`.

        Runs of this job that still stand as running were killed, and are marked so.
        """
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            link.execute(
                "UPDATE runs SET state = 'killed' WHERE inst = ? AND job = ? AND state = 'running'", (inst, job)
            )
            made = link.execute(
                "INSERT INTO runs (inst, job, cause, started, state) VALUES (?, ?, ?, ?, 'running')",
                (inst, job, trigger, now_ms()),
            )
            return made.lastrowid or 0

    def end(
        self,
        run: int,
        state: RunState,
        *,
        exit_code: int,
        statement: Mapping[str, Any],
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """Note how a run ended, with its completeness statement (JSON values, no secrets)."""
        with self._db.write() as link:
            link.execute(
                "UPDATE runs SET ended = ?, state = ?, exit_code = ?, statement = ?, counts = ? WHERE run = ?",
                (
                    now_ms(),
                    state,
                    exit_code,
                    msgspec.json.encode(statement).decode(),
                    msgspec.json.encode(counts or {}).decode(),
                    run,
                ),
            )

    def resumes_from(self, run: int) -> int | None:
        """Return when the work began that this run goes on with (ms), or None where it begins anew.

        That is the start of the first of the runs right before it, of the same instance and job, that were
        killed or stopped. A listing ended since then (`Partitions.ended`) need not be repeated.
        """
        with self._db.read() as link:
            rows = link.execute(
                "SELECT r.state, r.started FROM runs r JOIN runs o ON o.run = ? AND r.inst = o.inst "
                "AND r.job = o.job AND r.run < o.run ORDER BY r.run DESC LIMIT 1000",
                (run,),
            ).fetchall()
        begun: int | None = None
        for state, started in rows:
            if state not in {"killed", "stopped"}:
                break
            begun = started
        return begun

    def list(self, instance_key: str | None = None, *, before: int | None = None, limit: int = 50) -> list[Run]:
        """Return runs, newest first, numbers below `before`, of one instance or of all."""
        sql = (
            "SELECT run, key, job, cause, started, ended, state, exit_code, counts, statement "
            "FROM runs JOIN instances USING (inst) WHERE run < ? AND (? IS NULL OR key = ?) "
            "ORDER BY run DESC LIMIT ?"
        )
        with self._db.read() as link:
            rows = link.execute(sql, (before or 1 << 62, instance_key, instance_key, limit)).fetchall()
        return [_run(row) for row in rows]

    def get(self, run: int) -> Run | None:
        """Return one run."""
        found = self.list(before=run + 1, limit=1)
        return found[0] if found and found[0].id == run else None

    def last_ended(self, instance_key: str, *, job: str = "scan") -> Run | None:
        """Return the newest run of a job that came to its own end, well or not: what `--due` counts from."""
        with self._db.read() as link:
            row = link.execute(
                "SELECT run, key, job, cause, started, ended, state, exit_code, counts, statement "
                "FROM runs JOIN instances USING (inst) WHERE key = ? AND job = ? AND ended IS NOT NULL "
                "ORDER BY run DESC LIMIT 1",
                (instance_key, job),
            ).fetchone()
        return _run(row) if row else None

    def last_whole(self, instance_key: str, *, before: int | None = None) -> Run | None:
        """Return the newest scan (below number `before`) that ended by itself and not limited to some parts, or None.

        One that was stopped is not counted: the next goes on with it.
        """
        while page := self.list(instance_key, before=before):
            before = page[-1].id
            for run in page:
                ended = run.ended and run.state not in {"stopped", "killed"}
                if run.job == "scan" and ended and not run.statement.get("only"):
                    return run
        return None

    def save_cursor(self, instance_key: str, name: str, cursor: str) -> None:
        """Keep a feed's position; pages saved by `Inventory.write_changes` bring their own."""
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            link.execute(
                "INSERT OR REPLACE INTO cursors (inst, name, cursor, saved) VALUES (?, ?, ?, ?)",
                (inst, name, cursor, now_ms()),
            )

    def cursor(self, instance_key: str, name: str) -> tuple[str, str] | None:
        """Return a feed's position and when it was saved (RFC 3339), or None."""
        rows = self._db.fetch(
            "SELECT cursor, saved FROM cursors JOIN instances USING (inst) WHERE key = ? AND name = ?",
            (instance_key, name),
        )
        return (str(rows[0][0]), clock.from_millis(int(str(rows[0][1]))) or "") if rows else None

    def forget_cursors(self, instance_key: str, name: str | None = None) -> None:
        """Forget one feed's position, or all of an instance (`scan --full`)."""
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            link.execute("DELETE FROM cursors WHERE inst = ? AND (? IS NULL OR name = ?)", (inst, name, name))


def _run(row: tuple[Any, ...]) -> Run:
    return Run(
        id=row[0],
        instance_key=row[1],
        job=row[2],
        trigger=row[3],
        started=clock.from_millis(row[4]) or "",
        started_ms=row[4],
        ended=clock.from_millis(row[5]),
        state=row[6],
        exit_code=row[7],
        counts=msgspec.json.decode(row[8]) if row[8] else {},
        statement=msgspec.json.decode(row[9]) if row[9] else {},
    )
