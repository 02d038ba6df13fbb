"""The OS keyring against a real Secret Service, and without one. Needs dbus and gnome-keyring."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

CANARY = "canary-7c1f-secret"
PASSWORD = "login-password"


@pytest.fixture
def tools():
    missing = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if not shutil.which(name)]
    if missing:
        reason = f"not installed: {', '.join(missing)} (Debian: apt install dbus gnome-keyring)"
        if os.environ.get("CI_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def bare(tmp_path):
    """An environment as cron gives it: no D-Bus, no display, nothing of ours."""
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(run),
        "CASB_CONFIG_DIR": str(tmp_path / "config"),
        "CASB_STATE_DIR": str(tmp_path / "state"),
    }


PRELUDE = """
import json, os, sys, time
from casb_cli.core.errors import CasbError
from casb_cli.store.keyrings import OsKeyring
OsKeyring.__init__.__kwdefaults__["limit"] = 200.0  # so that a slow machine is no keyring that hangs
def in_use():
    status = OsKeyring().status()
    return status.backend if status.usable else f"none: {status.detail}"
def told(work):
    try:
        return work()
    except CasbError as error:
        return {"kind": error.kind, "code": error.exit_code, "text": f"{error!r} {error} {error.hint}"}
def tell(**facts):
    print(json.dumps(facts))
"""

# The daemon is a child of the session's shell and ends with it: nothing outlives the test.
SESSION = """
mkfifo "$1/answer"
printf '%s' "$2" | gnome-keyring-daemon --foreground --components=secrets $3 >/dev/null 2>&1 &
daemon=$!
export KEYRING_PID=$daemon
tries=0
until dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
      string:org.freedesktop.secrets 2>/dev/null | grep -q true; do
  tries=$((tries+1)); [ $tries -gt 100 ] && exit 97; sleep 0.1
