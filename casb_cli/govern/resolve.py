"""References as people give them: full ones, friendlier ones on a terminal, and lines from a pipe.

Whatever is not exactly one object is refused with the candidates named; nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Protocol

from casb_cli.core.anew import from_its_beginning
from casb_cli.core.capabilities import ListAccounts, ListFiles
from casb_cli.core.errors import (
    AmbiguousReference,
    CasbError,
    ObjectMissing,
    Stopped,
    UnknownName,
    Unsupported,
    UsageError,
)
from casb_cli.core.models import Account, File, Row
from casb_cli.core.refs import Ref, parse
from casb_cli.govern.actions import ActionKind
from casb_cli.govern.listed import pages
from casb_cli.govern.ports import Opened

CANDIDATES = 10
"""How many candidates an ambiguous reference names."""

_THROUGH = {"finding": "file_ref"}
"""Rows of a pipe that name the object acted on in another field than `ref`."""


class Finder(Protocol):
    """What the stored inventory can be asked."""

    def find_accounts(self, instance_key: str, text: str) -> list[Account]:
        """Return the accounts of that login or e-mail address."""

    def find_files(self, instance_key: str, path: str) -> list[File]:
        """Return the files at exactly that path."""

    def get(self, instance_key: str, kind: str, id_: str) -> Row | None:
        """Return one row by its id."""


class Resolver:
    """Turns words into references, within the chosen instances; `friendly` is for a terminal."""

    def __init__(
        self,
        kind: ActionKind,
        instances: Callable[[], Sequence[Opened]],
        finder: Callable[[], Finder],
        *,
        friendly: bool,
    ) -> None:
        self.kind = kind
        self._instances = instances
        self._finder = finder
        self._friendly = friendly

    def resolve(self, word: str) -> Ref:
        """Return the one object that a word names; raises UsageError, UnknownName or AmbiguousReference."""
        try:
            return parse(word)
        except UsageError as error:
            if not self._friendly:
                raise UsageError(
                    error.message,
                    hint=f"without a terminal, full references only, such as {self._example()}",
                ) from None
        scope, text = self._scope(word)
        found = self._stored(scope, text) or self._asked(scope, text)
        if not found:
            where = ", ".join(f"{i.app_key}/{i.name}" for i in scope) or "any instance"
            raise UnknownName(
                f"no {' or '.join(self.kind.kinds)} in {where} is `{text}`",
                hint=f"give a full reference, such as {self._example()}; `casb list {self.kind.kinds[0]}s` shows them",
            )
        if len(found) > 1:
            names = tuple(str(ref) for ref in found[:CANDIDATES])
            raise AmbiguousReference(
                f"`{word}` fits {len(found)} objects; nothing was done",
                candidates=names,
                hint="say which:" if len(found) == len(names) else f"say which; the first {len(names)}:",
            )
        return found[0]

    def _example(self) -> str:
        return f"box:prod:{self.kind.kinds[0]}:89"

    def _scope(self, word: str) -> tuple[Sequence[Opened], str]:
        """Return the instances that a word means, and the rest of it."""
        instances = self._instances()
        app, _, rest = word.partition(":")
        name, colon, text = rest.partition(":")
        if colon and text:
            named = [i for i in instances if (i.app_key, i.name) == (app, name)]
            if named:
                return named, text
        return instances, word

    def _refs(self, instance: Opened, rows: Iterable[Row]) -> list[Ref]:
        return [Ref(instance.app_key, instance.name, row.kind_of_row, row.id) for row in rows]

    def _stored(self, scope: Sequence[Opened], text: str) -> list[Ref]:
        finder = self._finder()
        found: list[Ref] = []
        for instance in scope:
            for kind in self.kind.kinds:
                rows: list[Row] = []
                if kind == "account":
                    rows += finder.find_accounts(instance.key, text)
                elif kind == "file":
                    rows += finder.find_files(instance.key, text)
                    if not rows and text.startswith("/"):
                        rows += finder.find_files(instance.key, text[1:])
                row = finder.get(instance.key, kind, text)
                found += self._refs(instance, [*rows, *([row] if row else [])])
        return list(dict.fromkeys(found))

    def _asked(self, scope: Sequence[Opened], text: str) -> list[Ref]:
        """Ask the providers, for objects that no scan has stored."""
        found: list[Ref] = []
        for instance in scope:
            try:
                if "account" in self.kind.kinds:
                    found += self._refs(instance, _accounts(instance, text))
                elif "file" in self.kind.kinds and "/" not in text:
                    files: ListFiles = instance.connector(ListFiles, govern=False)
                    found += self._refs(instance, [from_its_beginning(partial(files.find_file, text))])
            except (Stopped, Unsupported, ObjectMissing) as error:
                if isinstance(error, Stopped):
                    raise
                continue  # this instance has none
            except CasbError:
                # An instance that can't be asked might hold a second one: with several, nothing is certain.
                if len(scope) == 1:
                    raise
                raise UnknownName(
                    f"{instance.app_key}/{instance.name} could not be asked for `{text}`, so it may be ambiguous",
                    hint="name the instance: --app APP --instance NAME",
                ) from None
        return list(dict.fromkeys(found))


def _accounts(instance: Opened, text: str) -> Iterator[Account]:
    connector: ListAccounts = instance.connector(ListAccounts, govern=False)
    wanted = text.casefold()
    for page in pages(connector.list_accounts_briefly, strict=True):
        for account in page.items if page else ():
            names = {(account.login or "").casefold(), (account.email or "").casefold()}
            if wanted in names or account.id == text:
                yield account


def from_lines(lines: Iterable[str], kind: ActionKind, *, limit: int) -> list[Ref]:
    """Return the references of a pipe: one a line, or JSON lines with `ref`; raises UsageError naming the line.

    More than `limit` lines are refused at once: no cap would let them through.
    """
    found: list[Ref] = []
    for number, line in enumerate(islice(lines, limit + 1), 1):
        if number > limit:
            raise UsageError(f"more than {limit} references on standard input", hint="act in smaller runs")
        text = line.strip()
        if text:
            try:
                found.append(parse(_ref_of(text, kind)))
            except UsageError as error:
                raise UsageError(f"line {number} of standard input: {error.message}", hint=error.hint) from None
    return found


def _ref_of(text: str, kind: ActionKind) -> str:
    if not text.startswith("{"):
        return text
    try:
        row = json.loads(text)
    except ValueError:
        raise UsageError("it is neither a reference nor a JSON object") from None
    ref = row.get("ref")
    if not isinstance(ref, str):
        raise UsageError("the JSON object has no `ref`", hint="keep the field `ref` when you filter rows")
    through = _THROUGH.get(parse(ref).kind)
    other = row.get(through) if through else None
    if isinstance(other, str) and parse(ref).kind not in kind.kinds:
        return other
    return ref
