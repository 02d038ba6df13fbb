"""Signed assertions (JWT) made with an app's private key, afresh each time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from casb_cli.core.errors import SignInNeeded


class Assertion:
    """Makes JWTs. Times are seconds: `lifetime` from now, `backdate` into the past for clocks that differ.

    The key is PEM (PKCS#1, PKCS#8, encrypted PKCS#8 with `passphrase`), read when first needed.
    """

    def __init__(
        self,
        key: Callable[[], str],
        *,
        issuer: str,
        audience: str | None = None,
        subject: str | None = None,
        algorithm: Literal["RS256", "RS384", "RS512"] = "RS256",
        key_id: str | None = None,
        passphrase: Callable[[], str | None] | None = None,
        lifetime: float = 45,
        backdate: float | None = None,
        nonce: bool = True,
        extra: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = key
        self._passphrase = passphrase
        self._algorithm = algorithm
        self._headers = {"kid": key_id} if key_id else None
        self._lifetime = lifetime
        self._backdate = backdate
        self._nonce = nonce
        self._clock = clock
        named = {"iss": issuer, "aud": audience, "sub": subject, **(extra or {})}
        self._claims = {name: value for name, value in named.items() if value is not None}
        self._key: Any = None

    def make(self) -> str:
        """Return a fresh assertion; raises SignInNeeded where the key cannot be used."""
        import jwt

        if self._key is None:
            self._key = self._load()
        now = self._clock()
        claims = {**self._claims, "exp": int(now + self._lifetime)}
        if self._backdate is not None:
            claims["iat"] = int(now - self._backdate)
        if self._nonce:
            claims["jti"] = secrets.token_hex(32)
        return jwt.encode(claims, self._key, algorithm=self._algorithm, headers=self._headers)

    def _load(self) -> Any:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        # Pasted keys often come with their line breaks written as \n.
        text = self._source().strip().replace("\\n", "\n")
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
        if not isinstance(key, RSAPrivateKey) or key.key_size < 2048:
            raise SignInNeeded("the private key is no RSA key of at least 2048 bits")
        return key
