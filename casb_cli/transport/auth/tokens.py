"""Obtained tokens: kept, renewed once for all threads and processes, saved before they are used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from casb_cli.core.errors import SignInNeeded
from casb_cli.core.protocols import TokenStore
from casb_cli.transport.auth.endpoint import TokenSet
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Interaction

EARLY = 60.0
"""A token is renewed so many seconds before it expires, or at a tenth of its life if that is less."""
_FAILED_FOR = 30.0


class Source(Protocol):
    """One way to obtain tokens."""

    @property
    def rotates(self) -> bool:
        """Whether obtaining uses up what was saved: then the store's lock is held meanwhile."""

    def obtain(self, saved: TokenSet | None) -> TokenSet | None:
        """Return a new token set without a person, None where there is no way to; raises SignInNeeded."""

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return the first token set, with a person's help where needed; raises SignInNeeded."""


class TokenAuthenticator:
    """Puts an obtained access token on each call. Thread-safe; a renewal is single flight.

    A rotating source needs a store: the new set is saved before its access token is used, and the store is
    read again under its lock, so that two processes never use up the same refresh token.
    """

    def __init__(
        self,
        source: Source,
        store: TokenStore | None = None,
        *,
        header: str = "Authorization",
        scheme: str = "Bearer",
        hint: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if source.rotates and store is None:
            raise ValueError("a rotating token needs a store")
        self._source = source
        self._store = store
        self._header = header
        self._scheme = scheme
        self._hint = hint
        self._clock = clock
        self._lock = threading.Lock()
        self._token: TokenSet | None = None
        self._born = 0.0
        self._seen: list[str] = []
        self._failed: tuple[float, SignInNeeded] | None = None

    @property
    def scope(self) -> str | None:
        """The scopes that came with the present token, space separated; None where the provider told none."""
        scope = self._token.get("scope") if self._token else None
        return str(scope) if scope is not None else None

    def headers(self, call: Call) -> Mapping[str, str]:
        del call
        return self._header_for(self._current())

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        del call
        with self._lock:
            if self._token is not None and self._header_for(self._token) != dict(used):
                return True
            return self._obtain(rejected=self._token)

    def sign_in(self, interaction: Interaction | None) -> None:
        with self._lock:
            self._failed = None
            self._save(self._source.interact(interaction))

    def redact(self) -> tuple[str, ...]:
        return tuple(self._seen)

    def _header_for(self, token: TokenSet) -> dict[str, str]:
        return {self._header: f"{token.get('token_type') or self._scheme} {token['access_token']}"}

    def _fresh(self, token: TokenSet | None) -> bool:
        if token is None or not token.get("access_token"):
            return False
        expires = token.get("expires_at")
        if expires is None:
            return True
        early = min(EARLY, max(float(expires) - self._born, 0.0) / 10) if token is self._token else EARLY
        return self._clock() < float(expires) - early

    def _current(self) -> TokenSet:
        token = self._token
        if token is not None and self._fresh(token):
            return token
        with self._lock:
            if self._token is None and self._store is not None:
                self._take(self._store.load())
            if not self._fresh(self._token) and not self._obtain(rejected=None):
                raise SignInNeeded("there is no valid token and no way to renew it", hint=self._hint)
            if self._token is None:
                raise SignInNeeded("there is no token", hint=self._hint)
            return self._token

    def _take(self, token: TokenSet | None) -> None:
        if token is None:
            return
        self._token = token
        self._born = self._clock()
        self._note(token)

    def _note(self, token: TokenSet) -> None:
        # A rejected call may still be in flight with the former token: both stay redacted.
        values = [str(token[name]) for name in ("access_token", "refresh_token") if token.get(name)]
        self._seen = list(dict.fromkeys([*values, *self._seen]))[:8]

    def _save(self, token: TokenSet) -> None:
        self._note(token)
        if self._store is not None:
            self._store.save(token)
        self._take(token)

    def _obtain(self, *, rejected: TokenSet | None) -> bool:
        """Get a token that is not the rejected one; False where there is no way. The lock is held."""
        if self._failed is not None and self._clock() - self._failed[0] < _FAILED_FOR:
            # A wrong secret tried by every thread could lock the account.
            raise _alike(self._failed[1])
        try:
            if self._store is None or not self._source.rotates:
                return self._replace(self._token)
            with self._store.lock():
                saved = self._store.load()
                if saved is not None and self._differs(saved, rejected) and self._fresh(saved):
                    self._take(saved)
                    return True
                return self._replace(saved or self._token)
        except SignInNeeded as error:
            error.hint = error.hint or self._hint
            # Not the error itself: its frames hold what the thread was about to do, and many users may be refused.
            self._failed = (self._clock(), _alike(error))
            raise

    def _differs(self, saved: TokenSet, rejected: TokenSet | None) -> bool:
        return rejected is None or saved.get("access_token") != rejected.get("access_token")

    def _replace(self, saved: TokenSet | None) -> bool:
        token = self._source.obtain(saved)
        if token is None:
            return False
        self._save(token)
        return True


def _alike(error: SignInNeeded) -> SignInNeeded:
    return SignInNeeded(error.words, call=error.call, status=error.status, code=error.code, hint=error.hint)
