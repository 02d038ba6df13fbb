"""Live listings: partitions of several instances read in parallel, rows delivered as they arrive.

Memory stays bounded: pages wait in a queue of fixed length, and connectors stop while it is full.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from casb_cli.connect.open import OpenInstance
from casb_cli.core.anew import from_its_beginning
from casb_cli.core.capabilities import Ability, ListActivity, Page, Window
from casb_cli.core.compact import Seen
from casb_cli.core.errors import CasbError, ProviderError, Stopped
from casb_cli.core.models import ROOT, Notice, Partition, Row
from casb_cli.scan.crew import Crew

WORKERS = 8
"""Partitions of one instance read at once. A thread holds a page and its rows, a megabyte or more in all."""
WAITING_PAGES = 16


@dataclass(frozen=True)
class Failure:
    """A partition that could not be read; `root` tells that nothing of the listing could."""

    instance: OpenInstance
    part: Partition
    error: CasbError
    root: bool


@dataclass(frozen=True)
class Listed:
    """One page of one instance."""

    instance: OpenInstance
    rows: Sequence[Row]


@dataclass
class Outcome:
    """What became of a listing: filled while it is consumed, final when it has ended."""

    failures: list[Failure] = field(default_factory=list)
    notices: list[tuple[OpenInstance, Notice]] = field(default_factory=list)
    """Each once, however many pages said it."""
    complete: list[OpenInstance] = field(default_factory=list)
    answered: list[OpenInstance] = field(default_factory=list)
    """Instances of which at least one part that holds rows was read to its end."""
    stopped: bool = False
    """Whether it was stopped before its end."""

    @property
    def hidden(self) -> bool:
        """Whether rows are missing that the provider has."""
        return bool(self.failures) or any(
            notice.effect == "hidden" and notice.code != "unreachable" for _, notice in self.notices
        )


def reader(
    instance: OpenInstance, ability: type[Ability], window: Window | None = None
) -> Callable[..., Iterator[Page[Any]]]:
    """Return the connector's method of a listing ability, bound to its window; raises Unsupported, NotPermitted."""
    connector = instance.connector_for(ability)
    method = getattr(connector, ability.key.replace("-", "_"))
    if issubclass(ability, ListActivity):
        return lambda part, cursor: method(part, cursor, window or Window())
    bound: Callable[..., Iterator[Page[Any]]] = method
    return bound


class Listing:
    """One listing over several instances; iterate it once."""

    def __init__(
        self,
        instances: Sequence[OpenInstance],
        ability: type[Ability],
        *,
        window: Window | None = None,
        stop: threading.Event | None = None,
        until: threading.Event | None = None,
        check_visibility: bool = True,
    ) -> None:
        """`stop` is set when the listing ends, so that calls under way end too; `until` only ends the listing."""
        self._instances = instances
        self._ability = ability
        self._window = window
        self._stop = stop or threading.Event()
        self._until = until or self._stop
        self._check = check_visibility
        self._pages: queue.Queue[Listed | Failure | OpenInstance | BaseException] = queue.Queue(WAITING_PAGES)
        self._noting = threading.Lock()
        self._noted: set[tuple[str, Notice]] = set()
        self.outcome = Outcome()

    def __iter__(self) -> Iterator[Listed]:
        readings = [_Reading(instance, self) for instance in self._instances]
        for reading in readings:
            reading.start()
        running = len(readings)
        try:
            while running:
                try:
                    item = self._pages.get(timeout=0.2)
                except queue.Empty:
                    if self.over:
                        # They hand nothing over any more, not even their end.
                        self.outcome.stopped = True
                        return
                    continue
                if isinstance(item, Listed):
                    yield item
                elif isinstance(item, Failure):
                    self.outcome.failures.append(item)
                elif isinstance(item, OpenInstance):
                    running -= 1
                    if not self.over and not self._failed(item):
                        self.outcome.complete.append(item)
                else:
                    raise item
        finally:
            self._stop.set()
            for reading in readings:
                reading.join(self._pages)

    @property
    def over(self) -> bool:
        """Whether nobody consumes any more."""
        return self._stop.is_set() or self._until.is_set()

    def _failed(self, instance: OpenInstance) -> bool:
        return any(failure.instance is instance for failure in self.outcome.failures)

    def note(self, instance: OpenInstance, notice: Notice) -> None:
        """Keep what a page could not show."""
        with self._noting:
            if (instance.key, notice) not in self._noted:
                self._noted.add((instance.key, notice))
                self.outcome.notices.append((instance, notice))

    def note_answered(self, instance: OpenInstance) -> None:
        """Keep that a part of an instance was read to its end."""
        with self._noting:
            if instance not in self.outcome.answered:
                self.outcome.answered.append(instance)

    def check(self) -> None:
        """Raise Stopped when nobody consumes any more."""
        if self.over:
            raise Stopped("stopped")

    def put(self, item: Listed | Failure | OpenInstance | BaseException) -> None:
        """Hand an item to the consumer, waiting while it is behind; raises Stopped when nobody consumes."""
        while not self.over:
            try:
                self._pages.put(item, timeout=0.1)
            except queue.Full:
                continue
            return
        raise Stopped("stopped")

    def read(self, instance: OpenInstance) -> Callable[..., Iterator[Page[Any]]]:
        """Return how partitions of this listing are read, once the credential proved not to be blind."""
        method = reader(instance, self._ability, self._window)
        if self._check:
            spec, _ = instance.choose(self._ability)
            shortened = instance.look(spec)
            if shortened:
                self.note(instance, Notice(code="not-visible", about=shortened))
        return method

    @property
    def ability(self) -> type[Ability]:
        """What is being listed."""
        return self._ability


