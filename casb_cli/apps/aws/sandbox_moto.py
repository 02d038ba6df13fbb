"""moto, in this very process, as the state of one simulated AWS: each has its own, though moto's is global."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from casb_cli.apps.aws.sandbox_wire import environ_of
from casb_cli.sandbox.wire import Reply, Request

SERVICES = (
    "iam",
    "sts",
    "s3",
    "s3control",
    "sqs",
    "organizations",
    "identitystore",
    "ssoadmin",
    "cloudtrail",
    "account",
)
"""moto's packages that hold state here."""

_lock = threading.RLock()


class _Shared:
    """What all simulations in this process share: moto's dispatcher, and whose state is in moto's hands now."""

    app: Any = None
    holder: Moto | None = None


@cache
def models(service: str) -> Any:
    """Return moto's models of a service: imported on use, as that takes most of a second."""
    return importlib.import_module(f"moto.{service}.models")


@cache
def _registers() -> list[Any]:
    return [getattr(models(name), f"{name}_backends") for name in SERVICES]


_EXTRAS = {"s3": "bucket_accounts", "organizations": "master_accounts"}
"""What some registers keep beside their backends."""


class Moto:
    """One state of moto's: `held()` puts it into moto's hands; calls of another thread or simulation wait."""

    def __init__(self) -> None:
        self._backends: list[dict[str, Any]] = [{} for _ in SERVICES]
        self._extras: dict[str, dict[str, Any]] = {name: {} for name in _EXTRAS}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let moto work on this state for the length of the block."""
        with _lock:
            if _Shared.holder is not self:
                if _Shared.holder is not None:
                    _Shared.holder.take()
                self._give()
                _Shared.holder = self
            yield

    def forget(self) -> None:
        """Begin again with nothing."""
        with self.held():
            for register in _registers():
                dict.clear(register)
            for name, attribute in _EXTRAS.items():
                getattr(_registers()[SERVICES.index(name)], attribute).clear()

    def take(self) -> None:
        """Take this state back out of moto's hands."""
        for number, register in enumerate(_registers()):
            self._backends[number] = dict(register)
            dict.clear(register)
        for name, attribute in _EXTRAS.items():
            extra = getattr(_registers()[SERVICES.index(name)], attribute)
            self._extras[name] = dict(extra)
            extra.clear()

    def _give(self) -> None:
        for number, register in enumerate(_registers()):
            dict.clear(register)
            dict.update(register, self._backends[number])
        for name, attribute in _EXTRAS.items():
            extra = getattr(_registers()[SERVICES.index(name)], attribute)
            extra.clear()
            extra.update(self._extras[name])

    def register(self, service: str) -> Any:
        """Return moto's register of the backends of a service."""
        return _registers()[SERVICES.index(service)]

    def backend(self, service: str, account: str, region: str = "aws") -> Any:
        """Return moto's backend of a service in an account; global services have the partition as region."""
        return self.register(service)[account][region]

    def call(self, request: Request, account: str) -> Reply:
        """Let moto answer a request as an account."""
        if _Shared.app is None:
            from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

            _Shared.app = DomainDispatcherApplication(create_backend_app)
            # It lists the folder of moto's packages for every call.
            _Shared.app.get_backend_for_host = cache(_Shared.app.get_backend_for_host)
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], info: Any = None) -> None:
            del info
            told["status"], told["headers"] = int(status.split(maxsplit=1)[0]), headers

        body = b"".join(_Shared.app(environ_of(request, account), start))
        dropped = {"content-length", "access-control-allow-origin", "server", "date", "connection"}
        headers = {name.lower(): value for name, value in told["headers"] if name.lower() not in dropped}
        return Reply(told["status"], body, headers)
