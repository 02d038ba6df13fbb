"""The audit trail: each application of the Reports API, read window by window, recent windows more than once.

Google lists the newest events first and adds late ones afterwards: a listing that goes on reads the last minutes
again each time, and the last day again every few hours. Repeats have the same ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import msgspec

from casb_cli.apps.google_workspace import events
from casb_cli.apps.google_workspace.common import PAGER, REPORTS, GoogleBase
from casb_cli.apps.google_workspace.scopes import AUDIT, google
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, Page, Window, needs
from casb_cli.core.errors import CursorExpired, NotPermitted, RequestRefused, ScopeMissing
from casb_cli.core.models import Activity, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Call

RETENTION = timedelta(days=180)
SLICE = timedelta(days=30)
"""The longest window asked for at once: the most that Gmail's log takes."""
OVERLAP = timedelta(minutes=15)
"""How much before the last window's end the next begins, where events come within minutes."""
LATE = timedelta(hours=24)
"""How late events may come: so far back a sweep reads again."""
SWEEP = timedelta(hours=6)
"""How often such a sweep is made, and how far others than the prompt applications overlap."""
PER_PAGE = 1000
_NAME = f"{REPORTS}/activity/users/{{userKey}}/applications/{{applicationName}}"
_FIELDS = (
    "nextPageToken,items(id(time,uniqueQualifier,applicationName),actor(email,profileId,key),ipAddress,"
    "events(name,status(eventStatus),parameters(name,value,intValue,boolValue,multiValue)))"
)


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a listing stands: read up to `after`; with an `end`, a run on the way there, at a page of its window.

    `swept` is when late events were last looked for.
    """

    after: str
    page: str = ""
    end: str | None = None
    swept: str | None = None


class ActivityLog(GoogleBase, ListActivity):
    """Matrix rows 5 to 7."""

    kinds: ClassVar[Mapping[str, str | None]] = {"logon": None, "user": None, "admin": None}
    _people_hidden = False

    @needs("GET /admin/reports/v1/activity/users/{userKey}/applications/{applicationName}", any_of=google(AUDIT))
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield events of each application, a partition each; windows are in order, events in them newest first."""
        if part.key == "":
            wanted = set(window.kinds)
            more = tuple(
                Partition(key=f"app:{name}", data={"application": name})
                for name in events.APPLICATIONS
                if events.kinds_of(name) & wanted
            )
            yield Page(items=(), more=more)
            return
        application = part.data["application"]
        try:
            yield from self._application(application, _position(cursor), window)
        except (NotPermitted, RequestRefused) as error:
            if isinstance(error, ScopeMissing) or application in events.EVERYWHERE:
                raise
            about = f"activity of {application}, which this edition does not record: {error.words}"
            yield Page(items=(), cursor=cursor, notices=(Notice(code="unreachable", about=about),))

    def _application(self, application: str, known: Position | None, window: Window) -> Iterator[Page[Activity]]:
        now = clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        oldest = now - RETENTION
        notices = tuple(_kept(application, known, window, oldest))
        if known is not None and known.end is not None:
            # A run that was stopped is ended first; what came since follows.
            end = clock.parse(known.end)
            begin = max(clock.parse(known.after), oldest)
            for page in self._span(application, begin, end, window, known.page, known.swept):
                yield msgspec.structs.replace(page, notices=notices)
                notices = ()
            known = Position(known.end, swept=known.swept)
        begin, swept = _start(application, known, window, now)
        end = clock.parse(window.until) if window.until else now
        for page in self._span(application, max(begin, oldest), end, window, "", swept):
            yield msgspec.structs.replace(page, notices=notices)
            notices = ()

    def _span(
        self, application: str, after: datetime, end: datetime, window: Window, page: str, swept: str | None
    ) -> Iterator[Page[Activity]]:
        """Yield what happened from `after` on, window by window, until `end`; the first begins at a stored page."""
        while after < end:
            until = min(after + SLICE, end)
            for rows, following in self._window(application, after, until, page):
                if following:
                    place = Position(clock.text(after), following, clock.text(end), swept)
                elif until < end:
                    place = Position(clock.text(until), "", clock.text(end), swept)
                else:
                    place = Position(clock.text(end), swept=swept)
                inside = [row for row in rows if row.kind in window.kinds and _inside(row, window)]
                yield Page(items=inside, cursor=msgspec.json.encode(place).decode())
            after, page = until, ""

    def _window(
        self, application: str, after: datetime, until: datetime, page: str
    ) -> Iterator[tuple[list[Activity], str | None]]:
        """Yield the pages of one window, each with the token of the next."""
        bounds = {"startTime": _moment(after), "endTime": _moment(until)}
        call = self.get(
            _NAME,
            {"userKey": "all", "applicationName": application},
            query={**bounds, "maxResults": PER_PAGE, "fields": _FIELDS},
        )
        within = Window(since=bounds["startTime"], until=bounds["endTime"])
        try:
            yield from self._pages_of(call, within, page or None)
        except CursorExpired:
            if not page:
                raise
            # The stored token is no longer taken: the window is read from its beginning, with the same ids.
            yield from self._pages_of(call, within, None)

    def _pages_of(self, call: Call, within: Window, page: str | None) -> Iterator[tuple[list[Activity], str | None]]:
        seen: set[str] = set()
        for answer, following in self.client.pages(call, PAGER, page):
            found = answer.decode(events.Activities).items or ()
            rows = [row for item in found for row in events.rows(item, self._person)]
            yield [row for row in rows if row.id not in seen and _inside(row, within)], following
            seen = {row.id for row in rows}

    def _person(self, address: str) -> str | None:
        if self._people_hidden:
            return None
        try:
            return self.account_ref(address)
        except NotPermitted:
            # A reference is a convenience, the address stands beside it: it is not asked for with every event.
            self._people_hidden = True
            return None


def _start(application: str, known: Position | None, window: Window, now: datetime) -> tuple[datetime, str]:
    """Return where a run begins to read, and when late events were last looked for."""
    since = clock.parse(window.since) if window.since else now - RETENTION
    if known is None:
        return since, clock.text(now)
    start = clock.parse(known.after) - (OVERLAP if application in events.PROMPT else SWEEP)
    swept = known.swept or known.after
    if now - clock.parse(swept) >= SWEEP:
        start, swept = min(start, clock.parse(swept) - LATE), clock.text(now)
    return max(start, since), swept


def _kept(application: str, known: Position | None, window: Window, oldest: datetime) -> list[Notice]:
    if known is not None:
        if clock.parse(known.after) >= oldest:
            return []
        about = f"activity of {application} from {known.after} to {clock.text(oldest)}: Google keeps 180 days"
        return [Notice(code="gap", about=about)]
    if window.since is not None and clock.parse(window.since) < oldest - timedelta(hours=1):
        about = f"activity before {oldest.date().isoformat()}: Google keeps 180 days"
        return [Notice(code="unreachable", about=about)]
    return []


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _inside(row: Activity, window: Window) -> bool:
    if row.time is None:
        return True
    moment = clock.parse(row.time)
    after_start = window.since is None or moment >= clock.parse(window.since)
    return after_start and (window.until is None or moment < clock.parse(window.until))


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        return from_json(cursor, Position)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in the audit trail is unreadable: {error}") from None
