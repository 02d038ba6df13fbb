"""Taking permissions away and giving them again, one item at a time; what governed actions share."""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.office365.drives import ITEM, PERMISSIONS, Drives
from casb_cli.apps.office365.mapping_files import Permission, file_id
from casb_cli.core import clock
from casb_cli.core.errors import ObjectMissing, Unsupported
from casb_cli.core.refs import local

PERMISSION = f"{PERMISSIONS}/{{permissionId}}"


class On(msgspec.Struct, frozen=True):
    """What carries permissions: an item of a drive."""

    drive: str
    item: str
    name: str
    folder: bool = False

    @property
    def args(self) -> dict[str, Any]:
        """As a step's arguments."""
        return {"drive": self.drive, "item": self.item, "name": self.name, "folder": self.folder}

    @classmethod
    def of(cls, args: dict[str, Any], memo: dict[str, Any]) -> On:
        """Return what a step's arguments name; an item that was put back meanwhile is another one now."""
        item = memo.get("restored") if args.get("follows") else None
        return cls(args["drive"], item or args["item"], args["name"], bool(args.get("folder")))

    @property
    def ref(self) -> str:
        """Its local reference."""
        return local("folder" if self.folder else "file", file_id(self.drive, self.item))


def permission_state(found: Permission) -> dict[str, Any]:
    """Return a permission as the journal keeps it: enough to give it again, never a link's address."""
    to = found.to
    state: dict[str, Any] = {
        "id": found.id,
        "kind": found.kind,
        "who": found.who,
        "role": found.role,
        "expires": clock.normalise(found.expiration_date_time),
    }
    if found.link is not None:
        state |= {
            "scope": found.link.scope,
            "type": found.link.type,
            "password": bool(found.has_password),
            "grantees": sorted(one.address for one in found.grantees if one.address),
        }
    elif to is not None:
        state |= {"address": to.address, "object": to.id, "login": to.login}
    return state


def words(state: dict[str, Any]) -> str:
    """Return whom a permission lets in, and as what."""
    if state["kind"] == "link":
        return f"a link to {state['type']} for {state['who']}"
    return f"{state['role']} for {state['who']}"


def can_be_given(state: dict[str, Any]) -> bool:
    """Tell whether a permission can be given again: a link's password is told to nobody, a past end not taken."""
    if state["kind"] == "link":
        return not state["password"] and state["scope"] in {"anonymous", "organization", "users"}
    return bool(state.get("address") or state.get("object"))


def shown(states: list[dict[str, Any]]) -> list[str]:
    """Return permissions in words, without what differs once they were given again."""
    return sorted(words(one) for one in states if can_be_given(one))


class Permits(Drives):
    """Steps on permissions; each looks first, so that it may be repeated."""

    def standing(self, on: On) -> list[Permission]:
        """Return the permissions on an item now, inherited ones too, without its owner's; raises ObjectMissing."""
        place = self.place(on.drive)
        found = self.permissions(on.drive, on.item)
        return [one for one in found if one.counts and not one.is_of_owner(place.owner_id, place.owner)]

    @staticmethod
    def same(found: Permission, state: dict[str, Any]) -> bool:
        """Tell whether a permission lets in the same people in the same way."""
        now = permission_state(found)
        if now["kind"] != state["kind"]:
            return False
        if state["kind"] == "link":
            return bool(
                (now["scope"], now["type"]) == (state["scope"], state["type"])
                and (state["scope"] != "users" or now["id"] == state["id"] or now["grantees"] == state["grantees"])
            )
        if now["id"] == state["id"]:
            return True
        return any(now.get(key) and now.get(key) == state.get(key) for key in ("address", "object", "login"))

    def direct_now(self, on: On, state: dict[str, Any]) -> Permission | None:
        """Return the permission of the same people that stands on the item itself now."""
        return next((one for one in self.standing(on) if one.direct and self.same(one, state)), None)

    def drop(self, on: On, permission: str) -> None:
        """Take a permission away; one that is gone already is fine."""
        path = {"driveId": on.drive, "itemId": on.item, "permissionId": permission}
        self.client.send(self.act(f"DELETE {PERMISSION}", path, safe=True, answers=(404,)))

    def give(self, on: On, state: dict[str, Any]) -> None:
        """Give a permission, where the same people have it not yet, without a mail; another role is corrected."""
        present = self.direct_now(on, state)
        if present is not None:
            self.change(on, present, state)
            return
        if not can_be_given(state):
            raise Unsupported(f"{words(state)} cannot be given again", hint="share it anew in Microsoft 365")
        if state["kind"] == "link":
            self.make_link(on, state)
            return
        recipient = {"email": state["address"]} if state.get("address") else {"objectId": state["object"]}
        body: dict[str, Any] = {
            "recipients": [recipient],
            "roles": [state["role"]],
            "requireSignIn": True,
            "sendInvitation": False,
        }
        if _ahead(state.get("expires")):
            body["expirationDateTime"] = state["expires"]
        self.client.send(self.act(f"POST {ITEM}/invite", _path(on), json=body, safe=False))

    def make_link(self, on: On, state: dict[str, Any]) -> None:
        """Make a sharing link; one of the same scope and type that stands is what the provider gives."""
        body: dict[str, Any] = {"type": state["type"], "scope": state["scope"], "sendNotification": False}
        if state["scope"] == "users":
            body["recipients"] = [{"email": one} for one in state["grantees"]]
        if _ahead(state.get("expires")):
            body["expirationDateTime"] = state["expires"]
        self.client.send(self.act(f"POST {ITEM}/createLink", _path(on), json=body, safe=False))

    def change(self, on: On, present: Permission, state: dict[str, Any]) -> None:
        """Give a permission that stands the role and the end of a state, where they differ."""
        body: dict[str, Any] = {}
        if present.link is None and present.role != state["role"]:
            body["roles"] = [state["role"]]
        expires = state.get("expires")
        if clock.normalise(present.expiration_date_time) != expires and (expires is None or _ahead(expires)):
            body["expirationDateTime"] = expires
        if body:
            path = {**_path(on), "permissionId": present.id}
            self.client.send(self.act(f"PATCH {PERMISSION}", path, json=body, safe=True))

    @step("drop-permission")
    def _drop_permission(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        on = On.of(args, memo)
        try:
            present = self.direct_now(on, args["permission"])
        except ObjectMissing:
            return  # the item is gone, and its sharing with it
        if present is not None:
            self.drop(on, present.id)

    @step("give-permission")
    def _give_permission(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self.give(On.of(args, memo), args["permission"])

    @step("change-permission")
    def _change_permission(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        on = On.of(args, memo)
        present = self.direct_now(on, args["permission"])
        if present is None:
            raise ObjectMissing(f"{words(args['permission'])} is not on {on.name} any more")
        self.change(on, present, {**args["permission"], **args["to"]})


def _ahead(expires: str | None) -> bool:
    return bool(expires) and clock.parse(str(expires)) > clock.now()


def _path(on: On) -> dict[str, str]:
    return {"driveId": on.drive, "itemId": on.item}
