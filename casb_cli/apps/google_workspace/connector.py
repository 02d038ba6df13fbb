"""The Google Workspace connector: one customer through one credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from casb_cli.apps.google_workspace import APP
from casb_cli.apps.google_workspace.activity import ActivityLog
from casb_cli.apps.google_workspace.changes import Follow
from casb_cli.apps.google_workspace.common import DIRECTORY, DRIVE
from casb_cli.apps.google_workspace.govern_files import GovernFiles
from casb_cli.apps.google_workspace.govern_grants import GovernGrants
from casb_cli.apps.google_workspace.govern_sharing import GovernSharing
from casb_cli.apps.google_workspace.quarantine import Quarantine
from casb_cli.apps.google_workspace.rules import RULES
from casb_cli.apps.google_workspace.scopes import CUSTOMER, USERS, VOCABULARY, expand, google
from casb_cli.apps.google_workspace.sharing import Sharing
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    Ability,
    ListFindings,
    ListGrants,
    ListPrivileges,
    ListShares,
    OverwriteFile,
    QuarantineFile,
    ReadOwnPermissions,
    needs,
)
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.core.refs import local
from casb_cli.transport.rules import ApiRules


class GoogleWorkspace(
    ActivityLog,
    GovernGrants,
    Quarantine,
    GovernSharing,
    GovernFiles,
    Sharing,
    Follow,
    ReadOwnPermissions,
):
    """All that Google's APIs allow, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {
        ListFindings: "what data protection rules matched is told as activity of the application `rules`",
    }
    partial: ClassVar[Mapping[type[Ability], str]] = {
        ListPrivileges: "a role that a group holds stands once, for the group; roles limited by a condition are whole",
        ListGrants: (
            "what each user granted; Google tells neither when a token was issued nor last used, and lists no "
            "delegated service accounts and no Marketplace installs: these are administrative activity"
        ),
        ListShares: "a group counts as internal by its address, whoever belongs to it",
        OverwriteFile: "Google's own documents cannot be overwritten: their revisions cannot be deleted",
        QuarantineFile: (
            "files of a suspended owner need the Admin console's setting that lets users migrate files to shared drives"
        ),
        ReadOwnPermissions: "Google lists no delegated scopes: each is asked for alone where not all are granted",
    }

    @needs("GET /admin/directory/v1/customers/{customerKey}", any_of=google(CUSTOMER))
    @needs("GET /admin/directory/v1/users/{userKey}", any_of=google(USERS))
    def prove(self) -> Tenant:
        """Return the customer; where its record may not be read, what the administrator's own one tells."""
        try:
            found = self.customer
        except NotPermitted:
            user = self.user(self.admin)
            if not user.customer_id:
                raise
            return Tenant(id=user.customer_id, name=user.primary_email.rpartition("@")[2])
        facts = {"domain": found.customer_domain} if found.customer_domain else {}
        return Tenant(id=found.id, name=found.customer_domain or found.id, facts=facts)

    def check_visibility(self) -> None:
        # A delegated administrator may be limited to some organizational units, and sees a shorter list.
        call = self.get(f"{DIRECTORY}/users", query={"customer": "my_customer", "maxResults": 1, "fields": "users(id)"})
        self.client.send(call)
        user = self.user(self.admin)
        if not user.is_admin:
            raise NotPermitted(
                f"{user.primary_email} is no super administrator: it may see a part of the company only",
                call="GET /admin/directory/v1/users/{userKey}",
                needed=("Super Admin",),
                hint="act as a super administrator: --field subject=EMAIL",
            )

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)

    @needs("GET /admin/directory/v1/users/{userKey}", any_of=google(USERS))
    @needs("GET /drive/v3/about")
    def read_own_permissions(self) -> OwnPermissions:
        """Return the scopes of our tokens towards the Admin SDK and Drive, and whom they act as."""
        notes = ["an action may need more than its scope: the administrator's role decides too"]
        try:
            # Each side has a token of its own, whose scopes are known once it was obtained.
            self.client.send(self.get(f"{DRIVE}/about", query={"fields": "user(emailAddress)"}))
        except ScopeMissing:
            notes.append("Drive is out of reach: no scope of it was granted, or none was asked for")
        except NotPermitted as error:
            notes.append(f"Drive cannot be reached as the administrator: {error.words}")
        identity, name = None, None
        try:
            user = self.user(self.admin)
            identity, name = local("account", user.id), user.primary_email
            if not user.is_admin:
                notes.append(
                    f"{name} is no super administrator: governing needs a role for it, and never reaches admins"
                )
        except NotPermitted as error:
            notes.append(f"the administrator's own account cannot be read: {error.words}")
        except ObjectMissing:
            notes.append("the administrator is no user of this customer")
        if not self.delegated:
            notes.append(
                "a person signed in: of all files only that person's own My Drive and shared drives are reached"
            )
        granted = tuple((self.client.granted or "").split())
        return OwnPermissions(
            granted=granted,
            vocabulary=VOCABULARY,
            complete=bool(granted),
            identity=identity,
            identity_name=name,
            notes=tuple(notes),
        )
