"""How repositories are open to somebody: visibility, people, invitations, keys, teams, Pages."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.github import mapping
from casb_cli.apps.github.common import GitHubBase, repo_path
from casb_cli.apps.github.roles import role_of
from casb_cli.apps.github.scopes import either
from casb_cli.core.capabilities import ListShares, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Notice, Partition, Share, ShareKind, Sharing
from casb_cli.core.refs import local

_ADMIN = either(oauth=["repo"], app=["administration:read"])
_META = either(oauth=["repo"], app=["metadata:read"])


def share_id(repo_id: str, kind: str, id_: str = "") -> str:
    """Return a share's id: `repo:<repository id>:<kind>:<id>`."""
    return f"repo:{repo_id}:{kind}:{id_}".rstrip(":")


class Shares(GitHubBase, ListShares):
    """Matrix row 10, the reading half."""

    @needs("GET /orgs/{org}", any_of=either(oauth=["admin:org"], app=["organization_administration:read"]))
    @needs(
        "GET /orgs/{org}/repos",
        "GET /repos/{owner}/{repo}/collaborators",
        "GET /repos/{owner}/{repo}/teams",
        any_of=_META,
    )
    @needs("GET /repos/{owner}/{repo}/invitations", "GET /repos/{owner}/{repo}/keys", any_of=_ADMIN)
    @needs("GET /repos/{owner}/{repo}/pages", any_of=either(oauth=["repo"], app=["pages:read"]))
    def list_shares(self, part: Partition, cursor: str | None) -> Iterator[Page[Share]]:
        kind = part.key.partition(":")[0]
        if kind == "":
            yield Page(items=(), more=(Partition(key="organization"), Partition(key="repositories")))
        elif kind == "organization":
            yield self._base_permission()
        elif kind == "repositories":
            for repos, after in self.repositories(cursor):
                more = self.repo_partitions(repos, "shares")
                yield Page(items=(), cursor=after, more=more)
        else:
            yield from self._repository_shares(part)

    def _base_permission(self) -> Page[Share]:
        organization = self.read(self.get("/orgs/{org}"), mapping.Organization)
        role = organization.default_repository_permission
        if role is None:
            about = "the organization's base permission, which only an owner may read"
            needed = "organization_administration:read" if self.facts.method == "app" else "admin:org"
            return Page(items=(), notices=(Notice(code="scope-missing", about=about, needed=(needed,)),))
        if role == "none":
            return Page(items=())
        row = Share(
            id="org:base-permission",
            file=organization.login,
            kind="domain",
            who=f"all members of {organization.login}",
            role=role,
            sharing="internal",
        )
        return Page(items=(row,))

    def _repository_shares(self, part: Partition) -> Iterator[Page[Share]]:
        repo_id, full_name, level = part.data["id"], part.data["full_name"], part.data["sharing"]
        path = repo_path(full_name)

        def share(kind: str, id_: str, how: ShareKind, who: str, role: str | None, sharing: Sharing) -> Share:
            return Share(
                id=share_id(repo_id, kind, id_),
                file=full_name,
                file_ref=local("folder", repo_id),
                kind=how,
                who=who,
                role=role,
                sharing=sharing,
            )

        if level == "public":
            yield Page(items=(share("visibility", "", "link", "anyone", "read", "public"),))
        if level == "internal":
            who = "all members of the enterprise"
            yield Page(items=(share("visibility", "", "domain", who, "read", "internal"),))
        name, query = "/repos/{owner}/{repo}/collaborators", {"affiliation": "outside"}
        outside = False
        for users, _ in self.listed(name, mapping.User, path, query=query):
            outside = outside or bool(users)
            yield Page(
                items=[share("user", str(one.id), "user", one.login, one.role_name, "external") for one in users]
            )
        if level == "private":
            self._outside[repo_id] = outside
        for invitations, _ in self.listed("/repos/{owner}/{repo}/invitations", mapping.RepoInvitation, path):
            rows = []
            for one in invitations:
                who = f"{one.invitee.login} (invited)" if one.invitee else "(invited)"
                rows.append(share("invitation", str(one.id), "user", who, one.permissions, "external"))
            yield Page(items=rows)
        for keys, _ in self.listed("/repos/{owner}/{repo}/keys", mapping.DeployKey, path):
            rows = []
            for key in keys:
                role = "read" if key.read_only else "write"
                rows.append(share("key", str(key.id), "link", f"deploy key {key.title or key.id}", role, "external"))
            yield Page(items=rows)
        for teams, _ in self.listed("/repos/{owner}/{repo}/teams", mapping.Team, path):
            yield Page(
                items=[
                    share("team", str(team.id), "group", team.name or team.slug, role_of(team.permission), "internal")
                    for team in teams
                ]
            )
        if self._has_public_pages(full_name):
            yield Page(items=(share("pages", "", "link", "anyone (Pages site)", "read", "public"),))

    def _has_public_pages(self, full_name: str) -> bool:
        try:
            pages = self.read(self.get("/repos/{owner}/{repo}/pages", repo_path(full_name)), mapping.Pages)
        except ObjectMissing:
            # 404 is documented as "no Pages site".
            return False
        return pages.public is not False
