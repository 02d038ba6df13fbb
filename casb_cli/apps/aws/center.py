"""IAM Identity Center: its users and groups, and which permission sets they hold in which accounts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.aws.authority import Authority
from casb_cli.apps.aws.guardrails import Guardrails
from casb_cli.apps.aws.policies import Document, administers, effective, of_aws, read
from casb_cli.apps.base import FEW
from casb_cli.core import clock
from casb_cli.core.errors import ObjectMissing, Unavailable
from casb_cli.core.models import Account, Group, Notice

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


class PolicyReference(msgspec.Struct):
    """A policy of the customer's by name: each account has one of its own."""

    Name: str
    Path: str | None = None

    def arn(self, partition: str, account: str) -> str:
        """Return the policy's ARN in an account."""
        return f"arn:{partition}:iam::{account}:policy{self.Path or '/'}{self.Name}"


class PolicyReferences(msgspec.Struct):
    CustomerManagedPolicyReferences: list[PolicyReference] = []


class Boundary(msgspec.Struct):
    CustomerManagedPolicyReference: PolicyReference | None = None
    ManagedPolicyArn: str | None = None


class FoundBoundary(msgspec.Struct):
    PermissionsBoundary: Boundary | None = None


class SetRights(msgspec.Struct, frozen=True):
    """What a permission set says: policies as they stand, those it names in each account, and its boundary."""

    documents: tuple[Document, ...]
    named: tuple[PolicyReference, ...] = ()
    boundary: Boundary | None = None
    hidden: str = ""
    """Why the boundary could not be read."""

    @property
    def may_administer(self) -> bool:
        """Whether it makes administrators anywhere, its boundary left aside."""
        return bool(self.named) or any(map(administers, self.documents))


class Administrators(msgspec.Struct, frozen=True):
    """The users who administer an account through Identity Center, and what of it could not be looked at."""

    users: frozenset[str] = frozenset()
    doubted: frozenset[str] = frozenset()
    """Those of them who may have lost it to service control policies, or a boundary, that could not be read."""
    notices: tuple[Notice, ...] = ()


def user_account(store: str, user: User, *, is_admin: bool | None, doubted: bool = False) -> Account:
    """Return an Identity Center user; `doubted` where service control policies may take `is_admin` away."""
    mails = user.Emails or []
    mail = next((one.Value for one in mails if one.Primary), mails[0].Value if mails else None)
    unknown = ("mfa", "last_login", "is_admin") if is_admin is None or doubted else ("mfa", "last_login")
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


class Center(Authority, Guardrails):
    """Identity Center as the management account, or the one it is delegated to, sees it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._instances: list[Instance] | None = None
        self._sets: dict[str, str] = {}
        self._administrators: tuple[float, Administrators] | None = None

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

    def center_admins(self) -> Administrators:
        """Return who administers an account by a permission set, through groups too; kept ten minutes.

        While it is only tried what is allowed, those whom a few sets tell. Raises NotPermitted.
        """
        with self._lock:
            if self.trying and self._administrators is None:
                return self._read_admins(FEW)
            known = self._administrators
            if known is None or time.monotonic() - known[0] > KEPT:
                known = self._administrators = (time.monotonic(), self._read_admins())
            return known[1]

    def _read_admins(self, sets: int | None = None) -> Administrators:
        """Read it of all permission sets, or of the first few, until one of those has a holder."""
        sure: set[str] = set()
        doubted: set[str] = set()
        notices: dict[str, Notice] = {}
        for center in self.centers():
            for arns, _ in self.permission_sets(center.InstanceArn):
                for arn in arns[:sets]:
                    rights = self._set_rights(center.InstanceArn, arn)
                    if not rights.may_administer:
                        continue
                    unsure = self._unsure(center.InstanceArn, arn, rights)
                    notices |= {said.about: said for said in unsure}
                    for one in self.assignments(center.InstanceArn, arn):
                        ceilings = self.ceilings(one.AccountId)
                        if self._administers(center.InstanceArn, arn, rights, one.AccountId):
                            (doubted if ceilings.hidden or unsure else sure).update(self._holders(center, one))
                            notices |= {said.about: said for said in ceilings.notice(one.AccountId)}
                        if sets is not None:
                            break
                    if sets is not None and sure | doubted:
                        break
                if sets is not None:
                    break
        return Administrators(frozenset(sure | doubted), frozenset(doubted - sure), tuple(notices.values()))

    def _holders(self, center: Instance, one: Assignment) -> Iterator[str]:
        if one.PrincipalType == "USER":
            yield one.PrincipalId
            return
        for member in self.members_of(center.IdentityStoreId, one.PrincipalId):
            if member.MemberId.UserId:
                yield member.MemberId.UserId

    def _set_rights(self, instance: str, arn: str) -> SetRights:
        params = {"InstanceArn": instance, "PermissionSetArn": arn}
        pages = self.center_pages("sso-admin", "ListManagedPoliciesInPermissionSet", ManagedPolicies, params)
        managed = [of_aws(one.Arn or "") for page, _ in pages for one in page.AttachedManagedPolicies]
        inline = self.center_get("sso-admin", "GetInlinePolicyForPermissionSet", InlinePolicy, params)
        documents = (*(one for one in managed if one), read(inline.InlinePolicy or "{}"))
        references = self.center_pages(
            "sso-admin", "ListCustomerManagedPolicyReferencesInPermissionSet", PolicyReferences, params
        )
        named = tuple(one for page, _ in references for one in page.CustomerManagedPolicyReferences)
        rights = SetRights(documents, named)
        if not rights.may_administer:
            return rights  # then there is nothing that a boundary could take
        try:
            found = self.center_get("sso-admin", "GetPermissionsBoundaryForPermissionSet", FoundBoundary, params)
        except ObjectMissing:
            return rights
        except Unavailable as error:
            return msgspec.structs.replace(rights, hidden=error.words)
        return msgspec.structs.replace(rights, boundary=found.PermissionsBoundary)

    def _unsure(self, instance: str, arn: str, rights: SetRights) -> tuple[Notice, ...]:
        if not rights.hidden:
            return ()
        about = (
            f"the boundary of permission set {self.set_name(instance, arn)}, which may take away what is_admin tells"
        )
        return (Notice(code="degraded", about=f"{about}: {rights.hidden}", effect="degraded"),)

    def _administers(self, instance: str, arn: str, rights: SetRights, account: str) -> bool:
        """Tell whether a permission set makes administrators in an account, as its boundary and the organization allow.

        What an account calls its own policies is looked up there only where the set or its boundary names one.
        """
        held = [*rights.documents, *(self._named(one, account) for one in rights.named)]
        bound = rights.boundary
        boundary: Document | None = None
        if bound is not None and bound.CustomerManagedPolicyReference is not None:
            boundary = self._named(bound.CustomerManagedPolicyReference, account)
        elif bound is not None and bound.ManagedPolicyArn:
            boundary = of_aws(bound.ManagedPolicyArn) or ()
        role = self._role_arn(instance, arn, account)
        return effective(held, role, boundary=boundary, ceilings=self.ceilings(account).levels)

    def _named(self, one: PolicyReference, account: str) -> Document:
        return self.rights(account).policy(one.arn(self.partition, account))

    def _role_arn(self, instance: str, arn: str, account: str) -> str:
        """Return the ARN, but for the digits at its end, of the role that a permission set has in an account."""
        region = "" if self.center_region == "us-east-1" else f"{self.center_region}/"
        name = f"AWSReservedSSO_{self.set_name(instance, arn)}_0000000000000000"
        return self.arn("iam", account, f"role/aws-reserved/sso.amazonaws.com/{region}{name}")
