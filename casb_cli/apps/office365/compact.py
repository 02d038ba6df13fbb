"""What is known of very many objects in few bytes: a big tenant's people fit beside everything else."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b


class Marks:
    """A set of texts, kept as their marks, sorted; two texts are taken for one once in 2^64 pairs."""

    def __init__(self, marks: Iterable[int]) -> None:
        self._marks = array("Q", sorted(marks))

    def __contains__(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        mark = mark_of(text)
        at = bisect_left(self._marks, mark)
        return at < len(self._marks) and self._marks[at] == mark

    def __len__(self) -> int:
        return len(self._marks)


def mark_of(text: str) -> int:
    """Return a hash of eight bytes."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
