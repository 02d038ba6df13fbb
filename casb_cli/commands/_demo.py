"""The stage of `casb demo`: a folder of its own, a sandbox tied to this process, and real commands on it."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from casb_cli.core.errors import CasbError
from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.core.app import App
    from casb_cli.sandbox.process import Started

_NO_KEYRING = "keyring.backends.null.Keyring"


class Stage:
    """Everything that a demo needs, gone again on leaving however that happens; with `keep` it stays until stopped.

    Commands run in this very process, so that they end when it ends; the sandbox is a process of its own that
    ends, and removes the folder, when this one dies.
    """

    def __init__(self, apps: Sequence[App], *, keep: bool = False) -> None:
        self.apps = tuple(apps)
        self.keep = keep
        self.folder = Path()
        self._environ: dict[str, str] = {}
        self._started: Started | None = None
        self._step = 0
        self.done = False
        """Whether the demo came to its end: only then is anything kept."""

    @property
    def config_dir(self) -> Path:
        """The demo's own configuration."""
        return self.folder / "config"

    @property
    def state_dir(self) -> Path:
        """The demo's own store, journal and sandbox."""
        return self.folder / "state"

    def __enter__(self) -> Self:
        self._environ = dict(os.environ)
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="casb-demo-")).resolve()
        except OSError as error:
            raise CasbError(
                f"could not make a temporary directory: {error.strerror}", hint="TMPDIR names a place for it"
            ) from None
        try:
            self._enter()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _enter(self) -> None:
        from casb_cli.commands import _sandbox
        from casb_cli.sandbox import process

        for name in [name for name in os.environ if name.startswith("CASB_") and name != "CASB_CACHE_DIR"]:
            del os.environ[name]  # the user's options are not the demo's
        os.environ["CASB_CONFIG_DIR"] = str(self.config_dir)
        os.environ["CASB_STATE_DIR"] = str(self.state_dir)
        os.environ["PYTHON_KEYRING_BACKEND"] = _NO_KEYRING
        plan = _sandbox.plan(self.apps, seed=1, people=40, files=400)
        self._started = process.start(plan, _sandbox.state_file(), tied=True, remove=self.folder)

    def __exit__(self, *_: object) -> None:
        kept = self.keep and self.done
        try:
            if self._started is not None:
                (self._started.release if kept else self._started.close)()
        finally:
            if not kept:
                shutil.rmtree(self.folder, ignore_errors=True)
            os.environ.clear()
            os.environ.update(self._environ)

    def connect_words(self, app: App, instance: str) -> list[str]:
        """Return the command that connects an app's instance to the sandbox."""
        from casb_cli.commands import _sandbox

        assert self._started is not None  # noqa: S101 - only between enter and exit
        return _sandbox.connect_words(app, instance, None, self._started.state.signins[app.key])

    # The narrative

    def heading(self, title: str, *lines: str) -> None:
        """Begin the next step."""
        self._step += 1
        self.say("", _bold(f"{self._step}. {title}"), *lines)

    def say(self, *lines: str) -> None:
        """Tell something."""
        streams.write("".join(f"{line}\n" for line in lines))
        streams.flush()

    def run(self, *words: str, codes: Sequence[int] = (0,)) -> int:
        """Show a command as one would type it, run it, and return its exit code; raises CasbError for another.

        What it says on stderr is part of the narrative, in its place.
        """
        from casb_cli.commands._sandbox import command_text

        self.say("", _bold(f"$ {command_text(words)}"))
        with redirect_stderr(streams.out):
            code = self._call(words)
        if code not in codes:
            raise CasbError(f"`casb {words[0]}` ended with exit code {code}: the demo cannot go on")
        if code:
            self.say(f"(exit code {code}: what could not be seen is named, and never passes for empty)")
        return code

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """Return the rows that a command prints, without showing it; raises what the command raises."""
        import json

        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(io.StringIO()):
            self._call([*words, "-o", "jsonl"])
        return [json.loads(line) for line in said.getvalue().splitlines()]

    def _call(self, words: Sequence[str]) -> int:
        from casb_cli.app import run

        with _own_options():
            streams.as_json, streams.no_input = False, True
            return run(words)


@contextmanager
def _own_options() -> Iterator[None]:
    """Give a command run in this process options of its own: those of the demo come back after it."""
    before = (streams.as_json, streams.no_input, streams.quiet, streams.verbose, streams.color)
    try:
        yield
    finally:
        streams.flush()
        streams.as_json, streams.no_input, streams.quiet, streams.verbose, streams.color = before


def _bold(text: str) -> str:
    return f"\x1b[1m{text}\x1b[0m" if streams.out_color else text


def exports(stage: Stage) -> tuple[str, ...]:
    """Return the shell lines that let the next commands use the demo's own settings."""
    return (
        f"export CASB_CONFIG_DIR={shlex.quote(str(stage.config_dir))}",
        f"export CASB_STATE_DIR={shlex.quote(str(stage.state_dir))}",
    )
