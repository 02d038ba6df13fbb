"""How Google's answers are to be understood.

developers.google.com, "Resolve errors" of Drive and of the Admin SDK: a limit arrives as 403 whose first error
has a rate reason, and only another 403 is a matter of permission; a 404 may mean "not visible to this subject".
Proxies in front answer in HTML or plain text.
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

RATE = frozenset(
    {
        "quotaExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "sharingRateLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
        "RESOURCE_EXHAUSTED",
    }
)
"""Reasons that mean: too fast; the same call succeeds later."""
SPENT = frozenset({"dailyLimitExceeded", "downloadQuotaExceeded"})
"""Reasons that mean: not today."""
NOT_FOR_USER = frozenset({"domainPolicy", "domainCannotUseApis", "failedPrecondition", "authError"})
"""Reasons that mean: this one user has no Drive, or cannot be acted as."""
_PASSING = frozenset({"backendError", "badGateway", "gatewayTimeout", "internalError", "transientError"})
_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
_CONFLICTS = frozenset(
    {
        "cannotModifyInheritedPermission",
        "cannotModifyInheritedTeamDrivePermission",
        "cannotRemoveOwner",
        "cannotDeleteOnlyRevision",
        "revisionDeletionNotSupported",
        "cannotMoveTrashedItemIntoTeamDrive",
        "cannotMoveTrashedItemOutOfTeamDrive",
        "teamDrivesFolderMoveInNotSupported",
        "fileOwnerNotMemberOfTeamDrive",
        "fileOwnerNotMemberOfWriterDomain",
        "fileWriterTeamDriveMoveInDisabled",
        "crossDomainMoveRestriction",
        "adminCannotUnsuspend",
        "exportSizeLimitExceeded",
    }
)
_CHALLENGE = re.compile(r'(error|error_description|scope)="([^"]*)"')
_TAG = re.compile(r"<[^<>]*>")
_TITLE = re.compile(r"<title>([^<]{1,300})</title>", re.IGNORECASE)
_SCOPE = "insufficient_scope"
_SCOPE_REASONS = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_HINTS = {
    "accessNotConfigured": "enable the API in the service account's Google Cloud project; see --print-setup",
    "SERVICE_DISABLED": "enable the API in the service account's Google Cloud project; see --print-setup",
    "forbidden": "the administrator acted as lacks the role: give a super administrator as `subject`",
    "domainCannotUseApis": "an administrator allows API access under Security, API controls in the Admin console",
    "domainPolicy": "Drive is switched off for this user, or the user has no licence for it",
}


class _Error(msgspec.Struct):
    reason: str | None = None
    message: str | None = None
    domain: str | None = None
    location: str | None = None


class _Detail(msgspec.Struct):
    reason: str | None = None


class _Inner(msgspec.Struct):
    message: str | None = None
    status: str | None = None
    errors: list[_Error] | None = None
    details: list[_Detail] | None = None


class _Body(msgspec.Struct):
    error: _Inner | str | None = None
    error_description: str | None = None


class Told(msgspec.Struct):
    """What an answer says of a failure: the reason by Google's name, the words, and scopes it names as missing."""

    reason: str | None
    words: str
    scopes: tuple[str, ...] = ()
    location: str | None = None


def told(status: int, headers: Mapping[str, str], body: bytes) -> Told:
    """Return what an answer says, whatever form it has."""
    challenge = dict(_CHALLENGE.findall(headers.get("www-authenticate", "")))
    scopes = tuple(challenge.get("scope", "").split()) if challenge.get("error") == _SCOPE else ()
    fallback = f"Google answered {status} without a message"
    try:
        error = from_json(body, _Body)
    except msgspec.MsgspecError:
        return Told(challenge.get("error"), _plain(body) or fallback, scopes)
    if not isinstance(error.error, _Inner):
        words = error.error_description or error.error or challenge.get("error_description") or fallback
        return Told(error.error or challenge.get("error"), words, scopes)
    inner = error.error
    first = inner.errors[0] if inner.errors else _Error()
    reason = first.reason or next((one.reason for one in inner.details or () if one.reason), None) or inner.status
    return Told(reason, inner.message or first.message or reason or fallback, scopes, first.location)


def _plain(body: bytes) -> str:
    """Return what an answer that is no JSON says: a page's title, or its text, at most 300 characters."""
    text = body[:20_000].decode("utf-8", "replace")
    title = _TITLE.search(text)
    return " ".join((title[1] if title else _TAG.sub(" ", text)).split())[:300]


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


def _is_rate(status: int, found: Told) -> bool:
    if status == 429 or (status == 403 and found.reason in RATE):
        return True
    # Some limits are told in plain text alone.
    return status == 403 and found.reason is None and "quota exceeded" in found.words.lower()


def _kind(call: Call, status: int, found: Told) -> type[ProviderError]:
    reason = found.reason
    if status == 403 and (found.scopes or reason in _SCOPE_REASONS):
        return ScopeMissing
    if reason in _CONFLICTS:
        return StateConflict
    if reason == "domainPolicy" or reason in _OFF:
        return LicenceMissing if reason == "domainPolicy" else NotPermitted
    if status == 400 and reason == "failedPrecondition":
        return NotPermitted
    if status in {400, 410} and "pageToken" in call.query and reason in {"invalid", "badRequest", "INVALID_ARGUMENT"}:
        return CursorExpired
    if call.identity.kind == "user" and status == 401:
        # One user who cannot be acted as is no broken connection.
        return NotPermitted
    if status >= 500:
        return Unavailable
    return _KINDS.get(status, RequestRefused)


def _scope_hint(scopes: tuple[str, ...]) -> str:
    what = " or ".join(scopes) or "the scope"
    return f"add {what} to the domain-wide delegation entry in the Admin console, then connect again"


def classify(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Return what one answer means."""
    if status < 400:
        return OK
    found = told(status, headers, body)
    rate = _is_rate(status, found)
    kind = Throttled if rate or found.reason in SPENT else _kind(call, status, found)
    words = found.words
    if kind is ObjectMissing:
        words += " (gone, or not visible to the account acted as)"
    known = {"code": found.reason, "status": status, "call": call.name}
    hint = _scope_hint(found.scopes) if kind is ScopeMissing else _HINTS.get(found.reason or "")
    error: ProviderError
    if issubclass(kind, NotPermitted):
        error = kind(words, needed=found.scopes, hint=hint, **known)
    else:
        error = kind(words, hint=hint, **known)  # type: ignore[arg-type]
    if rate:
        return Verdict("throttled", error, own=found.reason == "userRateLimitExceeded")
    if status == 401:
        return Verdict("reauth", error)
    if status >= 500 or found.reason in _PASSING:
        return Verdict("busy", error)
    return Verdict("fail", error)


RULES = ApiRules(classify=classify)
