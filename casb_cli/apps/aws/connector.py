"""The AWS connector: one account, or the accounts of an organization, through one credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from casb_cli.apps.aws import APP
from casb_cli.apps.aws.activity import ActivityLog
from casb_cli.apps.aws.feed import Follow
from casb_cli.apps.aws.govern_accounts import GovernAccounts
from casb_cli.apps.aws.govern_grants import GovernGrants
from casb_cli.apps.aws.govern_sharing import GovernSharing
from casb_cli.apps.aws.permissions import OwnRights
from casb_cli.apps.aws.quarantine import Quarantine
from casb_cli.apps.aws.rules import RULES
from casb_cli.apps.aws.sharing import Sharing
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    Ability,
    FollowFiles,
    ListShares,
    QuarantineFile,
    RevokeGrant,
    RevokeSessions,
    SuspendAccount,
    TrashFile,
    needs,
)
from casb_cli.core.errors import NotPermitted
from casb_cli.core.models import Tenant
from casb_cli.transport.rules import ApiRules


class Aliases(msgspec.Struct):
    AccountAliases: list[str] = []


class Aws(
    ActivityLog,
    GovernAccounts,
    GovernGrants,
    Follow,
    Quarantine,
    GovernSharing,
    Sharing,
    OwnRights,
):
    """All that AWS's APIs allow, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {}
    partial: ClassVar[Mapping[type[Ability], str]] = {
        SuspendAccount: "an Identity Center user loses its assignments and groups, since no API disables it;"
        " the root user cannot be suspended",
        RevokeSessions: "sessions of Identity Center users cannot be ended, nor can an access key's use be",
        ListShares: "presigned links and multi-region access points are not listed, and resource control policies not"
        " read",
        FollowFiles: "needs an SQS queue of S3 notifications (`queue_url`); buckets that send none are listed once"
        " an hour",
        TrashFile: "versioned buckets only",
        QuarantineFile: "objects under Object Lock, or archived, can only be shut (--mode deny)",
        RevokeGrant: "a provider is not deleted: the trusts of the roles that name it are revoked",
    }

    @needs("POST /sts/GetCallerIdentity", "POST /iam/ListAccountAliases")
    def prove(self) -> Tenant:
        """Return the account, or the organization where a member role is given."""
        caller = self.caller()
        facts = {"account": caller.Account, "arn": caller.Arn, "partition": self.partition}
        organization = self.organization_id() if self.field("member_role") else None
        name = self._alias() or organization or caller.Account
        if organization:
            facts["organization"] = organization
            return Tenant(id=organization, name=name, variant="organization", facts=facts)
        return Tenant(id=caller.Account, name=name, variant="account", facts=facts)

    def _alias(self) -> str | None:
        try:
            found = self.query("iam", "ListAccountAliases", Aliases).AccountAliases
        except NotPermitted:
            return None
        return found[0] if found else None

    def check_visibility(self) -> None:
        # AWS refuses aloud what may not be seen; what must be seen to begin with are the accounts themselves.
        self.accounts()

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return granted
