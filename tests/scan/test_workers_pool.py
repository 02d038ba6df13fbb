"""The pool: isolation, and that a crash, a hang or a bomb costs one file and nothing else."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest
from harness import wait_until

from casb_cli.core.errors import UnknownName
from casb_cli.scan.detect.examples import card
from casb_cli.scan.extract.base import Limits, Stop
from casb_cli.scan.workers import Task, WorkerPool, WorkersUnavailable
from casb_cli.scan.workers_content import INLINE, Content
from casb_cli.store.paths import cache_dir

KEY = b"key-canary-1234567890-key-canary"
TEXT = f"card {card('4539')}".encode()

# A worker that misbehaves when a file's name says so; all else is the real one.
MISBEHAVING = """
import sys; sys.path.append(sys.argv[1])
import os, signal, socket, time
from casb_cli.scan import workers_child as child
real = child.inspected
def inspected(file, job, scanner, key, hand_on=None):
    if job.name == "segfault": os.abort()
    if job.name == "hang": time.sleep(9999)
    if job.name == "spin":
        while True: pass
    if job.name == "kill": signal.raise_signal(signal.SIGKILL)
    if job.name == "exit": os._exit(3)
    if job.name == "eat":
        held = []
        while True: held.append(bytearray(16 << 20))
    if job.name == "eat-quietly":
        try:
            held = []
            while True: held.append(bytearray(16 << 20))
        except MemoryError:
            return child.not_inspected("out-of-memory", "")
    if job.name == "noise": os.write(sock_of(), b"N\\0\\0\\0\\4junk"); time.sleep(9)
    if job.name.startswith("try:"):
        try:
            detail = str(eval(job.name[4:]))
        except BaseException as error:
            detail = type(error).__name__
        return child.not_inspected("crashed", detail)
    return real(file, job, scanner, key, hand_on)
def sock_of(): return int(sys.argv[2])
child.inspected = inspected
child.main(int(sys.argv[2]), int(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def cache():
    return str(cache_dir())


@contextlib.contextmanager
def misbehaving(cache):
    with WorkerPool(key=KEY, cache_dir=cache, workers=2) as made:
        made._program = MISBEHAVING
        yield made


@pytest.fixture
def pool(cache):
    with misbehaving(cache) as made:
        yield made


@pytest.fixture(scope="module")
def one_pool(cache):
    """A pool for several tests: a worker that one of them loses is replaced for the next."""
    with misbehaving(cache) as made:
        yield made


def task(name: str = "a.txt", **limits) -> Task:
    return Task(ref=name, name=name, limits=Limits(**limits))


def ask(pool: WorkerPool, expression: str) -> str:
    return pool.submit(task(f"try:{expression}"), b"").result().detail


def test_content_of_every_size_arrives(one_pool):
    for size in (0, 1, INLINE, INLINE + 1, 17 << 20):
        result = one_pool.submit(task(), b"x" * size + b"\n" + TEXT).result()
        assert result.outcome == "done"
        assert result.size == size + 1 + len(TEXT)
        assert [m.detector for m in result.matches] == ["payment-card"]


def test_many_matches_of_small_contents_are_all_told(cache):
    numbers = sorted({card("4539", seed=n) for n in range(200)})
    data = "\n".join(f"card {n}" for n in numbers * 7).encode()
    with WorkerPool(key=KEY, cache_dir=cache, workers=1) as pool:
        jobs = [Task(ref="a", name="a.txt", every=True, limits=Limits(matches=100)) for _ in range(8)]
        told = [[] for _ in jobs]
        futures = [pool.submit(job, data, of.extend) for job, of in zip(jobs, told, strict=True)]
        for future, of in zip(futures, told, strict=True):
            result = future.result()
            assert len(of) + len(result.matches) == 7 * len(numbers) > 1000
            assert result.untold == {}


def test_content_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    content = Content.of(b"y" * (1 << 20) for _ in range(40))
    assert list(tmp_path.iterdir()) == []
    assert os.fstat(content.fileno()).st_nlink == 0
    assert os.fstat(content.fileno()).st_size == content.size == 40 << 20
    content.close()


def test_content_stops_at_its_limit():
    with pytest.raises(Stop, match="too-large"):
        Content.of((b"12345", b"67890"), limit=9)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("segfault", "crashed"),
        ("exit", "crashed"),
        ("kill", "out-of-memory"),
        ("noise", "crashed"),
        ("spin", "timeout"),
        ("eat-quietly", "out-of-memory"),
    ],
)
def test_a_lost_worker_costs_its_file_only(one_pool, name, reason):
    others = [one_pool.submit(task(f"ok{n}"), TEXT) for n in range(6)]
    bad = one_pool.submit(task(name, cpu=0.2 if name == "spin" else 60), TEXT)
    others += [one_pool.submit(task(f"ok{n}"), TEXT) for n in range(6)]
    result = bad.result()
    assert (result.outcome, result.reason) == ("skipped", reason)
    assert result.notes[0].reason == reason
    assert all(len(future.result().matches) == 1 for future in others)


