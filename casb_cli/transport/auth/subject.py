"""Subject tokens of workload identity federation: what another identity provider says of this machine, read anew.

The form is Google's `credential_source`: a file, an address, or a program that is run only where the environment
allows it. An address is asked without any credential but the headers that the configuration gives.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from casb_cli.core.errors import ProviderError, SecretUnavailable, Throttled, Unavailable, UsageError
from casb_cli.core.shapes import from_json
from casb_cli.transport.calls import NOBODY, Call
from casb_cli.transport.signin import PlainHttp

ALLOWED = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES"
"""The environment variable that must be `1` before a program is run: the form's own rule."""
MAX_BYTES = 1024 * 1024
_LIMIT = 30_000
_LEAST, _MOST = 5_000, 120_000
_KINDS = {
    "urn:ietf:params:oauth:token-type:jwt": "id_token",
    "urn:ietf:params:oauth:token-type:id_token": "id_token",
    "urn:ietf:params:oauth:token-type:saml2": "saml_response",
}


class Format(msgspec.Struct):
    type: Literal["text", "json"] = "text"
    subject_token_field_name: str = ""


class Executable(msgspec.Struct):
    command: str
    timeout_millis: int = _LIMIT
    output_file: str | None = None


class CredentialSource(msgspec.Struct):
    """Where a subject token comes from: one of `file`, `url` and `executable`."""

    file: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    format: Format = msgspec.field(default_factory=Format)
    executable: Executable | None = None
    environment_id: str | None = None
    certificate: dict[str, Any] | None = None


class _Said(msgspec.Struct):
    """What a program prints."""

    version: int
    success: bool
    token_type: str = ""
    id_token: str | None = None
    saml_response: str | None = None
    expiration_time: float | None = None
    code: str = ""
    message: str = ""


def check(source: CredentialSource) -> None:
    """Raise UsageError where a source is none that is read here."""
    given = [source.file, source.url, source.executable]
    if source.environment_id or source.certificate is not None:
        kind = "AWS" if source.environment_id else "certificate"
        raise UsageError(
            f"subject tokens of the {kind} kind are not read",
            hint="have a program write the token to a file, or use --auth keyless with a command that gives a token",
        )
    if sum(one is not None for one in given) != 1:
        raise UsageError("`credential_source` names none, or more than one, of `file`, `url` and `executable`")
    if source.format.type == "json" and not source.format.subject_token_field_name:
        raise UsageError("`credential_source.format` lacks `subject_token_field_name`")
    if source.executable is not None:
        if not _LEAST <= source.executable.timeout_millis <= _MOST:
            raise UsageError(f"`executable.timeout_millis` lies between {_LEAST} and {_MOST}")
        if os.environ.get(ALLOWED) != "1":
            raise UsageError(
                "the configuration wants a program run, which the environment does not allow",
                hint=f"if you trust the program, set {ALLOWED}=1 where casb runs, for cron too",
            )


def subject_token(source: CredentialSource, http: PlainHttp, known: Mapping[str, str], kind: str) -> str:
    """Return the subject token of a type as its source gives it now; `known` goes into a program's environment.

    Raises SecretUnavailable, UsageError.
    """
    check(source)
    if source.executable is not None:
        return _run(source.executable, known, kind)
    text = _file(source.file) if source.file is not None else _fetched(source, http)
    shape = source.format
    token = text.strip() if shape.type == "text" else _field(text, shape.subject_token_field_name)
    if not token or not token.isascii() or any(one.isspace() for one in token):
        raise SecretUnavailable("the subject token's source gives no token")
    return token


def _file(path: str) -> str:
    try:
        with Path(path).expanduser().open("rb") as stream:
            return stream.read(MAX_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is no text"
    raise SecretUnavailable(f"the subject token's file cannot be read: {path}: {problem}")


def _fetched(source: CredentialSource, http: PlainHttp) -> str:
    from casb_cli.transport.client import Client

    url = source.url or ""
    if not isinstance(http, Client):
        raise TypeError("an address is asked through a client")
    call = Call(
        name="GET (subject token)",
        url=url,
        host="beside",
        family="oauth",
        headers={"Accept": "*/*", **source.headers},
        identity=NOBODY,
        safe=True,
    )
    problem, later = "", False
    known: dict[str, Any] = {
        "where": http.where,
        "stop": http.stop,
        "deadline": http.deadline,
        "transport": http.transport,
    }
    try:
        # Another address than the app's, and without what writes traces: its answer is the token itself.
        with Client(http.app, http.rules, None, {"beside": url}, http.governors, **known) as beside:
            return beside.send(call, limit=MAX_BYTES).body.decode()
    except UnicodeDecodeError:
        problem = "the answer is no text"
    except ProviderError as error:
        problem, later = error.words, isinstance(error, Unavailable | Throttled)
    text = f"the subject token's address gives none: {problem}"
    raise Unavailable(text) if later else SecretUnavailable(text)


def _field(text: str, name: str) -> str:
    try:
        found: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        raise SecretUnavailable("the subject token's source gives no JSON") from None
    token = found.get(name) if isinstance(found, dict) else None
    return token if isinstance(token, str) else ""


def _run(program: Executable, known: Mapping[str, str], kind: str) -> str:
    import subprocess

    if program.output_file:
        kept = _kept(program.output_file, kind)
        if kept is not None:
            return kept
    environment = {**os.environ, **known}
    if program.output_file:
        environment["GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE"] = program.output_file
    try:
        done = subprocess.run(
            shlex.split(program.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=program.timeout_millis / 1000,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SecretUnavailable(f"the subject token's program did not end within {program.timeout_millis} ms") from None
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "its command line cannot be read"
        raise SecretUnavailable(f"the subject token's program cannot be run: {problem}") from None
    if done.returncode != 0:
        raise SecretUnavailable(f"the subject token's program ended with {done.returncode}")
    return _told(done.stdout[:MAX_BYTES], kind)


def _kept(path: str, kind: str) -> str | None:
    """Return the token that a program left in its output file, None where there is none that still holds."""
    try:
        said = from_json(Path(path).expanduser().read_bytes()[:MAX_BYTES], _Said)
    except (OSError, msgspec.MsgspecError):
        return None
    if not said.success or (said.expiration_time or 0) <= time.time():
        return None
    return _of(said, kind)


def _told(printed: bytes, kind: str) -> str:
    try:
        said = from_json(printed, _Said)
    except msgspec.MsgspecError:
        raise SecretUnavailable("the subject token's program printed no answer of the form") from None
    if not said.success:
        raise SecretUnavailable(f"the subject token's program failed: {said.code} {said.message}".rstrip())
    if said.expiration_time is not None and said.expiration_time <= time.time():
        raise SecretUnavailable("the subject token's program gave a token that has ended")
    return _of(said, kind)


def _of(said: _Said, kind: str) -> str:
    token = {"id_token": said.id_token, "saml_response": said.saml_response}.get(_KINDS.get(said.token_type, ""))
    if said.version != 1 or not token or said.token_type != kind:
        raise SecretUnavailable("the subject token's program gave no token of the configured type")
    return token
