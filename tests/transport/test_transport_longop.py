from __future__ import annotations

import threading

import httpx
import pytest
from provider_stub import Script, client

from casb_cli.core.errors import BadAnswer, Stopped, Unavailable, UnsafeAddress
from casb_cli.transport.calls import Call
from casb_cli.transport.longop import accepted, follow

START = Call(name="POST /exports", json={})


def finished(answer):
    return answer.status == 200 and answer.json()["state"] == "done"


def state(name, **headers):
    return httpx.Response(200, json={"state": name}, headers=headers)


def test_an_accepted_operation_is_followed_at_the_told_pace():
    monitor = {"Location": "https://api.x.test/v1/monitors/7?sv=1"}
    script = Script(httpx.Response(202, headers=monitor), state("running", **{"Retry-After": "4"}), state("done"))
    c = client(script)
    pending = accepted(c.send(START))
    assert pending is not None
    waits = []
    ask = Call(name="GET /monitors/{id}", url=pending.monitor)
    got = follow(c, ask, done=finished, wait=lambda s: bool(waits.append(s)))
    assert got.json() == {"state": "done"}
    assert waits == [4.0]
    assert str(script.requests[2].url) == "https://api.x.test/v1/monitors/7?sv=1"


def test_other_answers_are_not_pending():
    assert accepted(client(Script(httpx.Response(200))).send(START)) is None


def test_it_ends_in_time_and_on_a_stop():
    c = client(Script(state("running", **{"Retry-After": "30"})))
    ask = Call(name="GET /monitors/7")
    with pytest.raises(Unavailable) as caught:
        follow(c, ask, done=finished, timeout=10)
    assert caught.value.retry_after == 30
    stop = threading.Event()
    c = client(Script(state("running", **{"Retry-After": "5"})), stop=stop)
    with pytest.raises(Stopped):
        follow(c, ask, done=finished, wait=lambda _: True)


def test_only_reading_is_repeated_and_only_on_the_host():
    c = client(Script(state("running")))
    with pytest.raises(BadAnswer):
        follow(c, START, done=finished)
    with pytest.raises(UnsafeAddress):
        follow(c, Call(name="GET /m", url="https://evil.test/m"), done=finished)
