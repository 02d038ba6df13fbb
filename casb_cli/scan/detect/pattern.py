"""The patterns that users write: a regular language, so that no pattern can take more than linear time.

A pattern is parsed here, refused with its position where it asks for more than an automaton can do, and written
anew for the engine. Lengths count bytes; a letter beyond ASCII is as many as UTF-8 needs.
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn

WIDEST = 2048
"""Bytes that a match may have at most; that of a pattern without bound is cut there."""
LONGEST = 1000
"""Characters that a pattern may have."""
_SIZE = 4000
"""Places that a pattern may have when its counted repeats are written out."""
_DEPTH = 40
_CLASSES = "dDwWsS"
_ESCAPES = {"n": "\\n", "t": "\\t", "r": "\\r", "f": "\\f"}
_PUNCTUATION = frozenset("\\^$.|?*+()[]{}-/'\"#&~!%,:;<>=@_` ")


class PatternError(Exception):
    """A pattern that is refused: why, and at which character."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class Parsed(NamedTuple):
    """A pattern as the engine takes it, the same read backwards, and the least and the most bytes of a match.

    A `most` of None is without bound.
    """

    text: str
    back: str
    least: int
    most: int | None


class _Node(NamedTuple):
    text: str
    back: str
    least: int
    most: int | None
    size: int


_EMPTY = _Node("", "", 0, 0, 0)


def parse(pattern: str, *, caseless: bool = False, empty: bool = False) -> Parsed:
    """Return a pattern ready for the engine, one that may match nothing with `empty`; raises PatternError."""
    if len(pattern) > LONGEST:
        raise PatternError(f"a pattern may have {LONGEST:,} characters at most", LONGEST)
    node = _Parser(pattern, caseless).whole()
    if node.least == 0 and not empty:
        raise PatternError("it could match nothing at all", 0)
    if node.most is not None and node.most > WIDEST:
        raise PatternError(f"a match could be {node.most:,} bytes wide; {WIDEST:,} are allowed", 0)
    if node.most is None and node.least > WIDEST // 2:
        raise PatternError(f"a match would be {node.least:,} bytes wide at least", 0)
    return Parsed(node.text, node.back, node.least, node.most)


