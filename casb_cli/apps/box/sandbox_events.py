"""The simulated Box's audit trail: the company's events, then what callers did, and its two enterprise streams.

`admin_logs` is in order, without repeats, and windowed. `admin_logs_streaming` reaches back two weeks, delivers at
least once and out of order. Positions are opaque numbers beyond 53 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from casb_cli.apps.box.sandbox_company import legal
from casb_cli.apps.box.sandbox_state import State
from casb_cli.apps.box.sandbox_view import View
from casb_cli.apps.box.sandbox_wire import Refusal, epoch_of, invalid, limit_of, when
from casb_cli.sandbox import chance
from casb_cli.sandbox.facts import Event

ORIGIN = 1_152_922_976_252_290_886
STRIDE = 1_009
"""Between the positions of two events; what lies between them means the same place."""

STREAM_DAYS, LOG_DAYS = 14, 365
LOOK = 5_000
"""How many events one call looks through for those of the asked types."""

FILTERABLE = frozenset(
    [
        "ACCESS_GRANTED",
        "ACCESS_REVOKED",
        "ADD_DEVICE_ASSOCIATION",
        "ADD_LOGIN_ACTIVITY_DEVICE",
        "ADMIN_LOGIN",
        "ADVANCED_FOLDER_SETTINGS_UPDATE",
        "APPLICATION_CREATED",
        "APPLICATION_PUBLIC_KEY_ADDED",
        "APPLICATION_PUBLIC_KEY_DELETED",
        "CHANGE_ADMIN_ROLE",
        "CHANGE_FOLDER_PERMISSION",
        "COLLABORATION_ACCEPT",
        "COLLABORATION_EXPIRATION",
        "COLLABORATION_INVITE",
        "COLLABORATION_REMOVE",
        "COLLABORATION_ROLE_CHANGE",
        "COMMENT_CREATE",
        "COMMENT_DELETE",
        "COMMENT_EDIT",
        "CONTENT_WORKFLOW_ABNORMAL_DOWNLOAD_ACTIVITY",
        "CONTENT_WORKFLOW_AUTOMATION_ADD",
        "CONTENT_WORKFLOW_AUTOMATION_DELETE",
        "CONTENT_WORKFLOW_POLICY_ADD",
        "CONTENT_WORKFLOW_SHARING_POLICY_VIOLATION",
        "CONTENT_WORKFLOW_UPLOAD_POLICY_VIOLATION",
        "COPY",
        "DATA_RETENTION_CREATE_RETENTION",
        "DATA_RETENTION_REMOVE_RETENTION",
        "DELETE",
        "DELETE_USER",
        "DEVICE_TRUST_CHECK_FAILED",
        "DOWNLOAD",
        "EDIT",
        "EDIT_USER",
        "EMAIL_ALIAS_CONFIRM",
        "EMAIL_ALIAS_PRIMARY",
        "EMAIL_ALIAS_REMOVE",
        "EMAIL_UPLOAD_DISABLED",
        "EMAIL_UPLOAD_ENABLED",
        "ENTERPRISE_APP_AUTHORIZATION_UPDATE",
        "EXTERNAL_COLLAB_SECURITY_SETTINGS",
        "FAILED_LOGIN",
        "FAVORITE",
        "FILE_MARKED_MALICIOUS",
        "FILE_REQUEST_CREATE",
        "FILE_REQUEST_DELETE",
        "FILE_REQUEST_UPDATE",
        "FILE_VERSION_RESTORE",
        "FILE_WATERMARKED_DOWNLOAD",
        "GROUP_ADD_ITEM",
        "GROUP_ADD_USER",
        "GROUP_CREATION",
        "GROUP_DELETION",
        "GROUP_EDITED",
        "GROUP_REMOVE_ITEM",
        "GROUP_REMOVE_USER",
        "ILLEGAL_ITEM_OWNERSHIP_TRANSFER_BY_USER",
        "ITEM_EMAIL_SEND",
        "ITEM_MODIFY",
        "ITEM_OPEN",
        "ITEM_SHARED_UPDATE",
        "ITEM_SYNC",
        "ITEM_UNSYNC",
        "LEGAL_HOLD_ASSIGNMENT_CREATE",
        "LEGAL_HOLD_ASSIGNMENT_DELETE",
        "LEGAL_HOLD_POLICY_CREATE",
        "LEGAL_HOLD_POLICY_DELETE",
        "LEGAL_HOLD_POLICY_UPDATE",
        "LOCK",
        "LOGIN",
        "METADATA_CASCADE_POLICY_APPLY",
        "METADATA_CASCADE_POLICY_CREATE",
        "METADATA_INSTANCE_COPY",
        "METADATA_INSTANCE_CREATE",
        "METADATA_INSTANCE_DELETE",
        "METADATA_INSTANCE_UPDATE",
        "METADATA_TEMPLATE_CREATE",
        "METADATA_TEMPLATE_DELETE",
        "METADATA_TEMPLATE_UPDATE",
        "MOVE",
        "NEW_USER",
        "OAUTH2_ACCESS_TOKEN_REVOKE",
        "OAUTH2_REFRESH_TOKEN_REVOKE",
        "PREVIEW",
        "REMOVE_DEVICE_ASSOCIATION",
        "REMOVE_LOGIN_ACTIVITY_DEVICE",
        "RENAME",
        "RETENTION_POLICY_ASSIGNMENT_ADD",
        "SHARE",
        "SHARED_LINK_SEND",
        "SHARE_EXPIRATION",
        "SHIELD_ALERT",
        "SHIELD_EXTERNAL_COLLAB_ACCESS_BLOCKED",
        "SHIELD_EXTERNAL_COLLAB_ACCESS_BLOCKED_MISSING_JUSTIFICATION",
        "SHIELD_EXTERNAL_COLLAB_INVITE_BLOCKED",
        "SHIELD_EXTERNAL_COLLAB_INVITE_BLOCKED_MISSING_JUSTIFICATION",
        "SHIELD_JUSTIFICATION_APPROVAL",
        "SHIELD_SHARED_LINK_ACCESS_BLOCKED",
        "SHIELD_SHARED_LINK_STATUS_RESTRICTED_ON_CREATE",
        "SHIELD_SHARED_LINK_STATUS_RESTRICTED_ON_UPDATE",
        "SIGN_DOCUMENT_ASSIGNED",
        "SIGN_DOCUMENT_CANCELLED",
        "SIGN_DOCUMENT_COMPLETED",
        "SIGN_DOCUMENT_CONVERTED",
        "SIGN_DOCUMENT_CREATED",
        "SIGN_DOCUMENT_DECLINED",
        "SIGN_DOCUMENT_EXPIRED",
        "SIGN_DOCUMENT_SIGNED",
        "SIGN_DOCUMENT_VIEWED_BY_SIGNED",
        "SIGNER_DOWNLOADED",
        "SIGNER_FORWARDED",
        "STORAGE_EXPIRATION",
        "TASK_ASSIGNMENT_CREATE",
        "TASK_ASSIGNMENT_DELETE",
        "TASK_ASSIGNMENT_UPDATE",
        "TASK_CREATE",
        "TASK_UPDATE",
        "TERMS_OF_SERVICE_ACCEPT",
        "TERMS_OF_SERVICE_REJECT",
        "UNDELETE",
        "UNFAVORITE",
        "UNLOCK",
        "UNSHARE",
        "UPDATE_COLLABORATION_EXPIRATION",
        "UPDATE_SHARE_EXPIRATION",
        "UPLOAD",
        "USER_AUTHENTICATE_OAUTH2_ACCESS_TOKEN_CREATE",
        "WATERMARK_LABEL_CREATE",
        "WATERMARK_LABEL_DELETE",
        "WORKFLOW_AUTOMATION_CREATE",
        "WORKFLOW_AUTOMATION_DELETE",
        "WORKFLOW_AUTOMATION_UPDATE",
    ]
)
"""What `event_type` accepts; other types happen all the same and can't be asked for."""

