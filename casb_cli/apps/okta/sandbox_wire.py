"""How the simulated Okta writes: error bodies, times, ids, page links and opaque cursors."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from casb_cli.sandbox import chance
from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, answer

INSUFFICIENT_SCOPE = "The access token provided does not contain the required scopes."

_CODES: dict[str, tuple[int, str]] = {
    "E0000001": (400, "Api validation failed: {0}"),
    "E0000003": (400, "The request body was not well-formed."),
    "E0000004": (401, "Authentication failed"),
    "E0000005": (403, "Invalid session"),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000007": (404, "Not found: Resource not found: {0}"),
    "E0000008": (404, "The requested path was not found"),
    "E0000009": (500, "Internal Server Error"),
    "E0000010": (503, "Service is in read only mode"),
    "E0000011": (401, "Invalid token provided"),
    "E0000015": (401, "You do not have permission to access the feature you are requesting"),
    "E0000016": (403, "Activation failed because the user is already active"),
    "E0000022": (405, "The endpoint does not support the provided HTTP method"),
    "E0000031": (400, "Invalid search criteria."),
    "E0000032": (403, "Unlock is not allowed for this user."),
    "E0000038": (403, "This operation is not allowed in the user's current status."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
    "E0000053": (400, "Invalid filter '{0}'."),
}
"""Okta's error codes with their HTTP status and words, as its catalogue lists them."""

_STATUS_CODES = {500: "E0000009", 503: "E0000010"}


class Refusal(Refused):
    """An answer that is a refusal, in one of Okta's error shapes."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply)
        self.status = reply.status


def error_body(code: str, about: str = "", causes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return Okta's error object."""
    return {
        "errorCode": code,
        "errorSummary": _CODES[code][1].format(about),
        "errorLink": code,
        "errorId": "oae" + secrets.token_urlsafe(16).replace("-", "x")[:21],
        "errorCauses": [{"errorSummary": cause} for cause in causes],
    }


def refused(code: str, about: str = "", *causes: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """Return the refusal of a code; `about` fills its words, `causes` are listed below it."""
    return Refusal(answer(error_body(code, about, causes), _CODES[code][0], headers))


def server_error(status: int) -> Reply:
    """Return a server error; what a proxy in front answers (502, 504) is no JSON."""
    code = _STATUS_CODES.get(status)
    if code is None:
        page = f"<html><body><h1>{status}</h1></body></html>"
        return Reply(status, page.encode(), {"content-type": "text/html"})
    return answer(error_body(code), status)


def not_found(id_: str, kind: str) -> Refusal:
    """Return the 404 of an object that is not there."""
    return refused("E0000007", f"{id_} ({kind})")


def oauth_error(error: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Refusal:
    """Return a refusal in the shape of the OAuth endpoints."""
    return Refusal(answer({"error": error, "error_description": description}, status, headers))


def when(moment: datetime | None) -> str | None:
    """Return a moment as Okta writes it: RFC 3339 in UTC with milliseconds."""
    if moment is None:
        return None
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")[:23] + "Z"


def moment_of(value: str) -> datetime:
    """Return the moment that a caller sent; raises ValueError. Without an offset it is UTC."""
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


# Ids


def make_id(seed: int, prefix: str, kind: int, index: int) -> str:
    """Return a 20-character id that carries its index, so that it leads back without a table."""
    digits = ""
    for _ in range(5):
        index, digit = divmod(index, 62)
        digits = chance.BASE62[digit] + digits
    return _beginning(seed, prefix, kind) + digits


@cache
def _beginning(seed: int, prefix: str, kind: int) -> str:
    return prefix + chance.text(chance.BASE62, 15 - len(prefix), seed, kind)


def index_of(seed: int, prefix: str, kind: int, id_: str) -> int | None:
    """Return the index that an id of ours carries, None for any other text."""
    if len(id_) != 20 or not id_.isascii() or not id_.isalnum():
        return None
    if not id_.startswith(_beginning(seed, prefix, kind)):
        return None
    index = 0
    for digit in id_[15:]:
        index = index * 62 + chance.BASE62.index(digit)
    return index


# Pages


def cursor(*parts: int | str) -> str:
    """Return an opaque page cursor."""
    return base64.urlsafe_b64encode("\x1f".join(map(str, parts)).encode()).decode().rstrip("=")


def uncursor(value: str) -> tuple[int, int]:
    """Return position and turn of a cursor we gave; any other is refused."""
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
        position, turn = (int(part) for part in raw.split("\x1f"))
    except ValueError:
        raise refused("E0000001", "after", "Invalid paging request") from None
    if position < 0:
        raise refused("E0000001", "after", "Invalid paging request")
    return position, turn


def address(base: str, path: str, query_text: str, **changed: str) -> str:
    """Return the address of the same listing with some parameters changed."""
    query = dict(parse_qsl(query_text, keep_blank_values=True)) | changed
    return f"{base}{path}?{urlencode(query)}" if query else f"{base}{path}"


def link_header(own: str, following: str | None) -> dict[str, str]:
    """Return the Link header of a page."""
    links = [f'<{own}>; rel="self"']
    if following is not None:
        links.append(f'<{following}>; rel="next"')
    return {"link": ", ".join(links)}
