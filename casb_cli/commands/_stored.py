"""Rows of the last scan, for `casb list --stored`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from casb_cli.core.capabilities import Window
    from casb_cli.core.models import File
    from casb_cli.store.instances import InstanceConfig
    from casb_cli.store.store import Store

_PAGE = 500


def stored_rows(
    kind: str,
    configs: Sequence[InstanceConfig],
    window: Window | None = None,
    keep: Callable[[Any], bool] | None = None,
    *,
    trashed: bool = False,
) -> Iterator[dict[str, Any]]:
    """Yield what the store holds of a kind, instance by instance; says on stderr where nothing was scanned yet."""
    from casb_cli.store.history import moment
    from casb_cli.store.store import Store
    from casb_cli.ui.output import render_row
    from casb_cli.ui.streams import streams

    with Store() as store:
        for config in configs:
            last = store.runs.last_ended(config.key)
            if last is None:
                streams.warn(f"{config.label} was never scanned: casb scan --app {config.app} --instance {config.name}")
                continue
            streams.note(f"{config.label}: as of {last.ended}")
            rows: Iterator[Any]
            if kind == "activity":
                since = moment(window.since) if window and window.since else None
                until = moment(window.until) if window and window.until else None
                rows = store.activity.events(config.key, since=since, until=until)
            else:
                rows = iter(store.inventory.all_rows(config.key, kind))
            kept: Iterator[Any] = (row for row in rows if keep is None or keep(row))
            if kind == "file":
                yield from _files(store, config, (row for row in kept if bool(row.trashed) is trashed))
            else:
                yield from (render_row(row, config.app, config.name) for row in kept)


def _files(store: Store, config: InstanceConfig, rows: Iterator[File]) -> Iterator[dict[str, Any]]:
    """Yield output rows with why text of a file was missed, which is looked up for many at a time."""
    from casb_cli.ui.output import render_row

    while page := list(islice(rows, _PAGE)):
        why = store.files.missed_of(config.key, [row.id for row in page])
        yield from (render_row(row, config.app, config.name) | {"missed": why.get(row.id)} for row in page)
