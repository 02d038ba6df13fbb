"""Break-glass accounts: objects that no action may touch without an explicit flag."""

from __future__ import annotations

import msgspec

from casb_cli.core import clock
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import Database, now_ms


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """One protected object: `target` is its local ref, `name` what it was called, `added` RFC 3339."""

    instance_key: str
    target: str
    name: str
    why: str
    added: str


class Protected:
    """The list over the main store; thread-safe."""

    def __init__(self, db: Database, catalog: Catalog) -> None:
        self._db = db
        self._catalog = catalog

    def add(self, instance_key: str, target: str, *, name: str = "", why: str = "") -> None:
        """Protect an object; doing so again replaces name and reason."""
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            link.execute(
                "INSERT OR REPLACE INTO protected (inst, target, name, why, added) VALUES (?, ?, ?, ?, ?)",
                (inst, target, name, why, now_ms()),
            )

    def remove(self, instance_key: str, target: str) -> bool:
        """Protect an object no longer; False when it was not protected."""
        inst = self._catalog.inst(instance_key)
        with self._db.write() as link:
            done = link.execute("DELETE FROM protected WHERE inst = ? AND target = ?", (inst, target))
            return done.rowcount > 0

    def targets(self, instance_key: str) -> frozenset[str]:
        """Return the local refs of an instance's protected objects."""
        return frozenset(protection.target for protection in self.list(instance_key))

    def list(self, instance_key: str | None = None) -> list[Protection]:
        """Return the protected objects of one instance, or of all."""
        with self._db.read() as link:
            rows = link.execute(
                "SELECT key, target, name, why, added FROM protected JOIN instances USING (inst) "
                "WHERE ? IS NULL OR key = ? ORDER BY key, target",
                (instance_key, instance_key),
            ).fetchall()
        return [
            Protection(
                instance_key=row[0],
                target=row[1],
                name=row[2],
                why=row[3],
                added=clock.from_millis(row[4]) or "",
            )
            for row in rows
        ]
