"""Exact data: whether a text holds a row of a table, told by an index that has none of its values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from casb_cli.core.errors import UsageError
from casb_cli.scan.detect.exact_file import SHARED, About, Marks, Reader, Shape, Writer
from casb_cli.scan.detect.exact_text import PARTS, Kind, Near, beside_forms, initial_form, leading_form, says_nothing
from casb_cli.scan.detect.exact_written import MOST_CODES, REACH, Written, code_of
from casb_cli.scan.detect.rules import Detector

SHORTEST = 5
"""Letters and digits of the shortest value that may lead to a row: shorter ones stand in every text."""
ALONE = 7
"""Those of the shortest number, and of the shortest single word, that may be found without anything beside it."""
WIDEST = 64
_LINE = 2_000
"""Bytes up to which a line of a table counts as near its cells."""
_TABLE = re.compile(rb"[\t;|]|,(?! )")
_WORD_BYTE = re.compile(rb"[0-9A-Za-z_\x80-\xff]")
_KNOWN = 1 << 17
_BLOCK = 1 << 14
_FEW = 6
"""Values in a block of text whose surroundings are read one by one."""
_COMMON, _SAMPLE, _ENOUGH = 0.2, 100_000, 100


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a table: what is told of its index, and for the user the columns that tell little.

    `common` is each such column and the share of rows that have its most frequent value.
    """

    about: About
    common: dict[str, float]


def build(
    rows: Iterable[Mapping[str, str]], path: Path, key: bytes, *, leading: str, beside: Sequence[str], need: int
) -> Built:
    """Write the index of a table to a new file and return what came of it; rows are taken one at a time.

    `leading` is the column whose value must stand in a text, `need` how many of the columns `beside` must stand
    near it. A row without a usable leading value, or with too few beside, is counted as skipped. Raises UsageError
    where nothing is left.
    """
    shape = _Shape()
    skipped = kept = 0
    often: dict[str, Counter[str]] = {name: Counter() for name in beside}
    with ExitStack() as stack:
        writer = Writer(path, key, stack)
        for row in rows:
            form, kind = leading_form(row.get(leading, ""))
            columns = [_ways(row.get(name, "")) for name in beside]
            if not _usable(form, kind, need) or sum(map(bool, columns)) < need:
                skipped += 1
                continue
            shape.take(form, kind)
            writer.row(form, columns, form.split() if kind == "name" else ())
            kept += 1
            if kept <= _SAMPLE:
                for name in beside:
                    often[name][row.get(name, "")] += 1
        if not kept and not skipped:
            raise UsageError("the table has no row below the names of its columns")
        if not kept:
            more = f", and {need} of the columns beside it must not be empty" if need else ""
            raise UsageError(
                f"no row can be used: a leading value has {SHORTEST} to {WIDEST} letters and digits, without "
                f"anything beside it {ALONE}{more}"
            )
        about = writer.end(kept, skipped, need, shape.made(), len(beside))
        if not about.rows:
            raise UsageError(f"no row can be used: each leading value stands in more than {SHARED:,} rows")
    sample = min(kept, _SAMPLE)
    shares = {name: count.most_common(1)[0][1] / sample for name, count in often.items()}
    return Built(
        about=about,
        common={name: share for name, share in shares.items() if share >= _COMMON and sample >= _ENOUGH},
    )


def _ways(value: str) -> list[Sequence[str]]:
    """Return the ways in which a value beside may be written: none where it tells nothing."""
    forms = beside_forms(value)
    return [one for one in (forms, initial_form(value, forms)) if one]


def _usable(form: str, kind: Kind, need: int) -> bool:
    compact = form.replace(" ", "")
    if not SHORTEST <= len(compact) <= WIDEST or says_nothing(form.split()):
        return False
    weak = compact.isdigit() or (kind == "name" and " " not in form)
    return bool(need) or not weak or len(compact) >= ALONE


class _Shape:
    """What leading values have in common, gathered as they come."""

    def __init__(self) -> None:
        self._codes: set[str] = set()
        self._least, self._most, self._names = WIDEST, 0, 0
        self._kinds: set[Kind] = set()

    def take(self, form: str, kind: Kind) -> None:
        """Take note of one value as it is compared."""
        self._kinds.add(kind)
        if kind == "name":
            self._names = max(self._names, form.count(" ") + 1)
        if kind == "code":
            self._least, self._most = min(self._least, len(form)), max(self._most, len(form))
            if len(self._codes) <= MOST_CODES:
                self._codes.add(code_of(form))

    def made(self) -> Shape:
        """Return what was gathered."""
        return Shape(
            codes=tuple(sorted(self._codes)) if "" not in self._codes and len(self._codes) <= MOST_CODES else (),
            least=self._least if "code" in self._kinds else 0,
            most=self._most,
            names=min(self._names, PARTS),
            mails="mail" in self._kinds,
            phones="phone" in self._kinds,
        )


