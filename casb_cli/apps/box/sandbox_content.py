"""The simulated Box's content: downloads through a second host, uploads, versions."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote

import msgspec

from casb_cli.apps.box.sandbox_desk import LINK_SECONDS
from casb_cli.apps.box.sandbox_items import Items, legal_name, parent_id
from casb_cli.apps.box.sandbox_objects import Item, Version
from casb_cli.apps.box.sandbox_view import FILE_STANDARD
from casb_cli.apps.box.sandbox_wire import (
    Refusal,
    boxed,
    fields_of,
    forbidden,
    invalid,
    limit_of,
    not_found,
    offset_of,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Reply, Request, answer, route

NOTED_DOWNLOADS = 50_000
"""Downloads beyond these leave no event, so that reading a million files costs no memory."""

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_DISPOSITION = re.compile(rb'\bname="([^"]*)"', re.IGNORECASE)


class Content(Items):
    """Content and versions of files."""

    # Downloads

    @route("GET /files/{file_id}/content", path="/2.0/files/{file_id}/content")
    def download(self, request: Request) -> Reply:
        """Send the caller to an address that is good for 15 minutes, or tell it to wait a moment."""
        id_, user = boxed(request.params["file_id"]), request.who.user
        item = self.state.visible(user, "file", id_, "download")
        if item.lock and item.lock["is_download_prevented"] and item.lock["created_by"] != user:
            raise forbidden("The item is locked", "access_denied_item_locked")
        version = request.query.get("version", item.current.id)
        if not any(known.id == version and known.trashed is None for known in item.versions):
            raise not_found("file_version", version)
        every = int(self.options.settings.get("not_ready", "100"))
        if every and chance.mix(self.world.seed, int(id_)) % every == 0 and id_ not in self.waited:
            self.waited.add(id_)
            return Reply(202, b"", {"retry-after": "1"})
        if len(self.state.happened) < NOTED_DOWNLOADS:
            self._note(request, "DOWNLOAD", item)
        until = int(self.now()) + LINK_SECONDS
        signed = self.sign(f"{id_}.{version}.{until}")
        where = f"{self.urls.get('content', '')}/d/1/{id_}/{version}/{until}/{signed}/download"
        return Reply(302, b"", {"location": where})

    @route(
        "GET content",
        path="/d/1/{file_id}/{version}/{until}/{signed}/download",
        host="content",
        download=True,
    )
    def deliver(self, request: Request) -> Reply:
        """Deliver content to whoever has the address; no token is needed, nor looked at."""
        values = request.params
        text = f"{values['file_id']}.{values['version']}.{values['until']}"
        if not values["until"].isdigit() or values["signed"] != self.sign(text):
            raise Refusal(404)
        if self.now() > int(values["until"]):
            raise Refusal(403, "download_url_expired", "This download link has expired")
        item = self.state.find("file", values["file_id"])
        data = self.state.content(item, values["version"]) if item else None
        if item is None or data is None:
            raise Refusal(404)
        headers = {
            "content-type": "application/octet-stream",
            "content-disposition": f"attachment;filename*=UTF-8''{quote(item.name)}",
            "accept-ranges": "bytes",
        }
        wanted = _RANGE.fullmatch(request.headers.get("range", ""))
        if wanted is None or wanted.groups() == ("", ""):
            return Reply(200, data, headers, download=True)
        first, last = wanted.groups()
        start = int(first) if first else max(len(data) - int(last), 0)
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        if start > end:
            return Reply(416, b"", {"content-range": f"bytes */{len(data)}"})
        headers["content-range"] = f"bytes {start}-{end}/{len(data)}"
        return Reply(206, data[start : end + 1], headers, download=True)

    # Uploads

    @route("OPTIONS /files/content", path="/2.0/files/content", effect=False)
    def may_upload(self, request: Request) -> Reply:
        """Tell whether an upload would pass."""
        data, user = self.body(request), request.who.user
        name, parent = legal_name(data.get("name")), parent_id(data.get("parent"), "parent")
        above = self.state.folder(user, parent, "upload")
        self.free(parent, self.state.owner(above) if above else user, name)
        return answer({"upload_url": f"{self.urls.get('upload', '')}/api/2.0/files/content", "upload_token": ""})

    @route("POST /files/content", host="upload", path="/api/2.0/files/content")
    def upload(self, request: Request) -> Reply:
        """Create a file; `attributes` come before `file`."""
        user = request.who.user
        attributes, data = self._parts(request)
        name, parent = legal_name(attributes.get("name")), parent_id(attributes.get("parent"), "parent")
        above = self.state.folder(user, parent, "upload")
        holder = self.state.owner(above) if above else user
        self.free(parent, holder, name)
        self.has_room(holder, len(data))
        moment = self.now()
        item = Item(
            kind="file",
            id=self.state.new_id(),
            name=name,
            parent=parent,
            holder=holder,
            created=moment,
            modified=moment,
            by=user,
        )
        self._add_version(item, data, user)
        self.state.put(item, parent, holder)
        self._note(request, "UPLOAD", item)
        return self._listed(request, item, 201)

    @route("POST /files/{file_id}/content", host="upload", path="/api/2.0/files/{file_id}/content")
    def upload_version(self, request: Request) -> Reply:
        """Lay a new version over a file; the old ones stay."""
        user, id_ = request.who.user, boxed(request.params["file_id"])
        item = self.state.visible(user, "file", id_, "edit")
        self.matches(request, item)
        self.unlocked(item, user, {})
        attributes, data = self._parts(request)
        name = legal_name(attributes["name"]) if attributes.get("name") else item.name
        if name != item.name:
            self.free(item.parent, item.holder, name, item)
        self.has_room(self.state.owner(item), len(data))
        item = self.state.keep(item)
        item.name = name
        item.etag += 1
        self._add_version(item, data, user)
        self._note(request, "EDIT", item)
        return self._listed(request, item, 200)

    def _parts(self, request: Request) -> tuple[dict[str, Any], bytes]:
        parts = _multipart(request.headers.get("content-type", ""), request.body)
        if len(parts) != 2 or "attributes" not in dict(parts):
            raise Refusal(400, "bad_request", "The parts 'attributes' and 'file' are required")
        if parts[0][0] != "attributes":
            raise Refusal(400, "metadata_after_file_contents", "Attributes must come before the file")
        head, content = parts[0][1], parts[1][1]  # whatever the second is called: rclone says `contents`
        try:
            attributes = msgspec.json.decode(head, type=dict[str, Any])
        except msgspec.MsgspecError:
            raise invalid("attributes", "Invalid JSON") from None
        digest = request.headers.get("content-md5")
        if digest is not None and digest.lower() != hashlib.sha1(content, usedforsecurity=False).hexdigest():
            raise Refusal(400, "bad_digest", "The specified content-md5 did not match what we received")
        return attributes, content

    def _add_version(self, item: Item, data: bytes, user: str) -> None:
        sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        self.state.blobs[sha1] = data
        moment = self.now()
        item.versions.append(
            Version(id=self.state.new_id(), name=item.name, size=len(data), sha1=sha1, created=moment, by=user)
        )
        item.modified = moment

    def _listed(self, request: Request, item: Item, status: int) -> Reply:
        row = self.view(request).item(item, fields_of(request.query), FILE_STANDARD)
        return answer({"total_count": 1, "entries": [row]}, status)

    @route("POST /files/{file_id}/copy", path="/2.0/files/{file_id}/copy")
    def copy(self, request: Request) -> Reply:
        """Copy the current version of a file into a folder."""
        user, data = request.who.user, self.body(request)
        item = self.state.visible(user, "file", boxed(request.params["file_id"]), "download")
        parent = parent_id(data.get("parent"), "parent")
        above = self.state.folder(user, parent, "upload")
        holder = self.state.owner(above) if above else user
        name = legal_name(data["name"]) if data.get("name") else item.name
        self.free(parent, holder, name)
        moment, last = self.now(), item.current
        version = _again(last, self.state.new_id(), moment, user)
        new = Item(
            kind="file",
            id=self.state.new_id(),
            name=name,
            parent=parent,
            holder=holder,
            created=moment,
            modified=moment,
            by=user,
            versions=[version],
        )
        self.state.put(new, parent, holder)
        self._note(request, "COPY", new)
        return answer(self.view(request).item(new, fields_of(request.query)), 201)

    # Versions

    @route("GET /files/{file_id}/versions", path="/2.0/files/{file_id}/versions", paged=True)
    def list_versions(self, request: Request) -> Reply:
        """List the past versions of a file, the newest first, those in the trash too; not the current one."""
        view = self.view(request)
        item = self.state.visible(request.who.user, "file", boxed(request.params["file_id"]))
        limit, offset = limit_of(request.query, 100, 1000), offset_of(request.query)
        past = list(enumerate(item.versions, 1))[:-1][::-1]
        fields = fields_of(request.query)
        rows = [view.version(version, number, fields) for number, version in past[offset : offset + limit]]
        return answer({"total_count": len(past), "entries": rows, "limit": limit, "offset": offset})

    @route("GET /files/{file_id}/versions/{file_version_id}", path="/2.0/files/{file_id}/versions/{file_version_id}")
    def get_version(self, request: Request) -> Reply:
        """Return one version of a file."""
        item = self.state.visible(request.who.user, "file", boxed(request.params["file_id"]))
        number, version = self._version(item, boxed(request.params["file_version_id"]))
        return answer(self.view(request).version(version, number, fields_of(request.query)))

    def _version(self, item: Item, id_: str) -> tuple[int, Version]:
        for number, version in enumerate(item.versions, 1):
            if version.id == id_:
                return number, version
        raise not_found("file_version", id_)

    @route("DELETE /files/{file_id}/versions/{file_version_id}", path="/2.0/files/{file_id}/versions/{file_version_id}")
    def delete_version(self, request: Request) -> Reply:
        """Move a past version to the trash."""
        item, version = self._past(request)
        if version.trashed is not None:
            raise Refusal(404, "trashed", "Item is trashed")
        version.trashed = self.now()
        self._note(request, "DELETE", item)
        return Reply(204)

    @route("PUT /files/{file_id}/versions/{file_version_id}", path="/2.0/files/{file_id}/versions/{file_version_id}")
    def restore_version(self, request: Request) -> Reply:
        """Take a past version out of the trash."""
        item, version = self._past(request)
        data = self.body(request)
        if "trashed_at" not in data or data["trashed_at"] is not None:
            raise invalid("trashed_at", "Only null is allowed")
        version.trashed, version.restored = None, self.now()
        self._note(request, "FILE_VERSION_RESTORE", item)
        return answer(self.view(request).version(version, item.versions.index(version) + 1))

    def _past(self, request: Request) -> tuple[Item, Version]:
        item = self.state.visible(request.who.user, "file", boxed(request.params["file_id"]), "edit")
        self.matches(request, item)
        item = self.state.keep(item)
        _, version = self._version(item, boxed(request.params["file_version_id"]))
        if version is item.current:
            raise forbidden("The current version can't be changed")
        return item, version

    @route("POST /files/{file_id}/versions/current", path="/2.0/files/{file_id}/versions/current")
    def promote(self, request: Request) -> Reply:
        """Lay a copy of an old version on top."""
        user, data = request.who.user, self.body(request)
        item = self.state.visible(user, "file", boxed(request.params["file_id"]), "edit")
        self.unlocked(item, user, {})
        if data.get("type") != "file_version" or not isinstance(data.get("id"), str):
            raise invalid("id", "A file_version is required")
        item = self.state.keep(item)
        _, old = self._version(item, data["id"])
        if old.trashed is not None:
            raise Refusal(404, "trashed", "Item is trashed")
        new = _again(old, self.state.new_id(), self.now(), user)
        item.versions.append(new)
        item.modified = new.created
        item.etag += 1
        self._note(request, "FILE_VERSION_RESTORE", item)
        return answer(self.view(request).version(new, len(item.versions)), 201)


def _again(version: Version, id_: str, moment: float, user: str) -> Version:
    return Version(
        id=id_,
        name=version.name,
        size=version.size,
        sha1=version.sha1,
        created=moment,
        by=user,
        source=version.source,
    )


def _multipart(kind: str, body: bytes) -> list[tuple[str, bytes]]:
    """Return name and content of each part in order; raises 400 where the body is no form."""
    found = re.search(r'boundary="?([^";]+)"?', kind)
    if not kind.lower().startswith("multipart/form-data") or found is None:
        raise Refusal(415)
    edge = b"--" + found[1].encode()
    parts: list[tuple[str, bytes]] = []
    for piece in (b"\r\n" + body).split(b"\r\n" + edge)[1:]:
        if piece.startswith(b"--"):
            return parts
        head, gap, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = _DISPOSITION.search(head)
        if not gap or name is None:
            raise Refusal(400, "bad_request", "Malformed multipart body")
        parts.append((name[1].decode("utf-8", "replace"), content))
    raise Refusal(400, "bad_request", "The multipart body has no end")
