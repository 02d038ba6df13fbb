"""The key under which findings are hashed: made once on this machine, kept beside the configuration."""

from __future__ import annotations

import os
import secrets

from casb_cli.core.errors import StoreError
from casb_cli.store import locks
from casb_cli.store.paths import config_dir, ensure_dir, write_private

_SIZE = 32


def fingerprint_key() -> bytes:
    """Return the 32 bytes that key fingerprints, made on first use (0600); raises StoreError.

    It is no credential. Kept apart from the store, so that a copy of the store alone gives no way to try
    likely values against the fingerprints.
    """
    path = config_dir() / "fingerprint.key"
    with locks.hold("config", "fingerprint-key", wait=10.0):
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            ensure_dir(path.parent)
            key = secrets.token_bytes(_SIZE)
            write_private(path, key)
        except OSError as error:
            raise StoreError(f"could not read {path}: {error.strerror}", hint="make it readable for you") from None
    if len(key) != _SIZE or (os.name == "posix" and path.stat().st_mode & 0o077):
        raise StoreError(
            f"{path} is damaged or readable by others", hint=f"chmod 600 {path}; without it, findings get new ids"
        )
    return key
