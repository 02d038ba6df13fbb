"""Quarantine where a file may not be moved: a copy goes into the vault, the original loses its shares and is trashed.

The copy has an id of its own, and whoever may open the trash can open the original there until it is emptied; the
plan says so. Undoing takes the original out of the trash and deletes the copy.
"""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import Located
from casb_cli.apps.google_workspace.govern_files import FILE
from casb_cli.apps.google_workspace.permits import On, words
from casb_cli.apps.google_workspace.transfer import Transfer
from casb_cli.apps.google_workspace.vault import membership
from casb_cli.core.capabilities import Step
from casb_cli.core.errors import StateConflict

_SOURCE = "casbSource"
"""The property by which a copy names its original: one whose answer was lost is found again by it."""
KEPT = (
    "the copy has another id; revisions, comments and links stay with the original",
    "until the trash is emptied, at most 30 days, whoever may open it can open and restore the original there",
)


class _Copied(msgspec.Struct, rename="camel"):
    id: str
    md5_checksum: str | None = None
    app_properties: dict[str, str] | None = None


class _Copies(msgspec.Struct):
    files: list[_Copied] | None = None


class Copying(Transfer):
    """The steps of `--mode copy`."""

    def barred(self, found: Located, way: str) -> str | None:
        """Return why Drive lets a file not be moved into the quarantine, as far as it tells; None where it may be."""
        can = found.item.capabilities
        if can is None:
            return None
        if way == "drive":
            members = self.members(found.item.drive_id or "")
            manages = any((one.email_address or "").lower() == found.as_ and one.role == "organizer" for one in members)
            if manages and can.can_move_item_out_of_drive is False:
                return f"{found.item.name} may not be moved out of its shared drive"
        elif way != "suspended" and can.can_move_item_into_team_drive is False:
            return f"{found.item.name} may not be moved into a shared drive"
        return None

    def check_copy(self, found: Located) -> None:
        """Raise StateConflict where a file may not be copied, or not be trashed, either."""
        can = found.item.capabilities
        for allowed, what in ((can and can.can_copy, "be copied"), (can and can.can_trash, "be moved to the trash")):
            if allowed is False:
                raise StateConflict(
                    f"Drive lets {found.item.name} not {what} by {found.as_}",
                    hint="lift the restriction in Google Drive, or take its shares away: casb govern make-private",
                )

    def copy_forward(self, kept: dict[str, Any], direct: list[dict[str, Any]], way: str) -> tuple[Step, ...]:
        """Return the steps that copy a file into the vault and trash it."""
        name = kept["name"]
        actor = self.admin if way == "drive" else kept["as"]
        own, on = {"file": kept["file"], "as": actor}, On(kept["file"], actor).args
        joins = way == "drive" and kept["member"] != "organizer"
        steps = [Step(name="make-drives", title="see that the quarantine drives are there", args=kept)]
        if joins:
            steps.append(Step(name="join-drive", title="enter the shared drive as a manager", args=kept))
        if kept["trashed"]:
            steps.append(Step(name="restore-file", title=f"restore {name} from the trash", args=own))
        steps += [
            Step(name="drop-permission", title=f"take {words(one)} off {name}", args={**on, "permission": one})
            for one in direct
        ]
        ours = {**on, "permission": membership(self.admin, "writer")}
        if way not in {"drive", "own"}:
            steps.append(Step(name="give-permission", title=f"let {self.admin} copy {name}", args=ours))
        title = f"copy {name} into the vault"
        steps.append(Step(name="copy-file", title=title, args=kept, repeatable=False))
        if way not in {"drive", "own"}:
            steps.append(Step(name="drop-permission", title=f"take {self.admin} off {name}", args=ours))
        if way != "drive":
            steps.append(Step(name="lock-sharing", title=f"let nobody copy or share {name}", args=kept))
        steps.append(Step(name="trash-file", title=f"move {name} to the trash", args=own))
        steps += self.note_steps(kept)
        if joins:
            steps.append(Step(name="leave-drive", title="leave the shared drive", args=kept))
        return tuple(steps)

    def copy_back(self, kept: dict[str, Any], direct: list[dict[str, Any]], way: str) -> tuple[Step, ...]:
        """Return the steps that take the original out of the trash and delete the copy."""
        name = kept["name"]
        actor = self.admin if way == "drive" else kept["as"]
        own, on = {"file": kept["file"], "as": actor}, On(kept["file"], actor).args
        joins = way == "drive" and kept["member"] != "organizer"
        steps = []
        if joins:
            title = "enter the shared drive as a manager"
            steps.append(Step(name="join-drive", title=title, args=kept, undoes="join-drive"))
        if kept["note_as"]:
            steps.append(Step(name="drop-note", title="delete the note", args=kept, undoes="leave-note"))
        title = f"take {name} out of the trash"
        steps.append(Step(name="restore-file", title=title, args=own, undoes="trash-file"))
        if way != "drive":
            title = f"let {name} be copied and shared as before"
            steps.append(Step(name="unlock-sharing", title=title, args=kept, undoes="lock-sharing"))
        if way not in {"drive", "own"}:
            ours = {**on, "permission": membership(self.admin, "writer")}
            title = f"take {self.admin} off {name}"
            steps.append(Step(name="drop-permission", title=title, args=ours, undoes="give-permission"))
        steps += [
            Step(
                name="give-permission",
                title=f"let {words(one)} into {name} again",
                args={**on, "permission": one},
                undoes="drop-permission",
            )
            for one in direct
        ]
        steps.append(Step(name="drop-copy", title="delete the copy", args={**kept, "as": actor}, undoes="copy-file"))
        if kept["trashed"]:
            title = f"move {name} to the trash again"
            steps.append(Step(name="trash-file", title=title, args=own, undoes="restore-file"))
        if joins:
            steps.append(Step(name="leave-drive", title="leave the shared drive", args=kept, undoes="join-drive"))
        return tuple(steps)

    @step("copy-file")
    def _copy_file(self, args: dict[str, Any], memo: dict[str, Any]) -> dict[str, Any]:
        """Return the copy's id; a copy that is there already is taken."""
        made = self.copy_of(args["file"], memo["vault"])
        if made is None:
            now = self.seen(args["file"], self.admin)
            if now is not None and now.md5_checksum != args["md5"]:
                raise StateConflict(f"{args['name']} was changed meanwhile; it was not copied")
            body = {
                "name": args["name"],
                "parents": [memo["vault"]],
                "appProperties": {_SOURCE: args["file"], "casbCase": args["case"]},
            }
            query = {"supportsAllDrives": True, "ignoreDefaultVisibility": True, "fields": "id,md5Checksum"}
            path = {"fileId": args["file"]}
            call = self.act(f"POST {FILE}/copy", path, self.admin, query=query, json=body, safe=False)
            made = self.client.send(call).decode(_Copied)
        if made.md5_checksum != args["md5"]:
            raise StateConflict(f"the copy of {args['name']} is not equal to it; nothing was moved to the trash")
        return {"copy": made.id}

    def copy_of(self, file: str, vault: str) -> _Copied | None:
        """Return the copy of a file that lies in the vault; None where there is none."""
        query: dict[str, Any] = {
            "corpora": "drive",
            "driveId": vault,
            "includeItemsFromAllDrives": True,
            "supportsAllDrives": True,
            "q": f"'{vault}' in parents and trashed=false",
            "pageSize": 1000,
            "fields": "nextPageToken,files(id,md5Checksum,appProperties)",
        }
        pages = self.pages(f"{DRIVE}/files", _Copies, user=self.admin, **query)
        found = (one for page, _ in pages for one in page.files or ())
        return next((one for one in found if (one.app_properties or {}).get(_SOURCE) == file), None)

    @step("drop-copy")
    def _drop_copy(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        now = self.seen(args["file"], args["as"])
        if now is None or now.trashed:
            raise StateConflict(
                f"{args['name']} is not there any more: the trash was emptied; its copy stays in the quarantine",
                hint="move the copy out of the quarantine's vault in Google Drive",
            )
        made = memo.get("copy")
        if made:
            path, query = {"fileId": made}, {"supportsAllDrives": True}
            self.client.send(self.act(f"DELETE {FILE}", path, self.admin, query=query, safe=True, answers=(404,)))

    def copied(self, keeps: dict[str, Any], memo: dict[str, Any]) -> bool:
        """Tell whether the copy lies in the vault and the original in the trash."""
        made = self.seen(str(memo["copy"]), self.admin) if memo.get("copy") else None
        now = self.seen(keeps["file"], keeps["as"])
        return made is not None and made.drive_id == memo.get("vault") and (now is None or bool(now.trashed))
