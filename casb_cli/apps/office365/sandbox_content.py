"""What the simulated tenant's files hold: downloads, uploads, versions, and what is made, moved, copied, deleted."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import quote

from casb_cli.apps.office365.sandbox_library import taken
from casb_cli.apps.office365.sandbox_objects import Binned, Drive, Item, Version
from casb_cli.apps.office365.sandbox_permissions import Permissions
from casb_cli.apps.office365.sandbox_wire import Refusal, bad, listed, no_item, page, when
from casb_cli.sandbox.documents import MIME
from casb_cli.sandbox.wire import Reply, Request, answer, route

_ITEM = "/drives/{driveId}/items/{itemId}"
_AT = "/drives/{driveId}/items/{itemId}:/{path}:"
SMALL = 250_000_000
STEP = 327_680
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_PART = re.compile(r"bytes=(\d+)-(\d*)")


class Content(Permissions):
    """Files."""

    # Downloads

    @route("GET " + _ITEM + "/content")
    def download(self, request: Request) -> Reply:
        """Send the caller to where the content is, without credentials."""
        item = self.item_at(request)
        return self._redirect(item, item.versions[-1] if item.versions else None)

    @route("GET " + _AT + "/content", path="/drives/{driveId}/items/{itemId}/:content/{path}")
    def download_at(self, request: Request) -> Reply:
        """Send the caller to the content of an item named by its path."""
        return self.download(request)

    def _redirect(self, item: Item, version: Version | None) -> Reply:
        if version is None:
            raise bad("The item is no file.", "invalidRequest")
        if item.malware:
            raise Refusal(
                403, "malwareDetected", "Malware detected: the item is infected with a virus.", inner="accessDenied"
            )
        key = secrets.token_urlsafe(24)
        self.downloads[key] = (item.id, version.id, self.now() + 3600)
        name = quote(item.name, safe="")
        place = f"{self.urls['content']}/download/{item.unique}/{name}?tempauth={key}"
        return Reply(302, b"", {"location": place})

    @route("GET /download/{unique}/{name}", host="content", download=True)
    def fetch(self, request: Request) -> Reply:
        """Give content to whoever has the address; ranges are served."""
        found = self.downloads.get(request.query.get("tempauth", ""))
        item = None if found is None else self.state.find(found[0])
        if found is None or item is None or self.now() > found[2]:
            return Reply(401, b"401 UNAUTHORIZED", {"content-type": "text/plain"})
        version = next((one for one in item.versions if one.id == found[1]), None)
        if version is None:
            return Reply(404, b"404 NOT FOUND", {"content-type": "text/plain"})
        data = self.state.bytes_of(version)
        headers = {
            "content-type": item.mime,
            "etag": f'"{{{item.unique.upper()}}},{item.tag}"',
            "accept-ranges": "bytes",
        }
        part = _PART.fullmatch(request.headers.get("range", ""))
        if part is None:
            return Reply(200, data, headers, download=True)
        start, end = int(part[1]), min(int(part[2] or len(data)), len(data) - 1)
        if start >= len(data):
            return Reply(416, b"", {"content-range": f"bytes */{len(data)}"})
        headers["content-range"] = f"bytes {start}-{end}/{len(data)}"
        return Reply(206, data[start : end + 1], headers, download=True)

    # Uploads

    def _check_match(self, request: Request, item: Item) -> None:
        wanted = request.headers.get("if-match")
        row = self.view.item(item)
        if wanted and wanted not in {"*", row["eTag"], row["cTag"]}:
            raise Refusal(412, "resourceModified", "ETag does not match current item's value", inner="resourceModified")
        if item.locked:
            raise Refusal(
                423, "notAllowed", "The resource you are attempting to access is locked", inner="resourceLocked"
            )

    @route("PUT " + _ITEM + "/content")
    def upload(self, request: Request) -> Reply:
        """Give a file new content, as a new version."""
        item = self.item_at(request)
        if item.folder:
            raise bad("Cannot upload to a folder.", "invalidRequest")
        if len(request.body) > SMALL:
            raise Refusal(413, "fileTooLarge", "The file is too large: use an upload session.")
        self._check_match(request, item)
        held = self.state.keep(item)
        self.state.save(held, request.body, self.actor(request)[0])
        self.note_file(request, "FileModified", held)
        return answer(self.view.item(held))

    @route("PUT " + _AT + "/content", path="/drives/{driveId}/items/{itemId}/:content/{path}")
    def upload_at(self, request: Request) -> Reply:
        """Make a file in a folder, or overwrite the one of that name."""
        behaviour = request.query.get("@microsoft.graph.conflictBehavior", "replace")
        folder, name = self._place(request)
        known = self.state.by_name(folder, name)
        item = self._stored(request, folder, name, request.body, behaviour)
        return answer(self.view.item(item), 200 if known is item else 201)

    def _place(self, request: Request) -> tuple[Item, str]:
        *folders, name = [part for part in request.params.pop("path").split("/") if part] or [""]
        folder = self.item_at(request)
        for each in folders:
            known = self.state.by_name(folder, each)
            folder = known if known is not None else self._new_folder(request, folder, each)
        self._check_name(name)
        return folder, name

    @staticmethod
    def _check_name(name: str) -> None:
        if not name or name != taken(name) or name.endswith(".") or name != name.strip():
            raise bad("The provided name cannot contain reserved characters.", "invalidRequest")

    def _stored(self, request: Request, folder: Item, name: str, data: bytes, behaviour: str) -> Item:
        known = self.state.by_name(folder, name)
        if known is not None and behaviour == "fail":
            raise Refusal(409, "nameAlreadyExists", "An item with the same name already exists under the parent")
        if known is not None and behaviour != "rename":
            if known.folder:
                raise Refusal(409, "nameAlreadyExists", "A folder with the same name already exists")
            self._check_match(request, known)
            held = self.state.keep(known)
            self.state.save(held, data, self.actor(request)[0])
            self.note_file(request, "FileModified", held)
            return held
        item = self._made(request, folder, self._free(folder, name))
        extension = item.name.rpartition(".")[2].lower()
        item.mime = MIME.get(extension, "application/octet-stream")
        self.state.add(item)
        self.state.save(item, data, item.by)
        self.note_file(request, "FileUploaded", item)
        return item

    def _free(self, folder: Item, name: str) -> str:
        stem, dot, extension = name.rpartition(".")
        if not dot:
            stem, extension = name, ""
        found, number = name, 0
        while self.state.by_name(folder, found) is not None:
            number += 1
            found = f"{stem} {number}{dot}{extension}"
        return found

    def _made(self, request: Request, folder: Item, name: str) -> Item:
        now = self.now()
        return Item(
            id=self.state.item_id(),
            drive=folder.drive,
            name=name,
            parent=folder.id,
            created=now,
            modified=now,
            by=self.actor(request)[0],
            unique=self.state.guid(),
        )

    def _new_folder(self, request: Request, folder: Item, name: str) -> Item:
        self._check_name(name)
        item = self._made(request, folder, name)
        item.folder = True
        self.state.add(item)
        self.state.changed(item)
        self.note_file(request, "FolderCreated", item)
        return item

    @route("POST " + _ITEM + "/children")
    def make_folder(self, request: Request) -> Reply:
        """Make a folder."""
        folder, body = self.item_at(request), self.body(request)
        name = str(body.get("name", ""))
        if "folder" not in body or not folder.folder:
            raise bad("Only folders can be made this way.", "invalidRequest")
        behaviour = body.get("@microsoft.graph.conflictBehavior", "fail")
        known = self.state.by_name(folder, name)
        if known is not None and behaviour == "replace" and known.folder:
            return answer(self.view.item(known), 200)
        if known is not None and behaviour != "rename":
            raise Refusal(409, "nameAlreadyExists", "An item with the same name already exists under the parent")
        return answer(self.view.item(self._new_folder(request, folder, self._free(folder, name))), 201)

    @route("POST " + _ITEM + "/createUploadSession", effect=False)
    def session(self, request: Request) -> Reply:
        """Begin an upload in pieces onto a file."""
        item = self.item_at(request)
        self._check_match(request, item)
        return self._session(request, item, None, "")

    @route(
        "POST " + _AT + "/createUploadSession",
        path="/drives/{driveId}/items/{itemId}/:createUploadSession/{path}",
        effect=False,
    )
    def session_at(self, request: Request) -> Reply:
        """Begin an upload in pieces into a folder."""
        folder, name = self._place(request)
        return self._session(request, None, folder, name)

    def _session(self, request: Request, item: Item | None, folder: Item | None, name: str) -> Reply:
        wanted = self.body(request).get("item", {})
        key = secrets.token_urlsafe(24)
        self.uploads[key] = {
            "item": item,
            "folder": folder,
            "name": name,
            "behaviour": wanted.get("@microsoft.graph.conflictBehavior", "replace"),
            "data": bytearray(),
            "request": request,
        }
        return answer(self._progress(key) | {"uploadUrl": f"{self.urls['content']}/upload/{key}"})

    def _progress(self, key: str) -> dict[str, Any]:
        at = len(self.uploads[key]["data"])
        return {"expirationDateTime": when(self.now() + 86_400), "nextExpectedRanges": [f"{at}-"]}

    @route("PUT /upload/{key}", host="content")
    def upload_part(self, request: Request) -> Reply:
        """Take the next piece; the last one makes the file."""
        upload = self.uploads.get(request.params["key"])
        part = _RANGE.fullmatch(request.headers.get("content-range", ""))
        if upload is None:
            raise no_item()
        if part is None:
            raise bad("Invalid Content-Range header.", "invalidRequest")
        start, end, total = int(part[1]), int(part[2]), int(part[3])
        data = upload["data"]
        if end - start + 1 != len(request.body) or end >= total:
            raise bad("Declared fragment length does not match the provided number of bytes", "invalidRequest")
        if start != len(data):
            raise Refusal(416, "invalidRange", "Optimistic concurrency failure during fragmented upload")
        if end + 1 < total and len(request.body) % STEP:
            raise bad("The fragment's length must be a multiple of 327680 bytes.", "invalidRequest")
        data += request.body
        if end + 1 < total:
            return answer(self._progress(request.params["key"]), 202)
        del self.uploads[request.params["key"]]
        first = upload["request"]
        if upload["item"] is not None:
            held = self.state.keep(upload["item"])
            self.state.save(held, bytes(data), self.actor(first)[0])
            self.note_file(first, "FileModified", held)
            return answer(self.view.item(held), 200)
        item = self._stored(first, upload["folder"], upload["name"], bytes(data), upload["behaviour"])
        return answer(self.view.item(item), 201)

    @route("GET /upload/{key}", host="content")
    def upload_state(self, request: Request) -> Reply:
        """Tell which piece is next."""
        if request.params["key"] not in self.uploads:
            raise no_item()
        return answer(self._progress(request.params["key"]))

    @route("DELETE /upload/{key}", host="content", effect=False)
    def give_up(self, request: Request) -> Reply:
        """Give an upload up."""
        if self.uploads.pop(request.params["key"], None) is None:
            raise no_item()
        return Reply(204)

    # Versions

    @route("GET " + _ITEM + "/versions")
    def versions(self, request: Request) -> Reply:
        """List the versions of a file, the newest first."""
        item = self.item_at(request)
        rows = []
        for one in reversed(item.versions):
            size, _ = self.view.sums(one)
            by = {"user": self.view.identity(one.by)}
            rows.append({"id": one.id, "size": size, "lastModifiedDateTime": when(one.modified), "lastModifiedBy": by})
        return page(request, self.graph, listed(rows), 200, 1000)

    def _version(self, request: Request) -> tuple[Item, Version]:
        item = self.item_at(request)
        for one in item.versions:
            if one.id == request.params["versionId"]:
                return item, one
        raise no_item()

    @route("GET " + _ITEM + "/versions/{versionId}/content")
    def version_content(self, request: Request) -> Reply:
        """Send the caller to a version's content; the newest one's is refused, as it is the file's own."""
        item, one = self._version(request)
        if one is item.versions[-1]:
            raise bad("You cannot get the content of the current version.", "invalidRequest")
        return self._redirect(item, one)

    @route("DELETE " + _ITEM + "/versions/{versionId}")
    def delete_version(self, request: Request) -> Reply:
        """Delete a version, never the newest."""
        item, one = self._version(request)
        if one is item.versions[-1]:
            raise bad("You cannot delete the current version.", "invalidRequest")
        held = self.state.keep(item)
        held.versions = [each for each in held.versions if each.id != one.id]
        self.note_file(request, "FileVersionRecycled", held)
        return Reply(204)

    @route("POST " + _ITEM + "/versions/{versionId}/restoreVersion")
    def restore_version(self, request: Request) -> Reply:
        """Make a version the newest one again."""
        item, one = self._version(request)
        held = self.state.keep(item)
        self.state.save(held, self.state.bytes_of(one), self.actor(request)[0])
        self.note_file(request, "FileModified", held)
        return Reply(204)

    # For the recycle bin

    def below(self, folder: Item) -> list[Item]:
        """Return everything in a folder, the deepest last."""
        found: list[Item] = []
        waiting = [folder]
        while waiting:
            for _, item in self.state.children(waiting.pop()):
                found.append(item)
                if item.folder:
                    waiting.append(item)
        return found

    def drive_of(self, item: Item) -> Drive:
        """Return the drive of an item."""
        drive = self.library.drive(item.drive)
        assert drive is not None  # noqa: S101 - items lie in drives
        return drive

    def bin(self, request: Request, item: Item) -> None:
        """Move an item, with all that is in it, to its site's recycle bin."""
        drive = self.drive_of(item)
        inner = self.below(item) if item.folder else []
        where = self.library.where(drive, self.state.folder_path(item.parent))
        held = self.state.keep(item)
        one = Binned(
            id=self.state.guid(), site=drive.site, item=held, where=where, at=self.now(), by=self.actor(request)[0]
        )
        one.below = [each.id for each in inner]
        self.state.bin[one.id] = one
        self.note_file(request, "FolderRecycled" if item.folder else "FileRecycled", held)
        for each in [held, *map(self.state.keep, inner)]:
            each.gone = self.now()
            self.state.changed(each)
