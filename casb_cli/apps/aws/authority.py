"""Who administers an account: what groups and policies make of its users and roles."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.mapping import AuthorizationDetails, GroupDetail, RoleDetail, UserDetail
from casb_cli.apps.aws.policies import Document, effective, of_aws

KEPT = 600.0
"""Seconds for which groups and policies are held."""
PAGE = 200
"""Entries a page of authorization details: each carries its policies."""


@dataclass
class Rights:
    """What one account's groups and policies permit: enough to judge each of its users and roles."""

    policies: dict[str, Document] = field(default_factory=dict)
    """The customer's policies by ARN."""
    groups: dict[str, tuple[Document, ...]] = field(default_factory=dict)
    """What each group's policies say, by its name."""
    group_policies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Policy names by group name."""
    read_at: float = field(default_factory=time.monotonic)

    def policy(self, arn: str) -> Document:
        """Return what a managed policy says; of AWS's own, those that make no administrator are empty."""
        known = of_aws(arn)
        return self.policies.get(arn, ()) if known is None else known

    def held(self, one: UserDetail | GroupDetail | RoleDetail) -> tuple[Document, ...]:
        """Return what the policies of a principal itself say."""
        return (*(p.document for p in one.inline), *(self.policy(p.PolicyArn) for p in one.AttachedManagedPolicies))

    def is_admin(self, one: UserDetail | RoleDetail, ceilings: Sequence[Document] = ()) -> bool:
        """Tell whether a user or role is an administrator in effect, within service control policies."""
        if one.denied:
            return False
        groups = one.GroupList if isinstance(one, UserDetail) else ()
        held = [*self.held(one), *(document for name in groups for document in self.groups.get(name, ()))]
        bound = one.PermissionsBoundary.PermissionsBoundaryArn if one.PermissionsBoundary else None
        return effective(held, one.Arn, boundary=self.policy(bound) if bound else None, ceilings=ceilings)

    def names(self, user: UserDetail) -> tuple[str, ...]:
        """Return the names of the policies that a user has, through groups too."""
        own = {p.PolicyName for p in (*user.inline, *user.AttachedManagedPolicies)}
        through = (self.group_policies.get(name, ()) for name in user.GroupList)
        return tuple(sorted(own.union(*through)))


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
            found.policies |= {policy.Arn: policy.document for policy in page.Policies}
        found.groups = {one.GroupName: found.held(one) for one in groups}
        found.group_policies = {
            one.GroupName: tuple(p.PolicyName for p in (*one.inline, *one.AttachedManagedPolicies)) for one in groups
        }
        return found
