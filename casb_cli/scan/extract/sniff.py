"""The true type of content, told by its bytes alone: a name is never trusted."""

from __future__ import annotations

import contextlib
import re
import zlib

from casb_cli.scan.extract.base import Source
from casb_cli.scan.extract.dbf import is_table
from casb_cli.scan.extract.signed import SIGNED

_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x1f\x8b", 0, "gzip"),
    (b"BZh", 0, "bzip2"),
    (b"\xfd7zXZ\x00", 0, "xz"),
    (b"\x5d\x00\x00", 0, "xz"),  # its older form, .lzma
    (b"\x28\xb5\x2f\xfd", 0, "zstd"),
    (b"7z\xbc\xaf\x27\x1c", 0, "7z"),
    (b"SQLite format 3\x00", 0, "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "ole"),
    (b"\x78\x9f\x3e\x22", 0, "tnef"),
    (b"PAR1", 0, "parquet"),
    (b"PARE", 0, "parquet"),
    (b"ARROW1\0\0", 0, "arrow"),
    (b"Obj\x01", 0, "avro"),
    (b"ustar", 257, "tar"),
    (b"!<arch>\n", 0, "ar"),
    (b"\xed\xab\xee\xdb", 0, "rpm"),
    (b"070701", 0, "cpio"),
    (b"070702", 0, "cpio"),
    (b"070707", 0, "cpio"),
    (b"\xc7\x71", 0, "cpio"),
    (b"\x71\xc7", 0, "cpio"),
    (b"bplist00", 0, "plist"),
    (b"\x04\x22\x4d\x18", 0, "lz4"),
    (b"\x02\x21\x4c\x18", 0, "lz4"),
    (b"\x1f\x9d", 0, "z"),
    (b"LZIP\x01", 0, "lzip"),
    (b"MSCF\0\0\0\0", 0, "cab"),
    (b"\x89PNG\r\n\x1a\n", 0, "picture"),
    (b"\xff\xd8\xff", 0, "picture"),
    (b"\x76\xe8\x04\x60\xc4\x11\xe3\x86", 0, "locked"),  # a mail under rights management, .rpmsg
    (b"-----BEGIN PGP MESSAGE-----", 0, "locked"),
    (b"\x8c\x0d\x04", 0, "locked"),  # OpenPGP: by a passphrase, then by keys of RSA and of curves
    (b"\x85\1\x0c\3", 0, "locked"),
    (b"\x85\2\x0c\3", 0, "locked"),
    (b"\x84\x5e\3", 0, "locked"),
    (b"age-encryption.org/", 0, "locked"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", 0, "locked"),
    (b"$ANSIBLE_VAULT;", 0, "locked"),
    (b"Salted__", 0, "locked"),  # openssl enc
    (b"\x03\xd9\xa2\x9a", 0, "locked"),  # KeePass
    (b"LUKS\xba\xbe", 0, "locked"),
)
_FIRST = frozenset(magic[0] for magic, at, _ in _MAGIC if not at)
"""The bytes that one of these may begin with: most files are text, which few of them begin like."""
_BEGUN = {
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "cpio": re.compile(rb"07070[12][0-9A-Fa-f]{104}|070707[0-7]{70}|[\xc7\x71]{2}.{24}[\x20-\xff]{1,255}\0", re.DOTALL),
}
"""How those go on that begin with letters or digits, as a text may."""
_OLE_NAMES = {
    "EncryptedPackage": "locked",
    "\tDRMContent": "locked",
    "__properties_version1.0": "msg",
    "WordDocument": "doc",
    "PowerPoint Document": "ppt",
    "Workbook": "xls",
    "Book": "xls",
    "VBA": "vba",
}
"""What an OLE container holds, by the names at its top; what is embedded in it stands below."""
_CARD = re.compile(rb"BEGIN:V(?:CARD|CALENDAR)\r?\n", re.IGNORECASE)
_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|table|div|p|span|a|h[1-6]|meta|script|form|ul|ol|li|br|center|font|style|title|section"
    rb"|article|main|img|pre|tr|td|input|label)[\s>/]",
    re.IGNORECASE,
)
_PAGE = re.compile(rb"<(?:!doctype|html|head|body)[\s>]", re.IGNORECASE)
_MARKDOWN = re.compile(rb"\n[ \t\r]*\n(?:#{1,6} [^\s#]|```|~~~|!?\[[^\]\n]{1,200}\]\()|\n\[!\[[^\]\n]{0,200}\]\(")
"""A heading, a fence or a link behind an empty line, or a badge: Markdown, though its title is written in HTML."""
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]{0,60})(?:\s[^<>]{0,4000})?>\s{0,100}<[A-Za-z_!/]")
"""How XML begins that is not declared: an element in an element."""
COUNTED = re.compile(rb"\A[0-9]{1,10}[ \t]*\r?\n")
"""The number of bytes in front of a mail, as Apple's program keeps it (.emlx)."""
_MAIL_LINE = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,60}):[ \t]?.*$")
_MAIL_NAMES = frozenset(
    (
        b"from to cc bcc subject date message-id mime-version received return-path reply-to delivered-to sender"
        b" content-type content-transfer-encoding x-mailer dkim-signature in-reply-to references list-id"
    ).split()
)
_LFS = b"version https://git-lfs.github.com/spec/v1\n"


