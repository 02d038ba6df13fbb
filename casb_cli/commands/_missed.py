"""What the last scans did not look at: the same for every command that tells of findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from casb_cli.report.sarif import Missed
    from casb_cli.store.store import Store


def in_words(counts: Mapping[str, int]) -> str:
    """Return how many files of which text was missed there are, by state and reason, and what tells which."""
    told = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
    trash = ", and with --trashed" * any("trashed" in what for what in counts)
    return f"not wholly inspected: {told}: casb list files --stored --where missed{trash}"


def missed(store: Store, labels: Mapping[str, tuple[str, str]]) -> Iterator[Missed]:
    """Yield each file of which text was missed, and what of each instance was not seen, of instances by key."""
    from casb_cli.report.sarif import Missed

    for key, (app, name) in labels.items():
        for file, why in store.files.missed(key):
            yield Missed(f"{app}/{name}/{(file.path or file.name or file.id).lstrip('/')}", why)
        yield from (Missed(f"{app}/{name}", text) for text in _unseen(store, key))


def tell(store: Store, labels: Mapping[str, tuple[str, str]]) -> None:
    """Say how many files were not wholly inspected, and what of each instance was not seen."""
    from casb_cli.ui.streams import streams

    for key, (app, name) in labels.items():
        if counts := store.files.missed_counts(key):
            streams.note(f"{app}/{name}: {in_words(counts)}")
        for text in _unseen(store, key):
            streams.warn(f"{app}/{name}: {text}")


def _unseen(store: Store, key: str) -> Iterator[str]:
    last = store.runs.last_ended(key)
    if last is None:
        yield "was never scanned to the end: casb scan"
        return
    if waiting := last.statement.get("waiting"):
        yield f"{waiting:,} files wait to be inspected: casb scan"
    for kind in ("lost", "gaps"):
        yield from (f"not seen: {text}" for text in last.statement.get(kind, ()))
