"""The enterprise's audit trail, and the apps that were seen in use in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.box.common import BoxBase
from casb_cli.apps.box.events import Event, Events, activity
from casb_cli.apps.box.scopes import ENTERPRISE, box
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, ListGrants, Page, Window, needs
from casb_cli.core.errors import CursorExpired
from casb_cli.core.models import Activity, Grant, Partition
from casb_cli.core.refs import local
from casb_cli.core.shapes import from_json
from casb_cli.transport.paging import MarkerInBody

LICENCE = "Box Business or Enterprise"
RETENTION = timedelta(days=365)
"""How far back `admin_logs` reaches."""
OVERLAP = timedelta(hours=24)
"""How much of the last window is read again: `admin_logs` is complete only with a delay that Box does not state."""
GRANTS_SEEN = timedelta(days=90)
EVENTS_LIMIT = 500
_PAGER = MarkerInBody(field="next_stream_position", param="stream_position", feed=True)
_ENDS_GRANTS = frozenset({"OAUTH2_ACCESS_TOKEN_REVOKE", "OAUTH2_REFRESH_TOKEN_REVOKE"})


class Position(msgspec.Struct):
    """Where a listing stands: the window being read and the place in it, or (no `before`) the time read up to."""

    after: str
    before: str | None = None
    at: str | None = None


class ActivityLog(BoxBase, ListActivity, ListGrants):
    """Matrix rows 5 to 7 and 13."""

    kinds: ClassVar[Mapping[str, str | None]] = {"logon": None, "user": None, "admin": None}

    def chunks(self, after: datetime, before: datetime, at: str | None = None) -> Iterator[tuple[list[Event], str]]:
        """Yield the events of a window in order, each chunk with the place behind it; a short chunk is not the end."""
        query: dict[str, Any] = {
            "stream_type": "admin_logs",
            "created_after": clock.text(after),
            "created_before": clock.text(before),
            "limit": EVENTS_LIMIT,
        }
        for answer, following in self.client.pages(self.get("/events", query=query), _PAGER, at):
            found = answer.decode(Events).entries
            if not found or following is None:
                return
            yield found, following

    @needs("GET /events", any_of=box(ENTERPRISE), licence=LICENCE)
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield events oldest first, window by window; a continued listing reads the last day again, same ids."""
        del part
        # Box takes whole seconds and leaves the last one out.
        now = clock.now().replace(microsecond=0) + timedelta(seconds=1)
        until = clock.parse(window.until) if window.until else now
        after = clock.parse(window.since) if window.since else until - RETENTION
        before, at = until, None
        seen: set[str] = set()
        if cursor:
            known = _position(cursor)
            after = clock.parse(known.after)
            if known.before:
                before, at = clock.parse(known.before), known.at
            elif window.since:
                after = max(after, clock.parse(window.since))
        while True:
            for found, following in self.chunks(after, before, at):
                fresh = [event for event in found if event.event_id not in seen]
                seen = {event.event_id for event in found}
                rows = [row for row in map(activity, fresh) if row.kind in window.kinds]
                place = Position(after=clock.text(after), before=clock.text(before), at=following)
                yield Page(items=rows, cursor=_encode(place))
            yield Page(items=(), cursor=_encode(Position(after=clock.text(before - OVERLAP))))
            if before >= until:
                return
            # The window was one of an earlier run: what came since follows.
            after, before, at = before - OVERLAP, until, None

    @needs("GET /events", any_of=box(ENTERPRISE), licence=LICENCE)
    def list_grants(self, part: Partition, cursor: str | None) -> Iterator[Page[Grant]]:
        """Yield the apps that activity of the last 90 days names, for each person who used them."""
        del part, cursor
        until = clock.now().replace(microsecond=0)
        seen: dict[tuple[str, str], Grant] = {}
        for events, _ in self.chunks(until - GRANTS_SEEN, until):
            for event in events:
                grant = _grant(event)
                if grant is None:
                    continue
                key = (grant.client_id or "", grant.principal_ref or "")
                former = seen.get(key)
                if former is None or (grant.last_used or "") >= (former.last_used or ""):
                    seen[key] = grant
        yield Page(items=list(seen.values()))


def _grant(event: Event) -> Grant | None:
    details = event.additional_details or {}
    service, name = details.get("service_id"), details.get("service_name")
    actor = event.created_by
    if not service or actor is None or event.event_type in _ENDS_GRANTS:
        return None
    return Grant(
        id=f"service:{service}:{actor.id}",
        name=str(name) if name else None,
        kind="app seen in use",
        client_id=str(service),
        principal=actor.login or actor.name,
        principal_ref=local("account", actor.id),
        last_used=clock.normalise(event.created_at),
        unknown=("scopes", "issued", "expires"),
    )


def _encode(position: Position) -> str:
    return msgspec.json.encode(position).decode()


def _position(cursor: str) -> Position:
    try:
        return from_json(cursor, Position)
    except msgspec.MsgspecError as error:
        raise CursorExpired(f"the stored position in the audit trail is unreadable: {error}") from None
