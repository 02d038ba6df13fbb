"""What the engine needs from outside, handed in: open instances, the journal, locks, waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from casb_cli.core.capabilities import Ability
from casb_cli.core.errors import CasbError


class Opened(Protocol):
    """One instance ready to be acted on; `key` survives a rename."""

    @property
    def key(self) -> str:
        """The instance key."""

    @property
    def app_key(self) -> str:
        """The app's key."""

    @property
    def name(self) -> str:
        """The instance's present name."""

    def connector(self, ability: type[Ability], *, govern: bool = True) -> Any:
        """Return the connector of the first credential that may; raises Unsupported or NotPermitted."""

    def explain(self, error: CasbError, ability: type[Ability], doing: str) -> CasbError:
        """Return the error with what was being done, and with the scopes that are missing by name."""

    def identities(self) -> frozenset[str]:
        """Return the local refs of the accounts that casb itself signs in as."""


class Event(Protocol):
    """One line of the journal, as the engine reads it; `instance` is the key, `target` a local ref."""

    @property
    def time(self) -> str:
        """When it was written, RFC 3339."""

    @property
    def run(self) -> str:
        """The run it belongs to."""

    @property
    def action(self) -> str:
        """The action it tells of."""

    @property
    def instance(self) -> str:
        """The instance key."""

    @property
    def target(self) -> str:
        """The object, a local ref."""

    @property
    def event(self) -> str:
        """What happened."""

    @property
    def body(self) -> dict[str, Any]:
        """The facts."""


class Ledger(Protocol):
    """The append-only journal: a line is on disk when `append` returns."""

    def append(self, event: str, *, run: str, action: str, instance: str, target: str, body: dict[str, Any]) -> None:
        """Write one line durably; raises StoreError."""

    def events(
        self,
        *,
        action: str | None = None,
        run: str | None = None,
        instance: str | None = None,
        target: str | None = None,
    ) -> Iterator[Event]:
        """Yield lines oldest first, those of whole actions that match."""

    def without_end(self, instance: str, end: str) -> list[tuple[str, str]]:
        """Return the actions of an instance (action, target) whose newest line is not the event `end`."""


Hold = Callable[[str, str], AbstractContextManager[object]]
"""Hold the lock of one object: instance key and local ref; raises Locked at once when another run has it."""

Wait = Callable[[float], object]
"""Wait some seconds; returns at once when the run is being stopped."""

Explain = Callable[..., CasbError]
"""Return an error with what was being done (`doing`), and with the scopes that are missing by name."""
