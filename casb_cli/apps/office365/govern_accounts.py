"""Acting on people and apps: disabling and enabling, new passwords, ending sessions."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from casb_cli.apps.base import step
from casb_cli.apps.office365 import mapping
from casb_cli.apps.office365.grants import Grants
from casb_cli.apps.office365.scopes import (
    APPS,
    APPS_WRITE,
    ENABLE_DISABLE,
    PASSWORDS,
    REVOKE_SESSIONS,
    USERS,
    graph,
    on_apps,
    on_users,
)
from casb_cli.core import clock
from casb_cli.core.capabilities import Change, RevokePassword, RevokeSessions, Step, SuspendAccount
from casb_cli.core.errors import NotPermitted, ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

_SYNCED = (
    "the account is synchronised from an on-premises directory: Entra may refuse this, and the next sync may undo it;"
    " disable it there too, and look with `casb govern verify`"
)
_PRIVILEGED = (
    "the account holds a directory role: this fails unless casb's own app holds the role Privileged Authentication"
    " Administrator"
)
_ENABLED = "enabled"


class GovernAccounts(Grants, SuspendAccount, RevokePassword, RevokeSessions):
    """Matrix row 4; the reference of an app is the account of its service principal."""

    suspend_modes: ClassVar[Mapping[str, str]] = {
        "disable": "no sign-in until enabled again; everything is kept",
        "compromised": "disabled, then a password that nobody knows, and signed out everywhere",
    }

    @on_users("GET /users/{id}", "PATCH /users/{id}", any_of=graph((USERS, ENABLE_DISABLE)))
    @on_users("POST /users/{id}/revokeSignInSessions", any_of=graph(REVOKE_SESSIONS))
    @on_apps("GET /servicePrincipals/{id}", "PATCH /servicePrincipals/{id}", any_of=graph((APPS, APPS_WRITE)))
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or next(iter(self.suspend_modes))
        if mode not in self.suspend_modes:
            raise UsageError(
                f"office365 has no suspend mode `{mode}`", hint=f"use --mode {' or '.join(self.suspend_modes)}"
            )
        user = self._person(account)
        if user is None:
            return self._app("suspend", account, enabled=False, mode=mode)
        steps: tuple[Step, ...] = (_set_enabled(user, enabled=False),) if user.account_enabled else ()
        effects = ["tokens already issued live an hour at most", *self._warnings(user)]
        approximate = None
        if mode == "compromised":
            if user.external:
                effects.append("the password stays, as do sessions at home: a guest's are kept by another organization")
            elif user.synced:
                effects.append("the password stays: it is kept in the on-premises directory; reset it there")
            else:
                steps = (*steps, _new_password(user))
                approximate = "the former password does not come back"
            steps = (*steps, _end_sessions(user))
        if mode == "compromised" and not user.account_enabled:
            # It is disabled, which says nothing of its password and sessions: those are what is left to do.
            return self._status(
                "suspend",
                user,
                enabled=False,
                steps=steps,
                irreversible="the account was disabled before; its password and sessions do not come back",
                observable=False,
                mode=mode,
                side_effects=tuple(effects),
            )
        return self._status(
            "suspend",
            user,
            enabled=False,
            steps=steps,
            inverse=(_set_enabled(user, enabled=True),),
            mode=mode,
            approximate=approximate,
            side_effects=tuple(effects),
        )

    @on_users("GET /users/{id}", "PATCH /users/{id}", any_of=graph((USERS, ENABLE_DISABLE)))
    @on_apps("GET /servicePrincipals/{id}", "PATCH /servicePrincipals/{id}", any_of=graph((APPS, APPS_WRITE)))
    def plan_unsuspend(self, account: str) -> Change:
        user = self._person(account)
        if user is None:
            return self._app("unsuspend", account, enabled=True)
        return self._status(
            "unsuspend",
            user,
            enabled=True,
            steps=() if user.account_enabled else (_set_enabled(user, enabled=True),),
            inverse=(_set_enabled(user, enabled=False),),
            side_effects=tuple(self._warnings(user)),
        )

    @on_users(
        "GET /users/{id}",
        "PATCH /users/{id}",
        any_of=graph((USERS, PASSWORDS)),
        irreversible="the former password is gone",
    )
    def plan_revoke_password(self, account: str) -> Change:
        user = self.user(account)
        if user.external:
            raise Unsupported(f"{user.login} is a guest, whose password is kept by another organization")
        changed = clock.normalise(user.password_changed)
        step_ = _new_password(user)
        return Change(
            action="revoke-password",
            target=local("account", user.id),
            target_name=user.login,
            before={"password": "former"},
            after={"password": "replaced"},
            steps=() if user.synced else (step_,),
            irreversible="the former password is gone; an administrator sets the next one, or the person resets it",
            manual=_where_synced(user) if user.synced else None,
            touches=(local("account", user.id),),
            side_effects=()
            if user.synced
            else (
                "replaced by one that nobody knows, to be changed at the next sign-in",
                "sessions live on: revoke-sessions ends them",
                *self._warnings(user),
            ),
            keeps={"user": user.id, "changed": changed, "is_admin": self._holds_role(user.id)},
        )

    @on_users("GET /users/{id}", any_of=graph(USERS))
    @on_users(
        "POST /users/{id}/revokeSignInSessions",
        any_of=graph(REVOKE_SESSIONS),
        irreversible="the person signs in again",
    )
    def plan_revoke_sessions(self, account: str) -> Change:
        user = self.user(account)
        effects = ["takes some minutes to hold; access tokens already out live an hour at most"]
        if user.external:
            effects.append("a guest signs in at home: this ends nothing there")
        return Change(
            action="revoke-sessions",
            target=local("account", user.id),
            target_name=user.login,
            before={"sessions": "former"},
            after={"sessions": "ended"},
            steps=(_end_sessions(user),),
            irreversible="the person signs in again",
            touches=(local("account", user.id),),
            side_effects=tuple(effects),
            observable=user.sessions_from is not None,
            keeps={"user": user.id, "since": clock.normalise(user.sessions_from)},
        )

    # What plans are made of

    def _person(self, account: str) -> mapping.User | None:
        """Return the user of an id; None where it is an app's, raises ObjectMissing where it is neither's."""
        try:
            return self.user(account)
        except ObjectMissing as error:
            if self.on("apps"):
                return None
            raise error from None

    def _status(self, action: str, user: mapping.User, *, enabled: bool, **more: Any) -> Change:
        return Change(
            action=action,
            target=local("account", user.id),
            target_name=user.login,
            before={_ENABLED: bool(user.account_enabled)},
            after={_ENABLED: enabled},
            touches=(local("account", user.id),),
            keeps={"user": user.id, "is_admin": self._holds_role(user.id)},
            **more,
        )

    def _app(self, action: str, id_: str, *, enabled: bool, mode: str | None = None) -> Change:
        """Plan to let an app sign in or not: what it was granted stays, and works again once it may."""
        if mode not in {None, "disable"}:
            raise UsageError(f"an app is disabled only: there is no mode `{mode}` for it")
        app = self.service(id_)
        now = app.account_enabled is not False
        word = "enable" if enabled else "disable"

        def turn(*, on: bool) -> Step:
            title = f"{'enable' if on else 'disable'} the app {app.title}"
            return Step(name="set-app-enabled", title=title, args={"app": app.id, "enabled": on})

        return Change(
            action=action,
            target=local("account", app.id),
            target_name=f"app {app.title}",
            mode=mode,
            before={_ENABLED: now},
            after={_ENABLED: enabled},
            steps=() if now == enabled else (turn(on=enabled),),
            inverse=(turn(on=not enabled),),
            touches=(local("account", app.id),),
            side_effects=(f"{word}d for everybody in the tenant; tokens already issued live an hour at most",),
            keeps={"app": app.id, "is_admin": self._holds_role(app.id)},
        )

    def _holds_role(self, id_: str) -> bool | None:
        try:
            return id_ in self.admins()
        except NotPermitted:
            return None

    def _warnings(self, user: mapping.User) -> list[str]:
        found = [_SYNCED] if user.synced else []
        if self._holds_role(user.id):
            found.append(_PRIVILEGED)
        return found

    # Steps

    def _patch(self, user: str, body: dict[str, Any], *, safe: bool = True) -> None:
        self.client.send(self.act("PATCH /users/{id}", {"id": user}, json=body, safe=safe))

    @step("set-enabled")
    def _do_set_enabled(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._patch(args["user"], {"accountEnabled": args["enabled"]})

    @step("set-app-enabled")
    def _do_set_app_enabled(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        body = {"accountEnabled": args["enabled"]}
        self.client.send(self.act("PATCH /servicePrincipals/{id}", {"id": args["app"]}, json=body, safe=True))

    @step("new-password")
    def _do_new_password(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # Made here, told to Entra, and known to nobody afterwards; the marks meet every rule of complexity.
        password = f"{secrets.token_urlsafe(24)}aA1!"
        body = {"passwordProfile": {"forceChangePasswordNextSignIn": True, "password": password}}
        self._patch(args["user"], body, safe=False)

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell whether a password was replaced, or sessions were ended, by the date that Entra keeps of it."""
        if step.name == "new-password":
            return self._replaced(step.args["user"], step.args["changed"])
        if step.name == "end-sessions":
            since = step.args["since"]
            return self._sessions_from(step.args["user"]) > since if since else None
        return super().settle(step, memo)

    def _replaced(self, user: str, changed: str | None) -> bool:
        now = clock.normalise(self.user(user).password_changed)
        return now is not None and (changed is None or now > changed)

    def _sessions_from(self, user: str) -> str:
        """Return from when on a person's sessions are good: all that began before were ended."""
        return clock.normalise(self.user(user).sessions_from) or ""

    @step("end-sessions")
    def _do_end_sessions(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        self.client.send(self.act("POST /users/{id}/revokeSignInSessions", {"id": args["user"]}, safe=False))
        return {"ended": True}

    # Observing

    def observe_suspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether the account, or the app, may sign in."""
        del memo
        if "app" in change.keeps:
            return {_ENABLED: self.service(change.keeps["app"]).account_enabled is not False}
        return {_ENABLED: bool(self.user(change.keeps["user"]).account_enabled)}

    observe_unsuspend = observe_suspend

    def observe_revoke_password(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether the password was changed since the plan was made: the password itself nobody can read."""
        del memo
        replaced = self._replaced(change.keeps["user"], change.keeps["changed"])
        return {"password": "replaced" if replaced else "former"}

    def observe_revoke_sessions(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether sessions were ended since the plan was made; who signed in again since is not told."""
        now, since = self._sessions_from(change.keeps["user"]), change.keeps["since"]
        # Entra keeps whole seconds: ended twice in one, the date is the same.
        ended = now > since or (now == since and bool(memo.get("ended")))
        return {"sessions": "ended" if ended else "former"}


def _set_enabled(user: mapping.User, *, enabled: bool) -> Step:
    title = f"{'enable' if enabled else 'disable'} {user.login}"
    return Step(name="set-enabled", title=title, args={"user": user.id, "enabled": enabled})


def _new_password(user: mapping.User) -> Step:
    args = {"user": user.id, "changed": clock.normalise(user.password_changed)}
    title = f"replace the password of {user.login} by one that nobody knows"
    return Step(name="new-password", title=title, args=args, repeatable=False)


def _end_sessions(user: mapping.User) -> Step:
    title = f"sign {user.login} out of every browser and device"
    args = {"user": user.id, "since": clock.normalise(user.sessions_from)}
    return Step(name="end-sessions", title=title, args=args, repeatable=False)


def _where_synced(user: mapping.User) -> str:
    return (
        f"the password of {user.login} is kept in the on-premises directory: reset it there, or with write-back at "
        f"https://entra.microsoft.com/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/{user.id}"
    )
