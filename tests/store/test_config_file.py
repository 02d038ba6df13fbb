from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import resource
import signal
import stat
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import msgspec
import pytest
from harness import PATIENCE

from casb_cli.core.app import CredentialSpec
from casb_cli.core.errors import ConfigError, GuardRefused, Locked, StoreError, UnknownName, UsageError
from casb_cli.core.models import OwnPermissions, Tenant
from casb_cli.store import config, locks
from casb_cli.store.config import Config
from casb_cli.store.instances import InstanceConfig

CANARY = "canary-aa77-secret"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CASB_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path


def full(name="prod", tenant="42"):
    return InstanceConfig(
        app="github",
        name=name,
        connected="2026-11-01T10:00:00Z",
        fields={"organization": "acme", "api_url": "https://ghe.acme.example/api/v3"},
        settings={"scan_every": "6h"},
        tables={"reports": [{"url": "https://x.example", "map": {"id": "Worker ID"}}]},
        tenant=Tenant(id=tenant, name="Acme", variant="enterprise", facts={"plan": "big"}),
        credentials=(
            CredentialSpec(name="main", method="app", fields={"app_id": "7"}, secrets={"private_key": "keyring"}),
            CredentialSpec(name="cron", method="token", purpose="read", secrets={"token": "env:GH"}, tokens="vault"),
        ),
        own={"main": OwnPermissions(granted=("repo",), complete=True, refused={"list-trash": "none"})},
        expected=("list-accounts", "list-files"),
    )


def write(text, mode=0o600):
    config.path().parent.mkdir(exist_ok=True)
    config.path().write_text(text)
    config.path().chmod(mode)
    return config.path()


def test_what_is_added_is_read_back_equal():
    instance = full()
    with config.edit() as edited:
        edited.add(instance)
        edited.settings["retention"] = "90d"
    loaded = Config.load()
    assert loaded.instances == (instance,)
    assert loaded.settings == {"retention": "90d"}
    assert loaded.by_key(instance.key) == instance
    assert loaded.get("github", "prod").credential("cron").secrets == {"token": "env:GH"}


def test_nothing_there_is_an_empty_configuration_and_reading_writes_nothing(home):
    assert Config.load().instances == ()
    assert list(home.iterdir()) == []


def test_file_and_folder_are_private():
    old = os.umask(0)
    try:
        with config.edit() as edited:
            edited.add(full())
    finally:
        os.umask(old)
    assert stat.S_IMODE(config.path().stat().st_mode) == 0o600
    assert stat.S_IMODE(config.path().parent.stat().st_mode) == 0o700


def test_unknown_keys_survive_a_rewrite_at_every_level():
    with config.edit() as edited:
        edited.add(full())
    text = config.path().read_text()
    text = "future = 1\n" + text.replace('app = "github"', 'app = "github"\nflavour = "x"')
    text = text.replace('method = "app"', 'method = "app"\nhint = [1, 2]')
    text = text.replace('variant = "enterprise"', 'variant = "enterprise"\nregion = "eu"')
    write(text + "\n[later]\nwhen = 2026-11-01\n")
    with config.edit() as edited:
        edited.rename("github", "prod", "main")
        edited.add(InstanceConfig(app="box", name="b"))
    raw = tomllib.loads(config.path().read_text())
    first = raw["instances"][0]
    assert raw["future"] == 1
    assert raw["later"] == {"when": dt.date(2026, 11, 1)}
    assert first["flavour"] == "x"
    assert first["credentials"][0]["hint"] == [1, 2]
    assert "hint" not in first["credentials"][1]
    assert first["tenant"]["region"] == "eu"
    assert first["name"] == "main"
    assert [i["name"] for i in raw["instances"]] == ["main", "b"]
    assert "flavour" not in raw["instances"][1]


def test_dates_in_tables_stay_dates():
    table = {"since": dt.date(2026, 1, 2)}
    with config.edit() as edited:
        edited.add(InstanceConfig(app="box", name="b", tables=table))
    with config.edit() as edited:
        edited.settings["x"] = True
    assert Config.load().instances[0].tables == table


def test_rename_keeps_the_key_and_remove_returns_what_was():
    instance = full()
    with config.edit() as edited:
        edited.add(instance)
    with config.edit() as edited:
        renamed = edited.rename("github", "prod", "main")
    assert renamed == msgspec.structs.replace(instance, name="main")
    with config.edit() as edited:
        assert edited.remove("github", "main") == renamed
    assert Config.load().instances == ()
    with pytest.raises(UnknownName), config.edit() as edited:
        edited.remove("github", "main")


