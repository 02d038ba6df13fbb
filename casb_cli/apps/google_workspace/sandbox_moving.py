"""The simulated Drive's changes of files: metadata, places, trash, deletion, copies, with the rules of each move."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_items import Items, too_little
from casb_cli.apps.google_workspace.sandbox_objects import FOLDER, NATIVE, SHORTCUT, Item, Permission, Revision
from casb_cli.apps.google_workspace.sandbox_state import RANK
from casb_cli.apps.google_workspace.sandbox_view import FILE_DEFAULT
from casb_cli.apps.google_workspace.sandbox_wire import Refusal, epoch_of, flag, invalid, no_file
from casb_cli.sandbox.wire import Reply, Request, answer, route

_FLAGS = {"starred": "starred", "copyRequiresWriterPermission": "copy_needs_writer", "writersCanShare": "writers_share"}


def _barred(reason: str, message: str) -> Refusal:
    return Refusal(403, reason, message)


class Moving(Items):
    """Files and folders, to be changed."""

    def placed(self, request: Request, parent: str) -> tuple[Item, str | None, str | None]:
        """Return a folder to lay something into, and owner and shared drive of what would lie there."""
        who = request.who.account
        folder = self.resolve(parent, who)
        role = None if folder is None else self.state.role(who, folder)
        if folder is None or role is None or (folder.drive is not None and not self.all_drives(request)):
            raise no_file(parent)
        if not folder.folder:
            raise _barred("parentNotAFolder", "The specified parent is not a folder.")
        if RANK[role] < RANK["writer"]:
            raise _barred("insufficientParentPermissions", "Insufficient permissions for the specified parent.")
        return (folder, None, folder.drive) if folder.drive is not None else (folder, ids.user_id(who), None)

    def born(self, request: Request, data: dict[str, Any], content: bytes | None, mime: str) -> Item:
        """Create a file from metadata and content."""
        who = request.who.account
        parents = data.get("parents") or ["root"]
        if not isinstance(parents, list) or len(parents) != 1:
            raise _barred("cannotAddParent", "A file can't have more than one parent.")
        folder, owner, drive = self.placed(request, str(parents[0]))
        now, user = self.now(), ids.user_id(who)
        kind = str(data.get("mimeType") or mime)
        id_ = str(data.get("id") or self.new_id())
        if self.state.find(id_) is not None or id_ in self.state.items:
            raise Refusal(409, "fileIdInUse", "A file already exists with the provided ID.")
        item = Item(
            id=id_,
            name=str(data.get("name", "Untitled")),
            mime=kind,
            parent=folder.id,
            owner=owner,
            drive=drive,
            created=now,
            modified=now,
            by=user,
            creator=user,
            version=0,
        )
        if kind == SHORTCUT:
            item.target = str((data.get("shortcutDetails") or {}).get("targetId", "")) or None
        if not kind.startswith(NATIVE):
            self.version(item, content or b"", user)
        self.apply(request, item, {k: v for k, v in data.items() if k not in {"id", "name", "mimeType", "parents"}})
        self.state.add(item)
        self.state.changed(item)
        name = "upload" if content is not None else "create"
        self.trail.note_drive(who, name, doc_id=item.id, doc_title=item.name)
        return item

    def version(self, item: Item, data: bytes, user: str) -> None:
        """Give a binary file new content; the versions before stay."""
        from hashlib import sha256

        digest = sha256(data).hexdigest()
        self.state.blobs[digest] = data
        now = self.now()
        id_ = f"0B{item.id[1:20]}{self.state.fresh():06d}"
        item.revisions = [*item.revisions, Revision(id=id_, modified=now, by=user, blob=digest)]
        item.modified, item.by = now, user

    @route("POST /drive/v3/files")
    def create_file(self, request: Request) -> Reply:
        """Create a folder, a shortcut, or a file without content."""
        item = self.born(request, self.body(request), None, "application/octet-stream")
        return answer(self.view(request).file(item, self.mask(request, FILE_DEFAULT)))

    @route("POST /drive/v3/files/{fileId}/copy")
    def copy_file(self, request: Request) -> Reply:
        """Copy a file; the copy belongs to the account, or to the shared drive that it lies in."""
        item = self.located(request, request.params["fileId"])
        who, data = request.who.account, self.body(request)
        if item.folder or not self.view(request).capabilities(item)["canCopy"]:
            raise _barred("cannotCopyFile", "This file cannot be copied by the user.")
        parents = data.get("parents")
        if not parents:
            above = self.resolve(item.parent, who)
            role = None if above is None else self.state.role(who, above)
            parents = [item.parent if role and RANK[role] >= RANK["writer"] else "root"]
        given = {"name": f"Copy of {item.name}", **data, "parents": parents, "mimeType": item.mime}
        made = self.born(request, given, self.state.content(item) if item.revisions else None, item.mime)
        made.native, made.encrypted = item.native, item.encrypted
        return answer(self.view(request).file(made, self.mask(request, FILE_DEFAULT)))

    # Changing

    @route("PATCH /drive/v3/files/{fileId}")
    def patch_file(self, request: Request) -> Reply:
        """Change a file's metadata, move it, trash it or take it out of the trash."""
        found = self.located(request, request.params["fileId"])
        self.alter(request, found, self.body(request))
        item = self.state.find(found.id) or found
        if self.state.role(request.who.account, item) is None:
            return answer({"kind": "drive#file", "id": item.id, "name": item.name, "mimeType": item.mime})
        return answer(self.view(request).file(item, self.mask(request, FILE_DEFAULT)))

    def alter(self, request: Request, found: Item, data: dict[str, Any]) -> None:
        """Do what a PATCH asks for; where it's so already nothing is written into any log."""
        who = request.who.account
        moving = request.query.get("addParents") or request.query.get("removeParents")
        if set(data) - {"trashed"} and RANK[str(self.state.role(who, found))] < RANK["writer"]:
            raise too_little()
        if found.parent in ("", found.id):
            raise _barred("cannotModifyRoot", "The root of a drive can't be changed.")
        item = deepcopy(found)  # what is refused half way changes nothing
        before, owner, drive = msgspec.json.encode(item), item.owner, item.drive
        names: list[str] = []
        if "trashed" in data:
            self._trash(request, item, data["trashed"], names)
        if moving:
            self._move(request, item, names)
        if data.get("name") not in (None, item.name):
            item.name = str(data["name"])
            names.append("rename")
        self.apply(request, item, {k: v for k, v in data.items() if k not in {"trashed", "name"}})
        if msgspec.json.encode(item) == before:
            return
        self.state.items[item.id] = item
        if item.parent != found.parent:
            self.state.add(item)
        self.state.changed(item, owners=[owner], drives=[drive])
        for name in names:
            self.trail.note_drive(who, name, doc_id=item.id, doc_title=item.name)

    def apply(self, request: Request, item: Item, data: dict[str, Any]) -> None:
        """Set the fields of an item that may simply be set."""
        for name, value in data.items():
            if name in _FLAGS:
                setattr(item, _FLAGS[name], bool(value))
            elif name in {"properties", "appProperties"}:
                field = "properties" if name == "properties" else "app_properties"
                merged = {**getattr(item, field), **(value or {})}
                setattr(item, field, {key: str(text) for key, text in merged.items() if text is not None})
            elif name == "description":
                item.description = str(value)
            elif name == "modifiedTime":
                item.modified = epoch_of(str(value), "modifiedTime")
            elif name == "contentRestrictions":
                item.restrictions = [one for one in value or [] if one.get("readOnly")]
            elif name == "inheritedPermissionsDisabled":
                self._limit(request, item, bool(value))
            elif name not in {"mimeType", "shortcutDetails", "kind", "id", "createdTime"}:
                raise Refusal(403, "fieldNotWritable", f"The field {name} is not writable.")

    def _limit(self, request: Request, item: Item, value: bool) -> None:
        if item.mime != FOLDER:
            raise invalid("inheritedPermissionsDisabled", "Only folders can have limited access.")
        if not self.view(request).capabilities(item)["canDisableInheritedPermissions"]:
            raise too_little()
        item.limited = value

    def _trash(self, request: Request, item: Item, value: Any, names: list[str]) -> None:
        role = self.state.role(request.who.account, item)
        if not isinstance(value, bool):
            raise invalid("trashed", "Invalid Value")
        if role is None or RANK[role] < RANK["fileOrganizer"]:
            raise too_little()
        if value == (item.trashed is not None):
            return
        item.trashed = self.now() if value else None
        item.trashed_by = ids.user_id(request.who.account) if value else None
        names.append("trash" if value else "untrash")

    # Moving

    def _move(self, request: Request, item: Item, names: list[str]) -> None:
        who, query = request.who.account, request.query
        adding = [one for one in query.get("addParents", "").split(",") if one]
        removing = [self._id(one, who) for one in query.get("removeParents", "").split(",") if one]
        target = self._id(adding[0], who) if adding else ""
        if target == item.parent and item.parent not in removing:
            return
        if len(adding) != 1 or (item.parent not in removing and target != item.parent):
            if not adding:
                raise _barred("cannotRemoveParent", "A file must have a parent.")
            raise _barred(
                "cannotAddParent", "Increasing the number of parents is not allowed. Use removeParents as well."
            )
        folder, owner, drive = self.placed(request, adding[0])
        if folder.id == item.id or any(one.id == item.id for one in self.state.chain(folder)):
            raise _barred("cannotMoveIntoDescendant", "A folder can't be moved into itself.")
        role = str(self.state.role(who, item))
        if item.drive != drive and self.view(request).barred(item):
            raise _barred("crossDomainMoveRestriction", "The domain's settings let this item not be moved.")
        if item.drive is None and drive is None:
            self._within_my_drive(item, role)
            owner = item.owner  # moving into somebody's folder makes nobody else the owner
        elif item.drive == drive:
            self._need(role, "fileOrganizer" if item.drive else "writer")
        elif item.drive is None:
            self._into_drive(item, role, str(drive))
        else:
            self._out_of_drive(item, role, folder)
            if owner is not None:
                item.permissions = [one for one in item.permissions if one.id != ids.permission_id(who)]
        item.parent, item.owner, item.drive = folder.id, owner, drive
        names.append("move")

    def _id(self, text: str, who: int) -> str:
        return self.library.root_id(who) if text == "root" else text

    @staticmethod
    def _need(role: str, least: str) -> None:
        if RANK[role] < RANK[least]:
            raise too_little()

    def _within_my_drive(self, item: Item, role: str) -> None:
        self._need(role, "writer")
        del item

    def _into_drive(self, item: Item, role: str, drive: str) -> None:
        """Check a move from My Drive, and let the former owner keep access as the file's creator."""
        if item.folder:
            raise _barred("teamDrivesFolderMoveInNotSupported", "Moving folders into shared drives is not supported.")
        if item.trashed is not None:
            raise _barred("cannotMoveTrashedItemIntoTeamDrive", "Trashed items can't be moved into shared drives.")
        owner = ids.user_index(str(item.owner)) or 0
        user, target = self.state.user(owner), self.state.drive(drive)
        if role != "owner":
            self._need(role, "writer")
            open_to_all = self.options.settings.get("trusted_movers", "on") == "on"
            if user is None or not user.suspended or not open_to_all:
                raise _barred(
                    "fileWriterTeamDriveMoveInDisabled",
                    "The domain administrator has not allowed writers to move items into shared drives.",
                )
        elif target is None or self.state.drive_role(owner, target) is None:
            raise _barred("fileOwnerNotMemberOfTeamDrive", "The owner of the file is not a member of the shared drive.")
        own = self.state.owner_permission(str(item.owner))
        kept = Permission(id=own.id, type="user", role="writer", email=own.email, name=own.name)
        item.permissions = [*(one for one in item.permissions if one.id != own.id), kept]

    def _out_of_drive(self, item: Item, role: str, folder: Item) -> None:
        if role != "organizer":
            raise _barred(
                "teamDriveFileOrganizerCannotMoveOut", "Only managers can move items out of their shared drive."
            )
        if item.folder:
            raise _barred("teamDrivesFolderMoveInNotSupported", "Moving folders between drives is not supported.")
        if item.trashed is not None:
            raise _barred("cannotMoveTrashedItemOutOfTeamDrive", "Trashed items can't be moved out of shared drives.")
        del folder

    # Deleting

    @route("DELETE /drive/v3/files/{fileId}")
    def delete_file(self, request: Request) -> Reply:
        """Delete a file for good, past the trash; a folder with all in it."""
        item = self.located(request, request.params["fileId"])
        role = self.state.role(request.who.account, item)
        if role not in {"owner", "organizer"} or item.parent in ("", item.id):
            raise too_little()
        self._end(item)
        self.trail.note_drive(request.who.account, "delete", doc_id=item.id, doc_title=item.name)
        return Reply(204)

    def _end(self, item: Item) -> None:
        if item.folder:
            for _, child in list(self.state.children(item.id)):
                self._end(child)
        item = self.state.keep(item)
        item.gone = True
        self.state.changed(item)

    @route("DELETE /drive/v3/files/trash")
    def empty_trash(self, request: Request) -> Reply:
        """Delete for good all that the account, or a shared drive, has in the trash."""
        who, drive = request.who.account, request.query.get("driveId")
        if drive is not None:
            found = self.member(request, drive)
            self._need(str(self.state.drive_role(who, found)), "organizer")
            rows = list(self.state.in_drive(drive))
        else:
            rows = list(self.state.owned(ids.user_id(who)))
        for _, item in rows:
            if item.trashed is not None:
                self._end(item)
        return Reply(204)

    def forced(self, request: Request) -> bool:
        """Tell whether an administrator asks with the rights over the whole domain; refuses anybody else."""
        if not flag(request, "useDomainAdminAccess"):
            return False
        if "SUPER_ADMIN" not in self.privileges(request.who):
            raise Refusal(403, "forbidden", "The user doesn't have domain administrator privileges.")
        return True
