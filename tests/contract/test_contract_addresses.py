"""Links and redirects that lead away: never followed with a credential, and never taken for the end of a listing."""

from __future__ import annotations

import socket
import threading

import pytest
from harness import compare, downloads, listed

from casb_cli.core.capabilities import ReadFile

CREDENTIALS = {"authorization", "cookie", "dpop", "proxy-authorization", "as-user", "x-api-key", "x-amz-security-token"}
"""Names of headers by which a caller proves who it is, or says whom it acts as."""
PLAIN = "http://192.0.2.1:8080"
"""Another machine, by plain http: an address that belongs to nobody."""


@pytest.fixture
def stranger():
    """A host that is none of the provider's: its address, and the bytes of whoever spoke to it."""
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        over = threading.Event()

        def listen():
            while not over.is_set():
                try:
                    link, _ = server.accept()
                except TimeoutError:
                    continue
                with link:
                    link.settimeout(1)
                    heard.append(link.recv(65536))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", heard
        over.set()
        thread.join()


def rewrite(stage, monkeypatch, change):
    """Let `change(request, route, reply)` alter each good answer to a reading call with a credential."""
    finish = stage.provider.finish

    def finished(request, route, reply):
        reply = finish(request, route, reply)
        signed = CREDENTIALS & {name.lower() for name in request.headers}
        if route is not None and not route.free and not route.effect and reply.status == 200 and signed:
            change(request, route, reply)
        return reply

    monkeypatch.setattr(stage.provider, "finish", finished)


@pytest.fixture(params=["another host", "plain http"])
def away(request, stranger):
    """Where a hostile answer leads, and what the stranger there heard."""
    address, heard = stranger
    return (address if request.param == "another host" else PLAIN), heard


def test_a_next_page_elsewhere_is_refused(connected, monkeypatch, away):
    address, heard = away

    def change(request, route, reply):
        if route.paged:
            reply.headers["link"] = f'<{address}{request.path}?page=2>; rel="next"'

    rewrite(connected, monkeypatch, change)
    run = connected.list("account")
    assert not heard, "somebody else was spoken to"
    if run.code == 0:  # pages are not told by links here, and the header means nothing
        compare(listed(run.rows, "account"), connected.truth.rows("account"))
        return
    assert "not followed" in run.err or "plain http" in run.err, run
    assert run.code in {1, 3}, run


def test_a_redirect_elsewhere_is_refused(connected, monkeypatch, away):
    address, heard = away

    def change(request, _, reply):
        reply.status, reply.body = 302, b""
        reply.headers["location"] = f"{address}{request.path}"

    rewrite(connected, monkeypatch, change)
    run = connected.list("account")
    assert not heard, "somebody else was spoken to"
    assert run.code in {1, 3}, run
    assert "not followed" in run.err or "plain http" in run.err, run
    assert not run.rows


def test_no_credential_survives_a_redirect_to_another_host_of_the_provider(connected, monkeypatch):
    stage = connected
    others = {name: url for name, url in stage.provider.urls.items() if url != stage.provider.urls["api"]}
    if not others:
        pytest.skip(f"{stage.app} has one host only")
    host, url = min(others.items())

    def change(request, _, reply):
        if request.host not in {host, "oauth"}:  # an API may answer at several hosts; tokens come from the last
            reply.status, reply.body = 302, b""
            reply.headers["location"] = f"{url}/led/here"

    rewrite(stage, monkeypatch, change)
    run = stage.list("account")
    led = [call for call in stage.provider.calls if call.target == "/led/here"]
    assert {call.host for call in led} == {host}
    assert not [call for call in led if CREDENTIALS & set(call.headers)], led
    assert run.code != 0, run
    assert not run.rows


def test_content_is_fetched_from_other_hosts_without_a_credential(connected, monkeypatch):
    stage = connected
    if not stage.has(ReadFile):
        pytest.skip(f"{stage.app} excuses {ReadFile.key}")
    led = set()
    finish = stage.provider.finish

    def finished(request, route, reply):
        reply = finish(request, route, reply)
        place = reply.headers.get("location", "")
        if 300 <= reply.status < 400 and not place.startswith((stage.provider.urls[request.host], "/")):
            led.add(place.split("://", 1)[-1].partition("/")[2].partition("?")[0])
        return reply

    monkeypatch.setattr(stage.provider, "finish", finished)
    with stage.instance() as instance:
        connector = instance.connector_for(ReadFile)
        for id_ in list(stage.truth.rows("file"))[:5]:
            with connector.read_file(connector.find_file(id_)) as chunks:
                assert b"".join(chunks) == stage.provider.content(id_)
    assert downloads(stage.provider)
    for call in stage.provider.calls:
        if call.target.lstrip("/") in led:
            assert not CREDENTIALS & set(call.headers), call
