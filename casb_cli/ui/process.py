"""The frame around a run: signals, deadline, core dumps, and how every error ends.

Ctrl-C raises KeyboardInterrupt in the main thread; SIGTERM and the deadline raise `Terminated`, which is a
KeyboardInterrupt too, so that one `except` (or `finally`) serves a clean stop in all three.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from casb_cli.core.errors import INTERRUPTED, CasbError, Stopped
from casb_cli.ui.streams import ClosedPipe, reset, streams


class Terminated(KeyboardInterrupt):
    """SIGTERM, or the deadline: stop cleanly and end with 143; `why` is a sentence."""

    def __init__(self, why: str = "terminated") -> None:
        super().__init__(why)
        self.why = why


def no_core_dumps() -> None:
    """Keep the memory of this process, which holds credentials, out of core files."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def _catch_term() -> None:
    owner = os.getpid()

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        if os.getpid() != owner:  # a forked worker dies at once
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise Terminated

    signal.signal(signal.SIGTERM, stop)


def arm_deadline(seconds: float) -> None:
    """Raise `Terminated` in the main thread after so many seconds.

    `guarded` gives the alarm back to whoever had set one before.
    """
    if not hasattr(signal, "setitimer"):  # Windows: an interrupt comes as near as can be
        import _thread
        import threading

        timer = threading.Timer(seconds, _thread.interrupt_main)
        timer.daemon = True
        timer.start()
        return

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise Terminated("the deadline is over")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _alarm_kept() -> Iterator[None]:
    """End a deadline with the run; an alarm that the caller had set rings when it would have, in his hands."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    handler, begun = signal.getsignal(signal.SIGALRM), time.monotonic()
    left, every = signal.getitimer(signal.ITIMER_REAL)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGALRM) is not handler:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
            if left:
                signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - begun), 0.001), every)


def guarded(run: Callable[[], int | None], args: Sequence[str], crash_dir: Callable[[], Path]) -> int:
    """Run the command and return its exit code; every failure ends as words on stderr, never as a traceback.

    What nobody foresaw is written, redacted, to a private file in `crash_dir`; `CASB_DEBUG=1` shows it.
    """
    reset()
    _open_closed_streams()
    no_core_dumps()
    _catch_term()
    _write_any_text()
    streams.as_json = wants_json(args, os.environ)
    try:
        with _alarm_kept():
            code = run() or 0
        with suppress(ClosedPipe):  # what was done has its code already
            streams.flush()
    except BaseException as error:  # noqa: BLE001 - the outermost frame: nothing may leave it as a traceback
        return _ended(error, crash_dir)
    return code


def _ended(error: BaseException, crash_dir: Callable[[], Path]) -> int:
    """Return the exit code of a run that ended by an exception, having told why."""
    if isinstance(error, SystemExit):
        return _flushed(error.code if isinstance(error.code, int) else int(error.code is not None))
    if isinstance(error, BrokenPipeError):
        return _flushed(0) if _stdout_is_closed() else _crashed(error, crash_dir)
    if isinstance(error, KeyboardInterrupt):
        code = Stopped.exit_code if isinstance(error, Terminated) else INTERRUPTED
        if isinstance(error, Terminated):
            tell(Stopped(error.why))
        else:
            streams.warn("interrupted")
        return _flushed(code)
    if isinstance(error, CasbError):
        code = _flushed(error.exit_code)
        tell(error)
        return code
    return _crashed(error, crash_dir)


def tell(error: CasbError) -> None:
    """Print an error on stderr: words and hint, or one JSON object under `-o json`."""
    if streams.as_json:
        from casb_cli.ui.formats import json_text

        streams.err_line(json_text(error.as_dict()))
        return
    hint = error.hint
    candidates = getattr(error, "candidates", ())
    if candidates:
        hint = "\n".join(filter(None, [hint, *candidates]))
    streams.error(str(error), hint)


def _crashed(error: BaseException, crash_dir: Callable[[], Path]) -> int:
    from casb_cli.ui.crash import describe

    tell(describe(error, crash_dir))
    return _flushed(1)


def _flushed(code: int) -> int:
    """Hand what is left to the reader; a reader who has gone is no failure of what was done."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        streams.closed()
    return code


def _stdout_is_closed() -> bool:
    try:
        sys.stdout.write("")
        sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        streams.closed()
        return True
    return False


def _open_closed_streams() -> None:
    """Give a stream that the caller closed (`>&-`) a place where nothing is kept."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - lives on


def _write_any_text() -> None:
    """Let every character be written: data as UTF-8, a terminal's missing ones as escapes."""
    for stream, tty in ((sys.stdout, streams.out_tty), (sys.stderr, True)):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            if tty:
                reconfigure(errors="backslashreplace")
            else:
                reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def wants_json(args: Sequence[str], environ: os._Environ[str] | dict[str, str]) -> bool:
    """Tell whether the call asks for JSON, before anything else of it is understood."""
    wanted = environ.get("CASB_OUTPUT", "")
    for position, arg in enumerate(args):
        if arg == "--":
            break
        if arg in {"-o", "--output"}:
            wanted = args[position + 1] if position + 1 < len(args) else ""
        elif arg.startswith("--output="):
            wanted = arg.partition("=")[2]
        elif arg.startswith("-o") and not arg.startswith("--"):
            wanted = arg[2:].removeprefix("=")
    return wanted in {"json", "jsonl"}
