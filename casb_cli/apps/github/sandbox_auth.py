"""Sign-in at the simulated GitHub: OAuth web flow, device flow, the App and its installations, tokens."""

# ruff: noqa: ARG002 - handlers share one signature

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from casb_cli.apps.github.sandbox_access import ALL_PERMISSIONS, LEVEL, normalise
from casb_cli.apps.github.sandbox_base import Base, Token
from casb_cli.apps.github.sandbox_shapes import moment
from casb_cli.core import clock
from casb_cli.sandbox import chance, planted
from casb_cli.sandbox.facts import LEAVER, OWNER
from casb_cli.sandbox.provider import Options, Signin
from casb_cli.sandbox.wire import Reply, Request, answer, route
from casb_cli.sandbox.world import World

APP_ID, INSTALLATION_ID = 424242, 25381
SCOPES = frozenset({"admin:org", "repo", "read:audit_log", "workflow", "read:enterprise", "admin:enterprise"})


@lru_cache(maxsize=2)
def _app_key(seed: int) -> tuple[str, Any]:
    """Make the App's key pair, once a process: the private key as PEM, the public key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    del seed  # only tells worlds apart; a key cannot be made from a seed
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode(), key.public_key()


class Auth(Base):
    """Everything that issues, checks and revokes tokens."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.client_id = "Ov23" + chance.text(chance.BASE62, 16, world.seed, 81)
        self.client_secret = chance.text(chance.HEX, 40, world.seed, 82)
        self._codes: dict[str, dict[str, str]] = {}
        self._devices: dict[str, dict[str, Any]] = {}
        self._issued = 0
        self._first_tokens()

    def reset(self) -> None:
        super().reset()
        self.tokens.clear()
        self._codes.clear()
        self._devices.clear()
        self.installation_suspended = False
        self._first_tokens()

    def _first_tokens(self) -> None:
        seed = self.world.seed
        self.pat = planted.github_token(seed, 83)
        self.reader_pat = planted.github_token(seed, 84)
        self.member_pat = planted.github_token(seed, 85)
        self.fine_pat = (
            "github_" + f"pat_{chance.text(chance.BASE62, 22, seed, 86)}_{chance.text(chance.BASE62, 59, seed, 87)}"
        )
        reading = frozenset({"read:org", "repo", "read:audit_log"})
        for token in (
            Token(value=self.pat, kind="classic", user=OWNER, scopes=self._own_scopes()),
            Token(value=self.reader_pat, kind="classic", user=OWNER, scopes=reading),
            Token(value=self.member_pat, kind="classic", user=LEAVER, scopes=reading),
            Token(value=self.fine_pat, kind="fine", user=OWNER, permissions=dict(ALL_PERMISSIONS)),
        ):
            self.tokens[token.value] = token

    def _own_scopes(self) -> frozenset[str]:
        """Return the scopes of the owner's token: all, or those of the settings' `scopes` (blank separated)."""
        less = self.options.settings.get("scopes")
        whole = SCOPES | self._variant_scopes()
        return whole if less is None else whole & frozenset(less.split())

    def _variant_scopes(self) -> frozenset[str]:
        extra = {"ghes": {"site_admin"}, "emu": {"scim:enterprise"}}
        return frozenset(extra.get(self.variant, set()))

    @property
    def private_key(self) -> str:
        """The App's private key, PEM."""
        return _app_key(self.world.seed)[0]

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in. `reader` and `member` are classic tokens with less: read only; no owner's."""
        graphql = self.urls["api"] + ("/api" if self.variant == "ghes" else "")
        common = {
            "organization": self.org,
            "enterprise": self.enterprise,
            "api_url": self.api_url,
            "oauth_url": self.urls["oauth"],
            "graphql_url": graphql,
        }
        return {
            "oauth": Signin(
                fields={**common, "client_id": self.client_id}, secrets={"client_secret": self.client_secret}
            ),
            "device": Signin(fields={**common, "client_id": self.client_id}),
            "app": Signin(fields={**common, "app_id": str(APP_ID)}, secrets={"private_key": self.private_key}),
            "token": Signin(fields=common, secrets={"token": self.pat}),
            "token-fine-grained": Signin(fields=common, secrets={"token": self.fine_pat}),
            "token-reader": Signin(fields=common, secrets={"token": self.reader_pat}),
            "token-member": Signin(fields=common, secrets={"token": self.member_pat}),
        }

    def issue(self, kind: str, **facts: Any) -> Token:
        """Issue a token."""
        self._issued += 1
        prefix = {"oauth": "gho", "installation": "ghs"}[kind]
        value = planted.github_token(self.world.seed, 90, self._issued, prefix=prefix)
        token = self.tokens[value] = Token(value=value, kind=kind, **facts)
        return token

    # OAuth

    @route("GET /login/oauth/authorize", host="oauth", free=True)
    def authorize(self, request: Request) -> Reply:
        """Approve at once, as the sandbox's owner would, and send the browser back."""
        asked = request.query
        if asked.get("client_id") != self.client_id:
            return Reply(404, b"Not Found", {"content-type": "text/plain"})
        target = asked.get("redirect_uri", "http://127.0.0.1/")
        parts = urlsplit(target)
        back = {"state": asked["state"]} if "state" in asked else {}
        if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            back |= {"error": "redirect_uri_mismatch", "error_description": "The redirect_uri is not registered."}
            return Reply(302, b"", {"location": f"http://127.0.0.1/?{urlencode(back)}"})
        if self.options.settings.get("authorize") == "deny":
            back |= {"error": "access_denied", "error_description": "The user has denied your application access."}
        else:
            code = chance.text(chance.HEX, 20, self.world.seed, 91, len(self._codes), int(time.time()))
            self._codes[code] = {**asked, "at": str(time.time())}
            back["code"] = code
        joint = "&" if parts.query else "?"
        return Reply(302, b"", {"location": f"{target}{joint}{urlencode(back)}"})

    @route("POST /login/oauth/access_token", host="oauth", effect=True)
    def access_token(self, request: Request) -> Reply:
        """Exchange a code, or answer a device's poll. Errors come with status 200."""
        form = request.form()
        if form.get("client_id") != self.client_id:
            return self._oauth_error(
                request, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
            )
        if form.get("grant_type", "").endswith("device_code"):
            return self._device_poll(request, form)
        if not hmac.compare_digest(form.get("client_secret", ""), self.client_secret):
            return self._oauth_error(
                request, "incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."
            )
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or time.time() - float(asked["at"]) > 600:
            return self._oauth_error(request, "bad_verification_code", "The code passed is incorrect or expired.")
        if "redirect_uri" in form and form["redirect_uri"] != asked.get("redirect_uri"):
            return self._oauth_error(
                request, "redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL."
            )
        challenge = asked.get("code_challenge")
        if challenge:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return self._oauth_error(request, "bad_verification_code", "The code verifier does not match.")
        return self._granted(request, asked.get("scope", ""))

    def _granted(self, request: Request, scope: str) -> Reply:
        wanted = frozenset(scope.replace(",", " ").split())
        less = self.options.settings.get("granted_scopes")
        scopes = frozenset(less.split()) if less is not None else wanted
        token = self.issue("oauth", user=OWNER, scopes=scopes, client_id=self.client_id)
        body = {"access_token": token.value, "scope": ",".join(normalise(scopes)), "token_type": "bearer"}
        return self._oauth_answer(request, body)

    @staticmethod
    def _oauth_answer(request: Request, body: dict[str, Any]) -> Reply:
        if "json" in request.headers.get("accept", ""):
            return answer(body)
        return Reply(200, urlencode(body).encode(), {"content-type": "application/x-www-form-urlencoded"})

    def _oauth_error(self, request: Request, error: str, text: str, **more: Any) -> Reply:
        uri = "https://docs.github.com/apps/oauth-apps"
        return self._oauth_answer(request, {"error": error, "error_description": text, "error_uri": uri, **more})

    @route("POST /login/device/code", host="oauth", effect=True)
    def device_code(self, request: Request) -> Reply:
        """Begin the device flow; the owner approves before the second poll."""
        form = request.form()
        if form.get("client_id") != self.client_id:
            return self.error(404, "Not Found")
        if self.options.settings.get("device_flow") == "off":
            return self._oauth_error(request, "device_flow_disabled", "Device Flow must be explicitly enabled.")
        number = len(self._devices)
        code = chance.text(chance.HEX, 40, self.world.seed, 93, number)
        interval = int(self.options.settings.get("device_interval", "5"))
        self._devices[code] = {"scope": form.get("scope", ""), "polls": 0, "last": 0.0, "interval": interval}
        user_code = chance.text("BCDFGHJKLMNPQRSTVWXZ", 8, self.world.seed, 94, number)
        return self._oauth_answer(
            request,
            {
                "device_code": code,
                "user_code": f"{user_code[:4]}-{user_code[4:]}",
                "verification_uri": f"{self.urls['oauth']}/login/device",
                "expires_in": 900,
                "interval": interval,
            },
        )

    def _device_poll(self, request: Request, form: dict[str, str]) -> Reply:
        device = self._devices.get(form.get("device_code", ""))
        if device is None:
            return self._oauth_error(request, "incorrect_device_code", "The device_code provided is not valid.")
        now, waited = time.monotonic(), time.monotonic() - device["last"]
        first, device["last"] = device["polls"] == 0, now
        if not first and waited < device["interval"] - 0.5:
            device["interval"] += 5
            return self._oauth_error(
                request, "slow_down", "Too many requests have been made.", interval=device["interval"]
            )
        device["polls"] += 1
        if device["polls"] < 2:
            return self._oauth_error(request, "authorization_pending", "The authorization request is pending.")
        del self._devices[form["device_code"]]
        return self._granted(request, device["scope"])

    # The App

    def check_jwt(self, value: str) -> None:
        import jwt

        try:
            claims = jwt.decode(
                value,
                _app_key(self.world.seed)[1],
                algorithms=["RS256"],
                options={"require": ["iat", "exp", "iss"], "verify_iat": True},
            )
        except jwt.ExpiredSignatureError:
            self.refuse(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time")
        except jwt.InvalidTokenError:
            self.refuse(401, "A JSON web token could not be decoded")
        if str(claims["iss"]) not in {str(APP_ID), "Iv1.sandbox"}:
            self.refuse(401, "Integration not found")
        if claims["exp"] - time.time() > 600 + 5:
            self.refuse(401, "'Expiration time' claim ('exp') is too far in the future")

    def permissions(self) -> dict[str, str]:
        """Return what the App was granted: everything, or the settings' `app_permissions` (`members:read ...`).

        Of the settings' `scopes`, which hold for every kind of credential, it takes those that are permissions.
        """
        settings = self.options.settings
        if "app_permissions" in settings:
            return dict(pair.split(":") for pair in settings["app_permissions"].split())
        if "scopes" not in settings:
            return dict(ALL_PERMISSIONS)
        pairs = (word.partition(":") for word in settings["scopes"].split())
        return {name: level for name, _, level in pairs if name in ALL_PERMISSIONS}

    def installation(self) -> dict[str, Any]:
        """Return the App's own `installation`."""
        world, url = self.world, f"{self.api_url}/app/installations/{INSTALLATION_ID}"
        selected = self.options.settings.get("app_repositories") == "selected"
        return {
            "id": INSTALLATION_ID, "app_id": APP_ID, "app_slug": "casb", "client_id": "Iv1.sandbox",
            "account": self.shapes.org_user(), "target_id": 9001, "target_type": "Organization",
            "repository_selection": "selected" if selected else "all", "permissions": self.permissions(),
            "events": ["push"], "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{self.api_url}/installation/repositories",
            "html_url": f"{self.urls['oauth']}/organizations/{self.org}/settings/installations/{INSTALLATION_ID}",
            "created_at": moment(world.now), "updated_at": moment(world.now), "single_file_name": None,
            "suspended_at": moment(world.now) if self.installation_suspended else None, "suspended_by": None,
        }  # fmt: skip

    @route("GET /app")
    def app_itself(self, request: Request) -> Reply:
        created = moment(self.world.now)
        return answer({
            "id": APP_ID, "slug": "casb", "client_id": "Iv1.sandbox", "node_id": "QXBw", "name": "casb",
            "owner": self.shapes.org_user(), "description": None, "external_url": self.urls["oauth"],
            "html_url": f"{self.urls['oauth']}/apps/casb", "created_at": created, "updated_at": created,
            "permissions": self.permissions(), "events": ["push"], "installations_count": 1,
        })  # fmt: skip

    @route("GET /orgs/{org}/installation")
    def own_installation(self, request: Request) -> Reply:
        if request.params["org"].lower() != self.org:
            self.refuse(404, "Not Found")
        return answer(self.installation())

    @route("GET /app/installations", paged=True)
    def own_installations(self, request: Request) -> Reply:
        return self.page(request, [self.installation()], lambda value: value)

    @route("GET /app/installations/{installation_id}")
    def one_installation(self, request: Request) -> Reply:
        self._own(request)
        return answer(self.installation())

    def _own(self, request: Request) -> None:
        if request.params["installation_id"] != str(INSTALLATION_ID):
            self.refuse(404, "Not Found")

    @route("PUT /app/installations/{installation_id}/suspended")
    def suspend_installation(self, request: Request) -> Reply:
        self._own(request)
        self.installation_suspended = True
        return Reply(204)

    @route("DELETE /app/installations/{installation_id}/suspended")
    def unsuspend_installation(self, request: Request) -> Reply:
        self._own(request)
        self.installation_suspended = False
        return Reply(204)

    @route("POST /app/installations/{installation_id}/access_tokens")
    def mint(self, request: Request) -> Reply:
        self._own(request)
        if self.installation_suspended:
            self.refuse(403, "This installation has been suspended")
        asked, granted = request.json(), self.permissions()
        wanted = asked.get("permissions") or granted
        if any(LEVEL.get(level, 9) > LEVEL.get(granted.get(name, ""), 0) for name, level in wanted.items()):
            self.refuse(422, "The permissions requested are not granted to this installation.")
        selected = self.options.settings.get("app_repositories") == "selected"
        lifetime = float(self.options.settings.get("token_seconds", "3600"))
        token = self.issue(
            "installation",
            user=None,
            permissions=dict(wanted),
            expires=time.time() + lifetime,
            client_id=str(INSTALLATION_ID),
            selection=frozenset(range(0, self.company.library.places, 2)) if selected else None,
        )
        from datetime import timedelta

        expires = moment(clock.now() + timedelta(seconds=lifetime))
        body = {
            "token": token.value,
            "expires_at": expires,
            "permissions": dict(wanted),
            "repository_selection": "selected" if selected else "all",
        }
        return answer(body, 201)

    # Looking at and revoking tokens

    def _basic(self, request: Request) -> Token:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        given = base64.b64decode(value).decode("utf-8", "replace") if scheme.lower() == "basic" else ""
        if not hmac.compare_digest(given, f"{request.params['client_id']}:{self.client_secret}"):
            self.refuse(404, "Not Found")
        token = self.tokens.get(request.json().get("access_token", ""))
        if token is None or token.client_id != self.client_id or token.revoked:
            self.refuse(404 if request.method == "POST" else 422, "Not Found")
        return token

    @route("POST /applications/{client_id}/token", effect=False)
    def check_token(self, request: Request) -> Reply:
        token, created = self._basic(request), moment(self.world.now)
        app = {"name": "casb", "url": self.urls["oauth"], "client_id": self.client_id}
        return answer({
            "id": 1, "url": f"{self.api_url}/authorizations/1", "scopes": normalise(token.scopes),
            "token": token.value, "token_last_eight": token.value[-8:],
            "hashed_token": hashlib.sha256(token.value.encode()).hexdigest(), "app": app, "note": None,
            "note_url": None, "updated_at": created, "created_at": created, "fingerprint": None,
            "expires_at": None, "user": self.shapes.user(token.user or OWNER),
        })  # fmt: skip

    @route("DELETE /applications/{client_id}/token")
    @route("DELETE /applications/{client_id}/grant")
    def end_token(self, request: Request) -> Reply:
        self._basic(request).revoked = True
        return Reply(204)

    @route("POST /credentials/revoke")
    def revoke_leaked(self, request: Request) -> Reply:
        """Revoke leaked tokens: only without Authorization; unknown ones are accepted in silence."""
        if "authorization" in request.headers:
            self.refuse(403, "This endpoint must be called without authentication.")
        values = request.json().get("credentials")
        if not isinstance(values, list) or not 0 < len(values) <= 1000:
            self.invalid("credentials")
        for value in values:
            self.revoked_leaks.append(hashlib.sha256(str(value).encode()).hexdigest())
            if value in self.tokens:
                self.tokens[value].revoked = True
        return answer({}, 202)

    @property
    def revoked_leaks(self) -> list[str]:
        """SHA-256 of every credential handed to `/credentials/revoke`, never the credential."""
        return self.__dict__.setdefault("_leaks", [])  # type: ignore[no-any-return]
