"""Acting on people: removing or converting members, and ending what their credentials reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from casb_cli.apps.base import step
from casb_cli.apps.github import mapping
from casb_cli.apps.github.activity import LICENCE
from casb_cli.apps.github.common import repo_path
from casb_cli.apps.github.directory import Directory
from casb_cli.apps.github.grants import Grants
from casb_cli.apps.github.roles import permission_of
from casb_cli.apps.github.scopes import either
from casb_cli.core.capabilities import Change, RevokeSessions, Step, SuspendAccount, needs
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

_MEMBERS = either(oauth=["admin:org"], app=["members:write"])
REPOSITORIES_CHECKED = 300
"""Repositories whose direct collaborators are read before a removal, one call each."""


def _state(login: str, role: str | None = None, *, member: bool = False, invited: bool = False) -> dict[str, Any]:
    return {"login": login, "member": member, "role": role, "invited": invited}


class GovernAccounts(Directory, Grants, SuspendAccount, RevokeSessions):
    """Matrix row 4."""

    suspend_modes: ClassVar[Mapping[str, str]] = {
        "remove": "remove from the organization; undo sends an invitation with the former role and teams",
        "outside-collaborator": "convert to an outside collaborator, who keeps only direct repository access",
    }

    @needs(
        "GET /orgs/{org}/memberships/{username}",
        "DELETE /orgs/{org}/memberships/{username}",
        "PUT /orgs/{org}/outside_collaborators/{username}",
        "DELETE /orgs/{org}/outside_collaborators/{username}",
        "POST /orgs/{org}/invitations",
        any_of=_MEMBERS,
    )
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or "remove"
        if mode not in self.suspend_modes:
            raise UsageError(
                f"github has no suspend mode `{mode}`", hint=f"use --mode {' or --mode '.join(self.suspend_modes)}"
            )
        login = self.login_of(account)
        before = self.membership_state(login)
        after = _state(login)
        if not before["member"] and not before["invited"]:
            return self._suspend_outsider(account, login, mode)
        teams = self._teams_of(account)
        direct, complete = self._direct_access(account)
        if before["invited"]:
            mode = "remove"  # an invitation cannot be converted: it is withdrawn
        remove = Step(name="remove-member", title=f"remove {login} from {self.org}", args={"login": login})
        convert = Step(
            name="convert-member", title=f"convert {login} to an outside collaborator", args={"login": login}
        )
        invite = Step(
            name="invite-member",
            title=f"invite {login} with the former role and teams",
            args={
                "invitee_id": int(account),
                "login": login,
                "role": "admin" if before["role"] == "admin" else "direct_member",
                "team_ids": [int(team) for team in teams],
            },
            repeatable=False,
        )
        regrant = tuple(self._regrant(login, repo, role) for repo, role in (direct if mode == "remove" else {}).items())
        effects = [
            "team membership is dropped"
            if mode == "outside-collaborator"
            else "team membership is dropped, private forks are deleted, GitHub mails the person",
            "membership through an enterprise team survives",
        ]
        if not complete:
            effects.append(
                f"direct access was recorded for the first {REPOSITORIES_CHECKED} repositories only; "
                "undo cannot give back the rest"
            )
        return self._change(
            "suspend",
            account,
            login,
            mode,
            before,
            after,
            (remove if mode == "remove" else convert,),
            (invite, *regrant),
            approximate="the person must accept a new invitation before access returns",
            side_effects=tuple(effects),
            keeps={"teams": teams, "repositories": direct},
        )

    def _suspend_outsider(self, account: str, login: str, mode: str) -> Change:
        """Plan to take an outside collaborator out of every repository of the organization."""
        direct, complete = self._direct_access(account)
        before = self._outsider_state(login, account, direct)
        if mode == "outside-collaborator":
            # Who is outside keeps what that mode leaves to people: it was given directly.
            return self._change("suspend", account, login, mode, before, before, (), ())
        effects = ["GitHub deletes the person's forks of private repositories"]
        if not complete:
            effects.append(f"access was recorded for the first {REPOSITORIES_CHECKED} repositories only")
        remove = Step(
            name="remove-outsider", title=f"remove {login} from all repositories of {self.org}", args={"login": login}
        )
        back = tuple(self._regrant(login, repo, role) for repo, role in direct.items())
        return self._change(
            "suspend",
            account,
            login,
            mode,
            before,
            {"login": login, "outside": False},
            (remove,) if before["outside"] else (),
            back,
            approximate="the person must accept an invitation to each repository before access returns",
            side_effects=tuple(effects),
            keeps={"repositories": direct},
        )

    def _outsider_state(self, login: str, account: str, repositories: Mapping[str, str]) -> dict[str, Any]:
        outside = any(
            str(user.id) == account
            for users, _ in self.listed("/orgs/{org}/outside_collaborators", mapping.User)
            for user in users
        )
        invited = not outside and any(
            one.invitee is not None and str(one.invitee.id) == account
            for repo in repositories
            for found, _ in self.listed("/repos/{owner}/{repo}/invitations", mapping.RepoInvitation, repo_path(repo))
            for one in found
        )
        return {"login": login, "outside": outside, "invited": invited}

    @staticmethod
    def _regrant(login: str, repo: str, role: str) -> Step:
        return Step(
            name="grant-repository",
            title=f"give {login} the role {role} in {repo} again",
            args={"repo": repo, "login": login, "role": role},
        )

    @needs("POST /orgs/{org}/invitations", "GET /orgs/{org}/memberships/{username}", any_of=_MEMBERS)
    def plan_unsuspend(self, account: str) -> Change:
        if not account.isdigit():
            raise Unsupported(f"{account} is an invitation that waits for its answer, not a suspended account")
        try:
            login = self.login_of(account)
        except ObjectMissing:
            known = self.recall("account", account)
            login = getattr(known, "login", None) or ""
        before = self.membership_state(login) if login else _state(login)
        invite = Step(
            name="invite-member",
            title=f"invite account {login or account} to {self.org}",
            args={"invitee_id": int(account), "login": login, "role": "reinstate", "team_ids": []},
            repeatable=False,
        )
        after = _state(login, before["role"] or "member", member=True)
        return self._change(
            "unsuspend",
            account,
            login or account,
            None,
            before,
            after,
            () if before["member"] else (invite,),
            (),
            irreversible="withdraw the invitation on GitHub, or suspend again",
            approximate="the person must accept the invitation before access returns",
        )

    @needs(
        "GET /orgs/{org}/credential-authorizations",
        "POST /orgs/{org}/credential-authorizations/{username}/revoke",
        any_of=either(oauth=["admin:org"], app=["organization_administration:write"]),
        licence=LICENCE,
        irreversible="the person authorizes tokens and keys again",
    )
    def plan_revoke_sessions(self, account: str) -> Change:
        login = self.login_of(account)
        count = len(self.credentials_of(login))
        revoke = Step(
            name="revoke-credentials",
            title=f"revoke all single sign-on authorizations of {login}",
            args={"login": login},
            repeatable=False,
        )
        return self._change(
            "revoke-sessions",
            account,
            login,
            None,
            {"login": login, "authorized_credentials": count},
            {"login": login, "authorized_credentials": 0},
            (revoke,) if count else (),
            (),
            irreversible="the person authorizes tokens and keys again",
            side_effects=("browser sessions live on: GitHub has no call that ends them",),
        )

    def _change(
        self,
        action: str,
        account: str,
        login: str,
        mode: str | None,
        before: dict[str, Any],
        after: dict[str, Any],
        steps: tuple[Step, ...],
        inverse: tuple[Step, ...],
        **more: Any,
    ) -> Change:
        return Change(
            action=action,
            target=local("account", account),
            target_name=login,
            mode=mode,
            before=before,
            after=after,
            steps=steps,
            inverse=inverse,
            touches=(local("account", account),),
            pending={"invited": True},
            **more,
        )

    def membership_state(self, login: str) -> dict[str, Any]:
        """Return whether a person is a member, with the role, and whether an invitation waits."""
        call = self.get("/orgs/{org}/memberships/{username}", {"username": login})
        try:
            found = self.read(call, mapping.OrgMembership)
        except ObjectMissing:
            return _state(login)
        active = found.state == "active"
        return _state(login, found.role, member=active, invited=not active)

    def _teams_of(self, account: str) -> list[str]:
        """Return the teams that a person is in directly: those inherited from a child team come back with it."""
        teams: list[str] = []
        name = "/orgs/{org}/teams/{team_slug}/members"
        for found, _ in self.listed("/orgs/{org}/teams", mapping.Team):
            for team in found:
                pages = self.listed(name, mapping.User, {"team_slug": team.slug})
                if any(str(user.id) == account and not user.inherited for users, _ in pages for user in users):
                    teams.append(str(team.id))
        return teams

    def _direct_access(self, account: str) -> tuple[dict[str, str], bool]:
        direct: dict[str, str] = {}
        read = 0
        for repos, _ in self.repositories():
            for repo in repos:
                if read == REPOSITORIES_CHECKED:
                    return direct, False
                read += 1
                name = "/repos/{owner}/{repo}/collaborators"
                query = {"affiliation": "direct"}
                for users, _after in self.listed(name, mapping.User, repo_path(repo.full_name), query=query):
                    for user in users:
                        if str(user.id) == account:
                            direct[repo.full_name] = user.role_name or "pull"
        return direct, True

    @step("remove-member")
    def _remove_member(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "DELETE /orgs/{org}/memberships/{username}",
                {"username": args["login"]},
                safe=True,
                answers=(404,),
            )
        )

    @step("remove-outsider")
    def _remove_outsider(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "DELETE /orgs/{org}/outside_collaborators/{username}",
                {"username": args["login"]},
                safe=True,
                answers=(404,),
            )
        )

    @step("convert-member")
    def _convert_member(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "PUT /orgs/{org}/outside_collaborators/{username}",
                {"username": args["login"]},
                json={"async": False},
                safe=True,
            )
        )

    @step("invite-member")
    def _invite_member(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        body = {"invitee_id": args["invitee_id"], "role": args["role"]}
        if args["team_ids"]:
            body["team_ids"] = args["team_ids"]
        answer = self.client.send(self.act("POST /orgs/{org}/invitations", json=body, safe=False))
        return {"invitation_id": answer.decode(mapping.Invitation).id}

    @step("grant-repository")
    def _grant_repository(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "PUT /repos/{owner}/{repo}/collaborators/{username}",
                {**repo_path(args["repo"]), "username": args["login"]},
                json={"permission": permission_of(args["role"])},
                safe=True,
            )
        )

    @step("revoke-credentials")
    def _revoke_credentials(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "POST /orgs/{org}/credential-authorizations/{username}/revoke",
                {"username": args["login"]},
                safe=False,
            )
        )

    def observe_suspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the membership again, or an outside collaborator's access."""
        del memo
        login = str(change.after["login"])
        if "outside" in change.after:
            account = change.target.partition(":")[2]
            return self._outsider_state(login, account, change.keeps["repositories"])
        return self.membership_state(login)

    def observe_unsuspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the membership again; an invitation that waits is reported beside it."""
        del memo
        login = str(change.after["login"])
        if not login:
            raise Unsupported("the former login is unknown, so the membership cannot be read back")
        return self.membership_state(login)

    def observe_revoke_sessions(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Count the person's authorized credentials again."""
        del memo
        login = str(change.after["login"])
        return {"login": login, "authorized_credentials": len(self.credentials_of(login))}

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell whether an invitation went out, or credentials are gone; everything else is repeatable."""
        del memo
        if step.name == "invite-member" and step.args["login"]:
            state = self.membership_state(step.args["login"])
            return bool(state["member"] or state["invited"])
        if step.name == "revoke-credentials":
            return not self.credentials_of(step.args["login"])
        return None