def about(path: Path) -> About:
    """Return what is told of an index; raises ConfigError where the file is none."""
    return Reader(path).about


def check(detectors: Iterable[Detector], key: bytes) -> None:
    """Raise ConfigError where the index of one of the detectors was made with another key, was changed, or is none."""
    for detector in detectors:
        if detector.index is not None:
            Reader(Path(detector.index[0])).verify(key)


class Index:
    """An index in use by one process."""

    def __init__(self, path: str) -> None:
        self._reader = Reader(Path(path))
        self._written = Written(self._reader.about.shape)
        self._words: dict[str, bool] = {}
        self._need = self._reader.about.need
        self._marks: Marks | None = None
        self._surroundings = _Surroundings()

    def found(self, key: bytes, text: bytes, part: tuple[int, int], way: str, within: int) -> Iterator[tuple[int, int]]:
        """Yield where values written in one way in a part of the text lead to a row, enough of which stands near.

        Near is within so many bytes, and in a table the same line. Raises ConfigError where the index was made with
        another key.
        """
        marks = self._marks
        if marks is None:
            marks = self._marks = self._reader.opens(key)
        start, end = _whole(text, *part)
        behind = -1
        for at, stop, form in self._written.candidates(way, text, start, end, lambda one: self._is_part(marks, one)):
            mark = marks.of(form)
            if at >= behind and self._reader.may_lead(mark) and self._leads(mark, marks, text, at, stop, within):
                yield at, stop
                behind = stop

    def _is_part(self, marks: Marks, part: str) -> bool:
        """Return whether a word may be part of a leading name."""
        found = self._words.get(part)
        if found is None:
            if len(self._words) > _KNOWN:
                self._words.clear()
            found = self._words[part] = self._reader.may_lead(marks.of(f"word {part}"))
        return found

    def _leads(self, mark: bytes, marks: Marks, text: bytes, start: int, end: int, within: int) -> bool:
        near: Near | None = None
        around = (start, end)
        for columns in self._reader.rows(mark, marks):
            if not self._need:
                return True
            if near is None:
                around = _whole(text, *_around(text, start, end, within))
                near = self._surroundings.of(text, around, marks)
            if sum(any(near.holds(one, around, (start, end)) for one in ways) for ways in columns) >= self._need:
                return True
        return False


class _Surroundings:
    """What stands near values: read for each by itself where there are few, and once for many in a table."""

    def __init__(self) -> None:
        self._text: bytes | None = None
        self._block = -1
        self._asked = 0
        self._read: tuple[int, int, Near] | None = None

    def of(self, text: bytes, around: tuple[int, int], marks: Marks) -> Near:
        """Return the words and codes of a part of a text, and perhaps of more around it."""
        low, high = around
        block = (low + high) // 2 // _BLOCK
        if text is not self._text or block != self._block:
            self._text, self._block, self._asked, self._read = text, block, 0, None
        self._asked += 1
        if self._read is None and self._asked > _FEW:
            more = high - low + REACH
            start, end = _whole(text, max(0, block * _BLOCK - more), min(len(text), (block + 1) * _BLOCK + more))
            self._read = start, end, Near(text[start:end], start, marks.word)
        if self._read is not None and self._read[0] <= low and high <= self._read[1]:
            return self._read[2]
        return Near(text[low:high], low, marks.word)


def _whole(text: bytes, start: int, end: int) -> tuple[int, int]:
    """Return a part of a text, widened to whole words."""
    least, most = max(0, start - REACH), min(len(text), end + REACH)
    while start > least and _WORD_BYTE.match(text, start - 1):
        start -= 1
    while end < most and _WORD_BYTE.match(text, end):
        end += 1
    return start, end


def _around(text: bytes, start: int, end: int, within: int) -> tuple[int, int]:
    """Return what is near a value: so many bytes, or all of its line where that is one of a table."""
    low, high = max(0, start - within), min(len(text), end + within)
    begin = text.rfind(b"\n", max(0, start - _LINE), start) + 1 or max(0, start - _LINE)
    stop = text.find(b"\n", end, end + _LINE)
    stop = stop if stop >= 0 else min(len(text), end + _LINE)
    if (begin < low or stop > high) and len(_TABLE.findall(text, begin, stop)) > 1:
        return min(low, begin), max(high, stop)
    return low, high
