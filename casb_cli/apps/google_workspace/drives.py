"""Reaching Drive: each item as its owner, each shared drive as somebody who may read it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, TypeVar
from zlib import crc32

import msgspec

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DIRECTORY, DRIVE, GoogleBase
from casb_cli.apps.google_workspace.rules import NOT_FOR_USER
from casb_cli.core.errors import NotPermitted, ObjectMissing, ProviderError, ScopeMissing
from casb_cli.core.models import File

INTAKE = "casb quarantine intake"
VAULT = "casb quarantine vault"
DRIVE_PAGE = 100
PERMISSION_PAGE = 100
ANY_DRIVE = {"supportsAllDrives": True}
ADMIN_ACCESS = {"supportsAllDrives": True, "useDomainAdminAccess": True}
_TOKEN_REFUSED = frozenset({"invalid_grant", "access_denied", "invalid_request"})
"""Codes with which Google's token endpoint refuses one subject."""
_HELD = 600.0
"""Seconds for which the members of shared drives are held."""
_MOST = 256
"""Shared drives of which the members are held: each is asked about for as long as it is listed."""
T = TypeVar("T")
_RANKS = {"organizer": 0, "fileOrganizer": 1, "writer": 2, "commenter": 3, "reader": 4}


def shut(error: ProviderError) -> bool:
    """Tell whether an error means that nobody can act as this one user in Drive: no licence, no such subject."""
    if not isinstance(error, NotPermitted) or isinstance(error, ScopeMissing):
        return False
    return error.code in NOT_FOR_USER or error.code in _TOKEN_REFUSED


class Foreign(ObjectMissing):
    """Somebody here sees the item, but it belongs to another company."""


def _keep(held: OrderedDict[str, T], drive: str, found: T) -> None:
    """Keep what was found of a drive, and let go of the one that was read the longest ago."""
    held[drive] = found
    held.move_to_end(drive)
    if len(held) > _MOST:
        held.popitem(last=False)


class Located(msgspec.Struct, frozen=True):
    """An item as it is, and the address of somebody who may act on it."""

    item: shapes.Item
    as_: str


