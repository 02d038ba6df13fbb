"""Accounts, teams and privileges of an organization."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.github import mapping
from casb_cli.apps.github.common import GitHubBase, repo_path
from casb_cli.apps.github.roles import role_of
from casb_cli.apps.github.scopes import either
from casb_cli.core.capabilities import (
    ListAccounts,
    ListGroups,
    ListMemberships,
    ListPrivileges,
    Page,
    needs,
)
from casb_cli.core.errors import RequestRefused
from casb_cli.core.models import Account, Group, Membership, Notice, Partition, Privilege
from casb_cli.transport.calls import Call
from casb_cli.transport.paging import GraphqlCursor

_MEMBERS = either(oauth=["read:org"], app=["members:read"])
_ROLES = either(oauth=["admin:org"], app=[("members:read", "organization_custom_org_roles:read")])
_REPOS = either(oauth=["repo"], app=["metadata:read"])


class Directory(GitHubBase, ListAccounts, ListGroups, ListMemberships, ListPrivileges):
    """Matrix rows 1 to 3."""

    @needs(
        "POST /graphql",
        "GET /orgs/{org}/outside_collaborators",
        "GET /orgs/{org}/invitations",
        any_of=_MEMBERS,
    )
    def list_accounts(self, part: Partition, cursor: str | None) -> Iterator[Page[Account]]:
        if part.key == "":
            kinds = ("members", "outside", "invitations")
            yield Page(items=(), more=tuple(Partition(key=kind) for kind in kinds))
        elif part.key == "members":
            yield from self._members(cursor)
        elif part.key == "outside":
            for users, after in self.listed("/orgs/{org}/outside_collaborators", mapping.User, cursor=cursor):
                yield Page(items=[mapping.outside_collaborator(user) for user in users], cursor=after)
        elif self.facts.tenant is None or self.facts.tenant.variant != "emu":
            # Managed users are made by the identity provider: nobody is invited, and the call answers 404.
            with self.hidden("invitations are shown to owners only"):
                for invitations, after in self.listed("/orgs/{org}/invitations", mapping.Invitation, cursor=cursor):
                    yield Page(items=[mapping.invited(invitation) for invitation in invitations], cursor=after)

    def _members(self, cursor: str | None) -> Iterator[Page[Account]]:
        call = Call(
            name="POST /graphql",
            host="graphql",
            family="graphql",
            safe=True,
            json={"query": mapping.MEMBERS_QUERY, "variables": {"o": self.org, "c": None}},
        )
        pager = GraphqlCursor(path="data.organization.membersWithRole.pageInfo", variable="c")
        for answer, after in self.client.pages(call, pager, cursor):
            edges = answer.decode(mapping.GraphqlMembers).data.organization.members_with_role.edges
            seen = [(edge, edge.node) for edge in edges if edge]
            rows = [mapping.member(edge, node) for edge, node in seen if node]
            hidden = len(edges) - len(rows)
            notices = (
                (
                    Notice(
                        code="not-visible",
                        about=f"{hidden} members whom GitHub does not show to this credential",
                    ),
                )
                if hidden
                else ()
            )
            yield Page(items=rows, cursor=after, notices=notices)

    @needs("GET /orgs/{org}/teams", any_of=_MEMBERS)
    def list_groups(self, part: Partition, cursor: str | None) -> Iterator[Page[Group]]:
        del part
        for teams, after in self.listed("/orgs/{org}/teams", mapping.Team, cursor=cursor):
            yield Page(items=[mapping.group(team) for team in teams], cursor=after)

    @needs("GET /orgs/{org}/teams", "GET /orgs/{org}/teams/{team_slug}/members", any_of=_MEMBERS)
    def list_memberships(self, part: Partition, cursor: str | None) -> Iterator[Page[Membership]]:
        if part.key == "":
            for teams, after in self.listed("/orgs/{org}/teams", mapping.Team, cursor=cursor):
                more = tuple(
                    Partition(
                        key=f"team:{team.id}",
                        data={"id": str(team.id), "slug": team.slug, "name": team.name or team.slug},
                    )
                    for team in teams
                )
                yield Page(items=(), cursor=after, more=more)
            return
        data = part.data
        path = {"team_slug": data["slug"]}
        for users, after in self.listed("/orgs/{org}/teams/{team_slug}/members", mapping.User, path, cursor):
            yield Page(items=[mapping.membership(data["id"], data["name"], user) for user in users], cursor=after)

    @needs("GET /orgs/{org}/members", any_of=_MEMBERS)
    @needs(
        "GET /orgs/{org}/organization-roles",
        "GET /orgs/{org}/organization-roles/{role_id}/users",
        "GET /orgs/{org}/organization-roles/{role_id}/teams",
        any_of=_ROLES,
    )
    @needs(
        "GET /orgs/{org}/repos",
        "GET /repos/{owner}/{repo}/collaborators",
        "GET /repos/{owner}/{repo}/teams",
        any_of=_REPOS,
    )
    def list_privileges(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        kind = part.key.partition(":")[0]
        if kind == "":
            kinds = ("owners", "roles", "repositories")
            yield Page(items=(), more=tuple(Partition(key=key) for key in kinds))
        elif kind == "owners":
            query = {"role": "admin"}
            for users, after in self.listed("/orgs/{org}/members", mapping.User, cursor=cursor, query=query):
                rows = [mapping.user_privilege(user, "owner", "org", "org") for user in users]
                yield Page(items=rows, cursor=after)
        elif kind == "roles":
            yield Page(items=(), more=self._roles())
        elif kind == "repositories":
            for repos, after in self.repositories(cursor):
                more = (*self.repo_partitions(repos, "users"), *self.repo_partitions(repos, "teams"))
                yield Page(items=(), cursor=after, more=more)
        elif kind in {"role-users", "role-teams"}:
            yield from self._role_holders(part, cursor)
        else:
            yield from self._repository_roles(part, cursor)

    def _roles(self) -> tuple[Partition, ...]:
        try:
            roles = self.read(self.get("/orgs/{org}/organization-roles"), mapping.OrgRoles).roles
        except RequestRefused as error:
            # 422 is documented as "organization roles not enabled": then nobody holds one.
            if error.status != 422:
                raise
            return ()
        return tuple(
            Partition(key=f"{kind}:{role.id}", data={"id": str(role.id), "name": role.name})
            for role in roles
            for kind in ("role-users", "role-teams")
        )

    def _role_holders(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        role, path = part.data["name"], {"role_id": part.data["id"]}
        if part.key.startswith("role-users"):
            name = "/orgs/{org}/organization-roles/{role_id}/users"
            for users, after in self.listed(name, mapping.User, path, cursor):
                rows = [mapping.user_privilege(user, role, "org", "org") for user in users]
                yield Page(items=rows, cursor=after)
        else:
            name = "/orgs/{org}/organization-roles/{role_id}/teams"
            for teams, after in self.listed(name, mapping.Team, path, cursor):
                yield Page(items=[mapping.team_privilege(team, role, "org", "org") for team in teams], cursor=after)

    def _repository_roles(self, part: Partition, cursor: str | None) -> Iterator[Page[Privilege]]:
        scope, scope_id = part.data["full_name"], f"repo:{part.data['id']}"
        path = repo_path(scope)
        if part.key.startswith("users"):
            name = "/repos/{owner}/{repo}/collaborators"
            for users, after in self.listed(name, mapping.User, path, cursor, query={"affiliation": "direct"}):
                rows = [mapping.user_privilege(user, user.role_name or "?", scope, scope_id) for user in users]
                yield Page(items=rows, cursor=after)
        else:
            name = "/repos/{owner}/{repo}/teams"
            for teams, after in self.listed(name, mapping.Team, path, cursor):
                rows = [
                    mapping.team_privilege(team, role_of(team.permission) or "?", scope, scope_id) for team in teams
                ]
                yield Page(items=rows, cursor=after)
