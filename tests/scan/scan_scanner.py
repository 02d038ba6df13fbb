"""One scanner of all shipped detectors for every test of this process, its patterns compiled once for all."""

from __future__ import annotations

from casb_cli.scan.inspect import new_scanner
from casb_cli.store.paths import cache_dir

SCANNER = new_scanner(cache_dir=str(cache_dir()))
