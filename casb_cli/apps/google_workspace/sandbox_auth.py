"""The simulated Google's sign-in: signed assertions with a subject, keyless signing, browser codes, refresh tokens.

A service account gets a token for any account of the customer, for exactly the scopes that an administrator has
delegated to it: one scope too many refuses all. Refresh tokens are not rotated.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from casb_cli.apps.google_workspace.sandbox_wire import OAuthRefusal, unauthorized

AUDIENCE = "https://oauth2.googleapis.com/token"
"""What an assertion's `aud` must be, whatever address the sandbox listens on."""
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CODE_SECONDS = 600
SKEW_SECONDS = 300
PREFIX = "https://www.googleapis.com/auth/"

_READING = (
    "admin.directory.user.readonly",
    "admin.directory.group.readonly",
    "admin.directory.group.member.readonly",
    "admin.directory.rolemanagement.readonly",
    "admin.directory.customer.readonly",
    "admin.directory.domain.readonly",
    "admin.directory.orgunit.readonly",
    "admin.directory.user.security",
    "admin.reports.audit.readonly",
    "drive.readonly",
    "drive.metadata.readonly",
    "drive.labels.readonly",
)
READ_SCOPES = frozenset(PREFIX + name for name in _READING)
SCOPES = READ_SCOPES | {
    PREFIX + name
    for name in (
        "admin.directory.user",
        "admin.directory.group",
        "admin.directory.rolemanagement",
        "admin.directory.orgunit",
        "admin.datatransfer",
        "cloud-platform",
        "cloud-identity.groups.readonly",
        "drive",
    )
}
"""What the sandbox's service account is delegated unless told otherwise."""
OTHER_SCOPES = frozenset({"openid", "email", "profile", PREFIX + "userinfo.email", PREFIX + "userinfo.profile"})

_UNAUTHORIZED = (
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the "
    "scopes requested."
)
_TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and "
    "exp values in the JWT claim."
)


class Robot(msgspec.Struct, kw_only=True):
    """A service account: its address, numeric id, key's id, delegated scopes."""

    email: str
    id: str
    key_id: str
    scopes: frozenset[str]
    enabled: bool = True


class Token(msgspec.Struct, kw_only=True):
    """An access token: of which account (None: the service account itself), for what, until when."""

    user: int | None
    robot: str | None
    client: str
    scopes: frozenset[str]
    expires: float


