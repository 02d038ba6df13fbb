"""The simulated Drive's content: downloads, exports of Google-native documents, uploads, revisions."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import quote

import msgspec

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_changes import Changes
from casb_cli.apps.google_workspace.sandbox_items import too_little
from casb_cli.apps.google_workspace.sandbox_objects import NATIVE, Item, Revision
from casb_cli.apps.google_workspace.sandbox_view import FILE_DEFAULT, OFFICE, REVISION_DEFAULT, formats_of
from casb_cli.apps.google_workspace.sandbox_wire import Refusal, flag, invalid, paged, pruned, size_of
from casb_cli.sandbox import documents
from casb_cli.sandbox.wire import Reply, Request, answer, route

EXPORT_LIMIT = 10 << 20
CHUNK = 256 << 10
UPLOADS = 200
"""How many resumable uploads may be under way."""
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_FORMATS = {"text/plain": "txt", "text/html": "html", "text/csv": "csv"}


class Content(Changes):
    """Content."""

    # Downloads

    @route(
        "GET /drive/v3/files/{fileId}?alt=media",
        path="/media/drive/v3/files/{fileId}",
        download=True,
    )
    def download(self, request: Request) -> Reply:
        """Deliver a binary file's bytes, or a range of them."""
        # widely used clients fetch what lies in shared drives without the switch
        request.query["supportsAllDrives"] = "true"
        item = self.located(request, request.params["fileId"])
        self._downloadable(request, item)
        return self._deliver(request, self.state.content(item) or b"", item.mime)

    def _downloadable(self, request: Request, item: Item) -> None:
        if not item.binary or item.encrypted:
            raise Refusal(
                403,
                "fileNotDownloadable",
                "Only files with binary content can be downloaded. Use Export with Docs Editors files.",
                locationType="parameter",
                location="alt",
            )
        self._readable(request, item)
        if item.abusive and not (item.owner == ids.user_id(request.who.account) and flag(request, "acknowledgeAbuse")):
            raise Refusal(
                403,
                "cannotDownloadAbusiveFile",
                "This file has been identified as malware or spam and cannot be downloaded.",
            )

    def _readable(self, request: Request, item: Item) -> None:
        if not self.view(request).capabilities(item)["canDownload"]:
            raise Refusal(403, "cannotDownloadFile", "This file cannot be downloaded by the user.")

    @staticmethod
    def _deliver(request: Request, data: bytes, mime: str) -> Reply:
        headers = {"content-type": mime, "accept-ranges": "bytes", "content-disposition": "attachment"}
        wanted = _RANGE.fullmatch(request.headers.get("range", ""))
        if wanted is None or wanted.groups() == ("", ""):
            return Reply(200, data, headers, download=True)
        first, last = wanted.groups()
        start = int(first) if first else max(len(data) - int(last), 0)
        end = min(int(last), len(data) - 1) if first and last else len(data) - 1
        if start > end:
            raise Refusal(
                416,
                "requestedRangeNotSatisfiable",
                "Request range not satisfiable",
                headers={"content-range": f"bytes */{len(data)}"},
            )
        headers["content-range"] = f"bytes {start}-{end}/{len(data)}"
        return Reply(206, data[start : end + 1], headers, download=True)

    # Exports

    @route("GET /drive/v3/files/{fileId}/export", download=True)
    def export(self, request: Request) -> Reply:
        """Deliver a Google-native document in another format, at most 10 MB."""
        item = self._native(request)
        data, mime = self._exported(item, request.query.get("mimeType"))
        limit = int(self.options.settings.get("export_limit", EXPORT_LIMIT))
        if len(data) > limit:
            raise Refusal(403, "exportSizeLimitExceeded", "This file is too large to be exported.")
        return Reply(200, data, {"content-type": mime}, download=True)

    def _native(self, request: Request) -> Item:
        # neither call has the switch for shared drives: it's taken for granted
        request.query["supportsAllDrives"] = "true"
        item = self.located(request, request.params["fileId"])
        if item.binary or item.folder:
            raise Refusal(403, "fileNotExportable", "Export only supports Docs Editors files.")
        self._readable(request, item)
        return item

    def _exported(self, item: Item, mime: str | None) -> tuple[bytes, str]:
        kind = item.mime.removeprefix(NATIVE)
        if mime is None:
            raise Refusal(400, "required", "Required parameter: mimeType")
        if item.native is None or kind not in OFFICE:
            raise invalid("convertTo", "The requested conversion is not supported.", reason="badRequest")
        if mime == documents.MIME[OFFICE[kind]]:
            return self.library.files.content(item.native), mime
        form = "pdf" if mime == "application/pdf" else _FORMATS.get(mime)
        if form is None or mime not in formats_of(kind):
            raise invalid("convertTo", "The requested conversion is not supported.", reason="badRequest")
        lines = self.library.files.lines(item.native)
        mark = b"\xef\xbb\xbf" if form == "txt" else b""
        return mark + documents.render(form, lines), mime

    @route("POST /drive/v3/files/{fileId}/download", effect=False)
    def start_download(self, request: Request) -> Reply:
        """Begin to prepare a file's content, however large; it's found through the operation."""
        request.query["supportsAllDrives"] = "true"
        item = self.located(request, request.params["fileId"])
        if item.binary:
            self._downloadable(request, item)
            data, mime = self.state.content(item) or b"", item.mime
        else:
            item = self._native(request)
            data, mime = self._exported(item, request.query.get("mimeType"))
        name, key = f"operation-{secrets.token_hex(8)}", secrets.token_urlsafe(24)
        self.operations[name] = {"key": key, "data": data, "mime": mime, "partial": item.binary, "asked": 0}
        return answer(
            {"name": name, "metadata": {"@type": "type.googleapis.com/google.apps.drive.v3.DownloadMetadata"}}
        )

    @route("GET /drive/v3/operations/{name}")
    def operation(self, request: Request) -> Reply:
        """Tell how far a preparation is: done the second time."""
        name = request.params["name"]
        known = self.operations.get(name)
        if known is None:
            raise Refusal(404, "notFound", f"Operation not found: {name}")
        known["asked"] += 1
        if known["asked"] < 2:
            return answer({"name": name, "done": False})
        uri = f"{self.urls.get('api', '')}/download/drive/{name}/{known['key']}"
        response = {"downloadUri": uri, "partialDownloadAllowed": known["partial"]}
        return answer({"name": name, "done": True, "response": response})

    @route("GET /download/drive/{name}/{key}", download=True, free=True)
    def prepared(self, request: Request) -> Reply:
        """Deliver what was prepared to whoever has the address."""
        known = self.operations.get(request.params["name"])
        if known is None or not secrets.compare_digest(known["key"], request.params["key"]):
            raise Refusal(404, "notFound", "Not Found")
        return Reply(200, known["data"], {"content-type": known["mime"]}, download=True)

    # Uploads

    @route("POST /upload/drive/v3/files")
    def upload_new(self, request: Request) -> Reply:
        """Create a file with content."""
        return self._upload(request, None)

    @route("PATCH /upload/drive/v3/files/{fileId}")
    def upload_over(self, request: Request) -> Reply:
        """Give a file new content."""
        item = self.located(request, request.params["fileId"])
        self._modifiable(request, item)
        return self._upload(request, item.id)

    def _modifiable(self, request: Request, item: Item) -> None:
        if not self.view(request).capabilities(item)["canModifyContent"]:
            raise too_little()
        if not item.binary:
            raise invalid("mimeType", "The content of this type of file can't be replaced.", reason="badRequest")

    def _upload(self, request: Request, file: str | None) -> Reply:
        kind = request.query.get("uploadType")
        mime = request.headers.get("content-type", "application/octet-stream").partition(";")[0]
        if kind == "media":
            return self._stored(request, file, {}, request.body, mime)
        if kind == "multipart":
            return self._stored(request, file, *_parts(request))
        if kind != "resumable":
            raise invalid("uploadType", "Invalid Value")
        data = self.body(request)
        if file is None and data.get("parents"):
            self.placed(request, str(data["parents"][0]))
        key = secrets.token_urlsafe(24)
        while len(self.uploads) >= UPLOADS:
            del self.uploads[next(iter(self.uploads))]
        told = request.headers.get("x-upload-content-type", "application/octet-stream")
        self.uploads[key] = {"file": file, "data": data, "mime": told, "got": b"", "who": request.who.account}
        query = "&".join(part for part in request.query_text.split("&") if part)
        where = f"{self.urls.get('api', '')}{quote(request.path)}?{query}&upload_id={key}"
        return Reply(200, b"", {"location": where, "x-guploader-uploadid": key})

    def _stored(self, request: Request, file: str | None, data: dict[str, Any], content: bytes, mime: str) -> Reply:
        if file is None:
            item = self.born(request, {"mimeType": mime, **data}, content, mime)
        else:
            found = self.located(request, file)
            self._modifiable(request, found)
            if data or request.query.get("addParents"):
                self.alter(request, found, {k: v for k, v in data.items() if k != "mimeType"})
            item = self.state.keep(self.state.find(file) or found)
            self.saved(item, content, request.who.account)
        return answer(self.view(request).file(item, self.mask(request, FILE_DEFAULT)))

    def saved(self, item: Item, content: bytes, who: int) -> None:
        """Save new content; the same content again is no new version."""
        if item.revisions and self.state.content(item) == content:
            return
        self.version(item, content, ids.user_id(who))
        self.state.changed(item)
        self.trail.note_drive(who, "edit", doc_id=item.id, doc_title=item.name)

    @route("PUT /upload/drive/v3/files")
    def upload_chunk(self, request: Request) -> Reply:
        """Take a chunk of a new file: a multiple of 256 KiB, but for the last."""
        return self._chunk(request)

    @route("PUT /upload/drive/v3/files/{fileId}")
    def upload_chunk_over(self, request: Request) -> Reply:
        """Take a chunk of a file's new content."""
        return self._chunk(request)

    def _chunk(self, request: Request) -> Reply:
        key = request.query.get("upload_id", "")
        upload = self.uploads.get(key)
        if upload is None or upload["who"] != request.who.account:
            raise Refusal(404, "notFound", "Upload session not found.")
        found = _CONTENT_RANGE.fullmatch(request.headers.get("content-range", ""))
        got: bytes = upload["got"]
        if found is None:
            got = request.body
        elif found[1] is not None:
            first, last = int(found[1]), int(found[2])
            whole = found[3].isdigit() and last + 1 == int(found[3])
            if first > len(got) or last - first + 1 != len(request.body) or (len(request.body) % CHUNK and not whole):
                raise Refusal(400, "badRequest", "Chunks must be in order and multiples of 256 KiB.")
            got = got[:first] + request.body
        if found is not None and not (found[3].isdigit() and len(got) >= int(found[3])):
            upload["got"] = got
            return Reply(308, b"", {"range": f"bytes=0-{len(got) - 1}"} if got else {})
        reply = self._stored(request, upload["file"], upload["data"], got, upload["mime"])
        del self.uploads[key]
        return reply

    # Revisions

    def _history(self, request: Request, need: str = "writer") -> Item:
        # revisions have no switch for shared drives: it's taken for granted
        request.query["supportsAllDrives"] = "true"
        return self.located(request, request.params["fileId"], need)

    def _revision(self, item: Item, id_: str) -> Revision:
        for one in item.revisions:
            if one.id == id_ or (id_ == "head" and one is item.revisions[-1]):
                return one
        raise Refusal(404, "notFound", f"Revision not found: {id_}.", locationType="parameter", location="revisionId")

    def _native_revision(self, request: Request, item: Item) -> dict[str, Any]:
        row = {"kind": "drive#revision", "id": str(item.version), "mimeType": item.mime, "keepForever": False}
        view = self.view(request)
        return row | view.file(item, {"modifiedTime": None, "lastModifyingUser": None})

    @route("GET /drive/v3/files/{fileId}/revisions", paged=True)
    def list_revisions(self, request: Request) -> Reply:
        """List a file's versions, the oldest first."""
        item, view = self._history(request), self.view(request)
        rows = [view.revision(item, one) for one in item.revisions]
        if item.native is not None:
            rows = [self._native_revision(request, item)]
        page, following = paged(request, "revisions", rows, size_of(request, "pageSize", 200, 1000), item.id)
        body: dict[str, Any] = {"kind": "drive#revisionList", "revisions": page}
        if following:
            body["nextPageToken"] = following
        mask = self.mask(request, {"kind": None, "nextPageToken": None, "revisions": REVISION_DEFAULT})
        return answer(pruned(body, mask))

    @route("GET /drive/v3/files/{fileId}/revisions/{revisionId}")
    def get_revision(self, request: Request) -> Reply:
        """Return a version."""
        item = self._history(request)
        row = self.view(request).revision(item, self._revision(item, request.params["revisionId"]))
        return answer(pruned(row, self.mask(request, REVISION_DEFAULT)))

    @route(
        "GET /drive/v3/files/{fileId}/revisions/{revisionId}?alt=media",
        path="/media/drive/v3/files/{fileId}/revisions/{revisionId}",
        download=True,
    )
    def download_revision(self, request: Request) -> Reply:
        """Deliver the bytes of a version."""
        item = self._history(request)
        self._downloadable(request, item)
        one = self._revision(item, request.params["revisionId"])
        return self._deliver(request, self.state.bytes_of(one.source, one.blob), item.mime)

    @route("PATCH /drive/v3/files/{fileId}/revisions/{revisionId}")
    def patch_revision(self, request: Request) -> Reply:
        """Keep a version for ever, or no longer."""
        item = self.state.keep(self._history(request))
        one = self._revision(item, request.params["revisionId"])
        keep = self.body(request).get("keepForever")
        if isinstance(keep, bool):
            one.keep = keep
        row = self.view(request).revision(item, one)
        return answer(pruned(row, self.mask(request, REVISION_DEFAULT)))

    @route("DELETE /drive/v3/files/{fileId}/revisions/{revisionId}")
    def delete_revision(self, request: Request) -> Reply:
        """Delete a version of a binary file: neither the only one nor the newest."""
        item = self._history(request)
        if not item.binary:
            raise Refusal(403, "revisionDeletionNotSupported", "Revisions of this type of file cannot be deleted.")
        one = self._revision(item, request.params["revisionId"])
        if len(item.revisions) == 1:
            raise Refusal(403, "cannotDeleteOnlyRevision", "The only revision of a file cannot be deleted.")
        if one is item.revisions[-1]:
            raise Refusal(403, "cannotDeleteHeadRevision", "The head revision of a file cannot be deleted.")
        item = self.state.keep(item)
        item.revisions = [known for known in item.revisions if known.id != one.id]
        self.state.changed(item, access_only=True)
        return Reply(204)


def _parts(request: Request) -> tuple[dict[str, Any], bytes, str]:
    """Return metadata, content and its type of a body in two parts."""
    found = _BOUNDARY.search(request.headers.get("content-type", ""))
    pieces = request.body.split(b"--" + found[1].encode()) if found else []
    if len(pieces) != 4:
        raise Refusal(400, "badContent", "Malformed multipart body.")
    bodies, mime = [], "application/octet-stream"
    for piece in pieces[1:3]:
        head, _, content = piece.partition(b"\r\n\r\n")
        bodies.append(content.removesuffix(b"\r\n"))
        kind = re.search(rb"(?i)content-type:\s*([^\r\n;]+)", head)
        mime = kind[1].decode().strip() if kind else "application/octet-stream"
    try:
        data = msgspec.json.decode(bodies[0])
    except msgspec.DecodeError:
        raise Refusal(400, "badContent", "Malformed multipart body.") from None
    return (data if isinstance(data, dict) else {}), bodies[1], mime
