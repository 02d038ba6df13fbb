"""Reading and writing the permissions of one item, one at a time; what governed actions share."""

from __future__ import annotations

import threading
from typing import Any

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import ADMIN_ACCESS, ANY_DRIVE
from casb_cli.apps.google_workspace.walk import Walker
from casb_cli.core import clock
from casb_cli.core.errors import ObjectMissing

PERMISSION = f"{DRIVE}/files/{{fileId}}/permissions/{{permissionId}}"
PERMISSIONS = f"{DRIVE}/files/{{fileId}}/permissions"


class On(msgspec.Struct, frozen=True):
    """What carries permissions, and as whom they are changed; a shared drive's as administrator."""

    id: str
    as_: str
    drive: bool = False

    @property
    def args(self) -> dict[str, Any]:
        """As a step's arguments."""
        return {"on": self.id, "as": self.as_, "drive": self.drive}

    @classmethod
    def of(cls, args: dict[str, Any]) -> On:
        """Return what a step's arguments name."""
        return cls(args["on"], args["as"], bool(args.get("drive")))


def permission_state(found: shapes.Permission) -> dict[str, Any]:
    """Return a direct permission as the journal keeps it: enough to give it again."""
    state: dict[str, Any] = {
        "id": found.id,
        "type": found.type,
        "who": found.email_address or found.domain,
        "role": found.role_here,
        "expires": clock.normalise(found.expiration_time),
    }
    if found.type in {"anyone", "domain"}:
        state["discoverable"] = bool(found.allow_file_discovery)
    return state


def words(state: dict[str, Any]) -> str:
    """Return whom a permission lets in, and as what."""
    return f"{state['role']} {state['who'] or 'anyone'}"


def body_of(state: dict[str, Any]) -> dict[str, Any]:
    """Return what gives a permission again; an expiry that has passed cannot be set."""
    body: dict[str, Any] = {"type": state["type"], "role": state["role"]}
    if state["type"] == "domain":
        body["domain"] = state["who"]
    elif state["type"] in {"user", "group"}:
        body["emailAddress"] = state["who"]
        if state.get("expires") and clock.parse(state["expires"]) > clock.now():
            body["expirationTime"] = state["expires"]
    if state["type"] in {"anyone", "domain"}:
        body["allowFileDiscovery"] = bool(state.get("discoverable"))
    return body


class Permits(Walker):
    """Steps on permissions; each looks first, so that it may be repeated."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._changing: dict[str, threading.Lock] = {}
        self._changing_lock = threading.Lock()

    def one_at_a_time(self, id_: str) -> threading.Lock:
        """Return what holds other changes of an item's permissions back: of two at once only the last wins."""
        with self._changing_lock:
            return self._changing.setdefault(id_, threading.Lock())

    def standing(self, on: On) -> list[shapes.Permission]:
        """Return the permissions on an item now, inherited ones too, without its owner's; raises ObjectMissing."""
        found = self.permissions_of(on.id, None if on.drive else on.as_, admin=on.drive)
        return [one for one in found if one.counts]

    def same(self, found: shapes.Permission, state: dict[str, Any]) -> bool:
        """Tell whether a permission lets in the same grantee; its id is the grantee's, save where it was renewed."""
        if found.type != state["type"]:
            return False
        if found.type == "anyone":
            return True
        told = (found.email_address or found.domain or "").lower()
        return found.id == state["id"] or (bool(told) and told == (state["who"] or "").lower())

    def direct_now(self, on: On, state: dict[str, Any]) -> shapes.Permission | None:
        """Return the permission of the same grantee that stands on the item itself now."""
        return next((one for one in self.standing(on) if one.direct and self.same(one, state)), None)

    def _asked(self, on: On) -> dict[str, Any]:
        return dict(ADMIN_ACCESS if on.drive else ANY_DRIVE)

    def drop(self, on: On, permission: str) -> None:
        """Take a permission away; one that is gone already is fine."""
        with self.one_at_a_time(on.id):
            self.client.send(
                self.act(
                    f"DELETE {PERMISSION}",
                    {"fileId": on.id, "permissionId": permission},
                    None if on.drive else on.as_,
                    query=self._asked(on),
                    safe=True,
                    answers=(404,),
                )
            )

    def give(self, on: On, state: dict[str, Any]) -> None:
        """Give a permission, where the same grantee has it not yet, without a mail; another role is corrected."""
        present = self.direct_now(on, state)
        if present is not None:
            self.change(on, present, state)
            return
        query = self._asked(on)
        if state["type"] in {"user", "group"}:
            query["sendNotificationEmail"] = False
        with self.one_at_a_time(on.id):
            self.client.send(
                self.act(
                    f"POST {PERMISSIONS}",
                    {"fileId": on.id},
                    None if on.drive else on.as_,
                    query=query,
                    json=body_of(state),
                    safe=False,
                )
            )

    def change(self, on: On, present: shapes.Permission, state: dict[str, Any]) -> None:
        """Give a permission that stands the role and the expiry of a state, where they differ."""
        body: dict[str, Any] = {}
        query = self._asked(on)
        if present.role_here != state["role"]:
            body["role"] = state["role"]
        expires = state.get("expires")
        if clock.normalise(present.expiration_time) != expires:
            if expires is None:
                query["removeExpiration"] = True
            elif clock.parse(expires) > clock.now():
                body["expirationTime"] = expires
        if not body and "removeExpiration" not in query:
            return
        # Drive wants the role with every change.
        body.setdefault("role", state["role"])
        with self.one_at_a_time(on.id):
            self.client.send(
                self.act(
                    f"PATCH {PERMISSION}",
                    {"fileId": on.id, "permissionId": present.id},
                    None if on.drive else on.as_,
                    query=query,
                    json=body,
                    safe=True,
                )
            )

    @step("drop-permission")
    def _drop_permission(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        on = On.of(args)
        try:
            present = self.direct_now(on, args["permission"])
        except ObjectMissing:
            return  # the item is gone, and its sharing with it
        if present is not None:
            self.drop(on, present.id)

    @step("give-permission")
    def _give_permission(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.give(On.of(args), args["permission"])

    @step("change-permission")
    def _change_permission(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        on = On.of(args)
        present = self.direct_now(on, args["permission"])
        if present is None:
            raise ObjectMissing(f"{words(args['permission'])} has no permission on it any more")
        self.change(on, present, {**args["permission"], **args["to"]})
