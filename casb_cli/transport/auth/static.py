"""Credentials that are sent as they are: tokens, Basic pairs, self-signed assertions; and choosing among them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence

from casb_cli.core.errors import SignInNeeded
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, Interaction, Outgoing, Proving


class StaticToken:
    """A token that the administrator made: sent in one header, never renewed."""

    def __init__(
        self, secret: Callable[[], str], *, header: str = "Authorization", scheme: str | None = "Bearer"
    ) -> None:
        self._secret = secret
        self._header = header
        self._scheme = scheme
        self._value: str | None = None

    def _token(self) -> str:
        if self._value is None:
            value = self._secret().strip()
            if not value or not value.isascii() or not value.isprintable():
                raise SignInNeeded("the token is empty or holds characters that no token holds")
            self._value = value
        return self._value

    def headers(self, call: Call) -> Mapping[str, str]:
        del call
        return {self._header: f"{self._scheme} {self._token()}" if self._scheme else self._token()}

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        del call, used
        return False

    def sign_in(self, interaction: Interaction | None) -> None:
        del interaction
        self._token()

    def redact(self) -> tuple[str, ...]:
        return (self._value,) if self._value else ()


class Basic:
    """A user name (or client ID) and password (or client secret) in a Basic header."""

    def __init__(self, user: str, password: Callable[[], str]) -> None:
        self._user = user
        self._password = password
        self._value: str | None = None

    def headers(self, call: Call) -> Mapping[str, str]:
        del call
        if self._value is None:
            self._value = self._password()
        pair = f"{self._user}:{self._value}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        del call, used
        return False

    def sign_in(self, interaction: Interaction | None) -> None:
        del interaction
        if not self._password():
            raise SignInNeeded("the password is empty")

    def redact(self) -> tuple[str, ...]:
        if not self._value:
            return ()
        return (self._value, base64.b64encode(f"{self._user}:{self._value}".encode()).decode())


class SignedAssertion:
    """The app's own assertion as bearer (a GitHub App speaking as itself), signed afresh for each attempt."""

    def __init__(self, assertion: Assertion) -> None:
        self._assertion = assertion

    def headers(self, call: Call) -> Mapping[str, str]:
        del call
        return {"Authorization": f"Bearer {self._assertion.make()}"}

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        del call, used
        return False

    def sign_in(self, interaction: Interaction | None) -> None:
        del interaction
        self._assertion.make()

    def redact(self) -> tuple[str, ...]:
        return ()


class Routed:
    """Several authenticators behind one: `choose` names the one for a call, by its identity or host.

    `parts[0]` signs in first. Every part's secrets are redacted.
    """

    def __init__(self, choose: Callable[[Call], Authenticator], parts: Sequence[Authenticator]) -> None:
        self._choose = choose
        self._parts = tuple(parts)

    def headers(self, call: Call) -> Mapping[str, str]:
        return self._choose(call).headers(call)

    def prove(self, call: Call, outgoing: Outgoing, given: Mapping[str, str]) -> Mapping[str, str]:
        chosen = self._choose(call)
        return chosen.prove(call, outgoing, given) if isinstance(chosen, Proving) else {}

    def challenged(self, call: Call, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        chosen = self._choose(call)
        return isinstance(chosen, Proving) and chosen.challenged(call, outgoing, status, headers, body)

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        return self._choose(call).renew(call, used)

    def sign_in(self, interaction: Interaction | None) -> None:
        for part in self._parts:
            part.sign_in(interaction)

    def redact(self) -> tuple[str, ...]:
        return tuple(secret for part in self._parts for secret in part.redact())
