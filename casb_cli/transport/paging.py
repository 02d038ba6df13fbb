"""Pagers: each prepares the request for a cursor and reads the next cursor from an answer.

A cursor is opaque text that may be stored. None means the first page on the way in, and the end on the way
out. Pages are asked for by `Client.pages`, which refuses a cursor that did not move.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Literal, Protocol

import msgspec

from casb_cli.core.errors import BadAnswer
from casb_cli.transport.calls import Answer, Call

_LINK = re.compile(r'\s*<([^<>]*)>((?:\s*;\s*[\w!#$&*+.^`|~-]+\*?\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*')
_PARAM = re.compile(r'([\w!#$&*+.^`|~-]+\*?)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')


class Pager(Protocol):
    """How one kind of listing is paged. `feed`: an unchanged cursor means "nothing new", not an error."""

    @property
    def feed(self) -> bool:
        """Whether the listing is a feed, whose cursor may stay as it is at the end."""

    def prepare(self, call: Call, cursor: str | None) -> Call:
        """Return the call for the page at `cursor`."""

    def after(self, call: Call, answer: Answer) -> str | None:
        """Return the cursor behind this page, or None at the end; raises BadAnswer; `call` was sent."""


def links(header: str) -> dict[str, str]:
    """Return the targets of a Link header by relation; an unreadable rest is ignored, the first one wins."""
    found: dict[str, str] = {}
    at = 0
    while match := _LINK.match(header, at):
        for name, quoted, plain in _PARAM.findall(match[2]):
            if name.lower() == "rel":
                for relation in (re.sub(r"\\(.)", r"\1", quoted) or plain).lower().split():
                    found.setdefault(relation, match[1])
                break
        at = match.end()
        if header[at : at + 1] != ",":
            break
        at += 1
    return found


@lru_cache(maxsize=256)
def _only(path: str) -> msgspec.json.Decoder[Any]:
    """Return what reads one field of a body and skips all the rest: the rows are decoded elsewhere, once."""
    shape: Any = Any
    for name in reversed(path.split(".")):
        shape = msgspec.defstruct("Only", [("value", shape, None)], rename={"value": name})
    return msgspec.json.Decoder(shape)


def _dig(answer: Answer, path: str) -> Any:
    lacks = BadAnswer(
        f"the answer to {answer.call.name} has no `{path}`",
        call=answer.call.name,
        status=answer.status,
    )
    try:
        value = _only(path).decode(answer.body)
    except msgspec.ValidationError:
        raise lacks from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer.json()  # which says what is wrong with it
    for _ in path.split("."):
        if value is None:
            raise lacks
        value = value.value
    return value


def _put(call: Call, place: str, name: str, value: Any) -> Call:
    if place == "query":
        return msgspec.structs.replace(call, query={**call.query, name: value})
    if place == "form":
        return msgspec.structs.replace(call, form={**(call.form or {}), name: str(value)})
    body = dict(call.json) if isinstance(call.json, dict) else {}
    return msgspec.structs.replace(call, json={**body, name: value})


def _sent(call: Call, place: str, name: str) -> Any:
    if place == "query":
        return call.query.get(name)
    if place == "form":
        return (call.form or {}).get(name)
    return call.json.get(name) if isinstance(call.json, dict) else None


@dataclass(frozen=True)
class LinkHeader:
    """The next page's URL stands in the `Link` header; the cursor is that URL, checked against the host."""

    feed: bool = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return call if cursor is None else msgspec.structs.replace(call, url=cursor, path={}, query={})

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        return links(answer.headers.get("link", "")).get("next")


