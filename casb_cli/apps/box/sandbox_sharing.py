"""The simulated Box's collaborations."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.box.sandbox_items import Items
from casb_cli.apps.box.sandbox_objects import Collab, Item, User
from casb_cli.apps.box.sandbox_state import ROLES, State
from casb_cli.apps.box.sandbox_view import View
from casb_cli.apps.box.sandbox_wire import (
    Refusal,
    boxed,
    epoch_of,
    fields_of,
    forbidden,
    invalid,
    limit_of,
    marker,
    not_found,
    offset_of,
    unmark,
)
from casb_cli.sandbox.wire import Reply, Request, answer, route


class Sharing(Items):
    """Who collaborates on what."""

    @route("GET /files/{file_id}/collaborations", path="/2.0/files/{file_id}/collaborations", paged=True)
    def list_file_collaborations(self, request: Request) -> Reply:
        """List who has access to a file, through the folders above it too."""
        return self._list(request, "file", boxed(request.params["file_id"]))

    @route("GET /folders/{folder_id}/collaborations", path="/2.0/folders/{folder_id}/collaborations", paged=True)
    def list_folder_collaborations(self, request: Request) -> Reply:
        """List who has access to a folder, through the folders above it too; the root has nobody."""
        id_ = boxed(request.params["folder_id"])
        if id_ == "0":
            raise Refusal(400, "collaborations_not_available_on_root_folder", "Root folder cannot be collaborated")
        return self._list(request, "folder", id_)

    def _list(self, request: Request, kind: str, id_: str) -> Reply:
        item = self.state.visible(request.who.user, kind, id_)
        found = [c for at in (item, *self.state.above(item)) for c in self.state.collabs_on(at.kind, at.id)]
        found.sort(key=lambda collab: int(collab.id))  # in a fixed order, so that a marker stays good
        view, fields, query = self.view(request), fields_of(request.query), request.query
        limit, repeated = limit_of(query, 100, 1000), self.again(request)
        last, turn = map(int, unmark(query["marker"], 2) if query.get("marker") else ("0", "0"))
        rest = [collab for collab in found if int(collab.id) > last]
        rows = [view.collab(collab, fields) for collab in rest[:limit]]
        more = ""
        if repeated and rows:
            more = marker(last, turn + 1)
        elif len(rest) > limit:
            more = marker(rest[limit - 1].id, 0)
        return answer({"limit": limit, "next_marker": more, "entries": rows})

    @route("GET /collaborations", path="/2.0/collaborations", paged=True)
    def list_pending(self, request: Request) -> Reply:
        """List the acting user's own invitations that wait for an answer."""
        if request.query.get("status") != "pending":
            raise invalid("status", "Status must be pending")
        user = request.who.user
        keys = self.state.for_whom.get(("user", user), ())
        found = [c for c in map(self.state.collabs.get, keys) if c is not None and c.status == "pending"]
        limit, offset, view = limit_of(request.query, 100, 1000), offset_of(request.query), self.view(request)
        rows = [view.collab(collab) for collab in found[offset : offset + limit]]
        return answer({"total_count": len(found), "entries": rows, "limit": limit, "offset": offset})

    def _collab(self, request: Request) -> Collab:
        """Return a collaboration that the acting user may see: on an item it sees, or its own."""
        id_ = boxed(request.params["collaboration_id"])
        collab = self.state.collab(id_)
        if collab is None:
            raise not_found("collaboration", id_)
        item = self.state.find(collab.kind, collab.item)
        seen = item is not None and self.state.role(request.who.user, item) is not None
        if not seen and collab.who != request.who.user:
            raise not_found("collaboration", id_)
        return collab

    @route("GET /collaborations/{collaboration_id}", path="/2.0/collaborations/{collaboration_id}")
    def get_collaboration(self, request: Request) -> Reply:
        """Return one collaboration."""
        return answer(self.view(request).collab(self._collab(request), fields_of(request.query)))

    @route("POST /collaborations", path="/2.0/collaborations")
    def create_collaboration(self, request: Request) -> Reply:
        """Invite an account, an address or a team; accounts of the enterprise are in at once."""
        data, user = self.body(request), request.who.user
        about, guest, role = data.get("item"), data.get("accessible_by"), data.get("role")
        if not isinstance(about, dict) or about.get("type") not in ("file", "folder"):
            raise invalid("item", "A file or folder is required")
        if not isinstance(guest, dict) or guest.get("type") not in ("user", "group"):
            raise invalid("accessible_by", "A user or group is required")
        if role not in ROLES or role == "owner":
            raise invalid("role", f"Invalid value '{role}'")
        if about.get("id") == "0":
            raise Refusal(400, "collaborations_not_available_on_root_folder", "Root folder cannot be collaborated")
        item = self.state.visible(user, about["type"], boxed(about.get("id")), "share")
        if role == "co-owner" and self.state.role(user, item) not in {"owner", "co-owner"}:
            raise forbidden()
        who, email, status = self._guest(guest)
        owner = self.state.owner(item)
        if who is not None:
            self._fits(item, who, owner)
        moment = self.now()
        collab = Collab(
            id=self.state.new_id(),
            kind=item.kind,
            item=item.id,
            role=role,
            who_kind=guest["type"],
            who=who,
            by=user,
            created=moment,
            modified=moment,
            status=status,
            email=email,
            expires=_moment(data.get("expires_at")),
            access_only=bool(data.get("is_access_only", False)),
        )
        self.state.add_collab(collab)
        self._said(request, "COLLABORATION_INVITE", collab, item)
        if status == "accepted":
            self._said(request, "COLLABORATION_ACCEPT", collab, item)
        return answer(self.view(request).collab(collab, fields_of(request.query)), 201)

    def _guest(self, guest: dict[str, Any]) -> tuple[str | None, str | None, str]:
        if guest["type"] == "group":
            id_ = boxed(guest.get("id"))
            if self.company.group_of(id_) is None:
                raise not_found("group", id_)
            return id_, None, "accepted"
        if guest.get("id") is not None:
            found = self.state.known_user(boxed(guest["id"]))
        else:
            login = str(guest.get("login", ""))
            if "@" not in login:
                raise invalid("accessible_by.login", "An id or a login is required")
            known = self.state.by_login(login)
            if known is None:
                return None, login, "pending"
            found = known
        return found.id, None, "pending" if self.on("acceptance", "off") else "accepted"

    def _fits(self, item: Item, who: str, owner: str) -> None:
        if who == owner or any(c.who == who for c in self.state.collabs_on(item.kind, item.id)):
            raise Refusal(400, "user_already_collaborator", "User is already a collaborator")
        user = self.state.user(who)
        holder = self.state.user(owner)
        if user is not None and user.external and holder is not None and holder.external_restricted:
            raise forbidden("External collaboration is restricted", "forbidden_by_policy")

    @route("PUT /collaborations/{collaboration_id}", path="/2.0/collaborations/{collaboration_id}")
    def put_collaboration(self, request: Request) -> Reply:
        """Change a collaboration; `owner` hands the item over and answers 204."""
        collab, data, user = self._collab(request), self.body(request), request.who.user
        item = self.state.find(collab.kind, collab.item)
        if item is None:
            raise not_found("collaboration", collab.id)
        if "status" in data:
            if collab.status != "pending":
                raise Refusal(400, "invalid_status", "The collaboration is not pending")
            if collab.who != user or data["status"] not in ("accepted", "rejected"):
                raise forbidden()
        mine = self.state.role(user, item)
        if {"role", "expires_at"} & data.keys() and mine not in {"owner", "co-owner", "editor"}:
            raise forbidden()
        if data.get("role") == "owner":
            return self._hand_over(request, collab, item)
        if "role" in data and data["role"] not in ROLES:
            raise invalid("role", f"Invalid value '{data['role']}'")
        new = self._edited(collab, data)
        kind = "COLLABORATION_ACCEPT" if "status" in data else "COLLABORATION_ROLE_CHANGE"
        self._said(request, kind, new, item)
        return answer(self.view(request).collab(new))

    @route("PUT /users/{user_id}/folders/0", path="/2.0/users/{user_id}/folders/0")
    def transfer(self, request: Request) -> Reply:
        """Move all that an account owns, a deactivated one too, into a new folder of another account."""
        self.admin_only(request)
        state, old = self.state, state_user(self.state, boxed(request.params["user_id"]))
        target = self.body(request).get("owned_by")
        new = state_user(state, boxed(target.get("id") if isinstance(target, dict) else None))
        name = f"{old.login} - {old.name}'s Files and Folders"
        self.free("0", new.id, name)
        moment = self.now()
        folder = Item(
            kind="folder",
            id=state.new_id(),
            name=name,
            parent="0",
            holder=new.id,
            created=moment,
            modified=moment,
            by=request.who.user,
        )
        state.put(folder, "0", new.id)
        for _, one in list(state.children(f"0:{old.id}")):
            state.put(one if isinstance(one, Item) else self.company.file(one), folder.id, new.id)
        self.trail.note("MOVE", request.who.user, self.source(folder))
        return answer(View(state, new.id).item(folder, fields_of(request.query)))

    def _edited(self, collab: Collab, data: dict[str, Any]) -> Collab:
        new = Collab(**{name: getattr(collab, name) for name in collab.__struct_fields__})
        new.role, new.status = data.get("role", collab.role), data.get("status", collab.status)
        if "expires_at" in data:
            new.expires = _moment(data["expires_at"])
        new.modified = self.now()
        self.state.collabs[collab.id] = new
        return new

    def _hand_over(self, request: Request, collab: Collab, item: Item) -> Reply:
        """Give the item to the collaborator; whoever owned it becomes co-owner."""
        state, old = self.state, self.state.owner(item)
        if old != request.who.user or collab.who is None or collab.who_kind != "user":
            raise forbidden()
        if not state.managed(collab.who) or collab.status != "accepted":
            raise forbidden()
        new_owner = collab.who
        state.end_collab(collab.id)
        self.free("0", new_owner, item.name, item)
        state.put(item, "0", new_owner)
        moment = self.now()
        state.add_collab(
            Collab(
                id=state.new_id(),
                kind=item.kind,
                item=item.id,
                role="co-owner",
                who_kind="user",
                who=old,
                by=new_owner,
                created=moment,
                modified=moment,
            )
        )
        self._said(request, "COLLABORATION_ROLE_CHANGE", collab, item)
        return Reply(204)

    @route("DELETE /collaborations/{collaboration_id}", path="/2.0/collaborations/{collaboration_id}")
    def delete_collaboration(self, request: Request) -> Reply:
        """End a collaboration: by whoever may invite, or by the collaborator."""
        collab, user = self._collab(request), request.who.user
        item = self.state.find(collab.kind, collab.item)
        role = self.state.role(user, item) if item else None
        if collab.who != user and role not in {"owner", "co-owner", "editor"}:
            raise forbidden()
        self.state.end_collab(collab.id)
        if item is not None:
            self._said(request, "COLLABORATION_REMOVE", collab, item)
        return Reply(204)

    def _said(self, request: Request, kind: str, collab: Collab, item: Item) -> None:
        view = self.view(request)
        prefix = item.kind
        above = self.state.find("folder", item.parent) if item.parent != "0" else None
        source = {
            f"{prefix}_id": item.id,
            f"{prefix}_name": item.name,
            "user_id": collab.who or "",
            "user_name": collab.email or "",
            "parent": {"type": "folder", "id": item.parent, "name": above.name if above else "All Files"},
            "owned_by": view.mini(self.state.owner(item)),
        }
        details = {
            "collab_id": collab.id,
            "role": collab.role,
            "is_performed_by_admin": False,
            "type": collab.who_kind,
        }
        guest = view.mini(collab.who) if collab.who and collab.who_kind == "user" else None
        self.trail.note(kind, request.who.user, source, additional_details=details, accessible_by=guest)


def state_user(state: State, id_: str) -> User:
    """Return a managed account; raises 404."""
    found = state.known_user(id_)
    if found.external:
        raise not_found("user", id_)
    return found


def _moment(value: Any) -> float | None:
    return epoch_of(value, "expires_at") if isinstance(value, str) else None
