"""Wire shapes of drives, items and permissions, decoded straight from bytes, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import SHARING_ORDER, File, Share, ShareKind, Sharing
from casb_cli.core.refs import local

ITEM_FIELDS = (
    "id,name,size,file,folder,package,root,deleted,parentReference,createdBy,createdDateTime,lastModifiedDateTime,"
    "eTag,cTag,shared,malware"
)
"""What listings ask for; a delta tells no path, whatever is asked for."""
ACT_FIELDS = f"{ITEM_FIELDS},sharepointIds,webUrl"

_CLAIM = "c:0"
"""How the login names of groups and of claims begin; people's begin with `i:`."""
_PUBLIC_LOGIN = "c:0(.s|true"
_GUEST_MARKS = ("#ext#", "urn:spo:guest")
_ROLE_ORDER = ("read", "write", "owner")
_FULL_CONTROL = "sp.full control"


class Identity(msgspec.Struct, rename="camel", gc=False):
    """A person or a group; `email` comes with most answers though the schema does not declare it."""

    id: str | None = None
    display_name: str | None = None
    email: str | None = None
    user_principal_name: str | None = None
    login_name: str | None = None

    @property
    def address(self) -> str | None:
        """The address in lower case."""
        told = self.email or self.user_principal_name
        if not told and self.login_name and "|" in self.login_name:
            last = self.login_name.rpartition("|")[2]
            told = last if "@" in last else None
        return told.lower() if told else None


class Identities(msgspec.Struct, rename="camel", gc=False):
    """Who did something or may do it."""

    user: Identity | None = None
    group: Identity | None = None
    site_user: Identity | None = None
    site_group: Identity | None = None
    share_point_group: Identity | None = None
    application: Identity | None = None

    @property
    def login(self) -> str:
        """SharePoint's own name of the principal, in lower case."""
        named = next((one.login_name for one in (self.site_user, self.user, self.group) if one and one.login_name), "")
        return named.lower()

    @property
    def address(self) -> str | None:
        """The principal's address in lower case."""
        for one in (self.user, self.group, self.site_user):
            if one is not None and one.address:
                return one.address
        return None

    @property
    def id(self) -> str | None:
        """The directory's id of the principal; SharePoint's own numbers are none."""
        one = self.user or self.group
        return one.id if one else None

    @property
    def in_group(self) -> bool:
        """Whether it stands for several people: a group, a site's own group, or a claim such as everyone."""
        groups = (self.group, self.site_group, self.share_point_group)
        return any(one is not None for one in groups) or self.login.startswith(_CLAIM)

    @property
    def name(self) -> str | None:
        """Who it is, in words."""
        site = self.site_group or self.share_point_group
        if site is not None:
            return site.display_name or site.login_name
        one = self.user or self.group or self.site_user or self.application
        if self.address or one is None:
            return self.address
        return one.login_name or (self.site_user.login_name if self.site_user else None) or one.display_name or one.id


class Reference(msgspec.Struct, rename="camel", gc=False):
    drive_id: str | None = None
    id: str | None = None
    path: str | None = None


class Hashes(msgspec.Struct, rename="camel", gc=False):
    quick_xor_hash: str | None = None


class FileFacet(msgspec.Struct, rename="camel", gc=False):
    mime_type: str | None = None
    hashes: Hashes | None = None


class Shared(msgspec.Struct, gc=False):
    scope: str | None = None


class PackageFacet(msgspec.Struct, gc=False):
    type: str | None = None


class SharepointIds(msgspec.Struct, rename="camel", gc=False):
    list_id: str | None = None
    list_item_unique_id: str | None = None
    site_id: str | None = None
    site_url: str | None = None
    web_id: str | None = None


