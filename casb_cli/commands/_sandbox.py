"""What `casb sandbox` and `casb demo` share: which apps can be simulated, where a sandbox lives, how to sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from casb_cli.core.errors import CasbError, UnknownName, UsageError
from casb_cli.store.paths import ensure_dir, state_dir, write_private

if TYPE_CHECKING:
    from casb_cli.core.app import App, AuthMethod
    from casb_cli.sandbox.process import Plan, State
    from casb_cli.sandbox.provider import Options, Signin

INSTANCE = "sandbox"
"""What a connected instance of the sandbox is called unless told."""

_NEEDED = ("uvicorn", "httptools")


def folder() -> Path:
    """Return the private directory of this state directory's sandbox; it need not exist."""
    return state_dir() / "sandbox"


def state_file() -> Path:
    """Return the state file of this state directory's sandbox; it exists while the sandbox runs."""
    return folder() / "state.json"


def require() -> None:
    """Raise CasbError, naming what to install, where the sandbox's server is missing."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise CasbError(
            f"the sandbox needs {' and '.join(missing)}, which this installation leaves out",
            hint='pip install "casb-cli[sandbox]", or from a clone: pip install ".[sandbox]"',
        )


def simulated(patterns: Sequence[str] | None = None) -> tuple[App, ...]:
    """Return the apps that have both a connector and a simulated provider; raises UnknownName."""
    from casb_cli.apps import registry

    found = tuple(app for app in registry.matching(patterns) if _there(app))
    if not found:
        names = ", ".join(app.key for app in registry.all() if _there(app))
        raise UnknownName("none of these apps is simulated", hint=f"simulated: {names}")
    return found


def _there(app: App) -> bool:
    connector = app.connector.partition(":")[0]
    return (
        find_spec(connector) is not None and find_spec(f"casb_cli.apps.{app.key.replace('-', '_')}.sandbox") is not None
    )


def plan(
    apps: Sequence[App],
    *,
    seed: int,
    people: int,
    files: int,
    ports: Sequence[str] = (),
    variants: Sequence[str] = (),
    settings: Sequence[str] = (),
    unlimited: bool = False,
    latency: float = 0.0,
) -> Plan:
    """Return what to serve; raises UsageError for what no simulated provider has."""
    from casb_cli.sandbox.process import Plan
    from casb_cli.sandbox.provider import Options

    keys = tuple(app.key for app in apps)
    variant = _per_app(variants, keys, "--variant")
    for app in apps:
        known = [one.key for one in app.variants]
        if app.key in variant and variant[app.key] not in known:
            raise UnknownName(
                f"{app.key} has no variant `{variant[app.key]}`", hint=f"variants: {', '.join(known) or 'none'}"
            )
    switches: dict[str, dict[str, str]] = {}
    for text in settings:
        name, mark, value = text.partition("=")
        key, dot, switch = name.partition(".")
        if not (mark and dot and switch and key in keys):
            raise UsageError(f"`--setting {text}` is no setting", hint=f"write APP.NAME=VALUE; apps: {', '.join(keys)}")
        switches.setdefault(key, {})[switch] = value
    options: dict[str, Options] = {
        key: Options(variant=variant.get(key, ""), settings=switches.get(key, {}), unlimited=unlimited, latency=latency)
        for key in keys
    }
    made = Plan(apps=keys, seed=seed, people=people, files=files, options=options)
    return msgspec.structs.replace(made, ports=_ports(ports, made))


def _per_app(texts: Sequence[str], apps: Sequence[str], option: str) -> dict[str, str]:
    found = {}
    for text in texts:
        key, mark, value = text.partition("=")
        if not mark and len(apps) == 1:
            key, value = apps[0], text
        elif not mark or key not in apps:
            raise UsageError(f"`{option} {text}` names no app", hint=f"write APP=VALUE; apps: {', '.join(apps)}")
        found[key] = value
    return found


def _ports(texts: Sequence[str], made: Plan) -> dict[str, int]:
    """Return the ports by base URL: `NAME=PORT`, or a first port from which the base URLs count up."""
    if not texts:
        return {}
    from casb_cli.sandbox.server import build
    from casb_cli.sandbox.world import World

    providers = build(made.apps, World(people=12, files=0), made.options)
    hosts = [f"{provider.key}.{name}" for provider in providers for name in provider.hosts]
    found: dict[str, int] = {}
    for text in texts:
        name, mark, number = text.rpartition("=")
        if not number.isdecimal() or not 0 < int(number) < 65536 or (mark and name not in hosts):
            raise UsageError(
                f"`--port {text}` is no port", hint=f"write a port, or NAME=PORT; names: {', '.join(hosts)}"
            )
        if mark:
            found[name] = int(number)
        else:
            found |= {host: int(number) + place for place, host in enumerate(hosts)}
    return found


def running() -> State:
    """Return the sandbox of this state directory; raises CasbError where none runs."""
    from casb_cli.sandbox import process

    state = process.load(state_file())
    if state is None:
        raise CasbError("no sandbox is running here", hint="casb sandbox start")
    return state


def method_of(app: App, name: str | None, signins: Mapping[str, Signin]) -> tuple[str, AuthMethod]:
    """Return the sign-in that `--auth` names, by default the first that needs no person, and its method.

    Besides the app's methods a simulated provider may have sign-ins of its own, such as `token-reader`, each
    named for its method first. Raises UnknownName.
    """
    if name is None:
        name = next((m.key for m in app.auth if m.key in signins and not m.interactive), next(iter(signins)))
    method = app.method(name) or next((m for m in app.auth if name.startswith(f"{m.key}-")), None)
    if name not in signins or method is None:
        raise UnknownName(f"the simulated {app.title} has no sign-in `{name}`", hint=f"sign-ins: {', '.join(signins)}")
    return name, method


def connect_words(app: App, instance: str, auth: str | None, signins: Mapping[str, Signin]) -> list[str]:
    """Return the words after `casb` that connect an instance; its secrets are files (0600) beside the state file.

    They open nothing but the sandbox. Raises UnknownName, StoreError.
    """
    name, method = method_of(app, auth, signins)
    signin = signins[name]
    words = ["connect", app.key, "--instance", instance, "--auth", method.key]
    for key, value in signin.fields.items():
        words += ["--field", f"{key}={value}"]
    place = ensure_dir(folder()) / "secrets"
    for key, value in signin.secrets.items():
        path = place / f"{app.key}-{name}-{key}"
        write_private(path, value.encode())
        words += ["--secret", f"{key}=file:{path}"]
    return words


def command_text(words: Sequence[str]) -> str:
    """Return a command as a person would type it: a long one with an option a line."""
    texts = [_quoted(word) for word in words]
    line = " ".join(["casb", *texts])
    if len(line) <= 76:
        return line
    parts = ["casb"]
    for word, text in zip(words, texts, strict=True):
        value_follows = len(parts) > 1 and parts[-1].startswith("--") and " " not in parts[-1]
        if word.startswith("--") or not (len(parts) == 1 or value_follows):
            parts.append(text)
        else:
            parts[-1] += f" {text}"
    return " \\\n    ".join(parts)


def _quoted(word: str) -> str:
    """Return a word as a shell takes it; double quotes where single ones stand inside and nothing is special."""
    import shlex

    if "'" in word and not any(char in word for char in '"$`\\!'):
        return f'"{word}"'
    return shlex.quote(word)