SERVICES = (("10001", "Box Drive"), ("10002", "Harbor Sync"), ("10003", "Brass Signature"))
"""Applications seen in use: id and name."""

_TYPES = {
    "sign-in": "LOGIN",
    "sign-in-failed": "FAILED_LOGIN",
    "download": "DOWNLOAD",
    "upload": "UPLOAD",
    "preview": "PREVIEW",
    "edit": "EDIT",
    "delete": "DELETE",
    "share": "SHARE",
    "role-changed": "CHANGE_ADMIN_ROLE",
    "member-added": "GROUP_ADD_USER",
}
_SETTINGS = (
    "EXTERNAL_COLLAB_SECURITY_SETTINGS",
    "ENABLE_MULTI_FACTOR_AUTH",
    "ENTERPRISE_APP_AUTHORIZATION_UPDATE",
)


def event_type(event: Event) -> str:
    """Return what Box calls an event of the company."""
    if event.verb == "settings-changed":
        return _SETTINGS[event.index // 12 % len(_SETTINGS)]
    if event.verb == "sign-in" and event.index % 12 == 10:
        return "USER_AUTHENTICATE_OAUTH2_ACCESS_TOKEN_CREATE"
    if event.verb == "preview" and event.index // 12 % 7 == 3:
        return "CONTENT_ACCESS"
    return _TYPES[event.verb]


def service_of(event: Event) -> tuple[str, str] | None:
    """Return the application that an event came through, where Box says so."""
    if event.verb not in {"download", "upload", "edit"} or event.index % 5 == 0:
        return None
    return SERVICES[chance.mix(event.index, 711) % len(SERVICES)]


class Trail:
    """The streams over a state; `clock` gives epoch seconds, `delay` how long the streams hold back what is new."""

    def __init__(self, state: State, clock: Callable[[], float], delay: float = 0.0) -> None:
        self.state = state
        self.delay = delay
        self._clock = clock
        self._world = state.company.world

    # What happens

    def note(self, kind: str, actor: str, source: Any = None, *, ip: str = "198.51.100.20", **more: Any) -> None:
        """Append an event that a caller caused."""
        now = self._clock()
        number = self._world.events + len(self.state.happened)
        row = {
            "source": source,
            "created_by": View(self.state, actor).mini(actor),
            "action_by": None,
            "created_at": when(now),
            "event_id": f"{chance.text(chance.HEX, 32, self._world.seed, 713, number)}",
            "event_type": kind,
            "ip_address": ip,
            "type": "event",
            "session_id": None,
            "additional_details": {"service_id": "10000", "service_name": "casb"},
        }
        self.state.happened.append({"at": now, "row": {**row, **more}})

    @property
    def count(self) -> int:
        """How many events may be read now."""
        ready = self._clock() - self.delay
        happened = self.state.happened
        late = 0
        while late < len(happened) and happened[-1 - late]["at"] > ready:
            late += 1
        return self._world.events + len(happened) - late

    def time(self, index: int) -> float:
        """Return when an event happened, to the second."""
        base = self._world.events
        moment = self._world.event_time(index).timestamp() if index < base else self.state.happened[index - base]["at"]
        return float(int(moment))

    def kind(self, index: int) -> str:
        """Return an event's type."""
        base = self._world.events
        if index < base:
            return event_type(self._world.event("box", index))
        return str(self.state.happened[index - base]["row"]["event_type"])

    def row(self, view: View, index: int) -> dict[str, Any]:
        """Return an event as Box writes it."""
        base = self._world.events
        if index >= base:
            return dict(self.state.happened[index - base]["row"])
        event = self._world.event("box", index)
        actor = self.state.company.user_id(event.actor)
        service = service_of(event)
        details = {"service_id": service[0], "service_name": service[1]} if service else {}
        kind = event_type(event)
        return {
            "source": self._source(view, event, kind),
            "created_by": view.mini(actor),
            "action_by": None,
            "created_at": when(event.time.timestamp()),
            "event_id": event.id,
            "event_type": kind,
            "ip_address": "Unknown IP" if index % 50 == 49 else event.ip,
            "type": "event",
            "session_id": None,
            "additional_details": details,
        }

    def _source(self, view: View, event: Event, kind: str) -> Any:
        company = self.state.company
        if kind in _SETTINGS:
            return None
        if event.target_kind == "person":
            return view.mini(company.user_id(event.target))
        if event.target_kind == "group":
            return {
                "group_id": company.group_id(event.target),
                "group_name": self._world.group(event.target).name,
                "user_id": company.user_id(event.actor),
            }
        if event.target_kind == "file":
            if not self._world.files:
                return None
            entry = company.library.entry(event.target)
            source: dict[str, Any] = {
                "item_type": "file",
                "item_id": company.file_id(event.target),
                "item_name": legal(entry.name),
                "parent": {
                    "type": "folder",
                    "name": legal(entry.directory.rpartition("/")[2] or company.library.place(entry.place).name),
                    "id": company.folder_id(entry.place, entry.directory),
                },
            }
            place = entry.place
        else:
            place = event.target
            name = company.library.place(place).name
            source = {"item_type": "folder", "item_id": company.folder_id(place), "item_name": name, "parent": None}
        if event.index % 9 != 4:  # the owner is not always told
            source["owned_by"] = view.mini(company.holder(place))
        return source

    # Streams

    def read(self, view: View, query: Mapping[str, str], *, repeat: bool = False) -> dict[str, Any]:
        """Return a chunk of an enterprise stream; `repeat` makes it be delivered again by the position returned."""
        stream = query.get("stream_type")
        limit = limit_of(query, 100, 500)
        wanted = self._wanted(query.get("event_type"))
        if stream == "admin_logs":
            first, end = self._window(query)
        else:
            first, end = self._since(timedelta(days=STREAM_DAYS)), self.count
        raw = query.get("stream_position")
        if raw == "now":
            return self._chunk(stream, view, [], self.count)
        at = first if raw in (None, "", "0", "null") else max(self._index(raw), first)
        if at % 3 == 2:
            limit = max(1, limit * 9 // 10)  # a short chunk is not the last one
        found: list[int] = []
        here = at
        while here < end and len(found) < limit and (here - at < LOOK or not found):
            if wanted is None or self.kind(here) in wanted:
                found.append(here)
            here += 1
        if stream == "admin_logs_streaming" and found:
            found.sort(key=lambda index: chance.mix(index // 4, index))
            if at > first and (wanted is None or self.kind(at - 1) in wanted):
                found.append(at - 1)  # at least once: the last one of the chunk before comes again
        turn = (int(raw) - ORIGIN) % STRIDE if repeat and raw and raw.isdigit() and int(raw) > ORIGIN else 0
        return self._chunk(stream, view, found, at if repeat else here, turn + 1 if repeat else 0)

    def _chunk(self, stream: str | None, view: View, found: list[int], here: int, within: int = 0) -> dict[str, Any]:
        position = ORIGIN + here * STRIDE + within
        rows = [self.row(view, index) for index in found]
        return {
            "chunk_size": len(rows),
            "next_stream_position": str(position) if stream == "admin_logs" else position,
            "entries": rows,
        }

    def _wanted(self, raw: str | None) -> frozenset[str] | None:
        if not raw:
            return None
        kinds = frozenset(kind.strip() for kind in raw.split(","))
        if not kinds <= FILTERABLE:
            raise invalid("event_type", f"Invalid value '{min(kinds - FILTERABLE)}'")
        return kinds

    def _index(self, raw: str | None) -> int:
        if raw is None or not raw.isdigit() or not ORIGIN <= int(raw) <= ORIGIN + (self.count + 1) * STRIDE:
            raise Refusal(400, "bad_request", "Invalid stream_position")
        return (int(raw) - ORIGIN) // STRIDE

    def _since(self, back: timedelta) -> int:
        return self._first_at((datetime.fromtimestamp(self._clock(), UTC) - back).timestamp())

    def _window(self, query: Mapping[str, str]) -> tuple[int, int]:
        oldest = self._clock() - LOG_DAYS * 86_400
        after, before = query.get("created_after"), query.get("created_before")
        start = max(epoch_of(after, "created_after"), oldest) if after else oldest
        first = self._first_at(start)
        end = self._first_at(epoch_of(before, "created_before")) if before else self.count
        return first, min(end, self.count)

    def _first_at(self, moment: float) -> int:
        low, high = 0, self.count
        while low < high:
            middle = (low + high) // 2
            if self.time(middle) < moment:
                low = middle + 1
            else:
                high = middle
        return low
