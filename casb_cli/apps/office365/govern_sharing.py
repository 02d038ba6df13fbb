"""Acting on sharing: a permission is removed, lowered or given an end, on the item that carries it."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.office365.files import READING
from casb_cli.apps.office365.mapping_files import Item, Permission, file_id, level_of
from casb_cli.apps.office365.permits import On, Permits, can_be_given, permission_state, words
from casb_cli.apps.office365.scopes import FILES_WRITE, SITES_WRITE, graph, on_files
from casb_cli.apps.office365.tree import Tree
from casb_cli.core.capabilities import Change, ChangeShare, RemoveShare, Step
from casb_cli.core.errors import ObjectMissing, Unsupported, UsageError
from casb_cli.core.refs import local

WRITING = graph(FILES_WRITE, SITES_WRITE)
_ROLES = {
    "read": "read",
    "reader": "read",
    "viewer": "read",
    "view": "read",
    "write": "write",
    "writer": "write",
    "editor": "write",
    "edit": "write",
}
"""Graph's roles, and the names that people know them by."""
_TYPES = {"read": "view", "write": "edit"}
_SCOPES = {"public": "anonymous", "internal": "organization"}
_NEW_URL = "a link that is made again has another address"
_DEEPEST = 100


class GovernSharing(Permits, RemoveShare, ChangeShare):
    """Matrix row 10, the acting half."""

    def _carrier(self, share: str) -> tuple[On, Permission, Item]:
        """Return what carries a share, and the permission that it is; raises UsageError, ObjectMissing, Unsupported."""
        drive, item_id, permission = (*share.split("/", 2), "", "")[:3]
        if not (drive and item_id and permission):
            raise UsageError(f"`{share}` is no share of Office 365", hint="list them: casb list shares --app office365")
        place, item = self.located(file_id(drive, item_id))
        on = On(drive, item_id, Tree(self, place).path(item) or item.name or item_id, item.is_folder)
        found = next((one for one in self.standing(on) if one.id == permission), None)
        if found is None:
            raise ObjectMissing(f"{on.name} has no permission {permission}")
        if not found.direct:
            raise Unsupported(
                f"this permission comes from above {on.name} and can only be changed where it stands",
                hint="act on the folder's own share, or have it found: casb govern make-private REF",
            )
        if item.root is not None or (found.to is not None and (found.to.site_group or found.to.share_point_group)):
            raise Unsupported(
                f"{found.who} has {on.name} by the permissions of its site, which Graph cannot change",
                hint="change the site's permissions or its groups in SharePoint",
            )
        return on, found, item

    # Removing

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files(
        "GET /drives/{driveId}/items/{itemId}/permissions",
        "DELETE /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
        "POST /drives/{driveId}/items/{itemId}/invite",
        "POST /drives/{driveId}/items/{itemId}/createLink",
        any_of=WRITING,
    )
    def plan_remove_share(self, share: str) -> Change:
        on, found, item = self._carrier(share)
        state = permission_state(found)
        args = {**on.args, "permission": state}
        again = can_be_given(state)
        return Change(
            action="unshare",
            target=local("share", share),
            target_name=f"{words(state)} on {on.name}",
            version=item.e_tag,
            before=_shown(state),
            after={"present": False},
            steps=(Step(name="drop-permission", title=f"take {words(state)} off {on.name}", args=args),),
            inverse=(
                Step(
                    name="give-permission",
                    title=f"let {words(state)} into {on.name} again",
                    args=args,
                    undoes="drop-permission",
                ),
            )
            if again
            else (),
            irreversible=None if again else "its password, or whom it lets in, is told to nobody",
            approximate=_NEW_URL if again and state["kind"] == "link" else None,
            touches=(local("share", share), on.ref),
            side_effects=_effects(on, state),
            keeps=args,
        )

    def observe_unshare(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether the same people still have it on the item itself."""
        on = On.of(change.keeps, memo)
        try:
            found = self.direct_now(on, change.keeps["permission"])
        except ObjectMissing:
            found = None
        return {"present": False} if found is None else _shown(permission_state(found))

    # Changing

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files(
        "GET /drives/{driveId}/items/{itemId}/permissions",
        "PATCH /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
        "DELETE /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
        "POST /drives/{driveId}/items/{itemId}/createLink",
        any_of=WRITING,
    )
    def plan_change_share(
        self, share: str, *, role: str | None = None, sharing: str | None = None, expires: str | None = None
    ) -> Change:
        wanted = None if role is None else _ROLES.get(role.lower())
        if role is not None and wanted is None:
            raise UsageError(f"`{role}` is no role of Office 365", hint="one of: read, write")
        on, found, item = self._carrier(share)
        state = permission_state(found)
        if state["kind"] == "link":
            return self._change_link(share, on, state, item, role=wanted, sharing=sharing, ends=expires)
        if sharing is not None:
            raise Unsupported(
                f"{words(state)} is for one person or group: it has no other level",
                hint=f"remove it: casb govern unshare {local('share', share)}",
            )
        to = {key: value for key, value in (("role", wanted), ("expires", expires)) if value is not None}
        old = {key: state[key] for key in to}
        args = {**on.args, "permission": state}
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"{words(state)} on {on.name}",
            version=item.e_tag,
            before=_shown(state),
            after=_shown({**state, **to}),
            steps=(
                Step(name="change-permission", title=f"change {words(state)} on {on.name}", args={**args, "to": to}),
            ),
            inverse=(
                Step(
                    name="change-permission",
                    title=f"make it {words(state)} again",
                    args={**args, "to": old},
                    undoes="change-permission",
                ),
            ),
            touches=(local("share", share), on.ref),
            keeps={**args, "grant": True},
        )

    def _change_link(
        self,
        share: str,
        on: On,
        state: dict[str, Any],
        item: Item,
        *,
        role: str | None,
        sharing: str | None,
        ends: str | None,
    ) -> Change:
        """Plan another link in the place of one: a link's scope and type cannot be changed."""
        if sharing is not None and sharing not in _SCOPES:
            raise UsageError(
                f"a link is for anyone or for the organization, not {sharing}",
                hint=f"one of: {', '.join(_SCOPES)}; or remove it: casb govern unshare {local('share', share)}",
            )
        new = {
            **state,
            "type": _TYPES[role] if role else state["type"],
            "scope": _SCOPES[sharing] if sharing else state["scope"],
            "expires": ends if ends is not None else state["expires"],
        }
        if new["scope"] != state["scope"]:
            new["who"] = "anyone" if new["scope"] == "anonymous" else "organization"
        if new["scope"] == "organization" and sharing and ends is None:
            new["expires"] = None
        args = {**on.args, "permission": state}
        made = {**on.args, "permission": {**new, "id": "", "password": False}}
        steps: tuple[Step, ...]
        back: tuple[Step, ...]
        moved = (new["scope"], new["type"]) != (state["scope"], state["type"])
        again = can_be_given(state)
        if moved:
            taken = Step(name="drop-permission", title=f"take {words(state)} off {on.name}", args=args)
            steps = (taken, Step(name="give-permission", title=f"make {words(new)} to {on.name}", args=made))
            back = (
                Step(name="drop-permission", title=f"take {words(new)} off", args=made, undoes="give-permission"),
                Step(name="give-permission", title=f"make {words(state)} again", args=args, undoes="drop-permission"),
            )
        else:
            to = {"expires": new["expires"]}
            old = {"expires": state["expires"]}
            title = f"change the end of {words(state)}"
            steps = (Step(name="change-permission", title=title, args={**args, "to": to}),)
            back = (Step(name="change-permission", title=title, args={**args, "to": old}, undoes="change-permission"),)
        links = [permission_state(one) for one in self.standing(on) if one.direct and one.link is not None]
        others = [one for one in links if one["id"] != state["id"]]
        if moved and any((one["scope"], one["type"]) == (new["scope"], new["type"]) for one in others):
            # Such a link stands already: what is left is to take this one away, and to give it again.
            steps, back, others_after = steps[:1], back[1:], others
        else:
            others_after = [*others, new]
        return Change(
            action="change-share",
            target=local("share", share),
            target_name=f"{words(state)} on {on.name}",
            version=item.e_tag,
            before={"links": _links([*others, state])},
            after={"links": _links(others_after)},
            steps=steps,
            inverse=back if again else (),
            irreversible=None if again else "the link's password is told to nobody",
            approximate=_NEW_URL if moved and again else None,
            touches=(local("share", share), on.ref),
            side_effects=("whoever has the old link's address needs the new one",) if moved else (),
            keeps=args,
        )

    def observe_change_share(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the permission of the same people, or all links of the item, as they are."""
        if change.keeps.get("grant"):
            return self.observe_unshare(change, memo)
        on = On.of(change.keeps, memo)
        try:
            found = [permission_state(one) for one in self.standing(on) if one.direct and one.link is not None]
        except ObjectMissing:
            found = []
        return {"links": _links(found)}

    # Making private

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files(
        "GET /drives/{driveId}/items/{itemId}/permissions",
        "DELETE /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
        "POST /drives/{driveId}/items/{itemId}/invite",
        "POST /drives/{driveId}/items/{itemId}/createLink",
        any_of=WRITING,
    )
    def plan_make_private(self, file: str) -> Change:
        place, item = self.located(file)
        tree = Tree(self, place)
        on = On(place.drive, item.id, tree.path(item) or item.name or item.id, item.is_folder)
        wide = self._wide(on, item)
        steps: list[Step] = []
        inverse: list[Step] = []
        effects: list[str] = []
        lost = False
        for carrier, found in wide:
            state = permission_state(found)
            args = {**carrier.args, "permission": state}
            steps.append(Step(name="drop-permission", title=f"take {words(state)} off {carrier.name}", args=args))
            if can_be_given(state):
                inverse.append(
                    Step(
                        name="give-permission",
                        title=f"let {words(state)} into {carrier.name} again",
                        args=args,
                        undoes="drop-permission",
                    )
                )
            else:
                lost = True
            if carrier.item != on.item:
                effects.append(f"{carrier.name} carries {words(state)}: everything in it is closed with it")
            elif state["kind"] == "link" and state["scope"] == "users":
                effects.append(f"{words(state)} ends for all of them")
        links = any(found.link is not None for _, found in wide)
        return Change(
            action="make-private",
            target=local("file", file),
            target_name=on.name,
            version=item.e_tag,
            before={"wider": _wide_words(wide)},
            after={"wider": []},
            steps=tuple(steps),
            inverse=tuple(inverse),
            irreversible="none of it can be given again" if steps and not inverse else None,
            approximate=_NEW_URL + ("; a link with a password is not made again" if lost else "") if links else None,
            touches=tuple(dict.fromkeys((local("file", file), *(carrier.ref for carrier, _ in wide)))),
            side_effects=tuple(dict.fromkeys(effects)),
            keeps=on.args,
        )

    def _wide(self, on: On, item: Item) -> list[tuple[On, Permission]]:
        """Return every permission that opens an item to others than the company, each with what carries it."""
        found: list[tuple[On, Permission]] = []
        place = self.place(on.drive)
        tree = Tree(self, place)
        open_now = [one for one in self.standing(on) if level_of(one, self.outside) in {"public", "external"}]
        found += [(on, one) for one in open_now if one.direct]
        above = [permission_state(one) for one in open_now if not one.direct]
        at = item
        for _ in range(_DEEPEST):
            if not above or at.parent is None:
                break
            at = self.item(on.drive, at.parent)
            carrier = On(on.drive, at.id, tree.path(at) or at.name or at.id, folder=True)
            here = [one for one in self.standing(carrier) if one.direct]
            for state in list(above):
                mine = next((one for one in here if self.same(one, state)), None)
                if mine is not None:
                    found.append((carrier, mine))
                    above.remove(state)
        return found

    def observe_make_private(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read again what opens the file to others than the company, itself and all that holds it."""
        on = On.of(change.keeps, memo)
        return {"wider": _wide_words(self._wide(on, self.item(on.drive, on.item)))}


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    return {"present": True, "role": state["role"], "expires": state["expires"]}


def _links(states: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{words(one)}, until {one['expires'] or 'revoked'}" for one in states)


def _wide_words(wide: list[tuple[On, Permission]]) -> list[str]:
    return sorted(f"{carrier.name}: {words(permission_state(found))}" for carrier, found in wide)


def _effects(on: On, state: dict[str, Any]) -> tuple[str, ...]:
    effects = []
    if on.folder:
        effects.append(f"everything in {on.name} is closed with it")
    if state["kind"] == "link":
        effects.append("whoever came in by the link alone is out")
    else:
        effects.append("nobody is told by mail")
    return tuple(effects)
