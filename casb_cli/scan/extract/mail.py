"""Mails (eml, mbox): decoded headers, bodies and attachments, messages inside messages too."""

from __future__ import annotations

import binascii
import contextlib
import email
import email.header
import email.message
import email.policy
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.base import Context, Segment, Source, Stop, join_place
from casb_cli.scan.extract.sniff import COUNTED
from casb_cli.scan.extract.text import text


def mail(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield headers, then each part; a mail too large for memory is read as plain text and noted."""
    if source.size > context.limits.in_memory:
        context.note(where, Stop("too-large", "a mail read as plain text: encoded parts are not decoded"))
        yield from text(source, context, where)
        return
    source.file.seek(0)
    data = source.file.read(context.limits.in_memory).lstrip(b"\xef\xbb\xbf \t\r\n")
    behind = b""
    if counted := COUNTED.match(data):
        end = counted.end() + int(counted[0])
        data, behind = data[counted.end() : end], data[end:]
    yield from _message(_parsed(data), context, where)
    if behind:  # what the program notes of the mail
        context.member()
        yield from context.open(Source(io.BytesIO(behind), "", len(behind)), context, join_place(where, "beside"))


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
    yield from _message(_parsed(b"".join(lines)), context, join_place(where, f"mail {number}"))


class _Bounded(email.policy.Compat32):
    """Cuts headers whose parameters are looked for, which takes time in the square of their length."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Return a header as it is asked for."""
        cut = value[:_MOST_PARAMETERS] if name.lower().startswith("content-") else value
        return super().header_fetch_parse(name, cut)


_MOST_PARAMETERS = 1 << 14
_POLICY = _Bounded()


def _parsed(data: bytes) -> email.message.Message:
    return email.message_from_bytes(data, policy=_POLICY)


def _message(message: email.message.Message, context: Context, where: str) -> Iterator[Segment]:
    number = 0
    for part in message.walk():
        context.tick()
        headers = "\n".join(f"{name}: {_told(name, value)}" for name, value in part.raw_items())
        told = part.get_filename()
        if told and told not in headers:
            headers += f"\n{_decoded(told)}"  # in parts, or percent-encoded (RFC 2231)
        label = "headers" if part is message else f"part {number} headers"
        yield Segment(join_place(where, label), "none", iter((headers.encode("utf-8", "replace"),)))
        if _locked(part):
            context.note(join_place(where, f"part {number + 1}"), Stop("encrypted"))
            if not part.is_multipart():
                number += 1
                continue
        if part.is_multipart():
            beside = [
                _whole(one) for one in (part.preamble, part.epilogue) if one and one.strip() not in ("", _PREAMBLE)
            ]
            if beside:
                words = "\n".join(beside).encode("utf-8", "replace")
                yield Segment(join_place(where, label.replace("headers", "beside")), "none", iter((words,)))
            if packed := _packed_message(part):
                place = join_place(where, f"part {number + 1}")
                yield from context.open(Source(io.BytesIO(packed), "", len(packed)), context, place, "mail")
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
            if str(part.get_param("format", "")).lower() == "flowed":
                together = str(part.get_param("delsp", "")).lower() == "yes"
                payload = _FLOWED.sub(b"" if together else b" ", payload)
            if part.get_content_subtype() in ("enriched", "richtext"):
                payload = _ENRICHED.sub(b"", payload)
            kind = "html" if part.get_content_subtype() == "html" else None
        inner = Source(io.BytesIO(payload), name, len(payload))
        yield from context.open(inner, context, place, kind)
        if b"\nbegin " in payload or payload.startswith(b"begin "):
            for label, data in _old_attachments(payload):
                context.member()
                inside = join_place(where, shorten(printable(label), 200))
                yield from context.open(Source(io.BytesIO(data), label, len(data)), context, inside)


_FLOWED = re.compile(rb"(?<!^--) \r?\n(?!>)", re.MULTILINE)
"""Where a line goes on (RFC 3676); the mark of a signature ends alike."""
_ENRICHED = re.compile(rb"</?[A-Za-z-]{1,60}>")
_PREAMBLE = "This is a multi-part message in MIME format."
_UUENCODED = re.compile(
    rb"^begin [0-7]{3,4} ([^\r\n]{1,200})\r?\n((?:[\x20-\x60]{1,90}\r?\n)+?)[`\x20]?\r?\n?end\s", re.MULTILINE
)
_MOST_OLD = 1_000


def _old_attachments(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of files that stand in a mail's text, as before MIME (uuencode)."""
    for found in islice(_UUENCODED.finditer(text), _MOST_OLD):
        data = bytearray()
        with contextlib.suppress(binascii.Error):  # a torn line ends it; what was before is kept
            for line in found[2].splitlines():
                data += binascii.a2b_uu(line)
        yield found[1].decode("utf-8", "replace"), bytes(data)


def _packed_message(part: email.message.Message) -> bytes:
    """Return a mail within a mail that is packed against the standard, as some gateways do; nothing for others."""
    if part.get_content_type() != "message/rfc822":
        return b""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() not in ("base64", "quoted-printable"):
        return b""
    inner = part.get_payload(0)
    if not isinstance(inner, email.message.Message) or inner.items() or inner.is_multipart():
        return b""
    inner["Content-Transfer-Encoding"] = part["Content-Transfer-Encoding"]
    data = inner.get_payload(decode=True)
    inner.set_payload("")  # it is walked through after this, as the text that it was taken for
    return data if isinstance(data, bytes) else b""


def _told(name: str, value: object) -> str:
    """Return a header's decoded value, without what programs made by chance: it may look like any number."""
    told = _decoded(value)
    if _MACHINE.fullmatch(name):
        return _NUMBER.sub("#", told)
    return _BOUNDARY.sub("", told) if name.lower() == "content-type" else told


_BOUNDARY = re.compile(r'(?i)\bboundary[*\d]*\s*=\s*(?:"[^"]*"|[^\s;]+)')
_MACHINE = re.compile(
    r"(?i)(?!.*(?:national|tax|patient|person|ident|fiscal|card|account|iban|ssn|phone|passport))"
    r"(?:x-)?(?:message-id|in-reply-to|references|content-id|received|return-path|feedback-id|thread-index|delivery-date"
    r"|list-(?:unsubscribe|id|help|post|owner|archive|subscribe)(?:-post)?|dkim-.*|arc-.*|dara|authentication-.*|received-.*"
    r"|gm-.*|google-.*|ms-.*|microsoft-.*|forefront-.*|mimecast-.*|proofpoint-.*|spam.*|virus.*|barracuda-.*|ironport-.*"
    r"|ses-.*|sg-.*|mc-.*|mandrill-.*|mailgun-.*|sfmc-.*|provags-.*|ui-.*|ymail-.*|sonic-.*|qq-.*|cm-.*|hm-.*|job|batch"
    r"|rpcampaign|campaign.*|binding|mailer-.*|tracking-.*|.*-(?:[egmpqu]?id|guid|uuid|hash|seal|trace|log|cookie|token|signature))"
)
"""Headers in which programs tell each other their ids: a number in one of these is nothing that a person wrote."""
_NUMBER = re.compile(r"(?<![0-9A-Za-z_-])[0-9]{7,}(?![0-9A-Za-z_-])")


def _locked(part: email.message.Message) -> bool:
    """Return whether a part is encrypted (S/MIME, RFC 8551; PGP, RFC 3156)."""
    kind = part.get_content_type()
    if kind in ("application/pkcs7-mime", "application/x-pkcs7-mime"):
        return str(part.get_param("smime-type") or "enveloped-data").lower() in _ENVELOPES
    return kind == "multipart/encrypted"


_ENVELOPES = ("enveloped-data", "authenveloped-data")


_NO_CHARSETS = re.compile(r"punycode|idna|undefined|(?:raw_)?unicode_escape")
"""Codecs of Python that no mail is written in: some of them refuse, some take time in the square of the text."""
_WIDE = re.compile(r"utf-?(?:16|32)|ucs-?[24]", re.IGNORECASE)


def _recoded(payload: bytes, charset: str) -> bytes:
    """Return a text as UTF-8; where nobody knows its charset, or it is none of that, the text extractor guesses."""
    if _NO_CHARSETS.match(charset) or (_WIDE.match(charset) and b"\0" not in payload):
        return payload
    try:
        return payload.decode(charset, "replace").encode("utf-8", "replace")
    except LookupError:
        return payload


_WORD = re.compile(r"=\?[^?\s]{1,60}\?[bq]\?[^?]{0,1000}\?=", re.IGNORECASE)
_LONG_HEADER = 1 << 13


def _whole(text: str) -> str:
    """Return a text with bytes that no standard allows there read as what they are likeliest."""
    try:
        text.encode()
    except UnicodeEncodeError:
        data = text.encode("utf-8", "surrogateescape")
        try:
            return data.decode()
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")
    return text


def _decoded(value: object) -> str:
    text = _whole(str(value))
    if len(text) > _LONG_HEADER:  # the search for words in it takes time in the square of its length
        return _WORD.sub(lambda found: _decoded(found[0]), text)
    try:
        parts = email.header.decode_header(text)
        known = [(part, None if _NO_CHARSETS.match(charset or "") else charset) for part, charset in parts]
        return str(email.header.make_header(known))
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return text
