"""Calls to the simulated Okta without a socket, shared by its tests: assertions, proofs, pages."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from functools import cache
from urllib.parse import quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from casb_cli.apps.okta.sandbox import build
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.wire import Request
from casb_cli.sandbox.world import World

WORLD = World(seed=7, people=80, files=0, events=600)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EVERYTHING = " ".join(
    [
        f"okta.{a}.read"
        for a in ["users", "groups", "roles", "logs", "orgs", "apps", "appGrants", "apiTokens", "authorizationServers"]
    ]
    + [f"okta.{a}.manage" for a in ["users", "apps", "appGrants", "apiTokens", "authorizationServers"]]
)


def fresh(world=WORLD, *, unlimited=True, limits=None, **settings):
    made = build(world, Options(settings=settings, unlimited=unlimited, limits=limits or {}))
    made.urls = {"api": "http://127.0.0.1:9"}
    return made


@cache
def proof_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key):
    found = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return {name: found[name] for name in ("kty", "n", "e")}


def sha(text):
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def proof(method, url, *, key=None, nonce=None, token=None, header=None, **changed):
    key = key or proof_key()
    claims = {"jti": uuid.uuid4().hex, "htm": method, "htu": url, "iat": int(time.time())}
    claims |= ({"nonce": nonce} if nonce else {}) | ({"ath": sha(token)} if token else {})
    claims = {k: v for k, v in (claims | changed).items() if v is not None}
    headers = {"typ": "dpop+jwt", "jwk": public_jwk(key)} | (header or {})
    return jwt.encode(claims, key, algorithm=headers.pop("alg", "RS256"), headers=headers)


def assertion(okta, signin="oauth", *, key=None, kid="", **changed):
    given = okta.credentials()[signin]
    now = int(time.time())
    claims = {
        "iss": given.fields["client_id"],
        "sub": given.fields["client_id"],
        "aud": f"{okta.base}/oauth2/v1/token",
        "iat": now,
        "exp": now + 3000,
        "jti": uuid.uuid4().hex,
    }
    claims = {k: v for k, v in (claims | changed).items() if v is not None}
    headers = {"kid": kid or given.fields["key_id"]}
    return jwt.encode(claims, key or given.secrets["private_key"], algorithm="RS256", headers=headers)


def ask(okta, *, scope=EVERYTHING, signin="oauth", signed=None, dpop=None, **changed):
    """Ask for a token once; return status, body, headers."""
    form = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": ASSERTION,
        "client_assertion": signed or assertion(okta, signin),
    } | changed
    headers = {"dpop": dpop} if dpop else {}
    body = urlencode({k: v for k, v in form.items() if v is not None}).encode()
    reply = okta.handle(Request("POST", "/oauth2/v1/token", "", headers, body, "api")).reply
    return reply.status, json.loads(reply.body), reply.headers


def sign_in(okta, signin="oauth", scope=EVERYTHING):
    """Return a bound access token, after the nonce challenge."""
    url = f"{okta.base}/oauth2/v1/token"
    _, _, headers = ask(okta, signin=signin, scope=scope, dpop=proof("POST", url))
    status, body, _ = ask(okta, signin=signin, scope=scope, dpop=proof("POST", url, nonce=headers["dpop-nonce"]))
    assert status == 200, body
    return body["access_token"]


class Caller:
    """Calls the provider as somebody: with a bound token, or with an API token."""

    def __init__(self, okta, *, token=None, ssws=None):
        self.okta, self.token, self.ssws = okta, token, ssws

    def raw(self, method, target, data=None, **sent):
        path, _, query = target.partition("?")
        headers = {}
        if self.ssws:
            headers["authorization"] = f"SSWS {self.ssws}"
        elif self.token:
            headers["authorization"] = f"DPoP {self.token}"
            headers["dpop"] = proof(method, f"{self.okta.base}{path}", token=self.token)
        headers |= {name.replace("_", "-"): value for name, value in sent.items()}
        body = json.dumps(data).encode() if data is not None else b""
        return self.okta.handle(Request(method, path, query, headers, body, "api")).reply

    def __call__(self, method, target, data=None, *, expect=200, **sent):
        reply = self.raw(method, target, data, **sent)
        assert reply.status == expect, (reply.status, reply.body)
        return json.loads(reply.body) if reply.body else None

    def refused(self, method, target, data=None):
        reply = self.raw(method, target, data)
        assert reply.status >= 400, reply.status
        return reply.status, json.loads(reply.body)["errorCode"]

    def pages(self, target, *, most=100):
        """Yield the rows of each page, following the Link header."""
        for _ in range(most):
            reply = self.raw("GET", target)
            assert reply.status == 200, (reply.status, reply.body)
            yield json.loads(reply.body)
            target = following(reply)
            if target is None:
                return

    def rows(self, target):
        return [row for page in self.pages(target) for row in page]

    def bodies(self, target, name):
        """Return the rows of a listing whose link to the next page is in the body."""
        rows = []
        while target:
            page = self("GET", target)
            rows += page[name]
            href = page.get("_links", {}).get("next", {}).get("href")
            target = href and local(href)
        return rows


def local(href):
    split = urlsplit(href)
    return split.path + (f"?{split.query}" if split.query else "")


def following(reply):
    for part in reply.headers.get("link", "").split(", "):
        if part.endswith('rel="next"'):
            return local(part.partition(">")[0][1:])
    return None


def admin(okta):
    return Caller(okta, ssws=okta.credentials()["token"].secrets["token"])


def expression(text):
    return quote(text, safe="")
