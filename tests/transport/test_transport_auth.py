from __future__ import annotations

import base64
import gc
import threading
import time
import urllib.error
import urllib.request
import weakref
from contextlib import contextmanager
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from harness import wait_until
from provider_stub import Script, client

from casb_cli.core.errors import BadAnswer, SignInNeeded, Stopped, StoreError, Unavailable, UsageError
from casb_cli.transport.auth.assertion import Assertion
from casb_cli.transport.auth.endpoint import TokenEndpoint, normalise_scope
from casb_cli.transport.auth.grants import ClientCredentials, Exchange, JwtBearer, RefreshToken
from casb_cli.transport.auth.person import AuthorizationCode, DeviceCode, UserToken, read_callback
from casb_cli.transport.auth.static import Basic, Routed, SignedAssertion, StaticToken
from casb_cli.transport.auth.tokens import TokenAuthenticator
from casb_cli.transport.calls import APP, Call

GET = Call(name="GET /things")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("casb_cli.transport.retry.backoff", lambda *_, **__: 0.0)


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key, phrase=None, form=PrivateFormat.PKCS8):
    lock = BestAvailableEncryption(phrase.encode()) if phrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, lock).decode()


class Store:
    """A token store that notes the order of what happens; locks like the real one."""

    def __init__(self, token=None):
        self.token, self.events, self._lock = token, [], threading.Lock()
        self.fail = False

    def load(self):
        self.events.append("load")
        return dict(self.token) if self.token else None

    def save(self, token):
        if self.fail:
            raise StoreError("disk full")
        self.events.append("save")
        self.token = dict(token)

    def clear(self):
        self.token = None

    @contextmanager
    def lock(self):
        with self._lock:
            self.events.append("lock")
            yield


def endpoint(script, **changes):
    given = {"client_id": "id-1", "client_secret": lambda: "the-secret", **changes}
    return TokenEndpoint(http=client(script), name="POST /token", hint="run `casb connect`", **given)


def form(request):
    return dict(parse_qsl(request.content.decode(), keep_blank_values=True))


def token(**fields):
    return httpx.Response(200, json={"access_token": "at-1", "token_type": "bearer", **fields})


def refused(status=400, **fields):
    return httpx.Response(status, json=fields)


def test_client_credentials():
    script = Script(token(expires_in=3600))
    source = ClientCredentials(endpoint(script), {"box_subject_type": "enterprise", "box_subject_id": "9"})
    auth = TokenAuthenticator(source, clock=lambda: 100.0)
    assert auth.headers(GET) == {"Authorization": "Bearer at-1"}
    auth.headers(GET)
    assert len(script.requests) == 1
    assert str(script.requests[0].url) == "https://login.x.test/token"
    assert form(script.requests[0]) == {
        "grant_type": "client_credentials",
        "client_id": "id-1",
        "client_secret": "the-secret",
        "box_subject_type": "enterprise",
        "box_subject_id": "9",
    }


def test_the_secret_may_go_as_basic():
    script = Script(token())
    ClientCredentials(endpoint(script, client_auth="basic", client_secret=lambda: "a:b c")).obtain(None)
    assert "client_secret" not in form(script.requests[0])
    pair = base64.b64decode(script.requests[0].headers["authorization"].removeprefix("Basic "))
    assert pair == b"id-1:a%3Ab+c"


def test_tokens_are_renewed_before_they_expire():
    now = [time.time()]
    script = Script(token(expires_in=3600), token(access_token="at-2", expires_in=3600))
    auth = TokenAuthenticator(ClientCredentials(endpoint(script)), clock=lambda: now[0])
    auth.headers(GET)
    now[0] += 3500
    assert auth.headers(GET)["Authorization"] == "Bearer at-1"
    now[0] += 60
    assert auth.headers(GET)["Authorization"] == "Bearer at-2"


@pytest.mark.parametrize("status", [200, 400, 401])
def test_errors_keep_the_providers_words_whatever_the_status(status):
    script = Script(refused(status, error="bad_verification_code", error_description="The code passed is incorrect"))
    with pytest.raises(SignInNeeded) as caught:
        ClientCredentials(endpoint(script)).obtain(None)
    assert caught.value.words == "The code passed is incorrect"
    assert caught.value.code == "bad_verification_code"
    assert caught.value.hint == "run `casb connect`"


