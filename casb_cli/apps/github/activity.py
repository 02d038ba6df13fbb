"""The organization's audit log, sorted into log-on, user and administrative activity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import ClassVar

from casb_cli.apps.github import mapping
from casb_cli.apps.github.common import PER_PAGE, GitHubBase
from casb_cli.apps.github.scopes import either
from casb_cli.core import clock
from casb_cli.core.capabilities import ListActivity, Page, Window, needs
from casb_cli.core.errors import LicenceMissing, NotPermitted, ObjectMissing, ProviderError
from casb_cli.core.models import Activity, Partition
from casb_cli.transport.paging import LinkHeader

LICENCE = "GitHub Enterprise Cloud"
RETENTION = timedelta(days=180)
OVERLAP = timedelta(minutes=10)
_NEWEST = "newest:"


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
        """Yield events oldest first. A cursor is either a page's link or, at the end, the newest time seen.

        Late events: a continued listing begins ten minutes before the newest, and repeats have the same ids.
        """
        del part
        since = clock.parse(window.since) if window.since else clock.now() - RETENTION
        newest = 0
        link = cursor
        if cursor and cursor.startswith(_NEWEST):
            newest = int(cursor.removeprefix(_NEWEST))
            resumed = clock.from_millis(newest)
            link = None
            if resumed:
                since = max(since, clock.parse(resumed) - OVERLAP) if window.since else clock.parse(resumed) - OVERLAP
        start = clock.text(since.replace(microsecond=0))
        span = f"{start}..{clock.text(clock.parse(window.until))}" if window.until else f">={start}"
        query = {"phrase": f"created:{span}", "include": "all", "order": "asc", "per_page": PER_PAGE}
        call = self.get("/orgs/{org}/audit-log", query=query, family="audit_log")
        try:
            for answer, after in self.client.pages(call, LinkHeader(), link):
                events = answer.decode(list[mapping.AuditEvent])
                newest = max([newest, *(event.timestamp for event in events)])
                rows = [mapping.activity(event) for event in events]
                yield Page(
                    items=[row for row in rows if row.kind in window.kinds and self._inside(row, window)],
                    cursor=after or f"{_NEWEST}{newest}",
                )
        except ObjectMissing as error:
            raise self._refused(error) from error

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
            return NotPermitted(
                "the audit log is hidden from this credential",
                needed=("read:audit_log", "organization owner"),
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