class _Reading:
    """One instance's partitions, read by a crew."""

    def __init__(self, instance: OpenInstance, listing: Listing) -> None:
        self._instance = instance
        self._listing = listing
        self._known: set[str] = set()
        self._method: Callable[..., Iterator[Page[Any]]]
        self._crew = Crew(f"list {instance.label}", WORKERS, self._read_or_fail, stopped=lambda: listing.over)
        self._main = threading.Thread(target=self._run, name=f"list {instance.label}", daemon=True)

    def start(self) -> None:
        """Begin reading."""
        self._main.start()

    def join(self, pages: queue.Queue[Any]) -> None:
        """Wait until every thread has ended, emptying the queue that they may be waiting for."""
        while self._main.is_alive():
            while not pages.empty():
                pages.get_nowait()
            self._main.join(0.05)

    def _run(self) -> None:
        try:
            self._run_workers()
        except Exception as error:  # noqa: BLE001 - a defect must reach the user's thread, not die in this one
            self._quietly(error)
        else:
            self._quietly(self._instance)

    def _run_workers(self) -> None:
        try:
            method = self._listing.read(self._instance)
        except CasbError as error:
            self._fail(ROOT, error, root=True)
            return
        self._method = method
        self._crew.add([ROOT])
        self._crew.run()

    def _quietly(self, item: OpenInstance | BaseException) -> None:
        try:
            self._listing.put(item)
        except Stopped:
            return

    def _fail(self, part: Partition, error: CasbError, *, root: bool) -> None:
        if isinstance(error, ProviderError):
            error = self._instance.explain(error, self._listing.ability)
        try:
            self._listing.put(Failure(self._instance, part, error.alone(), root))
        except Stopped:
            return

    def _read_or_fail(self, part: Partition) -> None:
        try:
            self._read(part)
        except Stopped:
            raise
        except CasbError as error:
            self._fail(part, error, root=part == ROOT)

    def _read(self, part: Partition) -> None:
        seen = Seen()  # what was shown already is not shown again
        from_its_beginning(lambda: self._read_through(part, seen))

    def _read_through(self, part: Partition, seen: Seen) -> None:
        """Read a partition to its end; rows whose ids were seen are left out: a provider may give a page twice."""
        leaf = True
        for page in self._method(part, None):
            self._listing.check()
            leaf = leaf and not page.more
            if page.more:
                with self._crew.change:
                    more = [one for one in page.more if one.key not in self._known]
                    self._known.update(one.key for one in more)
                    # Depth first, so that a tree never waits whole.
                    self._crew.add(sorted(more, key=lambda one: one.exposure), first=True)
            for notice in page.notices:
                self._listing.note(self._instance, notice)
            # Within the page too: a connector may have gathered several of the provider's pages into it.
            rows = [row for row in page.items if seen.add(row.id)]
            if rows:
                self._listing.put(Listed(self._instance, rows))
        if leaf:
            self._listing.note_answered(self._instance)
