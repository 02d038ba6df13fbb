"""The Okta connector: one org through one credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from casb_cli.apps.okta import APP, mapping
from casb_cli.apps.okta.activity import ActivityLog
from casb_cli.apps.okta.common import EVERYBODY
from casb_cli.apps.okta.govern_accounts import GovernAccounts
from casb_cli.apps.okta.govern_grants import GovernGrants
from casb_cli.apps.okta.rules import RULES
from casb_cli.apps.okta.scopes import OAUTH, READING_ROLES, ROLES, SUPER, expand
from casb_cli.core import clock
from casb_cli.core.app import App
from casb_cli.core.capabilities import (
    ABILITIES,
    Ability,
    ChangeShare,
    FollowFiles,
    ListFiles,
    ListFindings,
    ListShares,
    ListTrash,
    OverwriteFile,
    QuarantineFile,
    ReadFile,
    ReadOwnPermissions,
    RemoveShare,
    TrashFile,
    needs,
)
from casb_cli.core.errors import NotPermitted, ObjectMissing
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.core.refs import local
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.rules import ApiRules

_NO_FILES = "Okta keeps no files of its users"
_FILES = (
    ListFiles,
    ReadFile,
    FollowFiles,
    ListShares,
    RemoveShare,
    ChangeShare,
    QuarantineFile,
    ListTrash,
    TrashFile,
    OverwriteFile,
)
_ROLE_HINT = "a super administrator assigns one on the app's Admin roles tab, or to the token's owner"


class Okta(
    ActivityLog,
    GovernAccounts,
    GovernGrants,
    ReadOwnPermissions,
):
    """All that Okta's API allows, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {
        **dict.fromkeys(_FILES, _NO_FILES),
        ListFindings: "Okta inspects no content, so it has no findings",
    }

    @needs("GET /.well-known/okta-organization")
    def prove(self) -> Tenant:
        """Return the org; where its details may not be read, what Okta tells anybody, once the credential served."""
        # A service app's token was already obtained by now; a static token proves nothing until it is used.
        self._look()
        known = self.read(self.get("/.well-known/okta-organization", identity=NOBODY), mapping.WellKnown)
        facts = {"engine": "identity"} if known.pipeline == "idx" else {"engine": "classic"} if known.pipeline else {}
        try:
            org = self.read(self.get("/api/v1/org"), mapping.Organization)
        except NotPermitted:
            return Tenant(id=known.id, name=self.facts.urls["api"].partition("://")[2], facts=facts)
        if org.subdomain:
            facts["subdomain"] = org.subdomain
        return Tenant(id=org.id, name=org.company_name or org.subdomain or org.id, facts=facts)

    def _look(self) -> list[mapping.User] | None:
        """Return the first page of a search for one user; None where users may not be read."""
        try:
            return self.read(self._one_user(), list[mapping.User])
        except NotPermitted:
            return None

    def _one_user(self) -> Call:
        return self.get("/api/v1/users", query={"search": EVERYBODY, "limit": 1})

    def check_visibility(self) -> None:
        # Without an admin role Okta answers 200 with nothing; every org has at least one user.
        if self._look() == []:
            raise NotPermitted(
                "this credential has no admin role: Okta answers every listing of people with an empty one",
                call="GET /api/v1/users",
                needed=("an admin role",),
                hint=_ROLE_HINT,
            )

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)

    @needs("GET /oauth2/v1/clients/{clientId}/roles")
    @needs("GET /api/v1/users/{id}", "GET /api/v1/users/{userId}/roles")
    def read_own_permissions(self) -> OwnPermissions:
        """Return the scopes in our token with the app's admin roles, or the roles of an API token's owner."""
        client = self.client_id
        return self._of_owner() if client is None else self._of_app(client)

    def _of_app(self, client: str) -> OwnPermissions:
        notes = ["an action may need more than its scope: the app's admin role decides too"]
        refused: dict[str, str] = {}
        try:
            roles = [one.name for one in self._roles("/oauth2/v1/clients/{clientId}/roles", {"clientId": client})]
        except NotPermitted:
            notes.append(
                "the app's own admin roles cannot be read: that needs `okta.roles.read` and a role that shows roles"
            )
        else:
            notes.append(f"admin roles of the app: {', '.join(roles) or 'none'}")
            if SUPER in roles:
                notes.append("the app is a Super Administrator: a smaller role is enough for most of what casb does")
            if roles and READING_ROLES.issuperset(roles):
                refused = _only_reads(roles)
        if self.client.granted is None:
            self.client.send(self._one_user())  # the token comes with the first call
        granted = tuple((self.client.granted or "").split())
        return OwnPermissions(
            granted=granted,
            vocabulary=OAUTH,
            complete=bool(granted),
            refused=refused,
            identity=local("account", client),
            identity_name=f"service app {client}",
            notes=tuple(notes),
        )

    def _of_owner(self) -> OwnPermissions:
        me = self.user("me")
        try:
            roles = [one.name for one in self._roles("/api/v1/users/{userId}/roles", {"userId": me.id})]
        except NotPermitted:
            roles = []
        return OwnPermissions(
            granted=tuple(roles),
            vocabulary=ROLES,
            # What a super administrator may is certain; what lesser roles may shows only by trying.
            complete=SUPER in roles,
            refused=_only_reads(roles) if roles and READING_ROLES.issuperset(roles) else {},
            identity=local("account", me.id),
            identity_name=me.login,
            expires=self._expiry(me.id),
        )

    def _expiry(self, owner: str) -> str | None:
        """Return when our token ends, unless it is used: known only where its owner has just one."""
        try:
            own = [token for token in self.api_tokens() if token.user_id == owner]
        except (NotPermitted, ObjectMissing):
            return None
        return clock.normalise(own[0].expires_at) if len(own) == 1 else None


def _only_reads(roles: list[str]) -> dict[str, str]:
    reason = f"the admin role {', '.join(roles)} changes nothing"
    return {ability.key: reason for ability in ABILITIES if ability.changes and issubclass(Okta, ability)}
