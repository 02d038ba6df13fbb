"""Who administers an account: what groups and policies make of its users and roles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.mapping import AuthorizationDetails, GroupDetail, RoleDetail, UserDetail
from casb_cli.apps.aws.policies import ADMIN_POLICIES, ADMINISTRATOR, administers, allows_all

KEPT = 600.0
"""Seconds for which groups and policies are held."""
PAGE = 200
"""Entries a page of authorization details: each carries its policies."""


@dataclass
class Rights:
    """What one account's groups and policies permit: enough to judge each of its users and roles."""

    admin_policies: set[str] = field(default_factory=set)
    """ARNs of the customer's policies that make an administrator."""
    whole_policies: set[str] = field(default_factory=set)
    """ARNs of those that bound nothing where they are a boundary."""
    admin_groups: set[str] = field(default_factory=set)
    group_policies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Policy names by group name."""
    read_at: float = field(default_factory=time.monotonic)

    def holds(self, one: UserDetail | GroupDetail | RoleDetail) -> bool:
        """Tell whether a principal's own policies make an administrator."""
        return any(
            p.PolicyArn in self.admin_policies or (_of_aws(p.PolicyArn) and p.PolicyName in ADMIN_POLICIES)
            for p in one.AttachedManagedPolicies
        ) or any(administers(p.document) for p in one.inline)

    def bounded(self, one: UserDetail | RoleDetail) -> bool:
        """Tell whether a permissions boundary takes away what would make an administrator."""
        arn = one.PermissionsBoundary.PermissionsBoundaryArn if one.PermissionsBoundary else None
        if not arn:
            return False
        return arn not in self.whole_policies and not (_of_aws(arn) and arn.endswith(f"/{ADMINISTRATOR}"))

    def is_admin(self, one: UserDetail | RoleDetail) -> bool:
        """Tell whether a user or role is an administrator in effect."""
        if one.denied or self.bounded(one):
            return False
        if isinstance(one, RoleDetail):
            return self.holds(one)
        return self.holds(one) or any(name in self.admin_groups for name in one.GroupList)

    def names(self, user: UserDetail) -> tuple[str, ...]:
        """Return the names of the policies that a user has, through groups too."""
        own = {p.PolicyName for p in (*user.inline, *user.AttachedManagedPolicies)}
        through = (self.group_policies.get(name, ()) for name in user.GroupList)
        return tuple(sorted(own.union(*through)))


def _of_aws(arn: str) -> bool:
    return ":iam::aws:policy/" in arn


class Authority(AwsBase):
    """Authorization details, by account."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rights: dict[str, Rights] = {}

    def details(
        self, account: str, *kinds: str, cursor: str | None = None, size: int = PAGE
    ) -> Iterator[tuple[AuthorizationDetails, str | None]]:
        """Yield an account's `User`, `Group`, `Role` or `LocalManagedPolicy` details, page by page."""
        params = {"Filter": list(kinds), "MaxItems": size}
        yield from self.query_pages(
            "iam", "GetAccountAuthorizationDetails", AuthorizationDetails, params, cursor, account=account
        )

    def rights(self, account: str) -> Rights:
        """Return what an account's groups and policies permit, as read at most ten minutes ago."""
        with self._lock:
            known = self._rights.get(account)
            if known is None or time.monotonic() - known.read_at > KEPT:
                known = self._rights[account] = self._read_rights(account)
            return known

    def _read_rights(self, account: str) -> Rights:
        found = Rights()
        groups: list[GroupDetail] = []
        for page, _ in self.details(account, "Group", "LocalManagedPolicy"):
            groups += page.GroupDetailList
            for policy in page.Policies:
                if administers(policy.document):
                    found.admin_policies.add(policy.Arn)
                if allows_all(policy.document):
                    found.whole_policies.add(policy.Arn)
        found.admin_groups = {one.GroupName for one in groups if found.holds(one)}
        found.group_policies = {
            one.GroupName: tuple(p.PolicyName for p in (*one.inline, *one.AttachedManagedPolicies)) for one in groups
        }
        return found
