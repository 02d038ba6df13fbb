from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import PATIENCE

from casb_cli.core.errors import Locked
from casb_cli.store import locks

HOLD = """
import sys, os
from pathlib import Path
from casb_cli.store.locks import Lock
lock = Lock("scan-k", "a scan of box/prod", folder=Path(sys.argv[1])).acquire()
child = None
if sys.argv[2] == "fork" and os.fork() == 0:
    print("ready", os.getpid(), flush=True)
    sys.stdin.read()
    os._exit(0)
if sys.argv[2] == "exec":
    import subprocess
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], close_fds=False)
if sys.argv[2] != "fork":
    print("ready", os.getpid(), flush=True)
import signal
signal.pause()
"""


def lock(folder: Path, *, wait: float = 0.0) -> locks.Lock:
    return locks.Lock("scan-k", "a scan of box/prod", folder=folder, wait=wait)


@contextlib.contextmanager
def holder(folder: Path, how: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().startswith("ready")
            yield process
        finally:
            process.kill()


TRY = """
import sys
from pathlib import Path
from casb_cli.store.locks import Lock
try:
    Lock("scan-k", "x", folder=Path(sys.argv[1])).acquire()
    print("got it")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("how", ["alone", "fork", "exec"])
def test_a_killed_holder_frees_the_lock_even_while_its_children_live(tmp_path, how):
    with holder(tmp_path, how) as process:
        with pytest.raises(Locked) as caught:
            lock(tmp_path).acquire()
        assert caught.value.exit_code == 9
        assert "a scan of box/prod is already running" in caught.value.message
        assert f"process {process.pid} on " in caught.value.message
        process.kill()
        process.wait()
        with lock(tmp_path, wait=PATIENCE):
            pass


def test_threads_of_one_process_exclude_each_other(tmp_path):
    said = []

    def second() -> None:
        try:
            lock(tmp_path).acquire()
        except Locked as error:
            said.append(error.message)

    with lock(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(said) == 1
    with lock(tmp_path):
        pass


def test_waiting_ends_when_the_holder_lets_go(tmp_path):
    first = lock(tmp_path).acquire()
    timer = threading.Timer(0.2, first.release)
    timer.start()
    with lock(tmp_path, wait=PATIENCE):
        pass
    timer.join()


def test_asking_who_holds_it_does_not_free_it(tmp_path):
    with lock(tmp_path) as held:
        assert held.holder().pid == os.getpid()
        process = subprocess.run([sys.executable, "-c", TRY, str(tmp_path)], capture_output=True, text=True, check=True)
        assert process.stdout == "Locked\n"


def test_names_of_any_kind_make_separate_locks_inside_the_folder(tmp_path):
    names = ["object-k-file:../../x", "object-k-file:..%2F..%2Fx", "object-k-file:" + "y" * 300]
    held = [locks.Lock(name, "x", folder=tmp_path).acquire() for name in names]
    assert {item.path.parent for item in held} == {tmp_path}
    assert len({item.path for item in held}) == 3
    for item in held:
        item.release()
