"""Quarantine: a file is copied with its versions into a library of administrators, and the original is deleted.

There is no move between drives. The copy is proved by checksum and size before the original goes; its shares are
journalled before they are taken away. Libraries are reached by id, so their names and languages do not matter.
Every step may be repeated: each looks first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.office365.drives import DRIVE, ITEM, QUARANTINE
from casb_cli.apps.office365.files import READING
from casb_cli.apps.office365.govern_files import CHILDREN, WRITING, GovernFiles, tombstone
from casb_cli.apps.office365.mapping_files import Item, Place, file_id, site_path
from casb_cli.apps.office365.permits import On, Permits, can_be_given, permission_state, shown, words
from casb_cli.apps.office365.quickxor import quickxor
from casb_cli.apps.office365.scopes import on_files
from casb_cli.core.capabilities import Change, QuarantineFile, Step
from casb_cli.core.errors import BadAnswer, ObjectMissing, StateConflict, Unavailable, Unsupported
from casb_cli.core.refs import local
from casb_cli.transport.calls import NOBODY, Answer, Call
from casb_cli.transport.longop import accepted, follow

_NAME, _PATH = 255, 400
"""Characters of a name, and of a file's path from its site on with it: the most that SharePoint takes."""
_COPY_LASTS = 600.0
"""Seconds for which a copy within Microsoft is waited for."""
_ENDED = frozenset({"completed", "failed", "deleteFailed"})
_NO = frozenset({"no", "false", "0"})


class _Progress(msgspec.Struct, rename="camel"):
    """How far a copy is."""

    status: str | None = None
    resource_id: str | None = None
    error: dict[str, Any] | None = None


