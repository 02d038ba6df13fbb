"""Fingerprints of documents and their detectors: files beside the user's own detectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from casb_cli.core.errors import UsageError

PREFIX = "fingerprint-"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_ALIKE = 0.25
"""The share of phrases in common with another document from which the user is told."""


def folder() -> Path:
    """Return where the user's own detectors are."""
    from casb_cli.store.paths import config_dir

    return config_dir() / "detectors"


def paths(name: str) -> tuple[Path, Path]:
    """Return the detector's file and the fingerprint's; raises UsageError for what is no name."""
    if not _NAME.fullmatch(name) or len(name) > 45:
        raise UsageError(f"`{name}` is no name: at most 45 small letters and digits, joined by -")
    return folder() / f"{PREFIX}{name}.toml", folder() / f"{PREFIX}{name}.prints"


def rows() -> Iterator[dict[str, Any]]:
    """Yield what is told of each fingerprint, by name; raises ConfigError."""
    place = folder()
    for path in sorted(place.glob(f"{PREFIX}*.prints")) if place.is_dir() else []:
        yield row_of(path)


def row_of(path: Path) -> dict[str, Any]:
    """Return what is told of a fingerprint; raises ConfigError."""
    from casb_cli.scan.detect.prints import about

    told, _ = about(path)
    name = path.stem.removeprefix(PREFIX)
    return {
        "name": name,
        "detector": f"{PREFIX}{name}",
        "documents": [one.name for one in told],
        "words": sum(one.words for one in told),
        "phrases": sum(one.marks for one in told),
        "file": str(path),
    }


def drop(name: str) -> None:
    """Remove a fingerprint and its detector, the detector first: it can't stay without its fingerprint."""
    for path in paths(name):
        path.unlink(missing_ok=True)


def write(files: Sequence[str], name: str, *, common: Sequence[str], share: int, severity: str) -> dict[str, Any]:
    """Make the fingerprint and then its detector, each in the place of an older one; return its row.

    Raises UsageError for a file that cannot be read whole or has too little text; the older one stays then.
    """
    from casb_cli.scan.detect.prints import build
    from casb_cli.scan.documents import text_of
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import write_private

    detector, place = paths(name)
    given = [Path(file) for file in dict.fromkeys(files)]
    data = build(
        [(path.name, text_of(path)) for path in given],
        fingerprint_key(),
        common=[text_of(Path(file)) for file in common],
    )
    write_private(place, data)
    lines = (
        "# Written by `casb fingerprint build`; the fingerprint stands beside it.",
        "[[detector]]",
        f'id = "{PREFIX}{name}"',
        f'title = "Copies of {name}"',
        f'description = "A text that holds {share} % of a document of {name}, or that was copied out of it."',
        f'severity = "{severity}"',
        'family = "document"',
        f'documents = "{place.name}"',
        f"share = {share}",
    )
    write_private(detector, ("\n".join(lines) + "\n").encode())
    return row_of(place)


def alike(name: str) -> Iterator[tuple[str, int, str, str]]:
    """Yield a document of a fingerprint, how many in a hundred of its phrases stand in another one, and which."""
    from casb_cli.scan.detect.prints import opened
    from casb_cli.store.keys import fingerprint_key

    key, (_, mine) = fingerprint_key(), paths(name)
    ours = opened(mine, key)
    for path in sorted(mine.parent.glob(f"{PREFIX}*.prints")):
        for other in opened(path, key) if path != mine else ():
            for one in ours:
                both = sum(weight for mark, weight in one.weights.items() if mark in other.weights) / one.total
                if both >= _ALIKE:
                    yield one.name, int(both * 100), other.name, path.stem.removeprefix(PREFIX)
