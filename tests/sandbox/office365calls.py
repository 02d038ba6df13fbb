"""Calls to the simulated Office 365 without a socket, shared by its tests."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlencode, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from casb_cli.apps.office365.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Request
from casb_cli.sandbox.world import World

WORLD = World(seed=7, people=24, files=90, events=960)
GRAPH, MANAGE = "https://graph.microsoft.com", "https://manage.office.com"
SITES, PERSONAL = "https://larkspur.sharepoint.com", "https://larkspur-my.sharepoint.com"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def made(world=WORLD, **options):
    """Return a simulated tenant that knows its addresses."""
    tenant = build(world, Options(**options))
    tenant.urls = {name: f"http://127.0.0.1:1{number}" for number, name in enumerate(tenant.hosts)}
    tenant.bound()
    return tenant


def thumbprint(pem):
    """Return the header value of a certificate's SHA-256."""
    import base64

    der = x509.load_pem_x509_certificate(pem[pem.index("-----BEGIN CERT") :].encode()).public_bytes(
        serialization.Encoding.DER
    )
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


def assertion(tenant, *, headers=None, **claims):
    """Return a signed client assertion; `claims` replaces some of it."""
    signin, now = tenant.credentials()["certificate"], int(tenant.now())
    pem, client = signin.secrets["private_key"], signin.fields["client_id"]
    key = serialization.load_pem_private_key(pem[: pem.index("-----BEGIN CERT")].encode(), None)
    found = {
        "aud": f"https://login.microsoftonline.com/{signin.fields['tenant']}/oauth2/v2.0/token",
        "iss": client,
        "sub": client,
        "jti": "1",
        "nbf": now,
        "exp": now + 600,
    } | claims
    return jwt.encode(found, key, algorithm="PS256", headers=headers or {"x5t#S256": thumbprint(pem)})


class Caller:
    """Calls the tenant with tokens of its application, by client secret unless `certificate`."""

    def __init__(self, tenant, *, certificate=False):
        self.tenant = tenant
        self.certificate = certificate
        self.bearers = {}
        self.headers = {}

    def send(self, method, host, path, *, body=None, form=None, headers=None):
        """Return status and decoded body; `self.headers` are the answer's."""
        where = urlsplit(path)
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        if form is not None:
            data = urlencode(form).encode()
        request = Request(method, where.path, where.query, headers or {}, data, host)
        reply = self.tenant.handle(request).reply
        self.headers = reply.headers
        text = reply.body
        return reply.status, json.loads(text) if "json" in reply.headers.get("content-type", "") and text else text

    def token(self, audience, **form):
        """Ask for a token of an API and return the endpoint's answer."""
        signin = self.tenant.credentials()["secret"]
        proof = {"client_secret": signin.secrets["client_secret"]}
        if self.certificate:
            proof = {"client_assertion": assertion(self.tenant), "client_assertion_type": ASSERTION}
        values = {
            "grant_type": "client_credentials",
            "client_id": signin.fields["client_id"],
            "scope": f"{audience}/.default",
        }
        path = f"/{signin.fields['tenant']}/oauth2/v2.0/token"
        return self.send("POST", "login", path, form={**values, **proof, **form})

    def bearer(self, scope):
        """Return the header that carries a token of an API."""
        if scope not in self.bearers:
            status, body = self.token(scope)
            assert status == 200, body
            self.bearers[scope] = body["access_token"]
        return {"authorization": f"Bearer {self.bearers[scope]}"}

    def graph(self, method, path, body=None, **headers):
        """Call Graph; `path` without the version, or a whole link."""
        link = urlsplit(path)
        path = f"{link.path}?{link.query}" if link.scheme else f"/v1.0{path}"
        return self.send(method, "api", path, body=body, headers={**self.bearer(GRAPH), **headers})

    def get(self, path, **headers):
        """Return what Graph answers to a GET; it must be 200."""
        status, body = self.graph("GET", path, **headers)
        assert status == 200, body
        return body

    def every(self, path, **headers):
        """Return the rows of all pages."""
        rows = []
        while path:
            body = self.get(path, **headers)
            rows += body["value"]
            path = body.get("@odata.nextLink")
        return rows

    def delta(self, path, **headers):
        """Return the rows of all pages of a change feed, and its delta link."""
        rows = []
        while True:
            body = self.get(path, **headers)
            rows += body["value"]
            if "@odata.deltaLink" in body:
                return rows, body["@odata.deltaLink"]
            path = body["@odata.nextLink"]

    def feed(self, method, path):
        """Call the Management Activity API below its root, or a whole link."""
        link = urlsplit(path)
        root = f"/api/v1.0/{self.tenant.company.tenant}/activity/feed"
        path = f"{link.path}?{link.query}" if link.scheme else root + path
        return self.send(method, "manage", path, headers=self.bearer(MANAGE))

    def site(self, method, path, body=None, *, personal=False):
        """Call SharePoint's own interface."""
        host, scope = ("mysite", PERSONAL) if personal else ("sharepoint", SITES)
        return self.send(method, host, path, body=body, headers=self.bearer(scope))


def error(answer):
    """Return status and code of a refusal."""
    status, body = answer
    return status, body["error"]["code"]
