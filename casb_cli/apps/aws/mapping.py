"""AWS's wire shapes outside S3 and CloudTrail, and what they become. Names are the provider's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import msgspec

from casb_cli.apps.aws.policies import Document, read
from casb_cli.core import clock
from casb_cli.core.models import Account, Group, Membership, Privilege
from casb_cli.core.refs import local

SUSPENDED = "casb-suspend"
"""The inline policy by which casb takes a user's access away."""
DENY_ALL = "AWSDenyAll"
"""AWS's own policy of the same effect, attached where there is no room for an inline one."""
ROOT_ROW = "<root_account>"


class CallerIdentity(msgspec.Struct):
    Account: str
    Arn: str
    UserId: str | None = None


class OrganizationAccount(msgspec.Struct):
    Id: str
    Name: str | None = None
    State: str | None = None
    Status: str | None = None

    @property
    def active(self) -> bool:
        """Whether the account can be worked in; `Status` is the older word and no longer sent everywhere."""
        return (self.State or self.Status) == "ACTIVE"


class OrganizationAccounts(msgspec.Struct):
    Accounts: list[OrganizationAccount] = []


class OrganizationDetails(msgspec.Struct):
    Id: str
    MasterAccountId: str | None = None


class DescribedOrganization(msgspec.Struct):
    Organization: OrganizationDetails


class Region(msgspec.Struct):
    RegionName: str


class Regions(msgspec.Struct):
    Regions: list[Region] = []
    NextToken: str | None = None


class Inline(msgspec.Struct):
    PolicyName: str
    PolicyDocument: str = ""

    @property
    def document(self) -> Document:
        """The policy."""
        return read(self.PolicyDocument)


class Attached(msgspec.Struct):
    PolicyName: str
    PolicyArn: str


class Boundary(msgspec.Struct):
    PermissionsBoundaryArn: str | None = None


class UserDetail(msgspec.Struct):
    UserName: str
    Arn: str
    CreateDate: str | None = None
    GroupList: list[str] = []
    UserPolicyList: list[Inline] = []
    AttachedManagedPolicies: list[Attached] = []
    PermissionsBoundary: Boundary | None = None

    inline = property(lambda self: self.UserPolicyList)

    @property
    def denied(self) -> bool:
        """Whether a policy that denies everything is on the user."""
        return any(one.PolicyName == SUSPENDED for one in self.UserPolicyList) or any(
            one.PolicyName == DENY_ALL for one in self.AttachedManagedPolicies
        )


class GroupDetail(msgspec.Struct):
    GroupName: str
    Arn: str
    GroupPolicyList: list[Inline] = []
    AttachedManagedPolicies: list[Attached] = []

    inline = property(lambda self: self.GroupPolicyList)


class LastUsed(msgspec.Struct):
    LastUsedDate: str | None = None
    ServiceName: str | None = None
    Region: str | None = None


class RoleDetail(msgspec.Struct):
    RoleName: str
    Arn: str
    Path: str = "/"
    CreateDate: str | None = None
    AssumeRolePolicyDocument: str = ""
    RolePolicyList: list[Inline] = []
    AttachedManagedPolicies: list[Attached] = []
    PermissionsBoundary: Boundary | None = None
    RoleLastUsed: LastUsed | None = None

    inline = property(lambda self: self.RolePolicyList)

    @property
    def denied(self) -> bool:
        """Whether a policy that denies everything is on the role."""
        return any(one.PolicyName == SUSPENDED for one in self.RolePolicyList) or any(
            one.PolicyName == DENY_ALL for one in self.AttachedManagedPolicies
        )

    @property
    def trust(self) -> Document:
        """Who may assume the role."""
        return read(self.AssumeRolePolicyDocument)

    @property
    def own(self) -> bool:
        """Whether the role is the customer's, and not made by a service or by Identity Center."""
        return not self.Path.startswith(("/aws-reserved/", "/aws-service-role/"))


class PolicyVersion(msgspec.Struct):
    Document: str = ""
    IsDefaultVersion: str = "false"


class ManagedPolicy(msgspec.Struct):
    Arn: str
    PolicyName: str | None = None
    PolicyVersionList: list[PolicyVersion] = []

    @property
    def document(self) -> Document:
        """The policy in force."""
        found = next((one for one in self.PolicyVersionList if one.IsDefaultVersion == "true"), None)
        return read(found.Document if found else "")


class AuthorizationDetails(msgspec.Struct):
    UserDetailList: list[UserDetail] = []
    GroupDetailList: list[GroupDetail] = []
    RoleDetailList: list[RoleDetail] = []
    Policies: list[ManagedPolicy] = []


