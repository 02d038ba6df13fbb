"""IAM Identity Center: its users and groups, and which permission sets they hold in which accounts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.policies import ADMIN_POLICIES, administers, read
from casb_cli.core import clock
from casb_cli.core.models import Account, Group

KEPT = 600.0
"""Seconds for which assignments are held."""


class Instance(msgspec.Struct):
    InstanceArn: str
    IdentityStoreId: str
    OwnerAccountId: str | None = None


class Instances(msgspec.Struct):
    Instances: list[Instance] = []


class PersonName(msgspec.Struct):
    GivenName: str | None = None
    FamilyName: str | None = None


class Email(msgspec.Struct):
    Value: str | None = None
    Primary: bool | None = None


class User(msgspec.Struct):
    UserId: str
    UserName: str | None = None
    DisplayName: str | None = None
    Name: PersonName | None = None
    Emails: list[Email] | None = None
    UserStatus: str | None = None
    CreatedAt: float | None = None


class Users(msgspec.Struct):
    Users: list[User] = []


class StoreGroup(msgspec.Struct):
    GroupId: str
    DisplayName: str | None = None


class StoreGroups(msgspec.Struct):
    Groups: list[StoreGroup] = []


class Member(msgspec.Struct):
    UserId: str | None = None


class StoreMembership(msgspec.Struct):
    MembershipId: str
    GroupId: str
    MemberId: Member


class StoreMemberships(msgspec.Struct):
    GroupMemberships: list[StoreMembership] = []


class PermissionSets(msgspec.Struct):
    PermissionSets: list[str] = []


class PermissionSet(msgspec.Struct):
    PermissionSetArn: str
    Name: str | None = None


class Described(msgspec.Struct):
    PermissionSet: PermissionSet


class Provisioned(msgspec.Struct):
    AccountIds: list[str] = []


class Assignment(msgspec.Struct):
    AccountId: str
    PermissionSetArn: str
    PrincipalType: str
    PrincipalId: str


class Assignments(msgspec.Struct):
    AccountAssignments: list[Assignment] = []


class ManagedPolicy(msgspec.Struct):
    Name: str | None = None
    Arn: str | None = None


class ManagedPolicies(msgspec.Struct):
    AttachedManagedPolicies: list[ManagedPolicy] = []


class InlinePolicy(msgspec.Struct):
    InlinePolicy: str | None = None


def user_account(store: str, user: User, *, is_admin: bool | None) -> Account:
    """Return an Identity Center user."""
    mails = user.Emails or []
    mail = next((one.Value for one in mails if one.Primary), mails[0].Value if mails else None)
    unknown = ("mfa", "last_login") if is_admin is not None else ("mfa", "last_login", "is_admin")
    status = {"ENABLED": "active", "DISABLED": "disabled"}.get(user.UserStatus or "")
    parts = (user.Name.GivenName, user.Name.FamilyName) if user.Name else ()
    return Account(
        id=f"{store}/{user.UserId}",
        login=user.UserName,
        email=mail,
        name=user.DisplayName or " ".join(filter(None, parts)) or None,
        status=status,  # type: ignore[arg-type]
        is_admin=is_admin,
        external=False,
        created=clock.from_millis(user.CreatedAt * 1000) if user.CreatedAt else None,
        profile={"type": "identity-center-user"},
        unknown=unknown if status else (*unknown, "status"),
    )


def store_group(store: str, one: StoreGroup) -> Group:
    """Return an Identity Center group; nothing tells its size."""
    return Group(id=f"{store}/{one.GroupId}", name=one.DisplayName, unknown=("member_count",))


class Center(AwsBase):
    """Identity Center as the management account, or the one it is delegated to, sees it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._instances: list[Instance] | None = None
        self._sets: dict[str, str] = {}
        self._administrators: tuple[float, frozenset[str]] | None = None

    @property
    def looks_at_center(self) -> bool:
        """Whether Identity Center is to be looked into."""
        return self.field("identity_center_region") != "none"

    @property
    def center_region(self) -> str:
        """The region of Identity Center."""
        told = self.field("identity_center_region")
        return told if told and told != "none" else self.home

    def centers(self) -> list[Instance]:
        """Return the Identity Center instances that our account sees: one, or none."""
        with self._lock:
            if self._instances is None:
                pages = self.json_pages("sso-admin", "ListInstances", Instances, region=self.center_region)
                self._instances = [one for page, _ in pages for one in page.Instances]
            return self._instances

    def center_pages(
        self, service: str, operation: str, type_: type[Any], params: dict[str, Any], cursor: str | None = None
    ) -> Iterator[tuple[Any, str | None]]:
        """Yield the pages of a listing of Identity Center or its identity store."""
        yield from self.json_pages(service, operation, type_, params, cursor, region=self.center_region)

    def center_get(self, service: str, operation: str, type_: type[Any], params: dict[str, Any]) -> Any:
        """Return one answer of Identity Center or its identity store."""
        return self.json(service, operation, type_, params, region=self.center_region)

    def members_of(self, store: str, group: str) -> Iterator[StoreMembership]:
        """Yield the memberships of a group."""
        params = {"IdentityStoreId": store, "GroupId": group, "MaxResults": 100}
        for page, _ in self.center_pages("identitystore", "ListGroupMemberships", StoreMemberships, params):
            yield from page.GroupMemberships

    def permission_sets(self, instance: str, cursor: str | None = None) -> Iterator[tuple[list[str], str | None]]:
        """Yield the ARNs of an instance's permission sets, page by page."""
        params = {"InstanceArn": instance, "MaxResults": 100}
        for page, after in self.center_pages("sso-admin", "ListPermissionSets", PermissionSets, params, cursor):
            yield page.PermissionSets, after

    def set_name(self, instance: str, arn: str) -> str:
        """Return a permission set's name."""
        if arn not in self._sets:
            params = {"InstanceArn": instance, "PermissionSetArn": arn}
            described = self.center_get("sso-admin", "DescribePermissionSet", Described, params)
            self._sets[arn] = described.PermissionSet.Name or arn
        return self._sets[arn]

    def assignments(self, instance: str, arn: str) -> Iterator[Assignment]:
        """Yield who holds a permission set where, in the accounts that the instance spans."""
        params = {"InstanceArn": instance, "PermissionSetArn": arn, "MaxResults": 100}
        spanned = self.accounts()
        for page, _ in self.center_pages("sso-admin", "ListAccountsForProvisionedPermissionSet", Provisioned, params):
            for account in page.AccountIds:
                if account not in spanned:
                    continue
                inner = {**params, "AccountId": account}
                pages = self.center_pages("sso-admin", "ListAccountAssignments", Assignments, inner)
                for found, _ in pages:
                    yield from found.AccountAssignments

    def center_admins(self) -> frozenset[str]:
        """Return the ids of users who hold an administrator's permission set, through groups too; kept ten minutes."""
        with self._lock:
            known = self._administrators
            if known is None or time.monotonic() - known[0] > KEPT:
                known = self._administrators = (time.monotonic(), frozenset(self._read_admins()))
            return known[1]

    def _read_admins(self) -> Iterator[str]:
        for center in self.centers():
            for arns, _ in self.permission_sets(center.InstanceArn):
                for arn in arns:
                    if not self._administers(center.InstanceArn, arn):
                        continue
                    for one in self.assignments(center.InstanceArn, arn):
                        if one.PrincipalType == "USER":
                            yield one.PrincipalId
                        else:
                            for member in self.members_of(center.IdentityStoreId, one.PrincipalId):
                                if member.MemberId.UserId:
                                    yield member.MemberId.UserId

    def _administers(self, instance: str, arn: str) -> bool:
        params = {"InstanceArn": instance, "PermissionSetArn": arn}
        pages = self.center_pages("sso-admin", "ListManagedPoliciesInPermissionSet", ManagedPolicies, params)
        if any(one.Name in ADMIN_POLICIES for page, _ in pages for one in page.AttachedManagedPolicies):
            return True
        inline = self.center_get("sso-admin", "GetInlinePolicyForPermissionSet", InlinePolicy, params)
        return administers(read(inline.InlinePolicy or "{}"))
