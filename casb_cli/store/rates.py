"""What an instance's governor learned, kept between runs (`core.protocols.RateMemory`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database


class StoredRates:
    """The rate memory of one instance; thread-safe, and safe between processes."""

    def __init__(self, db: Database, catalog: Catalog, instance_key: str) -> None:
        self._db = db
        self._inst = catalog.inst(instance_key)

    def load(self, scope: str) -> dict[str, Any] | None:
        """Return what was saved for a limit scope, or None."""
        rows = self._db.fetch("SELECT state FROM rates WHERE inst = ? AND scope = ?", (self._inst, scope))
        return msgspec.json.decode(str(rows[0][0]), type=dict[str, Any]) if rows else None

    def save(self, scope: str, state: Mapping[str, Any]) -> None:
        """Keep what was learned."""
        with self._db.write() as link:
            link.execute(
                "INSERT OR REPLACE INTO rates (inst, scope, state) VALUES (?, ?, ?)",
                (self._inst, scope, msgspec.json.encode(state).decode()),
            )

    def spend(self, budget: str, period: str, units: int) -> int:
        """Add to a long budget's use in the current period; return the use so far."""
        with self._db.write() as link:
            row = link.execute(
                "INSERT INTO budgets (inst, budget, period, used) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (inst, budget, period) DO UPDATE SET used = used + excluded.used RETURNING used",
                (self._inst, budget, period, units),
            ).fetchone()
        used: int = row[0]
        return used

    def spent(self, budget: str, period: str) -> int:
        """Return a long budget's use in the current period."""
        rows = self._db.fetch(
            "SELECT used FROM budgets WHERE inst = ? AND budget = ? AND period = ?",
            (self._inst, budget, period),
        )
        return int(str(rows[0][0])) if rows else 0