class _Parser:
    """Recursive descent over one pattern."""

    def __init__(self, pattern: str, caseless: bool) -> None:
        self._text = pattern
        self._at = 0
        self._caseless = caseless
        self._depth = 0

    def whole(self) -> _Node:
        node = self._either()
        if self._at < len(self._text):
            self._refuse("this bracket closes nothing", self._at)
        return node

    def _refuse(self, reason: str, at: int) -> NoReturn:
        raise PatternError(reason, at)

    def _peek(self, count: int = 1) -> str:
        return self._text[self._at : self._at + count]

    def _either(self) -> _Node:
        nodes = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            nodes.append(self._sequence())
        if len(nodes) == 1:
            return nodes[0]
        most = None if any(node.most is None for node in nodes) else max(node.most or 0 for node in nodes)
        return _Node(
            "|".join(node.text for node in nodes),
            "|".join(node.back for node in nodes),
            min(node.least for node in nodes),
            most,
            sum(node.size for node in nodes),
        )

    def _sequence(self) -> _Node:
        node = _EMPTY
        while self._peek() and self._peek() not in "|)":
            one = self._repeated()
            most = None if node.most is None or one.most is None else node.most + one.most
            node = _Node(node.text + one.text, one.back + node.back, node.least + one.least, most, node.size + one.size)
        return node

    def _repeated(self) -> _Node:
        start = self._at
        node = self._atom()
        counts = self._counts()
        if counts is None:
            return node
        if node.most == 0:
            self._refuse("nothing stands here that could be repeated", start)
        low, high, text = counts
        if self._peek() in ("?", "+") and self._peek():
            kind = "lazy" if self._peek() == "?" else "possessive"
            self._refuse(f"the engine has no {kind} repeats: exclude the end instead, as `[^;]*;` does", self._at)
        if self._counts() is not None:
            self._refuse("a repeat of a repeat needs brackets", self._at - 1)
        size = node.size * (low + 1 if high is None else max(high, 1))
        if size > _SIZE:
            self._refuse(f"written out, this repeat has {size:,} places; {_SIZE:,} are allowed", start)
        most = None if high is None or node.most is None else node.most * high
        return _Node(node.text + text, node.back + text, node.least * low, most, size)

    def _counts(self) -> tuple[int, int | None, str] | None:
        """Take a repeat, if one stands here: least, most, its text."""
        char = self._peek()
        if char and char in "*+?":
            self._at += 1
            return {"*": (0, None, "*"), "+": (1, None, "+"), "?": (0, 1, "?")}[char]
        if char != "{":
            return None
        start = self._at
        end = self._text.find("}", start)
        inside = self._text[start + 1 : end] if end > 0 else ""
        low, comma, high = inside.partition(",")
        if not low.isascii() or not low.isdigit() or (high and not (high.isascii() and high.isdigit())):
            self._refuse("a repeat is written {3}, {3,} or {3,5}; a bracket as such is \\{", start)
        if len(low) > 5 or len(high) > 5:
            self._refuse("this repeat is too large", start)
        least = int(low)
        most = least if not comma else int(high) if high else None
        if most is not None and most < least:
            self._refuse("the first number of a repeat is the smaller one", start)
        if most == 0:
            self._refuse("a repeat of nothing", start)
        self._at = end + 1
        return least, most, self._text[start : end + 1]

    def _atom(self) -> _Node:
        start = self._at
        char = self._peek()
        if char == "(":
            return self._group()
        if char == "[":
            return self._set()
        if char == "\\":
            return self._escape()
        if char in "*+?":
            self._refuse("nothing stands here that could be repeated", start)
        self._at += 1
        if char == "{":
            self._refuse("a repeat of nothing; a bracket as such is \\{", start)
        if char in "^$":
            return _Node(char, "$" if char == "^" else "^", 0, 0, 1)
        if char == ".":
            return _one(char)
        return self._letter(char, start)

    def _letter(self, char: str, at: int) -> _Node:
        if char.isascii():
            return _one(char if char.isalnum() else f"\\x{ord(char):02x}")
        if 0xD800 <= ord(char) <= 0xDFFF:
            self._refuse("this is no character", at)
        forms = {char}
        if self._caseless:
            forms |= {one for one in (char.lower(), char.upper()) if len(one) == 1}
        spelt = sorted(form.encode("utf-8") for form in forms)
        sizes = list(map(len, spelt))
        back = [form[::-1] for form in spelt]
        return _Node(_bytes(spelt), _bytes(back), min(sizes), max(sizes), sum(sizes))

    def _group(self) -> _Node:
        start = self._at
        self._depth += 1
        if self._depth > _DEPTH:
            self._refuse("brackets are nested too deeply", start)
        if self._peek(3) == "(?:":
            self._at += 3
        elif self._peek(2) == "(?":
            self._refuse(_why_not(self._peek(4)), start)
        else:
            self._at += 1
        node = self._either()
        if self._peek() != ")":
            self._refuse("this bracket is never closed", start)
        self._at += 1
        self._depth -= 1
        return node._replace(text=f"(?:{node.text})", back=f"(?:{node.back})")

    def _escape(self) -> _Node:
        start = self._at
        char = self._text[start + 1 : start + 2]
        self._at += 2
        if not char:
            self._refuse("a backslash ends the pattern", start)
        if char in _CLASSES:
            return _one(f"\\{char}")
        if char in "bB":
            return _Node(f"\\{char}", f"\\{char}", 0, 0, 1)
        if char in _ESCAPES:
            return _one(_ESCAPES[char])
        if char == "x":
            return _one(f"\\x{self._hex(start):02x}")
        if char in _PUNCTUATION or not char.isascii():
            return self._letter(char, start)
        if char.isdigit():
            self._refuse("the engine has no back-references", start)
        if char in "AzZ":
            self._refuse("text is read in blocks: only the lines' ends, ^ and $, can be told", start)
        raise PatternError(f"the engine has no \\{char}", start)

    def _hex(self, start: int) -> int:
        digits = self._peek(2)
        if len(digits) < 2 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            self._refuse("two hexadecimal digits must follow \\x", start)
        self._at += 2
        return int(digits, 16)

    def _set(self) -> _Node:
        """Take a class of characters; those beyond ASCII become alternatives to it."""
        start = self._at
        self._at += 1
        negated = self._peek() == "^"
        self._at += negated
        parts: list[str] = []
        wide: list[_Node] = []
        first = True
        while first or self._peek() != "]":
            at = self._at
            if not self._peek():
                self._refuse("this class is never closed", start)
            if self._peek(2) in ("[:", "[.", "[="):
                self._refuse("named classes are not known: write \\d, \\w, \\s or the characters", at)
            low, text = self._member()
            first = False
            if isinstance(low, str):
                if negated:
                    self._refuse("a class that excludes may hold ASCII only", at)
                wide.append(self._letter(low, at))
                continue
            if low is not None and self._peek() == "-" and self._peek(2) != "-]":
                self._at += 1
                if not self._peek():
                    self._refuse("this class is never closed", start)
                high, end = self._member()
                if not isinstance(high, int):
                    self._refuse("a range goes from one ASCII character to another", at)
                if high < low:
                    self._refuse("this range goes backwards", at)
                text = f"{text}-{end}"
            parts.append(text)
        self._at += 1
        if not wide:
            return _one(f"[{'^' * negated}{''.join(parts)}]")
        ways = [*([_one(f"[{''.join(parts)}]")] if parts else []), *wide]
        return _Node(
            f"(?:{'|'.join(node.text for node in ways)})",
            f"(?:{'|'.join(node.back for node in ways)})",
            min(node.least for node in ways),
            max(node.most or 0 for node in ways),
            sum(node.size for node in ways),
        )

    def _member(self) -> tuple[int | str | None, str]:
        """Take one member of a class: its code (None for a class of its own, text beyond ASCII) and its text."""
        start = self._at
        char = self._peek()
        self._at += 1
        if char == "\\":
            char = self._peek()
            self._at += 1
            if char and char in _CLASSES:
                return None, f"\\{char}"
            if char in _ESCAPES:
                code = ord({"n": "\n", "t": "\t", "r": "\r", "f": "\f"}[char])
                return code, f"\\x{code:02x}"
            if char == "x":
                code = self._hex(start)
                return code, f"\\x{code:02x}"
            if not char or (char.isascii() and char not in _PUNCTUATION):
                self._refuse(f"the engine has no \\{char} in a class", start)
        if not char.isascii():
            return char, ""
        return ord(char), f"\\x{ord(char):02x}"


def _one(text: str) -> _Node:
    """Return the node of one byte."""
    return _Node(text, text, 1, 1, 1)


def _bytes(forms: list[bytes]) -> str:
    spelt = ("".join(f"\\x{byte:02x}" for byte in form) for form in forms)
    return f"(?:{'|'.join(spelt)})"


def _why_not(start: str) -> str:
    """Return why a group that begins so is refused."""
    if start.startswith(("(?=", "(?!", "(?<=", "(?<!")):
        return "the engine has no look-around: use `before`, `after`, `near` or `exclude`"
    if start.startswith(("(?P<", "(?<", "(?'")):
        return "named groups are not known: what stands around the value goes to `before` and `after`"
    if start.startswith("(?P="):
        return "the engine has no back-references"
    if start.startswith("(?>"):
        return "the engine has no atomic groups"
    if start.startswith("(?("):
        return "the engine has no conditions"
    if start.startswith("(?#"):
        return "comments go outside, behind a # of TOML"
    return "flags are not known in a pattern: set `caseless`"
