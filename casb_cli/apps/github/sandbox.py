"""The simulated GitHub: one organization of the invented company, with its enterprise around it.

Written from GitHub's own descriptions, never from the connector. `Options.variant` is `github.com` (the default,
on Enterprise Cloud), `emu` (managed users) or `ghes` (an enterprise server, API under `/api/v3`).
`Options.settings`: `plan` (`enterprise`, `free`), `sso` (`required`, `partial`), `ip_allow_list` (`deny`),
`app_permissions` (`members:read contents:read`), `app_repositories` (`selected`), `granted_scopes`, `authorize`
(`deny`), `device_flow` (`off`), `device_interval`, `token_seconds`, `tree_cap`, `protected` (branches),
`visibility` (`locked`), `ip_disclosure` (`off`), `saml` (`off`), `base_permission` (`none`, `read`, `write`),
`oauth_apps` (`restricted`).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from casb_cli.apps.github.sandbox_accounts import Accounts
from casb_cli.apps.github.sandbox_audit import Audit
from casb_cli.apps.github.sandbox_company import Repo
from casb_cli.apps.github.sandbox_enterprise import Enterprise
from casb_cli.apps.github.sandbox_files import Files
from casb_cli.apps.github.sandbox_git import FILE, Leaf
from casb_cli.apps.github.sandbox_grants import Grants
from casb_cli.apps.github.sandbox_repos import Repos
from casb_cli.apps.github.sandbox_truth import Truth
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.world import World


class GitHub(Accounts, Repos, Files, Enterprise, Audit, Grants):
    """All calls together; `truth` says what a perfect client would find before anything is changed."""

    @cached_property
    def truth(self) -> Truth:
        """What the world says this provider holds at the start."""
        return Truth(self.world, self.variant)

    def content(self, file: str) -> bytes | None:
        """Return what a file (`repository id:path`) holds now on its default branch, None where it is gone."""
        repo, path = self._placed(file)
        leaf = repo.git.leaf(repo.git.commits[repo.git.branches[repo.default_branch]], path)
        return None if leaf is None else repo.git.blob(leaf.sha)

    def edit(self, file: str, data: bytes) -> None:
        """Let somebody push new content of a file, as only they can: for tests."""
        repo, path = self._placed(file)
        head = repo.git.commits[repo.git.branches[repo.default_branch]]
        leaf = Leaf(FILE, repo.git.add_blob(data), len(data))
        author = ("somebody", f"somebody@{self.world.domain}")
        made = repo.git.commit(repo.default_branch, {**head.changes, path: leaf}, "edit", author, self.now())
        repo.pushed = made.date

    def _placed(self, file: str) -> tuple[Repo, str]:
        ident, _, path = file.partition(":")
        key = self.company.by_id(int(ident))
        if key is None:
            raise KeyError(file)
        return self.company.repo(key), path

    def snapshot(self) -> Any:
        company = self.company
        return {
            "removed": sorted(company.person(i).login for i in company.removed),
            "outside": sorted(company.person(i).login for i in company.made_outside),
            "blocked": sorted(company.person(i).login for i in company.blocked),
            "suspended": sorted(company.person(i).login for i in company.suspended),
            "invited": sorted(str(i.email or i.login) for i in company.invitations.values()),
            "created": sorted(company.repos[key].name for key in company.made),
            "repos": {
                repo.name: {"visibility": repo.visibility, "archived": repo.archived, "pages": repo.pages}
                for repo in company.repos.values()
            },
            "credentials": sorted(self.sso_credentials),
            "pats": sorted(self.pats),
            "leaks_revoked": len(self.revoked_leaks),
            "events": len(self.added),
        }


def build(world: World, options: Options | None = None) -> GitHub:
    """Return a simulated GitHub over `world`."""
    return GitHub(world, options)
