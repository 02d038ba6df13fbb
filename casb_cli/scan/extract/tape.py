"""tar, cpio and ar: archives whose members follow each other, each behind its own header; and packages of RPM."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.names import Names
from casb_cli.scan.extract.stream import Slice

_RECORD = 512
_PLAIN = frozenset(("path", "linkpath", "size", "mtime", "atime", "ctime", "uid", "gid", "hdrcharset"))
"""Keywords of pax headers that hold numbers, or what is told otherwise."""


def tar_members(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what every regular file of a tar archive holds, and of one behind it; links and devices hold nothing."""
    names = Names(where)
    start = 0
    while start >= 0:
        source.file.seek(start)
        with tarfile.open(fileobj=source.file, mode="r:") as archive:
            for info in archive:
                context.member()
                context.tick()
                notes = (value for key, value in info.pax_headers.items() if key not in _PLAIN)
                yield from names.add(context, info.name, info.linkname, *notes)
                archive.members.clear()  # type: ignore[attr-defined] # of a hundred thousand: memory is given back
                if not info.isreg() or info.size == 0:
                    continue
                pieces: Any = info.sparse
                if pieces:  # an empty piece at its end makes tarfile read the rest as one hole
                    pieces[:] = [piece for piece in pieces if piece[1]]
                file = archive.extractfile(info)
                if file is None:
                    continue
                place = join_place(where, shorten(printable(info.name), 200))
                with file:
                    yield from context.open(Source(cast("BinaryIO", file), info.name, info.size), context, place)
            end = archive.offset
        if 0 < start == end:
            break
        start = _following(source, end, context)
    yield from names.rest(context)
    if start > 0:
        raise Stop("corrupted", "a header of an archive")


def _following(source: Source, at: int, context: Context) -> int:
    """Return where another archive begins behind the end of one, or a torn header; -1 where only filling follows."""
    at -= at % _RECORD
    source.file.seek(at)
    ended = False
    while block := source.file.read(BLOCK):
        context.tick()
        rest = block.lstrip(b"\0")
        ended = ended or len(block) - len(rest) >= _RECORD
        if rest:
            at += (len(block) - len(rest)) // _RECORD * _RECORD
            source.file.seek(at)
            return at if not ended or source.file.read(_RECORD)[257:262] == b"ustar" else -1
        at += len(block)
    return -1


def _given(source: Source, name: str, begin: int, size: int, context: Context, where: str) -> Iterator[Segment]:
    if not size:
        return
    context.member()
    place = join_place(where, shorten(printable(name), 200))
    held = max(min(size, source.size - begin), 0)
    inner = Slice(source.file, begin, held)
    yield from context.open(Source(cast("BinaryIO", inner), name, held), context, place)
    if held < size:
        raise Stop("corrupted", "a member is cut off")


_AR_HEADER = 60


def ar_members(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what the members of an archive of ar hold: of a Debian package, of a library."""
    names = Names(where)
    longer = b""
    at = 8
    while at + _AR_HEADER <= source.size:
        context.tick()
        source.file.seek(at)
        head = source.file.read(_AR_HEADER)
        told = head[48:58].strip()
        if head[58:60] != b"`\n" or not told.isdigit():
            raise Stop("corrupted", "a header of an archive")
        begin, size = at + _AR_HEADER, int(told)
        at = begin + size + size % 2
        label = head[:16].rstrip()
        if label == b"//":  # long names of all members
            longer = source.file.read(min(size, context.limits.in_memory))
            continue
        if label in (b"/", b"/SYM64/", b"__.SYMDEF", b"__.SYMDEF SORTED"):
            continue
        if label.startswith(b"#1/") and label[3:].isdigit():  # its name stands in front of its content
            length = min(int(label[3:]), size)
            label = source.file.read(min(length, 4096)).rstrip(b"\0")
            begin, size = begin + length, size - length
        elif label[:1] == b"/" and label[1:].isdigit():
            label = longer[int(label[1:]) :].partition(b"\n")[0][:4096]
        name = label.rstrip(b"/").decode("utf-8", "replace")
        yield from names.add(context, name)
        yield from _given(source, name, begin, size, context, where)
    yield from names.rest(context)


_TRAILER = "TRAILER!!!"
BINARY_CPIO = {b"\xc7\x71": "<", b"\x71\xc7": ">"}
"""How its oldest form begins, the one that the program makes if none is named, and the order of bytes then."""


def cpio_members(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what the regular files of a cpio archive hold, in its new, its old portable and its binary form."""
    names = Names(where)
    at = 0
    while at < source.size:
        context.tick()
        source.file.seek(at)
        head = source.file.read(110)
        try:
            if head.startswith((b"070701", b"070702")):
                mode, size, length = (int(head[place : place + 8], 16) for place in (14, 54, 94))
                begin = at + 110 + length + -(110 + length) % 4
                label, after = 110, begin + size + -size % 4
            elif head.startswith(b"070707"):
                mode, length, size = int(head[18:24], 8), int(head[59:65], 8), int(head[65:76], 8)
                begin = at + 76 + length
                label, after = 76, begin + size
            elif head[:2] in BINARY_CPIO and len(head) >= 26:
                words = struct.unpack_from(f"{BINARY_CPIO[head[:2]]}13H", head)
                mode, length, size = words[3], words[10], words[11] << 16 | words[12]
                begin = at + 26 + length + length % 2
                label, after = 26, begin + size + size % 2
            elif at and not head.strip(b"\0"):
                at += len(head)  # filling behind the end
                continue
            else:
                raise Stop("corrupted", "a header of an archive")
        except ValueError:
            raise Stop("corrupted", "a header of an archive") from None
        source.file.seek(at + label)
        name = source.file.read(min(length, 4096)).rstrip(b"\0").decode("utf-8", "replace")
        at = after
        if name == _TRAILER:
            break
        yield from names.add(context, name)
        if mode & 0o170000 == 0o100000:
            yield from _given(source, name, begin, size, context, where)
    yield from names.rest(context)


_LEAD = 96
_PREAMBLE = b"\x8e\xad\xe8\1"


def rpm_content(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what a package of RPM tells of itself, and the packed archive behind its two headers."""
    from casb_cli.scan.extract.unknown import runs

    at = _LEAD
    for last in (False, True):
        source.file.seek(at)
        magic, entries, size = struct.unpack(">4s4xII", source.file.read(16))
        if magic != _PREAMBLE:
            raise Stop("corrupted", "a header of a package")
        source.file.seek(at + 16 + 16 * entries)
        texts = source.file.read(min(size, context.limits.in_memory)) if last else b""
        at += 16 + 16 * entries + size
        at += 0 if last else -at % 8
    yield Segment(join_place(where, "header"), "none", context.beside(runs(iter((texts,)), context)))
    yield from _given(source, "", at, max(source.size - at, 0), context, where)
