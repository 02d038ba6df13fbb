"""How a test reaches the product: through its command line, against a simulated provider, for any app."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import msgspec
import psutil
import pytest

from casb_cli.apps import registry
from casb_cli.core.capabilities import ABILITIES
from casb_cli.core.errors import CasbError
from casb_cli.core.models import ROOT
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import build, serve
from casb_cli.sandbox.world import World

SEED = 7
PATIENCE = 300.0
"""Seconds in which what should come soon comes on any machine: the end of a hang, which measures nothing."""
CACHE = "CASB_CACHE_DIR"
"""Where compiled patterns are kept: one place for a whole run of the tests, since each compilation takes a second."""


def _package(app):
    return f"casb_cli.apps.{app.replace('-', '_')}"


APPS = tuple(app.key for app in registry.all())
"""Every app that the registry lists: no test names one."""


def not_ready(app):
    """Return why an app cannot be tested yet, or None: its connector or its simulation is missing."""
    if find_spec(f"{_package(app)}.sandbox") is None:
        return f"{app} has no simulated provider yet"
    module = registry.get(app).connector.partition(":")[0]
    try:
        if find_spec(module) is None:
            return f"{app} has no connector yet"
        registry.load_connector(registry.get(app))
    except (CasbError, ImportError) as error:
        return f"the connector of {app} cannot be loaded yet: {error}"
    return None


def provider_class(app):
    """Return the simulated provider's module."""
    return importlib.import_module(f"{_package(app)}.sandbox")


def environment_of(home):
    """Return the environment for a process of the command line."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CASB_") or name == CACHE}
    return {
        **kept,
        "CASB_CONFIG_DIR": str(home / "config"),
        "CASB_STATE_DIR": str(home / "state"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONWARNINGS": "ignore",
    }


class Run:
    """What a command line left on its streams."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"<exit {self.code}\n--- out\n{self.out[-3000:]}\n--- err\n{self.err[-3000:]}>"

    @property
    def rows(self):
        """The rows of `-o jsonl` (or the array of `-o json`)."""
        if self.out.lstrip().startswith("["):
            return json.loads(self.out)
        return [json.loads(line) for line in self.out.split("\n") if line]

    @property
    def row(self):
        """The only row."""
        [row] = self.rows
        return row


class CasbProcess:
    """A running command line."""

    def __init__(self, process):
        self.process = process

    @property
    def pid(self):
        return self.process.pid

    def family(self):
        """Return the process and all its descendants, as they are now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            me = psutil.Process(self.pid)
            return [me, *me.children(recursive=True)]
        return []

    def send(self, number):
        os.kill(self.pid, number)

    def kill(self):
        """Send SIGKILL to the process itself, as `kill -9` does: its children must notice by themselves."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end(self):
        """Wait for its end and return what it left."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Run(self.process.returncode, (out or b"").decode(), (err or b"").decode())


def casb_of(environ=None, *, tty=False):
    """Return a way to run the command line in this process: `casb("list", "accounts", stdin="")` returns a `Run`.

    `environ` is its whole environment; without, it is that of this process. `tty` makes a terminal of its streams.
    """
    from casb_cli.__main__ import main

    def run(*args, stdin="", stdout=None, stderr=None):
        out, err = stdout or Written(tty), stderr or Written(tty)
        caught = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGALRM)}
        with pytest.MonkeyPatch.context() as patched:
            if environ is not None:
                for name in os.environ.keys() - environ.keys():
                    patched.delenv(name)
                for name, value in environ.items():
                    if os.environ.get(name) != value:
                        patched.setenv(name, value)
            patched.setattr(sys, "stdin", Written(tty, stdin))
            patched.setattr(sys, "stdout", out)
            patched.setattr(sys, "stderr", err)
            try:
                code = main([str(arg) for arg in args])
            finally:
                for number, handler in caught.items():
                    signal.signal(number, handler)
        return Run(code, out.getvalue(), err.getvalue())

    return run


class Written(io.TextIOWrapper):
    """A stream of text in memory, with the bytes below it that a standard stream has."""

    def __init__(self, tty=False, text=""):
        super().__init__(io.BytesIO(text.encode()), encoding="utf-8", newline="", write_through=True)
        self.tty = tty

    def isatty(self):
        return self.tty

    def getvalue(self):
        return self.buffer.getvalue().decode()


def routes_of(provider):
    """Return what a provider serves, by its logical calls."""
    handlers = [getattr(type(provider), name) for name in dir(type(provider))]
    return [route for handler in handlers for _, _, route in getattr(handler, "__routes__", ())]


def downloads(provider, since=0):
    """Return the calls that delivered content since a position."""
    names = {route.name for route in routes_of(provider) if route.download}
    return [call for call in list(provider.calls)[since:] if call.name in names or "tarball" in call.name]


def all_gone(processes):
    """Tell whether every one of some processes ends; zombies count as ended."""
    return wait_until(lambda: not any(map(alive, processes)))


def ended(pid):
    """Tell whether a process has ended; a zombie has."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return not alive(psutil.Process(pid))
    return True


