from __future__ import annotations

from typing import ClassVar

import httpx
import pytest

from casb_cli.sandbox.faults import KINDS, Faults, applies
from casb_cli.sandbox.limits import LimitSpec
from casb_cli.sandbox.provider import Options, Provider
from casb_cli.sandbox.server import serve
from casb_cli.sandbox.wire import Reply, Route, Router, answer, route
from casb_cli.sandbox.world import World


class Shop(Provider):
    key = "shop"
    hosts = ("api", "content")
    default_limits: ClassVar = {"all": LimitSpec(allowed=1000, window=60)}

    def __init__(self, world, options=None):
        super().__init__(world, options)
        self.stock = 0
        self.dead = set()

    def reset(self):
        super().reset()
        self.stock = 0

    def lapse(self, request):
        self.dead.add(request.headers.get("authorization"))

    def enter(self, request, route):
        if request.headers.get("authorization") in self.dead:
            return answer({"message": "expired"}, 401)
        return None

    def throttle(self, request, route):
        verdict = self.limits["all"].take()
        return None if verdict.admitted else self.throttled(request, verdict.wait)

    @route("GET /things/{name}")
    def thing(self, request):
        return answer({"name": request.params["name"]})

    @route("PUT /files/{path:rest}")
    def write(self, request):
        self.stock += 1
        return answer({"path": request.params["path"], "body": request.body.decode()})

    @route("GET /list", paged=True)
    def list(self, request):
        return answer({"fault": request.fault})

    @route("GET /big", host="content", download=True)
    def big(self, request):
        return Reply(200, b"x" * 100_000, download=True)

    @route("GET /stream", download=True)
    def stream(self, request):
        return Reply(200, chunks=[b"x" * 1000] * 4, download=True)


@pytest.fixture(scope="module")
def running():
    with serve([Shop(World(people=12, files=10))]) as running:
        yield running


@pytest.fixture
def shop(running):
    shop = running.provider("shop")
    shop.reset()
    shop.dead.clear()
    return shop


@pytest.fixture
def http():
    with httpx.Client() as client:
        yield client


def test_paths_arrive_as_they_were_sent(shop, http):
    api = shop.urls["api"]
    assert http.get(f"{api}/things/a%2Fb%20c%2B").json() == {"name": "a/b c+"}
    assert http.put(f"{api}/files/a%20b/c//d%252F", content="hi").json() == {"path": "a b/c//d%2F", "body": "hi"}
    target = httpx.Request("GET", api, extensions={"target": b"/things/.."})
    assert http.send(target).json() == {"name": ".."}
    assert http.get(f"{api}/things/").status_code == 404
    assert http.get(f"{api}/big").status_code == 404
    assert len(http.get(f"{shop.urls['content']}/big").content) == 100_000
    assert http.get(f"{api}/stream").content == b"x" * 4000


def test_faults_before_and_after_the_effect(shop, http):
    url = f"{shop.urls['api']}/files/a"
    shop.faults.plan("PUT /files/{path}", "error-before", status=503)
    assert http.put(url).status_code == 503
    assert shop.stock == 0
    shop.faults.plan("PUT /files/{path}", "error-after", status=500)
    assert http.put(url).status_code == 500
    assert shop.stock == 1
    shop.faults.plan("PUT /files/{path}", "lost")
    with pytest.raises(httpx.RemoteProtocolError):
        http.put(url)
    assert shop.stock == 2
    assert http.put(url).status_code == 200
    assert [c.fault for c in shop.called("PUT /files/{path}")] == ["error-before", "error-after", "lost", ""]


def test_truncated_downloads(shop, http):
    for url, name in ((f"{shop.urls['content']}/big", "GET /big"), (f"{shop.urls['api']}/stream", "GET /stream")):
        shop.faults.plan(name, "truncated")
        with pytest.raises(httpx.RemoteProtocolError):
            http.get(url)
        assert http.get(url).status_code == 200


def test_the_nth_call_and_several(shop, http):
    url = f"{shop.urls['api']}/things/a"
    shop.faults.plan("GET /things/{name}", "throttle", nth=3, times=2, wait=7)
    answers = [http.get(url) for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 429, 429, 200]
    assert answers[2].headers["retry-after"] == "7"


def test_an_expired_token(shop, http):
    url, headers = f"{shop.urls['api']}/things/a", {"authorization": "Bearer t1"}
    shop.faults.plan("*", "expired-token")
    assert http.get(url, headers=headers).status_code == 401
    assert http.get(url, headers=headers).status_code == 401
    assert http.get(url, headers={"authorization": "Bearer t2"}).status_code == 200


