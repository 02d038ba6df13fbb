"""The simulated directory's applications: service principals, delegated grants, application roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.office365.sandbox_company import CASB
from casb_cli.apps.office365.sandbox_groups import Groups
from casb_cli.apps.office365.sandbox_objects import Assigned, Delegated, Principal
from casb_cli.apps.office365.sandbox_wire import Refusal, bad, listed, no_object, page, selected, when
from casb_cli.sandbox.wire import Reply, Request, answer, route


class Apps(Groups):
    """Applications."""

    def principal_row(self, number: int) -> dict[str, Any]:
        """Return a service principal as Graph writes it."""
        one = self.state.principal(number)
        return {
            "id": one.id,
            "accountEnabled": one.enabled,
            "appDisplayName": one.name,
            "appId": one.app,
            "appOwnerOrganizationId": one.owner,
            "createdDateTime": when(one.created),
            "disabledByMicrosoftStatus": None,
            "displayName": one.name,
            "homepage": None,
            "replyUrls": [],
            "servicePrincipalNames": [one.app],
            "servicePrincipalType": "Application",
            "signInAudience": "AzureADMultipleOrgs",
            "tags": list(one.tags),
            "appRoles": [
                {
                    "id": guid,
                    "value": name,
                    "displayName": name,
                    "description": name,
                    "isEnabled": True,
                    "allowedMemberTypes": ["Application"],
                    "origin": "Application",
                }
                for guid, name in one.roles.items()
            ],
            "oauth2PermissionScopes": [],
            "verifiedPublisher": {
                "displayName": one.verified,
                "verifiedPublisherId": "1234567" if one.verified else None,
                "addedDateTime": when(one.created) if one.verified else None,
            },
        }

    def require_principal(self, request: Request) -> tuple[int, Principal]:
        """Return the service principal of a path; raises 404."""
        found = self.state.principal_of(request.params["id"])
        if found is None or found[1].deleted is not None:
            raise no_object(request.params["id"])
        return found

    @route("GET /servicePrincipals", paged=True)
    def list_principals(self, request: Request) -> Reply:
        """List applications known to the tenant."""
        wanted = request.query.get("$filter", "")
        rows = []
        for number in range(len(self.company.principals)):
            one = self.state.principal(number)
            if one.deleted is None and (not wanted or f"'{one.app}'" in wanted or f"'{one.id}'" in wanted):
                rows.append(self.principal_row(number))
        return page(request, self.graph, listed(rows), 100, 999, context="servicePrincipals")

    @route("GET /servicePrincipals/{id}")
    def get_principal(self, request: Request) -> Reply:
        """Return an application by its object or application id."""
        return answer(selected(request, self.principal_row(self.require_principal(request)[0])))

    @route("GET /servicePrincipals(appId='{appId}')", path="/servicePrincipals-by-app/{id}")
    def get_principal_by_app(self, request: Request) -> Reply:
        """Return an application by its application id."""
        return self.get_principal(request)

    @route("PATCH /servicePrincipals/{id}")
    def patch_principal(self, request: Request) -> Reply:
        """Disable or enable an application."""
        number, one = self.require_principal(request)
        body = self.body(request)
        if body.keys() - {"accountEnabled", "tags", "notes"} or not isinstance(body.get("accountEnabled", True), bool):
            raise bad("Invalid property value.")
        if body.get("accountEnabled", one.enabled) == one.enabled:
            return Reply(204)  # what changes nothing is no event
        self.state.change_principal(number).enabled = body["accountEnabled"]
        self._note(request, "Update service principal", one.id, one.name)
        return Reply(204)

    @route("DELETE /servicePrincipals/{id}")
    def delete_principal(self, request: Request) -> Reply:
        """Delete an application for 30 days, with what it was granted."""
        number, one = self.require_principal(request)
        if number < CASB:
            raise Refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        self.state.change_principal(number).deleted = self.now()
        self._note(request, "Remove service principal", one.id, one.name)
        return Reply(204)

    @route("POST /directory/deletedItems/{id}/restore")
    def restore(self, request: Request) -> Reply:
        """Bring a deleted application back."""
        found = self.state.principal_of(request.params["id"])
        if found is None or found[1].deleted is None:
            raise no_object(request.params["id"])
        self.state.change_principal(found[0]).deleted = None
        self._note(request, "Restore service principal", found[1].id, found[1].name)
        return answer({"@odata.type": "#microsoft.graph.servicePrincipal", **self.principal_row(found[0])})

    def _note(self, request: Request, activity: str, id_: str, name: str) -> None:
        target = {"id": id_, "displayName": name, "type": "ServicePrincipal"}
        self.trail.note_audit(self.actor(request), activity, "ApplicationManagement", target)

    # Application roles

    @staticmethod
    def assigned_row(one: Assigned, names: dict[str, str]) -> dict[str, Any]:
        """Return an application role that is assigned, as Graph writes it."""
        return {
            "id": one.id,
            "deletedDateTime": None,
            "appRoleId": one.role,
            "createdDateTime": when(one.created),
            "principalDisplayName": one.principal_name,
            "principalId": one.principal,
            "principalType": one.principal_type,
            "resourceDisplayName": names.get(one.resource, ""),
            "resourceId": one.resource,
        }

    def _alive(self) -> dict[str, str]:
        numbers = range(len(self.company.principals))
        found = (self.state.principal(number) for number in numbers)
        return {one.id: one.name for one in found if one.deleted is None}

    def _assignments(self, request: Request, side: str) -> Reply:
        _, one = self.require_principal(request)
        names = self._alive()
        rows = [
            self.assigned_row(each, names)
            for each in self.state.assigned()
            if getattr(each, side) == one.id
            and each.resource in names
            and (each.principal in names or each.principal_type != "ServicePrincipal")
        ]
        return page(request, self.graph, listed(rows), 100, 999, context="appRoleAssignments")

    @route("GET /servicePrincipals/{id}/appRoleAssignedTo", paged=True)
    def assigned_to(self, request: Request) -> Reply:
        """List who has been assigned roles of an application."""
        return self._assignments(request, "resource")

    @route("GET /servicePrincipals/{id}/appRoleAssignments", paged=True)
    def assignments_of(self, request: Request) -> Reply:
        """List the roles that an application has been assigned."""
        return self._assignments(request, "principal")

    @route("POST /servicePrincipals/{id}/appRoleAssignedTo")
    def assign(self, request: Request) -> Reply:
        """Assign a role."""
        _, resource = self.require_principal(request)
        body = self.body(request)
        client = self.state.principal_of(str(body.get("principalId")))
        role = str(body.get("appRoleId"))
        if client is None or client[1].deleted is not None or body.get("resourceId") != resource.id:
            raise bad("Not a valid reference update.")
        if role not in resource.roles:
            raise bad("Permission being assigned was not found on application.")
        if any(
            (one.principal, one.role, one.resource) == (client[1].id, role, resource.id)
            for one in self.state.assigned()
        ):
            raise bad("Permission being assigned already exists on the object.", "Request_BadRequest")
        one = Assigned(
            id=self.state.text_id(),
            role=role,
            principal=client[1].id,
            principal_name=client[1].name,
            principal_type="ServicePrincipal",
            resource=resource.id,
            created=self.now(),
        )
        self.state.assigned_new[one.id] = one
        self._note(request, "Add app role assignment to service principal", client[1].id, client[1].name)
        return answer(self.assigned_row(one, self._alive()), 201)

    @route("DELETE /servicePrincipals/{id}/appRoleAssignedTo/{assignmentId}")
    def unassign(self, request: Request) -> Reply:
        """Take a role away, at the resource's side."""
        return self._unassign(request, "resource")

    @route("DELETE /servicePrincipals/{id}/appRoleAssignments/{assignmentId}")
    def unassign_client(self, request: Request) -> Reply:
        """Take a role away, at the client's side."""
        return self._unassign(request, "principal")

    def _unassign(self, request: Request, side: str) -> Reply:
        _, one = self.require_principal(request)
        id_ = request.params["assignmentId"]
        found = next((a for a in self.state.assigned() if a.id == id_ and getattr(a, side) == one.id), None)
        if found is None:
            raise no_object(id_)
        self.state.assigned_gone.add(id_)
        self._note(request, "Remove app role assignment from service principal", found.principal, found.principal_name)
        return Reply(204)

    # Delegated grants

    @staticmethod
    def grant_row(one: Delegated) -> dict[str, Any]:
        """Return a delegated grant as Graph writes it."""
        return {
            "id": one.id,
            "clientId": one.client,
            "consentType": "AllPrincipals" if one.principal is None else "Principal",
            "principalId": one.principal,
            "resourceId": one.resource,
            "scope": one.scope,
        }

    def _grants(self, request: Request, *, client: str | None = None, principal: str | None = None) -> Reply:
        names = self._alive()

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for position, one in self.state.grants(start):
                if one.client not in names or (client is not None and one.client != client):
                    continue
                if principal is None or one.principal == principal:
                    yield position, self.grant_row(one)

        return page(request, self.graph, source, 100, 999, context="oauth2PermissionGrants")

    @route("GET /oauth2PermissionGrants", paged=True)
    def list_grants(self, request: Request) -> Reply:
        """List delegated grants."""
        return self._grants(request)

    @route("GET /servicePrincipals/{id}/oauth2PermissionGrants", paged=True)
    def grants_of_app(self, request: Request) -> Reply:
        """List the delegated grants of an application."""
        return self._grants(request, client=self.require_principal(request)[1].id)

    @route("GET /users/{id}/oauth2PermissionGrants", paged=True)
    def grants_of_user(self, request: Request) -> Reply:
        """List the delegated grants that a person gave."""
        return self._grants(request, principal=self.require_user(request).id)

    def _grant(self, request: Request) -> Delegated:
        found = self.state.grant(request.params["id"])
        if found is None:
            raise no_object(request.params["id"])
        return found

    @route("GET /oauth2PermissionGrants/{id}")
    def get_grant(self, request: Request) -> Reply:
        """Return a delegated grant."""
        return answer(selected(request, self.grant_row(self._grant(request))))

    @route("POST /oauth2PermissionGrants")
    def make_grant(self, request: Request) -> Reply:
        """Grant delegated permissions."""
        body = self.body(request)
        everybody = body.get("consentType") == "AllPrincipals"
        names = self._alive()
        if body.get("clientId") not in names or body.get("resourceId") not in names:
            raise bad("Not a valid reference update.")
        principal = None if everybody else str(body.get("principalId"))
        if principal is not None and self.user_of(principal) is None:
            raise bad("Invalid value specified for property 'principalId' of resource 'OAuth2PermissionGrant'.")
        one = Delegated(
            id=self.state.text_id(),
            client=body["clientId"],
            resource=body["resourceId"],
            principal=principal,
            scope=str(body.get("scope", "")),
        )
        key = (one.client, one.resource, one.principal)
        if any((each.client, each.resource, each.principal) == key for _, each in self.state.grants()):
            raise Refusal(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
        self.state.grants_new[one.id] = one
        self._note(request, "Add delegated permission grant", one.client, names[one.client])
        return answer(self.grant_row(one), 201)

    @route("PATCH /oauth2PermissionGrants/{id}")
    def patch_grant(self, request: Request) -> Reply:
        """Change the scopes of a delegated grant."""
        one, body = self._grant(request), self.body(request)
        if body.keys() != {"scope"}:
            raise bad("Only the scope can be changed.")
        if one.id not in self.state.grants_new:
            self.state.grants_kept[one.id] = one
        one.scope = str(body["scope"])
        self._note(request, "Update delegated permission grant", one.client, "")
        return Reply(204)

    @route("DELETE /oauth2PermissionGrants/{id}")
    def delete_grant(self, request: Request) -> Reply:
        """Take a delegated grant back."""
        one = self._grant(request)
        self.state.grants_gone.add(one.id)
        self._note(request, "Remove delegated permission grant", one.client, "")
        return Reply(204)
