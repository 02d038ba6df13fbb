"""Reading the inventory: what is there, what was there at a moment, what changed since.

Pages go by key, so a reader sees each row once however much is written meanwhile. Moments are milliseconds
since the epoch (`moment` makes one of a text).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Account, File, Row
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database

_PAGE = 500
_NEVER = 1 << 62


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a row: valid from a moment up to, not including, another (None: still)."""

    row: Row
    valid_from: int
    valid_to: int | None = None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One row that differs between two moments; `fields` names what changed."""

    kind: str
    id: str
    what: Literal["added", "changed", "gone"]
    before: Row | None = None
    after: Row | None = None
    fields: tuple[str, ...] = ()


def moment(text: str) -> int:
    """Return an RFC 3339 time as the store keeps it; raises ValueError."""
    return round(clock.parse(text).timestamp() * 1000)


class History:
    """The readers of the inventory; thread-safe."""

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db = db
        self._catalog = catalog

    def _set(self, instance_key: str, kind: str) -> int:
        return self._catalog.set_id(self._catalog.inst(instance_key), kind)

    def rows(
        self, instance_key: str, kind: str, *, at: int | None = None, after: str | None = None, limit: int = _PAGE
    ) -> list[Row]:
        """Return at most `limit` rows of a kind whose id is behind `after`, in the order of ids.

        `at` asks for the rows as they were at a moment. Activity is kept apart: see `EventLog`.
        """
        set_id = self._set(instance_key, kind)
        mark, behind = ("id > ?", (after,)) if after is not None else ("true", ())
        with self._db.read() as link:
            if at is None:
                found = link.execute(
                    f"SELECT id, layout, body FROM objects WHERE set_id = ? AND {mark} "  # noqa: S608
                    "ORDER BY id LIMIT ?",
                    (set_id, *behind, limit),
                ).fetchall()
            else:
                found = link.execute(
                    "SELECT id, layout, body FROM objects "  # noqa: S608 - the mark stands above
                    f"WHERE set_id = ? AND {mark} AND since <= ? UNION ALL "
                    f"SELECT id, layout, body FROM past WHERE set_id = ? AND {mark} "
                    "AND valid_from <= ? AND valid_to > ? ORDER BY id LIMIT ?",
                    (set_id, *behind, at, set_id, *behind, at, at, limit),
                ).fetchall()
            return [self._catalog.row(link, layout, id_, body) for id_, layout, body in found]

    def all_rows(self, instance_key: str, kind: str, *, at: int | None = None) -> Iterator[Row]:
        """Yield all rows of a kind in the order of their ids; nothing is held open between pages."""
        after = None
        while rows := self.rows(instance_key, kind, at=at, after=after):
            yield from rows
            after = rows[-1].id

    def count(self, instance_key: str, kind: str) -> int:
        """Return how many rows of a kind there are now."""
        set_id = self._set(instance_key, kind)
        with self._db.read() as link:
            found: int = link.execute("SELECT count(*) FROM objects WHERE set_id = ?", (set_id,)).fetchone()[0]
        return found

    def get(self, instance_key: str, kind: str, id_: str, *, at: int | None = None) -> Row | None:
        """Return one row as it is, or as it was at a moment; None where there is or was none."""
        set_id = self._set(instance_key, kind)
        with self._db.read() as link:
            return self._at(link, set_id, id_, _NEVER if at is None else at)

    def _at(self, link: sqlite3.Connection, set_id: int, id_: str, at: int) -> Row | None:
        found = link.execute(
            "SELECT layout, body FROM objects WHERE set_id = ? AND id = ? AND since <= ? UNION ALL "
            "SELECT layout, body FROM past WHERE set_id = ? AND id = ? AND valid_from <= ? AND valid_to > ? "
            "LIMIT 1",
            (set_id, id_, at, set_id, id_, at, at),
        ).fetchone()
        return self._catalog.row(link, found[0], id_, found[1]) if found else None

    def versions(self, instance_key: str, kind: str, id_: str) -> list[Version]:
        """Return all kept versions of one row, oldest first."""
        set_id = self._set(instance_key, kind)
        with self._db.read() as link:
            found = link.execute(
                "SELECT valid_from, valid_to, layout, body FROM past "
                "WHERE set_id = ? AND id = ? AND valid_from < valid_to UNION ALL "
                "SELECT since, NULL, layout, body FROM objects WHERE set_id = ? AND id = ? ORDER BY 1",
                (set_id, id_, set_id, id_),
            ).fetchall()
            return [
                Version(row=self._catalog.row(link, layout, id_, body), valid_from=start, valid_to=end)
                for start, end, layout, body in found
            ]

    def find_accounts(self, instance_key: str, text: str) -> list[Account]:
        """Return the accounts whose login or e-mail address is `text`, upper or lower case alike."""
        wanted = text.casefold()
        return [
            row
            for row in self.all_rows(instance_key, "account")
            if isinstance(row, Account) and wanted in {(row.login or "").casefold(), (row.email or "").casefold()}
        ]

    def find_files(self, instance_key: str, path: str) -> list[File]:
        """Return the files at exactly this path."""
        set_id = self._set(instance_key, "file")
        with self._db.read() as link:
            # Bodies hold text as plain UTF-8, so the bytes are looked for first and few bodies are read.
            found = link.execute(
                "SELECT id, layout, body FROM objects WHERE set_id = ? AND instr(body, ?)",
                (set_id, path.encode("utf-8", "surrogatepass")),
            ).fetchall()
            rows = [self._catalog.row(link, layout, id_, body) for id_, layout, body in found]
        return [row for row in rows if isinstance(row, File) and row.path == path]

    def changes(
        self,
        instance_key: str,
        kinds: Sequence[str],
        *,
        since: int,
        until: int | None = None,
    ) -> Iterator[Difference]:
        """Yield the rows that differ between two moments (`until` None: now), by kind and id.

        A row that changed and changed back does not differ.
        """
        end = _NEVER if until is None else until
        for kind in kinds:
            set_id = self._set(instance_key, kind)
            after: str | None = None
            while True:
                found: list[Difference] = []
                with self._db.read() as link:
                    ids = self._touched(link, set_id, since, after)
                    for id_ in ids:
                        before = self._at(link, set_id, id_, since)
                        now = self._at(link, set_id, id_, end)
                        if before != now:
                            found.append(_difference(kind, id_, before, now))
                yield from found
                if len(ids) < _PAGE:
                    break
                after = ids[-1]

    def _touched(self, link: sqlite3.Connection, set_id: int, since: int, after: str | None) -> list[str]:
        mark, behind = ("id > ?", (after,)) if after is not None else ("true", ())
        rows = link.execute(
            f"SELECT id FROM objects WHERE set_id = ? AND {mark} AND since > ? UNION "  # noqa: S608
            f"SELECT id FROM past WHERE set_id = ? AND {mark} AND valid_to > ? ORDER BY id LIMIT ?",
            (set_id, *behind, since, set_id, *behind, since, _PAGE),
        ).fetchall()
        return [row[0] for row in rows]


def _difference(kind: str, id_: str, before: Row | None, after: Row | None) -> Difference:
    if before is None:
        return Difference(kind=kind, id=id_, what="added", after=after)
    if after is None:
        return Difference(kind=kind, id=id_, what="gone", before=before)
    fields = tuple(name for name in after.__struct_fields__ if getattr(before, name, None) != getattr(after, name))
    return Difference(kind=kind, id=id_, what="changed", before=before, after=after, fields=fields)