class Quarantine(GovernFiles, Permits, QuarantineFile):
    """Matrix row 11."""

    quarantine_modes: ClassVar[Mapping[str, str]] = {}

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files(
        "GET /drives/{driveId}/items/{itemId}/permissions",
        "DELETE /drives/{driveId}/items/{itemId}/permissions/{permissionId}",
        "GET /drives/{driveId}/root",
        "GET /drives/{driveId}/items/{itemId}/children",
        "POST /drives/{driveId}/items/{itemId}/children",
        "POST /drives/{driveId}/items/{itemId}/copy",
        "POST /drives/{driveId}/items/{itemId}/permanentDelete",
        "PUT /drives/{driveId}/items/{itemId}:/{path}:/content",
        "POST /drives/{driveId}/items/{itemId}/invite",
        "POST /drives/{driveId}/items/{itemId}/createLink",
        any_of=WRITING,
    )
    def plan_quarantine(self, file: str, *, case: str, mode: str | None = None) -> Change:
        del mode
        place, item, path = self.acted_on(file)
        vault = self._vault()
        if place.drive == vault:
            raise Unsupported(f"{item.name} is in quarantine already")
        if item.hash is None:
            raise Unsupported(
                f"{item.name} is a package or has no checksum: whether its copy is whole could not be proved",
                hint="remove its shares (casb govern make-private), or move it to the trash",
            )
        on = On(place.drive, item.id, item.name or item.id)
        direct = [permission_state(one) for one in self.standing(on) if one.direct]
        direct.sort(key=lambda one: one["kind"] != "link")  # links first: nobody is left holding one meanwhile
        kept = {
            **on.args,
            "follows": True,
            "parent": item.parent,
            "vault": vault,
            "case": case,
            "hash": item.hash,
            "size": item.size,
            "note_name": _note_name(place, path, on.name, case) if self._leaves_note else None,
        }
        return Change(
            action="quarantine",
            target=local("file", file),
            target_name=path,
            version=item.e_tag,
            before={"place": "folder", "shares": shown(direct)},
            after={"place": "quarantine", "shares": []},
            steps=self._forward(kept, direct),
            inverse=self._back(kept, direct),
            approximate=_approximate(direct),
            touches=(local("file", file),),
            side_effects=_effects(place, direct),
            keeps=kept,
        )

    def _vault(self) -> str:
        """Return the drive that holds quarantined files; raises StateConflict where none is named or found."""
        if self.quarantine_drive:
            return self.quarantine_drive
        for sites, _ in self.sites(None):
            for site in sites:
                if (site.web_url or "").rstrip("/").lower().endswith(f"/{QUARANTINE}"):
                    call = self.get("/sites/{id}/drives", {"id": site.id})
                    for drive in self._all_drives(self.client.send(call)):
                        return drive.id
        raise StateConflict(
            "there is no place for quarantined files",
            hint=f"make a SharePoint site named {QUARANTINE} that administrators alone may enter, or name a library: "
            "casb instances set NAME --field quarantine_drive=DRIVE-ID",
        )

    def _forward(self, kept: dict[str, Any], direct: list[dict[str, Any]]) -> tuple[Step, ...]:
        name = kept["name"]
        steps = [
            Step(name="make-case", title=f"make the quarantine folder {kept['case']}", args=kept),
            Step(name="copy-in", title=f"copy {name} with its versions into quarantine", args=kept),
        ]
        steps += [
            Step(name="drop-permission", title=f"take {words(one)} off {name}", args={**kept, "permission": one})
            for one in direct
        ]
        steps.append(Step(name="remove-original", title=f"delete {name} for good", args=kept))
        if kept["note_name"]:
            steps.append(Step(name="leave-tombstone", title="leave a note in its place", args=kept))
        return tuple(steps)

    @property
    def _leaves_note(self) -> bool:
        return self.facts.fields.get("quarantine_tombstone", "yes").strip().lower() not in _NO

    def _back(self, kept: dict[str, Any], direct: list[dict[str, Any]]) -> tuple[Step, ...]:
        name = kept["name"]
        steps = []
        if kept["note_name"]:
            steps.append(Step(name="drop-tombstone", title="delete the note", args=kept, undoes="leave-tombstone"))
        steps.append(
            Step(name="copy-back", title=f"copy {name} with its versions back", args=kept, undoes="remove-original")
        )
        steps += [
            Step(
                name="give-permission",
                title=f"let {words(one)} into {name} again",
                args={**kept, "permission": one},
                undoes="drop-permission",
            )
            for one in direct
            if can_be_given(one)
        ]
        steps.append(Step(name="drop-case", title="delete the copy in quarantine", args=kept, undoes="make-case"))
        return tuple(steps)

    # Forward

    @step("make-case")
    def _make_case(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        root = self.read(self.get(f"{DRIVE}/root", {"driveId": args["vault"]}), Item)
        path = {"driveId": args["vault"], "itemId": root.id}
        body = {"name": args["case"], "folder": {}, "@microsoft.graph.conflictBehavior": "fail"}
        answer = self.client.send(self.act(f"POST {CHILDREN}", path, json=body, safe=True, answers=(409,)))
        if answer.status == 409:
            return {"case_folder": self.child(args["vault"], root.id, args["case"]).id}
        return {"case_folder": answer.decode(Item).id}

    @step("copy-in")
    def _copy_in(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        now = self.item(args["drive"], args["item"])
        if now.hash != args["hash"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; it was not copied")
        copy = self._copied(args, (args["drive"], args["item"]), (args["vault"], memo["case_folder"]))
        return {"copy": copy}

    def _copied(self, args: dict[str, Any], source: tuple[str, str], folder: tuple[str, str]) -> str:
        """Return the id of a file's copy in a folder, made where there is none yet; proved by checksum and size."""
        there = self._whole(args, folder)
        if there is not None:
            return there
        if self._taken(args, folder):
            raise StateConflict(
                f"something else has the name {args['name']} in that folder, or it is still being copied",
                hint="rename it, or wait, and run this again",
            )
        body = {
            "parentReference": {"driveId": folder[0], "id": folder[1]},
            "name": args["name"],
            "includeAllVersionHistory": True,
        }
        path = {"driveId": source[0], "itemId": source[1]}
        answer = self.client.send(self.act(f"POST {ITEM}/copy", path, json=body, safe=False))
        self._followed(args, answer)
        made = self._whole(args, folder)
        if made is None:
            raise Unavailable(f"the copy of {args['name']} is not there yet, or is not the same", call=answer.call.name)
        return made

    def _taken(self, args: dict[str, Any], folder: tuple[str, str]) -> bool:
        try:
            self.child(*folder, args["name"])
        except ObjectMissing:
            return False
        return True

    def _whole(self, args: dict[str, Any], folder: tuple[str, str]) -> str | None:
        """Return a copy that is whole; None where there is none, or one that is still being made."""
        try:
            found = self.child(*folder, args["name"])
        except ObjectMissing:
            return None
        return found.id if (found.hash, found.size) == (args["hash"], args["size"]) else None

    def _followed(self, args: dict[str, Any], answer: Answer) -> None:
        """Wait for a copy that was accepted; raises what ended it otherwise."""
        pending = accepted(answer)
        if pending is None:
            return
        if not pending.monitor:
            raise BadAnswer("the copy was accepted, but nothing tells how it goes", call=answer.call.name)
        asked = Call(name="GET /monitor", url=pending.monitor, identity=NOBODY, family="content")
        last = follow(self.client, asked, done=lambda one: one.decode(_Progress).status in _ENDED, timeout=_COPY_LASTS)
        ended = last.decode(_Progress)
        if ended.status != "completed":
            said = (ended.error or {}).get("message") or (ended.error or {}).get("code") or ended.status
            if (ended.error or {}).get("code") != "nameAlreadyExists":
                raise StateConflict(f"{args['name']} could not be copied: {said}", call=answer.call.name)

    @step("remove-original")
    def _remove_original(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        now = self.seen(args["drive"], args["item"])
        if now is None:
            return
        if now.hash != args["hash"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; it was not deleted")
        if self._whole(args, (args["vault"], memo["case_folder"])) is None:
            raise StateConflict(f"the copy of {args['name']} is not whole; the original was not deleted")
        self._purge(args["drive"], args["item"])

    def _purge(self, drive: str, item: str) -> None:
        """Delete an item past the recycle bin; one that is gone already is fine."""
        path = {"driveId": drive, "itemId": item}
        self.client.send(self.act(f"POST {ITEM}/permanentDelete", path, safe=True, answers=(404,)))

    @step("leave-tombstone")
    def _leave_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        del memo
        content = tombstone(args["case"])
        try:
            there = self.child(args["drive"], args["parent"], args["note_name"])
        except ObjectMissing:
            there = None
        if there is not None and there.hash == quickxor(content):
            return {"note": there.id}
        # The case is part of the name, so what it could replace is a note of its own.
        path = {"driveId": args["drive"], "itemId": args["parent"], "path": args["note_name"]}
        headers = {"Content-Type": "text/plain"}
        call = self.act(f"PUT {ITEM}:/{{path}}:/content", path, content=content, headers=headers, safe=False)
        return {"note": self.client.send(call).decode(Item).id}

    # Back

    @step("drop-tombstone")
    def _drop_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        now = self.seen(args["drive"], memo["note"]) if memo.get("note") else None
        if now is None or now.hash != quickxor(tombstone(args["case"])):
            return  # gone already, or somebody wrote something else over it: then it stays
        self._purge(args["drive"], memo["note"])

    @step("copy-back")
    def _copy_back(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        if self.seen(args["drive"], args["item"]) is not None:
            return {"restored": args["item"]}
        parent = args["parent"]
        if self.seen(args["drive"], parent) is None:
            parent = self.read(self.get(f"{DRIVE}/root", {"driveId": args["drive"]}), Item).id
        source = (args["vault"], self._vaulted(args, memo))
        back = self._copied(args, source, (args["drive"], parent))
        return {"restored": back, "now": local("file", file_id(args["drive"], back))}

    def _vaulted(self, args: dict[str, Any], memo: dict[str, Any]) -> str:
        """Return the copy in quarantine; raises ObjectMissing."""
        found = self._whole(args, (args["vault"], memo["case_folder"]))
        if found is None:
            raise ObjectMissing(f"{args['name']} is not in the quarantine folder {args['case']} any more")
        return found

    @step("drop-case")
    def _drop_case(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        back = memo.get("restored") or args["item"]
        now = self.seen(args["drive"], back)
        if now is None or now.hash != args["hash"]:
            raise StateConflict(f"{args['name']} is not back; the copy in quarantine was kept")
        if memo.get("case_folder"):
            self._purge(args["vault"], memo["case_folder"])

    def settle(self, step: Step, memo: dict[str, Any]) -> bool | None:
        """Tell of a copy by looking for it; every other step may simply be repeated."""
        args = dict(step.args)
        if step.name == "copy-in":
            found = self._whole(args, (args["vault"], memo["case_folder"]))
            if found is not None:
                memo["copy"] = found
            return found is not None
        return super().settle(step, memo)

    def observe_quarantine(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read where the file is, under its old id or the one it got when it came back, and what opens it."""
        kept = change.keeps
        for item in (kept["item"], memo.get("restored")):
            if item and self.seen(kept["drive"], item) is not None:
                on = On(kept["drive"], item, kept["name"])
                direct = [permission_state(one) for one in self.standing(on) if one.direct]
                return {"place": "folder", "shares": shown(direct)}
        folder = memo.get("case_folder")
        held = self._whole(kept, (kept["vault"], folder)) if folder and self.seen(kept["vault"], folder) else None
        return {"place": "gone" if held is None else "quarantine", "shares": []}


def _note_name(place: Place, path: str, name: str, case: str) -> str | None:
    """Return a name for the note beside a file that SharePoint takes; None where the folder's path leaves no room."""
    folder = f"{site_path(place.url)}/{path.strip('/').rpartition('/')[0]}/"
    rest = f" - removed {case}.txt"
    room = min(_NAME, _PATH - len(folder)) - len(rest)
    return f"{name[:room]}{rest}" if room > 0 else None


def _approximate(direct: list[dict[str, Any]]) -> str:
    lost = sum(not can_be_given(one) for one in direct)
    parts = ["the file comes back under another id", "its comments are lost"]
    if any(one["kind"] == "link" for one in direct):
        parts.append("its links have other addresses")
    if lost:
        parts.append(f"{lost} of its shares cannot be given again (a link's password is told to nobody)")
    return "; ".join(parts)


def _effects(place: Place, direct: list[dict[str, Any]]) -> tuple[str, ...]:
    effects = ["content and versions stay, in a library that administrators alone may enter"]
    if direct:
        effects.append("everybody it is shared with loses it; nobody is told by mail")
    effects.append(f"what a retention policy holds stays in the Preservation Hold library of {place.site_name}")
    return tuple(effects)
