from __future__ import annotations

from urllib.parse import unquote, unquote_to_bytes

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from provider_stub import client, serving

from casb_cli.core.errors import UnsafeAddress
from casb_cli.transport.address import Hosts, expand, join, parse, query_text
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.wire import _ExactUrl

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
HOSTILE = [
    "a/../b", "//", "%2F", "a+b", "a b", "ünï", "line\nbreak", "\x1b[31m", "?x=1#y", "=cmd()", "a%00b", "..a", "a..",
    "[bold]", "\u202e", "\u2028", "C:\\x", "~", ";v=1", "*", "'\"",
]  # fmt: skip


@pytest.fixture(scope="module")
def echo():
    seen = []

    def handle(request):
        seen.append(request.requestline.split(" ")[1])
        request.respond(200, b"{}")

    with serving(handle) as base, client(None, urls={"api": base + "/base"}) as c:
        yield c, seen


def hostile(test):
    for name in HOSTILE:
        test = example(name)(test)
    return test


@settings(max_examples=150)
@hostile
@given(NAMES)
def test_names_arrive_as_exactly_themselves(echo, name):
    c, seen = echo
    if name in {".", ".."}:
        with pytest.raises(UnsafeAddress):
            c.send(Call(name="GET /f/{name}", path={"name": name}))
        return
    c.send(Call(name="GET /f/{name}/end", path={"name": name}, query={"q": name}))
    path, query = seen[-1].split("?")
    assert path.startswith("/base/f/")
    assert path.endswith("/end")
    assert path.count("/") == 4
    assert unquote_to_bytes(path.removeprefix("/base/f/").removesuffix("/end")) == name.encode()
    assert unquote_to_bytes(query.removeprefix("q=").replace("+", "<plus>")) == name.encode()


@settings(max_examples=100)
@hostile
@example("public/../private/x")
@example("/lead//double/")
@example(".")
@given(NAMES)
def test_keys_keep_their_slashes_when_raw(echo, key):
    c, seen = echo
    c.send(Call(name="GET /{+key}", path={"key": key}, raw_path=True))
    assert unquote_to_bytes(seen[-1].removeprefix("/base/")) == key.encode()
    assert seen[-1].count("/") == 2 + key.count("/")


@pytest.mark.parametrize("value", [".", "..", "a/./b", "a/../b", "../a", "a/.."])
def test_dots_are_refused_where_keys_cannot_hold_them(value):
    with pytest.raises(UnsafeAddress):
        expand("/x/{+key}", {"key": value})


def test_lone_surrogates_are_refused():
    with pytest.raises(UnsafeAddress):
        expand("/x/{key}", {"key": "\ud800"})


@given(st.dictionaries(NAMES, NAMES, max_size=4))
def test_queries_come_back(pairs):
    text = query_text(pairs)
    got = dict(tuple(unquote(part) for part in pair.split("=")) for pair in text.split("&") if pair)
    assert got == pairs


def test_query_values():
    assert query_text({"a": True, "b": None, "c": [1, None, 2], "d": ""}) == "a=true&c=1&c=2&d="


@pytest.mark.parametrize(
    "link",
    [
        "http://api.x.test/", "ftp://a/", "//a/b", "/path", "", "https://", "https:///x", "https://u:p@a/", "https://a@b/",
        "https://a b/", "https://a\\b/", "https://a/\n", "https://a:99999/", "https://a:x/", "javascript:alert(1)",
        "https://ex\u0430mple.test/", "https://[::1", "http://127.0.0.1.evil.test/", "http://localhost.evil.test/",
    ],
)  # fmt: skip
def test_links_that_are_refused(link):
    with pytest.raises(UnsafeAddress):
        parse(link)


def test_links_keep_their_path_as_written():
    for target in ("/a/../b", "/%2e%2e/x?y=%2F", "/a//b", "/?a=b?c", "/x%zz"):
        assert parse("https://A.Test" + target + "#frag").target == target
    assert parse("https://a.test?x=1").target == "/?x=1"
    assert parse("https://a.test/ü").target == "/%C3%BC"
    assert str(parse("https://a.test:443/").origin) == "https://a.test"
    assert str(parse("http://[::1]:8080/").origin) == "http://[::1]:8080"


