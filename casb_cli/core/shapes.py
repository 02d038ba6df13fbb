"""Typed decoding that several threads may do.

msgspec looks into a class when it is first decoded to. Where two threads do that at once, one of them may use what
the other has half built, and the process ends by a segmentation fault (seen with 0.22). So a class is looked into
under a lock here, before it is first used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

Shape = TypeVar("Shape")

_known: set[Any] = set()
_lock = threading.Lock()


def from_json(data: bytes | str, type_: type[Shape]) -> Shape:
    """Return JSON as a typed shape; raises msgspec.DecodeError, of which ValidationError is one."""
    return msgspec.json.decode(data, type=known(type_))


def from_msgpack(data: bytes, type_: type[Shape], hook: Callable[[type, Any], Any] | None = None) -> Shape:
    """Return MessagePack as a typed shape; raises msgspec.DecodeError, of which ValidationError is one.

    `hook` makes what MessagePack has no form for, from its type and what was written in its place.
    """
    return msgspec.msgpack.decode(data, type=known(type_), dec_hook=hook)


def from_plain(data: Any, type_: type[Shape], *, strict: bool = True) -> Shape:
    """Return dicts, lists and plain values as a typed shape; raises msgspec.ValidationError."""
    return msgspec.convert(data, known(type_), strict=strict)


def known(type_: type[Shape]) -> type[Shape]:
    """Return the type, looked into: from now on any thread may decode to it."""
    if type_ not in _known:
        with _lock:
            msgspec.json.Decoder(type_)
            _known.add(type_)
    return type_
