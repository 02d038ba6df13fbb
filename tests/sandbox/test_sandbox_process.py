from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading

import pytest
from harness import PATIENCE, ended, wait_until

from casb_cli.core.errors import CasbError, Locked
from casb_cli.sandbox import process

PLAN = process.Plan(apps=("github",), people=12, files=20)


def gone(pid, seconds=PATIENCE):
    return wait_until(lambda: ended(pid), seconds)


@pytest.fixture
def state_file(tmp_path):
    path = tmp_path / "state" / "sandbox.json"
    yield path
    process.stop(path)


def test_start_find_stop(state_file):
    started = process.start(PLAN, state_file)
    assert stat.S_IMODE(state_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state_file.parent.stat().st_mode) == 0o700
    assert process.load(state_file) == started.state
    assert "token" in started.state.signins["github"]
    with pytest.raises(Locked):
        process.start(PLAN, state_file)
    assert process.stop(state_file)
    assert not state_file.exists()
    assert gone(started.state.pid)
    assert not process.stop(state_file)


def test_a_stale_state_file_is_no_sandbox(state_file):
    started = process.start(PLAN, state_file)
    os.kill(started.state.pid, signal.SIGKILL)
    started.process.returncode = None
    started.process.wait()
    assert state_file.exists()
    assert process.load(state_file) is None
    assert not process.stop(state_file)
    assert not state_file.exists()


def test_a_busy_sandbox_is_there_and_can_be_stopped(state_file, monkeypatch):
    started = process.start(PLAN, state_file)
    monkeypatch.setattr(process, "_PATIENCE", 0.2)
    os.kill(started.state.pid, signal.SIGSTOP)
    try:
        assert process.load(state_file) == started.state
        threading.Timer(0.5, os.kill, (started.state.pid, signal.SIGCONT)).start()
        assert process.stop(state_file)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(started.state.pid, signal.SIGCONT)
    assert gone(started.state.pid)


def test_tied_to_its_parent(state_file):
    started = process.start(PLAN, state_file, tied=True)
    started.close()
    assert gone(started.state.pid)
    assert not state_file.exists()


def test_nothing_survives_a_killed_parent(state_file):
    code = (
        "import sys, time, pathlib\nfrom casb_cli.sandbox import process\n"
        "plan = process.Plan(apps=('github',), people=12, files=20)\n"
        f"started = process.start(plan, pathlib.Path({str(state_file)!r}), tied=True)\n"
        "print(started.state.pid, flush=True)\ntime.sleep(9999)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        try:
            pid = int(parent.stdout.readline())
        finally:
            parent.kill()
    assert gone(pid)


def test_let_go_it_outlives_its_parent(state_file):
    code = (
        "import pathlib\nfrom casb_cli.sandbox import process\n"
        "plan = process.Plan(apps=('github',), people=12, files=20)\n"
        f"process.start(plan, pathlib.Path({str(state_file)!r}), tied=True).release()\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    assert not gone(process.load(state_file).pid, seconds=0.5)
    assert process.stop(state_file)


def test_a_folder_goes_with_it(state_file, tmp_path):
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_text("x")
    process.start(PLAN, state_file, tied=True, remove=folder).close()
    assert not folder.exists()


def test_a_taken_port_is_named(state_file):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CasbError, match=f"port {port} "):
            process.start(process.Plan(apps=("github",), ports={"github.api": port}), state_file)


def test_a_failed_start_says_why(state_file):
    with pytest.raises(CasbError, match=r"did not start: .*nosuchapp"):
        process.start(process.Plan(apps=("nosuchapp",)), state_file)
