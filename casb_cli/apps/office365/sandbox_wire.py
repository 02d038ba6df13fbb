"""How the simulated tenant writes: error bodies of each API, times, pages with next links, selected properties."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

from casb_cli.sandbox.provider import Refused
from casb_cli.sandbox.wire import Reply, Request, answer

Source = Callable[[int], Iterator[tuple[int, dict[str, Any]]]]
"""Rows from a position on, each with the position after it."""


def when(epoch: float) -> str:
    """Return a moment as Graph writes it, to the second."""
    at = time.gmtime(int(epoch))
    return f"{at.tm_year}-{at.tm_mon:02d}-{at.tm_mday:02d}T{at.tm_hour:02d}:{at.tm_min:02d}:{at.tm_sec:02d}Z"


def epoch_of(text: str) -> float | None:
    """Return the moment of a caller's text, UTC where it names no offset; None where it's no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def error_body(code: str, message: str, *, inner: str = "") -> dict[str, Any]:
    """Return Graph's error object; the inner code is what newer parts of Graph decide by."""
    request = secrets.token_hex(4) + "-0000-4000-a000-" + secrets.token_hex(6)
    nested = {"date": when(time.time())[:-1], "request-id": request, "client-request-id": request}
    if inner:
        nested = {"code": inner, **nested}
    return {"error": {"code": code, "message": message, "innerError": nested}}


class Refusal(Refused):
    """A refusal of Graph."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, inner: str = ""
    ) -> None:
        super().__init__(answer(error_body(code, message, inner=inner), status, headers))
        self.status = status
        self.code = code


class FeedRefusal(Refused):
    """A refusal of the Management Activity API."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(answer({"error": {"code": code, "message": message}}, status, headers))
        self.status = status


class SiteRefusal(Refused):
    """A refusal of SharePoint REST."""

    def __init__(self, status: int, code: str, message: str) -> None:
        body = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": message}}}
        super().__init__(answer(body, status))
        self.status = status


class TokenRefusal(Refused):
    """A refusal of the token endpoint, with its AADSTS number."""

    def __init__(self, error: str, number: int, message: str, status: int = 400) -> None:
        trace = secrets.token_hex(4) + "-1111-4111-a111-" + secrets.token_hex(6)
        text = f"AADSTS{number}: {message} Trace ID: {trace} Correlation ID: {trace} Timestamp: {when(time.time())}"
        body = {
            "error": error,
            "error_description": text,
            "error_codes": [number],
            "timestamp": when(time.time()).replace("T", " "),
            "trace_id": trace,
            "correlation_id": trace,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        }
        super().__init__(answer(body, status))
        self.status = status
        self.number = number


def unauthorized(message: str = "Access token has expired or is not yet valid.") -> Refusal:
    """Return the 401 of a token that is missing, unknown, expired or of another API."""
    challenge = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return Refusal(401, "InvalidAuthenticationToken", message, headers={"www-authenticate": challenge})


def no_object(id_: str) -> Refusal:
    """Return the 404 of the directory."""
    message = f"Resource '{id_}' does not exist or one of its queried reference-property objects are not present."
    return Refusal(404, "Request_ResourceNotFound", message)


def no_item() -> Refusal:
    """Return the 404 of a file, drive or permission."""
    return Refusal(404, "itemNotFound", "The resource could not be found.")


def bad(message: str, code: str = "Request_BadRequest") -> Refusal:
    """Return a 400."""
    return Refusal(400, code, message)


def denied_files() -> Refusal:
    """Return the 403 of files and sites."""
    return Refusal(403, "accessDenied", "Caller does not have required permissions for this API.")


# Pages


def _digest(scope: str) -> str:
    return hashlib.blake2b(scope.encode(), digest_size=4).hexdigest()


def token_of(kind: str, scope: str, *numbers: int) -> str:
    """Return an opaque page or delta token, good for the same question only."""
    text = ".".join([kind, _digest(scope), *map(str, numbers)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def numbers_of(value: str, kind: str, scope: str) -> list[int] | None:
    """Return the numbers of a token that we gave to this question, None for any other."""
    try:
        text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
        given, digest, *parts = text.split(".")
        return [int(part) for part in parts] if (given, digest) == (kind, _digest(scope)) else None
    except ValueError:
        return None


def top_of(request: Request, default: int, most: int) -> int:
    """Return `$top`: refused where it's no number or out of range."""
    raw = request.query.get("$top")
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit() or int(raw) < 1:
        raise bad(f"Invalid page size specified: '{raw[:20]}'. Must be between 1 and {most} inclusive.")
    if int(raw) > most:
        raise bad(f"Invalid page size specified: '{raw}'. Must be between 1 and {most} inclusive.")
    return int(raw)


def asked(request: Request, *without: str) -> str:
    """Return the question that a page token is bound to: path and query without the token itself."""
    pairs = parse_qsl(request.query_text, keep_blank_values=True)
    return request.path + "?" + "&".join(f"{k}={v}" for k, v in sorted(pairs) if k not in {"$skiptoken", *without})


def link(base: str, request: Request, **values: str) -> str:
    """Return the request's own address with some parameters of its query set."""
    names = {name.replace("_", "$", 1) if name.startswith("_") else name: value for name, value in values.items()}
    pairs = [(k, v) for k, v in parse_qsl(request.query_text, keep_blank_values=True) if k not in names]
    text = "&".join(f"{quote(k, safe='$')}={quote(v, safe='')}" for k, v in [*pairs, *names.items()])
    return f"{base}{request.path}?{text}"


def page(
    request: Request, base: str, source: Source, default: int, most: int, *, context: str = "", count: int | None = None
) -> Reply:
    """Return one page of a listing with its next link; plays the paging faults, and cuts rows to `$select`."""
    size = top_of(request, default, most)
    scope = asked(request)
    at, turn = 0, 0
    raw = request.query.get("$skiptoken")
    if raw is not None:
        found = numbers_of(raw, "S", scope)
        if request.fault == "expired-cursor" or found is None or len(found) != 2:
            message = "The specified page token value has expired and can no longer be included in your request."
            raise bad(message, "Directory_ExpiredPageToken")
        at, turn = found
    rows: list[dict[str, Any]] = []
    last, more = at, False
    for position, row in source(at):
        if len(rows) == size:
            more = True
            break
        rows.append(row)
        last = position
    body: dict[str, Any] = {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{context}"}
    if count is not None:
        body["@odata.count"] = count
    if request.fault == "duplicate-page" and rows:
        body["@odata.nextLink"] = link(base, request, _skiptoken=token_of("S", scope, at, turn + 1))
    elif more:
        body["@odata.nextLink"] = link(base, request, _skiptoken=token_of("S", scope, last, 0))
    body["value"] = [selected(request, row) for row in rows]
    return answer(body)


def listed(rows: Iterable[dict[str, Any]]) -> Source:
    """Return the source of rows that can be listed at once."""
    known = list(rows)

    def source(start: int) -> Iterator[tuple[int, dict[str, Any]]]:
        for position in range(start, len(known)):
            yield position + 1, known[position]

    return source


def selected(request: Request, row: dict[str, Any], default: frozenset[str] | None = None) -> dict[str, Any]:
    """Return what `$select` (or the default) asks for of a row, with the annotations of that and of the whole row."""
    wanted = request.query.get("$select")
    if wanted is None:
        if default is None:
            return row
        names = {*default, ""}
    else:
        names = {name.strip().split("/")[0] for name in wanted.split(",")} | {"id", ""}
        if "*" in names:
            return row
    return {
        name: value for name, value in row.items() if name in names or ("@" in name and name.partition("@")[0] in names)
    }
