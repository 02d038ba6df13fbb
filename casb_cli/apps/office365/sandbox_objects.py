"""What the simulated tenant keeps: users, applications, grants, sites, drives, items. Times are epoch seconds."""

from __future__ import annotations

import msgspec

ROLE_ORDER = ("read", "write", "owner")
"""From the least powerful role of a permission to the most."""


class User(msgspec.Struct, kw_only=True):
    """A directory account; `index` is the person of the company."""

    id: str
    index: int
    name: str
    upn: str
    mail: str | None
    guest: bool
    created: float
    department: str
    enabled: bool = True
    pending: bool = False
    synced: bool = False
    last_sign_in: float | None = None
    mfa: bool = True
    licensed: bool = True
    password_changed: float = 0.0
    passwords: int = 0
    must_change: bool = False
    revoked: float = 0.0
    deleted: float | None = None


class Principal(msgspec.Struct, kw_only=True):
    """A service principal; `roles` are its own application permissions by id, `owner` the tenant of its application."""

    id: str
    app: str
    name: str
    owner: str
    created: float
    verified: str | None = None
    enabled: bool = True
    roles: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    deleted: float | None = None


class Delegated(msgspec.Struct, kw_only=True):
    """A delegated grant; `principal` None means for everybody."""

    id: str
    client: str
    resource: str
    principal: str | None
    scope: str


class Assigned(msgspec.Struct, frozen=True, kw_only=True):
    """An application role assigned to a principal at a resource."""

    id: str
    role: str
    principal: str
    principal_name: str
    principal_type: str
    resource: str
    created: float


class RoleHeld(msgspec.Struct, frozen=True, kw_only=True):
    """A directory role held (`eligible` False) or that may be activated."""

    id: str
    role: str
    principal: str
    scope: str = "/"
    eligible: bool = False
    activated: bool = False


class Permission(msgspec.Struct, kw_only=True):
    """A permission that stands on an item itself.

    `kind` is link, user, group, siteGroup or claim; `people` are addresses: of a link for certain people, or the one
    grantee. `name` is the group's display name.
    """

    id: str
    kind: str
    role: str
    scope: str | None = None
    type: str | None = None
    people: list[str] = []
    name: str | None = None
    group: str | None = None
    expires: float | None = None
    password: bool = False
    prevents_download: bool = False
    invited: bool = False


class Version(msgspec.Struct, kw_only=True):
    """One version of a file: the content of the world's file `source`, or what was uploaded as `blob`."""

    id: str
    modified: float
    by: str
    source: int | None = None
    blob: str | None = None


class Item(msgspec.Struct, kw_only=True):
    """A file or folder of a drive; `versions` are oldest first, empty for folders; `parent` None for a root."""

    id: str
    drive: str
    name: str
    parent: str | None
    created: float
    modified: float
    by: str
    folder: bool = False
    mime: str = ""
    permissions: list[Permission] = []
    versions: list[Version] = []
    malware: bool = False
    label: str | None = None
    gone: float | None = None
    tag: int = 1
    content_tag: int = 1
    inherits: bool = True
    locked: bool = False
    unique: str = ""


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """A document library; `person` owns it where it is somebody's OneDrive, else it belongs to `site`."""

    id: str
    site: str
    name: str
    segment: str
    person: int | None
    place: int | None
    created: float
    locked: bool = False


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site; `path` is its path on the host `sharepoint`, or on `mysite` where it is personal."""

    id: str
    guid: str
    name: str
    path: str
    person: int | None
    place: int | None
    created: float
    locked: bool = False


class Binned(msgspec.Struct, kw_only=True):
    """An entry of a site's recycle bin: the item as it was, and everything that was in it."""

    id: str
    site: str
    item: Item
    where: str
    at: float
    by: str
    stage: int = 1
    below: list[str] = []
