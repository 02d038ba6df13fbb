"""How GitHub's answers are to be understood.

docs.github.com, "Rate limits" and "Troubleshooting the REST API": 403 and 429 both carry limits; `retry-after`
wins, then `x-ratelimit-remaining: 0`, then the words "secondary rate limit"; any other 403 is about
permission. GraphQL reports a used-up limit with status 200.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from casb_cli.core.errors import (
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

API_VERSION = "2022-11-28"


class _Body(msgspec.Struct):
    message: str | None = None
    documentation_url: str | None = None
    errors: msgspec.Raw = msgspec.Raw(b"null")
    error: str | None = None
    error_description: str | None = None
    detail: str | None = None


class _GraphqlError(msgspec.Struct):
    message: str = ""
    type: str = ""


class _Graphql(msgspec.Struct):
    errors: list[_GraphqlError] = []


def _body(body: bytes) -> _Body:
    try:
        return from_json(body, _Body)
    except msgspec.MsgspecError:
        return _Body()


def _words(status: int, parsed: _Body) -> str:
    words = parsed.message or parsed.detail or parsed.error_description or parsed.error
    if not words:
        return f"GitHub answered {status} without a message"
    try:
        details = msgspec.json.decode(parsed.errors, type=list[dict[str, object] | str] | None)
    except msgspec.MsgspecError:
        details = None
    extra = [
        item if isinstance(item, str) else " ".join(str(item[k]) for k in ("field", "code", "message") if k in item)
        for item in details or ()
    ]
    return f"{words} ({'; '.join(extra)})" if extra else words


def _permission(call: Call, status: int, headers: Mapping[str, str], words: str) -> ProviderError:
    request_id = headers.get("x-github-request-id")
    sso = headers.get("x-github-sso", "")
    if sso.startswith("required"):
        return NotPermitted(
            f"{words}; the token is not authorized for the organization's single sign-on",
            call=call.name,
            status=status,
            request_id=request_id,
            hint="authorize the token for the organization under Settings, Developer settings, then try again",
        )
    accepted = headers.get("x-accepted-github-permissions") or headers.get("x-accepted-oauth-scopes") or ""
    # `;` separates alternatives, `,` what is needed together; the first alternative is the one to name.
    needed = tuple(part.strip().replace("=", ":") for part in accepted.split(";")[0].split(",") if part.strip())
    hint = None
    if "ip allow list" in words.lower() or "ip address" in words.lower():
        hint = "add the address of this machine to the organization's IP allow list"
    kind = ScopeMissing if needed and not hint else NotPermitted
    return kind(words, needed=needed, call=call.name, status=status, request_id=request_id, hint=hint)


def _shortened(call: Call, status: int, headers: Mapping[str, str]) -> ProviderError:
    return NotPermitted(
        "GitHub left out what the token is not authorized for by the organization's single sign-on",
        call=call.name,
        status=status,
        request_id=headers.get("x-github-request-id"),
        hint="authorize the token for the organization: on GitHub under Settings, Developer settings, Configure SSO",
    )


def classify(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """Return what one answer means; the body is read only where the status leaves it open."""
    if 200 <= status < 300 and headers.get("x-github-sso", "").startswith("partial-results"):
        # A list shortened by single sign-on must not pass for a whole one.
        return Verdict("fail", _shortened(call, status, headers))
    if 200 <= status < 300:
        if call.family == "graphql" and b'"errors"' in body:
            return _graphql(call, status, headers, body)
        return OK
    if status in {301, 302, 304, 307, 308} or status in call.answers:
        return OK
    parsed = _body(body)
    words = _words(status, parsed)
    request_id = headers.get("x-github-request-id")
    if status in {403, 429}:
        exhausted = headers.get("x-ratelimit-remaining") == "0"
        secondary = "secondary rate limit" in words.lower() or "abuse detection" in words.lower()
        if status == 429 or "retry-after" in headers or exhausted or secondary:
            after = 60.0 if secondary and "retry-after" not in headers and not exhausted else None
            return Verdict("throttled", Throttled(words, call=call.name, status=status, request_id=request_id), after)
        return Verdict("fail", _permission(call, status, headers, words))
    if status == 401:
        return Verdict(
            "reauth",
            SignInNeeded(words, call=call.name, status=status, request_id=request_id),
        )
    if status in {404, 410, 451}:
        return Verdict("fail", ObjectMissing(words, call=call.name, status=status, request_id=request_id))
    if status in {409, 412}:
        return Verdict("fail", StateConflict(words, call=call.name, status=status, request_id=request_id))
    if status >= 500:
        return Verdict("busy", Unavailable(words, call=call.name, status=status, request_id=request_id))
    return Verdict("fail", RequestRefused(words, call=call.name, status=status, request_id=request_id))


def _graphql(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    try:
        errors = from_json(body, _Graphql).errors
    except msgspec.MsgspecError:
        return OK
    if not errors:
        return OK
    request_id = headers.get("x-github-request-id")
    words = "; ".join(e.message for e in errors)
    kinds = {e.type for e in errors}
    if headers.get("x-ratelimit-remaining") == "0" or "RATE_LIMITED" in kinds or "rate limit" in words.lower():
        return Verdict("throttled", Throttled(words, call=call.name, status=status, request_id=request_id))
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"} and b'"edges"' not in body:
        return Verdict("fail", ScopeMissing(words, call=call.name, status=status, request_id=request_id))
    if kinds == {"NOT_FOUND"}:
        return Verdict("fail", ObjectMissing(words, call=call.name, status=status, request_id=request_id))
    # Fields that the caller may not see come back null beside the data: the rows are whole otherwise.
    return (
        OK
        if b'"edges"' in body
        else Verdict("fail", RequestRefused(words, call=call.name, status=status, request_id=request_id))
    )


RULES = ApiRules(
    classify=classify,
    headers={
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": API_VERSION,
    },
)
