"""How the databases came to be: numbered steps, each applied once, in one transaction with its number."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from casb_cli.core.errors import StoreError
from casb_cli.store import schema


@dataclass(frozen=True)
class Schema:
    """A database's name, its application id (so that no foreign file is touched), and its steps.

    A step is a tuple of statements; steps are only ever appended.
    """

    name: str
    application_id: int
    steps: tuple[tuple[str, ...], ...]

    @property
    def version(self) -> int:
        """The version that this program reads and writes."""
        return len(self.steps)


STORE = Schema("store", 0x63617362, (schema.STORE_1, schema.STORE_2, schema.STORE_3, schema.STORE_4, schema.STORE_5))
JOURNAL = Schema("journal", 0x6361736A, (schema.JOURNAL_1,))


def current(link: sqlite3.Connection, wanted: Schema, path: Path) -> bool:
    """Tell whether a database is at the newest version; raises StoreError for a newer or a foreign one."""
    return _version(link, wanted, path) == wanted.version


def migrate(link: sqlite3.Connection, wanted: Schema, path: Path) -> None:
    """Bring a database to the newest version; raises StoreError for a newer or a foreign one."""
    while True:
        link.execute("BEGIN IMMEDIATE")
        try:
            at = _version(link, wanted, path)
            if at == wanted.version:
                link.execute("COMMIT")
                return
            for statement in wanted.steps[at]:
                link.execute(statement)
            link.execute(f"PRAGMA application_id={wanted.application_id}")
            link.execute(f"PRAGMA user_version={at + 1}")
            link.execute("COMMIT")
        except BaseException:
            if link.in_transaction:
                link.execute("ROLLBACK")
            raise


def _version(link: sqlite3.Connection, wanted: Schema, path: Path) -> int:
    at: int = link.execute("PRAGMA user_version").fetchone()[0]
    owner: int = link.execute("PRAGMA application_id").fetchone()[0]
    tables: int = link.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if owner != wanted.application_id and (owner or at or tables):
        raise StoreError(
            f"`{path}` is a database of another program",
            hint="move it away, or set CASB_STATE_DIR to another directory",
        )
    if at > wanted.version:
        raise StoreError(
            f"`{path}` was written by a newer casb ({wanted.name} {at}, this one knows {wanted.version})",
            hint="upgrade with `pip install --upgrade casb-cli`",
        )
    return at
