"""Inspect local files, folders and standard input with the engine of the scan."""

from __future__ import annotations

import errno
import fnmatch
import itertools
import os
import re
import select
import stat
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, BinaryIO

import msgspec

from casb_cli.core.errors import CasbError
from casb_cli.scan.extract.base import Limits, Note
from casb_cli.scan.results import InspectResult, Match, not_inspected
from casb_cli.scan.workers import Task, WorkerPool
from casb_cli.scan.workers_content import Content
from casb_cli.scan.workers_wire import TOGETHER

_BATCHES = 4
"""Batches of one file that wait for their reader."""
_OPEN = 192
"""Files that are open at a time, where the system allows so many."""
_MADE_UP = 64 << 20
"""Bytes read of a file that tells no size, as those of /proc do: some never end."""
_PIECE = 1 << 20
_PACE = 512 << 10
"""Bytes a second that an inspection gets through at the least, of lists in which each line holds a match."""
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_AWAITED = 1000
"""Milliseconds that a named pipe is waited for to have a writer."""
_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".jj"))


class Excluded:
    """What is left out of folders, by names (`*.min.js`) and by paths from the folder that was given (`docs/*`).

    `*` fits any characters, `/` too; an excluded folder is left out whole. `count` is how much was left out.
    """

    def __init__(self, globs: Iterable[str] = ()) -> None:
        globs = [glob.removeprefix("./").rstrip("/") for glob in globs]
        self._names = _any_of([glob for glob in globs if "/" not in glob])
        self._paths = _any_of([glob.lstrip("/") for glob in globs if "/" in glob])
        self.count = 0

    def has(self, folder: str, name: str) -> bool:
        """Return whether a name in a folder, told from the given one on, is left out; then it is counted."""
        found = bool(
            (self._names is not None and self._names.match(name))
            or (self._paths is not None and self._paths.match(f"{folder}/{name}" if folder else name))
        )
        self.count += found
        return found


def _any_of(globs: list[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(fnmatch.translate, globs))) if globs else None


class LocalResult(msgspec.Struct, frozen=True):
    """What the inspection of one local file gave; with `more` these are matches only, and the outcome follows."""

    file: str
    result: InspectResult
    more: bool = False


class _Local:
    """One file under inspection: matches that a worker hands on wait here, a few batches at most."""

    def __init__(self, file: str, changed: threading.Condition) -> None:
        self.file = file
        self.cut = ""
        """How much of it alone was read, where that is not all."""
        self._batches: deque[tuple[Match, ...]] = deque()
        self._changed = changed  # shared by all files of one call: an own one would cost more than the rest
        self._dropped = False
        self.future: Future[InspectResult]

    def take(self, batch: tuple[Match, ...]) -> None:
        """Keep a batch; the worker waits while there are enough."""
        with self._changed:
            self._changed.wait_for(lambda: self._dropped or len(self._batches) < _BATCHES)
            if not self._dropped:
                self._batches.append(batch)
            self._changed.notify_all()

    def drop(self) -> None:
        """Keep nothing any more: no worker waits for somebody to look."""
        with self._changed:
            self._dropped = True
            self._batches.clear()
            self._changed.notify_all()

    def submitted(self, future: Future[InspectResult]) -> _Local:
        self.future = future
        future.add_done_callback(self._done)
        return self

    def _done(self, _: Future[InspectResult]) -> None:
        with self._changed:
            self._changed.notify_all()

    def results(self) -> Iterator[LocalResult]:
        """Yield what there is, batch by batch, and at last the outcome."""
        while not self.future.done() or self._batches:
            with self._changed:
                self._changed.wait_for(lambda: self._batches or self.future.done())
                batch = self._batches.popleft() if self._batches else None
                self._changed.notify_all()
            if batch is None:
                break
            yield LocalResult(self.file, InspectResult(outcome="done", matches=batch), more=True)
        result = self.future.result()
        yield LocalResult(self.file, _cut(result, self.cut) if self.cut else result)


def _cut(result: InspectResult, upto: str) -> InspectResult:
    """Return the result of content of which only the beginning was read."""
    told = Note("", "too-large", f"only the first {upto} were read")
    return msgspec.structs.replace(
        result,
        outcome="skipped" if result.outcome == "skipped" else "partial",
        reason=told.reason,
        detail=told.detail,
        notes=(told, *result.notes),
        parts_failed=result.parts_failed + 1,
    )


def detect_paths(
    paths: Iterable[str],
    pool: WorkerPool,
    *,
    stdin: BinaryIO | None = None,
    limits: Limits | None = None,
    every: bool = True,
    excluded: Excluded | None = None,
    unread: Callable[[], None] = lambda: None,
) -> Generator[LocalResult]:
    """Yield a result per file, in order, and before it the batches of a file with very many matches.

    Folders are walked, links not followed, `-` reads `stdin`. A file that is missing or may not be read is a result
    with its reason. Files may be of any size; of pipes, which are kept to be read, `limits.max_size` bytes count. At
    most 192 files are open at a time, fewer with few workers. Close what this returns where it is not read to its
    end: workers may wait for it; `unread` is then called if another file would have come.
    """
    limits = limits or Limits()
    waiting: deque[_Local] = deque()
    excluded = excluded or Excluded()
    changed = threading.Condition()
    most = min(2 * TOGETHER * pool.workers, _open_at_most())
    in_hand = False
    try:
        for file in (file for path in paths for file in _files(path, excluded)):
            in_hand = True
            # One that is full waits for its reader here: so `submit` must never find all places taken by such.
            while len(waiting) >= most or (waiting and waiting[0].future.done()):
                yield from waiting[0].results()
                waiting.popleft()
            local = _Local(file, changed)
            waiting.append(_submitted(local, pool, stdin if file == "-" else None, limits, every=every))
        in_hand = False
        while waiting:
            yield from waiting[0].results()
            waiting.popleft()
    except GeneratorExit:
        if in_hand or len(waiting) > 1:
            unread()
        raise
    finally:
        for one in waiting:
            one.drop()


