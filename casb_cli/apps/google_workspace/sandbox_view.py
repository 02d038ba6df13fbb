"""How the simulated Drive shows files, permissions and shared drives to one account: only the fields asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_objects import NATIVE, SHORTCUT, Drive, Item, Permission, Revision
from casb_cli.apps.google_workspace.sandbox_state import RANK, Grant, State
from casb_cli.apps.google_workspace.sandbox_wire import Mask, pruned, when
from casb_cli.sandbox import documents

OFFICE = {"document": "docx", "spreadsheet": "xlsx", "presentation": "pptx"}
TEXTS = {
    "document": ("text/plain", "text/html"),
    "spreadsheet": ("text/csv",),
    "presentation": ("text/plain",),
}
"""Which kinds of text a Google-native document can be exported as, besides its Office form and PDF."""
_FORMS = {"application/pdf": "pdf", "text/plain": "txt", "text/html": "html", "text/csv": "csv"}
FILE_DEFAULT: Mask = {"kind": None, "id": None, "name": None, "mimeType": None}
PERMISSION_DEFAULT: Mask = {"kind": None, "id": None, "type": None, "role": None}
REVISION_DEFAULT: Mask = {"kind": None, "id": None, "mimeType": None, "modifiedTime": None}
DRIVE_DEFAULT: Mask = {"kind": None, "id": None, "name": None}
_SUMS: dict[tuple[int, int], tuple[int, str, str, str]] = {}
"""Sizes and checksums of the world's files by seed and index, of the first ones only."""


