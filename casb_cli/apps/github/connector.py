"""The GitHub connector: one organization through one credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from casb_cli.apps.github import APP, mapping
from casb_cli.apps.github.activity import LICENCE, ActivityLog
from casb_cli.apps.github.govern_accounts import GovernAccounts
from casb_cli.apps.github.govern_files import GovernFiles
from casb_cli.apps.github.govern_sharing import GovernSharing
from casb_cli.apps.github.rules import RULES
from casb_cli.apps.github.scopes import expand
from casb_cli.apps.github.sharing import Shares
from casb_cli.apps.github.urls import variant_of
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    Ability,
    ListGrants,
    ListTrash,
    OverwriteFile,
    QuarantineFile,
    ReadOwnPermissions,
    RevokeGrant,
    RevokePassword,
    RevokeSessions,
    SuspendAccount,
    TrashFile,
    needs,
)
from casb_cli.core.errors import NotPermitted, ObjectMissing, ScopeMissing
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.core.refs import local
from casb_cli.transport.calls import APP as AS_APP
from casb_cli.transport.rules import ApiRules


class GitHub(
    ActivityLog,
    GovernAccounts,
    GovernFiles,
    Shares,
    GovernSharing,
    ReadOwnPermissions,
):
    """All that GitHub's API allows, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {
        RevokePassword: "GitHub has no call that resets a password; managed users do it at their identity provider",
        ListTrash: "GitHub has no trash for files",
        TrashFile: "GitHub has no trash for files; quarantine or overwrite the file",
    }
    partial: ClassVar[Mapping[type[Ability], str]] = {
        SuspendAccount: "plain github.com cannot suspend: the member is removed or converted, and invited again",
        RevokeSessions: "revokes single sign-on authorizations; browser sessions live on",
        QuarantineFile: "history, other branches, forks and caches keep the content",
        OverwriteFile: "history keeps the former content; there is no trash",
        ListGrants: "no call lists the OAuth apps that an organization approved or the tokens its members hold",
        RevokeGrant: "installed GitHub Apps are removed by an owner in the browser",
    }

    @needs("GET /orgs/{org}")
    def prove(self) -> Tenant:
        found = self.read(self.get("/orgs/{org}"), mapping.Organization)
        variant = variant_of(self.facts.fields)
        if variant == "github.com" and self.facts.fields.get("enterprise") and self._has_managed_users():
            variant = "emu"
        facts = {"login": found.login}
        if found.two_factor_requirement_enabled is not None:
            facts["two_factor_required"] = str(found.two_factor_requirement_enabled).lower()
        return Tenant(
            id=str(found.id),
            name=found.name or found.login,
            variant=variant,
            plan=found.plan.name if found.plan else None,
            facts=facts,
        )

    def _has_managed_users(self) -> bool:
        # Only enterprises with managed users (and Enterprise Server) answer their SCIM list.
        call = self.get(
            "/scim/v2/enterprises/{enterprise}/Users",
            {"enterprise": self.facts.fields["enterprise"]},
            query={"count": 1},
        )
        try:
            self.client.send(call)
        except (ObjectMissing, NotPermitted):
            return False
        return True

    def check_visibility(self) -> None:
        found = self.read(self.get("/orgs/{org}"), mapping.Organization)
        if self.facts.method == "app":
            installation = self._installation()
            if installation.suspended_at:
                raise NotPermitted(
                    "the GitHub App's installation is suspended", hint="unsuspend it in the organization"
                )
            if installation.repository_selection == "selected":
                raise NotPermitted(
                    "the GitHub App is installed on selected repositories only: all others are invisible",
                    needed=("all repositories",),
                    hint="install the app on all repositories in the organization's settings",
                )
        elif found.plan is None and found.default_repository_permission is None:
            raise NotPermitted(
                f"this credential does not belong to an owner of {self.org}: listings would be shortened",
                needed=("organization owner",),
                hint="sign in as an owner of the organization, or use a GitHub App",
            )

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)

    @classmethod
    def licensed(cls, licence: str, tenant: Tenant) -> bool | None:
        if licence != LICENCE or tenant.plan is None:
            return None
        return tenant.plan == "enterprise"

    @needs("GET /user")
    @needs("GET /orgs/{org}/installation")
    def read_own_permissions(self) -> OwnPermissions:
        if self.facts.method == "app":
            installation = self._installation()
            granted = tuple(f"{name}:{level}" for name, level in sorted((installation.permissions or {}).items()))
            notes = (
                ("the app sees selected repositories only",) if installation.repository_selection == "selected" else ()
            )
            return OwnPermissions(
                granted=granted,
                vocabulary="app",
                complete=True,
                identity_name=installation.app_slug,
                notes=notes,
            )
        try:
            answer = self.client.send(self.get("/user"))
        except NotPermitted as error:
            if "not accessible by personal access token" not in error.words:
                raise
            # The call is closed to a fine-grained token; what such a one may do shows only by trying.
            note = f"GitHub does not tell whose token this is: {error.words}"
            return OwnPermissions(vocabulary="app", notes=(note,))
        user = answer.decode(mapping.User)
        header = answer.headers.get("x-oauth-scopes")
        expires = answer.headers.get("github-authentication-token-expiration")
        identity = local("account", str(user.id))
        if header is None:
            # Fine-grained tokens send no scope header: what they may do shows only by trying.
            return OwnPermissions(vocabulary="app", identity=identity, identity_name=user.login, expires=expires)
        granted = tuple(scope.strip() for scope in header.split(",") if scope.strip())
        return OwnPermissions(
            granted=granted,
            vocabulary="oauth",
            complete=True,
            identity=identity,
            identity_name=user.login,
            expires=expires,
        )

    def _installation(self) -> mapping.Installation:
        try:
            return self.read(self.get("/orgs/{org}/installation", identity=AS_APP), mapping.Installation)
        except ObjectMissing as error:
            raise ScopeMissing(
                f"the GitHub App is not installed on {self.org}",
                call=error.call,
                status=error.status,
                hint=f"an owner of {self.org} installs the app from its public page, on all repositories",
            ) from error
