"""The file of an index of exact data: rows, sorted marks that lead to them, a filter before these, what is told.

Everything is made under the installation's key and a salt of the index's own. A row lies under a stream of its own,
so that equal values in two rows look unlike, and the whole is sealed, so that a changed file is refused.
"""

from __future__ import annotations

import hashlib
import heapq
import mmap
import re
import secrets
import struct
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import IO

import msgspec

from casb_cli.core.errors import ConfigError
from casb_cli.core.shapes import from_json

_MAGIC = b"casb exact data 2\n"
_OLD = (b"SQLite format 3\0", b"casb exact data ")
_RECORD = 13
"""Bytes of a mark that leads to a row, and of the row's place behind it."""
WORD = 4
"""Bytes of a mark of a word in a row."""
_SHORT = 0x80
"""Set in the number of a column's words where two more follow: the same with an initial."""
_RUN = 200_000
_SEAL = 32
_BITS = 16
_LONGEST = 64
"""Letters and digits of a leading value at most, and so of every number in what is told of them."""
_MOST_COLUMNS = 100_000
"""Bits of the filter for each row."""
SHARED = 1_000
"""Rows that one leading value may lead to: one that more rows share tells none of them."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """How leading values are written: kinds and lengths of their parts, never a letter or digit of one.

    `codes` are the kinds of codes, such as `a2d8` for two letters and eight digits; of many kinds only the lengths
    without joints are kept, in `least` and `most`, 0 where no value is such a code. `names` is the number of words
    that a name has at most.
    """

    codes: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    names: int = 0
    mails: bool = False
    phones: bool = False


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of an index: never a value."""

    rows: int
    skipped: int
    shared: int
    need: int
    shape: Shape
    columns: int
    digest: str


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    about: About
    salt: str
    check: str
    records: int
    bits: int


class Marks:
    """Makes marks under a key and a salt."""

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._start = hashlib.blake2b(digest_size=8, key=key[:64], salt=salt)
        self._key, self._salt = key[:64], salt
        self._known: dict[str, bytes] = {}

    def of(self, text: str) -> bytes:
        """Return the mark of a value as it is compared."""
        made = self._start.copy()
        made.update(text.encode("utf-8", "replace"))
        return made.digest()

    def word(self, text: str) -> bytes:
        """Return the mark of a part of a value."""
        found = self._known.get(text)
        if found is None:
            if len(self._known) > 1 << 16:
                self._known.clear()
            found = self._known[text] = self.of("beside " + text)[:WORD]
        return found

    def cover(self, row: bytes, place: int) -> bytes:
        """Return a row covered, or a covered one bare, by its place."""
        stream = b""
        while len(stream) < len(row):
            block = struct.pack("<QI", place, len(stream))
            stream += hashlib.blake2b(block, key=self._key, salt=self._salt, person=b"casb-edm-row").digest()
        size = len(row)
        return (int.from_bytes(row) ^ int.from_bytes(stream[:size])).to_bytes(size)

    def seal(self) -> hashlib.blake2b:
        """Return what seals a file as its bytes come."""
        return hashlib.blake2b(digest_size=_SEAL, key=self._key, salt=self._salt, person=b"casb-edm-seal")


