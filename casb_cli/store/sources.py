"""Where the value of a secret comes from: `keyring`, `vault`, or a source outside that is read each time.

What a source yields: a file, a command's output, stdin and an imported file give their whole text without
the one line break that ends it; a one-line secret takes the first line of that (so `pass show NAME`, whose
first line is the password, works as it is). Text is UTF-8. At most 1 MiB.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from casb_cli.core.errors import SecretUnavailable, UsageError
from casb_cli.store.places import PlaceName

if TYPE_CHECKING:
    import subprocess

MAX_BYTES = 1024 * 1024
COMMAND_LIMIT = 30.0

Kind = Literal["keyring", "vault", "env", "file", "command", "credential"]
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CREDENTIAL_NAME = re.compile(r"(?!\.\.?$)[A-Za-z0-9_.:-]{1,200}")
_KEY = re.compile(r"[a-z][a-z0-9_]*")

_SOURCES = (
    "sources: keyring, vault, stdin, import:PATH, vault:stdin, vault:import:PATH, env:NAME, file:PATH,"
    " command:ARGV, credential:NAME"
)


@dataclass(frozen=True)
class Source:
    """Where a value comes from; `text` is its form in the configuration."""

    kind: Kind
    rest: str = ""

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.rest}" if self.rest else self.kind

    @property
    def kept(self) -> bool:
        """Whether we keep the value ourselves, in keyring or vault."""
        return self.kind in ("keyring", "vault")


@dataclass(frozen=True)
class SecretOption:
    """One `--secret KEY=SOURCE`. `place` is where a new value goes: None lets `connect` choose.

    `source` is set for a source outside; else the value comes from `given`: a prompt, stdin or a file.
    """

    key: str
    source: Source | None = None
    place: PlaceName | None = None
    given: Literal["prompt", "stdin", "import"] = "prompt"
    path: str = ""


def parse(text: str) -> Source:
    """Return the source that the configuration names; raises UsageError that never repeats the text."""
    kind, colon, rest = text.partition(":")
    if not colon and kind in ("keyring", "vault"):
        return Source("keyring" if kind == "keyring" else "vault")
    if kind == "env" and _ENV_NAME.fullmatch(rest):
        return Source("env", rest)
    if kind == "credential" and _CREDENTIAL_NAME.fullmatch(rest):
        return Source("credential", rest)
    if kind == "file" and rest and "\0" not in rest:
        return Source("file", rest)
    if kind == "command" and _argv(rest):
        return Source("command", rest)
    # The text may be the secret itself, given by mistake: it is not quoted.
    raise UsageError("the text given as a secret's source names none", hint=_SOURCES)


def _argv(text: str) -> list[str]:
    try:
        return [] if "\0" in text else shlex.split(text)
    except ValueError:
        return []


def parse_option(text: str) -> SecretOption:
    """Return what `--secret KEY=SOURCE` says; a value in SOURCE's place is refused and not repeated."""
    key, equals, rest = text.partition("=")
    if not equals or not _KEY.fullmatch(key):
        raise UsageError("`--secret` takes KEY=SOURCE, KEY being a field such as client_secret", hint=_SOURCES)
    place, wanted = _place(rest)
    if wanted == "stdin":
        return SecretOption(key, place=place, given="stdin")
    if wanted.startswith("import:") and len(wanted) > len("import:"):
        return SecretOption(key, place=place, given="import", path=wanted.removeprefix("import:"))
    if wanted == "" and place:
        return SecretOption(key, place=place)
    try:
        return SecretOption(key, source=_anchored(parse(rest)))
    except UsageError:
        raise UsageError(
            f"`--secret {key}=...` names no source; a value itself is never taken from the command line,"
            " where other users and the shell's history see it",
            hint=f"pipe it in (`--secret {key}=stdin`), import a file (`--secret {key}=import:PATH`),"
            f" or leave the option out to be asked; {_SOURCES}",
        ) from None


def _anchored(source: Source) -> Source:
    """Return a file source with its path made absolute: cron starts in another folder than the person did."""
    if source.kind != "file":
        return source
    try:
        path = Path(source.rest).expanduser()
    except RuntimeError:
        path = Path(source.rest)  # no home of that name: reading tells
    return Source("file", str(path.absolute()))