class Item(msgspec.Struct, rename={"e_tag": "eTag", "c_tag": "cTag"}, gc=False):
    """A file, folder or package of a drive, with the fields that were asked for."""

    id: str
    name: str | None = None
    size: int | None = None
    file: FileFacet | None = None
    folder: dict[str, Any] | None = None
    package: PackageFacet | None = None
    root: dict[str, Any] | None = None
    deleted: dict[str, Any] | None = None
    malware: dict[str, Any] | None = None
    shared: Shared | None = None
    parentReference: Reference | None = None  # noqa: N815 - `eTag` and `cTag` rule out a general renaming
    createdBy: Identities | None = None  # noqa: N815 - as above
    createdDateTime: str | None = None  # noqa: N815 - as above
    lastModifiedDateTime: str | None = None  # noqa: N815 - as above
    sharepointIds: SharepointIds | None = None  # noqa: N815 - as above
    webUrl: str | None = None  # noqa: N815 - as above
    e_tag: str | None = None
    c_tag: str | None = None

    @property
    def is_file(self) -> bool:
        """Whether it is a row of its own: folders and the root are places."""
        return (self.file is not None or self.package is not None) and self.deleted is None

    @property
    def is_folder(self) -> bool:
        return self.folder is not None and self.package is None

    @property
    def parent(self) -> str | None:
        return self.parentReference.id if self.parentReference else None

    @property
    def hash(self) -> str | None:
        """The bare quickXorHash."""
        return self.file.hashes.quick_xor_hash if self.file and self.file.hashes else None


class Items(msgspec.Struct):
    value: list[Item] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")
    delta_link: str | None = msgspec.field(default=None, name="@odata.deltaLink")


class Site(msgspec.Struct, rename="camel", gc=False):
    """A site collection; a person's OneDrive is one too."""

    id: str
    web_url: str | None = None
    display_name: str | None = None
    name: str | None = None
    is_personal_site: bool | None = None


class Sites(msgspec.Struct):
    value: list[Site] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Drive(msgspec.Struct, rename={"sharepoint_ids": "sharePointIds"}, gc=False):
    """A document library, or a person's OneDrive."""

    id: str
    name: str | None = None
    driveType: str | None = None  # noqa: N815 - `sharePointIds` rules out a general renaming
    webUrl: str | None = None  # noqa: N815 - as above
    owner: Identities | None = None
    sharepoint_ids: SharepointIds | None = None

    @property
    def is_personal(self) -> bool:
        return self.driveType in {"business", "personal"}


class Drives(msgspec.Struct):
    value: list[Drive] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Link(msgspec.Struct, rename="camel", gc=False):
    """A sharing link; its URL is as good as a password, so it is not even decoded."""

    scope: str | None = None
    type: str | None = None
    prevents_download: bool | None = None


class Permission(msgspec.Struct, rename="camel", gc=False):
    """One way into one item."""

    id: str
    roles: list[str] | None = None
    link: Link | None = None
    granted_to_v2: Identities | None = None
    granted_to: Identities | None = None
    granted_to_identities_v2: list[Identities] | None = None
    granted_to_identities: list[Identities] | None = None
    inherited_from: Reference | None = None
    expiration_date_time: str | None = None
    has_password: bool | None = None

    @property
    def direct(self) -> bool:
        """Whether it stands on the item itself."""
        return self.inherited_from is None or not (self.inherited_from.id or self.inherited_from.path)

    @property
    def to(self) -> Identities | None:
        """The one that a grant is given to."""
        return self.granted_to_v2 or self.granted_to

    @property
    def grantees(self) -> list[Identities]:
        """Those whom a link for specific people lets in."""
        return self.granted_to_identities_v2 or self.granted_to_identities or []

    @property
    def role(self) -> str | None:
        """The highest of its roles: `read`, `write` or `owner`."""
        told = {"owner" if one == _FULL_CONTROL else one for one in self.roles or ()}
        return next((one for one in reversed(_ROLE_ORDER) if one in told), next(iter(sorted(told)), None))

    @property
    def counts(self) -> bool:
        """Whether it opens the item to somebody that can be told."""
        return self.link is not None or self.to is not None

    def is_of_owner(self, owner: str | None, address: str | None) -> bool:
        """Tell whether it is the drive owner's own."""
        to = self.to
        if self.link is not None or to is None or self.role != "owner" or to.in_group:
            return False
        return (owner is not None and to.id == owner) or (address is not None and to.address == address.lower())

    @property
    def kind(self) -> ShareKind | None:
        if self.link is not None:
            return "link"
        to = self.to
        if to is None:
            return None
        return "group" if to.in_group else "user"

    @property
    def who(self) -> str | None:
        """Whom it lets in, in words."""
        if self.link is not None:
            if self.link.scope == "anonymous":
                return "anyone"
            if self.link.scope == "organization":
                return "organization"
            return ", ".join(sorted(one.name for one in self.grantees if one.name)) or "specific people"
        return self.to.name if self.to else None