@given(st.text(max_size=60))
def test_a_link_never_reaches_another_host_than_the_one_checked(text):
    """What httpx would connect to is what was checked."""
    try:
        address = parse("https://api.x.test" + text)
    except UnsafeAddress:
        return
    url = _ExactUrl(address)
    assert (url.host, url.port or 443) == (address.origin.host, address.origin.port)
    assert url.raw_path == address.target.encode()


@given(st.text(max_size=60))
def test_a_redirect_never_reaches_another_host_than_the_one_checked(text):
    try:
        address = join(parse("https://api.x.test/a/b?c"), text)
    except UnsafeAddress:
        return
    assert httpx.URL(address.url).host == address.origin.host


def test_redirects_are_resolved_against_the_request():
    base = parse("https://api.x.test/a/b?c=1")
    assert join(base, "d").target == "/a/d"
    assert join(base, "?e=1").target == "/a/b?e=1"
    assert join(base, "//other.test/x").origin.host == "other.test"
    assert join(base, "/x?next=https://other.test/").origin.host == "api.x.test"


def test_content_hosts():
    hosts = Hosts({"api": "https://api.x.test"}, ("dl.x.test", ".cdn.test"))
    good = ("https://dl.x.test/", "https://a.b.cdn.test/", "https://api.x.test/")
    bad = (
        "https://cdn.test/",
        "https://xdl.x.test/",
        "https://dl.x.test:8443/",
        "http://127.0.0.1/",
        "https://x.test/",
    )
    assert all(hosts.is_content(parse(link).origin) for link in good)
    assert not any(hosts.is_content(parse(link).origin) for link in bad)


def test_links_of_calls_stay_on_their_host():
    hosts = Hosts({"api": "https://api.x.test/v1", "up": "https://up.x.test"}, ("dl.x.test",))
    assert hosts.of(Call(name="GET /", url="https://api.x.test/other?p=2", query={"a": 1})).target == "/other?p=2&a=1"
    with pytest.raises(UnsafeAddress):
        hosts.of(Call(name="GET /", url="https://up.x.test/"))
    with pytest.raises(UnsafeAddress):
        hosts.of(Call(name="GET /", url="https://dl.x.test/"))
    assert hosts.of(Call(name="GET /", url="https://dl.x.test/z", identity=NOBODY)).origin.host == "dl.x.test"
    assert hosts.of(Call(name="GET /x", host="up")).url == "https://up.x.test/x"


def test_an_exact_target_goes_out_as_it_was_made(echo):
    c, seen = echo
    for target in ("/a/../b//c/%2E%2e/%2F", "/", "/~!'()*;:@&=$,+"):
        c.send(Call(name="GET /service/Operation", target=target, query={"x": "a b/"}))
        assert seen[-1] == f"/base{target}?x=a%20b%2F"


@pytest.mark.parametrize("target", ["", "a", "/a b", "/ü", "/a?b", "/a#b", "/a\n", "//h\x7f"])
def test_what_is_no_exact_target_is_refused(target):
    with pytest.raises(UnsafeAddress):
        Hosts({"api": "https://h.test"}, ()).of(Call(name="GET /x", target=target))


def test_addresses_may_be_made_as_they_are_asked_for():
    asked = []

    class Made(dict):
        def __missing__(self, name):
            asked.append(name)
            if name == "nowhere":
                raise KeyError(name)
            return f"https://{name}.test/"

    hosts = Hosts(Made(api="https://api.test"), ())
    for _ in range(2):
        assert hosts.of(Call(name="GET /x", host="eu", target="/y")).url == "https://eu.test/y"
    assert asked == ["eu"]
    with pytest.raises(UnsafeAddress, match="no address for `nowhere`"):
        hosts.of(Call(name="GET /x", host="nowhere"))
