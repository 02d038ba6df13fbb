from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer

from casb_cli import __version__, app
from casb_cli.__main__ import main
from casb_cli.commands._names import COMMANDS, root_help
from casb_cli.core.errors import EXIT_CODES
from casb_cli.ui.streams import streams

HEAVY = re.compile(r"^(httpx|keyring|pydantic|asyncio|hyperscan|cryptography|jwt|jmespath|botocore|rich)(\.|$)")


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("CASB_") and name != "CASB_CACHE_DIR"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    handler = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, handler)


def casb(*args, **environ):
    return subprocess.run(
        [sys.executable, "-m", "casb_cli", *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )


def built():
    """The names of the commands whose module is there."""
    return [name for name in COMMANDS if importlib.util.find_spec(f"casb_cli.commands.{name.replace('-', '_')}")]


def leaves(command, path):
    children = getattr(command, "commands", None)
    if children is None or command.invoke_without_command:
        yield path, command
    for name, child in (children or {}).items():
        yield from leaves(child, f"{path} {name}")


LEAVES = [pytest.param(path, leaf, id=path) for name in built() for path, leaf in leaves(app.load(name), name)]


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version(capsys, flag):
    assert main([flag]) == 0
    assert capsys.readouterr().out == f"casb {__version__}\n"


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_help_is_the_same_however_it_is_asked_for(capsys, args):
    assert main(args) == 0
    assert capsys.readouterr().out == root_help()


def test_the_static_help_is_typers_own_listing():
    root = app.root()
    ctx = root.make_context("casb", [], resilient_parsing=True)
    listed = re.search(r"Commands:\n(.*?)\n\n", root_help(), re.DOTALL)[1].splitlines()
    assert [line.split()[0] for line in listed] == root.list_commands(ctx)
    assert root.get_help(ctx) + "\n" == root_help()


@pytest.mark.parametrize("name", built())
def test_every_command_can_be_loaded_by_its_name(name):
    command = app.root().get_command(None, name)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize(("path", "command"), LEAVES)
def test_every_help_has_examples_exit_codes_and_the_common_options(path, command):
    ctx = command.make_context(f"casb {path}", [], resilient_parsing=True)
    text = command.get_help(ctx)
    assert "Examples:\n" in text
    for line in re.search(r"Examples:\n(.*?)\n\n", text, re.DOTALL)[1].splitlines():
        assert "casb " in line
    for code, meaning in EXIT_CODES.items():
        assert re.search(rf"^ +{code} +{re.escape(meaning)}", text, re.MULTILINE)
    for option in ("--quiet", "--verbose", "--color", "--no-input", "--deadline", "--help"):
        assert text.count(f"{option} ") >= 1
    assert command.help.strip()


def groups(command, path):
    children = getattr(command, "commands", None)
    if children is not None:
        yield path, command
        for name, child in children.items():
            yield from groups(child, f"{path} {name}")


@pytest.mark.parametrize(
    ("path", "group"),
    [pytest.param(path, group, id=path) for name in built() for path, group in groups(app.load(name), name)],
)
def test_the_help_of_a_group_has_examples_and_exit_codes(path, group):
    text = group.get_help(group.make_context(f"casb {path}", [], resilient_parsing=True))
    assert re.search(rf"Examples:\n +casb {path.partition(' ')[0]}", text)
    assert "Exit codes:" in text


def test_what_a_group_was_told_holds_for_its_command_too(monkeypatch):
    made = typer.Typer()
    seen = []

    @made.callback(invoke_without_command=True)
    def group():
        """A group that does something by itself."""

    @made.command("leaf")
    def leaf():
        """Look at the streams."""
        seen.append((streams.quiet, streams.verbose, streams.color, streams.no_input))

    module = ModuleType("casb_cli.commands.store")
    module.app = made
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(app, "find_spec", lambda name: True)
    assert main(["store", "-q", "-vv", "--color", "never", "--no-input", "leaf"]) == 0
    assert main(["store", "leaf", "-q"]) == 0
    assert main(["store", "leaf"]) == 0
    assert seen == [(True, 2, "never", True), (True, 0, "auto", False), (False, 0, "auto", False)]


def test_help_can_be_a_word(capsys):
    assert main(["apps", "--help"]) == 0
    wanted = capsys.readouterr().out
    assert main(["help", "apps"]) == 0
    assert capsys.readouterr().out == wanted
    assert main(["help"]) == 0
    assert capsys.readouterr().out == root_help()


def parsed(root, args):
    """Parse a command line down to its leaf without running it; return the leaf's context."""
    ctx = root.make_context("casb", args)
    command = root
    while getattr(command, "commands", None) is not None and ctx._protected_args:
        rest = [*ctx._protected_args, *ctx.args]
        name, command, rest = command.resolve_command(ctx, rest)
        ctx = command.make_context(name, rest, parent=ctx)
    return ctx


@pytest.mark.parametrize(("path", "command"), LEAVES)
def test_every_example_is_a_command_line_that_is_understood(monkeypatch, path, command):
    monkeypatch.setattr("casb_cli.ui.process.arm_deadline", lambda seconds: None)
    ctx = command.make_context(f"casb {path}", [], resilient_parsing=True)
    examples = re.search(r"Examples:\n(.*?)\n\n", command.get_help(ctx), re.DOTALL)[1]
    own = 0
    for part in re.split(r"\n|\|(?!\|)", examples):
        words = shlex.split(part.partition(" # ")[0])
        if words[:1] == ["casb"]:
            leaf = parsed(app.root(), words[1:])
            own += leaf.command_path == f"casb {path}"
    assert own, "no example shows the command itself"


@pytest.mark.parametrize(
    ("args", "words", "hint"),
    [
        (["matrx"], "there is no command `matrx`", "casb matrix"),
        (["zzz"], "there is no command `zzz`", "casb --help"),
        (["apps", "--nope"], "no such option: --nope", "casb apps --help"),
        (["apps", "-o", "xml"], "'xml' is not one of", "casb apps --help"),
        (["apps", "--limit"], "option '--limit' requires an argument", "casb apps --help"),
        (["govern", "apply", "plan.json", "--approved"], "requires an argument", "casb govern apply --help"),
        (["apps", "--limit", "0"], "0 is not in the range x>=1", "casb apps --help"),
        (["apps", "extra"], "unexpected extra argument", "casb apps --help"),
        (["apps", "--deadline", "soon"], "`soon` is no duration", "90s"),
        (["--nope"], "no such option: --nope", "casb --help"),
    ],
)
def test_words_that_are_off_exit_2_and_say_what_to_run(capsys, args, words, hint):
    assert main(args) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert words in told.err
    assert hint in told.err.partition("\n\nhint: ")[2]


def test_usage_errors_are_json_under_json(capsys):
    assert main(["apps", "-o", "json", "--nope"]) == 2
    told = json.loads(capsys.readouterr().err)
    assert told["exit_code"] == 2
    assert told["error"] == "usage"


def test_options_come_from_the_environment(capsys, monkeypatch):
    monkeypatch.setenv("CASB_OUTPUT", "json")
    monkeypatch.setenv("CASB_FIELDS", "app")
    monkeypatch.setenv("CASB_LIMIT", "1")
    assert main(["apps"]) == 0
    [row] = json.loads(capsys.readouterr().out)
    assert list(row) == ["app"]


RUN = "import sys; from casb_cli.__main__ import main; main(sys.argv[1:])"


def imported(*args):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", RUN, *args],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time")}


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_version_and_help_import_next_to_nothing(flag):
    modules = imported(flag)
    ours = {name for name in modules if name.startswith("casb_cli")}
    assert ours <= {"casb_cli", "casb_cli.__main__", "casb_cli.commands", "casb_cli.commands._names"}
    assert not modules & {"typer", "typing", "re", "enum", "msgspec"} - imported_by_python()


