"""The simulated Box's sign-in: client credentials, signed assertions, browser codes, rotating refresh tokens.

What is refused, and with which words, follows Box: a wrong secret is `invalid_client`, a subject that the app was
not authorized for is `invalid_grant`, both 400. Access tokens are opaque and say nothing of their owner.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from casb_cli.apps.box.sandbox_wire import Refusal, oauth_error, unauthorized

AUDIENCE = "https://api.box.com/oauth2/token"
"""What an assertion's `aud` must be, whatever address the sandbox listens on."""

CODE_SECONDS = 30
ASSERTION_SECONDS = 60
REFRESH_SECONDS = 60 * 86_400
SKEW_SECONDS = 5
"""How far in the future an assertion may have been issued."""

WRITE = "root_readwrite"
READ = "root_readonly"
USERS = "manage_managed_users"
GROUPS = "manage_groups"
ENTERPRISE = "manage_enterprise_properties"
CONTENT = "enterprise_content"
LEGAL = "manage_legal_hold"
RETENTION = "manage_data_retention"
SCOPES = (WRITE, USERS, GROUPS, ENTERPRISE)
"""What the sandbox's app is authorized for unless told otherwise."""

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Token(msgspec.Struct, kw_only=True):
    """An access token: whom it acts as, what it may do, until when (epoch seconds)."""

    user: str
    scopes: frozenset[str]
    expires: float
    method: str
    family: str


class _Refresh(msgspec.Struct, kw_only=True):
    user: str
    scopes: frozenset[str]
    expires: float
    family: str
    used: bool = False


class _Code(msgspec.Struct, kw_only=True):
    redirect_uri: str
    scopes: frozenset[str]
    expires: float


