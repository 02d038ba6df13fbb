from __future__ import annotations

import io
import os
import shlex
import sys

import pytest
from harness import ended, wait_until

from casb_cli.core.errors import SecretUnavailable, UsageError
from casb_cli.store import sources
from casb_cli.store.sources import SecretOption, Source

CANARY = "canary-91ab-secret"


def links(error):
    while error is not None:
        yield f"{error!r} {error} {getattr(error, 'hint', '')} {vars(error)}"
        error = error.__cause__ or error.__context__


def assert_quiet(error):
    assert not any(CANARY in text for text in links(error))


def secret_file(tmp_path, text, mode=0o600):
    path = tmp_path / "secret"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("keyring", Source("keyring")),
        ("vault", Source("vault")),
        ("env:BOX_SECRET", Source("env", "BOX_SECRET")),
        ("file:/run/key:1.pem", Source("file", "/run/key:1.pem")),
        ("command:pass show 'my box'", Source("command", "pass show 'my box'")),
        ("credential:box-key", Source("credential", "box-key")),
    ],
)
def test_parse_and_text_are_inverse(text, source):
    assert sources.parse(text) == source
    assert source.text == text


@pytest.mark.parametrize(
    "text",
    ["", CANARY, f"env:{CANARY}", "env:", "file:", "command:", "command:'", "credential:../x", "credential:..",
     "keyring:x", "vault:x", "stdin", "KEYRING", "https://x/y", "command:a\0b"],
)  # fmt: skip
def test_what_is_no_source_is_refused_and_not_repeated(text):
    with pytest.raises(UsageError) as caught:
        sources.parse(text)
    assert_quiet(caught.value)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("token=keyring", SecretOption("token", place="keyring")),
        ("token=vault", SecretOption("token", place="vault")),
        ("token=stdin", SecretOption("token", given="stdin")),
        ("token=vault:stdin", SecretOption("token", place="vault", given="stdin")),
        ("token=import:/a=b", SecretOption("token", given="import", path="/a=b")),
        ("key=vault:import:k.pem", SecretOption("key", place="vault", given="import", path="k.pem")),
        ("key=keyring:import:k.pem", SecretOption("key", place="keyring", given="import", path="k.pem")),
        ("token=env:T", SecretOption("token", source=Source("env", "T"))),
        ("token=command:op read x=y", SecretOption("token", source=Source("command", "op read x=y"))),
    ],
)
def test_secret_options(text, option):
    assert sources.parse_option(text) == option


@pytest.mark.parametrize("text", [f"token={CANARY}", f"token=import={CANARY}", f"{CANARY}", "token=", "=env:X"])
def test_a_value_given_directly_is_refused_and_not_repeated(text):
    with pytest.raises(UsageError) as caught:
        sources.parse_option(text)
    assert_quiet(caught.value)
    assert "import:PATH" in caught.value.hint


def test_stdin_serves_one_secret_and_a_key_stands_once():
    with pytest.raises(UsageError, match="stdin can give one secret"):
        sources.parse_options(["a=stdin", "b=vault:stdin"])
    with pytest.raises(UsageError, match="given twice"):
        sources.parse_options(["a=stdin", "a=env:X"])
    assert list(sources.parse_options(["a=stdin", "b=env:X"])) == ["a", "b"]


def test_env(monkeypatch):
    monkeypatch.setenv("BOX_SECRET", CANARY)
    assert sources.read(Source("env", "BOX_SECRET")) == CANARY
    monkeypatch.setenv("BOX_SECRET", "")
    for name in ("BOX_SECRET", "BOX_OTHER"):
        with pytest.raises(SecretUnavailable, match=f"env:{name}.*not set, or empty"):
            sources.read(Source("env", name))


