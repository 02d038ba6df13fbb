"""What a start computes and the next one reads: files that only their owner may have written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
from pathlib import Path

_KINDS = frozenset(("patterns", "words", "catalogue", "compiled", "made"))
"""How the names of what is kept begin, and of what a writer left behind that was killed."""
_LARGEST = 64 << 20
"""Bytes that are kept in all, what was used last before the rest."""
_DAY = 86_400
_UNUSED = 30 * _DAY
"""Seconds after which goes what nobody read."""


def read(path: Path) -> bytes | None:
    """Return what is kept in a file that nobody else could have written and that is whole, else None."""
    try:
        # Without waiting: in a folder that others may write to, a pipe could stand in its place.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0))) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                return None
            if hasattr(os, "getuid") and about.st_uid != os.getuid():
                return None
            data = file.read()
            if time.time() - about.st_mtime > _DAY:
                os.utime(path)  # when it was used last
    except OSError:
        return None
    body = data[32:]
    return body if hashlib.sha256(body).digest() == data[:32] else None


def write(path: Path, body: bytes) -> None:
    """Keep it in a file of the user's own (0600), which is there whole or not at all; raises OSError.

    What was not used for long in the same folder, or is more than may be kept there, goes.
    """
    import tempfile  # here, since a start reads and does not write

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".made-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise
    _tidy(path.parent)


def _tidy(folder: Path) -> None:
    found: list[tuple[float, int, str]] = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.lstrip(".").split("-")[0] in _KINDS:
                about = entry.stat(follow_symlinks=False)
                found.append((about.st_mtime, about.st_size, entry.path))
    kept = 0
    for used, size, name in sorted(found, reverse=True):
        kept += size
        if kept > _LARGEST or time.time() - used > _UNUSED:
            with contextlib.suppress(OSError):  # another process tidies up too
                os.unlink(name)  # noqa: PTH108
