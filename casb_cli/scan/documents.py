"""The text of a document as the inspection reads it, whole."""

from __future__ import annotations

import time
from pathlib import Path

from casb_cli.core.errors import UsageError
from casb_cli.scan.extract.base import Context, Limits, Source, Stop
from casb_cli.scan.extract.formats import extract

LARGEST = 64 << 20
"""Bytes that a document, and its text, may have."""


def text_of(path: Path) -> str:
    """Return the text of a local document, its parts on lines of their own; raises UsageError with what is wrong."""
    limits = Limits(expansion=1 << 30, wall=60.0)
    parts: list[str] = []
    left = LARGEST
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise UsageError(f"{path}: it is too large: {LARGEST >> 20} MiB are allowed")
        with path.open("rb") as file:
            context = Context(limits=limits, open=extract, deadline=time.monotonic() + limits.wall)
            for segment in extract(Source(file, path.name, size), context, ""):
                blocks = []
                for block in segment.blocks:
                    left -= len(block)
                    if left < 0:
                        raise UsageError(f"{path}: its text is too large: {LARGEST >> 20} MiB are allowed")
                    blocks.append(block)
                parts.append(b"".join(blocks).decode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"could not read {path}: {error.strerror}") from None
    except Stop as stop:
        raise UsageError(f"{path}: it cannot be read: {stop}") from None
    if context.notes:
        first = context.notes[0]
        why = " ".join(filter(None, (first.place, first.reason, first.detail)))
        raise UsageError(f"{path}: it cannot be read whole: {why}")
    return "\n".join(parts)
