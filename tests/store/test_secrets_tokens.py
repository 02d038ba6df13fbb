"""Secrets of instances and their tokens, with a vault and with a keyring in memory."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import threading
import time
from contextlib import suppress

import pytest
from harness import PATIENCE

from casb_cli.core.app import CredentialSpec
from casb_cli.core.errors import SecretUnavailable, StoreError, UsageError
from casb_cli.core.protocols import TokenStore
from casb_cli.store import vault as vault_module
from casb_cli.store.places import PlaceStatus
from casb_cli.store.secrets import Secrets
from casb_cli.store.tokens import KeptTokens, MemoryTokens, open_tokens
from casb_cli.store.vault import Vault

CANARY = "canary-3e3e-secret"
PASSPHRASE = "correct horse battery"
TOKEN = {"access_token": CANARY, "refresh_token": f"{CANARY}-r", "expires_at": 1790000000, "scope": "repo"}


class Ring:
    """A keyring; `broken` makes it one that can't be used."""

    name = "keyring"

    def __init__(self, *, broken=False):
        self.kept = {}
        self.broken = broken

    def get(self, name):
        if self.broken:
            raise SecretUnavailable("could not read the OS keyring: none here", hint="use another")
        return self.kept.get(name)

    def set(self, name, value):
        self.require_writable()
        self.kept[name] = value

    def delete(self, name):
        self.require_writable()
        return self.kept.pop(name, None) is not None

    def require_writable(self):
        if self.broken:
            raise StoreError("could not write the OS keyring: none here", hint="use another")

    def status(self, *, probe=False):
        return PlaceStatus("keyring", usable=not self.broken, backend="ring")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE)
    path.chmod(0o600)
    monkeypatch.setenv("CASB_VAULT_PASSPHRASE_FILE", str(path))
    vault_module.forget_keys()
    yield tmp_path
    vault_module.forget_keys()


def spec(tokens=None, **secrets):
    return CredentialSpec(name="main", method="oauth", secrets=secrets, tokens=tokens)


def test_read_by_source(monkeypatch):
    secrets = Secrets(keyring=Ring())
    secrets.vault.create()
    secrets.write("i1", "main", "token", "keyring", "in-ring")
    secrets.write("i1", "main", "key", "vault", "in-vault")
    monkeypatch.setenv("THE_ENV", "in-env\nnote")
    assert secrets.read("i1", "main", "token", "keyring") == "in-ring"
    assert secrets.read("i1", "main", "key", "vault") == "in-vault"
    assert secrets.read("i1", "main", "x", "env:THE_ENV", whole=False) == "in-env"
    assert secrets.read_spec("i1", spec(token="keyring"), "token") == "in-ring"
    assert secrets.keyring.kept == {"i1/main/token": "in-ring"}
    for other in (("i2", "main"), ("i1", "cron")):
        with pytest.raises(SecretUnavailable, match="no such entry") as caught:
            secrets.read(*other, "token", "keyring")
        assert "--secret token=keyring:stdin" in caught.value.hint


def test_failures_name_the_secret():
    secrets = Secrets(keyring=Ring(broken=True))
    with pytest.raises(SecretUnavailable, match="secret `token`: could not read the OS keyring"):
        secrets.read("i1", "main", "token", "keyring")
    with pytest.raises(SecretUnavailable, match="secret `token`: source env:NOT_SET_HERE"):
        secrets.read("i1", "main", "token", "env:NOT_SET_HERE")
    with pytest.raises(SecretUnavailable, match="has no secret `token`"):
        secrets.read_spec("i1", spec(), "token")


@pytest.mark.parametrize("value", ["", "a\0b", "\ud800"])
def test_what_can_t_be_kept_is_refused(value):
    with pytest.raises(UsageError, match="`token` is empty or not valid"):
        Secrets(keyring=Ring()).write("i1", "main", "token", "keyring", value)


def test_the_vault_is_never_chosen_silently():
    secrets = Secrets(keyring=Ring(broken=True))
    secrets.vault.create()
    with pytest.raises(StoreError, match="OS keyring"):
        secrets.default_place()
    assert secrets.default_place("vault") == "vault"
    assert Secrets(keyring=Ring()).default_place() == "keyring"


def test_forget_takes_all_that_is_ours_and_nothing_else(tmp_path):
    secrets = Secrets(keyring=Ring())
    secrets.vault.create()
    outside = tmp_path / "outside"
    outside.write_text("x")
    one = spec("keyring", token="keyring", key="vault", other=f"file:{outside}")
    secrets.write("i1", "main", "token", "keyring", "a")
    secrets.write("i1", "main", "key", "vault", "b")
    secrets.write("i2", "main", "token", "keyring", "stays")
    open_tokens("i1", one, secrets).save(TOKEN)
    assert secrets.forget("i1", [one]) == ()
    assert secrets.keyring.kept == {"i2/main/token": "stays"}
    assert secrets.vault.get("i1/main/key") is None
    assert outside.exists()


def test_forget_tells_what_it_could_not_delete():
    secrets = Secrets(keyring=Ring(broken=True))
    problems = secrets.forget("i1", [spec(token="keyring")])
    assert len(problems) == 1
    assert "`token` of credential `main`" in problems[0]


def test_statuses_show_the_vault_only_where_there_is_one():
    secrets = Secrets(keyring=Ring())
    assert [s.place for s in secrets.statuses()] == ["keyring"]
    secrets.vault.create()
    assert [(s.place, s.usable) for s in secrets.statuses(probe=True)] == [("keyring", True), ("vault", True)]


