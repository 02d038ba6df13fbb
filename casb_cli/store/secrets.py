"""Secrets of instances: read from their sources, kept in keyring or vault, forgotten with the instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from casb_cli.core.app import CredentialSpec
from casb_cli.core.errors import CasbError, SecretUnavailable, StoreError, UsageError
from casb_cli.store import sources
from casb_cli.store.keyrings import OsKeyring
from casb_cli.store.places import TOKEN_FIELD, Place, PlaceName, PlaceStatus, entry, place_name
from casb_cli.store.vault import Vault

T = TypeVar("T")
_PLACES: tuple[PlaceName, ...] = ("keyring", "vault")


class Secrets:
    """All secrets of this machine's user. `ask` prompts for what is typed unseen; None where nobody is there.

    A value is read afresh each time and never kept here.
    """

    def __init__(
        self,
        *,
        ask: Callable[[str], str] | None = None,
        keyring: Place | None = None,
        vault: Vault | None = None,
    ) -> None:
        self.keyring: Place = keyring or OsKeyring(interactive=ask is not None)
        self.vault = vault or Vault(ask=ask)

    def place(self, name: PlaceName) -> Place:
        """Return the keyring or the vault."""
        return self.keyring if name == "keyring" else self.vault

    def read(self, instance_key: str, credential: str, field: str, source: str, *, whole: bool = True) -> str:
        """Return a secret's value from its source; `whole` is false for secrets of one line.

        Raises SecretUnavailable saying which source, why and the fix; StoreError for a damaged vault.
        """
        at = sources.parse(source)
        name = place_name(at.kind)
        if name is None:
            return _named(field, lambda: sources.read(at, whole=whole))
        value = _named(field, lambda: self.place(name).get(entry(instance_key, credential, field)))
        if value is None:
            raise SecretUnavailable(
                f"secret `{field}` of credential `{credential}`: the {name} has no such entry",
                hint=f"give it again: `casb connect ... --secret {field}={name}:stdin`",
            )
        return value

    def read_spec(self, instance_key: str, credential: CredentialSpec, field: str, *, whole: bool = True) -> str:
        """Return the value of a field of a configured credential; raises SecretUnavailable."""
        if field not in credential.secrets:
            raise SecretUnavailable(
                f"credential `{credential.name}` has no secret `{field}`",
                hint=f"give it: `casb connect ... --secret {field}=SOURCE`",
            )
        return self.read(instance_key, credential.name, field, credential.secrets[field], whole=whole)

    def write(self, instance_key: str, credential: str, field: str, place: PlaceName, value: str) -> None:
        """Keep a value in keyring or vault; on return it was read back. Raises StoreError, UsageError."""
        if not value or not sources.storable(value):
            raise UsageError(f"the value given for `{field}` is empty or not valid text")
        self.place(place).set(entry(instance_key, credential, field), value)

    def forget(self, instance_key: str, credentials: Iterable[CredentialSpec]) -> tuple[str, ...]:
        """Delete every kept value and token of these credentials; returns what could not be deleted, and why.

        Sources outside are left alone: they are not ours.
        """
        problems: list[str] = []
        for spec in credentials:
            kept = {**spec.secrets, TOKEN_FIELD: spec.tokens or ""}
            for field, text in kept.items():
                name = place_name(text)
                if name is None:
                    continue
                try:
                    self.place(name).delete(entry(instance_key, spec.name, field))
                except CasbError as error:
                    problems.append(f"`{field}` of credential `{spec.name}`: {error.message}")
        return tuple(problems)

    def default_place(self, wanted: PlaceName | None = None) -> PlaceName:
        """Return where a new value goes: `wanted`, or the OS keyring. The vault is never chosen silently.

        Raises StoreError with the way out where that place can't be written here.
        """
        name = wanted or "keyring"
        self.place(name).require_writable()
        return name

    def statuses(self, *, probe: bool = False) -> tuple[PlaceStatus, ...]:
        """Return the state of the keyring and, where there is one, of the vault; `probe` writes an entry."""
        found = [self.keyring.status(probe=probe)]
        if self.vault.exists():
            found.append(self.vault.status(probe=probe))
        return tuple(found)

    def token_place(self, credential: CredentialSpec, *, rotates: bool, interactive: bool = False) -> PlaceName | None:
        """Return where a new credential's tokens will live; None: in memory, each run signs in anew.

        Tokens that rotate, or that only a person can obtain again (`interactive`), must be kept: the place of
        the credential's own secrets comes first, then the keyring, then an existing vault; raises StoreError
        where none can be written, so ask before anybody signs in. Other tokens go where the credential's
        secrets are needed anyway, so that a run which reads its secrets from outside doesn't come to depend on
        a keyring.
        """
        keep = rotates or interactive
        kept = set(credential.secrets.values())
        order: list[PlaceName] = [name for name in _PLACES if name in kept]
        if keep:
            order += [name for name in _PLACES if name not in order and (name == "keyring" or self.vault.exists())]
        reasons: list[str] = []
        for name in order:
            try:
                self.place(name).require_writable()
            except StoreError as error:
                reasons.append(error.message)
            else:
                return name
        if not keep:
            return None
        raise StoreError(
            f"the tokens of sign-in method `{credential.method}` must be kept, and can be kept neither in"
            f" the OS keyring nor in a vault: {'; '.join(reasons)}",
            hint="create the encrypted vault (`casb store vault create`) and connect again, or use an unattended"
            " sign-in method whose tokens don't rotate",
        )


def _named(field: str, work: Callable[[], T]) -> T:
    """Do a read; a failure says which secret was wanted."""
    try:
        return work()
    except SecretUnavailable as error:
        raise SecretUnavailable(f"secret `{field}`: {error.message}", hint=error.hint) from None
