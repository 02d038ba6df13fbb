"""The simulated Okta's administrators: who has which role, the org's own roles, resource sets and their bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casb_cli.apps.okta.sandbox_access import BINDINGS, GROUPS, IAM, OF_GROUP, OF_USER, USERS
from casb_cli.apps.okta.sandbox_company import ADMIN_LABELS, CUSTOM_ROLES, RESOURCE_SETS, Assignment
from casb_cli.apps.okta.sandbox_people import People
from casb_cli.apps.okta.sandbox_wire import make_id, not_found, when
from casb_cli.sandbox.wire import Reply, Request, answer, route

_PATHS = {"00u": USERS, "00g": GROUPS, "0oa": "/oauth2/v1/clients"}


class Roles(People):
    """Administrators."""

    def _role_row(self, one: Assignment, kind: str, query: Mapping[str, str]) -> dict[str, Any]:
        made = when(self.company.group_created(0))
        row: dict[str, Any] = {
            "id": one.id,
            "label": ADMIN_LABELS.get(one.type, one.type),
            "type": one.type,
            "status": "ACTIVE",
            "created": made,
            "lastUpdated": made,
            "assignmentType": kind,
            "_links": {"assignee": {"href": f"{self.base}{_PATHS[one.holder[:3]]}/{one.holder}"}},
        }
        if one.custom is not None and one.resource_set is not None:
            row["label"] = CUSTOM_ROLES[one.custom][0]
            row["role"] = self.company.role_id(one.custom)
            row["resource-set"] = self.company.set_id(one.resource_set)
        if one.targets and "targets/groups" in query.get("expand", ""):
            numbers = [self.company.group_of(target) for target in one.targets]
            row["_embedded"] = {"targets": {"groups": [self.group_row(n) for n in numbers if n is not None]}}
        return row

    @route(f"GET {OF_USER}/roles")
    def list_user_roles(self, request: Request) -> Reply:
        """List the roles of an account; those through a group are marked."""
        user = self._user(request)
        rows = []
        if user.status != "DEPROVISIONED":
            rows = [self._role_row(one, "USER", request.query) for one in self.company.held_by(user.id)]
            rows += [self._role_row(one, "GROUP", request.query) for one in self.company.inherited(user.index)]
        return answer(rows)

    @route(f"GET {OF_GROUP}/roles")
    def list_group_roles(self, request: Request) -> Reply:
        """List the roles of a group."""
        id_ = self.company.group_id(self._group(request))
        return answer([self._role_row(one, "GROUP", request.query) for one in self.company.held_by(id_)])

    @route("GET /oauth2/v1/clients/{clientId}/roles")
    def list_client_roles(self, request: Request) -> Reply:
        """List the roles of an app."""
        app = self.apps.by_id.get(request.params["clientId"])
        if app is None:
            raise not_found(request.params["clientId"], "PublicClientApp")
        service = self.apps.services.get(app.id)
        found = [
            Assignment(id=make_id(self.world.seed, "ra1", 48, app.number * 10 + place), holder=app.id, type=role)
            for place, role in enumerate(service.roles if service else ())
        ]
        found += self.company.held_by(app.id)
        return answer([self._role_row(one, "CLIENT", request.query) for one in found])

    @route(f"GET {IAM}/assignees/users", paged=True)
    def list_assignees(self, request: Request) -> Reply:
        """List the accounts with a role of their own."""
        if self.options.settings.get("inherited") == "on":
            people = self.company.admins()
        else:
            holders = (self.company.person_of(one.holder) for one in self.company.assignments())
            people = {person for person in holders if person is not None}
        alive = [index for index in sorted(people) if self.state.user(index).status != "DEPROVISIONED"]
        return self.body_page(request, "value", alive, self._assignee)

    def _assignee(self, index: int) -> dict[str, Any]:
        id_ = self.company.user_id(index)
        href = f"{self.base}{USERS}/{id_}"
        return {
            "id": id_,
            "orn": f"orn:okta:directory:{self.company.org_id}:users:{id_}",
            "_links": {"self": {"href": href}, "roles": {"href": f"{href}/roles"}},
        }

    # The org's own roles

    def _custom(self, request: Request) -> int:
        name = request.params["roleIdOrLabel"]
        for number, (label, _, _) in enumerate(CUSTOM_ROLES):
            if name in {label, self.company.role_id(number)}:
                return number
        raise not_found(name, "CustomRole")

    def _custom_row(self, number: int) -> dict[str, Any]:
        label, description, _ = CUSTOM_ROLES[number]
        href = f"{self.base}{IAM}/roles/{self.company.role_id(number)}"
        made = when(self.company.group_created(0))
        return {
            "id": self.company.role_id(number),
            "label": label,
            "description": description,
            "created": made,
            "lastUpdated": made,
            "_links": {"self": {"href": href}, "permissions": {"href": f"{href}/permissions"}},
        }

    @route(f"GET {IAM}/roles", paged=True)
    def list_custom_roles(self, request: Request) -> Reply:
        """List the org's own roles."""
        return self.body_page(request, "roles", range(len(CUSTOM_ROLES)), self._custom_row)

    @route(f"GET {IAM}/roles/{{roleIdOrLabel}}")
    def get_custom_role(self, request: Request) -> Reply:
        """Return one of the org's own roles."""
        return answer(self._custom_row(self._custom(request)))

    @route(f"GET {IAM}/roles/{{roleIdOrLabel}}/permissions")
    def list_permissions(self, request: Request) -> Reply:
        """List what one of the org's own roles permits."""
        number = self._custom(request)
        made = when(self.company.group_created(0))
        href = f"{self.base}{IAM}/roles/{self.company.role_id(number)}"
        return answer(
            {
                "permissions": [
                    {
                        "label": label,
                        "conditions": None,
                        "created": made,
                        "lastUpdated": made,
                        "_links": {"role": {"href": href}, "self": {"href": f"{href}/permissions/{label}"}},
                    }
                    for label in CUSTOM_ROLES[number][2]
                ]
            }
        )

    def _set(self, request: Request) -> int:
        name = request.params["resourceSetIdOrLabel"]
        for number, (label, _) in enumerate(RESOURCE_SETS):
            if name in {label, self.company.set_id(number)}:
                return number
        raise not_found(name, "ResourceSet")

    def _set_row(self, number: int) -> dict[str, Any]:
        label, description = RESOURCE_SETS[number]
        href = f"{self.base}{IAM}/resource-sets/{self.company.set_id(number)}"
        made = when(self.company.group_created(0))
        links = {name: {"href": f"{href}/{name}"} for name in ("resources", "bindings")}
        return {
            "id": self.company.set_id(number),
            "label": label,
            "description": description,
            "created": made,
            "lastUpdated": made,
            "_links": {"self": {"href": href}, **links},
        }

    @route(f"GET {IAM}/resource-sets", paged=True)
    def list_resource_sets(self, request: Request) -> Reply:
        """List the resource sets."""
        return self.body_page(request, "resource-sets", range(len(RESOURCE_SETS)), self._set_row)

    @route(f"GET {BINDINGS}", paged=True)
    def list_bindings(self, request: Request) -> Reply:
        """List the roles that are given over a resource set."""
        number = self._set(request)
        bound = {one.custom for one in self.company.assignments() if one.resource_set == number}
        href = f"{self.base}{IAM}/resource-sets/{self.company.set_id(number)}/bindings"

        def shape(custom: int) -> dict[str, Any]:
            id_ = self.company.role_id(custom)
            links = {"self": {"href": f"{href}/{id_}"}, "members": {"href": f"{href}/{id_}/members"}}
            return {"id": id_, "_links": links}

        return self.body_page(request, "roles", sorted(one for one in bound if one is not None), shape)

    @route(f"GET {BINDINGS}/{{roleIdOrLabel}}/members", paged=True)
    def list_binding_members(self, request: Request) -> Reply:
        """List who has a role over a resource set: the id is the binding's, the link tells who."""
        set_, custom = self._set(request), self._custom(request)
        found = [one for one in self.company.assignments() if (one.resource_set, one.custom) == (set_, custom)]
        made = when(self.company.group_created(0))

        def shape(one: Assignment) -> dict[str, Any]:
            href = f"{self.base}{_PATHS[one.holder[:3]]}/{one.holder}"
            return {"id": one.id, "created": made, "lastUpdated": made, "_links": {"self": {"href": href}}}

        return self.body_page(request, "members", found, shape)
