"""The organization's audit log, sorted into log-on, user and administrative activity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar

import msgspec

from casb_cli.apps.github import mapping
from casb_cli.apps.github.common import PER_PAGE, GitHubBase, encode
from casb_cli.apps.github.scopes import either
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, Page, Window, needs
from casb_cli.core.errors import (
    BadAnswer,
    CursorExpired,
    LicenceMissing,
    ObjectMissing,
    ProviderError,
    RequestRefused,
    ScopeMissing,
    UnsafeAddress,
)
from casb_cli.core.models import Activity, Notice, Partition
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import LinkHeader

LICENCE = "GitHub Enterprise Cloud"
RETENTION = timedelta(days=180)
OVERLAP = timedelta(minutes=10)
GIT_RETENTION = timedelta(days=7)
"""docs.github.com, audit log: git events are kept for seven days, all others for 180."""


class Position(msgspec.Struct, omit_defaults=True):
    """Where reading goes on: the newest event seen and the moment of reading (ms), and a page's link within a run."""

    newest: int
    read: int
    link: str | None = None


class ActivityLog(GitHubBase, ListActivity):
    """Matrix rows 5 to 7."""

    kinds: ClassVar[Mapping[str, str | None]] = {
        "logon": "sign-ins appear only where the organization uses SAML (`org.sso_response`) "
        "or managed users; github.com reports no others",
        "user": None,
        "admin": None,
    }

    @needs(
        "GET /orgs/{org}/audit-log",
        any_of=either(oauth=["read:audit_log"], app=["organization_administration:read"]),
        licence=LICENCE,
    )
    def list_activity(self, part: Partition, cursor: str | None, window: Window) -> Iterator[Page[Activity]]:
        """Yield events oldest first. A continued listing goes on at a page's link, or near the newest time seen.

        Late events: it begins ten minutes before the newest, and repeats have the same ids. A link that GitHub no
        longer takes is left for the newest time; a gap is told where the log forgot events before they were read.
        """
        del part
        position = self._position(cursor)
        since = clock.parse(window.since) if window.since else clock.now() - RETENTION
        resumed = clock.from_millis(position.newest) if position else None
        if resumed:
            after_newest = clock.parse(resumed) - OVERLAP
            since = max(since, after_newest) if window.since else after_newest
        start = clock.text(since.replace(microsecond=0))
        span = f"{start}..{clock.text(clock.parse(window.until))}" if window.until else f">={start}"
        query = {"phrase": f"created:{span}", "include": "all", "order": "asc", "per_page": PER_PAGE}
        call = self.get("/orgs/{org}/audit-log", query=query, family="audit_log")
        newest = position.newest if position else int(since.timestamp() * 1000)
        notices = self._gaps(position)
        link = position.link if position else None
        try:
            for answer, after in self._pages(call, link):
                events = answer.decode(list[mapping.AuditEvent])
                newest = max([newest, *(event.timestamp for event in events)])
                rows = [mapping.activity(event) for event in events]
                read = int(clock.now().timestamp() * 1000)
                yield Page(
                    items=[row for row in rows if row.kind in window.kinds and self._inside(row, window)],
                    cursor=encode(Position(newest=newest, read=read, link=after)),
                    notices=notices,
                )
                notices = ()
        except ObjectMissing as error:
            raise self._refused(error) from error

    def _pages(self, call: Call, link: str | None) -> Iterator[tuple[Answer, str | None]]:
        if link:
            try:
                first = next(self.client.pages(call, LinkHeader(), link))
            except (ObjectMissing, RequestRefused, BadAnswer, UnsafeAddress):
                # A page's link is good for one walk: a later run reads again from the newest time.
                link = None
            else:
                yield first
                link = first[1]
                if link is None:
                    return
        yield from self.client.pages(call, LinkHeader(), link)

    @staticmethod
    def _position(cursor: str | None) -> Position | None:
        if cursor is None:
            return None
        try:
            return from_json(cursor, Position)
        except msgspec.MsgspecError as error:
            raise CursorExpired(f"the stored position in the audit log is unreadable: {error}") from None

    @staticmethod
    def _gaps(position: Position | None) -> tuple[Notice, ...]:
        if position is None:
            return ()
        now = clock.now()
        read = clock.parse(clock.from_millis(position.read) or clock.text(now))
        for what, kept in (("events", RETENTION), ("git events (clone, push, fetch)", GIT_RETENTION)):
            if now - read > kept:
                lost = f"{what} from {clock.text(read)} to {clock.text((now - kept).replace(microsecond=0))}"
                return (Notice(code="gap", about=f"{lost}: GitHub forgot them before they were read"),)
        return ()

    @staticmethod
    def _inside(row: Activity, window: Window) -> bool:
        if row.time is None:
            return True
        after_start = window.since is None or clock.parse(row.time) >= clock.parse(window.since)
        return after_start and (window.until is None or clock.parse(row.time) < clock.parse(window.until))

    def _refused(self, error: ObjectMissing) -> ProviderError:
        # Without the licence, and to a caller who is no owner, the log answers a plain 404: the plan tells
        # the two apart, and it is null to a caller who is no owner.
        plan = self.facts.tenant.plan if self.facts.tenant else None
        if plan in {None, "enterprise"}:
            needed = ("read:audit_log", "organization owner")
            return ScopeMissing(
                "the audit log is hidden from this credential",
                needed=("organization_administration:read",) if self.facts.method == "app" else needed,
                call=error.call,
                status=error.status,
                request_id=error.request_id,
                hint="grant `read:audit_log` (GitHub App: organization administration, read) to an owner's credential",
            )
        return LicenceMissing(
            f"the audit log needs {LICENCE}; this organization's plan is `{plan}`",
            needed=(LICENCE,),
            call=error.call,
            status=error.status,
            request_id=error.request_id,
        )
