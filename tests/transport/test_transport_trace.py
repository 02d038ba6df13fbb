from __future__ import annotations

import json
import stat
import threading
import traceback

import httpx
import pytest
from provider_stub import Key, Script, client

from casb_cli.core.errors import CasbError, StoreError
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.redact import Redactor, secrets_in
from casb_cli.transport.trace import FileTracer

CANARY = "c4n4ry+secret/value=="
MATCH = "4111111111111111"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("casb_cli.transport.retry.backoff", lambda *_, **__: 0.0)


def forms_of(secret):
    import base64
    from urllib.parse import quote, quote_plus

    return {secret, quote(secret, safe=""), quote_plus(secret), base64.b64encode(secret.encode()).decode()}


def everything(error):
    """All text that an exception could leak, its chain and the plain data of it too."""
    seen = []
    while error is not None:
        seen += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
        if isinstance(error, CasbError):
            seen.append(json.dumps(error.as_dict()))
        error = error.__cause__ or error.__context__
    return "\n".join(seen)


CALLS = [
    Call(name="GET /things", query={"access_token": CANARY}),
    Call(name="POST /token", form={"client_secret": CANARY, "code": CANARY, "refresh_token": CANARY}),
    Call(name="POST /credentials/revoke", json={"credentials": [CANARY]}, identity=NOBODY, safe=True),
    Call(name="GET /x", headers={"X-Amz-Security-Token": CANARY, "Authorization": f"Bearer {CANARY}"}),
    Call(name="DELETE /tokens/{token}", path={"token": CANARY}),
]
ANSWERS = [
    lambda _: httpx.Response(200, json={"token": CANARY, "content": MATCH, "id": "77"}, headers={"X-Token": CANARY}),
    lambda _: httpx.Response(404, json={"message": f"no such thing as {CANARY}"}),
    lambda _: httpx.Response(418, json={"error_description": f"Bearer {CANARY} refused"}),
    lambda _: httpx.Response(302, headers={"Location": f"https://evil.test/?sig={CANARY}"}),
    lambda _: httpx.Response(302, headers={"Location": f"https://dl.x.test/d/{CANARY}?sig={CANARY}"}),
    lambda request: (_ for _ in ()).throw(httpx.ReadError(f"lost {CANARY}", request=request)),
    lambda request: (_ for _ in ()).throw(httpx.ConnectError(f"to {CANARY}", request=request)),
    lambda _: httpx.Response(401, json={"message": CANARY}),
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_no_canary_in_traces_and_errors(tmp_path, call, answer):
    tracer = FileTracer(tmp_path / "trace")
    shown = ""
    with client(Script(answer), key=Key(token=CANARY), tracer=tracer) as c:
        try:
            c.send(call)
        except CasbError as error:
            shown = everything(error)
    tracer.close()
    written = (tmp_path / "trace").read_text()
    assert written
    for form in forms_of(CANARY):
        assert form not in shown
        assert form not in written
    assert MATCH not in written


def test_a_trace_says_what_was_sent_and_answered(tmp_path):
    tracer = FileTracer(tmp_path / "trace")
    script = Script(
        httpx.Response(503, headers={"X-Request-Id": "r1"}),
        httpx.Response(200, json={"id": 5, "name": "secret plan"}),
    )
    with client(script, key=Key(), tracer=tracer) as c:
        c.send(Call(name="GET /things/{id}", path={"id": "7"}, query={"q": "a b"}))
    tracer.close()
    first, second = (json.loads(line) for line in (tmp_path / "trace").read_text().splitlines())
    assert first["url"] == "https://api.x.test/v1/things/7?q=a%20b"
    assert (first["status"], first["verdict"], second["status"]) == (503, "busy", 200)
    assert first["response_headers"]["x-request-id"] == "r1"
    assert first["request_headers"]["authorization"] == "***"
    assert second["response_body"] == {"id": 5, "name": "<text 11>"}
    assert (first["attempt"], second["attempt"], first["where"]) == (1, 2, "x/prod")


def test_trace_files_are_private_and_whole_lines(tmp_path):
    path = tmp_path / "trace"
    path.write_text("")
    path.chmod(0o644)
    tracer = FileTracer(path)
    threads = [threading.Thread(target=lambda: [tracer.record({"n": "x" * 500}) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tracer.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = path.read_text().splitlines()
    assert len(lines) == 200
    assert all(json.loads(line) == {"n": "x" * 500} for line in lines)


def test_a_trace_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(StoreError):
        FileTracer(tmp_path / "no" / "trace")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        FileTracer(tmp_path / "link")


def test_values_of_a_call_are_hidden_only_where_they_are_secret():
    opaque = "0paque-credential-value"
    call = Call(
        name="GET /x",
        headers={"Authorization": f"Basic {opaque}"},
        query={"state": "open", "code": "404", "credential_type": "classic_pat"},
        json={"credentials": [{"value": "leaked-one"}], "password": "pw12"},
    )
    redactor = Redactor(secrets_in(call))
    assert redactor.text("no open classic_pat (404)") == "no open classic_pat (404)"
    assert redactor.text(f"{opaque}, leaked-one, pw12") == "***, ***, ***"


def test_words_stay_readable():
    redactor = Redactor(["hunter22"])
    assert redactor.text("Resource not accessible by integration") == "Resource not accessible by integration"
    assert redactor.text("bad hunter22!") == "bad ***!"
    assert redactor.text("see https://x.test/a?sig=1 now") == "see https://x.test/a?*** now"
    assert "ghp_" not in redactor.text("token ghp_abcdefghijklmnopqrstuvwxyz0123456789 leaked")
    assert redactor.text("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----") == "***"