@pytest.fixture
def given(monkeypatch):
    """How many tasks workers were given at once, each time."""
    sizes: list[int] = []
    real = WorkerPool._handed

    def handed(self, items, worker):
        sizes.append(len(items))
        return real(self, items, worker)

    monkeypatch.setattr(WorkerPool, "_handed", handed)
    return sizes


def test_small_tasks_go_to_a_worker_many_at_once(pool, given, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(TEXT)

    def content(number: int) -> Content | bytes:
        if number % 2:
            return TEXT + b"\n" * number
        return Content.of_descriptor(os.open(path, os.O_RDONLY), path.stat().st_size)

    futures = [pool.submit(task(f"{n}"), content(n)) for n in range(120)]
    results = [future.result() for future in futures]
    assert [r.size - len(TEXT) for r in results] == [n if n % 2 else 0 for n in range(120)]
    assert all(len(r.matches) == 1 for r in results)
    assert max(given) > 8
    assert len(given) < 60


@pytest.mark.parametrize("name", ["segfault", "kill", "noise", "eat-quietly"])
def test_a_worker_lost_over_many_costs_one_file_only(cache, given, name):
    with WorkerPool(key=KEY, cache_dir=cache, workers=1) as pool:
        pool._program = MISBEHAVING
        names = [*(f"ok{n}" for n in range(9)), name, *(f"ok{n}" for n in range(9, 30))]
        futures = [pool.submit(task(one), TEXT) for one in names]
        found = {one: future.result() for one, future in zip(names, futures, strict=True)}
    assert max(given) > 8
    assert [one for one, result in found.items() if result.outcome != "done"] == [name]
    assert all(len(result.matches) == 1 for one, result in found.items() if one != name)


def test_slow_ones_are_given_back_and_all_are_done(cache, given):
    with WorkerPool(key=KEY, cache_dir=cache, workers=1) as pool:
        pool._program = MISBEHAVING.replace(
            "child.inspected = inspected", "child.inspected = inspected; child._TURN = 0"
        )
        futures = [pool.submit(task(), TEXT) for _ in range(20)]
        assert all(len(future.result().matches) == 1 for future in futures)
    assert max(given) > 8
    assert given.count(1) > 8


def test_matches_handed_on_by_one_of_many_are_told_once(pool, given):
    batches: dict[str, list[int]] = {}

    def submitted(name: str, count: int):
        kept = batches.setdefault(name, [])
        about = Task(ref=name, name=name, every=True)
        return pool.submit(about, (TEXT + b"\n") * count, lambda batch: kept.append(len(batch)))

    futures = {str(n): (count, submitted(str(n), count)) for n, count in enumerate((1, 1, 2_500, 3, 1, 1_000, 1) * 2)}
    for name, (count, future) in futures.items():
        last = len(future.result().matches)
        assert sum(batches[name]) + last == count
    assert max(given) > 2


def test_a_hanging_worker_is_ended(pool, monkeypatch):
    monkeypatch.setattr("casb_cli.scan.workers._GRACE", 0.3)
    result = pool.submit(task("hang", wall=0.3), TEXT).result()
    assert result.reason == "timeout"
    assert pool.submit(task(), TEXT).result().outcome == "done"


def test_memory_is_bounded(cache):
    with WorkerPool(key=KEY, cache_dir=cache, workers=1, memory=300 << 20) as pool:
        pool._program = MISBEHAVING
        result = pool.submit(task("eat"), TEXT).result()
        assert (result.outcome, result.reason) in {("skipped", "out-of-memory"), ("skipped", "crashed")}
        assert pool.submit(task(), TEXT).result().outcome == "done"


def test_a_worker_killed_while_idle_is_replaced(pool):
    pool.submit(task(), TEXT).result()
    (old,) = pool.processes()
    os.kill(old, signal.SIGKILL)
    assert pool.submit(task(), TEXT).result().outcome == "done"
    assert old not in pool.processes()


def test_workers_start_when_needed_and_no_earlier(pool):
    assert pool.processes() == []
    pool.submit(task(), TEXT).result()
    assert wait_until(lambda: pool._idle == 1)
    pool.submit(task(), TEXT).result()
    assert len(pool.processes()) == 1


@pytest.mark.parametrize("soon", [0, 1])
def test_a_worker_of_a_large_process_stays(cache, soon):
    large = bytearray(b"x") * (320 << 20)
    with WorkerPool(key=KEY, cache_dir=cache, workers=1, memory=300 << 20, soon=soon) as pool:
        assert pool.submit(task(), TEXT).result().outcome == "done"
        time.sleep(0.05)
        assert len(pool.processes()) == 1
    del large


def test_workers_know_no_environment_no_descriptor_no_key_on_the_command_line(pool, monkeypatch):
    monkeypatch.setenv("CASB_SECRET_CANARY", "hunter2-canary")
    read, write = os.pipe()
    os.set_inheritable(read, True)
    try:
        pool.submit(task(), TEXT).result()
        (pid,) = pool.processes()
        process = psutil.Process(pid)
        assert "canary" not in ask(pool, "str(dict(__import__('os').environ))")
        assert KEY.decode() not in " ".join(process.cmdline())
        kinds = ask(
            pool,
            "[os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if n not in '012']",
        )
        assert kinds.count("socket:") <= 1
        assert "pipe:" not in kinds
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is read on Linux")
def test_workers_reach_no_network_no_program_no_other_process(pool):
    assert ask(pool, "__import__('socket').socket()") == "PermissionError"
    assert ask(pool, "__import__('subprocess').run(['true'])") == "PermissionError"
    assert ask(pool, f"os.kill({os.getpid()}, 0)") == "PermissionError"
    assert ask(pool, "__import__('resource').getrlimit(__import__('resource').RLIMIT_CORE)") == "(0, 0)"
    assert pool.isolation["network"] == "cut by the kernel"


def test_submit_waits_while_the_backlog_is_full(cache):
    with WorkerPool(key=KEY, cache_dir=cache, workers=1, backlog=1) as pool:
        assert pool.submit(task(), TEXT).result().outcome == "done"
        [worker] = pool.processes()
        os.kill(worker, signal.SIGSTOP)
        futures = []
        submitting = threading.Thread(target=lambda: futures.extend(pool.submit(task(), TEXT) for _ in range(9)))
        submitting.start()
        submitting.join(0.3)
        assert submitting.is_alive(), "nothing held it back"
        os.kill(worker, signal.SIGCONT)
        submitting.join()
        assert all(future.result().outcome == "done" for future in futures)


def test_leaving_by_an_exception_is_immediate_and_leaves_nobody(cache):
    others = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt), WorkerPool(key=KEY, cache_dir=cache, workers=2) as pool:
        pool._program = MISBEHAVING
        pool.submit(task(), TEXT).result()
        futures = [pool.submit(task("hang"), TEXT) for _ in range(100)]
        time.sleep(0.3)
        pids = pool.processes()
        raise KeyboardInterrupt
    assert all(future.done() for future in futures)
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert set(threading.enumerate()) <= others
    gc.collect()  # an unclosed socket or process would warn, and warnings are errors here


