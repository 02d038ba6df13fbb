"""Locks between processes: files that the kernel unlocks when their holder ends, however it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from casb_cli.core.errors import Locked, StoreError
from casb_cli.store.paths import ensure_dir, state_dir

_STEP = 0.05


def _try(descriptor: int) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def hold(instance_key: str, job: str, *, wait: float | None = None) -> Iterator[None]:
    """Hold the lock of one job of one instance; `wait` is in seconds, None: not at all.

    Raises Locked when another run has it, StoreError when the lock file can't be made.
    """
    folder = ensure_dir(state_dir() / "locks")
    path = folder / f"{instance_key}.{job}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise StoreError(f"could not lock {path}: {error.strerror or error}") from None
    try:
        end = time.monotonic() + (wait or 0)
        while not _try(descriptor):
            if time.monotonic() >= end:
                raise Locked(f"another run holds the lock `{job}` of {instance_key}")
            threading.Event().wait(_STEP)
        yield
    finally:
        os.close(descriptor)
