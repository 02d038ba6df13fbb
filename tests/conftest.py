"""What the tests of the whole product share: a home of its own, simulated providers, real `casb connect`."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parent / "contract"))
sys.path.insert(0, str(Path(__file__).parent / "witness"))

from harness import APPS, CACHE, CasbProcess, Stage, casb_of, environment_of, not_ready
from witness_report import pytest_sessionfinish, pytest_terminal_summary

from casb_cli.scan.workers import WorkerPool

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]


def pytest_xdist_auto_num_workers():
    """Run on one process more than there are cores: some tests wait. Each costs a collection, some 15 CPU seconds."""
    return (os.cpu_count() or 1) + 1


# What Hypothesis would measure besides is the machine's speed.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

STANDS_FOR_ALL = "box"
"""The app of the tests that are marked `any_app`: a quick one that has everything."""


def pytest_configure(config):
    """Give all processes of this run one folder for compiled patterns: made by the first, inherited by the rest."""
    config.addinivalue_line("markers", "any_app: what is shown is the same of every app, and shown of one")
    if not hasattr(config, "workerinput"):
        # What a shell starts in the background ignores interrupts, and so would all that the tests start.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        folder = tempfile.TemporaryDirectory(prefix="casb-tests-cache-")
        os.environ[CACHE] = folder.name
        config.add_cleanup(folder.cleanup)


_SHORT = 24
"""Bytes up to which a parameter names its test."""


def pytest_make_parametrize_id(val, argname):
    """Name a file's content by its parameter: an archive has the second of its making in it, other in each process."""
    return argname if isinstance(val, bytes) and len(val) > _SHORT else None


PART = 8
"""Tests of one file that one process takes at a time."""
LONG = ("contract", "faults", "sessions", "witness", "commands")
"""Folders of tests that take long: begun first, so that no process ends minutes after the others."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Keep on one process what shares what is dear to make: an app connected once, the SDK of a witness."""
    counted = Counter()
    items.sort(key=lambda item: item.path.parent.name not in LONG)
    for item in items:
        folder, file = item.path.parent.name, item.path.stem
        app = getattr(item, "callspec", None) and item.callspec.params.get("app_key")
        if app:
            group = f"{folder} {app}"
        elif folder == "witness":
            group = file
        else:
            group = f"{file} {counted[item.path] // PART}"
            counted[item.path] += 1
        item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish(session):
    """Refuse a pytest with which xdist keeps no groups together: all would pass, and take half as long again."""
    grouped = hasattr(session.config, "workerinput") and session.config.getvalue("loadgroup")
    if grouped and not all("@" in item.nodeid for item in session.items):
        raise pytest.UsageError("this pytest-xdist keeps no groups with this pytest: install what pyproject.toml names")


def pytest_generate_tests(metafunc):
    """Run a test that asks for `app_key` once per app that the registry lists, or for one if any will do."""
    if "app_key" in metafunc.fixturenames:
        one = metafunc.definition.get_closest_marker("any_app") is not None
        metafunc.parametrize("app_key", [STANDS_FOR_ALL] if one else APPS, scope="session")


@pytest.fixture(scope="session")
def connector_class(app_key):
    """The connector class of the app under test; skips with the reason where there is none yet."""
    reason = not_ready(app_key)
    if reason:
        pytest.skip(reason)
    from casb_cli.apps import registry

    return registry.load_connector(registry.get(app_key))


@pytest.fixture(scope="session", autouse=True)
def keys_read_once():
    """Read each private key once a process: to check one takes a tenth of a second, and each command reads its own."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(serialization, "load_pem_private_key", cache(serialization.load_pem_private_key))
        yield


@pytest.fixture(scope="session", autouse=True)
def one_worker():
    """Inspect in one process where nothing says in how many: each that starts costs as much as a small scan.

    Its value is what makes a pool where nobody intervenes.
    """
    made = WorkerPool.__init__
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            WorkerPool, "__init__", lambda self, *, workers=None, **rest: made(self, workers=workers or 1, **rest)
        )
        yield made


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A config and a state folder of the test's own, and an environment without a word of `CASB_*`."""
    for name in [name for name in os.environ if name.startswith("CASB_") and name != CACHE]:
        monkeypatch.delenv(name)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    return tmp_path


@pytest.fixture
def casb(home):
    """Run a command line in this process, in the environment as it is then: `casb("list", "accounts", stdin="")`."""
    return casb_of()


@pytest.fixture
def casb_process(home):
    """Start the real command line as a process: `casb_process("scan")` returns a `CasbProcess`; none survives."""
    started = []

    def start(*args, env=None, stdout=subprocess.PIPE, preexec_fn=None):
        process = subprocess.Popen(
            [sys.executable, "-m", "casb_cli", *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**environment_of(home), **(env or {})},
            start_new_session=True,
            preexec_fn=preexec_fn,
        )
        started.append(process)
        return CasbProcess(process)

    yield start
    for process in started:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def hurried(monkeypatch):
    """Let a second last a fiftieth where the product waits: before trying again, and for a provider's limit."""
    from casb_cli.transport import retry
    from casb_cli.transport.governor import Governors

    pause = retry.backoff
    monkeypatch.setattr(retry, "backoff", lambda *args, **rest: pause(*args, **rest) / 50)
    given = Governors.__init__.__kwdefaults__
    monkeypatch.setitem(given, "clock", lambda: time.monotonic() * 50)


@pytest.fixture
def stage(app_key, connector_class, home, casb):
    """The simulated provider of the app under test over a small world, not connected yet."""
    with Stage(app_key, home, casb) as made:
        yield made


@pytest.fixture(scope="session")
def once(app_key, connector_class, tmp_path_factory):
    """The simulated provider of the app, connected once for all tests, through the command line."""
    home = tmp_path_factory.mktemp(f"once-{app_key}")
    with Stage(app_key, home, None) as made:
        made.casb = casb_of(environment_of(home))
        made.connect_fully()
        yield made


@pytest.fixture
def connected(once, home, casb):
    """The simulated provider as new, connected as `prod` with every unattended sign-in that the app has."""
    for folder in ("config", "state"):
        shutil.copytree(once.home / folder, home / folder)
    once.provider.reset()
    once.casb = casb
    yield once
    once.provider.reset()
