"""Ways to sign in with a person: the browser with a loopback listener, and the device code."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from casb_cli.core.errors import SignInNeeded, Stopped, UsageError
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet, parse_token
from casb_cli.transport.auth.grants import refreshed
from casb_cli.transport.auth.listener import Listener
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.signin import Interaction


class Flow(Protocol):
    """One way in which a person grants access."""

    def run(self, interaction: Interaction) -> TokenSet:
        """Return the token set granted; raises SignInNeeded."""


@dataclass(frozen=True)
class UserToken:
    """A token that a person granted once, renewed by its refresh token where it has one."""

    flow: Flow
    endpoint: TokenEndpoint
    extra: Mapping[str, str] = field(default_factory=dict)
    rotates: bool = True

    def obtain(self, saved: TokenSet | None) -> TokenSet | None:
        return refreshed(self.endpoint, saved, self.extra)

    def interact(self, interaction: Interaction | None) -> TokenSet:
        if interaction is None:
            raise SignInNeeded(
                "this sign-in needs a person at a terminal",
                hint=self.endpoint.hint or "run the command on a terminal, or choose an unattended method",
            )
        return self.flow.run(interaction)


@dataclass(frozen=True)
class Callback:
    """What the provider's redirect carried."""

    code: str


def read_callback(url: str, state: str) -> Callback:
    """Return the code in the URL that the browser ended at.

    Raises UsageError where the URL is none of this sign-in's, and SignInNeeded where the provider or the
    person refused.
    """
    query = parse_qs(urlsplit(url.strip()).query, keep_blank_values=True)

    def one(name: str) -> str:
        values = query.get(name, [])
        return values[0] if len(values) == 1 else ""

    if not hmac.compare_digest(one("state").encode(), state.encode()):
        raise UsageError("that URL does not belong to this sign-in: its `state` differs")
    if "error" in query:
        words = one("error_description") or one("error") or "access was refused"
        raise SignInNeeded(words, code=one("error") or None)
    if not one("code"):
        raise UsageError("that URL holds no `code`")
    return Callback(one("code"))


@dataclass(frozen=True)
class AuthorizationCode:
    """Authorization code with PKCE (S256) and a listener on 127.0.0.1, or the final URL pasted.

    `ports` are tried in order; 0 is any free one. `timeout` is in seconds.
    """

    endpoint: TokenEndpoint
    authorize_url: str
    scopes: Sequence[str] = ()
    path: str = "/callback"
    ports: Sequence[int] = (0,)
    pkce: bool = True
    extra: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300.0

    def run(self, interaction: Interaction) -> TokenSet:
        from oauthlib.oauth2 import WebApplicationClient

        state = secrets.token_urlsafe(32)
        maker = WebApplicationClient(self.endpoint.client_id)
        verifier = maker.create_code_verifier(64) if self.pkce else None
        with Listener(self.path, self.ports, lambda url: read_callback(url, state)) as listener:
            redirect = listener.url
            url = self._url(state, redirect, maker.create_code_challenge(verifier, "S256") if verifier else None)
            code = self._wait(interaction, listener, url, state)
        given = {"code": code, "redirect_uri": redirect}
        if verifier:
            given["code_verifier"] = verifier
        return self.endpoint.grant("authorization_code", lambda: given, repeatable=False)

    def _url(self, state: str, redirect: str, challenge: str | None) -> str:
        from oauthlib.oauth2.rfc6749.parameters import prepare_grant_uri

        # oauthlib refuses plain http, which our own rule allows on loopback: the scheme is put back after.
        scheme, rest = self.authorize_url.split("://", 1)
        named: dict[str, Any] = dict(self.extra)
        if challenge:
            named.update(code_challenge=challenge, code_challenge_method="S256")
        built: str = prepare_grant_uri(
            "https://" + rest,
            self.endpoint.client_id,
            "code",
            redirect_uri=redirect,
            scope=list(self.scopes) or None,
            state=state,
            **named,
        )
        return f"{scheme}{built.removeprefix('https')}"

    def _wait(self, interaction: Interaction, listener: Listener[Callback], url: str, state: str) -> str:
        if interaction.can_open_browser:
            interaction.announce("Complete the connection in the browser", url=url)
            return listener.wait(self.timeout).code
        interaction.announce("Open this URL in a browser and grant access", url=url)
        final = interaction.paste("Paste the URL that the browser ends at (empty if it says that all is done): ")
        return read_callback(final, state).code if final.strip() else listener.wait(self.timeout).code


@dataclass(frozen=True)
class DeviceCode:
    """The device flow (RFC 8628): a code to enter on another machine, polled at the provider's interval."""

    endpoint: TokenEndpoint
    name: str
    """The logical call that starts it, such as `POST /login/device/code`."""
    scopes: Sequence[str] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    wait: Callable[[float], bool] | None = None
    clock: Callable[[], float] = time.monotonic

    def run(self, interaction: Interaction) -> TokenSet:
        begun = self._begin()
        try:
            code, shown = str(begun["device_code"]), str(begun["user_code"])
            where = str(begun.get("verification_uri") or begun["verification_url"])
            lifetime, interval = float(begun.get("expires_in") or 900), float(begun.get("interval") or 5)
        except (KeyError, TypeError, ValueError):
            raise SignInNeeded("the provider's answer to the device sign-in is not usable", call=self.name) from None
        interaction.announce("Open the URL and enter the code", url=where, code=shown)
        end = self.clock() + lifetime
        while self.clock() + interval <= end:
            self._sleep(interval)
            answer = self.endpoint.ask("urn:ietf:params:oauth:grant-type:device_code", lambda: {"device_code": code})
            refused: SignInNeeded | None = None
            try:
                return parse_token(answer, hint=self.endpoint.hint)
            except SignInNeeded as error:
                refused = error
            if refused.code == "slow_down":
                told = answer.json().get("interval") if answer.body.startswith(b"{") else None
                interval = max(interval + 5, float(told)) if isinstance(told, int | float) else interval + 5
            elif refused.code != "authorization_pending":
                raise refused
        raise SignInNeeded(
            "the device code expired before it was entered",
            call=self.name,
            code="expired_token",
            hint=self.endpoint.hint,
        )

    def _begin(self) -> dict[str, Any]:
        form = {"client_id": self.endpoint.client_id, **self.extra}
        if self.scopes:
            form["scope"] = " ".join(self.scopes)
        answer = self.endpoint.http.send(
            Call(
                name=self.name,
                path=dict(self.endpoint.path),
                host=self.endpoint.host,
                family=self.endpoint.family,
                headers={"Accept": "application/json"},
                form=form,
                identity=NOBODY,
                safe=True,
                answers=(400, 401, 403, 404),
            )
        )
        data = answer.json()
        if not isinstance(data, dict) or "error" in data or answer.status >= 400:
            said = data if isinstance(data, dict) else {}
            raise SignInNeeded(
                str(said.get("error_description") or said.get("error") or "the device sign-in is not available"),
                call=self.name,
                status=answer.status,
                code=str(said.get("error") or "") or None,
                hint="the device flow must be switched on in the app's settings at the provider",
            )
        return data

    def _sleep(self, seconds: float) -> None:
        stop = getattr(self.endpoint.http, "stop", None) or threading.Event()
        if (self.wait or stop.wait)(seconds):
            raise Stopped("stopped while waiting for the sign-in")