class DriveBase(GoogleBase):
    """Items, permissions and shared drives, and who may see them."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._readers: OrderedDict[str, tuple[float, str | None]] = OrderedDict()
        self._members: OrderedDict[str, tuple[float, list[shapes.Permission]]] = OrderedDict()
        self._drives_lock = threading.Lock()

    # Items

    def item(self, id_: str, user: str | None, fields: str = shapes.FILE_FIELDS) -> shapes.Item:
        """Return an item as `user` sees it; raises ObjectMissing."""
        query = {**ANY_DRIVE, "fields": fields}
        return self.read(self.get(f"{DRIVE}/files/{{fileId}}", {"fileId": id_}, user, query=query), shapes.Item)

    def permissions_of(self, id_: str, user: str | None, *, admin: bool = False) -> list[shapes.Permission]:
        """Return all permissions on an item, inherited ones too; `admin`: on a shared drive, as administrator."""
        query: dict[str, Any] = {
            **(ADMIN_ACCESS if admin else ANY_DRIVE),
            "pageSize": PERMISSION_PAGE,
            "fields": f"nextPageToken,permissions({shapes.PERMISSION_FIELDS})",
        }
        pages = self.pages(
            f"{DRIVE}/files/{{fileId}}/permissions", shapes.Permissions, {"fileId": id_}, user=user, **query
        )
        # By id: a page may come twice.
        return list({one.id: one for page, _ in pages for one in page.permissions or ()}.values())

    def all_permissions(self, item: shapes.Item, user: str) -> list[shapes.Permission]:
        """Return an item's permissions: those that came with it, else asked for."""
        return item.permissions if item.permissions is not None else self.permissions_of(item.id, user)

    # Shared drives

    def shared_drives(self, cursor: str | None = None) -> Iterator[tuple[list[shapes.Drive], str | None]]:
        """Yield the customer's shared drives page by page, casb's own quarantine left out."""
        query: dict[str, Any] = {
            "useDomainAdminAccess": True,
            "pageSize": DRIVE_PAGE,
            "fields": "nextPageToken,drives(id,name,createdTime)",
        }
        for page, after in self.pages(f"{DRIVE}/drives", shapes.Drives, cursor=cursor, **query):
            yield [one for one in page.drives or () if not self.is_quarantine(one)], after

    def is_quarantine(self, drive: shapes.Drive) -> bool:
        """Tell whether a shared drive is casb's own: named at connect, or of that name and in our hands alone.

        A name proves nothing, since anybody may make a shared drive: it would hide what lies in it.
        """
        if drive.id in self.named_quarantine:
            return True
        return drive.name in {INTAKE, VAULT} and self.is_ours(drive.id)

    @property
    def named_quarantine(self) -> frozenset[str]:
        """The ids of the quarantine drives that were given at connect."""
        told = (self.facts.fields.get(key, "").strip() for key in ("quarantine_drive", "intake_drive"))
        return frozenset(one for one in told if one)

    def is_ours(self, drive: str) -> bool:
        """Tell whether the administrator acted as is the only organizer of a shared drive."""
        organizers = {(one.email_address or one.id).lower() for one in self.members(drive) if one.role == "organizer"}
        return organizers == {self.admin}

    def members(self, drive: str, *, fresh: bool = False) -> list[shapes.Permission]:
        """Return the members of a shared drive, at most ten minutes old, or as they are now."""
        with self._drives_lock:
            held = self._members.get(drive)
        if held is None or fresh or time.monotonic() - held[0] > _HELD:
            found = [one for one in self.permissions_of(drive, None, admin=True) if not one.deleted]
            held = (time.monotonic(), found)
            with self._drives_lock:
                _keep(self._members, drive, held)
        return held[1]

    def reader_of(self, drive: str) -> str | None:
        """Return the address of a member who can be acted as, one of the most powerful; None where there is none.

        Of equals it is another one for each drive, for what one person may use of the project's limit is a third.
        """
        with self._drives_lock:
            held = self._readers.get(drive)
        if held is None or time.monotonic() - held[0] > _HELD:
            held = (time.monotonic(), next(self._readers_among(drive, self.members(drive)), None))
            with self._drives_lock:
                _keep(self._readers, drive, held)
        return held[1]

    def forget(self, drive: str) -> None:
        """Look for another reader of a shared drive next time: this one sees it no more."""
        with self._drives_lock:
            self._readers.pop(drive, None)
            self._members.pop(drive, None)

    def _readers_among(self, drive: str, members: list[shapes.Permission]) -> Iterator[str]:
        people = self.people()

        def place(one: shapes.Permission) -> tuple[int, int]:
            return _RANKS.get(one.role or "", 9), crc32(f"{drive} {one.email_address}".encode())

        ranked = sorted(members, key=place)
        for wanted in ("user", "group"):
            for one in ranked:
                address = (one.email_address or "").lower()
                if one.type != wanted or not address:
                    continue
                for candidate in [address] if wanted == "user" else self._people_in(address):
                    known = people.get(self.id_of(candidate) or "")
                    usable = known is not None and not known.suspended and not known.archived
                    if usable and (self.delegated or candidate == self.admin):
                        yield candidate

    def _people_in(self, group: str) -> Iterator[str]:
        name = f"{DIRECTORY}/groups/{{groupKey}}/members"
        query: dict[str, Any] = {"maxResults": 200, "includeDerivedMembership": True}
        try:
            for page, _ in self.pages(name, shapes.Members, {"groupKey": group}, **query):
                yield from ((one.email or "").lower() for one in page.members or () if one.type == "USER")
        except (NotPermitted, ObjectMissing):
            return  # a group of another company, or no permission to look into groups: it leads to nobody

    # Finding

    def locate(self, id_: str, fields: str = shapes.FILE_FIELDS, hints: tuple[str, ...] = ()) -> Located:
        """Return an item, its id alone given, and who may act on it; raises ObjectMissing.

        What an earlier listing kept is tried first, then the administrator and those of `hints`; else Drive has no
        call, and each user is asked until one sees it, one cheap call each.
        """
        outside: shapes.Item | None = None
        for address in self._candidates(id_, hints):
            try:
                item = self.item(id_, address, fields)
            except (ObjectMissing, NotPermitted) as error:
                if isinstance(error, ScopeMissing):
                    raise
                continue
            found = self._acting_on(item, address, fields)
            if found is not None:
                return found
            outside = item
        if outside is not None:
            raise Foreign(
                f"{outside.name} belongs to {outside.owner or 'another company'}, outside the customer: no share of it"
                " can be taken away, nor can it be moved, copied away or trashed by anybody but its owner",
                hint="ask its owner, or take it out of the folder that it is shared in",
            )
        raise ObjectMissing(
            f"nobody who can be acted as sees the item {id_}",
            call="GET /drive/v3/files/{fileId}",
            hint="it may be deleted, or belong to another company",
        )

    def _candidates(self, id_: str, hints: tuple[str, ...]) -> Iterator[str]:
        asked: list[str | None] = []
        kept = self.recall("file", id_)
        if isinstance(kept, File):
            asked += [kept.locator.get("as"), kept.owner]
        asked += [self.admin, *(hint.lower() for hint in hints if self.is_internal(hint))]
        seen: set[str] = set()
        for address in asked:
            if address and "@" in address and address not in seen:
                seen.add(address)
                yield address
        if self.delegated:
            yield from (address for address in self.people().addresses() if address not in seen)

    def _acting_on(self, item: shapes.Item, seen_by: str, fields: str) -> Located | None:
        """Return the item as its owner or an organizer sees it; None where that is nobody of ours."""
        if item.drive_id:
            actor = self.reader_of(item.drive_id) or seen_by
        elif item.owner and self.id_of(item.owner):
            actor = self.email_of(self.id_of(item.owner) or "") or item.owner
        else:
            return None  # somebody shared it with us: another company governs it
        return Located(item if actor == seen_by else self.item(item.id, actor, fields), actor)
