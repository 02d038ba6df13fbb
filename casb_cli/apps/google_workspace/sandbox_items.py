"""The simulated Drive's `about`, file lists and metadata: which account sees what, under which switches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain as chained
from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_objects import FOLDER, NATIVE, Drive, Item
from casb_cli.apps.google_workspace.sandbox_query import Facts, Tree, conjuncts, matches, parse
from casb_cli.apps.google_workspace.sandbox_reports import Reports
from casb_cli.apps.google_workspace.sandbox_state import RANK
from casb_cli.apps.google_workspace.sandbox_view import FILE_DEFAULT, OFFICE, View, formats_of
from casb_cli.apps.google_workspace.sandbox_wire import (
    Mask,
    Refusal,
    flag,
    invalid,
    mask_of,
    no_file,
    page_token,
    read_token,
    size_of,
    told,
)
from casb_cli.sandbox import chance, documents
from casb_cli.sandbox.wire import Reply, Request, answer, route

LOOK = 20_000
"""How many items one call looks through: a page may be empty and yet not the last."""
_ORDERS = {"name": "name", "modifiedTime": "modified", "createdTime": "created"}
_IGNORED = frozenset({"pageToken", "pageSize", "fields", "key", "prettyPrint", "quotaUser", "alt"})


class Items(Reports):
    """Files and folders, to be read."""

    def view(self, request: Request) -> View:
        """Return the Drive as the acting account sees it."""
        return View(self.state, request.who.account)

    def all_drives(self, request: Request) -> bool:
        """Tell whether the caller can deal with shared drives."""
        return flag(request, "supportsAllDrives") or flag(request, "supportsTeamDrives")

    def mask(self, request: Request, default: Mask) -> Mask | None:
        """Return which fields the caller asks for."""
        text = request.query.get("fields")
        return mask_of(text) if text else default

    def root(self, who: int) -> Item:
        """Return the root of somebody's My Drive as a folder."""
        user = self.state.user(who)
        created = user.created if user is not None else 0.0
        id_ = ids.user_id(who)
        return Item(
            id=self.library.root_id(who),
            name="My Drive",
            mime=FOLDER,
            parent="",
            owner=id_,
            drive=None,
            created=created,
            modified=created,
            by=id_,
        )

    def drive_item(self, drive: Drive) -> Item:
        """Return a shared drive as the folder that it is to its files."""
        return Item(
            id=drive.id,
            name="Drive",
            mime=FOLDER,
            parent=drive.id,
            owner=None,
            drive=drive.id,
            created=drive.created,
            modified=drive.created,
            by=self.company.admin,
        )

    def resolve(self, id_: str, who: int) -> Item | None:
        """Return an item of an id, roots and shared drives too; it may be one that the account can't see."""
        if id_ == "root":
            return self.root(who)
        if id_.startswith("0A"):
            owner = self.library.root_of(id_)
            if owner is not None:
                return self.root(owner)
            drive = self.state.drive(id_)
            return None if drive is None else self.drive_item(drive)
        return self.state.find(id_)

    def located(self, request: Request, id_: str, need: str = "reader") -> Item:
        """Return an item on which the account has a role; raises the 404 or 403 that Drive answers."""
        who = request.who.account
        item = self.resolve(id_, who)
        role = None if item is None else self.state.role(who, item)
        if item is None or role is None or (item.drive is not None and not self.all_drives(request)):
            raise no_file(id_)
        if RANK[role] < RANK[need]:
            raise too_little()
        return item

    # About

    @route("GET /drive/v3/about")
    def about(self, request: Request) -> Reply:
        """Tell who the account is; `fields` must say what of it."""
        if not request.query.get("fields"):
            raise Refusal(400, "required", "The 'fields' parameter is required for this method.")
        who = request.who.account
        return told(
            request,
            {
                "kind": "drive#about",
                "user": self.view(request).person(ids.user_id(who)),
                "storageQuota": {"limit": None, "usage": "0", "usageInDrive": "0", "usageInDriveTrash": "0"},
                "importFormats": {documents.MIME[kind]: [NATIVE + native] for native, kind in OFFICE.items()},
                "exportFormats": {NATIVE + native: list(formats_of(native)) for native in OFFICE},
                "maxUploadSize": str(5 << 40),
                "canCreateDrives": True,
                "appInstalled": False,
            },
        )

    @route("GET /drive/v3/files/generateIds")
    def generate_ids(self, request: Request) -> Reply:
        """Return ids for files to be created."""
        count = size_of(request, "count", 10, 1000)
        return told(
            request,
            {"kind": "drive#generatedIds", "space": "drive", "ids": [self.new_id() for _ in range(count)]},
        )

    def new_id(self) -> str:
        """Return an id that no file has."""
        return "1" + chance.text(chance.BASE62, 32, self.world.seed, 881, self.state.fresh())

    # Lists

    @route("GET /drive/v3/files", paged=True)
    def list_files(self, request: Request) -> Reply:
        """List files: the account's, a shared drive's, or all that it sees."""
        query, view = request.query, self.view(request)
        tree = parse(query.get("q", ""))
        mask = self.mask(
            request, {"kind": None, "incompleteSearch": None, "nextPageToken": None, "files": FILE_DEFAULT}
        )
        size = size_of(request, "pageSize", 100, 1000)
        scope = "&".join(f"{k}={v}" for k, v in sorted(query.items()) if k not in _IGNORED)
        start, turn = 0, 0
        if query.get("pageToken"):
            if request.fault == "expired-cursor":
                raise invalid("pageToken", "Invalid Value")
            start, turn = read_token(query["pageToken"], "files", scope, 2)
        facts = self._facts(request)
        candidates = self._candidates(request, tree, start)
        if "orderBy" in query:
            candidates = self._ordered(query["orderBy"], candidates, start, tree, facts)
        found: list[Item] = []
        following: int | None = None
        for looked, (position, item) in enumerate(candidates):
            if len(found) == size or looked == LOOK:
                following = position
                break
            if matches(tree, item, facts):
                found.append(item)
        body: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
        if request.fault == "duplicate-page" and found:
            body["nextPageToken"] = page_token("files", scope, start, turn + 1)
        elif following is not None:
            body["nextPageToken"] = page_token("files", scope, following, 0)
        below = (mask or {}).get("files")
        rows = [] if mask is not None and "files" not in mask else [view.file(item, below) for item in found]
        if mask is not None:
            body = {name: value for name, value in body.items() if name in mask}
        return answer(body | ({"files": rows} if mask is None or "files" in mask else {}))

    def _ordered(
        self, by: str, candidates: Iterator[tuple[int, Item]], start: int, tree: Tree | None, facts: Facts
    ) -> Iterator[tuple[int, Item]]:
        rows = [item for _, item in candidates if matches(tree, item, facts)]
        for term in reversed(by.split(",")):
            name, _, direction = term.strip().partition(" ")
            if name == "folder":
                rows.sort(key=lambda item: not item.folder, reverse=direction == "desc")
            elif name in {*_ORDERS, "name_natural"}:
                field = _ORDERS.get(name, "name")
                rows.sort(key=lambda item: getattr(item, field), reverse=direction == "desc")
            else:
                raise invalid("orderBy", "Invalid Value")
        yield from list(enumerate(rows))[start:]

    def _candidates(self, request: Request, tree: Tree | None, start: int) -> Iterator[tuple[int, Item]]:
        """Yield what a list is drawn from; with an order it's drawn from the beginning every time."""
        query, who = request.query, request.who.account
        start = 0 if "orderBy" in query else start
        corpora, drive = query.get("corpora", "user"), query.get("driveId")
        including = flag(request, "includeItemsFromAllDrives") and self.all_drives(request)
        if corpora not in {"user", "drive", "domain", "allDrives"}:
            raise invalid("corpora", "Invalid Value")
        if (corpora == "drive") != (drive is not None):
            raise invalid("driveId", "The driveId parameter must be specified if and only if corpora is set to drive.")
        if corpora in {"drive", "allDrives"} and not including:
            raise invalid(
                "corpora", f"The {corpora} corpus needs includeItemsFromAllDrives and supportsAllDrives to be true."
            )
        if drive is not None:
            self.member(request, drive)
        terms = conjuncts(tree)
        folder = next((t[1] for t in terms if t[0] == "term" and t[2:] == ("in", "parents")), None)
        if folder is not None:
            return self._in_folder(request, folder, drive, including, start)
        if drive is not None:
            return self._seen(who, self.state.in_drive(drive, start))
        mine = {"me", self.company.email(who).casefold()}
        if any(t[0] == "term" and t[2:] == ("in", "owners") and t[1].casefold() in mine for t in terms):
            return self.state.owned(ids.user_id(who), start)
        parts = [self.state.owned(ids.user_id(who)), self._shared_with(who)]
        if including:
            parts += [
                self._seen(who, self.state.in_drive(one.id))
                for one in self.state.all_drives()
                if self.state.drive_role(who, one)
            ]
        everything = (item for _, item in chained.from_iterable(parts))
        return (pair for pair in enumerate(everything) if pair[0] >= start)

    def member(self, request: Request, drive: str) -> Drive:
        """Return a shared drive that the account is a member of; raises 404."""
        found = self.state.drive(drive)
        if found is None or self.state.drive_role(request.who.account, found) is None:
            raise no_drive(drive)
        return found

    def _in_folder(
        self, request: Request, folder: str, drive: str | None, including: bool, start: int
    ) -> Iterator[tuple[int, Item]]:
        who = request.who.account
        found = self.resolve(folder, who)
        if found is None or self.state.role(who, found) is None:
            raise Refusal(404, "notFound", f"File not found: {folder}.", locationType="parameter", location="fileId")
        if (drive is not None and found.drive != drive) or (found.drive is not None and not including):
            return iter(())
        return self._seen(who, self.state.children(found.id, start))

    def _seen(self, who: int, rows: Iterator[tuple[int, Item]]) -> Iterator[tuple[int, Item]]:
        return ((position, item) for position, item in rows if self.state.role(who, item) is not None)

    def _shared_with(self, who: int) -> Iterator[tuple[int, Item]]:
        """Yield the folders and files of others that are open to an account by itself or through a group."""
        library, seen = self.library, set()
        keys = [("user", who)]
        keys += [key for key in library.shared if key[0] == "group" and self.company.in_group(who, key[1])]
        for key in keys:
            for place in library.shared.get(key, ()):
                item = self.state.find(library.folder_id(place))
                if item is not None and item.drive is None and item.id not in seen:
                    seen.add(item.id)
                    if item.owner != ids.user_id(who) and self.state.role(who, item, direct=True):
                        yield 0, item
        for item in list(self.state.items.values()):
            if item.gone or item.id in seen or item.drive is not None or item.owner == ids.user_id(who):
                continue
            if any(one.type != "anyone" and self.state.is_for(one, who) for one in item.permissions):
                yield 0, item

    def _facts(self, request: Request) -> Facts:
        who = request.who.account
        view = self.view(request)

        def has_role(item: Item, email: str, right: str) -> bool:
            wanted = self.company.email(who) if email == "me" else email
            if right == "owners":
                index = self.state.index_of(wanted) if "@" in wanted else None
                return index is not None and item.owner == ids.user_id(index)
            least = RANK["writer" if right == "writers" else "reader"]
            return any(
                (grant.permission.email or "").casefold() == wanted.casefold() and RANK[grant.role] >= least
                for grant in self.state.grants(item)
            )

        def visibility(item: Item) -> str:
            best = "limited"
            for grants in view.merged(item).values():
                one = grants[0].permission
                if one.type == "anyone":
                    return "anyoneCanFind" if one.discovery else "anyoneWithLink"
                if one.type == "domain":
                    best = "domainCanFind" if one.discovery else "domainWithLink"
            return best

        def shared_with_me(item: Item) -> bool:
            return item.drive is None and item.owner != ids.user_id(who)

        def folder(text: str) -> str:
            return self.library.root_id(who) if text == "root" else text

        return Facts(
            trashed=self.state.in_trash,
            has_role=has_role,
            visibility=visibility,
            shared_with_me=shared_with_me,
            folder=folder,
        )

    @route("GET /drive/v3/files/{fileId}")
    def get_file(self, request: Request) -> Reply:
        """Return a file's metadata."""
        item = self.located(request, request.params["fileId"])
        return answer(self.view(request).file(item, self.mask(request, FILE_DEFAULT)))

    @route("GET /drive/v3/files/{fileId}/listLabels", paged=True)
    def list_labels(self, request: Request) -> Reply:
        """List a file's labels: this company has none."""
        self.located(request, request.params["fileId"])
        return told(request, {"kind": "drive#labelList", "labels": []})


def too_little() -> Refusal:
    """Return the 403 of an account whose role on a file is too low."""
    return Refusal(403, "insufficientFilePermissions", "The user does not have sufficient permissions for this file.")


def no_drive(drive: str) -> Refusal:
    """Return the 404 of a shared drive that is gone, or that the account is no member of."""
    return Refusal(404, "notFound", f"Shared drive not found: {drive}", locationType="parameter", location="driveId")