def test_page_faults_reach_paged_calls_only(shop, http):
    shop.faults.plan("*", "duplicate-page")
    assert http.get(f"{shop.urls['api']}/things/a").status_code == 200
    assert http.get(f"{shop.urls['api']}/list").json() == {"fault": "duplicate-page"}
    assert http.get(f"{shop.urls['api']}/list").json() == {"fault": ""}


def test_a_limit_that_halves_and_doubles(shop, http):
    shop.faults.plan("*", "limit-halved")
    assert http.get(f"{shop.urls['api']}/things/a").status_code == 200
    assert shop.limits["all"].allowed == 500
    shop.faults.plan("*", "limit-doubled")
    http.get(f"{shop.urls['api']}/things/a")
    assert shop.limits["all"].allowed == 2000


def test_chance_meets_its_rate_and_never_blocks_a_retry():
    faults, one = Faults(), Route(name="GET /list", paged=True)
    faults.randomly(0.2, seed=4, most=2)
    met = [faults.take(one, f"GET /list?page={n}") is not None for n in range(5000)]
    assert sum(met) / len(met) == pytest.approx(0.2, abs=0.02)
    faults.randomly(1.0, seed=4, most=2)
    streak = [faults.take(one, "GET /list?page=1") is not None for _ in range(9)]
    assert streak == [True, True, False] * 3
    again = Faults()
    again.randomly(0.2, seed=4)
    assert [again.take(one, f"GET /list?page={n}") is not None for n in range(5000)] == met


def test_chance_knows_a_link_by_its_content_and_lets_a_listing_end():
    faults = Faults()
    faults.randomly(1.0, kinds=("truncated",))
    links = [f"GET /d/1/9/7/{1_780_000_000 + n}/signed{n}/download" for n in range(6)]
    met = [faults.take(Route(name="GET content", download=True), link) is not None for link in links]
    assert met == [True, True, False] * 2
    faults.randomly(1.0, kinds=("expired-cursor",))
    pages = [f"GET /list?page={n}" for n in range(9)]
    assert sum(faults.take(Route(name="GET /list", paged=True), page) is not None for page in pages) == 2


def test_every_kind_happens_where_it_makes_sense():
    faults, everything = Faults(), Route(name="GET /x", paged=True, download=True)
    faults.randomly(0.5, seed=2)
    for n in range(2000):
        faults.take(everything, str(n))
    assert set(faults.taken) == set(KINDS)
    assert not any(applies(kind, Route(name="GET /x", free=True)) for kind in KINDS)


def test_the_call_log_keeps_no_credential(shop, http):
    headers = {"authorization": "Bearer canary-secret", "as-user": "11"}
    http.get(f"{shop.urls['api']}/things/a?token=canary-query", headers=headers)
    (call,) = shop.calls
    assert "authorization" in call.headers
    assert call.values["as-user"] == "11"
    assert "canary" not in repr(call)


def test_the_control_interface_needs_its_token(shop, running, http):
    base = f"{shop.urls['api']}/__sandbox__"
    assert http.post(f"{base}/calls").status_code == 404
    assert http.post(f"{base}/calls", headers={"x-sandbox-token": "x"}).status_code == 404
    key = {"x-sandbox-token": running.token}
    body = {"name": "GET /things/{name}", "kind": "throttle", "wait": 3}
    assert http.post(f"{base}/faults", headers=key, json=body).status_code == 200
    assert http.get(f"{shop.urls['api']}/things/a").status_code == 429
    assert [c["status"] for c in http.post(f"{base}/calls", headers=key).json()] == [429]
    assert http.post(f"{base}/reset", headers=key).status_code == 200
    assert http.post(f"{base}/calls", headers=key).json() == []
    assert http.post(f"{base}/nothing", headers=key).status_code == 404


def test_two_at_once_take_different_ports():
    world = World(people=12, files=10)
    with serve([Shop(world)]) as one, serve([Shop(world, Options())]) as two:
        ports = {url for running in (one, two) for url in running.urls()["shop"].values()}
        assert len(ports) == 4


def test_a_literal_wins_over_a_parameter():
    router = Router()
    for template in ("/a/{x}", "/a/b", "/a/{x}/c", "/a/{x:rest}"):
        router.add("GET", template, lambda request: Reply(), Route(name=template))
    found = {path: router.find("api", "GET", path)[1].name for path in ("/a/b", "/a/c", "/a/b/c", "/a/b/d/e")}
    assert found == {"/a/b": "/a/b", "/a/c": "/a/{x}", "/a/b/c": "/a/{x}/c", "/a/b/d/e": "/a/{x:rest}"}
    assert router.find("api", "PUT", "/a/b") is None
