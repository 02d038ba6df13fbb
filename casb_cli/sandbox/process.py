"""The sandbox as a process of its own: started, found again by its state file, stopped; never left behind.

The state file (0600) holds the process id, the base URLs, what signs in, and the token of the control interface.
Its secrets open nothing but the sandbox.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import msgspec

from casb_cli.core.errors import CasbError, Locked
from casb_cli.sandbox.provider import Options, Signin

_FREE = b"free\n"
"""What a parent writes to let a tied sandbox run on after it."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to serve: which apps, how big a company, how each provider behaves, on which ports (0: any free)."""

    apps: tuple[str, ...]
    seed: int = 1
    people: int = 40
    files: int = 400
    groups: int | None = None
    """How many groups; by the number of people where it is None."""
    options: dict[str, Options] = {}
    ports: dict[str, int] = {}


_PATIENCE = 3.0
"""Seconds until a sandbox that does not answer is taken for a busy one."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A running sandbox, as its state file tells it."""

    pid: int
    token: str
    urls: dict[str, dict[str, str]]
    signins: dict[str, dict[str, Signin]]


def load(path: Path) -> State | None:
    """Return the sandbox of a state file if it still answers, or is too busy to, else None."""
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return state if _control(state, "ping") else None


def _control(state: State, command: str) -> bool:
    """Return whether the sandbox took the command, or took the call and lives: it is busy then."""
    url = next(url for urls in state.urls.values() for url in urls.values())
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=_PATIENCE)
    try:
        connection.request("POST", f"/__sandbox__/{command}", headers={"x-sandbox-token": state.token})
        return connection.getresponse().status == 200
    except TimeoutError:
        return _alive(state.pid)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def run(plan: Plan, path: Path | None = None, *, ready: Callable[[State], None] | None = None) -> None:
    """Serve in this process until interrupted, terminated or stopped; `ready` is called once it answers.

    With `path` the state file exists while it serves. Raises Locked where another sandbox has that file.
    """
    from casb_cli.sandbox.server import Running, build
    from casb_cli.sandbox.world import World

    if path is not None and load(path) is not None:
        raise Locked("a sandbox is running already", hint="run `casb sandbox stop` first")
    world = World(seed=plan.seed, people=plan.people, files=plan.files, groups=plan.groups)
    running = Running(build(plan.apps, world, plan.options), secrets.token_urlsafe(24))
    running.bind("127.0.0.1", plan.ports)
    state = State(pid=os.getpid(), token=running.token, urls=running.urls(), signins=running.signins())
    try:
        if path is not None:
            save(path, state)
        if ready is not None:
            threading.Thread(target=lambda: running.wait() and ready(state), daemon=True).start()
        running.run()
    finally:
        running.stop()
        if path is not None:
            path.unlink(missing_ok=True)


def save(path: Path, state: State) -> None:
    """Write the state file of a sandbox, readable for its user alone, so that `load` finds it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(state))
    made.replace(path)


class Started(msgspec.Struct, frozen=True):
    """A sandbox started in the background; with `tied` it ends when `leash` is closed or this process dies."""

    state: State
    process: Any
    leash: Any

    def release(self) -> None:
        """Let it run on after this process, until `stop`, if it was tied to it."""
        if self.leash is not None:
            self.leash.write(_FREE)
            self.leash.close()
            self.process.returncode = 0  # it lives on by itself: no warning that it does

    def close(self) -> None:
        """Stop it if it was tied to this process, and wait for its end."""
        if self.leash is not None:
            self.leash.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(plan: Plan, path: Path, *, tied: bool = False, remove: Path | None = None, wait: float = 120.0) -> Started:
    """Start a sandbox in the background and return when it answers, at most `wait` seconds later.

    `tied` makes it end with this process, however that ends; else it runs until `stop`. The directory `remove`
    goes when it ends. Raises Locked where one is running already, CasbError where it did not start.
    """
    if load(path) is not None:
        raise Locked("a sandbox is running already", hint="run `casb sandbox stop` first")
    text = msgspec.json.encode(plan).decode()
    command = [sys.executable, "-m", "casb_cli.sandbox.process", str(path), "tied" if tied else "free", text]
    if remove is not None:
        command.append(str(remove))
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + wait
    pause = threading.Event()
    while time.monotonic() < deadline:
        state = load(path)
        if state is not None and state.pid == process.pid:
            errors: IO[bytes] | None = process.stderr
            if errors is not None:
                errors.close()
            if not tied:
                process.returncode = 0  # it lives on by itself: no warning that it does
            return Started(state, process, process.stdin)
        if process.poll() is not None:
            break
        pause.wait(0.02)
    process.kill()
    said = process.communicate()[1].decode("utf-8", "replace").strip().splitlines()
    raise CasbError("the sandbox did not start" + (f": {said[-1]}" if said else ""))


def stop(path: Path, *, wait: float = 30.0) -> bool:
    """Stop the sandbox of a state file and wait for its end; False where none runs. Raises CasbError."""
    state = load(path)
    if state is None:
        path.unlink(missing_ok=True)
        return False
    _control(state, "stop")
    deadline = time.monotonic() + wait
    pause = threading.Event()
    while time.monotonic() < deadline:
        if not _alive(state.pid):
            path.unlink(missing_ok=True)
            return True
        pause.wait(0.02)
    raise CasbError(f"the sandbox (process {state.pid}) did not stop within {wait:.0f} s")


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):  # it is ours to reap only if we started it
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _watch_parent() -> None:
    """End this process when its parent's end of standard input closes, as it does when the parent dies.

    Unless the parent let it go before.
    """
    for line in sys.stdin.buffer:
        if line == _FREE:
            return
    os.kill(os.getpid(), signal.SIGTERM)


def _remove(folder: Path, seconds: float = 5.0) -> None:
    """Remove a directory, trying again while processes that die with its owner still write there."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.1)):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        pause.wait(0.1)


def main(arguments: list[str]) -> int:
    """Serve by `STATE_FILE tied|free PLAN_JSON [DIRECTORY]`: how `start` calls this module."""
    path, mode, text, *remove = arguments
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the state file goes with the process
    if mode == "tied":
        threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        run(msgspec.json.decode(text.encode(), type=Plan), Path(path))
    finally:
        for folder in remove:
            _remove(Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
