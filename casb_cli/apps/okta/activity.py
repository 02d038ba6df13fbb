"""The System Log, polled by its never-ending next link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.okta.common import OktaBase
from casb_cli.apps.okta.events import Event, activity
from casb_cli.apps.okta.scopes import LOGS, okta
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, Page, Window, needs
from casb_cli.core.errors import CursorExpired, ObjectMissing, ProviderError, RequestRefused, UnsafeAddress
from casb_cli.core.models import Activity, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.transport.paging import LinkHeader

RETENTION = timedelta(days=90)
OVERLAP = timedelta(minutes=10)
"""How much before the newest event a listing begins that cannot go on by its link."""
PER_PAGE = 1000
REFUSALS = 3
"""How often a listing begins anew by time without having come any further."""
_PAGER = LinkHeader(feed=True)


class Position(msgspec.Struct, frozen=True):
    """Where a listing stands: the next link, the newest event's time, and when it was read."""

    link: str | None = None
    last: str | None = None
    at: str | None = None


class ActivityLog(OktaBase, ListActivity):
    """Matrix rows 5 to 7."""

    kinds: ClassVar[Mapping[str, str | None]] = {"logon": None, "user": None, "admin": None}

    @needs("GET /api/v1/logs", any_of=okta(LOGS))
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield events oldest first.

        Without an end the log is polled: bounds then count from when an event was stored, so late ones are not
        lost, and the link behind the last page goes on from there. A link that Okta no longer takes is replaced
        by the time of the newest event, less ten minutes; repeats have the same ids.
        """
        del part
        known = _position(cursor)
        notices = self._gaps(known, window)
        stored, failures = True, 0
        while True:
            try:
                for page, place in self._read(known, window, notices, stored=stored):
                    yield page
                    notices.clear()
                    stored = False
                    failures = 0 if (place.last or "") > (known.last or "") else failures
                    known = place
                return
            except _LinkRefused as refused:
                failures += 1
                if failures > REFUSALS:
                    raise refused.error from refused
                known, stored = msgspec.structs.replace(known, link=None), False

    def _gaps(self, known: Position, window: Window) -> list[Notice]:
        oldest = clock.now() - RETENTION
        if known.at and clock.parse(known.at) < oldest:
            about = f"activity from {known.at} to {clock.text(oldest)}: it was not read within the 90 days kept"
            return [Notice(code="gap", about=about)]
        if not _kept(known, window, oldest):
            about = f"activity before {clock.text(oldest)}: Okta keeps 90 days"
            return [Notice(code="unreachable", about=about)]
        return []

    def _read(
        self, known: Position, window: Window, notices: list[Notice], *, stored: bool
    ) -> Iterator[tuple[Page[Activity], Position]]:
        last, link, seen = known.last, known.link, frozenset[str]()
        refusals = (*_REFUSALS, UnsafeAddress) if stored else _REFUSALS
        pages = self.client.pages(self._call(known, window), _PAGER, link)
        while True:
            try:
                answer, after = next(pages, (None, None))
            except refusals as error:
                if link is None:
                    raise
                raise _LinkRefused(error) from error
            if answer is None:
                return
            # The provider's next link may lead elsewhere, which is no reason to begin anew.
            refusals = _REFUSALS
            events = answer.decode(list[Event])
            rows = [activity(event) for event in events if event.uuid not in seen]
            seen = frozenset(event.uuid for event in events)
            last = max(filter(None, (last, *(row.time for row in rows))), default=None)
            link = after or link
            # Without an end, a link always follows; behind it lies what is yet to come.
            place = Position(link=None if window.until else link, last=last, at=clock.now_text())
            page = Page(
                items=[row for row in rows if row.kind in window.kinds and _inside(row, window)],
                cursor=msgspec.json.encode(place).decode(),
                notices=tuple(notices),
            )
            yield page, msgspec.structs.replace(place, link=link)
            if not events or after is None:
                return

    def _call(self, known: Position, window: Window) -> Any:
        oldest = clock.now() - RETENTION
        since = clock.parse(window.since) if window.since else oldest
        if known.last:
            resumed = clock.parse(known.last) - OVERLAP
            since = max(since, resumed) if window.since else resumed
        query: dict[str, Any] = {
            "since": clock.text(max(since, oldest)),
            "sortOrder": "ASCENDING",
            "limit": PER_PAGE,
        }
        if window.until:
            query["until"] = clock.text(clock.parse(window.until))
        return self.get("/api/v1/logs", query=query)


_REFUSALS = (CursorExpired, RequestRefused, ObjectMissing)


class _LinkRefused(Exception):
    """A link is no longer taken."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__(str(error))
        self.error = error


def _kept(known: Position, window: Window, oldest: datetime) -> bool:
    """Tell whether nothing is asked for that Okta has already thrown away."""
    if known.last or window.since is None:
        return True
    return clock.parse(window.since) >= oldest - timedelta(hours=1)


def _inside(row: Activity, window: Window) -> bool:
    if row.time is None:
        return True
    moment = clock.parse(row.time)
    after_start = window.since is None or moment >= clock.parse(window.since)
    return after_start and (window.until is None or moment < clock.parse(window.until))


def _position(cursor: str | None) -> Position:
    if cursor is None:
        return Position()
    try:
        return from_json(cursor, Position)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in the System Log is unreadable: {error}") from None
