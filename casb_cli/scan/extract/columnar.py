"""Tables of data lakes: Parquet, ORC and Arrow through pyarrow, Avro through fastavro, where these are installed.

They are an extra: pyarrow alone takes more room than the rest of the program. It's kept to one thread and to the
system's memory pool, so that a worker's limit on memory holds, and reads a batch of rows at a time. Without the extra
the plain strings of the files are looked at, and the reason tells how to get it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from casb_cli.core.text import shorten
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, Unread, join_place
from casb_cli.scan.extract.sniff import utf16_flavour
from casb_cli.scan.extract.unknown import strings

_ROWS = 2_048
_BATCH = 8 << 20
"""Bytes of a batch of rows, as the file tells them."""
_FEW = 2 << 20
"""Bytes of all values of a column in a group of rows up to which each is made once."""
_LONGEST_NAME = 256 << 10
_DEEPEST = 32
_LOCKED = b"PARE"
"""How a Parquet file begins and ends whose footer is encrypted."""


def _module(name: str) -> ModuleType | None:
    """Return a module of the extra, None where that is not installed."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # the others reserve more than a worker may have
    try:
        module = import_module(name)
    except ImportError:
        return None
    if name.startswith("pyarrow"):
        arrow = import_module("pyarrow")
        arrow.set_cpu_count(1)
        arrow.set_io_thread_count(1)
    return module


@contextlib.contextmanager
def _told(form: str) -> Iterator[None]:
    """Turn what pyarrow says of keys and codecs that it has not into the reason."""
    try:
        yield
    except (OSError, ValueError, NotImplementedError) as error:
        words = str(error).lower()
        if "encrypt" in words or "decrypt" in words:
            raise Stop("encrypted") from None
        if isinstance(error, NotImplementedError) or "codec" in words:
            raise Unread(f"{form} of a rare kind") from None
        raise


