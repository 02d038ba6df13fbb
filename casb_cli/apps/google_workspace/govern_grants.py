"""Revoking what a user granted to an app, and app passwords."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.google_workspace.govern_accounts import GovernAccounts
from casb_cli.apps.google_workspace.scopes import SECURITY, google
from casb_cli.core.capabilities import Change, RevokeGrant, Step, needs
from casb_cli.core.errors import ObjectMissing, UsageError
from casb_cli.core.refs import local

_PASSWORD = "asp/"


class GovernGrants(GovernAccounts, RevokeGrant):
    """Matrix row 14."""

    @needs(
        "GET /admin/directory/v1/users/{userKey}/tokens",
        "DELETE /admin/directory/v1/users/{userKey}/tokens/{clientId}",
        "GET /admin/directory/v1/users/{userKey}/asps",
        "DELETE /admin/directory/v1/users/{userKey}/asps/{codeId}",
        any_of=google(SECURITY),
    )
    def plan_revoke_grant(self, grant: str) -> Change:
        user, _, rest = grant.partition("/")
        code = rest.removeprefix(_PASSWORD)
        password = rest.startswith(_PASSWORD) and code.isdecimal()
        if not user or not rest or (rest.startswith(_PASSWORD) and not password):
            raise UsageError(f"google-workspace has no grant `{grant}`", hint="casb list grants --app google-workspace")
        if password:
            name = self._app_password(user, int(code))
            what = f"app password {name or code}"
            revoke = Step(name="delete-app-password", title=f"delete {what}", args={"user": user, "code": int(code)})
            again = "the person makes a new app password"
        else:
            name = self._token(user, rest)
            what = f"{name or rest}"
            revoke = Step(name="revoke-token", title=f"revoke {what}", args={"user": user, "client": rest})
            again = "the person grants the app access again"
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=what,
            before={"present": name is not None},
            after={"present": False},
            steps=(revoke,) if name is not None else (),
            irreversible=again,
            touches=(local("grant", grant),),
            side_effects=() if password else ("access tokens already issued may live for some minutes",),
            keeps={"grant": grant, "principal_ref": local("account", user)},
        )

    def _app_password(self, user: str, code: int) -> str | None:
        """Return an app password's name; None where there is none of that number."""
        try:
            found = next((one for one in self.app_passwords(user) if one.code_id == code), None)
        except ObjectMissing:
            return None
        return (found.name or str(code)) if found else None

    def _token(self, user: str, client: str) -> str | None:
        """Return the name of an app that a user granted access; None where that is not so."""
        try:
            found = next((one for one in self.tokens(user) if one.client_id == client), None)
        except ObjectMissing:
            return None
        return (found.display_text or client) if found else None

    def observe_revoke_grant(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Look for the grant again."""
        del memo
        user, _, rest = change.keeps["grant"].partition("/")
        if rest.startswith(_PASSWORD):
            return {"present": self._app_password(user, int(rest.removeprefix(_PASSWORD))) is not None}
        return {"present": self._token(user, rest) is not None}
