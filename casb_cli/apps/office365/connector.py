"""The Office 365 connector: one tenant through one credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from casb_cli.apps.office365 import APP
from casb_cli.apps.office365.activity import ActivityLog
from casb_cli.apps.office365.changes import Follow
from casb_cli.apps.office365.common import Identified
from casb_cli.apps.office365.govern_files import GovernFiles
from casb_cli.apps.office365.govern_sharing import GovernSharing
from casb_cli.apps.office365.permissions import Permissions
from casb_cli.apps.office365.quarantine import Quarantine
from casb_cli.apps.office365.rules import RULES
from casb_cli.apps.office365.scopes import USERS, expand, graph, on_users
from casb_cli.apps.office365.sharing import Sharing
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    Ability,
    ChangeShare,
    ListFindings,
    ListGrants,
    ListPrivileges,
    ListTrash,
    QuarantineFile,
    ReadOwnPermissions,
    TrashFile,
)
from casb_cli.core.errors import NotPermitted
from casb_cli.core.models import Tenant
from casb_cli.transport.rules import ApiRules


class Office365(
    ActivityLog,
    Permissions,
    Quarantine,
    GovernSharing,
    GovernFiles,
    Sharing,
    Follow,
):
    """All that Microsoft's APIs allow, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {
        ListFindings: "what Microsoft's data loss prevention matched is told as activity of the component activities",
    }
    partial: ClassVar[Mapping[type[Ability], str]] = {
        ListPrivileges: "directory roles, held or eligible; roles inside SharePoint, Exchange or Teams are not listed",
        ListGrants: "Microsoft tells neither when a delegated grant was given nor when any was last used",
        ChangeShare: "a link gets another scope or type by being made again, at another address",
        ListTrash: (
            "with a client secret a part of what a certificate shows; a later scan looks again where something was "
            "deleted, and everywhere once a week"
        ),
        TrashFile: "restoring takes a certificate: SharePoint takes no token of a client secret",
        QuarantineFile: "copied and deleted: the file comes back under another id, links with other addresses",
        ReadOwnPermissions: "permissions stand in the tokens, of which Microsoft promises no format",
    }

    @on_users("GET /organization")
    def prove(self) -> Tenant:
        """Return the tenant by its GUID."""
        found = self.organization
        domains = [one for one in found.verified_domains or () if one.name]
        default = next((one.name for one in domains if one.is_default), None)
        facts = {"domain": default} if default else {}
        return Tenant(id=found.id, name=found.display_name or default or found.id, facts=facts)

    @on_users("GET /users", any_of=graph(USERS))
    def check_visibility(self) -> None:
        users = next(self.pages("/users", Identified, query={"$select": "id", "$top": 1}))[0]
        if not users:
            raise NotPermitted(
                "this credential sees no user at all, and every tenant has one",
                call="GET /users",
                needed=(USERS,),
                hint="grant admin consent to the app's permissions; see --print-setup",
            )

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)
