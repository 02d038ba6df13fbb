"""What the simulated Google Workspace keeps: accounts, files, shared drives, permissions. Times are epoch seconds."""

from __future__ import annotations

from typing import Any

import msgspec

FOLDER = "application/vnd.google-apps.folder"
SHORTCUT = "application/vnd.google-apps.shortcut"
NATIVE = "application/vnd.google-apps."
ROLES = ("reader", "commenter", "writer", "fileOrganizer", "organizer", "owner")
"""From the least powerful role to the most."""


class User(msgspec.Struct, kw_only=True):
    """An account; `deleted` is when it was deleted, `role` its administrator's standing."""

    id: str
    index: int
    email: str
    given: str
    family: str
    created: float
    unit: str
    super_admin: bool = False
    delegated: bool = False
    suspended: bool = False
    suspended_at: float | None = None
    suspension: str = "ADMIN"
    archived: bool = False
    agreed: bool = True
    mfa: bool = True
    change_password: bool = False
    last_login: float = 0.0
    deleted: float | None = None
    aliases: tuple[str, ...] = ()
    drive: bool = True
    """Whether the account has a Drive licence."""
    passwords: int = 0
    """How often its password was set."""
    codes: int = 10
    """How many backup codes are left."""
    signed_out: int = 0


class Permission(msgspec.Struct, kw_only=True):
    """A permission that stands on an item itself, or a member of a shared drive."""

    id: str
    type: str
    role: str
    email: str | None = None
    domain: str | None = None
    name: str | None = None
    discovery: bool = False
    expires: float | None = None
    deleted: bool = False
    view: str | None = None
    pending_owner: bool = False


class Revision(msgspec.Struct, kw_only=True):
    """One version of a binary file; its content is the world's file `source`, or what was uploaded."""

    id: str
    modified: float
    by: str
    source: int | None = None
    blob: str | None = None
    keep: bool = False


class Item(msgspec.Struct, kw_only=True):
    """A file, folder or shortcut; `owner` is a user's id in My Drive, `drive` a shared drive's id in one."""

    id: str
    name: str
    mime: str
    parent: str
    owner: str | None
    drive: str | None
    created: float
    modified: float
    by: str
    permissions: list[Permission] = []
    revisions: list[Revision] = []
    native: int | None = None
    """The world's file whose lines a Google-native document has."""
    trashed: float | None = None
    trashed_by: str | None = None
    gone: bool = False
    version: int = 1
    copy_needs_writer: bool = False
    writers_share: bool = True
    restrictions: list[dict[str, Any]] = []
    limited: bool = False
    """Whether the folder takes no permissions from above."""
    encrypted: bool = False
    description: str = ""
    properties: dict[str, str] = {}
    app_properties: dict[str, str] = {}
    target: str | None = None
    """What a shortcut points to."""
    starred: bool = False
    creator: str | None = None
    abusive: bool = False

    @property
    def folder(self) -> bool:
        """Whether it is a folder."""
        return self.mime == FOLDER

    @property
    def binary(self) -> bool:
        """Whether it has bytes of its own."""
        return not self.mime.startswith(NATIVE)


class Drive(msgspec.Struct, kw_only=True):
    """A shared drive."""

    id: str
    name: str
    created: float
    members: list[Permission] = []
    restrictions: dict[str, bool] = {}
    gone: bool = False
    hidden: bool = False
