"""Acting on people: IAM users and roles by a deny policy and their credentials, Identity Center's by assignments.

IAM knows no suspended user. What comes to the same is a set of steps, in this order: a policy that denies
everything (it ends what is open, sessions too), credentials inactive, and, where asked for, the password deleted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.aws.govern_center import GovernCenter
from casb_cli.apps.aws.mapping import DENY_ALL, SUSPENDED
from casb_cli.apps.aws.policies import read
from casb_cli.apps.aws.scopes import may
from casb_cli.apps.aws.users import ACTIVE, INACTIVE, UPDATES, Principal, principal
from casb_cli.apps.base import step
from casb_cli.core import clock
from casb_cli.core.capabilities import Change, RevokePassword, RevokeSessions, Step, SuspendAccount, needs
from casb_cli.core.errors import ObjectMissing, StateConflict, Unsupported, UsageError
from casb_cli.core.refs import local

OLDER = "AWSRevokeOlderSessions"
"""The name that AWS's own console gives to a policy that ends older sessions."""
_DENY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
_PROPAGATION = "IAM needs seconds, at times minutes, until a policy holds everywhere"
_USER_READS = (
    "POST /iam/GetUser",
    "POST /iam/ListUserPolicies",
    "POST /iam/ListAttachedUserPolicies",
    "POST /iam/ListAccessKeys",
    "POST /iam/ListSSHPublicKeys",
    "POST /iam/ListServiceSpecificCredentials",
    "POST /iam/ListSigningCertificates",
    "POST /iam/GetLoginProfile",
)
_MAY_READ = (
    "iam:GetUser",
    "iam:ListUserPolicies",
    "iam:ListAttachedUserPolicies",
    "iam:ListAccessKeys",
    "iam:ListSSHPublicKeys",
    "iam:ListServiceSpecificCredentials",
    "iam:ListSigningCertificates",
    "iam:GetLoginProfile",
)
_MAY_UPDATE = (
    "iam:UpdateAccessKey",
    "iam:UpdateSSHPublicKey",
    "iam:UpdateServiceSpecificCredential",
    "iam:UpdateSigningCertificate",
)
_MAY_DENY = ("iam:PutUserPolicy", "iam:DeleteUserPolicy", "iam:AttachUserPolicy", "iam:DetachUserPolicy")
_ROLE_READS = ("POST /iam/GetRole", "POST /iam/ListRolePolicies", "POST /iam/ListAttachedRolePolicies")
_MAY_ROLE = ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies", "iam:GetRolePolicy")
_CENTER_CALLS = (
    "POST /sso-admin/ListInstances",
    "POST /sso-admin/ListAccountAssignmentsForPrincipal",
    "POST /sso-admin/DeleteAccountAssignment",
    "POST /sso-admin/CreateAccountAssignment",
    "POST /identitystore/ListGroupMembershipsForMember",
    "POST /identitystore/DeleteGroupMembership",
    "POST /identitystore/CreateGroupMembership",
)
_MAY_CENTER = (
    "sso:ListInstances",
    "sso:ListAccountAssignmentsForPrincipal",
    "sso:DeleteAccountAssignment",
    "sso:CreateAccountAssignment",
    "sso:DescribeAccountAssignmentDeletionStatus",
    "sso:DescribeAccountAssignmentCreationStatus",
    "identitystore:DescribeUser",
    "identitystore:ListGroupMembershipsForMember",
    "identitystore:DeleteGroupMembership",
    "identitystore:CreateGroupMembership",
)


class Found(msgspec.Struct):
    Arn: str
    Path: str = "/"


class FoundUser(msgspec.Struct):
    User: Found


class FoundRole(msgspec.Struct):
    Role: Found


class Login(msgspec.Struct):
    PasswordResetRequired: str | None = None


class FoundLogin(msgspec.Struct):
    LoginProfile: Login


