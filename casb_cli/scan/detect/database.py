"""The compiled patterns: one Hyperscan database, kept on disk for the next start."""

from __future__ import annotations

import contextlib
import hashlib
import platform
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from casb_cli.core.errors import CasbError, UsageError
from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.cached import read, write
from casb_cli.scan.detect.rules import Rule

_MANY = 300
"""Rules from which on compiling takes seconds, so that of processes that start together one does it for all."""
_FIXED = 2
"""Bytes of fixed text from which on the engine finds a hint by it. Hints without any are merged into automata that read
every byte, and merged well more often where they are given to it before all others."""
_COMPILES = 60.0
"""Seconds that others wait for it; who has waited in vain compiles too."""


def load(rules: tuple[Rule, ...], cache_dir: str | None, hints: bytes = b"") -> Any:
    """Return the database of the rules' hints, from the cache where it fits this machine.

    `hints` are more of them, numbered behind those of the rules: thousands, packed as `sought` keeps them, and read
    only where they are compiled. A cache that cannot be read or written costs the compilation only. Raises UsageError
    for a pattern that the engine cannot take.
    """
    if cache_dir is None:
        return _compiled(rules, hints)
    path = Path(cache_dir) / f"patterns-{_key(rules, hints)}.hsdb"
    database = _kept(path)
    if database is not None:
        return database
    if len(rules) <= _MANY and not hints:
        return _made(rules, hints, path)
    with _alone(path.parent):
        database = _kept(path)  # by another process, meanwhile
        return _made(rules, hints, path) if database is None else database


def _made(rules: tuple[Rule, ...], hints: bytes, path: Path) -> Any:
    """Compile the rules' hints, and leave them to the next start."""
    import hyperscan

    database = _compiled(rules, hints)
    with contextlib.suppress(OSError):  # a full or read-only disk costs the next start its compilation
        write(path, hyperscan.dumpb(database))
    return database


def _kept(path: Path) -> Any:
    import hyperscan

    data = read(path)
    if data is None:
        return None
    try:
        database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
    except hyperscan.HyperscanError:  # made for another CPU or version: compiled anew
        return None
    database.scratch = hyperscan.Scratch(database)
    return database


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let no other process compile into the folder, where that can be had."""
    from casb_cli.store.locks import Lock

    with contextlib.ExitStack() as held:
        with contextlib.suppress(CasbError):
            held.enter_context(Lock("compiling", "compiling the patterns", wait=_COMPILES, folder=folder))
        yield


def hits(database: Any, text: bytes) -> defaultdict[int, list[int]]:
    """Return where in a text what is sought ends, by the number of its rule."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    database.scan(text, match_event_handler=_note, context=found)
    return found


def _note(number: int, _start: int, end: int, _flags: int, found: Any) -> None:
    found[number].append(end)


def engine_version() -> str:
    """Return the engine's version: what was compiled by another is compiled anew."""
    import hyperscan

    # What `importlib.metadata` reads is the same, and takes longer than the rest of the start.
    return str(vars(hyperscan)["__version__"])  # which its own stub leaves out


def _compiled(rules: tuple[Rule, ...], hints: bytes) -> Any:
    import hyperscan

    order = _order(rules)
    if hints:
        further = from_msgpack(hints, list[tuple[str, bool]])
        order += range(len(rules), len(rules) + len(further))
        rules += tuple(Rule(hint=hint, pattern="", caseless=caseless) for hint, caseless in further)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[rules[number].hint.encode("utf-8") for number in order],
            ids=order,
            flags=[
                hyperscan.HS_FLAG_CASELESS * rule.caseless
                | hyperscan.HS_FLAG_SINGLEMATCH * rule.once
                | hyperscan.HS_FLAG_MULTILINE * rule.linear
                for rule in map(rules.__getitem__, order)
            ],
        )
    except hyperscan.HyperscanError:
        for rule in rules:
            refusal = refused(rule)
            if refusal:
                raise UsageError(f"pattern `{rule.hint}`: {refusal}") from None
        raise
    return database


def _order(rules: tuple[Rule, ...]) -> list[int]:
    """Return the numbers of the rules as the engine is given them: those without fixed text first."""
    numbers = list(range(len(rules)))
    with contextlib.suppress(ImportError):  # of an interpreter that keeps its parser elsewhere: costs speed only
        from casb_cli.scan.detect.fixed_text import fixed_text

        numbers.sort(key=lambda number: fixed_text(rules[number].hint) >= _FIXED)
    return numbers


def refused(rule: Rule) -> str | None:
    """Return why the engine cannot take the rule's hint, or None."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[rule.hint.encode("utf-8")], ids=[0], flags=[hyperscan.HS_FLAG_CASELESS * rule.caseless]
        )
    except hyperscan.HyperscanError as error:
        return str(error)
    return None


def _key(rules: tuple[Rule, ...], hints: bytes) -> str:
    total = hashlib.sha256()
    total.update(engine_version().encode())
    total.update(_cpu())
    total.update("\0".join([rule.hint for rule in rules]).encode())
    total.update(bytes([rule.caseless + 2 * rule.once + 4 * rule.linear for rule in rules]))
    total.update(hints)
    return total.hexdigest()[:40]


@cache
def _cpu() -> bytes:
    """Name the CPU: a database is compiled for the instructions that this one has."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", "rb") as file:  # noqa: PTH123 - a kernel file
        for line in file:
            if line.startswith((b"flags", b"Features")):
                return line
    return f"{platform.machine()} {platform.processor()}".encode()
