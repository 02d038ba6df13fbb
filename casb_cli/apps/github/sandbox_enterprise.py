"""What only enterprise editions have: SCIM users, consumed licences, suspension on an enterprise server; GraphQL."""

# ruff: noqa: ARG002 - handlers share one signature

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from casb_cli.apps.github.sandbox_base import Base
from casb_cli.apps.github.sandbox_company import USER_BASE
from casb_cli.apps.github.sandbox_shapes import moment
from casb_cli.sandbox import chance
from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, Request, answer, route

USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
SCIM = "application/scim+json"
ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


class Enterprise(Base):
    """Editions beyond plain github.com."""

    def _scim_error(self, status: int, detail: str) -> Reply:
        body = {"schemas": [ERROR_SCHEMA], "detail": detail, "status": status}
        return answer(body, status, {"content-type": SCIM})

    def scim_id(self, index: int) -> str:
        """Return the SCIM id of somebody."""
        return chance.uuid(self.world.seed, 71, index)

    def _scim_user(self, index: int) -> dict[str, Any]:
        person = self.company.person(index)
        active = index not in self.company.suspended
        ident = self.scim_id(index)
        shown = person.email if active else f"{chance.text(chance.HEX, 12, self.world.seed, 73, index)}@hidden.test"
        return {
            "schemas": [USER_SCHEMA], "id": ident, "externalId": f"idp-{index}", "userName": shown,
            "displayName": person.name, "name": {"givenName": person.name, "familyName": ""},
            "emails": [{"value": shown, "primary": True, "type": "work"}], "active": active, "roles": [],
            "meta": {"resourceType": "User", "created": moment(person.created),
                     "lastModified": moment(person.created),
                     "location": f"{self.api_url}/scim/v2/enterprises/{self.enterprise}/Users/{ident}"},
        }  # fmt: skip

    def _scim_page(self, request: Request, found: Sequence[int]) -> Reply:
        start = max(request.number("startIndex", 1), 1)
        count = request.number("count", 30, 100)
        rows = [self._scim_user(i) for i in found[start - 1 : start - 1 + count]]
        return answer({
            "schemas": [LIST_SCHEMA], "totalResults": len(found), "itemsPerPage": len(rows), "startIndex": start,
            "Resources": rows,
        }, 200, {"content-type": SCIM})  # fmt: skip

    def _scim_known(self, request: Request) -> None:
        if self.variant not in {"emu", "ghes"}:
            raise Refused(self._scim_error(404, "Resource not found"))

    @route("GET /scim/v2/enterprises/{enterprise}/Users", paged=False)
    def scim_users(self, request: Request) -> Reply:
        self._scim_known(request)
        found = self.company.members()
        words = request.query.get("filter", "").split(" eq ")
        if len(words) == 2:
            value = words[1].strip('"')
            found = [i for i in found if value in {self.company.person(i).email, f"idp-{i}"}]
        return self._scim_page(request, found)

    @route("GET /scim/v2/organizations/{org}/Users")
    def org_scim_users(self, request: Request) -> Reply:
        if self.variant != "github.com":
            raise Refused(self._scim_error(404, "Resource not found"))
        return self._scim_page(request, self.company.members())

    @route("GET /scim/v2/organizations/{org}/Users/{scim_user_id}")
    def org_scim_user(self, request: Request) -> Reply:
        return answer(self._scim_user(self._org_scim_one(request)), 200, {"content-type": SCIM})

    @route("PATCH /scim/v2/organizations/{org}/Users/{scim_user_id}")
    @route("DELETE /scim/v2/organizations/{org}/Users/{scim_user_id}")
    def org_scim_end(self, request: Request) -> Reply:
        """End the membership and delete the identity: this edition does not suspend."""
        index = self._org_scim_one(request)
        text = str(request.json().get("Operations", "")).lower()
        if request.method == "DELETE" or "'active': false" in text:
            self.company.remove_member(index)
            self.audit("org.remove_member", request, user=self.company.person(index).login)
        if request.method == "DELETE":
            return Reply(204)
        return answer(self._scim_user(index), 200, {"content-type": SCIM})

    def _org_scim_one(self, request: Request) -> int:
        if self.variant == "github.com":
            for index in self.company.members():
                if self.scim_id(index) == request.params["scim_user_id"]:
                    return index
        raise Refused(self._scim_error(404, "Resource not found"))

    def _scim_one(self, request: Request) -> int:
        self._scim_known(request)
        wanted = request.params["scim_user_id"]
        found = next((i for i in self.company.members() if self.scim_id(i) == wanted), None)
        if found is None:
            raise Refused(self._scim_error(404, "Resource not found"))
        return found

    @route("GET /scim/v2/enterprises/{enterprise}/Users/{scim_user_id}")
    def scim_user(self, request: Request) -> Reply:
        return answer(self._scim_user(self._scim_one(request)), 200, {"content-type": SCIM})

    @route("PATCH /scim/v2/enterprises/{enterprise}/Users/{scim_user_id}")
    def scim_patch(self, request: Request) -> Reply:
        index = self._scim_one(request)
        for operation in request.json().get("Operations", []):
            value = operation.get("value")
            active = value.get("active") if isinstance(value, dict) else value
            if str(operation.get("op", "")).lower() != "replace" or not isinstance(active, bool):
                raise Refused(self._scim_error(400, "Invalid operation"))
            if active:
                self.company.suspended.discard(index)
            else:
                self.company.suspended.add(index)
            self.audit("user.unsuspend" if active else "user.suspend", request)
        return answer(self._scim_user(index), 200, {"content-type": SCIM})

    @route("GET /scim/v2/enterprises/{enterprise}/Groups")
    def scim_groups(self, request: Request) -> Reply:
        self._scim_known(request)
        body = {"schemas": [LIST_SCHEMA], "totalResults": 0, "itemsPerPage": 0, "startIndex": 1, "Resources": []}
        return answer(body, 200, {"content-type": SCIM})

    # An enterprise server

    def _server_only(self, request: Request) -> int:
        index = self.company.by_login(request.params["username"])
        if self.variant != "ghes" or index is None:
            self.refuse(404, "Not Found")
        return index

    @route("PUT /users/{username}/suspended")
    def suspend(self, request: Request) -> Reply:
        index = self._server_only(request)
        if index == self.acting(request):
            self.refuse(403, "You cannot suspend yourself.")
        self.company.suspended.add(index)
        self.audit("user.suspend", request, user=request.params["username"])
        return Reply(204)

    @route("DELETE /users/{username}/suspended")
    def unsuspend(self, request: Request) -> Reply:
        self.company.suspended.discard(self._server_only(request))
        self.audit("user.unsuspend", request, user=request.params["username"])
        return Reply(204)

    @route("GET /enterprises/{enterprise}/consumed-licenses", paged=True)
    def licences(self, request: Request) -> Reply:
        members = self.company.members()
        return self.page(
            request,
            members,
            self._licence,
            wrap=lambda rows: {
                "total_seats_consumed": len(members),
                "total_seats_purchased": self.world.people,
                "users": rows,
            },
        )

    def _licence(self, index: int) -> dict[str, Any]:
        person = self.company.person(index)
        role = "Owner" if self.company.role(index) == "admin" else "Member"
        return {
            "github_com_login": person.login, "github_com_name": person.name, "github_com_user": True,
            "github_com_two_factor_auth": person.mfa, "github_com_saml_name_id": person.email,
            "github_com_verified_domain_emails": [person.email], "license_type": "enterprise",
            "github_com_member_roles": [f"{self.org}:{role}"], "enterprise_server_user": False,
            "visual_studio_subscription_user": False, "total_user_accounts": 1,
            "github_com_profile": f"{self.urls['oauth']}/{person.login}",
        }  # fmt: skip

    @route("GET /enterprises/{enterprise}/enterprise-roles")
    def enterprise_roles(self, request: Request) -> Reply:
        return answer({"total_count": 0, "roles": []})

    # GraphQL

    @route("POST /graphql", effect=False)
    def graphql(self, request: Request) -> Reply:
        """Answer the organization's member and identity queries; anything else is an error with status 200."""
        body = request.json()
        query, variables = str(body.get("query", "")), body.get("variables") or {}
        org = next((v for v in variables.values() if isinstance(v, str) and v.lower() == self.org), None)
        if org is None:
            return self._graphql_error("NOT_FOUND", "Could not resolve to an Organization.", {"organization": None})
        cursor = next((v for k, v in variables.items() if k in {"c", "cursor", "after"} and v), None)
        start = int(base64.b64decode(cursor)) if cursor else 0
        size = max(min(int(next((v for v in variables.values() if isinstance(v, int)), 100)), 100), 1)
        if "membersWithRole" in query:
            return self._graphql_page("membersWithRole", self._graphql_members(request, start, size), start, size)
        if "externalIdentities" in query:
            if self.variant != "github.com" or self.options.settings.get("saml") == "off":
                return answer({"data": {"organization": {"samlIdentityProvider": None}}})
            page = self._connection(self._identities(start, size), start, size)
            return answer({"data": {"organization": {"samlIdentityProvider": {"externalIdentities": page}}}})
        return self._graphql_error("undefinedField", "Field is not served by the sandbox.", None)

    def _graphql_error(self, kind: str, message: str, data: Any) -> Reply:
        return answer({"data": data, "errors": [{"type": kind, "message": message, "path": ["organization"]}]})

    def _graphql_page(self, name: str, edges: list[dict[str, Any]], start: int, size: int) -> Reply:
        return answer({"data": {"organization": {name: self._connection(edges, start, size)}}})

    def _connection(self, edges: list[dict[str, Any]], start: int, size: int) -> dict[str, Any]:
        total = len(self.company.members())
        end = min(start + size, total)
        cursor = base64.b64encode(str(end).encode()).decode()
        page = {"hasNextPage": end < total, "endCursor": cursor if edges else None}
        return {"totalCount": total, "pageInfo": page, "edges": edges, "nodes": [edge["node"] for edge in edges]}

    def _graphql_members(self, request: Request, start: int, size: int) -> list[dict[str, Any]]:
        token = request.who.token
        owner = token is not None and (
            token.permissions.get("members") is not None
            if token.user is None
            else self.company.role(token.user) == "admin"
        )
        edges = []
        for index in self.company.members()[start : start + size]:
            person = self.company.person(index)
            node = {
                "databaseId": USER_BASE + index, "login": person.login, "name": person.name,
                "email": person.email if index % 3 else "", "createdAt": moment(person.created),
                "organizationVerifiedDomainEmails": [person.email],
            }  # fmt: skip
            role = "ADMIN" if self.company.role(index) == "admin" else "MEMBER"
            edges.append({"role": role, "hasTwoFactorEnabled": person.mfa if owner else None, "node": node})
        return edges

    def _identities(self, start: int, size: int) -> list[dict[str, Any]]:
        found = []
        for index in self.company.members()[start : start + size]:
            person = self.company.person(index)
            node = {
                "guid": self.scim_id(index), "samlIdentity": {"nameId": person.email},
                "scimIdentity": {"username": person.email, "emails": [{"value": person.email}]},
                "user": {"login": person.login, "databaseId": USER_BASE + index},
            }  # fmt: skip
            found.append({"node": node})
        return found
