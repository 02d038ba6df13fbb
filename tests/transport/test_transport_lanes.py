"""Connections are used again by host, one request at a time, and none is left open."""

from __future__ import annotations

import shutil

import httpx
import pytest

from casb_cli.core.errors import UnsafeAddress
from casb_cli.transport import lanes
from casb_cli.transport.address import Origin
from casb_cli.transport.lanes import Lanes

HERE, THERE = Origin("https", "a.example", 443), Origin("https", "b.example", 443)


@pytest.fixture
def found():
    made = Lanes()
    yield made
    made.close()


def test_one_in_use_is_lent_to_nobody_else(found):
    first, second = found.take(HERE), found.take(HERE)
    assert first is not second
    found.give(HERE, first)
    assert found.take(HERE) is first


def test_the_newest_unused_one_of_the_same_host_comes_first(found):
    one, two, other = found.take(HERE), found.take(HERE), found.take(THERE)
    for origin, lane in ((HERE, one), (HERE, two), (THERE, other)):
        found.give(origin, lane)
    assert found.take(HERE) is two
    assert found.take(THERE) is other
    assert found.take(THERE) is not one


def test_the_oldest_unused_one_beyond_the_limit_is_closed(found, monkeypatch):
    monkeypatch.setattr(lanes, "_MOST_IDLE", 2)
    closed = []
    monkeypatch.setattr(httpx.HTTPTransport, "close", lambda self: closed.append(self))
    lent = [found.take(HERE) for _ in range(3)]
    for lane in lent:
        found.give(HERE, lane)
    assert closed == lent[:1]


def test_closing_closes_those_in_use_too_and_what_comes_back_later(found, monkeypatch):
    closed = []
    monkeypatch.setattr(httpx.HTTPTransport, "close", lambda self: closed.append(self))
    used, idle = found.take(HERE), found.take(HERE)
    found.give(HERE, idle)
    found.close()
    assert set(closed) == {used, idle}
    found.give(HERE, used)
    assert closed[2:] == [used]
    with pytest.raises(RuntimeError, match="closed"):
        found.take(HERE)


def test_certificates_are_read_anew_only_where_the_environment_names_others(monkeypatch, tmp_path):
    import certifi

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    read = []
    real = httpx.create_ssl_context
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: read.append(1) or real())
    lanes._trust.cache_clear()
    Lanes().close()
    Lanes().close()
    assert len(read) == 1
    bundle = tmp_path / "own.pem"
    shutil.copy(certifi.where(), bundle)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    Lanes().close()
    assert len(read) == 2
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(OSError, match="No such file"):
        Lanes()
    lanes._trust.cache_clear()


PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.mark.parametrize(
    ("environment", "host", "proxy"),
    [
        ({}, "a.example", None),
        ({"HTTPS_PROXY": "http://p.example:8080"}, "a.example", "http://p.example:8080"),
        ({"https_proxy": "p.example:8080"}, "a.example", "http://p.example:8080"),
        ({"ALL_PROXY": "http://p.example"}, "a.example", "http://p.example"),
        ({"HTTP_PROXY": "http://p.example"}, "a.example", None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "b.example, .a.example"}, "x.a.example", None),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "b.example"}, "a.example", "http://p.example"),
        ({"HTTPS_PROXY": "http://p.example", "NO_PROXY": "*"}, "a.example", None),
        ({"HTTPS_PROXY": "http://p.example"}, "127.0.0.1", None),
        ({"HTTPS_PROXY": "http://p.example"}, "localhost", None),
    ],
)
def test_proxies_are_those_of_the_environment(monkeypatch, environment, host, proxy):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = lanes._proxy(Origin("https", host, 443))
    assert (found and str(found.url)) == proxy


def test_a_proxy_that_is_no_url_is_refused_in_words(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "ftp://p.example:x")
    with pytest.raises(UnsafeAddress, match="proxy"):
        lanes._proxy(HERE)
