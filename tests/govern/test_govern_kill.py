"""kill -9 of a real process at every point of a quarantine: the next run completes it, nothing twice."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import os, sys, time
sys.path.insert(0, {here!r})
from pathlib import Path
from govern_fake import World
from govern_rig import Rig
from casb_cli.store.journal import Journal
from casb_cli.store.locks import object_lock

stop, here = sys.argv[1], Path(sys.argv[2])
count = 0

def halt(*_):
    global count
    if str(count) == stop:
        print("here", flush=True)
        time.sleep(9999)
    count += 1

class Watched(Journal):
    def append(self, event, **rest):
        halt()
        super().append(event, **rest)
        halt()

rig = Rig(World(here / "world.json"), Watched(), lambda key, ref: object_lock(key, ref, ref))
rig.world.hook = halt
rig.world.save()
if stop == "settle":
    for record in rig.settle():
        print(record.state, flush=True)
else:
    for record in rig.do(("quarantine", "file:f1")):
        print(record.state, flush=True)
"""


@contextlib.contextmanager
def _run(stop, folder):
    script = RUN.format(here=str(Path(__file__).parent))
    env = {**os.environ, "CASB_STATE_DIR": str(folder / "state"), "CASB_CONFIG_DIR": str(folder / "config")}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(stop), str(folder)], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("stop", range(22))
def test_a_killed_quarantine_is_completed_once(tmp_path, stop):
    with _run(stop, tmp_path) as process:
        said = process.stdout.readline().strip()
        if said == "here":
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert said == "here", said
    with _run("settle", tmp_path) as process:
        states = process.stdout.read().split()
        assert process.wait() == 0
    world = json.loads((tmp_path / "world.json").read_text())
    if stop in {0, 21}:  # before the first line of the journal, and after the last: nothing is left open
        assert states == []
        assert world["effects"] == ({} if stop == 0 else {"make-case": 1, "cut-link": 1, "move": 1})
        return
    assert states == ["changed"]
    assert world["effects"] == {"make-case": 1, "cut-link": 1, "move": 1}
    assert world["files"]["f1"]["link"] is None
