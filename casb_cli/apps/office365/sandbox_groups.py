"""The simulated directory's groups, their members, and the directory roles with what may be activated."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import msgspec

from casb_cli.apps.office365.sandbox_company import NESTING
from casb_cli.apps.office365.sandbox_objects import RoleHeld
from casb_cli.apps.office365.sandbox_users import DEFAULT, Users
from casb_cli.apps.office365.sandbox_wire import (
    Refusal,
    Source,
    bad,
    link,
    listed,
    no_object,
    numbers_of,
    page,
    selected,
    token_of,
    top_of,
    when,
)
from casb_cli.sandbox.wire import Reply, Request, answer, route


class Groups(Users):
    """Groups and roles."""

    def group_row(self, group: int) -> dict[str, Any]:
        """Return a group as Graph writes it."""
        team = group == NESTING
        unified = group != 0
        slug = self.world.group(group).slug
        return {
            "id": self.company.groups.make(group),
            "createdDateTime": when(self.world.group(group).created.timestamp()),
            "description": None,
            "displayName": self.company.group_name(group),
            "groupTypes": ["Unified"] if unified else [],
            "isAssignableToRole": True if group == 0 else None,
            "mail": f"{slug}@{self.company.domain}" if unified else None,
            "mailEnabled": unified,
            "mailNickname": slug,
            "membershipRule": None,
            "onPremisesSyncEnabled": None,
            "resourceProvisioningOptions": ["Team"] if team else [],
            "securityEnabled": True,
            "visibility": "Private" if unified else None,
        }

    def require_group(self, request: Request) -> int:
        """Return the group of a path; raises 404."""
        found = self.company.group_of(request.params["id"])
        if found is None:
            raise no_object(request.params["id"])
        return found

    @route("GET /groups", paged=True)
    def list_groups(self, request: Request) -> Reply:
        """List groups."""

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for group in range(start, self.company.group_count):
                yield group + 1, self.group_row(group)

        return page(request, self.graph, source, 100, 999, context="groups")

    @route("GET /groups/delta", paged=True)
    def groups_delta(self, request: Request) -> Reply:
        """List groups with a delta link, or those changed since one; with `members` selected, who came and went."""
        raw = request.query.get("$deltatoken")
        if raw == "latest":
            return self._group_changes(request, len(self.state.group_log))
        if raw is not None:
            found = numbers_of(raw, "G", "")
            if request.fault == "expired-cursor" or found is None or self.now() - found[1] > 7 * 86_400:
                raise bad("The sync state generation is not found; Please initiate a full sync.", "syncStateNotFound")
            return self._group_changes(request, found[0])
        since = len(self.state.group_log)
        with_members = "members" in request.query.get("$select", "members").split(",")

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for group in range(start, self.company.group_count):
                row = selected(request, self.group_row(group))
                if with_members:
                    row["members@delta"] = [self._brief(kind, index) for kind, index in self.state.members(group)]
                yield group + 1, row

        reply = page(request, self.graph, source, 100, 999, context="groups")
        if b"@odata.nextLink" not in reply.body:
            body: dict[str, Any] = msgspec.json.decode(reply.body)
            return answer({**body, "@odata.deltaLink": self._groups_since(request, since)})
        return reply

    def _group_changes(self, request: Request, since: int) -> Reply:
        """Return the groups changed since a position, each once; a page given twice repeats itself."""
        log = self.state.group_log
        size = top_of(request, 100, 999)
        upto = len(log) if request.fault == "duplicate-page" else min(since + size, len(log))
        rows: dict[int, dict[str, Any]] = {}
        for change in log[since:upto]:
            row = rows.setdefault(change.group, selected(request, self.group_row(change.group)))
            told = row.setdefault("members@delta", [])
            told += [self._brief(*one) for one in change.added]
            told += [{**self._brief(*one), "@removed": {"reason": "deleted"}} for one in change.removed]
        body: dict[str, Any] = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups"}
        if upto < len(log):
            token = token_of("G", "", upto, int(self.now()))
            body["@odata.nextLink"] = link(self.graph, request, _deltatoken=token)
        else:
            body["@odata.deltaLink"] = self._groups_since(request, upto)
        return answer({**body, "value": list(rows.values())})

    def _groups_since(self, request: Request, since: int) -> str:
        bare = copy.copy(request)
        bare.query_text = ""
        select = {"_select": request.query["$select"]} if "$select" in request.query else {}
        return link(self.graph, bare, **select, _deltatoken=token_of("G", "", since, int(self.now())))

    def _brief(self, kind: str, index: int) -> dict[str, Any]:
        types = {"user": "user", "group": "group", "app": "servicePrincipal"}
        id_ = self.state.principal(index).id if kind == "app" else self.company.member_id(kind, index)
        return {"@odata.type": f"#microsoft.graph.{types[kind]}", "id": id_}

    @route("GET /groups/{id}")
    def get_group(self, request: Request) -> Reply:
        """Return a group."""
        return answer(selected(request, self.group_row(self.require_group(request))))

    def _member(self, kind: str, index: int) -> dict[str, Any] | None:
        if kind == "group":
            return {"@odata.type": "#microsoft.graph.group", **self.group_row(index)}
        if kind == "app":
            return {"@odata.type": "#microsoft.graph.servicePrincipal", **self.principal_brief(index)}
        user = self.state.user(index)
        if user is None or user.deleted is not None:
            return None
        return {"@odata.type": "#microsoft.graph.user", **self.user_row(user)}

    def principal_brief(self, number: int) -> dict[str, Any]:
        """Return what a listing of members tells of an application."""
        one = self.state.principal(number)
        return {"id": one.id, "appId": one.app, "displayName": one.name, "servicePrincipalType": "Application"}

    def _members(self, request: Request, members: list[tuple[str, int]], kind: str | None = None) -> Source:
        chosen = [one for one in members if kind is None or one[0] == kind]
        plain = {"id", "displayName", "userPrincipalName", "mail", "appId"}

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for position in range(start, len(chosen)):
                row = self._member(*chosen[position])
                if row is not None:
                    wanted = request.query.get("$select") is None
                    yield position + 1, selected(request, row, DEFAULT | plain) if wanted else row

        return source

    @route("GET /groups/{id}/members", paged=True)
    def members(self, request: Request) -> Reply:
        """List the direct members of a group, of every kind."""
        found = self.state.members(self.require_group(request))
        return page(request, self.graph, self._members(request, found), 100, 999, context="directoryObjects")

    @route("GET /groups/{id}/members/microsoft.graph.user", paged=True)
    def user_members(self, request: Request) -> Reply:
        """List the accounts among a group's direct members."""
        found = self.state.members(self.require_group(request))
        return page(request, self.graph, self._members(request, found, "user"), 100, 999, context="users")

    @route("GET /groups/{id}/members/$count")
    def count_members(self, request: Request) -> Reply:
        """Count the direct members of a group."""
        if request.headers.get("consistencylevel", "").lower() != "eventual":
            raise bad("$count is not currently supported. ConsistencyLevel: eventual is needed.")
        count = len(self.state.members(self.require_group(request)))
        return Reply(200, str(count).encode(), {"content-type": "text/plain"})

    @route("GET /groups/{id}/transitiveMembers", paged=True)
    def transitive_members(self, request: Request) -> Reply:
        """List the members of a group and of the groups in it."""
        found = self.state.transitive(self.require_group(request))
        return page(request, self.graph, self._members(request, found), 100, 999, context="directoryObjects")

    @route("GET /groups/{id}/owners", paged=True)
    def owners(self, request: Request) -> Reply:
        """List a group's owners."""
        group = self.require_group(request)
        found = [
            ("user", index) for index, leads in self.world.group_members(group) if leads and self.company.exists(index)
        ]
        return page(request, self.graph, self._members(request, found), 100, 999, context="directoryObjects")

    @route("POST /directoryObjects/getByIds", effect=False)
    def get_by_ids(self, request: Request) -> Reply:
        """Return objects by their ids, whatever they are; unknown ones are left out."""
        wanted = self.body(request).get("ids")
        if not isinstance(wanted, list) or len(wanted) > 1000:
            raise bad("The ids must be a list of at most 1000.")
        found = [self._object(str(id_)) for id_ in wanted]
        return answer({"value": [row for row in found if row is not None]})

    def _object(self, id_: str) -> dict[str, Any] | None:
        group = self.company.group_of(id_)
        if group is not None:
            return self._member("group", group)
        principal = self.state.principal_of(id_)
        if principal is not None:
            return self._member("app", principal[0])
        index = self.company.index_of(id_) if "@" not in id_ else None
        return None if index is None else self._member("user", index)

    # Directory roles

    @route("GET /roleManagement/directory/roleDefinitions", paged=True)
    def role_definitions(self, request: Request) -> Reply:
        """List the roles there are."""
        rows = [
            {
                "id": id_,
                "displayName": name,
                "description": name,
                "isBuiltIn": id_ != self.company.custom_role,
                "isEnabled": True,
                "templateId": id_,
                "resourceScopes": ["/"],
                "rolePermissions": [{"allowedResourceActions": ["microsoft.directory/users/basic/read"]}],
            }
            for id_, name in self.company.roles.items()
        ]
        return page(request, self.graph, listed(rows), 100, 999, context="roleDefinitions")

    def _held(self, one: RoleHeld, expand: str) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": one.id,
            "principalId": one.principal,
            "roleDefinitionId": one.role,
            "directoryScopeId": one.scope,
            "appScopeId": None,
        }
        if "principal" in expand:
            found = self._object(one.principal) or {"id": one.principal}
            row["principal"] = found
        if "roleDefinition" in expand:
            row["roleDefinition"] = {"id": one.role, "displayName": self.company.roles[one.role]}
        return row

    @route("GET /roleManagement/directory/roleAssignments", paged=True)
    def role_assignments(self, request: Request) -> Reply:
        """List who holds a role now."""
        expand = request.query.get("$expand", "")
        if "," in expand:
            raise bad("Only one property can be expanded in a query.")
        wanted = request.query.get("$filter", "")
        rows = [
            self._held(one, expand)
            for one in self.company.held
            if not one.eligible
            and (not wanted or wanted in (f"principalId eq '{one.principal}'", f"roleDefinitionId eq '{one.role}'"))
        ]
        return page(request, self.graph, listed(rows), 100, 999, context="roleAssignments")

    def _instances(self, request: Request, *, eligible: bool) -> Reply:
        if self.licence != "premium":
            message = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
            raise Refusal(400, "AadPremiumLicenseRequired", message)
        rows = []
        for one in self.company.held:
            if one.eligible != eligible:
                continue
            row = self._held(one, request.query.get("$expand", ""))
            row |= {
                "memberType": "Direct",
                "startDateTime": when(self.company.now - 86_400 * 30),
                "endDateTime": when(self.company.now + 86_400 * 150) if eligible else None,
            }
            if eligible:
                row |= {"id": f"{one.id}-1", "roleEligibilityScheduleId": one.id}
            else:
                row |= {
                    "roleAssignmentOriginId": one.id,
                    "roleAssignmentScheduleId": one.id,
                    "assignmentType": "Activated" if one.activated else "Assigned",
                }
            rows.append(row)
        return page(request, self.graph, listed(rows), 100, 999)

    @route("GET /roleManagement/directory/roleEligibilityScheduleInstances", paged=True)
    def eligible(self, request: Request) -> Reply:
        """List who may activate a role (PIM)."""
        return self._instances(request, eligible=True)

    @route("GET /roleManagement/directory/roleAssignmentScheduleInstances", paged=True)
    def active(self, request: Request) -> Reply:
        """List who holds a role, and whether by activation (PIM)."""
        return self._instances(request, eligible=False)

    @route("GET /directoryRoles")
    def directory_roles(self, request: Request) -> Reply:
        """List the roles that somebody holds; these do not page."""
        held = {one.role for one in self.company.held if not one.eligible and one.role != self.company.custom_role}
        rows = [
            {"id": role, "roleTemplateId": role, "displayName": self.company.roles[role], "description": ""}
            for role in sorted(held)
        ]
        return answer({"value": [selected(request, row) for row in rows]})
