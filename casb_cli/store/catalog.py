"""Small integers for what repeats in every row, and the way from a model to a body and back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from casb_cli.core.models import ROWS, SHARING_ORDER, Row
from casb_cli.core.shapes import from_plain
from casb_cli.store.database import Database

_unpack = msgspec.msgpack.Decoder(list[Any]).decode
_pack = msgspec.msgpack.Encoder().encode


def fields_of(kind: str) -> tuple[str, ...]:
    """Return the fields that a body of this kind holds, in order: all but the id, which is the key."""
    return tuple(name for name in ROWS[kind].__struct_fields__ if name != "id")


class Codec:
    """Encodes rows of one kind; `layout` is the number under which the order of fields is recorded."""

    def __init__(self, kind: str, layout: int) -> None:
        self.kind = kind
        self.layout = layout
        values: Callable[[Row], tuple[Any, ...]] = attrgetter(*fields_of(kind))
        self._values = values

    def flat(self, rows: Sequence[Row]) -> list[Any]:
        """Return `id, body` of each row, one after the other."""
        out: list[Any] = []
        push, values, pack = out.append, self._values, _pack
        for row in rows:
            push(row.id)
            push(pack(values(row)))
        return out

    def flat_files(self, rows: Sequence[Row]) -> list[Any]:
        """Return `id, body, exposure` of each file, one after the other."""
        out: list[Any] = []
        push, values, pack, order = out.append, self._values, _pack, SHARING_ORDER
        for row in rows:
            push(row.id)
            push(pack(values(row)))
            push(order[row.sharing])  # type: ignore[attr-defined] # files only
        return out

    def body(self, row: Row) -> bytes:
        """Return a row's body."""
        return _pack(self._values(row))


class Catalog:
    """The integers of instances, kinds and layouts; created on first use."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._guard = threading.Lock()
        self._at = db.rollbacks
        self._insts: dict[str, int] = {}
        self._sets: dict[tuple[int, str], int] = {}
        self._codecs: dict[str, Codec] = {}
        self._layouts: dict[int, tuple[type[Row], tuple[str, ...]]] = {}

    def _fresh(self) -> None:
        # An integer given out inside a transaction that was undone means nothing any more.
        if self._at != self.db.rollbacks:
            with self._guard:
                self._at = self.db.rollbacks
                for table in (self._insts, self._sets, self._codecs, self._layouts):
                    table.clear()

    def inst(self, key: str) -> int:
        """Return the integer of an instance key."""
        self._fresh()
        found = self._insts.get(key)
        if found is None:
            found = self._make("instances", "inst", ("key",), (key,))
            self._insts[key] = found
        return found

    def set_id(self, inst: int, kind: str) -> int:
        """Return the integer of one kind of rows of an instance."""
        self._fresh()
        found = self._sets.get((inst, kind))
        if found is None:
            found = self._make("sets", "set_id", ("inst", "kind"), (inst, kind))
            self._sets[inst, kind] = found
        return found

    def codec(self, kind: str) -> Codec:
        """Return the codec of a kind, its layout recorded."""
        self._fresh()
        found = self._codecs.get(kind)
        if found is None:
            names = " ".join(fields_of(kind))
            found = Codec(kind, self._make("layouts", "layout", ("kind", "fields"), (kind, names)))
            self._codecs[kind] = found
        return found

    def _make(self, table: str, column: str, names: tuple[str, ...], values: tuple[object, ...]) -> int:
        where = " AND ".join(f"{name} = ?" for name in names)
        select = f"SELECT {column} FROM {table} WHERE {where}"  # noqa: S608 - names stand in this file
        rows = self.db.fetch(select, values)
        if not rows:
            marks = ", ".join("?" * len(names))
            with self.db.write() as link:
                link.execute(
                    f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
                    values,
                )
                rows = link.execute(select, values).fetchall()
        return int(str(rows[0][0]))

    def row(self, link: sqlite3.Connection, layout: int, id_: str, body: bytes) -> Row:
        """Return the model of a stored body; fields that this version doesn't know are left out."""
        known = self._layouts.get(layout)
        if known is None:
            kind, names = link.execute("SELECT kind, fields FROM layouts WHERE layout = ?", (layout,)).fetchone()
            known = (ROWS[kind], tuple(names.split(" ")))
            self._layouts[layout] = known
        cls, fields = known
        values = dict(zip(fields, _unpack(body), strict=True))
        values["id"] = id_
        return from_plain(values, cls)
