"""Rows of the last scan, for `casb list --stored`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from casb_cli.core.capabilities import Window
    from casb_cli.store.instances import InstanceConfig


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
            for row in rows:
                if kind == "file" and bool(getattr(row, "trashed", None)) is not trashed:
                    continue
                if keep is None or keep(row):
                    yield render_row(row, config.app, config.name)
