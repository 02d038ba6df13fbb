"""Enterprise events: their wire shape, what kind of activity each is, and what it acted on."""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.box.mapping import Who
from casb_cli.core import clock
from casb_cli.core.models import Activity, ActivityKind, Outcome
from casb_cli.core.refs import local

ANONYMOUS = "2"
"""The actor id under which Box logs people who did not sign in."""

_LOGON = frozenset(
    {
        "LOGIN",
        "ADMIN_LOGIN",
        "FAILED_LOGIN",
        "ADD_LOGIN_ACTIVITY_DEVICE",
        "REMOVE_LOGIN_ACTIVITY_DEVICE",
        "USER_AUTHENTICATE_OAUTH2_ACCESS_TOKEN_CREATE",
        "DEVICE_TRUST_CHECK_FAILED",
    }
)
_ADMIN = frozenset(
    {
        "NEW_USER",
        "EDIT_USER",
        "DELETE_USER",
        "CHANGE_ADMIN_ROLE",
        "ENTERPRISE_APP_AUTHORIZATION_UPDATE",
        "OAUTH2_ACCESS_TOKEN_REVOKE",
        "OAUTH2_REFRESH_TOKEN_REVOKE",
        "ACCESS_GRANTED",
        "ACCESS_REVOKED",
        "EXTERNAL_COLLAB_SECURITY_SETTINGS",
        "ENABLE_TWO_FACTOR_AUTH",
    }
)
_ADMIN_STARTS = (
    "GROUP_",
    "MASTER_INVITE_",
    "APPLICATION_",
    "DATA_RETENTION_",
    "RETENTION_",
    "LEGAL_HOLD_",
    "SHIELD_ACCESS_POLICY_",
    "SHIELD_INFORMATION_BARRIER_ENABLED",
    "SHIELD_INFORMATION_BARRIER_DISABLED",
    "SHIELD_INFORMATION_BARRIER_PENDING",
    "METADATA_TEMPLATE_",
    "EMAIL_ALIAS_",
)


class Source(msgspec.Struct):
    """What an event acted on; Box writes it in several forms and under several names."""

    type: str | None = None
    id: str | int | None = None
    name: str | None = None
    login: str | None = None
    item_type: str | None = None
    item_id: str | int | None = None
    item_name: str | None = None
    folder_id: str | int | None = None
    folder_name: str | None = None
    file_id: str | int | None = None
    file_name: str | None = None
    user_id: str | int | None = None
    user_name: str | None = None
    group_id: str | int | None = None
    group_name: str | None = None
    owned_by: Who | None = None

    @property
    def item(self) -> tuple[str, str] | None:
        """Kind and id of the file or folder, where it is one."""
        if self.item_type in {"file", "folder"} and self.item_id:
            return self.item_type, str(self.item_id)
        if self.file_id:
            return "file", str(self.file_id)
        if self.folder_id:
            return "folder", str(self.folder_id)
        if self.type in {"file", "folder"} and self.id:
            return self.type, str(self.id)
        return None


class Event(msgspec.Struct):
    event_id: str
    event_type: str
    created_at: str | None = None
    created_by: Who | None = None
    source: Source | None = None
    ip_address: str | None = None
    additional_details: dict[str, Any] | None = None


class Events(msgspec.Struct):
    entries: list[Event]
    chunk_size: int | None = None


def kind_of(event_type: str) -> ActivityKind:
    """Return the kind of activity of an event type; one that nobody declared is user activity."""
    if event_type in _LOGON:
        return "logon"
    if event_type in _ADMIN or event_type.startswith(_ADMIN_STARTS) or event_type.endswith("_MULTI_FACTOR_AUTH"):
        return "admin"
    return "user"


def outcome_of(event_type: str) -> Outcome:
    """Return whether an event tells of something that succeeded."""
    failed = event_type.startswith("FAILED_") or "_BLOCKED" in event_type or "_FAILED" in event_type
    return "failure" if failed else "success"


def _target(source: Source | None) -> tuple[str | None, str | None]:
    if source is None:
        return None, None
    item = source.item
    if item is not None:
        name = source.item_name or source.file_name or source.folder_name or source.name
        return name or item[1], local(*item)
    if source.type == "user" and source.id:
        return source.login or source.name, local("account", str(source.id))
    if source.group_id:
        return source.group_name, local("group", str(source.group_id))
    if source.type == "group" and source.id:
        return source.name, local("group", str(source.id))
    if source.user_id:
        return source.user_name, local("account", str(source.user_id))
    return source.item_name or source.name, None


def activity(event: Event) -> Activity:
    """Return one event as activity; Box logs no user agent."""
    actor = event.created_by
    target, target_ref = _target(event.source)
    ip = event.ip_address if event.ip_address and event.ip_address[:1] not in {"U", "u"} else None
    unknown = ["user_agent"]
    if ip is None:
        unknown.append("ip")
    if actor is None:
        unknown.append("actor")
    known = actor is not None and actor.id and actor.id != ANONYMOUS
    return Activity(
        id=event.event_id,
        time=clock.normalise(event.created_at),
        kind=kind_of(event.event_type),
        action=event.event_type,
        actor="anonymous" if actor and actor.id == ANONYMOUS else (actor.login or actor.name) if actor else None,
        actor_ref=local("account", actor.id) if actor and known else None,
        target=target,
        target_ref=target_ref,
        ip=ip,
        outcome=outcome_of(event.event_type),
        unknown=tuple(unknown),
    )
