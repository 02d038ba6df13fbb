"""What transport and apps need from outside themselves, injected: never imported."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class TokenStore(Protocol):
    """Where obtained and rotated tokens live: keyring or vault, per instance and credential.

    A token set is a small JSON object (`access_token`, `refresh_token`, `expires_at` epoch seconds, `scope`).
    """

    def load(self) -> dict[str, Any] | None:
        """Return the saved token set, or None."""

    def save(self, token: Mapping[str, Any]) -> None:
        """Save durably before returning; raises StoreError."""

    def clear(self) -> None:
        """Forget the token set."""

    def lock(self) -> AbstractContextManager[object]:
        """Hold the refresh lock: one refresher at a time over all processes."""


class RateMemory(Protocol):
    """What a governor learned, kept for the next run, and the use of long budgets."""

    def load(self, scope: str) -> dict[str, Any] | None:
        """Return what was saved for a limit scope, or None."""

    def save(self, scope: str, state: Mapping[str, Any]) -> None:
        """Keep what was learned."""

    def spend(self, budget: str, period: str, units: int) -> int:
        """Add to a long budget's use in the current period; return the use so far."""

    def spent(self, budget: str, period: str) -> int:
        """Return a long budget's use in the current period."""


class Tracer(Protocol):
    """Receives every request and answer, already redacted."""

    def record(self, event: Mapping[str, Any]) -> None:
        """Write one event."""
