"""Subject tokens: from a file, an address, or a program that the environment allows."""

from __future__ import annotations

import json
import shlex
import sys
import time

import httpx
import msgspec
import pytest
from provider_stub import Script, client

from casb_cli.core.errors import SecretUnavailable, Unavailable, UsageError
from casb_cli.transport.auth.subject import ALLOWED, CredentialSource, check, subject_token

JWT = "urn:ietf:params:oauth:token-type:jwt"
SAML = "urn:ietf:params:oauth:token-type:saml2"


def source(**given):
    return msgspec.convert(given, CredentialSource)


def read(given, http=None, kind=JWT, **known):
    return subject_token(given, http or client(Script()), known, kind)


def test_a_file_is_read_anew_each_time(tmp_path):
    place = tmp_path / "token"
    place.write_text("first\n")
    given = source(file=str(place))
    assert read(given) == "first"
    place.write_text("second")
    assert read(given) == "second"


def test_a_field_of_json_is_the_token(tmp_path):
    place = tmp_path / "token"
    place.write_text(json.dumps({"value": "eyJ.x.y", "other": 1}))
    shape = {"type": "json", "subject_token_field_name": "value"}
    assert read(source(file=str(place), format=shape)) == "eyJ.x.y"
    for text in ("no json", "[1]", '{"value": 1}', "{}"):
        place.write_text(text)
        with pytest.raises(SecretUnavailable):
            read(source(file=str(place), format=shape))


@pytest.mark.parametrize("content", ["", " \n", "two words", "tök", b"\xff\xfe"])
def test_what_is_no_token_is_none(tmp_path, content):
    place = tmp_path / "token"
    place.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SecretUnavailable):
        read(source(file=str(place)))


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(SecretUnavailable, match="/nowhere/token"):
        read(source(file="/nowhere/token"))


def test_an_address_is_asked_with_the_headers_given_and_no_credential_of_ours():
    script = Script(httpx.Response(200, json={"value": "eyJ.x.y"}))
    shape = {"type": "json", "subject_token_field_name": "value"}
    with client(script) as http:
        given = source(url="https://runner.test/token?aud=x", headers={"Authorization": "bearer r"}, format=shape)
        assert read(given, http) == "eyJ.x.y"
    [sent] = script.requests
    assert str(sent.url) == "https://runner.test/token?aud=x"
    assert sent.headers["authorization"] == "bearer r"


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/metadata/identity", "http://runner.test/", "ftp://x.test/", "https://u:p@x.test/"]
)
def test_an_address_in_the_clear_is_refused_but_on_this_machine(url):
    script = Script()
    with client(script) as http, pytest.raises(SecretUnavailable):
        read(source(url=url), http)
    assert script.requests == []
    local = Script(httpx.Response(200, text="t0k3n"))
    with client(local) as http:
        assert read(source(url="http://127.0.0.1:9/x"), http) == "t0k3n"


def test_an_address_that_is_not_reached_is_for_later_and_no_missing_secret():
    script = Script(httpx.ConnectError("[Errno 111] Connection refused"))
    with client(script) as http, pytest.raises(Unavailable, match="Connection refused") as told:
        read(source(url="https://runner.test/"), http)
    assert told.value.exit_code == 7


def test_an_address_that_refuses_says_why_and_shows_no_header():
    with client(Script(httpx.Response(404))) as http, pytest.raises(SecretUnavailable) as told:
        read(source(url="https://runner.test/", headers={"Authorization": "bearer s3cr3t"}), http)
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"file": "a", "url": "https://x.test"},
        {"file": "a", "format": {"type": "json"}},
        {"environment_id": "aws1", "url": "https://x.test"},
        {"certificate": {"use_default_certificate_config": True}},
        {"executable": {"command": "x", "timeout_millis": 1}},
    ],
)
def test_sources_that_are_not_read_are_refused_before_anything_is_asked(given, monkeypatch):
    monkeypatch.setenv(ALLOWED, "1")
    with pytest.raises(UsageError):
        check(source(**given))


# Programs


def program(tmp_path, said, *, code=0, **more):
    script = tmp_path / "program.py"
    text = said if isinstance(said, str) else json.dumps(said)
    script.write_text(
        "import os, sys, pathlib\n"
        f"pathlib.Path({str(tmp_path / 'saw')!r}).write_text(os.environ.get('GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE', ''))\n"
        f"print({text!r})\nsys.exit({code})\n"
    )
    return source(executable={"command": shlex.join([sys.executable, str(script)]), **more})


TOLD = {"version": 1, "success": True, "token_type": JWT, "id_token": "eyJ.x.y", "expiration_time": 4e9}


@pytest.mark.parametrize("value", [None, "0", "true"])
def test_a_program_is_run_only_where_the_environment_allows_it(tmp_path, monkeypatch, value):
    monkeypatch.delenv(ALLOWED, raising=False)
    if value is not None:
        monkeypatch.setenv(ALLOWED, value)
    with pytest.raises(UsageError) as told:
        read(program(tmp_path, TOLD))
    assert ALLOWED in told.value.hint
    assert not (tmp_path / "saw").exists()


def test_a_program_says_the_token_and_knows_for_whom(tmp_path, monkeypatch):
    monkeypatch.setenv(ALLOWED, "1")
    assert read(program(tmp_path, TOLD), GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE="//pool") == "eyJ.x.y"
    assert (tmp_path / "saw").read_text() == "//pool"
    saml = {**TOLD, "token_type": SAML, "saml_response": "PHNhbWw+"}
    assert read(program(tmp_path, saml), kind=SAML) == "PHNhbWw+"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (TOLD, 3),
        ("no json", 0),
        ({**TOLD, "version": 2}, 0),
        ({**TOLD, "token_type": SAML}, 0),
        ({**TOLD, "id_token": None}, 0),
        ({**TOLD, "expiration_time": 1}, 0),
        ({"version": 1, "success": False, "code": "401", "message": "not signed in"}, 0),
    ],
)
def test_a_program_that_fails_gives_none(tmp_path, monkeypatch, said, code):
    monkeypatch.setenv(ALLOWED, "1")
    with pytest.raises(SecretUnavailable) as told:
        read(program(tmp_path, said, code=code))
    assert "eyJ" not in str(told.value)


def test_what_a_program_left_is_used_while_it_holds(tmp_path, monkeypatch):
    monkeypatch.setenv(ALLOWED, "1")
    place = tmp_path / "kept.json"
    given = program(tmp_path, TOLD, output_file=str(place))
    place.write_text(json.dumps({**TOLD, "id_token": "kept", "expiration_time": time.time() + 60}))
    assert read(given) == "kept"
    assert not (tmp_path / "saw").exists()
    place.write_text(json.dumps({**TOLD, "id_token": "kept", "expiration_time": time.time() - 60}))
    assert read(given) == "eyJ.x.y"