class GovernAccounts(GovernCenter, SuspendAccount, RevokePassword, RevokeSessions):
    """Matrix row 4."""

    suspend_modes: ClassVar[Mapping[str, str]] = {
        "deny": "a policy denies everything and all credentials are inactive; the password stays, and opens nothing",
        "strict": "as `deny`, and the console password is deleted: undo cannot bring it back",
    }
    revoke_password_modes: ClassVar[Mapping[str, str]] = {
        "delete": "the console password is deleted: no console sign-in until an administrator sets a new one",
        "change": "the person chooses a new one at the next sign-in, with the old one",
    }

    # Planning

    @needs(
        *_USER_READS,
        "POST /iam/PutUserPolicy",
        "POST /iam/AttachUserPolicy",
        "POST /iam/DeleteUserPolicy",
        "POST /iam/DetachUserPolicy",
        "POST /iam/UpdateAccessKey",
        "POST /iam/UpdateSSHPublicKey",
        "POST /iam/UpdateServiceSpecificCredential",
        "POST /iam/UpdateSigningCertificate",
        "POST /iam/DeleteLoginProfile",
        any_of=may(*_MAY_READ, *_MAY_DENY, *_MAY_UPDATE, "iam:DeleteLoginProfile"),
    )
    @needs(
        *_ROLE_READS,
        "POST /iam/PutRolePolicy",
        "POST /iam/DeleteRolePolicy",
        any_of=may(*_MAY_ROLE, "iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    )
    @needs(
        *_CENTER_CALLS,
        "POST /identitystore/DescribeUser",
        "POST /sso-admin/DescribeAccountAssignmentDeletionStatus",
        "POST /sso-admin/DescribeAccountAssignmentCreationStatus",
        any_of=may(*_MAY_CENTER),
    )
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or "deny"
        if mode not in self.suspend_modes:
            raise UsageError(f"aws has no suspend mode `{mode}`", hint=f"use --mode {' or '.join(self.suspend_modes)}")
        who = self._governable(account)
        if who.kind == "center":
            return self.plan_center_suspend(who)
        before = self._state(who)
        after = self._suspended(before, strict=mode == "strict")
        steps, inverse = self._suspension(who, before, strict=mode == "strict")
        return Change(
            action="suspend",
            target=local("account", who.id),
            target_name=who.name,
            mode=mode,
            before=before,
            after=after,
            steps=tuple(steps),
            inverse=tuple(inverse),
            approximate="the console password is gone: an administrator sets a new one"
            if mode == "strict" and before.get("password")
            else None,
            touches=(local("account", who.id),),
            side_effects=_effects(who),
            keeps={"account": who.id},
        )

    def _governable(self, account: str) -> Principal:
        who = principal(account)
        if who.kind == "root":
            raise Unsupported(
                "AWS lets nobody take the root user's access away through an API;"
                " a service control policy of the organization can deny it everything"
            )
        if who.kind == "user":
            self.query("iam", "GetUser", FoundUser, {"UserName": who.name}, account=who.home)
        if who.kind == "role":
            found = self.query("iam", "GetRole", FoundRole, {"RoleName": who.name}, account=who.home).Role
            if found.Path.startswith(("/aws-reserved/", "/aws-service-role/")):
                raise Unsupported(f"the role {who.name} belongs to a service of AWS, which alone may change it")
        return who

    def _state(self, who: Principal) -> dict[str, Any]:
        state: dict[str, Any] = {"denied": self.denied(who)}
        if who.kind == "user":
            state["credentials"] = {one.key: one.status for one in self.credentials_of(who.home, who.name)}
            state["password"] = self.has_password(who.home, who.name)
        return state

    @staticmethod
    def _suspended(before: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
        after = {**before, "denied": True}
        if "credentials" in before:
            after["credentials"] = {
                key: INACTIVE if status == ACTIVE else status for key, status in before["credentials"].items()
            }
            after["password"] = before["password"] and not strict
        return after

    def _suspension(self, who: Principal, before: Mapping[str, Any], *, strict: bool) -> tuple[list[Step], list[Step]]:
        """Return the steps that suspend, in the order in which none leaves a door open, and those that undo them."""
        steps: list[Step] = []
        inverse: list[Step] = []
        args = {"account": who.id}
        if not before["denied"]:
            steps.append(Step(name="deny", title=f"deny {who.name} everything by a policy ({SUSPENDED})", args=args))
        for key, status in before.get("credentials", {}).items():
            if status == ACTIVE:
                steps.append(_status_step(who, key, INACTIVE))
                inverse.insert(0, _status_step(who, key, ACTIVE))
        if strict and before.get("password"):
            title = f"delete the console password of {who.name}"
            steps.append(Step(name="delete-password", title=title, args=args))
        if not before["denied"]:
            inverse.append(
                Step(name="allow", title=f"take the policy {SUSPENDED} away again", args=args, undoes="deny")
            )
        return steps, inverse

    @needs(
        *_USER_READS,
        "POST /iam/DeleteUserPolicy",
        "POST /iam/DetachUserPolicy",
        "POST /iam/PutUserPolicy",
        any_of=may(*_MAY_READ, *_MAY_DENY),
    )
    @needs(
        *_ROLE_READS,
        "POST /iam/DeleteRolePolicy",
        "POST /iam/PutRolePolicy",
        any_of=may(*_MAY_ROLE, "iam:DeleteRolePolicy", "iam:PutRolePolicy"),
    )
    def plan_unsuspend(self, account: str) -> Change:
        who = self._governable(account)
        if who.kind == "center":
            raise Unsupported(
                "which assignments and groups an Identity Center user had is known to the journal alone:"
                " undo the suspension instead, with `casb govern undo`"
            )
        before = self._state(who)
        inactive = [key for key, status in before.get("credentials", {}).items() if status == INACTIVE]
        stay = f"{len(inactive)} inactive credentials stay so: undo of the suspension switches on what was on"
        effects = (stay,) if inactive else ()
        args = {"account": who.id}
        allow = Step(name="allow", title=f"take the policy that denies {who.name} everything away", args=args)
        deny = Step(name="deny", title=f"deny {who.name} everything again", args=args, undoes="allow")
        return Change(
            action="unsuspend",
            target=local("account", who.id),
            target_name=who.name,
            before=before,
            after={**before, "denied": False},
            steps=(allow,) if before["denied"] else (),
            inverse=(deny,),
            touches=(local("account", who.id),),
            side_effects=(*effects, _PROPAGATION),
            keeps={"account": who.id},
        )

    @needs(
        "POST /iam/GetUser",
        "POST /iam/GetLoginProfile",
        "POST /iam/DeleteLoginProfile",
        "POST /iam/UpdateLoginProfile",
        any_of=may("iam:GetUser", "iam:GetLoginProfile", "iam:DeleteLoginProfile", "iam:UpdateLoginProfile"),
        irreversible="the former password is gone",
    )
    def plan_revoke_password(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or "delete"
        if mode not in self.revoke_password_modes:
            raise UsageError(
                f"aws has no password mode `{mode}`", hint=f"use --mode {' or '.join(self.revoke_password_modes)}"
            )
        who = self._governable(account)
        if who.kind == "role":
            raise Unsupported("a role has no password")
        if who.kind == "center":
            raise Unsupported("AWS offers no API for the passwords of Identity Center users: reset it in its console")
        before = self._password(who)
        if mode == "change" and before["password"] == "none":
            raise StateConflict(f"{who.name} has no console password to be changed", call="POST /iam/GetLoginProfile")
        after = "none" if mode == "delete" else "to-be-changed"
        name = "delete-password" if mode == "delete" else "change-password"
        act = Step(name=name, title=f"{mode} the console password of {who.name}", args={"account": who.id})
        return Change(
            action="revoke-password",
            target=local("account", who.id),
            target_name=who.name,
            mode=mode,
            before=before,
            after={"password": after},
            steps=() if before["password"] == after else (act,),
            irreversible="the former password cannot be brought back"
            if mode == "delete"
            else "AWS has no call that takes the request for a new password back",
            touches=(local("account", who.id),),
            side_effects=(
                self.revoke_password_modes[mode],
                "a console session that is open lives on for up to twelve hours: suspend denies it everything",
            ),
            keeps={"account": who.id},
        )

    def _password(self, who: Principal) -> dict[str, Any]:
        try:
            found = self.query("iam", "GetLoginProfile", FoundLogin, {"UserName": who.name}, account=who.home)
        except ObjectMissing:
            return {"password": "none"}
        return {"password": "to-be-changed" if found.LoginProfile.PasswordResetRequired == "true" else "set"}

    @needs(
        "POST /iam/GetUser",
        "POST /iam/GetUserPolicy",
        "POST /iam/PutUserPolicy",
        "POST /iam/DeleteUserPolicy",
        any_of=may("iam:GetUser", "iam:GetUserPolicy", "iam:PutUserPolicy", "iam:DeleteUserPolicy"),
    )
    @needs(
        "POST /iam/GetRole",
        "POST /iam/GetRolePolicy",
        "POST /iam/PutRolePolicy",
        "POST /iam/DeleteRolePolicy",
        any_of=may("iam:GetRole", "iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    )
    def plan_revoke_sessions(self, account: str) -> Change:
        who = self._governable(account)
        if who.kind == "center":
            raise Unsupported(
                "AWS offers no API to end the sessions of an Identity Center user: suspend takes the assignments,"
                " open sessions live on until the permission set's duration is over"
            )
        former = self.inline_policy(who, OLDER)
        end = Step(
            name="end-sessions",
            title=f"deny what {who.name} does with sessions begun until now ({OLDER})",
            args={"account": who.id},
        )
        back = Step(
            name="allow-sessions",
            title=f"take the policy {OLDER} away again" if former is None else f"put the former {OLDER} back",
            args={"account": who.id, "former": former},
        )
        reach = (
            "all people who use this role are signed out of it"
            if who.kind == "role"
            else "access keys have no session and work on; a console session needs the full deny of suspend"
        )
        return Change(
            action="revoke-sessions",
            target=local("account", who.id),
            target_name=who.name,
            before={"sessions": "live"},
            after={"sessions": "ended"},
            steps=(end,),
            inverse=(back,),
            touches=(local("account", who.id),),
            side_effects=(reach, _PROPAGATION),
            keeps={"account": who.id},
        )

    # Acting

    @step("deny")
    def _deny(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        who = principal(args["account"])
        kind = who.kind.capitalize()
        name = {f"{kind}Name": who.name}
        try:
            self.iam_write(f"Put{kind}Policy", who.home, **name, PolicyName=SUSPENDED, PolicyDocument=_DENY)
        except StateConflict as error:
            if error.code != "LimitExceeded":
                raise
            # No room for another inline policy: AWS's own says the same.
            self.iam_write(f"Attach{kind}Policy", who.home, **name, PolicyArn=self._deny_all())
            return {"denied_by": "attached"}
        return {"denied_by": "inline"}

    def _deny_all(self) -> str:
        return f"arn:{self.partition}:iam::aws:policy/{DENY_ALL}"

    @step("allow")
    def _allow(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        who = principal(args["account"])
        kind = who.kind.capitalize()
        name = {f"{kind}Name": who.name}
        present = self.principal_policies(who)
        if SUSPENDED in present:
            self.iam_write(f"Delete{kind}Policy", who.home, **name, PolicyName=SUSPENDED)
        if f"attached:{DENY_ALL}" in present and memo.get("denied_by") != "inline":
            self.iam_write(f"Detach{kind}Policy", who.home, **name, PolicyArn=self._deny_all())

    @step("credential-status")
    def _credential_status(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        who = principal(args["account"])
        operation, field = UPDATES[args["kind"]]
        params = {"UserName": who.name, field: args["id"], "Status": args["status"]}
        try:
            self.iam_write(operation, who.home, **params)
        except ObjectMissing:
            # Deleted meanwhile: then it opens nothing, which an undo must tell.
            if args["status"] == ACTIVE:
                raise

    @step("delete-password")
    def _delete_password(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        who = principal(args["account"])
        self.iam_write("DeleteLoginProfile", who.home, UserName=who.name)

    @step("change-password")
    def _change_password(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        who = principal(args["account"])
        self.iam_write("UpdateLoginProfile", who.home, UserName=who.name, PasswordResetRequired=True)

    @step("end-sessions")
    def _end_sessions(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        who = principal(args["account"])
        moment = memo.get("ended_at") or clock.text(clock.now().replace(microsecond=0))
        statement = {
            "Effect": "Deny",
            "Action": ["*"],
            "Resource": ["*"],
            "Condition": {"DateLessThan": {"aws:TokenIssueTime": moment}},
        }
        self._put_older(who, json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        return {"ended_at": moment}

    def _put_older(self, who: Principal, document: str) -> None:
        kind = who.kind.capitalize()
        params = {f"{kind}Name": who.name, "PolicyName": OLDER, "PolicyDocument": document}
        self.iam_write(f"Put{kind}Policy", who.home, **params)

    @step("allow-sessions")
    def _allow_sessions(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        from urllib.parse import unquote

        who = principal(args["account"])
        if args["former"] is not None:
            self._put_older(who, unquote(args["former"]))
            return
        kind = who.kind.capitalize()
        self.iam_write(f"Delete{kind}Policy", who.home, **{f"{kind}Name": who.name}, PolicyName=OLDER)

    # Observing

    def observe_suspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read policies, credentials and password again, or assignments and groups."""
        del memo
        who = principal(change.keeps["account"])
        return self.center_state(who) if who.kind == "center" else self._state(who)

    observe_unsuspend = observe_suspend

    def observe_revoke_password(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the login profile again."""
        del memo
        return self._password(principal(change.keeps["account"]))

    def observe_revoke_sessions(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Tell whether the policy in place ends the sessions that were to be ended."""
        text = self.inline_policy(principal(change.keeps["account"]), OLDER)
        ended = memo.get("ended_at")
        holds = text is not None and bool(read(text)) and (ended is None or ended in _plain(text))
        return {"sessions": "ended" if holds and ended else "live"}


def _plain(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def _status_step(who: Principal, key: str, status: str) -> Step:
    kind, _, id_ = key.partition(" ")
    word = "switch off" if status == INACTIVE else "switch on again"
    return Step(
        name="credential-status",
        title=f"{word} the {kind.replace('-', ' ')} {id_} of {who.name}",
        args={"account": who.id, "kind": kind, "id": id_, "status": status},
    )


def _effects(who: Principal) -> tuple[str, ...]:
    if who.kind == "role":
        return ("everybody who uses this role loses it, machines too", _PROPAGATION)
    return (
        "what runs with the user's keys stops",
        "roles that the user has already assumed live on: end their sessions with revoke-sessions on the role",
        _PROPAGATION,
    )
