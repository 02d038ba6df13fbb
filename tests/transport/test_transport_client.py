from __future__ import annotations

import gzip
import threading
import time

import httpx
import pytest
from provider_stub import HOSTS, RULES, Key, Script, an_app, client, serving

from casb_cli.core.app import HeaderDialect
from casb_cli.core.errors import (
    BadAnswer,
    LostAnswer,
    ObjectMissing,
    ProviderError,
    SignInNeeded,
    Stopped,
    Throttled,
    Unavailable,
    UnsafeAddress,
)
from casb_cli.transport.calls import NOBODY, Call, Part, as_user
from casb_cli.transport.paging import LinkHeader, MarkerInBody
from casb_cli.transport.rules import ApiRules, Verdict

GET = Call(name="GET /things/{id}", path={"id": "1"})
POST = Call(name="POST /things", json={"a": 1})


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("casb_cli.transport.retry.backoff", lambda *_, **__: 0.0)


def test_sends_version_identity_and_credential():
    script = Script(httpx.Response(200, json={"ok": True}))
    with client(script, key=Key()) as c:
        answer = c.send(Call(name="GET /things", query={"q": "a b", "n": [1, 2], "x": None}, identity=as_user("7")))
    sent = script.requests[0]
    assert answer.json() == {"ok": True}
    assert str(sent.url) == "https://api.x.test/v1/things?q=a%20b&n=1&n=2"
    assert sent.headers["authorization"] == "Bearer s3cr3t-token-0"
    assert (sent.headers["as-user"], sent.headers["x-version"]) == ("7", "7")
    assert sent.headers["user-agent"].startswith("casb/")


def test_a_place_waited_for_long_is_used_with_a_credential_read_anew(monkeypatch):
    monkeypatch.setattr("casb_cli.transport.client._STALE", -1.0)
    script, key = Script(httpx.Response(200, json={})), Key()
    made = []
    monkeypatch.setattr(key, "headers", lambda call: made.append(call) or {"authorization": f"Bearer n{len(made)}"})
    with client(script, key=key) as c:
        c.send(GET)
    assert [sent.headers["authorization"] for sent in script.requests] == ["Bearer n2"]


def test_nobody_goes_out_without_a_credential():
    script = Script(httpx.Response(200))
    client(script, key=Key()).send(Call(name="POST /revoke", json={}, identity=NOBODY))
    assert "authorization" not in script.requests[0].headers


def test_bodies():
    script = Script(httpx.Response(200))
    c = client(script)
    c.send(Call(name="POST /f", form={"a": "1 &"}))
    c.send(Call(name="PUT /c", content=b"raw", headers={"Content-Type": "text/x"}))
    c.send(Call(name="POST /p", parts=(Part(name="file", content=b"abc", filename="n\n.txt", content_type="a/b"),)))
    form, raw, parts = script.requests
    assert form.content == b"a=1+%26"
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (raw.content, raw.headers["content-type"]) == (b"raw", "text/x")
    assert b"abc" in parts.content
    assert parts.headers["content-type"].startswith("multipart/form-data; boundary=")


def test_errors_carry_words_place_status_and_request_id():
    script = Script(httpx.Response(404, json={"message": "Not Found"}, headers={"X-Request-Id": "r-9"}))
    with pytest.raises(ObjectMissing) as caught:
        client(script).send(GET)
    assert str(caught.value) == "x/prod: Not Found (HTTP 404, GET /things/{id}, request id r-9)"


def test_statuses_listed_by_the_call_are_answers():
    script = Script(httpx.Response(404))
    assert client(script).send(Call(name="GET /a", answers=(404,))).status == 404


