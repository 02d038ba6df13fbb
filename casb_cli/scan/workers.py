"""The worker pool: one seam, `submit(task, content) -> Future[InspectResult]`.

Each worker is a fresh interpreter with an empty environment and no descriptor but its socket; it is started when
first needed, and replaced alone when it crashes, hangs or grows. A future always gets a result: what went wrong
with a file is a reason in it. Only workers that cannot be started at all raise WorkersUnavailable.
"""

from __future__ import annotations

import contextlib
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
from casb_cli.scan.extract.base import Limits, Note
from casb_cli.scan.results import InspectResult, Match
from casb_cli.scan.workers_content import Content
from casb_cli.scan.workers_wire import Done, Hello, Job, Jobs, Ready, Taken, receive, send

_GRACE = 5.0
"""Seconds beyond a task's own time limit before the worker is ended from outside."""
_START = 60.0
SMALL = 32 << 10
"""Bytes up to which contents go to a worker together, `TOGETHER` of them at most: alone, the way costs more."""
TOGETHER = 16
_TOGETHER_WALL = 60.0
"""Seconds for small contents together; then each is tried alone, with all the time that it may have."""
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
    __slots__ = ("content", "future", "handed_on", "room", "small", "take", "task")

    def __init__(self, task: Task, content: Content, take: Taker | None) -> None:
        self.task = task
        self.content = content
        self.take = take
        self.small = small(content)
        self.room: threading.BoundedSemaphore
        self.handed_on = False
        self.future: Future[InspectResult] = Future()


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
            self.ready, _ = receive(self.sock, Ready)
        except (OSError, EOFError, msgspec.DecodeError) as error:
            code = self.end()
            raise WorkersUnavailable(
                f"a worker process ended before it was ready ({type(error).__name__}, status {code})"
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
    Compiled patterns are kept in `cache_dir`. `backlog` tasks may wait, and as many (by default: `TOGETHER` times
    as many) with small content, then submit blocks. `soon` workers' processes are started at once, beside what is
    done here: for who will surely submit so many tasks.
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
    ) -> None:
        self._program = _PROGRAM
        self.workers = workers or max(
            1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        )
        self._begun: list[_Worker] = []
        try:
            self._begun.extend(_Worker(self._program) for _ in range(min(soon, self.workers)))
            self.detector_set = _set(detectors, own, key, cache_dir).id
        except BaseException:
            self._end_begun()
            raise
        self.isolation: dict[str, str] = {}
        self._hello = Hello(key, detectors, cache_dir, memory, own)
        self._queue: queue.Queue[_Item | None] = queue.Queue()
        self._room = threading.BoundedSemaphore(self.workers + (backlog or 2 * self.workers))
        self._small_room = threading.BoundedSemaphore(self.workers + (backlog or 2 * self.workers * TOGETHER))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._busy: dict[int, _Worker] = {}
        self._waiting = 0
        self._idle = 0
        self._closed = False
        self._dropping = False

    def submit(self, task: Task, content: Content | bytes, take: Taker | None = None) -> Future[InspectResult]:
        """Return the future result of inspecting the content, which is closed when inspected.

        `take` is given the many matches of a task that asks for every one, before the result, which has the rest.
        Blocks while the backlog is full. Raises RuntimeError after `close`.
        """
        if isinstance(content, bytes):
            content = Content.of((content,))
        item = _Item(task, content, take)
        item.room = self._small_room if item.small else self._room
        item.room.acquire()
        with self._lock:
            if self._closed:
                item.room.release()
                content.close()
                raise RuntimeError("the worker pool is closed")
            self._waiting += 1
            if self._idle < self._waiting and len(self._threads) < self.workers:
                thread = threading.Thread(target=self._slot, name="casb-worker-slot", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._queue.put(item)
        return item.future

    def close(self, *, wait: bool = True) -> None:
        """End all workers: after their tasks, or at once with what still waits cancelled."""
        with self._lock:
            if not self._closed:
                self._closed = True
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
        alone: _Item | None = None  # taken from the queue, and too large to go with others
        while (item := alone or self._next()) is not None:
            items = [item]
            alone = self._more(items) if item.small else None
            try:
                if self._dropping:
                    for one in items:
                        one.future.cancel()
                worker = self._several([one for one in items if one.future.set_running_or_notify_cancel()], worker, me)
            finally:
                for one in items:
                    one.content.close()
                    one.room.release()
        self._drop(worker, me)

    def _next(self) -> _Item | None:
        """Wait for a task; None when there will be none any more."""
        with self._lock:
            self._idle += 1
        item = self._queue.get()
        with self._lock:
            self._idle -= 1
            if item is not None:
                self._waiting -= 1
        return item

    def _more(self, items: list[_Item]) -> _Item | None:
        """Add this worker's share of the small contents that wait already; return one that is not small, if met."""
        share = min(TOGETHER, self._queue.qsize() // self.workers)
        while len(items) < share:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                self._queue.put(None)
                break
            with self._lock:
                self._waiting -= 1
            if not item.small:
                return item
            items.append(item)
        return None

    def _drop(self, worker: _Worker | None, me: int) -> int:
        with self._lock:
            self._busy.pop(me, None)
        return worker.end() if worker is not None else 0

    def _several(self, items: list[_Item], worker: _Worker | None, me: int) -> _Worker | None:
        """Settle the futures of small items together, where that fails one by one; return the worker that is left."""
        while len(items) > 1:
            try:
                worker = self._taken(items, worker, me)
                worker.sock.settimeout(_TOGETHER_WALL)
                done, _ = receive(worker.sock, Done)
            except Exception:  # noqa: BLE001 - whatever it is, who is to blame for it is found out alone, and told
                self._drop(worker, me)
                worker = None
                if self._dropping:
                    for item in items:
                        item.future.set_result(self._lost(item, "crashed", "not waited for"))
                    return None
                break
            if done.leaving:
                self._drop(worker, me)
                worker = None
            for item, result in zip(items, done.results, strict=False):
                item.future.set_result(result)
            if not done.results:
                break
            items = items[len(done.results) :]
        for item in items:
            worker = self._one(item, worker, me)
        return worker

    def _one(self, item: _Item, worker: _Worker | None, me: int) -> _Worker | None:
        """Settle the item's future; return the worker that is left for the next one."""
        try:
            worker = self._taken([item], worker, me)
            result, alive = self._awaited(item, worker)
            if not alive:
                self._drop(worker, me)
                worker = None
            item.future.set_result(result)
        except CasbError as error:
            worker = None
            item.future.set_exception(error)
        except Exception as error:  # noqa: BLE001 - a future left unsettled would hang its waiter for ever
            self._drop(worker, me)
            worker = None
            item.future.set_exception(error)
        return worker

    def _taken(self, items: list[_Item], worker: _Worker | None, me: int) -> _Worker:
        """Return the worker that took the tasks; raises WorkersUnavailable."""
        for _ in range(2):
            if worker is None:
                worker = self._started(me)
            if self._handed(items, worker):
                return worker
            # It ended while idle: that is nobody's fault, another one takes the task.
            self._drop(worker, me)
            worker = None
        raise WorkersUnavailable("worker processes end before they take a task")

    def _started(self, me: int) -> _Worker:
        with self._lock:
            worker = self._begun.pop() if self._begun else None
        worker = worker or _Worker(self._program)
        worker.greet(self._hello)
        if worker.ready.detector_set != self.detector_set:
            worker.end()
            raise WorkersUnavailable(
                "a worker process runs other detectors than this one",
                hint="the program was probably updated while running; start it again",
            )
        with self._lock:
            self._busy[me] = worker
            self.isolation = worker.ready.isolation
            if self._dropping:
                worker.process.kill()
        return worker

    def _handed(self, items: list[_Item], worker: _Worker) -> bool:
        """Return whether the worker took the tasks: one, or several with small content."""
        jobs, descriptor = tuple(map(_job, items)), None
        if jobs[0].data is None:
            descriptor = items[0].content.fileno()
        try:
            worker.sock.settimeout(_START)
            send(worker.sock, Jobs(jobs), descriptor)
            receive(worker.sock, Taken)
        except (OSError, EOFError, msgspec.DecodeError):
            return False
        return True

    def _awaited(self, item: _Item, worker: _Worker) -> tuple[InspectResult, bool]:
        """Return the result and whether the worker lives on."""
        try:
            worker.sock.settimeout(item.task.limits.wall + _GRACE)
            done, _ = receive(worker.sock, Done)
            while done.more and item.take is not None:
                item.handed_on = True
                item.take(done.results[0].matches)
                done, _ = receive(worker.sock, Done)
        except TimeoutError:
            return self._lost(item, "timeout", "the worker did not answer"), False
        except msgspec.DecodeError:
            return self._lost(item, "crashed", "the worker's answer made no sense"), False
        except (OSError, EOFError):
            return self._lost(item, *_cause(worker.status())), False
        if len(done.results) != 1:
            return self._lost(item, "crashed", "the worker's answer made no sense"), False
        return done.results[0], not done.leaving

    def _lost(self, item: _Item, reason: str, detail: str) -> InspectResult:
        return InspectResult(
            outcome="partial" if item.handed_on else "skipped",
            reason=reason,
            detail=detail,
            size=item.content.size,
            detector_set=self.detector_set,
            notes=(Note("", reason, detail),),
            parts_failed=1,
        )


def small(content: Content) -> bool:
    """Return whether the content goes to a worker together with others."""
    return content.held is not None and content.held <= SMALL


def _job(item: _Item) -> Job:
    task = item.task
    name = task.name.encode("utf-8", "replace").decode()  # a file's name may be no text; filters need a hint only
    return Job(name, task.every, task.limits, item.content.inline(), task.reveal, batches=item.take is not None)


def _set(only: tuple[str, ...], own: tuple[Source, ...], key: bytes, cache_dir: str | None) -> DetectorSet:
    if not own:
        return DetectorSet.shipped(only)
    from casb_cli.scan.detect import exact, prints
    from casb_cli.scan.detect.custom import detectors

    made = detectors(own, cache_dir=cache_dir)
    exact.check(made, key)
    prints.check(made, key)
    return DetectorSet.shipped(only, made)


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
