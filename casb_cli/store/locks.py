"""Locks between processes: held on the OS's word, so the kernel frees them however a process ends.

POSIX record locks, not `flock`: a forked worker does not inherit them, so no orphan can hold an instance.
They do not exclude threads of one process; a table in memory does. The lock file is never opened elsewhere,
since closing any handle on it would free the lock: who holds it stands in a second file beside it.
"""

from __future__ import annotations

import errno
import os
import re
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import CasbError, Locked
from casb_cli.core.shapes import from_json
from casb_cli.store import paths

_POLL_SECONDS = 0.05
_held: set[str] = set()
_guard = threading.Lock()


def _forget_in_child() -> None:
    global _guard  # noqa: PLW0603 - a forked child holds none of its parent's locks, nor its mutex
    _guard = threading.Lock()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock, for the message only."""

    pid: int
    host: str
    start: str
    command: str
    what: str = ""


class Lock:
    """One lock by name; use as a context manager. `what` completes the sentence "... is already running"."""

    def __init__(self, name: str, what: str, *, wait: float = 0.0, folder: Path | None = None) -> None:
        self.name = name
        self.what = what
        self.wait = wait
        self.path = (folder or paths.state_dir() / "locks") / f"{_safe(name)}.lock"
        self._handle: int | None = None

    @property
    def _card(self) -> Path:
        return self.path.with_suffix(".holder")

    def acquire(self) -> Lock:
        """Hold the lock, waiting at most `wait` seconds; raises Locked (saying who has it) or StoreError."""
        paths.ensure_dir(self.path.parent)
        pause = threading.Event()
        left = self.wait
        while not self._try():
            if left <= 0:
                raise self._locked()
            pause.wait(min(_POLL_SECONDS, left))
            left -= _POLL_SECONDS
        self._write_card()
        return self

    def release(self) -> None:
        """Free the lock; a second call does nothing."""
        handle, self._handle = self._handle, None
        if handle is None:
            return
        with suppress(OSError):
            self._card.unlink()
        os.close(handle)
        with _guard:
            _held.discard(str(self.path))

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _try(self) -> bool:
        key = str(self.path)
        with _guard:
            if key in _held:
                return False
            with paths.saving(self.path, "lock"):
                handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
                try:
                    taken = _lock(handle)
                except BaseException:
                    os.close(handle)
                    raise
                if not taken:
                    os.close(handle)
                    return False
            self._handle = handle
            _held.add(key)
            return True

    def _write_card(self) -> None:
        command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:3]]) if sys.argv else ""
        import socket  # dear, and reading takes no lock

        card = Holder(os.getpid(), socket.gethostname(), clock.now_text(), command, self.what)
        try:
            paths.write_private(self._card, msgspec.json.encode(card))
        except CasbError:
            self.release()
            raise

    def holder(self) -> Holder | None:
        """Return who wrote beside the lock last, or None where nobody did."""
        try:
            return from_json(self._card.read_bytes(), Holder)
        except (OSError, msgspec.MsgspecError):
            return None

    def _locked(self) -> Locked:
        holder = self.holder()
        by = f" (process {holder.pid} on {holder.host} since {holder.start}: `{holder.command}`)" if holder else ""
        return Locked(
            f"{self.what} is already running{by}",
            hint="wait for it to end, or stop that process; the lock frees itself when it does",
        )


def _safe(name: str) -> str:
    """Return a file name for a lock: readable where it can be, unique always."""
    if re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        return name
    import hashlib  # dear, and reading takes no lock

    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:60] + "-" + digest


def _lock(handle: int) -> bool:
    """Try to lock an open file without waiting; False when another process holds it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EDEADLK}:
                return False
            raise
        return True
    import fcntl

    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EACCES, errno.EAGAIN}:
            return False
        raise
    return True


def hold(instance_key: str, job: str, *, wait: float | None = None, label: str | None = None) -> Lock:
    """Return the lock of one job of one instance; `wait` is in seconds, None: not at all."""
    return Lock(f"{job}-{instance_key}", f"the `{job}` of {label or instance_key}", wait=wait or 0.0)


def scan_lock(instance_key: str, label: str) -> Lock:
    """Return the lock of an instance's scan; `label` is `app/instance`."""
    return Lock(f"scan-{instance_key}", f"a scan of {label}")


def watch_lock(instance_key: str, label: str) -> Lock:
    """Return the lock of an instance's watch."""
    return Lock(f"watch-{instance_key}", f"a watch of {label}")


def refresh_lock(instance_key: str, credential: str, label: str, *, wait: float = 60.0) -> Lock:
    """Return the lock of one credential's token refresh: others wait for its outcome."""
    return Lock(f"refresh-{instance_key}-{credential}", f"a token refresh of {label}", wait=wait)


def object_lock(instance_key: str, target: str, label: str) -> Lock:
    """Return the lock of one governed object; `target` is its local ref. Independent of scans."""
    return Lock(f"object-{instance_key}-{target}", f"an action on {label}")