class AccessKey(msgspec.Struct):
    AccessKeyId: str
    Status: str | None = None
    CreateDate: str | None = None
    UserName: str | None = None


class AccessKeys(msgspec.Struct):
    AccessKeyMetadata: list[AccessKey] = []


class Report(msgspec.Struct):
    """What the credential report says of one user; None where it says nothing."""

    password: bool | None
    mfa: bool | None
    keys: bool
    last_login: str | None
    created: str | None


def report(text: str) -> dict[str, Report]:
    """Return a credential report by ARN; columns are found by their names, values compared without case."""
    return {row["arn"]: _report_row(row) for row in csv.DictReader(io.StringIO(text)) if row.get("arn")}


def _report_row(row: Mapping[str, str]) -> Report:
    return Report(
        password=_flag(row.get("password_enabled")),
        mfa=_flag(row.get("mfa_active")),
        keys=any(_flag(row.get(f"access_key_{number}_active")) for number in (1, 2)),
        last_login=clock.normalise(row.get("password_last_used")),
        created=clock.normalise(row.get("user_creation_time")),
    )


def _flag(value: str | None) -> bool | None:
    return {"true": True, "false": False}.get((value or "").strip().lower())


def iam_user(account: str, user: UserDetail, known: Report | None, *, is_admin: bool | None) -> Account:
    """Return a user of an account; without its line of the report, what only that tells is unknown."""
    unknown: tuple[str, ...] = () if is_admin is not None else ("is_admin",)
    suspended: bool | None = True if user.denied else None
    if known is None:
        unknown += ("mfa", "last_login") if suspended else ("status", "mfa", "last_login")
    elif suspended is None:
        suspended = not known.keys and not known.password
    return Account(
        id=user.Arn,
        login=user.UserName,
        status=None if suspended is None else "suspended" if suspended else "active",
        is_admin=is_admin,
        mfa=known.mfa if known else None,
        external=False,
        last_login=known.last_login if known else None,
        created=clock.normalise(user.CreateDate),
        profile={"type": "iam-user", "account": account},
        unknown=unknown,
    )


def root_user(arn: str, account: str, known: Report | None, *, is_admin: bool = True) -> Account:
    """Return an account's root user: an administrator, unless service control policies bound it."""
    return Account(
        id=arn,
        login="root",
        status="active",
        is_admin=is_admin,
        mfa=known.mfa if known else None,
        external=False,
        last_login=known.last_login if known else None,
        created=known.created if known else None,
        profile={"type": "root", "account": account},
        unknown=() if known else ("mfa", "last_login", "created"),
    )


def role(account: str, one: RoleDetail, *, is_admin: bool | None) -> Account:
    """Return a role that people use."""
    used = one.RoleLastUsed.LastUsedDate if one.RoleLastUsed else None
    return Account(
        id=one.Arn,
        login=one.RoleName,
        status="suspended" if one.denied else "active",
        is_admin=is_admin,
        external=False,
        last_login=clock.normalise(used),
        created=clock.normalise(one.CreateDate),
        profile={"type": "role", "account": account},
        unknown=("mfa",) if is_admin is not None else ("mfa", "is_admin"),
    )


def iam_group(one: GroupDetail, members: int) -> Group:
    """Return a group of an account."""
    return Group(id=one.Arn, name=one.GroupName, member_count=members)


def membership(group: str, group_name: str | None, member: str, member_name: str | None) -> Membership:
    """Return one membership, of ids."""
    return Membership(
        id=f"{group} {member}",
        group=group_name,
        group_ref=local("group", group),
        member=member_name,
        member_ref=local("account", member),
        role="member",
    )


def privilege(kind: str, principal: str, name: str | None, policy: str, about: str, scope: str) -> Privilege:
    """Return a policy or permission set that a principal holds; `about` tells it apart from others of its name."""
    return Privilege(
        id=f"{principal}/{about}",
        principal=name,
        principal_ref=local(kind, principal),
        role=policy,
        scope=scope,
    )


def policies_of(kind: str, account: str, one: Any, name: str) -> list[Privilege]:
    """Return the policies of a user, group or role, inline and attached, once for each name."""
    found = {p.PolicyName: f"inline:{p.PolicyName}" for p in one.inline}
    found |= {p.PolicyName: p.PolicyArn for p in one.AttachedManagedPolicies}
    return [privilege(kind, one.Arn, name, policy, about, account) for policy, about in found.items()]
