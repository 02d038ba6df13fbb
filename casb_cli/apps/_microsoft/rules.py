"""How the answers of Microsoft's APIs are to be understood: Graph, SharePoint, the Management Activity API.

learn.microsoft.com, "Microsoft Graph error responses": an error carries a code, and nested codes that say more;
the innermost known one counts. The Management Activity API has codes of its own (AF...), SharePoint OData's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
from casb_cli.transport.calls import Call
from casb_cli.transport.rules import OK, ApiRules, Verdict

THROTTLED = frozenset({"TooManyRequests", "activityLimitReached", "Request_ThrottledTemporarily", "AF429"})
_BUSY = frozenset({"Directory_ConcurrencyViolation", "AF50000", "serviceNotAvailable"})
_KNOWN: dict[str, type[ProviderError]] = {
    "Authorization_RequestDenied": ScopeMissing,
    "accessDenied": ScopeMissing,
    "Authentication_MSGraphPermissionMissing": ScopeMissing,
    "AF10001": ScopeMissing,
    "Authentication_RequestFromNonPremiumTenantOrB2CTenant": LicenceMissing,
    "Authentication_RequestFromUnsupportedUserRole": NotPermitted,
    "Request_ResourceNotFound": ObjectMissing,
    "itemNotFound": ObjectMissing,
    "ResourceNotFound": ObjectMissing,
    "AF20050": ObjectMissing,
    "AF20051": ObjectMissing,
    "nameAlreadyExists": StateConflict,
    "resourceLocked": StateConflict,
    "AF20022": StateConflict,
    "AF20023": StateConflict,
    "AF20024": StateConflict,
    "InvalidAuthenticationToken": SignInNeeded,
    "syncStateNotFound": CursorExpired,
    "syncStateInvalid": CursorExpired,
    "resyncRequired": CursorExpired,
    "Directory_ExpiredPageToken": CursorExpired,
}
_KINDS: dict[int, type[ProviderError]] = {
    400: RequestRefused,
    401: SignInNeeded,
    402: LicenceMissing,
    403: NotPermitted,
    404: ObjectMissing,
    405: RequestRefused,
    409: StateConflict,
    410: CursorExpired,
    412: StateConflict,
    423: StateConflict,
    429: Throttled,
}
_CLAIMS = "insufficient_claims"
_APP_ONLY = "Unsupported app only token"
_ON_PREMISES = "on-premises mastered"
_NO_TENANT = re.compile(r"Tenant \S+ does not exist", re.IGNORECASE)
_WAIT = re.compile(r"retry again after (?:(\d+)\s*h)?\s*(?:(\d+)\s*m)?\s*(?:(\d+)\s*s)?", re.IGNORECASE)
_CHALLENGE = re.compile(r'error="([^"]*)"')
_HINTS = {
    "Authorization_RequestDenied": "add the permission to the app registration and grant admin consent again"
    " (a new consent shows within an hour); see --print-setup",
    "accessDenied": "add the permission to the app registration and grant admin consent again; see --print-setup",
    "AF10001": "add the permission of the Office 365 Management APIs and grant admin consent; see --print-setup",
    _APP_ONLY: "SharePoint takes no token of a client secret: connect with --auth certificate",
    "unified-audit-off": "switch on auditing: Microsoft Purview portal, Audit, Start recording user and admin activity",
}


class Told(msgspec.Struct):
    """What an answer says of a failure: all codes from the outside in, the words, the request's id."""

    codes: tuple[str, ...]
    words: str
    request_id: str | None = None

    @property
    def code(self) -> str | None:
        """The innermost code that is known, else the outermost."""
        return next((code for code in reversed(self.codes) if code in _KNOWN), self.codes[0] if self.codes else None)


def told(status: int, headers: Mapping[str, str], body: bytes) -> Told:
    """Return what an answer says, whatever form it has."""
    fallback = f"Microsoft answered {status} without a message"
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Told((), _plain(body) or _challenge(headers) or fallback)
    error: Any = None
    if isinstance(data, dict):
        error = next((data[name] for name in ("error", "odata.error", "Error") if data.get(name)), None)
        if isinstance(error, str):
            # The token endpoint, and an old form of SharePoint's.
            return Told((error,), str(data.get("error_description") or error))
        error = error if error is not None else data
    if not isinstance(error, dict):
        return Told((), _challenge(headers) or fallback)
    message = error.get("message", error.get("Message"))
    if isinstance(message, dict):
        message = message.get("value")
    codes: list[str] = []
    inner: Any = error
    request_id = None
    while isinstance(inner, dict) and len(codes) < 10:
        if isinstance(inner.get("code"), str) and inner["code"]:
            codes.append(inner["code"].partition(",")[0] if "," in inner["code"] else inner["code"])
        request_id = inner.get("request-id") or request_id
        inner = inner.get("innerError") or inner.get("innererror") or inner.get("innerException")
    return Told(tuple(codes), str(message or (codes[0] if codes else fallback)), request_id)


def _plain(body: bytes) -> str:
    text = body[:2000].decode("utf-8", "replace")
    return "" if "<" in text else " ".join(text.split())[:300]


def _challenge(headers: Mapping[str, str]) -> str:
    found = _CHALLENGE.search(headers.get("www-authenticate", ""))
    return found[1] if found else ""


def waiting_words(words: str) -> float | None:
    """Return the seconds that a message tells to wait ("retry again after 14m 56s"); None where it tells none."""
    found = _WAIT.search(words)
    if not found or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return hours * 3600.0 + minutes * 60 + seconds


def _kind(status: int, said: Told) -> type[ProviderError]:
    known = _KNOWN.get(said.code or "")
    if status == 429 or said.code in THROTTLED:
        return Throttled
    if status >= 500:
        return Unavailable
    if known is not None and status != 401:
        return known
    if status == 401 and (_APP_ONLY.lower() in said.words.lower() or said.code == "AF10001"):
        return ScopeMissing
    if _NO_TENANT.search(said.words):
        return LicenceMissing
    if _ON_PREMISES in said.words.lower():
        return StateConflict
    return _KINDS.get(status, RequestRefused)


def _hint(said: Told, kind: type[ProviderError]) -> str | None:
    if _APP_ONLY.lower() in said.words.lower():
        return _HINTS[_APP_ONLY]
    if kind is LicenceMissing and _NO_TENANT.search(said.words):
        return _HINTS["unified-audit-off"]
    if _ON_PREMISES in said.words.lower():
        return "the account is synchronised from an on-premises directory: change it there"
    return _HINTS.get(said.code or "")


def classify(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Return what one answer means."""
    if status < 400:
        return OK
    said = told(status, headers, body)
    kind = _kind(status, said)
    off = kind is LicenceMissing and _NO_TENANT.search(said.words)
    error = kind(
        f"auditing is not switched on for this tenant: {said.words}" if off else said.words,
        call=call.name,
        status=status,
        code=said.code,
        request_id=headers.get("request-id") or headers.get("sprequestguid") or said.request_id,
        hint=_hint(said, kind),
    )
    if kind is Throttled:
        wait = None if headers.get("retry-after") else waiting_words(said.words)
        return Verdict("throttled", error, wait)
    if isinstance(error, SignInNeeded):
        return Verdict("reauth", error)
    if status >= 500 or said.code in _BUSY:
        return Verdict("busy", error)
    return Verdict("fail", error)


RULES = ApiRules(
    classify=classify,
    # Enumerations' newer members come as they are, and SharePoint asks callers to name themselves.
    headers={"User-Agent": "NONISV|casb|casb/1.0"},
)
