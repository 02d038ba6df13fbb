"""The encrypted vault: one file for secrets on machines without an OS keyring.

Layout: a line `casb-vault`, a line of JSON (the header), then AES-256-GCM's output over a JSON object of
entries. The header's exact bytes are authenticated with the content. The key is scrypt's (N=2^15, r=8, p=1:
32 MiB) from the passphrase and a random salt; 32 of its 64 bytes encrypt, the other 32 make the header's
check, which tells a wrong passphrase from a damaged file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from casb_cli.core.errors import CasbError, SecretUnavailable, StoreError, UsageError
from casb_cli.store import locks, sources
from casb_cli.store.paths import state_dir, write_private
from casb_cli.store.places import PlaceName, PlaceStatus

PASSPHRASE_FILE = "CASB_VAULT_PASSPHRASE_FILE"
PASSPHRASE_CREDENTIAL = "casb-vault-passphrase"
MIN_PASSPHRASE = 12
_MAGIC = b"casb-vault\n"
_PROFILE: dict[str, Any] = {"format": 1, "kdf": "scrypt", "n": 2**15, "r": 8, "p": 1, "cipher": "AES-256-GCM"}
_LOCK_WAIT = 30.0
_MAX_BYTES = 64 * 1024 * 1024
_CREATE_HINT = "create it: `casb store vault create`"
_PASSPHRASE_HINT = (
    f"set {PASSPHRASE_FILE} to a file that only you can read, or give the systemd credential"
    f" {PASSPHRASE_CREDENTIAL}, or run casb on a terminal to be asked"
)

_keys: dict[tuple[str, str], bytes] = {}
"""Derived keys by vault file and salt: deriving one costs 0.1 s, and the passphrase is asked once."""
_keys_lock = threading.Lock()


def default_path() -> Path:
    """Return where the vault is, whether or not it exists."""
    return state_dir() / "vault"


def forget_keys() -> None:
    """Drop the derived keys of this process; the next access derives them again."""
    with _keys_lock:
        _keys.clear()


class Vault:
    """The vault file at `path`. `ask` shows a prompt and returns what was typed; None: no terminal."""

    name: PlaceName = "vault"

    def __init__(self, path: Path | None = None, *, ask: Callable[[str], str] | None = None) -> None:
        self.path = path or default_path()
        self._ask = ask

    def exists(self) -> bool:
        """Tell whether there is a vault file."""
        return os.path.exists(self.path)  # noqa: PTH110 - Path.exists raises where the folder is closed to us

    def create(self, passphrase: str | None = None) -> None:
        """Create an empty vault; a passphrase not given comes from file, credential or prompt (asked twice).

        Raises StoreError where a vault exists already, UsageError for a passphrase under 12 characters.
        """
        with self._locked():
            if self.exists():
                raise StoreError(
                    f"there is a vault already: {self.path}",
                    hint="to change its passphrase: casb store vault passphrase",
                )
            secret = passphrase if passphrase is not None else self._passphrase(confirm=True)
            self._write_new(_checked(secret), {})

    def change_passphrase(self, new: str | None = None) -> None:
        """Encrypt the vault anew under a passphrase that is given or asked for twice."""
        with self._locked():
            entries = self._entries()
            if new is None:
                if self._ask is None:
                    raise SecretUnavailable("vault: there is no terminal to ask for the new passphrase")
                new = _ask_twice(self._ask, "new passphrase of the vault")
            self._write_new(_checked(new), entries)

    def open(self) -> None:
        """Prove that the vault can be opened here; raises SecretUnavailable or StoreError."""
        self._entries()

    def get(self, name: str) -> str | None:
        return self._entries().get(name)

    def set(self, name: str, value: str) -> None:
        with self._writing() as entries:
            entries[name] = value
        if self._entries().get(name) != value:
            raise StoreError(f"could not write the vault {self.path}: it doesn't give the value back")

    def delete(self, name: str) -> bool:
        with self._writing() as entries:
            return entries.pop(name, None) is not None

    def require_writable(self) -> None:
        with self._as_write_error():
            self._entries()
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise StoreError(f"could not write the vault {self.path}: its folder is read-only")

    def status(self, *, probe: bool = False) -> PlaceStatus:
        name = f"vault {self.path}"
        try:
            self._entries()
            if probe:
                self.require_writable()
        except CasbError as error:
            return PlaceStatus("vault", usable=False, backend=name, detail=error.message, hint=error.hint)
        return PlaceStatus("vault", usable=True, backend=name)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with locks.hold("vault", "write", wait=_LOCK_WAIT, label="the vault"):
            yield

    @contextmanager
    def _as_write_error(self) -> Iterator[None]:
        try:
            yield
        except SecretUnavailable as error:
            raise StoreError(f"could not write a secret: {error.message}", hint=error.hint) from None

    @contextmanager
    def _writing(self) -> Iterator[dict[str, str]]:
        with self._locked():
            with self._as_write_error():
                salt, key, entries = self._opened()
            before = dict(entries)
            yield entries
            if entries != before:
                self._write(salt, key, entries)

    def _entries(self) -> dict[str, str]:
        return self._opened()[2]

    def _opened(self) -> tuple[bytes, bytes, dict[str, str]]:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head, header, sealed = self._parse()
        salt, nonce = _field(header, "salt", 16), _field(header, "nonce", 12)
        slot = (str(self.path), salt.hex())
        with _keys_lock:
            key = _keys.get(slot)
            if key is None:
                key = _derive(self._passphrase(), salt)
                if not hmac.compare_digest(_check(key, salt), _field(header, "check", 32)):
                    raise SecretUnavailable(
                        f"the passphrase doesn't open the vault {self.path}",
                        hint=f"check the passphrase; {_PASSPHRASE_HINT}",
                    )
        try:
            plain = AESGCM(key[:32]).decrypt(nonce, sealed, head)
        except InvalidTag:
            raise _damaged(self.path, "its content doesn't match its seal") from None
        with _keys_lock:
            _keys[slot] = key
        entries: dict[str, str] = json.loads(plain)
        return salt, key, entries

    def _parse(self) -> tuple[bytes, dict[str, Any], bytes]:
        data = self._raw()
        line = data.find(b"\n", len(_MAGIC))
        if not data.startswith(_MAGIC) or line < 0:
            raise _damaged(self.path, "it doesn't begin as a vault")
        head = data[: line + 1]
        try:
            header = json.loads(head[len(_MAGIC) :])
        except ValueError:
            raise _damaged(self.path, "its header can't be read") from None
        # Only our one profile: a header altered to a weaker or a ruinous one is refused before any work.
        if not isinstance(header, dict) or any(header.get(name) != value for name, value in _PROFILE.items()):
            raise _damaged(self.path, "its header names another format")
        return head, header, data[line + 1 :]

    def _raw(self) -> bytes:
        try:
            with self.path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
        except FileNotFoundError:
            raise SecretUnavailable(f"there is no vault at {self.path}", hint=_CREATE_HINT) from None
        except OSError as error:
            raise SecretUnavailable(f"could not read the vault {self.path}: {error.strerror}") from None
        if len(data) > _MAX_BYTES:
            raise _damaged(self.path, "it is larger than 64 MiB")
        return data

    def _passphrase(self, *, confirm: bool = False) -> str:
        if path := os.environ.get(PASSPHRASE_FILE):
            text = sources.read_private(Path(path), what=f"vault passphrase ({PASSPHRASE_FILE})")
        elif (given := sources.credential_path(PASSPHRASE_CREDENTIAL)) and given.exists():
            text = sources.read_credential(PASSPHRASE_CREDENTIAL, what="vault passphrase (systemd credential)")
        elif self._ask is None:
            raise SecretUnavailable("the vault's passphrase is not given here", hint=_PASSPHRASE_HINT)
        elif confirm:
            text = _ask_twice(self._ask, "passphrase for the new vault")
        else:
            text = self._ask(f"passphrase of the vault {self.path}")
        value = sources.trim(text, whole=True)
        if not value:
            raise SecretUnavailable("the vault's passphrase is empty", hint=_PASSPHRASE_HINT)
        return value

    def _write_new(self, passphrase: str, entries: dict[str, str]) -> None:
        salt = os.urandom(16)
        self._write(salt, _derive(passphrase, salt), entries)

    def _write(self, salt: bytes, key: bytes, entries: dict[str, str]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(12)
        header = {**_PROFILE, "salt": _b64(salt), "nonce": _b64(nonce), "check": _b64(_check(key, salt))}
        head = _MAGIC + json.dumps(header).encode() + b"\n"
        sealed = AESGCM(key[:32]).encrypt(nonce, json.dumps(entries).encode(), head)
        write_private(self.path, head + sealed)
        with _keys_lock:
            _keys[(str(self.path), salt.hex())] = key


def _derive(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    kdf = Scrypt(salt=salt, length=64, n=_PROFILE["n"], r=_PROFILE["r"], p=_PROFILE["p"])
    return kdf.derive(passphrase.encode())


def _check(key: bytes, salt: bytes) -> bytes:
    return hmac.new(key[32:], b"casb-vault-check" + salt, hashlib.sha256).digest()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _field(header: dict[str, Any], name: str, length: int) -> bytes:
    try:
        value = base64.b64decode(header[name], validate=True)
    except (KeyError, TypeError, ValueError):
        value = b""
    return value if len(value) == length else b"\0" * length


def _damaged(path: Path, why: str) -> StoreError:
    return StoreError(
        f"the vault {path} is damaged: {why}",
        hint="put a backup in its place, or move it away and connect the instances anew",
    )


def _checked(passphrase: str) -> str:
    if len(passphrase) < MIN_PASSPHRASE:
        raise UsageError(f"the vault's passphrase must have at least {MIN_PASSPHRASE} characters")
    return passphrase


def _ask_twice(ask: Callable[[str], str], prompt: str) -> str:
    first = ask(prompt)
    if ask(f"{prompt}, again") != first:
        raise UsageError("the two passphrases differ")
    return first