def test_a_wrong_client_has_its_own_hint_and_is_not_hammered():
    script = Script(refused(401, error="invalid_client", error_description="nope"))
    auth = TokenAuthenticator(ClientCredentials(endpoint(script)))
    for _ in range(3):
        with pytest.raises(SignInNeeded, match="nope") as caught:
            auth.headers(GET)
    assert "client secret" in (caught.value.hint or "")
    assert len(script.requests) == 1


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"hello":1}', b"<html>", b'{"access_token":7}', b""])
def test_an_unusable_answer_is_named(body):
    with pytest.raises(BadAnswer, match="access_token"):
        ClientCredentials(endpoint(Script(httpx.Response(200, content=body)))).obtain(None)


def test_form_encoded_answers_and_comma_scopes():
    script = Script(httpx.Response(200, content=b"access_token=gho&scope=repo%2Cread%3Aorg&token_type=bearer"))
    got = ClientCredentials(endpoint(script)).obtain(None)
    assert got == {"access_token": "gho", "scope": "repo read:org"}


def test_scopes_are_normalised():
    assert normalise_scope("repo,read:org  gist") == "repo read:org gist"
    assert normalise_scope(["a", "b"]) == "a b"
    assert normalise_scope(None) == ""


def test_oauthlibs_switches_do_nothing(monkeypatch):
    monkeypatch.setenv("OAUTHLIB_STRICT_TOKEN_TYPE", "1")
    script = Script(httpx.Response(200, json={"access_token": "a", "token_type": "bearer", "scope": "less"}))
    assert ClientCredentials(endpoint(script)).obtain(None)["scope"] == "less"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512"])
@pytest.mark.parametrize("phrase", [None, "pass phrase"])
def test_assertions(key, algorithm, phrase):
    made = Assertion(
        lambda: pem(key, phrase),
        passphrase=lambda: phrase,
        issuer="id-1",
        subject="ent",
        audience="https://a/token",
        algorithm=algorithm,
        key_id="k1",
        lifetime=45,
        extra={"box_sub_type": "enterprise"},
    )
    began = time.time()
    first, second = made.make(), made.make()
    late = {"verify_exp": False}
    claims = jwt.decode(first, key.public_key(), algorithms=[algorithm], audience="https://a/token", options=late)
    assert (claims["iss"], claims["sub"], claims["box_sub_type"]) == ("id-1", "ent", "enterprise")
    assert began + 40 <= claims["exp"] <= time.time() + 45
    assert 16 <= len(claims["jti"]) <= 128
    assert jwt.get_unverified_header(first) == {"alg": algorithm, "typ": "JWT", "kid": "k1"}
    assert first != second


def test_app_assertion_for_github(key):
    one_line = pem(key, form=PrivateFormat.TraditionalOpenSSL).replace("\n", "\\n")
    made = Assertion(lambda: one_line, issuer="123", lifetime=540, backdate=60, nonce=False)
    claims = jwt.decode(made.make(), key.public_key(), algorithms=["RS256"])
    assert set(claims) == {"iss", "exp", "iat"}
    assert claims["exp"] - claims["iat"] == 600


def test_keys_that_cannot_be_used_say_why(key):
    small = ec.generate_private_key(ec.SECP256R1())
    cases = [
        (pem(key, "right"), "wrong", "passphrase right"),
        (pem(key, "right"), None, "passphrase is needed"),
        ("no key", None, "cannot be read"),
        (pem(small), None, "no RSA key"),
    ]
    for text, phrase, words in cases:
        with pytest.raises(SignInNeeded, match=words) as caught:
            Assertion(lambda t=text: t, passphrase=lambda p=phrase: p, issuer="x").make()
        assert "BEGIN" not in repr(caught.value)


def test_each_attempt_has_its_own_assertion(key):
    made = Assertion(lambda: pem(key), issuer="id-1")
    script = Script(
        httpx.Response(503), httpx.Response(429, headers={"Retry-After": "0"}), httpx.ReadError("x"), token()
    )
    JwtBearer(endpoint(script), made).obtain(None)
    assertions = [form(r)["assertion"] for r in script.requests]
    assert len(assertions) == len(set(assertions)) == 4


