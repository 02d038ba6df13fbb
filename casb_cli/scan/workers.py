"""The worker pool: one seam, `submit(task, content) -> Future[InspectResult]`.

Each worker is a fresh interpreter with an empty environment and no descriptor but its socket; it is started when
first needed, and replaced alone when it crashes, hangs or grows. A future always gets a result: what went wrong
with a file is a reason in it. Only workers that cannot be started at all raise WorkersUnavailable.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from casb_cli.core.errors import CasbError
from casb_cli.scan.detect.rules import DetectorSet, Source
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.results import InspectResult, Match, not_inspected
from casb_cli.scan.workers_content import INLINE, Content
from casb_cli.scan.workers_wire import TOGETHER, Done, Hello, Job, Jobs, Ready, Taken, receive, send

_GRACE = 5.0
"""Seconds beyond a task's own time limit before the worker is ended from outside."""
_START = 300.0
"""Seconds until a worker is ready: on a slow or busy machine the first one compiles the patterns for long."""
_TAKES = 60.0
"""Seconds in which a worker takes what it is given."""
_LONGER = 6
"""How many times as long an inspection may take that reads pictures."""
_WALL = 60.0
"""Seconds for tasks together; then each is tried alone, with all the time that it may have."""
_MOMENT = 0.002
"""Seconds in which more tasks may come that a worker can be given together with one of small content."""
_SIZE = 1 << 20
"""Bytes of small content from which a worker is given no more at once."""
_PROGRAM = (
    "import sys; sys.path.append(sys.argv[1]); from casb_cli.scan.workers_child import main;"
    " main(int(sys.argv[2]), int(sys.argv[3]))"
)


