"""Quarantine where there are no shared drives, or moving into them is barred: the administrator becomes the owner."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace.govern_files import GovernFiles
from casb_cli.apps.google_workspace.permits import PERMISSIONS, On, words
from casb_cli.apps.google_workspace.vault import Vault, membership
from casb_cli.core.capabilities import Step
from casb_cli.core.errors import ObjectMissing


class Transfer(GovernFiles, Vault):
    """The steps of `--mode transfer`; Google mails the new owner, which cannot be prevented."""

    def transfer_forward(self, kept: dict[str, Any], direct: list[dict[str, Any]]) -> tuple[Step, ...]:
        """Return the steps that take a file into the administrator's hands."""
        name = kept["name"]
        on = On(kept["file"], kept["as"]).args
        steps = []
        if kept["trashed"]:
            own = {"file": kept["file"], "as": kept["as"]}
            steps.append(Step(name="restore-file", title=f"restore {name} from the trash", args=own))
        steps.append(Step(name="lock-sharing", title=f"let nobody copy or share {name}", args=kept))
        steps += [
            Step(name="drop-permission", title=f"take {words(one)} off {name}", args={**on, "permission": one})
            for one in direct
        ]
        steps += [
            Step(name="hand-over", title=f"make {self.admin} the owner of {name}", args=kept),
            Step(name="clear-shares", title=f"see that nothing opens {name} any more", args=kept),
        ]
        return (*steps, *self.note_steps(kept))

    def note_steps(self, kept: dict[str, Any]) -> tuple[Step, ...]:
        """Return the steps that leave a note in a file's place, where one is to be left."""
        if not kept["note_as"]:
            return ()
        return (
            Step(name="ready-note", title="have an id for the note", args=kept),
            Step(name="leave-note", title="leave a note in its place", args=kept),
        )

    def transfer_back(self, kept: dict[str, Any], direct: list[dict[str, Any]]) -> tuple[Step, ...]:
        """Return the steps that give a file back to its former owner, into its former folder."""
        name, as_ = kept["name"], kept["as"]
        on = On(kept["file"], as_).args
        ours = {**on, "permission": membership(self.admin, "writer")}
        steps = []
        if kept["note_as"]:
            steps.append(Step(name="drop-note", title="delete the note", args=kept, undoes="leave-note"))
        steps += [
            Step(name="hand-back", title=f"make {as_} the owner of {name} again", args=kept, undoes="hand-over"),
            Step(name="move-home", title=f"move {name} back", args=kept, undoes="hand-over"),
            Step(name="drop-permission", title=f"take {self.admin} off {name}", args=ours, undoes="hand-over"),
            Step(name="unlock-sharing", title=f"let {name} be copied and shared", args=kept, undoes="lock-sharing"),
        ]
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
            own = {"file": kept["file"], "as": as_}
            title = f"move {name} to the trash again"
            steps.append(Step(name="trash-file", title=title, args=own, undoes="restore-file"))
        return tuple(steps)

    def _give_to(self, file: str, from_: str, to: str) -> None:
        now = self.seen(file, from_)
        if now is None or now.owner == to:
            return
        query = {"supportsAllDrives": True, "transferOwnership": True, "moveToNewOwnersRoot": True}
        body = {"type": "user", "role": "owner", "emailAddress": to}
        with self.one_at_a_time(file):
            call = self.act(f"POST {PERMISSIONS}", {"fileId": file}, from_, query=query, json=body, safe=False)
            self.client.send(call)

    @step("hand-over")
    def _hand_over(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._give_to(args["file"], args["as"], self.admin)

    @step("hand-back")
    def _hand_back(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._give_to(args["file"], self.admin, args["as"])

    @step("move-home")
    def _move_home_again(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if args["parent"] != "root":
            self.move_home(args, args["as"])

    def move_home(self, args: dict[str, Any], as_: str) -> None:
        """Move a file to its former folder; where that is gone, to the top of the owner's My Drive or the drive."""
        try:
            self.move(args["file"], as_, args["parent"])
        except ObjectMissing:
            top = args.get("source") or self.item("root", as_, "id").id
            if args["parent"] == top:
                raise
            self.move(args["file"], as_, top)
