"""Plays the session scripts of this folder through the real command line, against simulated providers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import transcript
from harness import APPS, casb_of, environment_of, not_ready

from casb_cli.apps import registry
from casb_cli.core.capabilities import ListFiles
from casb_cli.sandbox import process
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World

READY = [app for app in APPS if not_ready(app) is None]
FILING = [app for app in READY if issubclass(registry.load_connector(registry.get(app)), ListFiles)]
SCRIPTS = [transcript.read(path, FILING) for path in sorted(Path(__file__).parent.glob("*.txt"))]
PLAYS = [(script, app) for script in SCRIPTS for app in script.apps]


AS_PROCESSES = {("2-governing", "box"), ("5-cron", "box")}
"""Sessions of which every line is a process of its own, as it is to a person; the others show what is said."""


@pytest.fixture
def player(home, script, app):
    """A shell with `casb`, a sandbox of the app running, and nothing connected."""
    env = environment_of(home)
    env["PATH"] = f"{transcript.install(home / 'bin')}:{env['PATH']}"
    env["COLUMNS"] = "120"
    with serve(build((app,), World(seed=1, people=20, files=60))) as running:
        state = process.State(pid=os.getpid(), token=running.token, urls=running.urls(), signins=running.signins())
        process.save(home / "state" / "sandbox" / "state.json", state)
        yield transcript.Player(env, home, None if (script.path.stem, app) in AS_PROCESSES else casb_of(env))


@pytest.mark.parametrize(("script", "app"), PLAYS, ids=[f"{s.path.stem}-{app}".strip("-") for s, app in PLAYS])
def test_session(player, script, app):
    player.words["app"] = app
    player.play(script)


def test_every_script_is_read():
    assert len(SCRIPTS) >= 5
    assert all(script.commands for script in SCRIPTS)


@pytest.mark.parametrize(
    ("expected", "said", "holds"),
    [
        (["a ... c"], "a b c\n", True),
        (["a ... c"], "a b d\n", False),
        (["one", "...", "four"], "one\ntwo\nthree\nfour\n", True),
        (["one", "...", "four"], "one\ntwo\n", False),
        (["<x> and <x>"], "it and it\n", True),
        (["<x> and <x>"], "it and that\n", False),
        (["a  b"], "a      b\n", True),
        (["(1+1)?"], "(1+1)?\n", True),
    ],
)
def test_what_the_patterns_mean(tmp_path, expected, said, holds):
    player = transcript.Player({}, tmp_path)
    assert bool(player.pattern(expected).fullmatch(said)) == holds


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("$ echo hello\nhullo\n", "expected"), ("$ exit 3\n", "ended with 3"), ("$ echo a; echo b\na\n", "said")],
)
def test_a_session_that_goes_otherwise_fails(tmp_path, text, wrong):
    path = tmp_path / "wrong.txt"
    path.write_text(text)
    player = transcript.Player({"PATH": "/usr/bin:/bin"}, tmp_path)
    with pytest.raises(AssertionError, match=wrong):
        player.play(transcript.read(path, []))


def test_words_are_kept_and_used(tmp_path):
    path = tmp_path / "right.txt"
    path.write_text("# prose\n$ echo id 42\nid <number>\n\n$ exit <number>\n[42]\n$ echo x; \\\n  echo y\nx\ny\n")
    transcript.Player({"PATH": "/usr/bin:/bin"}, tmp_path).play(transcript.read(path, []))
