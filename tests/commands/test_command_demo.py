"""`casb demo`: the whole way, real commands on simulated providers; nothing of the user's touched, nothing left."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from harness import APPS, CACHE, all_gone, not_ready, wait_until

from casb_cli.apps import registry
from casb_cli.commands import _sandbox
from casb_cli.core.capabilities import ListFiles

READY = [app for app in APPS if not_ready(app) is None]
FILING = [app for app in READY if issubclass(registry.load_connector(registry.get(app)), ListFiles)]


@pytest.fixture
def bare(tmp_path):
    """The environment of `env -i`, but for a place for temporary files of the test's own, and compiled patterns."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return {"TMPDIR": str(folder), CACHE: os.environ[CACHE]}


@pytest.fixture
def smaller(casb, bare, monkeypatch):
    """Run a demo in this process, over a smaller company: what is shown of each app needs no more."""
    whole = _sandbox.plan
    monkeypatch.setattr("tempfile.tempdir", bare["TMPDIR"])
    monkeypatch.setattr(
        _sandbox, "plan", lambda apps, *, seed, people, files: whole(apps, seed=seed, people=20, files=60)
    )
    return lambda app: casb("demo", "--app", app)


@pytest.fixture
def begin():
    """Start a demo as a process: `begin(env, "--app", "box")`; neither it nor what it started survives."""
    with contextlib.ExitStack() as started:

        def start(env, *words):
            demo = subprocess.Popen(
                [sys.executable, "-m", "casb_cli", "demo", *words],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                text=True,
            )
            started.enter_context(ending(demo))
            return demo

        yield start


@contextlib.contextmanager
def ending(demo):
    """Kill a demo at the end where it still runs, and close its pipes."""
    try:
        yield
    finally:
        if demo.poll() is None:
            for process in [*psutil.Process(demo.pid).children(recursive=True), demo]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        demo.wait()
        demo.stdout.close()
        demo.stderr.close()


def left(env):
    return [path.name for path in Path(env["TMPDIR"]).iterdir()]


def order(text, *marks):
    places = [text.index(mark) for mark in marks]
    return places == sorted(places)


def test_every_app_without_tty_keyring_or_environment(begin, bare):
    demo = begin(bare)
    out, err = demo.communicate()
    assert demo.returncode == 0, (out[-2000:], err)
    assert err == ""
    assert not re.search(r"(?m)^\s*[A-Za-z0-9+/=]{40,}\s*$", out), "a line of a key"
    assert not re.search(r"\b(ghp|ghs|github_pat)_[A-Za-z0-9]{8}", out)
    for app in READY:
        assert f"$ casb connect {app} " in out
        assert f"Connected {app}/demo" in out
        assert f"{app}/demo" in out[out.index("$ casb scan") :]
    assert order(
        out, "$ casb list accounts", "$ casb list shares", "$ casb scan", "$ casb findings", "$ casb govern quarantine",
        "$ casb govern log", "$ casb govern undo", "proved:", "What next",
    )  # fmt: skip
    assert left(bare) == []


@pytest.mark.parametrize("app", sorted({*READY} - {*FILING}))
def test_an_app_without_files_suspends_and_undoes(smaller, bare, app):
    demo = smaller(app)
    assert demo.code == 0, demo
    out = demo.out
    [ref] = set(re.findall(r"\$ casb govern suspend (\S+)", out))
    log = out[out.rindex("$ casb govern log") :].splitlines()
    assert [line.split()[1:3] for line in log[2:4]] == [["undo", "changed"], ["suspend", "changed"]]
    assert f"proved: {ref}" in out
    assert left(bare) == []


@pytest.mark.parametrize("app", FILING)
def test_each_app_alone_quarantines_and_undoes(smaller, bare, app):
    demo = smaller(app)
    assert demo.code == 0, demo
    out = demo.out
    [ref] = {shlex.split(word)[0] for word in re.findall(r"\$ casb govern quarantine (\S+)", out)}
    assert ref.startswith(f"{app}:demo:file:")
    log = out[out.rindex("$ casb govern log") :].splitlines()
    assert [line.split()[1:3] for line in log[2:4]] == [["undo", "changed"], ["quarantine", "changed"]]
    # What comes back may have another ID.
    assert re.search(rf"proved: {app}:demo:file:\S+ has the content and the sharing that it had before", out)
    assert left(bare) == []


def test_two_at_once_and_the_users_own_places_stay_empty(begin, bare, tmp_path):
    env = {**bare, "CASB_CONFIG_DIR": str(tmp_path / "c"), "CASB_STATE_DIR": str(tmp_path / "s"), "CASB_OUTPUT": "json",
           "HTTP_PROXY": "http://127.0.0.1:9"}  # fmt: skip
    demos = [begin(env, "--app", READY[-1]) for _ in range(2)]
    ends = [demo.communicate() for demo in demos]
    assert [demo.returncode for demo in demos] == [0, 0], ends
    assert "{" not in ends[0][0].split("4. Scan")[0], "the user's CASB_OUTPUT is not the demo's"
    assert not (tmp_path / "c").exists()
    assert not (tmp_path / "s").exists()
    assert left(bare) == []


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
@pytest.mark.parametrize("step", ["1. Connect", "$ casb scan"])
def test_ended_in_the_middle_it_leaves_nothing(begin, bare, number, code, step):
    demo = begin(bare, "--app", READY[-1])
    for line in demo.stdout:
        if line.startswith(step):
            break
    family = psutil.Process(demo.pid).children(recursive=True)
    assert family
    demo.send_signal(number)
    demo.communicate()
    # CPython sends itself SIGINT at its end when an interrupt fell into `exec` (a class being made): 130 to a shell.
    assert demo.returncode == code or (number == signal.SIGINT and demo.returncode == -signal.SIGINT)
    assert all_gone(family)
    assert wait_until(lambda: left(bare) == [])


def test_the_reader_may_go(begin, bare):
    demo = begin(bare, "--app", READY[-1])
    demo.stdout.readline()
    demo.stdout.close()
    assert demo.wait() == 0
    assert demo.stderr.read() == ""
    assert left(bare) == []


def test_kept_it_goes_on_until_it_is_stopped(begin, bare):
    demo = begin(bare, "--app", READY[-1], "--keep")
    out, err = demo.communicate()
    assert demo.returncode == 0, (out[-2000:], err)
    env = {**bare, **dict(re.findall(r"^ *export (CASB_\w+)=(\S+)$", out, re.MULTILINE))}
    assert set(env) >= {"CASB_CONFIG_DIR", "CASB_STATE_DIR"}

    def casb(*words):
        return subprocess.run([sys.executable, "-m", "casb_cli", *words], env=env, capture_output=True, text=True)

    try:
        assert READY[-1] in casb("sandbox", "status").stdout
        assert casb("list", "accounts").stdout.count(f"{READY[-1]}:demo:account:") > 10
        assert casb("govern", "log").stdout.count("undone by") == 1
    finally:
        stopped = casb("sandbox", "stop")
    assert stopped.returncode == 0
    assert wait_until(lambda: left(bare) == [])


def test_an_app_that_is_not_simulated(begin, bare):
    demo = begin(bare, "--app", "nope")
    _, err = demo.communicate()
    assert demo.returncode == 2
    assert "nope" in err
    assert left(bare) == []


def test_without_a_temporary_directory_it_says_so(casb, monkeypatch):
    def full(prefix):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    before = dict(os.environ)
    ran = casb("demo")
    assert ran.code == 1
    assert "could not make a temporary directory: No space left on device" in ran.err
    assert dict(os.environ) == before
