"""Signed assertions (JWT) made with an app's private key, afresh each time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from casb_cli.core.errors import SignInNeeded

_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class Assertion:
    """Makes JWTs. Times are seconds: `lifetime` from now, `backdate` into the past for clocks that differ.

    The key is PEM (PKCS#1, PKCS#8, encrypted PKCS#8 with `passphrase`) or a JWK, read when first needed. Without
    an `algorithm` it follows the key, which may then be one of an elliptic curve. A JWK's `kid` holds unless
    `key_id` is given. `headers` makes further ones, when the key is first needed (a certificate's thumbprint).
    """

    def __init__(
        self,
        key: Callable[[], str],
        *,
        issuer: str,
        audience: str | None = None,
        subject: str | None = None,
        algorithm: Literal["RS256", "RS384", "RS512", "PS256"] | None = "RS256",
        key_id: str | None = None,
        headers: Callable[[], Mapping[str, str]] | None = None,
        passphrase: Callable[[], str | None] | None = None,
        lifetime: float = 45,
        backdate: float | None = None,
        nonce: bool = True,
        extra: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = key
        self._passphrase = passphrase
        self._algorithm: str | None = algorithm
        self._curves = algorithm is None
        self._headers: dict[str, str] | None = {"kid": key_id} if key_id else None
        self._more = headers
        self._lifetime = lifetime
        self._backdate = backdate
        self._nonce = nonce
        self._clock = clock
        named = {"iss": issuer, "aud": audience, "sub": subject, **(extra or {})}
        self._claims = {name: value for name, value in named.items() if value is not None}
        self._key: Any = None

    def make(self, claims: Mapping[str, Any] | None = None) -> str:
        """Return a fresh assertion, with further claims of its own; raises SignInNeeded where the key is no use."""
        import jwt

        if self._key is None:
            self._key = self._load()
            if self._more is not None:
                self._headers = {**(self._headers or {}), **self._more()}
        now = self._clock()
        named = {**self._claims, **(claims or {}), "exp": int(now + self._lifetime)}
        if self._backdate is not None:
            named["iat"] = int(now - self._backdate)
        if self._nonce:
            named["jti"] = secrets.token_hex(32)
        return jwt.encode(named, self._key, algorithm=self._algorithm or "RS256", headers=self._headers)

    def _load(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        # Pasted keys often come with their line breaks written as \n.
        text = self._source().strip().replace("\\n", "\n")
        key = self._from_jwk(text) if text.startswith("{") else self._from_pem(text)
        if self._curves and isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _CURVES:
            self._algorithm = _CURVES[key.curve.name]
            return key
        if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
            more = ", nor one of a curve P-256, P-384 or P-521" if self._curves else ""
            raise SignInNeeded(f"the private key is no RSA key of at least 2048 bits{more}")
        return key

    def _from_pem(self, text: str) -> Any:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        phrase = self._passphrase() if self._passphrase else None
        encrypted = "ENCRYPTED" in text
        problem = ""
        key: Any = None
        try:
            key = load_pem_private_key(text.encode(), phrase.encode() if phrase and encrypted else None)
        except TypeError:
            problem = "the private key is encrypted: its passphrase is needed"
        except (ValueError, UnsupportedAlgorithm):
            problem = "the private key cannot be read" + (": is the passphrase right?" if encrypted else "")
        if problem:
            raise SignInNeeded(problem, hint="give the key's PEM text as the provider made it, header and footer too")
        return key

    def _from_jwk(self, text: str) -> Any:
        import jwt

        key: Any = None
        name: object = None
        try:
            jwk = jwt.PyJWK.from_json(text)
            key, name = jwk.key, jwk.key_id
        except (jwt.exceptions.PyJWTError, ValueError, TypeError, KeyError):
            pass  # said below, outside the handler: the error may hold the key
        if key is None or not hasattr(key, "private_numbers"):
            raise SignInNeeded(
                "the JWK cannot be read as a private key", hint="give the whole private JWK, with its `d`"
            )
        if self._headers is None and isinstance(name, str) and name:
            self._headers = {"kid": name}
        return key
