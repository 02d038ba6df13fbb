"""Rows on stdout: one way for every command, streaming, in four formats.

    out = Output("account", output, fields=fields, where=where, limit=limit)
    out.write(render_row(row, "box", "prod") for row in rows)      # closes itself; or, from pages:
    with out:
        for page in pages:
            if not out.add(render_row(row, "box", "prod") for row in page):
                break                                              # the limit is reached

Rows are taken from the main thread. What has been taken is shown within half a second even when the next row
is long in coming. Names in `fields` and `where` are checked at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from casb_cli.core.errors import CasbError, UnknownName, UsageError
from casb_cli.ui import kinds
from casb_cli.ui.formats import Csv, JsonArray, JsonLines
from casb_cli.ui.streams import Streams, streams
from casb_cli.ui.table import PlainTable, RichTable

if TYPE_CHECKING:
    from casb_cli.ui.where import Where

Format = Literal["table", "json", "jsonl", "csv"]
Row = Mapping[str, Any]

SHOW_AFTER = 0.5
"""Seconds that a row waits at most before it is shown."""

_INTERNAL = frozenset({"locator"})
_LOCAL = "_ref"


def render_row(row: Any, app: str, instance: str) -> dict[str, Any]:
    """Return a model's row as output prints it: `ref` first, every `x_ref` a full reference."""
    from casb_cli.core.refs import Ref

    out: dict[str, Any] = {
        "ref": str(Ref(app, instance, row.kind_of_row, row.id)),
        "app": app,
        "instance": instance,
        "id": row.id,
    }
    for name in row.__struct_fields__:
        if name in out or name in _INTERNAL or name == "unknown":
            continue
        value = getattr(row, name)
        if value is not None and name.endswith(_LOCAL):
            value = f"{app}:{instance}:{value}"
        out[name] = list(value) if isinstance(value, tuple) else value
    out["unknown"] = list(row.unknown)
    return out


