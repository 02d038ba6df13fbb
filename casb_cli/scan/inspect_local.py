"""Inspect local files, folders and standard input with the engine of the scan."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import Any, BinaryIO

import msgspec

from casb_cli.core.errors import CasbError
from casb_cli.scan.extract.base import Limits, Note, Stop
from casb_cli.scan.inspect import InspectResult
from casb_cli.scan.workers import Task, WorkerPool
from casb_cli.scan.workers_content import Content

_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".jj"))


class LocalResult(msgspec.Struct, frozen=True):
    """What the inspection of one local file gave."""

    file: str
    result: InspectResult


def detect_paths(
    paths: Iterable[str],
    pool: WorkerPool,
    *,
    stdin: BinaryIO | None = None,
    limits: Limits | None = None,
    every: bool = True,
) -> Iterator[LocalResult]:
    """Yield a result per file, in order; folders are walked, links not followed, `-` reads `stdin`.

    A file that is missing or may not be read is a result with its reason. At most a few files per worker are
    open at a time.
    """
    limits = limits or Limits()
    waiting: deque[tuple[str, Future[InspectResult]]] = deque()
    for path in paths:
        for file in _files(path):
            waiting.append((file, _submitted(file, pool, stdin if file == "-" else None, limits, every=every)))
            while len(waiting) > 3 * pool.workers or (waiting and waiting[0][1].done()):
                name, future = waiting.popleft()
                yield LocalResult(name, future.result())
    while waiting:
        name, future = waiting.popleft()
        yield LocalResult(name, future.result())


def rows(found: LocalResult) -> Iterator[dict[str, Any]]:
    """Yield one output row per match of a file."""
    for match in found.result.matches:
        yield {
            "detector": match.detector,
            "severity": match.severity,
            "confidence": match.confidence,
            "excerpt": match.excerpt,
            "file": found.file,
            "place": match.place,
            "start": match.start,
            "end": match.end,
            "count": match.count,
            "fingerprint": match.fingerprint,
        }


def _files(path: str) -> Iterator[str]:
    """Yield the files of a path in order of name; what can't be walked is yielded as it is, to be reported."""
    if path == "-" or not os.path.isdir(path):  # noqa: PTH112 - names of any bytes, kept exactly as given
        yield path
        return
    failed: list[str] = []
    for folder, folders, names in os.walk(path, onerror=lambda error: failed.append(str(error.filename))):
        folders[:] = sorted(name for name in folders if name not in _VERSION_CONTROL)
        for name in sorted(names):
            file = os.path.join(folder, name)  # noqa: PTH118
            if not os.path.islink(file):  # noqa: PTH114
                yield file
    yield from failed


def _submitted(
    file: str, pool: WorkerPool, stdin: BinaryIO | None, limits: Limits, *, every: bool
) -> Future[InspectResult]:
    task = Task(ref=file, name=os.path.basename(file), every=every, limits=limits)  # noqa: PTH119
    try:
        if file == "-":
            if stdin is None:
                raise CasbError("there is no standard input to inspect")
            content = Content.of(iter(lambda: stdin.read(1 << 20), b""), limits.max_size)
        else:
            content = Content.of_file(_opened(file))
    except Stop as stop:
        return _settled(pool, stop.reason, stop.detail)
    except OSError as error:
        return _settled(pool, "unreadable", error.strerror or type(error).__name__)
    return pool.submit(task, content)


def _opened(file: str) -> BinaryIO:
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "not a regular file")
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _settled(pool: WorkerPool, reason: str, detail: str) -> Future[InspectResult]:
    future: Future[InspectResult] = Future()
    future.set_result(
        InspectResult(
            outcome="skipped",
            reason=reason,
            detail=detail,
            detector_set=pool.detector_set,
            notes=(Note("", reason, detail),),
            parts_failed=1,
        )
    )
    return future
