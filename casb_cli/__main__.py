"""The front door: answers `--version` and `--help` at once, hands everything else to the command's module."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # as in `typing`, which is dear at every start
if TYPE_CHECKING:
    from pathlib import Path


def main(argv: list[str] | None = None) -> int:
    """Run one command line (without the program's name) and return its exit code."""
    args = sys.argv[1:] if argv is None else argv
    if "_CASB_COMPLETE" not in os.environ:
        if args in (["--version"], ["-V"]):
            from casb_cli import __version__

            return _print(f"casb {__version__}\n")
        if args in ([], ["--help"], ["-h"]):
            from casb_cli.commands._names import root_help

            return _print(root_help())
    _load_fast()
    from casb_cli.app import run
    from casb_cli.ui.process import guarded

    return guarded(lambda: run(args), args, _crash_dir)


def _load_fast() -> None:
    """Import the command line without looking for garbage, now and at the very end: a sixth of a short command."""
    if "casb_cli.app" in sys.modules:
        return
    import atexit
    import gc

    gc.disable()
    try:
        import casb_cli.app
        import casb_cli.ui.process  # noqa: F401 - loaded here, used by the caller
    finally:
        gc.freeze()
        gc.enable()
    atexit.register(gc.freeze)


def _print(text: str) -> int:
    if sys.stdout is None:  # the caller closed it
        return 0
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            sys.stderr.write(f"error: could not write the output: {error.strerror}\n")
            return 1
    return 0


def _crash_dir() -> Path:
    from casb_cli.store.paths import state_dir

    return state_dir() / "crashes"


if __name__ == "__main__":
    sys.exit(main())
