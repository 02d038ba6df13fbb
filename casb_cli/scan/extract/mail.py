"""Mails (eml, mbox): decoded headers, bodies and attachments, messages inside messages too."""

from __future__ import annotations

import email
import email.header
import email.message
import io
from collections.abc import Iterator

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.text import text


def mail(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield headers, then each part; a mail too large for memory is read as plain text and noted."""
    if source.size > context.limits.in_memory:
        context.note(where, Stop("too-large", "a mail read as plain text: encoded parts are not decoded"))
        yield from text(source, context, where)
        return
    source.file.seek(0)
    message = email.message_from_bytes(source.file.read(context.limits.in_memory))
    yield from _message(message, context, where)


def mbox(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield every mail of a mailbox in turn."""
    number = 0
    held: list[bytes] = []
    size = 0
    blank = True
    for line in source.file:
        if blank and line.startswith(b"From ") and held:
            number += 1
            yield from _one(held, number, context, where)
            held, size = [], 0
        blank = line in (b"\n", b"\r\n")
        if not (line.startswith(b"From ") and not held):
            held.append(line)
            size += len(line)
        if size > context.limits.in_memory:
            raise Stop("too-large", "one mail of a mailbox")
    if held:
        yield from _one(held, number + 1, context, where)


def _one(lines: list[bytes], number: int, context: Context, where: str) -> Iterator[Segment]:
    context.tick()
    yield from _message(email.message_from_bytes(b"".join(lines)), context, join_place(where, f"mail {number}"))


def _message(message: email.message.Message, context: Context, where: str) -> Iterator[Segment]:
    number = 0
    for part in message.walk():
        context.tick()
        headers = "\n".join(f"{name}: {_decoded(value)}" for name, value in part.items())
        label = "headers" if part is message else f"part {number} headers"
        yield Segment(join_place(where, label), "none", iter((headers.encode("utf-8", "replace"),)))
        if _locked(part):
            context.note(join_place(where, f"part {number + 1}"), Stop("encrypted"))
            if not part.is_multipart():
                number += 1
                continue
        if part.is_multipart():
            continue
        number += 1
        context.member()
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes) or not payload:
            continue
        name = _decoded(part.get_filename() or "")
        place = join_place(where, shorten(printable(name), 200) if name else f"part {number}")
        kind = None
        if part.get_content_maintype() == "text" and not name:
            charset = part.get_content_charset() or ""
            if charset and charset not in ("utf-8", "us-ascii"):
                payload = _recoded(payload, charset)
            kind = "html" if part.get_content_subtype() == "html" else None
        inner = Source(io.BytesIO(payload), name, len(payload))
        yield from context.open(inner, context, place, kind)


def _locked(part: email.message.Message) -> bool:
    """Return whether a part is encrypted (S/MIME, RFC 8551; PGP, RFC 3156)."""
    kind = part.get_content_type()
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return str(part.get_param("smime-type") or "enveloped-data").lower() in _ENVELOPES
    return kind == "multipart/encrypted"


_ENVELOPES = ("enveloped-data", "authenveloped-data")


def _recoded(payload: bytes, charset: str) -> bytes:
    try:
        return payload.decode(charset, "replace").encode("utf-8", "replace")
    except LookupError:
        return payload  # a charset nobody knows: the text extractor guesses


def _decoded(value: object) -> str:
    try:
        return str(email.header.make_header(email.header.decode_header(str(value))))
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return str(value)
