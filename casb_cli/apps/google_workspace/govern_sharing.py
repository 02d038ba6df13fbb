"""Acting on sharing: a permission is removed, lowered or given an end, on the item that carries it."""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.permits import On, Permits, permission_state, words
from casb_cli.apps.google_workspace.scopes import DRIVE, USERS, google
from casb_cli.apps.google_workspace.walk import Tree
from casb_cli.core import clock
from casb_cli.core.capabilities import Change, ChangeShare, RemoveShare, Step, needs
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.models import Share
from casb_cli.core.refs import local

WRITING = google((DRIVE, USERS))
_ROLES = {
    "reader": "reader",
    "viewer": "reader",
    "commenter": "commenter",
    "writer": "writer",
    "editor": "writer",
    "contributor": "writer",
    "fileorganizer": "fileOrganizer",
    "organizer": "organizer",
}
"""Drive's roles, and the names that its own pages show for them."""
_DEEPEST = 50
"""Folders above an item that are looked at: Drive nests no deeper than 100, people hardly a tenth of that."""


class Carrier(msgspec.Struct, frozen=True):
    """What carries a permission: a file, a folder, or a shared drive."""

    on: On
    kind: str
    name: str
    shared: bool = False
    """Whether it is, or lies in, a shared drive."""

    @property
    def ref(self) -> str:
        """Its local reference."""
        return local(self.kind, self.on.id)


