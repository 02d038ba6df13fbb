"""How the simulated tenant writes sites, drives, items and permissions."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from casb_cli.apps.office365.sandbox_company import NESTING
from casb_cli.apps.office365.sandbox_ids import quick_xor
from casb_cli.apps.office365.sandbox_library import QUARANTINE, Library
from casb_cli.apps.office365.sandbox_objects import Drive, Item, Permission, Site, Version
from casb_cli.apps.office365.sandbox_state import State
from casb_cli.apps.office365.sandbox_wire import when
from casb_cli.sandbox.facts import COMPANY_PLACE

_SCOPES = ("users", "organization", "anonymous")
"""What a shared facet says, from the narrowest on."""


class View:
    """Objects of SharePoint and OneDrive as Graph writes them; `state` gives the present."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.company = state.company
        self.library: Library = state.library
        self._sums = lru_cache(maxsize=None)(self._summed)

    # Sites and drives

    def site(self, site: Site) -> dict[str, Any]:
        """Return a site."""
        host = self.company.my_host if site.person is not None else self.company.host
        return {
            "id": site.id,
            "createdDateTime": when(site.created),
            "displayName": site.name,
            "name": site.path.rpartition("/")[2],
            "isPersonalSite": site.person is not None,
            "webUrl": self.library.web_url(site),
            "siteCollection": {"hostname": host},
        } | ({"root": {}} if not site.path else {})

    def drive(self, drive: Drive) -> dict[str, Any]:
        """Return a drive with its owner: a person, or the site's group."""
        site = self.library.site_of(drive.site)
        group = NESTING if drive.place == COMPANY_PLACE else 3  # the one is a team, the other is none
        owner: dict[str, Any] = {
            "group": {"id": self.company.groups.make(group), "displayName": f"{site.name if site else ''} Owners"}
        }
        if drive.person is not None:
            owner = {"user": self.identity(self.company.users.make(drive.person))}
        parts = drive.site.split(",")
        return {
            "id": drive.id,
            "createdDateTime": when(drive.created),
            "name": drive.name,
            "driveType": "business" if drive.person is not None else "documentLibrary",
            "webUrl": self.library.drive_url(drive),
            "owner": owner,
            "quota": {"total": 1 << 40, "used": 1 << 20, "deleted": 0, "remaining": 1 << 40, "state": "normal"},
            "sharePointIds": {
                "siteId": parts[1],
                "webId": parts[2],
                "siteUrl": self.library.web_url(site) if site is not None else "",
                "tenantId": self.company.tenant,
            },
        }

    def identity(self, id_: str) -> dict[str, Any]:
        """Return somebody as files name them: with the address that the schema does not declare."""
        index = self.company.users.index(id_)
        user = None if index is None else self.state.user(index)
        if user is None:
            return {"id": id_, "displayName": "casb"}
        return {"id": user.id, "displayName": user.name, "email": user.mail or user.upn}

    # Items

    def _summed(self, source: int | None, blob: str | None) -> tuple[int, str]:
        data = self.state.bytes_of(Version(id="", modified=0, by="", source=source, blob=blob))
        return len(data), quick_xor(data)

    def sums(self, version: Version) -> tuple[int, str]:
        """Return a version's size and quickXorHash."""
        return self._sums(version.source, version.blob)

    def item(
        self, item: Item, *, parent: bool = True, listing: bool = False, hierarchical: bool = False
    ) -> dict[str, Any]:
        """Return an item; a `listing` such as a delta leaves out the parent's path."""
        drive = self.library.drive(item.drive)
        assert drive is not None  # noqa: S101 - items lie in drives
        url = self.library.drive_url(drive)
        path = self.state.path(item)
        etag = f'"{{{item.unique.upper()}}},{item.tag}"'
        row: dict[str, Any] = {
            "id": item.id,
            "name": item.name,
            "createdDateTime": when(item.created),
            "lastModifiedDateTime": when(item.modified),
            "eTag": etag,
            "cTag": f'"c:{{{item.unique.upper()}}},{item.content_tag}"',
            "webUrl": url if item.parent is None else url + quote(path),
            "createdBy": {"user": self.identity(item.by)},
            "lastModifiedBy": {"user": self.identity(item.versions[-1].by if item.versions else item.by)},
            "fileSystemInfo": {"createdDateTime": when(item.created), "lastModifiedDateTime": when(item.modified)},
            "size": 0,
        }
        if parent or item.parent is None:
            reference: dict[str, Any] = {
                "driveId": item.drive,
                "driveType": "business" if drive.person is not None else "documentLibrary",
                "siteId": drive.site.split(",")[1],
            }
            if item.parent is not None:
                reference["id"] = item.parent
                if not listing:
                    folder = self.state.folder_path(item.parent)
                    reference["name"] = folder.rpartition("/")[2] or "root"
                    reference["path"] = f"/drives/{item.drive}/root:" + (f"/{quote(folder)}" if folder else "")
            row["parentReference"] = reference
        if item.parent is None:
            row["root"] = {}
        if item.folder:
            row["folder"] = {"childCount": 0}
        else:
            size, digest = self.sums(item.versions[-1])
            row["size"] = size
            row["file"] = {"mimeType": item.mime, "hashes": {"quickXorHash": digest}}
        parts = drive.site.split(",")
        row["sharepointIds"] = {
            "listItemUniqueId": item.unique,
            "siteId": parts[1],
            "webId": parts[2],
            "siteUrl": url.rpartition("/")[0],
            "tenantId": self.company.tenant,
        }
        facet = self.shared(item, drive, hierarchical=hierarchical)
        if facet is not None:
            row["shared"] = facet
        if item.malware:
            row["malware"] = {"description": "Trojan.Test"}
        return row

    def shared(self, item: Item, drive: Drive, *, hierarchical: bool = False) -> dict[str, Any] | None:
        """Return the shared facet: by what stands on the item and on folders above it, the root's groups excepted.

        `hierarchical`: only where something stands on the item itself, and on the root.
        """
        if hierarchical and not item.permissions and item.parent is not None:
            return None
        scopes = []
        for one, source in self.state.permissions(item):
            on_root = (source or item).parent is None
            if one.kind == "siteGroup" or (on_root and one.role == "owner") or (on_root and item.parent is not None):
                continue
            scopes.append(one.scope if one.kind == "link" and one.scope in _SCOPES else "users")
        if not scopes:
            return {} if hierarchical else None
        owner = {"user": self.identity(self.company.users.make(drive.person))} if drive.person is not None else None
        facet: dict[str, Any] = {"scope": max((str(scope) for scope in scopes), key=_SCOPES.index)}
        return facet | ({"owner": owner} if owner else {})

    # Permissions

    def permission(self, one: Permission, item: Item, source: Item | None) -> dict[str, Any]:
        """Return a permission of an item; `source` is the folder that carries it, None where it stands on the item."""
        row: dict[str, Any] = {"id": one.id, "roles": [one.role]}
        if one.expires is not None:
            row["expirationDateTime"] = when(one.expires)
        people = [self.person(address) for address in one.people]
        match one.kind:
            case "link":
                code = base64.urlsafe_b64encode(one.id.encode()).decode().rstrip("=")
                letter = "f" if item.folder else "b"
                url = f"https://{self.company.my_host}/:{letter}:/g/{code}"
                row |= {
                    "shareId": f"u!{code}",
                    "hasPassword": one.password,
                    "link": {
                        "scope": one.scope,
                        "type": one.type,
                        "webUrl": url,
                        "preventsDownload": one.prevents_download,
                    },
                }
                row["grantedToIdentitiesV2"] = people
                row["grantedToIdentities"] = [{"user": person["user"]} for person in people]
            case "user":
                row["grantedToV2"] = people[0]
                row["grantedTo"] = {"user": people[0]["user"]}
                if one.invited:
                    row["invitation"] = {"email": one.people[0], "signInRequired": True}
            case "siteGroup":
                found = {"id": one.group, "displayName": one.name, "loginName": one.name}
                row["grantedToV2"] = {"siteGroup": found}
                row["grantedTo"] = {"user": {"displayName": one.name}}
            case "group":
                claim = f"c:0o.c|federateddirectoryclaimprovider|{one.group}"
                row["grantedToV2"] = {
                    "group": {"id": one.group, "displayName": one.name, "email": self.group_address(one)},
                    "siteUser": {"id": "31", "displayName": one.name, "loginName": claim},
                }
            case _:
                row["grantedToV2"] = {"siteUser": {"id": "7", "displayName": one.name, "loginName": one.group}}
        if source is not None:
            row["inheritedFrom"] = {"driveId": source.drive, "id": source.id, "path": f"/drives/{source.drive}/root:"}
        return row

    def group_address(self, one: Permission) -> str | None:
        """Return the address of the group that a permission is for."""
        index = self.company.group_of(one.group or "")
        if not index:
            return None  # a security group has none
        return f"{self.company.world.group(index).slug}@{self.company.domain}"

    def person(self, address: str) -> dict[str, Any]:
        """Return a grantee by address: of this tenant, a guest, or a stranger."""
        index = self.company.index_of(address)
        user = None if index is None else self.state.user(index)
        if user is None:
            login = f"i:0#.f|membership|urn:spo:guest#{address}"
            return {
                "user": {"displayName": address, "email": address},
                "siteUser": {"id": "90", "displayName": address, "email": address, "loginName": login},
            }
        mail = user.mail or user.upn
        return {
            "user": {"id": user.id, "displayName": user.name, "email": mail},
            "siteUser": {
                "id": str(100 + user.index),
                "displayName": user.name,
                "email": mail,
                "loginName": f"i:0#.f|membership|{user.upn.lower()}",
            },
        }

    def is_quarantine(self, drive: Drive) -> bool:
        """Tell whether a drive is the quarantine's."""
        site = self.library.site_of(drive.site)
        return site is not None and site.path.endswith(QUARANTINE)
