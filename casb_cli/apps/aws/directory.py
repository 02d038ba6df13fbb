"""Accounts, groups and privileges: IAM in each account, Identity Center for all of them."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws import center, mapping
from casb_cli.apps.aws.center import Center
from casb_cli.apps.aws.guardrails import READING, Ceilings
from casb_cli.apps.aws.policies import bounded, used_by_people
from casb_cli.apps.aws.scopes import may
from casb_cli.core import clock
from casb_cli.core.capabilities import ListAccounts, ListGroups, ListMemberships, ListPrivileges, Page, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.models import Account, Group, Membership, Notice, Partition, Privilege

CENTER = "identity-center"
_DETAILS = "POST /iam/GetAccountAuthorizationDetails"
_CENTER_USERS = ("POST /sso-admin/ListInstances", "POST /identitystore/ListUsers")
_CENTER_GROUPS = ("POST /sso-admin/ListInstances", "POST /identitystore/ListGroups")
_CENTER_SETS = (
    "POST /sso-admin/ListInstances",
    "POST /sso-admin/ListPermissionSets",
    "POST /sso-admin/DescribePermissionSet",
    "POST /sso-admin/ListAccountsForProvisionedPermissionSet",
    "POST /sso-admin/ListAccountAssignments",
)
_CENTER_ADMINS = (
    "POST /sso-admin/ListManagedPoliciesInPermissionSet",
    "POST /sso-admin/GetInlinePolicyForPermissionSet",
    "POST /sso-admin/ListCustomerManagedPolicyReferencesInPermissionSet",
    "POST /sso-admin/GetPermissionsBoundaryForPermissionSet",
    "POST /identitystore/ListGroupMemberships",
)
MAY_DETAILS = may("iam:GetAccountAuthorizationDetails")
MAY_SETS = (
    "sso:ListInstances",
    "sso:ListPermissionSets",
    "sso:DescribePermissionSet",
    "sso:ListAccountsForProvisionedPermissionSet",
    "sso:ListAccountAssignments",
)


class CredentialReport(msgspec.Struct):
    Content: str


class Generated(msgspec.Struct):
    State: str | None = None


class LoginProfile(msgspec.Struct):
    CreateDate: str | None = None


class FoundLogin(msgspec.Struct):
    LoginProfile: LoginProfile


class Device(msgspec.Struct):
    SerialNumber: str


class Devices(msgspec.Struct):
    MFADevices: list[Device] = []


class PlainUser(msgspec.Struct):
    UserName: str
    Arn: str
    PasswordLastUsed: str | None = None
    CreateDate: str | None = None


class FoundUser(msgspec.Struct):
    User: PlainUser


class Directory(Center, ListAccounts, ListGroups, ListMemberships, ListPrivileges):
    """Matrix rows 1 to 3."""

    def _parts(self, *kinds: str) -> tuple[Partition, ...]:
        """Return the parts of a listing: each kind in each account, and Identity Center unless it is left out."""
        middle = (Partition(key=CENTER),) if self.looks_at_center else ()
        return (*self.account_parts(*kinds), *middle)

    @needs(
        _DETAILS,
        "POST /iam/GenerateCredentialReport",
        "POST /iam/GetCredentialReport",
        any_of=may("iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    )
    @needs(
        "POST /organizations/ListAccounts",
        any_of=may("organizations:ListAccounts"),
        variant=("organization",),
    )
    @needs(*_CENTER_USERS, any_of=may("sso:ListInstances", "identitystore:ListUsers"))
    @needs(
        "POST /organizations/DescribeOrganization",
        "POST /organizations/ListPoliciesForTarget",
        "POST /organizations/ListParents",
        "POST /organizations/DescribePolicy",
        any_of=may("organizations:DescribeOrganization", *READING),
        variant=("organization",),
    )
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        """Yield users, the root user, roles that people use, and Identity Center's users."""
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=self._parts("users", "roles"))
        elif kind == CENTER:
            yield from self._center_accounts(cursor)
        elif kind == "roles":
            yield from self._roles(part.data["account"], cursor)
        else:
            yield from self._users(part.data["account"], cursor)

    def _users(self, account: str, cursor: str | None) -> Iterator[Page[Account]]:
        notices: list[Notice] = []
        report: dict[str, mapping.Report] | None = None
        try:
            report = self.credential_report(account)
        except NotPermitted as error:
            about = f"status, mfa and last_login of the users of account {account}: {error.words}"
            notices.append(Notice(code="scope-missing", about=about, needed=error.needed, effect="degraded"))
        rights, ceilings = self.rights(account), self.ceilings(account)
        notices += ceilings.notice(account)
        root = self.arn("iam", account, "root")
        first: list[Account] = []
        if cursor is None:
            is_admin = not bounded(ceilings.levels, root)
            first = [doubted(mapping.root_user(root, account, (report or {}).get(root), is_admin=is_admin), ceilings)]
        for page, after in self.details(account, "User", cursor=cursor):
            rows = [
                doubted(self._user(account, one, rights.is_admin(one, ceilings.levels), report), ceilings)
                for one in page.UserDetailList
            ]
            yield Page(items=[*first, *rows], cursor=after, notices=tuple(notices))
            first, notices = [], []

    def _user(
        self, account: str, one: mapping.UserDetail, is_admin: bool, report: dict[str, mapping.Report] | None
    ) -> Account:
        known = report.get(one.Arn) if report is not None else None
        if report is not None and known is None:
            known = self.look_at(account, one.UserName)
        return mapping.iam_user(account, one, known, is_admin=is_admin)

    def credential_report(self, account: str) -> dict[str, mapping.Report]:
        """Return an account's credential report by ARN: AWS makes a new one every four hours at most."""
        self.query("iam", "GenerateCredentialReport", Generated, account=account)
        found = self.query("iam", "GetCredentialReport", CredentialReport, account=account)
        return mapping.report(base64.b64decode(found.Content).decode("utf-8", "replace"))

    def look_at(self, account: str, name: str) -> mapping.Report | None:
        """Return of one user what the report would say: for users younger than it; None where that is refused."""
        try:
            user = self.query("iam", "GetUser", FoundUser, {"UserName": name}, account=account).User
            return mapping.Report(
                password=self.has_password(account, name),
                mfa=bool(self.query("iam", "ListMFADevices", Devices, {"UserName": name}, account=account).MFADevices),
                keys=any(key.Status == "Active" for key in self.access_keys(account, name)),
                last_login=clock.normalise(user.PasswordLastUsed),
                created=clock.normalise(user.CreateDate),
            )
        except (NotPermitted, ObjectMissing):
            return None

    def has_password(self, account: str, name: str) -> bool:
        """Tell whether a user may sign in to the console."""
        try:
            self.query("iam", "GetLoginProfile", FoundLogin, {"UserName": name}, account=account)
        except ObjectMissing:
            return False
        return True

    def access_keys(self, account: str, name: str) -> list[mapping.AccessKey]:
        """Return a user's access keys."""
        pages = self.query_pages("iam", "ListAccessKeys", mapping.AccessKeys, {"UserName": name}, account=account)
        return [key for page, _ in pages for key in page.AccessKeyMetadata]

    def _roles(self, account: str, cursor: str | None) -> Iterator[Page[Account]]:
        rights, ceilings = self.rights(account), self.ceilings(account)
        notices = ceilings.notice(account)
        for roles, after in self.people_roles(account, cursor):
            rows = [
                doubted(mapping.role(account, one, is_admin=rights.is_admin(one, ceilings.levels)), ceilings)
                for one in roles
            ]
            yield Page(items=rows, cursor=after, notices=notices)
            notices = ()

    def people_roles(
        self, account: str, cursor: str | None = None
    ) -> Iterator[tuple[list[mapping.RoleDetail], str | None]]:
        """Yield the roles that people of the spanned accounts, or of a SAML provider, may assume."""
        spanned = self.accounts()
        for page, after in self.details(account, "Role", cursor=cursor):
            yield [one for one in page.RoleDetailList if one.own and used_by_people(one.trust, spanned)], after

    def _center_accounts(self, cursor: str | None) -> Iterator[Page[Account]]:
        for one in self.centers():
            notices: list[Notice] = []
            admins: center.Administrators | None = None
            try:
                admins = self.center_admins()
                notices += admins.notices
            except NotPermitted as error:
                about = f"is_admin of the users of Identity Center: {error.words}"
                notices.append(Notice(code="scope-missing", about=about, needed=error.needed, effect="degraded"))
            params = {"IdentityStoreId": one.IdentityStoreId, "MaxResults": 100}
            for page, after in self.center_pages("identitystore", "ListUsers", center.Users, params, cursor):
                rows = [
                    center.user_account(
                        one.IdentityStoreId,
                        user,
                        is_admin=None if admins is None else user.UserId in admins.users,
                        doubted=admins is not None and user.UserId in admins.doubted,
                    )
                    for user in page.Users
                ]
                yield Page(items=rows, cursor=after, notices=tuple(notices))
                notices = []

    @needs(_DETAILS, any_of=MAY_DETAILS)
    @needs(*_CENTER_GROUPS, any_of=may("sso:ListInstances", "identitystore:ListGroups"))
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=self._parts("groups"))
        elif kind == CENTER:
            for one in self.centers():
                for groups, after in self._store_groups(one.IdentityStoreId, cursor):
                    yield Page(items=[center.store_group(one.IdentityStoreId, g) for g in groups], cursor=after)
        else:
            account = part.data["account"]
            sizes: Counter[str] = Counter()
            for page, _ in self.details(account, "User"):
                sizes.update(name for user in page.UserDetailList for name in user.GroupList)
            for page, after in self.details(account, "Group", cursor=cursor):
                rows = [mapping.iam_group(g, sizes[g.GroupName]) for g in page.GroupDetailList]
                yield Page(items=rows, cursor=after)

    def _store_groups(
        self, store: str, cursor: str | None = None
    ) -> Iterator[tuple[list[center.StoreGroup], str | None]]:
        params = {"IdentityStoreId": store, "MaxResults": 100}
        for page, after in self.center_pages("identitystore", "ListGroups", center.StoreGroups, params, cursor):
            yield page.Groups, after

    @needs(_DETAILS, any_of=MAY_DETAILS)
    @needs(
        *_CENTER_GROUPS,
        "POST /identitystore/ListGroupMemberships",
        "POST /identitystore/ListUsers",
        any_of=may(
            "sso:ListInstances",
            "identitystore:ListGroups",
            "identitystore:ListGroupMemberships",
            "identitystore:ListUsers",
        ),
    )
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=self._parts("members"))
        elif kind == CENTER:
            for one in self.centers():
                for groups, after in self._store_groups(one.IdentityStoreId, cursor):
                    more = tuple(
                        Partition(
                            key=f"group:{one.IdentityStoreId}/{g.GroupId}",
                            data={"store": one.IdentityStoreId, "group": g.GroupId, "name": g.DisplayName or g.GroupId},
                        )
                        for g in groups
                    )
                    yield Page(items=(), cursor=after, more=more)
        elif kind == "group":
            yield from self._center_members(part, cursor)
        else:
            account = part.data["account"]
            arns = {g.GroupName: g.Arn for page, _ in self.details(account, "Group") for g in page.GroupDetailList}
            for page, after in self.details(account, "User", cursor=cursor):
                rows = [
                    mapping.membership(arns[name], name, user.Arn, user.UserName)
                    for user in page.UserDetailList
                    for name in user.GroupList
                    if name in arns
                ]
                yield Page(items=rows, cursor=after)

    def _center_members(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        store, group, name = part.data["store"], part.data["group"], part.data["name"]
        names = self.center_names(store)
        params = {"IdentityStoreId": store, "GroupId": group, "MaxResults": 100}
        pages = self.center_pages("identitystore", "ListGroupMemberships", center.StoreMemberships, params, cursor)
        for page, after in pages:
            ids = [one.MemberId.UserId for one in page.GroupMemberships if one.MemberId.UserId]
            rows = [
                mapping.membership(f"{store}/{group}", name, f"{store}/{user}", names.get(user, user)) for user in ids
            ]
            yield Page(items=rows, cursor=after)

    def center_names(self, store: str) -> dict[str, str]:
        """Return the user names of an identity store by id, read once."""
        with self._lock:
            if store not in self._names:
                params = {"IdentityStoreId": store, "MaxResults": 100}
                pages = self.center_pages("identitystore", "ListUsers", center.Users, params)
                self._names[store] = {
                    user.UserId: user.UserName or user.UserId for page, _ in pages for user in page.Users
                }
            return self._names[store]

    def center_groups(self, store: str) -> dict[str, str]:
        """Return the names of an identity store's groups by id, read once."""
        with self._lock:
            if store not in self._groups:
                pages = self._store_groups(store, None)
                self._groups[store] = {one.GroupId: one.DisplayName or one.GroupId for page, _ in pages for one in page}
            return self._groups[store]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._names: dict[str, dict[str, str]] = {}
        self._groups: dict[str, dict[str, str]] = {}

    @needs(_DETAILS, any_of=MAY_DETAILS)
    @needs(
        *_CENTER_SETS,
        *_CENTER_ADMINS,
        "POST /identitystore/ListGroups",
        "POST /identitystore/ListUsers",
        any_of=may(
            *MAY_SETS,
            "identitystore:ListGroups",
            "sso:ListManagedPoliciesInPermissionSet",
            "sso:GetInlinePolicyForPermissionSet",
            "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
            "sso:GetPermissionsBoundaryForPermissionSet",
            "identitystore:ListGroupMemberships",
            "identitystore:ListUsers",
        ),
    )
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        """Yield the policies on users, groups and people's roles, and who holds which permission set where."""
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=self._parts("users", "groups", "roles"))
        elif kind == CENTER:
            for one in self.centers():
                for arns, after in self.permission_sets(one.InstanceArn, cursor):
                    more = tuple(
                        Partition(
                            key=f"set:{arn}",
                            data={"instance": one.InstanceArn, "store": one.IdentityStoreId, "arn": arn},
                        )
                        for arn in arns
                    )
                    yield Page(items=(), cursor=after, more=more)
        elif kind == "set":
            yield Page(items=list(self._assigned(part.data["instance"], part.data["store"], part.data["arn"])))
        else:
            yield from self._policies(kind, part.data["account"], cursor)

    def _policies(self, kind: str, account: str, cursor: str | None) -> Iterator[Page[Privilege]]:
        if kind == "roles":
            for roles, after in self.people_roles(account, cursor):
                rows = [row for one in roles for row in mapping.policies_of("account", account, one, one.RoleName)]
                yield Page(items=rows, cursor=after)
            return
        for page, after in self.details(account, "User" if kind == "users" else "Group", cursor=cursor):
            rows = [
                row
                for user in page.UserDetailList
                for row in mapping.policies_of("account", account, user, user.UserName)
            ]
            rows += [
                row
                for group in page.GroupDetailList
                for row in mapping.policies_of("group", account, group, group.GroupName)
            ]
            yield Page(items=rows, cursor=after)

    def _assigned(self, instance: str, store: str, arn: str) -> Iterator[Privilege]:
        name = self.set_name(instance, arn)
        for one in self.assignments(instance, arn):
            kind = "account" if one.PrincipalType == "USER" else "group"
            names = self.center_names(store) if kind == "account" else self.center_groups(store)
            who = names.get(one.PrincipalId, one.PrincipalId)  # one that was deleted keeps its assignments
            row = mapping.privilege(kind, f"{store}/{one.PrincipalId}", who, name, arn, one.AccountId)
            yield msgspec.structs.replace(row, id=f"{arn}/{one.AccountId}/{one.PrincipalType}/{one.PrincipalId}")


def doubted(row: Account, ceilings: Ceilings) -> Account:
    """Return an administrator's row as uncertain where service control policies could not be read: they only take."""
    if ceilings.hidden is None or not row.is_admin:
        return row
    return msgspec.structs.replace(row, unknown=(*row.unknown, "is_admin"))
