"""SQLite databases: the rows of every table, as cells under their columns' names."""

from __future__ import annotations

import io
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.inline import shown
from casb_cli.scan.extract.pieces import whole
from casb_cli.scan.extract.sniff import utf16_flavour

_STEPS = 100_000
"""Instructions of the engine between two looks at the clock."""
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND substr(name, 1, 7) <> 'sqlite_'"
_SCHEMA = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
_FILES = (
    b"PK\x03\x04",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"{\\rtf",
    b"\x1f\x8b\x08",
    b"7z\xbc\xaf\x27\x1c",
    b"bplist00",
)
"""How files begin that are kept in a cell."""
_FILES_AT_ONCE = 32 << 20
_HEAD = 100
_LOGGED, _PLAIN = b"\2\2", b"\1\1"
"""The versions (at 18) of a database that writes ahead into a log, which the engine opens with that file only."""
_READS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION))


def sqlite(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield each ordinary table as a sheet: its columns' names, then its rows; views and virtual tables are left out.

    Nothing in the database is run.
    """
    head = source.head(_HEAD)
    if head[18:20] == _LOGGED:
        head = head[:18] + _PLAIN + head[20:]
    if _pages(head) > source.size:
        raise Stop("corrupted", "pages are missing")  # the engine would read them as empty
    database = _opened(source, head, context)
    try:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, context.limits.in_memory)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            database.execute(f"PRAGMA {pragma}")
        database.set_authorizer(_only_reads)
        database.set_progress_handler(_clock(context), _STEPS)
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        tables = database.execute(_TABLES).fetchall()
        for (name,) in tables:
            place = join_place(where, shorten(printable(str(name)), 100))
            files: list[bytes] = []
            yield Segment(place, "cell", _rows(database, str(name), files), header_row=True)
            for number, file in enumerate(files, 1):
                context.member()
                yield from context.open(
                    Source(io.BytesIO(file), "", len(file)), context, join_place(place, f"file {number}")
                )
        schema = "\n".join(str(sql) for (sql,) in database.execute(_SCHEMA))
        yield Segment(join_place(where, "schema"), "none", iter((schema.encode("utf-8", "replace"),)))
        context.tick()
    except sqlite3.OperationalError:
        context.tick()  # out of time: the engine only says that it was interrupted
        raise
    finally:
        database.close()


def _opened(source: Source, head: bytes, context: Context) -> sqlite3.Connection:
    """Return a database opened from memory, or from a copy without a name where it is larger than may be held there."""
    source.file.seek(len(head))
    if source.size <= context.limits.in_memory:
        database = sqlite3.connect(":memory:")
        database.deserialize(head + source.file.read())
        return database
    with tempfile.NamedTemporaryFile(prefix="casb-") as copy:
        copy.write(head)
        while block := source.file.read(BLOCK):
            context.tick()
            copy.write(block)
        copy.flush()
        # The engine holds it open: without a name it is gone however this process ends.
        return sqlite3.connect(f"{Path(copy.name).as_uri()}?mode=ro&immutable=1", uri=True)


def _pages(data: bytes) -> int:
    """Return the bytes that all pages take, as the header tells (the file format's fields at 16 and 28)."""
    size = int.from_bytes(data[16:18], "big")
    return int.from_bytes(data[28:32], "big") * (65536 if size == 1 else size)


def _only_reads(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def _clock(context: Context) -> Callable[[], int]:
    def late() -> int:
        try:
            context.tick()
        except Stop:
            return True
        return False

    return late


def _rows(database: sqlite3.Connection, table: str, files: list[bytes]) -> Iterator[bytes]:
    kept = 0
    quoted = table.replace('"', '""')
    cursor = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name cannot be a parameter; it is quoted
    lines = ["\t".join(_cell(column[0]) for column in cursor.description)]
    size = 0
    for row in cursor:
        for value in row:
            if isinstance(value, bytes) and value.startswith(_FILES) and kept + len(value) <= _FILES_AT_ONCE:
                files.append(value)
                kept += len(value)
        line = "\t".join(map(_cell, row))
        lines.append(line)
        size += len(line)
        if size > BLOCK:
            yield shown(whole(("\n".join(lines) + "\n").encode("utf-8", "replace")))
            lines, size = [], 0
    if lines:
        yield shown(whole("\n".join(lines).encode("utf-8", "replace")))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        if value.startswith(_FILES):
            return ""
        text = value.decode((utf16_flavour(value[:4096]) if b"\0" in value else None) or "utf-8", "replace")
    else:
        text = str(value)
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")
