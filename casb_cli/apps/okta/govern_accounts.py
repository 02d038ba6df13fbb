"""Acting on people: suspending, deactivating, passwords, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from casb_cli.apps.base import step
from casb_cli.apps.okta import mapping
from casb_cli.apps.okta.directory import Directory
from casb_cli.apps.okta.scopes import USERS_MANAGE, okta
from casb_cli.core.capabilities import Change, RevokePassword, RevokeSessions, Step, SuspendAccount, needs
from casb_cli.core.errors import NotPermitted, RequestRefused, StateConflict, Unsupported, UsageError
from casb_cli.core.refs import local

_USABLE = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY"})
"""Statuses of an account that has or may have a password."""
_ELSEWHERE = frozenset({"FEDERATION", "SOCIAL"})
"""Where accounts come from whose password Okta does not hold."""
_REACHED = {
    "suspend": frozenset({"SUSPENDED"}),
    "unsuspend": frozenset({"ACTIVE"}),
    "unlock": frozenset({"ACTIVE"}),
    "deactivate": frozenset({"DEPROVISIONED"}),
    "activate": frozenset({"ACTIVE", "PROVISIONED", "PASSWORD_EXPIRED", "RECOVERY"}),
    "expire_password": frozenset({"PASSWORD_EXPIRED"}),
    "expire_password_with_temp_password": frozenset({"PASSWORD_EXPIRED"}),
    "reset_password": frozenset({"RECOVERY"}),
}
"""The statuses that tell that a lifecycle call took effect."""
_QUERY: dict[str, dict[str, Any]] = {
    "deactivate": {"sendEmail": False},
    "activate": {"sendEmail": True},
    "expire_password_with_temp_password": {"revokeSessions": True},
    "reset_password": {"sendEmail": True, "revokeSessions": True},
}
_PASSWORD = {
    "reset": ("reset_password", "RECOVERY"),
    "expire": ("expire_password", "PASSWORD_EXPIRED"),
    "temporary": ("expire_password_with_temp_password", "PASSWORD_EXPIRED"),
}


class GovernAccounts(Directory, SuspendAccount, RevokePassword, RevokeSessions):
    """Matrix row 4."""

    suspend_modes: ClassVar[Mapping[str, str]] = {
        "suspend": "no sign-in until unsuspended; everything is kept",
        "unlock": "unlock a locked-out account first, since Okta suspends active ones only",
        "deactivate": "app assignments are removed, and what apps then delete is gone: undo activates the account only",
    }
    revoke_password_modes: ClassVar[Mapping[str, str]] = {
        "reset": "the password is dead and sessions end; Okta mails the person a link to set a new one",
        "expire": "the person chooses a new one at the next sign-in, with the old one; sessions live on",
        "temporary": "the password is replaced by one that nobody knows and sessions end; no mail is sent",
    }

    @needs(
        "GET /api/v1/users/{id}",
        "POST /api/v1/users/{id}/lifecycle/suspend",
        "POST /api/v1/users/{id}/lifecycle/unsuspend",
        "POST /api/v1/users/{id}/lifecycle/unlock",
        "POST /api/v1/users/{id}/lifecycle/deactivate",
        "POST /api/v1/users/{id}/lifecycle/activate",
        any_of=okta(USERS_MANAGE),
    )
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or "suspend"
        if mode not in self.suspend_modes:
            raise UsageError(f"okta has no suspend mode `{mode}`", hint=f"use --mode {' or '.join(self.suspend_modes)}")
        user = self.user(account)
        if mode == "deactivate":
            return self._deactivation(user)
        steps: tuple[Step, ...] = ()
        after = "suspended"
        if user.status == "DEPROVISIONED":
            after = "deactivated"  # has less than a suspended account already
        elif user.status == "LOCKED_OUT" and mode == "unlock":
            steps = (_lifecycle(user, "unlock", "unlock %s"), _lifecycle(user, "suspend", "suspend %s"))
        elif user.status == "ACTIVE":
            steps = (_lifecycle(user, "suspend", "suspend %s"),)
        elif user.status != "SUSPENDED":
            unlock = ", `--mode unlock`" if user.status == "LOCKED_OUT" else ""
            raise StateConflict(
                f"Okta suspends active accounts only, and {user.login or account} is {user.status}",
                call="POST /api/v1/users/{id}/lifecycle/suspend",
                hint=f"use `--mode deactivate`{unlock}, or end sessions and passwords with the other actions",
            )
        return self._change(
            "suspend",
            user,
            after,
            steps,
            (_lifecycle(user, "unsuspend", "give %s access back"),),
            mode=mode,
            approximate="the account is no longer locked out" if len(steps) > 1 else None,
            side_effects=(
                "the person's Okta sessions end; sessions already open in other apps live on",
                "OAuth tokens live on: add revoke-sessions to end them",
            ),
            keeps={"is_admin": self._is_admin(user)},
        )

    def _deactivation(self, user: mapping.User) -> Change:
        gone = user.status == "DEPROVISIONED"
        return self._change(
            "suspend",
            user,
            "deactivated",
            () if gone else (_lifecycle(user, "deactivate", "deactivate %s"),),
            (_lifecycle(user, "activate", "activate %s"),),
            mode="deactivate",
            approximate=(
                "app assignments, factors and the password do not come back, nor what apps deleted meanwhile; "
                "the person must set up the account again"
            ),
            side_effects=(
                "irreversible: app assignments are removed, and apps may delete the person's data",
                "all sessions and tokens of the person end",
            ),
            keeps={"is_admin": self._is_admin(user)},
        )

    def _is_admin(self, user: mapping.User) -> bool | None:
        """Tell whether a user holds a role, None where that may not be read: the guard then looks by itself."""
        try:
            return bool(self._roles("/api/v1/users/{userId}/roles", {"userId": user.id}))
        except NotPermitted:
            return None

    @needs(
        "GET /api/v1/users/{id}",
        "POST /api/v1/users/{id}/lifecycle/unsuspend",
        "POST /api/v1/users/{id}/lifecycle/activate",
        any_of=okta(USERS_MANAGE),
    )
    def plan_unsuspend(self, account: str) -> Change:
        user = self.user(account)
        state = state_of(user)
        steps: tuple[Step, ...]
        if state == "deactivated":
            steps = (_lifecycle(user, "activate", "activate %s"),)
            inverse = (_lifecycle(user, "deactivate", "deactivate %s again"),)
            approximate = "app assignments and factors do not come back; the person must set up the account again"
        else:
            steps = (_lifecycle(user, "unsuspend", "give %s access back"),) if state == "suspended" else ()
            inverse = (_lifecycle(user, "suspend", "suspend %s again"),)
            approximate = None
        return self._change("unsuspend", user, "active", steps, inverse, approximate=approximate)

    @needs(
        "GET /api/v1/users/{id}",
        "POST /api/v1/users/{id}/lifecycle/reset_password",
        "POST /api/v1/users/{id}/lifecycle/expire_password",
        "POST /api/v1/users/{id}/lifecycle/expire_password_with_temp_password",
        any_of=okta(USERS_MANAGE),
        irreversible="the former password is gone",
    )
    def plan_revoke_password(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or "reset"
        if mode not in _PASSWORD:
            raise UsageError(f"okta has no password mode `{mode}`", hint=f"use --mode {' or '.join(_PASSWORD)}")
        user = self.user(account)
        name = user.login or user.id
        if user.source in _ELSEWHERE:
            raise Unsupported(f"the password of {name} is kept elsewhere ({user.source})")
        if user.status not in _USABLE:
            raise StateConflict(
                f"{name} is {user.status}: there is no password to revoke", call="GET /api/v1/users/{id}"
            )
        verb, reached = _PASSWORD[mode]
        revoke = Step(
            name="lifecycle" if mode == "expire" else "lifecycle-once",
            title=f"{mode} the password of {name}",
            args={"user": user.id, "verb": verb, "was": user.status},
            # Once more would send another mail, or make another password that nobody knows.
            repeatable=mode == "expire",
        )
        # A temporary password is of use against a stolen one even where the former has expired.
        done = user.status == reached and mode != "temporary"
        effects = [self.revoke_password_modes[mode]]
        if user.source in {"ACTIVE_DIRECTORY", "LDAP"}:
            effects.append(
                f"the account is mastered in {user.source}: with delegated sign-in the password expires there"
            )
        return Change(
            action="revoke-password",
            target=local("account", user.id),
            target_name=name,
            mode=mode,
            before={"status": user.status},
            after={"status": reached},
            steps=() if done else (revoke,),
            irreversible="the former password is gone; the person sets a new one",
            touches=(local("account", user.id),),
            side_effects=tuple(effects),
            # Where it has expired before, the status says nothing of the temporary one.
            observable=done or user.status != reached,
            keeps={"user": user.id},
        )

    @needs(
        "GET /api/v1/users/{id}",
        "DELETE /api/v1/users/{userId}/sessions",
        any_of=okta(USERS_MANAGE),
        irreversible="the person signs in again",
        observable=False,
    )
    def plan_revoke_sessions(self, account: str) -> Change:
        user = self.user(account)
        name = user.login or user.id
        end = Step(
            name="end-sessions",
            title=f"end all Okta sessions and OAuth tokens of {name}, and forget remembered devices",
            args={"user": user.id},
            repeatable=False,
        )
        return Change(
            action="revoke-sessions",
            target=local("account", user.id),
            target_name=name,
            after={"sessions": "ended"},
            steps=(end,),
            irreversible="the person signs in again",
            touches=(local("account", user.id),),
            side_effects=("sessions already open in other apps live on until those apps end them",),
            observable=False,
            keeps={"user": user.id},
        )

    def _change(
        self,
        action: str,
        user: mapping.User,
        after: str,
        steps: tuple[Step, ...],
        inverse: tuple[Step, ...],
        **more: Any,
    ) -> Change:
        keeps = {key: value for key, value in more.pop("keeps", {}).items() if value is not None}
        return Change(
            action=action,
            target=local("account", user.id),
            target_name=user.login or user.id,
            before={"status": state_of(user)},
            after={"status": after},
            steps=steps,
            inverse=inverse,
            touches=(local("account", user.id),),
            keeps={"user": user.id, "okta_status": user.status, **keeps},
            **more,
        )

    def _lifecycle(self, user: str, verb: str, *, safe: bool, was: str | None = None) -> None:
        call = self.act(
            f"POST /api/v1/users/{{id}}/lifecycle/{verb}", {"id": user}, query=_QUERY.get(verb, {}), safe=safe
        )
        try:
            # What comes back may be a password or a link to set one: it is let go unread.
            self.client.send(call)
        except (RequestRefused, StateConflict):
            # Okta refuses what is done already: a repeated call, or one whose answer was lost.
            if was in _REACHED[verb] or self.user(user).status not in _REACHED[verb]:
                raise

    @step("lifecycle")
    def _do_lifecycle(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._lifecycle(args["user"], args["verb"], safe=True)

    @step("lifecycle-once")
    def _do_lifecycle_once(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._lifecycle(args["user"], args["verb"], safe=False, was=args.get("was"))

    @step("end-sessions")
    def _end_sessions(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # Classic Engine keeps remembered devices unless told otherwise, Identity Engine does not: say it.
        query = {"oauthTokens": True, "forgetDevices": True}
        call = self.act("DELETE /api/v1/users/{userId}/sessions", {"userId": args["user"]}, query=query, safe=False)
        self.client.send(call)

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell by the account's status whether a password call took effect, unless it was so before."""
        if step.name == "lifecycle-once":
            reached = _REACHED[step.args["verb"]]
            return None if step.args.get("was") in reached else self.user(step.args["user"]).status in reached
        return super().settle(step, memo)

    def observe_suspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the account's state again."""
        del memo
        return {"status": state_of(self.user(change.keeps["user"]))}

    observe_unsuspend = observe_suspend

    def observe_revoke_password(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the account's status again."""
        del memo
        return {"status": self.user(change.keeps["user"]).status}

    def observe_revoke_sessions(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Say that Okta tells nothing: nobody can list a person's sessions."""
        del change, memo
        raise Unsupported("whether a session of a person lives cannot be read")


def state_of(user: mapping.User) -> str:
    """Return `active`, `suspended` or `deactivated`; what else Okta tells is of no matter to access taken away."""
    return {"SUSPENDED": "suspended", "DEPROVISIONED": "deactivated"}.get(user.status or "", "active")


def _lifecycle(user: mapping.User, verb: str, title: str) -> Step:
    return Step(name="lifecycle", title=title % (user.login or user.id), args={"user": user.id, "verb": verb})