def imported_by_python():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "pass"], capture_output=True, text=True, check=True
    )
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}


@pytest.mark.parametrize("args", [["apps"], ["matrix"], ["schema", "account"], ["apps", "--help"]])
def test_local_commands_import_nothing_heavy(args):
    assert not {name for name in imported(*args) if HEAVY.match(name)}


def test_a_closed_pipe_is_success():
    for command in ("--help", "schema account", "matrix -o jsonl", "matrix", "matrix -o csv", "matrix -o json"):
        line = f"set -o pipefail; {sys.executable} -m casb_cli {command} | head -1"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("command", ["--help", "schema account", "matrix -o csv"])
def test_a_full_disk_is_a_failure_in_words(command):
    line = f"{sys.executable} -m casb_cli {command} > /dev/full"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: could not write the output: No space left on device\n"


@pytest.mark.parametrize("closing", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize("command", ["--version", "schema account"])
def test_closed_streams_do_no_harm(closing, command):
    line = f"{sys.executable} -m casb_cli {command} {closing}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_environment_will_do():
    done = subprocess.run(
        [sys.executable, "-m", "casb_cli", "schema", "account"], env={}, capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == b""


def test_completion_knows_commands_apps_instances_and_fields(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "config.toml").write_text(
        'version = 1\n[[instances]]\nkey = "k1"\napp = "box"\nname = "prod"\n'
        '[[instances]]\nkey = "k2"\napp = "github"\nname = "play"\n'
    )

    def complete(line):
        words = line.split(" ")
        done = casb(_CASB_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
        assert done.stderr == ""
        return done.stdout.split()

    assert complete("casb ma") == ["matrix"]
    assert complete("casb sc") == ["scan", "scans", "schema"]
    assert complete("casb apps --app gith") == ["github"]
    assert complete("casb matrix --instance p") == ["play", "prod"]
    assert complete("casb matrix --fields ca") == ["capability"]
    assert complete("casb matrix --fields app,st") == ["app,status"]
    assert complete("casb schema gro") == ["group"]


def test_completion_is_silent_about_a_broken_configuration(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text("not [ toml")
    done = casb(_CASB_COMPLETE="complete_bash", COMP_WORDS="casb matrix --instance ", COMP_CWORD="3")
    assert (done.stdout.strip(), done.stderr) == ("", "")
