"""The simulated Reports API: the activities of one application, newest first."""

from __future__ import annotations

import re
from typing import Any

from casb_cli.apps.google_workspace.sandbox_groups import Groups
from casb_cli.apps.google_workspace.sandbox_trail import KEPT_DAYS
from casb_cli.apps.google_workspace.sandbox_wire import (
    Refusal,
    epoch_of,
    invalid,
    page_token,
    read_token,
    size_of,
    told,
)
from casb_cli.sandbox.wire import Reply, Request, route

APPLICATIONS = frozenset(
    {
        "access_evaluation",
        "access_transparency",
        "admin",
        "admin_data_action",
        "assignments",
        "calendar",
        "chat",
        "chrome",
        "chrome_sync",
        "classroom",
        "cloud_search",
        "contacts",
        "context_aware_access",
        "data_migration",
        "data_studio",
        "directory_sync",
        "drive",
        "gcp",
        "gemini_in_workspace_apps",
        "gmail",
        "gplus",
        "graduation",
        "groups",
        "groups_enterprise",
        "jamboard",
        "keep",
        "ldap",
        "login",
        "meet",
        "meet_hardware",
        "mobile",
        "profile",
        "rules",
        "saml",
        "takeout",
        "tasks",
        "token",
        "user_accounts",
        "vault",
        "voice",
        "workspace_studio",
    }
)
_DAY = 86_400
_FILTER = re.compile(r"(\w+)(==|<>)(.+)")


class Reports(Groups):
    """Activities."""

    @route(
        "GET /admin/reports/v1/activity/users/{userKey}/applications/{applicationName}",
        host="admin",
        paged=True,
    )
    def list_activities(self, request: Request) -> Reply:
        """List what somebody, or with `all` everybody, did in an application: at most 180 days back."""
        self.require(request, "SUPER_ADMIN")
        application, query = request.params["applicationName"], request.query
        if application not in APPLICATIONS:
            raise invalid("applicationName", f"Invalid value '{application}'")
        if query.get("customerId") not in (None, "my_customer", self.company.customer):
            raise Refusal(403, "forbidden", "Caller does not have access to the customers reporting data.")
        user = self._user(request.params["userKey"])
        start, end = self._window(request, application)
        size = size_of(request, "maxResults", 1000, 1000)
        scope = "&".join(f"{k}={v}" for k, v in sorted(query.items()) if k not in {"pageToken", "maxResults", "fields"})
        scope += f" {application} {user}"
        before: int | None = None
        turn = 0
        if query.get("pageToken"):
            if request.fault == "expired-cursor":
                raise invalid("pageToken", "Invalid page token")
            before, turn = read_token(query["pageToken"], "A", scope, 2)
        rows: list[dict[str, Any]] = []
        last, more = 0, False
        for number, moment in self.trail.newest(application, before, end):
            if moment < start:
                break
            row = self.trail.row(number)
            if (user is not None and row["actor"].get("profileId") != user) or not self._wanted(request, row):
                continue
            if len(rows) == size:
                more = True
                break
            rows.append(row)
            last = number
        body: dict[str, Any] = {"kind": "admin#reports#activities", "etag": '"activities"'}
        if rows:
            body["items"] = rows
        if request.fault == "duplicate-page" and rows:
            top = self.world.events + len(self.state.happened) if before is None else before
            body["nextPageToken"] = page_token("A", scope, top, turn + 1)
        elif more:
            body["nextPageToken"] = page_token("A", scope, last, 0)
        return told(request, body)

    def _user(self, key: str) -> str | None:
        if key == "all":
            return None
        index = self.state.index_of(key)
        user = None if index is None else self.state.user(index)
        if user is None:
            raise Refusal(400, "invalid", "Bad Request: user not found")
        return user.id

    def _window(self, request: Request, application: str) -> tuple[float, float | None]:
        query, now = request.query, self.now()
        oldest = now - KEPT_DAYS * _DAY
        start = epoch_of(query["startTime"], "startTime") if "startTime" in query else None
        end = epoch_of(query["endTime"], "endTime") if "endTime" in query else None
        if application == "gmail" and (start is None or end is None or end - start > 30 * _DAY):
            raise invalid("startTime", "Start and end time must be given, and be at most 30 days apart.")
        if start is not None and start > now + 60:
            raise invalid("startTime", "Start time cannot be in the future.")
        if start is not None and start < oldest - _DAY:
            raise invalid("startTime", f"Start time must be within the last {KEPT_DAYS} days.")
        if start is not None and end is not None and start > end:
            raise invalid("startTime", "Start time must be before end time.")
        return max(start or oldest, oldest), end

    @staticmethod
    def _wanted(request: Request, row: dict[str, Any]) -> bool:
        query = request.query
        if "actorIpAddress" in query and row.get("ipAddress") != query["actorIpAddress"]:
            return False
        events = row["events"]
        if "eventName" in query and not any(event["name"] == query["eventName"] for event in events):
            return False
        for term in filter(None, query.get("filters", "").split(",")):
            found = _FILTER.fullmatch(term)
            if found is None or "eventName" not in query:
                raise invalid("filters", f"Invalid filter '{term}'")
            values = [p.get("value") for event in events for p in event["parameters"] if p["name"] == found[1]]
            if (found[3] in values) != (found[2] == "=="):
                return False
        return True
