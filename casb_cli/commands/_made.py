"""What `casb edm` and `casb fingerprint` make: a file, and its detector, beside the user's own detectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from casb_cli.core.errors import UnknownName, UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ID = 60
"""Characters that the id of a detector may have."""


@dataclass(frozen=True)
class Made:
    """One kind of them: what its detectors' ids begin with, its files' ending, its name, and the command for it."""

    prefix: str
    suffix: str
    noun: str
    command: str

    def paths(self, name: str) -> tuple[Path, Path]:
        """Return the detector's file and the one that it uses; raises UsageError for what is no name."""
        from casb_cli.store.paths import config_dir

        longest = _ID - len(self.prefix)
        if not _NAME.fullmatch(name) or len(name) > longest:
            raise UsageError(f"`{name}` is no name: at most {longest} small letters and digits, joined by -")
        stem = config_dir() / "detectors" / f"{self.prefix}{name}"
        return stem.with_suffix(".toml"), stem.with_suffix(self.suffix)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Yield each name and its file."""
        from casb_cli.store.paths import config_dir

        folder = config_dir() / "detectors"
        for path in sorted(folder.glob(f"{self.prefix}*{self.suffix}")) if folder.is_dir() else []:
            yield path.stem.removeprefix(self.prefix), path

    def rows(self, row_of: Callable[[str, Path], dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield what is told of each, by name; raises ConfigError for a file that is none."""
        for name, path in self.files():
            yield row_of(name, path)

    def write_detector(self, name: str, lines: Sequence[str]) -> None:
        """Write the detector of a name, in the place of an older one."""
        from casb_cli.store.paths import write_private

        head = (
            f"# Written by `casb {self.command} build`; its {self.noun} stands beside it.",
            "[[detector]]",
            f'id = "{self.prefix}{name}"',
        )
        write_private(self.paths(name)[0], ("\n".join((*head, *lines)) + "\n").encode())

    def remove(self, name: str, *, yes: bool) -> None:
        """Remove one once the user agrees, its detector first, which can't stay alone; raises UnknownName."""
        from casb_cli.ui.streams import streams

        paths = self.paths(name)
        if not any(path.exists() for path in paths):
            raise UnknownName(f"no {self.noun} `{name}`", hint=f"casb {self.command} list")
        if not streams.confirm(f"Remove the {self.noun} {name}?", yes=yes):
            streams.note("nothing was removed")
            return
        for path in paths:
            path.unlink(missing_ok=True)
