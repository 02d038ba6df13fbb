"""`casb completion`."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer

from casb_cli.core.errors import UsageError
from casb_cli.ui.streams import streams

EXAMPLES = ("casb completion bash", "casb completion zsh --install")

Shell = Annotated[
    Literal["bash", "zsh", "fish"] | None,
    typer.Argument(metavar="[bash|zsh|fish]", help="The shell; by default the one that SHELL names."),
]
Install = Annotated[bool, typer.Option("--install", help="Add it to the shell's start-up files.")]


def command(shell: Shell = None, install: Install = False) -> None:
    """Print the completion script of a shell, or install it: commands, apps, instances and fields."""
    from typer import _completion_shared as completion

    name = shell or os.path.basename(os.environ.get("SHELL", ""))  # noqa: PTH119 - a name, not a path to follow
    if name not in {"bash", "zsh", "fish"}:
        raise UsageError("say which shell", hint="run `casb completion bash`, `zsh` or `fish`")
    if install:
        _, where = completion.install(shell=name, prog_name="casb", complete_var="_CASB_COMPLETE")
        streams.note(f"completion for {name} is in `{where}`; it works in a new shell")
        return
    script = completion.get_completion_script(prog_name="casb", complete_var="_CASB_COMPLETE", shell=name)
    streams.write(script + "\n")
    streams.flush()
