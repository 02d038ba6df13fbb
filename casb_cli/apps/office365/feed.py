"""The Office 365 Management Activity API: subscriptions, bundles of records, and which of them were read.

Bundles are listed by when they were made, in windows of a day at most, seven days back. They come in disorder
and late, with records that were told before: the last day is listed again each time, and bundles known are not
read again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.office365 import records
from casb_cli.apps.office365.common import FEED
from casb_cli.apps.office365.directory import Directory
from casb_cli.core import clock
from casb_cli.core.capabilities import Page, Window
from casb_cli.core.errors import CursorExpired, ObjectMissing, RequestRefused, StateConflict, Throttled
from casb_cli.core.models import Activity, Notice
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import LinkHeader

KEPT = timedelta(days=7) - timedelta(minutes=10)
"""How far back bundles are listed: Microsoft's seven days, less what a run takes to ask."""
SLICE = timedelta(hours=24)
LATE = timedelta(hours=24)
"""So far back bundles are listed again."""
AT_ONCE = 6
"""Bundles read at the same time."""
SILENCE = "the first records come up to twelve hours after it was switched on"
NO_FEED = "this cloud has no Management Activity API: activity of the ten products is told to nobody"
_LISTED = f"{FEED}/subscriptions/list"
_START = f"{FEED}/subscriptions/start"
_CONTENT = f"{FEED}/subscriptions/content"
_BLOB = f"{FEED}/audit/{{contentId}}"
_REMEMBERED = 10_000
_ALREADY = "AF20024"
_NONE = frozenset({"AF20022", "AF20023"})