def sniff(source: Source) -> str:
    """Return the kind of content: a key of `formats.FORMATS`, or of what it refuses."""
    if source.size == 0:
        return "empty"
    head = source.head()
    if not head:  # a member tells the size of what it is packed in
        return "empty"
    if source.size < 1024 and head.startswith(_LFS) and b"\noid sha256:" in head:
        return "lfs-pointer"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _packed(source)
    if head[0] in _FIRST or head.startswith(b"ustar", 257):
        for magic, at, kind in _MAGIC:
            if head.startswith(magic, at) and not _only_so_begun(kind, head):
                return _ole(source) if kind == "ole" else "zip" if kind == "picture" and _ends_as_zip(source) else kind
    if head[:64].lstrip().startswith(b"{\\rtf"):
        return "rtf"
    if _is_pdf(head):
        return "pdf"
    if head[:1] == b"\x30" and SIGNED in head[:32]:
        return "signed"
    if head.startswith(_SKIPPED) and head[1:4] == b"\x2a\x4d\x18":
        behind = 8 + int.from_bytes(head[4:8], "little")  # both kinds have such frames
        return "lz4" if head.startswith((b"\x04\x22\x4d\x18", b"\x02\x21\x4c\x18"), behind) else "zstd"
    if head.startswith(_ZLIB) and _unpacks(head):
        return "zlib"
    if _is_old_tar(head):
        return "tar"
    if is_table(head, source.size):
        return "dbf"
    kind = _textual(head)
    if kind == "binary" and head.startswith(b"ORC"):
        return "orc"
    return "zip" if kind == "binary" and _ends_as_zip(source) else kind


def _only_so_begun(kind: str, head: bytes) -> bool:
    """Return whether a text merely begins with the letters or digits that mark a kind."""
    if kind == "parquet":
        return looks_textual(head)
    return kind in _BEGUN and _BEGUN[kind].match(head) is None


def _is_pdf(head: bytes) -> bool:
    """Return whether a PDF begins, or some other bytes and then a PDF: a text may speak of its mark too."""
    at = head[:1024].find(b"%PDF-")
    if at < 0:
        return False
    return not head[:at].strip(b"\xef\xbb\xbf \t\r\n") or not looks_textual(head) or b" obj" in head


_ZLIB = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")


def _unpacks(head: bytes) -> bool:
    """Return whether what begins as zlib's streams do is one: two bytes alone tell little."""
    with contextlib.suppress(zlib.error):
        return bool(zlib.decompressobj().decompress(head, 1024))
    return False


_SKIPPED = tuple(bytes((0x50 + number,)) for number in range(16))
"""How a frame begins that readers of zstd pass over."""


