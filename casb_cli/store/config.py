"""The configuration: one TOML file, 0600, never a secret in it.

It is read whole and written whole, under a lock and in one step: processes that change it at the same time
lose nothing, and a crash leaves the old file or the new one. What a newer casb wrote there and this one
doesn't know is kept. A file that can't be read is reported with its line and never overwritten.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from casb_cli.core.errors import ConfigError, GuardRefused, StoreError, UsageError
from casb_cli.core.refs import instance_name
from casb_cli.core.shapes import from_plain
from casb_cli.store import instances as choice
from casb_cli.store import locks, sources
from casb_cli.store.instances import InstanceConfig
from casb_cli.store.paths import config_dir, ensure_dir, write_private

FORMAT = 1
_LOCK_WAIT = 60.0
_NESTED = ("tenant",)
"""Tables of an instance whose unknown keys are kept too; permissions are read anew and replaced whole."""


def path() -> Path:
    """Return where the configuration is, whether or not it exists."""
    return config_dir() / "config.toml"


class Config:
    """The configuration as read, and the changes that `edit` saves."""

    def __init__(self, raw: dict[str, Any] | None = None, where: Path | None = None, text: str = "") -> None:
        self.path = where or path()
        self._raw = raw or {}
        self._instances = _decoded(self._raw, self.path, text)
        settings = self._raw.get("settings", {})
        if not isinstance(settings, dict):
            raise _broken(self.path, "`settings` must be a table", _line(text, "settings"))
        self.settings: dict[str, Any] = dict(settings)
        """What holds for all instances; plain TOML values."""

    @classmethod
    def load(cls) -> Config:
        """Return the configuration on disk, an empty one where there is none; raises ConfigError."""
        where = path()
        text = _text(where)
        if text is None:
            return cls({}, where)
        try:
            raw = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            problem = re.sub(r" \(at .*\)$", "", str(error))
            match = re.search(r"at line (\d+)", str(error))
            raise _broken(where, problem, int(match[1]) if match else len(text.splitlines())) from None
        except RecursionError:
            raise _broken(where, "it is nested too deeply", None) from None
        if raw.get("version", FORMAT) != FORMAT:
            raise ConfigError(
                f"{where} has format {raw['version']!r}; this casb reads format {FORMAT}",
                hint="upgrade casb; the file was left as it is",
            )
        return cls(raw, where, text)

    @property
    def instances(self) -> tuple[InstanceConfig, ...]:
        """All instances, in the order in which they were connected."""
        return tuple(self._instances)

    def select(self, apps: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[InstanceConfig, ...]:
        """Return the instances that `--app` and `--instance` choose; raises UnknownName."""
        return choice.select(self._instances, apps, names)

    def find(self, app: str, name: str) -> InstanceConfig | None:
        """Return the instance of that app and name, or None."""
        return next((i for i in self._instances if (i.app, i.name) == (app, name)), None)

    def get(self, app: str, name: str) -> InstanceConfig:
        """Return the instance of that app and name; raises UnknownName."""
        found = self.find(app, name)
        if found is None:
            raise choice.unknown(f"instance of {app}", name, [i.name for i in self._instances if i.app == app])
        return found

    def by_key(self, key: str) -> InstanceConfig | None:
        """Return the instance of that key, or None: it was removed."""
        return next((i for i in self._instances if i.key == key), None)

    def same_tenant(self, instance: InstanceConfig) -> InstanceConfig | None:
        """Return another instance of the same app and tenant, or None."""
        if instance.tenant is None:
            return None
        for known in self._instances:
            if (
                known.key != instance.key
                and known.app == instance.app
                and known.tenant is not None
                and known.tenant.id == instance.tenant.id
            ):
                return known
        return None

    def add(self, instance: InstanceConfig, *, force: bool = False) -> None:
        """Add a new instance; raises UsageError for a name taken, GuardRefused for a tenant known already.

        `force` allows the same tenant under a second name, never a name twice.
        """
        instance_name(instance.name)
        if self.find(instance.app, instance.name):
            raise UsageError(
                f"there is an instance {instance.label} already",
                hint=f"choose another name, or add a credential: `casb connect {instance.app}"
                f" --instance {instance.name} --add`",
            )
        known = self.same_tenant(instance)
        if known and instance.tenant and not force:
            raise GuardRefused(
                f"{instance.app} tenant {instance.tenant.name} ({instance.tenant.id}) is connected already,"
                f" as {known.label}",
                hint=f"add a credential to it with `casb connect {known.app} --instance {known.name} --add`,"
                " or connect it a second time with `--force`",
            )
        _check_sources(instance)
        self._instances.append(instance)

    def replace(self, instance: InstanceConfig) -> None:
        """Put a changed instance in the place of the one with its key; raises UnknownName if that is gone."""
        _check_sources(instance)
        self._instances[self._index(instance)] = instance

    def rename(self, app: str, name: str, new: str) -> InstanceConfig:
        """Give an instance another name and return it; key, secrets, store and journal stay its own."""
        instance = self.get(app, name)
        instance_name(new)
        if new != name and self.find(app, new):
            raise UsageError(f"there is an instance {app}/{new} already", hint="choose another name")
        renamed = msgspec.structs.replace(instance, name=new)
        self._instances[self._index(instance)] = renamed
        return renamed

    def remove(self, app: str, name: str) -> InstanceConfig:
        """Take an instance out and return it; the caller forgets its secrets."""
        instance = self.get(app, name)
        del self._instances[self._index(instance)]
        return instance

    def set(
        self,
        app: str,
        name: str,
        *,
        fields: Mapping[str, str | None] | None = None,
        settings: Mapping[str, str | None] | None = None,
    ) -> InstanceConfig:
        """Change fields and settings of an instance and return it; None takes a key out."""
        instance = self.get(app, name)
        changed = msgspec.structs.replace(
            instance,
            fields=_updated(instance.fields, fields),
            settings=_updated(instance.settings, settings),
        )
        self._instances[self._index(instance)] = changed
        return changed

    def _index(self, instance: InstanceConfig) -> int:
        for index, known in enumerate(self._instances):
            if known.key == instance.key:
                return index
        raise choice.unknown("instance", instance.label, [i.label for i in self._instances])

    def as_toml(self) -> dict[str, Any]:
        """Return the whole file's content, with the keys that this version doesn't know."""
        before = {row["key"]: row for row in self._raw.get("instances", []) if isinstance(row, dict) and "key" in row}
        content: dict[str, Any] = {**self._raw, "version": FORMAT}
        content.pop("settings", None)
        content.pop("instances", None)
        if self.settings:
            content["settings"] = self.settings
        # Tables come last: TOML has no way back to the top level.
        content["instances"] = [_row(i, before.get(i.key, {})) for i in self._instances]
        return content


@contextmanager
def edit() -> Iterator[Config]:
    """Hold the configuration's lock, read it afresh, and save it when the block ends without an error.

    Raises ConfigError where it can't be read (nothing is written), StoreError where it can't be saved, Locked
    after a minute.
    """
    with locks.hold("config", "edit", wait=_LOCK_WAIT, label="the configuration"):
        config = Config.load()
        before = config.as_toml()
        yield config
        after = config.as_toml()
        if after != before:
            _save(config.path, after)


def require_writable() -> None:
    """Raise, before anybody signs in, what a later `edit` would: ConfigError, StoreError or Locked."""
    with edit() as config:
        folder = ensure_dir(config.path.resolve().parent)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StoreError(
            f"could not save `{config.path}`: its folder is read-only for you",
            hint="make it writable, or set CASB_CONFIG_DIR to another folder",
        )


def _save(where: Path, content: dict[str, Any]) -> None:
    import tomli_w

    # A symbolic link (a managed home) is followed: the file behind it is replaced, the link stays.
    write_private(where.resolve(), tomli_w.dumps(content).encode())


def _text(where: Path) -> str | None:
    try:
        with where.open("rb") as file:
            if os.name == "posix":
                _check_trust(where, os.fstat(file.fileno()))
            data = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"could not read {where}: {error.strerror}",
            hint="make it readable for you, or set CASB_CONFIG_DIR",
        ) from None
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
    raise _broken(where, "it is no UTF-8 text", line)


def _check_trust(where: Path, facts: os.stat_result) -> None:
    """Refuse a file that others can change: its `command:` sources are run, its URLs get the secrets."""
    if facts.st_mode & 0o022:
        raise ConfigError(
            f"other users can change {where} (mode {stat.S_IMODE(facts.st_mode):04o})",
            hint=f"check its content, then: chmod 600 {where}",
        )
    if os.geteuid() != 0 and facts.st_uid not in (0, os.geteuid()):
        raise ConfigError(
            f"{where} belongs to another user (uid {facts.st_uid})",
            hint="set CASB_CONFIG_DIR to a folder of yours",
        )


def _broken(where: Path, problem: str, line: int | None) -> ConfigError:
    at = f", line {line}" if line else ""
    return ConfigError(
        f"{where}{at}: {problem}",
        hint="mend that line, or move the file away and connect anew; it was left as it is",
    )


def _decoded(raw: Mapping[str, Any], where: Path, text: str) -> list[InstanceConfig]:
    rows = raw.get("instances", [])
    if not isinstance(rows, list):
        raise _broken(where, "`instances` must be an array of tables (`[[instances]]`)", _line(text, "instances"))
    found: list[InstanceConfig] = []
    for number, row in enumerate(rows):
        try:
            # A key is made only for a new instance: a missing one here would change at each read.
            if not isinstance(row, dict) or not row.get("key"):
                raise msgspec.ValidationError("Object missing required field `key`")
            instance = from_plain(row, InstanceConfig)
            _check_sources(instance)
            instance_name(instance.name)
            if not choice.KEY.fullmatch(instance.key):
                raise msgspec.ValidationError("Expected letters, digits and `-` - at `$.key`")
        except (msgspec.ValidationError, UsageError) as error:
            problem, key = _told(error)
            label = f"{row.get('app', '?')}/{row.get('name', '?')}" if isinstance(row, dict) else f"{number + 1}"
            raise _broken(where, f"instance {label}: {problem}", _line(text, key, number)) from None
        if any(known.key == instance.key for known in found):
            raise _broken(where, f"instance {instance.label}: its key is used twice", _line(text, "key", number))
        if any(known.label == instance.label for known in found):
            raise _broken(where, f"instance {instance.label} stands there twice", _line(text, "name", number))
        found.append(instance)
    return found


def _told(error: Exception) -> tuple[str, str]:
    """Return what is wrong and the key it is about."""
    text = str(error)
    match = re.search(r" - at `\$?\.?(.*)`$", text)
    problem = text[: match.start()] if match else text
    at = match[1] if match else ""
    missing = re.search(r"missing required field `(\w+)`", text)
    leaf = re.findall(r"[A-Za-z_][\w-]*", at)
    return (f"`{at}`: {problem}" if at else problem), (leaf[-1] if leaf and not missing else "")


def _line(text: str, key: str, number: int | None = None) -> int | None:
    """Return the line of a key, in the `number`th instance where one is meant; its header if not found."""
    lines = text.splitlines()
    start, end = 0, len(lines)
    if number is not None:
        headers = [i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*instances\s*\]\]", line)]
        if number >= len(headers):
            return None
        start = headers[number]
        end = headers[number + 1] if number + 1 < len(headers) else len(lines)
    wanted = re.compile(rf"\s*\[*(?:[\w\"'.-]+\.)?[\"']?{re.escape(key)}[\"']?\s*(?:=|\])")
    for index in range(start, end):
        if key and wanted.match(lines[index]):
            return index + 1
    return start + 1 if number is not None else None


def _check_sources(instance: InstanceConfig) -> None:
    """Refuse what is no source, such as a secret itself: it must not reach the file; raises UsageError."""
    for spec in instance.credentials:
        for key, text in spec.secrets.items():
            try:
                sources.parse(text)
            except UsageError as error:
                raise UsageError(
                    f"secret `{key}` of credential `{spec.name}`: {error.message}", hint=error.hint
                ) from None


def _updated(old: Mapping[str, str], change: Mapping[str, str | None] | None) -> dict[str, str]:
    merged = {**old, **(change or {})}
    return {key: value for key, value in merged.items() if value is not None}


def _row(instance: InstanceConfig, before: Mapping[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = _without_none(msgspec.to_builtins(instance))
    row["tables"] = instance.tables  # as they are: TOML's dates stay dates
    for name in _NESTED:
        if name in row and isinstance(old := before.get(name), dict) and old.get("id") == row[name].get("id"):
            row[name] = _kept(old, row[name], type(getattr(instance, name)))
    old_specs = {s["name"]: s for s in before.get("credentials", []) if isinstance(s, dict) and "name" in s}
    row["credentials"] = [
        _kept(old_specs.get(spec.name, {}), new, type(spec))
        for spec, new in zip(instance.credentials, row["credentials"], strict=True)
    ]
    kept = _kept(before, row, InstanceConfig)
    return {key: value for key, value in kept.items() if value not in ({}, [])}


def _kept(old: Mapping[str, Any], new: dict[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return `new` with the keys of `old` that the struct doesn't know."""
    known = set(kind.__struct_encode_fields__)
    return {**{key: value for key, value in old.items() if key not in known}, **new}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value
