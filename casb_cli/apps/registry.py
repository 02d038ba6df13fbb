"""The apps there are: one folder each beside this file, and entry points of the group `casb.apps`.

Importing this imports no connector; `get` and `all` import declarations only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casb_cli.core.app import App
from casb_cli.core.errors import CasbError, UnknownName
from casb_cli.core.text import meant

if TYPE_CHECKING:
    from casb_cli.apps.base import Connector

GROUP = "casb.apps"
PREVIEW = "CASB_PREVIEW"


def folder_of(package: str) -> str:
    """Return an app's folder name as its key: `google_workspace` is `google-workspace`."""
    return package.replace("_", "-")


@cache
def _built_in() -> dict[str, str]:
    """Return key and module of every folder here that does not start with `_`."""
    here = Path(__file__).parent
    return {
        folder_of(entry.name): f"{__package__}.{entry.name}"
        for entry in sorted(here.iterdir())
        if not entry.name.startswith(("_", ".")) and (entry / "__init__.py").is_file()
    }


@cache
def _third_party() -> dict[str, Any]:
    """Return key and entry point of every app that another distribution registers."""
    if not _any_registered():
        return {}
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=GROUP)}


def _any_registered() -> bool:
    """Tell whether an installed distribution names our group: `importlib.metadata` is dear, a look is not."""
    for place in sys.path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208
        except OSError:
            # An archive has no listing: the dear way must look into it.
            if os.path.isfile(place):  # noqa: PTH113
                return True
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info", ".egg")):
                try:
                    with open(os.path.join(place, name, "entry_points.txt"), "rb") as file:  # noqa: PTH118, PTH123
                        if GROUP.encode() in file.read():
                            return True
                except OSError:
                    continue
    return False


def keys() -> tuple[str, ...]:
    """Return the key of every app, sorted; imports none of them."""
    return tuple(sorted({*_built_in(), *_third_party()}))


@cache
def _load(key: str) -> App | None:
    if key in _built_in():
        declared: object = getattr(import_module(_built_in()[key]), "APP", None)
    else:
        loaded = _third_party()[key].load()
        declared = getattr(loaded, "APP", loaded)
    if declared is None:
        return None
    if not isinstance(declared, App):
        raise CasbError(f"the app `{key}` declares no App")
    if declared.key != key:
        raise CasbError(f"the app in `{key}` calls itself `{declared.key}`")
    return declared


def get(key: str) -> App:
    """Return one app's declaration; raises UnknownName with the apps there are."""
    found = _load(key) if key in keys() else None
    if found is None:
        raise UnknownName(
            f"there is no app `{key}`", hint=f"{meant(key, keys())}apps: {', '.join(a.key for a in all())}"
        )
    return found


def all() -> tuple[App, ...]:  # noqa: A001 - read as `registry.all()`
    """Return every app's declaration, by key. A folder without `APP` is no app; see `broken` for failed ones.

    A preview is left out, and only `get` knows it, unless the environment variable `CASB_PREVIEW` is set.
    """
    failed = broken().keys() - _built_in().keys()
    found = (app for key in keys() if key not in failed and (app := _load(key)) is not None)
    return tuple(app for app in found if app.status == "available" or os.environ.get(PREVIEW))


@cache
def broken() -> dict[str, str]:
    """Return the apps of other distributions that could not be loaded, each with the reason."""
    failed = {}
    for key in _third_party():
        if key in _built_in():
            failed[key] = "casb has an app of that name already"
            continue
        try:
            _load(key)
        except Exception as error:  # noqa: BLE001 - foreign code; one bad app must not hide the others
            failed[key] = f"{type(error).__name__}: {error}"
    return failed


def matching(patterns: Sequence[str] | None) -> tuple[App, ...]:
    """Return the apps that fit one of the globs, all where none is given; raises UnknownName for an idle glob."""
    if not patterns:
        return all()
    from fnmatch import fnmatchcase

    chosen: dict[str, App] = {}
    for pattern in patterns:
        fits = [app for app in all() if fnmatchcase(app.key, pattern)]
        if not fits:
            fits = [get(pattern)]
        chosen.update((app.key, app) for app in fits)
    return tuple(chosen[key] for key in sorted(chosen))


def load(place: str) -> Any:
    """Return what a `module:name` of a declaration points at, imported now; raises CasbError."""
    module, _, name = place.partition(":")
    try:
        found = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise CasbError(f"could not load `{place}`: {error}") from error
    return found


def load_connector(app: App) -> type[Connector]:
    """Return the app's connector class, imported now; raises CasbError."""
    connector: type[Connector] = load(app.connector)
    return connector


def forget() -> None:
    """Look again at the next call: for tests that add apps."""
    _built_in.cache_clear()
    _third_party.cache_clear()
    _load.cache_clear()
    broken.cache_clear()