class View:
    """The Drive as the account `who` sees it."""

    def __init__(self, state: State, who: int) -> None:
        self.state = state
        self.who = who
        self._fields: dict[str, Callable[[Item], Any]] = {
            name.removeprefix("_f_"): getattr(self, name) for name in dir(self) if name.startswith("_f_")
        }

    def file(self, item: Item, mask: Mask | None) -> dict[str, Any]:
        """Return a file with the asked fields; what doesn't apply is left out."""
        found = {}
        fields = self._fields
        for name, below in (mask or dict.fromkeys(fields)).items():
            make = fields.get(name)
            value = None if make is None else make(item)
            if value is not None:
                found[name] = pruned(value, below)
        return found

    # Fields

    def _f_kind(self, item: Item) -> str:
        del item
        return "drive#file"

    def _f_id(self, item: Item) -> str:
        return item.id

    def _f_name(self, item: Item) -> str:
        return item.name

    def _f_mimeType(self, item: Item) -> str:  # noqa: N802 - named as the field
        return item.mime

    def _f_description(self, item: Item) -> str | None:
        return item.description or None

    def _f_starred(self, item: Item) -> bool:
        return item.starred

    def _f_trashed(self, item: Item) -> bool:
        return self.state.in_trash(item)

    def _f_explicitlyTrashed(self, item: Item) -> bool:  # noqa: N802
        return item.trashed is not None

    def _f_trashedTime(self, item: Item) -> str | None:  # noqa: N802
        return when(item.trashed) if item.trashed is not None and item.drive else None

    def _f_trashingUser(self, item: Item) -> dict[str, Any] | None:  # noqa: N802
        return self.person(item.trashed_by) if item.trashed_by and item.trashed is not None and item.drive else None

    def _f_parents(self, item: Item) -> list[str] | None:
        if item.owner == ids.user_id(self.who) or item.drive is not None:
            return [item.parent]
        if item.parent.startswith("0A"):
            return None
        folder = self.state.find(item.parent)
        return [item.parent] if folder is not None and self.state.role(self.who, folder) else None

    def _f_properties(self, item: Item) -> dict[str, str] | None:
        return item.properties or None

    def _f_appProperties(self, item: Item) -> dict[str, str] | None:  # noqa: N802
        return item.app_properties or None

    def _f_spaces(self, item: Item) -> list[str]:
        del item
        return ["drive"]

    def _f_version(self, item: Item) -> str:
        return str(item.version)

    def _f_webViewLink(self, item: Item) -> str:  # noqa: N802
        return f"https://drive.google.com/file/d/{item.id}/view?usp=drivesdk"

    def _f_createdTime(self, item: Item) -> str:  # noqa: N802
        return when(item.created)

    def _f_modifiedTime(self, item: Item) -> str:  # noqa: N802
        return when(item.modified)

    def _f_owners(self, item: Item) -> list[dict[str, Any]] | None:
        return [self.person(item.owner)] if item.owner is not None else None

    def _f_driveId(self, item: Item) -> str | None:  # noqa: N802
        return item.drive

    def _f_teamDriveId(self, item: Item) -> str | None:  # noqa: N802
        return item.drive

    def _f_lastModifyingUser(self, item: Item) -> dict[str, Any]:  # noqa: N802
        return self.person(item.by)

    def _f_shared(self, item: Item) -> bool:
        return item.drive is not None or len(self.merged(item)) > 1

    def _f_ownedByMe(self, item: Item) -> bool | None:  # noqa: N802
        return None if item.drive else item.owner == ids.user_id(self.who)

    def _f_permissions(self, item: Item) -> list[dict[str, Any]] | None:
        if item.drive is not None or not self.may(item, "writer"):
            return None
        return [self.permission(grants, drive=False) for grants in self.merged(item).values()]

    def _f_permissionIds(self, item: Item) -> list[str] | None:  # noqa: N802
        return list(self.merged(item)) if item.drive is not None or self.may(item, "writer") else None

    def _f_hasAugmentedPermissions(self, item: Item) -> bool | None:  # noqa: N802
        return bool(item.permissions) if item.drive is not None else None

    def _f_size(self, item: Item) -> str | None:
        if item.revisions:
            return str(self.sums(item.revisions[-1])[0])
        return "1024" if item.native is not None else None

    def _f_quotaBytesUsed(self, item: Item) -> str:  # noqa: N802
        return self._f_size(item) or "0"

    def _f_md5Checksum(self, item: Item) -> str | None:  # noqa: N802
        return self.sums(item.revisions[-1])[1] if item.revisions else None

    def _f_sha1Checksum(self, item: Item) -> str | None:  # noqa: N802
        return self.sums(item.revisions[-1])[2] if item.revisions else None

    def _f_sha256Checksum(self, item: Item) -> str | None:  # noqa: N802
        return self.sums(item.revisions[-1])[3] if item.revisions else None

    def _f_headRevisionId(self, item: Item) -> str | None:  # noqa: N802
        return item.revisions[-1].id if item.revisions else None

    def _f_originalFilename(self, item: Item) -> str | None:  # noqa: N802
        return item.name if item.binary else None

    def _f_fileExtension(self, item: Item) -> str | None:  # noqa: N802
        return item.name.rpartition(".")[2] if item.binary and "." in item.name else None

    _f_fullFileExtension = _f_fileExtension  # noqa: N815

    def _f_copyRequiresWriterPermission(self, item: Item) -> bool:  # noqa: N802
        return item.copy_needs_writer

    def _f_writersCanShare(self, item: Item) -> bool | None:  # noqa: N802
        return item.writers_share if item.drive is None else None

    def _f_contentRestrictions(self, item: Item) -> list[dict[str, Any]] | None:  # noqa: N802
        return item.restrictions or None

    def _f_inheritedPermissionsDisabled(self, item: Item) -> bool:  # noqa: N802
        return item.limited

    def _f_shortcutDetails(self, item: Item) -> dict[str, Any] | None:  # noqa: N802
        if item.mime != SHORTCUT or item.target is None:
            return None
        target = self.state.find(item.target)
        return {"targetId": item.target} | ({"targetMimeType": target.mime} if target is not None else {})

    def _f_clientEncryptionDetails(self, item: Item) -> dict[str, Any] | None:  # noqa: N802
        return {"encryptionState": "encrypted"} if item.encrypted else None

    def _f_exportLinks(self, item: Item) -> dict[str, str] | None:  # noqa: N802
        if item.native is None:
            return None
        kind = item.mime.removeprefix(NATIVE)
        base = f"https://docs.google.com/feeds/download/{kind}s/export/Export?id={item.id}&exportFormat="
        office = OFFICE.get(kind)
        return {mime: base + _FORMS.get(mime, str(office)) for mime in formats_of(kind)} if office else None

    def barred(self, item: Item) -> bool:
        """Tell whether the customer's settings let an item leave its drive, or My Drive, for nobody."""
        return self.state.barred == ("drives" if item.drive is not None else "my-drive")

    def capabilities(self, item: Item) -> dict[str, bool]:
        """Return what the account may do with an item."""
        role = self.state.role(self.who, item)
        rank = RANK[role] if role else -1
        writer, owner, manager = rank >= RANK["writer"], rank == RANK["owner"], rank >= RANK["fileOrganizer"]
        locked = any(one.get("readOnly") for one in item.restrictions)
        return {
            "canDownload": rank >= 0 and (writer or not item.copy_needs_writer),
            "canCopy": rank >= 0 and (writer or not item.copy_needs_writer) and not item.folder,
            "canEdit": writer,
            "canModifyContent": writer and not locked and not item.folder,
            "canShare": owner or (writer and (item.writers_share or item.drive is not None)),
            "canTrash": owner or manager,
            "canUntrash": owner or manager,
            "canDelete": owner or role == "organizer",
            "canRename": writer,
            "canListChildren": item.folder and rank >= 0,
            "canAddChildren": item.folder and writer,
            "canMoveItemOutOfDrive": (owner or role == "organizer") and not self.barred(item),
            "canMoveItemIntoTeamDrive": owner and not item.folder and not self.barred(item),
            "canReadRevisions": writer and item.binary,
            "canDisableInheritedPermissions": item.folder and (owner or role == "organizer"),
            "canEnableInheritedPermissions": item.folder and (owner or role == "organizer"),
            "canModifyContentRestriction": writer,
        }

    _f_capabilities = capabilities

    # Parts

    def may(self, item: Item, role: str) -> bool:
        """Tell whether the account has at least a role on an item."""
        found = self.state.role(self.who, item)
        return found is not None and RANK[found] >= RANK[role]

    def person(self, user: str) -> dict[str, Any]:
        """Return an account as Drive writes it inside other things."""
        index = ids.user_index(user) or 0
        company = self.state.company
        return {
            "kind": "drive#user",
            "displayName": company.name(index),
            "me": index == self.who,
            "permissionId": ids.permission_id(index),
            "emailAddress": company.email(index),
        }

    def merged(self, item: Item) -> dict[str, list[Grant]]:
        """Return who may open an item and why, by the id of the permission; what has expired is gone."""
        found: dict[str, list[Grant]] = {}
        now = self.state.clock()
        for grant in self.state.grants(item):
            expires = grant.permission.expires
            if expires is None or expires > now:
                found.setdefault(grant.permission.id, []).append(grant)
        return found

    def permission(self, grants: list[Grant], *, drive: bool) -> dict[str, Any]:
        """Return a permission as Drive writes it: the best role of several reasons, and each reason."""
        one = grants[0].permission
        details = []
        for grant in grants:
            detail: dict[str, Any] = {
                "permissionType": "member" if grant.member else "file",
                "role": grant.role,
                "inherited": grant.source is not None,
            }
            if drive and grant.source is not None:
                detail["inheritedFrom"] = grant.source
            details.append(detail)
        return permission_row(one, max((g.role for g in grants), key=RANK.__getitem__)) | {"permissionDetails": details}

    def member(self, one: Permission) -> dict[str, Any]:
        """Return a member of a shared drive as Drive writes it."""
        details = [{"permissionType": "member", "role": one.role, "inherited": False}]
        return permission_row(one, one.role) | {"permissionDetails": details}

    def drive(self, drive: Drive, role: str | None) -> dict[str, Any]:
        """Return a shared drive as Drive writes it."""
        names = ("adminManagedRestrictions", "copyRequiresWriterPermission", "domainUsersOnly", "driveMembersOnly")
        rank = RANK[role] if role else -1
        return {
            "kind": "drive#drive",
            "id": drive.id,
            "name": drive.name,
            "createdTime": when(drive.created),
            "hidden": drive.hidden,
            "orgUnitId": "03ph8a2zroot000",
            "restrictions": {name: drive.restrictions.get(name, False) for name in names}
            | {"sharingFoldersRequiresOrganizerPermission": False},
            "capabilities": {
                "canManageMembers": role == "organizer",
                "canListChildren": rank >= 0,
                "canAddChildren": rank >= RANK["writer"],
                "canDeleteDrive": role == "organizer",
                "canEdit": rank >= RANK["writer"],
            },
        }

    def revision(self, item: Item, one: Revision) -> dict[str, Any]:
        """Return a revision as Drive writes it."""
        size, md5, _, _ = self.sums(one)
        return {
            "kind": "drive#revision",
            "id": one.id,
            "mimeType": item.mime,
            "modifiedTime": when(one.modified),
            "keepForever": one.keep,
            "published": False,
            "size": str(size),
            "md5Checksum": md5,
            "originalFilename": item.name,
            "lastModifyingUser": self.person(one.by),
        }

    def sums(self, one: Revision) -> tuple[int, str, str, str]:
        """Return size, MD5, SHA-1 and SHA-256 of a version."""
        key = (self.state.company.world.seed, one.source if one.source is not None else -1)
        known = _SUMS.get(key) if one.source is not None else None
        if known is None:
            data = self.state.bytes_of(one.source, one.blob)
            known = (
                len(data),
                hashlib.md5(data, usedforsecurity=False).hexdigest(),
                hashlib.sha1(data, usedforsecurity=False).hexdigest(),
                hashlib.sha256(data).hexdigest(),
            )
            if one.source is not None and len(_SUMS) < 5000:
                _SUMS[key] = known
        return known


def permission_row(one: Permission, role: str) -> dict[str, Any]:
    """Return a permission without the reasons for it."""
    row: dict[str, Any] = {"kind": "drive#permission", "id": one.id, "type": one.type, "role": role}
    if one.type in {"user", "group"}:
        row |= {"emailAddress": one.email or "", "displayName": one.name or "", "deleted": one.deleted}
        row["pendingOwner"] = one.pending_owner
    elif one.type == "domain":
        row |= {"domain": one.domain, "displayName": one.name or one.domain, "allowFileDiscovery": one.discovery}
    else:
        row["allowFileDiscovery"] = one.discovery
    if one.expires is not None:
        row["expirationTime"] = when(one.expires)
    return row | ({"view": one.view} if one.view else {})


def formats_of(native: str) -> tuple[str, ...]:
    """Return the formats that a Google-native document can be exported as."""
    return (documents.MIME[OFFICE[native]], "application/pdf", *TEXTS[native])
