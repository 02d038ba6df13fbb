"""Signing in to Entra ID: one token for each audience, from a secret, a certificate, a federated token or a person.

learn.microsoft.com, "Microsoft identity platform and the OAuth 2.0 client credentials flow" and "device
authorization grant". A challenge for claims (continuous access evaluation) is answered with the claims.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from casb_cli.core.errors import NotPermitted, ScopeMissing, SecretUnavailable, SignInNeeded
from casb_cli.core.protocols import TokenStore
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.endpoint import TokenEndpoint, TokenSet
from casb_cli.transport.auth.grants import refreshed
from casb_cli.transport.auth.person import DeviceCode, UserToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.calls import Call
from casb_cli.transport.signin import Authenticator, Interaction, Outgoing, SigninContext

T = TypeVar("T")

TOKEN = "POST /{tenant}/oauth2/v2.0/token"
DEVICE = "POST /{tenant}/oauth2/v2.0/devicecode"
LIFETIME = 300
"""Seconds that an assertion lives; Entra allows ten minutes."""
BACKDATE = 60
"""Seconds into the past that an assertion is valid from, for clocks that differ."""
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLAIMS = re.compile(r'\bclaims="([A-Za-z0-9+/_=-]{1,8000})"')
_NUMBER = re.compile(r"AADSTS(\d+)")
_HINTS = {
    "7000215": "give the client secret's value, not its ID; make a new one under Certificates & secrets",
    "7000222": "the client secret has expired: make a new one under Certificates & secrets",
    "700027": "the certificate is not the one uploaded under Certificates & secrets, or has expired",
    "90002": "check the tenant: there is none of that name in this cloud (--field cloud=...)",
    "700016": "check the client ID, and that the app registration is in this tenant",
    "7000218": "allow public client flows: the app registration, Authentication, Advanced settings",
    "53003": "a Conditional Access policy blocks this sign-in: many block the device code",
    "70021": "no federated credential of the app registration fits the token: compare issuer, subject and audience",
    "700213": "no federated credential of the app registration fits the token: compare issuer, subject and audience",
}
_NO_RESOURCE = frozenset({"500011", "65001", "650057"})
"""The tenant knows no such API, or the app has no consent for it: no fault of the credential."""


def certificate_thumbprint(pem: str) -> str:
    """Return the SHA-256 of a PEM's (first) certificate, base64url; raises SignInNeeded."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    problem = ""
    text = pem.strip().replace("\\n", "\n")
    try:
        found = x509.load_pem_x509_certificate(text[text.index("-----BEGIN CERTIFICATE") :].encode())
        return base64.urlsafe_b64encode(found.fingerprint(SHA256())).rstrip(b"=").decode()
    except ValueError:
        problem = "there is no certificate that can be read"
    raise SignInNeeded(
        problem, hint="give the PEM text of the certificate that was uploaded to the app registration, header and all"
    )


def _optional(context: SigninContext, key: str) -> str | None:
    try:
        return context.secret(key) or None
    except SecretUnavailable:
        return None


def signed_by_certificate(context: SigninContext, client_id: str, audience: str) -> Callable[[], Mapping[str, str]]:
    """Return what makes the form fields that prove the app by its certificate, afresh for each attempt."""

    def key() -> str:
        text = context.secret("private_key").replace("\\n", "\n")
        start = text.find("-----BEGIN CERTIFICATE")
        # A file may hold the key and the certificate, in either order.
        return text if start < 0 else _without_certificates(text)

    def headers() -> Mapping[str, str]:
        pem = context.secret("private_key")
        other = pem if "BEGIN CERTIFICATE" in pem else _optional(context, "certificate") or ""
        return {"x5t#S256": certificate_thumbprint(other)}

    assertion = Assertion(
        key,
        issuer=client_id,
        subject=client_id,
        audience=audience,
        algorithm="PS256",
        headers=headers,
        passphrase=lambda: _optional(context, "passphrase"),
        lifetime=LIFETIME,
    )

    def make() -> Mapping[str, str]:
        claims = {"nbf": int(time.time()) - BACKDATE}
        return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion.make(claims)}

    return make


