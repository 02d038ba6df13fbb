"""Signing in to Okta: a service app's signed assertion with tokens bound to a key, or an API token."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from casb_cli.apps.okta.scopes import ALL
from casb_cli.core.errors import SignInNeeded, UsageError
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.dpop import Bound, Proofs
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet, sign_in_again
from casb_cli.transport.auth.grants import ClientCredentials
from casb_cli.transport.auth.static import StaticToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.signin import Authenticator, Interaction, SigninContext

TOKEN = "POST /oauth2/v1/token"
LIFETIME = 300
"""Seconds that an assertion lives; Okta allows an hour at most."""
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_HINTS = {
    "consent_required": "grant the app its scopes: Applications, the app, Okta API Scopes; see --print-setup",
    "invalid_client": "check the client ID, that the app holds this key, and that it was saved on the outer panel too",
    "invalid_dpop_proof": "check this machine's clock; or set --field dpop=no where the app requires no DPoP",
}


@dataclass(frozen=True)
class ServiceApp:
    """A service app's token with as many of the wanted scopes as were granted; there is no refresh token.

    Okta leaves out what was not granted. Where it refuses the whole request for one scope that it does not
    know, each is asked for alone, once, and those granted are what is asked for from then on.
    """

    endpoint: TokenEndpoint = field(repr=False)
    assertion: Assertion = field(repr=False)
    wanted: Sequence[str]
    rotates: bool = False
    _granted: list[str] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        """Return a token; raises SignInNeeded."""
        del saved
        with self._lock:
            try:
                return self._ask(self._granted or self.wanted)
            except SignInNeeded as error:
                if error.code != "invalid_scope":
                    error.hint = _HINTS.get(str(error.code), error.hint)
                    raise
            self._granted[:] = [scope for scope in self.wanted if self._has(scope)]
            if not self._granted:
                raise SignInNeeded(
                    "the app was granted none of the scopes", code="consent_required", hint=_HINTS["consent_required"]
                )
            return self._ask(self._granted)

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return the first token; nobody is needed."""
        del interaction
        return self.obtain(None)

    def _ask(self, scopes: Sequence[str]) -> TokenSet:
        def fields() -> Mapping[str, str]:
            return {
                "scope": " ".join(scopes),
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": self.assertion.make(),
            }

        return ClientCredentials(self.endpoint, fields).obtain(None)

    def _has(self, scope: str) -> bool:
        try:
            self._ask([scope])
        except SignInNeeded as error:
            if error.code not in {"invalid_scope", "consent_required"}:
                raise
            return False
        return True


def signin(context: SigninContext) -> Authenticator:
    """Return the authenticator of a sign-in method; nothing is sent yet."""
    if context.method == "token":
        return StaticToken(lambda: context.secret("token"), scheme="SSWS")
    client_id = context.fields["client_id"].strip()
    url = context.urls["api"] + TOKEN.partition(" ")[2]
    assertion = Assertion(
        lambda: context.secret("private_key"),
        issuer=client_id,
        subject=client_id,
        audience=url,
        algorithm=None,
        key_id=context.fields.get("key_id", "").strip() or None,
        lifetime=LIFETIME,
        backdate=0,
    )
    proofs = Proofs() if _wants_proofs(context.fields) else None
    endpoint = TokenEndpoint(
        context.http,
        TOKEN,
        client_id,
        client_auth="assertion",
        host="api",
        hint=sign_in_again(context),
        proofs=proofs,
        url=url,
    )
    tokens = TokenAuthenticator(ServiceApp(endpoint, assertion, ALL), hint=sign_in_again(context))
    return Bound(tokens, proofs) if proofs is not None else tokens


def _wants_proofs(fields: Mapping[str, str]) -> bool:
    told = (fields.get("dpop") or "yes").strip().lower()
    if told not in {"yes", "no"}:
        raise UsageError(f"`dpop` is yes or no, not `{told}`", hint="--field dpop=yes")
    return told == "yes"
