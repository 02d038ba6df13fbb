"""The simulated tenant's sign-ins and directory audits, newest first, and the Management Activity API's feed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from casb_cli.apps.office365.sandbox_apps import Apps
from casb_cli.apps.office365.sandbox_trail import AAD, AUDIT, CONTENT_TYPES, DAY, SIGN_IN
from casb_cli.apps.office365.sandbox_wire import FeedRefusal, Refusal, bad, epoch_of, numbers_of, page, token_of, when
from casb_cli.sandbox.wire import Reply, Request, answer, route

FEED = "/api/v1.0/{tenant}/activity/feed"
BLOB = 200
"""The most records in one blob."""
PAGE = 100
"""Blobs on one page of a content listing."""
_RANGE = re.compile(r"(\w+)\s+(ge|gt|le|lt)\s+(\S+)")
_WINDOW = (
    "Start time and end time must both be specified (or both omitted) and must be less than or equal to 24 hours "
    "apart, with the start time no more than 7 days in the past."
)


class Audits(Apps):
    """Logs."""

    @route("GET /auditLogs/signIns", paged=True)
    def sign_ins(self, request: Request) -> Reply:
        """List sign-ins; needs a premium licence."""
        if self.licence == "free":
            message = "Neither tenant is B2C or tenant doesn't have premium license"
            raise Refusal(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", message)
        return self._log(request, SIGN_IN, 30, "createdDateTime")

    @route("GET /auditLogs/directoryAudits", paged=True)
    def audits(self, request: Request) -> Reply:
        """List directory audits."""
        return self._log(request, AUDIT, 7 if self.licence == "free" else 30, "activityDateTime")

    def _log(self, request: Request, log: str, days: float, field: str) -> Reply:
        low, high = self._range(request, field)
        order = request.query.get("$orderby", f"{field} desc").split()
        if order[0] != field:
            raise bad(f"Could not find a property named '{order[0]}'.", "BadRequest")
        descending = order[1:] == ["desc"]

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for number in self.trail.between(log, days, low, high, start, descending=descending):
                yield number if descending else number + 1, self.trail.row(number)

        return page(request, self.graph, source, 1000 if log == SIGN_IN else 100, 1000, context=f"auditLogs/{log}")

    @staticmethod
    def _range(request: Request, field: str) -> tuple[float, float]:
        low, high = 0.0, float("inf")
        text = request.query.get("$filter")
        for term in text.split(" and ") if text else ():
            found = _RANGE.fullmatch(term.strip().strip("()"))
            moment = epoch_of(found[3]) if found else None
            if found is None or moment is None or found[1] != field or not found[3].endswith("Z"):
                raise bad(f"Invalid filter clause: {term[:60]}", "BadRequest")
            match found[2]:
                case "ge":
                    low = max(low, moment)
                case "gt":
                    low = max(low, moment + 1)
                case "lt":
                    high = min(high, moment)
                case _:
                    high = min(high, moment + 1)
        return low, high

    # The Management Activity API

    def _tenant(self, request: Request) -> None:
        tenant = request.params["tenant"]
        if len(tenant) != 36:
            raise FeedRefusal(400, "AF20013", f"The tenant ID passed in the URL ({tenant[:60]}) is not a valid GUID.")
        if tenant.lower() != self.company.tenant:
            message = (
                f"The tenant ID passed in the URL ({tenant}) does not match the tenant ID passed in the access token"
            )
            raise FeedRefusal(400, "AF20010", f"{message} ({self.company.tenant}).")

    def _content_type(self, request: Request) -> str:
        self._tenant(request)
        found = request.query.get("contentType")
        if not found:
            raise FeedRefusal(400, "AF20001", "Missing parameter: contentType.")
        for known in CONTENT_TYPES:
            if known.casefold() == found.casefold():
                return known
        raise FeedRefusal(400, "AF20020", "The specified content type is not valid.")

    def subscribed(self, content: str) -> float | None:
        """Return when a content type was subscribed to (0: long ago), None where it is not."""
        if content in self.started:
            return self.started[content]
        told = self.options.settings.get("subscriptions", "all")
        return 0.0 if told == "all" or content in told.split() else None

    @route("GET " + FEED + "/subscriptions/list", host="manage")
    def subscriptions(self, request: Request) -> Reply:
        """List what was ever subscribed to."""
        self._tenant(request)
        rows = []
        for content in CONTENT_TYPES:
            since = self.subscribed(content)
            if since is not None:
                rows.append({"contentType": content, "status": "enabled", "webhook": None})
            elif content in self.started:
                rows.append({"contentType": content, "status": "disabled", "webhook": None})
        return answer(rows)

    @route("POST " + FEED + "/subscriptions/start", host="manage")
    def start(self, request: Request) -> Reply:
        """Subscribe to a content type: its first blobs take hours."""
        content = self._content_type(request)
        if content == "DLP.All" and "ActivityFeed.ReadDlp" not in request.who.roles | request.who.scopes:
            raise FeedRefusal(
                403, "AF10001", "The permission set did not include the expected permission ActivityFeed.ReadDlp."
            )
        if request.body.strip() not in {b"", b"{}"}:
            raise FeedRefusal(400, "AF20021", "The webhook endpoint could not be validated.")
        if self.subscribed(content) is not None:
            raise FeedRefusal(400, "AF20024", "The subscription is already enabled. No property change.")
        self.started[content] = self.now()
        self.trail.state.happened.append({"at": self.now(), "log": "subscription", "row": {}})
        return answer({"contentType": content, "status": "enabled", "webhook": None})

    @route("POST " + FEED + "/subscriptions/stop", host="manage")
    def stop(self, request: Request) -> Reply:
        """End a subscription."""
        content = self._content_type(request)
        if self.subscribed(content) is None:
            raise FeedRefusal(400, "AF20022", "No subscription found for the specified content type.")
        self.started[content] = None
        return Reply(204)

    def _since(self, content: str) -> float:
        since = self.subscribed(content)
        if since is None:
            if content in self.started:
                raise FeedRefusal(400, "AF20023", "The subscription was disabled by the tenant administrator.")
            raise FeedRefusal(400, "AF20022", "No subscription found for the specified content type.")
        return since

    def _window(self, request: Request) -> tuple[float, float]:
        now, query = self.now(), request.query
        start, end = query.get("startTime"), query.get("endTime")
        if start is None and end is None:
            return now - DAY, now + 1
        low, high = epoch_of(start or ""), epoch_of(end or "")
        if low is None or high is None or high - low > DAY or high <= low or low < now - 7 * DAY - 60:
            raise FeedRefusal(400, "AF20030", _WINDOW)
        return low, high

    @route("GET " + FEED + "/subscriptions/content", host="manage", paged=True)
    def list_content(self, request: Request) -> Reply:
        """List the blobs of a content type that were made in a window."""
        content = self._content_type(request)
        since = self._since(content)
        low, high = self._window(request)
        scope = f"{content} {request.query.get('startTime')} {request.query.get('endTime')}"
        at, turn = 0, 0
        raw = request.query.get("nextPage")
        if raw is not None:
            found = numbers_of(raw, "F", scope)
            if request.fault == "expired-cursor" or found is None:
                raise FeedRefusal(400, "AF20031", f"Invalid nextPage Input: {raw[:40]}.")
            at, turn = found
        silent = since + float(self.options.settings.get("silence", "43200")) if since else 0.0
        rows = []
        if self.now() >= silent:
            rows = [row for row in self._blobs(content, low, high) if since <= row[0]]
        shown = [self._blob_row(content, *row) for row in rows[at : at + PAGE]]
        reply = answer(shown)
        follow = None
        if request.fault == "duplicate-page" and shown:
            follow = token_of("F", scope, at, turn + 1)
        elif at + PAGE < len(rows):
            follow = token_of("F", scope, at + PAGE, 0)
        if follow is not None:
            query = "&".join(part for part in request.query_text.split("&") if not part.startswith("nextPage="))
            reply.headers["nextpageuri"] = f"{self.urls['manage']}{request.path}?{query}&nextPage={follow}"
        return reply

    def _blobs(self, content: str, low: float, high: float) -> list[tuple[float, int, int]]:
        """Return when each blob of a window was made, with its hour and its number in that hour."""
        found = []
        last = self.company.now - 5
        for hour in range(int(low - 4200) // 3600, int(min(high, last + 10)) // 3600 + 1):
            made = min(hour * 3600 + 4200.0, last)
            if low <= made < high:
                count = len(self.trail.bucket(content, hour))
                found += [(made, hour, chunk) for chunk in range((count + BLOB - 1) // BLOB)]
        lag = float(self.options.settings.get("lag", "0"))
        for number, one in enumerate(self.state.happened):
            made = one["at"] + lag
            if one["log"] == content and low <= made < high and made <= self.now():
                found.append((made, 0, number))
        return found

    def _blob_row(self, content: str, made: float, hour: int, chunk: int) -> dict[str, Any]:
        stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(made))
        id_ = f"{hour:08d}{chunk:06d}${stamp}${content.lower().replace('.', '_')}${content.replace('.', '_')}$emea0001"
        return {
            "contentType": content,
            "contentId": id_,
            "contentUri": f"{self.urls['manage']}{FEED.replace('{tenant}', self.company.tenant)}/audit/{id_}",
            "contentCreated": when(made)[:-1] + ".000Z",
            "contentExpiration": when(made + 7 * DAY)[:-1] + ".000Z",
        }

    @route("GET " + FEED + "/audit/{contentId}", host="manage")
    def blob(self, request: Request) -> Reply:
        """Return the records of a blob: in no order, some of them those of the blob before."""
        self._tenant(request)
        id_ = request.params["contentId"]
        parts = id_.split("$")
        content = next((c for c in CONTENT_TYPES if len(parts) == 5 and c.replace(".", "_") == parts[3]), None)
        if content is None or len(parts[0]) != 14 or not parts[0].isdigit():
            raise FeedRefusal(400, "AF20052", f"Content ID {id_[:60]} in the URL is invalid.")
        hour, chunk = int(parts[0][:8]), int(parts[0][8:])
        if hour == 0:
            numbers = [self.world.events + chunk] if chunk < len(self.state.happened) else []
            if numbers and "rows" in self.state.happened[chunk]:
                return answer(self.state.happened[chunk]["rows"])
        else:
            if hour * 3600 + 4200 < self.now() - 7 * DAY - 3600:
                message = f"Content requested with the key {id_} has already expired."
                raise FeedRefusal(400, "AF20051", f"{message} Content older than 7 days cannot be retrieved.")
            numbers = self.trail.bucket(content, hour)[chunk * BLOB : (chunk + 1) * BLOB]
        if not numbers:
            raise FeedRefusal(404, "AF20050", f"The specified content ({id_}) does not exist.")
        before = self.trail.bucket(content, hour - 1) if hour and not chunk else []
        found = [*reversed(numbers), *before[-1:]]
        return answer([self._record(content, number) for number in found])

    def _record(self, content: str, number: int) -> dict[str, Any]:
        return self.trail.record(number) if content != AAD or number < self.world.events else {}