class GovernSharing(Permits, RemoveShare, ChangeShare):
    """Matrix row 10, the acting half."""

    def _carrier(self, share: str) -> tuple[Carrier, shapes.Permission]:
        """Return what carries a share, and the permission that it is; raises UsageError, ObjectMissing."""
        id_, _, permission = share.partition("/")
        if not id_ or not permission or "/" in permission:
            raise UsageError(
                f"`{share}` is no share of Drive", hint="list them: casb list shares --app google-workspace"
            )
        carrier = self._drive_carrier(id_) or self._item_carrier(id_, share)
        found = next((one for one in self.standing(carrier.on) if one.id == permission), None)
        if found is None:
            raise ObjectMissing(f"{carrier.name} has no permission {permission}")
        if not found.direct:
            raise Unsupported(
                f"this permission comes from above {carrier.name} and can only be changed where it stands",
                hint="act on the folder's own share, or have it found: casb govern make-private REF",
            )
        return carrier, found

    def _drive_carrier(self, id_: str) -> Carrier | None:
        """Return the shared drive of that id; None where it is none."""
        try:
            name = self.drive_name(id_)
        except ObjectMissing:
            return None
        return Carrier(On(id_, self.admin, drive=True), "folder", f"the shared drive {name}", shared=True)

    def _item_carrier(self, id_: str, share: str) -> Carrier:
        kept = self.recall("share", share)
        # Whoever it was shared with sees it, and sees whose it is.
        hints = (kept.who,) if isinstance(kept, Share) and kept.kind == "user" and kept.who else ()
        found = self.locate(id_, shapes.ACT_FIELDS, hints)
        path = self.tree_of(found.item, found.as_).path(found.item, alone=True)
        kind = "folder" if found.item.is_folder else "file"
        return Carrier(On(id_, found.as_), kind, path, shared=found.item.drive_id is not None)

    @needs(
        "GET /drive/v3/drives/{driveId}",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        "DELETE /drive/v3/files/{fileId}/permissions/{permissionId}",
        "POST /drive/v3/files/{fileId}/permissions",
        any_of=WRITING,
    )
    def plan_remove_share(self, share: str) -> Change:
        carrier, found = self._carrier(share)
        state = permission_state(found)
        self._spare_last(carrier, found)
        args = {**carrier.on.args, "permission": state}
        return Change(
            action="unshare",
            target=local("share", share),
            target_name=f"{words(state)} on {carrier.name}",
            before=_shown(state),
            after={"present": False},
            steps=(Step(name="drop-permission", title=f"take {words(state)} off {carrier.name}", args=args),),
            inverse=(
                Step(
                    name="give-permission",
                    title=f"let {words(state)} into {carrier.name} again",
                    args=args,
                    undoes="drop-permission",
                ),
            ),
            touches=(local("share", share),),
            side_effects=_effects(carrier, found),
            keeps={**carrier.on.args, "permission": state},
        )

    def _spare_last(self, carrier: Carrier, found: shapes.Permission) -> None:
        """Raise Unsupported where a shared drive would be left to nobody who manages it."""
        if not carrier.on.drive or found.role != "organizer":
            return
        if not any(one.role == "organizer" and one.id != found.id for one in self.standing(carrier.on)):
            raise Unsupported(
                f"{found.who} is the only manager of {carrier.name}", hint="make somebody else a manager first"
            )

    @needs(
        "GET /drive/v3/drives/{driveId}",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        "PATCH /drive/v3/files/{fileId}/permissions/{permissionId}",
        "POST /drive/v3/files/{fileId}/permissions",
        "DELETE /drive/v3/files/{fileId}/permissions/{permissionId}",
        any_of=WRITING,
    )
    def plan_change_share(
        self, share: str, *, role: str | None = None, sharing: str | None = None, expires: str | None = None
    ) -> Change:
        carrier, found = self._carrier(share)
        state = permission_state(found)
        if sharing:
            if role or expires:
                raise UsageError("--sharing replaces the share: give --role or --expires afterwards")
            return self._replace(share, carrier, found, state, sharing)
        to = dict(state)
        if role:
            to["role"] = _role(carrier, found, role)
            if found.role == "organizer" and to["role"] != "organizer":
                self._spare_last(carrier, found)
        if expires:
            self._may_end(carrier, found)
            to["expires"] = expires
        args = {**carrier.on.args, "permission": state}

        def step(wanted: dict[str, Any]) -> Step:
            until = f" until {wanted['expires']}" if wanted["expires"] else ""
            return Step(
                name="change-permission",
                title=f"let {words(wanted)} into {carrier.name}{until}",
                args={**args, "to": {"role": wanted["role"], "expires": wanted["expires"]}},
            )

        before, after = _shown(state), _shown(to)
        past = state["expires"] is not None and clock.parse(state["expires"]) <= clock.now()
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"{words(state)} on {carrier.name}",
            before=before,
            after=after,
            steps=() if before == after else (step(to),),
            inverse=(step(state),),
            approximate="its former end has passed and cannot be set again" if past else None,
            touches=(local("share", share),),
            side_effects=_effects(carrier, found),
            keeps=args,
        )

    @staticmethod
    def _may_end(carrier: Carrier, found: shapes.Permission) -> None:
        if found.type not in {"user", "group"}:
            raise Unsupported("only what a person or a group is given can have an end", hint="remove the share instead")
        if carrier.kind == "folder" and found.role != "reader":
            raise Unsupported("on a folder only a reader's permission can have an end")

    def _replace(
        self, share: str, carrier: Carrier, found: shapes.Permission, state: dict[str, Any], sharing: str
    ) -> Change:
        """Plan to narrow what anyone or a domain may open, to the company or to nobody."""
        if found.kind not in {"link", "domain"}:
            raise Unsupported("a person or a group has a --role and an --expires, no --sharing")
        if sharing not in {"internal", "private"}:
            said = "a link can be narrowed only" if sharing == "public" else f"Drive knows no link that is `{sharing}`"
            raise UsageError(said, hint="one of: internal, private")
        args = {**carrier.on.args, "permission": state}
        drop = Step(name="drop-permission", title=f"take {words(state)} off {carrier.name}", args=args)
        back = Step(name="give-permission", title=f"let {words(state)} into {carrier.name} again", args=args)
        steps: list[Step] = [drop]
        inverse: list[Step] = [back]
        after: dict[str, Any] = {"present": False}
        keeps = dict(args)
        level = shapes.level_of(found, self.is_internal)
        if sharing == "internal" and level != "internal":
            inside = {
                "id": "",
                "type": "domain",
                "who": self._home(),
                "role": state["role"],
                "expires": None,
                "discoverable": False,
            }
            if self.direct_now(carrier.on, inside) is None:
                own = {**carrier.on.args, "permission": inside}
                steps.insert(0, Step(name="give-permission", title=f"let {inside['who']} in", args=own))
                inverse.append(
                    Step(
                        name="drop-permission",
                        title=f"take {words(inside)} off {carrier.name}",
                        args=own,
                        undoes="give-permission",
                    )
                )
            keeps["inside"] = inside
            after["company"] = True
        elif sharing == "internal":
            steps, inverse, after = [], [], _shown(state)
        before = _shown(state) | ({"company": len(steps) < 2} if "company" in after else {})
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"{words(state)} on {carrier.name}",
            before=before,
            after=after,
            steps=tuple(steps),
            inverse=tuple(inverse),
            irreversible=None if inverse else "nothing is changed",
            touches=(local("share", share),),
            side_effects=("the link itself stays, and works again when it is undone", *_effects(carrier, found)),
            keeps=keeps,
        )

    def _home(self) -> str:
        """Return the company's primary domain."""
        facts = self.facts.tenant.facts if self.facts.tenant else {}
        return facts.get("domain") or self.customer.customer_domain or self.admin.rpartition("@")[2]

    def observe_unshare(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the permission of the same grantee again."""
        del memo
        keeps = change.keeps
        on = On.of(keeps)
        try:
            found = self.direct_now(on, keeps["permission"])
            told = {} if "inside" not in keeps else {"company": self.direct_now(on, keeps["inside"]) is not None}
        except ObjectMissing:
            return {"present": False}
        return {"present": False, **told} if found is None else _shown(permission_state(found)) | told

    observe_change_share = observe_unshare

    # One file

    @needs(
        "GET /drive/v3/drives/{driveId}",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        "DELETE /drive/v3/files/{fileId}/permissions/{permissionId}",
        "POST /drive/v3/files/{fileId}/permissions",
        any_of=WRITING,
    )
    def plan_make_private(self, file: str) -> Change:
        found = self.locate(file, shapes.ACT_FIELDS)
        tree = self.tree_of(found.item, found.as_)
        wide = self._wide(found.item, tree)
        name = tree.path(found.item, alone=True)
        steps: list[Step] = []
        inverse: list[Step] = []
        effects: list[str] = []
        for carrier, one in wide:
            state = permission_state(one)
            args = {**carrier.on.args, "permission": state}
            steps.append(Step(name="drop-permission", title=f"take {words(state)} off {carrier.name}", args=args))
            inverse.append(
                Step(
                    name="give-permission",
                    title=f"let {words(state)} into {carrier.name} again",
                    args=args,
                    undoes="drop-permission",
                )
            )
            if carrier.on.id != file:
                effects.append(f"{carrier.name} carries {words(state)}: everything in it is closed with it")
        return Change(
            action="make-private",
            target=local("file", file),
            target_name=name,
            version=found.item.version,
            before={"wider": _wide_words(wide)},
            after={"wider": []},
            steps=tuple(steps),
            inverse=tuple(inverse),
            touches=tuple(dict.fromkeys((local("file", file), *(carrier.ref for carrier, _ in wide)))),
            side_effects=tuple(dict.fromkeys(effects)),
            keeps={"file": file, "as": found.as_},
        )

    def _wide(self, item: shapes.Item, tree: Tree) -> list[tuple[Carrier, shapes.Permission]]:
        """Return every permission that opens an item to others than the company, each with what carries it."""
        found: list[tuple[Carrier, shapes.Permission]] = []
        open_now = {
            one.id
            for one in self.permissions_of(item.id, tree.user)
            if one.counts and shapes.level_of(one, self.is_internal) in {"public", "external"}
        }
        at: shapes.Item | None = item
        for _ in range(_DEEPEST):
            if not open_now or at is None:
                break
            kind = "folder" if at.is_folder else "file"
            carrier = Carrier(On(at.id, tree.user), kind, tree.path(at, alone=True))
            standing = self.standing(carrier.on)
            found += [(carrier, one) for one in standing if one.id in open_now and one.direct]
            # Only what comes from above still is to be found there.
            open_now &= {one.id for one in standing if any(d.inherited for d in one.permission_details or ())}
            at = tree.folder(at.parent, alone=True) if at.parent and at.parent != tree.drive else None
        if open_now and tree.drive:
            carrier = Carrier(On(tree.drive, self.admin, drive=True), "folder", f"the shared drive {tree.name}")
            found += [(carrier, one) for one in self.standing(carrier.on) if one.id in open_now]
        return found

    def observe_make_private(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read again what opens the file to others than the company, itself and all that holds it."""
        del memo
        item = self.item(change.keeps["file"], change.keeps["as"], shapes.ACT_FIELDS)
        return {"wider": _wide_words(self._wide(item, self.tree_of(item, change.keeps["as"])))}


def _role(carrier: Carrier, found: shapes.Permission, role: str) -> str:
    """Return Drive's name of a role; raises UsageError where Drive has none of that name for such a share."""
    possible = ["reader", "commenter", "writer"]
    if found.type in {"user", "group"} and carrier.shared and carrier.kind == "folder":
        possible.append("fileOrganizer")
    if carrier.on.drive:
        possible.append("organizer")
    if found.expiration_time and carrier.kind == "folder":
        possible = ["reader"]  # what has an end on a folder can only read
    known = _ROLES.get(role.replace(" ", "").lower())
    if known not in possible:
        raise UsageError(f"`{role}` is no role that Drive has on {carrier.name}", hint=f"one of: {', '.join(possible)}")
    return known


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    return {"present": True, "role": state["role"], "expires": state["expires"]}


def _wide_words(wide: list[tuple[Carrier, shapes.Permission]]) -> list[str]:
    return sorted(f"{carrier.kind} {carrier.on.id}: {words(permission_state(one))}" for carrier, one in wide)


def _effects(carrier: Carrier, found: shapes.Permission) -> tuple[str, ...]:
    effects = []
    if carrier.kind == "folder":
        effects.append(f"everything in {carrier.name} is closed with it")
    if found.permission_details and any(one.inherited for one in found.permission_details):
        effects.append("the same grantee has access through a folder above as well, and keeps that")
    if found.type in {"user", "group"}:
        effects.append("nobody is told by mail")
    return tuple(effects)
