"""Calls to the simulated Google Workspace without a socket, shared by its tests."""

from __future__ import annotations

import json
import time
from functools import cache
from urllib.parse import quote, urlencode

import jwt
from cryptography.hazmat.primitives import serialization

from casb_cli.apps.google_workspace.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Request
from casb_cli.sandbox.world import World

WORLD = World(seed=7, people=24, files=90, events=360)
AUDIENCE = "https://oauth2.googleapis.com/token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
PREFIX = "https://www.googleapis.com/auth/"
DIRECTORY = "/admin/directory/v1"
ALL = (
    "admin.directory.user",
    "admin.directory.user.security",
    "admin.directory.group.readonly",
    "admin.directory.rolemanagement",
    "admin.directory.customer.readonly",
    "admin.directory.domain.readonly",
    "admin.directory.orgunit.readonly",
    "admin.reports.audit.readonly",
    "drive",
)


def made(**options):
    """Return a simulated provider that knows its addresses."""
    google = build(WORLD, Options(**options))
    google.urls = {name: f"http://127.0.0.1:1/{name}" for name in google.hosts}
    google.bound()
    return google


def key_of(google, name="service-account"):
    return json.loads(google.credentials()[name].secrets["key"])


@cache
def loaded(pem):
    """Return a private key that is not worth being checked again."""
    return serialization.load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)


def assertion(google, subject, scopes=ALL, *, name="service-account", headers=None, key=None, **claims):
    """Return a signed assertion; `claims` replaces some of it, None leaves one out."""
    file, now = key_of(google, name), int(time.time())
    found = {
        "iss": file["client_email"],
        "sub": subject,
        "scope": " ".join(PREFIX + scope for scope in scopes),
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 3600,
    } | claims
    found = {name: value for name, value in found.items() if value is not None}
    kid = {"kid": file["private_key_id"]}
    return jwt.encode(found, key or loaded(file["private_key"]), algorithm="RS256", headers=headers or kid)


class Caller:
    """Calls the provider as one account, once that has a token."""

    def __init__(self, google, subject=None, scopes=ALL, name="service-account"):
        self.google = google
        self.bearer = None
        if subject is not None:
            status, body = self.token(grant_type=JWT_GRANT, assertion=assertion(google, subject, scopes, name=name))
            assert status == 200, body
            self.bearer = body["access_token"]

    def token(self, **form):
        reply = self.raw("POST", "/token", host="oauth", body=urlencode(form).encode())
        return reply.status, json.loads(reply.body)

    def outcome(self, method, target, *, host=None, headers=None, body=b""):
        path, _, query = target.partition("?")
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if self.bearer:
            sent.setdefault("authorization", f"Bearer {self.bearer}")
        host = host or ("admin" if path.startswith("/admin/") else "api")
        return self.google.handle(Request(method, path, query, sent, body, host))

    def raw(self, method, target, **more):
        outcome = self.outcome(method, target, **more)
        if outcome.done is not None:
            outcome.done()
        return outcome.reply

    def __call__(self, method, target, data=None, *, expect=200, **query):
        target = f"{target}?{urlencode(query, quote_via=quote)}" if query else target
        body = json.dumps(data).encode() if data is not None else b""
        reply = self.raw(method, target, body=body)
        assert reply.status == expect, (reply.status, reply.body)
        return json.loads(reply.body) if reply.body else {}

    def refused(self, method, target, data=None, **query):
        """Return status and reason of a refusal."""
        target = f"{target}?{urlencode(query, quote_via=quote)}" if query else target
        reply = self.raw(method, target, body=json.dumps(data).encode() if data is not None else b"")
        assert reply.status >= 400, reply.status
        return reply.status, json.loads(reply.body)["error"]["errors"][0]["reason"]

    def pages(self, target, field, **query):
        rows, token, seen = [], None, set()
        while True:
            page = self("GET", target, **query, **({"pageToken": token} if token else {}))
            rows += page.get(field, [])
            token = page.get("nextPageToken")
            if token is None:
                return rows
            assert token not in seen, "a token that stays the same leads nowhere"
            seen.add(token)

    def owned(self, **query):
        """Return all that the account owns in My Drive."""
        return self.pages("/drive/v3/files", "files", q="'me' in owners", pageSize=1000, **query)


def admin(google):
    return Caller(google, google.credentials()["service-account"].fields["subject"])
