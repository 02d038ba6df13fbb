"""`--baseline` and `--update-baseline`, the same for every command that finds something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from casb_cli.store.baseline import Baseline


def opened(file: str | None, update: bool, *, limit: int | None = None) -> Baseline | None:
    """Return the baseline that was asked for; raises UsageError and ConfigError."""
    from casb_cli.core.errors import UsageError
    from casb_cli.store.baseline import Baseline
    from casb_cli.store.keys import fingerprint_key

    if file is None:
        if update:
            raise UsageError("--update-baseline needs to know which", hint="give --baseline FILE too")
        return None
    found = Baseline(file, fingerprint_key(), update=update)
    if found.writes and limit is not None:
        raise UsageError("a baseline is written from all there is", hint="leave --limit out")
    return found


def saved(baseline: Baseline | None, kind: str, *, instances: Iterable[str] = (), whole: bool = True) -> None:
    """Write the baseline where that is due, and say so."""
    from casb_cli.ui.streams import streams

    if baseline is None or not baseline.writes:
        return
    count = baseline.save(kind, instances=instances)
    words = kind if count != 1 else {"matches": "match", "findings": "finding"}[kind]
    streams.note(f"baseline {baseline.path} written: {count:,} {words}")
    if not whole:
        streams.warn("not everything was looked at: what the baseline lacks will count as new")
    if baseline.fresh:
        streams.note("there was no baseline before: everything counts as new this time")