def test_safe_calls_are_tried_again_and_unsafe_ones_are_not():
    script = Script(httpx.Response(502), httpx.ReadError("cut"), httpx.Response(200))
    assert client(script).send(GET).status == 200
    assert len(script.requests) == 3
    for trouble in (httpx.Response(502), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")):
        script = Script(trouble, httpx.Response(200))
        with pytest.raises(LostAnswer):
            client(script).send(POST)
        assert len(script.requests) == 1


def test_declared_safety_wins_over_the_verb():
    script = Script(httpx.Response(502), httpx.Response(200))
    assert client(script).send(Call(name="POST /search", json={}, safe=True)).status == 200
    script = Script(httpx.Response(502), httpx.Response(200))
    with pytest.raises(LostAnswer):
        client(script).send(Call(name="GET /consume", safe=False))


def test_what_never_left_is_tried_again_even_when_unsafe():
    script = Script(httpx.ConnectError("refused"), httpx.Response(201))
    assert client(script).send(POST).status == 201


def test_attempts_end():
    script = Script(httpx.Response(503, json={"message": "busy"}))
    with pytest.raises(Unavailable, match="busy"):
        client(script).send(GET)
    assert len(script.requests) == RULES.max_attempts


def test_throttled_calls_wait_and_go_again_even_when_unsafe():
    script = Script(httpx.Response(429, headers={"Retry-After": "0"}), httpx.Response(201))
    assert client(script).send(POST).status == 201
    late = Script(httpx.Response(429, headers={"Retry-After": "900"}))
    with pytest.raises(Throttled) as caught:
        client(late, deadline=time.monotonic() + 5).send(GET)
    assert caught.value.retry_after > 800


def test_a_call_sent_once_is_sent_once():
    for status, kind in ((429, Throttled), (503, Unavailable)):
        script = Script(httpx.Response(status))
        with pytest.raises(kind):
            client(script).send(Call(name="GET /a", once=True))
        assert len(script.requests) == 1


def test_a_rejected_credential_is_renewed_a_few_times():
    script = Script(httpx.Response(401), httpx.Response(200))
    assert client(script, key=Key(renewals=5)).send(POST).status == 200
    assert [r.headers["authorization"][-1] for r in script.requests] == ["0", "1"]
    refusing = Script(httpx.Response(401, json={"message": "Bad credentials"}))
    key = Key(renewals=20)
    with pytest.raises(SignInNeeded, match="Bad credentials"):
        client(refusing, key=key).send(GET)
    assert key.renewed == 8  # each time another credential: a token may end before it is used, but not for ever


def test_a_wrong_clock_is_named_when_sign_in_fails():
    script = Script(httpx.Response(401, headers={"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}))
    with pytest.raises(SignInNeeded) as caught:
        client(script, key=Key()).send(GET)
    assert "clock" in (caught.value.hint or "")


def test_a_certificate_error_names_the_setting_and_is_not_repeated():
    script = Script(httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer"))
    with pytest.raises(Unavailable) as caught:
        client(script).send(GET)
    assert "SSL_CERT_FILE" in (caught.value.hint or "")
    assert len(script.requests) == 1


def test_a_fault_of_the_network_names_the_host_and_no_more_of_the_address():
    script = Script(httpx.ConnectError("[Errno -2] Name or service not known"))
    with pytest.raises(Unavailable) as caught:
        client(script).send(Call(name="GET /a", query={"sig": "canary"}, once=True))
    assert caught.value.words.endswith(": Name or service not known")
    assert caught.value.words.startswith(str(script.requests[0].url).partition("/a")[0])
    assert "canary" not in str(caught.value)


def test_a_stop_ends_the_wait_before_a_retry():
    stop = threading.Event()
    rules = ApiRules(classify=lambda *_: Verdict("busy", Unavailable("busy"), after=100))
    threading.Timer(0.1, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(Stopped):
        client(Script(httpx.Response(202)), rules=rules, stop=stop).send(GET)
    assert time.monotonic() - begun < 90


def test_bodies_are_bounded():
    with pytest.raises(BadAnswer, match="larger than 10 bytes"):
        client(Script(httpx.Response(200, content=b"x" * 11))).send(GET, limit=10)
    assert client(Script(httpx.Response(200, content=b"x" * 10))).send(GET, limit=10).body == b"x" * 10


def test_a_compressed_bomb_ends_at_the_limit():
    bomb = gzip.compress(b"\0" * (200 * 1024 * 1024), compresslevel=6)

    def handle(request):
        request.respond(200, bomb, Content_Encoding="gzip")

    with serving(handle) as base, client(None, urls={"api": base}) as c:
        with pytest.raises(BadAnswer, match="larger than"):
            c.send(Call(name="GET /bomb"), limit=1_000_000)
        with c.stream(Call(name="GET /bomb")) as answer:
            assert sum(len(piece) for piece in answer.chunks(limit=300_000)) == 300_000
            assert answer.cut


def test_compressed_answers_are_read_and_broken_ones_refused():
    packed = gzip.compress(b'{"a":1}' * 1000)

    def handle(request):
        body = packed[:-9] if "cut" in request.path else packed
        request.respond(200, body, Content_Encoding="br" if "br" in request.path else "gzip")

    with serving(handle) as base, client(None, urls={"api": base}) as c:
        assert c.send(Call(name="GET /whole")).body == b'{"a":1}' * 1000
        for name in ("GET /cut", "GET /br"):
            with pytest.raises(Unavailable):
                c.send(Call(name=name))


def test_a_truncated_download_is_noticed():
    def handle(request):
        request.send_response(200)
        request.send_header("Content-Length", "100")
        request.end_headers()
        request.wfile.write(b"half")
        request.close_connection = True

    with serving(handle) as base, client(None, urls={"api": base}) as c:
        with c.stream(Call(name="GET /file")) as answer, pytest.raises(Unavailable, match="broke off"):
            list(answer.chunks())
        with pytest.raises(LostAnswer):
            c.send(Call(name="POST /act"))


def redirect(to, status=302):
    return httpx.Response(status, headers={"Location": to, "Set-Cookie": "a=b; Domain=x.test"})


def test_a_content_host_gets_no_credential():
    script = Script(
        redirect("https://dl.x.test/d/abc?sig=1"),
        redirect("https://eu.cdn.test/y"),
        httpx.Response(200, content=b"data"),
    )
    ask = Call(
        name="GET /files/1/content",
        identity=as_user("7"),
        headers={"DPoP": "p", "X-Amz-Security-Token": "t", "Cookie": "c=1", "Range": "bytes=0-9"},
    )
    with client(script, key=Key()).stream(ask) as answer:
        assert b"".join(answer.chunks()) == b"data"
    for request in script.requests[1:]:
        assert set(request.headers) <= {"host", "connection", "accept", "accept-encoding", "user-agent", "range"}
    assert script.requests[1].headers["range"] == "bytes=0-9"
    assert script.requests[2].url == "https://eu.cdn.test/y"


def test_a_download_teaches_the_limits_of_the_host_that_redirected_it():
    app = an_app(dialect=HeaderDialect(limit="x-limit", remaining="x-left"))
    first = redirect("https://dl.x.test/d/abc")
    first.headers.update({"X-Limit": "10000", "X-Left": "9"})
    c = client(Script(first, httpx.Response(200, headers={"X-Left": "77"})), app=app)
    with c.stream(GET) as answer:
        list(answer.chunks())
    assert c.governors.ledger()[0]["told"] is True
    assert c.governors.of(GET).meter.delay(time.monotonic(), cost=10) > 0


def test_the_same_host_keeps_the_credential():
    script = Script(redirect("/v1/renamed?x=%2e%2e", 301), httpx.Response(200))
    assert client(script, key=Key()).send(GET).status == 200
    assert script.requests[1].headers["authorization"] == "Bearer s3cr3t-token-0"
    assert script.requests[1].url.raw_path == b"/v1/renamed?x=%2e%2e"


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.test/x",
        "https://api.x.test.evil.test/x",
        "https://evilcdn.test/x",
        "https://dl.x.test:444/x",
        "http://api.x.test/v1/things",
        "http://127.0.0.1/x",
        "//evil.test/x",
        "https://api.x.test@evil.test/",
        "https://user@api.x.test/",
        "ftp://api.x.test/",
        "https://api.x.test\\@evil.test/",
        "file:///etc/passwd",
    ],
)
def test_redirects_anywhere_else_are_refused(to):
    script = Script(redirect(to), httpx.Response(200))
    with pytest.raises(UnsafeAddress):
        client(script, key=Key()).send(GET)
    assert len(script.requests) == 1


def test_an_unsafe_call_is_redirected_only_with_its_method_on_its_host():
    script = Script(redirect("/v1/new", 307), httpx.Response(200))
    assert client(script).send(POST).status == 200
    assert script.requests[1].method == "POST"
    for answer in (redirect("/v1/new", 302), redirect("https://dl.x.test/", 307)):
        with pytest.raises(UnsafeAddress):
            client(Script(answer)).send(POST)


def test_redirects_end_and_may_be_an_answer():
    script = Script(redirect("/v1/loop"))
    with pytest.raises(UnsafeAddress, match="redirects"):
        client(script).send(GET)
    assert len(script.requests) == 6
    assert client(Script(redirect("/v1/x"))).send(Call(name="GET /member", answers=(302,))).status == 302


def test_cookies_are_never_kept():
    script = Script(httpx.Response(200, headers={"Set-Cookie": "sid=1"}), httpx.Response(200))
    c = client(script)
    c.send(GET)
    c.send(GET)
    assert "cookie" not in script.requests[1].headers


def test_next_links_are_followed_on_the_host_only():
    pages = Script(
        httpx.Response(200, json=[1], headers={"Link": '<https://api.x.test/v1/things?page=2>; rel="next"'}),
        httpx.Response(200, json=[2]),
    )
    got = [
        (a.json(), cursor) for a, cursor in client(pages).pages(Call(name="GET /things", query={"n": 1}), LinkHeader())
    ]
    assert got == [([1], "https://api.x.test/v1/things?page=2"), ([2], None)]
    assert str(pages.requests[1].url) == "https://api.x.test/v1/things?page=2"
    stray = Script(httpx.Response(200, json=[1], headers={"Link": '<https://evil.test/?page=2>; rel="next"'}))
    with pytest.raises(UnsafeAddress, match=r"evil\.test"):
        list(client(stray, key=Key()).pages(Call(name="GET /things"), LinkHeader()))
    assert len(stray.requests) == 1


def test_a_cursor_from_a_store_is_checked_too():
    for cursor in ("http://api.x.test/v1/things", "https://dl.x.test/v1/things", "https://evil.test/"):
        with pytest.raises(UnsafeAddress):
            list(client(Script(httpx.Response(200))).pages(Call(name="GET /things"), LinkHeader(), cursor))


def test_a_cursor_that_stays_is_refused_unless_it_is_a_feed():
    script = Script(httpx.Response(200, json={"next_marker": "m"}))
    with pytest.raises(BadAnswer, match="position"):
        list(client(script).pages(Call(name="GET /things"), MarkerInBody()))
    assert len(script.requests) == 2
    feed = client(script).pages(Call(name="GET /things"), MarkerInBody(feed=True), "m")
    assert [cursor for _, cursor in feed] == ["m"]


def test_plain_http_is_for_this_machine_only():
    with pytest.raises(UnsafeAddress):
        client(Script(httpx.Response(200)), urls={"api": "http://api.x.test"})
    assert client(Script(httpx.Response(200)), urls={"api": "http://127.0.0.1:1"}).send(GET).status == 200


def test_loopback_goes_past_a_proxy(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving(lambda r: r.respond(200, b"{}")) as base, client(None, urls={"api": base}) as c:
        assert c.send(Call(name="GET /")).status == 200


def test_other_hosts_go_through_the_proxy(monkeypatch):
    asked = []

    def handle(request):
        asked.append(request.path)
        request.respond(502)

    with serving(handle) as base:
        monkeypatch.setenv("HTTPS_PROXY", base)
        proxied = ApiRules(classify=RULES.classify, max_attempts=1)
        with client(None, rules=proxied) as c, pytest.raises(Unavailable):
            c.send(GET)
    assert asked == ["api.x.test:443"]


def test_threads_share_one_client():
    with serving(lambda r: r.respond(200, r.path.encode())) as base, client(None, urls={"api": base}) as c:
        wrong = []

        def work(number):
            for i in range(20):
                answer = c.send(Call(name="GET /{id}", path={"id": f"{number}-{i}"}))
                if answer.body != f"/{number}-{i}".encode():
                    wrong.append(answer.body)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


def test_an_answer_over_a_link_hides_it():
    script = Script(redirect("https://dl.x.test/d/secret-path?sig=1"), httpx.Response(200))
    assert "secret-path" not in client(script).send(GET).url


def test_unknown_host_and_missing_value_are_refused():
    c = client(Script(httpx.Response(200)))
    for bad in (Call(name="GET /a", host="nowhere"), Call(name="GET /{a}/b"), Call(name="GET /{a}", path={"a": ""})):
        with pytest.raises(UnsafeAddress):
            c.send(bad)


def test_rules_without_an_error_still_name_the_call():
    with pytest.raises(ProviderError, match="no reason"):
        client(Script(httpx.Response(418))).send(GET)


def test_declared_hosts_are_what_the_instance_says():
    assert an_app().hosts == HOSTS


def test_a_call_that_is_answered_elsewhere_goes_there_once_and_later_ones_at_once():
    def classify(call, status, headers, body):
        words = ProviderError("not here")
        return Verdict("moved", words, host="oauth") if status == 409 else Verdict("ok")

    script = Script(*[httpx.Response(status) for status in (409, 200, 200, 409)])
    with client(script, key=Key(), rules=ApiRules(classify=classify)) as c:
        assert c.send(POST).status == 200
        assert c.send(POST).status == 200
        with pytest.raises(ProviderError, match="not here"):
            c.send(POST)
    hosts = [str(one.url.host) for one in script.requests]
    assert hosts == ["api.x.test", *["login.x.test"] * 3]