class Writer:
    """Writes the file of an index: rows one at a time, then all that leads to them. Memory stays flat."""

    def __init__(self, path: Path, key: bytes, stack: ExitStack) -> None:
        self.salt = secrets.token_bytes(16)
        self.marks = Marks(key, self.salt)
        self._folder = path.parent
        self._stack = stack
        self._file = stack.enter_context(path.open("wb"))
        self._seal = self.marks.seal()
        self._at = 0
        self._fresh: list[bytes] = []
        self._words: set[bytes] = set()
        self._runs: list[IO[bytes]] = []
        self._put(_MAGIC)

    def _put(self, data: bytes) -> None:
        self._file.write(data)
        self._seal.update(data)
        self._at += len(data)

    def row(self, leading: str, columns: Sequence[Sequence[Sequence[str]]], names: Sequence[str]) -> None:
        """Add a row: what leads to it, and the words of a leading name.

        Of each column there are the ways in which it may be written, none to two, each what must stand together.
        """
        self._words.update(self.marks.of(f"word {name}") for name in names)
        place = self._at
        parts = b"".join(self._column(ways) for ways in columns)
        self._put(self.marks.cover(parts, place))
        self._fresh.append(self.marks.of(leading) + place.to_bytes(_RECORD - 8, "big"))
        if len(self._fresh) >= _RUN:
            self._spill()

    def _column(self, ways: Sequence[Sequence[str]]) -> bytes:
        count = len(ways[0]) if ways else 0
        marks = b"".join(self.marks.word(form) for way in ways for form in way)
        return b"%c%b" % (count | _SHORT * (len(ways) > 1), marks)

    def _spill(self) -> None:
        self._fresh.sort()
        run = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with the others at the end
        self._stack.enter_context(run)
        run.writelines(self._fresh)
        self._runs.append(run)
        self._fresh.clear()

    def end(self, rows: int, skipped: int, need: int, shape: Shape, columns: int) -> About:
        """Write what leads to the rows and what is told; return that."""
        self._fresh.sort()
        merged = heapq.merge(*map(_records, self._runs), self._fresh)
        size = 1 << max(13, ((rows + len(self._words)) * _BITS).bit_length() - 1)
        filled = bytearray(size // 8)
        for mark in self._words:
            bit = int.from_bytes(mark, "big") & (size - 1)
            filled[bit >> 3] |= 1 << (bit & 7)
        digest = hashlib.sha256(self.salt)
        kept = 0
        for mark, group in groupby(merged, key=_mark):
            some: list[bytes] = []
            for record in group:
                if len(some) <= SHARED:
                    some.append(record)
            if len(some) > SHARED:
                continue
            kept += len(some)
            digest.update(mark)
            bit = int.from_bytes(mark, "big") & (size - 1)
            filled[bit >> 3] |= 1 << (bit & 7)
            self._put(b"".join(some))
        self._put(bytes(filled))
        about = About(
            rows=kept,
            skipped=skipped,
            shared=rows - kept,
            need=need,
            shape=shape,
            columns=columns,
            digest=digest.hexdigest()[:32],
        )
        header = msgspec.json.encode(
            _Header(about=about, salt=self.salt.hex(), check=self.marks.of("check").hex(), records=kept, bits=size // 8)
        )
        self._put(header)
        self._put(struct.pack("<I", len(header)))
        self._file.write(self._seal.digest())
        return about


def _mark(record: bytes) -> bytes:
    return record[:8]


def _records(run: IO[bytes]) -> Iterator[bytes]:
    run.seek(0)
    while block := run.read(_RECORD * 4096):
        yield from (block[at : at + _RECORD] for at in range(0, len(block), _RECORD))


def _sound(header: _Header) -> bool:
    """Return whether what is told can be that of an index: a changed one must cost no time and no memory."""
    about, shape = header.about, header.about.shape
    lengths = [int(count) for code in shape.codes for count in re.findall("[0-9]+", code[: 4 * _LONGEST])]
    return (
        header.bits > 0
        and header.bits & (header.bits - 1) == 0
        and header.records >= 0
        and 0 <= about.columns <= _MOST_COLUMNS
        and 0 <= shape.least <= shape.most <= _LONGEST
        and 0 <= shape.names <= _LONGEST
        and len(shape.codes) <= _LONGEST
        and all(re.fullmatch("(?:[ad][0-9]{1,3})+", code) for code in shape.codes)
        and sum(lengths) <= _LONGEST * _LONGEST
        and max(lengths, default=1) <= _LONGEST
    )


class Reader:
    """An index's file, read where it is asked; raises ConfigError for what is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                head = file.read(len(_MAGIC))
                if head != _MAGIC:
                    old = head.startswith(_OLD)
                    raise self._refused(
                        "this index was built by another version of casb" if old else "this is no index of exact data"
                    )
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except FileNotFoundError:
            raise ConfigError(f"{path}: the index is not there", hint="casb edm build, or casb edm remove") from None
        except OSError as error:
            raise ConfigError(f"could not read {path}: {error.strerror}") from None
        try:
            end = len(self._data) - _SEAL - 4
            begin = end - struct.unpack_from("<I", self._data, max(end, 0))[0]
            self._header = from_json(self._data[max(begin, len(_MAGIC)) : end], _Header)
            self._salt = bytes.fromhex(self._header.salt)
        except (struct.error, ValueError, msgspec.MsgspecError):
            raise self._refused("this index is torn") from None
        self._filter = begin - self._header.bits
        self._first = self._filter - self._header.records * _RECORD
        if self._first < len(_MAGIC) or not _sound(self._header) or len(self._salt) != 16:
            raise self._refused("this index is torn")
        self.about = self._header.about

    def _refused(self, what: str) -> ConfigError:
        return ConfigError(f"{self.path}: {what}", hint="casb edm build")

    def opens(self, key: bytes) -> Marks:
        """Return what makes marks; raises ConfigError where the index was made with another key."""
        marks = Marks(key, self._salt)
        if marks.of("check").hex() != self._header.check:
            raise self._refused("this index was built with another installation's key")
        return marks

    def verify(self, key: bytes) -> None:
        """Raise ConfigError where the index was made with another key, or was changed since."""
        seal = self.opens(key).seal()
        end = len(self._data) - _SEAL
        for at in range(0, end, 1 << 20):
            seal.update(self._data[at : min(at + (1 << 20), end)])
        if not secrets.compare_digest(seal.digest(), self._data[end:]):
            raise self._refused("this index was changed since it was built")

    def may_lead(self, mark: bytes) -> bool:
        """Return whether a mark may lead to a row: most that don't are told here."""
        bit = int.from_bytes(mark, "big") & (self._header.bits * 8 - 1)
        return bool(self._data[self._filter + (bit >> 3)] >> (bit & 7) & 1)

    def rows(self, mark: bytes, marks: Marks) -> Iterator[list[list[list[bytes]]]]:
        """Yield the rows that a mark leads to: for each column with a value its ways, each the marks of its parts."""
        low, high = 0, self._header.records
        while low < high:
            middle = (low + high) // 2
            if self._record(middle)[:8] < mark:
                low = middle + 1
            else:
                high = middle
        while low < self._header.records and (record := self._record(low)).startswith(mark):
            yield self._row(int.from_bytes(record[8:], "big"), marks)
            low += 1

    def _record(self, number: int) -> bytes:
        at = self._first + number * _RECORD
        return self._data[at : at + _RECORD]

    def _row(self, place: int, marks: Marks) -> list[list[list[bytes]]]:
        columns = self.about.columns
        widest = columns * (1 + 12 * WORD)
        bare = marks.cover(self._data[place : min(place + widest, self._first)], place)
        found, at = [], 0
        for _ in range(columns):
            if at >= len(bare):
                raise self._refused("this index was changed since it was built")
            counts = [bare[at] & ~_SHORT, *([2] if bare[at] & _SHORT else [])]
            at += 1
            ways = []
            for count in filter(None, counts):
                end = at + count * WORD
                ways.append([bare[here : here + WORD] for here in range(at, end, WORD)])
                at = end
            found.append(ways)
        return [one for one in found if one]