def test_exchange_for_an_installation_token(key):
    made = Assertion(lambda: pem(key), issuer="1", nonce=False)
    script = Script(httpx.Response(201, json={"token": "ghs_1", "expires_at": "2099-01-01T00:00:00Z"}))

    def ask():
        bearer = {"Authorization": f"Bearer {made.make()}"}
        return Call(name="POST /app/installations/{id}/access_tokens", path={"id": "5"}, headers=bearer)

    source = Exchange(client(script), ask, lambda a: {"access_token": a.json()["token"], "expires_at": 4e9})
    installed = TokenAuthenticator(source, scheme="token")
    routed = Routed(lambda c: SignedAssertion(made) if c.identity == APP else installed, [installed])
    assert routed.headers(GET) == {"Authorization": "token ghs_1"}
    assert routed.headers(Call(name="GET /app", identity=APP))["Authorization"].count(".") == 2
    assert routed.redact() == ("ghs_1",)


def test_static_tokens_and_basic():
    static = StaticToken(lambda: " ghp_x \n", scheme=None, header="X-Key")
    assert static.headers(GET) == {"X-Key": "ghp_x"}
    assert static.renew(GET, {}) is False
    for bad in ("", "a\nb", "schlüssel"):
        with pytest.raises(SignInNeeded):
            StaticToken(lambda b=bad: b).sign_in(None)
    assert Basic("u", lambda: "p").headers(GET) == {"Authorization": "Basic dTpw"}


def test_a_rotated_token_is_saved_before_it_is_used():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0})
    script = Script(token(refresh_token="rt-1", expires_in=3600))
    auth = TokenAuthenticator(RefreshToken(endpoint(script)), store)
    assert auth.headers(GET) == {"Authorization": "Bearer at-1"}
    assert form(script.requests[0])["refresh_token"] == "rt-0"
    assert store.token["refresh_token"] == "rt-1"
    assert store.events == ["load", "lock", "load", "save"]


def test_a_token_that_cannot_be_saved_is_not_used():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0})
    store.fail = True
    auth = TokenAuthenticator(RefreshToken(endpoint(Script(token(refresh_token="rt-1")))), store)
    with pytest.raises(StoreError):
        auth.headers(GET)


def test_a_crash_after_saving_loses_nothing():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0})
    script = Script(token(refresh_token="rt-1", expires_in=3600), refused(error="invalid_grant"))
    TokenAuthenticator(RefreshToken(endpoint(script)), store)._current()
    after_crash = TokenAuthenticator(RefreshToken(endpoint(script)), store)
    assert after_crash.headers(GET) == {"Authorization": "Bearer at-1"}
    assert len(script.requests) == 1


def test_a_refusal_is_remembered_without_what_the_thread_was_doing():
    class Answer:
        """Stands for a page that was being read when the token had to be renewed."""

    script = Script(refused(error="invalid_grant"))
    auth = TokenAuthenticator(RefreshToken(endpoint(script)), Store({"refresh_token": "rt-0"}))

    def read():
        answer = Answer()
        with pytest.raises(SignInNeeded) as first:
            auth.headers(GET)
        return weakref.ref(answer), str(first.value)

    answer, words = read()
    gc.collect()
    assert answer() is None
    with pytest.raises(SignInNeeded) as again:
        auth.headers(GET)
    assert str(again.value) == words
    assert len(script.requests) == 1


def test_a_refresh_token_that_stays_is_kept_with_its_scope():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0, "scope": "repo"})
    auth = TokenAuthenticator(RefreshToken(endpoint(Script(token(expires_in=60)))), store)
    auth.headers(GET)
    assert (store.token["refresh_token"], auth.scope) == ("rt-0", "repo")


