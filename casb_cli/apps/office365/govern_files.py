"""Trash and overwriting: through the recycle bin of the file's site, and with old versions removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.apps.base import step
from casb_cli.apps.office365 import mapping_files as shapes
from casb_cli.apps.office365.drives import DRIVE, ITEM
from casb_cli.apps.office365.files import PLAIN, READING, Files
from casb_cli.apps.office365.mapping_files import BinItem, Item, Place
from casb_cli.apps.office365.quickxor import quickxor
from casb_cli.apps.office365.scopes import FILES_WRITE, SHAREPOINT_FULL, SITES, SITES_WRITE, graph, on_files
from casb_cli.apps.office365.tree import Tree
from casb_cli.core.capabilities import Change, OverwriteFile, Step, TrashFile
from casb_cli.core.errors import NotPermitted, ObjectMissing, StateConflict, Unsupported
from casb_cli.core.models import File
from casb_cli.core.refs import local

WRITING = graph(FILES_WRITE, SITES_WRITE)
CHILDREN = f"{ITEM}/children"
VERSIONS = f"{ITEM}/versions"
_BIN = "_api/site/RecycleBin"
_KEPT = "the recycle bin keeps it for 93 days unless the tenant says otherwise, and its owner can restore it"
_CERTIFICATE = "SharePoint's recycle bins can be acted on with a certificate only"
_CERTIFICATE_HINT = "connect with --auth certificate"


def tombstone(case: str) -> bytes:
    """Return what stands in the place of a quarantined or overwritten file."""
    return f"This file was removed by the security team. Reference: {case}\n".encode()


class GovernFiles(Files, TrashFile, OverwriteFile):
    """The acting half of matrix row 12."""

    def acted_on(self, file: str) -> tuple[Place, Item, str]:
        """Return a file's drive, the file and its path; raises ObjectMissing, Unsupported for a folder."""
        place, item = self.located(file)
        if not item.is_file:
            raise Unsupported(f"{item.name} is a folder, which is no file", hint="act on the files themselves")
        return place, item, Tree(self, place).path(item) or item.name or item.id

    def seen(self, drive: str, item: str) -> Item | None:
        """Return an item as it is now; None where it is no more."""
        try:
            return self.item(drive, item)
        except ObjectMissing:
            return None

    # Trash

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files("DELETE /drives/{driveId}/items/{itemId}", any_of=WRITING)
    def plan_trash(self, file: str) -> Change:
        place, item, path = self.acted_on(file)
        kept = self._kept(place, item.id, item.name or item.id, path)
        back = Step(name="restore-file", title=f"restore {item.name}", args=kept, undoes="trash-file")
        return Change(
            action="trash",
            target=local("file", file),
            target_name=path,
            version=item.e_tag,
            before={"place": "folder"},
            after={"place": "trash"},
            steps=(Step(name="trash-file", title=f"move {item.name} to the recycle bin", args=kept),),
            inverse=(back,) if self.has_certificate else (),
            irreversible=None if self.has_certificate else f"{_CERTIFICATE}: its owner can restore it",
            touches=(local("file", file),),
            side_effects=(_KEPT,),
            keeps=kept,
        )

    def _kept(self, place: Place, item: str, name: str, path: str) -> dict[str, Any]:
        folder = f"{shapes.site_path(place.url)}{path.rpartition('/')[0]}"
        return {
            "drive": place.drive,
            "item": item,
            "name": name,
            "folder": folder,
            "site": place.site,
            "site_id": place.site_id,
        }

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files("GET /sites/getAllSites", any_of=graph(SITES))
    @on_files(
        "GET /{site}/_api/site/RecycleBin",
        "POST /{site}/_api/site/RecycleBin/RestoreByIds",
        any_of=graph(SHAREPOINT_FULL, FILES_WRITE, SITES_WRITE),
    )
    def plan_restore(self, file: str) -> Change:
        if not self.has_certificate:
            raise NotPermitted(_CERTIFICATE, hint=_CERTIFICATE_HINT)
        kept = self._kept_of_bin(file) if "," in file.partition("/")[0] else self._kept_of_file(file)
        name = kept["name"]
        trashed = kept.pop("trashed")
        return Change(
            action="restore",
            target=local("file", file),
            target_name=f"/{kept['folder']}/{name}",
            before={"place": "trash" if trashed else "folder"},
            after={"place": "folder"},
            steps=(Step(name="restore-file", title=f"restore {name}", args=kept),) if trashed else (),
            inverse=(
                Step(name="trash-file", title=f"move {name} to the recycle bin", args=kept, undoes="restore-file"),
            ),
            touches=(local("file", file),),
            keeps=kept,
        )

    def _kept_of_file(self, file: str) -> dict[str, Any]:
        """Return where a file lies that was known by its id: in its drive still, or in the bin."""
        drive, item = shapes.split_id(file)
        found = self.seen(drive, item) if drive else None
        row = self.recall("file", file)
        if found is not None:
            place = self.place(drive)
            path = Tree(self, place).path(found) or f"/{found.name}"
            return {**self._kept(place, item, found.name or item, path), "trashed": False}
        if not isinstance(row, File) or not row.path or not drive:
            raise ObjectMissing(
                f"nothing is known of {file} any more",
                hint="restore it by its id in the recycle bin: casb list files --trashed",
            )
        place = self.place(drive)
        kept = self._kept(place, item, row.path.rpartition("/")[2], row.path)
        if self._in_bin(kept) is None:
            raise ObjectMissing(f"{row.path} is neither in its drive nor in the recycle bin of {place.site}")
        return {**kept, "trashed": True}

    def _kept_of_bin(self, file: str) -> dict[str, Any]:
        """Return where something lay that is known by its id in a recycle bin."""
        site_id, _, entry = file.partition("/")
        site = next((one for sites, _ in self.sites(None) for one in sites if one.id == site_id), None)
        if site is None or not site.web_url:
            raise ObjectMissing(f"there is no site {site_id}")
        found = next((one for one in self._bin(site_id, site.web_url) if one.id == entry), None)
        if found is None:
            raise ObjectMissing(f"there is no {entry} in the recycle bin of {site.web_url}")
        return {
            "drive": None,
            "item": None,
            "bin": entry,
            "name": found.leaf_name,
            "folder": (found.dir_name or "").strip("/"),
            "site": site.web_url,
            "site_id": site_id,
            "trashed": True,
        }

    def _bin(self, site_id: str, url: str) -> Iterator[BinItem]:
        for page, _ in self.bin_pages(site_id, url):
            yield from page

    def _in_bin(self, kept: dict[str, Any]) -> BinItem | None:
        """Return the newest entry of a site's recycle bin that came from a file's place."""
        found = [
            one
            for one in self._bin(kept["site_id"], kept["site"])
            if one.id == kept.get("bin")
            or (
                kept.get("bin") is None
                and one.leaf_name == kept["name"]
                and (one.dir_name or "").strip("/").lower() == kept["folder"].lower()
            )
        ]
        return max(found, key=lambda one: one.deleted_date or "", default=None)

    @step("trash-file")
    def _trash_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        drive, item = args["drive"], args["item"]
        if item is None:
            drive, item = self._restored(args)
        path = {"driveId": drive, "itemId": item}
        self.client.send(self.act(f"DELETE {ITEM}", path, safe=True, answers=(404,)))

    @step("restore-file")
    def _restore_file(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        if args["item"] is not None and self.seen(args["drive"], args["item"]) is not None:
            return
        entry = self._in_bin(args)
        if entry is None:
            if args["item"] is None:
                return  # restored by a call whose answer was lost
            raise ObjectMissing(f"{args['name']} is not in the recycle bin of {args['site']} any more")
        call = self.rest(
            "POST",
            args["site"],
            f"{_BIN}/RestoreByIds",
            json={"ids": [entry.id]},
            headers=PLAIN,
            governance=True,
            safe=False,
        )
        self.client.send(call)

    def _restored(self, args: dict[str, Any]) -> tuple[str, str]:
        """Return drive and item of what was restored to a place that is known by its address only."""
        query = {"$select": "id,name,driveType,owner,webUrl,sharePointIds"}
        where = args["folder"].lower()
        for drive in self.every("/sites/{id}/drives", shapes.Drive, {"id": args["site_id"]}, query=query):
            top = shapes.site_path(drive.webUrl or "").lower()
            if where == top or where.startswith(f"{top}/"):
                at = self.read(self.get(f"{DRIVE}/root", {"driveId": drive.id}), Item)
                for name in [*where[len(top) :].strip("/").split("/"), args["name"].lower()]:
                    if name:
                        at = self.child(drive.id, at.id, name)
                return drive.id, at.id
        raise ObjectMissing(f"/{args['folder']} is in no library of {args['site']}")

    def child(self, drive: str, folder: str, name: str) -> Item:
        """Return what has a name in a folder, upper and lower case being the same; raises ObjectMissing."""
        path = {"driveId": drive, "itemId": folder}
        for one in self.every(CHILDREN, Item, path, query={"$select": shapes.ITEM_FIELDS}):
            if (one.name or "").lower() == name.lower():
                return one
        raise ObjectMissing(f"there is no {name} in its folder")

    def observe_trash(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read whether the file lies in its folder, in the recycle bin, or nowhere."""
        del memo
        kept = change.keeps
        if kept["item"] is not None and self.seen(kept["drive"], kept["item"]) is not None:
            return {"place": "folder"}
        if self._in_bin(kept) is not None:
            return {"place": "trash"}
        if kept["item"] is not None:
            return {"place": "gone"}
        try:
            self._restored(kept)
        except ObjectMissing:
            # Trashed again, it has another id in the bin.
            again = self._in_bin({**kept, "bin": None})
            return {"place": "gone" if again is None else "trash"}
        return {"place": "folder"}

    observe_restore = observe_trash

    # Overwriting

    @on_files("GET /drives/{driveId}", "GET /drives/{driveId}/items/{itemId}", any_of=READING)
    @on_files(
        "PUT /drives/{driveId}/items/{itemId}/content",
        "GET /drives/{driveId}/items/{itemId}/versions",
        "DELETE /drives/{driveId}/items/{itemId}/versions/{versionId}",
        any_of=WRITING,
        irreversible="the former content and all its versions are deleted",
    )
    def plan_overwrite(self, file: str, *, case: str) -> Change:
        place, item, path = self.acted_on(file)
        if item.package is not None or item.hash is None:
            raise Unsupported(
                f"{item.name} has no content of its own to overwrite", hint="move it to the trash, or remove its shares"
            )
        args = {"drive": place.drive, "item": item.id, "name": item.name, "case": case}
        write = {**args, "hash": item.hash}
        return Change(
            action="overwrite",
            target=local("file", file),
            target_name=path,
            version=item.e_tag,
            before={"hash": item.hash, "versions": len(self.versions(place.drive, item.id))},
            after={"hash": quickxor(tombstone(case)), "versions": 1},
            steps=(
                Step(name="write-tombstone", title=f"replace the content of {item.name} by a tombstone", args=write),
                Step(name="drop-versions", title=f"delete the former versions of {item.name}", args=args),
            ),
            irreversible="the former content and all its versions are deleted",
            touches=(local("file", file),),
            side_effects=(
                "name, links and permissions stay",
                "what a retention policy holds stays in the site's Preservation Hold library",
            ),
            keeps=args,
        )

    @step("write-tombstone")
    def _write_tombstone(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        content = tombstone(args["case"])
        now = self.item(args["drive"], args["item"])
        if now.hash == quickxor(content):
            return
        if now.hash != args["hash"]:
            raise StateConflict(f"{args['name']} was changed meanwhile; nothing was overwritten")
        self.put(args["drive"], args["item"], content, now.e_tag)

    def put(self, drive: str, item: str, content: bytes, e_tag: str | None) -> None:
        """Put a small content in the place of a file's, if it is still the one of that eTag."""
        headers = {"Content-Type": "text/plain", **({"If-Match": e_tag} if e_tag else {})}
        path = {"driveId": drive, "itemId": item}
        self.client.send(self.act(f"PUT {ITEM}/content", path, content=content, headers=headers, safe=False))

    @step("drop-versions")
    def _drop_versions(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        path = {"driveId": args["drive"], "itemId": args["item"]}
        for version in self.versions(args["drive"], args["item"])[1:]:  # the newest comes first
            call = self.act(
                f"DELETE {VERSIONS}/{{versionId}}", {**path, "versionId": version}, safe=True, answers=(404,)
            )
            self.client.send(call)

    def versions(self, drive: str, item: str) -> list[str]:
        """Return the ids of a file's versions, the present one first."""
        path = {"driveId": drive, "itemId": item}
        return [one.id for one in self.every(VERSIONS, shapes.Version, path)]

    def observe_overwrite(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the content's checksum, and how many versions there are."""
        del memo
        drive, item = change.keeps["drive"], change.keeps["item"]
        return {"hash": self.item(drive, item).hash, "versions": len(self.versions(drive, item))}