def test_set_changes_and_takes_out():
    with config.edit() as edited:
        edited.add(full())
        changed = edited.set(
            "github", "prod", settings={"scan_every": None, "quota_share": "0.9"}, fields={"organization": "b"}
        )
    assert changed.settings == {"quota_share": "0.9"}
    assert changed.fields == {"organization": "b", "api_url": "https://ghe.acme.example/api/v3"}
    assert Config.load().instances == (changed,)


def test_names_and_tenants_are_guarded():
    with config.edit() as edited:
        edited.add(full())
    with pytest.raises(UsageError, match="already") as caught, config.edit() as edited:
        edited.add(full(tenant="43"), force=True)
    assert "--add" in caught.value.hint
    with pytest.raises(GuardRefused, match=r"connected already, as github/prod") as refused, config.edit() as edited:
        edited.add(full("second"))
    assert "--force" in refused.value.hint
    with pytest.raises(UsageError, match="cannot name"), config.edit() as edited:
        edited.add(full("Not a name"))
    with config.edit() as edited:
        edited.add(full("second"), force=True)
        edited.add(full("other", tenant="43"))
        edited.add(msgspec.structs.replace(full("prod"), app="box"))
    assert [i.label for i in Config.load().instances] == [
        "github/prod", "github/second", "github/other", "box/prod",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="already"), config.edit() as edited:
        edited.rename("github", "second", "prod")


def test_an_error_inside_edit_saves_nothing():
    with config.edit() as edited:
        edited.add(full())
    before = config.path().read_bytes()
    with pytest.raises(ZeroDivisionError), config.edit() as edited:
        edited.remove("github", "prod")
        _ = 1 / 0
    assert config.path().read_bytes() == before


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("version = 1\n[[instances]\nname = 'x'\n", 2, "Expected"),
        ("version = 1\n\nx = \n", 3, "Invalid value"),
        ("a = 1\na = 2\n", 2, "overwrite"),
        ("version = 1\n\n[[instances]]\nkey='k1'\napp = 'box'\nname = 5\n", 6, "name"),
        ("[[instances]]\nkey='k1'\napp='a'\nname='b'\n\n[[instances]]\nkey='k2'\napp='a'\n", 6, "name"),
        ("[[instances]]\nkey='k1'\napp='a'\nname='b'\n[[instances]]\nkey='k1'\napp='a'\nname='c'\n", 6, "twice"),
        ("[[instances]]\nkey='k1'\napp='a'\nname='b'\n[[instances]]\nkey='k2'\napp='a'\nname='b'\n", 8, "twice"),
        ("[[instances]]\nkey='../x'\napp='a'\nname='b'\n", 2, "letters"),
        ("[[instances]]\nkey='k1'\napp='a'\nname='b'\n[instances.fields]\norg = 3\n", 5, "fields"),  # the table's line
        ("instances = 3\n", 1, "array"),
        ("\n\nsettings = 3\n", 3, "table"),
    ],
)
def test_broken_file_names_the_line_and_is_never_overwritten(text, line, words):
    path = write(text)
    with pytest.raises(ConfigError, match=words) as caught:
        Config.load()
    assert f"{path}, line {line}: " in caught.value.message
    assert caught.value.hint
    with pytest.raises(ConfigError), config.edit() as edited:
        edited.add(full())
    assert path.read_text() == text


def test_binary_file_and_newer_format_are_told():
    write("")
    config.path().write_bytes(b"version = 1\n# \xff\n")
    with pytest.raises(ConfigError, match=r"line 2: it is no UTF-8"):
        Config.load()
    write("version = 2\n")
    with pytest.raises(ConfigError, match="format 2"):
        Config.load()


