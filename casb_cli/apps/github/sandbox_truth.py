"""What is true of the simulated GitHub at the start, in the product's nouns, told by the world alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from casb_cli.apps.github.sandbox_audit import ACTIONS
from casb_cli.apps.github.sandbox_company import ROLE_OF, TEAM_BASE, USER_BASE, Company, Repo
from casb_cli.apps.github.sandbox_git import LINK, MODULE, ODDITIES
from casb_cli.core import clock
from casb_cli.sandbox.facts import SUSPENDED
from casb_cli.sandbox.planted import Planted
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.world import World


class Truth:
    """Expected listings, keyed by the provider's ids as text; nothing here passes through the server."""

    def __init__(self, world: World, variant: str) -> None:
        self.world = world
        self.company = Company(world, variant)
        self._library = self.company.library

    def rows(self, kind: str) -> dict[Any, dict[str, Any]]:
        """Return every row of a kind by id, with the fields that the world knows.

        Memberships are known by (group ref, member ref), privileges by (principal ref, role, scope).
        """
        found: dict[Any, dict[str, Any]] = getattr(self, f"_{kind}_rows")()
        return found

    def hidden(self, kind: str) -> set[str]:
        """Return whose part of a listing nobody can read: at GitHub an owner sees everything."""
        del kind
        return set()

    # People

    def _account_rows(self) -> dict[Any, dict[str, Any]]:
        invited = {"is_admin": False, "external": False}
        return self.accounts() | {f"invitation-{id_}": row | invited for id_, row in self.invitations().items()}

    def _group_rows(self) -> dict[Any, dict[str, Any]]:
        return {id_: {"name": row["name"]} for id_, row in self.groups().items()}

    def _membership_rows(self) -> dict[Any, dict[str, Any]]:
        rows = self.memberships().items()
        return {(f"group:{team}", f"account:{who}"): {"role": role} for (team, who), role in rows}

    def _privilege_rows(self) -> dict[Any, dict[str, Any]]:
        company = self.company
        found: set[tuple[str, str, str]] = {(f"account:{USER_BASE + i}", "owner", "org") for i in company.admins()}
        security_lead = company.team_members(0)[0][0]
        found.add((f"account:{USER_BASE + SUSPENDED}", "all_repo_read", "org"))
        found.add((f"account:{USER_BASE + security_lead}", "security_manager", "org"))
        found.add((f"group:{TEAM_BASE}", "security_manager", "org"))
        for repo in self.repos():
            name = self.full_name(repo)
            found |= {(f"account:{USER_BASE + i}", ROLE_OF[p], name) for i, p in repo.collaborators.items()}
            found |= {(f"group:{TEAM_BASE + t}", ROLE_OF[p], name) for t, p in repo.teams.items()}
        return {key: {} for key in found}

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

    def _file_rows(self) -> dict[Any, dict[str, Any]]:
        return {
            f"{file['repo_id']}:{file['path']}": {
                "name": file["path"].rpartition("/")[2],
                "path": f"/{file['repo']}/{file['path']}",
                "size": file["size"],
                "hash": f"git:{file['sha']}",
                "sharing": file["sharing"],
                "trashed": False,
            }
            for file in self.files()
            if file["special"] != "submodule"
        }

    def _finding_rows(self) -> dict[Any, dict[str, Any]]:
        """Return what a perfect inspection finds, by file id and detector: the number of different ones."""
        ids = {(file["repo"], file["path"]): f"{file['repo_id']}:{file['path']}" for file in self.files()}
        return {(ids[repo, path], one.detector): {"count": one.count} for repo, path, one in self.findings()}

    # Sharing

    def _share_rows(self) -> dict[Any, dict[str, Any]]:
        found: dict[Any, dict[str, Any]] = {}
        base = self.company.default_permission
        if base != "none":
            found["org:base-permission"] = {"kind": "domain", "role": base, "sharing": "internal"}
        for repo in self.repos():
            prefix, common = f"repo:{repo.id}", {"file": self.full_name(repo), "file_ref": f"folder:{repo.id}"}

            def add(
                id_: str, kind: str, role: str, sharing: str, *, at: str = prefix, rest: dict[str, Any] = common
            ) -> None:
                found[f"{at}:{id_}"] = {"kind": kind, "role": role, "sharing": sharing, **rest}

            if repo.visibility != "private":
                add("visibility", "link" if repo.visibility == "public" else "domain", "read", repo.visibility)
            for who, permission in repo.collaborators.items():
                if not self.company.is_member(who):
                    add(f"user:{USER_BASE + who}", "user", ROLE_OF[permission], "external")
            for made in repo.invitations.values():
                add(f"invitation:{made.id}", "user", ROLE_OF[made.permission], "external")
            for key in repo.keys.values():
                add(f"key:{key.id}", "link", "read" if key.read_only else "write", "external")
            for team, permission in repo.teams.items():
                add(f"team:{TEAM_BASE + team}", "group", ROLE_OF[permission], "internal")
            if repo.pages:
                add("pages", "link", "read", "public")
        return found

    def _grant_rows(self) -> dict[Any, dict[str, Any]]:
        from casb_cli.apps.github.sandbox_auth import INSTALLATION_ID
        from casb_cli.apps.github.sandbox_grants import Grants

        fresh = Grants(self.world, Options(variant=self.company.variant))
        person = self.company.person
        found: dict[Any, dict[str, Any]] = {f"installation:{INSTALLATION_ID}": {"kind": "github app"}}
        for ident, facts in fresh.other_installations.items():
            found[f"installation:{ident}"] = {"kind": "github app", "name": facts["app_slug"]}
        for kind, pats in (("pat", fresh.pats), ("pat-request", fresh.pat_requests)):
            for pat in pats.values():
                found[f"{kind}:{pat.id}"] = {"name": pat.name, "principal_ref": f"account:{USER_BASE + pat.owner}"}
        for one in fresh.sso_credentials.values():
            found[f"credential:{one.id}"] = {"kind": one.kind, "principal": person(one.owner).login}
        return found

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

    def _activity_rows(self) -> dict[Any, dict[str, Any]]:
        return {row.pop("id"): row for row in self.activity()}

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
