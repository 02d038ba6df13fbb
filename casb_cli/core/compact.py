"""Many short texts in little memory: a company's people, held for a whole run; the ids that a listing has met.

Fifty thousand people as objects in dictionaries take 16 MiB and more; here they take 5.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator
from typing import Final

import msgspec

_LEAST: Final = 64
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_SIZE: Final = 2
"""Bytes in which a row's length is told before it."""
_BLOCK: Final = 65_536
"""Rows stand in blocks of so many bytes: one buffer that grows is moved about, and leaves holes everywhere."""
_HALF: Final = 0xFFFF_FFFF
_WHOLE: Final = 0xFFFF_FFFF_FFFF_FFFF


class Table:
    """Rows of texts, found by the columns that are indexed; rows are added, never changed.

    A row takes its text and some 6 bytes, and 12 to 24 more for each index. Thread-safe.
    """

    def __init__(self, *indexed: int) -> None:
        """`indexed` are the columns by which rows are found, counted from 0."""
        self._adding = threading.Lock()
        self._blocks: list[bytearray] = []
        self._count = 0
        # A slot holds half of the text's hash and the row's place plus one; 0 is a free one, a taken one leads on
        # to the next.
        self._slots = {column: array("Q", bytes(8 * _LEAST)) for column in indexed}

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        """Yield all rows in the order in which they were added."""
        for number, block in enumerate(self._blocks):
            at, end = number * _BLOCK, number * _BLOCK + len(block)
            while at < end:
                row, at = self._row(at)
                yield row

    def add(self, *row: str, newest: bool = False) -> None:
        """Add a row; it is found by an indexed column's text unless an earlier one has the same.

        With `newest` it is found in the place of an earlier one, which still takes its memory. Raises ValueError
        for a row of 64 KiB or more, and behind 4 GiB of rows.
        """
        packed = _pack(row)
        with self._adding:
            at = self._place(_SIZE + len(packed))
            # At once: others may be reading.
            self._blocks[at // _BLOCK] += len(packed).to_bytes(_SIZE, "little") + packed
            self._count += 1
            for column in self._slots:
                slots = self._roomy(column)
                slot = self._slot(slots, column, row[column])
                if newest or not slots[slot]:
                    slots[slot] = (hash(row[column]) & _HALF) << 32 | at + 1

    def find(self, column: int, text: str) -> tuple[str, ...] | None:
        """Return the first row that was added with this text in an indexed column, None where there is none."""
        slots = self._slots[column]
        word = slots[self._slot(slots, column, text)]
        if not word:
            return None
        return self._row((word & _HALF) - 1)[0]

    def _place(self, size: int) -> int:
        """Return where a row of so many bytes will stand."""
        if size > _BLOCK or len(self._blocks) * _BLOCK > _HALF - _BLOCK:
            raise ValueError(f"a row of {size} bytes, behind {len(self._blocks)} blocks, is too much to hold")
        if not self._blocks or len(self._blocks[-1]) + size > _BLOCK:
            self._blocks.append(bytearray())
        return (len(self._blocks) - 1) * _BLOCK + len(self._blocks[-1])

    def _row(self, at: int) -> tuple[tuple[str, ...], int]:
        """Return the row at a place, and the place behind it."""
        block, start = self._blocks[at // _BLOCK], at % _BLOCK + _SIZE
        size = int.from_bytes(block[start - _SIZE : start], "little")
        return _unpack(block[start : start + size]), at + _SIZE + size

    def _roomy(self, column: int) -> array[int]:
        """Return a column's slots, a third of them free."""
        slots = self._slots[column]
        if self._count * 3 > len(slots) * 2:
            slots = self._slots[column] = _grown(slots)
        return slots

    def _slot(self, slots: array[int], column: int, text: str) -> int:
        """Return the slot of the row with this text, or the free one where it belongs."""
        last, part = len(slots) - 1, hash(text) & _HALF
        slot = part & last
        while word := slots[slot]:
            if word >> 32 == part and self._row((word & _HALF) - 1)[0][column] == text:
                break
            slot = (slot + 1) & last
        return slot


def _grown(slots: array[int]) -> array[int]:
    """Return the same slots, twice as many."""
    more = array("Q", bytes(16 * len(slots)))
    last = len(more) - 1
    for word in slots:
        if word:
            slot = word >> 32 & last
            while more[slot]:
                slot = (slot + 1) & last
            more[slot] = word
    return more


class Seen:
    """Which texts were met: of each only two hashes of 64 bits are held, some 32 bytes in all. Thread-safe.

    Two texts are taken for one with a chance of one in 10^26 among a million.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._pairs = array("Q", bytes(16 * _LEAST))

    def __len__(self) -> int:
        return self._count

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        first, second = _hashes(text)
        with self._lock:
            return bool(self._pairs[2 * self._slot(self._pairs, first, second)])

    def add(self, text: str) -> bool:
        """Note a text; True where it was not met before."""
        first, second = _hashes(text)
        with self._lock:
            if self._count * 6 > len(self._pairs) * 2:
                self._grow()
            if self._enter(self._pairs, first, second):
                self._count += 1
                return True
            return False

    def _grow(self) -> None:
        more = array("Q", bytes(16 * len(self._pairs)))
        for at in range(0, len(self._pairs), 2):
            if self._pairs[at]:
                self._enter(more, self._pairs[at], self._pairs[at + 1])
        self._pairs = more

    @classmethod
    def _enter(cls, pairs: array[int], first: int, second: int) -> bool:
        slot = cls._slot(pairs, first, second)
        if pairs[2 * slot]:
            return False
        pairs[2 * slot], pairs[2 * slot + 1] = first, second
        return True

    @staticmethod
    def _slot(pairs: array[int], first: int, second: int) -> int:
        """Return the slot of these hashes, or the free one where they belong."""
        last = len(pairs) // 2 - 1
        slot = first & last
        while (held := pairs[2 * slot]) and not (held == first and pairs[2 * slot + 1] == second):
            slot = (slot + 1) & last
        return slot


def _hashes(text: str) -> tuple[int, int]:
    return hash(text) & _WHOLE or 1, hash(f"{text}\0") & _WHOLE
