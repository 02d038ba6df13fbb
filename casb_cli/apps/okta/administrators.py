"""Who administers the org: users, groups and service apps, by standard roles and by custom ones on resource sets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from casb_cli.apps.okta import mapping
from casb_cli.apps.okta.common import OktaBase
from casb_cli.apps.okta.scopes import ADMIN_ROLES, APPS, GROUPS, USERS, okta
from casb_cli.core.capabilities import ListPrivileges, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Notice, Partition, Privilege

KEPT = 600.0
"""Seconds for which the set of administrators is held."""
TOO_NARROW = Notice(
    code="not-visible",
    about="every app but casb's own: the app's admin role is too narrow to see others",
    needed=("SUPER_ADMIN, ORG_ADMIN or APP_ADMIN",),
)


@dataclass
class Holders:
    """Ids of those who hold a role: users (through groups too), groups with their names, apps with a custom one."""

    users: dict[str, None] = field(default_factory=dict)
    apps: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    read_at: float = field(default_factory=time.monotonic)


class Administrators(OktaBase, ListPrivileges):
    """Matrix row 3."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._holders: Holders | None = None
        self._sets: dict[str, str] | None = None

    def administrators(self) -> frozenset[str]:
        """Return the ids of all users who hold a role, directly or through a group; raises NotPermitted."""
        return frozenset(self.holders().users)

    def holders(self) -> Holders:
        """Return who holds roles, as read at most ten minutes ago; raises NotPermitted."""
        with self._lock:
            if self._holders is None or time.monotonic() - self._holders.read_at > KEPT:
                self._holders = self._read_holders()
            return self._holders

    def _read_holders(self) -> Holders:
        found = Holders()
        for page in self.bodies("/api/v1/iam/assignees/users", mapping.Assignees, limit=100):
            found.users.update({one.id: None for one in page.value})
        bound = set()
        for kind, id_ in self._bound():
            if kind == "users":
                found.users[id_] = None
            elif kind == "groups":
                bound.add(id_)
            elif kind == "clients":
                found.apps.add(id_)
        for groups, _ in self.groups():
            # Where Okta leaves the statistics out, a group may be one that administers.
            found.groups.update(
                {one.id: one.name or one.id for one in groups if one.stats.admin is not False or one.id in bound}
            )
        for group in list(found.groups):
            if self._roles("/api/v1/groups/{groupId}/roles", {"groupId": group}):
                for users, _ in self.members(group):
                    found.users.update({user.id: None for user in users})
            else:
                del found.groups[group]
        return found

    def _bound(self) -> Iterator[tuple[str, str]]:
        """Yield kind and id of everyone who holds a custom role."""
        for set_id in self.resource_sets():
            path = {"resourceSetIdOrLabel": set_id}
            name = "/api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings"
            for page in self.bodies(name, mapping.Bindings, path):
                for role in page.roles:
                    inner = {**path, "roleIdOrLabel": role.id}
                    for members in self.bodies(f"{name}/{{roleIdOrLabel}}/members", mapping.Members, inner):
                        yield from (one.principal for one in members.members if one.principal)

    def resource_sets(self) -> dict[str, str]:
        """Return the resource sets by id, with their labels."""
        if self._sets is None:
            pages = self.bodies("/api/v1/iam/resource-sets", mapping.ResourceSets)
            self._sets = {one.id: one.label or one.id for page in pages for one in page.sets}
        return self._sets

    def _roles(self, name: str, path: dict[str, str]) -> list[mapping.Role]:
        call = self.get(name, path, query={"expand": "targets/groups"})
        try:
            roles = self.read(call, list[mapping.Role])
        except ObjectMissing:
            return []  # deleted meanwhile
        return [role for role in roles if role.status in {None, "ACTIVE"}]

    def _scopes_of(self, role: mapping.Role) -> list[str]:
        if role.type == "CUSTOM":
            known = role.resource_set or ""
            return [self.resource_sets().get(known, known) or "org"]
        return role.targets or ["org"]

    def apps(self, cursor: str | None) -> Iterator[tuple[list[mapping.Application], str | None, tuple[Notice, ...]]]:
        """Yield all apps page by page, with what is to be said where none but our own shows."""
        several = cursor is not None
        query = {"includeNonDeleted": True}
        for apps, after in self.listed("/api/v1/apps", mapping.Application, cursor=cursor, query=query):
            several = several or after is not None or any(app.id != self.client_id for app in apps)
            yield apps, after, () if several else (TOO_NARROW,)

    @needs("GET /api/v1/apps", "GET /oauth2/v1/clients/{clientId}/roles", any_of=okta((APPS, ADMIN_ROLES)))
    @needs(
        "GET /api/v1/iam/assignees/users",
        "GET /api/v1/users/{userId}/roles",
        "GET /api/v1/groups/{groupId}/roles",
        "GET /api/v1/iam/resource-sets",
        "GET /api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings",
        "GET /api/v1/iam/resource-sets/{resourceSetIdOrLabel}/bindings/{roleIdOrLabel}/members",
        "GET /api/v1/groups",
        "GET /api/v1/groups/{groupId}/users",
        "GET /api/v1/users/{id}",
        any_of=okta((ADMIN_ROLES, GROUPS, USERS)),
    )
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        """Yield roles of users (inherited ones too), groups and service apps, one row for each thing in reach."""
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=tuple(Partition(key=key) for key in ("users", "groups", "apps")))
        elif kind == "users":
            yield Page(items=(), more=_partitions("user", {id_: id_ for id_ in self.holders().users}))
        elif kind == "groups":
            yield Page(items=(), more=_partitions("group", self.holders().groups))
        elif kind == "apps":
            for apps, after, notices in self.apps(cursor):
                bound = self.holders().apps
                found = {app.id: app.title for app in apps if app.is_service or app.id in bound}
                yield Page(items=(), cursor=after, more=_partitions("app", found), notices=notices)
        else:
            yield Page(items=self._held(kind, part.data["id"], part.data["name"]))

    def _held(self, kind: str, id_: str, name: str) -> list[Privilege]:
        if kind == "user":
            roles, principal = self._roles("/api/v1/users/{userId}/roles", {"userId": id_}), "account"
            name = self.login_of(id_) or id_
        elif kind == "app":
            roles, principal = self._roles("/oauth2/v1/clients/{clientId}/roles", {"clientId": id_}), "app"
        else:
            roles, principal = self._roles("/api/v1/groups/{groupId}/roles", {"groupId": id_}), "group"
        rows: dict[tuple[str, str], Privilege] = {}
        for role in roles:
            for scope in self._scopes_of(role):
                # The same role may be held directly and through groups.
                rows.setdefault((role.name, scope), mapping.privilege(principal, id_, name, role, scope))
        return list(rows.values())


def _partitions(kind: str, names: dict[str, str]) -> tuple[Partition, ...]:
    return tuple(Partition(key=f"{kind}:{id_}", data={"id": id_, "name": name}) for id_, name in names.items())
