"""The permissions of the simulated tenant's items: read, given, changed, taken away; and sensitivity labels."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.office365.sandbox_objects import ROLE_ORDER, Item, Permission
from casb_cli.apps.office365.sandbox_sharing import LABELS
from casb_cli.apps.office365.sandbox_sites import Sites
from casb_cli.apps.office365.sandbox_wire import Refusal, bad, denied_files, epoch_of, listed, no_item, page
from casb_cli.sandbox.wire import Reply, Request, answer, route

_ITEM = "/drives/{driveId}/items/{itemId}"
_ONE = _ITEM + "/permissions/{permissionId}"


class Permissions(Sites):
    """Sharing."""

    @route("GET " + _ITEM + "/permissions")
    def permissions(self, request: Request) -> Reply:
        """List the permissions of an item, with those of the folders above it."""
        item = self.item_at(request)
        rows = [self.view.permission(one, item, source) for one, source in self.state.permissions(item)]
        return page(request, self.graph, listed(rows), 200, 1000, context="permissions")

    def _find(self, request: Request) -> tuple[Item, Permission, Item | None]:
        item = self.item_at(request)
        for one, source in self.state.permissions(item):
            if one.id == request.params["permissionId"]:
                return item, one, source
        raise no_item()

    @route("GET " + _ONE)
    def permission(self, request: Request) -> Reply:
        """Return one permission."""
        item, one, source = self._find(request)
        return answer(self.view.permission(one, item, source))

    def _own(self, request: Request) -> tuple[Item, Permission]:
        item, one, source = self._find(request)
        if source is not None:
            raise Refusal(403, "accessDenied", "An inherited permission can only be changed where it stands.")
        if one.role == "owner" and one.kind in {"user", "siteGroup"}:
            raise denied_files()
        held = self.state.keep(item)
        return held, next(each for each in held.permissions if each.id == one.id)

    @route("DELETE " + _ONE)
    def delete_permission(self, request: Request) -> Reply:
        """Take a permission away, where it stands."""
        item, one = self._own(request)
        item.permissions.remove(one)
        self._shared(request, item, "SharingRevoked")
        return Reply(204)

    @route("PATCH " + _ONE)
    def patch_permission(self, request: Request) -> Reply:
        """Change the role of a person's or group's permission, or its end."""
        item, one = self._own(request)
        body = self.body(request)
        if not body or body.keys() - {"roles", "expirationDateTime", "password"}:
            raise bad("Invalid request", "invalidRequest")
        if "roles" in body:
            if one.kind == "link":
                raise bad("The roles of a sharing link cannot be changed.", "invalidRequest")
            one.role = _role(body["roles"])
        if "expirationDateTime" in body:
            one.expires = self._expiry(body["expirationDateTime"])
        self._shared(request, item, "SharingLinkUpdated" if one.kind == "link" else "SharingSet")
        return answer(self.view.permission(one, item, None))

    def _expiry(self, text: Any) -> float | None:
        if text is None or text == "":
            return None
        moment = epoch_of(str(text))
        if moment is None or moment <= self.now():
            raise bad("The expiration date must be in the future.", "invalidRequest")
        return float(int(moment))

    @route("POST " + _ONE + "/revokeGrants")
    def revoke_grants(self, request: Request) -> Reply:
        """Take people out of a link for certain people."""
        item, one = self._own(request)
        if one.kind != "link" or one.scope != "users":
            raise bad("Only a link for specific people has grants to revoke.", "invalidRequest")
        gone = {str(each.get("email", "")).casefold() for each in self.body(request).get("grantees", [])}
        left = [address for address in one.people if address.casefold() not in gone]
        if len(left) == len(one.people):
            raise bad("None of the grantees has this grant.", "invalidRequest")
        one.people = left
        self._shared(request, item, "SharingRevoked")
        return answer(self.view.permission(one, item, None))

    @route("POST " + _ONE + "/grant", path="/drives/{driveId}/items/{itemId}/permissions/{permissionId}/grant")
    def grant(self, request: Request) -> Reply:
        """Let people use a link for certain people."""
        item, one = self._own(request)
        if one.kind != "link":
            raise bad("Only a sharing link can be granted.", "invalidRequest")
        for each in self.body(request).get("recipients", []):
            address = str(each.get("email", ""))
            if address and address.casefold() not in {known.casefold() for known in one.people}:
                one.people.append(address)
        self._shared(request, item, "AddedToSecureLink")
        return answer({"value": [self.view.permission(one, item, None)]})

    @route("POST " + _ITEM + "/createLink")
    def create_link(self, request: Request) -> Reply:
        """Make a sharing link, or return the one of that kind that there is."""
        item, body = self.item_at(request), self.body(request)
        type_, scope = body.get("type"), body.get("scope", "organization")
        if type_ not in {"view", "edit"} or scope not in {"anonymous", "organization", "users"}:
            raise bad("The link type or scope is not supported.", "invalidRequest")
        if item.parent is None:
            raise bad("The root cannot be shared by a link.", "invalidRequest")
        expires = self._expiry(body.get("expirationDateTime"))
        for one in item.permissions:
            if one.kind == "link" and (one.scope, one.type) == (scope, type_) and scope != "users":
                return answer(self.view.permission(one, item, None))
        held = self.state.keep(item)
        made = Permission(
            id=self.state.guid(),
            kind="link",
            role="write" if type_ == "edit" else "read",
            scope=scope,
            type=type_,
            expires=expires,
            password=bool(body.get("password")),
        )
        held.permissions.append(made)
        self._shared(request, held, "SharingLinkCreated")
        return answer(self.view.permission(made, held, None), 201)

    @route("POST " + _ITEM + "/invite")
    def invite(self, request: Request) -> Reply:
        """Give people permissions; whoever has one gets the wider role."""
        item, body = self.item_at(request), self.body(request)
        recipients = body.get("recipients")
        if not isinstance(recipients, list) or not recipients:
            raise bad("No recipients were given.", "invalidRequest")
        if not body.get("requireSignIn", True):
            raise bad("Anonymous invitations are not supported.", "notSupported")
        role, expires = _role(body.get("roles")), self._expiry(body.get("expirationDateTime"))
        held = self.state.keep(item)
        rows = []
        for each in recipients:
            one = self._invited(held, each, role, expires)
            rows.append(self.view.permission(one, held, None))
        self._shared(request, held, "SharingSet")
        return answer({"value": rows})

    def _invited(self, item: Item, recipient: dict[str, Any], role: str, expires: float | None) -> Permission:
        address, id_ = str(recipient.get("email") or ""), str(recipient.get("objectId") or "")
        group = self.company.group_of(id_)
        if group is None and address:
            group = next((n for n in range(1, min(self.company.group_count, 200)) if self._is_group(n, address)), None)
        if group is not None:
            guid = self.company.groups.make(group)
            known = next((one for one in item.permissions if one.kind == "group" and one.group == guid), None)
            made = Permission(id="", kind="group", role=role, group=guid, name=self.company.group_name(group))
        else:
            user = self.user_of(id_ or address)
            if user is not None:
                address = user.mail or user.upn
            elif "@" not in address:
                raise bad("One or more users could not be resolved.", "invalidRequest")
            known = next(
                (one for one in item.permissions
                 if one.kind == "user" and [p.casefold() for p in one.people] == [address.casefold()]),
                None,
            )  # fmt: skip
            made = Permission(id="", kind="user", role=role, people=[address], invited=user is None)
        if known is not None:
            known.role = max(known.role, role, key=ROLE_ORDER.index)
            known.expires = expires
            return known
        made.id, made.expires = self.state.guid(), expires
        item.permissions.append(made)
        return made

    def _is_group(self, group: int, address: str) -> bool:
        return f"{self.world.group(group).slug}@{self.company.domain}" == address.casefold()

    def _shared(self, request: Request, item: Item, operation: str) -> None:
        self.state.changed(item, sharing=True)
        self.note_file(request, operation, item, sharing=True)

    def note_file(self, request: Request, operation: str, item: Item, *, sharing: bool = False) -> None:
        """Write what happened to an item into the audit feed."""
        drive = self.library.drive(item.drive)
        assert drive is not None  # noqa: S101 - items lie in drives
        path = self.library.where(drive, self.state.path(item).strip("/"))
        actor = "app@sharepoint" if request.who is None or request.who.user is None else self.actor(request)[1]
        self.trail.note_file(actor, operation, path, item.name, personal=drive.person is not None, sharing=sharing)

    # Sensitivity labels

    @route("POST " + _ITEM + "/extractSensitivityLabels", effect=False)
    def extract_labels(self, request: Request) -> Reply:
        """Tell the sensitivity labels of a file."""
        item = self.item_at(request)
        if item.folder:
            raise bad("The item is no file.", "invalidRequest")
        row = {"sensitivityLabelId": item.label, "assignmentMethod": "standard", "tenantId": self.company.tenant}
        return answer({"labels": [row] if item.label else []})

    @route("GET /security/dataSecurityAndGovernance/sensitivityLabels", paged=True)
    def labels(self, request: Request) -> Reply:
        """List the sensitivity labels of the tenant."""
        rows = [
            {"id": id_, "name": name, "displayName": name, "isEnabled": True, "priority": rank}
            for rank, (id_, name) in enumerate(zip(LABELS, ("Confidential", "Internal"), strict=True))
        ]
        return page(request, self.graph, listed(rows), 100, 999)


def _role(roles: Any) -> str:
    if not isinstance(roles, list) or not roles or not set(roles) <= {"read", "write", "owner"}:
        raise bad("The roles are not supported.", "invalidRequest")
    return max((str(role) for role in roles), key=ROLE_ORDER.index)
