"""Quarantine: a file is moved into a shared drive that nobody but the administrator may enter, and back.

It keeps its id, its content and its revisions, and outlives its owner's account. Every step may be repeated, each
acts as whoever may do it: the owner moves it into the intake, the administrator on into the vault. Direct shares
survive a move, and a former owner keeps access as the creator, so both are looked for again at the end; the proof
is that the former owner no longer finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.copying import KEPT, Copying
from casb_cli.apps.google_workspace.drives import Located
from casb_cli.apps.google_workspace.govern_files import FILE, WRITING, md5, tombstone
from casb_cli.apps.google_workspace.permits import On, permission_state, words
from casb_cli.apps.google_workspace.vault import membership
from casb_cli.core import clock
from casb_cli.core.capabilities import Change, QuarantineFile, Step, needs
from casb_cli.core.errors import NotPermitted, StateConflict, Unavailable, Unsupported
from casb_cli.core.refs import local

VAULTED, TRANSFER, COPY = "vault", "transfer", "copy"
_STAYS = "the file's id, content, revisions and comments stay"
_HOLDERS = {
    VAULTED: (_STAYS, "the quarantine's shared drive owns it meanwhile"),
    TRANSFER: (
        _STAYS,
        "the administrator owns it meanwhile; Google mails that, and mails its owner when it comes back",
    ),
    COPY: KEPT,
}
_STONE_SUFFIX = " - removed.txt"
_SUSPENDED = (
    "the owner is suspended: moving the file needs the Admin console's setting that lets users migrate files to "
    "shared drives, and getting it back needs the owner active again"
)


class Quarantine(Copying, QuarantineFile):
    """Matrix row 11."""

    quarantine_modes: ClassVar[Mapping[str, str]] = {
        VAULTED: "moved into a shared drive that nobody but the administrator may enter",
        TRANSFER: "given to the administrator, where there are no shared drives or moving is barred; Google mails it",
        COPY: "copied into that shared drive and the original trashed, where it may not be moved; taken by itself then",
    }

    @needs(
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        "PATCH /drive/v3/files/{fileId}",
        "POST /drive/v3/files/{fileId}/permissions",
        "DELETE /drive/v3/files/{fileId}/permissions/{permissionId}",
        "GET /drive/v3/drives",
        "POST /drive/v3/drives",
        "PATCH /drive/v3/drives/{driveId}",
        "GET /drive/v3/files/generateIds",
        "POST /drive/v3/files",
        "PATCH /upload/drive/v3/files/{fileId}",
        "DELETE /drive/v3/files/{fileId}",
        "POST /drive/v3/files/{fileId}/copy",
        "GET /drive/v3/files",
        any_of=WRITING,
    )
    def plan_quarantine(self, file: str, *, case: str, mode: str | None = None) -> Change:
        found = self.find_anywhere(file)
        item = found.item
        if item.drive_id and self.is_quarantine(shapes.Drive(id=item.drive_id, name=self.drive_name(item.drive_id))):
            raise Unsupported(f"{item.name} is in quarantine already")
        way = self._way(found)
        barred = self.barred(found, way)
        if barred and mode == VAULTED:
            raise StateConflict(barred, hint="leave --mode out, and it is copied; or see --mode transfer")
        mode = mode or (COPY if barred else VAULTED)
        if mode == COPY:
            self.check_copy(found)
        if mode == TRANSFER and way in {"drive", "own"}:
            raise Unsupported(f"{item.name} has no owner who could give it away", hint="leave --mode out")
        direct = [permission_state(one) for one in self.standing(On(file, found.as_)) if one.direct]
        kept = self._kept(found, case, way)
        effects = [*([barred] if barred else []), *_HOLDERS[mode]]
        if way == "suspended" and mode == VAULTED:
            effects.append(_SUSPENDED)
        if item.trashed:
            effects.append("it is restored first, for nothing can be moved or copied out of the trash to another drive")
        if mode == VAULTED:
            steps, inverse = self._forward(kept, direct, way), self._back(kept, direct, way)
        elif mode == TRANSFER:
            steps, inverse = self.transfer_forward(kept, direct), self.transfer_back(kept, direct)
        else:
            steps, inverse = self.copy_forward(kept, direct, way), self.copy_back(kept, direct, way)
        lost = [one for one in direct if one["expires"] and clock.parse(one["expires"]) <= clock.now()]
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=self.path_of(found),
            mode=mode,
            version=item.version,
            before={"place": _place(item, kept), "shares": _names(direct)},
            after={"place": "quarantine", "shares": []},
            steps=steps,
            inverse=inverse,
            approximate=_approximate(way if mode == VAULTED else "", lost),
            touches=(local("file", file),),
            side_effects=tuple(effects),
            keeps={**kept, "mode": mode},
        )

    def _way(self, found: Located) -> str:
        """Return by whose hands the file goes: its owner's (`owner`), or those of the administrator."""
        if found.item.drive_id:
            return "drive"
        if found.as_ == self.admin:
            return "own"
        owner = self.people().get(self.id_of(found.as_) or "")
        return "suspended" if owner is not None and (owner.suspended or owner.archived) else "owner"

    def _kept(self, found: Located, case: str, way: str) -> dict[str, Any]:
        item = found.item
        if way == "own" or (way == "drive" and not self.delegated):
            note_as: str | None = found.as_
        else:
            note_as = {"owner": found.as_, "drive": self.admin}.get(way)
        kept: dict[str, Any] = {
            "file": item.id,
            "as": found.as_,
            "name": item.name or item.id,
            "parent": item.parent or "root",
            "md5": item.md5_checksum,
            "case": case,
            "trashed": bool(item.trashed),
            "note_as": None if item.trashed or not item.parent else note_as,
            "flags": {},
        }
        if item.drive_id:
            here = next((one for one in self.members(item.drive_id, fresh=True) if _is(one, self.admin)), None)
            kept["source"] = item.drive_id
            kept["member"] = None if here is None else here.role
        else:
            told = {
                "copyRequiresWriterPermission": item.copy_requires_writer_permission,
                "writersCanShare": item.writers_can_share,
            }
            kept["flags"] = {name: value for name, value in told.items() if value is not None}
        return kept

    def _forward(self, kept: dict[str, Any], direct: list[dict[str, Any]], way: str) -> tuple[Step, ...]:
        name, as_ = kept["name"], kept["as"]
        joins = way == "drive" and kept["member"] != "organizer"
        steps = [Step(name="make-drives", title="see that the quarantine drives are there", args=kept)]
        if joins:
            steps.append(Step(name="join-drive", title="enter the shared drive as a manager", args=kept))
        if kept["trashed"]:
            own = {"file": kept["file"], "as": self._actor(kept, way)}
            steps.append(Step(name="restore-file", title=f"restore {name} from the trash", args=own))
        if way != "drive":
            steps.append(Step(name="lock-sharing", title=f"let nobody copy or share {name}", args=kept))
        on = On(kept["file"], self._actor(kept, way)).args
        steps += [
            Step(name="drop-permission", title=f"take {words(one)} off {name}", args={**on, "permission": one})
            for one in direct
        ]
        if way == "owner":
            steps += [
                Step(name="open-door", title=f"let {as_} into the intake", args=kept),
                Step(name="move-in", title=f"move {name} into the intake", args=kept),
                Step(name="shut-door", title=f"let {as_} out of the intake", args=kept),
            ]
        elif way == "suspended":
            mover = {**On(kept["file"], as_).args, "permission": membership(self.admin, "writer")}
            steps.append(Step(name="give-permission", title=f"let {self.admin} move {name}", args=mover))
        steps += [
            Step(name="move-on", title=f"move {name} into the vault", args=kept),
            Step(name="clear-shares", title=f"see that nothing opens {name} any more", args=kept),
        ]
        steps += self.note_steps(kept)
        if joins:
            steps.append(Step(name="leave-drive", title="leave the shared drive", args=kept))
        return tuple(steps)

    def _actor(self, kept: dict[str, Any], way: str) -> str:
        return self.admin if way == "drive" else str(kept["as"])

    def _back(self, kept: dict[str, Any], direct: list[dict[str, Any]], way: str) -> tuple[Step, ...]:
        name, as_ = kept["name"], kept["as"]
        joins = way == "drive" and kept["member"] != "organizer"
        steps = []
        if joins:
            title = "enter the shared drive as a manager"
            steps.append(Step(name="join-drive", title=title, args=kept, undoes="join-drive"))
        if kept["note_as"]:
            steps.append(Step(name="drop-note", title="delete the note", args=kept, undoes="leave-note"))
        if way in {"own", "drive"}:
            steps.append(Step(name="move-straight", title=f"move {name} back", args=kept, undoes="make-drives"))
        else:
            # The door may have been opened though the move failed: all of them are needed from the beginning on.
            opened = "open-door" if way == "owner" else "give-permission"
            steps += [
                Step(name="move-out", title=f"move {name} into the intake", args=kept, undoes=opened),
                Step(name="open-wide", title=f"let {as_} into the intake", args=kept, undoes=opened),
                Step(name="move-back", title=f"move {name} back", args=kept, undoes=opened),
                Step(name="shut-door", title=f"let {as_} out of the intake", args=kept, undoes=opened),
            ]
        if way == "suspended":
            mover = {**On(kept["file"], as_).args, "permission": membership(self.admin, "writer")}
            title = f"take {self.admin} off {name}"
            steps.append(Step(name="drop-permission", title=title, args=mover, undoes="give-permission"))
        if way != "drive":
            title = f"let {name} be copied and shared as before"
            steps.append(Step(name="unlock-sharing", title=title, args=kept, undoes="lock-sharing"))
        on = On(kept["file"], self._actor(kept, way)).args
        steps += [
            Step(
                name="give-permission",
                title=f"let {words(one)} into {name} again",
                args={**on, "permission": one},
                undoes="drop-permission",
            )
            for one in direct
        ]
        if kept["trashed"]:
            own = {"file": kept["file"], "as": self._actor(kept, way)}
            title = f"move {name} to the trash again"
            steps.append(Step(name="trash-file", title=title, args=own, undoes="restore-file"))
        if joins:
            steps.append(Step(name="leave-drive", title="leave the shared drive", args=kept, undoes="join-drive"))
        return tuple(steps)

    # Forward

    @step("join-drive")
    def _join_drive(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.let_in(args["source"], self.admin, "organizer")

    @step("leave-drive")
    def _leave_drive(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if args["member"]:
            self.let_in(args["source"], self.admin, args["member"])
        else:
            self.let_out(args["source"], self.admin)

    @step("lock-sharing")
    def _lock_sharing(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.set_on(args["file"], args["as"], {"copyRequiresWriterPermission": True, "writersCanShare": False})

    @step("open-door")
    def _open_door(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self.let_in(memo["intake"], args["as"], "fileOrganizer")

    @step("move-in")
    def _move_in(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        now = self.seen(args["file"], args["as"])
        if now is not None and now.md5_checksum != args["md5"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; it was not moved")
        try:
            self.move_through(args["file"], args["as"], memo["intake"])
        except StateConflict as error:
            error.hint = error.hint or "undo this, then add --mode transfer or --mode copy"
            raise

    @step("shut-door")
    def _shut_door(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self.let_out(memo["intake"], args["as"])

    @step("move-on")
    def _move_on(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        self.move(args["file"], self.admin, memo["vault"])

    @step("clear-shares")
    def _clear_shares(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        on = On(args["file"], self.admin)
        for one in self.standing(on):
            if one.direct:
                self.drop(on, one.id)

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell of a move by where the file is; have a note whose answer was lost left again, under the same id."""
        args = dict(step.args)
        if step.name == "leave-note":
            return False
        if step.name == "copy-file":
            made = self.copy_of(args["file"], memo["vault"])
            memo.update({} if made is None else {"copy": made.id})
            return made is not None
        if step.name in {"move-in", "move-on"}:
            as_, drive = (args["as"], "intake") if step.name == "move-in" else (self.admin, "vault")
            return self.lies_in(args["file"], as_, memo[drive])
        if step.name == "hand-over":
            now = self.seen(args["file"], self.admin)
            return now is not None and now.owner == self.admin
        if step.name in {"move-back", "move-straight"}:
            held = self.seen(args["file"], self.admin)
            return held is None or held.drive_id not in {memo["intake"], memo["vault"]}
        return super().settle(step, memo)

    @step("ready-note")
    def _ready_note(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        """Return an id that the note will have: leaving it twice makes it once."""
        if memo.get("note"):
            return {}
        query = {"count": 1, "space": "drive", "type": "files"}
        call = self.get(f"{DRIVE}/files/generateIds", user=args["note_as"], query=query)
        return {"note": self.read(call, shapes.Ids).ids[0]}

    @step("leave-note")
    def _leave_note(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        note, as_ = memo["note"], args["note_as"]
        body = {
            "id": note,
            "name": f"{args['name']}{_STONE_SUFFIX}",
            "mimeType": "text/plain",
            "parents": [args["parent"]],
        }
        query = {"supportsAllDrives": True, "fields": "id"}
        self.client.send(self.act(f"POST {DRIVE}/files", None, as_, query=query, json=body, safe=True, answers=(409,)))
        content = tombstone(args["case"])
        if self.item(note, as_, "id,md5Checksum").md5_checksum != md5(content):
            self.write(note, as_, content, "text/plain")

    # Back

    @step("drop-note")
    def _drop_note(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        note = str(memo.get("note") or "")
        now = self.seen(note, args["note_as"]) if note else None
        if now is None or now.md5_checksum != md5(tombstone(args["case"])):
            return  # gone already, or somebody wrote something else over it: then it stays
        query = {"supportsAllDrives": True}
        path = {"fileId": note}
        self.client.send(self.act(f"DELETE {FILE}", path, args["note_as"], query=query, safe=True, answers=(404,)))

    @step("move-straight")
    def _move_straight(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        held = self.seen(args["file"], self.admin)
        if held is not None and held.drive_id == memo["vault"]:
            self.move_home(args, self.admin)

    @step("move-out")
    def _move_out(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        held = self.seen(args["file"], self.admin)
        if held is not None and held.drive_id == memo["vault"]:
            self.move(args["file"], self.admin, memo["intake"])

    @step("open-wide")
    def _open_wide(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        # A content manager may put things in; taking them out of a shared drive wants a manager.
        self.let_in(memo["intake"], args["as"], "organizer")

    @step("move-back")
    def _move_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        held = self.seen(args["file"], self.admin)
        if held is None or held.drive_id != memo["intake"]:
            return  # it is back already, or was never here
        if self.seen(args["file"], args["as"]) is None:
            raise Unavailable(f"Drive does not show {args['name']} to {args['as']} yet", call=f"PATCH {FILE}")
        self.move_home(args, args["as"])

    @step("unlock-sharing")
    def _unlock_sharing(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if args["flags"]:
            self.set_on(args["file"], args["as"], args["flags"])

    # Reading

    def observe_quarantine(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read where the file is, as its former owner and as the administrator: only the latter may find it."""
        keeps = change.keeps
        file, as_ = keeps["file"], keeps["as"]
        if keeps["mode"] == COPY:
            now = self.seen(file, as_)
            if now is None:
                return {"place": "gone", "shares": []}
            return self._state(file, as_, "quarantine" if self.copied(keeps, memo) else _place(now, keeps))

        def held(item: shapes.Item) -> bool:
            if keeps["mode"] == TRANSFER:
                return item.owner == self.admin
            return memo.get("vault") is not None and item.drive_id == memo["vault"]

        if as_ != self.admin:
            try:
                seen = self.seen(file, as_)
            except NotPermitted:
                seen = None  # who can no longer be acted as sees nothing either
            if seen is not None:
                place = "quarantine, but its former owner still reaches it" if held(seen) else _place(seen, keeps)
                return self._state(file, as_, place)
        ours = self.seen(file, self.admin)
        if ours is None:
            return {"place": "gone", "shares": []}
        place = "quarantine" if held(ours) else _place(ours, keeps) if as_ == self.admin else "moved by somebody else"
        return self._state(file, self.admin, place)

    def _state(self, file: str, as_: str, place: str) -> dict[str, Any]:
        direct = [permission_state(one) for one in self.standing(On(file, as_)) if one.direct]
        return {"place": place, "shares": _names(direct)}


def _is(member: shapes.Permission, address: str) -> bool:
    return member.type == "user" and (member.email_address or "").lower() == address


def _place(item: shapes.Item, kept: dict[str, Any]) -> str:
    if item.trashed:
        return "trash"
    # What lay in no folder comes back to the top of My Drive.
    return "root" if kept["parent"] == "root" and not item.drive_id else item.parent or "root"


def _names(states: list[dict[str, Any]]) -> list[str]:
    return sorted(words(one) for one in states)


def _approximate(way: str, lost: list[dict[str, Any]]) -> str | None:
    told = []
    if way == "suspended":
        told.append("the owner must be active again to get it back")
    told += [f"the end of {words(one)} has passed and cannot be set again" for one in lost]
    return "; ".join(told) or None