def test_threads_refresh_once():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0})

    def slowly(_):
        time.sleep(0.05)
        return token(refresh_token="rt-1", expires_in=3600)

    script = Script(slowly)
    auth = TokenAuthenticator(RefreshToken(endpoint(script)), store)
    got = []
    threads = [threading.Thread(target=lambda: got.append(auth.headers(GET))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [{"Authorization": "Bearer at-1"}] * 8
    assert len(script.requests) == 1


def test_two_processes_refresh_once():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0})

    def single_use(request):
        assert form(request)["refresh_token"] == "rt-0"
        time.sleep(0.05)
        return token(refresh_token="rt-1", expires_in=3600)

    script = Script(single_use, refused(error="invalid_grant"))
    both = [TokenAuthenticator(RefreshToken(endpoint(script)), store) for _ in range(2)]
    got = []
    threads = [threading.Thread(target=lambda a=a: got.append(a.headers(GET))) for a in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [{"Authorization": "Bearer at-1"}] * 2
    assert len(script.requests) == 1


def test_a_rejected_token_is_renewed_once_for_all_who_used_it():
    store = Store({"access_token": "old", "refresh_token": "rt-0"})
    script = Script(token(refresh_token="rt-1", expires_in=3600))
    auth = TokenAuthenticator(RefreshToken(endpoint(script)), store)
    used = auth.headers(GET)
    assert auth.renew(GET, used)
    assert auth.renew(GET, used)
    assert len(script.requests) == 1
    assert auth.headers(GET) == {"Authorization": "Bearer at-1"}


def test_a_lost_refresh_answer_is_not_sent_twice():
    store = Store({"access_token": "old", "refresh_token": "rt-0", "expires_at": 1.0})
    script = Script(httpx.ReadTimeout("slow"), token())
    with pytest.raises(Unavailable):
        TokenAuthenticator(RefreshToken(endpoint(script)), store).headers(GET)
    assert len(script.requests) == 1


def test_a_user_token_without_refresh_token_cannot_be_renewed():
    store = Store({"access_token": "gho"})
    auth = TokenAuthenticator(UserToken(None, endpoint(Script(token()))), store)
    assert auth.renew(GET, auth.headers(GET)) is False
    with pytest.raises(SignInNeeded, match="person"):
        auth.sign_in(None)
    with pytest.raises(ValueError):
        TokenAuthenticator(UserToken(None, endpoint(Script(token()))))


class Person:
    """Opens the URL as a browser would, or pastes where it ended."""

    def __init__(self, answer, *, browser=True, paste=None):
        self.can_open_browser, self._answer, self._paste = browser, answer, paste
        self.url = self.code = None
        self.pages = []

    def announce(self, text, *, url=None, code=None):
        self.url, self.code = url, code
        if self._answer and url:
            query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
            threading.Thread(target=self._browse, args=(query,), daemon=True).start()

    def _browse(self, query):
        for extra in self._answer(query):
            try:
                with urllib.request.urlopen(query["redirect_uri"] + extra) as page:
                    self.pages.append(page.status)
            except urllib.error.HTTPError as error:
                self.pages.append(error.code)
                error.close()

    def paste(self, prompt):
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}
        return self._paste(query)


def code_flow(script, **changes):
    made = endpoint(script)
    given = {"scopes": ("repo", "read:org"), "timeout": 5.0, **changes}
    return made, AuthorizationCode(made, "https://login.x.test/authorize", **given)


def test_authorization_code_with_pkce():
    script = Script(token(scope="repo,read:org"))
    made, flow = code_flow(script)
    person = Person(lambda q: ["?code=evil&state=guess", "/other?code=1", f"?code=c%2B1&state={q['state']}"])
    store = Store()
    TokenAuthenticator(UserToken(flow, made), store).sign_in(person)
    asked = parse_qs(urlsplit(person.url).query)
    sent = form(script.requests[0])
    assert person.url.startswith("https://login.x.test/authorize?")
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["repo read:org"]
    assert asked["redirect_uri"] == [sent["redirect_uri"]]
    assert urlsplit(sent["redirect_uri"]).hostname == "127.0.0.1"
    assert (sent["grant_type"], sent["code"]) == ("authorization_code", "c+1")
    import hashlib

    digest = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=")
    assert asked["code_challenge"] == [digest.decode()]
    assert store.token == {"access_token": "at-1", "scope": "repo read:org"}


def test_the_listener_refuses_strangers_and_reports_refusal():
    _, flow = code_flow(Script(token()))
    person = Person(
        lambda q: ["?code=x&state=guess", f"?error=access_denied&error_description=No+way&state={q['state']}"]
    )
    with pytest.raises(SignInNeeded, match="No way"):
        flow.run(person)
    assert wait_until(lambda: len(person.pages) >= 2)
    assert person.pages[0] == 400


