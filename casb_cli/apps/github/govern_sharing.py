"""Acting on sharing and on grants: each reads its state first and reads it back afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.github import mapping
from casb_cli.apps.github.activity import LICENCE
from casb_cli.apps.github.common import repo_path
from casb_cli.apps.github.grants import Grants, as_state
from casb_cli.apps.github.roles import ROLES, permission_of, role_of
from casb_cli.apps.github.scopes import either
from casb_cli.apps.github.sharing import share_id
from casb_cli.core.capabilities import Change, ChangeShare, RemoveShare, RevokeGrant, Step, needs
from casb_cli.core.errors import NotPermitted, ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

_REPO = either(oauth=["repo"], app=["administration:write"])
_CUSTOM = "GET /orgs/{org}/custom-repository-roles"
_FORKS = "existing public forks stay public"


class GovernSharing(Grants, RemoveShare, ChangeShare, RevokeGrant):
    """Matrix rows 10 and 14, the acting half."""

    @needs(
        "GET /repos/{owner}/{repo}",
        "PATCH /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/collaborators",
        "PUT /repos/{owner}/{repo}/collaborators/{username}",
        "DELETE /repos/{owner}/{repo}/collaborators/{username}",
        "GET /repos/{owner}/{repo}/invitations",
        "DELETE /repos/{owner}/{repo}/invitations/{invitation_id}",
        "GET /repos/{owner}/{repo}/keys",
        "POST /repos/{owner}/{repo}/keys",
        "DELETE /repos/{owner}/{repo}/keys/{key_id}",
        "GET /repos/{owner}/{repo}/teams",
        "PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
        "DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
        any_of=_REPO,
    )
    def plan_remove_share(self, share: str) -> Change:
        repo_id, kind, id_ = self._parts(share)
        repo = self.repository(repo_id)
        if kind == "visibility":
            return self._visibility(share, repo, "private", "unshare")
        if kind == "pages":
            raise Unsupported("removing a Pages site cannot be undone through the API: take it down in the settings")
        before = self._share_state(repo.full_name, kind, id_)
        place = {"repo_id": repo_id, "repo": repo.full_name}
        args = {**place, "kind": kind, "id": id_, **before}
        remove = Step(name="remove-share", title=f"remove {before.get('who') or kind} from {repo.full_name}", args=args)
        restore = Step(
            name="restore-share",
            title=f"give {before.get('who') or kind} access to {repo.full_name} again",
            args=args,
            repeatable=kind != "key",
        )
        undoable = kind in {"user", "team", "key"}
        return Change(
            action="unshare",
            target=local("share", share),
            target_name=f"{before.get('who') or kind} in {repo.full_name}",
            before=before,
            after={"present": False},
            steps=(remove,) if before["present"] else (),
            inverse=(restore,) if undoable else (),
            irreversible=None if undoable else "GitHub sends a new invitation only through a person",
            approximate={
                "user": "the person is invited again and must accept",
                "key": "the same public key gets a new id",
            }.get(kind),
            touches=(local("share", share),),
            side_effects=("removing a collaborator deletes that person's fork",) if kind == "user" else (),
            keeps={**place, "kind": kind, "id": id_},
            pending={"invited": True} if kind == "user" else {},
        )

    @needs(
        "GET /repos/{owner}/{repo}",
        "PATCH /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/collaborators",
        "PUT /repos/{owner}/{repo}/collaborators/{username}",
        "DELETE /repos/{owner}/{repo}/collaborators/{username}",
        "GET /repos/{owner}/{repo}/invitations",
        "DELETE /repos/{owner}/{repo}/invitations/{invitation_id}",
        any_of=_REPO,
    )
    def plan_make_private(self, file: str) -> Change:
        repo_id = file.partition(":")[0]
        repo = self.repository(repo_id)
        base = self._visibility(share_id(repo_id, "visibility"), repo, "private", "make-private")
        before, outsiders, invitations = self._openness(repo)
        place = {"repo_id": repo_id, "repo": repo.full_name}
        people = [
            {**place, "kind": "user", "id": str(one.id), "who": one.login, "role": one.role_name or "read"}
            for one in outsiders
        ]
        waiting = [{**place, "kind": "invitation", "id": str(one.id)} for one in invitations]
        remove = [
            Step(name="remove-share", title=f"remove {one.get('who', 'an invitation')} from {repo.full_name}", args=one)
            for one in (*people, *waiting)
        ]
        restore = [
            Step(name="restore-share", title=f"give {one['who']} access to {repo.full_name} again", args=one)
            for one in people
        ]
        shares = [local("share", share_id(repo_id, one["kind"], one["id"])) for one in (*people, *waiting)]
        effects = [*base.side_effects, "deploy keys and a public Pages site stay: unshare them one by one"]
        if people:
            effects.append("removing a collaborator deletes that person's fork")
        return msgspec.structs.replace(
            base,
            before=before,
            after={"visibility": "private", "outsiders": [], "invitations": []},
            steps=(*base.steps, *remove),
            inverse=(*base.inverse, *restore),
            approximate="people are invited again and must accept; withdrawn invitations do not come back"
            if remove
            else None,
            touches=(*base.touches, *shares),
            side_effects=tuple(effects),
        )

    def _openness(
        self, repo: mapping.Repository
    ) -> tuple[dict[str, Any], list[mapping.User], list[mapping.RepoInvitation]]:
        """Return how far a repository is open beyond its members: as a state, and in whom."""
        path = repo_path(repo.full_name)
        query = {"affiliation": "outside"}
        found = self.listed("/repos/{owner}/{repo}/collaborators", mapping.User, path, query=query)
        outsiders = [one for users, _ in found for one in users]
        asked = self.listed("/repos/{owner}/{repo}/invitations", mapping.RepoInvitation, path)
        invitations = [one for page, _ in asked for one in page]
        state = {
            "visibility": repo.level,
            "outsiders": sorted(one.login for one in outsiders),
            "invitations": sorted(str(one.id) for one in invitations),
        }
        return state, outsiders, invitations

    @needs(
        "GET /repos/{owner}/{repo}",
        "PATCH /repos/{owner}/{repo}",
        "GET /repos/{owner}/{repo}/collaborators",
        "PUT /repos/{owner}/{repo}/collaborators/{username}",
        any_of=_REPO,
    )
    @needs(
        _CUSTOM,
        any_of=either(oauth=["admin:org"], app=["organization_custom_roles:read"]),
        licence=LICENCE,
    )
    def plan_change_share(
        self, share: str, *, role: str | None = None, sharing: str | None = None, expires: str | None = None
    ) -> Change:
        if expires:
            raise Unsupported("repository access has no expiry date")
        repo_id, kind, id_ = self._parts(share)
        repo = self.repository(repo_id)
        if kind == "visibility" and sharing:
            levels = ["private", "public"] if self._unlicensed else ["private", "internal", "public"]
            if sharing not in levels:
                raise UsageError(f"this repository cannot be `{sharing}`", hint=f"use --sharing {' or '.join(levels)}")
            return self._visibility(share, repo, sharing, "change-share")
        if kind != "user" or not role:
            raise Unsupported("only a collaborator's --role and a repository's --sharing can be changed")
        before = self._share_state(repo.full_name, kind, id_)
        if not before["present"]:
            raise ObjectMissing(f"share {share} is gone")
        role = self._role(role)
        place = {"repo_id": repo_id, "repo": repo.full_name}
        args = {**place, "login": before["who"]}
        title = f"give {before['who']} the role %s in {repo.full_name}"
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"{before['who']} in {repo.full_name}",
            before=before,
            after={**before, "role": role},
            steps=()
            if role == before["role"]
            else (Step(name="set-role", title=title % role, args={**args, "role": role}),),
            inverse=(Step(name="set-role", title=title % before["role"], args={**args, "role": before["role"]}),),
            touches=(local("share", share),),
            keeps={**place, "kind": kind, "id": id_},
        )

    @property
    def _unlicensed(self) -> bool:
        """Whether the organization is known to have no enterprise, which alone knows `internal` and own roles."""
        return self.facts.tenant is not None and self.licensed(LICENCE, self.facts.tenant) is False

    def _role(self, role: str) -> str:
        """Return a role by the name that people's roles have; raises UsageError where the organization lacks it."""
        wanted = role_of(role) or role
        if wanted in ROLES:
            return wanted
        known, more = list(ROLES), ""
        if not self._unlicensed:
            try:
                known += [one.name for one in self.read(self.get(_CUSTOM[4:]), mapping.CustomRoles).custom_roles]
            except NotPermitted as error:
                more = f"; the organization's own roles could not be read: {error.words}"
            except ObjectMissing:
                pass  # no enterprise, no roles of its own
        if wanted in known:
            return wanted
        raise UsageError(f"`{role}` is no role in a repository of {self.org}", hint=f"one of: {', '.join(known)}{more}")

    @staticmethod
    def _parts(share: str) -> tuple[str, str, str]:
        parts = share.split(":")
        if len(parts) < 3 or parts[0] != "repo":
            raise Unsupported(
                "the organization's base permission is changed by an owner under Settings, Member privileges"
            )
        return parts[1], parts[2], parts[3] if len(parts) > 3 else ""

    def _visibility(self, share: str, repo: mapping.Repository, level: str, action: str) -> Change:
        before = {"visibility": repo.level}
        args = {"repo_id": str(repo.id), "repo": repo.full_name}
        change = Step(name="set-visibility", title=f"make {repo.full_name} {level}", args={**args, "visibility": level})
        back = Step(
            name="set-visibility",
            title=f"make {repo.full_name} {repo.level} again",
            args={**args, "visibility": repo.level},
        )
        effects = ["stars and watchers are lost", _FORKS] if repo.level == "public" else []
        return Change(
            action=action,
            target=local("share", share) if action != "make-private" else local("folder", str(repo.id)),
            target_name=repo.full_name,
            before=before,
            after={"visibility": level},
            steps=() if repo.level == level else (change,),
            inverse=(back,),
            touches=(local("folder", str(repo.id)),),
            side_effects=tuple(effects),
            exposure=f"{repo.full_name} becomes public" if level == "public" else None,
            keeps={**args, "kind": "visibility"},
        )

    def _share_state(self, full_name: str, kind: str, id_: str) -> dict[str, Any]:
        path = repo_path(full_name)
        if kind == "user":
            query = {"affiliation": "direct"}
            for users, _ in self.listed("/repos/{owner}/{repo}/collaborators", mapping.User, path, query=query):
                for user in users:
                    if str(user.id) == id_:
                        return {"present": True, "who": user.login, "role": user.role_name}
            for found, _ in self.listed("/repos/{owner}/{repo}/invitations", mapping.RepoInvitation, path):
                for one in found:
                    if one.invitee and str(one.invitee.id) == id_:
                        return {"present": False, "invited": True, "who": one.invitee.login}
        elif kind == "invitation":
            for found, _ in self.listed("/repos/{owner}/{repo}/invitations", mapping.RepoInvitation, path):
                for one in found:
                    if str(one.id) == id_:
                        return {
                            "present": True,
                            "who": one.invitee.login if one.invitee else None,
                            "role": one.permissions,
                        }
        elif kind == "key":
            for keys, _ in self.listed("/repos/{owner}/{repo}/keys", mapping.DeployKey, path):
                for key in keys:
                    if str(key.id) == id_:
                        return {
                            "present": True,
                            "who": key.title,
                            "role": "read" if key.read_only else "write",
                            "key": key.key,
                        }
        elif kind == "team":
            for teams, _ in self.listed("/repos/{owner}/{repo}/teams", mapping.Team, path):
                for team in teams:
                    if str(team.id) == id_:
                        return {"present": True, "who": team.slug, "role": role_of(team.permission)}
        return {"present": False}

    @step("set-visibility")
    def _set_visibility(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "PATCH /repos/{owner}/{repo}",
                repo_path(self.name_of(args)),
                json={"visibility": args["visibility"]},
                safe=True,
            )
        )

    @step("set-role")
    def _set_role(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.client.send(
            self.act(
                "PUT /repos/{owner}/{repo}/collaborators/{username}",
                {**repo_path(self.name_of(args)), "username": args["login"]},
                json={"permission": permission_of(args["role"])},
                safe=True,
            )
        )

    @step("remove-share")
    def _remove_share(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        path = repo_path(self.name_of(args))
        name, own = {
            "user": (
                "DELETE /repos/{owner}/{repo}/collaborators/{username}",
                {"username": str(args.get("who"))},
            ),
            "invitation": (
                "DELETE /repos/{owner}/{repo}/invitations/{invitation_id}",
                {"invitation_id": args["id"]},
            ),
            "key": ("DELETE /repos/{owner}/{repo}/keys/{key_id}", {"key_id": args["id"]}),
            "team": (
                "DELETE /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}",
                {"team_slug": str(args.get("who"))},
            ),
        }[args["kind"]]
        self.client.send(self.act(name, {**path, **own}, safe=True, answers=(404,)))

    @step("restore-share")
    def _restore_share(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        path = repo_path(self.name_of(args))
        if args["kind"] == "key":
            body = {"title": args["who"], "key": args["key"], "read_only": args["role"] == "read"}
            call = self.act("POST /repos/{owner}/{repo}/keys", path, json=body, safe=False)
            return {"id": str(self.client.send(call).decode(mapping.DeployKey).id)}
        del memo
        if args["kind"] == "team":
            name, own = "PUT /orgs/{org}/teams/{team_slug}/repos/{owner}/{repo}", {"team_slug": args["who"]}
        else:
            name, own = "PUT /repos/{owner}/{repo}/collaborators/{username}", {"username": args["who"]}
        body = {"permission": permission_of(args["role"])}
        self.client.send(self.act(name, {**path, **own}, json=body, safe=True))
        return {}

    def observe_unshare(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the share again, by its new id where undo made one."""
        keeps = {**change.keeps, **memo}
        if keeps["kind"] == "visibility":
            return {"visibility": self.repository(str(keeps["repo_id"]), keeps.get("repo")).level}
        return self._share_state(self.name_of(keeps), keeps["kind"], str(keeps["id"]))

    observe_change_share = observe_unshare

    def observe_make_private(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the visibility again, and who from outside may still look in."""
        del memo
        repo = self.repository(str(change.keeps["repo_id"]), change.keeps.get("repo"))
        return self._openness(repo)[0]

    @needs(
        "GET /orgs/{org}/personal-access-tokens",
        "POST /orgs/{org}/personal-access-tokens/{pat_id}",
        any_of=either(app=["organization_personal_access_tokens:write"]),
        irreversible="the token's owner asks for access again",
    )
    @needs(
        "GET /orgs/{org}/personal-access-token-requests",
        "POST /orgs/{org}/personal-access-token-requests/{pat_request_id}",
        any_of=either(app=["organization_personal_access_token_requests:write"]),
        irreversible="the token's owner asks again",
    )
    @needs(
        "GET /orgs/{org}/credential-authorizations",
        "DELETE /orgs/{org}/credential-authorizations/{credential_id}",
        any_of=either(oauth=["admin:org"], app=["organization_administration:write"]),
        irreversible="the credential's owner authorizes it again",
    )
    def plan_revoke_grant(self, grant: str) -> Change:
        kind, _, id_ = grant.partition(":")
        state, name = self._grant_state(kind, id_)
        manual = None
        if kind == "installation":
            found = self.find_installation(id_)
            manual = (found.html_url if found else None) or (
                f"{self.facts.urls['oauth']}/organizations/{self.org}/settings/installations/{id_}"
            )
        revoke = Step(name="revoke-grant", title=f"revoke {name}", args={"kind": kind, "id": id_})
        return Change(
            action="revoke-grant",
            target=local("grant", grant),
            target_name=name,
            before=state,
            after={"present": False},
            steps=(revoke,) if state["present"] and not manual else (),
            irreversible={
                "pat": "the token's owner asks for access again; the token itself lives on",
                "pat-request": "the token's owner asks again",
                "credential": "the credential's owner authorizes it again",
                "installation": "an owner installs the app again",
            }[kind],
            touches=(local("grant", grant),),
            manual=manual if state["present"] else None,
            keeps={"kind": kind, "id": id_},
        )

    def _grant_state(self, kind: str, id_: str) -> tuple[dict[str, Any], str]:
        if kind in {"pat", "pat-request"}:
            token = self.find_token(id_, requested=kind == "pat-request")
            return as_state(token), f"fine-grained token {token.token_name if token else id_}"
        if kind == "credential":
            credential = self.find_credential(id_)
            return as_state(credential), f"{credential.credential_type if credential else 'credential'} {id_}"
        if kind == "installation":
            installation = self.find_installation(id_)
            return as_state(installation), f"GitHub App {installation.app_slug if installation else id_}"
        raise UsageError(f"github has no grant of kind `{kind}`")

    @step("revoke-grant")
    def _revoke_grant(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if args["kind"] == "credential":
            name, path, body = (
                "DELETE /orgs/{org}/credential-authorizations/{credential_id}",
                {"credential_id": args["id"]},
                None,
            )
        elif args["kind"] == "pat":
            name, path, body = (
                "POST /orgs/{org}/personal-access-tokens/{pat_id}",
                {"pat_id": args["id"]},
                {"action": "revoke"},
            )
        else:
            name, path, body = (
                "POST /orgs/{org}/personal-access-token-requests/{pat_request_id}",
                {"pat_request_id": args["id"]},
                {"action": "deny", "reason": "denied by the security administrator"},
            )
        more = {"json": body} if body else {}
        self.client.send(self.act(name, path, safe=True, answers=(404,), **more))

    def observe_revoke_grant(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Look for the grant again."""
        del memo
        return self._grant_state(change.keeps["kind"], change.keeps["id"])[0]