def _without_certificates(text: str) -> str:
    return re.sub(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\s*", "", text, flags=re.DOTALL)


def federated(context: SigninContext) -> Callable[[], Mapping[str, str]]:
    """Return what makes the form fields that prove the app by another provider's token, read anew each time."""

    def make() -> Mapping[str, str]:
        token = context.secret("token").strip()
        if not token:
            raise SignInNeeded("the token of the federated credential is empty")
        return {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": token}

    return make


@dataclass(frozen=True)
class ForAudience:
    """The client-credentials grant for one audience; `claims` are those that an answer asked for."""

    endpoint: TokenEndpoint
    audience: str
    prove: Callable[[], Mapping[str, str]] | None = field(repr=False, default=None)
    claims: Callable[[], str | None] = field(repr=False, default=lambda: None)
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet:
        """Return a new token; there is no refresh token."""
        del saved

        def make() -> Mapping[str, str]:
            asked = self.claims()
            proof = self.prove() if self.prove is not None else {}
            return {"scope": f"{self.audience}/.default", **({"claims": asked} if asked else {}), **proof}

        return explained(lambda: self.endpoint.grant("client_credentials", make))

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return the first token; nobody is needed."""
        del interaction
        return self.obtain(None)


@dataclass(frozen=True)
class OfPerson:
    """A person's token for another audience, by the refresh token that the first sign-in kept."""

    endpoint: TokenEndpoint
    audience: str
    store: TokenStore = field(repr=False)
    rotates: bool = False

    def obtain(self, saved: TokenSet | None) -> TokenSet | None:
        """Return a token; the refresh token that comes with it is not kept: the first one stays usable."""
        del saved
        extra = {"scope": f"{self.audience}/.default"}
        return explained(lambda: refreshed(self.endpoint, self.store.load(), extra))

    def interact(self, interaction: Interaction | None) -> TokenSet:
        """Return a token without a person; raises SignInNeeded."""
        del interaction
        token = self.obtain(None)
        if token is None:
            raise SignInNeeded("there is no refresh token")
        return token


def explained(work: Callable[[], T]) -> T:
    """Return what a sign-in gives; its error is shortened to what says something, with what to do about it."""
    failure: SignInNeeded
    try:
        return work()
    except SignInNeeded as error:
        failure = error
    number = _NUMBER.search(failure.words)
    words = re.split(r"\s*Trace ID:", failure.words, maxsplit=1)[0].strip()
    raise SignInNeeded(
        words,
        call=failure.call,
        status=failure.status,
        code=failure.code,
        request_id=failure.request_id,
        hint=_HINTS.get(number[1]) or failure.hint if number else failure.hint,
    )


class ByAudience:
    """One token for each audience; `audience` names a call's, the first one signs in. Thread-safe."""

    def __init__(
        self,
        first: str,
        audience: Callable[[Call], str],
        make: Callable[[str, Callable[[], str | None]], Authenticator],
    ) -> None:
        self.first = first
        self._audience = audience
        self._make = make
        self._held: dict[str, Authenticator] = {}
        self._claims: dict[str, str] = {}
        self._lock = threading.Lock()

    def of(self, audience: str) -> Authenticator:
        """Return the authenticator of an audience."""
        with self._lock:
            found = self._held.get(audience)
            if found is None:
                found = self._held[audience] = self._make(audience, lambda: self._claims.get(audience))
            return found

    def headers(self, call: Call) -> Mapping[str, str]:
        audience = self._audience(call)
        refused: SignInNeeded
        try:
            return self.of(audience).headers(call)
        except SignInNeeded as error:
            number = _NUMBER.search(error.words)
            if audience == self.first or not number or number[1] not in _NO_RESOURCE:
                raise
            refused = error
        raise ScopeMissing(
            f"the app has no permission of {audience}: {refused.words}",
            status=refused.status,
            code=refused.code,
            hint="add its permissions to the app registration and grant admin consent; see --print-setup",
        )

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        return self.of(self._audience(call)).renew(call, used)

    def sign_in(self, interaction: Interaction | None) -> None:
        self.of(self.first).sign_in(interaction)

    def redact(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(secret for one in self._held.values() for secret in one.redact())

    def prove(self, call: Call, outgoing: Outgoing, given: Mapping[str, str]) -> Mapping[str, str]:
        del call, outgoing, given
        return {}

    def challenged(self, call: Call, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Learn the claims that an answer asks for: the renewal that follows sends them."""
        del outgoing, body
        found = _CLAIMS.search(headers.get("www-authenticate", "")) if status == 401 else None
        if found:
            try:
                text = base64.b64decode(found[1] + "=" * (-len(found[1]) % 4), altchars=b"-_").decode()
            except (binascii.Error, UnicodeDecodeError):
                return False
            self._claims[self._audience(call)] = text
        return False

    def permissions(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Return the kind (`roles` or `scp`) and names of the permissions in each token held, by audience.

        An audience whose token cannot be read is left out: Microsoft promises no format.
        """
        found = {}
        with self._lock:
            held = list(self._held.items())
        for audience, one in held:
            claims = claims_of(one)
            if claims is None:
                continue
            roles = claims.get("roles")
            if isinstance(roles, list):
                found[audience] = ("roles", tuple(str(role) for role in roles))
            elif isinstance(claims.get("scp"), str):
                found[audience] = ("scp", tuple(str(claims["scp"]).split()))
            else:
                found[audience] = ("roles", ())
        return found


def claims_of(authenticator: Authenticator) -> dict[str, Any] | None:
    """Return what an access token says of itself, unverified: it is shown, never trusted. None where it is opaque."""
    token = next(iter(authenticator.redact()), "")
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return None
    return claims if isinstance(claims, dict) else None


def person(context: SigninContext, endpoint: TokenEndpoint, audience: str, hint: str) -> Authenticator:
    """Return the authenticator of the person who enters a code, for the first audience; its tokens are kept."""
    flow = DeviceCode(endpoint, DEVICE, (f"{audience}/.default", "offline_access"))
    source = UserToken(flow, endpoint, extra={"scope": f"{audience}/.default offline_access"})
    return TokenAuthenticator(source, context.tokens, hint=hint)


def refuse(words: str, hint: str) -> Authenticator:
    """Return an authenticator that gives no call a credential, with the reason."""
    return _Refusing(words, hint)


class _Refusing:
    def __init__(self, words: str, hint: str) -> None:
        self._words, self._hint = words, hint

    def headers(self, call: Call) -> Mapping[str, str]:
        raise NotPermitted(self._words, call=call.name, hint=self._hint)

    def renew(self, call: Call, used: Mapping[str, str]) -> bool:
        del call, used
        return False

    def sign_in(self, interaction: Interaction | None) -> None:
        del interaction

    def redact(self) -> tuple[str, ...]:
        return ()
