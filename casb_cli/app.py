"""The Typer root: commands are known by name (`commands/_names.py`) and imported when they are called.

How to write a command. `commands/<name>.py` (`-` in the name is `_` in the file) offers either a function
`command`, or, for a group, `app`, a `typer.Typer`:

    from casb_cli.commands._options import Apps, OutputFormat, examples
    from casb_cli.ui.output import Output

    EXAMPLES = ("casb apps", "casb apps -o json")

    def command(app: Apps = None, output: OutputFormat = "table") -> int | None:
        \"\"\"List the apps that can be connected.\"\"\"
        Output("app", output).write(...)

In a group each function has `@app.command("log", epilog=examples("casb govern log"))`. The return value is the
exit code, None for 0; failures are raised as `core.errors`. Added on loading: `--quiet`, `-v`, `--color`,
`--no-input`, `--deadline`, and the table of exit codes. Modules import what is heavy inside functions.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from types import ModuleType
from typing import Any, NamedTuple

import typer
import typer.main
from typer.core import TyperGroup

from casb_cli import __version__
from casb_cli.commands import _options
from casb_cli.commands._names import COMMANDS, root_help
from casb_cli.core.errors import EXIT_CODES, UsageError
from casb_cli.ui import streams as ui_streams

GROUP_EXAMPLES = 5

COMPLETE = "_CASB_COMPLETE"
"""The variable by which a shell asks for completions."""

_CLICK_ERROR: type[Exception] = typer.BadParameter.__mro__[2]
"""The base of what the parser says; Typer brings its own copy of Click since 0.24 and exports no name for it."""


def exit_codes_text() -> str:
    """Return the table of exit codes that ends every command's help."""
    return "\b\nExit codes:\n" + "\n".join(f"  {code:<4} {meaning}" for code, meaning in EXIT_CODES.items())


class _Completion(NamedTuple):
    """What Typer's shells read of a completion; Click's own class has no public place in Typer."""

    value: str
    help: str
    type: str = "plain"


class Root(TyperGroup):
    """The group of all commands; a command's module is imported by `get_command` alone."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = load(cmd_name)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            raise UsageError(
                f"there is no command `{args[0]}`",
                hint=f"did you mean `casb {near[0]}`?" if near else "run `casb --help`",
            )
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: Any) -> str:
        del ctx
        return root_help().rstrip("\n")

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Complete the commands' names without importing them."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [_Completion(name, told) for name, told in COMMANDS.items() if name.startswith(incomplete)]


def _common(
    quiet: _options.Quiet = False,
    verbose: _options.Verbose = 0,
    color: _options.Color = "auto",
    no_input: _options.NoInput = False,
    deadline: _options.Deadline = None,
) -> None:
    """Carry the options that every command has."""


@cache
def _common_options() -> tuple[Any, ...]:
    made = typer.Typer(add_completion=False, rich_markup_mode=None)
    made.command()(_common)
    options = typer.main.get_command(made).params
    for option in options:
        option.expose_value = False
    return tuple(options)


def load(name: str) -> Any:
    """Return the command of that name, ready to run; imports its module. Raises UsageError where it has none."""
    module_name = f"casb_cli.commands.{name.replace('-', '_')}"
    if find_spec(module_name) is None:
        raise UsageError(f"`casb {name}` is not part of this build")
    return _made(import_module(module_name), name)


@cache
def _made(module: ModuleType, name: str) -> Any:
    made = getattr(module, "app", None)
    if not isinstance(made, typer.Typer):
        made = typer.Typer(add_completion=False)
        made.command(name, epilog=_options.examples(*getattr(module, "EXAMPLES", ())))(module.command)
    made._add_completion = False  # noqa: SLF001 - a group never offers to install completion itself
    command = typer.main.get_command(made)
    command.name = name
    if not command.help:
        command.help = COMMANDS[name].capitalize() + "."
    _finish(command)
    return command


def _finish(command: Any) -> None:
    """Give a loaded command and all below it the common options, the exit codes and plain help."""
    command.rich_markup_mode = None
    children = getattr(command, "commands", None)
    if children is not None:
        command.no_args_is_help = False
        for child in children.values():
            _finish(child)
        if not command.invoke_without_command:
            command.epilog = "\n\n".join([command.epilog or _first_examples(children.values()), exit_codes_text()])
            return
    taken = {name for param in command.params for name in param.opts}
    command.params += [option for option in _common_options() if taken.isdisjoint(option.opts)]
    command.epilog = "\n\n".join(filter(None, [command.epilog, _environment(command), exit_codes_text()]))


def _first_examples(commands: Iterable[Any]) -> str:
    """Return one example of each of some commands, for the help of their group."""
    found = (line for command in commands for line in (command.epilog or "").splitlines()[2:3] if line.strip())
    return _options.examples(*(line.strip() for line in islice(found, GROUP_EXAMPLES)))


def _environment(command: Any) -> str:
    """Return which options can be set for good, through the environment."""
    names = [str(param.envvar) for param in command.params if isinstance(param.envvar, str)]
    return f"Options are read from the environment too: {', '.join(names)}."


def root() -> Any:
    """Return the root command."""
    made = typer.Typer(
        cls=Root,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    @made.callback()
    def casb(
        version: bool = typer.Option(False, "--version", "-V", is_eager=True, callback=_version),
    ) -> None:
        """See and govern every SaaS and cloud account from the terminal."""

    return typer.main.get_command(made)


def _version(value: bool) -> None:
    if value:
        ui_streams.streams.write(f"casb {__version__}\n")
        raise typer.Exit


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code; raises CasbError, and SystemExit from completion."""
    if args and args[0] == "help":
        args = [*args[1:], "--help"]
    command = root()
    if COMPLETE in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
        command._main_shell_completion({}, "casb", COMPLETE)  # noqa: SLF001 - what Typer's own main does first
    try:
        with command.make_context("casb", list(args)) as ctx:
            result = command.invoke(ctx)
    except typer.Exit as ended:
        return int(ended.exit_code)
    except typer.Abort as aborted:
        raise KeyboardInterrupt from aborted
    except _CLICK_ERROR as error:
        raise _usage(error, _named(command, args)) from None
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def _named(command: Any, args: Sequence[str]) -> str:
    """Return the command that words name, as far as they do: `casb govern apply`."""
    path = "casb"
    for word in args:
        command = command.get_command(None, word) if hasattr(command, "get_command") else None
        if command is None:
            break
        path += f" {word}"
    return path


def _usage(error: Any, named: str) -> UsageError:
    """Return the parser's complaint as ours; some complaints do not say of which command they are."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else named
    children = getattr(ctx.command, "commands", None) if ctx is not None else None
    message = error.format_message().strip().rstrip(".")
    hint = f"run `{path} --help`"
    if children and message == "Missing command":
        message = f"`{path}` needs one of its commands"
        hint = f"{', '.join(children)}; {hint}"
    return UsageError(message[:1].lower() + message[1:], hint=hint)
