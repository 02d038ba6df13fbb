"""The simulated organization: members, invitations, outside collaborators, teams, roles."""

# ruff: noqa: ARG002 - handlers share one signature

from __future__ import annotations

import math
from typing import Any

from casb_cli.apps.github.sandbox_base import Base, Session
from casb_cli.apps.github.sandbox_company import LEVELS, TEAM_BASE, USER_BASE, Invitation
from casb_cli.apps.github.sandbox_shapes import moment
from casb_cli.sandbox.facts import SUSPENDED
from casb_cli.sandbox.wire import Reply, Request, answer, route

BY_ID = "/organizations/{org_id}/team/{team_id}"
"""The form of a team's own `url`."""
ORG_ROLES: tuple[tuple[int, str, str | None, tuple[str, ...]], ...] = (
    (8132, "all_repo_read", "read", ()),
    (8138, "security_manager", None, ("write_code_scanning", "view_secret_scanning_alerts")),
)
"""The organization's roles: id, name, base role, permissions."""


class Accounts(Base):
    """Rows 1 to 4 of the matrix."""

    def someone(self, request: Request) -> int:
        """Return whose login the request names; else end the call with 404."""
        index = self.company.by_login(request.params["username"])
        if index is None:
            self.refuse(404, "Not Found")
        return index

    @route("GET /user")
    def me(self, request: Request) -> Reply:
        return answer(self.shapes.full_user(self.acting(request), own=True))

    @route("GET /users/{username}")
    def user(self, request: Request) -> Reply:
        return answer(self.shapes.full_user(self.someone(request), own=False))

    @route("GET /meta", free=True)
    def meta(self, request: Request) -> Reply:
        body: dict[str, Any] = {"verifiable_password_authentication": False}
        if self.variant == "ghes":
            body["installed_version"] = "3.19.1"
        return answer(body)

    @route("GET /rate_limit", free=True)
    def rate_limit(self, request: Request) -> Reply:
        session: Session = request.who
        resources = {}
        for family in ("core", "graphql", "audit_log"):
            verdict = self.limits[family].take(self._key(session, request), 0)
            resources[family] = {
                "limit": verdict.limit,
                "remaining": verdict.remaining,
                "used": verdict.used,
                "reset": math.ceil(verdict.reset),
            }
        resources["search"] = {"limit": 30, "remaining": 30, "used": 0, "reset": resources["core"]["reset"]}
        return answer({"resources": resources, "rate": resources["core"]})

    @route("GET /orgs/{org}")
    def organization(self, request: Request) -> Reply:
        world, shapes, token = self.world, self.shapes, request.who.token
        created = moment(world.person(0).created)
        body = {
            **shapes.organization(), "name": world.name, "email": None, "html_url": f"{shapes.web}/{self.org}",
            "has_organization_projects": True, "has_repository_projects": True, "type": "Organization",
            "public_repos": 2, "public_gists": 0, "followers": 0, "following": 0, "created_at": created,
            "updated_at": created, "archived_at": None, "is_verified": True,
        }  # fmt: skip
        owner = token is not None and (
            token.permissions.get("organization_administration") is not None
            if token.user is None
            else self.company.role(token.user) == "admin" and (token.kind == "fine" or "admin:org" in token.scopes)
        )
        if owner or (token is not None and token.user is not None and self.company.role(token.user) == "admin"):
            body |= {
                "plan": {"name": self.plan, "space": 976562499, "private_repos": 999999, "seats": world.people},
                "two_factor_requirement_enabled": False,
                "default_repository_permission": self.company.default_permission,
                "members_can_create_repositories": True, "total_private_repos": world.places,
                "owned_private_repos": world.places, "private_gists": 0, "disk_usage": 1, "collaborators": 3,
                "billing_email": "desk@larkspur.example",
            }  # fmt: skip
        return answer(body)

    # Members

    @route("GET /orgs/{org}/members", paged=True)
    def members(self, request: Request) -> Reply:
        company, query = self.company, request.query
        found = company.members()
        if query.get("role") == "admin":
            found = company.admins()
        elif query.get("role") == "member":
            found = [i for i in found if company.role(i) == "member"]
        if query.get("filter", "all") != "all":
            token = request.who.token
            if token.user is not None and company.role(token.user) != "admin":
                self.invalid("filter", message="Only owners can use this filter.")
            insecure = query["filter"] == "2fa_insecure"
            found = [] if insecure else [i for i in found if not company.person(i).mfa]
        if request.who.blind:
            found = [i for i in found if i % 10 == 0]  # those whose membership is public
        return self.page(request, found, self.shapes.user)

    @route("GET /orgs/{org}/members/{username}")
    def is_member(self, request: Request) -> Reply:
        if not self.company.is_member(self.someone(request)):
            self.refuse(404, "User does not exist or is not a member of the organization")
        return Reply(204)

    @route("GET /orgs/{org}/memberships/{username}")
    def membership(self, request: Request) -> Reply:
        index = self.someone(request)
        pending = self._pending(index)
        if pending is None and not self.company.is_member(index):
            self.refuse(404, "Not Found")
        return answer(self._membership(index, pending))

    def _pending(self, index: int) -> Invitation | None:
        person = self.company.person(index)
        found = self.company.invitations.values()
        return next((i for i in found if person.login == i.login or person.email == i.email), None)

    def _membership(self, index: int, pending: Invitation | None) -> dict[str, Any]:
        shapes, login = self.shapes, self.company.person(index).login
        role = self.company.role(index)
        if pending is not None:
            role = "admin" if pending.role == "admin" else "member"
        return {
            "url": f"{self.api_url}/orgs/{self.org}/memberships/{login}",
            "state": "pending" if pending else "active", "role": role, "direct_membership": True,
            "organization_url": f"{self.api_url}/orgs/{self.org}", "organization": shapes.organization(),
            "user": shapes.user(index),
        }  # fmt: skip

    @route("PUT /orgs/{org}/memberships/{username}")
    def set_membership(self, request: Request) -> Reply:
        index, role = self.someone(request), request.json().get("role", "member")
        if role not in {"admin", "member"}:
            self.invalid("role")
        company = self.company
        if company.is_member(index):
            self._not_last_owner(index, role)
            company.roles[index] = role
            self.audit("org.update_member", request, user=company.person(index).login)
            return answer(self._membership(index, None))
        pending = self._pending(index)
        if pending is None:
            pending = self._invite(request, company.person(index).login, None, role)
        return answer(self._membership(index, pending))

    def _invite(self, request: Request, login: str | None, email: str | None, role: str) -> Invitation:
        role = "admin" if role == "admin" else "direct_member"
        made = Invitation(id=self.company.next_id(), email=email, login=login, role=role, created=self.now())
        self.company.invitations[made.id] = made
        self.audit("org.invite_member", request, user=login)
        return made

    def _not_last_owner(self, index: int, role: str | None) -> None:
        if role != "admin" and self.company.admins() == [index]:
            self.refuse(403, "You cannot remove the last owner of the organization.")

    @route("DELETE /orgs/{org}/memberships/{username}")
    def end_membership(self, request: Request) -> Reply:
        index = self.someone(request)
        pending = self._pending(index)
        if pending is not None:
            del self.company.invitations[pending.id]
            self.audit("org.cancel_invitation", request, user=self.company.person(index).login)
            return Reply(204)
        if not self.company.is_member(index):
            self.refuse(404, "Not Found")
        return self._remove(request, index)

    @route("DELETE /orgs/{org}/members/{username}")
    def remove_member(self, request: Request) -> Reply:
        index = self.someone(request)
        if not self.company.is_member(index):
            self.refuse(404, "Not Found")
        return self._remove(request, index)

    def _remove(self, request: Request, index: int) -> Reply:
        self._not_last_owner(index, None)
        self.company.remove_member(index)
        self.audit("org.remove_member", request, user=self.company.person(index).login)
        return Reply(204)

    def accept(self, login: str) -> None:
        """Let the invited person accept, as only they can: for tests."""
        index = self.company.by_login(login)
        if index is None:
            raise KeyError(login)
        pending = self._pending(index)
        if pending is None:
            raise KeyError(login)
        del self.company.invitations[pending.id]
        self.company.add_member(index, "admin" if pending.role == "admin" else "member")

    # Outsiders

    @route("GET /orgs/{org}/outside_collaborators", paged=True)
    def outside(self, request: Request) -> Reply:
        found = self.company.outside()
        if request.query.get("filter", "all") == "2fa_disabled":
            found = [i for i in found if not self.company.person(i).mfa]
        return self.page(request, found, self.shapes.user)

    @route("PUT /orgs/{org}/outside_collaborators/{username}")
    def make_outside(self, request: Request) -> Reply:
        index = self.someone(request)
        if not self.company.is_member(index):
            self.refuse(404, f"{request.params['username']} is not a member of the organization.")
        self._not_last_owner(index, None)
        if self.variant == "emu":
            self.refuse(403, "Cannot convert a managed user to an outside collaborator.")
        self.company.make_outside(index)
        self.audit("org.remove_member", request, user=self.company.person(index).login)
        return answer({}, 202) if request.json().get("async") else Reply(204)

    @route("DELETE /orgs/{org}/outside_collaborators/{username}")
    def drop_outside(self, request: Request) -> Reply:
        index = self.someone(request)
        if self.company.is_member(index):
            self.refuse(422, "You cannot specify an organization member to remove as an outside collaborator.")
        self.company.drop_outside(index)
        self.audit("org.remove_outside_collaborator", request, user=self.company.person(index).login)
        return Reply(204)

    @route("GET /orgs/{org}/invitations", paged=True)
    def invitations(self, request: Request) -> Reply:
        if self.variant == "emu":
            self.refuse(404, "Not Found")
        found = sorted(self.company.invitations.values(), key=lambda i: i.id)
        return self.page(request, found, lambda i: self.shapes.invitation(i, 0))

    @route("POST /orgs/{org}/invitations")
    def invite(self, request: Request) -> Reply:
        body = request.json()
        login = None
        if "invitee_id" in body:
            index = int(body["invitee_id"]) - USER_BASE
            login = self.company.person(index).login
        elif not body.get("email"):
            self.invalid("email", "missing_field")
        made = self._invite(request, login, body.get("email"), body.get("role", "direct_member"))
        return answer(self.shapes.invitation(made, self.acting(request)), 201)

    @route("DELETE /orgs/{org}/invitations/{invitation_id}")
    def cancel_invitation(self, request: Request) -> Reply:
        ident = self.ident(request, "invitation_id")
        if self.company.invitations.pop(ident, None) is None:
            self.refuse(404, "Not Found")
        self.audit("org.cancel_invitation", request)
        return Reply(204)

    @route("GET /orgs/{org}/failed_invitations", paged=True)
    def failed_invitations(self, request: Request) -> Reply:
        return self.page(request, [], self.shapes.user)

    @route("GET /orgs/{org}/blocks", paged=True)
    def blocks(self, request: Request) -> Reply:
        return self.page(request, sorted(self.company.blocked), self.shapes.user)

    @route("PUT /orgs/{org}/blocks/{username}")
    def block(self, request: Request) -> Reply:
        index = self.someone(request)
        if self.company.is_member(index) or index in self.company.blocked:
            self.refuse(422, "Blocked user cannot be a member of the organization.")
        self.company.drop_outside(index)
        self.company.blocked.add(index)
        self.audit("org.block_user", request, blocked_user=self.company.person(index).login)
        return Reply(204)

    @route("DELETE /orgs/{org}/blocks/{username}")
    def unblock(self, request: Request) -> Reply:
        self.company.blocked.discard(self.someone(request))
        self.audit("org.unblock_user", request)
        return Reply(204)

    # Teams

    @route("GET /orgs/{org}/teams", paged=True)
    def teams(self, request: Request) -> Reply:
        return self.page(request, range(self.world.groups), self.shapes.team)

    def _team(self, request: Request) -> int:
        params = request.params
        team = self.company.team_by_slug(params.get("team_slug", ""))
        if "team_id" in params and params["team_id"].isdigit():
            ident = int(params["team_id"]) - TEAM_BASE
            team = ident if 0 <= ident < self.world.groups else None
        if team is None:
            self.refuse(404, "Not Found")
        return team

    @route("GET /orgs/{org}/teams/{team_slug}")
    def team(self, request: Request) -> Reply:
        team = self._team(request)
        created = moment(self.world.group(team).created)
        members = len(self.company.team_members(team))
        return answer({
            **self.shapes.team(team), "members_count": members, "repos_count": 0, "created_at": created,
            "updated_at": created, "organization": self.shapes.organization(),
        })  # fmt: skip

    @route("GET /orgs/{org}/teams/{team_slug}/members", paged=True)
    @route("GET /orgs/{org}/teams/{team_slug}/members", path=BY_ID + "/members", paged=True)
    def team_members(self, request: Request) -> Reply:
        found = self.company.team_members(self._team(request))
        role = request.query.get("role", "all")
        if role != "all":
            found = [row for row in found if row[1] == (role == "maintainer")]
        return self.page(
            request,
            found,
            lambda row: {
                **self.shapes.user(row[0]),
                "role": "maintainer" if row[1] else "member",
                "inherited": row[2],
            },
        )

    @route("PUT /orgs/{org}/teams/{team_slug}/memberships/{username}")
    def join_team(self, request: Request) -> Reply:
        team, index = self._team(request), self.someone(request)
        self.company.join_team(team, index, maintainer=request.json().get("role") == "maintainer")
        self.audit("team.add_member", request, user=request.params["username"])
        state = "active" if self.company.is_member(index) else "pending"
        return answer({"url": "", "role": request.json().get("role", "member"), "state": state})

    @route("DELETE /orgs/{org}/teams/{team_slug}/memberships/{username}")
    def leave_team(self, request: Request) -> Reply:
        self.company.team_removed.add((self._team(request), self.someone(request)))
        self.audit("team.remove_member", request, user=request.params["username"])
        return Reply(204)

    @route("GET /orgs/{org}/teams/{team_slug}/repos", paged=True)
    @route("GET /orgs/{org}/teams/{team_slug}/repos", path=BY_ID + "/repos", paged=True)
    def team_repos(self, request: Request) -> Reply:
        team = self._team(request)
        repos = [r for r in map(self.company.peek, self.company.order()) if team in r.teams]
        return self.page(request, repos, lambda repo: self.shapes.repo(repo, repo.teams[team]))

    @route("PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}")
    def add_team_repo(self, request: Request) -> Reply:
        permission = request.json().get("permission", "push")
        if permission not in LEVELS:
            self.invalid("permission")
        self.repo(request, "admin").teams[self._team(request)] = permission
        self.audit("team.add_repository", request, repo=f"{self.org}/{request.params['repo']}")
        return Reply(204)

    @route("DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}")
    def drop_team_repo(self, request: Request) -> Reply:
        self.repo(request, "admin").teams.pop(self._team(request), None)
        self.audit("team.remove_repository", request, repo=f"{self.org}/{request.params['repo']}")
        return Reply(204)

    # Roles

    def role_users(self, role: int) -> list[int]:
        """Return who holds an organization role directly."""
        return [who for who, _, _ in self.company.team_members(0)][:1] if role == 8138 else [SUSPENDED]

    @route("GET /orgs/{org}/organization-roles")
    def organization_roles(self, request: Request) -> Reply:
        return answer({"total_count": len(ORG_ROLES), "roles": [self._role(role) for role in ORG_ROLES]})

    def _role(self, role: tuple[int, str, str | None, tuple[str, ...]]) -> dict[str, Any]:
        created = moment(self.world.person(0).created)
        return {
            "id": role[0], "name": role[1], "description": None, "base_role": role[2], "source": "Predefined",
            "permissions": list(role[3]), "organization": self.shapes.org_user(), "created_at": created,
            "updated_at": created,
        }  # fmt: skip

    def _role_id(self, request: Request) -> int:
        ident = self.ident(request, "role_id")
        if ident not in {role[0] for role in ORG_ROLES}:
            self.refuse(404, "Not Found")
        return ident

    @route("GET /orgs/{org}/organization-roles/{role_id}")
    def organization_role(self, request: Request) -> Reply:
        ident = self._role_id(request)
        return answer(self._role(next(role for role in ORG_ROLES if role[0] == ident)))

    @route("GET /orgs/{org}/organization-roles/{role_id}/users", paged=True)
    def organization_role_users(self, request: Request) -> Reply:
        found = [i for i in self.role_users(self._role_id(request)) if self.company.is_member(i)]
        more = {"assignment": "direct", "inherited_from": []}
        return self.page(request, found, lambda i: {**self.shapes.user(i), **more})

    @route("GET /orgs/{org}/organization-roles/{role_id}/teams", paged=True)
    def organization_role_teams(self, request: Request) -> Reply:
        found = [0] if self._role_id(request) == 8138 else []
        return self.page(request, found, lambda t: {**self.shapes.team(t), "assignment": "direct"})

    @route("GET /orgs/{org}/custom-repository-roles")
    def custom_repository_roles(self, request: Request) -> Reply:
        return answer({"total_count": 0, "custom_roles": []})
