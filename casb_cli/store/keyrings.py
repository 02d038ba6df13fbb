"""The OS keyring, bounded in time: it never hangs a command and never asks without a terminal.

Only keyrings of an operating system or desktop are used, or another one that the user names in
`PYTHON_KEYRING_BACKEND`; those known to keep clear text, or nothing, are refused.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from casb_cli.core.errors import CasbError, SecretUnavailable, StoreError
from casb_cli.store import chunks, unlocked
from casb_cli.store.places import PlaceName, PlaceStatus

SERVICE = "casb"
LIMIT = 5.0
PROMPT_LIMIT = 60.0
_REST = 60.0
"""Seconds after which a keyring that did not answer is tried again: `casb watch` outlives a suspended desktop."""

ELSEWHERE = (
    "keep it in the encrypted vault (`casb store vault create`, then `--secret KEY=vault:stdin`; cron reads the"
    " passphrase from CASB_VAULT_PASSPHRASE_FILE), or name another source: env:NAME, file:PATH,"
    " command:ARGV, credential:NAME"
)

_KNOWN = {
    "keyring.backends.SecretService": "Secret Service",
    "keyring.backends.libsecret": "Secret Service",
    "keyring.backends.kwallet": "KWallet",
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
}
_ASKS_INSIDE = frozenset({"keyring.backends.macOS"})
"""Backends whose dialogue is part of the call itself, so that a person needs more than the usual limit."""

T = TypeVar("T")


class _Refused(Exception):
    """Why no keyring is used here: `why` continues the sentence `the OS keyring can't be used: `."""

    def __init__(self, why: str, hint: str = ELSEWHERE) -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


@dataclass(frozen=True)
class _Chosen:
    members: tuple[Any, ...]
    title: str


def _module(backend: Any) -> str:
    return type(backend).__module__


def _clear_text(backend: Any) -> bool:
    package = _module(backend).split(".")[0:2]
    return package in (["keyrings", "alt"], ["keyrings", "cryptfile"]) or "plain" in type(backend).__name__.lower()


def _title(backend: Any) -> str:
    return _KNOWN.get(_module(backend)) or f"{_module(backend)}.{type(backend).__name__}"


def _choose() -> _Chosen:
    import keyring

    try:
        backend: Any = keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - a backend named by the user may fail in any way while loading
        raise _Refused(
            f"the keyring named in PYTHON_KEYRING_BACKEND or keyringrc.cfg can't be loaded ({_kind(error)})",
            "unset PYTHON_KEYRING_BACKEND, or " + ELSEWHERE,
        ) from None
    module = _module(backend)
    if module == "keyring.backends.fail":
        raise _Refused("no OS keyring is reachable in this environment", _reach_hint())
    if module == "keyring.backends.null":
        raise _Refused("the configured keyring keeps nothing (null backend)")
    members = tuple(backend.backends) if module == "keyring.backends.chainer" else (backend,)
    unsafe = [_title(member) for member in members if _clear_text(member)]
    if unsafe:
        raise _Refused(
            f"{', '.join(unsafe)} keeps secrets in a file of its own, unprotected by the system",
            "uninstall keyrings.alt or keyrings.cryptfile; or " + ELSEWHERE,
        )
    if module == "keyring.backends.chainer":
        # Plug-ins for one purpose (a package index's tokens) register themselves here: not for our secrets.
        members = tuple(member for member in members if _module(member) in _KNOWN)
    if not members:
        raise _Refused("no OS keyring is reachable in this environment", _reach_hint())
    return _Chosen(members, _title(members[0]))


def _reach_hint() -> str:
    if os.name == "posix" and not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return (
            f"{ELSEWHERE}; in cron on a desktop with somebody logged in,"
            " DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$(id -u)/bus reaches that person's keyring"
        )
    return ELSEWHERE


def _kind(error: BaseException) -> str:
    """Name a foreign failure by its type alone: its text may quote what was being stored."""
    return type(error).__name__


class OsKeyring:
    """The user's keyring. `interactive`: a person is at the terminal and may be asked to unlock it."""

    name: PlaceName = "keyring"

    def __init__(self, *, interactive: bool = False, limit: float = LIMIT, prompt_limit: float = PROMPT_LIMIT) -> None:
        self._interactive = interactive
        self._limit = limit
        self._prompt_limit = max(prompt_limit, limit)
        self._chosen: _Chosen | None = None
        self._hung_until = 0.0

    def get(self, name: str) -> str | None:
        try:
            return self._get(name)
        except _Refused as no:
            raise self._error(SecretUnavailable, "read", no) from None

    def set(self, name: str, value: str) -> None:
        try:
            members = self._ready().members
            ring = members[0]
            read = self._reader((ring,))
            chunks.put(
                read,
                lambda key, part: self._call(partial(ring.set_password, SERVICE, key, part), ring),
                self._dropper((ring,)),
                name,
                value,
            )
            if chunks.get(read, name) != value:
                raise _Refused("it took the value but doesn't give it back")
        except chunks.Torn:
            raise self._error(StoreError, "write", _Refused("it lost a part of the value")) from None
        except _Refused as no:
            raise self._error(StoreError, "write", no) from None

    def delete(self, name: str) -> bool:
        try:
            found = False
            for ring in self._ready().members:
                found = chunks.delete(self._reader((ring,)), self._dropper((ring,)), name) or found
            return found
        except _Refused as no:
            raise self._error(StoreError, "clear", no) from None

    def require_writable(self) -> None:
        try:
            self._ready()
        except _Refused as no:
            raise self._error(StoreError, "write", no) from None

    def status(self, *, probe: bool = False) -> PlaceStatus:
        try:
            chosen = self._ready()
        except _Refused as no:
            backend = self._chosen.title if self._chosen else "none"
            return PlaceStatus("keyring", usable=False, backend=backend, detail=no.why, hint=no.hint)
        if probe:
            name = f"doctor/{os.getpid()}/probe"
            try:
                self.set(name, "probe")
                self.delete(name)
            except StoreError as error:
                return PlaceStatus("keyring", usable=False, backend=chosen.title, detail=error.message, hint=error.hint)
        return PlaceStatus("keyring", usable=True, backend=chosen.title)

    @staticmethod
    def _error(kind: type[CasbError], verb: str, no: _Refused) -> CasbError:
        return kind(f"could not {verb} the OS keyring: {no.why}", hint=no.hint)

    def _get(self, name: str) -> str | None:
        try:
            return chunks.get(self._reader(self._ready().members), name)
        except chunks.Torn:
            raise _Refused(
                f"a part of the entry {name} is missing",
                "give the secret again: `casb connect ... --secret KEY=keyring`",
            ) from None

    def _reader(self, members: tuple[Any, ...]) -> Callable[[str], str | None]:
        def read(name: str) -> str | None:
            for ring in members:
                value: str | None = self._call(partial(ring.get_password, SERVICE, name), ring)
                if value is not None:
                    return value
            return None

        return read

    def _dropper(self, members: tuple[Any, ...]) -> Callable[[str], None]:
        from keyring.errors import PasswordDeleteError

        def drop(name: str) -> None:
            for ring in members:
                if self._call(partial(ring.get_password, SERVICE, name), ring) is not None:
                    try:
                        self._call(partial(ring.delete_password, SERVICE, name), ring)
                    except PasswordDeleteError:
                        raise _Refused("it refuses to delete an entry") from None

        return drop

    def _ready(self) -> _Chosen:
        if self._chosen is None:
            self._chosen = self._bounded(_choose, self._limit)
        for ring in self._chosen.members:
            self._open(ring)
        return self._chosen

    def _open(self, ring: Any) -> None:
        look = unlocked.looker(_module(ring))
        if look is None:
            return
        state = self._bounded(look, self._limit)
        if state == "open":
            return
        if not self._interactive or state == "passing":
            raise _Refused(*unlocked.refusal(state))
        self._bounded(lambda: unlocked.unlock(_module(ring)), self._prompt_limit)
        if self._bounded(look, self._limit) != "open":
            raise _Refused("it is still locked", "unlock it and run the command again")

    def _call(self, work: Callable[[], T], ring: Any) -> T:
        asks = self._interactive and _module(ring) in _ASKS_INSIDE
        return self._bounded(work, self._prompt_limit if asks else self._limit)

    def _bounded(self, work: Callable[[], T], limit: float) -> T:
        """Do keyring work in a thread of its own: a bus that never answers is left behind, even at exit."""
        from keyring.errors import PasswordDeleteError

        if time.monotonic() < self._hung_until:
            raise _Refused("it did not answer before", _HUNG_HINT)
        answers: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((work(), None))
            except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which judges it
                answers.put((None, error))

        threading.Thread(target=run, name="casb-keyring", daemon=True).start()
        try:
            value, error = answers.get(timeout=limit)
        except queue.Empty:
            self._hung_until = time.monotonic() + _REST
            raise _Refused(f"no answer within {limit:g} s", _HUNG_HINT) from None
        if error is None:
            return value  # type: ignore[return-value]
        if isinstance(error, _Refused | PasswordDeleteError):
            raise error
        if not isinstance(error, Exception):
            raise error
        raise _Refused(*unlocked.explain(error))


_HUNG_HINT = "check the desktop's keyring service and D-Bus (is a dialogue waiting?); or " + ELSEWHERE
