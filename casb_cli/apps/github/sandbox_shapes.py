"""The JSON shapes of the simulated GitHub, by its OpenAPI description."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from casb_cli.apps.github.sandbox_company import (
    LEVELS,
    ROLE_OF,
    TEAM_BASE,
    USER_BASE,
    Company,
    Invitation,
    Repo,
)
from casb_cli.core import clock
from casb_cli.sandbox.facts import Person


def node_id(kind: str, number: int) -> str:
    """Return an opaque id of GitHub's form."""
    return base64.b64encode(f"0:{kind}{number}".encode()).decode()


def moment(value: datetime) -> str:
    """Return a time as GitHub writes it: whole seconds."""
    return clock.text(value.replace(microsecond=0))


_USER_LINKS = (
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
)
_REPO_LINKS = (
    "archive_url:/{archive_format}{/ref}", "assignees_url:/assignees{/user}", "blobs_url:/git/blobs{/sha}",
    "branches_url:/branches{/branch}", "collaborators_url:/collaborators{/collaborator}",
    "comments_url:/comments{/number}", "commits_url:/commits{/sha}", "compare_url:/compare/{base}...{head}",
    "contents_url:/contents/{+path}", "contributors_url:/contributors", "deployments_url:/deployments",
    "downloads_url:/downloads", "events_url:/events", "forks_url:/forks", "git_commits_url:/git/commits{/sha}",
    "git_refs_url:/git/refs{/sha}", "git_tags_url:/git/tags{/sha}", "hooks_url:/hooks",
    "issue_comment_url:/issues/comments{/number}", "issue_events_url:/issues/events{/number}",
    "issues_url:/issues{/number}", "keys_url:/keys{/key_id}", "labels_url:/labels{/name}",
    "languages_url:/languages", "merges_url:/merges", "milestones_url:/milestones{/number}",
    "notifications_url:/notifications{?since,all,participating}", "pulls_url:/pulls{/number}",
    "releases_url:/releases{/id}", "stargazers_url:/stargazers", "statuses_url:/statuses/{sha}",
    "subscribers_url:/subscribers", "subscription_url:/subscription", "tags_url:/tags", "teams_url:/teams",
    "trees_url:/git/trees{/sha}",
)  # fmt: skip
_REPO_LINK_PAIRS = tuple((name, tail) for name, _, tail in (link.partition(":") for link in _REPO_LINKS))


