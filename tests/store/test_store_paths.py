from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from casb_cli.core.errors import StoreError
from casb_cli.store import paths
from casb_cli.store.store import Store

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


def as_nobody(work) -> str:
    """Run `work` in a child without root's power to write anywhere; return what it prints."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            try:
                said = f"ok {work()}"
            except StoreError as error:
                said = f"{type(error).__name__}: {error.message} | {error.hint}"
            os.write(into, said.encode())
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as stream:
        said = stream.read().decode()
    os.waitpid(child, 0)
    return said


def test_the_environment_chooses_the_folders(monkeypatch, tmp_path):
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "c"))
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "s"))
    assert paths.config_dir() == tmp_path / "c"
    assert paths.state_dir() == tmp_path / "s"
    monkeypatch.delenv("CASB_CACHE_DIR", raising=False)
    assert paths.cache_dir() == tmp_path / "s" / "cache"
    monkeypatch.setenv("CASB_CACHE_DIR", str(tmp_path / "k"))
    assert paths.cache_dir() == tmp_path / "k"
    monkeypatch.delenv("CASB_STATE_DIR")
    assert "casb" in paths.state_dir().parts


@posix
def test_what_is_made_is_private_whatever_the_umask(tmp_path):
    old = os.umask(0)
    try:
        paths.write_private(tmp_path / "a" / "b" / "settings", b"x")
        paths.private_file(tmp_path / "a" / "db")
    finally:
        os.umask(old)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("a", "a/b", "a/b/settings", "a/db")}
    assert modes == {"a": 0o700, "a/b": 0o700, "a/b/settings": 0o600, "a/db": 0o600}


@posix
def test_an_open_folder_or_file_is_closed_to_others(tmp_path):
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    (folder / "db").write_bytes(b"kept")
    (folder / "db").chmod(0o644)
    paths.private_file(folder / "db")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "db").stat().st_mode) == 0o600
    assert (folder / "db").read_bytes() == b"kept"


def test_a_failed_write_leaves_the_old_content_and_nothing_else(tmp_path, monkeypatch):
    target = tmp_path / "settings"
    paths.write_private(target, b"old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError) as caught:
        paths.write_private(target, b"new")
    assert "no space left" in caught.value.message
    assert str(target) in caught.value.message
    assert "casb store prune" in (caught.value.hint or "")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["settings"]


@posix
def test_a_read_only_home_is_an_error_that_says_so(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o555)
    for part in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        part.chmod(0o755)
    said = as_nobody(lambda: paths.write_private(home / "casb" / "config.toml", b"x"))
    assert said.startswith("StoreError: could not create")
    assert "read-only or belongs to somebody else" in said
    assert "CASB_STATE_DIR" in said


@posix
def test_a_store_that_cannot_be_written_says_so(tmp_path):
    with Store(tmp_path / "state") as store:
        store.runs.begin("k")
    for path in (tmp_path / "state").iterdir():
        path.chmod(0o444)
    (tmp_path / "state").chmod(0o555)
    for part in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        part.chmod(0o755)
    said = as_nobody(lambda: Store(tmp_path / "state"))
    (tmp_path / "state").chmod(0o700)
    assert said.startswith("StoreError: could not create")
    assert str(tmp_path / "state") in said


def test_a_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreError, match="state"):
        paths.ensure_dir(tmp_path / "state")


def test_a_network_file_system_is_named(tmp_path):
    mounts = tmp_path / "mounts"
    real = os.path.realpath(tmp_path)
    (tmp_path / "near").mkdir()
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/home {real} nfs4 rw 0 0\ntmpfs {real}/near tmpfs rw 0 0\n")
    assert paths.network_file_system(tmp_path / "casb.db", mounts) == "nfs4"
    assert paths.network_file_system(tmp_path / "near" / "casb.db", mounts) is None
    assert paths.network_file_system(Path("/"), tmp_path / "none") is None
