"""The live matrix: each cell of a connected instance, proven or with the first layer that says no."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from casb_cli.apps import matrix
from casb_cli.connect.open import Environment, OpenInstance
from casb_cli.connect.probe import Proven, prove_all
from casb_cli.core.errors import UsageError
from casb_cli.store.config import Config
from casb_cli.store.secrets import Secrets

_RANK = {"proven": 0, "granted": 1, "unverifiable": 2, "off": 3, "licence-missing": 4, "scope-missing": 5}


def live_cells(apps: Sequence[str], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the 15 lines of every chosen instance as matrix cells; instances are asked in parallel."""
    config = Config.load()
    if not config.instances:
        raise UsageError("no instance is connected yet", hint="casb connect APP --instance NAME, or try: casb demo")
    environment = Environment(Secrets())
    instances = [OpenInstance(one, environment) for one in config.select(apps, names)]
    try:
        with ThreadPoolExecutor(max_workers=8) as pool:
            for instance, proven in zip(instances, pool.map(prove_all, instances), strict=True):
                yield from _cells(instance, {one.ability.key: one for one in proven})
    finally:
        environment.stop.set()
        for instance in instances:
            instance.close()


def _cells(instance: OpenInstance, proven: dict[str, Proven]) -> Iterator[dict[str, Any]]:
    for cell in matrix.cells(instance.app, instance.connector_class):
        found = [proven[key] for key in cell.abilities if key in proven]
        worst = max(found, key=lambda one: _RANK[one.state], default=None)
        notes = [cell.note] if cell.note else []
        notes += [f"{one.ability.title}: {one.note}" for one in found if one.note]
        notes += [f"add {', '.join(one.needed)}" for one in found if one.needed]
        yield {
            "app": cell.app,
            "capability": cell.capability,
            "status": cell.status,
            "note": "; ".join(dict.fromkeys(notes)) or None,
            "abilities": list(cell.abilities),
            "instance": instance.name,
            "live": worst.state if worst else "off",
            "credential": worst.credential if worst else None,
        }
