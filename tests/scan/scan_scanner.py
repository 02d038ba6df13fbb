"""Scanners for every test of this process, made when first used, their patterns compiled once for all processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from casb_cli.scan.detect.engine import Scanner
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect import new_scanner
from casb_cli.store.paths import cache_dir


class Lazy:
    """A scanner that is made when first used: a module that only names it is collected at once."""

    def __init__(self, detectors: Callable[[], DetectorSet]) -> None:
        self._detectors = detectors

    @cached_property
    def _made(self) -> Scanner:
        return new_scanner(self._detectors(), str(cache_dir()))

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("__", "_mock", "_pytest")):  # pytest asks all that a module holds for its marks
            raise AttributeError(name)
        return getattr(self._made, name)


SCANNER: Any = Lazy(DetectorSet.shipped)
CARDS: Any = Lazy(lambda: DetectorSet.shipped(("payment-card",)))
