"""Files: every My Drive and every shared drive, their content, and the trash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from casb_cli.apps.google_workspace import mapping_files as shapes
from casb_cli.apps.google_workspace.common import DRIVE
from casb_cli.apps.google_workspace.drives import ANY_DRIVE
from casb_cli.apps.google_workspace.scopes import DOMAINS, DRIVE_READ, USERS, google
from casb_cli.apps.google_workspace.walk import Tree, Walker
from casb_cli.core.capabilities import ListFiles, ListTrash, Page, ReadFile, Unscannable, needs
from casb_cli.core.errors import BadAnswer, NotPermitted, SignInNeeded, StateConflict, UnsafeAddress
from casb_cli.core.models import File, Notice, Partition
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.longop import follow

READING = google((DRIVE_READ, USERS))
_EXPORT_LASTS = 300.0
"""Seconds for which a long export is waited for."""
_NATIVE = "application/vnd.google-apps."
_TOO_LARGE = "exportSizeLimitExceeded"
_ABUSIVE = frozenset({"cannotDownloadAbusiveFile"})
_BLOCKED = {
    "cannotDownloadFile": "blocked-by-policy",
    "fileNotDownloadable": "no-content",
    "fileNotExportable": "no-content",
    "cannotExportFile": "blocked-by-policy",
}


class Files(Walker, ListFiles, ReadFile, ListTrash):
    """Matrix row 8 and the reading half of 12."""

    @needs("GET /admin/directory/v1/customer/{customer}/domains", any_of=google(DOMAINS))
    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs(
        "GET /drive/v3/drives",
        "GET /drive/v3/files",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        any_of=READING,
    )
    def list_files(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if part.key == "":
            yield from self.partitions(cursor)
        else:
            yield from self.walk(part, cursor, shapes.FILE_FIELDS, self._rows)

    def _rows(self, tree: Tree, items: list[shapes.Item], alone: bool) -> tuple[list[File], list[Notice]]:
        found = [item for item in items if item.is_file]
        levels = self.levels(tree, found, alone=alone)
        rows = [
            shapes.file(item, tree.path(item, alone=alone), *self.owner_of(tree), level, tree.user)
            for item, level in zip(found, levels, strict=True)
        ]
        return rows, []

    @needs(
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        any_of=READING,
    )
    def find_file(self, id_: str) -> File:
        found = self.locate(id_)
        tree = self.tree_of(found.item, found.as_)
        return self.file_of(found.item, tree)

    def file_of(self, item: shapes.Item, tree: Tree) -> File:
        """Return a file as its partition's listing would."""
        level = tree.level(item, alone=True)
        return shapes.file(item, tree.path(item, alone=True), *self.owner_of(tree), level, tree.user)

    # Content

    @needs(
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/export",
        "POST /drive/v3/files/{fileId}/download",
        "GET /drive/v3/operations/{name}",
        any_of=READING,
    )
    @contextmanager
    def read_file(self, file: File) -> Iterator[Iterator[bytes]]:
        if file.locator.get("encrypted"):
            raise Unscannable("client-side-encrypted", detail="only the customer's own key service can open it")
        user = file.locator.get("as") or self.locate(file.id).as_
        with ExitStack() as stack:
            try:
                chunks = self._opened(stack, file, user)
            except (NotPermitted, StateConflict) as error:
                if error.code not in _BLOCKED:
                    raise
                raise Unscannable(_BLOCKED[error.code or ""], detail=error.words) from None
            yield chunks

    def _opened(self, stack: ExitStack, file: File, user: str) -> Iterator[bytes]:
        mime = file.mime or ""
        if file.hash is None and mime.startswith(_NATIVE):
            return self._exported(stack, file, mime, user)
        call = self._media(file, user)
        try:
            return stack.enter_context(self.client.stream(call)).chunks()
        except NotPermitted as error:
            if error.code not in _ABUSIVE:
                raise
        # Google took it for malware: its owner may have it all the same, by saying so.
        told = msgspec.structs.replace(call, query={**call.query, "acknowledgeAbuse": True})
        return stack.enter_context(self.client.stream(told)).chunks()

    def _media(self, file: File, user: str) -> Call:
        key = file.locator.get("resource_key")
        headers = {"X-Goog-Drive-Resource-Keys": f"{file.id}/{key}"} if key else {}
        query = {"alt": "media", **ANY_DRIVE}
        return self.get(f"{DRIVE}/files/{{fileId}}", {"fileId": file.id}, user, query=query, headers=headers)

    def _exported(self, stack: ExitStack, file: File, mime: str, user: str) -> Iterator[bytes]:
        """Return a native document's content: the fullest export that is small enough, else a long one."""
        forms = shapes.EXPORTS.get(mime)
        if not forms:
            raise Unscannable("no-content", detail=f"Google exports nothing of a {mime.removeprefix(_NATIVE)}")
        for form in forms:
            name = f"{DRIVE}/files/{{fileId}}/export"
            call = self.get(name, {"fileId": file.id}, user, query={"mimeType": form})
            try:
                return stack.enter_context(self.client.stream(call)).chunks()
            except (NotPermitted, StateConflict) as error:
                if error.code != _TOO_LARGE:
                    raise
        return self._long_export(stack, file, forms[0], user)

    def _long_export(self, stack: ExitStack, file: File, form: str, user: str) -> Iterator[bytes]:
        """Return what the export of more than 10 MB gives: an operation is started, followed and fetched."""
        name = f"POST {DRIVE}/files/{{fileId}}/download"
        start = self.call(name, {"fileId": file.id}, user, query={"mimeType": form}, safe=True)
        found = self.read(start, shapes.Operation)
        if not found.done:
            if not found.name:
                raise BadAnswer(f"the answer to {name} names no operation", call=name)
            asked = self.get(f"{DRIVE}/operations/{{name}}", {"name": found.name}, user)
            last = follow(
                self.client, asked, done=lambda one: bool(one.decode(shapes.Operation).done), timeout=_EXPORT_LASTS
            )
            found = last.decode(shapes.Operation)
        link = (found.response or {}).get("downloadUri")
        if not isinstance(link, str):
            words = str((found.error or {}).get("message") or "no link to the export was given")
            raise Unscannable("export-failed", detail=words)
        return self._fetched(stack, link, user)

    def _fetched(self, stack: ExitStack, link: str, user: str) -> Iterator[bytes]:
        """Return what an export's link gives: without a credential, and with it only at the API's own host."""
        bare = Call(name="GET /export", url=link, host="api", family="drive", cost=200, identity=NOBODY)
        try:
            return stack.enter_context(self.client.stream(bare)).chunks()
        except UnsafeAddress as error:
            raise Unscannable("export-out-of-reach", detail=error.words) from None
        except (SignInNeeded, NotPermitted):
            # Whether it wants the credential is not documented; a host of others never gets it.
            own = msgspec.structs.replace(bare, identity=self.identity(user))
        try:
            return stack.enter_context(self.client.stream(own)).chunks()
        except UnsafeAddress as error:
            raise Unscannable("export-out-of-reach", detail=error.words) from None

    # Trash

    @needs("GET /admin/directory/v1/users", any_of=google(USERS))
    @needs(
        "GET /drive/v3/drives",
        "GET /drive/v3/files",
        "GET /drive/v3/files/{fileId}",
        "GET /drive/v3/files/{fileId}/permissions",
        any_of=READING,
    )
    def list_trash(self, part: Partition, cursor: str | None) -> Iterator[Page[File]]:
        if part.key == "":
            yield from self.partitions(cursor)
        else:
            yield from self.walk(part, cursor, shapes.FILE_FIELDS, self._rows, trashed=True)
