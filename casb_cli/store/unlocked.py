"""Whether a desktop keyring is open, learned without making it ask: a plain read would open a dialogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

State = Literal["open", "locked", "missing", "passing"]

_SECRET_SERVICE = frozenset({"keyring.backends.SecretService", "keyring.backends.libsecret"})
_KWALLET = "keyring.backends.kwallet"


def looker(module: str) -> Callable[[], State] | None:
    """Return the look for a backend's module, or None where the system itself refuses instead of asking."""
    if module in _SECRET_SERVICE:
        return _secret_service
    return _kwallet if module == _KWALLET else None


def _secret_service() -> State:
    from contextlib import closing

    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        try:
            collection = secretstorage.get_collection_by_alias(bus, "default")
        except secretstorage.ItemNotFoundException:
            return "missing"
        if collection.collection_path.endswith("/collection/session"):
            return "passing"
        return "locked" if collection.is_locked() else "open"


def _kwallet() -> State:
    # Asked through jeepney, not dbus-python, whose bindings hide the overload of `isOpen` that takes a name.
    from jeepney import DBusAddress, new_method_call  # type: ignore[import-untyped,unused-ignore]
    from jeepney.io.blocking import open_dbus_connection  # type: ignore[import-untyped,unused-ignore]

    wallet = DBusAddress("/modules/kwalletd5", "org.kde.kwalletd5", "org.kde.KWallet")
    with open_dbus_connection() as bus:
        name = bus.send_and_get_reply(new_method_call(wallet, "networkWallet")).body[0]
        is_open = bus.send_and_get_reply(new_method_call(wallet, "isOpen", "s", (name,))).body[0]
    return "open" if is_open is True else "locked"


def unlock(module: str) -> None:
    """Let the desktop ask the person for the keyring's password; returns when the dialogue is over."""
    if module not in _SECRET_SERVICE:
        return  # KWallet asks by itself when it is opened
    from contextlib import closing

    import secretstorage

    with closing(secretstorage.dbus_init()) as bus:
        collection = secretstorage.get_default_collection(bus)
        if collection.is_locked():
            collection.unlock()


_HINT = (
    "unlock it (log in on the desktop, or `gnome-keyring-daemon --unlock` in the same D-Bus session), or use"
    " the encrypted vault (`--secret KEY=vault:stdin`) or another source: env:NAME, file:PATH, command:ARGV,"
    " credential:NAME"
)


def refusal(state: State) -> tuple[str, str]:
    """Return why and hint for a keyring that is not open, where asking a person is no way out."""
    if state == "missing":
        return "it has no default collection, and there is no terminal to create one from", _HINT
    if state == "passing":
        return "its default collection lives in memory only and is lost at log-out", _HINT
    return "it is locked, and there is no terminal to ask for its password", _HINT


def explain(error: Exception) -> tuple[str, str]:
    """Return why and hint for a backend's failure, by its type: its text may quote what was being stored."""
    kind = type(error).__name__
    if kind in {"KeyringLocked", "LockedException"}:
        return "it is locked", _HINT
    if kind == "PromptDismissedException":
        return "the dialogue was dismissed", _HINT
    if kind in {
        "SecretServiceNotAvailableException",
        "InitError",
        "FileNotFoundError",
        "ConnectionRefusedError",
    }:
        return f"its service is not reachable ({kind})", _HINT
    return f"it failed ({kind})", _HINT
