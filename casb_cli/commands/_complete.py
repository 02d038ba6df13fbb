"""What the shell completes: apps, instance names, output fields; cheap, silent, never asking a provider."""

from __future__ import annotations

from typing import Any


def apps(incomplete: str) -> list[str]:
    """Return the apps that begin so."""
    from casb_cli.apps import registry

    known = registry.keys()
    return [key for key in known if key.startswith(incomplete)]


def instances(incomplete: str) -> list[str]:
    """Return the names of the configured instances that begin so."""
    return [name for name in _instance_names() if name.startswith(incomplete)]


def _instance_names() -> list[str]:
    import tomllib

    from casb_cli.store.paths import config_dir

    try:
        with (config_dir() / "config.toml").open("rb") as file:
            config = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError):  # a shell that completes is no place for an error
        return []
    found: set[str] = set()
    _collect(config.get("instances"), found)
    return sorted(found)


def _collect(node: Any, found: set[str]) -> None:
    """Gather names from `[instances.<app>.<name>]` tables or from an array of tables with `name`."""
    if isinstance(node, list):
        found.update(str(item["name"]) for item in node if isinstance(item, dict) and "name" in item)
    elif isinstance(node, dict):
        for value in node.values():
            if isinstance(value, dict):
                if isinstance(value.get("name"), str):
                    found.add(value["name"])
                else:
                    found.update(name for name, table in value.items() if isinstance(table, dict))


def fields(ctx: Any, incomplete: str) -> list[str]:
    """Return field lists that go on from what is typed: `ref,lo` gives `ref,login`."""
    from casb_cli.ui import kinds

    done, comma, last = incomplete.rpartition(",")
    used = set(done.split(","))
    kind = _kind(ctx.info_name)
    known = kinds.columns(kind) if kind else _every_field()
    return [f"{done}{comma}{name}" for name in known if name.startswith(last) and name not in used]


def _kind(command: str | None) -> str | None:
    """Return the kind of row that a command prints, by its name: `accounts` prints account rows."""
    from casb_cli.ui import kinds

    special = {"matrix": "matrix-cell", "schema": "field", "log": "action", "activity": "activity"}
    name = special.get(command or "", (command or "").removesuffix("s"))
    return name if name in kinds.names() else None


def _every_field() -> tuple[str, ...]:
    from casb_cli.ui import kinds

    return tuple(dict.fromkeys(field for kind in kinds.names() for field in kinds.columns(kind)))
