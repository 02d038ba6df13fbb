"""Traces: every request and answer as one JSON line, redacted before it gets here."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import StoreError


def event(**fields: Any) -> dict[str, Any]:
    """Return a trace event stamped with the time, without its empty fields."""
    return {"time": clock.text(clock.now()), **{k: v for k, v in fields.items() if v is not None}}


class FileTracer:
    """Appends events to a file that only its owner can read (0600); thread-safe, one line an event."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        failure = ""
        try:
            self._fd = os.open(path, flags, 0o600)
            os.fchmod(self._fd, 0o600)
        except OSError as error:
            failure = error.strerror or "it cannot be opened"
        if failure:
            raise StoreError(f"could not write the trace to `{path}`: {failure}")

    def record(self, event: Mapping[str, Any]) -> None:
        """Write one event as one line; raises StoreError."""
        line = msgspec.json.encode(event) + b"\n"
        failure = ""
        with self._lock:
            try:
                os.write(self._fd, line)
            except OSError as error:
                failure = error.strerror or "write failed"
        if failure:
            raise StoreError(f"could not write the trace: {failure}")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            os.close(self._fd)
