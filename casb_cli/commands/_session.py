"""What every command that talks to providers needs: chosen instances, opened, and closed again."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from casb_cli.core.capabilities import Ability
from casb_cli.core.errors import CasbError, Unsupported, UsageError
from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.connect.open import Environment, OpenInstance
    from casb_cli.store.instances import InstanceConfig
    from casb_cli.store.store import Store


@contextmanager
def environment(
    *,
    trace: str | None = None,
    store: Store | None = None,
    quota_share: float = 1.0,
    stop: threading.Event | None = None,
) -> Iterator[Environment]:
    """Yield what opening needs; on leaving, threads that wait are told to stop and the trace is closed."""
    from casb_cli.connect.open import Environment
    from casb_cli.store.secrets import Secrets

    with ExitStack() as stack:
        tracer = None
        if trace:
            from casb_cli.transport.trace import FileTracer

            tracer = FileTracer(Path(trace))
            stack.callback(tracer.close)
        ask = (lambda label: streams.prompt_secret(label, "--secret")) if streams.may_ask else None
        made = Environment(
            Secrets(ask=ask),
            rates=store.rates if store else None,
            recall=store.inventory.get if store else None,
            tracer=tracer,
            told=streams.note,
            quota_share=quota_share,
            stop=stop or threading.Event(),
        )
        stack.callback(made.stop.set)
        yield made


def chosen(apps: Sequence[str] | None, names: Sequence[str] | None) -> tuple[InstanceConfig, ...]:
    """Return the instances that `--app` and `--instance` choose; raises UsageError where there is none at all."""
    from casb_cli.store.config import Config

    config = Config.load()
    if not config.instances:
        raise UsageError("no instance is connected yet", hint="casb connect APP --instance NAME, or try: casb demo")
    return config.select(apps or (), names or ())


@contextmanager
def opened(configs: Sequence[InstanceConfig], environment: Environment) -> Iterator[list[OpenInstance]]:
    """Yield the instances ready for use; they are closed together."""
    from casb_cli.connect.open import OpenInstance

    instances = [OpenInstance(config, environment) for config in configs]
    try:
        yield instances
    finally:
        environment.stop.set()
        for instance in instances:
            instance.close()


def able(
    instances: Sequence[OpenInstance],
    ability: type[Ability],
    *,
    named: bool,
    refused: list[CasbError] | None = None,
) -> list[OpenInstance]:
    """Return the instances whose app has the ability; the others are noted, or, where named, refused.

    A refusal is added to `refused`, and raised as Unsupported where nothing is left to do or nobody takes it.
    """
    found = []
    errors: list[CasbError] = []
    for instance in instances:
        words = instance.cannot(ability)
        if words is None:
            found.append(instance)
            continue
        if named:
            errors.append(Unsupported(f"{instance.label}: {words}"))
        else:
            streams.note(f"{instance.label} skipped: {words}")
    if errors and (refused is None or not found):
        raise errors[0]
    if refused is not None:
        refused += errors
    return found