class WorkersUnavailable(CasbError):
    """Worker processes cannot be started on this machine."""

    kind = "workers"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What to inspect, described plainly: it could as well be sent to another machine.

    `ref` is the caller's own mark (a file's ref) and goes to no worker; `name` is a hint for filters; `mime` is
    what the provider claims and decides nothing; `every` asks for one match per occurrence.
    `reveal` asks for the clear text too: for the user's own eyes, never to be kept.
    """

    ref: str
    name: str
    mime: str | None = None
    every: bool = False
    reveal: bool = False
    limits: Limits = Limits()


class _Item:
    __slots__ = ("content", "future", "handed_on", "take", "task")

    def __init__(self, task: Task, content: Content, take: Taker | None) -> None:
        self.task = task
        self.content = content
        self.take = take
        self.handed_on = False
        self.future: Future[InspectResult] = Future()

    @property
    def small(self) -> bool:
        """Whether it may be given to a worker together with others."""
        return self.content.size <= INLINE


Taker = Callable[[tuple[Match, ...]], None]
"""Takes matches in batches, in a thread of the pool; while it has not returned, the worker waits."""


class _Worker:
    """One process and the socket to it; of use once it was greeted."""

    ready: Ready

    def __init__(self, program: str) -> None:
        ours, theirs = socket.socketpair()
        try:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-c",
                    program,
                    str(Path(__file__).resolve().parents[2]),
                    str(theirs.fileno()),
                    str(os.getpid()),
                ],
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                process_group=0,
                cwd="/" if os.name == "posix" else None,
            )
        except OSError as error:
            ours.close()
            raise WorkersUnavailable(f"could not start a worker process: {error.strerror}") from None
        finally:
            theirs.close()
        self.sock = ours

    def greet(self, hello: Hello) -> None:
        """Tell the process all that it needs, and wait until it is ready; raises WorkersUnavailable."""
        try:
            self.sock.settimeout(_START)
            send(self.sock, hello)
            self.ready = receive(self.sock, Ready)
        except (OSError, EOFError, msgspec.DecodeError) as error:
            status = self.status()
            self.end()
            raise WorkersUnavailable(
                "a worker process failed before it was ready: "
                + (type(error).__name__ if status is None else _cause(status)[1]),
                hint="is there memory left, and no limit such as `ulimit -t` or `ulimit -v` in force?",
            ) from None

    def end(self) -> int:
        """Kill and reap the process; return its status (negative: the signal)."""
        self.sock.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.kill()
        return self.process.wait()

    def status(self) -> int | None:
        """Return the status of a process that is ending by itself, None where it goes on."""
        try:
            return self.process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            return None


def _environment() -> dict[str, str]:
    """Return the little that a worker may know: where temporary files go, and that text is UTF-8."""
    kept = {name: os.environ[name] for name in ("TMPDIR", "SYSTEMROOT") if name in os.environ}
    return {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2", **kept}


class WorkerPool:
    """Workers behind one call. A context manager; leaving it by an exception drops what still waits.

    `key` (32 bytes) keys the fingerprints and is known to the workers in memory only. `detectors` are ids, none
    meaning all: the shipped ones and those of the user's `own` files, of which what is wrong raises ConfigError.
    Compiled patterns are kept in `cache_dir`. `backlog` tasks may wait (64 a worker), then submit blocks. `soon`
    workers' processes are started at once, beside what is done here: for who will surely submit so many tasks.
    `ocr` are the languages in which pictures are read, and where tesseract's data for them is.
    """

    def __init__(
        self,
        *,
        key: bytes,
        detectors: tuple[str, ...] = (),
        own: tuple[Source, ...] = (),
        cache_dir: str | None = None,
        workers: int | None = None,
        backlog: int | None = None,
        memory: int = Limits().memory,
        soon: int = 0,
        ocr: tuple[str, str] = ("", ""),
    ) -> None:
        self._program = _PROGRAM
        self.workers = workers or max(
            1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
        self._begun: list[_Worker] = []
        try:
            self._begun.extend(_Worker(self._program) for _ in range(min(soon, self.workers)))
            # To read all that is shipped takes long: who needs no digest of it does without, and workers tell theirs.
            self._rules = _set(detectors, own, key, cache_dir).id if detectors or own else ""
        except BaseException:
            self._end_begun()
            raise
        self._ocr = ocr
        self.isolation: dict[str, str] = {}
        self._hello = Hello(key, detectors, cache_dir, memory, own)
        self._queue: queue.Queue[_Item | None] = queue.Queue()
        self._room = threading.BoundedSemaphore(self.workers + (backlog or 2 * TOGETHER * self.workers))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._busy: dict[int, _Worker] = {}
        self._waiting = 0
        self._idle = 0
        self._closed = False
        self._ending = threading.Event()
        self._dropping = False

    @property
    def detector_set(self) -> str:
        """The digest of what the workers look for: another one asks for a new inspection of the same content."""
        self._rules = self._rules or DetectorSet.shipped(cache_dir=self._hello.cache_dir).id
        if self._ocr[0]:  # what pictures show is judged then too: another look at all of them
            return hashlib.sha256(f"{self._rules} {self._ocr[0]}".encode()).hexdigest()[:32]
        return self._rules

    def submit(self, task: Task, content: Content | bytes, take: Taker | None = None) -> Future[InspectResult]:
        """Return the future result of inspecting the content, which is closed when inspected.

        `take` is given the many matches of a task that asks for every one, before the result, which has the rest.
        Blocks while the backlog is full. Raises RuntimeError after `close`.
        """
        if isinstance(content, bytes):
            content = Content.of((content,))
        if self._ocr[0]:
            task = msgspec.structs.replace(task, limits=_reading(task.limits, *self._ocr))
        self._room.acquire()
        item = _Item(task, content, take)
        item.future.add_done_callback(lambda _: self._let_go(content))
        with self._lock:
            if self._closed:
                item.future.cancel()
                raise RuntimeError("the worker pool is closed")
            self._waiting += 1
            if self._idle < self._waiting and len(self._threads) < self.workers:
                thread = threading.Thread(target=self._slot, name="casb-worker-slot", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._queue.put(item)
        return item.future

    def _let_go(self, content: Content) -> None:
        # As soon as a task is settled: who waits for room may be the one that others of a worker wait for.
        content.close()
        self._room.release()

    def close(self, *, wait: bool = True) -> None:
        """End all workers: after their tasks, or at once with what still waits cancelled."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._ending.set()
                for _ in self._threads:
                    self._queue.put(None)
            if not wait:
                self._dropping = True
                for worker in self._busy.values():
                    worker.process.kill()
        for thread in self._threads:
            thread.join()
        self._end_begun()

    def _end_begun(self) -> None:
        """End what was started and never needed."""
        while self._begun:
            self._begun.pop().end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(wait=kind is None)

    def processes(self) -> list[int]:
        """Return the ids of the running worker processes."""
        with self._lock:
            return [worker.process.pid for worker in self._busy.values()]

    def _slot(self) -> None:
        """Serve tasks with one worker at a time, replaced whenever it is lost."""
        me = threading.get_ident()
        worker: _Worker | None = None
        while items := self._next():
            if self._dropping:
                for item in items:
                    item.future.cancel()
            wanted = [item for item in items if item.future.set_running_or_notify_cancel()]
            if wanted:
                worker = self._served(wanted, worker, me)
        self._drop(worker, me)

    def _next(self) -> list[_Item]:
        """Wait for the next task and return it with the small ones behind it, fairly shared; nothing at the end."""
        with self._lock:
            self._idle += 1
        items = [item] if (item := self._queue.get()) is not None else []
        if items and items[0].small and self._queue.empty():
            self._ending.wait(_MOMENT)  # one by one they would cost more on the way than in the worker
        share = min(TOGETHER, self._queue.qsize() // self.workers)
        size = 0
        try:
            while items and items[-1].small and len(items) < share and size < _SIZE:
                size += items[-1].content.size
                item = self._queue.get_nowait()
                if item is None:
                    self._queue.put(None)
                    break
                items.append(item)
        except queue.Empty:
            pass  # another worker was faster
        with self._lock:
            self._idle -= 1
            self._waiting -= len(items)
        return items

    def _drop(self, worker: _Worker | None, me: int) -> int:
        with self._lock:
            self._busy.pop(me, None)
        return worker.end() if worker is not None else 0

    def _served(self, items: list[_Item], worker: _Worker | None, me: int) -> _Worker | None:
        """Settle the futures of the items; return the worker that is left for the next ones."""
        alone = items
        if len(items) > 1:
            small = [item for item in items if item.small]
            lost, worker = self._given(small, worker, me)
            alone = lost + [item for item in items if not item.small]
        for item in alone:
            if self._dropping:
                item.future.set_result(self._lost(item, "crashed", "not waited for"))
            else:
                _, worker = self._given([item], worker, me)
        return worker

    def _given(self, items: list[_Item], worker: _Worker | None, me: int) -> tuple[list[_Item], _Worker | None]:
        """Settle what one worker does of the items; return those that were lost with it, and who is left.

        One alone is always settled: of many, nobody knows which of them a worker was lost for.
        """
        waiting = list(items)
        try:
            for _ in range(2):
                if worker is None:
                    worker = self._started(me)
                if self._handed(items, worker):
                    break
                # It ended while idle: that is nobody's fault, another one takes the task.
                self._drop(worker, me)
                worker = None
            if worker is None:
                raise WorkersUnavailable("worker processes end before they take a task")
            lost, alive = self._awaited(waiting, worker)
            if not alive:
                self._drop(worker, me)
                worker = None
            if lost is not None and (len(items) == 1 or waiting[0].handed_on):
                waiting.pop(0).future.set_result(lost)
        except CasbError as error:
            for item in waiting:
                item.future.set_exception(error)
            waiting.clear()
        except Exception as error:  # noqa: BLE001 - a future left unsettled would hang its waiter for ever
            self._drop(worker, me)
            worker = None
            for item in waiting:
                item.future.set_exception(error)
            waiting.clear()
        return waiting, worker

    def _started(self, me: int) -> _Worker:
        with self._lock:
            worker = self._begun.pop() if self._begun else None
        worker = worker or _Worker(self._program)
        with self._lock:
            self._busy[me] = worker  # from here on whoever ends the pool ends it too
            if self._dropping:
                worker.process.kill()
        try:
            worker.greet(self._hello)
        except WorkersUnavailable:
            self._drop(worker, me)
            raise
        with self._lock:
            rules = self._rules = self._rules or worker.ready.detector_set
        if worker.ready.detector_set != rules:
            self._drop(worker, me)
            raise WorkersUnavailable(
                "a worker process runs other detectors than this one",
                hint="the program was probably updated while running; start it again",
            )
        self.isolation = worker.ready.isolation
        return worker

    def _handed(self, items: list[_Item], worker: _Worker) -> bool:
        """Return whether the worker took the tasks."""
        jobs = []
        for item in items:
            task = item.task
            name = task.name.encode("utf-8", "replace").decode()  # it may be no text; filters need a hint only
            batches = item.take is not None
            jobs.append(Job(name, task.every, task.limits, item.content.inline(), task.reveal, batches=batches))
        descriptors = [item.content.fileno() for item in items if not item.content.held]
        try:
            worker.sock.settimeout(_TAKES)
            send(worker.sock, Jobs(tuple(jobs)), descriptors)
            receive(worker.sock, Taken)
        except (OSError, EOFError, msgspec.DecodeError):
            return False
        return True

    def _awaited(self, waiting: list[_Item], worker: _Worker) -> tuple[InspectResult | None, bool]:
        """Settle tasks, taking them from those waiting, as results come; return how the first left was lost, if any.

        And whether the worker lives on.
        """
        items, first = waiting.copy(), waiting[0]
        try:
            wall = max(item.task.limits.wall for item in items)
            worker.sock.settimeout((min(wall, _WALL) if len(items) > 1 else wall) + _GRACE)
            while True:
                done = receive(worker.sock, Done)
                if done.more and waiting and (take := waiting[0].take) is not None:
                    waiting[0].handed_on = True
                    take(done.results[0].matches)
                    continue
                for result in done.results:
                    waiting.pop(0).future.set_result(result)
                if done.last:
                    if waiting == items:
                        raise IndexError
                    return None, not done.leaving
                first = waiting[0]
        except TimeoutError:
            return self._lost(first, "timeout", "the worker did not answer"), False
        except (msgspec.DecodeError, IndexError):
            return self._lost(first, "crashed", "the worker's answer made no sense"), False
        except (OSError, EOFError):
            return self._lost(first, *_cause(worker.status())), False

    def _lost(self, item: _Item, reason: str, detail: str) -> InspectResult:
        return not_inspected(reason, detail, size=item.content.size, outcome="partial" if item.handed_on else "skipped")


def _reading(limits: Limits, languages: str, data: str) -> Limits:
    """Return limits for who reads pictures too: it takes about a second a page."""
    return msgspec.structs.replace(
        limits,
        ocr=languages,
        ocr_data=data,
        wall=limits.wall * _LONGER,
        cpu=limits.cpu * _LONGER,
    )


def _set(only: tuple[str, ...], own: tuple[Source, ...], key: bytes, cache_dir: str | None) -> DetectorSet:
    if not own:
        return DetectorSet.shipped(only, cache_dir=cache_dir)
    from casb_cli.scan.detect.custom import detectors

    made = detectors(own, cache_dir=cache_dir)
    if any(one.index for one in made):
        from casb_cli.scan.detect import exact

        exact.check(made, key)
    if any(one.prints for one in made):
        from casb_cli.scan.detect import prints

        prints.check(made, key)
    return DetectorSet.shipped(only, made, cache_dir)


def _cause(status: int | None) -> tuple[str, str]:
    """Return reason and detail for the status that a worker ended with."""
    if status is None or status >= 0:
        return "crashed", f"the worker ended with status {status}"
    with contextlib.suppress(ValueError):
        name = signal.Signals(-status).name
        if name == "SIGXCPU":
            return "timeout", "the CPU time is used up"
        if name == "SIGKILL":
            return "out-of-memory", "the system ended the worker"
        return "crashed", name
    return "crashed", f"signal {-status}"
