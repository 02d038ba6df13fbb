"""The fields of accounts, teams, collaborations and versions, each a function of `(view, thing, ...)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from casb_cli.apps.box.sandbox_objects import Collab, User
from casb_cli.apps.box.sandbox_wire import when

if TYPE_CHECKING:
    from casb_cli.apps.box.sandbox_view import View

TRASH_SECONDS = 30 * 86_400
FILE_MINI = ("type", "id", "file_version", "sequence_id", "etag", "sha1", "name")
FOLDER_MINI = ("type", "id", "sequence_id", "etag", "name")
USER_STANDARD = (
    "type",
    "id",
    "name",
    "login",
    "created_at",
    "modified_at",
    "language",
    "timezone",
    "space_amount",
    "space_used",
    "max_upload_size",
    "status",
    "job_title",
    "phone",
    "address",
    "avatar_url",
    "notification_email",
)


def always(value: Any) -> Callable[[Any], Any]:
    """Return a maker of one value."""
    return lambda _: value


VERSION: dict[str, Callable[[Any], Any]] = {
    "type": always("file_version"),
    "id": lambda t: t[1].id,
    "sha1": lambda t: t[1].sha1,
    "name": lambda t: t[1].name,
    "size": lambda t: t[1].size,
    "created_at": lambda t: when(t[1].created),
    "modified_at": lambda t: when(t[1].created),
    "modified_by": lambda t: t[0].mini(t[1].by),
    "trashed_at": lambda t: when(t[1].trashed),
    "trashed_by": lambda t: None if t[1].trashed is None else t[0].mini(t[1].by),
    "restored_at": lambda t: when(t[1].restored),
    "restored_by": lambda t: None if t[1].restored is None else t[0].mini(t[1].by),
    "purged_at": lambda t: None if t[1].trashed is None else when(t[1].trashed + TRASH_SECONDS),
    "uploader_display_name": lambda t: t[0].state.known_user(t[1].by).name,
    "version_number": lambda t: str(t[2]),
}


def _guest(view: View, collab: Collab) -> dict[str, Any] | None:
    if collab.who is None:
        return None
    if collab.who_kind == "group":
        index = view.state.company.group_of(collab.who)
        return None if index is None else view.group(index)
    found = view.state.user(collab.who)
    if found is None:
        return None
    name = "" if collab.status == "pending" else found.name
    active = found.status != "inactive"
    return {"type": "user", "id": found.id, "name": name, "login": found.login, "is_active": active}


def _collab_item(view: View, collab: Collab) -> dict[str, Any] | None:
    if collab.status == "pending":
        return None
    item = view.state.find(collab.kind, collab.item)
    return None if item is None else view.item(item, None, FILE_MINI if collab.kind == "file" else FOLDER_MINI)


COLLAB: dict[str, Callable[[Any], Any]] = {
    "type": always("collaboration"),
    "id": lambda t: t[1].id,
    "created_by": lambda t: t[0].mini(t[1].by),
    "created_at": lambda t: when(t[1].created),
    "modified_at": lambda t: when(t[1].modified),
    "expires_at": lambda t: when(t[1].expires),
    "status": lambda t: t[1].status,
    "accessible_by": lambda t: _guest(t[0], t[1]),
    "invite_email": lambda t: t[1].email,
    "role": lambda t: t[1].role,
    "acknowledged_at": lambda t: when(t[1].created if t[1].status == "accepted" else None),
    "item": lambda t: _collab_item(t[0], t[1]),
    "app_item": always(None),
    "is_access_only": lambda t: t[1].access_only,
}
USER: dict[str, Callable[[Any], Any]] = {
    "type": always("user"),
    "id": lambda t: t[1].id,
    "name": lambda t: t[1].name,
    "login": lambda t: t[1].login,
    "created_at": lambda t: when(t[1].created),
    "modified_at": lambda t: when(t[1].modified),
    "language": lambda t: t[1].other.get("language", "en"),
    "timezone": lambda t: t[1].other.get("timezone", "Europe/Berlin"),
    "space_amount": lambda t: t[1].space_amount,
    "space_used": lambda t: t[0].state.stored(t[1].id),
    "max_upload_size": always(5 << 30),
    "status": lambda t: t[1].status,
    "job_title": lambda t: t[1].job_title,
    "phone": lambda t: t[1].other.get("phone", ""),
    "address": lambda t: t[1].other.get("address", ""),
    "avatar_url": lambda t: f"https://larkspur.app.box.example/api/avatar/large/{t[1].id}",
    "notification_email": always(None),
    "role": lambda t: t[1].role,
    "tracking_codes": always([]),
    "can_see_managed_users": always(True),
    "is_sync_enabled": always(True),
    "is_external_collab_restricted": lambda t: t[1].external_restricted,
    "is_exempt_from_device_limits": always(False),
    "is_exempt_from_login_verification": lambda t: t[1].exempt,
    "enterprise": lambda t: _enterprise(t[0], t[1]),
    "my_tags": always([]),
    "hostname": always("https://larkspur.app.box.example/"),
    "is_platform_access_only": lambda t: t[1].platform,
    "external_app_user_id": always(""),
}
GROUP: dict[str, Callable[[Any], Any]] = {
    "type": always("group"),
    "id": lambda t: t[2],
    "name": lambda t: t[1].name,
    "group_type": always("managed_group"),
    "created_at": lambda t: when(t[1].created.timestamp()),
    "modified_at": lambda t: when(t[1].created.timestamp()),
    "provenance": always(None),
    "external_sync_identifier": always(None),
    "description": always(""),
    "invitability_level": always("admins_and_members"),
    "member_viewability_level": always("admins_and_members"),
    "permissions": always({"can_invite_as_collaborator": True}),
}


def _enterprise(view: View, user: User) -> dict[str, str] | None:
    if user.external:
        return {"type": "enterprise", "id": "999", "name": "Another company"}
    company = view.state.company
    return {"type": "enterprise", "id": company.enterprise_id, "name": company.world.name}
