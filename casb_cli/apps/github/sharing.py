"""How repositories are open to somebody: visibility, people, invitations, keys, teams, Pages."""

from __future__ import annotations

from collections.abc import Iterator

from casb_cli.apps.github import mapping
from casb_cli.apps.github.common import GitHubBase, repo_path
from casb_cli.apps.github.scopes import either
from casb_cli.core.capabilities import ListShares, Page, needs
from casb_cli.core.errors import ObjectMissing
from casb_cli.core.models import Notice, Partition, Share
from casb_cli.core.refs import local

_ADMIN = either(oauth=["repo"], app=["administration:read"])
_META = either(oauth=["repo"], app=["metadata:read"])


def share_id(repo_id: str, kind: str, id_: str = "") -> str:
    """Return a share's id: `repo:<repository id>:<kind>:<id>`."""
    return f"repo:{repo_id}:{kind}:{id_}".rstrip(":")


class Sharing(GitHubBase, ListShares):
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
            return Page(items=(), notices=(Notice(code="scope-missing", about=about, needed=("admin:org",)),))
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
        about = {"file": full_name, "file_ref": local("folder", repo_id)}
        path = repo_path(full_name)
        if level in {"public", "internal"}:
            row = Share(
                id=share_id(repo_id, "visibility"),
                kind="link" if level == "public" else "domain",
                who="anyone" if level == "public" else "all members of the enterprise",
                role="read",
                sharing=level,  # type: ignore[arg-type]
                **about,
            )
            yield Page(items=(row,))
        users = "/repos/{owner}/{repo}/collaborators"
        for found, _ in self.listed(users, mapping.User, path, query={"affiliation": "outside"}):
            yield Page(
                items=[
                    Share(
                        id=share_id(repo_id, "user", str(user.id)),
                        kind="user",
                        who=user.login,
                        role=user.role_name,
                        sharing="external",
                        **about,
                    )
                    for user in found
                ]
            )
        for invitations, _ in self.listed("/repos/{owner}/{repo}/invitations", mapping.RepoInvitation, path):
            yield Page(
                items=[
                    Share(
                        id=share_id(repo_id, "invitation", str(invitation.id)),
                        kind="user",
                        who=f"{invitation.invitee.login} (invited)" if invitation.invitee else "(invited)",
                        role=invitation.permissions,
                        sharing="external",
                        **about,
                    )
                    for invitation in invitations
                ]
            )
        for keys, _ in self.listed("/repos/{owner}/{repo}/keys", mapping.DeployKey, path):
            yield Page(
                items=[
                    Share(
                        id=share_id(repo_id, "key", str(key.id)),
                        kind="link",
                        who=f"deploy key {key.title or key.id}",
                        role="read" if key.read_only else "write",
                        sharing="external",
                        **about,
                    )
                    for key in keys
                ]
            )
        for teams, _ in self.listed("/repos/{owner}/{repo}/teams", mapping.Team, path):
            yield Page(
                items=[
                    Share(
                        id=share_id(repo_id, "team", str(team.id)),
                        kind="group",
                        who=team.name or team.slug,
                        role=team.permission,
                        sharing="internal",
                        **about,
                    )
                    for team in teams
                ]
            )
        if self._has_public_pages(full_name):
            row = Share(
                id=share_id(repo_id, "pages"),
                kind="link",
                who="anyone (Pages site)",
                role="read",
                sharing="public",
                **about,
            )
            yield Page(items=(row,))

    def _has_public_pages(self, full_name: str) -> bool:
        try:
            pages = self.read(self.get("/repos/{owner}/{repo}/pages", repo_path(full_name)), mapping.Pages)
        except ObjectMissing:
            # 404 is documented as "no Pages site".
            return False
        return pages.public is not False