def _is_old_tar(head: bytes) -> bool:
    """Return whether the first block is that of a tar archive older than its mark: only its checksum tells."""
    if len(head) < 512 or not head[0] or head[257:263].strip(b"\0"):
        return False
    digits = head[148:156].strip(b"\0 ")
    if not digits or digits.strip(b"01234567"):
        return False
    return sum(head[:148]) + 8 * 32 + sum(head[156:512]) == int(digits, 8)


def _ends_as_zip(source: Source) -> bool:
    """Return whether bytes of another kind end as a zip archive does: programs that unpack themselves."""
    if not source.random:
        return False
    source.file.seek(max(0, source.size - (1 << 16) - 22))
    tail = source.file.read()
    source.file.seek(0)
    return b"PK\x05\x06" in tail and b"PK\x01\x02" in tail


def _packed(source: Source) -> str:
    """Tell office documents from other zip archives by their members; anything odd is a plain archive."""
    if not source.random:
        return "zip"
    import zipfile  # here, since most content is none

    try:
        with zipfile.ZipFile(source.file) as archive:
            names = set(archive.namelist()[:5000])
            mime = (
                archive.read("mimetype")[:100]
                if "mimetype" in names and archive.getinfo("mimetype").file_size < 200
                else b""
            )
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, NotImplementedError, RuntimeError, EOFError):
        return "zip"  # its own extractor says what is wrong with it
    finally:
        source.file.seek(0)
    if mime.startswith(b"application/vnd.oasis.opendocument"):
        return "opendocument"
    if "[Content_Types].xml" in names:
        if any(name.startswith("word/") for name in names):
            return "docx"
        if any(name.startswith("xl/") for name in names):
            return "xlsx"
        if any(name.startswith("ppt/") for name in names):
            return "pptx"
    return "zip"


def _ole(source: Source) -> str:
    """Name what an OLE container holds by its directory, or by names that look like one where that is torn."""
    if not source.random:
        return "ole"
    names: set[str] | None = None
    with contextlib.suppress(Exception):  # its reader raises anything on torn containers
        names = _directory(source)
    if names is not None:
        if "project" not in names and len(names) > 1:  # what other programs make may have a folder for macros too
            names.discard("vba")
        return next((kind for name, kind in _OLE_NAMES.items() if name.lower() in names), "ole" if names else "empty")
    sample = source.head(1 << 20)
    return next((kind for name, kind in _OLE_NAMES.items() if name.encode("utf-16-le") in sample), "ole-torn")


def _directory(source: Source) -> set[str]:
    """Return the names at the top of an OLE container in lower case."""
    import olefile

    source.file.seek(0)
    try:
        with olefile.OleFileIO(source.file) as ole:
            names = {path[0].lower() for path in ole.listdir(streams=True, storages=True)}
            if not names and ole.root.sid_child != olefile.NOSTREAM:
                raise OSError("a directory that leads nowhere")
            return names
    finally:
        source.file.seek(0)


def _textual(head: bytes) -> str:
    if not looks_textual(head):
        return "binary"
    wide = _wide(head)
    if wide is not None:
        kind = _textual(wide)
        return kind if kind in ("html", "xml", "card") else "text"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<"):
        if text[:5].lower() == b"<?xml" and not re.search(rb"<html[\s>]", head, re.IGNORECASE):
            return "xml"
        if _MARKDOWN.search(head) and not _PAGE.search(head):
            return "text"
        root = _ROOT.match(text)  # elements of other XML are called `head` and `body` too
        if _HTML.match(text) or re.search(
            rb"<html[\s>]" if root else rb"<(?:html|body|head)[\s>]", head, re.IGNORECASE
        ):
            return "html"
        if text.startswith(b"<!--") and _HTML.search(text):
            return "html"
        if root:
            return "xml"
    if _CARD.match(text):
        return "card"
    if text.startswith(b"From ") and _mail_headers(text.partition(b"\n")[2]):
        return "mbox"
    if _mail_headers(COUNTED.sub(b"", text)):
        return "mail"
    return "text"


