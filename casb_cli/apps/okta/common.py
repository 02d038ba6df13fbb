"""What all parts of the Okta connector share: calls by their limit family, paged lists, names behind ids."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from casb_cli.apps.base import Connector
from casb_cli.apps.okta import mapping
from casb_cli.core.compact import Table
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.refs import local
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import LinkHeader

T = TypeVar("T")

LIMIT = 200
"""Entries a page: what Okta recommends."""
EVERYBODY = "status pr"
"""The search that names deprovisioned users too; a plain list leaves them out."""
_FAMILIES = {"/api/v1/users": "users", "/api/v1/groups": "groups", "/api/v1/groups/{groupId}": "group"}
_PREFIXES = (("/api/v1/apps", "apps"), ("/api/v1/logs", "logs"), ("/oauth2/v1/clients", "clients"))


def family_of(template: str) -> str:
    """Return the limit family that Okta counts a path by."""
    known = _FAMILIES.get(template)
    return known or next((family for prefix, family in _PREFIXES if template.startswith(prefix)), "core")


@dataclass(frozen=True)
class BodyLink:
    """The next page's URL stands in `_links.next.href` of the body, which may be missing."""

    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return LinkHeader().prepare(call, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        links = answer.decode(mapping.Linked).links
        return links.next.href if links and links.next and links.next.href else None


class OktaBase(Connector):
    """The org and the lookups that several abilities need."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._logins = Table(0)
        self._lock = threading.Lock()

    @property
    def client_id(self) -> str | None:
        """Our own client ID; None behind an API token."""
        return self.facts.fields.get("client_id", "").strip() or None if self.facts.method == "oauth" else None

    @property
    def own_ref(self) -> str | None:
        """The account that the credential acts as, a local ref, as far as it was read back at connect."""
        if self.client_id:
            return local("account", self.client_id)
        return self.facts.own.identity if self.facts.own else None

    def get(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a GET call in its limit family."""
        return Call(name=f"GET {name}", path=dict(path or {}), family=family_of(name), **more)

    def act(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a changing call, drawn from the reserve for governance."""
        family = family_of(name.partition(" ")[2])
        return Call(name=name, path=dict(path or {}), family=family, governance=True, **more)

    def read(self, call: Call, type_: type[T]) -> T:
        """Return the decoded answer of one call."""
        return self.client.send(call).decode(type_)

    def listed(
        self,
        name: str,
        type_: type[T],
        path: Mapping[str, str] | None = None,
        cursor: str | None = None,
        **more: Any,
    ) -> Iterator[tuple[list[T], str | None]]:
        """Yield the pages of a list whose answer is a bare array, each with the cursor behind it."""
        query = {"limit": LIMIT, **more.pop("query", {})}
        call = self.get(name, path, query=query, **more)
        for answer, after in self.client.pages(call, LinkHeader(), cursor):
            yield answer.decode(list[type_]), after  # type: ignore[valid-type]

    def bodies(self, name: str, type_: type[T], path: Mapping[str, str] | None = None, **query: Any) -> Iterator[T]:
        """Yield the pages of a list that names its next page in the body."""
        for answer, _ in self.client.pages(self.get(name, path, query=query), BodyLink()):
            yield answer.decode(type_)

    def users(self, cursor: str | None = None, limit: int = LIMIT) -> Iterator[tuple[list[mapping.User], str | None]]:
        """Yield all users, deprovisioned ones too, page by page; remembers their logins."""
        # Okta leaves the links of credentials out when asked by this odd type, which makes listing faster.
        headers = {"Content-Type": "application/json; okta-response=omitCredentialsLinks,omitTransitioningToStatus"}
        query = {"search": EVERYBODY, "limit": limit}
        for users, after in self.listed("/api/v1/users", mapping.User, cursor=cursor, query=query, headers=headers):
            for user in users:
                if user.login:
                    self._note_login(user.id, user.login)
            yield users, after

    def user(self, account: str) -> mapping.User:
        """Return a user as it is now, by id: the search may lag behind; raises ObjectMissing."""
        return self.read(self.get("/api/v1/users/{id}", {"id": account}), mapping.User)

    def login_of(self, account: str) -> str | None:
        """Return a user's login, None where the user is gone."""
        known = self._logins.find(0, account)
        if known is not None:
            return known[1]
        try:
            login = self.user(account).login or account
        except ObjectMissing:
            return None
        self._note_login(account, login)
        return login

    def _note_login(self, account: str, login: str) -> None:
        known = self._logins.find(0, account)
        if known is None or known[1] != login:
            self._logins.add(account, login, newest=True)

    def groups(self, cursor: str | None = None) -> Iterator[tuple[list[mapping.OktaGroup], str | None]]:
        """Yield all groups with their statistics, page by page."""
        yield from self.listed("/api/v1/groups", mapping.OktaGroup, cursor=cursor, query={"expand": "stats"})

    def members(self, group: str, cursor: str | None = None) -> Iterator[tuple[list[mapping.User], str | None]]:
        """Yield the members of one group, page by page."""
        yield from self.listed("/api/v1/groups/{groupId}/users", mapping.User, {"groupId": group}, cursor)
