"""How Box's answers are to be understood.

developer.box.com, "Common errors" and "Rate limits": errors carry a `code`; a missing scope may come with an
empty body and only `WWW-Authenticate`; 202 with Retry-After means that a file is not ready yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from casb_cli.core.errors import (
    CursorExpired,
    NotPermitted,
    ObjectMissing,
    ProviderError,
    RequestRefused,
    ScopeMissing,
    SignInNeeded,
    StateConflict,
    Throttled,
    Unavailable,
)
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import Call
from casb_cli.transport.rules import OK, ApiRules, Verdict

NOT_SET_UP = frozenset(
    {"terms_of_service_required", "password_reset_required", "user_email_confirmation_required"},
)
"""Codes that say: this user has not finished setting up the account, so nobody can act as them."""
_PASSING = frozenset({"operation_blocked_temporary", "name_temporarily_reserved"})
_CHALLENGE = re.compile(r'(error|error_description)="([^"]*)"')
_HINTS = {
    "insufficient_scope": "add the scope in the app's Configuration page, then let an administrator authorize it again",
    "access_from_location_blocked": "allow the address of this machine in the enterprise's IP allow list",
    "storage_limit_exceeded": "give the account that owns the quarantine folder more storage in the Admin Console",
    "terms_of_service_required": "the user must accept Box's terms before anybody can act as them",
    "password_reset_required": "the user must finish setting up the account before anybody can act as them",
    "user_email_confirmation_required": "the user must confirm the e-mail address before anybody can act as them",
    "item_name_in_use": "rename or move the item that has this name, then try again",
}


class _Reason(msgspec.Struct):
    reason: str | None = None
    name: str | None = None
    message: str | None = None


class _Context(msgspec.Struct):
    errors: list[_Reason] | None = None


class _Body(msgspec.Struct):
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    context_info: _Context | None = None
    error: str | None = None
    error_description: str | None = None


def _parsed(body: bytes, headers: Mapping[str, str]) -> _Body:
    try:
        found = from_json(body, _Body)
    except msgspec.MsgspecError:
        found = _Body()
    if not found.code:
        told = dict(_CHALLENGE.findall(headers.get("www-authenticate", "")))
        found.code = found.error or told.get("error")
        found.message = found.message or found.error_description or told.get("error_description")
    return found


def _words(status: int, parsed: _Body) -> str:
    words = parsed.message or parsed.code or f"Box answered {status} without a message"
    reasons = (parsed.context_info.errors or ()) if parsed.context_info else ()
    extra = "; ".join(one.message or one.reason or "" for one in reasons)
    return f"{words} ({extra})" if extra else words


_KINDS: dict[int, type[ProviderError]] = {
    400: RequestRefused,
    401: SignInNeeded,
    403: NotPermitted,
    404: ObjectMissing,
    405: ObjectMissing,
    409: StateConflict,
    410: ObjectMissing,
    412: StateConflict,
    423: StateConflict,
    429: Throttled,
}
"""405 is what Box answers to an id that is none."""


def _kind(status: int, code: str | None) -> type[ProviderError]:
    if status == 403 and code == "insufficient_scope":
        return ScopeMissing
    if status == 403 and code in {"storage_limit_exceeded", "access_denied_item_locked"}:
        return StateConflict
    if code in NOT_SET_UP:
        return NotPermitted
    if status >= 500:
        return Unavailable
    return _KINDS.get(status, RequestRefused)


def _about_marker(call: Call, parsed: _Body) -> bool:
    """Tell whether Box refuses the position that a page was asked for at."""
    reasons = (parsed.context_info.errors or ()) if parsed.context_info else ()
    return "marker" in call.query and any(one.name == "marker" for one in reasons)


def classify(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Return what one answer means."""
    if status == 202 and "retry-after" in headers:
        return Verdict("busy", Unavailable("Box has the file not ready yet", call=call.name, status=status))
    if status < 400:
        return OK
    parsed = _parsed(body, headers)
    kind = CursorExpired if status == 400 and _about_marker(call, parsed) else _kind(status, parsed.code)
    error = kind(
        _words(status, parsed),
        call=call.name,
        status=status,
        code=parsed.code,
        request_id=headers.get("box-request-id") or parsed.request_id,
        hint=_HINTS.get(parsed.code or ""),
    )
    if status == 429:
        return Verdict("throttled", error)
    if status == 401:
        return Verdict("reauth", error)
    if status >= 500 or parsed.code in _PASSING:
        return Verdict("busy", error)
    return Verdict("fail", error)


RULES = ApiRules(classify=classify, identity_headers=lambda user: {"as-user": user})
