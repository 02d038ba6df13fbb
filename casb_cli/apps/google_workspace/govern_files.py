"""Trash and overwriting, as the owner or as an organizer of the shared drive."""

from __future__ import annotations

import hashlib
from typing import Any

from casb_cli.apps.base import step
from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE, UPLOAD
from casb_cli.apps.google_workspace.drives import ANY_DRIVE, Foreign, Located
from casb_cli.apps.google_workspace.files import Files
from casb_cli.apps.google_workspace.scopes import DRIVE as DRIVE_SCOPE
from casb_cli.apps.google_workspace.scopes import USERS, google
from casb_cli.core.capabilities import Change, OverwriteFile, Step, TrashFile, needs
from casb_cli.core.errors import ObjectMissing, StateConflict, Unsupported
from casb_cli.core.refs import local

WRITING = google((DRIVE_SCOPE, USERS))
FILE = f"{DRIVE}/files/{{fileId}}"
REVISIONS = f"{DRIVE}/files/{{fileId}}/revisions"
REVISION_PAGE = 1000
_KEPT_30_DAYS = "Drive deletes what lies in the trash after 30 days for good"
_STILL_OPEN = "while it is in the trash, those it is shared with can still open it: quarantine it to prevent that"


def tombstone(case: str) -> bytes:
    """Return what stands in the place of a quarantined or overwritten file."""
    return f"This file was removed by the security team. Reference: {case}\n".encode()


