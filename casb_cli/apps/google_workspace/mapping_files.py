"""Wire shapes of the Drive API, decoded straight from bytes, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import SHARING_ORDER, File, Share, ShareKind, Sharing
from casb_cli.core.refs import local

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
THIRD_PARTY = "application/vnd.google-apps.drive-sdk"
_NATIVE = "application/vnd.google-apps."

_OPEN_XML = "application/vnd.openxmlformats-officedocument."
EXPORTS: dict[str, tuple[str, ...]] = {
    f"{_NATIVE}document": (f"{_OPEN_XML}wordprocessingml.document", "text/plain"),
    f"{_NATIVE}spreadsheet": (f"{_OPEN_XML}spreadsheetml.sheet",),
    f"{_NATIVE}presentation": (f"{_OPEN_XML}presentationml.presentation", "text/plain"),
    f"{_NATIVE}drawing": ("application/pdf",),
    f"{_NATIVE}script": (f"{_NATIVE}script+json",),
}
"""How the content of Google's own documents is asked for: the fullest form, then one that is smaller."""

PERMISSION_FIELDS = (
    "id,type,role,emailAddress,domain,allowFileDiscovery,expirationTime,deleted,pendingOwner,view,"
    "permissionDetails(permissionType,role,inherited,inheritedFrom)"
)
_PLACE = "id,name,mimeType,parents,driveId,trashed,ownedByMe,owners(emailAddress)"
_SHARED = f"shared,permissions({PERMISSION_FIELDS}),hasAugmentedPermissions,inheritedPermissionsDisabled"
_CONTENT = (
    "size,md5Checksum,sha256Checksum,modifiedTime,version,headRevisionId,resourceKey,"
    "clientEncryptionDetails(encryptionState)"
)
FILE_FIELDS = f"{_PLACE},{_CONTENT},{_SHARED}"
SHARE_FIELDS = f"{_PLACE},{_SHARED}"
FOLDER_FIELDS = "id,name,parents,ownedByMe,driveId,hasAugmentedPermissions,inheritedPermissionsDisabled"
ACT_FIELDS = (
    f"{FILE_FIELDS},explicitlyTrashed,copyRequiresWriterPermission,writersCanShare,"
    "capabilities(canModifyContent,canTrash,canShare,canCopy,canMoveItemOutOfDrive,canMoveItemIntoTeamDrive),"
    "contentRestrictions(readOnly,ownerRestricted,systemRestricted)"
)

_UNSEEN_VIEWS = frozenset({"published", "metadata"})
_AUDIENCE = ".audience.googledomains.com"


class Detail(msgspec.Struct, rename="camel", gc=False):
    """Whether a permission stands on the item itself or comes from above."""

    role: str | None = None
    inherited: bool | None = None
    inherited_from: str | None = None


class Permission(msgspec.Struct, rename="camel", gc=False):
    """One grantee's access to one item."""

    id: str
    type: str | None = None
    role: str | None = None
    email_address: str | None = None
    domain: str | None = None
    allow_file_discovery: bool | None = None
    expiration_time: str | None = None
    deleted: bool | None = None
    pending_owner: bool | None = None
    view: str | None = None
    permission_details: list[Detail] | None = None

    @property
    def counts(self) -> bool:
        """Whether it opens the item to somebody: neither the owner's, nor a ghost's, nor a view's."""
        return self.role != "owner" and not self.deleted and self.view not in _UNSEEN_VIEWS

    @property
    def direct(self) -> bool:
        """Whether it stands on the item itself, whatever else comes from above."""
        return not self.permission_details or any(not one.inherited for one in self.permission_details)

    @property
    def role_here(self) -> str | None:
        """The role that the item itself gives, where what comes from above gives another."""
        own = next((one.role for one in self.permission_details or () if not one.inherited and one.role), None)
        return own or self.role

    @property
    def origin(self) -> str | None:
        """The folder or shared drive that an inherited permission comes from, where Drive tells."""
        return next((one.inherited_from for one in self.permission_details or () if one.inherited_from), None)

    @property
    def who(self) -> str | None:
        """Whom it lets in, in words."""
        return "anyone" if self.type == "anyone" else self.email_address or self.domain

    @property
    def kind(self) -> ShareKind | None:
        """Its kind as a share."""
        return _KINDS.get(self.type or "")


_KINDS: dict[str, ShareKind] = {"anyone": "link", "user": "user", "group": "group", "domain": "domain"}


class Permissions(msgspec.Struct):
    permissions: list[Permission] | None = None


class Owner(msgspec.Struct, rename="camel", gc=False):
    email_address: str | None = None


class Encryption(msgspec.Struct, rename="camel", gc=False):
    encryption_state: str | None = None


class Capabilities(msgspec.Struct, rename="camel", gc=False):
    can_modify_content: bool | None = None
    can_trash: bool | None = None
    can_share: bool | None = None
    can_copy: bool | None = None
    can_move_item_out_of_drive: bool | None = None
    can_move_item_into_team_drive: bool | None = None


class Restriction(msgspec.Struct, rename="camel", gc=False):
    read_only: bool | None = None
    owner_restricted: bool | None = None
    system_restricted: bool | None = None


