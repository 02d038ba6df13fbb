"""Requests, replies and routes of a simulated provider: exact paths, no decoding behind its back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

import msgspec

F = TypeVar("F", bound=Callable[..., Any])

_JSON = msgspec.json.Encoder()
LOGGED_HEADERS = frozenset(
    {"accept", "user-agent", "if-none-match", "if-match", "as-user", "range", "x-github-api-version"}
)
"""Headers whose values the call log keeps; of all others it keeps the name alone."""


class Request:
    """One request as it arrived; `path` is the raw path, `params` the decoded values of the template.

    `name` is the logical call (`GET /orgs/{org}/members`), `who` whatever the provider's sign-in check found,
    `fault` the fault that the handler itself has to play (`duplicate-page`, `expired-cursor`) or "".
    """

    __slots__ = (
        "_query",
        "body",
        "fault",
        "headers",
        "host",
        "method",
        "name",
        "params",
        "path",
        "query_text",
        "who",
    )

    def __init__(
        self, method: str, path: str, query_text: str, headers: Mapping[str, str], body: bytes, host: str
    ) -> None:
        self.method = method
        self.path = path
        self.query_text = query_text
        self.headers = headers
        self.body = body
        self.host = host
        self.name = ""
        self.params: dict[str, str] = {}
        self.who: Any = None
        self.fault = ""
        self._query: dict[str, str] | None = None

    @property
    def query(self) -> dict[str, str]:
        """The query's values by name; the last one wins."""
        if self._query is None:
            self._query = dict(parse_qsl(self.query_text, keep_blank_values=True))
        return self._query

    def number(self, name: str, default: int, most: int | None = None) -> int:
        """Return a whole number of the query, `default` where absent or none, at most `most`."""
        text = self.query.get(name, "")
        value = int(text) if text.isdigit() else default
        return value if most is None else min(value, most)

    def json(self) -> Any:
        """Return the decoded JSON body, `{}` where empty; raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body) if self.body else {}

    def form(self) -> dict[str, str]:
        """Return the values of a form-encoded body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


class Reply:
    """One answer. `chunks` streams instead of `body`; `download` marks content that a fault may truncate."""

    __slots__ = ("body", "chunks", "download", "headers", "status")

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        chunks: Iterable[bytes] | None = None,
        download: bool = False,
    ) -> None:
        self.status = status
        self.body = body
        self.headers: dict[str, str] = dict(headers or {})
        self.chunks = chunks
        self.download = download


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a JSON reply."""
    reply = Reply(status, _JSON.encode(value), headers)
    reply.headers.setdefault("content-type", "application/json; charset=utf-8")
    return reply


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One logical call: its name, the host that serves it, what kinds of faults make sense on it."""

    name: str
    host: str = "api"
    paged: bool = False
    download: bool = False
    effect: bool = False
    free: bool = False
    """Whether it costs no quota and meets no fault."""


def route(
    name: str, *, host: str = "api", paged: bool = False, effect: bool | None = None, free: bool = False,
    download: bool = False, path: str | None = None,
) -> Callable[[F], F]:  # fmt: skip
    """Mark a provider's method `(request) -> Reply` as the handler of a logical call (`GET /a/{b}`); stackable.

    `{x}` matches one path segment, a last `{x:rest}` the remainder with its slashes (the logical name shows
    `{x}`). `path` is the path template where it isn't the one in the name. `effect` defaults to: not GET or HEAD.
    """
    method, _, template = name.partition(" ")
    shown = name.replace(":rest}", "}")
    found = Route(
        name=shown,
        host=host,
        paged=paged,
        download=download,
        effect=method not in {"GET", "HEAD"} if effect is None else effect,
        free=free,
    )

    def mark(handler: F) -> F:
        marks = [*getattr(handler, "__routes__", ()), (method, path or template, found)]
        handler.__routes__ = marks  # type: ignore[attr-defined]
        return handler

    return mark


Handler = Callable[[Request], Reply]


class _Node:
    __slots__ = ("any", "here", "literal", "rest")

    def __init__(self) -> None:
        self.literal: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.here: dict[str, tuple[Handler, Route, tuple[str, ...]]] = {}
        self.rest: dict[str, tuple[Handler, Route, tuple[str, ...]]] = {}


class Router:
    """Finds the handler of a raw path; a literal segment wins over a parameter, both over a remainder."""

    def __init__(self) -> None:
        self._roots: dict[str, _Node] = {}

    def add(self, method: str, template: str, handler: Handler, found: Route) -> None:
        """Add one handler."""
        node = self._roots.setdefault(found.host, _Node())
        names: list[str] = []
        for segment in template.split("/")[1:]:
            if segment.endswith(":rest}"):
                names.append(segment[1:-6])
                node.rest[method] = (handler, found, tuple(names))
                return
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.literal.setdefault(segment, _Node())
        node.here[method] = (handler, found, tuple(names))

    def collect(self, owner: object) -> None:
        """Add every marked method of `owner`."""
        for name in dir(type(owner)):
            for method, template, found in getattr(getattr(type(owner), name), "__routes__", ()):
                self.add(method, template, getattr(owner, name), found)

    def find(self, host: str, method: str, path: str) -> tuple[Handler, Route, dict[str, str]] | None:
        """Return handler, route and decoded parameters of a raw path, or None."""
        root = self._roots.get(host)
        if root is None:
            return None
        for (handler, found, names), values in _walk(root, method, path.split("/")[1:], []):
            return handler, found, {n: unquote(v) for n, v in zip(names, values, strict=True)}
        return None


def _walk(
    node: _Node, method: str, segments: list[str], values: list[str]
) -> Iterator[tuple[tuple[Handler, Route, tuple[str, ...]], list[str]]]:
    if not segments:
        if method in node.here:
            yield node.here[method], values
        return
    head, tail = segments[0], segments[1:]
    if head in node.literal:
        yield from _walk(node.literal[head], method, tail, values)
    if node.any is not None and head:
        yield from _walk(node.any, method, tail, [*values, head])
    if method in node.rest:
        yield node.rest[method], [*values, "/".join(segments)]