@dataclass(frozen=True)
class LinkInBody:
    """The next page's URL stands in a field of the body (dots lead inwards); the method stays the call's."""

    name: str = "next"
    feed: bool = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return LinkHeader().prepare(call, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        value = _dig(answer, self.name)
        return str(value) if value else None


@dataclass(frozen=True)
class MarkerInBody:
    """The body's `field` holds the marker of the next page; `ends` are the values that mean the end."""

    field: str = "next_marker"
    param: str = "marker"
    ends: tuple[Any, ...] = (None, "")
    place: Literal["query", "json", "form"] = "query"
    feed: bool = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return call if cursor is None else _put(call, self.place, self.param, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        value = _dig(answer, self.field)
        if value in self.ends:
            return None
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise BadAnswer(
                f"the answer to {answer.call.name} has no usable `{self.field}`",
                call=answer.call.name,
                status=answer.status,
            )
        return str(value)


@dataclass(frozen=True)
class CursorInBody:
    """As MarkerInBody, ended by `more` (a field, false on the last page) where there is one."""

    field: str
    param: str
    more: str | None = None
    place: Literal["query", "json", "form"] = "query"
    feed: bool = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return call if cursor is None else _put(call, self.place, self.param, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        if self.more is not None and not _dig(answer, self.more) and not self.feed:
            return None
        return MarkerInBody(self.field, self.param, place=self.place).after(call, answer)


@dataclass(frozen=True)
class Offset:
    """Pages by offset; ends by the total where the body has one, else by a page with nothing in it.

    `cap` is the highest offset that the provider accepts: a listing that is longer is a BadAnswer, since
    stopping there would silently shorten it.
    """

    items: str = "entries"
    param: str = "offset"
    limit_param: str = "limit"
    limit: int = 100
    total_field: str | None = None
    cap: int | None = None
    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        query = {**call.query, self.param: int(cursor or 0), self.limit_param: self.limit}
        return msgspec.structs.replace(call, query=query)

    def after(self, call: Call, answer: Answer) -> str | None:
        rows = _dig(answer, self.items) if self.items else answer.json()
        if not isinstance(rows, list):
            raise BadAnswer(f"the answer to {call.name} has no list `{self.items}`", call=call.name)
        if not rows:
            return None
        following = int(call.query.get(self.param) or 0) + len(rows)
        if self.total_field is not None:
            total = _dig(answer, self.total_field)
            if isinstance(total, int) and following >= total:
                return None
        if self.cap is not None and following > self.cap:
            raise BadAnswer(
                f"{call.name} lists more than the {self.cap} entries that the provider can page through",
                call=call.name,
                status=answer.status,
            )
        return str(following)


@dataclass(frozen=True)
class NextPage:
    """Pages by number; ends by a page with fewer rows than `size`, or with none where `size` is unknown."""

    param: str = "page"
    items: str = ""
    size: int | None = None
    first: int = 1
    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return _put(call, "query", self.param, int(cursor) if cursor is not None else self.first)

    def after(self, call: Call, answer: Answer) -> str | None:
        rows = _dig(answer, self.items) if self.items else answer.json()
        if not isinstance(rows, list):
            raise BadAnswer(f"the answer to {call.name} is no list", call=call.name, status=answer.status)
        if len(rows) < (self.size or 1):
            return None
        return str(int(_sent(call, "query", self.param) or self.first) + 1)


@dataclass(frozen=True)
class GraphqlCursor:
    """GraphQL: `path` leads to the connection's `pageInfo` (`data.organization.members.pageInfo`)."""

    path: str
    variable: str = "after"
    feed: ClassVar[bool] = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        body = dict(call.json) if isinstance(call.json, dict) else {}
        body["variables"] = {**(body.get("variables") or {}), self.variable: cursor}
        return msgspec.structs.replace(call, json=body)

    def after(self, call: Call, answer: Answer) -> str | None:
        info = _dig(answer, self.path)
        if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
            raise BadAnswer(f"the answer to {call.name} has no `{self.path}`", call=call.name)
        if not info["hasNextPage"]:
            return None
        cursor = info.get("endCursor")
        if not isinstance(cursor, str):
            raise BadAnswer(f"the answer to {call.name} has no `{self.path}.endCursor`", call=call.name)
        return cursor