def _place(text: str) -> tuple[PlaceName | None, str]:
    if text == "keyring" or text.startswith(("keyring:stdin", "keyring:import:")):
        return "keyring", text.removeprefix("keyring").removeprefix(":")
    if text == "vault" or text.startswith(("vault:stdin", "vault:import:")):
        return "vault", text.removeprefix("vault").removeprefix(":")
    return None, text


def parse_options(texts: list[str]) -> dict[str, SecretOption]:
    """Return all `--secret` options by key; a key given twice, or stdin for two keys, is a UsageError."""
    options: dict[str, SecretOption] = {}
    for text in texts:
        option = parse_option(text)
        if option.key in options:
            raise UsageError(f"`--secret {option.key}=...` is given twice")
        options[option.key] = option
    from_stdin = [option.key for option in options.values() if option.given == "stdin"]
    if len(from_stdin) > 1:
        raise UsageError(
            f"stdin can give one secret, not {' and '.join(from_stdin)}",
            hint="use import:PATH for the others",
        )
    return options


def trim(text: str, *, whole: bool) -> str:
    """Return the value that a source's text gives: whole without its last line break, or its first line."""
    if not whole:
        return re.split(r"\r\n|\n|\r", text, maxsplit=1)[0]
    for end in ("\r\n", "\n", "\r"):
        if text.endswith(end):
            return text.removesuffix(end)
    return text


def storable(value: str) -> bool:
    """Tell whether a value is text that keyrings, headers and forms can carry."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def read(source: Source, *, whole: bool = True) -> str:
    """Return the value of a source outside (not keyring or vault); raises SecretUnavailable, never empty.

    `whole` is for secrets of several lines, such as a private key; without it the first line counts.
    """
    if source.kind == "env":
        value = os.environ.get(source.rest, "")
        if not value:
            raise SecretUnavailable(
                f"source env:{source.rest}: the environment variable is not set, or empty",
                hint=f"set {source.rest} where casb runs (cron has an environment of its own)",
            )
        text = value
    elif source.kind == "file":
        if not source.rest.startswith("~") and not Path(source.rest).is_absolute():
            raise SecretUnavailable(
                f"source {source.text}: the path is relative, and means another file wherever casb is started",
                hint="write the absolute path",
            )
        text = read_private(Path(source.rest), what=f"source {source.text}")
    elif source.kind == "credential":
        text = read_credential(source.rest, what=f"source {source.text}")
    elif source.kind == "command":
        text = _run(source.rest)
    else:
        raise UsageError(f"{source.text} is kept by casb, not read from outside")
    value = trim(text, whole=whole)
    if not storable(value):
        raise SecretUnavailable(f"{_name(source)}: the value is no text", hint="give the secret as UTF-8 text")
    if not value:
        raise SecretUnavailable(f"{_name(source)}: it gives an empty value", hint="put the secret there")
    return value


def _name(source: Source) -> str:
    """Name a source in a message; a command by its program alone, since an argument may be delicate."""
    return f"source command:{_argv(source.rest)[0]}" if source.kind == "command" else f"source {source.text}"


def import_file(path: str, *, whole: bool = True) -> str:
    """Return the value of a file that is put into keyring or vault once, whatever its permissions."""
    name = f"import:{path}"
    value = trim(_text(_bytes(Path(path), name, forbidden=0), name), whole=whole)
    if not value:
        raise SecretUnavailable(f"{name}: the file is empty", hint="put the secret there")
    return value


def given_value(
    option: SecretOption,
    *,
    stdin: Callable[[int], bytes],
    ask: Callable[[str], str] | None,
    prompt: str = "",
    whole: bool = True,
) -> str:
    """Return the value that a `--secret` option hands over now: from stdin, a file, or a prompt.

    `stdin` returns at most that many bytes of it; `ask` is None where no terminal is. Raises SecretUnavailable
    and UsageError.
    """
    if option.given == "import":
        return import_file(option.path, whole=whole)
    if option.given == "stdin":
        data = stdin(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise SecretUnavailable(f"secret `{option.key}`: stdin is larger than 1 MiB", hint="pipe in one secret")
        value = trim(_text(data, "stdin"), whole=whole)
    elif ask is None:
        raise UsageError(
            f"secret `{option.key}` is missing, and there is no terminal to ask for it",
            hint=f"give `--secret {option.key}=SOURCE`; {_SOURCES}",
        )
    else:
        value = ask(prompt or option.key)
    if not value:
        raise SecretUnavailable(
            f"secret `{option.key}`: {'stdin' if option.given == 'stdin' else 'the prompt'} gave an empty value",
            hint="give the secret again",
        )
    return value


def read_private(path: Path, *, what: str) -> str:
    """Return a file's text if nobody but its owner can read it; raises SecretUnavailable, named by `what`."""
    return _text(_bytes(path, what, forbidden=0o077), what)


