"""pdf through pdfium: the text of each page, properties, notes, form fields, attached files; then all other texts."""

from __future__ import annotations

import ctypes
import io
import itertools
import re
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import BLOCK, Context, Exhausted, Segment, Source, Stop, join_place
from casb_cli.scan.extract.pdf_files import given_files
from casb_cli.scan.extract.pdf_strings import shown_strings, strings
from casb_cli.scan.extract.pictures import page_shown

_PASSWORD = 4
"""FPDF_ERR_PASSWORD."""
_SECURITY = 5
"""FPDF_ERR_SECURITY."""


def pdf(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield page by page; raises Stop(encrypted), and Stop(unsupported) where pages hold pictures only."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(source.file)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        # The code may be that of an earlier document: pdfium leaves it where it fails for other reasons.
        locked = code in (_PASSWORD, _SECURITY) and _named(source, b"/Encrypt")
        raise Stop("encrypted" if locked else "corrupted") from None
    try:
        about = document.get_metadata_dict(skip_empty=True)
        told = set(about.values())
        properties = "\n".join(f"{k}: {v}" for k, v in about.items())
        if properties:
            yield Segment(join_place(where, "properties"), "none", iter((_utf8(properties),)))
        pages = len(document)
        silent = lost = 0
        for number in range(pages):
            context.tick()
            files: list[Any] = []
            try:
                text, asides = _page(document, number, context, files)
            except pypdfium2.PdfiumError:
                context.note(join_place(where, f"page {number + 1}"), Stop("corrupted"))
                continue
            if not text.strip() and context.limits.ocr:
                text = page_shown(document, number, context).decode()
            else:
                silent += not text.strip()
            told.update(asides)
            aside = "\n".join(asides)
            if text.strip() or aside:
                yield Segment(join_place(where, f"page {number + 1}"), "none", iter((_utf8(f"{text}\n{aside}"),)))
            for file in files:
                lost += not (yield from _attached(file, f"page {number + 1} file", context, where))
        entries = list(_outline(document, context))
        told.update(entries)
        outline = "\n".join(entries)
        if outline:
            yield Segment(join_place(where, "outline"), "none", iter((_utf8(outline),)))
        for number in range(document.count_attachments()):
            lost += not (
                yield from _attached(document.get_attachment(number), f"attachment {number + 1}", context, where)
            )
        if lost:
            yield from _lost(_unlocked(source, document, context), context, where)
        if beside := "\n".join(
            text for text in strings(_unlocked(source, document, context), context) if text not in told
        ):
            yield Segment(join_place(where, "objects"), "none", iter((_utf8(beside),)))
        if pages and silent == pages:
            raise Stop("unsupported", "pages without a text layer")
        if silent:
            context.note(where, Stop("unsupported", f"{silent} of {pages} pages without a text layer"))
    finally:
        document.close()


def _unlocked(source: Source, document: Any, context: Context) -> Source:
    """Return a document without its encryption, which an empty password opened; itself where it has none."""
    if source.size > context.limits.in_memory or not _named(source, b"/Encrypt"):
        return source
    from pypdfium2 import raw

    copy = io.BytesIO()
    document.save(copy, flags=raw.FPDF_REMOVE_SECURITY)
    return Source(copy, source.name, copy.tell())


def _attached(attachment: Any, label: str, context: Context, where: str) -> Generator[Segment, None, bool]:
    """Yield what an attached file holds; returns whether pdfium gives it."""
    from pypdfium2 import PdfiumError

    name = attachment.get_name() or label
    try:
        data = bytes(attachment.get_data())
    except PdfiumError:
        return False
    yield from _opened(data, name, context, where)
    return True


def _lost(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield what files hold that pdfium does not give; a fault is noted."""
    try:
        for number, data in enumerate(given_files(source, context), 1):
            yield from _opened(data, f"file {number}", context, where)
    except Exhausted:
        raise
    except Stop as stop:
        context.note(where, stop)


def _opened(data: bytes, name: str, context: Context, where: str) -> Iterator[Segment]:
    context.member()
    inner = Source(io.BytesIO(data), name, len(data))
    yield from context.open(inner, context, join_place(where, shorten(printable(name), 200)))


def _named(source: Source, name: bytes) -> bool:
    """Return whether a name stands in the document's bytes."""
    source.file.seek(0)
    held = b""
    while block := source.file.read(BLOCK):
        if name in held + block:
            return True
        held = block[-len(name) :]
    return False


def _page(document: Any, number: int, context: Context, files: list[Any]) -> tuple[str, list[str]]:
    """Return a page's text, and the texts of its notes: each time that it is opened, all of it is parsed."""
    page = document[number]
    try:
        text_page = page.get_textpage()
        try:
            text = _WRAPPED.sub(" ", _closed(_apart(_whole(text_page), text_page), text_page))
        finally:
            text_page.close()
        return text, list(_aside(document, page, context, files))
    finally:
        page.close()


def _whole(page: Any) -> str:
    """Return a page's text, with a blank where a sign stands that means no character, such as a tab in some fonts."""
    from pypdfium2 import raw

    text = str(page.get_text_range())
    count = page.count_chars()
    if not len(text) < count <= _MOST_SIGNS:
        return text
    none = {at for at in range(count) if raw.FPDFText_GetUnicode(page.raw, at) == 0}
    if len(none) != count - len(text):
        return text
    letters = iter(text)
    return "".join(" " if at in none else next(letters) for at in range(count))


_MOST_SIGNS = 200_000
_FIGURES = re.compile(r"[0-9](?:[ -]?[0-9]){12}")
_UNPARTED = re.compile(r"[0-9]{7,}")
"""What goes on behind a blank in few ways of writing a number: a smaller gap tells another cell."""
_MOST_GAPS = 20_000
_WIDE = 1.0
"""Heights of letters that a gap between cells is wide; a blank is a third of one."""
_BESIDE_FIGURE = 1.1
"""The same in widths of a figure: a blank is one, where all letters are as wide, and half of one elsewhere."""


def _apart(text: str, page: Any) -> str:
    """Return a page's text, of one with long figures with a tab for each wide gap: cells of a table and their names."""
    if _FIGURES.search(text) is None:
        return text
    set_apart = {at for found in _SPACED.finditer(text) for at in range(*found.span())}
    sides = {at for found in _UNPARTED.finditer(text) for at in (found.start() - 1, found.end())}
    made = list(text)
    blanks = (at for at, letter in enumerate(text) if letter == " " and at not in set_apart)
    for at in itertools.islice(blanks, _MOST_GAPS):
        if 0 < at < len(text) - 1 and _is_wide(page, text, at, beside_figure=at in sides):
            made[at] = "\t"
    return "".join(made)


def _is_wide(page: Any, text: str, at: int, *, beside_figure: bool) -> bool:
    """Return whether the blank at a place is wider than those between words."""
    from pypdfium2 import raw

    if raw.FPDFText_GetUnicode(page.raw, at) != ord(" "):
        return False  # letters beyond the first plane stand in front: places are no longer those of characters
    before, behind = raw.FS_RECTF(), raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(page.raw, at - 1, before):
        return False
    if not raw.FPDFText_GetLooseCharBox(page.raw, at + 1, behind):
        return False
    high = abs(before.top - before.bottom)
    least = high * _WIDE
    if beside_figure:
        figure = before if text[at - 1].isdigit() else behind
        least = min(least, abs(figure.right - figure.left) * _BESIDE_FIGURE)
    if behind.left - before.right <= least:
        return False
    first = raw.FS_RECTF()
    apart = before.left - first.right if at > 1 and raw.FPDFText_GetLooseCharBox(page.raw, at - 2, first) else 0.0
    gap = behind.left - before.right - 2 * max(apart, 0.0)  # letters may all be set apart
    return bool(high > 0 and gap > least and abs(behind.bottom - before.bottom) < high)


_WRAPPED = re.compile(r"(?<=[0-9]) \r\n(?=[0-9])")
"""A blank at the end of a line: its text goes on in the next one, as it was too long."""
_SPACED = re.compile(r" \S \S \S \S \S \S (?=\S(?:\s|\Z))")
_MOST_SPACED = 20_000
_WIDER = 1.7
"""How many times as wide as between letters a gap between words is: the blank itself is set apart on both sides."""


def _closed(text: str, page: Any) -> str:
    """Return a page's text with words whose letters were set apart closed again."""
    made, done, looked = [], 0, 0
    for found in _SPACED.finditer(text):
        begin, end = found.start() + 1, found.end() + 1
        if begin < done or looked > _MOST_SPACED:
            continue
        while (
            begin >= done + 2 and text[begin - 1] == " " and not text[begin - 2].isspace() and _alone(text, begin - 2)
        ):
            begin -= 2
        while text[end : end + 1] == " " and _alone(text, end + 1):
            end += 2
        looked += end - begin
        made += [text[done:begin], _word(text, begin, end, page)]
        done = end
    return "".join([*made, text[done:]]) if made else text


def _alone(text: str, at: int) -> bool:
    """Return whether one letter stands between blanks, or at the ends of a line."""
    return (
        at < len(text)
        and not text[at].isspace()
        and (at == 0 or text[at - 1].isspace())
        and (at + 1 == len(text) or text[at + 1].isspace())
    )


def _word(text: str, begin: int, end: int, page: Any) -> str:
    """Return a run of letters closed, but where a gap is wider than most."""
    from pypdfium2 import raw

    if raw.FPDFText_GetUnicode(page.raw, begin) != ord(text[begin]):
        return text[begin:end]  # letters beyond the first plane stand in front
    gaps = []
    before = None
    for at in range(begin, end, 2):
        box = raw.FS_RECTF()
        if not raw.FPDFText_GetLooseCharBox(page.raw, at, box):
            return text[begin:end]
        if before is not None:
            gaps.append(
                max(box.left - before.right, before.left - box.right, box.bottom - before.top, before.bottom - box.top)
            )
        before = box
    usual = sorted(gaps)[len(gaps) // 2]
    return text[begin] + "".join(
        (" " if gap > _WIDER * usual else "") + text[begin + 2 + 2 * n] for n, gap in enumerate(gaps)
    )


_MOST_NOTES = 5_000
"""Annotations of one page, and entries of an outline, that are looked at."""
_WORDS = (b"Contents", b"V", b"TU", b"RC", b"T")
"""What annotations and form fields hold as text: notes, values, hints."""


def _aside(document: Any, page: Any, context: Context, files: list[Any]) -> Iterator[str]:
    """Yield the texts of a page's notes, form fields and links; files that hang on notes are put into the list."""
    from pypdfium2 import PdfAttachment, raw

    for at in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        if at % 100 == 0:
            context.tick()
        note = raw.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        try:
            for key in _WORDS:
                yield from _string(partial(raw.FPDFAnnot_GetStringValue, note, key))
            if raw.FPDFAnnot_GetSubtype(note) == raw.FPDF_ANNOT_FILEATTACHMENT and (
                file := raw.FPDFAnnot_GetFileAttachment(note)
            ):
                files.append(PdfAttachment(file, document))
            if raw.FPDFAnnot_HasKey(note, b"AP") and not raw.FPDFAnnot_HasKey(note, b"Contents"):
                for drawn in _string(partial(raw.FPDFAnnot_GetAP, note, raw.FPDF_ANNOT_APPEARANCEMODE_NORMAL)):
                    yield from shown_strings(drawn)
            action = raw.FPDFLink_GetAction(raw.FPDFAnnot_GetLink(note))
            if action:
                size = raw.FPDFAction_GetURIPath(document, action, None, 0)
                if 1 < size < _LONGEST:
                    uri = ctypes.create_string_buffer(size)
                    raw.FPDFAction_GetURIPath(document, action, uri, size)
                    yield uri.value.decode("utf-8", "replace").replace("%20", " ")
        finally:
            raw.FPDFPage_CloseAnnot(note)


_LONGEST = 1 << 20


def _string(read: Callable[[Any, int], int]) -> Iterator[str]:
    """Yield the text that a function of pdfium writes as UTF-16, where there is one."""
    from pypdfium2 import raw

    size = read(None, 0)
    if 2 < size < _LONGEST:
        buffer = ctypes.create_string_buffer(size)
        read(ctypes.cast(buffer, ctypes.POINTER(raw.FPDF_WCHAR)), size)
        yield buffer.raw[: size - 2].decode("utf-16-le", "replace")


def _outline(document: Any, context: Context) -> Iterator[str]:
    for entry in itertools.islice(document.get_toc(max_depth=15), _MOST_NOTES):
        context.tick()
        yield str(entry.get_title())


def _utf8(text: str) -> bytes:
    return text.replace("\r\n", "\n").encode("utf-8", "replace")
