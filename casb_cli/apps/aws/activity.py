"""Activity: CloudTrail's events of the last 90 days by account and region, or the files of a trail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.events import Record, activity, records
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.aws.trail import Trail
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, Page, Window, needs
from casb_cli.core.errors import CursorExpired
from casb_cli.core.models import Activity, Notice, Partition
from casb_cli.core.shapes import from_json

RETENTION = timedelta(days=90)
OVERLAP = timedelta(minutes=30)
"""How far back a later listing begins again: events arrive up to a quarter of an hour late."""
PER_PAGE = 50
_SOURCES = ("signin.amazonaws.com", "sts.amazonaws.com", "sso.amazonaws.com")
"""Where sign-ins come from: asked for by source, log-ons alone cost three queries and not a query for each name."""


class Event(msgspec.Struct):
    EventId: str
    CloudTrailEvent: str = ""


class Events(msgspec.Struct):
    Events: list[Event] = []


class Position(msgspec.Struct, frozen=True):
    """Where a listing stands: the slice being read, the page within it, and the newest event seen."""

    since: str
    until: str
    source: int = 0
    token: str | None = None
    last: str | None = None
    done: bool = False


class ActivityLog(Trail, AwsBase, ListActivity):
    """Matrix rows 5 to 7."""

    kinds: ClassVar[Mapping[str, str | None]] = {
        "logon": None,
        "user": "objects read and written in S3 show only in a trail with data events: set `trail`",
        "admin": None,
    }

    @needs("POST /cloudtrail/LookupEvents", any_of=may("cloudtrail:LookupEvents"))
    @needs("POST /account/ListRegions", any_of=may("account:ListRegions"))
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield events newest first, as CloudTrail gives them; each account and region is a partition.

        Later listings begin half an hour before the newest event of the one before; repeats have the same ids.
        """
        kind = part.key.partition(":")[0]
        if kind == "":
            named = "trail" if self.field("trail") else "regions"
            yield Page(items=(), more=self.account_parts(named))
        elif kind == "regions":
            account = part.data["account"]
            yield Page(
                items=(),
                more=tuple(
                    Partition(key=f"events:{account}:{region}", data={"account": account, "region": region})
                    for region in self.regions(account)
                ),
            )
        elif kind == "events":
            yield from self._events(part.data["account"], part.data["region"], cursor, window)
        else:
            yield from self.list_trail(part, cursor, window)

    def _events(self, account: str, region: str, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        place, notices = _begin(_position(cursor), window)
        # Log-ons alone are asked for by their sources; whatever else is wanted needs every event.
        sources: tuple[str | None, ...] = _SOURCES if set(window.kinds) == {"logon"} else (None,)
        start, end = clock.parse(place.since), clock.parse(place.until)
        last = place.last
        seen: set[str] = set()
        for number in range(place.source, len(sources)):
            token = place.token if number == place.source else None
            for events, after in self._pages(account, region, sources[number], start, end, token):
                rows = [row for row in (_row(one) for one in events) if row and row.id not in seen]
                seen = {row.id for row in rows}
                last = max(filter(None, (last, *(row.time for row in rows))), default=None)
                where = msgspec.structs.replace(place, source=number, token=after, last=last)
                if after is None:
                    over = number + 1 == len(sources)
                    where = msgspec.structs.replace(where, source=0 if over else number + 1, done=over)
                yield Page(
                    items=[row for row in rows if row.kind in window.kinds and inside(row, window)],
                    cursor=msgspec.json.encode(where).decode(),
                    notices=tuple(notices),
                )
                notices = []

    def _pages(
        self, account: str, region: str, source: str | None, start: datetime, end: datetime, token: str | None
    ) -> Iterator[tuple[list[Event], str | None]]:
        params: dict[str, Any] = {
            "StartTime": int(start.timestamp()),
            "EndTime": int(end.timestamp()) + 1,
            "MaxResults": PER_PAGE,
        }
        if source is not None:
            params["LookupAttributes"] = [{"AttributeKey": "EventSource", "AttributeValue": source}]
        try:
            for page, after in self._lookup(account, region, params, token):
                token = after
                yield page, after
        except CursorExpired:
            # The slice begins anew: events have ids, so repeats do no harm.
            if token is None:
                raise
            yield from self._lookup(account, region, params, None)

    def _lookup(
        self, account: str, region: str, params: Mapping[str, Any], token: str | None
    ) -> Iterator[tuple[list[Event], str | None]]:
        pages = self.json_pages(
            "cloudtrail",
            "LookupEvents",
            Events,
            params,
            token,
            region=region,
            account=account,
            family=f"lookup:{region}",
        )
        for page, after in pages:
            yield page.Events, after


def _row(event: Event) -> Activity | None:
    found: Record | None = next(iter(records(event.CloudTrailEvent)), None)
    return activity(found, event.EventId) if found else None


def inside(row: Activity, window: Window) -> bool:
    """Tell whether an event lies in a window."""
    if row.time is None:
        return True
    moment = clock.parse(row.time)
    after_start = window.since is None or moment >= clock.parse(window.since)
    return after_start and (window.until is None or moment < clock.parse(window.until))


def _begin(known: Position | None, window: Window) -> tuple[Position, list[Notice]]:
    """Return where to read from, and what is no longer there to be read."""
    now = clock.now().replace(microsecond=0)
    oldest = now - RETENTION
    if known is not None and not known.done:
        return known, []
    notices: list[Notice] = []
    since = clock.parse(window.since) if window.since else oldest
    if known is not None:
        # Without any event the slice that was read is what is known of.
        resumed = clock.parse(known.last or known.until) - OVERLAP
        if resumed < oldest:
            about = f"activity from {clock.text(resumed)} to {clock.text(oldest)}: it was not read within 90 days"
            notices.append(Notice(code="gap", about=about))
        since = max(since, resumed) if window.since else resumed
    elif since < oldest - timedelta(hours=1):
        about = f"activity before {clock.text(oldest)}: CloudTrail looks back 90 days; a trail's files may hold more"
        notices.append(Notice(code="unreachable", about=about))
    until = min(clock.parse(window.until), now) if window.until else now
    since = min(max(since, oldest), until)
    last = known.last if known else None
    return Position(since=clock.text(since), until=clock.text(until), last=last), notices


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        return from_json(cursor, Position)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in CloudTrail is unreadable: {error}") from None
