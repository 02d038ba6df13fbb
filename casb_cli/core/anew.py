"""What a provider gives page by page is begun anew where it forgot the position in it.

Page tokens end while a list is read (Microsoft Graph's directory, S3 and Box say so); nothing but the first page helps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from casb_cli.core.errors import CursorExpired

T = TypeVar("T")

RESTARTS = 3
"""How often something is read from its beginning because the provider forgot the position in it."""


def from_its_beginning(read: Callable[[], T]) -> T:
    """Return what `read` gives, begun anew where the provider forgot the position in it; raises CursorExpired.

    `read` changes nothing: it may be called four times.
    """
    for _ in range(RESTARTS):
        try:
            return read()
        except CursorExpired:
            continue
    return read()


def pages_anew(read: Callable[[], Iterator[T]]) -> Iterator[T]:
    """Yield the pages of `read`, begun anew as above: then those that were yielded come again; raises CursorExpired."""
    for _ in range(RESTARTS):
        try:
            yield from read()
        except CursorExpired:
            continue
        return
    yield from read()
