"""Where governing happens: instances opened by reference or key, the journal, the locks, the protected list."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from casb_cli.core.capabilities import Ability
from casb_cli.core.errors import CasbError, UnknownName
from casb_cli.core.refs import Ref
from casb_cli.govern import guard
from casb_cli.govern.execute import Engine
from casb_cli.govern.plan import Limits, Plan
from casb_cli.govern.record import Record
from casb_cli.govern.settle import settle_unsettled

if TYPE_CHECKING:
    from casb_cli.connect.open import Environment, OpenInstance
    from casb_cli.store.config import Config
    from casb_cli.store.journal import Journal
    from casb_cli.store.store import Store


class Governed:
    """An open instance as the engine sees it."""

    def __init__(self, instance: OpenInstance) -> None:
        self._instance = instance

    @property
    def key(self) -> str:
        """The instance key."""
        return self._instance.key

    @property
    def app_key(self) -> str:
        """The app's key."""
        return self._instance.app.key

    @property
    def name(self) -> str:
        """The instance's present name."""
        return self._instance.name

    def connector(self, ability: type[Ability], *, govern: bool = True) -> Any:
        """Return the connector of the first credential that may; raises Unsupported or NotPermitted."""
        return self._instance.connector_for(ability, "govern" if govern else "read")

    def explain(self, error: CasbError, ability: type[Ability], doing: str) -> CasbError:
        """Return the error with what was being done, and with the scopes that are missing by name."""
        return self._instance.explain(error, ability, doing)

    def identities(self) -> frozenset[str]:
        """Return the accounts that casb signs in as here, with any of its credentials."""
        own = self._instance.config.own.values()
        return frozenset(permissions.identity for permissions in own if permissions.identity)


class Desk:
    """Everything a governing command uses; instances are opened once, on first use."""

    def __init__(
        self, config: Config, environment: Environment, store: Store, journal: Journal, *, dry_run: bool = False
    ) -> None:
        self.config = config
        self.store = store
        self._environment = environment
        self._open: dict[str, Governed] = {}
        self._lock = threading.Lock()
        self._instances: list[OpenInstance] = []
        self.engine = Engine(
            journal, self._hold, self.opened, self.by_key, environment.stop.wait, self._name, dry_run=dry_run
        )
        self.history = self.engine.history

    def _name(self, key: str) -> str | None:
        config = self.config.by_key(key)
        return config.name if config else None

    def _hold(self, key: str, ref: str) -> AbstractContextManager[object]:
        from casb_cli.store.locks import object_lock

        config = self.config.by_key(key)
        return object_lock(key, ref, f"{config.app}:{config.name}:{ref}" if config else ref)

    def opened(self, ref: Ref) -> Governed:
        """Return the instance of a reference; raises UnknownName."""
        return self.by_key(self.config.get(ref.app, ref.instance).key)

    def by_key(self, key: str) -> Governed:
        """Return the instance of a key, whatever its name is now; raises UnknownName when it was removed."""
        with self._lock:
            if key not in self._open:
                from casb_cli.connect.open import OpenInstance

                config = self.config.by_key(key)
                if config is None:
                    raise UnknownName(
                        "the instance of this action is no longer connected",
                        hint="connect it again with `casb connect`, then act by its new reference",
                    )
                instance = OpenInstance(config, self._environment)
                self._instances.append(instance)
                self._open[key] = Governed(instance)
            return self._open[key]

    def chosen(self, apps: Sequence[str], names: Sequence[str]) -> list[Governed]:
        """Return the instances that `--app` and `--instance` choose."""
        return [self.by_key(config.key) for config in self.config.select(apps, names)]

    def protected(self, key: str, ref: str) -> str | None:
        """Return why an object is protected, or None."""
        for protection in self.store.protected.list(key):
            if protection.target == ref:
                return protection.why
        return None

    def check(self, plan: Plan, limits: Limits | None = None) -> None:
        """Raise GuardRefused unless the plan is inside its limits."""
        guard.check(plan, self.opened, self.protected, limits=limits)

    def settle(self, keys: Sequence[str]) -> Iterator[Record]:
        """Settle what interrupted runs left open in some instances (keys); yield each outcome."""
        for key in dict.fromkeys(keys):
            yield from settle_unsettled(self.engine, key)

    def close(self) -> None:
        """Close every connection."""
        self._environment.stop.set()
        for instance in self._instances:
            instance.close()
