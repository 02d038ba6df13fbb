"""What every extractor shares: a source of bytes, the limits, and text with the place it came from."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import BinaryIO, Literal, Protocol

import msgspec

from casb_cli.scan.extract.shortened import Shortened

Reason = Literal[
    "encrypted",
    "corrupted",
    "unsupported",
    "too-large",
    "expansion",
    "timeout",
    "crashed",
    "out-of-memory",
    "lfs-pointer",
    "empty",
    "unreadable",
    "changed",
]
"""Why content was not, or not wholly, inspected."""

Scheme = Literal["line", "lines", "cell", "row", "none"]
"""How an offset in a segment becomes a place: line and column, line, cell of a sheet, named column and row, or not."""

Nature = Literal["text", "scraps", "program"]
"""Whether it is text, or the plain strings of content that nothing reads: of programs and fonts, or of any other."""

BLOCK = 1 << 20
"""Bytes of text per block: large enough that per-block costs vanish, small enough to keep memory flat."""

PANIC = "PanicException"
"""What parsers written in Rust raise when a check of their own fails: it is no Exception."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one file may cost. Sizes in bytes, times in seconds."""

    max_size: int = 4 << 30
    """Larger files are skipped as too large."""
    expansion: int = 8 << 30
    """Bytes that all packed content of one file may unpack to, in sum."""
    ratio: int = 250
    """How many times its packed size one member may unpack to, once past `ratio_floor`."""
    ratio_floor: int = 32 << 20
    """Unpacked bytes below which the ratio is not looked at: small repetitive files pack very well."""
    members: int = 200_000
    """Members that all archives of one file may have, in sum."""
    depth: int = 8
    """How many containers may stand inside one another."""
    in_memory: int = 48 << 20
    """Bytes of one part (an XML part, a mail) that a format may need in memory at once."""
    wall: float = 300.0
    """Seconds of one inspection; what was found until then is kept as partial."""
    cpu: float = 240.0
    """CPU seconds of one inspection; beyond it the worker is ended by the kernel."""
    memory: int = 768 << 20
    """Bytes of private memory of a worker."""
    matches: int = 1_000
    """Distinct matches kept per detector and file; more are counted only."""
    ocr: str = ""
    """Languages in which the text of pictures is read, such as `deu+eng`; empty: it is not read."""
    ocr_data: str = ""
    """The folder of tesseract's data for them."""


class Stop(Exception):
    """Ends the extraction of one part with its reason; never holds content."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


class Unread(Stop):
    """Ends the extraction of what holds text in a form that nothing here reads: it is no file without text."""

    def __init__(self, form: str) -> None:
        super().__init__("unsupported", form)


class Exhausted(Stop):
    """Ends the whole inspection: its time, or what all of it may unpack to, is used up."""


TEXTLESS = frozenset({"empty", "lfs-pointer", "unsupported"})
"""Reasons for which there is no text to be missed, but where a note says `unread`."""


class Note(msgspec.Struct, frozen=True):
    """One part of a file that could not be inspected: where it is, why, and the parser's kind of complaint.

    `unread` says that text was missed, where the reason alone could mean that there is none.
    """

    place: str
    reason: str
    detail: str = ""
    unread: bool = False

    @property
    def missed(self) -> bool:
        """Whether text was missed."""
        return self.unread or self.reason not in TEXTLESS

    @property
    def remedy(self) -> str:
        """What would read what was left out, in words for the user; empty where nothing does."""
        if self.detail.startswith("image/") or "without a text layer" in self.detail:
            return "what pictures and scanned pages show: --ocr eng"
        return self.detail if "pip install" in self.detail else ""


ROW, TABLE = b"\x1e", b"\x1d"
"""What the rows and the tables of a page end with, since line ends mean nothing there."""


class Segment(msgspec.Struct, frozen=True):
    """One run of text: UTF-8 blocks that follow each other without a gap, and where the run stands.

    `where` is empty for the file itself, else `page 3`, `Sheet1`, `member!inner`. `header_row` says that the
    first line names the columns of the others, `shorter` where the text is written at greater length, `nature` how
    much of it was meant as text. `name` is that of the innermost file around it, a hint for filters.
    """

    where: str
    scheme: Scheme
    blocks: Iterator[bytes]
    header_row: bool = False
    shorter: Shortened | None = None
    nature: Nature = "text"
    name: str = ""


class Source(msgspec.Struct):
    """Bytes to extract from: a seekable binary file, its name (a hint for messages only) and its size."""

    file: BinaryIO
    name: str
    size: int
    random: bool = True
    """False where going back costs unpacking again: such a source is copied before a format jumps about in it."""

    def head(self, count: int = 8192) -> bytes:
        """Return the first bytes; the position is at the start afterwards."""
        self.file.seek(0)
        data = self.file.read(count)
        self.file.seek(0)
        return data


class Opener(Protocol):
    """Extracts a contained source at a place; `kind` says its type where something better than bytes told it."""

    def __call__(self, source: Source, context: Context, where: str, kind: str | None = None) -> Iterator[Segment]: ...


class Context(msgspec.Struct):
    """The state of one inspection's extraction: limits, what was used of them, and what went wrong where."""

    limits: Limits
    open: Opener
    """Extracts a contained source (a member, an attachment) at a place."""
    deadline: float = 0.0
    depth: int = 0
    expanded: int = 0
    members: int = 0
    aside: int = 0
    """Bytes of names, and of strings in what nothing reads: alone, and without a match, they are no inspection."""
    kind: str = ""
    notes: list[Note] = []
    skipped_notes: int = 0

    def tick(self) -> None:
        """Raise Exhausted when the inspection's time is used up; called once per block."""
        if self.deadline and time.monotonic() > self.deadline:
            raise Exhausted("timeout")

    def note(self, place: str, stop: Stop) -> None:
        """Keep why a part was not inspected; after a hundred only their number, and the first that missed text."""
        note = Note(place, stop.reason, stop.detail, isinstance(stop, Unread))
        if len(self.notes) < 100:
            self.notes.append(note)
            return
        self.skipped_notes += 1
        if note.missed and not any(kept.missed for kept in self.notes):
            self.notes[-1] = note

    def unpack(self, count: int, produced: int, packed: int) -> None:
        """Count `count` more unpacked bytes of a member that now gave `produced` out of `packed`."""
        self.expanded += count
        limits = self.limits
        if self.expanded > limits.expansion:
            raise Exhausted("expansion", "the unpacked size passes the limit")
        if produced > limits.ratio_floor and produced > packed * limits.ratio:
            raise Stop("expansion", "the packing ratio passes the limit")
        self.tick()

    def beside(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield blocks of text that stands beside what a file holds."""
        for block in blocks:
            self.aside += len(block)
            yield block

    def member(self) -> None:
        """Count one more member of an archive."""
        self.members += 1
        if self.members > self.limits.members:
            raise Exhausted("expansion", "the number of members passes the limit")


def join_place(*parts: str) -> str:
    """Return the parts of a place joined by `!`, empty ones left out."""
    return "!".join(part for part in parts if part)


Extractor = Callable[[Source, Context, str], Iterator[Segment]]
"""One format: yields the segments of a source at a place; raises Stop, or a parser's own error, on bad input."""
