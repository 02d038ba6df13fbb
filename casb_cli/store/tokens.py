"""Obtained and rotated tokens: in keyring or vault, per instance and credential, never in a plain file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from casb_cli.core.app import CredentialSpec
from casb_cli.core.errors import StoreError
from casb_cli.core.protocols import TokenStore
from casb_cli.store import locks
from casb_cli.store.places import TOKEN_FIELD, Place, entry, place_name
from casb_cli.store.secrets import Secrets

REFRESH_WAIT = 90.0
"""Seconds to wait for another process that renews the same token: longer than a slow token endpoint takes."""


class KeptTokens:
    """The tokens of one credential in keyring or vault; safe over threads and processes."""

    def __init__(self, instance_key: str, credential: str, place: Place) -> None:
        self._instance_key = instance_key
        self._credential = credential
        self._place = place
        self._name = entry(instance_key, credential, TOKEN_FIELD)

    def load(self) -> dict[str, Any] | None:
        """Return the saved token set as it is now, or None; raises SecretUnavailable, StoreError."""
        text = self._place.get(self._name)
        if text is None:
            return None
        token = _decoded(text)
        if token is None:
            # Raised outside the decoder's own error, which holds the text.
            raise StoreError(
                f"the tokens of credential `{self._credential}` in the {self._place.name} can't be read",
                hint="sign in again: `casb connect ...`",
            )
        return token

    def save(self, token: Mapping[str, Any]) -> None:
        """Save durably before returning, read back; raises StoreError."""
        self._place.set(self._name, json.dumps(dict(token), separators=(",", ":")))

    def clear(self) -> None:
        """Forget the token set."""
        self._place.delete(self._name)

    def lock(self) -> AbstractContextManager[object]:
        """Hold the refresh lock over all processes, once the place is known to take a new token.

        Raises StoreError before anything was spent: a rotated token that can't be kept would be lost. Raises
        Locked after 90 s.
        """
        return self._lock()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        label = f"credential `{self._credential}`"
        with locks.refresh_lock(self._instance_key, self._credential, label, wait=REFRESH_WAIT):
            self._place.require_writable()
            yield


class MemoryTokens:
    """Tokens that live as long as the process: for methods that can sign in anew each time."""

    def __init__(self) -> None:
        self._token: dict[str, Any] | None = None
        self._lock = threading.RLock()

    def load(self) -> dict[str, Any] | None:
        """Return the token set of this process, or None."""
        return dict(self._token) if self._token is not None else None

    def save(self, token: Mapping[str, Any]) -> None:
        """Keep the token set until the process ends."""
        self._token = dict(token)

    def clear(self) -> None:
        """Forget the token set."""
        self._token = None

    def lock(self) -> AbstractContextManager[object]:
        """Hold the refresh lock over the threads of this process."""
        return self._lock


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        token = json.loads(text)
    except ValueError:
        return None
    return token if isinstance(token, dict) else None


def open_tokens(instance_key: str, credential: CredentialSpec, secrets: Secrets) -> TokenStore:
    """Return the token store of a configured credential, in the place settled at connect."""
    name = place_name(credential.tokens)
    if name:
        return KeptTokens(instance_key, credential.name, secrets.place(name))
    return MemoryTokens()
