"""Names of files as text: what people write into them is inspected too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from casb_cli.scan.extract.base import Context, Segment, join_place

_TELLING = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){3}|@|[\w-]{20}")
"""What a name has that may hold a value: some digits close to each other, an address, one long word."""
_FOLDERS = re.compile(r"[/\\]")
_ENOUGH = 1 << 18
_LONGEST = 4096


def telling(name: str) -> bool:
    """Return whether a name may hold a value."""
    return _TELLING.search(name) is not None


class Names:
    """The names in one container, given as text in large runs; those that can hold no value are left out."""

    def __init__(self, where: str) -> None:
        self._where = join_place(where, "names")
        self._held: list[bytes] = []
        self._size = 0

    def add(self, context: Context, *names: str) -> Iterator[Segment]:
        """Take names; yields a segment where enough are together."""
        for name in names:
            if telling(name):
                line = _FOLDERS.sub("\n", name[:_LONGEST]).encode("utf-8", "replace")
                self._held.append(line)
                self._size += len(line) + 1
        if self._size > _ENOUGH:
            yield from self.rest(context)

    def rest(self, context: Context) -> Iterator[Segment]:
        """Yield what is left."""
        if self._held:
            yield Segment(self._where, "none", context.beside(iter((b"\n".join(self._held) + b"\n",))))
            self._held, self._size = [], 0
