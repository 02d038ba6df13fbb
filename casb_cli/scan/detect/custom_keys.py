"""What people write in detectors of their own who come from other tools: understood, or told what it is here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from casb_cli.core.text import meant

_LISTS = ("patterns", "validator", "proof", "keywords", "near", "not_near", "exclude", "filters")
_CALLED = {
    "rule": "detector",
    "rules": "detector",
    "detectors": "detector",
    "name": "title",
    "label": "title",
    "regex": "patterns",
    "regexes": "patterns",
    "pattern": "patterns",
    "validators": "validator",
    "checksum": "validator",
    "allowlist": "exclude",
    "allowlists": "exclude",
    "whitelist": "exclude",
    "exclusions": "exclude",
    "ignore": "exclude",
    "hotwords": "keywords",
    "evidence": "keywords",
    "proximity": "distance",
    "window": "distance",
    "count": "at_least",
    "min_count": "at_least",
    "minimum": "at_least",
    "threshold": "at_least",
    "ignore_case": "caseless",
    "case_insensitive": "caseless",
    "tags": "family",
    "category": "family",
    "likelihood": "confidence",
    "examples": "tests",
    "test": "tests",
}
"""Our keys, by what other tools call them."""
_PATTERN_CALLED = {"regex": "pattern", "value": "pattern", "prefix": "before", "suffix": "after"}
_OTHERWISE = {
    "entropy": 'how random a value looks is asked by `validator = "random_looking"`',
    "secretGroup": "only what fits `pattern` is the value: what stands around it goes to `before` and `after`",
    "case_sensitive": "capitals count, unless `caseless = true`",
}
_QUOTES = "write patterns between single quotes, where \\ stands for itself: '\\d{6}'"


def listed(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a file's tables with a list of one wherever a single text stands for it."""
    tables = raw.get("detector")
    if not isinstance(tables, list):
        return raw
    return {**raw, "detector": [_lists(one, _LISTS, inside="tests") for one in tables]}


def _lists(table: Any, keys: tuple[str, ...], inside: str = "") -> Any:
    if not isinstance(table, dict):
        return table
    found = {key: [value] if key in keys and isinstance(value, str) else value for key, value in table.items()}
    if inside in found:
        found[inside] = _lists(found[inside], ("match", "no_match"))
    return found


def key_hint(key: str, known: Iterable[str]) -> str | None:
    """Return what an unknown key is called here; None where nobody can tell."""
    known = tuple(known)
    if key in _OTHERWISE and "patterns" in known:
        return _OTHERWISE[key]
    names = _PATTERN_CALLED if "before" in known else _CALLED
    called = names.get(key.lower().replace("-", "_"))
    near = [called] if called in known else get_close_matches(key, known, 1)
    return f"it is called `{near[0]}` here" if near else None


def name_hint(name: str, known: Iterable[str], more: str = "") -> str:
    """Return the known names, the one first that was probably meant."""
    known = sorted(known)
    return f"{meant(name.lower(), known)}known: {', '.join(known)}{more}"


def toml_hint(reason: str) -> str | None:
    """Return what to do about a text that is no TOML; None where nobody can tell."""
    return _QUOTES if "Unescaped '\\'" in reason else None
