"""What all parts of the GitHub connector share: the organization, its repositories, names behind ids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import msgspec

from casb_cli.apps.base import Connector
from casb_cli.apps.github import mapping
from casb_cli.core.errors import ObjectMissing, ScopeMissing
from casb_cli.core.models import SHARING_ORDER, Partition
from casb_cli.core.refs import local
from casb_cli.transport.calls import Call
from casb_cli.transport.paging import LinkHeader

T = TypeVar("T")

PER_PAGE = 100


def owner_of(full_name: str) -> str:
    """Return the owner part of `owner/repo`."""
    return full_name.partition("/")[0]


def repo_path(full_name: str) -> dict[str, str]:
    """Return the path values of a repository's calls."""
    owner, _, name = full_name.partition("/")
    return {"owner": owner, "repo": name}


class GitHubBase(Connector):
    """The organization and the lookups that several abilities need."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._repositories: dict[str, mapping.Repository] = {}
        self._logins: dict[str, str] = {}
        self._outside: dict[str, bool] = {}
        """Whether private repositories have outside collaborators, by id, as far as shares were listed meanwhile."""

    @property
    def org(self) -> str:
        """The organization's login name as the user gave it."""
        return self.facts.fields["organization"]

    @property
    def org_ref(self) -> str:
        """The organization as an owner, a local ref."""
        return local("account", f"org-{self.facts.tenant.id}" if self.facts.tenant else f"org-{self.org}")

    def get(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a GET call of this organization; `{org}` is filled in where the template has it."""
        values = dict(path or {})
        if "{org}" in name:
            values.setdefault("org", self.org)
        return Call(name=f"GET {name}", path=values, **more)

    def act(self, name: str, path: Mapping[str, str] | None = None, **more: Any) -> Call:
        """Return a changing call of this organization, drawn from the reserve for governance."""
        values = dict(path or {})
        if "{org}" in name:
            values.setdefault("org", self.org)
        more.setdefault("family", "core")
        return Call(name=name, path=values, governance=True, **more)

    def read(self, call: Call, type_: type[T]) -> T:
        """Return the decoded answer of one call."""
        return self.client.send(call).decode(type_)

    def listed(
        self,
        name: str,
        type_: type[T],
        path: Mapping[str, str] | None = None,
        cursor: str | None = None,
        **more: Any,
    ) -> Iterator[tuple[list[T], str | None]]:
        """Yield the pages of a list whose answer is a bare array, each with the cursor behind it."""
        query = {"per_page": PER_PAGE, **more.pop("query", {})}
        call = self.get(name, path, query=query, **more)
        for answer, after in self.client.pages(call, LinkHeader(), cursor):
            yield answer.decode(list[type_]), after  # type: ignore[valid-type]

    def repositories(
        self, cursor: str | None = None, **query: str
    ) -> Iterator[tuple[list[mapping.Repository], str | None]]:
        """Yield all repositories that the credential sees, page by page; remembers their names."""
        query.setdefault("type", "all")
        for repos, after in self.listed("/orgs/{org}/repos", mapping.Repository, cursor=cursor, query=query):
            for repo in repos:
                self._repositories[str(repo.id)] = repo
            yield repos, after

    @contextmanager
    def hidden(self, words: str) -> Iterator[None]:
        """Turn a 404 of one of the organization's own lists into ScopeMissing: the organization is there."""
        try:
            yield
        except ObjectMissing as error:
            raise ScopeMissing(
                f"{words}: {error.words}", call=error.call, status=error.status, request_id=error.request_id
            ) from error

    def name_of(self, args: Mapping[str, Any]) -> str:
        """Return the present full name of the repository that a step is about; a rename since is followed.

        Raises ObjectMissing, also where another repository has taken the former name.
        """
        if not args.get("repo_id"):
            return str(args["repo"])
        return self.repository(str(args["repo_id"]), args.get("repo")).full_name

    def repository(self, repo_id: str, name: str | None = None) -> mapping.Repository:
        """Return a repository by its immutable id as it is now, looked for under `name` first; raises ObjectMissing."""
        known = self._repositories.get(repo_id)
        named = known.full_name if known else name
        if named:
            try:
                fresh = self.read(self.get("/repos/{owner}/{repo}", repo_path(named)), mapping.Repository)
            except ObjectMissing:
                fresh = None
            if fresh and str(fresh.id) == repo_id:
                self._repositories[repo_id] = fresh
                return fresh
        for repos, _ in self.repositories():
            for repo in repos:
                if str(repo.id) == repo_id:
                    return repo
        raise ObjectMissing(f"no repository with id {repo_id} is visible in {self.org}", call="GET /orgs/{org}/repos")

    def login_of(self, account: str) -> str:
        """Return the present login of a member or outside collaborator; raises ObjectMissing."""
        if account not in self._logins:
            for name in ("/orgs/{org}/members", "/orgs/{org}/outside_collaborators"):
                for users, _ in self.listed(name, mapping.User):
                    self._logins.update({str(user.id): user.login for user in users})
                    if account in self._logins:
                        return self._logins[account]
        try:
            return self._logins[account]
        except KeyError:
            raise ObjectMissing(
                f"no member or outside collaborator with id {account} in {self.org}",
                call="GET /orgs/{org}/members",
            ) from None

    def repo_partition(self, repo: mapping.Repository, prefix: str = "repo") -> Partition:
        """Return the partition of one repository; its key survives renames."""
        return Partition(
            key=f"{prefix}:{repo.id}",
            data={
                "id": str(repo.id),
                "full_name": repo.full_name,
                "owner": owner_of(repo.full_name),
                "branch": repo.default_branch or "",
                "sharing": repo.level,
                "archived": "1" if repo.archived else "",
            },
            exposure=SHARING_ORDER[repo.level],
        )

    def repo_partitions(self, repos: list[mapping.Repository], prefix: str = "repo") -> tuple[Partition, ...]:
        """Return the partitions of a page of repositories."""
        return tuple(self.repo_partition(repo, prefix) for repo in repos)


def encode(value: object) -> str:
    """Return a cursor's JSON text."""
    return msgspec.json.encode(value).decode()
