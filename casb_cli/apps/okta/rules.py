"""How Okta's answers are to be understood.

developer.okta.com, "Okta API error codes": errors carry an `errorCode`; E0000015 is a 401 that no new token
cures (a feature that is not licensed); a missing scope may be told in a header, an OAuth body or an Okta body.
A 429 whose limit is 0 means too many calls at once, not too many in a minute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from casb_cli.core.errors import (
    CursorExpired,
    LicenceMissing,
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

AT_ONCE_PAUSE = 1.0
"""Seconds to wait after too many calls at once; the told reset is but a hint there."""
_SCOPE = "insufficient_scope"
_CHALLENGE = re.compile(r'(error|error_description|scope)="([^"]*)"')
_STATES = frozenset({"E0000016", "E0000038", "E0000090"})
_HINTS = {
    "E0000006": "give the app (or the token's owner) an admin role that includes this",
    _SCOPE: "a super administrator grants the scope on the app's Okta API Scopes tab",
}


class _Cause(msgspec.Struct, rename={"summary": "errorSummary"}):
    summary: str | None = None


class _Body(
    msgspec.Struct, rename={"code": "errorCode", "summary": "errorSummary", "id": "errorId", "causes": "errorCauses"}
):
    code: str | None = None
    summary: str | None = None
    id: str | None = None
    causes: list[_Cause] | None = None
    error: str | None = None
    error_description: str | None = None


def _parsed(body: bytes, headers: Mapping[str, str]) -> _Body:
    try:
        found = from_json(body, _Body)
    except msgspec.MsgspecError:
        found = _Body()
    told = dict(_CHALLENGE.findall(headers.get("www-authenticate", "")))
    if not found.code:
        found.code = found.error or told.get("error")
        found.summary = found.summary or found.error_description or told.get("error_description")
    if told.get("error") == _SCOPE or _SCOPE in (found.error or "", found.summary or ""):
        found.code = _SCOPE
    if "does not contain the required scopes" in (found.summary or ""):
        found.code = _SCOPE
    return found


def _words(status: int, parsed: _Body) -> str:
    words = parsed.summary or parsed.code or f"Okta answered {status} without a message"
    extra = "; ".join(cause.summary for cause in parsed.causes or () if cause.summary)
    return f"{words} ({extra})" if extra else words


_KINDS: dict[int, type[ProviderError]] = {
    400: RequestRefused,
    401: SignInNeeded,
    403: NotPermitted,
    404: ObjectMissing,
    405: RequestRefused,
    409: StateConflict,
    410: ObjectMissing,
    412: StateConflict,
    429: Throttled,
}


_POSITION = re.compile(r"[?&]after=")


def _kind(call: Call, status: int, code: str | None) -> type[ProviderError]:
    if code == _SCOPE:
        return ScopeMissing
    if code == "E0000015":
        return LicenceMissing
    if code in _STATES:
        return StateConflict
    if status == 400 and call.url is not None and _POSITION.search(call.url):
        return CursorExpired  # the page before it was taken with the same words
    if status >= 500:
        return Unavailable
    return _KINDS.get(status, RequestRefused)


def classify(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Return what one answer means."""
    if status < 400:
        return OK
    parsed = _parsed(body, headers)
    error = _kind(call, status, parsed.code)(
        _words(status, parsed),
        call=call.name,
        status=status,
        code=parsed.code,
        request_id=headers.get("x-okta-request-id") or parsed.id,
        hint=_HINTS.get(parsed.code or ""),
    )
    if status == 429:
        at_once = headers.get("x-rate-limit-limit", "").strip() == "0"
        return Verdict("throttled", error, AT_ONCE_PAUSE if at_once else None)
    if isinstance(error, SignInNeeded):
        return Verdict("reauth", error)
    if status >= 500:
        return Verdict("busy", error)
    return Verdict("fail", error)


RULES = ApiRules(classify=classify)
