"""Quarantine: a file is moved into a folder of casb's own account, out of everybody's reach, and back.

Nothing leaves Box and the file keeps its id, its content and its versions. Every step may be repeated, each acts
as whoever may do it: the owner gives away, our account takes over. The proof is that the owner no longer finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.box import mapping
from casb_cli.apps.box.common import QUARANTINE
from casb_cli.apps.box.govern_files import WRITING, GovernFiles, sha1, tombstone
from casb_cli.apps.box.links import LINK_FIELDS, Links, collaboration_state, link_state
from casb_cli.core.capabilities import Change, QuarantineFile, Step, needs
from casb_cli.core.errors import BadAnswer, NotPermitted, ObjectMissing, StateConflict, Unsupported
from casb_cli.core.refs import local

_STONE_SUFFIX = " - removed.txt"
_NAME = 255
"""Characters of a name: the most that Box takes."""
_WHERE_FIELDS = f"{LINK_FIELDS},parent,sha1"


class _Conflict(msgspec.Struct):
    id: str


class _Context(msgspec.Struct):
    conflicts: _Conflict | list[_Conflict] | None = None


class _InUse(msgspec.Struct):
    context_info: _Context | None = None

    def id(self, call: str) -> str:
        """Return the id of what has the name already; raises BadAnswer."""
        found = self.context_info.conflicts if self.context_info else None
        first = found[0] if isinstance(found, list) and found else found
        if not isinstance(first, _Conflict):
            raise BadAnswer("Box does not say what has the name already", call=call, status=409)
        return first.id


class Quarantine(GovernFiles, Links, QuarantineFile):
    """Matrix row 11."""

    quarantine_modes: ClassVar[Mapping[str, str]] = {}

    @needs(
        "GET /users/me",
        "GET /files/{file_id}",
        "GET /files/{file_id}/collaborations",
        "PUT /files/{file_id}",
        "DELETE /collaborations/{collaboration_id}",
        "GET /folders/{folder_id}/items",
        "POST /folders",
        "DELETE /folders/{folder_id}",
        "GET /folders/{folder_id}/collaborations",
        "POST /collaborations",
        "PUT /collaborations/{collaboration_id}",
        "POST /files/content",
        "DELETE /files/{file_id}",
        any_of=WRITING,
    )
    @needs("GET /files/{file_id}/trash", "POST /files/{file_id}", any_of=WRITING)
    def plan_quarantine(self, file: str, *, case: str, mode: str | None = None) -> Change:
        del mode
        item, owner, trashed = self.find_anywhere(file)
        if owner == self.me.id:
            raise Unsupported(f"{item.name} belongs to casb's own account; it may be in quarantine already")
        self._check_room(item)
        parent = item.parent.id if item.parent else "0"
        name = item.name or file
        link = {"access": None} if trashed else link_state(item)
        inside = [] if trashed else [collaboration_state(one) for one in self.direct("file", file, owner)]
        args: dict[str, Any] = {"owner": owner, "file": file, "name": name, "parent": parent, "case": case}
        on = {"owner": owner, "kind": "file", "id": file}
        kept = {**args, "sha1": item.sha1, "trashed": trashed}
        effects = ["the file's id, content and versions stay; comments and tasks stay with it"]
        if trashed:
            effects.append("Box restores it to its former folder first: collaborators there may see it for seconds")
        if link.get("password"):
            effects.append("the link's password is not told by Box: undo does not make that link again")
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=f"{item.folder_path}/{name}",
            version=item.etag,
            before={
                "place": "trash" if trashed else parent,
                "link": link["access"],
                "collaborators": _names(inside),
            },
            after={"place": "quarantine", "link": None, "collaborators": []},
            steps=self._forward(kept, on, inside),
            inverse=self._back(kept, on, link, inside),
            approximate=_approximate(link, inside, trashed=trashed),
            touches=(local("file", file),),
            exposure=f"{name} leaves the trash for some seconds" if trashed else None,
            side_effects=tuple(effects),
            keeps={**kept, "link": link, "holder": self.me.id},
        )

    def _check_room(self, item: mapping.Item) -> None:
        """Raise StateConflict where our own account has no room: found out half-way, links were gone already."""
        call = self.get("/users/me", query={"fields": "id,space_amount,space_used"})
        me = self.read(call, mapping.User)
        if me.space_amount is None or me.space_used is None or me.space_amount < 0:
            return
        if me.space_used + (item.size or 0) > me.space_amount:
            raise StateConflict(
                f"the account that owns the quarantine has no room for {item.name}",
                hint=f"give {self.me.login} more storage in the Admin Console",
            )

    def _forward(self, kept: dict[str, Any], on: dict[str, Any], inside: list[dict[str, Any]]) -> tuple[Step, ...]:
        name = kept["name"]
        steps = [Step(name="make-case", title=f"make the quarantine folder {kept['case']}", args=kept)]
        if kept["trashed"]:
            steps.append(Step(name="leave-trash", title=f"restore {name} from the trash", args=kept))
        steps.append(Step(name="drop-link", title=f"remove the link of {name}", args=on))
        if kept["trashed"]:
            steps.append(Step(name="clear-collaborations", title=f"let all collaborators out of {name}", args=on))
        steps += [
            Step(name="drop-collaboration", title=f"let {one['who']} out of {name}", args={**on, "collaboration": one})
            for one in inside
        ]
        steps += [
            Step(name="open-door", title="let the owner into the quarantine folder", args=kept),
            Step(name="move-in", title=f"move {name} into quarantine", args=kept),
            Step(name="take-over", title=f"see that {name} belongs to casb's account", args=kept),
            Step(name="shut-door", title="let the owner out of the quarantine folder", args=kept),
        ]
        if not kept["trashed"]:
            steps.append(Step(name="leave-tombstone", title="leave a note in its place", args=kept))
        return tuple(steps)

    def _back(
        self, kept: dict[str, Any], on: dict[str, Any], link: dict[str, Any], inside: list[dict[str, Any]]
    ) -> tuple[Step, ...]:
        name = kept["name"]
        steps = []
        if not kept["trashed"]:
            steps.append(
                Step(name="drop-tombstone", title="delete the note", args=kept, undoes="leave-tombstone"),
            )
        # The door may have been opened though the move failed: all three are needed from the opening on.
        steps += [
            Step(name="open-wide", title="let the owner into the quarantine folder", args=kept, undoes="open-door"),
            Step(name="move-back", title=f"move {name} back", args=kept, undoes="open-door"),
            Step(name="shut-door", title="let the owner out of the quarantine folder", args=kept, undoes="open-door"),
        ]
        if link["access"] and not link.get("password"):
            args = {**on, "link": link}
            steps.append(
                Step(name="set-link", title=f"make a link of {name} again", args=args, undoes="drop-link"),
            )
        steps += [
            Step(
                name="restore-collaboration",
                title=f"let {one['who']} into {name} again",
                args={**on, "collaboration": one},
                undoes="drop-collaboration",
            )
            for one in inside
        ]
        if kept["trashed"]:
            steps.append(
                Step(name="trash-file", title=f"move {name} to the trash again", args=kept, undoes="leave-trash")
            )
        steps.append(
            Step(name="drop-case", title="delete the empty quarantine folder", args=kept, undoes="make-case"),
        )
        return tuple(steps)

    # Forward

    @step("make-case")
    def _make_case(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        return {"case_folder": self._folder(args["case"], self._folder(QUARANTINE, "0"))}

    def _folder(self, name: str, parent: str) -> str:
        """Return the id of a folder of our own, made where there is none."""
        call = self.act(
            "POST /folders",
            query={"fields": "id,type,name"},
            json={"name": name, "parent": {"id": parent}},
            safe=True,
            answers=(409,),
        )
        answer = self.client.send(call)
        if answer.status == 409:
            return answer.decode(_InUse).id(call.name)
        return answer.decode(mapping.Folder).id

    @step("leave-trash")
    def _leave_trash(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if self._held(args["file"]) is None:
            self.restore(args["file"], args["owner"])
            # Its former link lives again although Box answers that there is none: it must not wait for the next step.
            self.put_link("file", args["file"], args["owner"], {"access": None})

    @step("clear-collaborations")
    def _clear_collaborations(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        found = self.direct("file", args["id"], args["owner"])
        for one in found:
            self.leave(one.id, args["owner"])
        return {}

    def _door(self, args: dict[str, Any]) -> dict[str, Any]:
        return {"type": "user", "account": args["owner"], "login": None, "role": "editor", "who": args["owner"]}

    @step("open-door")
    def _open_door(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self._let_in(memo["case_folder"], self._door(args))

    @step("open-wide")
    def _open_wide(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        # An editor may put things in; what belongs to another account is taken out by a co-owner only.
        self._let_in(memo["case_folder"], {**self._door(args), "role": "co-owner"})

    def _let_in(self, folder: str, door: dict[str, Any]) -> None:
        id_ = self.join("folder", folder, self.me.id, door)
        found = self.standing("folder", folder, self.me.id, door)
        if found is not None and found.status == "pending":
            # Some enterprises have every invitation accepted by the invited person.
            self._put_collaboration(id_, door["account"], status="accepted")
        if found is not None and found.role != door["role"]:
            self._put_collaboration(id_, self.me.id, role=door["role"])

    def _put_collaboration(self, id_: str, user: str, **body: str) -> None:
        path = {"collaboration_id": id_}
        self.client.send(self.act("PUT /collaborations/{collaboration_id}", path, user, json=body, safe=True))

    @step("move-in")
    def _move_in(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        folder = memo["case_folder"]
        held = self._held(args["file"])
        if held is not None and held.parent is not None and held.parent.id == folder:
            return
        now = self.item("file", args["file"], args["owner"], "id,type,etag,sha1,parent")
        if args["sha1"] and now.sha1 != args["sha1"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; it was not moved")
        self._move(args["file"], args["owner"], folder, now.etag)

    def _move(self, file: str, user: str, folder: str, etag: str | None) -> None:
        self.client.send(
            self.act(
                "PUT /files/{file_id}",
                {"file_id": file},
                user,
                query={"fields": "id,type,parent"},
                json={"parent": {"id": folder}},
                headers={"if-match": etag} if etag else {},
                safe=False,
            )
        )

    @step("take-over")
    def _take_over(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        """See that the file is ours; where the move did not make it so, use Box's documented transfer."""
        del memo
        file, owner, me = args["file"], args["owner"], self.me.id
        held = self.item("file", file, me, "id,type,owned_by")
        if held.owned_by is None or held.owned_by.id == me:
            return
        ours = {"type": "user", "account": me, "login": None, "role": "co-owner", "who": me}
        door = self.join("file", file, owner, ours)
        self._put_collaboration(door, owner, role="owner")
        for one in self.direct("file", file, me):
            if one.accessible_by is not None and one.accessible_by.id == owner:
                self.leave(one.id, me)

    @step("shut-door")
    def _shut_door(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        try:
            found = self.standing("folder", memo["case_folder"], self.me.id, self._door(args))
        except ObjectMissing:
            return
        if found is not None:
            self.leave(found.id, self.me.id)

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Have a note whose answer was lost left again: what can be read of the file tells nothing of it.

        One that is there already is found by its name.
        """
        return False if step.name == "leave-tombstone" else super().settle(step, memo)

    @step("leave-tombstone")
    def _leave_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        content = tombstone(args["case"])
        note = f"{args['name'][: _NAME - len(_STONE_SUFFIX)]}{_STONE_SUFFIX}"
        attributes = {"name": note, "parent": {"id": args["parent"]}}
        name = "POST /files/content"
        answer = self.upload(name, {}, args["owner"], attributes, content, {}, answers=(409,))
        if answer.status == 409:
            return {"tombstone": answer.decode(_InUse).id(name)}
        return {"tombstone": answer.decode(mapping.Items).entries[0].id}

    # Back

    @step("drop-tombstone")
    def _drop_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        stone = memo.get("tombstone")
        if not stone:
            return
        try:
            now = self.item("file", stone, args["owner"], "id,type,sha1")
        except ObjectMissing:
            return
        if now.sha1 != sha1(tombstone(args["case"])):
            return  # somebody wrote something else over it: it stays
        path = {"file_id": stone}
        self.client.send(self.act("DELETE /files/{file_id}", path, args["owner"], safe=True, answers=(404,)))

    @step("move-back")
    def _move_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        held = self._held(args["file"])
        if held is None or held.parent is None or held.parent.id != memo["case_folder"]:
            return
        try:
            self._move(args["file"], args["owner"], args["parent"], held.etag)
        except NotPermitted:
            if args["parent"] == "0":
                raise
            self._hand_over(args, held.etag)

    def _hand_over(self, args: dict[str, Any], etag: str | None) -> None:
        """Move the file back as our own account, let into its former folder for that long only."""
        me, folder, owner = self.me.id, args["parent"], args["owner"]
        ours = {"type": "user", "account": me, "login": None, "role": "editor", "who": me}
        door = self.join("folder", folder, owner, ours)
        try:
            self._move(args["file"], me, folder, etag)
        finally:
            self.leave(door, owner)

    @step("drop-case")
    def _drop_case(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del args
        path = {"folder_id": memo["case_folder"]}
        query = {"recursive": False}
        # 400 folder_not_empty: another file of the same case is still held there.
        self.client.send(
            self.act("DELETE /folders/{folder_id}", path, query=query, safe=True, answers=(400, 404)),
        )

    # Reading

    def _held(self, file: str) -> mapping.Item | None:
        """Return the file as our own account sees it; None where it does not."""
        try:
            return self.item("file", file, self.me.id, _WHERE_FIELDS)
        except (ObjectMissing, NotPermitted):
            return None

    def observe_quarantine(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read where the file is, as its owner and as our own account: the proof is that the owner finds it no more."""
        keeps = change.keeps
        file, owner = keeps["file"], keeps["owner"]
        try:
            seen = self.item("file", file, owner, _WHERE_FIELDS)
        except ObjectMissing as error:
            if error.code == "trashed":
                return {"place": "trash", "link": None, "collaborators": []}
            held = self._held(file)
            mine = held is not None and held.owned_by is not None and held.owned_by.id == self.me.id
            if held is None:
                return {"place": "gone", "link": None, "collaborators": []}
            place = "quarantine" if mine else "moved by somebody else"
            return self._state(held, place, self.me.id)
        place = seen.parent.id if seen.parent else "0"
        if place == memo.get("case_folder"):
            place = "quarantine, but its owner still reaches it"
        return self._state(seen, place, owner)

    def _state(self, item: mapping.Item, place: str, user: str) -> dict[str, Any]:
        inside = [collaboration_state(one) for one in self.direct("file", item.id, user)]
        return {"place": place, "link": link_state(item)["access"], "collaborators": _names(inside)}


def _names(states: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{one['role']} {one['who']}" for one in states)


def _approximate(link: dict[str, Any], inside: list[dict[str, Any]], *, trashed: bool) -> str | None:
    words = []
    if trashed:
        words.append("it goes back to the trash; the link and collaborators that rested there do not come back")
    if link["access"]:
        words.append("the link does not come back" if link.get("password") else "the link comes back under a new URL")
    if inside:
        words.append("collaborations get new ids, and people of other companies must accept them again")
    return "; ".join(words) or None
