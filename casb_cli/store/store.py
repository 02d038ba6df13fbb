"""The main store as one thing: open it once, hand it around."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from casb_cli.store.activity import EventLog
from casb_cli.store.catalog import Catalog
from casb_cli.store.database import open_store
from casb_cli.store.files import Files
from casb_cli.store.findings import Findings
from casb_cli.store.inventory import Inventory
from casb_cli.store.partitions import Partitions
from casb_cli.store.protected import Protected
from casb_cli.store.rates import StoredRates
from casb_cli.store.runs import Runs
from casb_cli.store.suppressions import Suppressions


class Store:
    """Everything kept of all instances, except settings, secrets and the journal. Thread-safe."""

    def __init__(self, folder: Path | None = None) -> None:
        """Open or create the store in the state directory (or `folder`); raises StoreError."""
        self.db = open_store(folder)
        self.catalog = Catalog(self.db)
        self.activity = EventLog(self.db, self.catalog)
        self.inventory = Inventory(self.db, self.catalog, self.activity)
        self.partitions = Partitions(self.db, self.catalog)
        self.runs = Runs(self.db, self.catalog)
        self.findings = Findings(self.db, self.catalog)
        self.files = Files(self.db, self.catalog, self.findings)
        self.protected = Protected(self.db, self.catalog)
        self.suppressions = Suppressions(self.db)

    def rates(self, instance_key: str) -> StoredRates:
        """Return the rate memory of one instance."""
        return StoredRates(self.db, self.catalog, instance_key)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
