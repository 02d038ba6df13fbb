"""Ways to obtain tokens without a person: client credentials, assertions, exchanges, refreshing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from casb_cli.core.errors import SignInNeeded
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet, send_fresh
from casb_cli.transport.calls import Answer, Call
from casb_cli.transport.signin import Interaction, PlainHttp


@dataclass(frozen=True)
class ClientCredentials:
    """The client-credentials grant; `extra` are form fields such as Box's subject, or what makes them each time."""

    endpoint: TokenEndpoint
    extra: Mapping[str, str] | Callable[[], Mapping[str, str]] = field(default_factory=dict)
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        del saved
        return self.endpoint.grant("client_credentials", lambda: self.extra() if callable(self.extra) else self.extra)

    def interact(self, interaction: Interaction | None) -> TokenSet:
        del interaction
        return self.obtain(None)


@dataclass(frozen=True)
class JwtBearer:
    """The assertion grant (RFC 7523): a new assertion for each attempt."""

    endpoint: TokenEndpoint
    assertion: Assertion
    extra: Mapping[str, str] = field(default_factory=dict)
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        del saved
        return self.endpoint.grant(
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            lambda: {"assertion": self.assertion.make(), **self.extra},
        )

    def interact(self, interaction: Interaction | None) -> TokenSet:
        del interaction
        return self.obtain(None)


@dataclass(frozen=True)
class Exchange:
    """One credential exchanged for another by the provider's own call (GitHub App to installation token).

    `call` makes the request afresh; `read` takes the token set out of its answer.
    """

    http: PlainHttp = field(repr=False)
    call: Callable[[], Call]
    read: Callable[[Answer], TokenSet]
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        del saved
        return self.read(send_fresh(self.http, self.call))

    def interact(self, interaction: Interaction | None) -> TokenSet:
        del interaction
        return self.obtain(None)


def refreshed(endpoint: TokenEndpoint, saved: TokenSet | None, extra: Mapping[str, str]) -> TokenSet | None:
    """Return a token set for a saved refresh token, which is kept where the provider gives no new one.

    None where nothing was saved that could be refreshed. Raises SignInNeeded.
    """
    old = saved.get("refresh_token") if saved else None
    if not isinstance(old, str) or not old:
        return None
    token = endpoint.grant("refresh_token", lambda: {"refresh_token": old, **extra}, repeatable=False)
    kept = {"refresh_token": old}
    if saved and saved.get("scope"):
        kept["scope"] = str(saved["scope"])
    return {**kept, **token}


@dataclass(frozen=True)
class RefreshToken:
    """Renewal by a refresh token given at connect or saved before; rotation is followed."""

    endpoint: TokenEndpoint
    first: Callable[[], str] | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    rotates: bool = True

    def obtain(self, saved: TokenSet | None) -> TokenSet | None:
        return refreshed(self.endpoint, saved, self.extra)

    def interact(self, interaction: Interaction | None) -> TokenSet:
        del interaction
        first = self.first() if self.first else ""
        token = refreshed(self.endpoint, {"refresh_token": first}, self.extra)
        if token is None:
            raise SignInNeeded("there is no refresh token")
        return token
