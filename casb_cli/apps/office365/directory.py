"""Accounts, groups and directory roles of a tenant."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, TypeVar

import msgspec

from casb_cli.apps._microsoft.batch import MOST
from casb_cli.apps._microsoft.paging import NEXT_LINK, Listed
from casb_cli.apps.office365 import mapping
from casb_cli.apps.office365.common import PAGE, Microsoft365Base
from casb_cli.apps.office365.registrations import Registered, joined
from casb_cli.apps.office365.scopes import AUDIT, DIRECTORY, ELIGIBLE, GROUPS, ROLES, USERS, graph, on_users
from casb_cli.core.capabilities import (
    Ability,
    ListAccounts,
    ListGroups,
    ListMemberships,
    ListPrivileges,
    Page,
    ReadsOn,
)
from casb_cli.core.errors import (
    BadAnswer,
    LicenceMissing,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    RequestRefused,
)
from casb_cli.core.models import Account, Gone, Group, Membership, Notice, Partition, Privilege
from casb_cli.transport.calls import Answer, Call

T = TypeVar("T")

USER_FIELDS = (
    "id,displayName,userPrincipalName,mail,accountEnabled,userType,externalUserState,createdDateTime,"
    "lastPasswordChangeDateTime,onPremisesSyncEnabled,assignedLicenses"
)
_ACT_FIELDS = f"{USER_FIELDS},signInSessionsValidFromDateTime"
SIGN_IN_PAGE = 500
"""Users a page where sign-in dates are asked for: the most that Graph then gives."""
SIGN_INS = "sign-in-dates"
"""The limit family of calls that ask for sign-in dates."""
_GROUP_FIELDS = "id,displayName,mail,visibility,isAssignableToRole"
_MEMBER_FIELDS = "id,displayName,userPrincipalName,mail"
_GROUPS_AT_ONCE = 100
"""Groups a page whose members are read, a batch at a time: a page of memberships stays small."""
_HELD = 600.0
"""Seconds for which administrators and MFA states are held."""
_ASSIGNMENTS = "/roleManagement/directory/roleAssignments"
_CHANGED_GROUPS = "/groups/delta"
_DEFINITIONS = "/roleManagement/directory/roleDefinitions"
_ELIGIBLE = "/roleManagement/directory/roleEligibilityScheduleInstances"
_REGISTRATIONS = "/reports/authenticationMethods/userRegistrationDetails"
_HIDDEN_MEMBERS = "Member.Read.Hidden"


class Directory(Microsoft365Base, ListAccounts, ListGroups, ListMemberships, ListPrivileges, ReadsOn):
    """Matrix rows 1 to 3."""

    reads_on: ClassVar[tuple[type[Ability], ...]] = (ListMemberships,)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._roles: dict[str, mapping.Role] | None = None
        self._known_lock = threading.Lock()
        self._admins: tuple[float, frozenset[str] | NotPermitted] | None = None
        self._registered: tuple[float, Registered] | None = None
        self._no_sign_ins: NotPermitted | None = None
        self._organization: mapping.Organization | None = None

    @property
    def organization(self) -> mapping.Organization:
        """The tenant, read once."""
        with self._known_lock:
            if self._organization is None:
                query = {"$select": "id,displayName,verifiedDomains,tenantType"}
                found = self.read(self.get("/organization", query=query), Listed[mapping.Organization]).value
                if not found:
                    raise BadAnswer("the answer to GET /organization names no tenant", call="GET /organization")
                self._organization = found[0]
            return self._organization

    # Accounts

    @on_users("GET /users", any_of=graph(USERS))
    @on_users(
        "GET /roleManagement/directory/roleAssignments",
        "GET /groups/{id}/transitiveMembers",
        any_of=graph((ROLES, GROUPS), DIRECTORY),
    )
    @on_users("GET /reports/authenticationMethods/userRegistrationDetails", any_of=graph(AUDIT))
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield all users, guests too; what a missing licence or permission hides of them is told once."""
        del part
        notices: list[Notice] = []
        admins = self._field("is_admin (who holds a directory role)", self.admins, notices, ROLES)
        registered = self._report()
        told = False
        for users, after in joined(self._users(cursor, notices), registered):
            if registered.refused is not None and not told:
                told = True
                notices.append(_degraded("mfa (the report of authentication methods)", registered.refused, AUDIT))
            rows = [
                mapping.account(
                    one,
                    is_admin=one.id in admins if admins is not None else None,
                    mfa=registered.of(one.id),
                    signed_in=signed_in,
                )
                for one, signed_in in users
            ]
            yield Page(items=rows, cursor=after, notices=tuple(notices))
            notices.clear()
        if registered.over:
            with self._known_lock:
                self._registered = (time.monotonic(), registered)

    def list_accounts_briefly(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield all users without sign-in dates and MFA states, which are told at a slow pace."""
        del part
        notices: list[Notice] = []
        admins = self._field("is_admin (who holds a directory role)", self.admins, notices, ROLES)
        query = {"$select": USER_FIELDS, "$top": PAGE}
        for users, after in self.pages("/users", mapping.User, query=query, cursor=cursor):
            is_admin = {one.id: one.id in admins if admins is not None else None for one in users}
            rows = [mapping.account(one, is_admin=is_admin[one.id], mfa=None, signed_in=False) for one in users]
            yield Page(items=rows, cursor=after, notices=tuple(notices))
            notices.clear()

    def _report(self) -> Registered:
        """Return the report of authentication methods: as it was read whole at most ten minutes ago, or unread."""
        with self._known_lock:
            held = self._registered
        if held is not None and time.monotonic() - held[0] <= _HELD:
            return held[1]
        query = {"$select": "id,isMfaRegistered", "$top": PAGE}
        return Registered(self.pages(_REGISTRATIONS, mapping.Registration, query=query))

    def _field(self, what: str, read: Callable[[], T], notices: list[Notice], needed: str) -> T | None:
        """Return what fields of accounts are read from, None where that is not permitted, which is told."""
        try:
            return read()
        except NotPermitted as error:
            notices.append(_degraded(what, error, needed))
            return None

    def _users(
        self, cursor: str | None, notices: list[Notice]
    ) -> Iterator[tuple[list[mapping.User], str | None, bool]]:
        """Yield users page by page, and whether their sign-in dates could be read."""
        refused = self._no_sign_ins
        wanted = self.facts.fields.get("sign_in_dates", "yes").strip().lower() not in {"no", "false", "0"}
        dated = {"$select": f"{USER_FIELDS},signInActivity", "$top": SIGN_IN_PAGE}
        for _ in range(2 if refused is None and wanted else 0):
            try:
                for users, after in self.pages("/users", mapping.User, query=dated, cursor=cursor, family=SIGN_INS):
                    yield users, after, True
                    cursor = after
            except NotPermitted as error:
                # Licensed tenants, too, are refused now and then: it is asked for a second time.
                refused = error
            else:
                return
        if refused is not None and cursor is not None and self._no_sign_ins is None:
            raise refused  # in the middle of a list that began with dates
        if not wanted:
            about = "last_login (sign-in dates), which the setting sign_in_dates=no leaves out"
            notices.append(Notice(code="degraded", about=about, effect="degraded"))
        plain = {"$select": USER_FIELDS, "$top": PAGE}
        for users, after in self.pages("/users", mapping.User, query=plain, cursor=cursor):
            if refused is not None and self._no_sign_ins is None:
                self._no_sign_ins = refused
                notices.append(_degraded("last_login (sign-in dates)", refused, AUDIT))
            yield users, after, False

    def user(self, account: str) -> mapping.User:
        """Return a user as it is now, by id or principal name; raises ObjectMissing."""
        return self.read(self.get("/users/{id}", {"id": account}, query={"$select": _ACT_FIELDS}), mapping.User)

    # What is known of all users

    def admins(self) -> frozenset[str]:
        """Return the ids of who holds a directory role now, through groups too; at most ten minutes old."""
        with self._known_lock:
            held = self._admins
            if held is None or time.monotonic() - held[0] > _HELD:
                held = self._admins = (time.monotonic(), _kept(self._read_admins))
        return _given(held[1])

    def _read_admins(self) -> frozenset[str]:
        found: set[str] = set()
        groups: set[str] = set()
        for one in self.assignments():
            principal = one.principal
            if principal is not None and principal.kind == "group":
                groups.add(one.principal_id)
            else:
                found.add(one.principal_id)
        for group in sorted(groups):
            found |= {one.id for one in self.every_member(group, "/groups/{id}/transitiveMembers")}
        return frozenset(found)

    # Groups

    @on_users("GET /groups", any_of=graph(GROUPS))
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        del part
        query = {"$select": _GROUP_FIELDS, "$top": PAGE}
        for groups, after in self.pages("/groups", mapping.DirectoryGroup, query=query, cursor=cursor):
            yield Page(items=[mapping.group(one) for one in groups], cursor=after)

    @on_users("POST /$batch", "GET /groups", "GET /groups/{id}/members", "GET /groups/delta", any_of=graph(GROUPS))
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        """Yield direct members; a group whose members fill more than one answer is a partition of its own."""
        if part.key:
            yield from self._members_of(part, cursor)
            return
        query = {"$select": _GROUP_FIELDS, "$top": _GROUPS_AT_ONCE}
        for groups, after in self.pages("/groups", mapping.DirectoryGroup, query=query, cursor=cursor):
            for start in range(0, max(len(groups), 1), MOST):
                last = start + MOST >= len(groups)
                page = self._members_of_each(groups[start : start + MOST])[0]
                yield msgspec.structs.replace(page, cursor=after if last else None)

    def _members_of_each(self, groups: Sequence[mapping.DirectoryGroup]) -> tuple[Page[Membership], list[str]]:
        """Return the members of some groups, read together, and which groups those are all members of.

        The members of a big group are a partition.
        """
        whole: list[str] = []
        rows: list[Membership] = []
        more: list[Partition] = []
        notices: list[Notice] = []
        calls = [self._members_call(one.id) for one in groups]
        for group, answer in zip(groups, self.batch(calls), strict=True):
            if isinstance(answer, ProviderError):
                self._refused(group, answer, notices)
                continue
            page = answer.decode(Listed[mapping.Principal])
            if page.next:
                more.append(_part_of(group))
                continue
            if not page.value and group.hidden:
                notices.append(_hidden_members(group))
            else:
                whole.append(group.id)
            rows += mapping.memberships(group.id, group.title, page.value)
        return Page(items=rows, more=more, notices=tuple(notices)), whole

    def present_position(self, ability: type[Ability]) -> str:
        """Return where the changes of groups and their members stand now."""
        del ability
        query = {"$select": f"{_GROUP_FIELDS},members", "$deltatoken": "latest"}
        answer = self.client.send(self.get(_CHANGED_GROUPS, query=query))
        return self._position_in(answer.decode(Listed[mapping.DirectoryGroup]).delta, answer)

    def read_on(self, ability: type[Ability], cursor: str) -> Iterator[Page[Any]]:
        """Yield the members of every group that changed since, and that a group that is gone has none."""
        del ability
        call = self.get(_CHANGED_GROUPS, url=cursor if "://" in cursor else self._base_url + cursor)
        for answer, after in self.client.pages(call, NEXT_LINK):
            page = answer.decode(Listed[mapping.DirectoryGroup])
            for start in range(0, len(page.value), MOST):
                some = list({one.id: one for one in page.value[start : start + MOST]}.values())
                found, whole = self._members_of_each([one for one in some if one.removed is None])
                whole += [one.id for one in some if one.removed is not None]
                gone = [Gone(kind="membership", id=f"{id_}/", rest=True) for id_ in whole]
                yield Page(items=[*found.items, *gone], more=found.more, notices=found.notices)
            if after is None:
                yield Page(items=(), cursor=self._position_in(page.delta, answer))

    @property
    def _base_url(self) -> str:
        return self.facts.urls["api"].rstrip("/")

    def _position_in(self, link: str | None, answer: Answer) -> str:
        """Return a link to changes as it is kept: without the host, which is the instance's own."""
        if not link:
            raise BadAnswer(f"{answer.call.name} ends without a position", call=answer.call.name, status=answer.status)
        return link.removeprefix(self._base_url)

    def _members_call(self, group: str) -> Call:
        return self.get("/groups/{id}/members", {"id": group}, query={"$select": _MEMBER_FIELDS, "$top": PAGE})

    def _members_of(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        group, name = part.data["id"], part.data["name"]
        try:
            for members, after in self.members(group, cursor=cursor):
                yield Page(items=mapping.memberships(group, name, members), cursor=after)
        except ObjectMissing:
            yield Page(items=())  # deleted meanwhile

    def _refused(self, group: mapping.DirectoryGroup, error: ProviderError, notices: list[Notice]) -> None:
        """Note that a group's members may not be read; one that is gone is no news, any other failure is raised."""
        if isinstance(error, ObjectMissing):
            return
        if not (isinstance(error, NotPermitted) and group.hidden):
            raise error
        notices.append(_hidden_members(group))

    def members(
        self, group: str, path: str = "/groups/{id}/members", *, cursor: str | None = None
    ) -> Iterator[tuple[list[mapping.Principal], str | None]]:
        """Yield a group's members page by page."""
        query = {"$select": _MEMBER_FIELDS, "$top": PAGE}
        yield from self.pages(path, mapping.Principal, {"id": group}, query=query, cursor=cursor)

    def every_member(self, group: str, path: str = "/groups/{id}/members") -> Iterator[mapping.Principal]:
        """Yield all members of a group; none where it is gone."""
        try:
            for members, _ in self.members(group, path):
                yield from members
        except ObjectMissing:
            return

    # Privileges

    @on_users("GET /users/{id}", any_of=graph(USERS))
    @on_users("GET /groups/{id}", any_of=graph(GROUPS))
    @on_users("GET /roleManagement/directory/roleEligibilityScheduleInstances", any_of=graph(ROLES, ELIGIBLE))
    @on_users(
        "GET /roleManagement/directory/roleAssignments",
        "GET /roleManagement/directory/roleDefinitions",
        any_of=graph(ROLES, DIRECTORY),
    )
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        """Yield directory roles held, and those that may be activated (PIM) as `ROLE (eligible)`."""
        if part.key == "":
            yield Page(items=(), more=(Partition(key="active"), Partition(key="eligible")))
            return
        eligible = part.key == "eligible"
        path = _ELIGIBLE if eligible else _ASSIGNMENTS
        try:
            for found, after in self._assigned(path, cursor):
                yield Page(items=self._privileges(found, eligible=eligible), cursor=after)
        except (LicenceMissing, RequestRefused) as error:
            if not eligible:
                raise
            # Without Entra ID P2 nobody is eligible: there is nothing that would be missed.
            about = f"eligible roles, which need Entra ID P2: {error.words}"
            yield Page(items=(), notices=(Notice(code="licence-missing", about=about, effect="degraded"),))

    def _assigned(self, path: str, cursor: str | None) -> Iterator[tuple[list[mapping.Assignment], str | None]]:
        yield from self.pages(path, mapping.Assignment, query={"$expand": "principal"}, cursor=cursor)

    def assignments(self) -> Iterator[mapping.Assignment]:
        """Yield the active role assignments, each with its principal."""
        for found, _ in self._assigned(_ASSIGNMENTS, None):
            named = self._named(found)
            for one in found:
                yield _with(one, named.get(one.principal_id))

    def _privileges(self, found: list[mapping.Assignment], *, eligible: bool) -> list[Privilege]:
        roles = self.roles()
        named = self._named(found)
        return [
            mapping.privilege(
                one, _role_name(roles, one.role_definition_id), named.get(one.principal_id), eligible=eligible
            )
            for one in found
        ]

    def roles(self) -> dict[str, mapping.Role]:
        """Return the directory's roles by id, read once."""
        if self._roles is None:
            query = {"$select": "id,displayName,templateId"}
            self._roles = {one.id: one for one in self.every(_DEFINITIONS, mapping.Role, query=query)}
        return self._roles

    def _named(self, found: Iterable[mapping.Assignment]) -> dict[str, mapping.Principal]:
        """Return the principals of assignments by id; those that came as an id alone are looked up."""
        known: dict[str, mapping.Principal] = {}
        bare: dict[str, None] = {}
        for one in found:
            if one.principal is not None and one.principal.type:
                known[one.principal_id] = one.principal
            else:
                bare[one.principal_id] = None
        for path, type_, fields in (
            ("/users/{id}", "#microsoft.graph.user", "id,displayName,userPrincipalName"),
            ("/groups/{id}", "#microsoft.graph.group", "id,displayName,mail"),
        ):
            asked = [id_ for id_ in bare if id_ not in known]
            calls = [self.get(path, {"id": id_}, query={"$select": fields}) for id_ in asked]
            for id_, answer in zip(asked, self.batch(calls), strict=True):
                if isinstance(answer, Answer):
                    principal = answer.decode(mapping.Principal)
                    principal.type = type_
                    known[id_] = principal
        return known


def _with(one: mapping.Assignment, principal: mapping.Principal | None) -> mapping.Assignment:
    one.principal = principal or one.principal
    return one


def _role_name(roles: dict[str, mapping.Role], id_: str) -> str:
    found = roles.get(id_)
    return (found.display_name if found else None) or id_


def _part_of(group: mapping.DirectoryGroup) -> Partition:
    return Partition(key=f"group:{group.id}", data={"id": group.id, "name": group.title})


def _hidden_members(group: mapping.DirectoryGroup) -> Notice:
    about = f"the members of {group.title}, whose membership is hidden"
    return Notice(code="scope-missing", about=about, needed=(_HIDDEN_MEMBERS,))


def _degraded(about: str, error: NotPermitted, needed: str) -> Notice:
    text = f"{about}: {error.words}"
    if isinstance(error, LicenceMissing):
        return Notice(code="licence-missing", about=text, needed=error.needed, effect="degraded")
    if "/groups/" in (error.call or ""):
        needed = GROUPS  # the role was read, and who is in the group that holds it was not
    return Notice(code="scope-missing", about=text, needed=error.needed or (needed,), effect="degraded")


def _kept(read: Callable[[], T]) -> T | NotPermitted:
    """Return what was read, or why it may not be: neither is asked for again soon."""
    try:
        return read()
    except NotPermitted as error:
        return error


def _given(held: T | NotPermitted) -> T:
    if isinstance(held, NotPermitted):
        raise held
    return held
