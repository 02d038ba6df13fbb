"""What all parts of the Office 365 connector share: calls by host and family, pages, batches, domains."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from casb_cli.apps._microsoft.batch import batched
from casb_cli.apps._microsoft.clouds import sharepoint_host
from casb_cli.apps._microsoft.paging import NEXT_LINK, Listed
from casb_cli.apps.base import Connector
from casb_cli.core.errors import ProviderError
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import Pager

T = TypeVar("T")
R = TypeVar("R")

GRAPH = ""
"""Before Graph's paths: the base URL holds the version."""
FEED = "/api/v1.0/{tenant}/activity/feed"
PAGE = 999
"""Entries a page of the directory; the most that Graph gives."""
_FILES = ("/drives", "/sites", "/shares")
_DRIVES = ("/drive", "/drives")
_REPORTS = ("/auditLogs", "/reports", "/beta/auditLogs")
_LISTS = ("/children", "/delta", "/drives", "/versions", "/getAllSites", "/sites")
_UNITS = {"/users": 2, "/oauth2PermissionGrants": 2}
_MEMBERS = {"members": 3, "transitiveMembers": 5, "appRoleAssignments": 2, "appRoleAssignedTo": 2}


def place_of(method: str, template: str) -> tuple[str, str]:
    """Return the host and the limit family of a path; SharePoint's own API is named by who calls it."""
    if template.startswith("/api/v1.0/"):
        return "manage", "manage"
    if "/_api/" in template:
        return "sharepoint", "sharepoint"
    if template.startswith(_FILES) or template.endswith(_DRIVES) or "/drive/" in template:
        return "api", "sharepoint"
    if template.startswith(_REPORTS):
        return "api", "reports"
    return "api", "identity" if method == "GET" else "identity-writes"


def cost_of(method: str, template: str, query: Mapping[str, Any]) -> float:
    """Return the resource units that Microsoft counts for a call; 1 where calls are counted."""
    family = place_of(method, template)[1]
    if family == "sharepoint":
        if "/permissions" in template or "permissions" in str(query.get("$expand", "")):
            return 5
        if template.endswith("/delta"):
            return 1 if query.get("token") else 2
        return 2 if method != "GET" or template.endswith(_LISTS) else 1
    if family == "identity":
        units = _UNITS.get(template) or _MEMBERS.get(template.rpartition("/")[2]) or 1
        units += ("$expand" in query) - ("$select" in query)
        return max(units, 1)
    return 1


class Microsoft365Base(Connector):
    """The tenant and the lookups that several abilities need."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lock = threading.Lock()

    # Calls

    def call(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a call at its host, in its limit family and at its cost; `more` are fields of `Call`."""
        method, template = name.split(" ", 1)
        host, family = place_of(method, template)
        more.setdefault("host", host)
        more.setdefault("family", family)
        more.setdefault("cost", cost_of(method, template, more.get("query", {})))
        return Call(name=name, path=dict(path or {}), **more)

    def get(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a GET call: `get("/users/{id}", {"id": ...}, query={"$select": "id"})`."""
        return self.call(f"GET {name}", path, **more)

    def act(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a changing call (`act("PATCH /users/{id}", ...)`), drawn from the reserve for governance."""
        return self.call(name, path, governance=True, **more)

    def sharepoint(self, name: str, url: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a call of SharePoint's own API at the host that `url` (a site's or a file's) names."""
        return self.call(name, path, host=sharepoint_host(url), **more)

    def read(self, call: Call, type_: type[T]) -> T:
        """Return the decoded answer of one call."""
        return self.client.send(call).decode(type_)

    def pages(
        self,
        name: str,
        type_: type[T],
        path: Mapping[str, str] | None = None,
        *,
        cursor: str | None = None,
        pager: Pager = NEXT_LINK,
        **more: Any,
    ) -> Iterator[tuple[list[T], str | None]]:
        """Yield the rows of a list page by page, each with the link to the next page; headers go with every page.

        Rows that the page before had already (a page given twice) are left out.
        """
        before: set[str] = set()
        for answer, after in self.client.pages(self.get(name, path, **more), pager, cursor):
            rows: list[T] = answer.decode(Listed[type_]).value  # type: ignore[valid-type]
            ids = {id_ for row in rows if (id_ := getattr(row, "id", None))}
            yield [row for row in rows if getattr(row, "id", None) not in before] if before & ids else rows, after
            before = ids

    def every(self, name: str, type_: type[T], path: Mapping[str, str] | None = None, **more: Any) -> Iterator[T]:
        """Yield the rows of a whole list."""
        for rows, _ in self.pages(name, type_, path, **more):
            yield from rows

    def batch(self, calls: Sequence[Call]) -> list[Answer | ProviderError]:
        """Return what each of some reading calls gave, in order: at most twenty share one request.

        What a batch could not answer for a passing reason is asked alone, with all the client's patience.
        """
        return batched(self.client, self.rules, calls)

    # Components

    def on(self, component: str) -> bool:
        """Tell whether a component is switched on for this instance."""
        return component in self.app.switched_on(self.facts.fields)

    # Parallel work

    def each(self, work: Callable[[T], R], items: Sequence[T], at_once: int = 8) -> list[R]:
        """Return what `work` gives for each item, in order, several at a time."""
        from concurrent.futures import ThreadPoolExecutor

        if len(items) < 2:
            return [work(item) for item in items]
        pool = ThreadPoolExecutor(at_once, thread_name_prefix="office365")
        try:
            return list(pool.map(work, items))
        finally:
            pool.shutdown(cancel_futures=True)


class Identified(msgspec.Struct):
    """Any object of Graph, by its id."""

    id: str