done
"$4" -c "$5"; code=$?
kill -CONT $daemon; kill $daemon; wait $daemon
rm "$1/answer"
exit $code
"""


def run_plain(code, env, **kwargs):
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(code)],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
        **kwargs,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done


def run_session(code, env, *, unlock):
    home = Path(env["HOME"])
    done = subprocess.run(
        [
            *("dbus-run-session", "--", "sh", "-c", SESSION, "session", str(home), PASSWORD),
            "--unlock" if unlock else "",
            sys.executable,
            PRELUDE + textwrap.dedent(code),
        ],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done


def test_stores_reads_and_deletes_over_sessions(tools, bare):
    long = "k€y\n" * 2000  # longer than any single keyring entry may be on Windows
    code = f"""
    ring = OsKeyring()
    ring.set("i1/main/token", {CANARY!r})
    ring.set("i1/main/key", {long!r})
    tell(backend=in_use(), probe=ring.status(probe=True).usable, none=ring.get("i1/main/other"))
    """
    first, _ = run_session(code, bare, unlock=True)
    assert first == {"backend": "Secret Service", "probe": True, "none": None}

    code = f"""
    ring = OsKeyring()
    tell(token=ring.get("i1/main/token") == {CANARY!r}, key=ring.get("i1/main/key") == {long!r},
         gone=[ring.delete("i1/main/token"), ring.delete("i1/main/key"), ring.delete("i1/main/key")],
         after=[ring.get("i1/main/token"), ring.get("i1/main/key")])
    import secretstorage
    bus = secretstorage.dbus_init()
    left = [i for c in secretstorage.get_all_collections(bus)
            for i in c.get_all_items() if i.get_attributes().get("service") == "casb"]
    assert not left, len(left)
    bus.close()
    """
    second, _ = run_session(code, bare, unlock=True)
    assert second == {"token": True, "key": True, "gone": [True, True, False], "after": [None, None]}


def test_locked_keyring_is_an_error_at_once_and_never_asks(tools, bare):
    run_session(f"OsKeyring().set('i1/main/token', {CANARY!r}); tell()", bare, unlock=True)
    code = f"""
    ring = OsKeyring()
    facts = dict(read=told(lambda: ring.get("i1/main/token")),
                 write=told(lambda: ring.set("i1/main/token", "other-{CANARY}")),
                 writable=told(ring.require_writable))
    tell(usable=ring.status().usable, **facts)
    """
    told, done = run_session(code, bare, unlock=False)
    assert told["read"]["kind"] == "secret-unavailable"
    assert told["read"]["code"] == 4
    assert told["write"]["kind"] == "store"
    assert told["writable"]["kind"] == "store"
    assert all("locked" in told[name]["text"] and "vault" in told[name]["text"] for name in ("read", "write"))
    assert told["usable"] is False
    assert CANARY not in done.stdout + done.stderr
    kept, _ = run_session("tell(token=OsKeyring().get('i1/main/token'))", bare, unlock=True)
    assert kept == {"token": CANARY}


def test_no_default_collection_is_an_error_without_a_terminal(tools, bare):
    told, _ = run_session("tell(read=told(lambda: OsKeyring().get('i1/main/token')))", bare, unlock=False)
    assert told["read"]["kind"] == "secret-unavailable"
    assert "no default collection" in told["read"]["text"]


def test_collection_that_lives_in_memory_only_is_refused(tools, bare):
    code = f"""
    import subprocess
    subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets",
        "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.SetAlias", "string:default",
        "objpath:/org/freedesktop/secrets/collection/session"], check=True, capture_output=True)
    tell(write=told(lambda: OsKeyring(interactive=True).set("i1/main/token", {CANARY!r})))
    """
    told, _ = run_session(code, bare, unlock=True)
    assert told["write"]["kind"] == "store"
    assert "in memory only" in told["write"]["text"]


def test_dialogue_that_nobody_can_see_ends_as_locked(tools, bare):
    run_session("OsKeyring().set('i1/main/token', 'x'); tell()", bare, unlock=True)
    code = """
    tell(read=told(lambda: OsKeyring(interactive=True, limit=10, prompt_limit=10).get("i1/main/token")))
    """
    told, _ = run_session(code, bare, unlock=False)
    assert told["read"]["kind"] == "secret-unavailable"


def test_stopped_service_is_left_behind_after_the_limit(tools, bare):
    code = f"""
    import signal
    ring = OsKeyring()
    ring.set("i1/main/token", "before")
    os.kill(int(os.environ["KEYRING_PID"]), signal.SIGSTOP)
    ring._limit = 1
    read = told(lambda: ring.get("i1/main/token"))
    tell(read=read, write=told(lambda: ring.set("i1/main/token", {CANARY!r})))
    """
    told, done = run_session(code, bare, unlock=True)
    assert told["read"]["kind"] == "secret-unavailable"
    assert "no answer within 1 s" in told["read"]["text"]
    assert told["write"]["kind"] == "store"
    assert "it did not answer before" in told["write"]["text"], "a keyring known to hang is not waited for again"
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("greets", [True, False], ids=["silent after the greeting", "silent at once"])
def test_hung_bus_neither_hangs_the_call_nor_the_exit(bare, tmp_path, greets):
    path = str(tmp_path / "bus")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    held = []
    threading.Thread(target=_accept, args=(listener, held, greets), daemon=True).start()
    code = """
    ring = OsKeyring(limit=5)
    read = told(lambda: ring.get("i1/main/token"))
    tell(read=read, write=told(lambda: ring.set("i1/main/token", "x")))
    """
    told, _ = run_plain(code, {**bare, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={path}"})
    listener.close()
    for connection in held:
        connection.close()
    assert held, "the bus was asked"
    assert told["read"]["kind"] == "secret-unavailable"
    assert told["write"]["kind"] == "store"
    if greets:
        assert "no answer within 5 s" in told["read"]["text"]
        assert "it did not answer before" in told["write"]["text"]


def _accept(listener, held, greets):
    """Be a message bus that takes connections, accepts the greeting perhaps, and never answers a call."""
    try:
        while True:
            connection = listener.accept()[0]
            held.append(connection)
            if greets:
                connection.recv(200)
                connection.sendall(b"OK 1234deadbeef1234deadbeef1234dead\r\n")
    except OSError:
        return


def test_cron_without_bus_and_terminal(bare):
    code = """
    ring = OsKeyring()
    tell(read=told(lambda: ring.get("i1/main/token")), write=told(lambda: ring.set("i1/main/token", "x")),
         backend=in_use())
    """
    told, _ = run_plain(code, bare)
    assert told["read"]["kind"] == "secret-unavailable"
    assert told["write"]["kind"] == "store"
    for name in ("env:NAME", "file:PATH", "command:ARGV", "credential:NAME", "vault"):
        assert name in told["read"]["text"]
    assert "keyrings.alt" not in told["read"]["text"], "keyring's own advice is a plaintext backend"
    assert told["backend"].startswith("none: ")


def test_cron_reads_and_renews_through_the_vault(bare, tmp_path):
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery\n")
    passphrase.chmod(0o600)
    code = f"""
    from casb_cli.core.app import CredentialSpec
    from casb_cli.store.secrets import Secrets
    from casb_cli.store.tokens import open_tokens
    secrets = Secrets()
    spec = CredentialSpec(name="main", method="oauth", secrets={{"key": "vault"}}, tokens="vault")
    if not secrets.vault.exists():
        secrets.vault.create()
        secrets.write("i1", "main", "key", "vault", {CANARY!r})
    store = open_tokens("i1", spec, secrets)
    with store.lock():
        number = (store.load() or {{"n": 0}})["n"] + 1
        store.save({{"n": number}})
    tell(read=secrets.read_spec("i1", spec, "key") == {CANARY!r}, number=number,
         places=[[status.place, status.usable] for status in secrets.statuses()])
    """
    env = {**bare, "CASB_VAULT_PASSPHRASE_FILE": str(passphrase)}
    for number in (1, 2):
        told, done = run_plain(code, env)
        assert told == {"read": True, "number": number, "places": [["keyring", False], ["vault", True]]}
        assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("keyring.backends.null.Keyring", "keeps nothing"),
        ("keyring.backends.fail.Keyring", "no OS keyring"),
        ("keyrings.alt.file.PlaintextKeyring", "keeps secrets in a file of its own"),
        ("keyrings.alt.file.EncryptedKeyring", "keeps secrets in a file of its own"),
        ("keyrings.cryptfile.cryptfile.CryptFileKeyring", "keeps secrets in a file of its own"),
        ("nowhere.to.be.Found", "can't be loaded"),
        ("forgetful.Keyring", "doesn't give it back"),
    ],
)
def test_unsafe_backends_are_refused_with_our_own_hint(bare, tmp_path, backend, words):
    _write_backends(tmp_path)
    env = {**bare, "PYTHON_KEYRING_BACKEND": backend, "PYTHONPATH": str(tmp_path)}
    told, done = run_plain(f"tell(write=told(lambda: OsKeyring().set('i1/main/token', {CANARY!r})))", env)
    assert told["write"]["kind"] == "store"
    assert words in told["write"]["text"]
    assert "--secret KEY=vault" in told["write"]["text"]
    assert CANARY not in done.stdout + done.stderr
    assert CANARY not in (tmp_path / "plain.txt").read_text()


def test_chain_that_holds_a_plaintext_backend_is_refused(bare, tmp_path):
    _write_backends(tmp_path)
    code = f"""
    import keyring
    import safe
    from keyring.backends.chainer import ChainerBackend
    from keyrings.alt.file import PlaintextKeyring
    class Chain(ChainerBackend):
        backends = [safe.Keyring(), PlaintextKeyring()]
    Chain.__module__ = ChainerBackend.__module__
    keyring.set_keyring(Chain())
    tell(write=told(lambda: OsKeyring().set('i1/main/token', {CANARY!r})))
    """
    told, done = run_plain(code, {**bare, "PYTHONPATH": str(tmp_path)})
    assert "PlaintextKeyring" in told["write"]["text"]
    assert CANARY not in done.stdout + done.stderr + (tmp_path / "plain.txt").read_text()


def test_backend_failure_never_quotes_the_value(bare, tmp_path):
    _write_backends(tmp_path)
    code = f"""
    import traceback
    ring = OsKeyring()
    try:
        ring.set("i1/main/token", {CANARY!r})
    except CasbError as error:
        traceback.print_exc()
        chain = [error.__cause__, error.__context__]
        tell(text=repr(error), quoted=any({CANARY!r} in repr(link) for link in chain))
    """
    told, done = run_plain(code, {**bare, "PYTHON_KEYRING_BACKEND": "loud.Keyring", "PYTHONPATH": str(tmp_path)})
    assert "it failed (PasswordSetError)" in told["text"]
    assert told["quoted"] is False
    assert CANARY not in done.stdout + done.stderr.replace(f'"i1/main/token", {CANARY!r}', "")


def test_backend_that_the_user_names_is_used(bare, tmp_path):
    _write_backends(tmp_path)
    env = {**bare, "PYTHON_KEYRING_BACKEND": "safe.Keyring", "PYTHONPATH": str(tmp_path)}
    code = """
    ring = OsKeyring()
    ring.set("i1/main/token", "value")
    tell(backend=in_use(), value=ring.get("i1/main/token"))
    """
    told, _ = run_plain(code, env)
    assert told == {"backend": "safe.Keyring", "value": "value"}


def _write_backends(folder):
    """Write backends as third parties would install them."""
    base = """
