"""References: one name for one object everywhere, `app:instance:kind:id`."""

from __future__ import annotations

import re

import msgspec

from casb_cli.core.errors import UsageError
from casb_cli.core.text import ref_decode, ref_encode

INSTANCE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")

KINDS = (
    "account",
    "group",
    "membership",
    "privilege",
    "activity",
    "file",
    "folder",
    "share",
    "grant",
    "finding",
    "action",
)


class Ref(msgspec.Struct, frozen=True, order=True):
    """One object: the provider's immutable `id` (decoded) of `kind` in an instance."""

    app: str
    instance: str
    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.app}:{self.instance}:{self.kind}:{ref_encode(self.id)}"

    @property
    def local(self) -> str:
        """The reference within its instance, `kind:id`, as models and the store keep it."""
        return local(self.kind, self.id)


def local(kind: str, id_: str) -> str:
    """Return the reference within an instance: `kind:id`, the id percent-encoded."""
    return f"{kind}:{ref_encode(id_)}"


def parse(value: str) -> Ref:
    """Return the reference of a full `app:instance:kind:id`; raises UsageError."""
    parts = value.split(":", 3)
    if len(parts) != 4 or not all(parts) or parts[2] not in KINDS or not INSTANCE_NAME.fullmatch(parts[1]):
        raise UsageError(
            f"`{value}` is no full reference",
            hint="a reference reads app:instance:kind:id, such as box:prod:file:89",
        )
    try:
        return Ref(parts[0], parts[1], parts[2], ref_decode(parts[3]))
    except ValueError as error:
        raise UsageError(f"`{value}` is no full reference: {error}") from None


def instance_name(value: str) -> str:
    """Return `value` if it may name an instance; raises UsageError."""
    if not INSTANCE_NAME.fullmatch(value) or len(value) > 64:
        raise UsageError(
            f"`{value}` cannot name an instance",
            hint="use lower-case letters, digits, `.`, `-`, `_`; at most 64, starting with a letter or digit",
        )
    return value
