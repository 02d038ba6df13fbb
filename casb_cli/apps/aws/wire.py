"""AWS's two ways of writing answers besides JSON: XML read without its dangers, and parameters of query calls."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, Union, get_args, get_origin
from xml.parsers import expat

import msgspec

from casb_cli.core.errors import BadAnswer
from casb_cli.core.shapes import from_plain
from casb_cli.transport.calls import Answer

T = TypeVar("T")
_DEEPEST = 64


@dataclass(slots=True)
class Element:
    """One element: its name without namespace, its text, its children; attributes stand among the children."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def find(self, path: str) -> Element | None:
        """Return the first element at a path (`Error/Code`), or None."""
        found: Element | None = self
        for name in path.split("/"):
            found = next((one for one in found.children if one.name == name), None) if found else None
        return found

    def value(self, path: str) -> str | None:
        """Return the text at a path, or None where there is no such element."""
        found = self.find(path)
        return found.text if found else None

    def named(self, name: str) -> list[Element]:
        """Return the children of that name."""
        return [one for one in self.children if one.name == name]


class UnreadableXml(Exception):
    """A text is no XML, or XML with a document type, which no answer of AWS has."""


def parse(body: bytes) -> Element:
    """Return the root of a document; raises UnreadableXml for what is none, has a document type or is too deep."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    top = Element("")
    open_: list[Element] = [top]
    texts: list[list[str]] = [[]]

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(open_) > _DEEPEST:
            raise UnreadableXml("too deep")
        one = Element(name.rpartition(" ")[2])
        one.children += [Element(key.rpartition(" ")[2], value) for key, value in attributes.items()]
        open_[-1].children.append(one)
        open_.append(one)
        texts.append([])

    def content(text: str) -> None:
        texts[-1].append(text)

    def end(_: str) -> None:
        one, pieces = open_.pop(), texts.pop()
        text = "".join(pieces)
        # White space between elements is layout; in a leaf it is content.
        one.text = "" if one.children and not text.strip() else text

    def refuse(*_: Any) -> None:
        raise UnreadableXml("it has a document type")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = content
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    failure = ""
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        failure = str(error)
    if failure or not top.children:
        raise UnreadableXml(failure or "it is empty")
    return top.children[0]


def root(answer: Answer) -> Element:
    """Return the root of an answer's body; raises BadAnswer."""
    try:
        return parse(answer.body)
    except UnreadableXml as error:
        raise BadAnswer(
            f"the answer to {answer.call.name} is no XML that can be read: {error}",
            call=answer.call.name,
            status=answer.status,
        ) from None


def decode(answer: Answer, type_: type[T], path: str = "") -> T:
    """Return the element at `path` (the root where empty) of an XML answer as a typed shape; raises BadAnswer.

    A list is either an element whose children are `member` or one repeated element.
    """
    found = root(answer)
    at = found.find(path) if path else found
    try:
        return shaped(at if at is not None else Element(path), type_)
    except (msgspec.ValidationError, ValueError) as error:
        raise BadAnswer(
            f"the answer to {answer.call.name} is not what it promises: {error}",
            call=answer.call.name,
            status=answer.status,
        ) from None


def shaped(element: Element, type_: type[T]) -> T:
    """Return an element as a msgspec structure; raises msgspec.ValidationError naming the field."""
    return from_plain(_plain(element, type_), type_, strict=False)


@lru_cache(maxsize=256)
def _fields(type_: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((one.encode_name, one.type) for one in msgspec.structs.fields(type_))


@lru_cache(maxsize=512)
def _inner(type_: Any) -> tuple[str, Any]:
    """Return what a type is (`list`, `struct`, `text`) and its element or structure."""
    if get_origin(type_) in {Union, types.UnionType}:
        type_ = next(one for one in get_args(type_) if one is not type(None))
    if get_origin(type_) in {list, tuple}:
        return "list", get_args(type_)[0]
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return "struct", type_
    return "text", type_


def _plain(element: Element, type_: Any) -> Any:
    kind, inner = _inner(type_)
    if kind == "text":
        return element.text
    if kind == "list":
        return [_plain(one, inner) for one in element.children if one.name in {"member", "item"}]
    found: dict[str, Any] = {}
    for name, of in _fields(inner):
        present = element.named(name)
        if not present:
            continue
        if _inner(of)[0] == "list" and not _wraps(present):
            found[name] = [_plain(one, _inner(of)[1]) for one in present]
        elif _inner(of)[0] == "text" and of is not str and not present[0].text:
            continue  # an empty element where there might be a number or a time: nothing is told
        else:
            found[name] = _plain(present[0], of)
    return found


def _wraps(present: list[Element]) -> bool:
    """Tell whether elements of a list's name are its one wrapper, which may be empty, and not its entries."""
    return (
        len(present) == 1 and all(one.name in {"member", "item"} for one in present[0].children) and not present[0].text
    )


def flat(params: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the parameters of a query call: lists as `Name.member.1`, structures as `Name.Field`."""
    found: dict[str, str] = {}
    for name, value in params.items():
        key = f"{prefix}{name}"
        if value is None:
            continue
        if isinstance(value, Mapping):
            found |= flat(value, f"{key}.")
        elif isinstance(value, list | tuple):
            for number, item in enumerate(value, 1):
                found |= flat({f"member.{number}": item}, f"{key}.")
        elif isinstance(value, bool):
            found[key] = str(value).lower()
        else:
            found[key] = str(value)
    return found
