"""The simulated Okta's sign-in: signed client assertions, DPoP proofs with their nonce, static API tokens.

Only the org authorization server is played. What is refused, and with which words, follows Okta: a bad assertion
is `invalid_client` (401), no granted scope `consent_required`, an unknown one `invalid_scope`; an app that requires
DPoP gets `use_dpop_nonce` first. A client assertion is used up by every request, refused ones too.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from casb_cli.apps.okta.sandbox_wire import oauth_error, refused

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 3600
PROOF_SECONDS = 300
"""How far from now a proof may have been issued."""

NONCE_SECONDS = 3 * 86_400
TOKEN_PATH = "/oauth2/v1/token"

_AREAS = (
    "users",
    "groups",
    "roles",
    "logs",
    "orgs",
    "apps",
    "appGrants",
    "apiTokens",
    "authorizationServers",
    "clients",
    "policies",
    "factors",
    "sessions",
)
READ_SCOPES = tuple(f"okta.{area}.read" for area in _AREAS[:10])
MANAGE_SCOPES = tuple(
    f"okta.{area}.manage" for area in ("users", "apps", "appGrants", "apiTokens", "authorizationServers")
)
UNIVERSAL_LOGOUT = "okta.universalLogout.manage"
KNOWN_SCOPES = frozenset({f"okta.{area}.{verb}" for area in _AREAS for verb in ("read", "manage")} | {UNIVERSAL_LOGOUT})
"""Scopes that the org authorization server knows; other names are `invalid_scope`."""

_NO_NONCE = "Authorization server requires nonce in DPoP proof."
_CHALLENGE = 'Bearer realm="OktaOAuth2", error="invalid_token", error_description="The access token is invalid."'


class Client(msgspec.Struct, kw_only=True):
    """A service app: granted scopes, administrator roles, whether its tokens must be bound to a key."""

    id: str
    name: str
    scopes: frozenset[str]
    roles: tuple[str, ...]
    dpop: bool
    active: bool = True


class Token(msgspec.Struct, kw_only=True):
    """An access token: whose, what for, until when (epoch seconds), bound to which key's thumbprint."""

    client: Client
    scopes: frozenset[str]
    issued: float
    expires: float
    bound: str | None


