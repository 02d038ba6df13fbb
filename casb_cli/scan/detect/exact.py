"""Exact data: an index of a table's values, keyed and salted, and whether a text holds one of its rows.

The index is a SQLite file of marks. A mark is eight bytes of BLAKE2b under the installation's key and the index's
own salt: without the key no value can be tried against it, and none is in it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from casb_cli.core.errors import ConfigError, UsageError
from casb_cli.core.shapes import from_json
from casb_cli.scan.detect.rules import Detector, Rule

SHORTEST = 5
"""Characters of the shortest value that may lead to a row: shorter ones stand in every text."""
WIDEST = 64
_WORDS = 8
"""Words of the longest value beside the leading one that is compared."""
_BATCH = 5_000
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE leading (mark INTEGER, line INTEGER, PRIMARY KEY (mark, line)) WITHOUT ROWID;
CREATE TABLE beside (line INTEGER, mark INTEGER, PRIMARY KEY (line, mark)) WITHOUT ROWID;
"""
_WORD = re.compile(r"[^\W_]+")


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How leading values are written: their characters as the inside of a class, and their lengths."""

    letters: str
    least: int
    most: int


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an index: never a value."""

    rows: int
    skipped: int
    need: int
    shape: Shape
    columns: int
    digest: str


def normal(value: str) -> str:
    """Return a value as it is compared: words of letters and digits, small, joined by single spaces."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", value).casefold()))


def _compact(value: str) -> str:
    """Return a leading value as it is compared: without what joins its parts."""
    return normal(value).replace(" ", "")


class _Marks:
    def __init__(self, key: bytes, salt: bytes) -> None:
        self._start = hashlib.blake2b(digest_size=8, key=key[:64], salt=salt)

    def of(self, text: str) -> int:
        made = self._start.copy()
        made.update(text.encode("utf-8", "replace"))
        return int.from_bytes(made.digest(), "big", signed=True)


def build(
    rows: Iterable[Mapping[str, str]], path: Path, key: bytes, *, leading: str, beside: Sequence[str], need: int
) -> About:
    """Write the index of a table to a new file and return what is told of it; rows are taken one at a time.

    `leading` is the column whose value must stand in a text, `need` how many of the columns `beside` must stand
    near it. A row without a usable leading value, or with too few beside, is counted as skipped. Raises UsageError
    where nothing is left.
    """
    salt = secrets.token_bytes(16)
    marks = _Marks(key, salt)
    letters: set[str] = set()
    least, most, kept, skipped = WIDEST, 0, 0, 0
    total = hashlib.sha256(salt)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_TABLES)
        database.execute("PRAGMA synchronous = OFF")
        for line, row in enumerate(rows):
            value = unicodedata.normalize("NFKC", row.get(leading, "")).strip()
            others = {text for name in beside if (text := normal(row.get(name, ""))) and text.count(" ") < _WORDS}
            if len(_compact(value)) < SHORTEST or len(value) > WIDEST or len(others) < need:
                skipped += 1
                continue
            mark = marks.of(_compact(value))
            database.execute("INSERT OR IGNORE INTO leading VALUES (?, ?)", (mark, line))
            database.executemany(
                "INSERT OR IGNORE INTO beside VALUES (?, ?)", [(line, marks.of(text)) for text in others]
            )
            total.update(mark.to_bytes(8, "big", signed=True))
            letters.update(value)
            least, most, kept = min(least, len(value)), max(most, len(value)), kept + 1
            if kept % _BATCH == 0:
                database.commit()
        if not kept:
            beside = f", and {need} of the columns beside it must not be empty" if need else ""
            raise UsageError(f"no row can be used: a leading value has {SHORTEST} to {WIDEST} characters{beside}")
        about = About(
            rows=kept,
            skipped=skipped,
            need=need,
            shape=Shape(letters=_class(letters), least=least, most=most),
            columns=len(beside),
            digest=total.hexdigest()[:32],
        )
        check = marks.of("check")
        database.executemany(
            "INSERT INTO about VALUES (?, ?)",
            [("salt", salt), ("about", msgspec.json.encode(about)), ("check", check.to_bytes(8, "big", signed=True))],
        )
        database.commit()
    return about


def _class(letters: set[str]) -> str:
    """Return the inside of a class that holds the letters: whole kinds, so that it tells little of the values."""
    kinds = [
        kind
        for kind, pattern in (("0-9", "[0-9]"), ("A-Z", "[A-Z]"), ("a-z", "[a-z]"))
        if any(re.fullmatch(pattern, char) for char in letters)
    ]
    marks = sorted(char for char in letters if char.isascii() and not char.isalnum() and char.isprintable())
    beyond = ["\\x80-\\xff"] if any(not char.isascii() for char in letters) else []
    return "".join(kinds) + "".join(re.escape(char) for char in marks) + "".join(beyond)


def rule(shape: Shape) -> Rule:
    """Return the rule that finds what may be a leading value, by its characters and lengths."""
    letters, most = f"[{shape.letters}]", max(shape.most, shape.least)
    return Rule(
        hint=f"{letters}{{{min(shape.least, 12)}}}",
        pattern=rf"(?<![0-9A-Za-z])(?P<v>{letters}{{{shape.least},{most}}})(?![0-9A-Za-z])",
        before=most + 1,
        after=most + 1,
    )


def about(path: Path) -> About:
    """Return what is told of an index; raises ConfigError where the file is none."""
    return _read(path)[0]


def _read(path: Path) -> tuple[About, bytes, bytes]:
    if not path.exists():
        raise ConfigError(f"{path}: the index is not there", hint="casb edm build, or casb edm remove")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            found = dict(database.execute("SELECT name, value FROM about"))
            return from_json(found["about"], About), found["salt"], found["check"]
    except (sqlite3.Error, KeyError, msgspec.MsgspecError) as error:
        raise ConfigError(
            f"{path}: this is no index of exact data ({type(error).__name__})", hint="casb edm build"
        ) from None


@dataclass(slots=True)
class _Open:
    database: sqlite3.Connection
    marks: _Marks
    seen: bytearray
    """One bit for each low end of a leading mark: most words of a text end here."""


_BITS = 16


def check(detectors: Iterable[Detector], key: bytes) -> None:
    """Raise ConfigError where the index of one of the detectors was made with another key, or is none."""
    for detector in detectors:
        if detector.index is not None:
            Index(detector.index[0]).opens(key)


class Index:
    """An index in use by one process."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.about, self._salt, self._check = _read(self.path)
        self._open: _Open | None = None

    def holds(self, key: bytes, text: bytes, start: int, end: int, within: int) -> bool:
        """Return whether the value leads to a row, enough of whose other columns stand within so many bytes.

        Raises ConfigError where the index was made with another key.
        """
        ready = self._open or self._opened(key)
        mark = ready.marks.of(_compact(text[start:end].decode("utf-8", "replace")))
        bit = mark & (len(ready.seen) * 8 - 1)
        if not ready.seen[bit >> 3] >> (bit & 7) & 1:
            return False
        lines = [line for (line,) in ready.database.execute("SELECT line FROM leading WHERE mark = ?", (mark,))]
        if not lines or not self.about.need:
            return bool(lines)
        around = text[max(0, start - within) : start] + b"\n" + text[end : end + within]
        near = {ready.marks.of(phrase) for phrase in _phrases(around.decode("utf-8", "replace"))}
        return any(
            sum(mark in near for (mark,) in ready.database.execute("SELECT mark FROM beside WHERE line = ?", (line,)))
            >= self.about.need
            for line in lines
        )

    def opens(self, key: bytes) -> _Marks:
        """Return what makes marks; raises ConfigError where the index was made with another key."""
        marks = _Marks(key, self._salt)
        if marks.of("check").to_bytes(8, "big", signed=True) != self._check:
            raise ConfigError(
                f"{self.path}: this index was built with another installation's key", hint="casb edm build"
            )
        return marks

    def _opened(self, key: bytes) -> _Open:
        marks = self.opens(key)
        database = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        size = 1 << max(13, (self.about.rows * _BITS).bit_length())
        seen = bytearray(size // 8)
        for (mark,) in database.execute("SELECT mark FROM leading"):
            bit = mark & (size - 1)
            seen[bit >> 3] |= 1 << (bit & 7)
        self._open = _Open(database, marks, seen)
        return self._open


def _phrases(text: str) -> Iterator[str]:
    """Yield each run of up to so many words as values are compared."""
    words = normal(text).split()
    for at in range(len(words)):
        for count in range(1, _WORDS + 1):
            if at + count <= len(words):
                yield " ".join(words[at : at + count])
