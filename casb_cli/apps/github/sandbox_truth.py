"""What is true of the simulated GitHub at the start, in the product's nouns, told by the world alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from casb_cli.apps.github.sandbox_audit import ACTIONS
from casb_cli.apps.github.sandbox_company import ROLE_OF, TEAM_BASE, USER_BASE, Company, Repo
from casb_cli.apps.github.sandbox_git import LINK, MODULE, ODDITIES
from casb_cli.core import clock
from casb_cli.sandbox.planted import Planted
from casb_cli.sandbox.world import World


class Truth:
    """Expected listings, keyed by the provider's ids as text; nothing here passes through the server."""

    def __init__(self, world: World, variant: str) -> None:
        self.world = world
        self.company = Company(world, variant)
        self._library = self.company.library

    # People

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Return members and outside collaborators by user id: login, email, name, status, is_admin, mfa, ..."""
        company, found = self.company, {}
        for index in [*company.members(), *company.outside()]:
            person = company.person(index)
            outside = not company.is_member(index)
            found[str(USER_BASE + index)] = {
                "login": person.login,
                "email": None if outside else person.email,
                "name": None if outside else person.name,
                "status": "suspended" if index in company.suspended else "active",
                "is_admin": not outside and company.role(index) == "admin",
                "mfa": None if outside else person.mfa,
                "external": outside,
            }
        return found

    def invitations(self) -> dict[str, dict[str, Any]]:
        """Return those invited, by invitation id: email, login."""
        found = self.company.invitations.values()
        return {str(i.id): {"email": i.email, "login": i.login, "status": "invited"} for i in found}

    def groups(self) -> dict[str, dict[str, Any]]:
        """Return the teams by id: name, slug."""
        groups = map(self.world.group, range(self.world.groups))
        return {str(TEAM_BASE + g.index): {"name": g.name, "slug": g.slug} for g in groups}

    def memberships(self) -> dict[tuple[str, str], str]:
        """Return the role (`maintainer`, `member`) by team id and user id, members of child teams included."""
        return {
            (str(TEAM_BASE + team), str(USER_BASE + who)): "maintainer" if lead else "member"
            for team in range(self.world.groups)
            for who, lead, _ in self.company.team_members(team)
        }

    def owners(self) -> set[str]:
        """Return the logins of the organization's owners."""
        return {self.company.person(i).login for i in self.company.admins()}

    def collaborators(self) -> set[tuple[str, str, str]]:
        """Return login, role and `owner/repo` of everybody who was given access to a repository directly."""
        return {
            (self.company.person(who).login, ROLE_OF[permission], self.full_name(repo))
            for repo in self.repos()
            for who, permission in repo.collaborators.items()
        }

    # Files

    def repos(self) -> Iterator[Repo]:
        """Return all repositories as they are at the start."""
        return (self.company.peek(key) for key in self.company.order())

    def full_name(self, repo: Repo) -> str:
        """Return `owner/repo`."""
        return f"{self.world.slug}/{repo.name}"

    def sharing(self, repo: Repo) -> str:
        """Return how far a repository's files are open."""
        if repo.visibility != "private":
            return repo.visibility
        outside = any(not self.company.is_member(who) for who in repo.collaborators)
        return "external" if outside else "private"

    def files(self) -> Iterator[dict[str, Any]]:
        """Yield every file of every default branch.

        Each has repository id and name, path, blob id, size, sharing, index (None for oddities) and `special`:
        `symlink`, `submodule`, `lfs`, `workflow` or None.
        """
        for repo in self.repos():
            place = None if repo.index is None else self._library.place(repo.index)
            indices = {} if place is None else {self._library.entry(i).path: i for i in place.files}
            if repo.git.empty:
                continue
            for path, leaf in repo.git.base().items():
                yield {
                    "repo_id": str(repo.id),
                    "repo": self.full_name(repo),
                    "path": path,
                    "sha": leaf.sha,
                    "size": leaf.size,
                    "sharing": self.sharing(repo),
                    "index": indices.get(path),
                    "special": _special(path, leaf.mode),
                }

    def findings(self) -> Iterator[tuple[str, str, Planted]]:
        """Yield repository name, path and planted thing of all that a perfect inspection finds."""
        for file in self.files():
            if file["index"] is not None:
                for found in self._library.planted(file["index"]):
                    yield file["repo"], file["path"], found

    # Sharing

    def shares(self) -> set[tuple[str, str, str, str]]:
        """Return repository, kind of openness, who, role.

        Kinds: `public`, `internal`, `collaborator` (outside ones), `invitation`, `key`, `team`, `pages`.
        """
        found: set[tuple[str, str, str, str]] = set()
        for repo in self.repos():
            name = self.full_name(repo)
            if repo.visibility != "private":
                found.add((name, repo.visibility, "", "read"))
            for who, permission in repo.collaborators.items():
                if not self.company.is_member(who):
                    found.add((name, "collaborator", self.company.person(who).login, ROLE_OF[permission]))
            for made in repo.invitations.values():
                who_ = "" if made.invitee is None else self.company.person(made.invitee).login
                found.add((name, "invitation", who_, ROLE_OF[made.permission]))
            found |= {(name, "key", k.title, "read" if k.read_only else "write") for k in repo.keys.values()}
            found |= {(name, "team", self.world.group(t).name, ROLE_OF[p]) for t, p in repo.teams.items()}
            if repo.pages:
                found.add((name, "pages", "", "read"))
        return found

    # Activity

    def activity(self) -> Iterator[dict[str, Any]]:
        """Yield the events that the audit log still holds (git events: seven days), oldest first."""
        for index in range(self.world.events):
            event = self.world.event("github", index)
            action = ACTIONS[event.verb][0]
            if action.startswith("git.") and self.world.now - event.time > timedelta(days=7):
                continue
            yield {
                "id": event.id,
                "time": clock.text(event.time),
                "action": action,
                "kind": _kind(action),
                "actor": self.company.person(event.actor).login,
                "outcome": "failure" if "failed" in action else "success",
            }


def _special(path: str, mode: str) -> str | None:
    if mode in (LINK, MODULE):
        return "symlink" if mode == LINK else "submodule"
    if path not in ODDITIES:
        return None
    return "workflow" if path.startswith(".github/") else "lfs"


def _kind(action: str) -> str:
    """Return the category that GitHub's documentation gives an action."""
    if action.endswith(".sso_response") or action.startswith("user."):
        return "logon"
    admin = ("org.", "team.", "business.", "role.", "hook.")
    return "admin" if action.startswith(admin) or action == "repo.access" else "user"