def _wide(head: bytes) -> bytes | None:
    """Return UTF-16 as UTF-8, None for what is no UTF-16."""
    if head.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return None
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if marked else utf16_flavour(head) if b"\0" in head else None
    return head.decode(encoding, "replace").replace("\0", " ").encode("utf-8", "replace") if encoding else None


_PACKED_PART = re.compile(
    rb"(?:content-type:\s*multipart/.*\bboundary=|content-transfer-encoding:\s*(?:base64|quoted-printable)\s*$)",
    re.IGNORECASE,
)
"""A part of a mail that was kept alone: it says how to read it."""


def _mail_headers(text: bytes) -> bool:
    known = set()
    packed = False
    # Most texts are no mail, and their first line tells: no other need be parted.
    first = text[:1000].partition(b"\n")[0].partition(b"\r")[0]
    if first[:1] not in b" \t" and not _MAIL_LINE.match(first):
        return False
    for line in text.splitlines():
        if not line:
            break
        if line[:1] in b" \t":
            continue
        match = _MAIL_LINE.match(line)
        if not match:
            return False
        if match[1].lower() in _MAIL_NAMES:
            known.add(match[1].lower())
            packed = packed or _PACKED_PART.match(line) is not None
    return len(known) >= 3 or packed or (len(known) == 2 and bool(known & {b"from", b"mime-version", b"received"}))


_CONTROL = bytes(c for c in range(32) if c not in b"\t\n\r\f\x1b\x08")


def looks_textual(head: bytes) -> bool:
    """Return whether bytes read as text in some encoding."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return True
    if b"\0" in head:
        return utf16_flavour(head) is not None or _padded(head)
    controls = len(head) - len(head.translate(None, _CONTROL))
    return controls * 50 <= len(head)


def _padded(head: bytes) -> bool:
    """Return whether bytes are plain text, filled up with zeros: logs that were cut off, records of fixed width."""
    text = head.translate(None, b"\0")
    return len(text) >= 16 and text.isascii() and text.translate(None, _CONTROL) == text


_LETTERS = 16


def utf16_flavour(head: bytes) -> str | None:
    """Return the encoding of unmarked UTF-16 or UTF-32, else None."""
    first = head[:_LETTERS]
    if len(head) < 4 or (first.isascii() and first == first.translate(None, _CONTROL)):
        return None  # where letters come first, wide text was added to another
    zeros = [head[at::4].count(0) * 4 / len(head) for at in range(4)]
    for name, filled in (("utf-32-le", 0), ("utf-32-be", 3)):
        if zeros[filled] < 0.05 and min(zeros[1], zeros[2], zeros[3 - filled]) > 0.9:
            return name
    even, odd = head[0::2], head[1::2]
    low, high = odd.count(0) / max(len(odd), 1), even.count(0) / max(len(even), 1)
    for ours, theirs, other, name in ((low, high, even, "utf-16-le"), (high, low, odd, "utf-16-be")):
        if ours > 0.6 and theirs < 0.05:
            printable = sum(1 for byte in other[:500] if byte >= 32 or byte in b"\t\n\r")
            return name if printable >= 0.9 * min(len(other), 500) else None
    return _foreign(head[:1024])


def _foreign(head: bytes) -> str | None:
    """Return the flavour of UTF-16 or 32 in other scripts: all are letters, and marks of ASCII stand among them."""
    for name in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        text = head[: len(head) & ~3].decode(name, "replace").removesuffix("\ufffd")
        plain = sum(char.isascii() for char in text)
        if len(text) < 16 or plain < 2 or plain * 50 < len(text) or "\ufffd" in text:
            continue
        rows = {ord(char) >> 8 for char in text}
        if all(char.isprintable() or char in "\t\r\n" for char in text) and (
            len(rows) <= 6 or all(row in _IDEOGRAPHS for row in rows)
        ):
            return name
    return None


_IDEOGRAPHS = frozenset((0, 0x20, 0x30, 0xFF, *range(0x4E, 0xA0), *range(0xAC, 0xD8)))
"""Rows of Unicode that texts of East Asia are made of."""