def test_nobody_comes_back():
    _, flow = code_flow(Script(token()), timeout=0.1)
    with pytest.raises(SignInNeeded, match="no browser"):
        flow.run(Person(None))


def test_the_final_url_may_be_pasted():
    _, flow = code_flow(Script(token()), pkce=False)
    person = Person(None, browser=False, paste=lambda q: f" {q['redirect_uri']}?code=c1&state={q['state']}\n")
    assert flow.run(person)["access_token"] == "at-1"
    assert "code_challenge" not in person.url
    with pytest.raises(UsageError, match="state"):
        flow.run(Person(None, browser=False, paste=lambda q: f"{q['redirect_uri']}?code=c1&state=x"))


def test_ports_from_a_list():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        _, flow = code_flow(Script(token()), ports=(busy, 0))
        person = Person(lambda q: [f"?code=c&state={q['state']}"])
        flow.run(person)
        assert str(busy) not in urlsplit(parse_qs(urlsplit(person.url).query)["redirect_uri"][0]).netloc
        _, only = code_flow(Script(token()), ports=(busy,))
        with pytest.raises(Exception, match="taken"):
            only.run(person)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1/cb?code=1&state=s&state=s", UsageError),
        ("http://127.0.0.1/cb?state=s", UsageError),
        ("http://127.0.0.1/cb?code=1", UsageError),
        ("nonsense", UsageError),
        ("http://127.0.0.1/cb?error=server_error&state=s", SignInNeeded),
    ],
)
def test_callbacks_that_are_none(url, kind):
    with pytest.raises(kind):
        read_callback(url, "s")


def device(script, clock=None, waits=None):
    made = endpoint(script, client_secret=lambda: None)
    now = clock or [0.0]
    waits = waits if waits is not None else []

    def wait(seconds):
        waits.append(seconds)
        now[0] += seconds
        return False

    return DeviceCode(made, "POST /device/code", ("repo",), wait=wait, clock=lambda: now[0])


BEGUN = httpx.Response(
    200,
    json={
        "device_code": "dc",
        "user_code": "AB-12",
        "verification_uri": "https://x.test/d",
        "expires_in": 900,
        "interval": 5,
    },
)


def test_device_code():
    script = Script(
        BEGUN,
        refused(200, error="authorization_pending"),
        refused(200, error="slow_down", interval=12),
        refused(400, error="authorization_pending"),
        token(),
    )
    waits, person = [], Person(None)
    assert device(script, waits=waits).run(person)["access_token"] == "at-1"
    assert (person.url, person.code) == ("https://x.test/d", "AB-12")
    assert waits == [5, 5, 12, 12]
    assert form(script.requests[1]) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "id-1",
        "device_code": "dc",
    }


def test_device_code_that_expires_or_is_refused():
    soon = httpx.Response(200, json={**BEGUN.json(), "expires_in": 16})
    waits = []
    with pytest.raises(SignInNeeded, match="expired"):
        device(Script(soon, refused(200, error="authorization_pending")), waits=waits).run(Person(None))
    assert waits == [5, 5, 5]
    with pytest.raises(SignInNeeded, match="denied"):
        device(Script(BEGUN, refused(200, error="access_denied", error_description="denied"))).run(Person(None))
    off = refused(400, error="device_flow_disabled", error_description="Device Flow must be enabled")
    with pytest.raises(SignInNeeded, match="must be enabled"):
        device(Script(off)).run(Person(None))


def test_a_stop_ends_the_device_flow():
    flow = device(Script(BEGUN, token()))
    object.__setattr__(flow, "wait", lambda _: True)
    with pytest.raises(Stopped):
        flow.run(Person(None))


def test_no_secret_in_repr_or_errors(key):
    script = Script(refused(400, error="invalid_grant", error_description="bad token rt-c4n4ry the-secret"))
    store = Store({"access_token": "at-c4n4ry", "refresh_token": "rt-c4n4ry", "expires_at": 1.0})
    auth = TokenAuthenticator(RefreshToken(endpoint(script)), store)
    with pytest.raises(SignInNeeded) as caught:
        auth.headers(GET)
    shown = f"{caught.value} {caught.value!r} {caught.value.as_dict()} {auth!r} {auth._source!r}"
    assert "c4n4ry" not in shown
    assert "the-secret" not in shown
