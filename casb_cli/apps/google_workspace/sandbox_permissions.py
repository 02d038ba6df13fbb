"""The simulated Drive's permissions: on files and folders, and the members of shared drives.

What a folder or a shared drive gives cannot be taken or lowered below it. Of changes to one item's permissions that
overlap in time only the last counts.
"""

from __future__ import annotations

from typing import Any

from casb_cli.apps.google_workspace import sandbox_ids as ids
from casb_cli.apps.google_workspace.sandbox_items import too_little
from casb_cli.apps.google_workspace.sandbox_moving import Moving
from casb_cli.apps.google_workspace.sandbox_objects import ROLES, Drive, Item, Permission
from casb_cli.apps.google_workspace.sandbox_state import RANK
from casb_cli.apps.google_workspace.sandbox_view import PERMISSION_DEFAULT
from casb_cli.apps.google_workspace.sandbox_wire import (
    Refusal,
    epoch_of,
    flag,
    invalid,
    no_file,
    page_token,
    pruned,
    read_token,
    size_of,
)
from casb_cli.sandbox.wire import Reply, Request, Route, answer, route

YEAR = 366 * 86_400


class Permissions(Moving):
    """Permissions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._writing: dict[str, tuple[int, list[Permission]]] = {}

    def reset(self) -> None:
        """Forget every change."""
        super().reset()
        self._writing.clear()

    # What it stands on

    def _on(self, request: Request, need: str) -> Item | Drive:
        """Return the item or shared drive whose permissions are meant."""
        id_ = request.params["fileId"]
        drive = self.state.drive(id_) if id_.startswith("0A") else None
        if drive is None:
            return self.located(request, id_)
        if not self.all_drives(request):
            raise no_file(id_)
        if self.forced(request):
            return drive
        role = self.state.drive_role(request.who.account, drive)
        if role is None:
            raise no_file(id_)
        if RANK[role] < RANK[need]:
            raise too_little()
        return drive

    def _may_share(self, request: Request, item: Item) -> None:
        if not self.view(request).capabilities(item)["canShare"]:
            raise too_little()

    def _begin(self, request: Request, on: Item | Drive) -> Item | Drive:
        """Hold what is about to change; a change still under way on the same item is lost."""
        kept: Item | Drive = self.state.keep_drive(on) if isinstance(on, Drive) else self.state.keep(on)
        own = kept.members if isinstance(kept, Drive) else kept.permissions
        count, before = self._writing.get(kept.id, (0, own))
        if count:
            own = list(before)
        self._set(kept, list(own))
        self._writing[kept.id] = (count + 1, before)
        request.params["writing"] = kept.id
        return kept

    def leave(self, request: Request, route: Route) -> None:
        """Be told that a change of permissions has been answered."""
        super().leave(request, route)
        id_ = request.params.pop("writing", None)
        if id_ is not None and id_ in self._writing:
            count, before = self._writing.pop(id_)
            if count > 1:
                self._writing[id_] = (count - 1, before)

    @staticmethod
    def _set(on: Item | Drive, permissions: list[Permission]) -> None:
        if isinstance(on, Drive):
            on.members = permissions
        else:
            on.permissions = permissions

    @staticmethod
    def _own(on: Item | Drive) -> list[Permission]:
        return on.members if isinstance(on, Drive) else on.permissions

    def _done(self, request: Request, on: Item | Drive, one: Permission, owner: str | None = None) -> None:
        if isinstance(on, Drive):
            self.state.drive_changed(on)
        else:
            self.state.changed(on, owners=[owner], access_only=True)
        title = on.name
        name = "change_user_access" if one.type in {"user", "group"} else "change_document_visibility"
        self.trail.note_drive(
            request.who.account, name, doc_id=on.id, doc_title=title, target_user=one.email or one.domain or "anyone"
        )

    # Reading

    def _rows(self, request: Request, on: Item | Drive) -> list[dict[str, Any]]:
        view = self.view(request)
        if isinstance(on, Drive):
            return [view.member(one) for one in on.members if self.state.alive(one)]
        return [view.permission(grants, drive=on.drive is not None) for grants in view.merged(on).values()]

    @route("GET /drive/v3/files/{fileId}/permissions", paged=True)
    def list_permissions(self, request: Request) -> Reply:
        """List who may open an item, inherited ones too."""
        on = self._on(request, "reader")
        if isinstance(on, Item) and on.drive is None and not self.view(request).may(on, "writer"):
            raise too_little()
        rows = self._rows(request, on)
        # without a page size all of a file in My Drive come at once
        size = size_of(request, "pageSize", 100, 100)
        start, turn = 0, 0
        if request.query.get("pageToken"):
            if request.fault == "expired-cursor":
                raise invalid("pageToken", "Invalid Value")
            start, turn = read_token(request.query["pageToken"], "permissions", on.id, 2)
        mask = self.mask(request, {"kind": None, "nextPageToken": None, "permissions": PERMISSION_DEFAULT})
        page = rows[start : start + size]
        body: dict[str, Any] = {"kind": "drive#permissionList", "permissions": page}
        if request.fault == "duplicate-page" and page:
            body["nextPageToken"] = page_token("permissions", on.id, start, turn + 1)
        elif start + size < len(rows):
            body["nextPageToken"] = page_token("permissions", on.id, start + size, 0)
        return answer(pruned(body, mask))

    @route("GET /drive/v3/files/{fileId}/permissions/{permissionId}")
    def get_permission(self, request: Request) -> Reply:
        """Return one permission."""
        on, id_ = self._on(request, "reader"), request.params["permissionId"]
        for row in self._rows(request, on):
            if row["id"] == id_:
                return answer(pruned(row, self.mask(request, PERMISSION_DEFAULT)))
        raise no_permission(id_)

    # Creating

    @route("POST /drive/v3/files/{fileId}/permissions")
    def create_permission(self, request: Request) -> Reply:
        """Let somebody open an item, make a member of a shared drive, or give a file away."""
        on, data = self._on(request, "organizer"), self.body(request)
        if isinstance(on, Item):
            self._may_share(request, on)
        one = self._described(data)
        transfer = flag(request, "transferOwnership")
        told = request.query.get("sendNotificationEmail")
        if told is not None and one.type not in {"user", "group"}:
            raise invalid("sendNotificationEmail", "sendNotificationEmail is for users and groups only.")
        if one.role == "owner":
            if told == "false":
                raise invalid("sendNotificationEmail", "Ownership transfers always notify.")
            return self._transfer(request, on, one, transfer)
        self._allowed(on, one)
        on = self._begin(request, on)
        same = {"anyone", "anyoneWithLink"} if one.type == "anyone" else {one.id}
        before = [known for known in self._own(on) if known.id in same]
        if before != [one]:
            self._set(on, [*(known for known in self._own(on) if known.id not in same), one])
            self._done(request, on, one)
        return self._shown(request, on, one.id)

    def _shown(self, request: Request, on: Item | Drive, id_: str) -> Reply:
        mask = self.mask(request, PERMISSION_DEFAULT)
        for row in self._rows(request, on):
            if row["id"] == id_:
                return answer(pruned(row, mask))
        return answer({"kind": "drive#permission", "id": id_})

    def _described(self, data: dict[str, Any]) -> Permission:
        kind, role = data.get("type"), data.get("role")
        if kind not in {"user", "group", "domain", "anyone"} or role not in ROLES:
            raise Refusal(400, "required", "The permission type and role fields are required.")
        expires = self._expiry(data, kind)
        if kind == "anyone":
            discovery = bool(data.get("allowFileDiscovery"))
            return Permission(id="anyone" if discovery else "anyoneWithLink", type=kind, role=role, discovery=discovery)
        if kind == "domain":
            domain = str(data.get("domain", ""))
            if not domain:
                raise Refusal(400, "required", "The domain field is required.")
            return Permission(
                id=self.library.domain_permission(domain),
                type=kind,
                role=role,
                domain=domain,
                name=self.world.name if domain == self.company.domain else domain,
                discovery=bool(data.get("allowFileDiscovery")),
            )
        email = str(data.get("emailAddress", ""))
        if "@" not in email:
            raise Refusal(400, "invalidSharingRequest", "Bad Request. User message: 'Sorry, cannot share with it.'")
        id_, email, name = self._addressed(kind, email)
        pending = bool(data.get("pendingOwner"))
        return Permission(id=id_, type=kind, role=role, email=email, name=name, expires=expires, pending_owner=pending)

    def _addressed(self, kind: str, email: str) -> tuple[str, str, str]:
        if kind == "group":
            group = self.company.group_of(email)
            if group is not None:
                return ids.group_permission_id(group), self.company.group_email(group), self.company.group_name(group)
            return ids.stranger_permission_id(email), email, email
        index = self.company.index_of(email)
        if index is None:
            if self._internal(email):
                raise Refusal(400, "invalidSharingRequest", f"Bad Request. User message: '{email} does not exist.'")
            return ids.stranger_permission_id(email), email, email
        return ids.permission_id(index), self.company.email(index), self.company.name(index)

    def _expiry(self, data: dict[str, Any], kind: str) -> float | None:
        raw = data.get("expirationTime")
        if raw is None:
            return None
        moment = epoch_of(str(raw), "expirationTime")
        if kind not in {"user", "group"}:
            raise invalid("expirationTime", "Expirations are for users and groups only.")
        if not self.now() < moment <= self.now() + YEAR:
            raise invalid("expirationTime", "The expiration must be in the future, within a year.")
        return moment

    def _allowed(self, on: Item | Drive, one: Permission) -> None:
        """Refuse what the kind of item and the restrictions of its shared drive forbid."""
        drive = on if isinstance(on, Drive) else self.state.drive(on.drive or "")
        if isinstance(on, Drive):
            if one.type not in {"user", "group"}:
                raise Refusal(
                    403,
                    "cannotShareTeamDriveTopFolderWithAnyoneOrDomains",
                    "A shared drive's members are users and groups.",
                )
            index = self.company.index_of(one.email or "")
            user = None if index is None else self.state.user(index)
            if user is not None and (user.suspended or user.deleted is not None):
                raise Refusal(400, "invalidSharingRequest", "Bad Request. User message: 'The account is suspended.'")
        elif one.role == "organizer" or (one.role == "fileOrganizer" and not (on.folder and on.drive)):
            raise Refusal(403, "cannotShareWithRole", f"The role {one.role} is not possible here.")
        if one.expires is not None and isinstance(on, Item) and on.folder and one.role != "reader":
            raise invalid("expirationTime", "On folders only readers can have an expiration.")
        if drive is None:
            return
        inside = one.type in {"user", "group"} and self._internal(one.email or "")
        inside = inside or (one.type == "domain" and one.domain in (self.company.domain, self.company.alias))
        if drive.restrictions.get("domainUsersOnly") and not inside:
            raise Refusal(
                403, "teamDriveDomainUsersOnlyRestriction", "Only users of the domain may be given access here."
            )
        if (
            drive.restrictions.get("driveMembersOnly")
            and isinstance(on, Item)
            and one.id not in {member.id for member in drive.members}
        ):
            raise Refusal(403, "teamDriveTeamMembersOnlyRestriction", "Only members may be given access here.")

    def _transfer(self, request: Request, on: Item | Drive, one: Permission, transfer: bool) -> Reply:
        if isinstance(on, Drive) or on.drive is not None:
            raise Refusal(403, "ownerOnTeamDriveItemNotSupported", "Items in shared drives have no owner.")
        if not transfer:
            raise Refusal(
                403,
                "forbidden",
                "The transferOwnership parameter must be enabled when the permission role is 'owner'.",
            )
        index = self.company.index_of(one.email or "")
        user = None if index is None or not self.company.exists(index) else self.state.user(index)
        if one.type != "user" or user is None or user.suspended or user.deleted is not None or not user.drive:
            raise Refusal(400, "invalidSharingRequest", "Ownership can only go to an account of the same organisation.")
        if on.owner != ids.user_id(request.who.account):
            raise too_little()
        if on.owner == user.id:
            return self._shown(request, on, one.id)
        item = self._begin(request, on)
        assert isinstance(item, Item)  # noqa: S101 - shared drives were refused above
        former = str(item.owner)
        kept = self.state.owner_permission(former)
        kept.role = "writer"
        item.permissions = [*(known for known in item.permissions if known.id != one.id), kept]
        item.owner = user.id
        if flag(request, "moveToNewOwnersRoot"):
            item.parent = self.library.root_id(user.index)
        self.state.add(item)
        self._done(request, item, one, former)
        return self._shown(request, item, one.id)

    # Changing

    def _direct(self, request: Request, on: Item | Drive) -> Permission:
        """Return a permission that stands on the item itself; raises what Drive answers for any other."""
        id_ = request.params["permissionId"]
        for one in self._own(on):
            if one.id == id_:
                return one
        if isinstance(on, Item):
            grants = self.view(request).merged(on).get(id_)
            if grants and grants[0].role == "owner":
                raise Refusal(403, "cannotRemoveOwner", "The owner of a file cannot be removed.")
            if grants:
                raise inherited(on)
        raise no_permission(id_)

    @route("PATCH /drive/v3/files/{fileId}/permissions/{permissionId}")
    def patch_permission(self, request: Request) -> Reply:
        """Change a role or when it ends; an inherited one can only be raised, by one of the item's own."""
        on, data, id_ = self._on(request, "organizer"), self.body(request), request.params["permissionId"]
        if isinstance(on, Item):
            self._may_share(request, on)
        if data.keys() - {"role", "expirationTime", "pendingOwner", "kind", "id"}:
            raise Refusal(403, "fieldNotWritable", "Only role, expirationTime and pendingOwner can be changed.")
        role = data.get("role")
        if role is not None and role not in ROLES:
            raise invalid("permission.role", "Invalid Value")
        try:
            known = self._direct(request, on)
        except Refusal as refused:
            if not refused.reason.startswith("cannotModifyInherited") or not isinstance(on, Item):
                raise
            grants = self.view(request).merged(on)[id_]
            if role is None or RANK[role] <= max(RANK[grant.role] for grant in grants):
                raise
            known = grants[0].permission
        if role == "owner":
            return self._transfer(request, on, self._as(known, role, known.expires), flag(request, "transferOwnership"))
        expires = self._expiry(data, known.type) if data.get("expirationTime") else known.expires
        one = self._as(known, role or known.role, None if flag(request, "removeExpiration") else expires)
        self._allowed(on, one)
        on = self._begin(request, on)
        if one not in self._own(on):
            self._set(on, [*(other for other in self._own(on) if other.id != id_), one])
            self._done(request, on, one)
        return self._shown(request, on, id_)

    @staticmethod
    def _as(known: Permission, role: str, expires: float | None) -> Permission:
        return Permission(
            id=known.id,
            type=known.type,
            role=role,
            email=known.email,
            domain=known.domain,
            name=known.name,
            discovery=known.discovery,
            expires=expires,
            deleted=known.deleted,
            view=known.view,
        )

    @route("DELETE /drive/v3/files/{fileId}/permissions/{permissionId}")
    def delete_permission(self, request: Request) -> Reply:
        """Take a permission away; everybody may give up one's own."""
        own = request.params["permissionId"] == ids.permission_id(request.who.account)
        on = self._on(request, "reader" if own else "organizer")
        if isinstance(on, Item) and not own:
            self._may_share(request, on)
        one = self._direct(request, on)
        on = self._begin(request, on)
        self._set(on, [known for known in self._own(on) if known.id != one.id])
        self._done(request, on, one)
        return Reply(204)


def no_permission(id_: str) -> Refusal:
    """Return the 404 of a permission that isn't there."""
    return Refusal(404, "notFound", f"Permission not found: {id_}.", locationType="parameter", location="permissionId")


def inherited(item: Item) -> Refusal:
    """Return the 403 of a permission that stands on a folder or shared drive above."""
    if item.drive is not None:
        return Refusal(
            403,
            "cannotModifyInheritedTeamDrivePermission",
            "Cannot update or delete an inherited permission on a shared drive item.",
        )
    return Refusal(403, "cannotModifyInheritedPermission", "Cannot update or delete an inherited permission.")
