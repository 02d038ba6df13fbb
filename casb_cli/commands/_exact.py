"""Indexes of exact data and their detectors: files beside the user's own detectors."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from casb_cli.core.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_MARKS = ",;\t|"


def folder() -> Path:
    """Return where the user's own detectors are."""
    from casb_cli.store.paths import config_dir

    return config_dir() / "detectors"


def paths(name: str) -> tuple[Path, Path]:
    """Return the detector's file and the index's; raises UsageError for what is no name."""
    if not _NAME.fullmatch(name) or len(name) > 50:
        raise UsageError(f"`{name}` is no name: small letters and digits, joined by -")
    return folder() / f"edm-{name}.toml", folder() / f"edm-{name}.index"


def row_of(index: Path) -> dict[str, Any]:
    """Return what is told of an index; raises ConfigError."""
    from casb_cli.scan.detect.exact import about

    told = about(index)
    name = index.stem.removeprefix("edm-")
    return {
        "name": name,
        "detector": f"edm-{name}",
        "rows": told.rows,
        "skipped": told.skipped,
        "beside": told.columns,
        "need": told.need,
        "file": str(index),
    }


def drop(name: str) -> None:
    """Remove an index and its detector, the detector first: it can't stay without its index."""
    for path in paths(name):
        path.unlink(missing_ok=True)


def write(
    table: str,
    name: str,
    *,
    leading: str,
    beside: Sequence[str],
    need: int,
    distance: int,
    at_least: int,
    severity: str,
    delimiter: str,
) -> dict[str, Any]:
    """Build the index and then its detector, each in the place of an older one; return its row.

    Raises UsageError for a table without the columns or without a usable row; the older index stays then.
    """
    from casb_cli.scan.detect.exact import build
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import ensure_dir, saving, write_private

    detector, index = paths(name)
    ensure_dir(index.parent)
    fresh = index.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    try:
        with saving(index):
            fresh.touch(mode=0o600)
            with _rows(table, (leading, *beside), delimiter) as rows:
                build(rows, fresh, fingerprint_key(), leading=leading, beside=beside, need=need)
            fresh.replace(index)
    finally:
        fresh.unlink(missing_ok=True)
    lines = (
        "# Written by `casb edm build`; its index stands beside it.",
        "[[detector]]",
        f'id = "edm-{name}"',
        f'title = "Rows of {name}"',
        f'severity = "{severity}"',
        'confidence = "high"',
        'family = "exact-data"',
        f'index = "{index.name}"',
        f"within = {distance}",
        f"at_least = {at_least}",
        'normalise = "alnum"',
        'mask = "none"',
    )
    write_private(detector, ("\n".join(lines) + "\n").encode())
    return row_of(index)


@contextmanager
def _rows(table: str, wanted: Sequence[str], delimiter: str) -> Iterator[Iterator[Mapping[str, str]]]:
    with _opened(table) as file:
        try:
            first = file.readline()
        except UnicodeDecodeError:
            raise UsageError(f"{table}: it is no UTF-8") from None
        if not first:
            raise UsageError(f"{table}: there is nothing in it")
        mark = delimiter or max(_MARKS, key=first.count)
        if len(mark) != 1:
            raise UsageError("a delimiter is one character")
        names = [name.strip() for name in next(csv.reader([first], delimiter=mark))]
        for name in wanted:
            if name not in names:
                raise UsageError(f"{table}: there is no column `{name}`", hint=f"columns: {', '.join(names)}")
            if names.count(name) > 1:
                raise UsageError(f"{table}: several columns are called `{name}`")
        yield (dict(zip(names, cells, strict=False)) for cells in _cells(table, file, mark))


def _cells(table: str, file: IO[str], mark: str) -> Iterator[list[str]]:
    reader = csv.reader(file, delimiter=mark)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            what = "it is no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise UsageError(f"{table}, line {reader.line_num + 2}: {what}") from None


@contextmanager
def _opened(table: str) -> Iterator[IO[str]]:
    if table == "-":
        # Read as a file is: the stream of text would take bytes that are no UTF-8, and keep a byte order mark.
        yield io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline="")
        return
    try:
        with open(table, encoding="utf-8-sig", newline="") as file:  # noqa: PTH123 - a name as the user gave it
            yield file
    except OSError as error:
        raise UsageError(f"could not read {table}: {error.strerror}") from None
