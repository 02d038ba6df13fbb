"""From waiting files to findings: fetch in the coordinator's threads, inspect in workers, settle in the store.

The most exposed files come first; unchanged content under an unchanged detector set is not fetched again. Every
file ends in a state with a reason, so any stop resumes.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from casb_cli.connect.open import OpenInstance
from casb_cli.core.capabilities import ReadFile, Unscannable
from casb_cli.core.errors import (
    BrokenOff,
    CasbError,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    SignInNeeded,
    Stopped,
    Throttled,
    Unavailable,
)
from casb_cli.core.models import File, Finding
from casb_cli.core.refs import local
from casb_cli.scan.extract.base import Stop
from casb_cli.scan.workers_content import Content
from casb_cli.store.files import FileState, Waiting
from casb_cli.store.store import Store

if TYPE_CHECKING:
    from casb_cli.scan.results import InspectResult
    from casb_cli.scan.workers import WorkerPool

FETCHERS = 6
BATCH = 300
"""Waiting files looked at together; those that can be read in bulk are grouped within a batch."""
SINGLES = 16
"""Files that are read one by one, taken by one thread at a time: each look at the queue reads a batch of it."""
BULK_BATCH = 500
MAX_FETCH = 512 << 20
"""Bytes of a file that are fetched at most; larger ones are skipped as too large, before fetching."""
_READS = 4
"""How often a file is read whose content breaks off, with `_AGAIN` seconds between; then it waits as a failed one."""
_AGAIN = 0.2
_RETRY = 600.0
_ATTEMPTS = 5
_LONG_RETRY = 86_400.0
"""Seconds after which a file that failed several times is tried again."""
_NOTHING_TO_READ = frozenset({"symlink", "no-content"})
"""Why a connector gives nothing of what has no content of its own."""


class Inspector:
    """Inspects the waiting files of one instance; one object for one scan."""

    def __init__(
        self,
        instance: OpenInstance,
        store: Store,
        pool: WorkerPool,
        stop: threading.Event,
        *,
        progress: Callable[[str, int], None] | None = None,
        max_fetch: int = MAX_FETCH,
        again: bool = False,
    ) -> None:
        """With `again` content that is known unchanged is read once more all the same."""
        self._instance = instance
        self._store = store
        self._pool = pool
        self._stop = stop
        self._progress = progress or (lambda _noun, _count: None)
        self._max_fetch = max_fetch
        self._again = again
        self._detectors = pool.detector_set
        self._lock = threading.Lock()
        self._reading: set[int] = set()
        self._ahead: list[Waiting] = []
        self._settled: Counter[str] = Counter()
        self._open = threading.Semaphore(FETCHERS * 4)
        self._pending = 0
        self._quiet = threading.Condition()
        self._defect: BaseException | None = None
        self._halted: CasbError | None = None
        self._denied: CasbError | None = None

    @property
    def denied(self) -> CasbError | None:
        """The first refusal to give a file's content; each such file failed and is tried again."""
        return self._denied

    @property
    def settled(self) -> Counter[str]:
        """How many files were settled in this run, by state."""
        return self._settled

    @property
    def halted(self) -> CasbError | None:
        """What ended the inspection before every file was read, such as a rejected credential."""
        return self._halted

    def run(self, *, until: Callable[[], bool] | None = None) -> None:
        """Inspect until no file waits. `until` tells whether more may still come: then an empty queue is waited on."""
        if not issubclass(self._instance.connector_class, ReadFile):
            return
        try:
            connector = self._instance.connector_for(ReadFile)
        except CasbError as error:
            self._halted = error
            return
        threads = [
            threading.Thread(target=self._fetch, args=(connector, until), name=f"fetch {number}", daemon=True)
            for number in range(FETCHERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with self._quiet:
            while self._pending and self._defect is None:
                self._quiet.wait(0.5)
        if self._defect is not None:
            raise self._defect

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or self._defect is not None or self._halted is not None

    def _fetch(self, connector: ReadFile, until: Callable[[], bool] | None) -> None:
        try:
            while not self._ended:
                more = until is not None and until()
                batch = self._claim(connector)
                if batch:
                    self._work(connector, batch)
                elif more or self._left():
                    self._stop.wait(0.2)
                else:
                    return
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - a defect must reach the run's thread, not die in this one
            self._defect = error

    def _left(self) -> bool:
        """Tell whether a file waits that nobody reads: the queue may seem empty while one waits behind its position."""
        waiting = self._store.files.waiting(self._instance.key)
        with self._lock:
            return waiting > len(self._reading)

    def _claim(self, connector: ReadFile) -> list[Waiting]:
        """Take some files to be read one by one, or many that can be read in bulk."""
        with self._lock:
            # What one look at the queue found is handed out before the next look: reading rows is the dear part.
            found = self._ahead or self._look(BATCH)
            if not found:
                return []
            key = connector.bulk_key(found[0].file)
            if key is not None and len(found) == BATCH and all(connector.bulk_key(w.file) == key for w in found):
                found = self._look(BULK_BATCH)
            batch = [waiting for waiting in found if connector.bulk_key(waiting.file) == key]
            if key is None:
                batch = batch[:SINGLES]
            taken = {waiting.oid for waiting in batch}
            self._ahead = [waiting for waiting in found if waiting.oid not in taken]
            self._reading |= taken
            return batch

    def _look(self, most: int) -> list[Waiting]:
        return self._store.files.next(self._instance.key, most, exclude=frozenset(self._reading))

    def _release(self, waiting: Waiting) -> None:
        with self._lock:
            self._reading.discard(waiting.oid)

    def _work(self, connector: ReadFile, batch: list[Waiting]) -> None:
        left = {waiting.file.id: waiting for waiting in batch if not self._known(waiting)}
        if len(left) > 1:
            self._bulk(connector, left)
        for waiting in list(left.values()):
            if self._ended:
                self._release(waiting)
            else:
                self._single(connector, waiting)

    def _known(self, waiting: Waiting) -> bool:
        """Settle a file without fetching it, where that is possible."""
        files, key, file = self._store.files, self._instance.key, waiting.file
        if not self._again and files.known(key, file, self._detectors) is not None:
            files.unchanged(key, file)
            self._count("unchanged")
            self._release(waiting)
            return True
        if file.size is not None and file.size > self._max_fetch:
            self._settle(waiting, "skipped", reason="too-large", missed=True)
            return True
        if file.size == 0:
            self._settle(waiting, "done")
            return True
        if not self._again and files.clean_twin(key, file, self._detectors) is not None:
            self._settle(waiting, "done")
            return True
        return False

    def _bulk(self, connector: ReadFile, left: dict[str, Waiting]) -> None:
        """Read what one bulk answer holds; what it lacks, or a failure of it, leaves the file to be read alone."""
        try:
            contents = connector.read_many([waiting.file for waiting in left.values()])
            for file, chunks in contents or ():
                waiting = left.get(file.id)
                if waiting is not None:
                    self._take(waiting, chunks)
                    del left[file.id]
                if self._ended:
                    return
        except ProviderError as error:
            if isinstance(error, SignInNeeded):
                self._halt(error)

    def _single(self, connector: ReadFile, waiting: Waiting) -> None:
        try:
            self._read(connector, waiting)
        except Unscannable as reason:
            self._skip(waiting, reason)
        except ObjectMissing as error:
            hidden = self._instance.explain(error, ReadFile)
            if isinstance(hidden, NotPermitted):
                self._deny(waiting, hidden)
            else:
                self._settle(waiting, "skipped", reason="vanished")
        except NotPermitted as error:
            self._deny(waiting, error)
        except Stopped:
            self._release(waiting)
            raise
        except SignInNeeded as error:
            self._release(waiting)
            self._halt(error)
        except (Throttled, Unavailable) as error:
            self._failed(waiting, error)
        except ProviderError as error:
            self._failed(waiting, error)

    def _read(self, connector: ReadFile, waiting: Waiting) -> None:
        for left in range(_READS - 1, -1, -1):
            try:
                with connector.read_file(waiting.file) as chunks:
                    self._take(waiting, chunks)
            except BrokenOff:
                if not left or self._stop.wait(_AGAIN):
                    raise
            else:
                return

    def _deny(self, waiting: Waiting, error: NotPermitted) -> None:
        # Not a property of the file: whoever grants the permission back expects it to be read.
        self._denied = self._denied or self._instance.explain(error, ReadFile)
        self._failed(waiting, error, reason="denied")

    def _halt(self, error: CasbError) -> None:
        self._halted = self._instance.explain(error, ReadFile)

    def _failed(self, waiting: Waiting, error: ProviderError, *, reason: str | None = None) -> None:
        before = self._store.files.inspection(self._instance.key, waiting.file.id)
        tries = before.attempts + 1 if before else 1
        wait = _RETRY * tries if tries < _ATTEMPTS else _LONG_RETRY
        retry_at = int((time.time() + wait) * 1000)
        self._settle(waiting, "failed", reason=reason or error.kind, missed=True, retry_at=retry_at)

    def _take(self, waiting: Waiting, chunks: Iterator[bytes] | Unscannable) -> None:
        """Read the content into an anonymous file and hand it to a worker; the result settles the file."""
        from casb_cli.scan.workers import Task

        if isinstance(chunks, Unscannable):
            self._skip(waiting, chunks)
            return
        try:
            content = Content.of(chunks, self._max_fetch)
        except Stop as stop:
            self._settle(waiting, "skipped", reason=stop.reason, detail=stop.detail, missed=True)
            return
        while not self._open.acquire(timeout=0.2):
            if self._ended:
                content.close()
                self._release(waiting)
                raise Stopped("stopped")
        with self._quiet:
            self._pending += 1
        file = waiting.file
        task = Task(ref=file.id, name=file.path or file.name or file.id, mime=file.mime)
        future = self._pool.submit(task, content)
        future.add_done_callback(lambda done: self._finish(waiting, done))

    def _finish(self, waiting: Waiting, future: Future[InspectResult]) -> None:
        try:
            if future.cancelled():
                self._release(waiting)
                return
            result = future.result()
            if result.reason == "crashed" and self._ended:
                self._release(waiting)  # most likely its worker was ended with the run, which is not the file's fault
                return
            found = tuple(findings_of(waiting.file, result))
            self._settle(
                waiting,
                result.outcome,
                reason=result.reason,
                detail=result.detail,
                missed=None if result.outcome == "done" else result.missed,
                remedies=result.remedies,
                findings=found,
            )
        except Exception as error:  # noqa: BLE001 - raised again by the run; a callback has no caller to tell
            self._defect = error
        finally:
            self._open.release()
            with self._quiet:
                self._pending -= 1
                self._quiet.notify_all()

    def _skip(self, waiting: Waiting, given: Unscannable) -> None:
        missed = None if given.reason in _NOTHING_TO_READ else True
        self._settle(waiting, "skipped", reason=given.reason, detail=given.detail, missed=missed)

    def _settle(self, waiting: Waiting, state: FileState, **outcome: Any) -> None:
        self._store.files.settle(self._instance.key, waiting.file, state, detectors=self._detectors, **outcome)
        self._release(waiting)
        self._count(state)

    def _count(self, state: str) -> None:
        with self._lock:
            self._settled[state] += 1
        self._progress("inspected", 1)


def findings_of(file: File, result: InspectResult) -> Iterator[Finding]:
    """Yield one finding per detector that matched in a file: its worst match's place and excerpt, the total count.

    The id comes from the matches' keyed hashes: other matches make another finding, so that a suppression never
    hides what came later.
    """
    grouped = defaultdict(list)
    for match in result.matches:
        grouped[match.detector].append(match)
    order = {"low": 0, "medium": 1, "high": 2, "critical": 3}
    for detector, matches in grouped.items():
        best = max(matches, key=lambda match: (order[match.severity], order[match.confidence]))
        yield Finding(
            id=_fingerprint(file.id, detector, (match.fingerprint for match in matches)),
            detector=detector,
            severity=best.severity,
            confidence=best.confidence,
            count=result.totals.get(detector, len(matches)),
            excerpt=best.excerpt,
            place=best.place,
            file=file.path or file.name,
            file_ref=local("file", file.id),
            sharing=file.sharing,
            state="open",
        )


def _fingerprint(file: str, detector: str, matches: Iterable[str]) -> str:
    text = "\0".join((file, detector, *sorted(set(matches))))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
