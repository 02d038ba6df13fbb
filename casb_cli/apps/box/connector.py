"""The Box connector: one enterprise through one credential."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from casb_cli.apps.box import APP
from casb_cli.apps.box.activity import ActivityLog
from casb_cli.apps.box.govern_accounts import GovernAccounts
from casb_cli.apps.box.govern_sharing import GovernSharing
from casb_cli.apps.box.quarantine import Quarantine
from casb_cli.apps.box.rules import NOT_SET_UP, RULES
from casb_cli.apps.box.scopes import ENTERPRISE, GROUPS, READ, USERS, VOCABULARY, WRITE, box, expand
from casb_cli.apps.box.sharing import Sharing
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    Ability,
    ChangeShare,
    FollowFiles,
    ListAccounts,
    ListActivity,
    ListFiles,
    ListFindings,
    ListGrants,
    ListGroups,
    ListMemberships,
    ListPrivileges,
    ListShares,
    ListTrash,
    OverwriteFile,
    QuarantineFile,
    ReadFile,
    ReadOwnPermissions,
    RemoveShare,
    RevokeGrant,
    RevokePassword,
    RevokeSessions,
    SuspendAccount,
    TrashFile,
    needs,
)
from casb_cli.core.errors import NotPermitted
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.core.refs import local
from casb_cli.transport.rules import ApiRules

_PEOPLE = (ListAccounts, ListPrivileges, SuspendAccount, RevokePassword, RevokeSessions)
_EVENTS = (ListActivity, FollowFiles, ListGrants)
_CONTENT = (
    ListFiles,
    ReadFile,
    ListShares,
    ListTrash,
    RemoveShare,
    ChangeShare,
    QuarantineFile,
    TrashFile,
    OverwriteFile,
)


class Box(
    ActivityLog,
    GovernAccounts,
    Quarantine,
    Sharing,
    GovernSharing,
    ReadOwnPermissions,
):
    """All that Box's API allows, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {
        ListFindings: "Box Shield's classifications carry no findings that an API lists",
        RevokeGrant: (
            "Box has no call that ends another app's access; end the person's sessions, or remove the app "
            "in the Admin Console under Apps"
        ),
    }
    partial: ClassVar[Mapping[type[Ability], str]] = {
        ListPrivileges: "a co-admin's single permissions are not in the API",
        ListGrants: (
            "Box lists no apps: these are the ones seen in activity of the last 90 days, never with their scopes; "
            "an app that was not used is not shown"
        ),
        TrashFile: "files inside a trashed folder can only be restored with their folder",
        ListTrash: "files inside a trashed folder are not listed",
        OverwriteFile: "older versions keep the content; a file in the trash cannot be overwritten",
        ReadOwnPermissions: "Box tells no scopes: reading is probed, writing shows when it is done",
    }

    @needs("GET /users/me")
    def prove(self) -> Tenant:
        me = self.me
        if me.enterprise is None:
            raise NotPermitted(
                f"{me.login or me.id} belongs to no enterprise: casb governs enterprises only",
                call="GET /users/me",
                hint="sign in with an account or an app of the enterprise",
            )
        return Tenant(id=me.enterprise.id, name=me.enterprise.name or me.enterprise.id)

    def check_visibility(self) -> None:
        # An app with access to its own users only gets a list of these alone, without any error.
        fields = "id,type,role,is_platform_access_only"
        for users, _ in self.users(fields=fields):
            if any(user.is_platform_access_only is not True for user in users):
                return
        raise NotPermitted(
            "this app sees only its own app users: every listing would be an empty company",
            call="GET /users",
            needed=("App + Enterprise Access",),
            hint="set App Access Level to App + Enterprise Access, then let an administrator authorize the app again",
        )

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)

    @needs("GET /users/me")
    @needs("GET /users", any_of=box(USERS))
    @needs("GET /groups", any_of=box(GROUPS))
    @needs("GET /events", any_of=box(ENTERPRISE))
    @needs("GET /folders/{folder_id}", any_of=box(READ, WRITE))
    def read_own_permissions(self) -> OwnPermissions:
        """Return what probes tell: Box lists no scopes, and writing cannot be tried without doing it."""
        proven: dict[str, None] = {}
        refused: dict[str, str] = {}
        notes = ["Box tells no scopes: reading was probed, writing is not verified until it is used"]

        def probe(abilities: tuple[type[Ability], ...], scope: str, ask: Callable[[], object]) -> None:
            try:
                found = ask()
            except NotPermitted as error:
                refused.update({one.key: f"{error.words}: needs `{scope}`" for one in abilities})
                return
            if found is not None:
                proven.update({one.key: None for one in abilities if not one.changes})

        probe(_PEOPLE, USERS, lambda: self.client.send(self.get("/users", query={"limit": 1})))
        probe((ListGroups, ListMemberships), GROUPS, lambda: self.client.send(self.get("/groups", query={"limit": 1})))
        if ListGroups.key in refused:
            refused[f"{ListPrivileges.key} GET /groups"] = refused[ListGroups.key]
        probe(_EVENTS, ENTERPRISE, self.follow_start)
        if ListAccounts.key in proven:
            probe(_CONTENT, f"{READ} or {WRITE}, and the as-user header", self._look_as_somebody)
        if ListFiles.key not in proven and ListFiles.key not in refused:
            notes.append("nobody was found whose files could be looked at: reading files is not verified")
        return OwnPermissions(
            granted=(),
            vocabulary=VOCABULARY,
            complete=False,
            proven=tuple(proven),
            refused=refused,
            identity=local("account", self.me.id),
            identity_name=self.me.login,
            notes=tuple(notes),
        )

    def _look_as_somebody(self) -> str | None:
        """Read the root folder of the first user who can be acted as; None where there is none."""
        for users, _ in self.users(fields="id,type,login,status"):
            for user in users:
                if user.id == self.me.id or not self.can_act_as(user):
                    continue
                try:
                    self.item("folder", "0", user.id, "id,type")
                except NotPermitted as error:
                    if error.code in NOT_SET_UP:
                        continue
                    raise
                return user.id
        return None
