"""Signing in to Google: a delegated service account, with its key or without one, or a person in the browser."""

from __future__ import annotations

from collections.abc import Mapping

from casb_cli.apps.google_workspace.delegation import AsUser, Delegation, KeySigner, RemoteSigner, Sign
from casb_cli.apps.google_workspace.federation import Federation
from casb_cli.apps.google_workspace.scopes import ALL, ALWAYS, EMAIL, least
from casb_cli.core.errors import NotPermitted, UsageError
from casb_cli.transport.auth.endpoint import TokenEndpoint, sign_in_again
from casb_cli.transport.auth.identities import ByIdentity
from casb_cli.transport.auth.person import AuthorizationCode, UserToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, SigninContext

TOKEN = "POST /token"
_MAY_SIGN = "give the identity the role Service Account Token Creator on the service account; see --print-setup"
_SETS = {"admin": "admin"}
"""Which scopes a host's calls carry; all others are Drive's."""


class Delegated(ByIdentity[tuple[str, str]]):
    """A service account that acts as the administrator, and as each user towards Drive."""

    def __init__(self, delegation: Delegation, admin: str, hint: str) -> None:
        self._delegation = delegation

        def make(key: tuple[str, str]) -> Authenticator:
            return TokenAuthenticator(AsUser(delegation, *key), hint=hint)

        def key(call: Call) -> tuple[str, str]:
            subject = call.identity.id.lower() if call.identity.kind == "user" else admin
            return subject, _SETS.get(call.host, "drive")

        super().__init__(make, key, (admin, "admin"))

    @property
    def scope(self) -> str | None:
        """The scopes that the administrator's tokens came with, space separated."""
        return self._delegation.scope


class Person(TokenAuthenticator):
    """A person who signed in: reaches what that person may, and nobody else's files."""

    def headers(self, call: Call) -> Mapping[str, str]:
        if call.identity.kind == "user":
            raise NotPermitted(
                f"cannot act as {call.identity.id}: a person's own sign-in reaches that person's files only",
                hint="connect a service account with domain-wide delegation: --auth service-account",
            )
        return super().headers(call)


def signin(context: SigninContext) -> Authenticator:
    """Return the authenticator of a sign-in method; nothing is sent yet."""
    hint = sign_in_again(context)
    wanted = least({*ALWAYS, *(context.want or context.granted or ALL)})
    if context.method == "oauth":
        return Person(_person(context, (*wanted, EMAIL)), context.tokens, hint=hint)
    admin = context.fields["subject"].strip().lower()
    if "@" not in admin:
        raise UsageError(
            "`subject` is the e-mail address of a super administrator", hint="--field subject=admin@example.com"
        )
    endpoint = TokenEndpoint(context.http, TOKEN, "", client_auth="assertion", hint=hint)
    settled = bool(context.granted) and not context.want
    delegation = Delegation(endpoint, _signer(context), admin, wanted, settled=settled)
    return Delegated(delegation, admin, hint)


def _signer(context: SigninContext) -> Sign:
    if context.method == "keyless":
        email = context.fields["service_account"].strip()
        return RemoteSigner(context.http, email, lambda: context.secret("access_token"))
    if context.method == "federation":
        federation = Federation(context.http, lambda: context.secret("configuration"), sign_in_again(context))
        email = (context.fields.get("service_account") or "").strip() or federation.configuration.service_account or ""
        if "@" not in email:
            raise UsageError(
                "the configuration acts as no service account, so the delegated one must be named",
                hint="--field service_account=casb@PROJECT.iam.gserviceaccount.com",
            )
        return RemoteSigner(context.http, email, federation, _MAY_SIGN)
    return KeySigner(lambda: context.secret("key"))


def _person(context: SigninContext, scopes: tuple[str, ...]) -> UserToken:
    endpoint = TokenEndpoint(
        context.http,
        TOKEN,
        context.fields["client_id"].strip(),
        lambda: context.secret("client_secret"),
        hint=sign_in_again(context),
    )
    flow = AuthorizationCode(
        endpoint,
        f"{context.urls['accounts']}/o/oauth2/v2/auth",
        scopes,
        path="/",
        # A refresh token comes with the first consent only, unless consent is asked for again.
        extra={"access_type": "offline", "prompt": "consent"},
    )
    return UserToken(flow, endpoint, rotates=False)
