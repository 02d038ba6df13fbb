"""Long values in a keyring that limits their length: parts under names of their own, one head naming them.

A new generation of parts is complete before the head points to it, so a stop at any moment leaves the old
value or the new one, never a mixture.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

PART_UNITS = 1000
"""UTF-16 code units in a part: Windows' Credential Manager takes 1280, every other backend more."""

_HEAD = re.compile(r"casb-parts:([0-9a-f]{16}):([1-9][0-9]{0,4})")
_MARK = "casb-parts:"
_TRIES = 3


class Torn(Exception):
    """The head names parts that are not there."""


def split(value: str, units: int = PART_UNITS) -> list[str]:
    """Return `value` in parts of at most `units` UTF-16 code units (two or more); no character is cut."""
    parts: list[str] = []
    start = used = 0
    for index, char in enumerate(value):
        width = 2 if ord(char) > 0xFFFF else 1
        if used + width > units:
            parts.append(value[start:index])
            start, used = index, 0
        used += width
    parts.append(value[start:])
    return parts


def _part(name: str, generation: str, index: int) -> str:
    return f"{name}/{generation}/{index}"


def _names(name: str, head: str | None) -> list[str]:
    match = _HEAD.fullmatch(head or "")
    return [_part(name, match[1], index) for index in range(int(match[2]))] if match else []


def get(read: Callable[[str], str | None], name: str) -> str | None:
    """Return the whole value kept under `name`; raises Torn where a part is missing."""
    for _ in range(_TRIES):
        head = read(name)
        if head is None or not head.startswith(_MARK):
            return head
        parts = [read(part) for part in _names(name, head)]
        if parts and None not in parts:
            return "".join(part for part in parts if part is not None)
        # A writer may have replaced the value between the two reads: then the head differs now.
    raise Torn(name)


def put(
    read: Callable[[str], str | None],
    write: Callable[[str, str], None],
    drop: Callable[[str], object],
    name: str,
    value: str,
) -> None:
    """Keep `value` under `name` and remove what an earlier longer value left."""
    before = read(name)
    parts = split(value)
    if len(parts) == 1 and not value.startswith(_MARK):
        write(name, value)
    else:
        generation = secrets.token_hex(8)
        for index, part in enumerate(parts):
            write(_part(name, generation, index), part)
        write(name, f"{_MARK}{generation}:{len(parts)}")
    for old in _names(name, before):
        drop(old)


def delete(read: Callable[[str], str | None], drop: Callable[[str], object], name: str) -> bool:
    """Forget the value and its parts; False where there was none."""
    head = read(name)
    if head is None:
        return False
    drop(name)
    for part in _names(name, head):
        drop(part)
    return True