def credential_path(name: str) -> Path | None:
    """Return the file of a systemd credential, or None where no service manager gave this process any."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) / name if folder else None


def read_credential(name: str, *, what: str) -> str:
    """Return a systemd credential's text; raises SecretUnavailable, named by `what`."""
    path = credential_path(name)
    if path is None:
        raise SecretUnavailable(
            f"{what}: CREDENTIALS_DIRECTORY is not set, so this process has no systemd credentials",
            hint=f"run casb from a unit with `LoadCredential={name}:PATH` or `LoadCredentialEncrypted=`",
        )
    # systemd grants the service's user by an access list, which shows as the group's bit.
    return _text(_bytes(path, what, forbidden=0o007), what)


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    raise SecretUnavailable(f"{what}: the content is no UTF-8 text", hint="give the secret as text (PEM, JSON)")


def _bytes(path: Path, what: str, *, forbidden: int) -> bytes:
    try:
        # Not blocking: a pipe in the file's place must not hang the run.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path.expanduser(), flags)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SecretUnavailable(
            f"{what}: could not open {path}: {reason}", hint="check that the path is right and readable for you"
        ) from None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise SecretUnavailable(f"{what}: {path} is no regular file", hint="name a regular file")
        if os.name == "posix":
            _check_owner(path, facts, what, forbidden)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SecretUnavailable(f"{what}: could not read {path}: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(data) > MAX_BYTES:
        raise SecretUnavailable(f"{what}: {path} is larger than 1 MiB", hint="name the file of one secret")
    return data


def _check_owner(path: Path, facts: os.stat_result, what: str, forbidden: int) -> None:
    if facts.st_mode & forbidden:
        raise SecretUnavailable(
            f"{what}: other users can read {path} (mode {stat.S_IMODE(facts.st_mode):04o})",
            hint=f"chmod 600 {shlex.quote(str(path))}, and replace the secret if others may have seen it",
        )
    if forbidden and facts.st_uid not in (0, os.geteuid()):
        raise SecretUnavailable(
            f"{what}: {path} belongs to another user (uid {facts.st_uid})",
            hint=f"chown {os.geteuid()} {shlex.quote(str(path))}",
        )


def _run(command: str) -> str:
    import subprocess

    argv = _argv(command)
    what = f"source command:{argv[0]}"
    by_hand = "run the command by hand to see why; under cron it has no terminal and a short PATH"
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            # What the program says on stderr may quote the secret, so nobody reads it.
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise SecretUnavailable(f"{what}: could not start it: {reason}", hint=by_hand) from None
    data = b""
    timed_out = False
    try:
        data, _ = process.communicate(timeout=COMMAND_LIMIT)
    except subprocess.TimeoutExpired:
        timed_out = True
    finally:
        _stop(process, left_over=timed_out)
    if timed_out:
        raise SecretUnavailable(f"{what}: no output within {COMMAND_LIMIT:g} s", hint=by_hand)
    if process.returncode != 0:
        raise SecretUnavailable(f"{what}: it ended with exit code {process.returncode}", hint=by_hand)
    if len(data) > MAX_BYTES:
        raise SecretUnavailable(f"{what}: its output is larger than 1 MiB", hint="name a command for one secret")
    return _text(data, what)


def _stop(process: subprocess.Popen[bytes], *, left_over: bool) -> None:
    """End the program where it still runs, and what it started; `left_over`: a child holds its output."""
    if process.poll() is None or left_over:
        try:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        except ProcessLookupError:
            pass  # all of them ended by themselves just now
        process.wait()
    if process.stdout:
        process.stdout.close()
