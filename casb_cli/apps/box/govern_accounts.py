"""Acting on people: status, password and sessions. What closes the door to a person's files comes last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from casb_cli.apps.base import step
from casb_cli.apps.box import mapping
from casb_cli.apps.box.directory import Directory
from casb_cli.apps.box.scopes import USERS, box
from casb_cli.core.capabilities import Change, RevokePassword, RevokeSessions, Step, SuspendAccount, needs
from casb_cli.core.errors import Unsupported, UsageError
from casb_cli.core.refs import local

_USERS = box(USERS)
_STATUS = {"inactive": "inactive", "limit": "cannot_delete_edit_upload"}
_FIELDS = "id,type,name,login,status,role"


class GovernAccounts(Directory, SuspendAccount, RevokePassword, RevokeSessions):
    """Matrix row 4."""

    suspend_modes: ClassVar[Mapping[str, str]] = {
        "inactive": "no access at all; what the person owns disappears for every collaborator until undone",
        "limit": "the person may still sign in and read, but not delete, edit or upload",
    }

    def user(self, account: str) -> mapping.User:
        """Return a managed user as it is now; raises ObjectMissing."""
        call = self.get("/users/{user_id}", {"user_id": account}, query={"fields": _FIELDS})
        return self.read(call, mapping.User)

    @needs("GET /users/{user_id}", "PUT /users/{user_id}", any_of=_USERS)
    def plan_suspend(self, account: str, *, mode: str | None = None) -> Change:
        mode = mode or "inactive"
        if mode not in _STATUS:
            raise UsageError(f"box has no suspend mode `{mode}`", hint=f"use --mode {' or --mode '.join(_STATUS)}")
        user = self.user(account)
        if user.role == "admin":
            raise Unsupported(
                f"{user.login} is the primary administrator, whom Box lets nobody change",
                hint="hand the role to another account in the Admin Console first",
            )
        if mode == "limit" and user.status == "inactive":
            # To limit it would give access back: an inactive account has less than a limited one.
            return self._status("suspend", user, "inactive", mode=mode)
        effects = (
            (
                "folders that the person owns disappear for every collaborator until undone",
                "the person's files can no longer be listed, moved or unshared: act on files and links first",
                "the account still takes a paid seat",
                "open sessions end at the person's next action; add revoke-sessions to end them now",
            )
            if mode == "inactive"
            else ("the person still reads everything and keeps all sessions",)
        )
        return self._status("suspend", user, _STATUS[mode], mode=mode, effects=effects)

    @needs("GET /users/{user_id}", "PUT /users/{user_id}", any_of=_USERS)
    def plan_unsuspend(self, account: str) -> Change:
        return self._status("unsuspend", self.user(account), "active")

    def _status(
        self, action: str, user: mapping.User, wanted: str, *, mode: str | None = None, effects: tuple[str, ...] = ()
    ) -> Change:
        name = user.login or user.id

        def to(status: str) -> Step:
            return Step(
                name="set-status",
                title=f"set the status of {name} to {status}",
                args={"user": user.id, "status": status},
            )

        before = user.status or "active"
        return Change(
            action=action,
            target=local("account", user.id),
            target_name=name,
            mode=mode,
            before={"status": before},
            after={"status": wanted},
            steps=() if before == wanted else (to(wanted),),
            inverse=(to(before),),
            touches=(local("account", user.id),),
            side_effects=effects,
            keeps={"user": user.id, "is_admin": user.role in {"admin", "coadmin"}},
        )

    @needs("GET /users/{user_id}", any_of=_USERS)
    @needs(
        "PUT /users/{user_id}",
        any_of=_USERS,
        irreversible="the person may have chosen a new password already",
        observable=False,
    )
    def plan_revoke_password(self, account: str) -> Change:
        user = self.user(account)
        name = user.login or user.id

        def to(required: bool) -> Step:
            word = "require" if required else "no longer require"
            return Step(
                name="require-password",
                title=f"{word} a new password of {name}",
                args={"user": user.id, "required": required},
                repeatable=False,
            )

        return Change(
            action="revoke-password",
            target=local("account", user.id),
            target_name=name,
            after={"password_reset_required": True},
            steps=(to(True),),
            inverse=(to(False),),
            approximate="only until the person has chosen a new password",
            touches=(local("account", user.id),),
            side_effects=(
                "no effect where people sign in through single sign-on",
                "until the person has chosen a new password, nobody can act as them: do file actions first",
            ),
            observable=False,
            keeps={"user": user.id},
        )

    @needs("GET /users/{user_id}", any_of=_USERS)
    @needs(
        "POST /users/terminate_sessions",
        any_of=_USERS,
        irreversible="the person signs in again",
        observable=False,
    )
    def plan_revoke_sessions(self, account: str) -> Change:
        user = self.user(account)
        name = user.login or user.id
        end = Step(
            name="end-sessions",
            title=f"end all sessions of {name}",
            args={"user": user.id, "login": user.login or ""},
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
            side_effects=("Box ends them in the background; apps of the person must sign in again too",),
            observable=False,
            keeps={"user": user.id},
        )

    def _put_user(self, user: str, *, safe: bool, **body: Any) -> None:
        self.client.send(
            self.act("PUT /users/{user_id}", {"user_id": user}, query={"fields": _FIELDS}, json=body, safe=safe)
        )

    @step("set-status")
    def _set_status(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # A status can be read back, and setting it twice does no harm.
        self._put_user(args["user"], safe=True, status=args["status"])

    @step("require-password")
    def _require_password(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # Whether it is set cannot be read back: a lost answer stays unknown.
        self._put_user(args["user"], safe=False, is_password_reset_required=args["required"])

    @step("end-sessions")
    def _end_sessions(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        # Both lists are required by Box, and name the same people.
        body = {"user_ids": [args["user"]], "user_logins": [args["login"]]}
        self.client.send(self.act("POST /users/terminate_sessions", json=body, safe=False))

    def observe_suspend(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the account's status again."""
        del memo
        return {"status": self.user(change.keeps["user"]).status or "active"}

    observe_unsuspend = observe_suspend

    def observe_revoke_password(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Say that Box tells nothing: neither a required reset nor a session can be read."""
        del change, memo
        raise Unsupported("whether a password must be renewed or a session lives cannot be read")

    observe_revoke_sessions = observe_revoke_password
