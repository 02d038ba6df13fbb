"""`casb sandbox`: started, found, connected to by the real `casb connect`, stopped; nothing left behind."""

from __future__ import annotations

import signal
import socket
import stat
import tomllib

import psutil
import pytest
from harness import APPS, all_gone, not_ready, wait_until

from casb_cli.commands import _sandbox
from casb_cli.sandbox import process

READY = [app for app in APPS if not_ready(app) is None]
SMALL = ("--people", "12", "--files", "20")


@pytest.fixture
def started(casb):
    ran = casb("sandbox", "start", *SMALL, "-o", "jsonl")
    assert ran.code == 0, ran
    yield ran
    casb("sandbox", "stop")


def test_every_app_is_served_and_found_again(casb, started):
    assert {row["app"] for row in started.rows} == set(READY)
    assert all(row["url"].startswith("http://127.0.0.1:") for row in started.rows)
    again = casb("sandbox", "status", "-o", "jsonl")
    assert again.rows == started.rows


def test_the_state_file_is_private_and_goes_with_the_process(casb, started):
    path = _sandbox.state_file()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    process = psutil.Process(_sandbox.running().pid)
    assert casb("sandbox", "stop").code == 0
    assert all_gone([process])
    assert not path.exists()


def test_a_second_one_is_refused_and_stopping_twice_is_fine(casb, started):
    ran = casb("sandbox", "start", *SMALL)
    assert ran.code == 9
    assert "casb sandbox stop" in ran.err
    assert casb("sandbox", "stop").code == 0
    assert casb("sandbox", "stop").code == 0
    ran = casb("sandbox", "status")
    assert ran.code == 1
    assert "casb sandbox start" in ran.err


def test_connect_takes_the_same_way_as_a_person(casb, started, home):
    ran = casb("sandbox", "connect")
    assert ran.code == 0, ran
    for app in READY:
        assert f"Connected {app}/sandbox" in ran.err
    text = (home / "config" / "config.toml").read_text()
    secrets = list((home / "state" / "sandbox" / "secrets").iterdir())
    assert secrets
    for path in secrets:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text() not in text
        assert path.read_text() not in ran.out + ran.err
    assert tomllib.loads(text)
    assert casb("list", "accounts", "-o", "jsonl").code in {0, 3}
    assert "already" in casb("sandbox", "connect", "--app", READY[0]).err


def test_the_printed_command_is_the_one_that_connects(casb, started):
    app = READY[0]
    ran = casb("sandbox", "connect", "--app", app, "--instance", "mine", "--print")
    words = ran.out.replace("\\\n", " ").split()
    assert words[:2] == ["casb", "connect"]
    assert casb(*words[1:]).code == 0
    assert "mine" in casb("instances", "-o", "json").out


def test_after_stopping_the_instances_are_named(casb, started):
    casb("sandbox", "connect", "--app", READY[0])
    assert f"casb instances remove {READY[0]}/sandbox" in casb("sandbox", "stop").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--app", "nope"], "there is no app `nope`"),
        (["--port", "http"], "is no port"),
        (["--port", "nope.api=8080"], "is no port"),
        (["--variant", "nope"], "names no app"),
        (["--variant", f"{READY[0]}=nope"], "has no variant `nope`"),
        (["--setting", "plan=free"], "write APP.NAME=VALUE"),
        (["--people", "3"], "--people"),
    ],
)
def test_what_cannot_be_served(casb, words, told):
    ran = casb("sandbox", "start", *words)
    assert ran.code == 2
    assert told in ran.err
    assert casb("sandbox", "status").code == 1


def test_a_taken_port_is_named(casb):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = casb("sandbox", "start", "--app", READY[0], "--port", f"{READY[0]}.api={port}", *SMALL)
    assert ran.code == 1
    assert f"port {port}" in ran.err


def test_a_fixed_port_is_used(casb):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ran = casb("sandbox", "start", "--app", READY[0], "--port", f"{READY[0]}.api={port}", *SMALL, "-o", "jsonl")
    casb("sandbox", "stop")
    assert f"http://127.0.0.1:{port}" in [row["url"] for row in ran.rows]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_serving_in_the_foreground_ends_cleanly(casb_process, home, number, code):
    serving = casb_process("sandbox", "serve", *SMALL)
    assert wait_until(lambda: process.load(_sandbox.state_file()) is not None)
    serving.send(number)
    ran = serving.end()
    assert ran.code == code, ran
    assert "http://127.0.0.1:" in ran.out
    assert not _sandbox.state_file().exists()


def test_serving_in_the_foreground_is_stopped_from_elsewhere(casb, casb_process):
    serving = casb_process("sandbox", "serve", *SMALL)
    assert wait_until(lambda: casb("sandbox", "status").code == 0)
    assert casb("sandbox", "stop").code == 0
    assert serving.end().code == 0


def test_a_missing_server_names_what_to_install(casb, monkeypatch):
    monkeypatch.setattr(_sandbox, "find_spec", lambda name: None)
    for words in (["sandbox", "serve"], ["sandbox", "start"], ["demo"]):
        ran = casb(*words)
        assert ran.code == 1
        assert 'pip install "casb-cli[sandbox]"' in ran.err
        assert 'pip install ".[sandbox]"' in ran.err


def test_long_commands_have_an_option_a_line():
    words = ["findings", "--where", "sharing == 'public'", "--fields", "a," * 30, "--yes", "REF"]
    assert _sandbox.command_text(words).splitlines() == [
        "casb findings \\",
        "    --where \"sharing == 'public'\" \\",
        f"    --fields {'a,' * 30} \\",
        "    --yes REF",
    ]
    assert _sandbox.command_text(["show", "a$b'c"]) == "casb show 'a$b'\"'\"'c'"
