"""What the tests of the transport share: a declaration, rules, a scripted transport, a server on loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from casb_cli.core.app import App, HeaderDialect, Limit
from casb_cli.core.errors import ObjectMissing, SignInNeeded, Throttled, Unavailable
from casb_cli.transport.client import Client, provider_words
from casb_cli.transport.governor import Governors
from casb_cli.transport.rules import OK, ApiRules, Verdict

HOSTS = {"api": "https://api.x.test/v1", "oauth": "https://login.x.test"}


def an_app(**changes):
    given = {
        "hosts": HOSTS,
        "content_hosts": ("dl.x.test", ".cdn.test"),
        "limits": (Limit(family="core", allowed=10_000, window=60, concurrency=50, kind="sliding"),),
        "dialect": HeaderDialect(retry_after_means="seconds-or-date"),
        **changes,
    }
    return App(key="x", title="X", auth=(), common_fields=(), connector="m:C", signin="m:s", setup="m:p", **given)


def classify(call, status, headers, body):
    words = provider_words(body) or "no words"
    if status == 401:
        return Verdict("reauth", SignInNeeded(words))
    if status == 404:
        return Verdict("fail", ObjectMissing(words))
    if status == 429:
        return Verdict("throttled", Throttled(words))
    if status >= 500:
        return Verdict("busy", Unavailable(words), after=0.0)
    if status >= 300:
        return Verdict("fail")
    return OK


RULES = ApiRules(
    classify=classify, headers={"X-Version": "7"}, identity_headers=lambda id_: {"As-User": id_}, max_attempts=3
)


class Key:
    """An authenticator whose token can be renewed a given number of times."""

    def __init__(self, token="s3cr3t-token-0", renewals=0):
        self.token, self.renewals, self.renewed = token, renewals, 0

    def headers(self, call):
        return {"Authorization": f"Bearer {self.token}"}

    def renew(self, call, used):
        if self.renewed >= self.renewals:
            return False
        self.renewed += 1
        self.token = f"s3cr3t-token-{self.renewed}"
        return True

    def sign_in(self, interaction):
        pass

    def redact(self):
        return (self.token,)


class Script:
    """Answers in order; keeps the requests. An exception in the list is raised."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return answer


def client(script, *, key=None, app=None, urls=None, rules=RULES, **rest):
    app = app or an_app()
    transport = httpx.MockTransport(script) if script is not None else None
    return Client(
        app, rules, key, urls or app.hosts, Governors(app, "main"), where="x/prod", transport=transport, **rest
    )


@contextmanager
def serving(handle):
    """Serve `handle(handler)` on loopback; yields the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self, status, body=b"", **headers):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _any(self):
            length = int(self.headers.get("Content-Length") or 0)
            self.content = self.rfile.read(length)
            handle(self)

        do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = _any

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
