"""What is renamed, moved, copied and removed in the simulated tenant; and requests in batches."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlsplit

import msgspec

from casb_cli.apps.office365.sandbox_content import Content
from casb_cli.apps.office365.sandbox_objects import Item
from casb_cli.apps.office365.sandbox_wire import Refusal, bad, error_body, no_item
from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, Request, answer, route

_ITEM = "/drives/{driveId}/items/{itemId}"
BATCH = 20


class Moving(Content):
    """Moves, copies, removals, batches."""

    @route("PATCH " + _ITEM)
    def patch_item(self, request: Request) -> Reply:
        """Rename an item, or move it within its drive."""
        item, body = self.item_at(request), self.body(request)
        if item.parent is None:
            raise bad("The root cannot be changed.", "invalidRequest")
        self._check_match(request, item)
        reference = body.get("parentReference", {})
        if reference.get("driveId", item.drive) != item.drive:
            raise bad("Items cannot be moved between drives with this request.", "notSupported")
        target = item.parent
        if "id" in reference:
            found = self.state.item(item.drive, str(reference["id"])) if reference["id"] != "root" else None
            if found is None or not found.folder or self.state.is_gone(found):
                raise no_item()
            target = found.id
        name = str(body.get("name", item.name))
        self._check_name(name)
        folder = self.state.find(target)
        if folder is None:
            raise no_item()
        known = self.state.by_name(folder, name)
        if known is not None and known.id != item.id:
            if body.get("@microsoft.graph.conflictBehavior") != "rename":
                raise Refusal(409, "nameAlreadyExists", "An item with the same name already exists under the parent")
            name = self._free(folder, name)
        held = self.state.keep(item)
        moved = held.parent != target
        held.name, held.parent = name, target
        if moved:
            self.state.moved(held)
        self.state.changed(held)
        kind = "Folder" if held.folder else "File"
        self.note_file(request, kind + ("Moved" if moved else "Renamed"), held)
        return answer(self.view.item(held))

    @route("PATCH /drives/{driveId}/items/{itemId}:/{path}", path="/drives/{driveId}/items/{itemId}/:item/{path}")
    def patch_item_at(self, request: Request) -> Reply:
        """Rename or move an item that is named by its path."""
        return self.patch_item(request)

    @route("DELETE " + _ITEM)
    def delete_item(self, request: Request) -> Reply:
        """Move an item to the recycle bin of its site."""
        item = self.item_at(request)
        if item.parent is None:
            raise bad("The root cannot be deleted.", "invalidRequest")
        self._check_match(request, item)
        self.bin(request, item)
        return Reply(204)

    @route("DELETE /drives/{driveId}/items/{itemId}:/{path}", path="/drives/{driveId}/items/{itemId}/:item/{path}")
    def delete_item_at(self, request: Request) -> Reply:
        """Move an item, named by its path, to the recycle bin."""
        return self.delete_item(request)

    @route("POST " + _ITEM + "/permanentDelete")
    def purge(self, request: Request) -> Reply:
        """Remove an item for good, past the recycle bin."""
        item = self.item_at(request)
        if item.parent is None:
            raise bad("The root cannot be deleted.", "invalidRequest")
        self._check_match(request, item)
        inner = self.below(item) if item.folder else []
        self.note_file(request, "FileDeleted", item)
        for each in [self.state.keep(item), *map(self.state.keep, inner)]:
            each.gone = self.now()
            self.state.changed(each)
        return Reply(204)

    @route("POST " + _ITEM + "/restore")
    def restore_item(self, request: Request) -> Reply:
        """Refuse: only personal OneDrives restore this way."""
        self.drive_at(request)
        raise bad("This operation is only supported on OneDrive Personal.", "notSupported")

    @route("POST " + _ITEM + "/discardCheckout")
    def discard(self, request: Request) -> Reply:
        """Give up what somebody has checked out."""
        self.state.keep(self.item_at(request)).locked = False
        return Reply(204)

    # Copies

    @route("POST " + _ITEM + "/copy")
    def copy_item(self, request: Request) -> Reply:
        """Begin a copy; its address tells how far it is, to anybody."""
        item, body = self.item_at(request), self.body(request)
        reference = body.get("parentReference") or {"driveId": item.drive, "id": item.parent}
        drive = self.library.drive(str(reference.get("driveId", item.drive)))
        folder = None if drive is None else self.state.item(drive.id, str(reference.get("id", "root")))
        if folder is None or not folder.folder or self.state.is_gone(folder):
            raise no_item()
        name = str(body.get("name") or item.name)
        self._check_name(name)
        behaviour = request.query.get("@microsoft.graph.conflictBehavior", "fail")
        known = self.state.by_name(folder, name)
        failure = known is not None and behaviour == "fail"
        key = self.state.guid()
        self.copies[key] = {"polls": 1, "item": None}
        if not failure:
            if known is not None and behaviour == "replace":
                self.bin(request, known)
            made = self._copied(
                request, item, folder, self._free(folder, name), bool(body.get("includeAllVersionHistory"))
            )
            self.copies[key]["item"] = made.id
            self.note_file(request, "FileCopied", made)
        return Reply(202, b"", {"location": f"{self.urls['sharepoint']}/_api/v2.0/monitor/{key}"})

    def _copied(self, request: Request, item: Item, folder: Item, name: str, history: bool) -> Item:
        made = self._made(request, folder, name)
        made.folder, made.mime, made.label, made.malware = item.folder, item.mime, item.label, item.malware
        versions = item.versions if history else item.versions[-1:]
        made.versions = [copy.copy(one) for one in versions]
        self.state.add(made)
        self.state.changed(made)
        if item.folder:
            for _, inner in list(self.state.children(item)):
                if inner.id != made.id:
                    self._copied(request, inner, made, inner.name, history)
        return made

    @route("GET /_api/v2.0/monitor/{id}", host="sharepoint", path="/~root/_api/v2.0/monitor/{id}")
    def monitor(self, request: Request) -> Reply:
        """Tell how far a copy is; needs no token."""
        found = self.copies.get(request.params["id"])
        if found is None:
            raise no_item()
        if found["polls"] > 0:
            found["polls"] -= 1
            return answer({"status": "inProgress", "percentageComplete": 40.0, "operation": "ItemCopy"}, 202)
        if found["item"] is None:
            error = {
                "code": "nameAlreadyExists",
                "message": "An item with the same name already exists under the parent",
            }
            return answer({"status": "failed", "percentageComplete": 0.0, "operation": "ItemCopy", "error": error})
        row = {"status": "completed", "percentageComplete": 100.0, "operation": "ItemCopy", "resourceId": found["item"]}
        return answer(row)

    # Batches

    @route("POST /$batch", effect=False)
    def batch(self, request: Request) -> Reply:
        """Answer up to twenty requests, each with its own status and headers; the batch itself is always 200."""
        wanted = self.body(request).get("requests")
        if not isinstance(wanted, list) or not wanted:
            raise bad("Invalid batch payload format.", "BadRequest")
        if len(wanted) > BATCH:
            raise bad(f"Number of batch request steps exceeds the maximum value of {BATCH}.", "MaximumValueExceeded")
        if len({str(each.get("id")) for each in wanted}) != len(wanted):
            raise bad("Request ids have to be unique.", "BadRequest")
        base = "/beta" if request.path.startswith("/beta") else "/v1.0"
        # Answers come in no order: here in the opposite one.
        return answer({"responses": [self._inner(request, each, base) for each in wanted][::-1]})

    def _inner(self, outer: Request, wanted: dict[str, Any], base: str) -> dict[str, Any]:
        where = urlsplit(str(wanted.get("url", "")))
        headers = {str(name).lower(): str(value) for name, value in (wanted.get("headers") or {}).items()}
        headers.setdefault("authorization", outer.headers.get("authorization", ""))
        body = msgspec.json.encode(wanted["body"]) if wanted.get("body") is not None else b""
        method = str(wanted.get("method", "GET")).upper()
        # Relative to the version; OData takes a whole address too, which Microsoft's SDK for Python sends.
        path = where.path if where.scheme else f"{base}/{where.path.lstrip('/')}"
        inner = Request(method, path, where.query, headers, body, "api")
        try:
            outcome = self.handle(inner)
        except Refused as refused:
            reply = refused.reply
        else:
            # An inner answer that is lost is one of the service, too late.
            reply = outcome.reply or answer(error_body("GatewayTimeout", ""), 504)
            if outcome.done is not None:
                outcome.done()
        shown = {name.title(): value for name, value in reply.headers.items() if name != "content-length"}
        row: dict[str, Any] = {"id": str(wanted.get("id")), "status": reply.status, "headers": shown}
        if reply.body and "json" in reply.headers.get("content-type", ""):
            row["body"] = msgspec.Raw(reply.body)
        return row
