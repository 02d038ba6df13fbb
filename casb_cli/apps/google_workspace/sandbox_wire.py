"""How the simulated Google Workspace writes: error bodies, times, page tokens, partial answers."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, Request, answer

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    416: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

Mask = dict[str, "Mask | None"]
"""Which fields are asked for: None below a name means all of it."""


def error_body(status: int, reason: str, message: str, *, domain: str = "global", **where: str) -> dict[str, Any]:
    """Return Google's error object."""
    one = {"message": message, "domain": domain, "reason": reason, **where}
    return {"error": {"code": status, "message": message, "errors": [one], "status": _STATUS.get(status, "UNKNOWN")}}


class Refusal(Refused):
    """An answer that is a refusal; `reason` is what decides for Google's clients."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        headers: Mapping[str, str] | None = None,
        **where: str,
    ) -> None:
        super().__init__(answer(error_body(status, reason, message, domain=domain, **where), status, headers))
        self.status = status
        self.reason = reason


class OAuthRefusal(Refused):
    """A refusal of the token endpoint."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        body = {"error": error} | ({"error_description": description} if description else {})
        super().__init__(answer(body, status))


def unauthorized() -> Refusal:
    """Return the 401 of a token that is missing, unknown or expired."""
    return Refusal(
        401,
        "authError",
        "Invalid Credentials",
        headers={"www-authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
        locationType="header",
        location="Authorization",
    )


def insufficient_scope(scopes: str) -> Refusal:
    """Return the 403 of a token without the scope; the header names those that would do."""
    challenge = f'Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="{scopes}"'
    return Refusal(
        403,
        "insufficientPermissions",
        "Request had insufficient authentication scopes.",
        headers={"www-authenticate": challenge},
    )


def forbidden(message: str = "Not Authorized to access this resource/api") -> Refusal:
    """Return the 403 of a subject without the administrator role."""
    return Refusal(403, "forbidden", message)


def invalid(name: str, message: str, *, reason: str = "invalid") -> Refusal:
    """Return the 400 of a parameter that cannot be."""
    return Refusal(400, reason, message, locationType="parameter", location=name)


def no_file(file: str) -> Refusal:
    """Return the 404 of a file that is gone, or that the subject can't see."""
    return Refusal(404, "notFound", f"File not found: {file}.", locationType="parameter", location="fileId")


def not_found(key: str) -> Refusal:
    """Return the 404 of the Directory."""
    return Refusal(404, "notFound", f"Resource Not Found: {key}")


def when(epoch: float) -> str:
    """Return a moment as Google writes it: RFC 3339 with milliseconds and Z."""
    millis = round(epoch * 1000)
    at = time.gmtime(millis // 1000)
    return (
        f"{at.tm_year}-{at.tm_mon:02d}-{at.tm_mday:02d}T{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}"
        f".{millis % 1000:03d}Z"
    )


def epoch_of(value: str, name: str) -> float:
    """Return the moment of an RFC 3339 text sent by a caller, which must carry an offset; raises 400."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(name, f"Invalid value '{value}'. Expected an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise invalid(name, f"Invalid value '{value}'. The time has no offset")
    return moment.timestamp()


# Pages


def page_token(kind: str, scope: str, *parts: int) -> str:
    """Return an opaque page token, good for the same question only."""
    text = ".".join([kind, _digest(scope), *map(str, parts)])
    return "~!!~" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(value: str, kind: str, scope: str, count: int) -> list[int]:
    """Return the numbers of a page token that we gave to this question; any other is refused with 400."""
    raw = value.removeprefix("~!!~")
    try:
        text = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)).decode()
        given, digest, *parts = text.split(".")
        numbers = [int(part) for part in parts]
    except ValueError:
        raise invalid("pageToken", "Invalid Value") from None
    if (given, digest, len(numbers)) != (kind, _digest(scope), count):
        raise invalid("pageToken", "Invalid Value")
    return numbers


def _digest(scope: str) -> str:
    return hashlib.blake2b(scope.encode(), digest_size=4).hexdigest()


def size_of(request: Request, name: str, default: int, most: int) -> int:
    """Return the page size: the asked one, refused with 400 where it's no number or out of range."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= most:
        raise invalid(name, f"Invalid value '{raw[:20]}'. Values must be within the range: [1, {most}]")
    return int(raw)


def paged(request: Request, kind: str, rows: list[Any], size: int, scope: str = "") -> tuple[list[Any], str | None]:
    """Return one page of rows that can be listed at once, and the token of the next; plays the paging faults."""
    at, turn = 0, 0
    raw = request.query.get("pageToken")
    if raw:
        if request.fault == "expired-cursor":
            raise invalid("pageToken", "Invalid Value")
        at, turn = read_token(raw, kind, scope, 2)
    page = rows[at : at + size]
    if request.fault == "duplicate-page" and page:
        return page, page_token(kind, scope, at, turn + 1)
    return page, page_token(kind, scope, at + size, 0) if at + size < len(rows) else None


def flag(request: Request, name: str) -> bool:
    """Tell whether a switch of the query is on."""
    raw = request.query.get(name, "false").lower()
    if raw not in {"true", "false", "1", "0"}:
        raise invalid(name, f"Invalid value '{raw[:20]}'")
    return raw in {"true", "1"}


# Partial answers

_TOKEN = re.compile(r"[(),/]|[^(),/]+")


def mask_of(text: str) -> Mask | None:
    """Return the fields that a `fields` parameter asks for, None for all; raises 400 where it can't be read."""
    tokens = _TOKEN.findall(text.replace(" ", ""))
    mask, rest = _mask(tokens, 0, text)
    if rest != len(tokens) or not mask:
        raise _bad_mask(text)
    return None if "*" in mask else mask


def _bad_mask(text: str) -> Refusal:
    return invalid("fields", f"Invalid field selection {text[:60]}", reason="invalidParameter")


def _mask(tokens: list[str], at: int, text: str) -> tuple[Mask, int]:
    found: Mask = {}
    while at < len(tokens):
        here = found
        while True:
            name = tokens[at] if at < len(tokens) else ")"
            if name in "(),/":
                raise _bad_mask(text)
            at += 1
            follows = tokens[at] if at < len(tokens) else ""
            if follows == "/":
                here = _below(here, name)
                at += 1
                continue
            if follows == "(":
                inner, at = _mask(tokens, at + 1, text)
                if at >= len(tokens) or tokens[at] != ")":
                    raise _bad_mask(text)
                at += 1
                if "*" in inner:
                    here[name] = None
                else:
                    _below(here, name).update(inner)
            elif name not in here or here[name] is not None:
                here[name] = None
            break
        if at >= len(tokens) or tokens[at] == ")":
            return found, at
        if tokens[at] != ",":
            raise _bad_mask(text)
        at += 1
    return found, at


def _below(mask: Mask, name: str) -> Mask:
    known = mask.get(name)
    if known is None:
        known = mask[name] = {}
    return known


def pruned(value: Any, mask: Mask | None) -> Any:
    """Return what of a value a mask lets through."""
    if mask is None:
        return value
    if isinstance(value, list):
        return [pruned(one, mask) for one in value]
    if isinstance(value, dict):
        return {name: pruned(value[name], below) for name, below in mask.items() if name in value}
    return value


def told(request: Request, value: dict[str, Any], default: str = "*", status: int = 200) -> Reply:
    """Return an answer cut to the fields that the request asks for."""
    return answer(pruned(value, mask_of(request.query.get("fields") or default)), status)
