"""The simulated Box's files and folders: reading, changing, moving, the trash."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from casb_cli.apps.box.sandbox_desk import Desk
from casb_cli.apps.box.sandbox_objects import Item, Link
from casb_cli.apps.box.sandbox_shapes import FILE_MINI, FOLDER_MINI
from casb_cli.apps.box.sandbox_view import View
from casb_cli.apps.box.sandbox_wire import (
    Refusal,
    boxed,
    epoch_of,
    fields_of,
    flag,
    forbidden,
    invalid,
    limit_of,
    marker,
    not_found,
    offset_of,
    unmark,
    when,
    whole,
)
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import PUBLIC_PLACE
from casb_cli.sandbox.wire import Reply, Request, answer, route

BOOKMARK = "83000000"
ACCESS = ("open", "company", "collaborators")


class Items(Desk):
    """Files and folders, without content and collaborations."""

    # Reading

    @route("GET /folders/{folder_id}", path="/2.0/folders/{folder_id}")
    def get_folder(self, request: Request) -> Reply:
        """Return a folder; 0 is the acting user's root."""
        return self._get(request, "folder", boxed(request.params["folder_id"]))

    @route("GET /files/{file_id}", path="/2.0/files/{file_id}")
    def get_file(self, request: Request) -> Reply:
        """Return a file."""
        return self._get(request, "file", boxed(request.params["file_id"]))

    def _get(self, request: Request, kind: str, id_: str) -> Reply:
        view, fields = self.view(request), fields_of(request.query)
        if kind == "folder" and id_ == "0":
            return answer(view.root(fields))
        item = self.state.visible(request.who.user, kind, id_)
        if request.headers.get("if-none-match") == str(item.etag):
            return Reply(304)
        return answer(view.item(item, fields))

    @route("GET /folders/{folder_id}/items", path="/2.0/folders/{folder_id}/items", paged=True)
    def list_items(self, request: Request) -> Reply:
        """List a folder by marker or offset; whoever can't see the folder gets 404."""
        id_ = boxed(request.params["folder_id"])
        user, query, view = request.who.user, request.query, self.view(request)
        fields, limit = fields_of(query), limit_of(query, 100, 1000)
        root = self.state.root(user) if id_ == "0" else None
        if root is None:
            self.state.visible(user, "folder", id_)
        if not flag(query, "usemarker"):
            if "marker" in query:
                raise invalid("marker", "A marker needs usemarker=true")
            return self._by_offset(request, view, id_, root)
        repeated = self.again(request)
        start, last, turn = unmark(query["marker"], 3) if query.get("marker") else ("0", "", "0")
        found: list[Item | int]
        following: tuple[str, str] | None
        if root is not None:
            at = next((n + 1 for n, item in enumerate(root) if item.id == last), int(start)) if last else 0
            found = list(root[at : at + limit])
            following = (str(at + limit), root[at + limit - 1].id) if at + limit < len(root) else None
        else:
            ahead = list(islice(self.state.children(id_, int(start)), limit + 1))
            found = [one for _, one in ahead[:limit]]
            following = (str(ahead[limit][0]), "") if len(ahead) > limit else None
        if repeated and found:
            following = (start, last)
        more = marker(*following, int(turn) + 1 if repeated else 0) if following else None
        rows = view.entries(found, fields)
        if id_ == self.company.folder_id(PUBLIC_PLACE) and following is None and len(rows) < limit:
            rows.append(self.web_link(view, fields or ("sequence_id", "etag", "name", "url")))
        return answer({"entries": rows, "limit": limit, "next_marker": more})

    def web_link(self, view: View, fields: Sequence[str]) -> dict[str, Any]:
        """Return the one bookmark that lies among the files: neither file nor folder."""
        folder = self.company.folder_id(PUBLIC_PLACE)
        owner = view.mini(self.company.holder(PUBLIC_PLACE))
        full = {
            "sequence_id": "0",
            "etag": "0",
            "name": "Staff portal",
            "url": f"https://{self.world.domain}/staff",
            "parent": view.item(self.state.known_folder(folder), ("sequence_id", "etag", "name")),
            "created_by": owner,
            "owned_by": owner,
            "shared_link": None,
            "item_status": "active",
        }
        row = {"type": "web_link", "id": BOOKMARK}
        return row | {name: full[name] for name in fields if name in full}

    @route("PUT /web_links/{web_link_id}", path="/2.0/web_links/{web_link_id}")
    def put_web_link(self, request: Request) -> Reply:
        """Take the bookmark's link away, which it never had."""
        id_ = boxed(request.params["web_link_id"])
        self.state.visible(request.who.user, "folder", self.company.folder_id(PUBLIC_PLACE), "edit")
        if id_ != BOOKMARK:
            raise not_found("web_link", id_)
        if self.body(request).get("shared_link", "") is not None:
            raise invalid("shared_link", "Invalid value")
        return answer(self.web_link(self.view(request), ("sequence_id", "etag", "name", "url", "shared_link")))

    def _by_offset(self, request: Request, view: View, id_: str, root: list[Item] | None) -> Reply:
        limit, offset = limit_of(request.query, 100, 1000), whole(request.query, "offset", 0)
        if offset > 300_000:
            raise invalid("offset", "Offset must be at most 300000", code="invalid_offset")
        everything: list[Item | int] = list(root) if root is not None else [one for _, one in self.state.children(id_)]
        order = [{"by": "type", "direction": "ASC"}, {"by": "name", "direction": "ASC"}]
        rows = view.entries(everything[offset : offset + limit], fields_of(request.query))
        page = {"total_count": len(everything), "entries": rows, "offset": offset, "limit": limit, "order": order}
        return answer(page)

    # Changing

    @route("POST /folders", path="/2.0/folders")
    def create_folder(self, request: Request) -> Reply:
        """Create a folder in a folder or in the acting user's root."""
        data, user = self.body(request), request.who.user
        name, parent = legal_name(data.get("name")), parent_id(data.get("parent"), "parent")
        above = self.state.folder(user, parent, "upload")
        holder = self.state.owner(above) if above else user
        self._free(parent, holder, name)
        moment = self.now()
        item = Item(
            kind="folder",
            id=self.state.new_id(),
            name=name,
            parent=parent,
            holder=holder,
            created=moment,
            modified=moment,
            by=user,
        )
        self.state.put(item, parent, holder)
        self._note(request, "UPLOAD", item)
        return answer(self.view(request).item(item, fields_of(request.query)), 201)

    @route("PUT /folders/{folder_id}", path="/2.0/folders/{folder_id}")
    def put_folder(self, request: Request) -> Reply:
        """Change a folder."""
        return self._put(request, "folder", boxed(request.params["folder_id"]))

    @route("PUT /files/{file_id}", path="/2.0/files/{file_id}")
    def put_file(self, request: Request) -> Reply:
        """Change a file: name, place, link, lock."""
        return self._put(request, "file", boxed(request.params["file_id"]))

    def _put(self, request: Request, kind: str, id_: str) -> Reply:
        user, data = request.who.user, self.body(request)
        if id_ == "0":
            raise forbidden()
        item = self.state.visible(user, kind, id_, "edit")
        self.matches(request, item)
        self.unlocked(item, user, data)
        if "parent" in data:
            self._move(request, item, data["parent"], legal_name(data["name"]) if "name" in data else item.name)
        elif "name" in data and data["name"] != item.name:
            name = legal_name(data["name"])
            self._free(item.parent, item.holder, name, item)
            item = self.state.keep(item)
            item.name = name
            item.etag += 1
            self._note(request, "RENAME", item)
        if "shared_link" in data:
            self._link(request, item, data["shared_link"])
        if "lock" in data and kind == "file":
            self._lock(request, item, data["lock"])
        if "description" in data:
            self.state.keep(item).description = str(data["description"])
        if "tags" in data:
            self.state.keep(item).tags = [str(tag) for tag in data["tags"]]
        return answer(self.view(request).item(item, fields_of(request.query)))

    def _move(self, request: Request, item: Item, parent: Any, name: str) -> None:
        user, state = request.who.user, self.state
        target = parent_id(parent, "parent")
        owner, role = state.owner(item), state.role(user, item)
        holder = owner if target == "0" and role != "owner" else user
        if isinstance(parent, dict) and "user_id" in parent:
            if target != "0":
                raise invalid("parent", "Moving to a non-root folder is not allowed when user_id is present")
            holder = str(parent["user_id"])
            if not state.managed(holder):
                raise not_found("user", holder)
        above = state.folder(user, target, "upload")
        if above is not None:
            holder = state.owner(above)
            if item.id in {folder.id for folder in (above, *state.above(above))}:
                raise Refusal(400, "cyclical_folder_structure", "Folder move creates cyclical folder structure")
        if holder != owner and role not in {"owner", "co-owner"}:
            raise forbidden()
        self._free(target, holder, name, item)
        if holder != owner and item.kind == "file":
            self.has_room(holder, sum(version.size for version in item.versions))
        item = state.keep(item)
        item.name = name
        item.etag += 1
        state.put(item, target, holder)
        self._note(request, "MOVE", item)

    def _link(self, request: Request, item: Item, wanted: Any) -> None:
        item = self.state.keep(item)
        old = item.link
        if wanted is None:
            item.link = None
            if old is not None:
                item.etag += 1
                self._note(request, "UNSHARE", item)
            return
        if not isinstance(wanted, dict):
            raise invalid("shared_link", "Invalid value")
        access = wanted.get("access") or (old.access if old else "company")
        if access not in ACCESS:
            raise invalid("shared_link.access", f"Invalid value '{access}'")
        url = old.url if old else f"https://larkspur.app.box.example/s/{self.secret_name(item.id)}"
        new = Link(url=url, access=access)
        if old is not None:
            new.password, new.unshared, new.can_download = old.password, old.unshared, old.can_download
            new.downloads, new.vanity_name, new.can_edit = old.downloads, old.vanity_name, old.can_edit
        if "password" in wanted:
            if wanted["password"] and access != "open":
                raise Refusal(400, "bad_request", "A password can only be set when access is open")
            new.password = bool(wanted["password"])
        new.password = new.password and access == "open"
        if "unshared_at" in wanted:
            moment = wanted["unshared_at"]
            new.unshared = epoch_of(moment, "unshared_at") if moment else None
        if "vanity_name" in wanted:
            new.vanity_name = wanted["vanity_name"]
        permissions = wanted.get("permissions") or {}
        if "can_download" in permissions:
            new.can_download = bool(permissions["can_download"])
        new.can_edit = bool(permissions.get("can_edit", new.can_edit)) and access != "collaborators"
        if permissions.get("can_edit") and (item.kind == "folder" or not new.can_download):
            raise Refusal(400, "bad_request", "can_edit is for files whose link can be downloaded from")
        new.can_edit = new.can_edit and new.can_download
        if access == "collaborators":
            new.can_download = False if old is None and "can_download" not in permissions else new.can_download
        if new != old:
            item.link = new
            item.etag += 1
            self._note(request, "ITEM_SHARED_UPDATE" if old else "SHARE", item)

    def secret_name(self, id_: str) -> str:
        """Return the unguessable part of a new link."""
        return chance.text(chance.HEX, 32, self.world.seed, int(id_), int(self.state.new_id()))

    def _lock(self, request: Request, item: Item, wanted: Any) -> None:
        item, user = self.state.keep(item), request.who.user
        if wanted is None:
            if item.lock is not None:
                item.lock = None
                self._note(request, "UNLOCK", item)
            return
        if not isinstance(wanted, dict) or "lock" not in (wanted.get("type"), wanted.get("access")):
            raise invalid("lock", "Invalid value")
        expires = wanted.get("expires_at")
        if expires:
            epoch_of(expires, "expires_at")
        item.lock = {
            "type": "lock",
            "id": self.state.new_id(),
            "created_by": user,
            "created_at": self.moment(),
            "expired_at": expires,
            "is_download_prevented": bool(wanted.get("is_download_prevented", False)),
            "app_type": None,
        }
        self._note(request, "LOCK", item)

    # The trash

    @route("DELETE /files/{file_id}", path="/2.0/files/{file_id}")
    def delete_file(self, request: Request) -> Reply:
        """Move a file to the trash; where the enterprise has none, it is gone."""
        return self._delete(request, "file", boxed(request.params["file_id"]))

    @route("DELETE /folders/{folder_id}", path="/2.0/folders/{folder_id}")
    def delete_folder(self, request: Request) -> Reply:
        """Move a folder to the trash; one that holds something only with `recursive=true`."""
        id_ = boxed(request.params["folder_id"])
        if id_ == "0":
            raise forbidden()
        self.state.visible(request.who.user, "folder", id_, "edit")
        if not flag(request.query, "recursive") and any(True for _ in self.state.children(id_)):
            raise Refusal(400, "folder_not_empty", "Cannot delete - folder not empty")
        return self._delete(request, "folder", id_)

    def _delete(self, request: Request, kind: str, id_: str) -> Reply:
        item = self.state.visible(request.who.user, kind, id_, "edit")
        self.matches(request, item)
        self.unlocked(item, request.who.user, {})
        item = self.state.keep(item)
        if self.on("trash"):
            item.trashed, item.trashed_by = self.now(), request.who.user
            item.etag += 1
        else:
            item.gone = True
        self._note(request, "DELETE", item)
        return Reply(204)

    @route("GET /folders/trash/items", path="/2.0/folders/trash/items", paged=True)
    def list_trash(self, request: Request) -> Reply:
        """List what the acting user owns in the trash."""
        user, query, view = request.who.user, request.query, self.view(request)
        fields, limit = fields_of(query), limit_of(query, 100, 1000)
        found = [item for item in self._trash() if self.state.owner(item) == user]
        minis = {"file": FILE_MINI, "folder": FOLDER_MINI}
        if flag(query, "usemarker"):
            if {"sort", "direction", "offset"} & query.keys():
                raise invalid(
                    "usemarker", "sort, direction and offset do not go with a marker", code="invalid_parameter"
                )
            repeated = self.again(request)
            start, turn = map(int, unmark(query["marker"], 2) if query.get("marker") else ("0", "0"))
            page = found[start : start + limit]
            rows = [view.trashed(item, fields or minis[item.kind]) for item in page]
            following = start if repeated and page else start + limit
            more = marker(following, turn + 1 if repeated else 0) if following < len(found) else None
            return answer({"entries": rows, "limit": limit, "next_marker": more})
        if "marker" in query:
            raise invalid("marker", "A marker needs usemarker=true", code="invalid_parameter")
        offset = offset_of(query)
        rows = [view.trashed(item, fields or minis[item.kind]) for item in found[offset : offset + limit]]
        return answer({"total_count": len(found), "entries": rows, "offset": offset, "limit": limit})

    def _trash(self) -> list[Item]:
        drafts = [self.state.find("file", self.company.draft(rank).id) for rank in range(self.company.drafts)]
        born = {item.id for item in drafts if item}
        found = [item for item in drafts if item is not None and item.trashed is not None]
        found += [
            item
            for item in self.state.items.values()
            if item.trashed is not None and not item.gone and item.id not in born
        ]
        return found

    @route("GET /files/{file_id}/trash", path="/2.0/files/{file_id}/trash")
    def get_trashed_file(self, request: Request) -> Reply:
        """Return a file in the trash; one that lies in a trashed folder is not there by itself."""
        item = self._trashed(request, "file", boxed(request.params["file_id"]))
        return answer(self.view(request).trashed(item, fields_of(request.query)))

    @route("GET /folders/{folder_id}/trash", path="/2.0/folders/{folder_id}/trash")
    def get_trashed_folder(self, request: Request) -> Reply:
        """Return a folder in the trash."""
        item = self._trashed(request, "folder", boxed(request.params["folder_id"]))
        return answer(self.view(request).trashed(item, fields_of(request.query)))

    def _trashed(self, request: Request, kind: str, id_: str, need: str = "see") -> Item:
        item = self.state.find(kind, id_)
        role = self.state.role(request.who.user, item) if item else None
        if item is None or role is None:
            raise not_found(kind, id_)
        if item.trashed is None:
            raise Refusal(404, "not_trashed", "Item is not trashed")
        if need == "own" and role not in {"owner", "co-owner", "editor"}:
            raise forbidden()
        return item

    @route("POST /files/{file_id}", path="/2.0/files/{file_id}")
    def restore_file(self, request: Request) -> Reply:
        """Restore a file from the trash; its link is live again although the answer says null."""
        return self._restore(request, "file", boxed(request.params["file_id"]))

    @route("POST /folders/{folder_id}", path="/2.0/folders/{folder_id}")
    def restore_folder(self, request: Request) -> Reply:
        """Restore a folder from the trash with all it holds."""
        return self._restore(request, "folder", boxed(request.params["folder_id"]))

    def _restore(self, request: Request, kind: str, id_: str) -> Reply:
        item, data = self._trashed(request, kind, id_, "own"), self.body(request)
        state, user = self.state, request.who.user
        name = legal_name(data["name"]) if data.get("name") else item.name
        parent, holder = item.parent, item.holder
        above = state.find("folder", parent) if parent != "0" else None
        if parent != "0" and (above is None or state.in_trash(above)):
            if not data.get("parent"):
                raise Refusal(403, message="The original folder is gone; a parent is needed")
            parent = parent_id(data["parent"], "parent")
            above = state.folder(user, parent, "upload")
            holder = state.owner(above) if above else user
        self._free(parent, holder, name, item)
        item = state.keep(item)
        item.trashed, item.trashed_by, item.name = None, None, name
        item.etag += 1
        state.put(item, parent, holder)
        self._note(request, "UNDELETE", item)
        return answer(self.view(request).trashed(item, fields_of(request.query)), 201)

    @route("DELETE /files/{file_id}/trash", path="/2.0/files/{file_id}/trash")
    def purge_file(self, request: Request) -> Reply:
        """Delete a file in the trash for good; a legal hold forbids it."""
        item = self._trashed(request, "file", boxed(request.params["file_id"]), "own")
        if any(hold.get("item") == item.id for hold in self.state.holds.values()):
            raise forbidden()
        self.state.keep(item).gone = True
        return Reply(204)

    @route("DELETE /folders/{folder_id}/trash", path="/2.0/folders/{folder_id}/trash")
    def purge_folder(self, request: Request) -> Reply:
        """Delete a folder in the trash for good."""
        item = self._trashed(request, "folder", boxed(request.params["folder_id"]), "own")
        self.state.keep(item).gone = True
        return Reply(204)

    # For the other parts

    def matches(self, request: Request, item: Item) -> None:
        """Refuse a change whose `if-match` is not the item's etag."""
        wanted = request.headers.get("if-match")
        if wanted is not None and wanted.strip('"') != str(item.etag):
            raise Refusal(412)

    def unlocked(self, item: Item, user: str, data: dict[str, Any]) -> None:
        """Refuse a change by others of a file that somebody locked; its owner may unlock it."""
        if item.lock is None or item.lock["created_by"] == user:
            return
        if set(data) == {"lock"} and self.state.owner(item) == user:
            return
        raise forbidden("The item is locked", "access_denied_item_locked")

    def has_room(self, user: str, size: int) -> None:
        """Refuse what an account's storage does not hold any more."""
        found = self.state.known_user(user)
        if found.space_amount >= 0 and self.state.stored(user) + size > found.space_amount:
            raise forbidden("Account storage limit reached", "storage_limit_exceeded")

    def _free(self, parent: str, holder: str, name: str, but: Item | None = None) -> None:
        key = self.state.place_key(parent, holder)
        clash = self.state.taken(key, name, (but.kind, but.id) if but else None)
        if clash is not None:
            view = View(self.state, holder)
            row = view.item(clash, FILE_MINI if clash.kind == "file" else FOLDER_MINI)
            raise Refusal(409, context={"conflicts": [row]})

    def free(self, parent: str, holder: str, name: str, but: Item | None = None) -> None:
        """Refuse a name that a folder holds already."""
        self._free(parent, holder, name, but)

    def moment(self) -> str:
        """Return the present as Box writes it."""
        return str(when(self.now()))

    def source(self, item: Item) -> dict[str, Any]:
        """Return an item as an event names it."""
        view = View(self.state, self.company.admin)
        above = self.state.find("folder", item.parent) if item.parent != "0" else None
        parent = {"type": "folder", "name": above.name if above else "All Files", "id": item.parent}
        return {
            "item_type": item.kind,
            "item_id": item.id,
            "item_name": item.name,
            "parent": parent,
            "owned_by": view.mini(self.state.owner(item)),
        }

    def _note(self, request: Request, kind: str, item: Item) -> None:
        self.trail.note(kind, request.who.user, self.source(item))


def legal_name(value: Any) -> str:
    """Return a name that Box takes; refuses any other."""
    if not isinstance(value, str) or not value.strip():
        raise invalid("name", "Name is required")
    if len(value) > 255:
        raise Refusal(400, "item_name_too_long", "Item name too long")
    if any(char in value for char in "/\\") or value != value.strip() or value in {".", ".."}:
        raise Refusal(400, "item_name_invalid", "Item name invalid")
    if any(ord(char) < 32 for char in value):
        raise Refusal(400, "item_name_invalid", "Item name invalid")
    return value


def parent_id(value: Any, name: str) -> str:
    """Return the id in an object of the body that names a folder."""
    id_ = value.get("id") if isinstance(value, dict) else None
    if not isinstance(id_, str):
        raise invalid(name, f"'{name}.id' is required")
    return boxed(id_)
