"""Regular expressions, compiled when first used; what took long is kept compiled for the next start.

The words of one kind of paper take `re` longer to compile than a megabyte takes to inspect. Their compiled form is
CPython's own (`_sre.compile`, the same from 3.11 to 3.14): where it is not as known, they are compiled as ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import re
import sys
import time
from array import array
from pathlib import Path
from typing import Any, AnyStr, cast

import msgspec

from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.cached import read, write

_USED = ("search", "match", "fullmatch", "findall", "finditer", "sub", "split")
_WORTH = 0.02
"""Seconds of compiling from which on it is worth writing down."""
_MOST = 16 << 20
"""Bytes of codes that are kept; beyond, only those of this process."""


class _Code(msgspec.Struct, frozen=True, array_like=True):
    """What `_sre.compile` takes beside the pattern itself."""

    flags: int
    codes: bytes
    groups: int
    names: dict[str, int]


class _Kept:
    """The codes of one process, and those that earlier ones left in a folder."""

    def __init__(self) -> None:
        self._codes: dict[bytes, _Code] = {}
        self._used: set[bytes] = set()
        self._path: Path | None = None
        self._spent = 0.0

    def open(self, cache_dir: str) -> None:
        path = Path(cache_dir) / f"compiled-expressions-{_interpreter()}.bin"
        if path != self._path:
            self._path = path
            self._codes = {**_read(path), **self._codes}

    def compiled(self, pattern: AnyStr, flags: int) -> re.Pattern[AnyStr]:
        if self._path is None:
            return re.compile(pattern, flags)
        key = hashlib.sha256(repr((pattern, flags)).encode("utf-8", "surrogatepass")).digest()
        try:
            return self._from_code(pattern, flags, key)
        except (ImportError, AttributeError, TypeError, ValueError, RuntimeError, OverflowError):
            return re.compile(pattern, flags)

    def _from_code(self, pattern: AnyStr, flags: int, key: bytes) -> re.Pattern[AnyStr]:
        code = self._codes.get(key)
        if code is None:
            begun = time.process_time()
            code = self._codes[key] = _code(pattern, flags)
            self._spent += time.process_time() - begun
        self._used.add(key)
        names: list[str | None] = [None] * (code.groups + 1)
        for name, number in code.names.items():
            names[number] = name
        made = importlib.import_module("_sre").compile(
            pattern, code.flags, array("I", code.codes).tolist(), code.groups, code.names, tuple(names)
        )
        return cast("re.Pattern[AnyStr]", made)

    def keep(self) -> None:
        if self._path is None or self._spent < _WORTH:
            return
        self._spent = 0.0
        codes = {**_read(self._path), **self._codes}
        if sum(len(code.codes) for code in codes.values()) > _MOST:
            codes = {key: self._codes[key] for key in self._used}
        with contextlib.suppress(OSError):  # a full or read-only disk costs the next start its time
            write(self._path, msgspec.msgpack.encode(codes))


def _read(path: Path) -> dict[bytes, _Code]:
    data = read(path)
    if data is not None:
        with contextlib.suppress(msgspec.DecodeError):
            return from_msgpack(data, dict[bytes, _Code])
    return {}


def _code(pattern: AnyStr, flags: int) -> _Code:
    parsed = importlib.import_module("re._parser").parse(pattern, flags)
    codes: list[int] = importlib.import_module("re._compiler")._code(parsed, flags)  # noqa: SLF001 - see the module
    state = parsed.state
    return _Code(flags | state.flags, array("I", codes).tobytes(), state.groups - 1, dict(state.groupdict))


def _interpreter() -> str:
    """Name what makes codes: those of another version mean something else."""
    made_by = (sys.implementation.name, sys.version, sys.byteorder, importlib.import_module("_sre").MAGIC)
    return hashlib.sha256(repr(made_by).encode()).hexdigest()[:40]


_KEPT = _Kept()


def kept_in(cache_dir: str) -> None:
    """Have all expressions compiled from now on taken from a folder where an earlier process left them."""
    with contextlib.suppress(ImportError, AttributeError):
        _KEPT.open(cache_dir)


def keep() -> None:
    """Leave what this process compiled to later ones, if that took long; does nothing before `kept_in`."""
    _KEPT.keep()


def compiled(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what `re.compile` returns; raises `re.error` as it does."""
    return _KEPT.compiled(pattern, flags)


class _Expression:
    """Stands for a pattern until one of its methods is asked for, and has them as its own from then on."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._of = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        made: Any = compiled(*self._of)
        for method in _USED:
            setattr(self, method, getattr(made, method))
        return getattr(made, name)


def expression(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled when it is first used: many never are, and a start waits for none."""
    return cast("re.Pattern[AnyStr]", _Expression(pattern, flags))
