"""The simulated Entra token endpoint: client secrets, signed assertions, federated ones, device codes, refresh tokens.

Tokens are JWTs for one audience each, with the application permissions in `roles` or the delegated ones in `scp`.
Whoever holds one is looked up: the signature is nothing to rely on.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from casb_cli.apps.office365.sandbox_permits import GRAPH, MANAGE, SHAREPOINT
from casb_cli.apps.office365.sandbox_wire import TokenRefusal

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "api://AzureADTokenExchange"
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:larkspur/casb:ref:refs/heads/main"
DELEGATED = (
    "Application.Read.All AuditLog.Read.All Directory.Read.All Files.Read.All Files.ReadWrite.All GroupMember.Read.All "
    "RoleManagement.Read.Directory Sites.Read.All Sites.ReadWrite.All User.Read User.Read.All User.RevokeSessions.All "
    "User.EnableDisableAccount.All DelegatedPermissionGrant.ReadWrite.All AppRoleAssignment.ReadWrite.All "
    "Application.ReadWrite.All"
)
_WRONG_SECRET = (
    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the "
    "client secret ID, for a secret added to app '{app}'."
)


class Token(msgspec.Struct, kw_only=True):
    """An access token: for which API (an application id; at SharePoint for which host), with what, until when."""

    api: str
    host: str
    roles: frozenset[str]
    scopes: frozenset[str]
    user: int | None
    by_assertion: bool
    expires: float
    issued: float


class _Device(msgspec.Struct, kw_only=True):
    scope: str
    expires: float
    polls: int
    denied: bool = False


class SignIn:
    """The tenant's application and every token given out; `clock` gives epoch seconds."""

    def __init__(
        self,
        *,
        tenant: str,
        names: tuple[str, ...],
        client_id: str,
        object_id: str,
        hosts: tuple[str, ...],
        granted: Callable[[], Mapping[str, frozenset[str]]],
        clock: Callable[[], float],
        lifetime: float,
        polls: int,
        secret: str,
        user: tuple[int, str, str],
    ) -> None:
        self.tenant = tenant
        self.names = names
        self.client_id = client_id
        self.client_secret = secret
        self.lifetime = lifetime
        self.polls = polls
        self.interval = 5
        self.endpoint = "https://login.microsoftonline.com"
        self.tokens: dict[str, Token] = {}
        self.refresh: dict[str, str] = {}
        self.devices: dict[str, _Device] = {}
        self._object_id = object_id
        self._hosts = hosts
        self._granted = granted
        self._clock = clock
        self._user = user

    def knows(self, tenant: str) -> bool:
        """Tell whether a name is this tenant's: its id or one of its domains."""
        return tenant.lower() == self.tenant or tenant.lower() in self.names

    def check_tenant(self, tenant: str) -> None:
        """Refuse a tenant that is not there."""
        if not self.knows(tenant):
            raise TokenRefusal(
                "invalid_request",
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
                "the correct cloud.",
            )

    # The token endpoint

    def token(self, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the token answer to a form."""
        self.check_tenant(tenant)
        grant = form.get("grant_type")
        if grant not in {"client_credentials", DEVICE_GRANT, "refresh_token"}:
            if grant is None:
                raise TokenRefusal("invalid_request", 900144, "The request body must contain 'grant_type'.")
            raise TokenRefusal(
                "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{grant}'."
            )
        client = form.get("client_id", "")
        if client.lower() != self.client_id:
            raise TokenRefusal(
                "unauthorized_client",
                700016,
                f"Application with identifier '{client}' was not found in the directory '{tenant}'.",
            )
        if grant == DEVICE_GRANT:
            return self._device_token(form)
        if grant == "refresh_token":
            return self._refreshed(form)
        scope = form.get("scope", "")
        if not scope.endswith("/.default") or " " in scope.strip():
            raise TokenRefusal("invalid_scope", 1002012, f"The provided value for scope {scope} is not valid.")
        by_assertion = self._prove(tenant, form)
        return self._give(scope.removesuffix("/.default"), None, by_assertion=by_assertion)

    def _prove(self, tenant: str, form: Mapping[str, str]) -> bool:
        if "client_assertion" in form:
            if form.get("client_assertion_type") != JWT_BEARER:
                raise TokenRefusal("invalid_request", 900144, "The client_assertion_type is not supported.")
            return self._assertion(tenant, form["client_assertion"])
        if "client_secret" not in form:
            raise TokenRefusal(
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
                401,
            )
        if not secrets.compare_digest(form["client_secret"].encode(), self.client_secret.encode()):
            raise TokenRefusal("invalid_client", 7000215, _WRONG_SECRET.format(app=self.client_id), 401)
        return False

    def _assertion(self, tenant: str, assertion: str) -> bool:
        """Check an assertion, signed with the certificate or federated: SharePoint takes the tokens of both."""
        import jwt

        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise TokenRefusal("invalid_request", 50027, "JWT token is invalid or malformed.") from None
        if claims.get("aud") == EXCHANGE or claims.get("iss") == ISSUER:
            self._federated(assertion, claims)
            return True
        sha1, sha256 = thumbprints()
        given = {name: str(header.get(name, "")).rstrip("=") for name in ("x5t", "x5t#S256")}  # MSAL pads them
        if given["x5t"] != sha1 and given["x5t#S256"] != sha256:
            raise _bad_signature("[Reason - The key was not found.]")
        try:
            jwt.decode(assertion, keys()[2], algorithms=["RS256", "PS256"], options=_UNCHECKED)
        except jwt.InvalidTokenError:
            raise _bad_signature("[Reason - The provided signature value did not match the expected one.]") from None
        if claims.get("iss") != self.client_id or claims.get("sub") != self.client_id:
            text = f"Client assertion application identifier doesn't match 'client_id' parameter: '{self.client_id}'."
            raise TokenRefusal("invalid_client", 700021, text, 401)
        bases = (f"https://login.microsoftonline.com/{name}" for name in {tenant, self.tenant, *self.names})
        local = f"{self.endpoint}/{tenant}/oauth2/v2.0/token"
        if claims.get("aud") not in {local, *(base + end for base in bases for end in ("/oauth2/v2.0/token", "/v2.0"))}:
            text = "Client assertion audience claim does not match Realm issuer."
            raise TokenRefusal("invalid_client", 700023, text, 401)
        self._in_time(claims)
        return True

    def _in_time(self, claims: Mapping[str, Any]) -> None:
        now, start, end = self._clock(), claims.get("nbf", 0), claims.get("exp")
        if (
            not isinstance(end, int | float)
            or not isinstance(start, int | float)
            or start > now + 300
            or end < now - 300
        ):
            raise TokenRefusal("invalid_client", 700024, "Client assertion is not within its valid time range.", 401)

    def _federated(self, assertion: str, claims: Mapping[str, Any]) -> None:
        import jwt

        try:
            jwt.decode(assertion, keys()[2], algorithms=["RS256"], options=_UNCHECKED)
        except jwt.InvalidTokenError:
            raise _bad_signature("[Reason - The key was not found.]") from None
        for name, number, wanted in (("iss", 700211, ISSUER), ("aud", 700212, EXCHANGE), ("sub", 700213, SUBJECT)):
            if claims.get(name) != wanted:
                what = {"iss": "issuer", "aud": "audience", "sub": "subject"}[name]
                text = (
                    f"No matching federated identity record found for presented assertion {what} '{claims.get(name)}'."
                )
                raise TokenRefusal("invalid_client", number, text, 401)
        self._in_time(claims)

    # Device codes and refresh tokens

    def device_code(self, tenant: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Begin a sign-in on another device; it is approved after some polls."""
        self.check_tenant(tenant)
        if form.get("client_id", "").lower() != self.client_id:
            raise TokenRefusal("unauthorized_client", 700016, "Application was not found in the directory.")
        code, user_code = secrets.token_urlsafe(60), secrets.token_hex(5).upper()[:9]
        self.devices[code] = _Device(scope=form.get("scope", ""), expires=self._clock() + 900, polls=self.polls)
        where = "https://microsoft.com/devicelogin"
        return {
            "user_code": user_code,
            "device_code": code,
            "verification_uri": where,
            "expires_in": 900,
            "interval": self.interval,
            "message": f"To sign in, use a web browser to open the page {where} and enter the code {user_code}.",
        }

    def _device_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        device = self.devices.get(form.get("device_code", ""))
        if device is None:
            raise TokenRefusal("bad_verification_code", 70019, "The verification code has not been recognized.")
        if self._clock() >= device.expires:
            raise TokenRefusal("expired_token", 70020, "The provided value for the device code has expired.")
        if device.denied:
            raise TokenRefusal("authorization_declined", 70018, "The user declined.")
        if device.polls > 0:
            device.polls -= 1
            text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
            raise TokenRefusal("authorization_pending", 70016, text)
        del self.devices[form["device_code"]]
        return self._with_refresh(device.scope)

    def _refreshed(self, form: Mapping[str, str]) -> dict[str, Any]:
        known = self.refresh.get(form.get("refresh_token", ""))
        if known is None:
            text = "The refresh token has expired due to inactivity or was revoked. Sign in again."
            raise TokenRefusal("invalid_grant", 700082, text)
        return self._with_refresh(form.get("scope") or known)

    def _with_refresh(self, scope: str) -> dict[str, Any]:
        resources = [word.rpartition("/")[0] for word in scope.split() if "/" in word]
        found = self._give(resources[0] if resources else "https://graph.microsoft.com", self._user[0])
        value = "1.A" + secrets.token_urlsafe(64)
        self.refresh[value] = scope
        return {**found, "refresh_token": value, "scope": DELEGATED}

    # Tokens

    def api_of(self, resource: str) -> tuple[str, str]:
        """Return the API of a token's resource, and SharePoint's host; raises for any other."""
        text = resource.rstrip("/").lower()
        host = text.removeprefix("https://")
        if text in {"https://graph.microsoft.com", GRAPH}:
            return GRAPH, ""
        if text in {"https://manage.office.com", MANAGE}:
            return MANAGE, ""
        if host in self._hosts or text == SHAREPOINT:
            return SHAREPOINT, host
        message = f"The resource principal named {resource} was not found in the tenant named {self.tenant}."
        raise TokenRefusal("invalid_resource", 500011, message)

    def _give(self, resource: str, user: int | None, *, by_assertion: bool = False) -> dict[str, Any]:
        api, host = self.api_of(resource)
        now = self._clock()
        token = Token(
            api=api,
            host=host,
            roles=frozenset() if user is not None else self._granted()[api],
            scopes=frozenset(DELEGATED.split()) if user is not None else frozenset(),
            user=user,
            by_assertion=by_assertion,
            expires=now + self.lifetime + 1,
            issued=now,
        )
        claims: dict[str, Any] = {
            "aud": resource.rstrip("/"),
            "iss": f"https://sts.windows.net/{self.tenant}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + self.lifetime),
            "appid": self.client_id,
            "tid": self.tenant,
            "ver": "1.0",
            "uti": secrets.token_urlsafe(12),
            "idtyp": "app" if user is None else "user",
        }
        if user is None:
            claims |= {"oid": self._object_id, "sub": self._object_id, "roles": sorted(token.roles)}
            if not token.roles:
                del claims["roles"]
        else:
            claims |= {"oid": self._user[1], "upn": self._user[2], "scp": DELEGATED}
        value = ".".join([_part({"typ": "JWT", "alg": "RS256"}), _part(claims), secrets.token_urlsafe(64)])
        if len(self.tokens) > 100_000:
            self.tokens = {key: one for key, one in self.tokens.items() if one.expires > now}
        self.tokens[value] = token
        seconds = int(self.lifetime)
        return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": value}

    def find(self, header: str | None) -> Token | None:
        """Return the token of an Authorization header, None where it is no good any more."""
        scheme, _, value = (header or "").partition(" ")
        token = self.tokens.get(value)
        if scheme.lower() != "bearer" or token is None or self._clock() >= token.expires:
            return None
        return token

    def expire(self, header: str | None = None) -> None:
        """Let the access token of an Authorization header expire now, or all: for tests and faults."""
        value = (header or "").partition(" ")[2]
        for key, token in self.tokens.items():
            if not value or key == value:
                token.expires = 0.0

    def assertion(self, seconds: float = 86_400.0) -> str:
        """Return a workload's own identity token, which the tenant trusts."""
        import jwt

        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": SUBJECT,
            "aud": EXCHANGE,
            "iat": now,
            "nbf": now - 60,
            "exp": now + int(seconds),
        }
        return jwt.encode(claims, keys()[1], algorithm="RS256", headers={"kid": "workload-1"})


_UNCHECKED: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}


def _bad_signature(why: str) -> TokenRefusal:
    return TokenRefusal("invalid_client", 700027, f"Client assertion contains an invalid signature. {why}", 401)


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


@cache
def keys() -> tuple[str, Any, Any]:
    """Make this process's certificate: key and certificate as PEM, the private key, the public one."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "casb")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (pem + certificate.public_bytes(serialization.Encoding.PEM)).decode(), key, key.public_key()


@cache
def thumbprints() -> tuple[str, str]:
    """Return the certificate's SHA-1 and SHA-256 as an assertion's header writes them."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    certificate = x509.load_pem_x509_certificate(keys()[0].partition("-----END PRIVATE KEY-----\n")[2].encode())
    sha1, sha256 = (certificate.fingerprint(one) for one in (hashes.SHA1(), hashes.SHA256()))  # noqa: S303 - headers say so
    return (
        base64.urlsafe_b64encode(sha1).decode().rstrip("="),
        base64.urlsafe_b64encode(sha256).decode().rstrip("="),
    )
