"""A place that keeps secrets: the OS keyring and the vault look alike from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

PlaceName = Literal["keyring", "vault"]
TOKEN_FIELD = "token-set"


def entry(instance_key: str, credential: str, field: str) -> str:
    """Return the name under which a value is kept: `<instance key>/<credential>/<field>`."""
    return f"{instance_key}/{credential}/{field}"


def place_name(text: str | None) -> PlaceName | None:
    """Return the place that a source or a setting names, or None where it names no place of ours."""
    if text == "keyring":
        return "keyring"
    return "vault" if text == "vault" else None


@dataclass(frozen=True)
class PlaceStatus:
    """What `doctor` shows of a place: never a value."""

    place: PlaceName
    usable: bool
    backend: str
    detail: str = ""
    hint: str | None = None


class Place(Protocol):
    """Keeps values by entry name. Reading raises SecretUnavailable, writing StoreError."""

    name: PlaceName

    def get(self, name: str) -> str | None:
        """Return the value kept under `name`, or None."""

    def set(self, name: str, value: str) -> None:
        """Keep `value` durably; on return it was read back."""

    def delete(self, name: str) -> bool:
        """Forget the value; False where there was none."""

    def require_writable(self) -> None:
        """Raise StoreError where a `set` would fail for a reason that can be known before."""

    def status(self, *, probe: bool = False) -> PlaceStatus:
        """Tell whether the place can be used here; with `probe` an entry is written and removed."""