class Item(msgspec.Struct, rename="camel", gc=False):
    """A file, folder or shortcut, with the fields that were asked for."""

    id: str
    name: str | None = None
    mime_type: str | None = None
    parents: list[str] | None = None
    drive_id: str | None = None
    trashed: bool | None = None
    explicitly_trashed: bool | None = None
    owned_by_me: bool | None = None
    owners: list[Owner] | None = None
    size: str | None = None
    md5_checksum: str | None = None
    sha256_checksum: str | None = None
    modified_time: str | None = None
    version: str | None = None
    head_revision_id: str | None = None
    resource_key: str | None = None
    client_encryption_details: Encryption | None = None
    shared: bool | None = None
    permissions: list[Permission] | None = None
    has_augmented_permissions: bool | None = None
    inherited_permissions_disabled: bool | None = None
    copy_requires_writer_permission: bool | None = None
    writers_can_share: bool | None = None
    capabilities: Capabilities | None = None
    content_restrictions: list[Restriction] | None = None

    @property
    def is_folder(self) -> bool:
        return self.mime_type == FOLDER

    @property
    def is_file(self) -> bool:
        """Whether it is a row of its own: folders are places, shortcuts only point to files."""
        return self.mime_type not in {FOLDER, SHORTCUT}

    @property
    def is_native(self) -> bool:
        """Whether it is one of Google's own documents, which have no bytes of their own."""
        mime = self.mime_type or ""
        return mime.startswith(_NATIVE) and not mime.startswith(THIRD_PARTY)

    @property
    def parent(self) -> str | None:
        """The folder that holds it; None for an orphan, or one whose folder is not visible."""
        return self.parents[0] if self.parents else None

    @property
    def owner(self) -> str | None:
        """The owner's address in lower case; a shared drive's items have none."""
        address = self.owners[0].email_address if self.owners else None
        return address.lower() if address else None

    @property
    def hash(self) -> str | None:
        """The content's hash with its algorithm; Google's own documents have none."""
        if self.sha256_checksum:
            return f"sha256:{self.sha256_checksum}"
        return f"md5:{self.md5_checksum}" if self.md5_checksum else None


class Items(msgspec.Struct, rename="camel"):
    files: list[Item] | None = None
    incomplete_search: bool | None = None


class Drive(msgspec.Struct, rename="camel", gc=False):
    """A shared drive."""

    id: str
    name: str | None = None
    created_time: str | None = None
    restrictions: dict[str, Any] | None = None


class Drives(msgspec.Struct):
    drives: list[Drive] | None = None


class Revision(msgspec.Struct, gc=False):
    id: str


class Revisions(msgspec.Struct):
    revisions: list[Revision] | None = None


class StartToken(msgspec.Struct, rename="camel"):
    start_page_token: str


class Changed(msgspec.Struct, rename="camel", gc=False):
    """What is now of something that changed."""

    change_type: str | None = None
    file_id: str | None = None
    removed: bool | None = None
    file: Item | None = None


class Changes(msgspec.Struct, rename="camel"):
    changes: list[Changed] | None = None
    next_page_token: str | None = None
    new_start_page_token: str | None = None


class Operation(msgspec.Struct):
    """A long export."""

    name: str | None = None
    done: bool | None = None
    response: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


class Ids(msgspec.Struct):
    ids: list[str]


class Member(msgspec.Struct, gc=False):
    """A member of a group, as far as a reader of a shared drive is looked for."""

    id: str | None = None
    type: str | None = None
    email: str | None = None


class Members(msgspec.Struct):
    members: list[Member] | None = None


def wider(first: Sharing, second: Sharing) -> Sharing:
    """Return the level that is open to more."""
    return first if SHARING_ORDER[first] <= SHARING_ORDER[second] else second


def level_of(found: Permission, is_internal: Callable[[str], bool]) -> Sharing:
    """Return how far one permission opens an item; a target audience is inside."""
    if found.type == "anyone":
        return "public"
    name = (found.domain if found.type == "domain" else found.email_address) or ""
    if found.type == "domain" and name.lower().endswith(_AUDIENCE):
        return "internal"
    return "internal" if name and is_internal(name) else "external"


def level(found: Iterable[Permission], is_internal: Callable[[str], bool], floor: Sharing = "private") -> Sharing:
    """Return how far an item's permissions open it together."""
    reach = floor
    for one in found:
        if one.counts:
            reach = wider(reach, level_of(one, is_internal))
    return reach


def file(
    item: Item, path: str | None, owner: str | None, owner_ref: str | None, sharing: Sharing | None, as_: str
) -> File:
    """Return a file; `as_` is the address of somebody who sees it."""
    locator = {"as": as_}
    if item.drive_id:
        locator["drive"] = item.drive_id
    if item.client_encryption_details is not None:
        locator["encrypted"] = "1"
    if item.resource_key:
        locator["resource_key"] = item.resource_key
    size = None if item.is_native else _number(item.size)
    told = (("path", path), ("sharing", sharing), ("size", size), ("owner", owner))
    return File(
        id=item.id,
        name=item.name,
        path=path,
        owner=owner,
        owner_ref=owner_ref,
        # Of Google's own documents Drive tells a size that is not that of any export.
        size=size,
        mime=item.mime_type,
        modified=clock.normalise(item.modified_time),
        hash=item.hash,
        # Drive's own `version` moves with every share, a native document's time with its content only.
        version=item.head_revision_id or (clock.normalise(item.modified_time) if item.is_native else item.version),
        sharing=sharing,
        trashed=bool(item.trashed),
        locator=locator,
        unknown=tuple(name for name, value in told if value is None),
    )


def _number(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdigit() else None


def share(carrier: str, kind: str, found: Permission, path: str | None, is_internal: Callable[[str], bool]) -> Share:
    """Return the share that a permission on a file, folder or shared drive is."""
    told = (("who", found.who), ("kind", found.kind), ("file", path))
    return Share(
        id=f"{carrier}/{found.id}",
        file=path,
        file_ref=local(kind, carrier),
        kind=found.kind,
        who=found.who,
        role=found.role_here,
        sharing=level_of(found, is_internal),
        expires=clock.normalise(found.expiration_time),
        unknown=tuple(name for name, value in told if value is None),
    )
