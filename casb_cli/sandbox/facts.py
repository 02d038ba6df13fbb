"""What is known of the invented company: people, groups, containers, files, events, and the fixed cast."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

PersonKind = Literal["employee", "service", "contractor"]
Exposure = Literal["private", "internal", "external", "public"]

OWNER, BREAK_GLASS, SERVICE, SECOND_ADMIN, SUSPENDED, INVITED = range(6)
LEAVER, NO_MFA, HOSTILE_ANSI, HOSTILE_RTL, HOSTILE_FORMULA, MAINTAINER = range(6, 12)
CAST = 12
"""The least number of people: the cast itself."""

(
    PUBLIC_PLACE,
    EXTERNAL_PLACE,
    COMPANY_PLACE,
    PERSONAL_PLACE,
    HOSTILE_PLACE,
    EMPTY_PLACE,
    RENAMED_PLACE,
    ARCHIVE_PLACE,
    PENDING_PLACE,
    NESTED_PLACE,
    SHARED_PLACE,
    PLAIN_PLACE,
) = range(12)
PLACES = 12
"""The least number of containers: repositories at GitHub, folders at Box."""

PLACE_NAMES = (
    "website",
    "partner-portal",
    "handbook",
    "payroll",
    "odd-names",
    "empty",
    "tools",
    "attic",
    "tender",
    "payroll-archive",
    "press",
    "workshop",
)
PLACE_EXPOSURE: tuple[Exposure, ...] = (
    "public",
    "external",
    "internal",
    "private",
    "private",
    "private",
    "internal",
    "private",
    "private",
    "private",
    "public",
    "private",
)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the company, or a contractor of a partner; `index` is the identity everywhere."""

    index: int
    kind: PersonKind
    name: str
    login: str
    email: str
    department: str
    status: Literal["active", "suspended", "invited"]
    is_admin: bool
    mfa: bool
    created: datetime

    @property
    def external(self) -> bool:
        """Whether the person works for somebody else."""
        return self.kind == "contractor"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A team; `parent` is the index of the team above it."""

    index: int
    name: str
    slug: str
    parent: int | None
    created: datetime


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A container of files: a repository, or a folder whose `parent` may be another place.

    `first` and `count` are the block of file indices it holds. `externals` are contractors with access,
    `groups` the teams with access, `members` single employees with access besides the owner.
    """

    index: int
    name: str
    former_name: str | None
    parent: int | None
    owner: int
    exposure: Exposure
    externals: tuple[int, ...]
    groups: tuple[int, ...]
    members: tuple[int, ...]
    archived: bool
    created: datetime
    changed: datetime
    first: int
    count: int

    @property
    def files(self) -> range:
        """The indices of its files."""
        return range(self.first, self.first + self.count)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the world knows it, without its content; `exposure` is its own, None where it only inherits.

    `externals` are the contractors whom a file of exposure `external` is open to.
    """

    index: int
    place: int
    directory: str
    name: str
    kind: str
    mime: str
    exposure: Exposure | None
    externals: tuple[int, ...]
    created: datetime
    modified: datetime

    @property
    def path(self) -> str:
        """The path inside the place."""
        return f"{self.directory}/{self.name}" if self.directory else self.name


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened; `verb` is provider-neutral, `target` an index of `target_kind`."""

    index: int
    id: str
    time: datetime
    kind: Literal["logon", "user", "admin"]
    verb: str
    actor: int
    target_kind: Literal["person", "place", "file", "group"]
    target: int
    ip: str
    user_agent: str
    country: str
    success: bool


VERBS: tuple[tuple[Literal["logon", "user", "admin"], str, Literal["person", "place", "file", "group"], bool], ...] = (
    ("logon", "sign-in", "person", True),
    ("user", "download", "file", True),
    ("user", "upload", "file", True),
    ("admin", "role-changed", "person", True),
    ("logon", "sign-in-failed", "person", False),
    ("user", "preview", "file", True),
    ("user", "edit", "file", True),
    ("admin", "member-added", "group", True),
    ("user", "share", "place", True),
    ("admin", "settings-changed", "place", True),
    ("logon", "sign-in", "person", True),
    ("user", "delete", "file", True),
)
"""What happens, in the order in which it repeats: kind, verb, what it is done to, whether it succeeds."""
