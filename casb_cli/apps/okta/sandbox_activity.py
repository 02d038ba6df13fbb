"""The simulated Okta's System Log as a call: polled or bounded, filtered, searched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from casb_cli.apps.okta.sandbox_filter import BadExpression, compile_expression
from casb_cli.apps.okta.sandbox_log import OLDEST, RETENTION
from casb_cli.apps.okta.sandbox_roles import Roles
from casb_cli.apps.okta.sandbox_wire import address, cursor, link_header, moment_of, refused
from casb_cli.sandbox.wire import Reply, Request, answer, route

_KNOWN = (
    "uuid",
    "published",
    "eventType",
    "version",
    "severity",
    "legacyEventType",
    "displayMessage",
    "actor.",
    "client.",
    "outcome.",
    "target.",
    "transaction.",
    "authenticationContext.",
    "securityContext.",
    "debugContext.",
    "request.",
)
_DAYS = timedelta(days=7)


class Activity(Roles):
    """The System Log."""

    @route("GET /api/v1/logs", paged=True)
    def list_logs(self, request: Request) -> Reply:
        """Return a page of the log.

        Polled (ascending, no `until`) it always has a next link; bounded, a full page has one.
        """
        query = request.query
        order = query.get("sortOrder") or "ASCENDING"
        if order not in {"ASCENDING", "DESCENDING"}:
            raise refused("E0000001", "sortOrder", "sortOrder: must be ASCENDING or DESCENDING")
        raw = query.get("limit", "")
        if raw and (not raw.isdigit() or int(raw) > 1000):
            raise refused("E0000001", "limit", "limit: must be between 0 and 1000")
        limit = int(raw or 100)
        polled = "until" not in query and order == "ASCENDING"
        until = self._moment(query, "until", self.state.now + timedelta(seconds=1))
        since = self._moment(query, "since", until - _DAYS)
        if since < self.state.now - OLDEST:
            words = "The since parameter is over 180 days prior to the current day."
            raise refused("E0000053", query["since"], words)
        if since > until:
            raise refused("E0000001", "since", "since: must be before until")
        since = max(since, self.state.now - RETENTION)
        keep = self._test(request)
        if polled:
            return self._polled(request, self.trail.first_at(since), limit, keep)
        indices = self.trail.bounded(since, until)
        return self._bounded(request, indices if order == "ASCENDING" else indices[::-1], limit, keep)

    def _polled(self, request: Request, first: int, limit: int, keep: Callable[[Any], bool] | None) -> Reply:
        at, turn = self.place(request) if request.query.get("after") else (first, 0)
        here, total = at, self.trail.count
        rows: list[dict[str, Any]] = []
        while here < total and len(rows) < limit:
            row = self.trail.row(here)
            if keep is None or keep(row):
                rows.append(row)
            here += 1
        following = cursor(at, turn + 1) if request.fault == "duplicate-page" else cursor(here, 0)
        return self._told(request, rows, following)

    def _bounded(self, request: Request, indices: list[int], limit: int, keep: Callable[[Any], bool] | None) -> Reply:
        at, turn = self.place(request)
        here = at
        rows: list[dict[str, Any]] = []
        while here < len(indices) and len(rows) < limit:
            row = self.trail.row(indices[here])
            if keep is None or keep(row):
                rows.append(row)
            here += 1
        following = None
        if request.fault == "duplicate-page":
            following = cursor(at, turn + 1)
        elif rows and len(rows) == limit:
            following = cursor(here, 0)
        return self._told(request, rows, following)

    def _told(self, request: Request, rows: list[dict[str, Any]], following: str | None) -> Reply:
        own = address(self.base, request.path, request.query_text)
        if following is not None:
            following = address(self.base, request.path, request.query_text, after=following)
        return answer(rows, headers=link_header(own, following))

    @staticmethod
    def _moment(query: dict[str, str], name: str, default: datetime) -> datetime:
        if name not in query:
            return default
        try:
            return moment_of(query[name])
        except ValueError:
            raise refused("E0000001", name, f"{name}: The date format in your query is not recognized") from None

    @staticmethod
    def _test(request: Request) -> Callable[[Any], bool] | None:
        text, words = request.query.get("filter", ""), request.query.get("q", "").casefold().split()
        test = None
        if text:
            try:
                test = compile_expression(text, _KNOWN)
            except BadExpression as error:
                raise refused("E0000053", text, str(error)) from None
        if not words:
            return test

        def said(row: Any) -> bool:
            whole = msgspec.json.encode(row).decode().casefold()
            return all(word in whole for word in words) and (test is None or test(row))

        return said