def md5(content: bytes) -> str:
    """Return the MD5 that Drive tells contents by."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class GovernFiles(Files, TrashFile, OverwriteFile):
    """The acting half of matrix row 12."""

    def find_anywhere(self, file: str) -> Located:
        """Return a file, in the trash too, and who may act on it.

        Raises ObjectMissing, and Unsupported for a folder and for what belongs to another company.
        """
        try:
            found = self.locate(file, shapes.ACT_FIELDS)
        except Foreign as error:
            raise Unsupported(error.words, hint=error.hint) from None
        if not found.item.is_file:
            kind = "folder" if found.item.is_folder else "shortcut"
            raise Unsupported(f"{found.item.name} is a {kind}, which is no file", hint="act on the files themselves")
        return found

    def path_of(self, found: Located) -> str:
        """Return where a located file lies."""
        return self.tree_of(found.item, found.as_).path(found.item, alone=True)

    def set_on(self, file: str, as_: str | None, body: dict[str, Any]) -> None:
        """Set fields of a file; setting them again changes nothing."""
        query = {**ANY_DRIVE, "fields": "id"}
        self.client.send(self.act(f"PATCH {FILE}", {"fileId": file}, as_, query=query, json=body, safe=True))

    # Trash

    @needs("GET /drive/v3/files/{fileId}", "PATCH /drive/v3/files/{fileId}", any_of=WRITING)
    def plan_trash(self, file: str) -> Change:
        found = self.find_anywhere(file)
        item = found.item
        args = {"as": found.as_, "file": file}
        if not item.trashed and item.capabilities is not None and item.capabilities.can_trash is False:
            raise StateConflict(f"Drive lets {found.as_} not move {item.name} to the trash")
        return Change(
            action="trash",
            target=local("file", file),
            target_name=self.path_of(found),
            version=item.version,
            before={"place": "trash" if item.trashed else "folder"},
            after={"place": "trash"},
            steps=() if item.trashed else (Step(name="trash-file", title=f"move {item.name} to the trash", args=args),),
            inverse=(Step(name="restore-file", title=f"restore {item.name}", args=args, undoes="trash-file"),),
            touches=(local("file", file),),
            side_effects=(_KEPT_30_DAYS, _STILL_OPEN),
            keeps=args,
        )

    @needs("GET /drive/v3/files/{fileId}", "PATCH /drive/v3/files/{fileId}", any_of=WRITING)
    def plan_restore(self, file: str) -> Change:
        found = self.find_anywhere(file)
        item = found.item
        if item.trashed and item.explicitly_trashed is False:
            raise Unsupported(
                f"{item.name} lies in a folder that is in the trash", hint="restore that folder in Google Drive"
            )
        args = {"as": found.as_, "file": file}
        return Change(
            action="restore",
            target=local("file", file),
            target_name=self.path_of(found),
            version=item.version,
            before={"place": "trash" if item.trashed else "folder"},
            after={"place": "folder"},
            steps=(Step(name="restore-file", title=f"restore {item.name}", args=args),) if item.trashed else (),
            inverse=(
                Step(name="trash-file", title=f"move {item.name} to the trash", args=args, undoes="restore-file"),
            ),
            touches=(local("file", file),),
            keeps=args,
        )

    @step("trash-file")
    def _trash_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.set_on(args["file"], args["as"], {"trashed": True})

    @step("restore-file")
    def _restore_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.set_on(args["file"], args["as"], {"trashed": False})

    def place_now(self, file: str, as_: str) -> str:
        """Return where somebody sees a file: `folder`, `trash` or `gone`."""
        try:
            found = self.item(file, as_, "id,trashed")
        except ObjectMissing:
            return "gone"
        return "trash" if found.trashed else "folder"

    def observe_trash(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read where its owner sees the file."""
        del memo
        return {"place": self.place_now(change.keeps["file"], change.keeps["as"])}

    observe_restore = observe_trash

    # Overwriting

    @needs(
        "GET /drive/v3/files/{fileId}",
        "PATCH /drive/v3/files/{fileId}",
        "PATCH /upload/drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/revisions",
        "DELETE /drive/v3/files/{fileId}/revisions/{revisionId}",
        any_of=WRITING,
        irreversible="the former content and all its revisions are deleted",
    )
    def plan_overwrite(self, file: str, *, case: str) -> Change:
        found = self.find_anywhere(file)
        item = found.item
        self._may_be_overwritten(item, found.as_)
        args = {"as": found.as_, "file": file, "name": item.name, "case": case}
        title = f"replace the content of {item.name} by a tombstone"
        write = {**args, "md5": item.md5_checksum, "mime": item.mime_type or "text/plain"}
        steps = [Step(name="write-tombstone", title=title, args=write)]
        if _locked(item):
            steps.insert(0, Step(name="unlock", title=f"lift the lock on the content of {item.name}", args=args))
        steps.append(Step(name="drop-revisions", title=f"delete the former revisions of {item.name}", args=args))
        return Change(
            action="overwrite",
            target=local("file", file),
            target_name=self.path_of(found),
            version=item.version,
            before={"md5": item.md5_checksum, "revisions": len(self._revisions(file, found.as_))},
            after={"md5": md5(tombstone(case)), "revisions": 1},
            steps=tuple(steps),
            irreversible="the former content and all its revisions are deleted",
            touches=(local("file", file),),
            side_effects=("name, links and permissions stay",),
            keeps=args,
        )

    def _may_be_overwritten(self, item: shapes.Item, as_: str) -> None:
        """Raise Unsupported, with what to do instead, where overwriting leaves the content readable."""
        instead = "quarantine it (which can be undone), or move it to the trash"
        if item.is_native:
            raise Unsupported(
                f"{item.name} is one of Google's own documents: their former revisions cannot be deleted, so the "
                "content would stay readable",
                hint=instead,
            )
        if item.trashed:
            raise Unsupported(f"{item.name} is in the trash", hint="restore it first, or quarantine it")
        if item.md5_checksum is None:
            raise StateConflict(f"Drive tells no checksum of {item.name}, so overwriting it could not be proved")
        blocked = item.capabilities is not None and item.capabilities.can_modify_content is False
        system = any(one.system_restricted for one in item.content_restrictions or ())
        if system or (blocked and not _locked(item)):
            raise StateConflict(f"Drive lets {as_} not change the content of {item.name}", hint=instead)

    @step("unlock")
    def _unlock(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self.set_on(args["file"], args["as"], {"contentRestrictions": [{"readOnly": False}]})

    @step("write-tombstone")
    def _write_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        content = tombstone(args["case"])
        now = self.item(args["file"], args["as"], "id,md5Checksum")
        if now.md5_checksum == md5(content):
            return
        if now.md5_checksum != args["md5"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; nothing was overwritten")
        self.write(args["file"], args["as"], content, args["mime"])

    def write(self, file: str, as_: str | None, content: bytes, mime: str) -> None:
        """Put a small content in the place of a file's; its name stays."""
        call = self.act(
            f"PATCH {UPLOAD}/files/{{fileId}}",
            {"fileId": file},
            as_,
            query={"uploadType": "media", **ANY_DRIVE, "fields": "id"},
            content=content,
            headers={"Content-Type": mime},
            safe=False,
        )
        self.client.send(call)

    @step("drop-revisions")
    def _drop_revisions(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        head = self.item(args["file"], args["as"], "id,headRevisionId").head_revision_id
        for revision in self._revisions(args["file"], args["as"]):
            if revision == head:
                continue
            self.client.send(
                self.act(
                    f"DELETE {REVISIONS}/{{revisionId}}",
                    {"fileId": args["file"], "revisionId": revision},
                    args["as"],
                    safe=True,
                    answers=(404,),
                )
            )

    def _revisions(self, file: str, as_: str) -> list[str]:
        query: dict[str, Any] = {"pageSize": REVISION_PAGE, "fields": "nextPageToken,revisions(id)"}
        pages = self.pages(REVISIONS, shapes.Revisions, {"fileId": file}, user=as_, **query)
        return list(dict.fromkeys(one.id for page, _ in pages for one in page.revisions or ()))

    def observe_overwrite(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the content's checksum, and how many revisions there are."""
        del memo
        file, as_ = change.keeps["file"], change.keeps["as"]
        item = self.item(file, as_, "id,md5Checksum")
        return {"md5": item.md5_checksum, "revisions": len(self._revisions(file, as_))}


def _locked(item: shapes.Item) -> bool:
    """Tell whether a lock that may be lifted holds the content."""
    return any(one.read_only and not one.system_restricted for one in item.content_restrictions or ())