def parquet(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the rows under their columns' names, and the file's properties."""
    if source.head(4) == _LOCKED:
        raise Stop("encrypted")
    reader = _module("pyarrow.parquet")
    if reader is None:
        yield from strings(source, context, where)
        return

    def opened(**more: Any) -> Any:
        with _told("Parquet"):
            return reader.ParquetFile(
                source.file,
                buffer_size=BLOCK,
                pre_buffer=False,
                thrift_string_size_limit=context.limits.in_memory,
                thrift_container_size_limit=1_000_000,
                **more,
            )

    file = opened()
    about = file.metadata
    yield from _properties(about.metadata or {}, where)
    if not about.num_row_groups:
        return
    if few := _repeated(about):  # a long value that thousands of rows have is then held once
        source.file.seek(0)
        file = opened(read_dictionary=few)
    names = file.schema_arrow.names
    size = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
    rows = max(1, min(_ROWS, _BATCH * about.num_rows // max(size, 1)))

    def batches() -> Iterator[Any]:
        with _told("Parquet"):
            yield from file.iter_batches(batch_size=rows, use_threads=False)

    yield _segment(where, _rows(names, _plain(batches()), source, context))


def _repeated(about: Any) -> list[str]:
    """Return the columns of texts, none nested, that take little room in every group of rows."""
    found = []
    for at in range(about.num_columns):
        column = about.schema.column(at)
        sizes = (about.row_group(group).column(at).total_uncompressed_size for group in range(about.num_row_groups))
        if column.physical_type == "BYTE_ARRAY" and column.path == column.name and max(sizes) <= _FEW:
            found.append(column.path)
    return found


def orc(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the rows of an ORC file under their columns' names."""
    reader = _module("pyarrow.orc")
    if reader is None:
        yield from strings(source, context, where)
        return
    with _told("ORC"):
        file = reader.ORCFile(source.file)
    yield _segment(where, _rows(file.schema.names, _plain(_stripes(file)), source, context))


def _stripes(file: Any) -> Iterator[Any]:
    with _told("ORC"):
        for number in range(file.nstripes):
            yield file.read_stripe(number)


def arrow(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the rows of an Arrow (Feather 2) file under their columns' names."""
    reader = _module("pyarrow.ipc")
    if reader is None:
        yield from strings(source, context, where)
        return
    file = reader.open_file(source.file)
    yield from _properties(file.schema.metadata or {}, where)

    def batches() -> Iterator[Any]:
        with _told("Arrow"):
            for number in range(file.num_record_batches):
                batch = file.get_batch(number)
                batch.validate(full=True)  # offsets of a foreign file lead anywhere
                yield batch

    yield _segment(where, _rows(file.schema.names, _plain(batches()), source, context))


def avro(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the records of an Avro file under their fields' names."""
    module = _module("fastavro")
    if module is None:
        yield from strings(source, context, where)
        return
    with _told("Avro"):
        reader = module.reader(source.file)
        schema = reader.writer_schema
    named = schema.get("fields") if isinstance(schema, dict) else None
    names = [str(field["name"]) for field in named] if named else ["value"]

    def records() -> Iterator[Sequence[Any]]:
        with _told("Avro"):
            for record in reader:
                yield [record.get(name) for name in names] if named else [record]

    yield _segment(where, _rows(names, records(), source, context))


def _segment(where: str, blocks: Iterator[bytes]) -> Segment:
    return Segment(where, "row", blocks, header_row=True)


def _properties(pairs: Mapping[bytes, bytes], where: str) -> Iterator[Segment]:
    text = b"\n".join(
        b"%s: %s" % (name, value) for name, value in pairs.items() if name not in (b"ARROW:schema", b"pandas")
    )
    if text:
        yield Segment(join_place(where, "properties"), "none", iter((text,)))


def _plain(batches: Iterable[Any]) -> Iterator[Sequence[Any]]:
    """Yield each row of some batches as values of Python."""
    known: dict[int, tuple[Any, list[Any]]] = {}
    for batch in batches:
        yield from zip(*(_values(at, column, known) for at, column in enumerate(batch.columns)), strict=True)


def _values(at: int, column: Any, known: dict[int, tuple[Any, list[Any]]]) -> Iterable[Any]:
    """Return a column's values; those of a dictionary are made once for all batches that have the same one."""
    if not hasattr(column, "indices"):
        return column.to_pylist()  # type: ignore[no-any-return] # pyarrow has no types
    held, values = known.get(at, (None, []))
    if held is None or not held.equals(column.dictionary):
        values = column.dictionary.to_pylist()
        known[at] = (column.dictionary, values)
    return [None if number is None else values[number] for number in column.indices.to_pylist()]


def _rows(names: Sequence[str], rows: Iterable[Sequence[Any]], source: Source, context: Context) -> Iterator[bytes]:
    lines = ["\t".join(_cell(shorten(name, _LONGEST_NAME)) for name in names)]
    size = len(lines[0])
    produced = 0
    for row in rows:
        line = "\t".join(map(_cell, row))
        lines.append(line)
        size += len(line) + 1
        if size > BLOCK:
            produced += size
            context.unpack(size, produced, source.size)
            yield ("\n".join(lines) + "\n").encode("utf-8", "replace")
            lines, size = [], 0
    if lines:
        yield "\n".join(lines).encode("utf-8", "replace")


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else _text(value)
    return text.replace("\t", " ").replace("\r", " ").replace("\n", " ")


def _text(value: Any, depth: int = 0) -> str:
    """Return a value as text, what is nested with its names: `city: Rome, zip: 00100`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode((utf16_flavour(value[:4096]) if b"\0" in value else None) or "utf-8", "replace")
    if depth > _DEEPEST:
        raise Stop("expansion", "nested too deep")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(one, depth + 1)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        if value and all(isinstance(one, tuple) and len(one) == 2 for one in value):  # how maps come
            return ", ".join(f"{_text(one[0], depth + 1)}: {_text(one[1], depth + 1)}" for one in value)
        return ", ".join(_text(one, depth + 1) for one in value)
    return str(value)
