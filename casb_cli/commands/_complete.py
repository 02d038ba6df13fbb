"""What the shell completes: apps, instance names, output fields; cheap, silent, never asking a provider."""

from __future__ import annotations

from typing import Any


def apps(incomplete: str) -> list[str]:
    """Return the apps that begin so."""
    from casb_cli.apps import registry

    known = registry.keys()
    return [key for key in known if key.startswith(incomplete)]


def instances(incomplete: str) -> list[str]:
    """Return the names of the configured instances that begin so; as `app/name` where several apps have the name."""
    known = sorted(_known(), key=lambda one: (one[1], one[0]))
    names = [name for _, name in known]
    shown = [f"{app}/{name}" if "/" in incomplete or names.count(name) > 1 else name for app, name in known]
    # The first letters of a name that must be written with its app are still letters of that name.
    return [
        one
        for one, (_, name) in zip(shown, known, strict=True)
        if one.startswith(incomplete) or name.startswith(incomplete)
    ]


def _known() -> set[tuple[str, str]]:
    """Return app and name of each configured instance."""
    import tomllib

    from casb_cli.store.paths import config_dir

    try:
        with (config_dir() / "config.toml").open("rb") as file:
            config = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError):  # a shell that completes is no place for an error
        return set()
    tables = config.get("instances")
    if not isinstance(tables, list):
        return set()
    return {
        (str(item["app"]), str(item["name"]))
        for item in tables
        if isinstance(item, dict) and "name" in item and "app" in item
    }


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
