"""The base of every connector: one instance seen through one credential."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from casb_cli.core.app import App
from casb_cli.core.capabilities import Ability, Change, Step
from casb_cli.core.errors import CasbError
from casb_cli.core.models import OwnPermissions, Row, Tenant
from casb_cli.transport.rules import ApiRules

if TYPE_CHECKING:
    from casb_cli.transport.client import Client  # it brings httpx, which the static matrix does without

S = TypeVar("S", bound=Callable[..., Any])


Recall = Callable[[str, str], Row | None]
"""Return what an earlier listing kept of an object, by kind of row and id; None where nothing did."""


def _nothing_kept(kind: str, id_: str) -> None:
    del kind, id_


@dataclass(frozen=True)
class InstanceFacts:
    """What a connector knows of its instance: settings, the tenant's facts, the credential's method."""

    app: str
    name: str
    method: str
    fields: Mapping[str, str]
    urls: Mapping[str, str]
    """Base URLs by host name, as configured."""
    tenant: Tenant | None = None
    own: OwnPermissions | None = None


FEW = 3
"""Of how many objects something is looked up that costs calls for each, where it is only tried what is allowed."""


def step(name: str) -> Callable[[S], S]:
    """Mark a method `(self, args, memo) -> dict` as the one that carries out steps of that name."""

    def mark(method: S) -> S:
        method.__step__ = name  # type: ignore[attr-defined]
        return method

    return mark


class Connector(ABC):
    """One instance of an app through one credential; abilities are inherited beside this class.

    Subclasses set `app`, `rules`, `without` and `partial`. Steps of governed actions are methods marked with
    `@step`; `perform` finds them by name. `recall` may be set by whoever opens the connector: a provider that
    finds an object by its owner only is spared a search.
    """

    app: ClassVar[App]
    rules: ClassVar[ApiRules]
    without: ClassVar[Mapping[type[Ability], str]] = {}
    partial: ClassVar[Mapping[type[Ability], str]] = {}
    _steps: ClassVar[dict[str, str]] = {}

    def __init__(self, client: Client, facts: InstanceFacts) -> None:
        self.client = client
        self.facts = facts
        self.recall: Recall = _nothing_kept
        self._trying = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._steps = {
            marked: name
            for base in reversed(cls.__mro__)
            for name, value in vars(base).items()
            if (marked := getattr(value, "__step__", None))
        }

    @property
    def trying(self) -> bool:
        """Whether it is only tried what is allowed: what costs calls for each of many is then looked up of a few."""
        return self._trying

    @contextmanager
    def only_trying(self) -> Iterator[None]:
        """Try what is allowed, for as long as the context lasts; whoever lists meanwhile would be told of a few."""
        self._trying = True
        try:
            yield
        finally:
            self._trying = False

    @abstractmethod
    def prove(self) -> Tenant:
        """Return who the provider says this connection belongs to, by its cheapest call."""

    @abstractmethod
    def check_visibility(self) -> None:
        """Raise NotPermitted when this credential would see an empty or shortened company."""

    @classmethod
    @abstractmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        """Return the granted scopes with all that they imply."""

    @classmethod
    def available(cls, need_variant: tuple[str, ...], tenant: Tenant) -> bool:
        """Tell whether a tenant is one of the variants that a need names; none named means all."""
        return not need_variant or tenant.variant in need_variant

    @classmethod
    def licensed(cls, licence: str, tenant: Tenant) -> bool | None:
        """Tell whether the tenant has a licence: True, False, or None where the provider doesn't say."""
        del licence, tenant
        return None

    def perform(self, step: Step, memo: dict[str, Any]) -> dict[str, Any]:
        """Carry out one step by its name and return its result."""
        try:
            method = getattr(self, self._steps[step.name])
        except KeyError:
            raise CasbError(f"{self.app.key} has no step `{step.name}`") from None
        result: dict[str, Any] | None = method(dict(step.args), memo)
        return result or {}

    def observe(self, change: Change, memo: dict[str, Any]) -> dict[str, Any]:
        """Read the target's present state through the method named by the change's action."""
        observer = getattr(self, "observe_" + change.action.replace("-", "_"))
        state: dict[str, Any] = observer(change, memo)
        return state
