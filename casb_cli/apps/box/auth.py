"""Signing in to Box: client credentials, a signed assertion from the downloaded settings, or OAuth 2.0."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from casb_cli.core.errors import SignInNeeded
from casb_cli.core.shapes import from_json
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet, sign_in_again
from casb_cli.transport.auth.grants import ClientCredentials, JwtBearer
from casb_cli.transport.auth.person import AuthorizationCode, UserToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.signin import Authenticator, Interaction, SigninContext

TOKEN = "POST /oauth2/token"
AUDIENCE = "https://api.box.com/oauth2/token"
"""The audience of every assertion, whatever the address of the token endpoint."""
LIFETIME = 30
"""Seconds that an assertion lives; Box allows 60 at most."""


class _AppAuth(msgspec.Struct, rename={"key_id": "publicKeyID", "private_key": "privateKey"}):
    key_id: str
    private_key: str
    passphrase: str | None = None


class _AppSettings(msgspec.Struct, rename={"client_id": "clientID", "secret": "clientSecret", "auth": "appAuth"}):
    client_id: str
    secret: str
    auth: _AppAuth


class Settings(msgspec.Struct, rename={"app": "boxAppSettings", "enterprise_id": "enterpriseID"}):
    """The settings JSON that the developer console lets one download."""

    app: _AppSettings
    enterprise_id: str


def read_settings(text: str) -> Settings:
    """Return the downloaded settings; raises SignInNeeded that names the field at fault, never a value."""
    problem = ""
    try:
        return from_json(text, Settings)
    except msgspec.ValidationError as error:
        problem = f"it lacks what Box's file holds: {error}"
    except msgspec.DecodeError:
        problem = "it is no JSON"
    raise SignInNeeded(
        f"the settings JSON cannot be used: {problem}",
        hint="give the whole file as the developer console let you download it",
    )


@dataclass(frozen=True)
class SettingsAssertion:
    """The assertion grant with the downloaded settings, which are read when a token is first wanted."""

    settings: Callable[[], str] = field(repr=False)
    make: Callable[[Settings], JwtBearer] = field(repr=False)
    rotates: bool = False
    _made: list[JwtBearer] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        """Return a token; raises SignInNeeded."""
        with self._lock:
            if not self._made:
                self._made.append(self.make(read_settings(self.settings())))
        return self._made[0].obtain(saved)

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return the first token; nobody is needed."""
        del interaction
        return self.obtain(None)


def signin(context: SigninContext) -> Authenticator:
    """Return the authenticator of a sign-in method; nothing is sent yet."""
    hint = sign_in_again(context)
    if context.method == "oauth":
        return TokenAuthenticator(_person(context), context.tokens, hint=hint)
    admin = context.fields.get("admin_id", "").strip()
    if context.method == "jwt":
        source = SettingsAssertion(lambda: context.secret("config"), lambda found: _bearer(context, found, admin))
        return TokenAuthenticator(source, hint=hint)
    subject = {
        "box_subject_type": "user" if admin else "enterprise",
        "box_subject_id": admin or context.fields["enterprise_id"].strip(),
    }
    return TokenAuthenticator(ClientCredentials(_endpoint(context), subject), hint=hint)


def _endpoint(context: SigninContext) -> TokenEndpoint:
    return TokenEndpoint(
        context.http,
        TOKEN,
        context.fields["client_id"],
        lambda: context.secret("client_secret"),
        hint=sign_in_again(context),
    )


def _bearer(context: SigninContext, settings: Settings, admin: str) -> JwtBearer:
    app = settings.app
    endpoint = TokenEndpoint(context.http, TOKEN, app.client_id, lambda: app.secret, hint=sign_in_again(context))
    assertion = Assertion(
        lambda: app.auth.private_key,
        issuer=app.client_id,
        audience=AUDIENCE,
        subject=admin or settings.enterprise_id,
        key_id=app.auth.key_id,
        passphrase=lambda: app.auth.passphrase,
        lifetime=LIFETIME,
        extra={"box_sub_type": "user" if admin else "enterprise"},
    )
    return JwtBearer(endpoint, assertion)


def _person(context: SigninContext) -> UserToken:
    # Box knows no PKCE; a code lives 30 seconds, so it is exchanged as soon as the redirect arrives.
    endpoint = _endpoint(context)
    return UserToken(AuthorizationCode(endpoint, f"{context.urls['account']}/authorize", pkce=False), endpoint)
