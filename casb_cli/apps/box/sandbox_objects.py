"""What the simulated Box keeps: accounts, items, versions, links, collaborations. Times are epoch seconds."""

from __future__ import annotations

from typing import Any

import msgspec

GIBIBYTE = 1 << 30


class User(msgspec.Struct, kw_only=True):
    """An account as Box keeps it; `external` ones belong to another enterprise and are not listed."""

    id: str
    name: str
    login: str
    role: str
    status: str
    created: float
    modified: float
    external: bool = False
    platform: bool = False
    unconfirmed: bool = False
    exempt: bool = False
    external_restricted: bool = False
    reset_required: bool = False
    space_amount: int = 100 * GIBIBYTE
    job_title: str = ""
    other: dict[str, Any] = {}

    @property
    def admin(self) -> bool:
        """Whether the user administers the enterprise, fully or in part."""
        return self.role != "user"


class Link(msgspec.Struct, kw_only=True):
    """A shared link; times in epoch seconds."""

    url: str
    access: str
    password: bool = False
    unshared: float | None = None
    can_download: bool = True
    can_edit: bool = False
    vanity_name: str | None = None
    downloads: int = 0

    @property
    def role(self) -> str:
        """What the link lets people do."""
        return "can_edit" if self.can_edit else "can_download" if self.can_download else "can_preview"


class Version(msgspec.Struct, kw_only=True):
    """One version of a file; its content is the company's file `source` or, where None, what was uploaded."""

    id: str
    name: str
    size: int
    sha1: str
    created: float
    by: str
    source: int | None = None
    trashed: float | None = None
    restored: float | None = None


class Item(msgspec.Struct, kw_only=True):
    """A file or a folder; `parent` 0 is the root of `holder`, who owns everything below."""

    kind: str
    id: str
    name: str
    parent: str
    holder: str
    created: float
    modified: float
    by: str
    etag: int = 0
    description: str = ""
    link: Link | None = None
    versions: list[Version] = []
    lock: dict[str, Any] | None = None
    label: str | None = None
    trashed: float | None = None
    trashed_by: str | None = None
    gone: bool = False
    tags: list[str] = []

    @property
    def current(self) -> Version:
        """The version that a download gives."""
        return self.versions[-1]


class Collab(msgspec.Struct, kw_only=True):
    """A collaboration; `who` is a user's or group's id, None where only an address was invited."""

    id: str
    kind: str
    item: str
    role: str
    who_kind: str
    who: str | None
    by: str
    created: float
    modified: float
    status: str = "accepted"
    email: str | None = None
    expires: float | None = None
    access_only: bool = False
