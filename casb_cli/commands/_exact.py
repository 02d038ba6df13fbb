"""Indexes of exact data and their detectors: files beside the user's own detectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casb_cli.commands._made import Made
from casb_cli.core.errors import UsageError

if TYPE_CHECKING:
    from casb_cli.commands._table import Table
    from casb_cli.scan.detect.exact import Built

_MANY = 1000
"""Rows that are counted together while a table is read."""

INDEXES = Made("edm-", ".index", "index", "edm")


def row_of(name: str, index: Path) -> dict[str, Any]:
    """Return what is told of an index; raises ConfigError."""
    from casb_cli.scan.detect.exact import about

    told = about(index)
    return {
        "name": name,
        "detector": f"{INDEXES.prefix}{name}",
        "rows": told.rows,
        "skipped": told.skipped,
        "beside": told.columns,
        "need": told.need,
        "file": str(index),
    }


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
    encoding: str,
) -> tuple[dict[str, Any], list[str]]:
    """Build the index and then its detector, each in the place of an older one; return its row, and what to tell.

    Raises UsageError for a table without the columns or without a usable row; the older index stays then.
    """
    from casb_cli.commands._table import opened
    from casb_cli.scan.detect.exact import build
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import ensure_dir, saving
    from casb_cli.ui.progress import Progress

    _, index = INDEXES.paths(name)
    ensure_dir(index.parent)
    fresh = index.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    try:
        with saving(index):
            fresh.touch(mode=0o600)
            with (
                opened(table, delimiter=delimiter, encoding=encoding) as read,
                Progress("reading", unit="rows", after=1.0) as progress,
            ):
                read.check((leading, *beside))
                rows = _counted(read.rows(), progress.advance)
                try:
                    built = build(rows, fresh, fingerprint_key(), leading=leading, beside=beside, need=need)
                except UsageError as error:
                    raise UsageError(error.message, hint=_left_out(read) or error.hint) from None
            fresh.replace(index)
    finally:
        fresh.unlink(missing_ok=True)
    lines = (
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
    INDEXES.write_detector(name, lines)
    return row_of(name, index), list(_told(built, read))


def _counted(rows: Iterable[Mapping[str, str]], count: Callable[[int], None]) -> Iterator[Mapping[str, str]]:
    for number, row in enumerate(rows, 1):
        if not number % _MANY:
            count(_MANY)
        yield row


def _told(built: Built, table: Table) -> Iterator[str]:
    """Yield what the user should know of the rows, in words."""
    about = built.about
    if left_out := _left_out(table):
        yield left_out
    if about.shared:
        yield f"left out: {about.shared:,} rows whose leading value stands in more than 1,000 rows: it tells none"
    for name, share in built.common.items():
        yield f"column {name}: {share:.0%} of the rows have the same value, so it proves little beside the leading one"


def _left_out(table: Table) -> str | None:
    """Return what the user should know of rows that cannot be right; None where there are none."""
    if not table.uneven:
        return None
    return (
        f"left out: {table.uneven:,} row{'s' * (table.uneven > 1)} with more cells than there are columns, the first "
        f"in line {table.first_uneven}: is a value that holds the delimiter not quoted?"
    )