@pytest.mark.parametrize(
    ("text", "whole", "line"),
    [
        ("v", "v", "v"),
        ("v\n", "v", "v"),
        ("v\r\n", "v", "v"),
        ("v\n\n", "v\n", "v"),
        (" v \nnote\n", " v \nnote", " v "),
        ("\ufeffv\n", "v", "v"),
        ("a\u2028b\n", "a\u2028b", "a\u2028b"),
    ],
)
def test_what_a_text_yields(tmp_path, text, whole, line):
    source = Source("file", str(secret_file(tmp_path, text)))
    assert sources.read(source) == whole
    assert sources.read(source, whole=False) == line


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o601])
def test_file_that_others_can_reach_is_refused(tmp_path, mode):
    path = secret_file(tmp_path, CANARY, mode)
    with pytest.raises(SecretUnavailable, match=f"mode {mode:04o}") as caught:
        sources.read(Source("file", str(path)))
    assert f"chmod 600 {path}" in caught.value.hint
    assert_quiet(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away needs root")
def test_file_of_another_user_is_refused(tmp_path):
    path = secret_file(tmp_path, CANARY)
    os.chown(path, 4321, -1)
    with pytest.raises(SecretUnavailable, match="belongs to another user"):
        sources.read(Source("file", str(path)))


def test_file_problems_name_the_path_and_never_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe", 0o600)
    cases = {
        tmp_path / "missing": "No such file",
        tmp_path: "no regular file",
        tmp_path / "pipe": "no regular file",
    }
    for path, words in cases.items():
        with pytest.raises(SecretUnavailable, match=words) as caught:
            sources.read(Source("file", str(path)))
        assert str(path) in caught.value.message
    for content, words in [
        (b"\xff\xfe" + CANARY.encode(), "no UTF-8"),
        (b"", "empty"),
        (b"\n", "empty"),
        (CANARY.encode() * 70_000, "larger than 1 MiB"),
    ]:
        with pytest.raises(SecretUnavailable, match=words) as caught:
            sources.read(Source("file", str(secret_file(tmp_path, content))))
        assert_quiet(caught.value)


def test_import_takes_any_permissions(tmp_path):
    assert sources.import_file(str(secret_file(tmp_path, "v\n", 0o644))) == "v"
    with pytest.raises(SecretUnavailable, match="empty"):
        sources.import_file(str(secret_file(tmp_path, "")))


def test_systemd_credential(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SecretUnavailable, match="CREDENTIALS_DIRECTORY is not set") as caught:
        sources.read(Source("credential", "secret"))
    assert "LoadCredential=secret:PATH" in caught.value.hint
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    secret_file(tmp_path, f"{CANARY}\n", 0o440)  # the mask of systemd's access list
    assert sources.read(Source("credential", "secret")) == CANARY
    secret_file(tmp_path, CANARY, 0o444)
    with pytest.raises(SecretUnavailable, match="other users can read"):
        sources.read(Source("credential", "secret"))


def command(code, *args):
    return Source("command", shlex.join([sys.executable, "-c", code, *args]))


def test_command_output_and_first_line():
    source = command("print('first'); print('second')")
    assert sources.read(source) == "first\nsecond"
    assert sources.read(source, whole=False) == "first"


def test_command_is_never_given_to_a_shell():
    source = command("import sys; print(sys.argv[1:])", "$HOME", "a;b", "`id`", "*", ">x")
    assert sources.read(source) == "['$HOME', 'a;b', '`id`', '*', '>x']"


def test_command_has_no_terminal_and_no_stdin():
    code = (
        "import os, sys\n"
        "assert sys.stdin.read() == ''\n"
        "assert os.getsid(0) == os.getpid()\n"
        "try:\n open('/dev/tty')\nexcept OSError:\n print('none')\n"
    )
    assert sources.read(command(code)) == "none"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (command(f"import sys; print('{CANARY}', file=sys.stderr); print('{CANARY}'); sys.exit(3)"), "exit code 3"),
        (Source("command", "no-such-program-here x"), "could not start it: No such file"),
        (command("pass"), "empty value"),
        (command(f"print('{CANARY}' * 70000)"), "larger than 1 MiB"),
        (command(rf"import sys; sys.stdout.buffer.write(b'\xff{CANARY}')"), "no UTF-8"),
    ],
)  # fmt: skip
def test_command_failures_name_the_program_alone(source, words, capfd):
    with pytest.raises(SecretUnavailable, match=words) as caught:
        sources.read(source)
    assert_quiet(caught.value)
    out, err = capfd.readouterr()
    assert CANARY not in out + err


def test_command_that_hangs_is_ended_with_its_children(monkeypatch, tmp_path):
    pids = tmp_path / "pids"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(9999)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
    )
    for rest in ("time.sleep(9999)", "pass"):  # the second leaves a child that holds the output
        pids.unlink(missing_ok=True)
        for limit in (1, 10, 100):  # a slow machine takes longer to start it
            monkeypatch.setattr(sources, "COMMAND_LIMIT", float(limit))
            with pytest.raises(SecretUnavailable, match=f"no output within {limit} s"):
                sources.read(command(code + rest))
            if pids.exists() and pids.read_text():
                break
        for pid in pids.read_text().split():
            assert wait_until(lambda pid=pid: ended(int(pid)))


def test_given_values(tmp_path):
    path = secret_file(tmp_path, "from-file\n")

    def given(text, *, stdin=b"from-stdin\nnote", ask=lambda prompt: f"typed at {prompt}", **rest):
        return sources.given_value(sources.parse_option(text), stdin=io.BytesIO(stdin).read, ask=ask, **rest)

    assert given("token=stdin", whole=False) == "from-stdin"
    assert given("token=vault:stdin") == "from-stdin\nnote"
    assert given(f"token=import:{path}") == "from-file"
    assert given("token=keyring", prompt="Client secret") == "typed at Client secret"
    with pytest.raises(UsageError, match="`token` is missing") as caught:
        given("token=keyring", ask=None)
    assert "--secret token=SOURCE" in caught.value.hint
    for text in ("token=stdin", "token=vault"):
        with pytest.raises(SecretUnavailable, match="empty value"):
            given(text, stdin=b"\n", ask=lambda _: "")
    for data in (b"\xff" + CANARY.encode(), CANARY.encode() * 70_000):
        with pytest.raises(SecretUnavailable, match="stdin") as unfit:
            given("token=stdin", stdin=data)
        assert_quiet(unfit.value)


def test_file_paths_mean_the_same_file_wherever_casb_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert sources.parse_option("token=file:secret").source == Source("file", str(tmp_path / "secret"))
    assert sources.parse_option("token=file:~/s").source == Source("file", str(tmp_path / "home" / "s"))
    secret_file(tmp_path, "v")
    with pytest.raises(SecretUnavailable, match="relative"):
        sources.read(Source("file", "secret"))


def test_what_is_no_text_is_refused(monkeypatch, tmp_path):
    monkeypatch.setitem(os.environ, "RAW", f"{CANARY}\udcff")
    nul = secret_file(tmp_path, f"{CANARY}\0")
    for source in (Source("env", "RAW"), Source("file", str(nul))):
        with pytest.raises(SecretUnavailable, match="no text") as caught:
            sources.read(source)
        assert_quiet(caught.value)
