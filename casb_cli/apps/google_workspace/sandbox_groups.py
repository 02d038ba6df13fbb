"""The simulated Directory's customer, domains, org units, groups, roles and their assignments."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_company import ROLES, Assignment, Role
from casb_cli.apps.google_workspace.sandbox_objects import User
from casb_cli.apps.google_workspace.sandbox_users import Users
from casb_cli.apps.google_workspace.sandbox_wire import Refusal, flag, invalid, not_found, paged, size_of, told
from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Reply, Request, route

_GROUPS = ("GROUPS_RETRIEVE", "GROUPS_ALL")


class Groups(Users):
    """The customer, groups and roles."""

    # The customer

    @route("GET /admin/directory/v1/customers/{customerKey}", host="admin")
    def get_customer(self, request: Request) -> Reply:
        """Tell about the customer."""
        self.require(request)
        self.customer(request.params["customerKey"])
        return told(
            request,
            {
                "kind": "admin#directory#customer",
                "etag": '"customer"',
                "id": self.company.customer,
                "customerDomain": self.company.domain,
                "alternateEmail": f"desk@{self.world.partner_domains[0]}",
                "language": "en",
                "customerCreationTime": "2019-04-01T08:00:00.000Z",
                "postalAddress": {"organizationName": self.world.name, "countryCode": "DE"},
            },
        )

    @route("GET /admin/directory/v1/customer/{customer}/domains", host="admin")
    def list_domains(self, request: Request) -> Reply:
        """List the domains with their aliases."""
        self.require(request)
        self.customer(request.params["customer"])
        row = {
            "kind": "admin#directory#domain",
            "domainName": self.company.domain,
            "isPrimary": True,
            "verified": True,
            "creationTime": "1554105600000",
            "domainAliases": [self._alias()],
        }
        return told(request, {"kind": "admin#directory#domains", "etag": '"domains"', "domains": [row]})

    def _alias(self) -> dict[str, Any]:
        return {
            "kind": "admin#directory#domainAlias",
            "domainAliasName": self.company.alias,
            "parentDomainName": self.company.domain,
            "verified": True,
            "creationTime": "1554105600000",
        }

    @route("GET /admin/directory/v1/customer/{customer}/domainaliases", host="admin")
    def list_aliases(self, request: Request) -> Reply:
        """List the aliases of domains."""
        self.require(request)
        self.customer(request.params["customer"])
        return told(request, {"kind": "admin#directory#domainAliases", "domainAliases": [self._alias()]})

    @route("GET /admin/directory/v1/customer/{customerId}/orgunits", host="admin")
    def list_units(self, request: Request) -> Reply:
        """List the org units below the root."""
        self.require(request, "ORGANIZATION_UNITS_RETRIEVE")
        self.customer(request.params["customerId"])
        root = "id:03ph8a2z" + chance.text(chance.HEX, 7, self.world.seed, 871)
        rows = [
            {
                "kind": "admin#directory#orgUnit",
                "etag": '"unit"',
                "name": path[1:],
                "description": "",
                "orgUnitPath": path,
                "orgUnitId": f"id:{id_}",
                "parentOrgUnitPath": "/",
                "parentOrgUnitId": root,
            }
            for path, id_ in self.company.units().items()
        ]
        return told(request, {"kind": "admin#directory#orgUnits", "etag": '"units"', "organizationUnits": rows})

    # Groups

    def _group_row(self, group: int) -> dict[str, Any]:
        return {
            "kind": "admin#directory#group",
            "id": self.company.group_id(group),
            "etag": '"group"',
            "email": self.company.group_email(group),
            "name": self.company.group_name(group),
            "directMembersCount": str(len(self.company.members(group))),
            "description": "",
            "adminCreated": True,
        }

    def _group(self, request: Request) -> int:
        self.require(request, *_GROUPS)
        found = self.company.group_of(request.params["groupKey"])
        if found is None:
            raise not_found("groupKey")
        return found

    @route("GET /admin/directory/v1/groups", host="admin", paged=True)
    def list_groups(self, request: Request) -> Reply:
        """List the groups, or those that somebody is a direct member of."""
        self.require(request, *_GROUPS)
        query = request.query
        size = size_of(request, "maxResults", 200, 200)
        found: list[int] = list(range(self.company.groups))
        if "userKey" in query:
            index = self.state.index_of(query["userKey"])
            if index is None:
                raise not_found("userKey")
            found = [g for g in found if any(k == "USER" and m == index for k, m, _ in self.company.members(g))]
        elif "domain" not in query:
            self.customer(query.get("customer"))
        page, following = paged(request, "groups", found, size, query.get("userKey", ""))
        body: dict[str, Any] = {"kind": "admin#directory#groups", "etag": '"groups"'}
        if page:
            body["groups"] = [self._group_row(group) for group in page]
        if following:
            body["nextPageToken"] = following
        return told(request, body)

    @route("GET /admin/directory/v1/groups/{groupKey}", host="admin")
    def get_group(self, request: Request) -> Reply:
        """Return a group."""
        return told(request, self._group_row(self._group(request)))

    def _member_row(self, kind: str, index: int, role: str) -> dict[str, Any]:
        row: dict[str, Any] = {"kind": "admin#directory#member", "etag": '"member"', "role": role, "type": kind}
        if kind == "CUSTOMER":
            return row | {"id": self.company.customer, "status": "ACTIVE"}
        if kind == "GROUP":
            return row | {"id": self.company.group_id(index), "email": self.company.group_email(index)}
        user = self.state.user(index)
        status = "SUSPENDED" if user is not None and user.suspended else "ACTIVE"
        row |= {"id": ids.user_id(index), "email": self.company.email(index)}
        return row | ({"status": status} if user is not None else {})

    def _derived(self, group: int) -> list[tuple[str, int, str]]:
        found: dict[tuple[str, int], str] = {}
        for kind, member, role in self.company.members(group):
            if kind == "GROUP":
                for inner_kind, inner, _ in self._derived(member):
                    found.setdefault((inner_kind, inner), "MEMBER")
            else:
                found[kind, member] = role
        return [(kind, member, role) for (kind, member), role in found.items()]

    @route("GET /admin/directory/v1/groups/{groupKey}/members", host="admin", paged=True)
    def list_members(self, request: Request) -> Reply:
        """List the direct members of a group, or with `includeDerivedMembership` those of nested groups too."""
        group = self._group(request)
        size = size_of(request, "maxResults", 200, 200)
        derived = flag(request, "includeDerivedMembership")
        rows = self._derived(group) if derived else list(self.company.members(group))
        wanted = request.query.get("roles")
        if wanted:
            rows = [row for row in rows if row[2] in wanted.split(",")]
        page, following = paged(request, "members", rows, size, f"{group} {derived} {wanted}")
        body: dict[str, Any] = {"kind": "admin#directory#members", "etag": '"members"'}
        if page:
            body["members"] = [self._member_row(*row) for row in page]
        if following:
            body["nextPageToken"] = following
        return told(request, body)

    @route("GET /admin/directory/v1/groups/{groupKey}/members/{memberKey}", host="admin")
    def get_member(self, request: Request) -> Reply:
        """Return a direct member of a group."""
        group, key = self._group(request), request.params["memberKey"].casefold()
        for row in self.company.members(group):
            found = self._member_row(*row)
            if key in (found["id"].casefold(), found.get("email", "").casefold()):
                return told(request, found)
        raise not_found("memberKey")

    @route("GET /admin/directory/v1/groups/{groupKey}/hasMember/{memberKey}", host="admin")
    def has_member(self, request: Request) -> Reply:
        """Tell whether somebody is in a group, through nested ones too."""
        group, index = self._group(request), self.state.index_of(request.params["memberKey"])
        if index is None:
            raise Refusal(400, "invalid", "Invalid Input: memberKey")
        return told(request, {"isMember": self.company.in_group(index, group)})

    # Roles

    def _role_row(self, role: Role) -> dict[str, Any]:
        return {
            "kind": "admin#directory#role",
            "etag": '"role"',
            "roleId": role.id,
            "roleName": role.name,
            "roleDescription": role.description,
            "rolePrivileges": [{"privilegeName": name, "serviceId": "00haapch16h1ysv"} for name in role.privileges],
            "isSystemRole": role.system,
            "isSuperAdminRole": role.super,
        }

    @route("GET /admin/directory/v1/customer/{customer}/roles", host="admin", paged=True)
    def list_roles(self, request: Request) -> Reply:
        """List the roles."""
        self.require(request, "SUPER_ADMIN")
        self.customer(request.params["customer"])
        page, following = paged(request, "roles", list(ROLES), size_of(request, "maxResults", 100, 100))
        body: dict[str, Any] = {"kind": "admin#directory#roles", "items": [self._role_row(role) for role in page]}
        return told(request, body | ({"nextPageToken": following} if following else {}))

    @route("GET /admin/directory/v1/customer/{customer}/roles/{roleId}", host="admin")
    def get_role(self, request: Request) -> Reply:
        """Return a role."""
        self.require(request, "SUPER_ADMIN")
        return told(request, self._role_row(self._known_role(request.params["roleId"])))

    def _known_role(self, id_: str) -> Role:
        for role in ROLES:
            if role.id == id_:
                return role
        raise not_found("roleId")

    @route("GET /admin/directory/v1/customer/{customer}/roles/ALL/privileges", host="admin")
    def list_privileges(self, request: Request) -> Reply:
        """List what roles may consist of."""
        self.require(request, "SUPER_ADMIN")
        self.customer(request.params["customer"])
        names = sorted({name for role in ROLES for name in role.privileges})
        rows = [
            {
                "kind": "admin#directory#privilege",
                "serviceId": "00haapch16h1ysv",
                "serviceName": "admin_apis",
                "privilegeName": name,
                "isOuScopable": name.startswith("USERS"),
            }
            for name in names
        ]
        return told(request, {"kind": "admin#directory#privileges", "items": rows})

    def _assignment_row(self, one: Assignment) -> dict[str, Any]:
        row = {
            "kind": "admin#directory#roleAssignment",
            "etag": '"assignment"',
            "roleAssignmentId": one.id,
            "roleId": one.role,
            "assignedTo": one.to,
            "assigneeType": one.type,
            "scopeType": "ORG_UNIT" if one.unit else "CUSTOMER",
        }
        return row | ({"orgUnitId": one.unit} if one.unit else {})

    @route("GET /admin/directory/v1/customer/{customer}/roleassignments", host="admin", paged=True)
    def list_assignments(self, request: Request) -> Reply:
        """List who holds which role."""
        self.require(request, "SUPER_ADMIN")
        self.customer(request.params["customer"])
        query, rows = request.query, self.state.assignments()
        indirect = flag(request, "includeIndirectRoleAssignments")
        if indirect and "userKey" not in query:
            raise Refusal(400, "invalid", "includeIndirectRoleAssignments needs userKey")
        if "userKey" in query:
            index = self.state.index_of(query["userKey"])
            key = query["userKey"] if index is None else ids.user_id(index)
            rows = [
                one
                for one in rows
                if one.to == key
                or (indirect and index is not None and one.type == "group" and self._member_of(index, one.to))
            ]
        if "roleId" in query:
            rows = [one for one in rows if one.role == query["roleId"]]
        size = size_of(request, "maxResults", 100, 200)
        page, following = paged(request, "assignments", rows, size, f"{query.get('userKey')} {query.get('roleId')}")
        body: dict[str, Any] = {"kind": "admin#directory#roleAssignments"}
        if page:
            body["items"] = [self._assignment_row(one) for one in page]
        return told(request, body | ({"nextPageToken": following} if following else {}))

    def _assignment(self, request: Request) -> Assignment:
        self.require(request, "SUPER_ADMIN")
        self.customer(request.params["customer"])
        for one in self.state.assignments():
            if one.id == request.params["roleAssignmentId"]:
                return one
        raise not_found("roleAssignmentId")

    @route("GET /admin/directory/v1/customer/{customer}/roleassignments/{roleAssignmentId}", host="admin")
    def get_assignment(self, request: Request) -> Reply:
        """Return a role assignment."""
        return told(request, self._assignment_row(self._assignment(request)))

    @route("DELETE /admin/directory/v1/customer/{customer}/roleassignments/{roleAssignmentId}", host="admin")
    def delete_assignment(self, request: Request) -> Reply:
        """Take a role away."""
        one = self._assignment(request)
        self.state.unassigned.add(one.id)
        self._standing(one.to)
        self._note_role(request, "UNASSIGN_ROLE", one)
        return Reply(204)

    @route("POST /admin/directory/v1/customer/{customer}/roleassignments", host="admin")
    def insert_assignment(self, request: Request) -> Reply:
        """Give somebody a role."""
        self.require(request, "SUPER_ADMIN")
        self.customer(request.params["customer"])
        data = self.body(request)
        role = self._known_role(str(data.get("roleId", "")))
        to, scope = str(data.get("assignedTo", "")), data.get("scopeType")
        index = ids.user_index(to)
        known = (index is not None and self.company.exists(index)) or self.company.group_of(to) is not None
        if not (known or any(robot.id == to for robot in self.robots)):
            raise not_found("assignedTo")
        if scope not in {"CUSTOMER", "ORG_UNIT"}:
            raise invalid("scopeType", "Invalid Input: scopeType")
        unit = str(data["orgUnitId"]).removeprefix("id:") if scope == "ORG_UNIT" and "orgUnitId" in data else None
        for one in self.state.assignments():
            if (one.role, one.to, one.unit) == (role.id, to, unit):
                raise Refusal(409, "duplicate", "Entity already exists.")
        one = self._assign(role.id, to, unit)
        self._standing(to)
        self._note_role(request, "ASSIGN_ROLE", one)
        return told(request, self._assignment_row(one))

    def _assign(self, role: str, to: str, unit: str | None) -> Assignment:
        id_ = str(38_942_084_610_200_000 + self.state.fresh())
        kind = "group" if self.company.group_of(to) is not None else "user"
        one = Assignment(id=id_, role=role, to=to, type=kind, unit=unit)
        self.state.assigned.append(one)
        return one

    def _note_role(self, request: Request, name: str, one: Assignment) -> None:
        self.trail.note_admin(
            request.who.index, name, "DELEGATED_ADMIN_SETTINGS", ROLE_NAME=self._known_role(one.role).name
        )

    def _standing(self, to: str) -> None:
        """Let an account be what its roles make it."""
        index = ids.user_index(to)
        if index is None or not self.company.exists(index):
            return
        held = [self._known_role(one.role) for one in self.state.assignments() if one.to == to]
        user = self.state.change_user(index)
        user.super_admin = any(role.super for role in held)
        user.delegated = any(not role.super for role in held)

    def super_changed(self, user: User) -> None:
        """Let the assignments of the super administrators' role say what `makeAdmin` said."""
        super_role = next(role.id for role in ROLES if role.super)
        own = [one for one in self.state.assignments() if one.to == user.id and one.role == super_role]
        if user.super_admin and not own:
            self._assign(super_role, user.id, None)
        elif not user.super_admin:
            self.state.unassigned |= {one.id for one in own}
