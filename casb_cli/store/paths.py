"""Where things are kept, and how a file becomes private and durable."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from casb_cli.core.errors import ConfigError, StoreError

_NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "9p", "ceph", "fuse.sshfs", "glusterfs", "fuse.glusterfs"}
)


def absolute(path: str | Path) -> Path:
    """Return the path from the root on; raises ConfigError where it hangs on a working directory that is gone."""
    try:
        return Path(path).absolute()
    except FileNotFoundError:
        raise ConfigError(
            f"`{path}` cannot be found: the working directory no longer exists",
            hint="change to another directory, or give the whole path",
        ) from None


def config_dir() -> Path:
    """Return the directory of the settings (`CASB_CONFIG_DIR` or the platform's); it need not exist."""
    return _dir("CASB_CONFIG_DIR", "user_config_path")


def state_dir() -> Path:
    """Return the directory of store, journal and locks (`CASB_STATE_DIR` or the platform's)."""
    return _dir("CASB_STATE_DIR", "user_state_path")


def cache_dir() -> Path:
    """Return the directory of what can be made anew (`CASB_CACHE_DIR`, else `cache` in the state directory)."""
    given = os.environ.get("CASB_CACHE_DIR")
    return absolute(Path(given).expanduser()) if given else state_dir() / "cache"


def _dir(variable: str, function: str) -> Path:
    given = os.environ.get(variable)
    if given:
        return absolute(Path(given).expanduser())
    import platformdirs

    path: Path = getattr(platformdirs, function)("casb", appauthor=False)
    return path


def explain(error: OSError, path: Path, verb: str = "save") -> StoreError:
    """Return the StoreError that tells an OSError in words, with a hint that names the way out."""
    where = "CASB_STATE_DIR and CASB_CONFIG_DIR choose another place"
    code = error.errno
    if code in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StoreError(
            f"could not {verb} `{path}`: no space left (disk full, quota or file size limit)",
            hint=f"free some space, or remove old history with `casb store prune`; {where}",
        )
    if code in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return StoreError(
            f"could not {verb} `{path}`: the place is read-only or belongs to somebody else",
            hint=f"make it writable for this user; {where}",
        )
    words = error.strerror or type(error).__name__
    return StoreError(f"could not {verb} `{path}`: {words}", hint=f"check the path; {where}")


@contextmanager
def saving(path: Path, verb: str = "save") -> Iterator[None]:
    """Turn every OSError of the block into a StoreError that names `path`."""
    try:
        yield
    except OSError as error:
        raise explain(error, path, verb) from error


def ensure_dir(path: Path) -> Path:
    """Make sure that a directory exists with mode 0700 and return it; raises StoreError."""
    with saving(path, "create"):
        missing = []
        at = path
        while not at.exists():
            missing.append(at)
            at = at.parent
        for part in reversed(missing):
            with suppress(FileExistsError):
                part.mkdir(mode=0o700)
        if not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o700)
    return path


def private_file(path: Path) -> Path:
    """Make sure that a file exists with mode 0600 (created empty) and return it; raises StoreError."""
    ensure_dir(path.parent)
    with saving(path, "create"):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Replace a file by `data`, mode 0600: after the return it is on disk, before it the old one is whole.

    Raises StoreError, the old content untouched and no temporary file left.
    """
    import tempfile  # dear, and reading makes no file

    ensure_dir(path.parent)
    with saving(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_dir(path.parent)


def sync_dir(path: Path) -> None:
    """Make renames and new names inside a directory durable, where the platform can."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems refuse fsync on a directory; their renames are as durable as they get.
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """Return the type of the network file system that holds `path`, or None (also where nobody can tell)."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    best, found = -1, ""
    real = os.path.realpath(path)
    for line in table.splitlines():
        words = line.split(" ")
        if len(words) < 3:
            continue
        point = words[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:
            best, found = len(point), words[2]
    return found if found in _NETWORK_TYPES else None


def warning(path: Path) -> str | None:
    """Return what the user should know about the place of the store, or None."""
    kind = network_file_system(path)
    if kind is None:
        return None
    return (
        f"`{path}` lies on a network file system ({kind}): locks and the write-ahead log are not safe there; "
        "set CASB_STATE_DIR to a local directory"
    )
