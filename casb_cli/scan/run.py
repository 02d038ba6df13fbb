"""One scan of one instance, in the order of the design.

Permissions first, then the user list and, beside it, activity as a stream of its own; then groups, privileges,
grants and sharing; then files, most exposed first, while their contents are already being inspected.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from casb_cli.connect.open import OpenInstance
from casb_cli.core import clock
from casb_cli.core.app import CredentialSpec
from casb_cli.core.capabilities import (
    Ability,
    FollowFiles,
    ListAccounts,
    ListActivity,
    ListFiles,
    ListFindings,
    ListGrants,
    ListGroups,
    ListMemberships,
    ListPrivileges,
    ListShares,
    ListTrash,
    ReadFile,
)
from casb_cli.core.errors import CasbError, NotPermitted, Stopped, Unsupported
from casb_cli.core.models import Finding
from casb_cli.scan import feed, readon
from casb_cli.scan.census import Census, Lost, Taken
from casb_cli.scan.heap import keep_small
from casb_cli.scan.inspection import Inspector
from casb_cli.scan.statement import Statement, state_lacks, state_losses
from casb_cli.scan.workers import WorkerPool
from casb_cli.store.runs import RunState
from casb_cli.store.store import Store

DIRECTORY: tuple[type[Ability], ...] = (ListGroups, ListMemberships, ListPrivileges, ListGrants, ListShares)
RETRIED = "failed parts"
"""What a run that only tried the failed parts again says it was limited to."""
PARTS: dict[str, tuple[type[Ability], ...]] = {
    "accounts": (ListAccounts,),
    "groups": (ListGroups, ListMemberships),
    "privileges": (ListPrivileges,),
    "activity": (ListActivity,),
    "grants": (ListGrants,),
    "shares": (ListShares,),
    "files": (ListFiles, ListTrash, ReadFile, ListFindings),
}


@dataclass(frozen=True)
class Options:
    """What a scan was asked for."""

    full: bool = False
    failed_only: bool = False
    """Try only the parts again that failed in the last run."""
    only: tuple[str, ...] = ()
    trigger: str = "manual"

    def wants(self, ability: type[Ability]) -> bool:
        """Tell whether `--only` leaves an ability in."""
        return not self.only or any(ability in PARTS[name] for name in self.only)


@dataclass
class Scan:
    """Scans one instance; `run` returns its completeness statement."""

    instance: OpenInstance
    store: Store
    pool: WorkerPool
    stop: threading.Event
    options: Options = field(default_factory=Options)
    progress: Callable[[str, int], None] = lambda _noun, _count: None
    _blind: set[str] = field(default_factory=set, repr=False)
    """Credentials that see less than they did."""
    _unreadable: bool = field(default=False, repr=False)
    """Whether this instance was never able to read content."""

    def run(self) -> Statement:
        """Scan and keep what was seen; a failing part never ends the others. The caller holds the scan lock."""
        keep_small()
        options = self.options
        first = self.store.runs.last_ended(self.instance.key) is None
        run = self.store.runs.begin(self.instance.key, trigger=options.trigger)
        only = (RETRIED,) if options.failed_only else options.only
        statement = Statement(fresh=first or options.full, only=only)
        before = self.instance.calls()
        broken: Exception | None = None
        try:
            self._run(statement)
        except Exception as error:
            broken = error
            # The words of what nobody foresaw may quote content; what was foreseen was written to be read.
            words = str(error) if isinstance(error, CasbError) else type(error).__name__
            statement.lost.append(f"the run broke off: {words}")
            raise
        finally:
            statement.stopped = self.stop.is_set()
            calls = self.instance.calls()
            statement.calls = {scope: made for scope, n in calls.items() if (made := n - before.get(scope, 0))}
            self._count_files(statement)
            state_losses(statement, self.instance)
            state_lacks(statement, self.instance)
            self.store.runs.end(
                run,
                _state(statement, broken),
                exit_code=143 if statement.stopped else 1 if broken else statement.exit_code,
                statement=statement.as_dict(),
                counts=statement.seen,
            )
        return statement

    def _run(self, statement: Statement) -> None:
        census = Census(self.instance, self.store, self.stop, progress=self.progress)
        if not self._look(statement):
            return
        activity = self._beside(census)
        try:
            if self.options.wants(ListAccounts):
                self._take(census, ListAccounts, statement)
            for ability in DIRECTORY:
                if not self.stop.is_set() and self.options.wants(ability) and not self._with_files(ability):
                    self._take(census, ability, statement)
            if not self.stop.is_set() and self.options.wants(ListFiles):
                self._files(census, statement)
        finally:
            if activity is not None:
                statement.add(self.instance, activity())

    def _look(self, statement: Statement) -> bool:
        """Check that each credential that will be used is neither rejected nor blind; False where none may be.

        A blind one's listing would be an empty company: what it serves is not read at all.
        """
        used: dict[str, CredentialSpec] = {}
        for parts in PARTS.values():
            for ability in parts:
                if self.options.wants(ability) and issubclass(self.instance.connector_class, ability):
                    try:
                        spec = self.instance.choose(ability)[0]
                    except (NotPermitted, Unsupported):
                        continue  # said by the ability itself, when it is its turn
                    except CasbError as error:
                        self._blame(statement, error)
                        return False
                    used[spec.name] = spec
        for spec in used.values():
            try:
                shortened = self.instance.look(spec)
            except Stopped:
                return False
            except CasbError as error:
                self._blame(statement, error)
                self._blind.add(spec.name)
            else:
                if shortened:
                    statement.stated.append(f"credential {spec.name}: {shortened}")
        return not used or len(self._blind) < len(used)

    def _blame(self, statement: Statement, error: CasbError) -> None:
        error = self.instance.explain(error, ListAccounts, "see the whole tenant")
        statement.lost.append(str(error))
        statement.errors.append(error)
        if isinstance(error, NotPermitted):
            statement.miss(self.instance, error.needed)

    def _sees(self, ability: type[Ability]) -> bool:
        """Tell whether the app has an ability and the credential that serves it is not blind."""
        if not issubclass(self.instance.connector_class, ability):
            return False
        try:
            return self.instance.choose(ability)[0].name not in self._blind
        except NotPermitted:
            return True  # not blind, but refused: reported where it is used
        except Unsupported:
            return False  # switched off, which is stated

    def _beside(self, census: Census) -> Callable[[], Taken] | None:
        """Begin reading activity in a thread of its own; the returned function waits for it."""
        if not self.options.wants(ListActivity) or not self._sees(ListActivity):
            return None
        found: list[Taken] = []
        defects: list[BaseException] = []

        def read() -> None:
            try:
                found.append(census.follow_activity())
            except Exception as error:  # noqa: BLE001 - raised again in the run's thread below
                defects.append(error)

        thread = threading.Thread(target=read, name="activity", daemon=True)
        thread.start()

        def wait() -> Taken:
            thread.join()
            if defects:
                raise defects[0]
            return found[0]

        return wait

    def _take(self, census: Census, ability: type[Ability], statement: Statement, *, inspect: bool = False) -> None:
        again = self.options.failed_only
        if not self._sees(ability) or (again and not census.failed_before(ability)):
            return
        follows = readon.readable(census, ability) and not again
        taken = readon.read_on(census, ability) if follows and not self.options.full else None
        if taken is None:
            begun = Taken(ability)
            if follows and not census.interrupted(ability):
                readon.begin(census, ability, begun)
            full = self.options.full and not follows  # what was just begun is as full
            taken = census.take(ability, fresh=full, failed_only=again, inspect=inspect)
            taken.lost += begun.lost
        statement.add(self.instance, taken)

    def _with_files(self, ability: type[Ability]) -> bool:
        """Tell whether the feed of files may spare a listing: it is then decided behind the feed."""
        connector = self.instance.connector_class
        tells = issubclass(connector, FollowFiles) and connector.keeps_fresh is not FollowFiles.keeps_fresh
        return tells and ability is ListShares and self.options.wants(ListFiles) and self._sees(ListFiles)

    def _take_behind(self, census: Census, statement: Statement, *, followed: bool) -> None:
        """List what the feed of files may have told already, unless it has."""
        behind: tuple[type[Ability], ...] = (ListShares, ListTrash) if self._with_files(ListShares) else (ListTrash,)
        for ability in behind:
            wanted = not self.stop.is_set() and self.options.wants(ability)
            if wanted and not (followed and feed.told_since(census, ability)):
                self._take(census, ability, statement, inspect=ability is ListTrash)

    def _files(self, census: Census, statement: Statement) -> None:
        if not self._sees(ListFiles):
            return
        full = self.options.full
        if full:
            self.store.runs.forget_cursors(self.instance.key, feed.FEED)
        self.store.files.enqueue(self.instance.key, self.pool.detector_set, everything=full)
        inspector = Inspector(self.instance, self.store, self.pool, self.stop, progress=self.progress, again=full)
        listing = threading.Event()
        defects: list[BaseException] = []

        def inspect() -> None:
            try:
                inspector.run(until=lambda: not listing.is_set())
            except Exception as error:  # noqa: BLE001 - raised again in the run's thread below
                # The stop is every instance's: this one's listing goes on, and is kept, before its run fails.
                defects.append(error)

        thread = threading.Thread(target=inspect, name="inspect", daemon=True)
        thread.start()
        try:
            self._list_files(census, statement)
        finally:
            listing.set()
            thread.join()
        if defects:
            raise defects[0]
        for error in (inspector.halted, inspector.denied):
            if error is not None and not statement.lose(self.instance, ReadFile, Lost("", error)):
                self._unreadable = True
        statement.inspected = dict(inspector.settled)
        if not self.stop.is_set():
            self._own_findings(statement)
            self.store.findings.resolve_gone(self.instance.key)

    def _list_files(self, census: Census, statement: Statement) -> None:
        follows = issubclass(self.instance.connector_class, FollowFiles)
        saved = self.store.runs.cursor(self.instance.key, feed.FEED) if follows else None
        if saved and census.ever_ended(ListFiles) and not census.interrupted(ListFiles):
            if census.failed_before(ListFiles):
                statement.add(self.instance, census.take(ListFiles, failed_only=True, inspect=True))
            taken = feed.follow(census)
            if taken is not None:
                statement.add(self.instance, taken)
                self._take_behind(census, statement, followed=taken.complete)
                return
            statement.add(self.instance, Taken(FollowFiles, notices=[feed.expired_notice(saved[1])]))
        if follows and not feed.has_position(census) and census.begin(ListFiles):
            # The listing stands open before the position is kept, and is read after it: a run that is killed
            # in between leaves a listing to be done, never a position with nothing behind it.
            try:
                feed.mark_position(census)
            except CasbError as error:
                statement.add(self.instance, Taken(FollowFiles, lost=[Lost("", census.named(error, FollowFiles))]))
            statement.add(self.instance, census.take(ListFiles, inspect=True))
        else:
            self._take(census, ListFiles, statement, inspect=True)
        self._take_behind(census, statement, followed=False)

    def _own_findings(self, statement: Statement) -> None:
        """Take over what the provider's own inspection found."""
        if not self._sees(ListFindings):
            return
        from casb_cli.scan.listing import Listing

        listing = Listing([self.instance], ListFindings, until=self.stop, check_visibility=False)
        rows: list[Finding] = [row for page in listing for row in page.rows if isinstance(row, Finding)]
        outcome = listing.outcome
        whole = bool(outcome.complete) and not outcome.hidden and not self.stop.is_set()
        self.store.findings.record(self.instance.key, "provider", rows, complete=whole)
        lost = [Lost(one.part.key, one.error) for one in outcome.failures]
        notices = [notice for _, notice in outcome.notices]
        statement.add(self.instance, Taken(ListFindings, rows=len(rows), lost=lost, notices=notices))

    def _count_files(self, statement: Statement) -> None:
        if not self.options.wants(ListFiles):
            return
        for (state, reason), count in sorted(self.store.files.summary(self.instance.key).items(), key=str):
            statement.files[f"{state}: {reason}" if reason else state] = count
        statement.missed = self.store.files.missed_counts(self.instance.key)
        statement.remedies.extend(self.store.files.remedies(self.instance.key))
        if issubclass(self.instance.connector_class, ReadFile) and not self._unreadable:
            statement.waiting = self.store.files.waiting(self.instance.key)


def _state(statement: Statement, broken: Exception | None) -> RunState:
    if broken is not None:
        return "failed"
    if statement.stopped:
        return "stopped"
    return "done" if statement.complete else "partial"


def due(store: Store, instance: OpenInstance) -> Literal["scan", "failed"] | None:
    """Tell whether an instance's scan is due, or just another try of the parts that failed, or neither.

    Counted from the start of the last run that ended by itself and was not limited to some parts; failed parts
    have a back-off of their own.
    """
    last = store.runs.last_whole(instance.key)
    if last is None or clock.parse(last.started) + instance.config.scan_every <= clock.now():
        return "scan"
    moment = clock.now().timestamp() * 1000
    listed: tuple[type[Ability], ...] = (ListAccounts, *DIRECTORY, ListFiles)
    for ability in listed:
        left = store.partitions.left_over(instance.key, ability.key)
        if left is not None and left.retry_at is not None and left.retry_at <= moment:
            return "failed"
    return None
