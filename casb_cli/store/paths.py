"""Where config and state live, and how a file is written so that a crash leaves the old or the new one."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from casb_cli.core.errors import StoreError


def config_dir() -> Path:
    """Return the folder of the configuration: `CASB_CONFIG_DIR`, or the platform's."""
    return _dir("CASB_CONFIG_DIR", "user_config_path")


def state_dir() -> Path:
    """Return the folder of store, journal, vault and locks: `CASB_STATE_DIR`, or the platform's."""
    return _dir("CASB_STATE_DIR", "user_state_path")


def _dir(variable: str, platform: str) -> Path:
    if given := os.environ.get(variable):
        return Path(given).expanduser().absolute()
    import platformdirs

    path: Path = getattr(platformdirs, platform)("casb", appauthor=False)
    return path


def ensure_dir(path: Path) -> Path:
    """Return `path`, a folder that now exists; new ones are 0700. Raises StoreError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"could not create {path}: {error.strerror or error}") from None
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replace `path` with `data` in one step, 0600, on disk before the return. Raises StoreError."""
    ensure_dir(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        if os.name == "posix":
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise StoreError(f"could not save {path}: {error.strerror or error}") from None
