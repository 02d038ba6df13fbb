"""Accounts, groups and administrator roles of a customer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.google_workspace import mapping
from casb_cli.apps.google_workspace.common import DIRECTORY, GROUP_PAGE, GoogleBase
from casb_cli.apps.google_workspace.scopes import DOMAINS, GROUPS, ORG_UNITS, ROLES, USERS, google
from casb_cli.core import clock
from casb_cli.core.capabilities import ListAccounts, ListGroups, ListMemberships, ListPrivileges, Page, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.models import Account, Group, Membership, Notice, Partition, Privilege
from casb_cli.core.refs import local

USER_FIELDS = (
    "nextPageToken,users(id,primaryEmail,name(fullName),isAdmin,isDelegatedAdmin,lastLoginTime,creationTime,"
    "deletionTime,agreedToTerms,suspended,suspensionReason,archived,changePasswordAtNextLogin,isEnrolledIn2Sv,"
    "isEnforcedIn2Sv,orgUnitPath,aliases,isGuestUser)"
)
_MEMBER_FIELDS = "nextPageToken,members(id,email,type)"
_ROLE_PAGE = 100
_ASSIGNMENT_PAGE = 200
EVERYWHERE = "org"


class Directory(GoogleBase, ListAccounts, ListGroups, ListMemberships, ListPrivileges):
    """Matrix rows 1 to 3."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._roles: dict[str, mapping.Role] | None = None
        self._units: dict[str, str] | None = None
        self._group_names: dict[str, str | None] = {}

    # Accounts

    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs(
        "GET /admin/directory/v1/groups",
        "GET /admin/directory/v1/groups/{groupKey}/members",
        any_of=google(GROUPS),
    )
    @needs("GET /admin/directory/v1/customer/{customer}/domains", any_of=google(DOMAINS))
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield all users, those deleted in the last weeks, and the members of groups from outside the customer."""
        if part.key == "":
            yield Page(items=(), more=tuple(Partition(key=key) for key in ("users", "deleted", "outside")))
            return
        if part.key == "outside":
            yield from self._outsiders(cursor)
            return
        deleted = part.key == "deleted"
        for users, after in self.users(cursor, deleted=deleted, fields=USER_FIELDS):
            rows = [mapping.account(user, deleted=deleted) for user in users]
            yield Page(items=rows, cursor=after)

    def _outsiders(self, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield who belongs to some group and not to the customer, each once; the groups of a page side by side."""
        seen: set[str] = set()
        try:
            for groups, after in self.groups(cursor):
                found = {one.key: one for some in self.each(self._outside, groups) for one in some}
                fresh = [one for key, one in found.items() if key not in seen]
                seen.update(found)
                yield Page(items=[mapping.outsider(one) for one in fresh], cursor=after)
        except NotPermitted as error:
            about = f"accounts from outside the customer that are members of groups: {error.words}"
            notice = Notice(code="scope-missing", about=about, needed=error.needed or (GROUPS,))
            yield Page(items=(), notices=(notice,))

    def _outside(self, group: mapping.DirectoryGroup) -> list[mapping.Member]:
        try:
            pages = self.group_members(group.id, fields=_MEMBER_FIELDS)
            return [one for page, _ in pages for one in page if one.key and one.external(self.is_internal)]
        except ObjectMissing:
            return []  # deleted meanwhile

    # Groups

    def groups(self, cursor: str | None = None) -> Iterator[tuple[list[mapping.DirectoryGroup], str | None]]:
        """Yield all groups, page by page."""
        query: dict[str, Any] = {"customer": "my_customer", "maxResults": GROUP_PAGE}
        for page, after in self.pages(f"{DIRECTORY}/groups", mapping.Groups, cursor=cursor, **query):
            yield page.groups or [], after

    @needs("GET /admin/directory/v1/groups", any_of=google(GROUPS))
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        del part
        for groups, after in self.groups(cursor):
            yield Page(items=[mapping.group(one) for one in groups], cursor=after)

    @needs(
        "GET /admin/directory/v1/groups",
        "GET /admin/directory/v1/groups/{groupKey}/members",
        any_of=google(GROUPS),
    )
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        """Yield direct members; a group that is a member is one row, and everybody is another."""
        if part.key == "":
            for groups, after in self.groups(cursor):
                more = tuple(Partition(key=f"group:{one.id}", data={"id": one.id, "name": one.title}) for one in groups)
                yield Page(items=(), cursor=after, more=more)
            return
        group, name = part.data["id"], part.data["name"]
        try:
            for members, after in self.group_members(group, cursor):
                yield Page(items=[mapping.membership(group, name, one) for one in members], cursor=after)
        except ObjectMissing:
            yield Page(items=())  # deleted meanwhile

    def group_members(
        self, group: str, cursor: str | None = None, **query: Any
    ) -> Iterator[tuple[list[mapping.Member], str | None]]:
        """Yield the members of one group, by id or address, page by page."""
        path = f"{DIRECTORY}/groups/{{groupKey}}/members"
        asked = {"maxResults": GROUP_PAGE, **query}
        for page, after in self.pages(path, mapping.Members, {"groupKey": group}, cursor=cursor, **asked):
            yield page.members or [], after

    # Privileges

    @needs("GET /admin/directory/v1/groups/{groupKey}", any_of=google(GROUPS))
    @needs("GET /admin/directory/v1/customer/{customerId}/orgunits", any_of=google(ORG_UNITS))
    @needs(
        "GET /admin/directory/v1/users",
        "GET /admin/directory/v1/customer/{customer}/roles",
        "GET /admin/directory/v1/customer/{customer}/roleassignments",
        any_of=google((ROLES, USERS)),
    )
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        """Yield every role assignment, to users, groups and service accounts; a group's stands once."""
        del part
        roles = self.roles()
        notices: list[Notice] = []
        for assignments, after in self.assignments(cursor):
            rows = [self._privilege(one, roles, notices) for one in assignments if not _expired(one)]
            yield Page(items=rows, cursor=after, notices=tuple(dict.fromkeys(notices)))
            notices.clear()

    def roles(self) -> dict[str, mapping.Role]:
        """Return the customer's administrator roles by id, read once."""
        if self._roles is None:
            path = f"{DIRECTORY}/customer/{{customer}}/roles"
            pages = self.pages(path, mapping.Roles, {"customer": "my_customer"}, maxResults=_ROLE_PAGE)
            self._roles = {one.role_id: one for page, _ in pages for one in page.items or ()}
        return self._roles

    def assignments(
        self, cursor: str | None = None, **query: Any
    ) -> Iterator[tuple[list[mapping.Assignment], str | None]]:
        """Yield the role assignments, page by page; `userKey` limits them to one principal's own."""
        path = f"{DIRECTORY}/customer/{{customer}}/roleassignments"
        asked = {"maxResults": _ASSIGNMENT_PAGE, **query}
        for page, after in self.pages(path, mapping.Assignments, {"customer": "my_customer"}, cursor=cursor, **asked):
            yield page.items or [], after

    def _privilege(self, one: mapping.Assignment, roles: dict[str, mapping.Role], notices: list[Notice]) -> Privilege:
        role = roles.get(one.role_id)
        kind, name = self._principal(one, notices)
        return Privilege(
            id=one.role_assignment_id,
            principal=name,
            principal_ref=local(kind, one.assigned_to),
            role=(role.role_name if role else None) or one.role_id,
            scope=self._scope(one, notices),
        )

    def _principal(self, one: mapping.Assignment, notices: list[Notice]) -> tuple[str, str]:
        """Return the kind of who holds a role, and its address; of a service account only the id is known."""
        kind = (one.assignee_type or "").lower()
        if kind != "group":
            address = self.email_of(one.assigned_to)
            if address is not None:
                return "account", address
        try:
            address = self._group_address(one.assigned_to)
        except NotPermitted as error:
            notices.append(_degraded("the names of groups that hold a role", error, GROUPS))
            return "group" if kind == "group" else "account", one.assigned_to
        if address is not None:
            return "group", address
        return "group" if kind == "group" else "account", one.assigned_to

    def _group_address(self, id_: str) -> str | None:
        """Return a group's address; None where there is no such group."""
        if id_ not in self._group_names:
            call = self.get(f"{DIRECTORY}/groups/{{groupKey}}", {"groupKey": id_})
            try:
                found = self.read(call, mapping.DirectoryGroup)
                self._group_names[id_] = found.email or found.title
            except ObjectMissing:
                self._group_names[id_] = None
        return self._group_names[id_]

    def _scope(self, one: mapping.Assignment, notices: list[Notice]) -> str:
        unit = (one.org_unit_id or "").removeprefix("id:")
        if (one.scope_type or "").upper() != "ORG_UNIT" or not unit:
            return EVERYWHERE
        if self._units is None:
            try:
                self._units = self._read_units()
            except NotPermitted as error:
                # Rows that name a number in the place of a path are not the whole truth.
                about = f"the paths of organizational units that roles are limited to: {error.words}"
                needed = error.needed or (ORG_UNITS,)
                notices.append(Notice(code="scope-missing", about=about, needed=needed))
                return unit
        return self._units.get(unit, unit)

    def _read_units(self) -> dict[str, str]:
        call = self.get(
            f"{DIRECTORY}/customer/{{customerId}}/orgunits",
            {"customerId": "my_customer"},
            query={"type": "allIncludingParent"},
        )
        units = self.read(call, mapping.OrgUnits).organization_units or ()
        return {one.org_unit_id.removeprefix("id:"): one.org_unit_path for one in units}


def _expired(one: mapping.Assignment) -> bool:
    until = clock.normalise(one.expiration_details.expire_time) if one.expiration_details else None
    return until is not None and clock.parse(until) <= clock.now()


def _degraded(about: str, error: NotPermitted, scope: str) -> Notice:
    return Notice(
        code="scope-missing", about=f"{about}: {error.words}", needed=error.needed or (scope,), effect="degraded"
    )