@pytest.mark.parametrize(
    ("broken", "vault", "secrets", "obtainable", "kept"),
    [
        (False, False, {"token": "keyring"}, "keyring", "keyring"),
        (False, True, {"token": "keyring"}, "keyring", "keyring"),
        (False, True, {"token": "vault"}, "vault", "vault"),
        (False, True, {"token": "vault", "key": "keyring"}, "keyring", "keyring"),
        (False, False, {"token": "env:X"}, None, "keyring"),
        (False, True, {"token": "env:X"}, None, "keyring"),
        (True, True, {"token": "env:X"}, None, "vault"),
        (True, False, {"token": "env:X"}, None, "refused"),
        (True, False, {}, None, "refused"),
    ],
)
def test_the_place_of_tokens(broken, vault, secrets, obtainable, kept):
    held = Secrets(keyring=Ring(broken=broken))
    if vault:
        held.vault.create()
    assert held.token_place(spec(**secrets), rotates=False) == obtainable
    for why in ({"rotates": True}, {"rotates": False, "interactive": True}):
        if kept == "refused":
            with pytest.raises(StoreError, match="neither in the OS keyring nor in a vault") as caught:
                held.token_place(spec(**secrets), **why)
            assert "vault" in caught.value.hint
        else:
            assert held.token_place(spec(**secrets), **why) == kept


@pytest.mark.parametrize("place", ["keyring", "vault"])
def test_tokens_are_kept_and_cleared(place):
    secrets = Secrets(keyring=Ring())
    secrets.vault.create()
    store: TokenStore = open_tokens("i1", spec(place), secrets)
    assert store.load() is None
    store.save(TOKEN)
    assert open_tokens("i1", spec(place), secrets).load() == TOKEN
    assert open_tokens("i2", spec(place), secrets).load() is None
    store.clear()
    assert store.load() is None


def test_tokens_are_in_no_plain_file(home):
    secrets = Secrets(keyring=Ring())
    secrets.vault.create()
    store = open_tokens("i1", spec("vault"), secrets)
    with store.lock():
        store.save(TOKEN)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(path.name == "vault" for path in files)
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_unreadable_tokens_are_told_without_their_text():
    ring = Ring()
    for text in (f"{{{CANARY}", f'["{CANARY}"]'):
        ring.kept["i1/main/token-set"] = text
        with pytest.raises(StoreError, match="credential `main`") as caught:
            KeptTokens("i1", "main", ring).load()
        assert CANARY not in repr(caught.value)
        assert caught.value.__context__ is None


def test_lock_refuses_before_a_token_is_spent_where_none_could_be_kept():
    spent = []
    with pytest.raises(StoreError), KeptTokens("i1", "main", Ring(broken=True)).lock():
        spent.append(1)
    assert spent == []
    with KeptTokens("i1", "main", Ring()).lock():
        spent.append(1)
    assert spent == [1]


def test_lock_is_one_at_a_time_over_threads():
    ring = Ring()
    inside, most = [], []

    def renew():
        with KeptTokens("i1", "main", ring).lock():
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=renew) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6


def _renew(times):
    """Renew as an authenticator does: under the lock, from what is kept, saved before use."""
    vault_module.forget_keys()
    store = KeptTokens("i1", "main", Vault())
    for _ in range(times):
        with store.lock():
            number = store.load()["refresh_token"]
            store.save({"refresh_token": number + 1, "access_token": f"{os.getpid()}"})


def test_two_processes_renewing_at_once_never_use_a_spent_token():
    Vault().create()
    KeptTokens("i1", "main", Vault()).save({"refresh_token": 0, "access_token": ""})
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_renew, args=(10,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
        assert worker.exitcode == 0
    assert KeptTokens("i1", "main", Vault()).load()["refresh_token"] == 20


def _renew_for_ever(pipe):
    vault_module.forget_keys()
    store = KeptTokens("i1", "main", Vault())
    while True:
        with store.lock():
            number = store.load()["refresh_token"] + 1
            store.save({"refresh_token": number, "pad": "x" * 20_000})
            pipe.send(number)  # from here on the new access token would be used


def test_a_token_that_may_have_been_used_survives_a_kill_at_any_moment():
    Vault().create()
    KeptTokens("i1", "main", Vault()).save({"refresh_token": 0})
    context = multiprocessing.get_context("spawn")
    pause = random.Random(20261101)
    for _ in range(6):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_renew_for_ever, args=(theirs,))
        worker.start()
        theirs.close()
        used = ours.recv()
        time.sleep(pause.uniform(0, 0.1))
        worker.kill()
        worker.join()
        with suppress(EOFError):
            while True:
                used = ours.recv()
        ours.close()
        vault_module.forget_keys()
        kept = KeptTokens("i1", "main", Vault()).load()
        assert kept["refresh_token"] in (used, used + 1)
        assert len(kept["pad"]) == 20_000


def test_memory_tokens_live_in_the_process_alone(home):
    store = open_tokens("i1", spec("memory"), Secrets(keyring=Ring()))
    assert isinstance(store, MemoryTokens)
    with store.lock():
        store.save(TOKEN)
    assert store.load() == TOKEN
    store.clear()
    assert store.load() is None
    assert not any(CANARY in path.read_text() for path in home.rglob("*") if path.is_file())


def test_no_repr_shows_a_value():
    secrets = Secrets(keyring=Ring())
    secrets.vault.create()
    secrets.write("i1", "main", "token", "vault", CANARY)
    store = open_tokens("i1", spec("memory"), secrets)
    store.save(TOKEN)
    assert CANARY not in f"{secrets!r}{secrets.vault!r}{store!r}{json.dumps([str(s) for s in secrets.statuses()])}"