def alive(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition, seconds=PATIENCE, pause=0.02):
    """Wait until something holds and return whether it does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(pause)
    return False


READING = ("GET ", "HEAD ", "OPTIONS ", "POST /graphql")
SIGNING_IN = ("/token", "/access_tokens", ":signJwt", "/tokeninfo")
"""Calls that change nothing at a provider: a query sent as a POST, and a token for the caller itself."""


class Stage:
    """One app's simulated provider being served, and the ways to connect to it."""

    def __init__(self, app, home, casb, *, options=None, people=20, files=60, seed=SEED, world=None):
        self.app = app
        self.home = home
        self.casb = casb
        self.declared = registry.get(app)
        self.world = world or World(seed=seed, people=people, files=files, events=240)
        self.options = options or Options()
        self.kept = {}
        """What tests found out about the provider as new, for the tests behind them."""
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        [self.provider] = build([self.app], self.world, {self.app: self.options})
        self.running = self._stack.enter_context(serve([self.provider]))
        return self

    def __exit__(self, *_):
        self._stack.close()

    @contextlib.contextmanager
    def brisk(self):
        """Let a second last a fiftieth for the provider's limits, as the fixture `hurried` does for the product."""
        specs = {family: limiter.spec for family, limiter in self.provider.limits.items()}
        for limiter in self.provider.limits.values():
            limiter.spec = msgspec.structs.replace(limiter.spec, window=limiter.spec.window / 50)
        try:
            yield self
        finally:
            for family, spec in specs.items():
                self.provider.limits[family].spec = spec

    @property
    def truth(self):
        """What the world says that the provider held at the start."""
        return self.provider.truth

    @property
    def signins(self):
        return self.running.signins()[self.app]

    @property
    def methods(self):
        """The sign-in methods that need no person and that the simulation has, the recommended one first."""
        return [m.key for m in self.declared.auth if not m.interactive and m.key in self.signins]

    def words(self, method, *, signin=None, fields=None, secrets=None):
        """Return the options by which `casb connect` signs in; secrets lie in private files."""
        signin = signin or self.signins[method]
        known = {f.key for f in (*self.declared.common_fields, *self.declared.method(method).fields)}
        known |= {f"{host}_url" for host in self.declared.hosts}
        found = []
        for key, value in {**signin.fields, **(fields or {})}.items():
            if key in known:
                found += ["--field", f"{key}={value}"]
        for key, value in {**signin.secrets, **(secrets or {})}.items():
            found += ["--secret", f"{key}=file:{self.secret_file(key, value)}"]
        return ["--auth", method, *found]

    def secret_file(self, name, value):
        folder = self.home / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{self.app}-{name}-{abs(hash(value)) % 10**8}"
        path.write_text(value)
        path.chmod(0o600)
        return path

    def connect(self, name="prod", method=None, *more, **signin):
        """Connect through the real command line and return its `Run`."""
        method = method or self.methods[0]
        return self.casb("connect", self.app, "--instance", name, *self.words(method, **signin), *more)

    def connect_fully(self, name="prod"):
        """Connect with every unattended sign-in, so that each ability has the credential it needs."""
        for number, method in enumerate(self.methods):
            run = self.connect(name, method, *(["--add", "--credential", method] if number else []))
            assert run.code == 0, run

    @property
    def config(self):
        from casb_cli.store.config import Config

        return Config.load().get(self.app, "prod")

    @contextlib.contextmanager
    def instance(self, name="prod"):
        """Open an instance as the commands do."""
        from casb_cli.commands._session import environment, opened
        from casb_cli.store.config import Config

        with environment() as env, opened([Config.load().get(self.app, name)], env) as [instance]:
            yield instance

    def list(self, kind, *more, name="prod"):
        """Run `casb list` for a kind of row as JSON lines."""
        noun = {"activity": "activity"}.get(kind, f"{kind}s")
        return self.casb("list", noun, "--app", self.app, "--instance", name, "-o", "jsonl", *more)

    def has(self, ability):
        return issubclass(registry.load_connector(self.declared), ability)

    def effects(self, since=0):
        """Return the changing calls that took effect at the provider since a position, in order."""
        return [
            call
            for call in list(self.provider.calls)[since:]
            if call.effect and not call.name.startswith(READING) and not call.name.endswith(SIGNING_IN)
        ]


