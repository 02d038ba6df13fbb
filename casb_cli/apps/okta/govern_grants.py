"""Revoking API tokens, what was granted to apps, consents and refresh tokens."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.base import step
from casb_cli.apps.okta import mapping
from casb_cli.apps.okta.grants import Grants
from casb_cli.apps.okta.scopes import API_TOKENS_MANAGE, APP_GRANTS_MANAGE, USERS_MANAGE, okta
from casb_cli.core.capabilities import Change, RevokeGrant, Step, needs
from casb_cli.core.errors import ObjectMissing, UsageError
from casb_cli.core.refs import local

_AGAIN = {
    "api-token": "its owner makes a new token; this one's value is gone",
    "user-grant": "the person consents again",
    "token": "the person signs in to the app again; access tokens already issued live until they expire",
}
_DELETE = {
    "api-token": ("DELETE /api/v1/api-tokens/{apiTokenId}", ("apiTokenId",)),
    "app-grant": ("DELETE /api/v1/apps/{appId}/grants/{grantId}", ("appId", "grantId")),
    "user-grant": ("DELETE /api/v1/users/{userId}/grants/{grantId}", ("userId", "grantId")),
    "token": (
        "DELETE /api/v1/users/{userId}/clients/{clientId}/tokens/{tokenId}",
        ("userId", "clientId", "tokenId"),
    ),
}


class GovernGrants(Grants, RevokeGrant):
    """Matrix row 14."""

    @needs("GET /api/v1/api-tokens", "DELETE /api/v1/api-tokens/{apiTokenId}", any_of=okta(API_TOKENS_MANAGE))
    @needs(
        "GET /api/v1/apps/{appId}/grants",
        "DELETE /api/v1/apps/{appId}/grants/{grantId}",
        "POST /api/v1/apps/{appId}/grants",
        any_of=okta(APP_GRANTS_MANAGE),
    )
    @needs(
        "GET /api/v1/users/{userId}/grants",
        "DELETE /api/v1/users/{userId}/grants/{grantId}",
        "GET /api/v1/users/{userId}/clients/{clientId}/tokens",
        "DELETE /api/v1/users/{userId}/clients/{clientId}/tokens/{tokenId}",
        any_of=okta(USERS_MANAGE),
    )
    def plan_revoke_grant(self, grant: str) -> Change:
        kind, *ids = grant.split(":")
        if kind not in _DELETE or len(ids) != len(_DELETE[kind][1]) or not all(ids):
            raise UsageError(f"okta has no grant `{grant}`", hint="casb list grants --app okta")
        if kind == "app-grant":
            return self._app_grant(grant, *ids)
        present, name, holder = self._found(kind, ids)
        revoke = Step(name="revoke-grant", title=f"revoke {name}", args={"kind": kind, "ids": ids})
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=name,
            before={"present": present},
            after={"present": False},
            steps=(revoke,) if present else (),
            irreversible=_AGAIN[kind],
            touches=(local("grant", grant),),
            keeps={"kind": kind, "ids": ids, **({"principal_ref": holder} if holder else {})},
        )

    def _app_grant(self, grant: str, app: str, id_: str) -> Change:
        known = next((one for one in self._granted(app) if one.id == id_), None)
        scope = (known.scope_id if known else None) or id_
        issuer = (known.issuer if known else None) or self.facts.urls["api"]
        revoke = Step(
            name="revoke-grant",
            title=f"take {scope} from app {app}",
            args={"kind": "app-grant", "ids": [app, id_]},
        )
        back = Step(
            name="grant-scope",
            title=f"grant {scope} to app {app} again",
            args={"app": app, "scope": scope, "issuer": issuer},
        )
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=f"{scope} of app {app}",
            before={"present": known is not None},
            after={"present": False},
            steps=(revoke,) if known else (),
            inverse=(back,),
            approximate="the grant gets a new id; only a super administrator may grant scopes",
            touches=(local("grant", grant),),
            side_effects=("access tokens already issued live until they expire, an hour at most",),
            keeps={"kind": "app-grant", "ids": [app, id_], "scope": scope, "principal_ref": local("account", app)},
        )

    def _granted(self, app: str) -> list[mapping.ScopeGrant]:
        try:
            return self.grants_of_app(app)
        except ObjectMissing:
            return []  # the app is gone, and its grants with it

    def _found(self, kind: str, ids: list[str]) -> tuple[bool, str, str | None]:
        """Return whether a grant is there, what to call it, and its holder, a local ref."""
        if kind == "api-token":
            token = next((one for one in self.api_tokens() if one.id == ids[0]), None)
            holder = local("account", token.user_id) if token and token.user_id else None
            return token is not None, f"API token {token.name if token else ids[0]}", holder
        holder = local("account", ids[0])
        try:
            if kind == "user-grant":
                grant = next((one for one in self.grants_of_user(ids[0]) if one.id == ids[1]), None)
                return grant is not None, f"consent to {grant.scope_id if grant else ids[1]}", holder
            held = any(one.id == ids[2] for one in self.tokens_of(ids[0], ids[1]))
        except ObjectMissing:
            held = False
        return held, f"refresh token {ids[-1]}", holder

    @step("revoke-grant")
    def _revoke_grant(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        name, fields = _DELETE[args["kind"]]
        path = dict(zip(fields, args["ids"], strict=True))
        self.client.send(self.act(name, path, safe=True, answers=(404,)))

    @step("grant-scope")
    def _grant_scope(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if any(one.scope_id == args["scope"] for one in self._granted(args["app"])):
            return
        body = {"issuer": args["issuer"], "scopeId": args["scope"]}
        self.client.send(self.act("POST /api/v1/apps/{appId}/grants", {"appId": args["app"]}, json=body))

    def observe_revoke_grant(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Look for the grant again."""
        del memo
        kind, ids = change.keeps["kind"], list(change.keeps["ids"])
        if kind == "app-grant":
            # Granted again, a scope has another id.
            return {"present": any(one.scope_id == change.keeps["scope"] for one in self._granted(ids[0]))}
        return {"present": self._found(kind, ids)[0]}
