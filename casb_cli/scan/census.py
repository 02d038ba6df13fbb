"""Listing into the store: a persistent queue of partitions, read in parallel, resumed after any stop.

A page's rows, its cursor and the partitions it led to are committed together. Rows are marked gone only when
their partition ended completely.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from casb_cli.connect.open import OpenInstance
from casb_cli.core.anew import RESTARTS
from casb_cli.core.capabilities import Ability, ListActivity, Page, Window
from casb_cli.core.errors import CasbError, CursorExpired, ProviderError, Stopped, Throttled, Unavailable
from casb_cli.core.models import ROOT, Notice, Partition
from casb_cli.scan.crew import Crew
from casb_cli.scan.listing import WORKERS, reader
from casb_cli.scan.trail import Trail
from casb_cli.store.partitions import Listing, Part
from casb_cli.store.store import Store

_RETRY_AFTER = 300.0
"""Seconds until a partition that failed for a passing reason is due again, times the attempts so far."""

_CLAIMS = 8
"""Parts taken from the queue at once: one transaction for all of them."""


@dataclass(frozen=True)
class Lost:
    """A partition that could not be read: its key and the error."""

    partition: str
    error: CasbError

    def __post_init__(self) -> None:
        self.error.alone()  # thousands of parts may fail

    @property
    def call(self) -> str:
        """The logical call that failed, empty where none was made."""
        return self.error.call if isinstance(self.error, ProviderError) else ""


@dataclass
class Taken:
    """What became of one ability in one run."""

    ability: type[Ability]
    rows: int = 0
    gone: int = 0
    complete: bool = False
    only_changes: bool = False
    """Whether it was read on: nothing seen then means nothing new, not nothing there."""
    lost: list[Lost] = field(default_factory=list)
    left: tuple[Partition, ...] = ()
    """Of the partitions that were to be listed anew, those that could not be, or not wholly."""
    notices: list[Notice] = field(default_factory=list)
    """Each once, however many pages said it."""
    _noted: set[Notice] = field(default_factory=set, repr=False)

    def lose(self, partition: str, error: CasbError) -> None:
        """Keep that a partition could not be read."""
        self.lost.append(Lost(partition, error))

    def note(self, notices: Iterable[Notice]) -> None:
        """Keep what pages could not show."""
        for one in notices:
            if one not in self._noted:
                self._noted.add(one)
                self.notices.append(one)


class Census:
    """Lists abilities of one instance into the store; one object for one scan."""

    def __init__(
        self,
        instance: OpenInstance,
        store: Store,
        stop: threading.Event,
        *,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        self.instance = instance
        self.store = store
        self.stop = stop
        self._progress = progress or (lambda _noun, _count: None)

    def take(
        self,
        ability: type[Ability],
        *,
        fresh: bool = False,
        failed_only: bool = False,
        inspect: bool = False,
        roots: Sequence[Partition] = (ROOT,),
    ) -> Taken:
        """List an ability completely, going on where a stopped run left it; never raises a ProviderError.

        A listing that came to its own end begins anew; with `failed_only` just its failed parts are tried again.
        With `roots` other than the root, only these partitions are listed anew.
        """
        taken = Taken(ability)
        only = tuple(roots) != (ROOT,)
        try:
            method = reader(self.instance, ability)
        except CasbError as error:
            taken.lost.append(Lost("", error))
            return taken
        fresh = fresh or not (failed_only or self.interrupted(ability))
        listing = self.store.partitions.open_listing(self.instance.key, ability.key, fresh=fresh or only, roots=roots)
        self.store.partitions.retry_failed(listing)
        _Reading(self, listing, method, taken, inspect=inspect).run()
        if self.stop.is_set():
            return taken
        if only:
            unfinished = self.store.inventory.end_relisting(listing)
            taken.left = tuple(root for root in roots if root.key in unfinished)
            taken.complete = not unfinished
        else:
            gone = self.store.inventory.end_listing(listing)
            taken.complete = gone is not None
            taken.gone += gone or 0
        return taken

    def begin(self, ability: type[Ability]) -> bool:
        """Open a new complete listing without reading of it yet, so that a stop from now on leaves it to be done.

        False where the ability is not allowed: then nothing is opened.
        """
        try:
            reader(self.instance, ability)
        except CasbError:
            return False  # `take` meets the same refusal and reports it
        self.store.partitions.open_listing(self.instance.key, ability.key, fresh=True)
        return True

    def ever_ended(self, ability: type[Ability]) -> bool:
        """Tell whether a complete listing of an ability came to its end, or has but failed parts left to read."""
        ended = self.store.partitions.ended(self.instance.key, ability.key) is not None
        return ended or self.failed_before(ability)

    def interrupted(self, ability: type[Ability]) -> bool:
        """Tell whether the last listing of an ability was stopped before every part was tried."""
        left = self.store.partitions.left_over(self.instance.key, ability.key)
        return left is not None and bool(left.waiting or left.running)

    def failed_before(self, ability: type[Ability]) -> bool:
        """Tell whether the last listing of an ability left failed parts."""
        left = self.store.partitions.left_over(self.instance.key, ability.key)
        return left is not None and left.failed > 0

    def follow_activity(self, window: Window | None = None) -> Taken:
        """Read the audit trail on from where the last run stopped; each partition has a cursor of its own."""
        taken = Taken(ListActivity)
        try:
            method = reader(self.instance, ListActivity, window or Window())
        except CasbError as error:
            taken.lose("", self.named(error, ListActivity))
        else:
            Trail(self, method, taken).read()
        taken.complete = not taken.lost and not self.stop.is_set()
        return taken

    def named(self, error: CasbError, ability: type[Ability]) -> CasbError:
        """Return the error with instance and ability named in it."""
        return self.instance.explain(error, ability)

    def count(self, noun: str, number: int) -> None:
        """Tell the progress display."""
        self._progress(noun, number)


class _Reading:
    """One listing, read by a crew."""

    def __init__(
        self,
        census: Census,
        listing: Listing,
        method: Callable[..., Iterator[Page[Any]]],
        taken: Taken,
        *,
        inspect: bool,
    ) -> None:
        self._census = census
        self._store = census.store
        self._listing = listing
        self._method = method
        self._taken = taken
        self._inspect = inspect
        self._restarted: dict[int, int] = {}
        self._crew = Crew(
            listing.ability,
            WORKERS,
            self._read,
            stopped=census.stop.is_set,
            fetch=lambda: census.store.partitions.claim_some(listing, _CLAIMS),
        )

    def run(self) -> None:
        """Read every part that waits; returns when none is left, or when the run is stopped."""
        try:
            self._crew.run()
        finally:
            for part in self._crew.waiting:  # claimed, but stopped before it was read
                self._store.partitions.release(self._listing, part)

    def _read(self, part: Part) -> None:
        partitions = self._store.partitions
        ability = self._taken.ability
        try:
            last = self._read_pages(part)
        except Stopped:
            partitions.release(self._listing, part)
            raise
        except CursorExpired as error:
            with self._crew.change:
                again = self._restarted[part.id] = self._restarted.get(part.id, 0) + 1
            if again > RESTARTS:
                self._fail(part, self._census.named(error, ability), passing=False)
            else:
                partitions.restart(self._listing, part)
        except CasbError as error:
            passing = isinstance(error, Throttled | Unavailable)
            self._fail(part, self._census.named(error, ability), passing=passing)
        else:
            self._write(part, last, ends=True)

    def _read_pages(self, part: Part) -> Page[Any]:
        """Write the pages of a part and return its last one, to be written with the end of the part."""
        held: Page[Any] | None = None
        try:
            for page in self._method(part.partition, part.cursor):
                before, held = held, page
                if before is not None:
                    self._write(part, before)
                if page.cursor is not None:
                    held = None  # another follows
                    self._write(part, page)
                if self._census.stop.is_set():
                    raise Stopped("stopped")
        except (ProviderError, Stopped):
            if held is not None:
                self._write(part, held)
            raise
        return held or Page(items=())

    def _write(self, part: Part, page: Page[Any], *, ends: bool = False) -> None:
        gone = self._store.inventory.write_page(
            self._listing,
            part,
            page.items,
            page.cursor,
            more=page.more,
            notices=page.notices,
            inspect=self._inspect,
            ends=ends,
        )
        with self._crew.change:
            self._taken.gone += gone
            self._taken.rows += len(page.items)
            self._taken.note(page.notices)
        if page.more:
            self._crew.look_again()
        if page.items:
            self._census.count(self._taken.ability.yields or "row", len(page.items))

    def _fail(self, part: Part, error: CasbError, *, passing: bool) -> None:
        # A later run tries every failed part anew; within this run only a passing reason is worth another try.
        retry_at = int((time.time() + _RETRY_AFTER * (part.attempts + 1)) * 1000) if passing else None
        self._store.partitions.fail(self._listing, part, str(error), retry_at=retry_at)
        with self._crew.change:
            self._taken.lost.append(Lost(part.partition.key, error))
