"""How the simulated Box writes: error bodies, times, opaque markers, and what `fields` returns."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, answer

HELP_URL = "http://developers.box.com/docs/#errors"
MAX_OFFSET = 10_000

_CODES = {
    400: ("bad_request", "Bad Request"),
    401: ("unauthorized", "Unauthorized"),
    403: (
        "access_denied_insufficient_permissions",
        "Access denied - insufficient permission",
    ),
    404: ("not_found", "Not Found"),
    405: ("method_not_allowed", "Method Not Allowed"),
    409: ("item_name_in_use", "Item with the same name already exists"),
    412: ("precondition_failed", "The resource has been modified. Please retrieve the resource again and retry"),
    415: ("unsupported_media_type", "Unsupported Media Type"),
    429: ("rate_limit_exceeded", "Request rate limit exceeded, please try again later"),
    500: ("internal_server_error", "Internal Server Error"),
    502: ("bad_gateway", "Bad Gateway"),
    503: ("unavailable", "Service Unavailable"),
}


class Refusal(Refused):
    """An answer that is a refusal: Box's error body, or an empty one with only headers."""

    def __init__(
        self,
        status: int,
        code: str | None = None,
        message: str | None = None,
        *,
        context: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        empty: bool = False,
        oauth: Mapping[str, str] | None = None,
    ) -> None:
        if empty:
            reply = Reply(status, b"", headers)
        else:
            reply = answer(oauth or error_body(status, code, message, context), status, headers)
        super().__init__(reply)
        self.status = status


def error_body(
    status: int,
    code: str | None = None,
    message: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return Box's error object for a status."""
    default_code, default_message = _CODES.get(status, ("bad_request", "Bad Request"))
    body: dict[str, Any] = {
        "type": "error",
        "status": status,
        "code": code or default_code,
        "help_url": HELP_URL,
        "message": message or default_message,
        "request_id": secrets.token_hex(8),
    }
    if context is not None:
        body["context_info"] = dict(context)
    return body


def invalid(name: str, message: str, *, code: str = "bad_request") -> Refusal:
    """Return the 400 that names one offending parameter."""
    reason = {"reason": "invalid_parameter", "name": name, "message": message}
    return Refusal(400, code, message, context={"errors": [reason]})


def not_found(kind: str, id_: str) -> Refusal:
    """Return the 404 of an item that is missing or not visible to the caller."""
    reason = {"reason": "invalid_parameter", "name": "item", "message": f"Invalid value '{kind[0]}_{id_}'."}
    return Refusal(404, context={"errors": [reason]})


def oauth_error(error: str, description: str, status: int = 400) -> Refusal:
    """Return a refusal of the sign-in endpoints."""
    return Refusal(status, oauth={"error": error, "error_description": description})


def unauthorized(error: str, description: str) -> Refusal:
    """Return the 401 of a token that is missing, unknown or expired: an empty body and a challenge."""
    challenge = f'Bearer realm="Service", error="{error}", error_description="{description}"'
    return Refusal(401, headers={"www-authenticate": challenge}, empty=True)


def insufficient_scope() -> Refusal:
    """Return the 403 of a token without the scope: an empty body and a challenge."""
    challenge = (
        'Bearer realm="Service", error="insufficient_scope", '
        'error_description="The request requires higher privileges than provided by the access token."'
    )
    return Refusal(403, headers={"www-authenticate": challenge}, empty=True)


def forbidden(message: str | None = None, code: str = "access_denied_insufficient_permissions") -> Refusal:
    """Return the 403 of a caller without the right."""
    return Refusal(403, code, message)


def when(epoch: float | None) -> str | None:
    """Return a moment as Box writes it: RFC 3339 with a Pacific offset, whole seconds."""
    if epoch is None:
        return None
    at = time.gmtime(int(epoch) - 28_800)  # a page of a thousand files has two thousand times: no datetime objects
    day = f"{at.tm_year}-{at.tm_mon:02d}-{at.tm_mday:02d}"
    return f"{day}T{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}-08:00"


def epoch_of(value: str, name: str) -> float:
    """Return the moment of an RFC 3339 text sent by a caller, which must carry an offset."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise invalid(name, f"Invalid value '{value}'. Expected an RFC 3339 time") from None
    if moment.tzinfo is None:
        raise invalid(name, f"Invalid value '{value}'. The time has no offset")
    return moment.timestamp()


def marker(*parts: int | str) -> str:
    """Return an opaque page marker."""
    return base64.urlsafe_b64encode("\x1f".join(map(str, parts)).encode()).decode().rstrip("=")


def unmark(value: str, count: int) -> list[str]:
    """Return the parts of a marker we gave; any other is refused."""
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    except ValueError:
        raise invalid("marker", "Invalid marker") from None
    parts = raw.split("\x1f")
    if len(parts) != count:
        raise invalid("marker", "Invalid marker")
    return parts


def whole(query: Mapping[str, str], name: str, default: int, *, least: int = 0, code: str = "bad_request") -> int:
    """Return a whole number of the query; anything else is refused with 400."""
    raw = query.get(name)
    if raw is None or raw == "":
        return default
    if not raw.isascii() or not raw.lstrip("-").isdigit() or int(raw) < least:
        raise invalid(name, f"Invalid value '{raw}'", code=code)
    return int(raw)


def flag(query: Mapping[str, str], name: str) -> bool:
    """Tell whether a switch of the query is on; Box's own SDK writes `True`."""
    return query.get(name, "").lower() == "true"


def limit_of(query: Mapping[str, str], default: int, most: int) -> int:
    """Return the page size: the asked one, at most `most`."""
    return min(whole(query, "limit", default, least=1, code="invalid_limit"), most)


def offset_of(query: Mapping[str, str]) -> int:
    """Return the offset; beyond 10,000 Box refuses with 400."""
    offset = whole(query, "offset", 0, code="invalid_offset")
    if offset > MAX_OFFSET:
        raise invalid("offset", f"Offset must be at most {MAX_OFFSET}", code="invalid_offset")
    return offset


def fields_of(query: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the asked fields, or None where the standard ones are wanted."""
    raw = query.get("fields")
    if not raw:
        return None
    return tuple(dict.fromkeys(name.strip() for name in raw.split(",") if name.strip()))


def boxed(value: str | None) -> str:
    """Return an id as Box accepts it in a path: digits; anything else is its 405."""
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 20:
        raise Refusal(405)
    return value
