"""The validators that a user's detectors name: any of the engine's own, Luhn's rule, any module of python-stdnum."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module

from casb_cli.scan.detect.checking import digits, luhn
from casb_cli.scan.detect.validators import CHECKS

OWN = "own:"
"""Stands before the name of a check in a user's detector, so that it never ends an inspection by failing."""


def names() -> list[str]:
    """Return the names that may be given, python-stdnum's modules apart."""
    return sorted({"luhn", *(name for name in CHECKS if "." not in name and not name.startswith(OWN))})


def use(name: str) -> str | None:
    """Make a validator ready and return the name that the engine knows it by, or None where there is none."""
    check = _found(name)
    if check is None:
        return None
    CHECKS.setdefault(OWN + name, _forgiving(check))
    return OWN + name


def _found(name: str) -> Callable[[bytes], bool] | None:
    if name == "luhn":
        return _luhn
    if name in CHECKS and not name.startswith(OWN):
        return CHECKS[name]
    if not re.fullmatch(r"stdnum(?:\.[a-z_0-9]+){1,2}", name):
        return None
    try:
        module = import_module(name)
    except ImportError:
        return None
    valid = getattr(module, "is_valid", None)
    return (lambda value: bool(valid(value.decode("utf-8", "replace")))) if callable(valid) else None


def _luhn(value: bytes) -> bool:
    number = digits(value)
    return len(number) > 1 and luhn(number)


def _forgiving(check: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    def holds(value: bytes) -> bool:
        try:
            return check(value)
        except Exception:  # noqa: BLE001 - made for values of one form: whatever it says of another, it doesn't hold
            return False

    return holds
