"""What passes between connectors and the layers above: pages of a listing, planned changes, what a method needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from casb_cli.core.models import Notice, Partition

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Some rows of a partition, where to resume after them, and the partitions they led to."""

    items: Sequence[T]
    cursor: str | None = None
    more: Sequence[Partition] = ()
    notices: Sequence[Notice] = ()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Which activity is wanted: RFC 3339 bounds (inclusive, exclusive) and kinds."""

    since: str | None = None
    until: str | None = None
    kinds: tuple[str, ...] = ("logon", "user", "admin")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One provider call of an action, as the journal keeps it: never a secret or content.

    `name` is a step method of the connector; `args` are JSON values. `repeatable` steps may be sent again
    after a lost answer; others are settled by `Actor.settle`. A step of an inverse may name in `undoes` the
    step that it takes back: undoing an action that stopped half-way leaves it out where that was not done.
    """

    name: str
    title: str
    args: dict[str, Any] = {}
    repeatable: bool = True
    undoes: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A planned action: what is, what will be, how, and how it is undone.

    `before` and `after` are states in the shape that `observe` returns. `inverse` are the steps that undo it;
    empty with `irreversible` saying why. `touches` are all local refs really changed (an inherited share
    touches its folder). `approximate` says how the undone state differs from the former one.
    """

    action: str
    target: str
    target_name: str
    mode: str | None = None
    version: str | None = None
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    steps: tuple[Step, ...] = ()
    inverse: tuple[Step, ...] = ()
    irreversible: str | None = None
    approximate: str | None = None
    touches: tuple[str, ...] = ()
    side_effects: tuple[str, ...] = ()
    exposure: str | None = None
    observable: bool = True
    pending: dict[str, Any] = {}
    """Part of an observed state that means: accepted by the provider, settled by a later read."""
    manual: str | None = None
    """No API does it: the console page to open."""
    keeps: dict[str, Any] = {}
    """What undo and later reading need besides; merged into the memo."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What one method needs: its logical calls, and scopes by authentication method.

    `any_of` maps an authentication method (or `*`) to alternatives; each alternative is a tuple of scopes that
    are all needed. `variant` and `licence` name tenant facts without which the call does not exist; `component`
    the part of the app that must be switched on for the instance.
    """

    calls: tuple[str, ...]
    any_of: dict[str, tuple[tuple[str, ...], ...]] = {}
    variant: tuple[str, ...] = ()
    licence: str | None = None
    component: str | None = None
    irreversible: str | None = None
    observable: bool = True


def needs(
    *calls: str,
    any_of: Mapping[str, Sequence[str | Sequence[str]]] | None = None,
    variant: Sequence[str] = (),
    licence: str | None = None,
    component: str | None = None,
    irreversible: str | None = None,
    observable: bool = True,
) -> Callable[[F], F]:
    """Declare what a method needs; stackable, one decorator per set of calls with the same needs.

    `calls` are logical calls as the provider writes them (`GET /orgs/{org}/members`). In `any_of` a plain
    string is an alternative of one scope, a sequence one of several together.
    """
    scopes = {
        method: tuple(
            (alternative,) if isinstance(alternative, str) else tuple(alternative) for alternative in alternatives
        )
        for method, alternatives in (any_of or {}).items()
    }
    need = Need(
        calls=calls,
        any_of=scopes,
        variant=tuple(variant),
        licence=licence,
        component=component,
        irreversible=irreversible,
        observable=observable,
    )

    def mark(method: F) -> F:
        method.__needs__ = (need, *getattr(method, "__needs__", ()))  # type: ignore[attr-defined]
        return method

    return mark