class _Refresh(msgspec.Struct, frozen=True, kw_only=True):
    user: int
    scopes: frozenset[str]


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str
    expires: float


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What sign-in has to know of an account: is it deleted, may an app act with it."""

    index: int
    deleted: bool
    suspended: bool


class SignIn:
    """The customer's service accounts and installed app, and every token given out; `clock` gives epoch seconds."""

    def __init__(
        self,
        robots: list[Robot],
        *,
        client_id: str,
        client_secret: str,
        project: str,
        admin: int,
        subject: Callable[[str], Subject | None],
        internal: Callable[[str], bool],
        clock: Callable[[], float],
        lifetime: float = 3599.0,
    ) -> None:
        self.robots = {robot.email: robot for robot in robots}
        self.client_id = client_id
        self.client_secret = client_secret
        self.project = project
        self.number = str(int(hashlib.sha256(project.encode()).hexdigest()[:10], 16))
        self.admin = admin
        self.lifetime = lifetime
        self.audiences = {AUDIENCE}
        self.token_uri = AUDIENCE
        self.source = "ya29.c." + secrets.token_urlsafe(48)
        """An access token of another Google credential, which may let the service account sign."""
        self.outside = "eyJ0eXAiOiJKV1QifQ." + secrets.token_urlsafe(96)
        """What another identity provider says of the machine that runs casb."""
        self._workloads: dict[str, float] = {}
        """Access tokens of that workload identity, and of what it acts as, and their ends."""
        self.tokens: dict[str, Token] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}
        self._subject = subject
        self._internal = internal
        self._clock = clock

    def key_file(self, robot: Robot) -> str:
        """Return the key file of a service account as the Cloud Console downloads it."""
        values = {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": robot.key_id,
            "private_key": _keys()[0],
            "client_email": robot.email,
            "client_id": robot.id,
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": self.token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "universe_domain": "googleapis.com",
        }
        return json.dumps(values, indent=2)

    # The token endpoint

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return the token answer to a form."""
        match form.get("grant_type"):
            case grant if grant == JWT_GRANT:
                return self._assertion(form.get("assertion", ""))
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._again(form)
            case None:
                raise OAuthRefusal("invalid_request", "Required parameter is missing: grant_type")
            case _:
                raise OAuthRefusal("unsupported_grant_type", "Invalid grant_type")

    def _assertion(self, assertion: str) -> dict[str, Any]:
        import jwt

        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise OAuthRefusal("invalid_grant", "Invalid JWT: Failed to parse.") from None
        robot = self.robots.get(str(claims.get("iss")))
        if robot is None:
            raise OAuthRefusal("invalid_grant", "Invalid grant: account not found")
        if not robot.enabled or header.get("kid") not in (None, robot.key_id):
            raise OAuthRefusal("invalid_grant", "Invalid JWT: No valid verifier found for issuer")
        try:
            jwt.decode(
                assertion,
                _keys()[2],
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            raise OAuthRefusal("invalid_grant", "Invalid JWT Signature.") from None
        now, issued, expires = self._clock(), claims.get("iat"), claims.get("exp")
        if claims.get("aud") not in self.audiences:
            raise OAuthRefusal("invalid_grant", "Invalid JWT: The audience claim is not the token endpoint.")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise OAuthRefusal("invalid_grant", _TIMEFRAME)
        if issued > now + SKEW_SECONDS or expires <= now or not 0 < expires - issued <= 3600:
            raise OAuthRefusal("invalid_grant", _TIMEFRAME)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes:
            raise OAuthRefusal("invalid_scope", "Empty or missing scope not allowed.")
        subject = claims.get("sub")
        if subject is None or subject == robot.email:
            return self._give(None, robot.email, robot.id, scopes)
        return self._give(self._impersonated(str(subject), robot, scopes), robot.email, robot.id, scopes)

    def _impersonated(self, email: str, robot: Robot, scopes: frozenset[str]) -> int:
        if "@" not in email:
            raise OAuthRefusal("invalid_grant", "Not a valid email or user ID.")
        if not self._internal(email):
            raise OAuthRefusal("unauthorized_client", _UNAUTHORIZED, 401)
        found = self._subject(email)
        if found is None:
            raise OAuthRefusal("invalid_grant", "Invalid email or User ID")
        if found.deleted:
            raise OAuthRefusal("invalid_grant", "The account has been deleted")
        if not scopes <= robot.scopes | OTHER_SCOPES:
            raise OAuthRefusal("unauthorized_client", _UNAUTHORIZED, 401)
        return found.index

    # Workload identity federation

    @property
    def pool(self) -> str:
        """The provider of the workload identity pool, as an audience."""
        return f"//iam.googleapis.com/projects/{self.number}/locations/global/workloadIdentityPools/ci/providers/runner"

    def exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        """Return a token of the workload identity for what another identity provider says."""
        if form.get("grant_type") != EXCHANGE_GRANT or form.get("requested_token_type") != ACCESS_TOKEN:
            raise OAuthRefusal("invalid_request", "Invalid grant_type or requested_token_type")
        if form.get("audience") != self.pool or form.get("subject_token_type") != JWT_TYPE:
            raise OAuthRefusal("invalid_target", 'The target service indicated by the "audience" is invalid.')
        if not secrets.compare_digest(form.get("subject_token", ""), self.outside):
            raise OAuthRefusal("invalid_grant", "The given credential is rejected by the attribute condition.")
        if CLOUD not in form.get("scope", "").split():
            raise OAuthRefusal("invalid_scope", "Invalid OAuth scope.")
        return {**self._workload(), "issued_token_type": ACCESS_TOKEN}

    def _workload(self) -> dict[str, Any]:
        value = "ya29.d." + secrets.token_urlsafe(48)
        self._workloads[value] = self._clock() + self.lifetime
        return {"access_token": value, "expires_in": int(self.lifetime), "token_type": "Bearer"}

    def act_as(self, bearer: str, email: str) -> str:
        """Return an access token of a service account, for the workload identity's (IAM Credentials); raises 401."""
        if self._workloads.get(bearer, 0) <= self._clock() or email not in self.robots:
            raise unauthorized()
        return str(self._workload()["access_token"])

    def sign(self, bearer: str, email: str, payload: str) -> dict[str, str]:
        """Return a payload signed in the name of a service account (IAM Credentials); raises 401."""
        import jwt

        robot = self.robots.get(email)
        known = secrets.compare_digest(bearer, self.source) or self._workloads.get(bearer, 0) > self._clock()
        if not known or robot is None:
            raise unauthorized()
        claims = msgspec.json.decode(payload)
        signed = jwt.encode(claims, _keys()[1], algorithm="RS256", headers={"kid": robot.key_id})
        return {"keyId": robot.key_id, "signedJwt": signed}

    # The browser's way

    def authorize(self, query: Mapping[str, str]) -> str:
        """Return the address that the browser is sent to: the administrator always agrees to all that is asked."""
        redirect = query.get("redirect_uri", "")
        where = urlsplit(redirect)
        if query.get("client_id") != self.client_id:
            raise OAuthRefusal("invalid_client", "The OAuth client was not found.", 401)
        if where.scheme != "http" or where.hostname not in {"127.0.0.1", "localhost"}:
            raise OAuthRefusal("redirect_uri_mismatch")
        if query.get("response_type") != "code" or not query.get("scope"):
            raise OAuthRefusal("invalid_request", "Missing required parameter")
        challenge, method = query.get("code_challenge", ""), query.get("code_challenge_method", "plain")
        if method == "plain" and challenge:
            challenge = _challenge(challenge)
        code = "4/0" + secrets.token_urlsafe(30)
        self._codes[code] = _Code(
            redirect_uri=redirect,
            scopes=frozenset(query["scope"].split()),
            challenge=challenge,
            expires=self._clock() + CODE_SECONDS,
        )
        values = {"code": code, "scope": query["scope"]} | ({"state": query["state"]} if "state" in query else {})
        return f"{redirect}{'&' if where.query else '?'}{urlencode(values)}"

    def _exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_client(form)
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or self._clock() >= code.expires:
            raise OAuthRefusal("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            raise OAuthRefusal("redirect_uri_mismatch", "Bad Request")
        if code.challenge and _challenge(form.get("code_verifier", "")) != code.challenge:
            raise OAuthRefusal("invalid_grant", "Invalid code verifier.")
        value = "1//0" + secrets.token_urlsafe(48)
        self._refresh[value] = _Refresh(user=self.admin, scopes=code.scopes)
        found = self._give(self.admin, None, self.client_id, code.scopes)
        return {**found, "refresh_token": value, "scope": " ".join(sorted(code.scopes))}

    def _again(self, form: Mapping[str, str]) -> dict[str, Any]:
        self._check_client(form)
        known = self._refresh.get(form.get("refresh_token", ""))
        if known is None:
            raise OAuthRefusal("invalid_grant", "Token has been expired or revoked.")
        found = self._give(known.user, None, self.client_id, known.scopes)
        return {**found, "scope": " ".join(sorted(known.scopes))}

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.client_id:
            raise OAuthRefusal("invalid_client", "The OAuth client was not found.", 401)
        if not secrets.compare_digest(form.get("client_secret", ""), self.client_secret):
            raise OAuthRefusal("invalid_client", "Unauthorized", 401)

    def revoke(self, value: str) -> None:
        """Revoke an access or refresh token; raises 400 for an unknown one."""
        if self.tokens.pop(value, None) is None and self._refresh.pop(value, None) is None:
            raise OAuthRefusal("invalid_token", "Token expired or revoked")

    def forget_refresh(self) -> None:
        """Let every refresh token be refused from now on: for tests."""
        self._refresh.clear()

    # Tokens

    def _give(self, user: int | None, robot: str | None, client: str, scopes: frozenset[str]) -> dict[str, Any]:
        value = "ya29." + secrets.token_urlsafe(48)
        if len(self.tokens) > 200_000:
            now = self._clock()
            self.tokens = {key: token for key, token in self.tokens.items() if token.expires > now}
        self.tokens[value] = Token(
            user=user, robot=robot, client=client, scopes=scopes, expires=self._clock() + self.lifetime + 1
        )
        return {"access_token": value, "expires_in": int(self.lifetime), "token_type": "Bearer"}

    def check(self, header: str | None) -> Token:
        """Return the token of an Authorization header; raises 401."""
        scheme, _, value = (header or "").partition(" ")
        token = self.tokens.get(value)
        if scheme.lower() != "bearer" or token is None or self._clock() >= token.expires:
            raise unauthorized()
        return token

    def info(self, value: str, email: str | None) -> dict[str, Any]:
        """Return what tokeninfo tells of a token, `email` being its account's; raises 400."""
        token = self.tokens.get(value)
        if token is None or self._clock() >= token.expires:
            raise OAuthRefusal("invalid_token", "Invalid Value")
        found: dict[str, Any] = {
            "issued_to": token.client,
            "audience": token.client,
            "scope": " ".join(sorted(token.scopes)),
            "expires_in": int(token.expires - self._clock()),
            "access_type": "offline" if token.robot is None else "online",
        }
        if email is not None and token.scopes & {"email", PREFIX + "userinfo.email"}:
            found |= {"email": email, "verified_email": True}
        return found

    def expire(self, header: str | None = None) -> None:
        """Let the access token of an Authorization header expire now, or all: for tests and faults."""
        value = (header or "").partition(" ")[2]
        for key, token in self.tokens.items():
            if not value or key == value:
                token.expires = 0.0


@cache
def _keys() -> tuple[str, Any, Any]:
    """Make the key pair of this process: the private half as PEM and as it is, the public one."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), key, key.public_key()


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
