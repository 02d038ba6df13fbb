"""What all parts of the Google Workspace connector share: calls by host and family, pages, people, domains."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from casb_cli.apps.base import Connector
from casb_cli.apps.google_workspace import mapping
from casb_cli.apps.google_workspace.people import PEOPLE_FIELDS, People
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.refs import local
from casb_cli.transport.calls import INSTANCE, Call, Identity, as_user
from casb_cli.transport.paging import MarkerInBody

T = TypeVar("T")

DIRECTORY = "/admin/directory/v1"
REPORTS = "/admin/reports/v1"
DRIVE = "/drive/v3"
UPLOAD = "/upload/drive/v3"
PAGER = MarkerInBody("nextPageToken", "pageToken")
USER_PAGE = 500
GROUP_PAGE = 200
_HELD = 600.0
"""Seconds for which people and domains are held."""
_DRIVE_LISTS = ("/files", "/changes", "/drives", "/permissions", "/revisions")
_DOWNLOADS = ("/export", "/download")


def place_of(template: str) -> tuple[str, str]:
    """Return the host and the limit family of a path."""
    if template.startswith(DIRECTORY):
        return "admin", "directory"
    if template.startswith("/admin"):
        return "admin", "reports"
    return "api", "drive"


def cost_of(method: str, template: str, query: Mapping[str, Any]) -> float:
    """Return the quota units that Drive counts for a call; 1 elsewhere, where calls are counted."""
    if not template.startswith((DRIVE, UPLOAD)):
        return 1
    if method != "GET":
        return 200 if template.endswith(_DOWNLOADS) else 50
    if query.get("alt") == "media" or template.endswith(_DOWNLOADS):
        return 200
    return 100 if template.endswith(_DRIVE_LISTS) else 5


class GoogleBase(Connector):
    """The customer and the lookups that several abilities need."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lock = threading.Lock()
        self._people_lock = threading.Lock()
        self._domains_lock = threading.Lock()
        self._people: tuple[float, People] | None = None
        self._domains: tuple[float, frozenset[str]] | None = None
        self._customer: mapping.Customer | None = None
        self._admin: str | None = None

    # Calls

    def call(self, name: str, path: Mapping[str, str] | None = None, user: str | None = None, **more: Any) -> Call:
        """Return a call at its host and in its limit family, as `user` (e-mail address or id) where one is given."""
        method, template = name.split(" ", 1)
        host, family = place_of(template)
        more.setdefault("cost", cost_of(method, template, more.get("query", {})))
        return Call(
            name=name,
            path=dict(path or {}),
            host=more.pop("host", host),
            family=more.pop("family", family),
            identity=more.pop("identity", None) or self.identity(user),
            **more,
        )

    def get(self, name: str, path: Mapping[str, str] | None = None, user: str | None = None, **more: Any) -> Call:
        """Return a GET call, as `user` where one is given."""
        return self.call(f"GET {name}", path, user, **more)

    def act(self, name: str, path: Mapping[str, str] | None = None, user: str | None = None, **more: Any) -> Call:
        """Return a changing call, as `user` where one is given, drawn from the reserve for governance."""
        return self.call(name, path, user, governance=True, **more)

    def read(self, call: Call, type_: type[T]) -> T:
        """Return the decoded answer of one call."""
        return self.client.send(call).decode(type_)

    def pages(
        self,
        name: str,
        type_: type[T],
        path: Mapping[str, str] | None = None,
        *,
        user: str | None = None,
        cursor: str | None = None,
        **query: Any,
    ) -> Iterator[tuple[T, str | None]]:
        """Yield the pages of a listing, each with the page token behind it."""
        for answer, after in self.client.pages(self.get(name, path, user, query=query), PAGER, cursor):
            yield answer.decode(type_), after

    def identity(self, user: str | None) -> Identity:
        """Return the identity that acts as a person: Google wants the address, so an id is looked up."""
        if user is None:
            return INSTANCE
        address = user.lower() if "@" in user else self.email_of(user) or user
        return as_user(address) if self.delegated or address != self.admin else INSTANCE

    # Who we are

    @property
    def admin(self) -> str:
        """The address of the administrator that calls are made as, unless another user is named; lower case."""
        if self.delegated:
            return self.facts.fields.get("subject", "").strip().lower()
        with self._lock:
            if self._admin is None:
                call = Call(name="GET /oauth2/v2/userinfo", family="oauth", query={"fields": "email"})
                self._admin = self.read(call, mapping.UserInfo).email.lower()
            return self._admin

    @property
    def delegated(self) -> bool:
        """Whether any person of the customer can be acted as; a person's own sign-in reaches that person only."""
        return self.facts.method != "oauth"

    @property
    def customer(self) -> mapping.Customer:
        """The customer account."""
        with self._lock:
            if self._customer is None:
                call = self.get(f"{DIRECTORY}/customers/{{customerKey}}", {"customerKey": "my_customer"})
                self._customer = self.read(call, mapping.Customer)
            return self._customer

    @property
    def customer_id(self) -> str:
        """The customer's immutable id, from the proof of the connection where there was one."""
        return self.facts.tenant.id if self.facts.tenant and self.facts.tenant.id else self.customer.id

    # People and domains

    def users(
        self, cursor: str | None = None, *, deleted: bool = False, **query: Any
    ) -> Iterator[tuple[list[mapping.User], str | None]]:
        """Yield all users, or the recently deleted ones, page by page."""
        asked = {"customer": "my_customer", "maxResults": USER_PAGE, **query}
        if deleted:
            asked["showDeleted"] = "true"
        for page, after in self.pages(f"{DIRECTORY}/users", mapping.Users, cursor=cursor, **asked):
            yield page.users or [], after

    def user(self, key: str) -> mapping.User:
        """Return a user as it is now, by id or any address; raises ObjectMissing."""
        return self.read(self.get(f"{DIRECTORY}/users/{{userKey}}", {"userKey": key}), mapping.User)

    def people(self) -> People:
        """Return all users who are not deleted, at most ten minutes old."""
        with self._people_lock:  # once for all threads
            held = self._people
            if held is None or time.monotonic() - held[0] > _HELD:
                if held is None or not self._unchanged(held[1]):
                    held = self._people = None  # never two directories at once
                    found = People()
                    for users, _ in self.users(fields=PEOPLE_FIELDS):
                        for user in users:
                            found.add(user)
                else:
                    found = held[1]
                held = self._people = (time.monotonic(), found)
        return held[1]

    def _unchanged(self, held: People) -> bool:
        """Tell whether the people are as they were: another directory in the place of this one riddles the heap."""
        count = 0
        for users, _ in self.users(fields=PEOPLE_FIELDS):
            if not all(held.holds(user) for user in users):
                return False
            count += len(users)
        return count == len(held)

    def id_of(self, address: str) -> str | None:
        """Return the id of the user with an address (aliases count); None where nobody has it."""
        return self.people().id_of(address.lower())

    def email_of(self, account: str) -> str | None:
        """Return a user's primary address; None for who is no user of the customer."""
        known = self.people().get(account)
        return known.primary_email if known else None

    def account_ref(self, address: str | None) -> str | None:
        """Return the local reference of the user with an address; None where it is nobody's here."""
        found = self.id_of(address) if address else None
        return local("account", found) if found else None

    def domains(self) -> frozenset[str]:
        """Return the customer's domains, their aliases, and those named at connect; lower case."""
        with self._domains_lock:
            held = self._domains
            if held is None or time.monotonic() - held[0] > _HELD:
                held = self._domains = (time.monotonic(), self._read_domains())
        return held[1]

    def _read_domains(self) -> frozenset[str]:
        told = self.facts.fields.get("internal_domains", "").replace(";", ",").split(",")
        found = {one.strip().lower().lstrip("@") for one in told} - {""}
        call = self.get(f"{DIRECTORY}/customer/{{customer}}/domains", {"customer": "my_customer"})
        try:
            for domain in self.read(call, mapping.Domains).domains or ():
                found.add(domain.name.lower())
                found |= {alias.name.lower() for alias in domain.aliases or ()}
        except (NotPermitted, ObjectMissing):
            # Without the scope, the domains are those that its users' addresses have.
            found |= {one.rpartition("@")[2] for one in self.people().addresses()}
        return frozenset(found)

    def is_internal(self, address: str | None) -> bool:
        """Tell whether an address or a domain belongs to the customer."""
        return bool(address) and str(address).rpartition("@")[2].lower() in self.domains()

    # Parallel work

    def each(self, work: Callable[[T], Any], items: list[T], at_once: int = 16) -> list[Any]:
        """Return what `work` gives for each item, in order, several at a time."""
        from concurrent.futures import ThreadPoolExecutor

        if len(items) < 2:
            return [work(item) for item in items]
        pool = ThreadPoolExecutor(at_once, thread_name_prefix="google")
        try:
            return list(pool.map(work, items))
        finally:
            pool.shutdown(cancel_futures=True)