@dataclass(frozen=True)
class NextPageUri:
    """The next page's URL stands in a header that Microsoft calls by two names."""

    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return LinkHeader().prepare(call, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        return answer.headers.get("nextpageuri") or answer.headers.get("nextpageurl") or None


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the listing of bundles stands: all made before `after` were read; `known` are marks of later ones."""

    after: str
    known: tuple[str, ...] = ()


class Feed(Directory):
    """Reading the feed."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._feed_lock = threading.Lock()
        self._subscribed: frozenset[str] | None = None

    @property
    def tenant_id(self) -> str:
        """The tenant's GUID, which the feed's addresses need."""
        if self.facts.tenant is not None and self.facts.tenant.id:
            return self.facts.tenant.id
        return self.organization.id

    @property
    def has_feed(self) -> bool:
        """Whether the instance's cloud has the API at all."""
        return "manage" in self.facts.urls

    def _of_feed(self, name: str, **more: Any) -> Call:
        query = {**more.pop("query", {}), "PublisherIdentifier": self.tenant_id}
        return self.call(name, {"tenant": self.tenant_id, **more.pop("path", {})}, query=query, **more)

    def subscribed(self) -> frozenset[str]:
        """Return the content types that are recorded for us, asked for once."""
        with self._feed_lock:
            if self._subscribed is None:
                found = self.read(self._of_feed(f"GET {_LISTED}"), list[records.Subscription])
                self._subscribed = frozenset(
                    one.content_type for one in found if (one.status or "enabled").lower() == "enabled"
                )
        return self._subscribed

    def _start(self, content_type: str) -> Notice:
        """Have a content type recorded from now on; what that means is returned to be told."""
        call = self._of_feed(
            f"POST {_START}",
            query={"contentType": content_type},
            # Counted apart: a refusal is for a quarter of an hour, which nothing else need wait for.
            family="manage:start",
            once=True,
            safe=False,
        )
        try:
            self.client.send(call)
        except Throttled as error:
            about = f"activity of {content_type}: recording cannot be switched on yet: {error.words}"
            return Notice(code="unreachable", about=about)
        except (StateConflict, RequestRefused) as error:
            if error.code != _ALREADY:
                raise
        return Notice(code="unreachable", about=f"activity of {content_type} until now: {SILENCE}")

    def feed(self, content_type: str, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield the activity of a content type that bundles made since the cursor hold."""
        if not self.has_feed:
            yield Page(items=(), cursor=cursor, notices=(Notice(code="unreachable", about=NO_FEED),))
            return
        known = _place(cursor)
        if content_type not in self.subscribed():
            yield Page(items=(), cursor=cursor, notices=(self._start(content_type),))
            return
        now = clock.now().replace(microsecond=0)
        oldest = now - KEPT
        notices = tuple(_lost(content_type, known, window, oldest))
        begin = clock.parse(window.since) if window.since else oldest
        if known is not None:
            begin = max(clock.parse(known.after) - LATE, begin)
        begin = max(begin, oldest)
        if begin >= now:
            yield Page(items=(), cursor=cursor, notices=notices)
            return
        skip = frozenset(known.known) if known else frozenset()
        told = _Recent()
        marks: dict[str, str] = {}
        while begin < now:
            end = min(begin + SLICE, now)
            for rows, gone, seen in self._slice(content_type, begin, end, skip):
                marks |= seen
                told_now = (*notices, *gone)
                notices = ()
                inside = [row for row in rows if self._wanted(row, window) and told.new(row.id)]
                # A run that is stopped reads what it knew anew: the marks are kept at its end only.
                yield Page(items=inside, cursor=_text(Place(_moment(begin))), notices=told_now)
            begin = end
        since = now - LATE
        recent = tuple(mark for mark, made in marks.items() if made >= _moment(since))
        yield Page(items=(), cursor=_text(Place(_moment(now), recent)), notices=notices)

    def _slice(
        self, content_type: str, begin: datetime, end: datetime, skip: frozenset[str]
    ) -> Iterator[tuple[list[Activity], list[Notice], dict[str, str]]]:
        call = self._of_feed(
            f"GET {_CONTENT}",
            query={"contentType": content_type, "startTime": _moment(begin), "endTime": _moment(end)},
        )
        try:
            for answer, _ in self.client.pages(call, NextPageUri()):
                blobs = answer.decode(list[records.Blob])
                marks = {_mark(one.content_id): (one.content_created or _moment(end))[:19] for one in blobs}
                fresh = [one for one in blobs if _mark(one.content_id) not in skip]
                for start in range(0, max(len(fresh), 1), AT_ONCE):
                    some = fresh[start : start + AT_ONCE]
                    rows: list[Activity] = []
                    gone: list[Notice] = []
                    for found in self.each(self._read_blob, some, AT_ONCE):
                        if found is None:
                            about = f"a bundle of {content_type} that Microsoft no longer keeps"
                            gone.append(Notice(code="gap", about=about))
                        else:
                            rows += found
                    yield rows, gone, marks
                    marks = {}
        except StateConflict as error:
            if error.code not in _NONE:
                raise
            about = f"activity of {content_type}: {error.words}; {SILENCE}"
            yield [], [Notice(code="unreachable", about=about)], {}

    def _read_blob(self, blob: records.Blob) -> list[Activity] | None:
        call = self._of_feed(f"GET {_BLOB}", path={"contentId": blob.content_id}, url=blob.content_uri)
        try:
            found = self.read(call, list[records.Record])
        except ObjectMissing:
            return None
        return [records.activity(one) for one in found if not self._told_elsewhere(one)]

    def _told_elsewhere(self, record: records.Record) -> bool:
        """Whether a record is an interactive sign-in that the list of sign-ins has: it is told once."""
        return record.record_type in records.SIGN_INS and not record.renewal and self.reads_sign_ins()

    def reads_sign_ins(self) -> bool:
        """Tell whether sign-ins are read from their own list; without it the feed's are what there is."""
        return False

    def _wanted(self, row: Activity, window: Window) -> bool:
        return row.kind in window.kinds and within(row, window)


class _Recent:
    """Ids told lately: neighbouring bundles repeat records."""

    def __init__(self) -> None:
        self._now: set[int] = set()
        self._before: set[int] = set()

    def new(self, id_: str) -> bool:
        """Tell whether an id was not told lately, and remember it."""
        mark = hash(id_)
        if mark in self._now or mark in self._before:
            return False
        self._now.add(mark)
        if len(self._now) > _REMEMBERED:
            self._before, self._now = self._now, set()
        return True


def within(row: Activity, window: Window) -> bool:
    """Tell whether activity lies in a window; what tells no time does."""
    if row.time is None:
        return True
    moment = clock.parse(row.time)
    after_start = window.since is None or moment >= clock.parse(window.since)
    return after_start and (window.until is None or moment < clock.parse(window.until))


def _mark(content_id: str) -> str:
    return sha256(content_id.encode()).hexdigest()[:12]


def _moment(moment: datetime) -> str:
    """Return a time as the feed writes it: UTC without a mark."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _text(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    try:
        return from_json(cursor, Place)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in the audit feed is unreadable: {error}") from None


def _lost(content_type: str, known: Place | None, window: Window, oldest: datetime) -> Iterator[Notice]:
    since = clock.text(oldest)
    if known is not None:
        if clock.parse(known.after) < oldest:
            about = f"activity of {content_type} from {known.after}Z to {since}: Microsoft keeps seven days"
            yield Notice(code="gap", about=about)
    elif window.since is not None and clock.parse(window.since) < oldest - timedelta(hours=1):
        yield Notice(code="unreachable", about=f"activity of {content_type} before {since}: seven days are kept")
