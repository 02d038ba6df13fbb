"""The terminal, asked in one place: who is a tty, how wide, in colour or not, and may we ask.

Data goes to stdout; notes, warnings, prompts and progress go to stderr. Text from providers passes
`core.text.printable` on its way, so it cannot steer the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol, TextIO

from casb_cli.core.errors import CasbError, UsageError
from casb_cli.core.text import printable

ColorWhen = Literal["auto", "always", "never"]

_BOLD, _DIM, _RED, _YELLOW, _CYAN, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[0m"


class ClosedPipe(SystemExit):
    """The reader of stdout is gone (`| head`): the run ends with code 0, whatever is still to come."""

    def __init__(self) -> None:
        super().__init__(0)


class Live(Protocol):
    """A display that redraws itself on stderr and must step aside while something else is printed."""

    def paused(self) -> AbstractContextManager[object]:
        """Clear the display for the length of the block."""


class Streams:
    """The three standard streams and the user's wishes about them.

    Streams not given are `sys.stdin`, `sys.stdout` and `sys.stderr` as they are at each use.
    """

    def __init__(self, stdin: TextIO | None = None, stdout: TextIO | None = None, stderr: TextIO | None = None) -> None:
        self._given = (stdin, stdout, stderr)
        self.color: ColorWhen = "auto"
        self.quiet = False
        self.verbose = 0
        self.no_input = False
        self.as_json = False
        """Notes, warnings and errors are JSON objects, one a line: set by `-o json` and `-o jsonl`."""
        self.live: Live | None = None

    @property
    def out(self) -> TextIO:
        """The stream of data."""
        return self._given[1] or sys.stdout

    @property
    def err(self) -> TextIO:
        """The stream of everything else."""
        return self._given[2] or sys.stderr

    @property
    def input(self) -> TextIO:
        """The stream of answers, and of references given as `-`."""
        return self._given[0] or sys.stdin

    @property
    def out_tty(self) -> bool:
        """Tell whether stdout is a terminal."""
        return _isatty(self.out)

    @property
    def err_tty(self) -> bool:
        """Tell whether stderr is a terminal."""
        return _isatty(self.err)

    @property
    def in_tty(self) -> bool:
        """Tell whether stdin is a terminal."""
        return _isatty(self.input)

    @property
    def out_color(self) -> bool:
        """Tell whether stdout takes colour."""
        return self._color(self.out_tty)

    @property
    def err_color(self) -> bool:
        """Tell whether stderr takes colour."""
        return self._color(self.err_tty) and not self.as_json

    @property
    def width(self) -> int:
        """The columns of the terminal; 80 where nobody says."""
        import shutil

        return shutil.get_terminal_size((80, 24)).columns

    @property
    def may_ask(self) -> bool:
        """Tell whether a question reaches a person: stdin and stderr are a tty, no `--no-input`."""
        return not self.no_input and self.in_tty and self.err_tty

    def _color(self, tty: bool) -> bool:
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return tty and os.environ.get("TERM") != "dumb"

    def write(self, text: str) -> None:
        """Write data to stdout; raises ClosedPipe when nobody reads it any more, CasbError on a full disk."""
        try:
            self.out.write(text)
        except OSError as error:
            raise self._failed(error) from None

    def flush(self) -> None:
        """Hand everything written to the reader; raises ClosedPipe, or CasbError on a full disk."""
        try:
            self.out.flush()
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> ClosedPipe | CasbError:
        gone = self.closed()
        if isinstance(error, BrokenPipeError):
            return gone
        return CasbError(f"could not write the output: {error.strerror or error}")

    def closed(self) -> ClosedPipe:
        """Return the end of the run, stdout pointed at nothing so that the last flush stays silent."""
        _silence(self.out)
        return ClosedPipe()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Keep the live display out of the way for the length of the block."""
        if self.live is None:
            yield
            return
        with self.live.paused():
            yield

    def err_line(self, text: str) -> None:
        """Write one line to stderr, around the live display; a closed or full stderr is no reason to stop."""
        with self.aside():
            try:
                self.err.write(text + "\n")
                self.err.flush()
            except OSError:
                _silence(self.err)

    def paint(self, text: str, *codes: str) -> str:
        """Return `text` in colour where stderr takes it."""
        return f"{''.join(codes)}{text}{_OFF}" if self.err_color else text

    def _say(self, level: str, text: str, color: str) -> None:
        if self.as_json:
            self.err_line(_json({level: text}))
        else:
            prefix = "" if level in {"note", "detail"} else self.paint(f"{level}:", _BOLD, color) + " "
            self.err_line(prefix + printable(text))

    def note(self, text: str) -> None:
        """Tell something useful on stderr; silent under `--quiet`."""
        if not self.quiet:
            self._say("note", text, _CYAN)

    def detail(self, text: str, level: int = 1) -> None:
        """Tell something on stderr that only `-v` (given `level` times) asks for."""
        if self.verbose >= level and not self.quiet:
            self._say("detail", text, _DIM)

    def warn(self, text: str) -> None:
        """Tell on stderr what the user should know even under `--quiet`."""
        self._say("warning", text, _YELLOW)

    def error(self, message: str, hint: str | None = None) -> None:
        """Print an error and, after a blank line, its hint; text mode only (see `failure` for JSON)."""
        self.err_line(self.paint("error:", _BOLD, _RED) + " " + printable(message))
        if hint:
            lines = [printable(line) for line in hint.splitlines()]
            self.err_line("\n" + self.paint("hint:", _BOLD, _CYAN) + " " + "\n      ".join(lines))

    def prompt(self, label: str, option: str, *, default: str | None = None) -> str:
        """Return what the person types, or the default for nothing; raises UsageError naming `option`."""
        self._must_ask(label, option)
        tail = f" [{printable(default)}]" if default else ""
        while True:
            answer = self._ask(f"{printable(label)}{tail}: ", label, option)
            if answer or default is not None:
                return answer or default or ""

    def prompt_secret(self, label: str, option: str) -> str:
        """Return what the person types unseen; raises UsageError naming `option`."""
        import getpass

        self._must_ask(label, option)
        with self.aside():
            while True:
                try:
                    value = getpass.getpass(f"{printable(label)} (not shown): ", stream=self.err)
                except EOFError:
                    raise self._cannot_ask(label, option) from None
                if value:
                    return value

    def confirm(self, question: str, *, yes: bool = False, option: str = "--yes") -> bool:
        """Tell whether the person agrees; `yes` agrees without asking. Raises UsageError naming `option`."""
        if yes:
            return True
        self._must_ask(question, option)
        answer = self._ask(f"{printable(question)} [y/N] ", question, option)
        return answer.lower() in {"y", "yes"}

    def choose(self, label: str, choices: Sequence[tuple[str, str]], option: str) -> str:
        """Return the key of one of `choices` (key, title), by number or key; raises UsageError."""
        self._must_ask(label, option)
        with self.aside():
            for number, (key, title) in enumerate(choices, 1):
                self.err.write(f"  {number}  {printable(key)}  {printable(title)}\n")
        keys = [key for key, _ in choices]
        while True:
            answer = self._ask(f"{printable(label)} [1-{len(keys)}]: ", label, option)
            if answer in keys:
                return answer
            if answer.isdecimal() and 1 <= int(answer) <= len(keys):
                return keys[int(answer) - 1]

    def _ask(self, text: str, label: str, option: str) -> str:
        with self.aside():
            self.err.write(text)
            self.err.flush()
            line = self.input.readline()
        if not line:
            self.err.write("\n")
            raise self._cannot_ask(label, option)
        return line.strip()

    def _must_ask(self, label: str, option: str) -> None:
        if not self.may_ask:
            raise self._cannot_ask(label, option)

    def _cannot_ask(self, label: str, option: str) -> UsageError:
        why = "--no-input is set" if self.no_input else "there is no terminal to ask on"
        return UsageError(f"{label.rstrip('?: ')}: {why}", hint=f"give `{option}`")


def _silence(stream: TextIO) -> None:
    """Point a stream that cannot be written to at nothing."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):  # a stream without a descriptor has no pipe to silence
        pass


def _isatty(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # a closed stream
        return False


def _json(row: dict[str, object]) -> str:
    import json

    return json.dumps(row, ensure_ascii=True)


streams = Streams()
"""The streams of this process; commands and the rest of `ui` use this one."""


def reset() -> None:
    """Forget all wishes: what a new process starts with."""
    streams.__init__()  # type: ignore[misc]