class Permissions(msgspec.Struct):
    value: list[Permission] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class Version(msgspec.Struct, gc=False):
    id: str


class Versions(msgspec.Struct):
    value: list[Version] = []
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class BinItem(msgspec.Struct, rename="pascal", gc=False):
    """Something in a site's recycle bin; its size comes as text."""

    id: str
    leaf_name: str | None = None
    dir_name: str | None = None
    size: str | int | None = None
    item_state: int | None = None
    item_type: int | None = None
    deleted_date: str | None = None
    author_email: str | None = None
    author_name: str | None = None


class BinItems(msgspec.Struct):
    value: list[BinItem] = []
    next_link: str | None = msgspec.field(default=None, name="odata.nextLink")


class Label(msgspec.Struct, rename="camel", gc=False):
    sensitivity_label_id: str | None = None


class Labels(msgspec.Struct):
    labels: list[Label] | None = None


class LabelName(msgspec.Struct, rename="camel", gc=False):
    id: str
    display_name: str | None = None
    name: str | None = None


class Place(msgspec.Struct, frozen=True):
    """What is known of a drive beside its items; plain text, so that a partition can hold it."""

    drive: str
    name: str = ""
    site: str = ""
    """The web address of the site that it belongs to."""
    site_id: str = ""
    site_name: str = ""
    personal: bool = False
    owner: str | None = None
    owner_id: str | None = None
    product: str = "sharepoint"
    url: str = ""
    """The web address of the drive itself."""

    @property
    def floor(self) -> Sharing:
        """How far each of its files is open at least: what lies in a library, its site's members see."""
        return "private" if self.personal else "internal"

    @property
    def about(self) -> str:
        """The drive in words."""
        return f"the OneDrive of {self.owner or self.site}" if self.personal else f"{self.site_name}/{self.name}"

    def as_data(self) -> dict[str, str]:
        """As a partition's data."""
        told = {key: value for key, value in msgspec.structs.asdict(self).items() if isinstance(value, str) and value}
        return {**told, **({"personal": "1"} if self.personal else {})}

    @classmethod
    def of(cls, data: dict[str, str]) -> Place:
        """Return what a partition's data says."""
        return cls(**{**data, "personal": "personal" in data})  # type: ignore[arg-type] # text, but for this one


def file_id(drive: str, item: str) -> str:
    """Return the id of a file of ours: an item's own is unique within its drive only."""
    return f"{drive}/{item}"


def split_id(id_: str) -> tuple[str, str]:
    """Return drive and item of a file's id, or site and item of a trashed one's; both empty where it is none."""
    drive, mark, item = id_.partition("/")
    return (drive, item) if mark and drive and item and "/" not in item else ("", "")


def site_path(web_url: str) -> str:
    """Return the path of a site's address, without slashes around it; empty for the root site."""
    return unquote(urlsplit(web_url).path).strip("/")


def outsider(one: Identities, is_internal: Callable[[str], bool], guests: Container[str]) -> bool:
    """Tell whether a principal is nobody of the tenant's own people: a guest, or an address elsewhere."""
    if one.login == _PUBLIC_LOGIN or any(mark in one.login for mark in _GUEST_MARKS):
        return True
    address = one.address or ""
    if one.id in guests or address in guests or "#ext#" in address:
        return True
    if one.in_group or not address:
        return False
    return not is_internal(address)


