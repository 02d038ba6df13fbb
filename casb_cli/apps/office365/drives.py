"""Which drives there are, what lies in them, and where: every library of every site, every person's OneDrive."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, overload

import msgspec

from casb_cli.apps._microsoft.batch import MOST
from casb_cli.apps._microsoft.paging import NEXT_LINK
from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.common import GRAPH, PAGE, Microsoft365Base
from casb_cli.apps.office365.mapping_files import Item, Permission, Place
from casb_cli.apps.office365.scopes import SITES_FULL
from casb_cli.apps.office365.tree import Tree
from casb_cli.core.capabilities import Page
from casb_cli.core.compact import Seen
from casb_cli.core.errors import NotPermitted, ObjectMissing, ProviderError, ScopeMissing, StateConflict
from casb_cli.core.models import ROOT, Notice, Partition, Sharing
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Answer, Call

R = TypeVar("R")

QUARANTINE = "casb-quarantine"
"""The site or library that holds quarantined files; no listing shows it."""
DRIVE = f"{GRAPH}/drives/{{driveId}}"
ITEM = f"{DRIVE}/items/{{itemId}}"
PERMISSIONS = f"{ITEM}/permissions"
DELTA = f"{DRIVE}/root/delta"
_SITE = "site:"
DELTA_PAGE = 1000
"""Items a page of a delta, where the provider gives so many; it may give fewer."""
_SITE_PAGE = 200
_DRIVE_FIELDS = "id,name,driveType,owner,webUrl,sharePointIds"
_PLACES = 500
"""Drives whose place is held."""
_HELD = 600.0
"""Seconds for which domains, guests and teams are held."""
_ASIDE = (NotPermitted, ObjectMissing, StateConflict)
"""What a site answers that is locked, or being made or removed: it shows its files to nobody."""

Rows = Callable[[Tree, list[Item], bool], tuple[list[R], list[Notice]]]
"""What a walk makes of a page: the rows, and what could not be read; the flag says that nothing more comes."""


class _Group(msgspec.Struct, rename="camel", gc=False):
    id: str
    resource_provisioning_options: list[str] | None = None


class _Domain(msgspec.Struct):
    name: str | None = None


class _Organization(msgspec.Struct, rename="camel"):
    verified_domains: list[_Domain] | None = None


class _User(msgspec.Struct, rename="camel", gc=False):
    id: str
    user_principal_name: str | None = None
    mail: str | None = None


class Drives(Microsoft365Base):
    """The partitions of files, sharing and trash, and how a drive is walked."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._places: dict[str, Place] = {}
        self._held: dict[str, tuple[float, frozenset[str]]] = {}
        self._guests: tuple[float, Seen] | None = None
        self._floors: dict[str, tuple[float, Sharing]] = {}
        self._facts_lock = threading.Lock()

    # Facts that are read once

    def _once(self, name: str, read: Callable[[], frozenset[str]]) -> frozenset[str]:
        with self._facts_lock:
            held = self._held.get(name)
            if held is None or time.monotonic() - held[0] > _HELD:
                held = self._held[name] = (time.monotonic(), read())
        return held[1]

    def internal_domains(self) -> frozenset[str]:
        """Return the tenant's verified domains, and those named at connect; lower case."""

        def read() -> frozenset[str]:
            told = self.facts.fields.get("internal_domains", "").replace(";", ",").split(",")
            found = {one.strip().lower().lstrip("@") for one in told} - {""}
            query = {"$select": "id,verifiedDomains"}
            for one in self.every(f"{GRAPH}/organization", _Organization, query=query):
                found |= {domain.name.lower() for domain in one.verified_domains or () if domain.name}
            return frozenset(found)

        return self._once("domains", read)

    def guests(self) -> Seen:
        """Return the ids and the addresses (lower case) of the directory's guests; at most ten minutes old."""
        with self._facts_lock:
            held = self._guests
            if held is None or time.monotonic() - held[0] > _HELD:
                query = {"$filter": "userType eq 'Guest'", "$select": "id,userPrincipalName,mail", "$top": PAGE}
                found = Seen()
                for one in self.every(f"{GRAPH}/users", _User, query=query):
                    told = (one.id, one.user_principal_name, one.mail)
                    for text in filter(None, told):
                        found.add(text.lower())
                held = self._guests = (time.monotonic(), found)
        return held[1]

    def teams(self) -> frozenset[str]:
        """Return the ids of the groups that are teams."""

        def read() -> frozenset[str]:
            query = {"$select": "id,resourceProvisioningOptions", "$top": PAGE}
            groups = self.every(f"{GRAPH}/groups", _Group, query=query)
            return frozenset(one.id for one in groups if "Team" in (one.resource_provisioning_options or ()))

        return self._once("teams", read)

    def is_internal(self, address: str) -> bool:
        """Tell whether an address belongs to one of the tenant's domains."""
        return address.rpartition("@")[2].lower() in self.internal_domains()

    def outside(self, one: shapes.Identities) -> bool:
        """Tell whether a principal is a guest, or somebody else's."""
        return shapes.outsider(one, self.is_internal, self.guests())

    # Drives

    @property
    def sees_all(self) -> bool:
        """Whether all sites can be listed: the app itself can, a signed-in person cannot."""
        return self.facts.method != "device"

    def sites(self, cursor: str | None) -> Iterator[tuple[list[shapes.Site], str | None]]:
        """Yield all sites page by page, personal ones too; a signed-in person's search finds some of them."""
        query: dict[str, Any] = {"$select": "id,webUrl,displayName,isPersonalSite", "$top": _SITE_PAGE}
        if self.sees_all:
            yield from self.pages(f"{GRAPH}/sites/getAllSites", shapes.Site, query=query, cursor=cursor)
        else:
            query = {"search": "*", "$top": _SITE_PAGE}
            yield from self.pages(f"{GRAPH}/sites", shapes.Site, query=query, cursor=cursor)

    def partitions(self, part: Partition, cursor: str | None) -> Iterator[Page[Any]]:
        """Yield a partition for every site, and for a site its drives; what shows itself to nobody is told.

        The drives of many sites are asked for together, so a site's partition holds what was answered of it.
        """
        if part.key:
            yield self.drives_of(part)
            return
        if cursor is None and not self.sees_all:
            about = "sites and OneDrives that the signed-in person cannot find: only an app of its own sees all"
            yield from self._own_drives(Notice(code="not-visible", about=about))
        for sites, after in self.sites(cursor):
            yield Page(items=(), cursor=after, more=tuple(self.look_at(sites)))

    def look_at(self, sites: Sequence[shapes.Site]) -> list[Partition]:
        """Return the partition of each of some sites, their drives asked for together."""
        calls = [
            self.get(f"{GRAPH}/sites/{{id}}/drives", {"id": one.id}, query={"$select": _DRIVE_FIELDS}) for one in sites
        ]
        answers = self.batch(calls)
        refused = [one for one in answers if isinstance(one, ScopeMissing)]
        if refused and len(refused) == len(answers):
            raise refused[0]
        return [self._site_part(site, answer) for site, answer in zip(sites, answers, strict=True)]

    def _site_part(self, site: shapes.Site, answer: Answer | ProviderError) -> Partition:
        """Return the partition of a site; raises what is wrong with more than this site."""
        if isinstance(answer, _ASIDE):
            where = site.web_url or site.display_name or site.id
            return Partition(key=f"{_SITE}{site.id}", data={"shut": f"the files of {where}: {answer.words}"})
        if isinstance(answer, ProviderError):
            raise answer
        drives = [one for one in self._all_drives(answer) if not self._is_quarantine(site, one)]
        held = msgspec.json.encode([self._keep(site, one).as_data() for one in drives]).decode()
        return Partition(key=f"{_SITE}{site.id}", data={"drives": held})

    @staticmethod
    def drives_of(part: Partition) -> Page[Any]:
        """Return the drives that a site's partition holds, or that it is shut to everybody."""
        if "shut" in part.data:
            return Page(items=(), notices=(Notice(code="unreachable", about=part.data["shut"]),))
        held = from_json(part.data["drives"], list[dict[str, str]])
        return Page(items=(), more=tuple(Partition(key=f"drive:{one['drive']}", data=one) for one in held))

    def all_drives(self) -> tuple[list[Partition], list[Notice]]:
        """Return the partitions of all drives, and what was told of those that cannot be seen."""
        found: list[Partition] = []
        notices: list[Notice] = []
        for page in self.partitions(ROOT, None):
            notices += page.notices
            for part in page.more:
                inner = self.drives_of(part) if part.key.startswith(_SITE) else Page(items=(), more=(part,))
                found += inner.more
                notices += inner.notices
        return found, notices

    def _own_drives(self, notice: Notice) -> Iterator[Page[Any]]:
        query = {"$select": "id", "$top": PAGE}
        for users, _ in self.pages(f"{GRAPH}/users", _User, query=query):
            calls = [self.get(f"{GRAPH}/users/{{id}}/drive", {"id": one.id}) for one in users]
            found: list[Partition] = []
            for answer in self.batch(calls):
                if isinstance(answer, Answer):
                    drive = answer.decode(shapes.Drive)
                    found.append(self._partition(self._keep(_site_of(drive), drive)))
                elif not isinstance(answer, _ASIDE):
                    raise answer
            yield Page(items=(), more=tuple(found), notices=(notice,))

    def _all_drives(self, answer: Answer) -> Iterator[shapes.Drive]:
        page = answer.decode(shapes.Drives)
        yield from page.value
        if page.next_link:
            for drives, _ in self.pages(f"{GRAPH}/sites/{{id}}/drives", shapes.Drive, cursor=page.next_link):
                yield from drives

    def _is_quarantine(self, site: shapes.Site, drive: shapes.Drive) -> bool:
        last = shapes.site_path(site.web_url or "").rpartition("/")[2].lower()
        return last == QUARANTINE or drive.id == self.quarantine_drive

    @property
    def quarantine_drive(self) -> str:
        """The id of the drive that holds quarantined files, as named at connect; empty where none is."""
        return self.facts.fields.get("quarantine_drive", "").strip()

    def _keep(self, site: shapes.Site, drive: shapes.Drive) -> Place:
        owner = drive.owner.user if drive.owner and drive.is_personal else None
        group = drive.owner.group if drive.owner else None
        product = "onedrive" if drive.is_personal else "sharepoint"
        if group is not None and group.id and group.id in self.teams():
            product = "teams"
        place = Place(
            drive=drive.id,
            name=drive.name or drive.id,
            site=site.web_url or "",
            site_id=site.id,
            site_name=site.display_name or shapes.site_path(site.web_url or "") or "the root site",
            personal=drive.is_personal,
            owner=owner.address if owner else None,
            owner_id=owner.id if owner else None,
            product=product,
            url=drive.webUrl or "",
        )
        self._remember(place)
        return place

    def _remember(self, place: Place) -> None:
        """Hold a place for who asks for it by its drive; the oldest of many is read again if need be."""
        self._places[place.drive] = place
        while len(self._places) > _PLACES:
            with contextlib.suppress(StopIteration, RuntimeError, KeyError):  # another thread was first
                del self._places[next(iter(self._places))]

    @staticmethod
    def _partition(place: Place) -> Partition:
        return Partition(key=f"drive:{place.drive}", data=place.as_data())

    def place(self, drive: str) -> Place:
        """Return what is known of a drive, read where it is met for the first time; raises ObjectMissing."""
        known = self._places.get(drive)
        if known is None:
            call = self.get(DRIVE, {"driveId": drive}, query={"$select": _DRIVE_FIELDS})
            found = self.read(call, shapes.Drive)
            known = self._keep(_site_of(found), found)
        return known

    # Items

    def item(self, drive: str, item: str, fields: str = shapes.ACT_FIELDS) -> Item:
        """Return an item as it is now; raises ObjectMissing."""
        call = self.get(ITEM, {"driveId": drive, "itemId": item}, query={"$select": fields})
        return self.read(call, Item)

    def located(self, id_: str) -> tuple[Place, Item]:
        """Return the drive and the item of a file's id; raises ObjectMissing."""
        drive, item = shapes.split_id(id_)
        if not drive or "," in drive:
            raise ObjectMissing(f"`{id_}` is no id of a file in a drive")
        return self.place(drive), self.item(drive, item)

    def delta(self, drive: str, **query: Any) -> Call:
        """Return the call for what lies in a drive, or changed in it."""
        asked = {"$select": shapes.ITEM_FIELDS, "$top": DELTA_PAGE, **query}
        return self.get(DELTA, {"driveId": drive}, query=asked, headers=self.delta_headers())

    def delta_headers(self) -> dict[str, str]:
        """Return what is asked of a delta: no folders above what changed, and all of sharing where allowed."""
        wanted = ["deltaExcludeParent"]
        if self.has_full_control:
            wanted += ["deltashowremovedasdeleted", "deltatraversepermissiongaps", "deltashowsharingchanges"]
            # Sharing is then told where it stands only, not of each item that inherits it: that spares most calls.
            wanted.append("hierarchicalsharing")
        return {"Prefer": ", ".join(wanted)}

    @property
    def has_full_control(self) -> bool:
        """Whether SharePoint tells which items have a sharing of their own, and which changes are of sharing."""
        own = self.facts.own
        return own is not None and SITES_FULL in own.granted

    @staticmethod
    def is_drive(part: Partition) -> bool:
        """Tell whether a partition is a drive's, rather than one that leads to drives."""
        return part.key.startswith("drive:")

    def walk(self, part: Partition, cursor: str | None, rows: Rows[R]) -> Iterator[Page[R]]:
        """Yield all that lies in a drive page by page through `rows`; a forgotten position raises CursorExpired."""
        place = Place.of(part.data)
        self._remember(place)
        tree = Tree(self, place)
        call = self.delta(place.drive)
        try:
            for answer, after in self.client.pages(call, NEXT_LINK, cursor):
                items = [one for one in answer.decode(shapes.Items).value if one.deleted is None]
                tree.learn(items)
                found, notices = rows(tree, items, after is None)
                yield Page(items=found, cursor=after, notices=notices)
        except StateConflict as error:
            about = f"the files of {place.about}: {error.words}"
            yield Page(items=(), notices=(Notice(code="unreachable", about=about),))

    # Permissions

    def permissions(self, drive: str, item: str) -> list[Permission]:
        """Return every permission of an item, inherited ones too; raises ObjectMissing."""
        return list(self.every(PERMISSIONS, Permission, {"driveId": drive, "itemId": item}))

    @overload
    def permissions_of(self, items: Sequence[tuple[str, str]]) -> Iterator[list[Permission]]: ...

    @overload
    def permissions_of(
        self, items: Sequence[tuple[str, str]], *, shut: Literal[True]
    ) -> Iterator[list[Permission] | None]: ...

    def permissions_of(
        self, items: Sequence[tuple[str, str]], *, shut: bool = False
    ) -> Iterator[list[Permission]] | Iterator[list[Permission] | None]:
        """Yield the permissions of each of many items (drive and id); of one that is gone by now, none.

        With `shut`, None for what cannot be read now, which is an error otherwise. Twenty are read at a time: whoever
        keeps of them only what matters holds little, however many they are.
        """
        for start in range(0, len(items), MOST):
            some = items[start : start + MOST]
            calls = [self.get(PERMISSIONS, {"driveId": drive, "itemId": one}) for drive, one in some]
            for answer in self.batch(calls):
                if shut and isinstance(answer, _ASIDE):
                    yield None
                elif isinstance(answer, ObjectMissing):
                    yield []
                elif isinstance(answer, ProviderError):
                    raise answer
                else:
                    page = answer.decode(shapes.Permissions)
                    if page.next_link:
                        for more, _ in self.pages(PERMISSIONS, Permission, cursor=page.next_link):
                            page.value += more
                    yield page.value

    def levels(self, place: Place, items: Sequence[Item], tree: Tree | None = None) -> list[Sharing]:
        """Return how far each of some items is open; asked for only where the listing does not tell.

        With `tree` an item that tells no sharing is open as the folder above it.
        """
        if not items:
            return []
        above = {one.id: tree.carrier(one) for one in items if one.shared is None} if tree is not None else {}
        known = tree.levels if tree is not None else {}
        folders = {id_ for id_ in above.values() if id_ is not None and id_ not in known}
        doubtful = [one.id for one in items if one.shared is not None and one.shared.scope != "anonymous"]
        asked = [*doubtful, *sorted(folders)]
        read = self.permissions_of([(place.drive, id_) for id_ in asked])
        told = {id_: shapes.level(one, self.outside, place) for id_, one in zip(asked, read, strict=True)}
        known.update({id_: told[id_] for id_ in folders})
        found: list[Sharing] = []
        for one in items:
            carrier = above.get(one.id)
            if one.id in told:
                found.append(told[one.id])
            elif one.shared is not None:
                found.append("public")
            elif carrier is not None:
                found.append(known[carrier])
            else:
                found.append(self.floor(place, tree.root if tree is not None else None))
        return found

    def knows_floor(self, data: Mapping[str, str]) -> bool:
        """Tell whether `floor` answers for a drive (a partition's data) without asking."""
        held = self._floors.get(data["drive"])
        return "personal" in data or (held is not None and time.monotonic() - held[0] <= _HELD)

    def hold_floor(self, place: Place, level: Sharing) -> None:
        """Take it as known how far a drive is open as a whole."""
        self._floors[place.drive] = (time.monotonic(), level)

    def floor(self, place: Place, root: str | None = None) -> Sharing:
        """Return how far everything in a drive is open that is not shared by itself; held for ten minutes."""
        held = self._floors.get(place.drive)
        if held is not None and time.monotonic() - held[0] <= _HELD:
            return held[1]
        return self.floors([place], {place.drive: root} if root else {})[place.drive]

    def floors(self, places: Sequence[Place], roots: Mapping[str, str] | None = None) -> dict[str, Sharing]:
        """Return the same of several drives, read anew: what a library's root is open to, all in it is."""
        known = dict(roots or {})
        libraries = [one for one in places if not one.personal]
        unknown = [one.drive for one in libraries if one.drive not in known]
        for start in range(0, len(unknown), MOST):
            some = unknown[start : start + MOST]
            calls = [self.get(f"{DRIVE}/root", {"driveId": one}, query={"$select": "id"}) for one in some]
            for drive, answer in zip(some, self.batch(calls), strict=True):
                if isinstance(answer, Answer):
                    known[drive] = answer.decode(Item).id
                elif not isinstance(answer, _ASIDE):
                    raise answer
        found: dict[str, Sharing] = {one.drive: one.floor for one in places}
        asked = [one for one in libraries if one.drive in known]
        read = self.permissions_of([(one.drive, known[one.drive]) for one in asked], shut=True)
        for place, permissions in zip(asked, read, strict=True):
            if permissions is not None:
                found[place.drive] = shapes.level(permissions, self.outside, place)
        self._floors.update({drive: (time.monotonic(), level) for drive, level in found.items()})
        return found


def _site_of(drive: shapes.Drive) -> shapes.Site:
    """Return what a drive tells of the site that it belongs to."""
    from urllib.parse import urlsplit

    ids = drive.sharepoint_ids
    url = (ids.site_url if ids else None) or (drive.webUrl or "").rpartition("/")[0]
    host = urlsplit(url).hostname or ""
    known = bool(ids and ids.site_id and ids.web_id)
    id_ = f"{host},{ids.site_id},{ids.web_id}" if known and ids else ""
    return shapes.Site(id=id_, web_url=url)
