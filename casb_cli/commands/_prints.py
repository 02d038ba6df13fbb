"""Fingerprints of documents and their detectors: files beside the user's own detectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from casb_cli.commands._made import Made

_ALIKE = 0.25
"""The share of phrases in common with another document from which the user is told."""


PRINTS = Made("fingerprint-", ".prints", "fingerprint", "fingerprint")


def row_of(name: str, path: Path) -> dict[str, Any]:
    """Return what is told of a fingerprint; raises ConfigError."""
    from casb_cli.scan.detect.prints import about

    told, _ = about(path)
    return {
        "name": name,
        "detector": f"{PRINTS.prefix}{name}",
        "documents": [one.name for one in told],
        "words": sum(one.words for one in told),
        "phrases": sum(one.marks for one in told),
        "file": str(path),
    }


def write(files: Sequence[str], name: str, *, common: Sequence[str], share: int, severity: str) -> dict[str, Any]:
    """Make the fingerprint and then its detector, each in the place of an older one; return its row.

    Raises UsageError for a file that cannot be read whole or has too little text; the older one stays then.
    """
    from casb_cli.scan.detect.prints import build
    from casb_cli.scan.documents import text_of
    from casb_cli.store.keys import fingerprint_key
    from casb_cli.store.paths import write_private

    _, place = PRINTS.paths(name)
    given = [Path(file) for file in dict.fromkeys(files)]
    data = build(
        [(path.name, text_of(path)) for path in given],
        fingerprint_key(),
        common=[text_of(Path(file)) for file in common],
    )
    write_private(place, data)
    lines = (
        f'title = "Copies of {name}"',
        f'description = "A text that holds {share} % of a document of {name}, or that was copied out of it."',
        f'severity = "{severity}"',
        'family = "document"',
        f'documents = "{place.name}"',
        f"share = {share}",
    )
    PRINTS.write_detector(name, lines)
    return row_of(name, place)


def alike(name: str) -> Iterator[tuple[str, int, str, str]]:
    """Yield a document of a fingerprint, how many in a hundred of its phrases stand in another one, and which."""
    from casb_cli.scan.detect.prints import opened
    from casb_cli.store.keys import fingerprint_key

    key, (_, mine) = fingerprint_key(), PRINTS.paths(name)
    ours = opened(mine, key)
    for whose, path in PRINTS.files():
        for other in opened(path, key) if path != mine else ():
            for one in ours:
                both = sum(weight for mark, weight in one.weights.items() if mark in other.weights) / one.total
                if both >= _ALIKE:
                    yield one.name, int(both * 100), other.name, whose