def level_of(found: Permission, outside: Callable[[Identities], bool]) -> Sharing:
    """Return how far one permission opens an item."""
    if found.link is not None:
        if found.link.scope == "anonymous":
            return "public"
        if any(outside(one) for one in found.grantees):
            return "external"
        return "internal" if found.link.scope == "organization" or found.grantees else "private"
    return "external" if found.to is not None and outside(found.to) else "internal"


def wider(first: Sharing, second: Sharing) -> Sharing:
    """Return the level that is open to more."""
    return first if SHARING_ORDER[first] <= SHARING_ORDER[second] else second


def level(found: Iterable[Permission], outside: Callable[[Identities], bool], place: Place) -> Sharing:
    """Return how far an item's permissions open it together."""
    reach = place.floor
    for one in found:
        if one.counts and not one.is_of_owner(place.owner_id, place.owner):
            reach = wider(reach, level_of(one, outside))
    return reach


def file(item: Item, place: Place, path: str | None, sharing: Sharing | None, label: str | None) -> File:
    """Return a file as a row."""
    created = item.createdBy.user if item.createdBy else None
    owner = place.owner if place.personal else created.address if created else None
    owner_id = place.owner_id if place.personal else created.id if created else None
    hashed = f"quickxor:{item.hash}" if item.hash else None
    locator = {"parent": item.parent} if item.parent else {}
    if item.malware is not None:
        locator["malware"] = "1"
    if item.shared is not None:
        locator["shared"] = "1"
    if item.package is not None:
        locator["package"] = item.package.type or "package"
    told: tuple[tuple[str, Any], ...] = (("path", path), ("sharing", sharing), ("owner", owner), ("size", item.size))
    return File(
        id=file_id(place.drive, item.id),
        name=item.name,
        path=path,
        owner=owner,
        owner_ref=local("account", owner_id) if owner_id else None,
        size=item.size,
        mime=item.file.mime_type if item.file else None,
        modified=clock.normalise(item.lastModifiedDateTime),
        hash=hashed,
        version=item.c_tag or item.e_tag,
        sharing=sharing,
        trashed=False,
        product=place.product,
        profile=_profile(place, label),
        locator=locator,
        unknown=tuple(name for name, value in told if value is None),
    )


def _profile(place: Place, label: str | None) -> dict[str, Any]:
    """Return what else is told: the library, since a path begins at its root, and the label."""
    told = (("library", place.url), ("sensitivity_label", label))
    return {name: value for name, value in told if value}


def share(
    place: Place, item: Item, found: Permission, path: str | None, outside: Callable[[Identities], bool]
) -> Share:
    """Return the share that a permission on a file or a folder is."""
    carrier = file_id(place.drive, item.id)
    told = (("who", found.who), ("kind", found.kind), ("file", path))
    return Share(
        id=f"{carrier}/{found.id}",
        file=path,
        file_ref=local("folder" if item.is_folder else "file", carrier),
        kind=found.kind,
        who=found.who,
        role=found.role,
        sharing=level_of(found, outside),
        expires=clock.normalise(found.expiration_date_time),
        unknown=tuple(name for name, value in told if value is None),
    )


def trashed(site: str, item: BinItem, product: str) -> File:
    """Return a file in the recycle bin of a site (its id) as a row."""
    size = int(item.size) if item.size is not None and str(item.size).isdigit() else None
    told = (("owner", item.author_email), ("size", size), ("modified", None), ("sharing", None))
    return File(
        id=f"{site}/{item.id}",
        name=item.leaf_name,
        path=f"/{item.dir_name}/{item.leaf_name}",
        owner=item.author_email,
        size=size,
        trashed=True,
        product=product,
        unknown=tuple(name for name, value in told if value is None),
    )
