"""The simulated SharePoint's own interface: recycle bins, versions deleted at once; the bins as Graph lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from casb_cli.apps.office365.sandbox_moving import Moving
from casb_cli.apps.office365.sandbox_objects import Binned, Site
from casb_cli.apps.office365.sandbox_wire import SiteRefusal, listed, page, when
from casb_cli.sandbox.wire import Reply, Request, answer, route

_TERM = re.compile(r"\(?\s*(ItemState|ItemType)\s+eq\s+(\d+)\s*\)?", re.IGNORECASE)


class Bins(Moving):
    """Recycle bins."""

    def site_at(self, request: Request) -> Site:
        """Return the site of an address at either host; raises 404, or 423 for a locked one."""
        path = unquote(request.params["site"])
        site = self.library.site_at("" if path == "~root" else path)
        if site is None or (site.person is not None) != (request.host == "mysite"):
            raise SiteRefusal(404, "-2147024894, System.IO.FileNotFoundException", "The site could not be found.")
        if site.locked:
            raise SiteRefusal(
                423, "-2147024891, Microsoft.SharePoint.SPException", "Access to this site has been blocked."
            )
        return site

    @route("GET /{site}/_api/web", host="sharepoint")
    @route("GET /{site}/_api/web", host="mysite")
    def web(self, request: Request) -> Reply:
        """Tell a site's title."""
        return answer({"Title": self.site_at(request).name})

    @staticmethod
    def _row(one: Binned, size: int) -> dict[str, Any]:
        return {
            "AuthorEmail": "",
            "AuthorName": "",
            "DeletedByEmail": "",
            "DeletedByName": "",
            "DeletedDate": when(one.at),
            "DeletedDateLocalFormatted": when(one.at),
            "DirName": one.where,
            "Id": one.id,
            "ItemState": one.stage,
            "ItemType": 5 if one.item.folder else 1,
            "LeafName": one.item.name,
            "Size": str(size),
            "Title": one.item.name,
        }

    def _bin_row(self, one: Binned) -> dict[str, Any]:
        size = self.view.sums(one.item.versions[-1])[0] if one.item.versions else 0
        row = self._row(one, size)
        for name, id_ in (("Author", one.item.by), ("DeletedBy", one.by)):
            who = self.view.identity(id_)
            row[f"{name}Name"], row[f"{name}Email"] = who["displayName"], who.get("email", "")
        return row

    def _in(self, site: Site) -> list[Binned]:
        return [one for one in self.state.bin.values() if one.site == site.id]

    def _list(self, request: Request) -> Reply:
        site = self.site_at(request)
        rows = [self._bin_row(one) for one in self._in(site)]
        for name, value in _TERM.findall(request.query.get("$filter", "")):
            field = "ItemState" if name.lower() == "itemstate" else "ItemType"
            rows = [row for row in rows if row[field] == int(value)]
        top = request.number("$top", 50, 5000)
        start = request.number("$skiptoken", 0)
        body: dict[str, Any] = {"value": rows[start : start + top]}
        if start + top < len(rows):
            query = "&".join(part for part in request.query_text.split("&") if part and "skiptoken" not in part)
            body["odata.nextLink"] = f"{self.urls[request.host]}{request.path}?{query}&$skiptoken={start + top}"
        return answer(body)

    @route("GET /{site}/_api/site/RecycleBin", host="sharepoint", path="/{site}/_api/site/recyclebin")
    @route("GET /{site}/_api/site/RecycleBin", host="mysite", path="/{site}/_api/site/recyclebin")
    @route("GET /{site}/_api/web/RecycleBin", host="sharepoint", path="/{site}/_api/web/recyclebin")
    @route("GET /{site}/_api/web/RecycleBin", host="mysite", path="/{site}/_api/web/recyclebin")
    def list_bin(self, request: Request) -> Reply:
        """List a site's recycle bin, both stages."""
        return self._list(request)

    def _chosen(self, request: Request) -> Iterator[Binned]:
        site = self.site_at(request)
        ids = self.body(request).get("ids")
        if not isinstance(ids, list) or not ids or len(ids) > 20:
            raise SiteRefusal(400, "-1, Microsoft.SharePoint.Client.InvalidClientQueryException", "Invalid ids.")
        for id_ in ids:
            one = self.state.bin.get(str(id_).lower())
            if one is None or one.site != site.id:
                message = "The item is no longer in the recycle bin."
                raise SiteRefusal(404, "-2146232832, Microsoft.SharePoint.SPException", message)
            yield one

    @route(
        "POST /{site}/_api/site/RecycleBin/RestoreByIds",
        host="sharepoint",
        path="/{site}/_api/site/recyclebin/restorebyids",
    )
    @route(
        "POST /{site}/_api/site/RecycleBin/RestoreByIds",
        host="mysite",
        path="/{site}/_api/site/recyclebin/restorebyids",
    )
    @route(
        "POST /{site}/_api/web/RecycleBin/RestoreByIds",
        host="sharepoint",
        path="/{site}/_api/web/recyclebin/restorebyids",
    )
    @route(
        "POST /{site}/_api/web/RecycleBin/RestoreByIds", host="mysite", path="/{site}/_api/web/recyclebin/restorebyids"
    )
    def restore_by_ids(self, request: Request) -> Reply:
        """Bring items back to where they were, with their ids, versions and permissions."""
        for one in list(self._chosen(request)):
            folder = self.state.find(one.item.parent or "")
            if folder is None or self.state.is_gone(folder):
                message = "The folder that the item was in is no longer there."
                raise SiteRefusal(404, "-2146232832, Microsoft.SharePoint.SPException", message)
            if self.state.by_name(folder, one.item.name) is not None:
                message = f"A file with the name {one.item.name} already exists."
                raise SiteRefusal(409, "-2147024816, Microsoft.SharePoint.SPException", message)
            del self.state.bin[one.id]
            known = self.state.items.get(one.item.id)
            if known is None:
                self.state.add(one.item)
                known = one.item
            for each in [known, *(self.state.items[id_] for id_ in one.below)]:
                each.gone = None
                self.state.changed(each)
            self.note_file(request, "FileRestored", known)
        return answer({"odata.null": True})

    @route(
        "POST /{site}/_api/site/RecycleBin/DeleteByIds",
        host="sharepoint",
        path="/{site}/_api/site/recyclebin/deletebyids",
    )
    @route(
        "POST /{site}/_api/site/RecycleBin/DeleteByIds", host="mysite", path="/{site}/_api/site/recyclebin/deletebyids"
    )
    @route(
        "POST /{site}/_api/web/RecycleBin/DeleteByIds",
        host="sharepoint",
        path="/{site}/_api/web/recyclebin/deletebyids",
    )
    @route(
        "POST /{site}/_api/web/RecycleBin/DeleteByIds", host="mysite", path="/{site}/_api/web/recyclebin/deletebyids"
    )
    def delete_by_ids(self, request: Request) -> Reply:
        """Remove items for good."""
        for one in list(self._chosen(request)):
            del self.state.bin[one.id]
            self.note_file(request, "FileDeletedFirstStageRecycleBin", one.item)
        return answer({"odata.null": True})

    @route(
        "POST /{site}/_api/web/GetFileById/versions/DeleteAll",
        host="sharepoint",
        path="/{site}/_api/web/{file}/versions/deleteall()",
    )
    @route(
        "POST /{site}/_api/web/GetFileById/versions/DeleteAll",
        host="mysite",
        path="/{site}/_api/web/{file}/versions/deleteall()",
    )
    def delete_all_versions(self, request: Request) -> Reply:
        """Delete all versions of a file but the newest."""
        site = self.site_at(request)
        found = re.fullmatch(r"getfilebyid\('([0-9a-f-]{36})'\)", unquote(request.params["file"]).lower())
        guid = found[1] if found else ""
        index = self.library.unique_ids.index(guid)
        item = self.library.file(index) if index is not None and index < self.world.files else None
        item = self.state.find(item.id) if item is not None else None
        item = item or next((one for one in self.state.items.values() if one.unique == guid and one.gone is None), None)
        if item is None or self.drive_of(item).site != site.id:
            raise SiteRefusal(404, "-2147024894, System.IO.FileNotFoundException", "File Not Found.")
        held = self.state.keep(item)
        held.versions = held.versions[-1:]
        self.note_file(request, "FileVersionsAllRecycled", held)
        return answer({"odata.null": True})

    @route("GET /beta/sites/{id}/recycleBin/items", paged=True)
    def beta_bin(self, request: Request) -> Reply:
        """List a site's recycle bin as Graph's beta does."""
        site = self._site(request)
        self._open(site)
        rows = []
        for one in self._in(site):
            row = self._bin_row(one)
            rows.append(
                {
                    "id": one.id,
                    "name": one.item.name,
                    "size": int(row["Size"]),
                    "deletedDateTime": when(one.at),
                    "deletedFromLocation": one.where,
                    "title": one.item.name,
                }
            )
        return page(request, self.graph, listed(rows), 200, 1000)
