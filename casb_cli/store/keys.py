"""The key under which findings are hashed: made once on this machine, kept beside the configuration."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from casb_cli.core.errors import StoreError
from casb_cli.store import locks
from casb_cli.store.paths import config_dir, ensure_dir, write_private

_SIZE = 32


class NoPlaceForKey(StoreError):
    """There is no key yet, and none can be kept: the disk is full or read-only, or there is no home."""


def fingerprint_key() -> bytes:
    """Return the 32 bytes that key fingerprints, made on first use (0600); raises StoreError.

    It is no credential. Kept apart from the store, so that a copy of the store alone gives no way to try
    likely values against the fingerprints.
    """
    path = config_dir() / "fingerprint.key"
    # It is replaced as a whole or not at all: reading it asks for no lock, and so for no place to write.
    key = _read(path) or _made(path)
    if len(key) != _SIZE:
        raise StoreError(
            f"{path} is no key: it has {len(key)} bytes and not {_SIZE}",
            hint="copy it anew from where it was made; without it, findings get new ids",
        )
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise StoreError(f"{path} is readable by others", hint=f"chmod 600 {path}")
    return key


def passing_key() -> bytes:
    """Return a key that is kept nowhere: what it makes is recognised in this run only."""
    return secrets.token_bytes(_SIZE)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"could not read {path}: {error.strerror}", hint="make it readable for you") from None


def _made(path: Path) -> bytes:
    try:
        with locks.hold("config", "fingerprint-key", wait=10.0):
            key = _read(path)
            if key is None:
                ensure_dir(path.parent)
                key = secrets.token_bytes(_SIZE)
                write_private(path, key)
            return key
    except StoreError as error:
        raise NoPlaceForKey(str(error), hint=error.hint) from None
