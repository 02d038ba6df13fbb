"""The seam between client and authentication: what a sign-in method gets, and what it must give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from casb_cli.core.protocols import TokenStore
from casb_cli.transport.calls import Answer, Call


class Interaction(Protocol):
    """A person at the terminal during `connect`; absent in unattended runs."""

    can_open_browser: bool

    def announce(self, text: str, *, url: str | None = None, code: str | None = None) -> None:
        """Show what to do next: a URL to open (opened by this call where `can_open_browser`), a code to enter."""

    def paste(self, prompt: str) -> str:
        """Return the line that the person pasted (the final URL, where no browser reaches the listener)."""


class Authenticator(Protocol):
    """Gives each call its credential. Thread-safe; a renewal is single flight."""

    def headers(self, call: Call) -> Mapping[str, str]:
        """Return the headers that authenticate this call, afresh for each attempt; may obtain a token."""

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        """After a rejected credential: obtain a new one if `used` is still current; False if in vain."""

    def sign_in(self, interaction: Interaction | None) -> None:
        """Obtain the first token at `connect`; raises SignInNeeded where a person is needed and absent."""

    def redact(self) -> tuple[str, ...]:
        """Return the secret values that must never appear in traces or errors."""


@dataclass(frozen=True)
class Outgoing:
    """A request as it will be sent, but for what signs it: the final URL, all other headers, the body's bytes."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = field(default=None, repr=False)


@runtime_checkable
class Proving(Protocol):
    """An authenticator that must see the finished request: it proves possession of a key, or signs."""

    def prove(self, call: Call, outgoing: Outgoing, given: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers to add, made afresh for each attempt; `given` are those that `headers` returned."""

    def challenged(self, call: Call, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Learn from an answer (`body` is read on refusals); True where it only asks to prove once more.

        Such an answer means that nothing was done: the call is sent again at once, one time.
        """


class PlainHttp(Protocol):
    """Sends a call with no credential, through the same limits, retries and redaction (token endpoints)."""

    def send(self, call: Call) -> Answer:
        """Return the answer; raises ProviderError."""


@dataclass(frozen=True)
class SigninContext:
    """All that a sign-in method may use."""

    app: str
    instance: str
    method: str
    fields: Mapping[str, str]
    secret: Callable[[str], str]
    """Returns a secret field's value from its source; raises SecretUnavailable."""
    tokens: TokenStore
    http: PlainHttp
    urls: Mapping[str, str]
    """Base URLs by host name, as configured."""
    want: tuple[str, ...] = ()
    """Scopes that `connect` asks for, derived from the abilities wanted."""
    granted: tuple[str, ...] = ()
    """Scopes that the credential was found to have when it was connected; empty while it is being connected."""


Signin = Callable[[SigninContext], Authenticator]
"""An app's sign-in: `apps/<app>/auth.py:signin`."""

JsonObject = dict[str, Any]
