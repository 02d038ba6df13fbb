"""What a connector asks for and what it gets: `Call` and `Answer`, plain data on both sides of the client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

import msgspec

from casb_cli.core.errors import BadAnswer
from casb_cli.core.shapes import from_json

T = TypeVar("T")


class Identity(msgspec.Struct, frozen=True):
    """Who a call acts as: the instance's credential, an impersonated user, the app itself, or nobody."""

    kind: Literal["instance", "user", "app", "nobody"] = "instance"
    id: str = ""


INSTANCE = Identity()
APP = Identity("app")
NOBODY = Identity("nobody")


def as_user(id_: str) -> Identity:
    """Return the identity of an impersonated user, by the provider's immutable id."""
    return Identity("user", id_)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a multipart form."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One logical call. `name` is `METHOD /template/{value}` as the provider documents it.

    Each value of `path` is percent-encoded whole, `/` too; a template field written `{+value}` keeps `/`.
    Values of `.` and `..` are refused unless `raw_path` is set. `query` values may be lists. Of `json`,
    `form`, `content` and `parts` at most one is given. `safe`: sending twice does no harm; GET and HEAD are
    safe unless said otherwise. `answers` are statuses (besides 2xx) returned rather than raised.
    `url` replaces host and path by a link that the provider gave; it must stay on the host. `target` is the exact
    path to send, percent-encoded already, where `name` is no path but an operation; `query` follows it.
    """

    name: str
    path: dict[str, str] = {}
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    json: Any = msgspec.UNSET
    form: dict[str, str] | None = None
    content: bytes | None = None
    parts: tuple[Part, ...] = ()
    host: str = "api"
    url: str | None = None
    target: str | None = None
    family: str = "core"
    cost: float = 1
    budget: str | None = None
    safe: bool | None = None
    identity: Identity = INSTANCE
    answers: tuple[int, ...] = ()
    raw_path: bool = False
    once: bool = False
    """Sent at most once by the client, throttled or not: whoever made it makes a fresh one for each attempt."""
    governance: bool = False
    """Drawn from the reserve that scans leave for governance."""

    @property
    def method(self) -> str:
        """The HTTP verb."""
        return self.name.split(" ", 1)[0]

    @property
    def template(self) -> str:
        """The path template."""
        return self.name.split(" ", 1)[1]

    @property
    def is_safe(self) -> bool:
        """Whether the call may be sent again without reading state first."""
        return self.safe if self.safe is not None else self.method in {"GET", "HEAD", "OPTIONS"}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's answer: header names are lower case, the body is read whole (bounded by the client)."""

    call: Call
    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str

    def decode(self, type_: type[T]) -> T:
        """Return the body as a typed shape; raises BadAnswer naming call and field."""
        try:
            return from_json(self.body, type_)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise BadAnswer(
                f"the answer to {self.call.name} is not what it promises: {error}",
                call=self.call.name,
                status=self.status,
                request_id=self.headers.get("x-request-id") or self.headers.get("x-github-request-id"),
            ) from None

    def json(self) -> Any:
        """Return the body as untyped JSON; raises BadAnswer."""
        return self.decode(object)
