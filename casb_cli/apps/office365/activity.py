"""Activity: sign-ins and directory audits of Graph, window by window, and the audit feed of the ten apps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import msgspec

from casb_cli.apps.office365 import records
from casb_cli.apps.office365.feed import Feed, within
from casb_cli.apps.office365.scopes import AUDIT, FEED, FEED_DLP, graph, on_activities, on_events, on_sign_ins
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, Page, Window
from casb_cli.core.errors import (
    CursorExpired,
    LicenceMissing,
    NotPermitted,
    ObjectMissing,
    RequestRefused,
    ScopeMissing,
    Unavailable,
)
from casb_cli.core.models import Activity, Notice, Partition
from casb_cli.core.shapes import from_json

T = TypeVar("T")

RETENTION = timedelta(days=30)
"""What Entra ID P1 and P2 keep; without either it is seven days."""
SLICE = timedelta(days=7)
SHORTEST = timedelta(hours=1)
LONGEST = RETENTION
MANY = 10
"""Pages of a window after which the next one is half as long."""
OVERLAP = timedelta(minutes=30)
"""How much before the last window's end the next begins."""
LATE = timedelta(hours=24)
SWEEP = timedelta(hours=6)
"""How often the last day is read again for what came late."""
PER_PAGE = 1000
_SIGN_INS = "/auditLogs/signIns"
_AUDITS = "/auditLogs/directoryAudits"
PREMIUM = "Entra ID P1"


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a listing stands: read up to `after`; with an `end`, a run on the way there, at a page of its window."""

    after: str
    page: str = ""
    until: str = ""
    end: str | None = None
    swept: str | None = None


class ActivityLog(Feed, ListActivity):
    """Matrix rows 5 to 7."""

    kinds: ClassVar[Mapping[str, str | None]] = {"logon": None, "user": None, "admin": None}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._signs: bool | None = None

    @on_events("GET /auditLogs/directoryAudits", any_of=graph(AUDIT))
    @on_sign_ins("GET /auditLogs/signIns", any_of=graph(AUDIT), licence=PREMIUM)
    @on_activities(
        "GET /api/v1.0/{tenant}/activity/feed/subscriptions/list",
        "POST /api/v1.0/{tenant}/activity/feed/subscriptions/start",
        "GET /api/v1.0/{tenant}/activity/feed/subscriptions/content",
        "GET /api/v1.0/{tenant}/activity/feed/audit/{contentId}",
        any_of=graph(FEED),
    )
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield sign-ins, directory audits and each content type of the feed, a partition each."""
        kind, _, name = part.key.partition(":")
        if kind == "":
            yield Page(items=(), more=tuple(self._parts(set(window.kinds))))
        elif kind == "feed":
            yield from self._feed_of(name, cursor, window)
        elif kind == "sign-ins":
            yield from self._sign_ins(cursor, window)
        else:
            yield from self._windows(
                _AUDITS, "activityDateTime", records.DirectoryAudit, records.directory_audit, cursor, window
            )

    def _parts(self, wanted: set[str]) -> Iterator[Partition]:
        if self.on("management-events") and "admin" in wanted:
            yield Partition(key="audits")
        if self.on("sign-ins") and "logon" in wanted:
            yield Partition(key="sign-ins")
        if self.on("activities"):
            yield from (Partition(key=f"feed:{name}") for name in self._feeds())

    def _feeds(self) -> tuple[str, ...]:
        # One is enough to tell that a cloud has none of them.
        return tuple(records.CONTENT_TYPES)[: None if self.has_feed else 1]

    def _feed_of(self, content_type: str, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        try:
            yield from self.feed(content_type, cursor, window)
        except ScopeMissing as error:
            if not content_type.startswith("DLP"):
                raise
            # A permission of its own, for the detail of what data loss prevention matched.
            about = f"activity of {content_type}: {error.words}"
            notice = Notice(code="scope-missing", about=about, needed=(FEED_DLP,), effect="degraded")
            yield Page(items=(), cursor=cursor, notices=(notice,))

    # Sign-ins

    def reads_sign_ins(self) -> bool:
        """Tell whether the list of sign-ins is on and readable, asked for once."""
        if not self.on("sign-ins"):
            return False
        with self._lock:
            if self._signs is None:
                try:
                    self.client.send(self.get(_SIGN_INS, query={"$top": 1}))
                except (NotPermitted, RequestRefused, ObjectMissing):
                    self._signs = False
                else:
                    self._signs = True
        return self._signs

    def _sign_ins(self, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        try:
            for page in self._windows(_SIGN_INS, "createdDateTime", records.SignIn, records.sign_in, cursor, window):
                self._signs = True
                yield page
        except LicenceMissing as error:
            if not self.on("activities"):
                raise
            about = f"sign-ins, which are read from the audit feed instead, seven days back: {error.words}"
            notice = Notice(code="licence-missing", about=about, needed=(PREMIUM,), effect="degraded")
            yield Page(items=(), cursor=cursor, notices=(notice,))
        except (ObjectMissing, RequestRefused) as error:
            if self.has_feed:  # where there is none, in China, sign-ins are not listed either
                raise
            about = f"sign-ins, which this cloud lists to nobody: {error.words}"
            yield Page(items=(), cursor=cursor, notices=(Notice(code="unreachable", about=about),))

    # Windows

    def _windows(
        self,
        path: str,
        field: str,
        type_: type[T],
        to_row: Callable[[T], Activity],
        cursor: str | None,
        window: Window,
    ) -> Iterator[Page[Activity]]:
        """Yield what a list tells from the cursor until now, in windows, the oldest first."""
        known = _position(cursor)
        now = clock.now().replace(microsecond=0)
        oldest = now - RETENTION
        notices = tuple(_kept(path, known, window, oldest))

        def span(after: datetime, end: datetime, place: Position | None, swept: str | None) -> Iterator[Page[Activity]]:
            for rows, position in self._span(path, field, type_, to_row, (after, end), place, swept):
                inside = [row for row in rows if within(row, window)]
                yield Page(items=inside, cursor=msgspec.json.encode(position).decode())

        if known is not None and known.end is not None:
            # A run that was stopped is ended first; what came since follows.
            begin = max(clock.parse(known.after), oldest)
            for page in span(begin, clock.parse(known.end), known, known.swept):
                yield msgspec.structs.replace(page, notices=notices)
                notices = ()
            known = Position(known.end, swept=known.swept)
        begin, swept = _start(known, window, now)
        end = min(clock.parse(window.until), now) if window.until else now
        for page in span(max(begin, oldest), end, None, swept):
            yield msgspec.structs.replace(page, notices=notices)
            notices = ()

    def _span(
        self,
        path: str,
        field: str,
        type_: type[T],
        to_row: Callable[[T], Activity],
        bounds: tuple[datetime, datetime],
        place: Position | None,
        swept: str | None,
    ) -> Iterator[tuple[list[Activity], Position]]:
        """Yield rows and where to go on, window by window; a window that is too much for Microsoft is shortened."""
        after, end = bounds
        length = SLICE
        page = place.page if place else ""
        stored_until = clock.parse(place.until) if place and place.until and page else None
        while after < end:
            until = stored_until or min(after + length, end)
            stored_until = None
            pages = 0
            try:
                for rows, following in self._window(path, field, type_, to_row, (after, until), page):
                    pages += 1
                    if following:
                        yield rows, Position(clock.text(after), following, clock.text(until), clock.text(end), swept)
                    elif until < end:
                        yield rows, Position(clock.text(until), end=clock.text(end), swept=swept)
                    else:
                        yield rows, Position(clock.text(end), swept=swept)
            except Unavailable:
                if pages or until - after <= SHORTEST:
                    raise
                length, page = max((until - after) / 4, SHORTEST), ""
                continue
            after, page = until, ""
            if pages <= 1:
                length = LONGEST  # five calls in ten seconds are allowed: what fits a page costs one
            elif pages > MANY:
                length = max(length / 2, SHORTEST)

    def _window(
        self,
        path: str,
        field: str,
        type_: type[T],
        to_row: Callable[[T], Activity],
        bounds: tuple[datetime, datetime],
        page: str,
    ) -> Iterator[tuple[list[Activity], str | None]]:
        query = {"$filter": f"{field} ge {_moment(bounds[0])} and {field} lt {_moment(bounds[1])}", "$top": PER_PAGE}
        try:
            for found, following in self.pages(path, type_, query=query, cursor=page or None):
                yield [to_row(one) for one in found], following
        except (CursorExpired, RequestRefused):
            if not page:
                raise
            # The stored link is no longer taken: the window is read from its beginning, with the same ids.
            for found, following in self.pages(path, type_, query=query):
                yield [to_row(one) for one in found], following


def _start(known: Position | None, window: Window, now: datetime) -> tuple[datetime, str]:
    """Return where a run begins to read, and when late events were last looked for."""
    since = clock.parse(window.since) if window.since else now - RETENTION
    if known is None:
        return since, clock.text(now)
    start = clock.parse(known.after) - OVERLAP
    swept = known.swept or known.after
    if now - clock.parse(swept) >= SWEEP:
        start, swept = min(start, clock.parse(swept) - LATE), clock.text(now)
    return max(start, since), swept


def _kept(path: str, known: Position | None, window: Window, oldest: datetime) -> Iterator[Notice]:
    what = "sign-ins" if path == _SIGN_INS else "directory audits"
    if known is not None:
        if clock.parse(known.after) < oldest:
            about = f"{what} from {known.after} to {clock.text(oldest)}: Microsoft keeps thirty days"
            yield Notice(code="gap", about=about)
    elif window.since is not None and clock.parse(window.since) < oldest - timedelta(hours=1):
        yield Notice(code="unreachable", about=f"{what} before {oldest.date().isoformat()}: thirty days are kept")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        return from_json(cursor, Position)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in the audit log is unreadable: {error}") from None
