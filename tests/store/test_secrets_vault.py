from __future__ import annotations

import base64
import json
import multiprocessing
import resource
import signal
import stat

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from harness import PATIENCE

from casb_cli.core.errors import SecretUnavailable, StoreError, UsageError
from casb_cli.store import vault as module
from casb_cli.store.vault import Vault

CANARY = "canary-55d0-secret"
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    give(monkeypatch, tmp_path, PASSPHRASE)
    module.forget_keys()
    yield tmp_path
    module.forget_keys()


def give(monkeypatch, tmp_path, passphrase, mode=0o600):
    path = tmp_path / "passphrase"
    path.write_text(passphrase + "\n")
    path.chmod(mode)
    monkeypatch.setenv("CASB_VAULT_PASSPHRASE_FILE", str(path))
    return path


@pytest.fixture
def vault():
    made = Vault()
    made.create()
    return made


def test_keeps_changes_and_forgets(vault):
    assert vault.get("i1/main/token") is None
    vault.set("i1/main/token", CANARY)
    vault.set("i1/main/key", "line\n" * 5000)
    module.forget_keys()
    again = Vault()
    assert again.get("i1/main/token") == CANARY
    assert again.get("i1/main/key") == "line\n" * 5000
    assert again.delete("i1/main/token") is True
    assert again.delete("i1/main/token") is False
    assert again.get("i1/main/token") is None


def test_the_file_is_private_and_tells_nothing(vault):
    vault.set("i1/main/token", CANARY)
    data = vault.path.read_bytes()
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(vault.path.parent.stat().st_mode) == 0o700
    assert CANARY.encode() not in data
    assert b"i1/main" not in data


def test_the_format_is_the_documented_one(vault):
    """Decrypt by hand, from the module's description alone."""
    vault.set("a/b/c", "value")
    magic, header, sealed = vault.path.read_bytes().split(b"\n", 2)
    facts = json.loads(header)
    assert magic == b"casb-vault"
    assert (facts["kdf"], facts["n"], facts["r"], facts["p"]) == ("scrypt", 32768, 8, 1)
    salt, nonce = base64.b64decode(facts["salt"]), base64.b64decode(facts["nonce"])
    key = Scrypt(salt=salt, length=64, n=2**15, r=8, p=1).derive(PASSPHRASE.encode())
    plain = AESGCM(key[:32]).decrypt(nonce, sealed, magic + b"\n" + header + b"\n")
    assert json.loads(plain) == {"a/b/c": "value"}


def test_each_write_has_a_nonce_of_its_own(vault):
    seen = set()
    for number in range(5):
        vault.set("n", str(number))
        seen.add(json.loads(vault.path.read_bytes().split(b"\n")[1])["nonce"])
    assert len(seen) == 5


def test_every_altered_byte_is_noticed(vault):
    vault.set("i1/main/token", CANARY)
    good = vault.path.read_bytes()
    for index in range(len(good)):
        vault.path.write_bytes(good[:index] + bytes([good[index] ^ 1]) + good[index + 1 :])
        with pytest.raises((StoreError, SecretUnavailable)) as caught:
            vault.get("i1/main/token")
        assert CANARY not in repr(caught.value)
    vault.path.write_bytes(good)
    assert vault.get("i1/main/token") == CANARY


@pytest.mark.parametrize("cut", [0, 5, 11, 60, -1])
def test_truncated_file_is_damaged_and_never_overwritten(vault, cut):
    vault.set("a", "b")
    data = vault.path.read_bytes()[:cut]
    vault.path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        vault.set("c", "d")
    assert vault.path.read_bytes() == data


def test_a_weaker_header_is_refused_before_any_work(vault):
    magic, header, sealed = vault.path.read_bytes().split(b"\n", 2)
    for change in ({"n": 2}, {"n": 2**30}, {"kdf": "none"}, {"format": 2}):
        forged = json.dumps({**json.loads(header), **change}).encode()
        vault.path.write_bytes(b"\n".join([magic, forged, sealed]))
        with pytest.raises(StoreError, match="another format"):
            vault.get("a")