def test_a_closed_pool_refuses(cache):
    pool = WorkerPool(key=KEY, cache_dir=cache)
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(task(), TEXT)


def test_a_worker_that_cannot_start_is_an_error_not_a_result(cache):
    with WorkerPool(key=KEY, cache_dir=cache, workers=1) as pool:
        pool._program = "raise SystemExit(9)"
        with pytest.raises(WorkersUnavailable, match="before it was ready"):
            pool.submit(task(), TEXT).result()


PARENT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born without it
from casb_cli.scan.workers import Task, WorkerPool
pool = WorkerPool(key=b"k" * 32, cache_dir=sys.argv[1], workers=2)
first = [pool.submit(Task(ref="a", name="a"), b"x" * 5000000) for _ in range(4)]
[f.result() for f in first]
print(*pool.processes(), flush=True)
time.sleep(9999)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_die_with_their_parent(cache, how):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), cache], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as parent:
        try:
            pids = [int(word) for word in parent.stdout.readline().split()]
            assert pids
            parent.send_signal(how)
            parent.wait()
        finally:
            parent.kill()
    assert wait_until(lambda: not any(map(psutil.pid_exists, pids))), "a worker outlived its parent"


def test_workers_started_soon_are_used_and_ended(cache):
    with WorkerPool(key=KEY, cache_dir=cache, workers=2, soon=5) as pool:
        begun = [one.process for one in pool._begun]
        assert len(begun) == 2
        assert pool.submit(task(), TEXT).result().outcome == "done"
        assert set(pool.processes()) < {one.pid for one in begun}
    assert all(one.poll() is not None for one in begun)


def test_where_nothing_says_in_how_many_each_core_that_may_be_used_has_a_worker(cache, one_worker, monkeypatch):
    monkeypatch.setattr(WorkerPool, "__init__", one_worker)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    with WorkerPool(key=KEY, cache_dir=cache, soon=9) as pool:
        assert len(pool._begun) == pool.workers == 3
        assert [pool.submit(task(), TEXT).result().outcome for _ in range(3)] == ["done"] * 3


def test_detectors_that_are_refused_leave_no_process(cache):
    before = set(psutil.Process().children())
    with pytest.raises(UnknownName):
        WorkerPool(key=KEY, cache_dir=cache, detectors=("no-such",), soon=1)
    assert not [one for one in {*psutil.Process().children()} - before if "workers_child" in str(one.cmdline())]
