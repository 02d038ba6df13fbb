"""pdf through pdfium: the text of each page, document properties, form fields' text and attached files."""

from __future__ import annotations

import io
from collections.abc import Iterator

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place

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
        raise Stop("encrypted" if code in (_PASSWORD, _SECURITY) else "corrupted") from None
    try:
        properties = "\n".join(f"{k}: {v}" for k, v in document.get_metadata_dict(skip_empty=True).items())
        if properties:
            yield Segment(join_place(where, "properties"), "none", iter((_utf8(properties),)))
        pages = len(document)
        silent = 0
        for number in range(pages):
            context.tick()
            try:
                text = _page_text(document, number)
            except pypdfium2.PdfiumError:
                context.note(join_place(where, f"page {number + 1}"), Stop("corrupted"))
                continue
            if not text.strip():
                silent += 1
                continue
            yield Segment(join_place(where, f"page {number + 1}"), "none", iter((_utf8(text),)))
        for number in range(document.count_attachments()):
            context.member()
            attachment = document.get_attachment(number)
            name = attachment.get_name() or f"attachment {number + 1}"
            data = bytes(attachment.get_data())
            inner = Source(io.BytesIO(data), name, len(data))
            yield from context.open(inner, context, join_place(where, shorten(printable(name), 200)))
        if pages and silent == pages:
            raise Stop("unsupported", "pages without a text layer")
        if silent:
            context.note(where, Stop("unsupported", f"{silent} of {pages} pages without a text layer"))
    finally:
        document.close()


def _page_text(document: object, number: int) -> str:
    page = document[number]  # type: ignore[index] # pypdfium2 has no types
    try:
        text_page = page.get_textpage()
        try:
            return str(text_page.get_text_range())
        finally:
            text_page.close()
    finally:
        page.close()


def _utf8(text: str) -> bytes:
    return text.replace("\r\n", "\n").encode("utf-8", "replace")
