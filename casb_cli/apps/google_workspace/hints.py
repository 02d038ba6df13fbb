"""Whose files were touched lately, as the audit trail tells it: a hint of which of many feeds to ask at once.

The trail tells minutes late and names no owner for a few events, so that a hint saves calls and decides nothing:
every feed is asked now and then all the same, from where it was.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from casb_cli.apps.google_workspace import events
from casb_cli.apps.google_workspace.common import REPORTS, GoogleBase
from casb_cli.core import clock
from casb_cli.core.errors import NotPermitted, RequestRefused
from casb_cli.core.models import Partition

FEW = 200
"""So many feeds are simply all asked each round."""
SWEEP = timedelta(hours=1)
"""How often all feeds are asked whatever the trail tells."""
LATE = timedelta(minutes=20)
"""How far back the trail is read again: its events on Drive come within minutes."""
_FIELDS = "nextPageToken,items(id(time,uniqueQualifier,applicationName),events(name,parameters(name,value)))"
_PLACES = frozenset({"owner", "shared_drive_id", "owner_shared_drive_id", "team_drive_id", "owner_team_drive_id"})


class Asked(msgspec.Struct):
    """When the trail was last read, and when all feeds were last asked."""

    trail: str = ""
    all: str = ""


class Touched:
    """The feeds in which the trail tells of something."""

    def __init__(self, places: set[str]) -> None:
        self._places = places

    def __contains__(self, part: Partition) -> bool:
        return str(part.data.get("drive") or part.data.get("as") or "").casefold() in self._places


class Hints(GoogleBase):
    """The part of the audit trail that tells of Drive."""

    def touched(self, known: int, asked: Asked) -> Touched | None:
        """Return which of so many feeds to ask now, None for all, and keep in `asked` what was asked for."""
        now = clock.now()
        if known <= FEW or not asked.all or now - clock.parse(asked.all) >= SWEEP:
            asked.all = asked.trail = clock.text(now)
            return None
        try:
            places = self._touched(clock.parse(asked.trail) - LATE, now)
        except (NotPermitted, RequestRefused):
            # Without the audit scope there is no hint: listing activity says so.
            asked.all = asked.trail = clock.text(now)
            return None
        asked.trail = clock.text(now)
        return Touched(places)

    def _touched(self, since: datetime, until: datetime) -> set[str]:
        """Return owners' addresses and ids of shared drives with events on Drive in a span of time."""
        path = {"userKey": "all", "applicationName": "drive"}
        name = f"{REPORTS}/activity/users/{{userKey}}/applications/{{applicationName}}"
        span = {"startTime": _moment(since), "endTime": _moment(until)}
        return {
            (parameter.value or "").casefold()
            for page, _ in self.pages(name, events.Activities, path, maxResults=1000, fields=_FIELDS, **span)
            for item in page.items or ()
            for event in item.events or ()
            for parameter in event.parameters or ()
            if parameter.name in _PLACES
        }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