class Output:
    """The rows of one command. `kind` is one of `ui.kinds`; `columns` replaces its fields, `writer` the format's.

    Raises UnknownName for a field that the kind lacks and UsageError for an unreadable expression, both before
    anything is printed. `rows` counts what was printed, `left_out` what an unknown field kept out; `taken` is called
    with each row that is printed.
    """

    def __init__(
        self,
        kind: str,
        format: Format = "table",  # noqa: A002 - the word that users know
        *,
        fields: str | Sequence[str] | None = None,
        where: str | None = None,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        writer: JsonLines | None = None,
        taken: Callable[[Row], None] | None = None,
        to: Streams = streams,
    ) -> None:
        self.kind = kind
        self._taken = taken
        self.rows = 0
        self.left_out = 0
        self._streams = to
        self._limit = limit
        self._all = tuple(columns) if columns is not None else kinds.columns(kind)
        chosen = _checked(fields, self._all, kind)
        self._where = self._condition(where)
        self._unknown: Counter[str] = Counter()
        self._format = format
        self._writer = writer or self._make(format, chosen)
        self._begun = False
        self._closed = False
        self._lock = threading.Lock()
        self._held: list[str] = []
        self._timer: threading.Timer | None = None
        self._gone: BaseException | None = None
        """Why nobody reads the output any more, found out by the timer's thread."""

    def _condition(self, where: str | None) -> Where | None:
        if where is None:
            return None
        from casb_cli.ui.where import Where

        return Where(where, self._all, self.kind)

    def _make(self, format_: Format, chosen: tuple[str, ...] | None) -> JsonLines | PlainTable:
        tty = self._streams.out_tty
        shown = chosen or self._all
        if format_ == "json":
            return JsonArray(shown)
        if format_ == "jsonl":
            return JsonLines(shown)
        if format_ == "csv":
            return Csv(shown, raw=not tty)
        if not tty:
            return PlainTable(shown)
        if chosen is None:
            first = tuple(name for name in kinds.TABLE.get(self.kind, ()) if name in self._all)
            shown = first or self._all
        return RichTable(shown, width=self._streams.width, color=self._streams.out_color, fixed=chosen is not None)

    def write(self, rows: Iterable[Row]) -> int:
        """Print all rows and close; return how many were printed. The iterator is closed at the limit."""
        try:
            with self:
                self.add(rows)
        finally:
            close = getattr(rows, "close", None)
            if close is not None:
                close()
        return self.rows

    def add(self, rows: Iterable[Row]) -> bool:
        """Take some rows; False when the limit is reached and no more are wanted. Raises ClosedPipe."""
        if self.full:
            return False
        for row in rows:
            if self._fits(row):
                self._take(row)
                if self.full:
                    break
        return not self.full

    @property
    def full(self) -> bool:
        """Tell whether the limit is reached."""
        return self._limit is not None and self.rows >= self._limit

    def _fits(self, row: Row) -> bool:
        if self._where is None:
            return True
        verdict = self._where.holds(row)
        if verdict is None:
            self.left_out += 1
            self._unknown.update(self._where.deciding(row))
        return bool(verdict)

    def _take(self, row: Row) -> None:
        with self._lock:
            if self._gone is not None:
                raise self._gone
            text = self._writer.row(row)
            if not self._begun:
                self._begun = True
                text = self._writer.begin() + text
            self.rows += 1
            if self._taken is not None:
                self._taken(row)
            if text:
                self._put(text)
            if self._timer is None:
                self._timer = threading.Timer(SHOW_AFTER, self._show_later)
                self._timer.daemon = True
                self._timer.start()

    def _put(self, text: str) -> None:
        if self._streams.live is not None and self._streams.out_tty:
            self._held.append(text)  # the live display steps aside for many rows at once
        else:
            self._streams.write(text)

    def _release(self) -> None:
        if self._held:
            text = "".join(self._held)
            self._held.clear()
            with self._streams.aside():
                self._streams.write(text)
                self._streams.flush()
        else:
            self._streams.flush()

    def flush(self) -> None:
        """Show everything taken so far; raises ClosedPipe."""
        with self._lock:
            self._show()

    def _show(self) -> None:
        if isinstance(self._writer, PlainTable):
            text = self._writer.settle()
            if text:
                self._put(text)
        self._release()

    def _show_later(self) -> None:
        """Show what waits, from the timer's thread; a closed pipe is told to the next row."""
        with self._lock:
            self._timer = None
            if self._closed:
                return
            try:
                self._show()
            except (SystemExit, CasbError) as error:
                self._gone = error

    def close(self, *, complete: bool = True) -> None:
        """End the output: a JSON array is closed, counts of what was left out go to stderr."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()
            if self._gone is not None:
                raise self._gone
            if complete or self._begun:
                if isinstance(self._writer, JsonLines):
                    self._writer.whole = complete
                text = "" if self._begun else self._writer.begin()
                self._put(text + self._writer.end(self.rows))
                self._release()
        self._tell(complete)

    def _tell(self, complete: bool) -> None:
        say = self._streams
        if self.left_out:
            names = ", ".join(f"`{name}`" for name, _ in self._unknown.most_common())
            many = "rows are" if self.left_out > 1 else "row is"
            say.warn(f"{self.left_out} {many} left out: the provider doesn't tell {names} there")
        if self._format != "table" or not say.out_tty:
            return
        if complete and not self.rows:
            say.note("nothing to show")
        if isinstance(self._writer, RichTable) and self._writer.left_out:
            say.note(f"not shown: {', '.join(self._writer.left_out)}; choose with --fields, or use -o json")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, SystemExit) or error is self._gone is not None:
            with self._lock:
                self._closed = True
                if self._timer is not None:
                    self._timer.cancel()
            return
        self.close(complete=kind is None)


def show(
    row: Row,
    kind: str,
    format: Format = "table",  # noqa: A002 - the word that users know
    *,
    fields: str | Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    to: Streams = streams,
) -> None:
    """Print one row in full: `field: value` lines, one JSON object, or CSV with its header."""
    from casb_cli.ui.table import record

    known = tuple(columns) if columns is not None else kinds.columns(kind)
    shown = _checked(fields, known, kind) or known
    if format in {"json", "jsonl"}:
        to.write(JsonLines(shown).row(row))
    elif format == "csv":
        writer = Csv(shown, raw=not to.out_tty)
        to.write(writer.begin() + writer.row(row))
    else:
        to.write(record(row, shown))
    to.flush()


def _checked(fields: str | Sequence[str] | None, known: Sequence[str], kind: str) -> tuple[str, ...] | None:
    if fields is None:
        return None
    names = fields.split(",") if isinstance(fields, str) else fields
    chosen = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if not chosen:
        raise UsageError("--fields names no field", hint=f"fields of {kind}: {', '.join(known)}")
    for name in chosen:
        if name not in known:
            raise UnknownName(f"`{name}` is no field of {kind}", hint=f"fields of {kind}: {', '.join(known)}")
    return chosen
