"""The simulated tenant's sites and drives, what is in them, and their change feeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.office365.sandbox_audits import Audits
from casb_cli.apps.office365.sandbox_objects import Drive, Item, Site
from casb_cli.apps.office365.sandbox_view import View
from casb_cli.apps.office365.sandbox_wire import (
    Refusal,
    bad,
    denied_files,
    epoch_of,
    error_body,
    link,
    listed,
    no_item,
    no_object,
    numbers_of,
    page,
    selected,
    token_of,
    top_of,
)
from casb_cli.sandbox.facts import LEAVER
from casb_cli.sandbox.wire import Reply, Request, answer, route

_NO_MYSITE = "User's mysite not found."


class Sites(Audits):
    """Sites, drives and items."""

    @property
    def view(self) -> View:
        """The way in which objects are written, over the present state."""
        if self._view is None or self._view.state is not self.state:
            self._view = View(self.state)
        return self._view

    _view: View | None = None

    # Sites

    @route("GET /sites/getAllSites", paged=True)
    def all_sites(self, request: Request) -> Reply:
        """List every site, those of persons too; for applications only."""
        if request.who.user is not None:
            raise denied_files()
        numbers = self.library.numbers

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for position in range(start, len(numbers)):
                site = self.library.site(numbers[position])
                if site is not None:
                    yield position + 1, self.view.site(site)

        return page(request, self.graph, source, 200, 1000, context="sites")

    @route("GET /sites", paged=True)
    def list_sites(self, request: Request) -> Reply:
        """List sites: with a person's token only what a search finds."""
        sites = [self.library.site(number) for number in self.library.numbers]
        if request.who.user is not None and not {"search", "$search"} & request.query.keys():
            sites = []
        rows = [self.view.site(site) for site in sites if site is not None and site.person is None]
        return page(request, self.graph, listed(rows), 200, 1000, context="sites")

    def _site(self, request: Request) -> Site:
        key = request.params["id"]
        host, colon, path = key.partition(":")
        site = self.library.site_at(path.strip("/")) if colon else self.library.site_of(key)
        if site is None or (colon and not host):
            raise Refusal(404, "itemNotFound", "Requested site could not be found")
        return site

    @route("GET /sites/{id}")
    def get_site(self, request: Request) -> Reply:
        """Return a site by its id, or the root."""
        return answer(selected(request, self.view.site(self._site(request))))

    def _open(self, site: Site) -> Drive:
        if site.locked:
            raise Refusal(423, "notAllowed", "Access to this site has been blocked.", inner="resourceLocked")
        return self.library.drive_of_site(site)

    @route("GET /sites/{id}/drives")
    def site_drives(self, request: Request) -> Reply:
        """List the libraries of a site."""
        return page(request, self.graph, listed([self.view.drive(self._open(self._site(request)))]), 200, 1000)

    @route("GET /sites/{id}/drive")
    def site_drive(self, request: Request) -> Reply:
        """Return a site's first library."""
        return answer(selected(request, self.view.drive(self._open(self._site(request)))))

    @route("GET /users/{id}/drive")
    def user_drive(self, request: Request) -> Reply:
        """Return somebody's OneDrive; many have none."""
        return answer(selected(request, self.view.drive(self._drive_of_user(request))))

    @route("GET /users/{id}/drives")
    def user_drives(self, request: Request) -> Reply:
        """List somebody's OneDrive."""
        return page(request, self.graph, listed([self.view.drive(self._drive_of_user(request))]), 200, 1000)

    @route("GET /me/drive")
    def my_drive(self, request: Request) -> Reply:
        """Return the signed-in person's OneDrive: the leaver's stands in where that one has none."""
        if request.who.user is None:
            raise bad("/me request is only valid with delegated authentication flow.", "BadRequest")
        drive = self.library.drive_of_person(request.who.user) or self.library.drive_of_person(LEAVER)
        assert drive is not None  # noqa: S101 - the leaver always has one
        return answer(selected(request, self.view.drive(drive)))

    def _drive_of_user(self, request: Request) -> Drive:
        user = self.user_of(request.params["id"])
        if user is None:
            raise no_object(request.params["id"])
        drive = self.library.drive_of_person(user.index)
        if drive is None:
            raise Refusal(404, "ResourceNotFound", _NO_MYSITE)
        if drive.locked:
            raise Refusal(423, "notAllowed", "Access to this site has been blocked.", inner="resourceLocked")
        return drive

    # Drives and items

    def drive_at(self, request: Request) -> Drive:
        """Return the drive of a path; raises 404, or 423 for a locked one."""
        drive = self.library.drive(request.params["driveId"])
        if drive is None:
            raise no_item()
        if drive.locked:
            raise Refusal(423, "notAllowed", "Access to this site has been blocked.", inner="resourceLocked")
        return drive

    def item_at(self, request: Request) -> Item:
        """Return the item of a path, by id or by its path from a folder on; raises 404."""
        drive = self.drive_at(request)
        item = self.state.item(drive.id, request.params.get("itemId", "root"))
        if item is None or self.state.is_gone(item):
            raise no_item()
        for name in request.params.get("path", "").split("/"):
            if name:
                item = self.state.by_name(item, name) if item is not None else None
        if item is None:
            raise no_item()
        return item

    @route("GET /drives/{driveId}")
    def get_drive(self, request: Request) -> Reply:
        """Return a drive."""
        return answer(selected(request, self.view.drive(self.drive_at(request))))

    @route("GET /drives/{driveId}/root", path="/drives/{driveId}/items/root")
    def get_root(self, request: Request) -> Reply:
        """Return a drive's root."""
        return self._told(request, self.item_at(request))

    @route("GET /drives/{driveId}/items/{itemId}")
    def get_item(self, request: Request) -> Reply:
        """Return an item."""
        return self._told(request, self.item_at(request))

    @route("GET /drives/{driveId}/items/{itemId}:/{path}", path="/drives/{driveId}/items/{itemId}/:item/{path}")
    def get_item_at(self, request: Request) -> Reply:
        """Return an item by its path from a folder on."""
        return self._told(request, self.item_at(request))

    def _told(self, request: Request, item: Item) -> Reply:
        row = selected(request, self._counted(item))
        if "permissions" in request.query.get("$expand", ""):
            found = self.state.permissions(item)
            row["permissions"] = [self.view.permission(one, item, source) for one, source in found]
        return answer(row)

    def _counted(self, item: Item) -> dict[str, Any]:
        row = self.view.item(item)
        if item.folder:
            row["folder"]["childCount"] = sum(1 for _ in self.state.children(item))
        return row

    @route("GET /drives/{driveId}/items/{itemId}/children", paged=True)
    def children(self, request: Request) -> Reply:
        """List what lies in a folder."""
        folder = self.item_at(request)

        def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
            for position, item in self.state.children(folder, start):
                yield position, self._counted(item)

        return page(request, self.graph, source, 200, 1000)

    @route(
        "GET /drives/{driveId}/items/{itemId}:/{path}:/children",
        path="/drives/{driveId}/items/{itemId}/:children/{path}",
        paged=True,
    )
    def children_at(self, request: Request) -> Reply:
        """List what lies in a folder, by its path."""
        request.params["itemId"], request.params["path"] = self.item_at(request).id, ""
        return self.children(request)

    # Changes

    @route("GET /drives/{driveId}/root/delta", path="/drives/{driveId}/items/{itemId}/delta", paged=True)
    def delta(self, request: Request) -> Reply:
        """List a drive from scratch, or what has changed since a token; an expired one answers 410."""
        drive = self.drive_at(request)
        if request.params["itemId"] not in {"root", self.library.root_id(drive.id)}:
            raise bad("Delta is only supported at the root of this drive.", "notSupported")
        log = self.state.log.get(drive.id, [])
        token = request.query.get("token")
        if token == "latest":
            return self._delta_page(request, [], len(log))
        if not token:
            return self._enumerated(request, drive, 0, len(log), 0)
        found = numbers_of(token, "E", drive.id)
        if found is not None and request.fault != "expired-cursor":
            return self._enumerated(request, drive, *found)
        found = numbers_of(token, "D", drive.id)
        if found is None:
            moment = epoch_of(token)
            if moment is not None:
                since = next((n for n, change in enumerate(log) if change.at >= moment), len(log))
                found = [since, int(self.now()), 0]
        life = float(self.options.settings.get("delta_life", str(30 * 86_400)))
        if found is None or request.fault == "expired-cursor" or self.now() - found[1] > life or found[0] > len(log):
            return self._resync(request)
        return self._changes(request, drive, found[0])

    def _resync(self, request: Request) -> Reply:
        query = "&".join(part for part in request.query_text.split("&") if part and not part.startswith("token="))
        fresh = f"{self.graph}{request.path}" + (f"?{query}" if query else "")
        body = error_body("resyncRequired", "Resync required. Replace any local items with the server's version.",
                          inner="resyncChangesApplyDifferences")  # fmt: skip
        return answer(body, 410, {"location": fresh})

    def _enumerated(self, request: Request, drive: Drive, start: int, since: int, turn: int) -> Reply:
        size = top_of(request, 200, 1000)
        rows: list[dict[str, Any]] = []
        last, more = start, False
        for position, item in self.state.everything(drive, start):
            if len(rows) == size:
                more = True
                break
            if not self.state.is_gone(item):
                rows.append(self._delta_row(request, item))
            last = position
        if request.fault == "duplicate-page" and rows:
            return self._delta_page(request, rows, since, token_of("E", drive.id, start, since, turn + 1))
        follow = token_of("E", drive.id, last, since, 0) if more else None
        return self._delta_page(request, rows, since, follow)

    def _delta_row(self, request: Request, item: Item) -> dict[str, Any]:
        prefer = request.headers.get("prefer", "").lower()
        hierarchical = "hierarchicalsharing" in prefer
        return selected(request, self.view.item(item, listing=True, hierarchical=hierarchical))

    def _changes(self, request: Request, drive: Drive, since: int) -> Reply:
        log = self.state.log.get(drive.id, [])
        prefer = request.headers.get("prefer", "").lower()
        with_sharing = "deltashowsharingchanges" in prefer
        size = top_of(request, 200, 1000)
        upto = since
        found: dict[str, bool] = {}
        while upto < len(log) and len(found) < size:
            change = log[upto]
            upto += 1
            if change.sharing and not with_sharing:
                continue
            known = found.pop(change.item, True)
            found[change.item] = known and change.sharing
        rows: dict[str, dict[str, Any]] = {}
        for id_, sharing in found.items():
            item = self.state.items.get(id_) or self.library.item(id_)
            if item is None:
                continue
            if self.state.is_gone(item) or item.drive != drive.id:
                kind = "folder" if item.folder else "file"
                rows[id_] = {
                    "id": id_,
                    "deleted": {"state": "deleted"},
                    "parentReference": {"driveId": drive.id, "id": item.parent},
                    kind: {},
                }
                continue
            if "deltaexcludeparent" not in prefer:
                for folder in reversed(self.state.chain(item)):
                    rows.setdefault(folder.id, self._delta_row(request, folder))
            row = self._delta_row(request, item)
            if sharing and not item.folder:
                row["@microsoft.graph.sharedChanged"] = "True"
            rows.pop(id_, None)
            rows[id_] = row
        if request.fault == "duplicate-page" and rows:
            upto = since
        more = upto < len(log) or (request.fault == "duplicate-page" and bool(rows))
        follow = token_of("D", drive.id, upto, int(self.now()), 1) if more else None
        return self._delta_page(request, list(rows.values()), upto, follow)

    def _delta_page(self, request: Request, rows: list[dict[str, Any]], since: int, follow: str | None = None) -> Reply:
        body: dict[str, Any] = {"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(driveItem)"}
        if follow is not None:
            body["@odata.nextLink"] = link(self.graph, request, token=follow)
        else:
            token = token_of("D", request.params["driveId"], since, int(self.now()), 0)
            body["@odata.deltaLink"] = link(self.graph, request, token=token)
        body["value"] = rows
        return answer(body)
