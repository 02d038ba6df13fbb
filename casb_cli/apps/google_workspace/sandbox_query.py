"""The simulated Drive's search language: `q` read into a tree, and what an item must be to match it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from casb_cli.apps.google_workspace.sandbox_objects import Item
from casb_cli.apps.google_workspace.sandbox_wire import Refusal, epoch_of, invalid

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<op><=|>=|!=|=|<|>)|(?P<paren>[()])|(?P<word>[A-Za-z][\w.]*))"
)
_TIMES = {"modifiedTime": "modified", "createdTime": "created"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}

Tree = tuple[Any, ...]
"""`("and", one, other)`, `("or", ...)`, `("not", one)`, or `("term", left, operator, right)`."""


def parse(text: str) -> Tree | None:
    """Return the tree of a query, None where it's empty; raises 400."""
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _bad()
        at = found.end()
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        while at < len(text) and text[at].isspace():
            at += 1
    if not tokens:
        return None
    reader = _Reader(tokens)
    tree = reader.either()
    if reader.at != len(tokens):
        raise _bad()
    return tree


def _bad() -> Refusal:
    return invalid("q", "Invalid Value")


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("", "")

    def take(self) -> tuple[str, str]:
        found = self.peek()
        if not found[0]:
            raise _bad()
        self.at += 1
        return found

    def either(self) -> Tree:
        tree = self.both()
        while self.peek() == ("word", "or"):
            self.at += 1
            tree = ("or", tree, self.both())
        return tree

    def both(self) -> Tree:
        tree = self.one()
        while self.peek() == ("word", "and"):
            self.at += 1
            tree = ("and", tree, self.one())
        return tree

    def one(self) -> Tree:
        kind, value = self.take()
        if (kind, value) == ("word", "not"):
            return ("not", self.one())
        if (kind, value) == ("paren", "("):
            tree = self.either()
            if self.take() != ("paren", ")"):
                raise _bad()
            return tree
        operator_kind, operator = self.take()
        if operator_kind != "op" and operator not in {"in", "contains", "has"}:
            raise _bad()
        right_kind, right = self.take()
        if kind == "string":
            if operator != "in" or right_kind != "word":
                raise _bad()
            return ("term", _unquoted(value), "in", right)
        if right_kind == "string":
            right = _unquoted(right)
        elif right not in {"true", "false"}:
            raise _bad()
        return ("term", value, operator, right)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def conjuncts(tree: Tree | None) -> list[Tree]:
    """Return the terms that must all hold, as far as the tree is a plain `and`."""
    if tree is None:
        return []
    if tree[0] == "and":
        return conjuncts(tree[1]) + conjuncts(tree[2])
    return [tree]


class Facts:
    """What a query asks of an item besides what it holds itself; the caller says how to find out."""

    def __init__(
        self,
        *,
        trashed: Callable[[Item], bool],
        has_role: Callable[[Item, str, str], bool],
        visibility: Callable[[Item], str],
        shared_with_me: Callable[[Item], bool],
        folder: Callable[[str], str],
    ) -> None:
        self.trashed = trashed
        self.has_role = has_role
        self.visibility = visibility
        self.shared_with_me = shared_with_me
        self.folder = folder


def matches(tree: Tree | None, item: Item, facts: Facts) -> bool:
    """Tell whether an item matches; raises 400 for what can't be asked."""
    if tree is None:
        return True
    match tree[0]:
        case "and":
            return matches(tree[1], item, facts) and matches(tree[2], item, facts)
        case "or":
            return matches(tree[1], item, facts) or matches(tree[2], item, facts)
        case "not":
            return not matches(tree[1], item, facts)
        case _:
            return _term(item, tree[1], tree[2], tree[3], facts)


def _term(item: Item, left: str, operator: str, right: str, facts: Facts) -> bool:
    if operator == "in":
        if right == "parents":
            return item.parent == facts.folder(left)
        if right in {"owners", "writers", "readers"}:
            return facts.has_role(item, left, right)
        raise _bad()
    if left in _TIMES:
        return bool(_COMPARE[operator](getattr(item, _TIMES[left]), epoch_of(_zoned(right), left)))
    flags = {"trashed": facts.trashed, "starred": lambda one: one.starred, "sharedWithMe": facts.shared_with_me}
    if left in flags and operator in {"=", "!="}:
        return bool((flags[left](item) == (right == "true")) == (operator == "="))
    texts = {
        "name": lambda: item.name,
        "mimeType": lambda: item.mime,
        "visibility": lambda: facts.visibility(item),
        "fullText": lambda: item.name,
        "id": lambda: item.id,
    }
    if left not in texts:
        raise _bad()
    have = texts[left]()
    if operator == "contains":
        if left == "name":
            return any(word.startswith(right.casefold()) for word in re.split(r"\s+", have.casefold()))
        return right.casefold() in have.casefold()
    if operator not in _COMPARE or left == "fullText":
        raise _bad()
    return _COMPARE[operator](have, right)


def _zoned(text: str) -> str:
    return text if re.search(r"(Z|[+-]\d\d:\d\d)$", text) else f"{text}+00:00"
