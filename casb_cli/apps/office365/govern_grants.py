"""Revoking what apps were granted: consents, and permissions that apps hold in their own name."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.base import step
from casb_cli.apps.office365 import mapping_grants as shapes
from casb_cli.apps.office365.common import PAGE
from casb_cli.apps.office365.govern_accounts import GovernAccounts
from casb_cli.apps.office365.grants import ASSIGNED_TO, CONSENTS
from casb_cli.apps.office365.scopes import APPS, ASSIGNMENTS_WRITE, DIRECTORY, GRANTS_WRITE, graph, on_apps
from casb_cli.core.capabilities import Change, RevokeGrant, Step
from casb_cli.core.errors import ObjectMissing, UsageError
from casb_cli.core.refs import local

_LIVES = "tokens already issued live until they expire, an hour at most; revoke-sessions ends the person's sign-ins"
_AGAIN = "people may consent again, unless the tenant's consent policy forbids it"


class GovernGrants(GovernAccounts, RevokeGrant):
    """Matrix row 14; an app as a whole is disabled and enabled like an account, by its service principal."""

    @on_apps(
        "GET /oauth2PermissionGrants",
        "GET /servicePrincipals/{id}/oauth2PermissionGrants",
        "DELETE /oauth2PermissionGrants/{id}",
        "POST /oauth2PermissionGrants",
        any_of=graph((DIRECTORY, GRANTS_WRITE)),
    )
    @on_apps(
        "GET /servicePrincipals/{id}",
        "GET /servicePrincipals/{id}/appRoleAssignedTo",
        "GET /servicePrincipals/{id}/appRoleAssignments",
        "DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignmentId}",
        "POST /servicePrincipals/{id}/appRoleAssignedTo",
        any_of=graph((APPS, ASSIGNMENTS_WRITE)),
    )
    def plan_revoke_grant(self, grant: str) -> Change:
        kind, _, rest = grant.partition("/")
        if kind == shapes.DELEGATED and rest:
            return self._consent(grant, rest)
        assignment, mark, resource = rest.rpartition("@")
        if kind == shapes.ROLE and mark and assignment and resource:
            return self._role(grant, assignment, resource)
        raise UsageError(f"office365 has no grant `{grant}`", hint="casb list grants --app office365")

    def _consent(self, grant: str, id_: str) -> Change:
        found = self.consent(id_)
        if found is None:
            raise ObjectMissing(f"there is no delegated grant `{id_}`", call="GET /oauth2PermissionGrants")
        app = self._title(found.client_id)
        everybody = found.consent_type == shapes.ALL
        holder = found.principal_id or found.client_id
        whose = "everybody" if everybody else self.logins([holder])[holder] or holder
        body = {
            "clientId": found.client_id,
            "consentType": found.consent_type,
            "principalId": found.principal_id,
            "resourceId": found.resource_id,
            "scope": " ".join(found.scopes),
        }
        effects = [_LIVES, _AGAIN]
        if everybody:
            effects.append("people's own consents to the app stay: each is a grant of its own")
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=f"{app} for {whose}",
            before={"scopes": body["scope"]},
            after={"scopes": None},
            steps=(
                Step(name="revoke-consent", title=f"take {body['scope']} from {app} for {whose}", args={"id": id_}),
            ),
            inverse=(
                Step(name="give-consent", title=f"give {app} {body['scope']} for {whose} again", args={"body": body}),
            ),
            approximate="the grant gets a new id",
            touches=(local("grant", grant),),
            side_effects=tuple(effects),
            keeps={"kind": shapes.DELEGATED, "body": body, "principal_ref": local("account", holder)},
        )

    def _role(self, grant: str, assignment: str, resource: str) -> Change:
        found = self._assignment(assignment, resource)
        if found is None:
            raise ObjectMissing(f"there is no assignment `{assignment}`", call=f"GET {ASSIGNED_TO}")
        apps = self.apps()
        known = apps.get(resource)
        value = shapes.role_name(known, found.app_role_id) if known else found.app_role_id
        app = found.principal_display_name or self._title(found.principal_id)
        body = {"principalId": found.principal_id, "resourceId": resource, "appRoleId": found.app_role_id}
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=f"{value} of {app}",
            before={"assigned": True},
            after={"assigned": False},
            steps=(
                Step(
                    name="unassign-role",
                    title=f"take {value} from {app}",
                    args={"resource": resource, "id": assignment},
                ),
            ),
            inverse=(Step(name="assign-role", title=f"give {app} {value} again", args={"body": body}),),
            approximate="the assignment gets a new id",
            touches=(local("grant", grant),),
            side_effects=("tokens already issued live until they expire, an hour at most",),
            keeps={"kind": shapes.ROLE, "body": body, "principal_ref": local("account", found.principal_id)},
        )

    def _title(self, app: str) -> str:
        try:
            return self.service(app).title
        except ObjectMissing:
            return app

    def _assignment(self, id_: str, resource: str) -> shapes.RoleAssignment | None:
        found = self.every(ASSIGNED_TO, shapes.RoleAssignment, {"id": resource}, query={"$top": PAGE})
        return next((one for one in found if one.id == id_), None)

    def _standing(self, body: dict[str, Any]) -> shapes.Consent | None:
        """Return the consent that stands for the same app, resource and person now, whatever its id."""
        for one in self.consents_of(body["clientId"]):
            same = one.resource_id == body["resourceId"] and one.consent_type == body["consentType"]
            if same and (one.principal_id or None) == (body["principalId"] or None):
                return one
        return None

    def _role_held(self, body: dict[str, Any]) -> shapes.RoleAssignment | None:
        return next(
            (
                one
                for one in self.roles_held(body["principalId"])
                if one.resource_id == body["resourceId"] and one.app_role_id == body["appRoleId"]
            ),
            None,
        )

    # Steps

    @step("revoke-consent")
    def _revoke_consent(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(self.act(f"DELETE {CONSENTS}/{{id}}", {"id": args["id"]}, safe=True, answers=(404,)))

    @step("give-consent")
    def _give_consent(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if self._standing(args["body"]) is None:
            self.client.send(self.act(f"POST {CONSENTS}", json=args["body"], safe=False))

    @step("unassign-role")
    def _unassign_role(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        path = {"id": args["resource"], "assignmentId": args["id"]}
        self.client.send(self.act(f"DELETE {ASSIGNED_TO}/{{assignmentId}}", path, safe=True, answers=(404,)))

    @step("assign-role")
    def _assign_role(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        body = args["body"]
        if self._role_held(body) is None:
            self.client.send(self.act(f"POST {ASSIGNED_TO}", {"id": body["resourceId"]}, json=body, safe=False))

    def observe_revoke_grant(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Look for the grant again: given anew, it has another id."""
        del memo
        body = dict(change.keeps["body"])
        if change.keeps["kind"] == shapes.ROLE:
            return {"assigned": self._role_held(body) is not None}
        found = self._standing(body)
        return {"scopes": " ".join(found.scopes) if found else None}
