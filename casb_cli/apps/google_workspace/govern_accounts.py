"""Acting on people: suspending, passwords, app passwords, backup codes, sessions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace import mapping
from casb_cli.apps.google_workspace.common import DIRECTORY
from casb_cli.apps.google_workspace.grants import Grants
from casb_cli.apps.google_workspace.scopes import SECURITY, USERS, USERS_MANAGE, google
from casb_cli.core.capabilities import Change, RevokePassword, RevokeSessions, Step, SuspendAccount, needs
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

_PASSWORD_BYTES = 48
"""Google takes passwords of 8 to 100 characters; these make 64."""
_OUTSIDER = (
    "who comes from outside the customer is governed elsewhere: take the account out of the groups, and its shares away"
)
_GONE = "the former password, app passwords, backup codes and what apps were granted do not come back"


class GovernAccounts(Grants, SuspendAccount, RevokePassword, RevokeSessions):
    """Matrix row 4."""

    suspend_modes: ClassVar[Mapping[str, str]] = {
        "suspend": "no sign-in until unsuspended; everything is kept, and what the person shared stays shared",
        "compromised": (
            "first a password that nobody knows, app passwords deleted, backup codes void, app grants revoked, "
            "signed out everywhere; then suspended: undo gives the sign-in back and nothing else"
        ),
    }
    revoke_password_modes: ClassVar[Mapping[str, str]] = {
        "reset": "the password is replaced by one that nobody knows: an administrator sets the next one",
        "expire": "the person chooses a new one at the next sign-in, with the old one",
        "all": "as reset, and app passwords are deleted and backup codes void",
    }

    def person(self, account: str) -> mapping.User:
        """Return a user of the customer as it is now; raises ObjectMissing, whose hint tells of outsiders."""
        try:
            return self.user(account)
        except ObjectMissing as error:
            error.hint = error.hint or _OUTSIDER
            raise

    @needs(
        "GET /admin/directory/v1/users/{userKey}",
        "PATCH /admin/directory/v1/users/{userKey}",
        any_of=google(USERS_MANAGE),
    )
    @needs(
        "GET /admin/directory/v1/users/{userKey}/tokens",
        "DELETE /admin/directory/v1/users/{userKey}/tokens/{clientId}",
        "GET /admin/directory/v1/users/{userKey}/asps",
        "DELETE /admin/directory/v1/users/{userKey}/asps/{codeId}",
        "POST /admin/directory/v1/users/{userKey}/verificationCodes/invalidate",
        "POST /admin/directory/v1/users/{userKey}/signOut",
        any_of=google(SECURITY),
    )
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        mode = self._mode(mode, self.suspend_modes, "suspend")
        user = self.person(account)
        suspend = _set_suspended(user, suspended=True)
        steps: tuple[Step, ...] = () if user.suspended else (suspend,)
        effects = [
            "mail to the account bounces, and sign-in through Google to other services ends",
            "public and external shares of the person's files stay: act on them apart",
            "the account still takes a licence",
        ]
        if mode == "compromised":
            steps = (*self._cut_off(user), *steps)
            effects.append("irreversible: " + _GONE)
        else:
            effects.append("what apps were granted and app passwords are kept, and work again once unsuspended")
        if mode == "compromised" and user.suspended:
            # It is suspended, which says nothing of the other ways in: those are what is left to do.
            effects.append("backup codes stay: Google voids none of a suspended account, and they open nothing alone")
            return self._status(
                "suspend",
                user,
                after=True,
                steps=steps,
                irreversible="the account was suspended before; " + _GONE,
                observable=False,
                mode=mode,
                side_effects=tuple(effects),
            )
        return self._status(
            "suspend",
            user,
            after=True,
            steps=steps,
            inverse=(_set_suspended(user, suspended=False),),
            mode=mode,
            approximate=_GONE if mode == "compromised" else None,
            side_effects=tuple(effects),
        )

    @needs(
        "GET /admin/directory/v1/users/{userKey}",
        "PATCH /admin/directory/v1/users/{userKey}",
        any_of=google(USERS_MANAGE),
    )
    def plan_unsuspend(self, account: str) -> Change:
        user = self.person(account)
        by_google = user.suspended and (user.suspension_reason or "ADMIN") not in {"ADMIN", "UNDER13"}
        effects = (
            (f"Google suspended the account ({user.suspension_reason}), and may refuse this",) if by_google else ()
        )
        return self._status(
            "unsuspend",
            user,
            after=False,
            steps=(_set_suspended(user, suspended=False),) if user.suspended else (),
            inverse=(_set_suspended(user, suspended=True),),
            side_effects=effects,
        )

    @needs(
        "GET /admin/directory/v1/users/{userKey}",
        "PATCH /admin/directory/v1/users/{userKey}",
        any_of=google(USERS_MANAGE),
        irreversible="the former password is gone",
    )
    @needs(
        "GET /admin/directory/v1/users/{userKey}/asps",
        "DELETE /admin/directory/v1/users/{userKey}/asps/{codeId}",
        "POST /admin/directory/v1/users/{userKey}/verificationCodes/invalidate",
        any_of=google(SECURITY),
        irreversible="app passwords and backup codes are gone",
    )
    def plan_revoke_password(self, account: str, *, mode: str | None = None) -> Change:
        mode = self._mode(mode, self.revoke_password_modes, "password")
        user = self.person(account)
        before = {"change_at_next_login": bool(user.change_password_at_next_login)}
        effects = [
            self.revoke_password_modes[mode],
            "no effect where another identity provider signs people in",
        ]
        steps: tuple[Step, ...]
        inverse: tuple[Step, ...] = ()
        if mode == "expire":
            steps = () if user.change_password_at_next_login else (_require_change(user, required=True),)
            inverse = (_require_change(user, required=False),)
        else:
            steps = (_new_password(user),)
            if mode == "all":
                steps = (*steps, *self._delete_app_passwords(user), *_void_codes(user))
        return Change(
            action="revoke-password",
            target=local("account", user.id),
            target_name=user.primary_email,
            mode=mode,
            before=before,
            after={"change_at_next_login": True},
            steps=steps,
            inverse=inverse,
            approximate="only until the person has chosen a new password" if inverse else None,
            irreversible=None if inverse else "the former password is gone; an administrator sets the next one",
            touches=(local("account", user.id),),
            side_effects=tuple(effects),
            # Where it was to be changed anyway, that says nothing of whether it has been replaced.
            observable=mode == "expire" or not user.change_password_at_next_login,
            keeps={"user": user.id, "is_admin": _is_admin(user)},
        )

    @needs("GET /admin/directory/v1/users/{userKey}", any_of=google(USERS))
    @needs(
        "POST /admin/directory/v1/users/{userKey}/signOut",
        any_of=google(SECURITY),
        irreversible="the person signs in again",
        observable=False,
    )
    def plan_revoke_sessions(self, account: str) -> Change:
        user = self.person(account)
        return Change(
            action="revoke-sessions",
            target=local("account", user.id),
            target_name=user.primary_email,
            after={"sessions": "ended"},
            steps=(_sign_out(user),),
            irreversible="the person signs in again",
            touches=(local("account", user.id),),
            side_effects=("what apps were granted and app passwords live on: revoke-grant ends these",),
            observable=False,
            keeps={"user": user.id, "is_admin": _is_admin(user)},
        )

    # What plans are made of

    @staticmethod
    def _mode(mode: str | None, known: Mapping[str, str], what: str) -> str:
        mode = mode or next(iter(known))
        if mode not in known:
            raise UsageError(f"google-workspace has no {what} mode `{mode}`", hint=f"use --mode {' or '.join(known)}")
        return mode

    def _status(self, action: str, user: mapping.User, *, after: bool, **more: Any) -> Change:
        return Change(
            action=action,
            target=local("account", user.id),
            target_name=user.primary_email,
            before={"suspended": bool(user.suspended)},
            after={"suspended": after},
            touches=(local("account", user.id),),
            keeps={"user": user.id, "is_admin": _is_admin(user)},
            **more,
        )

    def _cut_off(self, user: mapping.User) -> tuple[Step, ...]:
        """Return what ends every way in but the sign-in itself, in the order that leaves no gap."""
        codes = () if user.suspended else _void_codes(user)
        grants = tuple(
            Step(
                name="revoke-token",
                title=f"revoke {one.display_text or one.client_id} of {user.primary_email}",
                args={"user": user.id, "client": one.client_id},
            )
            for one in self.tokens(user.id)
        )
        return (_new_password(user), *self._delete_app_passwords(user), *codes, *grants, _sign_out(user))

    def _delete_app_passwords(self, user: mapping.User) -> tuple[Step, ...]:
        return tuple(
            Step(
                name="delete-app-password",
                title=f"delete the app password {one.name or one.code_id} of {user.primary_email}",
                args={"user": user.id, "code": one.code_id},
            )
            for one in self.app_passwords(user.id)
        )

    # Steps

    def _patch(self, user: str, body: dict[str, Any], *, safe: bool = True) -> None:
        path = f"PATCH {DIRECTORY}/users/{{userKey}}"
        # The answer holds the whole user, and is let go unread.
        self.client.send(self.act(path, {"userKey": user}, json=body, query={"fields": "id"}, safe=safe))

    @step("set-suspended")
    def _do_set_suspended(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._patch(args["user"], {"suspended": args["suspended"]})

    @step("require-change")
    def _do_require_change(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._patch(args["user"], {"changePasswordAtNextLogin": args["required"]})

    @step("new-password")
    def _do_new_password(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # Made here, told to Google, and known to nobody afterwards.
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        self._patch(args["user"], {"password": password, "changePasswordAtNextLogin": True}, safe=False)

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell whether a password was replaced, by what was asked for along with it and was not before."""
        if step.name != "new-password":
            return super().settle(step, memo)
        return None if step.args["asked"] else self._asked_to_change(step.args["user"])

    def _asked_to_change(self, user: str) -> bool:
        return bool(self.user(user).change_password_at_next_login)

    @step("delete-app-password")
    def _do_delete_app_password(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        path = {"userKey": args["user"], "codeId": str(args["code"])}
        name = f"DELETE {DIRECTORY}/users/{{userKey}}/asps/{{codeId}}"
        self.client.send(self.act(name, path, safe=True, answers=(404,)))

    @step("revoke-token")
    def _do_revoke_token(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        path = {"userKey": args["user"], "clientId": args["client"]}
        name = f"DELETE {DIRECTORY}/users/{{userKey}}/tokens/{{clientId}}"
        self.client.send(self.act(name, path, safe=True, answers=(404,)))

    @step("void-codes")
    def _do_void_codes(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        name = f"POST {DIRECTORY}/users/{{userKey}}/verificationCodes/invalidate"
        self.client.send(self.act(name, {"userKey": args["user"]}, safe=True))

    @step("sign-out")
    def _do_sign_out(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        name = f"POST {DIRECTORY}/users/{{userKey}}/signOut"
        self.client.send(self.act(name, {"userKey": args["user"]}, safe=False))

    # Observing

    def observe_suspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether the account is suspended."""
        del memo
        return {"suspended": bool(self.user(change.keeps["user"]).suspended)}

    observe_unsuspend = observe_suspend

    def observe_revoke_password(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether a new password is asked for at the next sign-in: the password itself nobody can read."""
        del memo
        return {"change_at_next_login": self._asked_to_change(change.keeps["user"])}

    def observe_revoke_sessions(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Say that Google tells nothing: nobody can list a person's sessions."""
        del change, memo
        raise Unsupported("whether a session of a person lives cannot be read")


def _is_admin(user: mapping.User) -> bool:
    return bool(user.is_admin or user.is_delegated_admin)


def _set_suspended(user: mapping.User, *, suspended: bool) -> Step:
    title = f"suspend {user.primary_email}" if suspended else f"give {user.primary_email} access back"
    return Step(name="set-suspended", title=title, args={"user": user.id, "suspended": suspended})


def _require_change(user: mapping.User, *, required: bool) -> Step:
    word = "ask" if required else "no longer ask"
    return Step(
        name="require-change",
        title=f"{word} {user.primary_email} for a new password at the next sign-in",
        args={"user": user.id, "required": required},
    )


def _new_password(user: mapping.User) -> Step:
    title = f"replace the password of {user.primary_email} by one that nobody knows"
    asked = bool(user.change_password_at_next_login)
    return Step(name="new-password", title=title, args={"user": user.id, "asked": asked}, repeatable=False)


def _void_codes(user: mapping.User) -> tuple[Step, ...]:
    return (Step(name="void-codes", title=f"void the backup codes of {user.primary_email}", args={"user": user.id}),)


def _sign_out(user: mapping.User) -> Step:
    return Step(
        name="sign-out",
        title=f"sign {user.primary_email} out of every browser and device",
        args={"user": user.id},
        repeatable=False,
    )