def test_parts_of_two_vaults_don_t_mix(vault, tmp_path):
    vault.set("a", "b")
    other = Vault(tmp_path / "other")
    other.create()
    head = b"\n".join(vault.path.read_bytes().split(b"\n", 2)[:2])
    vault.path.write_bytes(head + b"\n" + other.path.read_bytes().split(b"\n", 2)[2])
    with pytest.raises(StoreError, match="seal"):
        vault.get("a")


def test_wrong_passphrase(vault, tmp_path, monkeypatch):
    vault.set("a", CANARY)
    give(monkeypatch, tmp_path, "quite another passphrase")
    module.forget_keys()
    with pytest.raises(SecretUnavailable, match="doesn't open") as caught:
        vault.get("a")
    assert caught.value.exit_code == 4
    assert "quite another" not in f"{caught.value!r}{caught.value.hint}"
    with pytest.raises(StoreError, match="doesn't open"):
        vault.set("a", "new")
    give(monkeypatch, tmp_path, PASSPHRASE)
    assert vault.get("a") == CANARY


def test_passphrase_sources(vault, tmp_path, monkeypatch):
    vault.set("a", "b")
    path = give(monkeypatch, tmp_path, PASSPHRASE, 0o644)
    module.forget_keys()
    with pytest.raises(SecretUnavailable, match="other users can read"):
        vault.get("a")
    monkeypatch.delenv("CASB_VAULT_PASSPHRASE_FILE")
    with pytest.raises(SecretUnavailable, match="not given here") as caught:
        vault.get("a")
    assert "CASB_VAULT_PASSPHRASE_FILE" in caught.value.hint
    asked = []
    assert Vault(ask=lambda prompt: asked.append(prompt) or PASSPHRASE).get("a") == "b"
    assert len(asked) == 1
    assert vault.get("a") == "b", "the key is kept in this process"
    module.forget_keys()
    path.chmod(0o400)
    path.rename(tmp_path / "casb-vault-passphrase")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert vault.get("a") == "b"


def test_create_asks_twice_and_refuses_short_ones(monkeypatch, tmp_path):
    monkeypatch.delenv("CASB_VAULT_PASSPHRASE_FILE")
    answers = iter([PASSPHRASE, "something else!"])
    with pytest.raises(UsageError, match="differ"):
        Vault(ask=lambda _: next(answers)).create()
    with pytest.raises(UsageError, match="at least 12"):
        Vault(ask=lambda _: "short").create()
    assert not module.default_path().exists()
    Vault(ask=lambda _: PASSPHRASE).create()
    with pytest.raises(StoreError, match="already"):
        Vault().create(PASSPHRASE)


def test_change_passphrase(vault, tmp_path, monkeypatch):
    vault.set("a", "b")
    vault.change_passphrase("another good passphrase")
    assert vault.get("a") == "b"
    module.forget_keys()
    with pytest.raises(SecretUnavailable, match="doesn't open"):
        vault.get("a")
    give(monkeypatch, tmp_path, "another good passphrase")
    assert vault.get("a") == "b"


def test_no_vault_says_how_to_make_one():
    with pytest.raises(SecretUnavailable, match="there is no vault") as caught:
        Vault().get("a")
    assert "create" in caught.value.hint
    with pytest.raises(StoreError, match="there is no vault"):
        Vault().set("a", "b")


def test_status_tells_usable_or_why(vault, tmp_path, monkeypatch):
    assert vault.status(probe=True).usable is True
    monkeypatch.delenv("CASB_VAULT_PASSPHRASE_FILE")
    module.forget_keys()
    status = vault.status()
    assert status.usable is False
    assert "passphrase" in status.detail
    assert status.hint


def _write_many(number):
    module.forget_keys()
    for index in range(5):
        Vault().set(f"i{number}/main/{index}", f"{number}-{index}")


def test_four_processes_writing_lose_nothing(vault):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
        assert worker.exitcode == 0
    for number in range(4):
        for index in range(5):
            assert vault.get(f"i{number}/main/{index}") == f"{number}-{index}"


def test_full_disk_is_an_error_and_the_old_vault_stays(vault):
    vault.set("a", "old")
    before = vault.path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, limits[1]))
    try:
        with pytest.raises(StoreError, match="could not save"):
            vault.set("a", CANARY * 200)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert vault.path.read_bytes() == before
    assert sorted(path.name for path in vault.path.parent.iterdir()) == ["locks", "vault"]
    assert vault.get("a") == "old"