def test_a_secret_in_a_source_s_place_is_refused_and_not_repeated():
    spec = CredentialSpec(name="main", method="token", secrets={"token": CANARY})
    instance = msgspec.structs.replace(full(), credentials=(spec,))
    with pytest.raises(UsageError) as caught, config.edit() as edited:
        edited.add(instance)
    with pytest.raises(UsageError), config.edit() as edited:
        edited.add(full())
        edited.replace(msgspec.structs.replace(edited.instances[0], credentials=(spec,)))
    assert CANARY not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    assert not config.path().exists()
    write(
        "[[instances]]\nkey='k1'\napp='a'\nname='b'\n[[instances.credentials]]\nname='m'\nmethod='t'\n"
        f"secrets={{token='{CANARY}'}}\n"
    )
    with pytest.raises(ConfigError, match="secret `token`") as broken:
        Config.load()
    assert CANARY not in f"{broken.value!r} {broken.value} {broken.value.hint}"


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_change_is_refused(mode):
    write("version = 1\n", mode)
    with pytest.raises(ConfigError, match="other users can change") as caught:
        Config.load()
    assert "chmod 600" in caught.value.hint


def test_a_link_is_followed_and_stays(home):
    real = home / "managed.toml"
    real.write_text("")
    real.chmod(0o600)
    config.path().parent.mkdir()
    config.path().symlink_to(real)
    with config.edit() as edited:
        edited.add(full())
    assert config.path().is_symlink()
    assert "github" in real.read_text()


def test_full_disk_is_an_error_and_the_old_file_stays():
    with config.edit() as edited:
        edited.add(full())
    before = config.path().read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, limits[1]))
    try:
        with pytest.raises(StoreError, match="could not save"), config.edit() as edited:
            edited.add(InstanceConfig(app="box", name="b", fields={"x": "y" * 5000}))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, previous)
    assert config.path().read_bytes() == before
    assert [path.name for path in config.path().parent.iterdir()] == ["config.toml"]


READ_ONLY = """
import os, tempfile
from casb_cli.core.errors import StoreError
from casb_cli.store import config
from casb_cli.store.instances import InstanceConfig
target = dict(os.environ)
with tempfile.TemporaryDirectory() as other:  # the interpreter's own folder may be closed to others: import all now
    os.environ.update(CASB_CONFIG_DIR=other, CASB_STATE_DIR=other)
    with config.edit() as edited:
        edited.settings["x"] = "y"
os.environ.update(target)
if os.geteuid() == 0:
    os.seteuid(65534)  # to root nothing is read-only
try:
    with config.edit() as edited:
        edited.add(InstanceConfig(app="box", name="b"))
except StoreError as error:
    print("StoreError", error.message)
    try:
        config.require_writable()
    except StoreError:
        print("known before")
else:
    print("saved")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
@pytest.mark.parametrize("which", ["CASB_CONFIG_DIR", "CASB_STATE_DIR"])
def test_read_only_folder_is_an_error(which):
    # Not tmp_path: its parents are closed to the unprivileged user that this test becomes.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        env = {**os.environ, "CASB_CONFIG_DIR": f"{name}/config", "CASB_STATE_DIR": f"{name}/state"}
        for part in ("CASB_CONFIG_DIR", "CASB_STATE_DIR"):
            folder = Path(env[part])
            folder.mkdir()
            folder.chmod(0o555 if part == which else 0o777)
        done = subprocess.run([sys.executable, "-c", READ_ONLY], env=env, capture_output=True, text=True, check=False)
        assert done.stdout.startswith("StoreError "), done.stderr
        assert env[which] in done.stdout
        assert "known before" in done.stdout
        assert list(Path(env[which]).iterdir()) == []


def _connect(number):
    for part in range(3):
        with config.edit() as edited:
            edited.add(
                InstanceConfig(app="box", name=f"n{number}-{part}", tenant=Tenant(id=f"{number}.{part}", name="t"))
            )


def test_four_processes_adding_at_once_lose_nothing():
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_connect, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
        assert worker.exitcode == 0
    loaded = Config.load()
    assert {i.name for i in loaded.instances} == {f"n{n}-{p}" for n in range(4) for p in range(3)}
    assert len({i.key for i in loaded.instances}) == 12


def test_a_held_lock_is_told(monkeypatch):
    monkeypatch.setattr(config, "_LOCK_WAIT", 0.1)
    with locks.hold("config", "edit"), pytest.raises(Locked), config.edit():
        pytest.fail("two edits at once")


def test_require_writable_changes_nothing():
    config.require_writable()
    assert not config.path().exists()
    write("broken")
    with pytest.raises(ConfigError):
        config.require_writable()


def test_odd_files_are_told_without_a_traceback():
    write("x = " + "[" * 100_000)
    with pytest.raises(ConfigError, match="too deeply"):
        Config.load()
    config.path().unlink()
    config.path().mkdir()
    with pytest.raises(ConfigError, match="directory"):
        Config.load()