class Shapes:
    """Writes people, teams and repositories of a company as JSON values; `api` and `web` are the base URLs."""

    def __init__(self, company: Company, api: str, web: str) -> None:
        self.company = company
        self.api = api
        self.web = web
        self.org = company.world.slug
        self._users: dict[int, dict[str, Any]] = {}

    def user(self, index: int) -> dict[str, Any]:
        """Return a `simple-user`; shared, to be copied before it is changed."""
        known = self._users.get(index)
        if known is None:
            login, number = self.company.person(index).login, USER_BASE + index
            url = f"{self.api}/users/{login}"
            known = {
                "login": login, "id": number, "node_id": node_id("User", number), "type": "User",
                "avatar_url": f"{self.web}/avatars/{number}", "gravatar_id": "", "url": url,
                "html_url": f"{self.web}/{login}", "site_admin": False, "user_view_type": "public",
                **{name: url + tail for name, tail in _USER_LINKS},
            }  # fmt: skip
            if len(self._users) < 5000:
                self._users[index] = known
        return known

    def full_user(self, index: int, *, own: bool) -> dict[str, Any]:
        """Return a `public-user`, or a `private-user` of the caller."""
        person: Person = self.company.person(index)
        found: dict[str, Any] = {
            **self.user(index), "name": person.name, "company": None, "blog": "", "location": None,
            "email": person.email if own else None, "hireable": None, "bio": None, "twitter_username": None,
            "public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
            "created_at": moment(person.created), "updated_at": moment(person.created),
        }  # fmt: skip
        if own:
            found |= {
                "private_gists": 0, "total_private_repos": 0, "owned_private_repos": 0, "disk_usage": 0,
                "collaborators": 0, "two_factor_authentication": person.mfa, "user_view_type": "private",
            }  # fmt: skip
        if self.company.variant == "ghes" and index in self.company.suspended:
            found["suspended_at"] = moment(self.company.world.now)
        return found

    def organization(self) -> dict[str, Any]:
        """Return an `organization-simple`."""
        url = f"{self.api}/orgs/{self.org}"
        return {
            "login": self.org, "id": 9001, "node_id": node_id("Organization", 9001), "url": url,
            "repos_url": f"{url}/repos", "events_url": f"{url}/events", "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues", "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}", "avatar_url": f"{self.web}/avatars/9001",
            "description": "Precision instruments",
        }  # fmt: skip

    def org_user(self) -> dict[str, Any]:
        """Return the organization as the owner of a repository, a `simple-user`."""
        url = f"{self.api}/users/{self.org}"
        return {
            "login": self.org, "id": 9001, "node_id": node_id("Organization", 9001), "type": "Organization",
            "avatar_url": f"{self.web}/avatars/9001", "gravatar_id": "", "url": url,
            "html_url": f"{self.web}/{self.org}", "site_admin": False,
            **{name: url + tail for name, tail in _USER_LINKS},
        }  # fmt: skip

    def team(self, team: int, permission: str = "pull") -> dict[str, Any]:
        """Return a `team` with its parent."""
        group = self.company.world.group(team)
        return {
            **self._team(team, permission),
            "parent": None if group.parent is None else self._team(group.parent, "pull"),
        }

    def _team(self, team: int, permission: str) -> dict[str, Any]:
        group, number = self.company.world.group(team), TEAM_BASE + team
        url = f"{self.api}/organizations/9001/team/{number}"
        return {
            "id": number, "node_id": node_id("Team", number), "name": group.name, "slug": group.slug,
            "description": None, "privacy": "closed", "notification_setting": "notifications_enabled",
            "permission": permission, "url": url, "html_url": f"{self.web}/orgs/{self.org}/teams/{group.slug}",
            "members_url": f"{url}/members{{/member}}", "repositories_url": f"{url}/repos",
            "type": "organization", "organization_id": 9001,
            "permissions": {level: LEVELS.index(level) <= LEVELS.index(permission) for level in LEVELS},
        }  # fmt: skip

    def repo(self, repo: Repo, permission: str | None = None) -> dict[str, Any]:
        """Return a `minimal-repository`."""
        full = f"{self.org}/{repo.name}"
        url = f"{self.api}/repos/{full}"
        found: dict[str, Any] = {
            "id": repo.id, "node_id": node_id("Repository", repo.id), "name": repo.name, "full_name": full,
            "owner": self.org_user(), "private": repo.visibility != "public", "html_url": f"{self.web}/{full}",
            "description": repo.description or None, "fork": False, "url": url,
            **{name: url + tail for name, tail in _REPO_LINK_PAIRS},
            "git_url": f"git://{full}.git", "ssh_url": f"git@{full}.git", "clone_url": f"{self.web}/{full}.git",
            "svn_url": f"{self.web}/{full}", "mirror_url": None, "homepage": None, "language": None,
            "forks_count": 0, "stargazers_count": 0, "watchers_count": 0,
            "size": repo.size, "default_branch": repo.default_branch, "open_issues_count": 0,
            "is_template": False, "topics": [], "has_issues": True, "has_projects": False, "has_wiki": False,
            "has_pages": repo.pages, "has_downloads": True, "has_discussions": False,
            "archived": repo.archived, "disabled": False, "visibility": repo.visibility,
            "pushed_at": moment(repo.pushed), "created_at": moment(repo.created),
            "updated_at": moment(repo.pushed), "forks": 0, "open_issues": 0, "watchers": 0,
            "license": None, "allow_forking": False, "web_commit_signoff_required": False,
        }  # fmt: skip
        if permission:
            found["permissions"] = self.levels(permission)
            found["role_name"] = ROLE_OF[permission]
        return found

    def full_repo(self, repo: Repo, permission: str | None) -> dict[str, Any]:
        """Return a `full-repository`."""
        return {
            **self.repo(repo, permission), "network_count": 0, "subscribers_count": 1,
            "organization": self.org_user(), "allow_squash_merge": True, "allow_merge_commit": True,
            "allow_rebase_merge": True, "delete_branch_on_merge": False, "temp_clone_token": "",
        }  # fmt: skip

    @staticmethod
    def levels(permission: str) -> dict[str, bool]:
        """Return the permission object of a repository."""
        return {level: LEVELS.index(level) <= LEVELS.index(permission) for level in LEVELS}

    def invitation(self, invitation: Invitation, inviter: int) -> dict[str, Any]:
        """Return an `organization-invitation`."""
        url = f"{self.api}/organizations/9001/invitations/{invitation.id}/teams"
        return {
            "id": invitation.id, "node_id": node_id("OrganizationInvitation", invitation.id),
            "login": invitation.login, "email": invitation.email, "role": invitation.role,
            "created_at": moment(invitation.created), "failed_at": None, "failed_reason": None,
            "inviter": self.user(inviter), "team_count": 0, "invitation_teams_url": url,
            "invitation_source": "member",
        }  # fmt: skip