from keyring.backend import KeyringBackend
class {name}(KeyringBackend):
    priority = 1
    def __init__(self):
        super().__init__()
        self.kept = {{}}
    def get_password(self, service, username):
        return self.kept.get((service, username))
    def set_password(self, service, username, password):
        {store}
    def delete_password(self, service, username):
        del self.kept[service, username]
"""
    keep = "self.kept[service, username] = password"
    plain = f"open({str(folder / 'plain.txt')!r}, 'a').write(password); {keep}"
    (folder / "plain.txt").write_text("")
    for path, names, store in [
        ("safe.py", ["Keyring"], keep),
        ("forgetful.py", ["Keyring"], "pass"),
        ("loud.py", ["Keyring"], "from keyring.errors import PasswordSetError; raise PasswordSetError(password)"),
        ("keyrings/alt/file.py", ["PlaintextKeyring", "EncryptedKeyring"], plain),
        ("keyrings/cryptfile/cryptfile.py", ["CryptFileKeyring"], plain),
    ]:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(base.format(name=name, store=store) for name in names))


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="POSIX only")
def test_importing_our_modules_does_not_import_keyring():
    code = """
import sys
import casb_cli.store.config, casb_cli.store.secrets, casb_cli.store.tokens
heavy = {"keyring", "cryptography", "secretstorage", "jeepney", "tomli_w", "httpx"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True)