def _open_at_most() -> int:
    """Return how many files may be open at a time: half of what is left to this process."""
    try:
        import resource
    except ImportError:
        return _OPEN  # Windows: no such limit
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _OPEN if allowed < 0 else min(_OPEN, max(2, (allowed - 64) // 2))


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
            "width": match.width,
            "fingerprint": match.fingerprint,
        }


def _files(path: str, excluded: Excluded) -> Iterator[str]:
    """Yield the files of a path in order of name; what can't be walked is yielded as it is, to be reported."""
    if path == "-" or not os.path.isdir(path):  # noqa: PTH112 - names of any bytes, kept exactly as given
        yield path
        return
    failed: list[str] = []
    for folder, folders, names in os.walk(path, onerror=lambda error: failed.append(str(error.filename))):
        inside = folder[len(path) :].strip(os.sep)
        folders[:] = sorted(name for name in folders if name not in _VERSION_CONTROL and not excluded.has(inside, name))
        for name in sorted(names):
            file = os.path.join(folder, name)  # noqa: PTH118
            if _content_or_unknown(file) and not excluded.has(inside, name):
                yield file
    yield from failed


def _content_or_unknown(file: str) -> bool:
    """Return whether a name in a folder leads to content, which links, pipes, sockets and devices have none of."""
    try:
        return stat.S_ISREG(os.lstat(file).st_mode)
    except OSError:
        return True  # looked at all the same, so that why it cannot be read is told


def _submitted(local: _Local, pool: WorkerPool, stdin: BinaryIO | None, limits: Limits, *, every: bool) -> _Local:
    file = local.file
    try:
        if file == "-":
            if stdin is None:
                raise CasbError("there is no standard input to inspect")
            # What is there, and no more: `read` would ask a terminal for its end a second time.
            read = getattr(stdin, "read1", stdin.read)
            content = _kept(iter(lambda: read(_PIECE), b""), limits.max_size, local)
        else:
            content = _content(local, limits.max_size)
    except OSError as error:
        return local.submitted(_settled("unreadable", _why(file, error)))
    more = content.size / _PACE
    given = msgspec.structs.replace(
        limits, max_size=max(limits.max_size, content.size), wall=limits.wall + more, cpu=limits.cpu + more
    )
    # With its folders: what they are called tells of the content, such as translations.
    task = Task(ref=file, name=file.replace(os.sep, "/"), every=every, limits=given)
    return local.submitted(pool.submit(task, content, local.take if every else None))


def _why(file: str, error: OSError) -> str:
    """Return what keeps a file from being read, in words."""
    if error.errno == errno.ENXIO and os.path.exists(file) and stat.S_ISSOCK(os.stat(file).st_mode):  # noqa: PTH110, PTH116
        return "a socket"
    why = error.strerror or type(error).__name__
    if error.errno in _NO_ROOM:
        import tempfile

        return f"no room to keep it in {tempfile.gettempdir()}, TMPDIR chooses another folder: {why}"
    return why


def _content(local: _Local, most: int) -> Content:
    """Return a file's content: as it lies there, or read, where a pipe or the system gives it and tells no size.

    Raises OSError, also for what has no content.
    """
    descriptor = os.open(local.file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    first = b""
    try:
        about = os.fstat(descriptor)
        if stat.S_ISFIFO(about.st_mode):
            first = _written(descriptor)
            os.set_blocking(descriptor, True)
        elif stat.S_ISREG(about.st_mode):
            if about.st_size:
                return Content.of_descriptor(descriptor, about.st_size)
            most = _MADE_UP
        elif about.st_rdev != os.stat(os.devnull).st_rdev:  # noqa: PTH116
            raise OSError(0, "a terminal: give - to read it" if os.isatty(descriptor) else "a device")
        stream = os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise
    with stream:
        # A file is read without waiting (`O_NONBLOCK`): what has nothing to give right now gives None.
        rest = iter(lambda: stream.read(_PIECE) or b"", b"")
        return _kept(itertools.chain((first,), rest), most, local)


def _kept(chunks: Iterator[bytes], most: int, local: _Local) -> Content:
    """Return what is read, up to so many bytes; raises OSError, also where there is no room to keep them."""

    def upto() -> Iterator[bytes]:
        left = most
        for chunk in chunks:
            yield chunk[:left]
            left -= len(chunk)
            if left < 0:
                local.cut = f"{most >> 30:,} GiB" if most >= 1 << 30 else f"{most >> 20:,} MiB"
                return

    return Content.of(upto())


def _written(descriptor: int) -> bytes:
    """Return what of a pipe was read to see that something writes to it; raises OSError where nothing does.

    Without this, a pipe that was left behind by its writer would be waited for without end.
    """
    asked = select.poll()
    asked.register(descriptor, select.POLLIN)
    for wait in (0, _AWAITED):
        if asked.poll(wait):
            return b""
        try:
            first = os.read(descriptor, 1)
        except BlockingIOError:
            return b""  # somebody writes, and has written nothing yet
        if first:
            return first
    raise OSError(0, "a pipe, and nothing writes to it")


def _settled(reason: str, detail: str) -> Future[InspectResult]:
    future: Future[InspectResult] = Future()
    future.set_result(not_inspected(reason, detail))
    return future