class SignIn:
    """The app's registration and every token given out.

    `subject_allowed` tells whether a user may be signed in for (managed and active).
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        enterprise_id: str,
        service_account: str,
        admin: str,
        scopes: tuple[str, ...],
        clock: Callable[[], float],
        subject_allowed: Callable[[str], bool],
        lifetime: float = 4123.0,
        redirect_uris: tuple[str, ...] = ("http://localhost", "http://127.0.0.1"),
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.enterprise_id = enterprise_id
        self.service_account = service_account
        self.admin = admin
        self.scopes = frozenset(scopes)
        self.lifetime = lifetime
        self.redirect_uris = redirect_uris
        self.authorized = True
        """Whether an admin has authorized the app in the Admin Console."""
        self._clock = clock
        self._subject_allowed = subject_allowed
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}
        self._replays: dict[str, float] = {}
        self._key: tuple[str, str, Any] | None = None
        self.public_key_id = "k7" + client_id[:6]

    # The key pair

    def settings(self) -> dict[str, Any]:
        """Return the settings JSON as the Developer Console downloads it; makes the key pair on first use."""
        pem, passphrase, _ = self._pair()
        return {
            "boxAppSettings": {
                "clientID": self.client_id,
                "clientSecret": self.client_secret,
                "appAuth": {"publicKeyID": self.public_key_id, "privateKey": pem, "passphrase": passphrase},
            },
            "enterpriseID": self.enterprise_id,
        }

    def _pair(self) -> tuple[str, str, Any]:
        with self._lock:
            if self._key is None:
                from cryptography.hazmat.primitives import serialization
                from cryptography.hazmat.primitives.asymmetric import rsa

                key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
                passphrase = secrets.token_hex(16)
                pem = key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.BestAvailableEncryption(passphrase.encode()),
                )
                self._key = (pem.decode(), passphrase, key.public_key())
            return self._key

    # Endpoints

    def authorize(self, query: Mapping[str, str]) -> str:
        """Return the address that the browser is sent to: the sandbox's admin always agrees."""
        if query.get("client_id") != self.client_id:
            raise oauth_error("invalid_client", "The client_id is not valid")
        redirect = query.get("redirect_uri") or self.redirect_uris[0]
        if not self._registered(redirect):
            raise oauth_error("redirect_uri_mismatch", "The redirect URI provided is not registered")
        if query.get("response_type") != "code":
            raise oauth_error("unsupported_response_type", "Response type must be 'code'")
        scopes = self.scopes
        if query.get("scope"):
            scopes = scopes & frozenset(query["scope"].split())
        code = secrets.token_urlsafe(24)
        with self._lock:
            self._codes[code] = _Code(redirect_uri=redirect, scopes=scopes, expires=self._clock() + CODE_SECONDS)
        answer = {"code": code} | ({"state": query["state"]} if "state" in query else {})
        return f"{redirect}{'&' if urlsplit(redirect).query else '?'}{urlencode(answer)}"

    def token(self, body: bytes) -> dict[str, Any]:
        """Return the token answer for a form-encoded request; every refusal is Box's OAuth error body."""
        form = _form(body)
        grant = form.get("grant_type")
        if not grant:
            raise oauth_error("invalid_request", "Invalid grant_type parameter or parameter missing")
        if form.get("client_id") != self.client_id or not secrets.compare_digest(
            form.get("client_secret", ""), self.client_secret
        ):
            raise oauth_error("invalid_client", "The client credentials are invalid")
        if grant == "client_credentials":
            return self._client_credentials(form)
        if grant == JWT_GRANT:
            return self._assertion(form.get("assertion", ""))
        if grant == "authorization_code":
            return self._code(form)
        if grant == "refresh_token":
            return self._rotate(form.get("refresh_token", ""))
        raise oauth_error("unsupported_grant_type", "The grant type is unauthorized for this client_id")

    def revoke(self, body: bytes) -> None:
        """Revoke a token and, where it came from a browser sign-in, all of that sign-in's tokens."""
        form = _form(body)
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            raise oauth_error("invalid_client", "The client credentials are invalid")
        value = form.get("token", "")
        with self._lock:
            known = self._tokens.get(value) or self._refresh.get(value)
            if known is None:
                raise oauth_error("invalid_token", "Invalid token")
            self._drop(lambda t: t.family == known.family)

    def check(self, header: str | None) -> Token:
        """Return the token of an Authorization header; raises the 401 that Box answers."""
        scheme, _, value = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not value:
            raise Refusal(401, headers={"www-authenticate": 'Bearer realm="Service"'}, empty=True)
        token = self._tokens.get(value)
        if token is None:
            raise unauthorized("invalid_token", "The access token provided is invalid.")
        if self._clock() >= token.expires:
            raise unauthorized("expired_token", "The access token provided has expired.")
        return token

    # For tests and faults

    def expire(self, header: str | None = None) -> None:
        """Expire the access token of that Authorization header, or all of them."""
        value = (header or "").partition(" ")[2]
        with self._lock:
            for key, token in self._tokens.items():
                if not value or key == value:
                    token.expires = 0.0

    def end_sessions(self, user: str) -> None:
        """Revoke everything that a browser sign-in of the user gave out."""
        with self._lock:
            self._drop(lambda t: t.user == user and t.family.startswith("oauth"))

    # Grants

    def _client_credentials(self, form: Mapping[str, str]) -> dict[str, Any]:
        kind, subject = form.get("box_subject_type"), form.get("box_subject_id", "")
        return self._give(self._subject(kind, subject), self.scopes, method="ccg", family="ccg")

    def _subject(self, kind: Any, subject: str) -> str:
        if kind == "enterprise" and subject == self.enterprise_id and self.authorized:
            return self.service_account
        if kind == "user" and self.authorized and self._subject_allowed(subject):
            return subject
        raise oauth_error("invalid_grant", "Grant credentials are invalid")

    def _assertion(self, assertion: str) -> dict[str, Any]:
        import jwt

        _, _, public = self._pair()
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.InvalidTokenError:
            raise oauth_error("invalid_grant", "Assertion is not a valid JWT") from None
        if header.get("kid") != self.public_key_id:
            raise oauth_error(
                "invalid_grant",
                'OAuth JSON Web Token (JWT) "kid" header is not an ID for one of the app\'s public keys',
            )
        try:
            claims = jwt.decode(
                assertion,
                public,
                algorithms=["RS256", "RS384", "RS512"],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            raise oauth_error("invalid_grant", "OAuth JWT signature is not valid") from None
        now = self._clock()
        expires, jti = claims.get("exp"), claims.get("jti")
        if claims.get("iss") != self.client_id:
            raise oauth_error("invalid_client", "Please check the 'iss' claim.")
        if claims.get("aud") != AUDIENCE:
            raise oauth_error("invalid_grant", "Please check the 'aud' claim.")
        if not isinstance(expires, int | float) or now >= expires:
            raise oauth_error(
                "invalid_grant",
                "Please check the 'exp' claim. Current date time MUST be before the expiration date time listed in "
                "the 'exp' claim.",
            )
        if expires > now + ASSERTION_SECONDS:
            raise oauth_error(
                "invalid_grant", "Please check the 'exp' claim. It must be at most 60 seconds in the future."
            )
        issued = max(claims.get("iat") or 0, claims.get("nbf") or 0)
        if issued > now + SKEW_SECONDS:
            raise oauth_error("invalid_grant", "Please check the 'iat' and 'nbf' claims.")
        if not isinstance(jti, str) or not 16 <= len(jti) <= 128:
            raise oauth_error("invalid_grant", "Please check the 'jti' claim.")
        with self._lock:
            self._replays = {key: until for key, until in self._replays.items() if until > now}
            if jti in self._replays:
                raise oauth_error("invalid_grant", "A unique 'jti' value is required.")
            self._replays[jti] = expires
        user = self._subject(claims.get("box_sub_type"), str(claims.get("sub", "")))
        return self._give(user, self.scopes, method="jwt", family="jwt")

    def _code(self, form: Mapping[str, str]) -> dict[str, Any]:
        with self._lock:
            code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise oauth_error("invalid_grant", "Auth code doesn't exist or is invalid for the client")
        if self._clock() >= code.expires:
            raise oauth_error("invalid_grant", "The authorization code has expired")
        if form.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            raise oauth_error("redirect_uri_mismatch", "The redirect URI does not match")
        return self._give(self.admin, code.scopes, method="oauth", family=f"oauth-{secrets.token_hex(6)}", refresh=True)

    def _rotate(self, value: str) -> dict[str, Any]:
        with self._lock:
            old = self._refresh.get(value)
            usable = old is not None and not old.used and self._clock() < old.expires
            if old is not None:
                old.used = True
        if old is None or not usable or not self._subject_allowed(old.user):
            raise oauth_error("invalid_grant", "Invalid refresh token")
        return self._give(old.user, old.scopes, method="oauth", family=old.family, refresh=True)

    def _give(
        self, user: str, scopes: frozenset[str], *, method: str, family: str, refresh: bool = False
    ) -> dict[str, Any]:
        now, value = self._clock(), secrets.token_urlsafe(24)
        answer: dict[str, Any] = {
            "access_token": value,
            "expires_in": int(self.lifetime),
            "restricted_to": [],
            "token_type": "bearer",
        }
        if method in {"ccg", "jwt"}:
            family = f"{family}-{value[:8]}"
        with self._lock:
            self._tokens[value] = Token(
                user=user, scopes=scopes, expires=now + self.lifetime, method=method, family=family
            )
            if refresh:
                answer["refresh_token"] = secrets.token_urlsafe(36)
                self._refresh[answer["refresh_token"]] = _Refresh(
                    user=user, scopes=scopes, expires=now + REFRESH_SECONDS, family=family
                )
        return answer

    def _registered(self, redirect: str) -> bool:
        """Scheme, host, path and query must match; on loopback any port fits."""
        asked = urlsplit(redirect)
        for known in map(urlsplit, self.redirect_uris):
            same = (asked.scheme, asked.hostname, asked.query) == (known.scheme, known.hostname, known.query)
            loopback = known.hostname in {"localhost", "127.0.0.1"}
            if same and (loopback or (asked.netloc, asked.path) == (known.netloc, known.path)):
                return True
        return False

    def _drop(self, gone: Callable[[Any], bool]) -> None:
        self._tokens = {key: token for key, token in self._tokens.items() if not gone(token)}
        self._refresh = {key: token for key, token in self._refresh.items() if not gone(token)}


def _form(body: bytes) -> dict[str, str]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise oauth_error("invalid_request", "The request body is not form-encoded") from None
    return {key: values[-1] for key, values in parse_qs(text, keep_blank_values=True).items()}
