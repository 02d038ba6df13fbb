"""A credential for each identity that calls act as: made when first needed, the longest unused forgotten."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

from casb_cli.core.errors import NotPermitted, SignInNeeded
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, Interaction

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

MOST = 256
"""Credentials held at once."""
_REDACTED = 64


class ByIdentity(Generic[K]):
    """One authenticator for each key that `key` reads from a call; `first` is the one that signs in.

    That one user cannot be acted as says nothing about the connection: for calls as a user a refused sign-in is
    raised as NotPermitted, in the provider's words. Thread-safe.
    """

    def __init__(
        self, make: Callable[[K], Authenticator], key: Callable[[Call], K], first: K, *, most: int = MOST
    ) -> None:
        self._make = make
        self._key = key
        self._first = first
        self._most = most
        self._held: OrderedDict[K, Authenticator] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: K) -> Authenticator:
        """Return the authenticator of a key."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                found = self._held[key] = self._make(key)
                if len(self._held) > self._most:
                    self._held.pop(next(one for one in self._held if one != self._first))
            self._held.move_to_end(key)
            return found

    def headers(self, call: Call) -> Mapping[str, str]:
        return self._asked(call, lambda one: one.headers(call))

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        return self._asked(call, lambda one: one.renew(call, used))

    def sign_in(self, interaction: Interaction | None) -> None:
        self.of(self._first).sign_in(interaction)

    def redact(self) -> tuple[str, ...]:
        """Return the secrets of those used last; what a call itself carries is hidden in any case."""
        with self._lock:
            recent = list(self._held.values())[-_REDACTED:]
        return tuple(secret for one in recent for secret in one.redact())

    def _asked(self, call: Call, ask: Callable[[Authenticator], T]) -> T:
        refused: SignInNeeded | None = None
        try:
            return ask(self.of(self._key(call)))
        except SignInNeeded as error:
            if call.identity.kind != "user":
                raise
            refused = error
        raise NotPermitted(
            f"cannot act as {call.identity.id}: {refused.words}",
            status=refused.status,
            code=refused.code,
            hint=refused.hint,
        )
