"""Lists of OData: the next page's whole URL stands in the body, the position of a delta feed in its last page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.paging import LinkHeader

T = TypeVar("T")


class Links(msgspec.Struct):
    """Where a page leads: to the next one, or at the end of a delta feed to what will have changed since."""

    next: str | None = msgspec.field(name="@odata.nextLink", default=None)
    delta: str | None = msgspec.field(name="@odata.deltaLink", default=None)


class Listed(msgspec.Struct, Generic[T]):
    """A page of a list."""

    value: list[T]
    next: str | None = msgspec.field(name="@odata.nextLink", default=None)
    delta: str | None = msgspec.field(name="@odata.deltaLink", default=None)


@dataclass(frozen=True)
class NextLink:
    """Follows `@odata.nextLink` until there is none; the cursor is that URL, checked against the host.

    A page may be empty and still have a next one.
    """

    feed: bool = False

    def prepare(self, call: Call, cursor: str | None) -> Call:
        return LinkHeader().prepare(call, cursor)

    def after(self, call: Call, answer: Answer) -> str | None:
        del call
        return answer.decode(Links).next or None


NEXT_LINK = NextLink()
