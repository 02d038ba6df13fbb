"""Trash and overwriting: both can be undone as long as Box keeps the file and its versions."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from casb_cli.apps.base import step
from casb_cli.apps.box import mapping
from casb_cli.apps.box.files import Files
from casb_cli.apps.box.scopes import USERS, WRITE, box
from casb_cli.core.capabilities import Change, OverwriteFile, Step, TrashFile, needs
from casb_cli.core.errors import ObjectMissing, StateConflict, Unsupported
from casb_cli.core.refs import local
from casb_cli.transport.calls import Answer, Part

WRITING = box((WRITE, USERS))
_KEPT_30_DAYS = "Box purges the trash after 30 days unless the enterprise chose otherwise; then nothing brings it back"
_COMES_BACK = "its former link and collaborators work again as soon as it is restored"


def tombstone(case: str) -> bytes:
    """Return what stands in the place of a quarantined or overwritten file."""
    return f"This file was removed by the security team. Reference: {case}\n".encode()


def sha1(content: bytes) -> str:
    """Return the SHA-1 that Box tells and checks contents by."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


class GovernFiles(Files, TrashFile, OverwriteFile):
    """The acting half of matrix row 12."""

    def find_anywhere(self, file: str) -> tuple[mapping.Item, str, bool]:
        """Return a file, its owner, and whether it lies in the trash; raises ObjectMissing."""
        owner = self.owner_of("file", file)
        try:
            return self.item("file", file, owner), owner, False
        except ObjectMissing as error:
            if error.code != "trashed":
                raise
        return self.trashed("file", file, owner), owner, True

    @needs("GET /files/{file_id}", "GET /files/{file_id}/trash", "DELETE /files/{file_id}", any_of=WRITING)
    @needs("POST /files/{file_id}", any_of=WRITING)
    def plan_trash(self, file: str) -> Change:
        item, owner, trashed = self.find_anywhere(file)
        args = {"owner": owner, "file": file}
        return Change(
            action="trash",
            target=local("file", file),
            target_name=f"{item.folder_path}/{item.name}",
            version=item.etag,
            before={"place": "trash" if trashed else "folder"},
            after={"place": "trash"},
            steps=() if trashed else (Step(name="trash-file", title=f"move {item.name} to the trash", args=args),),
            inverse=(Step(name="restore-file", title=f"restore {item.name}", args=args, undoes="trash-file"),),
            touches=(local("file", file),),
            side_effects=(
                _KEPT_30_DAYS,
                "where the enterprise switched the trash off, Box deletes the file for good at once",
            ),
            keeps=args,
        )

    @needs("GET /files/{file_id}", "GET /files/{file_id}/trash", "POST /files/{file_id}", any_of=WRITING)
    @needs("DELETE /files/{file_id}", any_of=WRITING)
    def plan_restore(self, file: str) -> Change:
        item, owner, trashed = self.find_anywhere(file)
        args = {"owner": owner, "file": file}
        return Change(
            action="restore",
            target=local("file", file),
            target_name=item.name or file,
            version=item.etag,
            before={"place": "trash" if trashed else "folder"},
            after={"place": "folder"},
            steps=(Step(name="restore-file", title=f"restore {item.name}", args=args),) if trashed else (),
            inverse=(
                Step(name="trash-file", title=f"move {item.name} to the trash", args=args, undoes="restore-file"),
            ),
            touches=(local("file", file),),
            side_effects=(_COMES_BACK,),
            exposure=f"{_COMES_BACK}: {item.name}",
            keeps=args,
        )

    @step("trash-file")
    def _trash_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        path = {"file_id": args["file"]}
        self.client.send(self.act("DELETE /files/{file_id}", path, args["owner"], safe=True, answers=(404,)))

    @step("restore-file")
    def _restore_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.restore(args["file"], args["owner"])

    def restore(self, file: str, owner: str) -> None:
        """Bring a file back from the trash to its folder; one that is there already is fine."""
        if self.place_now(file, owner) == "folder":
            return
        call = self.act("POST /files/{file_id}", {"file_id": file}, owner, json={}, safe=True)
        self.client.send(call)

    def place_now(self, file: str, owner: str) -> str:
        """Return where its owner sees a file: `folder`, `trash` or `gone`."""
        try:
            self.item("file", file, owner, "id")
        except ObjectMissing as error:
            if error.code != "trashed":
                return "gone"
        else:
            return "folder"
        try:
            self.trashed("file", file, owner)
        except ObjectMissing:
            return "gone"
        return "trash"

    def observe_trash(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read where the owner sees the file."""
        del memo
        return {"place": self.place_now(change.keeps["file"], change.keeps["owner"])}

    observe_restore = observe_trash

    @needs("GET /files/{file_id}", "POST /files/{file_id}/content", any_of=WRITING)
    @needs("POST /files/{file_id}/versions/current", any_of=WRITING)
    def plan_overwrite(self, file: str, *, case: str) -> Change:
        item, owner, trashed = self.find_anywhere(file)
        if trashed:
            raise Unsupported(
                "a file in the trash can be neither read nor overwritten",
                hint="restore it first, or quarantine it",
            )
        if item.file_version is None or not item.sha1:
            raise StateConflict(f"Box tells no version of {item.name}, so it could not be brought back")
        stone = sha1(tombstone(case))
        args = {"owner": owner, "file": file, "name": item.name, "case": case}
        return Change(
            action="overwrite",
            target=local("file", file),
            target_name=f"{item.folder_path}/{item.name}",
            version=item.etag,
            before={"sha1": item.sha1},
            after={"sha1": stone},
            steps=(
                Step(
                    name="write-tombstone",
                    title=f"replace the content of {item.name} by a tombstone",
                    args={**args, "sha1": item.sha1},
                ),
            ),
            inverse=(
                Step(
                    name="promote-version",
                    title=f"make the former version of {item.name} the current one",
                    args={**args, "version": item.file_version.id, "sha1": item.sha1, "expected": stone},
                    undoes="write-tombstone",
                ),
            ),
            approximate="the former content comes back as a new version",
            touches=(local("file", file),),
            side_effects=(
                "the former content stays as an older version, readable by whoever may see versions",
                "name, links and collaborators stay",
            ),
            keeps=args,
        )

    @step("write-tombstone")
    def _write_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        content = tombstone(args["case"])
        now = self.item("file", args["file"], args["owner"], "id,type,sha1,etag,name")
        if now.sha1 == sha1(content):
            return
        if now.sha1 != args["sha1"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; nothing was overwritten")
        # The name is sent back as it is now: leaving it out is not allowed, another one would rename the file.
        self.upload(
            "POST /files/{file_id}/content",
            {"file_id": args["file"]},
            args["owner"],
            {"name": now.name},
            content,
            {"if-match": now.etag} if now.etag else {},
        )

    def upload(
        self,
        name: str,
        path: dict[str, str],
        user: str,
        attributes: dict[str, Any],
        content: bytes,
        headers: dict[str, str],
        answers: tuple[int, ...] = (),
    ) -> Answer:
        """Return the answer to a small content sent as a multipart form, its attributes before it."""
        parts = (
            Part(name="attributes", content=msgspec.json.encode(attributes)),
            Part(name="file", content=content, filename="content", content_type="application/octet-stream"),
        )
        call = self.act(
            name,
            path,
            user,
            host="upload",
            family="upload",
            parts=parts,
            headers={**headers, "content-md5": sha1(content)},
            safe=False,
            answers=answers,
        )
        return self.client.send(call)

    @step("promote-version")
    def _promote_version(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        now = self.item("file", args["file"], args["owner"], "id,type,sha1")
        if now.sha1 == args["sha1"]:
            return
        if now.sha1 != args["expected"]:
            raise StateConflict(f"{args['name']} was changed since it was overwritten")
        self.client.send(
            self.act(
                "POST /files/{file_id}/versions/current",
                {"file_id": args["file"]},
                args["owner"],
                json={"type": "file_version", "id": args["version"]},
                safe=False,
            )
        )

    def observe_overwrite(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the content's SHA-1 as Box tells it."""
        del memo
        keeps = change.keeps
        return {"sha1": self.item("file", keeps["file"], keeps["owner"], "id,type,sha1").sha1}