class SignIn:
    """The service apps and every token given out. `clock` gives epoch seconds."""

    def __init__(self, clients: Mapping[str, Client], clock: Callable[[], float], lifetime: float = 3600.0) -> None:
        self.clients = dict(clients)
        self.lifetime = lifetime
        self.key_id = secrets.token_urlsafe(32)
        self.nonce_on_calls = False
        """Whether calls of the API need a nonce too, which Okta doesn't ask for today."""
        self.granted: Callable[[Client], frozenset[str]] = lambda client: client.scopes
        """Which scopes an app has been granted by now."""
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._seen: dict[str, float] = {}
        self._nonces: dict[str, float] = {}
        self._proof_keys: dict[str, tuple[Any, str]] = {}

    def reset(self) -> None:
        """Forget every token and nonce; the apps and their key stay."""
        self._tokens.clear()
        self._seen.clear()
        self._nonces.clear()
        for client in self.clients.values():
            client.active = True

    def private_key(self) -> str:
        """Return the private key (PEM, PKCS#8) whose public half every service app of the sandbox has."""
        return _keys()[0]

    # Tokens

    def token(self, form: Mapping[str, str], url: str, proof: str | None) -> dict[str, Any]:
        """Return the token answer to a form sent to `url`."""
        grant = form.get("grant_type")
        if not grant:
            raise oauth_error("invalid_request", "The token request must specify a 'grant_type'.")
        if grant != "client_credentials":
            raise oauth_error(
                "unsupported_grant_type",
                f"The authorization grant type '{grant[:40]}' is not supported by this client.",
            )
        client = self.client(form, url)
        bound = None
        if proof is not None:
            bound = self._proof(proof, "POST", url, None, nonce=True)
        elif client.dpop:
            raise oauth_error("invalid_dpop_proof", "The DPoP proof JWT header is missing.")
        asked = form.get("scope", "").split()
        if not asked:
            raise oauth_error(
                "invalid_scope",
                "The authorization server resource does not have any configured default scopes, "
                "'scope' must be provided.",
            )
        if not KNOWN_SCOPES.issuperset(asked):
            raise oauth_error(
                "invalid_scope", "One or more scopes are not configured for the authorization server resource."
            )
        allowed = self.granted(client)
        granted = [scope for scope in dict.fromkeys(asked) if scope in allowed]
        if not granted:
            raise oauth_error("consent_required", "You are not allowed any of the requested scopes.")
        value, now = secrets.token_urlsafe(48), self._clock()
        self._tokens[value] = Token(
            client=client, scopes=frozenset(granted), issued=now, expires=now + self.lifetime, bound=bound
        )
        return {
            "token_type": "DPoP" if bound else "Bearer",
            "expires_in": int(self.lifetime),
            "access_token": value,
            "scope": " ".join(granted),
        }

    def client(self, form: Mapping[str, str], url: str) -> Client:
        """Return the app that a signed assertion proves, using the assertion up."""
        import jwt

        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise oauth_error("invalid_client", "The client_assertion_type is invalid.", 401)
        assertion = form.get("client_assertion", "")
        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise oauth_error("invalid_client", "The client_assertion token is malformed.", 401) from None
        client = self.clients.get(str(claims.get("sub")))
        if client is None or not client.active or claims.get("iss") != client.id:
            raise oauth_error("invalid_client", "Invalid value for 'client_id' parameter.", 401)
        if header.get("kid") not in (None, self.key_id):
            raise oauth_error(
                "invalid_client", "The client_assertion token's key id is not known for this client.", 401
            )
        try:
            jwt.decode(
                assertion,
                _keys()[1],
                algorithms=["RS256", "RS384", "RS512"],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            raise oauth_error("invalid_client", "The client_assertion signature is invalid.", 401) from None
        self._check_claims(claims, url)
        return client

    def _check_claims(self, claims: Mapping[str, Any], url: str) -> None:
        now = self._clock()
        expires, jti, issued = claims.get("exp"), claims.get("jti"), claims.get("iat", now)
        audience = claims.get("aud")
        if url not in (audience if isinstance(audience, list) else [audience]):
            raise oauth_error(
                "invalid_client",
                "The audience claim for client_assertion must be the endpoint invoked for the request.",
                401,
            )
        if not isinstance(expires, int | float) or not isinstance(issued, int | float):
            raise oauth_error("invalid_client", "The client_assertion token must have an expiration time.", 401)
        if expires <= now:
            raise oauth_error("invalid_client", "The client_assertion token is expired.", 401)
        if expires > now + ASSERTION_SECONDS:
            raise oauth_error(
                "invalid_client", "The client_assertion token has an expiration too far into the future.", 401
            )
        if issued > now + PROOF_SECONDS:
            raise oauth_error("invalid_client", "The client_assertion token was issued in the future.", 401)
        if jti is not None and not self._first(f"assertion {jti}", expires):
            raise oauth_error("invalid_client", "The client_assertion token has already been used.", 401)

    def _first(self, key: str, until: float) -> bool:
        now = self._clock()
        if len(self._seen) > 20_000:
            self._seen = {seen: end for seen, end in self._seen.items() if end > now}
        if key in self._seen:
            return False
        self._seen[key] = until
        return True

    # Calls

    def check(self, scheme: str, value: str, proof: str | None, method: str, url: str) -> Token:
        """Return the token of an Authorization header; raises what Okta answers to a bad one."""
        token = self._tokens.get(value)
        if token is None or self._clock() >= token.expires or not token.client.active:
            raise refused("E0000011", headers={"www-authenticate": _CHALLENGE})
        if token.bound is None:
            if scheme != "bearer":
                raise refused("E0000011", headers={"www-authenticate": _CHALLENGE})
            return token
        if scheme != "dpop" or proof is None:
            raise oauth_error("invalid_dpop_proof", "The DPoP proof JWT header is missing.", 401)
        if self._proof(proof, method, url, value, nonce=self.nonce_on_calls, status=401) != token.bound:
            raise oauth_error("invalid_dpop_proof", "The DPoP proof is not signed by the key of the token.", 401)
        return token

    def introspect(self, client: Client, value: str) -> dict[str, Any]:
        """Return what is known of a token that was given to this client."""
        token = self._tokens.get(value)
        if token is None or token.client is not client or self._clock() >= token.expires:
            return {"active": False}
        found: dict[str, Any] = {
            "active": True,
            "scope": " ".join(sorted(token.scopes)),
            "client_id": client.id,
            "sub": client.id,
            "exp": int(token.expires),
            "iat": int(token.issued),
            "token_type": "DPoP" if token.bound else "Bearer",
        }
        return found | ({"cnf": {"jkt": token.bound}} if token.bound else {})

    def revoke(self, client: Client, value: str) -> None:
        """Revoke a token of a client; an unknown one is no error."""
        if value in self._tokens and self._tokens[value].client is client:
            del self._tokens[value]

    def expire(self, value: str | None = None) -> None:
        """Let one access token expire now, or all: for tests and faults."""
        for key, token in self._tokens.items():
            if value is None or key == value:
                token.expires = 0.0

    # Proofs

    def nonce(self) -> str:
        """Return the nonce that the server gives out now: a new one every 24 hours."""
        now = self._clock()
        self._nonces = {value: born for value, born in self._nonces.items() if now < born + NONCE_SECONDS}
        newest = max(self._nonces.items(), key=lambda item: item[1], default=None)
        if newest is not None and now < newest[1] + 86_400:
            return newest[0]
        value = secrets.token_urlsafe(24)
        self._nonces[value] = now
        return value

    def forget_nonces(self) -> None:
        """Let every nonce given out be refused from now on: for tests."""
        self._nonces.clear()

    def _proof(
        self, proof: str, method: str, url: str, access_token: str | None, *, nonce: bool, status: int = 400
    ) -> str:
        """Verify a proof and return its key's thumbprint."""
        import jwt

        def bad(words: str) -> Exception:
            return oauth_error("invalid_dpop_proof", words, status)

        try:
            header = jwt.get_unverified_header(proof)
        except jwt.InvalidTokenError:
            raise bad("The DPoP proof is not a valid JWT.") from None
        jwk = header.get("jwk")
        if header.get("typ") != "dpop+jwt" or header.get("alg") != "RS256" or not isinstance(jwk, dict):
            raise bad("The DPoP proof JWT header must have typ 'dpop+jwt', alg 'RS256' and a jwk.")
        if jwk.get("kty") != "RSA" or "d" in jwk:
            raise bad("The DPoP proof JWT header must hold a public RSA key.")
        try:
            key, thumbprint = self._proof_key(jwk)
            claims = jwt.decode(
                proof,
                key,
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
            )
        except (jwt.InvalidTokenError, jwt.PyJWKError):
            raise bad("The DPoP proof JWT signature is invalid.") from None
        now = self._clock()
        if claims.get("htm") != method:
            raise bad("The DPoP proof JWT 'htm' claim does not match the method of the request.")
        if not _same(str(claims.get("htu", "")), url):
            raise bad("The DPoP proof JWT 'htu' claim does not match the address of the request.")
        issued = claims.get("iat")
        if not isinstance(issued, int | float) or abs(issued - now) > PROOF_SECONDS:
            raise bad("The DPoP proof JWT was not issued just now.")
        if access_token is not None and claims.get("ath") != _hash(access_token.encode()):
            raise bad("The DPoP proof JWT 'ath' claim does not match the access token.")
        if nonce and not self._fresh(claims.get("nonce")):
            raise oauth_error("use_dpop_nonce", _NO_NONCE, status, {"dpop-nonce": self.nonce()})
        jti = claims.get("jti")
        if not isinstance(jti, str) or not jti or not self._first(f"proof {jti}", now + 2 * PROOF_SECONDS):
            raise bad("The DPoP proof JWT has already been used.")
        return thumbprint

    def _fresh(self, nonce: Any) -> bool:
        born = self._nonces.get(nonce) if isinstance(nonce, str) else None
        return born is not None and self._clock() < born + NONCE_SECONDS

    def _proof_key(self, jwk: Mapping[str, Any]) -> tuple[Any, str]:
        import jwt

        plain = {name: str(jwk.get(name, "")) for name in ("e", "kty", "n")}
        known = self._proof_keys.get(plain["n"])
        if known is None:
            if len(self._proof_keys) > 1000:
                self._proof_keys.clear()
            thumbprint = _hash(msgspec.json.encode(plain))  # RFC 7638: these members, sorted, no blanks
            known = self._proof_keys[plain["n"]] = (jwt.PyJWK(plain, "RS256").key, thumbprint)
        return known


@cache
def _keys() -> tuple[str, Any]:
    """Make the key pair of this process: the private half as PEM, the public one."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), key.public_key()


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _same(told: str, url: str) -> bool:
    """RFC 9449: compared without query and fragment, after normalisation."""
    one, other = urlsplit(told), urlsplit(url)
    if one.query or one.fragment:
        return False
    return (one.scheme.lower(), one.netloc.lower(), unquote(one.path)) == (
        other.scheme.lower(),
        other.netloc.lower(),
        unquote(other.path),
    )