def local_of(ref):
    """Return a full reference without app and instance, or None."""
    return None if ref is None else ref.split(":", 2)[2]


KEY_OF = {
    "membership": lambda row: (row["group_ref"], row["member_ref"]),
    "privilege": lambda row: (row["principal_ref"], row["role"], row["scope"]),
}
"""Kinds whose rows are told apart by what they connect; all others by their id."""


def listed(rows, kind):
    """Return rows as printed, by id (or natural key), with refs within the instance; refuses doubles."""
    found = {}
    for row in rows:
        own = {name: local_of(value) if name.endswith("_ref") else value for name, value in row.items()}
        key = KEY_OF.get(kind, lambda one: one["id"])(own)
        assert key not in found, f"listed twice: {key}"
        found[key] = own
    return found


def differences(found, expected):
    """Return in words each how listed rows differ from those that the world has, in every field that it knows."""
    missing, surplus = expected.keys() - found.keys(), found.keys() - expected.keys()
    wrong = [
        (key, name, found[key].get(name), value)
        for key, fields in expected.items()
        if key in found
        for name, value in fields.items()
        if found[key].get(name) != value
    ]
    return [
        *([f"{len(missing)} missing of {len(expected)}: {sorted(missing, key=str)[:8]}"] if missing else []),
        *([f"{len(surplus)} that the world does not have: {sorted(surplus, key=str)[:8]}"] if surplus else []),
        *([f"{len(wrong)} fields differ (id, field, listed, true): {wrong[:6]}"] if wrong else []),
    ]


def compare(found, expected):
    """Assert that rows are exactly those expected, and equal in every field that the world knows."""
    assert differences(found, expected) == []


def says_what_is_hidden(run):
    """Tell whether a listing or scan said that the provider keeps something from everybody."""
    return "not shown" in run.err or "unreachable" in run.err


def assert_told(run, hidden):
    """A listing or scan is whole, and what the provider shows to nobody is told, which is no failure."""
    assert run.code == 0, run
    assert not hidden or says_what_is_hidden(run), run


def drain(method, *, stop_after=None):
    """Read partitions to the end; or stop after so many pages and return what is left to resume."""
    rows, waiting, pages = [], [(ROOT, None)], 0
    while waiting:
        part, cursor = waiting.pop(0)
        for page in method(part, cursor):
            rows += page.items
            waiting += [(more, None) for more in page.more]
            pages += 1
            cursor = page.cursor
            if stop_after is not None and pages >= stop_after:
                return rows, [(part, cursor), *waiting] if cursor is not None else [(part, "?"), *waiting]
    return rows, []


LISTINGS = tuple(ability for ability in ABILITIES if ability.yields and ability.key.startswith("list-"))
