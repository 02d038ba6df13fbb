"""Documents gone wrong, for tests: bytes changed anywhere, also inside what packs them, checksums made right again."""

import base64
import binascii
import bz2
import gzip
import io
import lzma
import re
import struct
import sys
import zipfile
import zlib

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGEST = 1 << 20
NUMBERS = (b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f")
NUMBERS += (b"\1\0\0\0", b"\0\0\0\x80", b"\xff" * 8, b"\0" * 8, b"\xfe\xff\xff\xff", b"-1", b"99999999999", b"1048577")
TOKENS = (
    *(b"<", b">", b"/>", b"</", b"&#0;", b"&#x110000;", b"<!--", b"]]>", b"<![CDATA[", b'"', b"=", b"\\u0000", b"\\"),
    *(b"endobj", b"stream", b"obj<<", b"/Kids", b"/Length -1", b"/Filter/FlateDecode", b"1 0 R", b"xref", b"trailer"),
    *(b"\r\n", b"\n\n", b"--b", b"Content-Type: multipart/mixed; boundary=x", b"base64", b"=?utf-8?b?/w==?="),
    *(b"{\\rtf1", b"\\bin9", b"\\'", b"\\u-1?", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"From ", b"BEGIN:VCARD\n"),
    *(b't="s"', b' r="XFD1048576"', b' r="A0"', b"<v>-1</v>", b"<c", b"<row", b'count="4294967295"', b"PK\x03\x04"),
)


def changed(data, r, others=()):
    """Return data with one to six changes of bytes."""
    made = bytearray(data)
    for _ in range(r.choice((1, 1, 2, 3, 6))):
        at = r.randrange(len(made) + 1)
        width = min(r.choice((1, 2, 4, 16, 64, 512)), max(len(made) - at, 0))
        what = r.randrange(8)
        if what == 0 and width:
            made[at] ^= 1 << r.randrange(8)
        elif what == 1:
            made[at : at + width] = r.randbytes(width)
        elif what == 2:
            del made[at : at + width]
        elif what == 3:
            new = r.choice(NUMBERS)
            made[at : at + len(new)] = new
        elif what == 4:
            made[at:at] = r.choice(TOKENS)
        elif what == 5:
            made[at:at] = bytes(made[at : at + width]) * r.choice((1, 2, 50))
        elif what == 6 and others:
            other = r.choice(others)
            begin = r.randrange(len(other) + 1)
            made[at : at + width] = other[begin : begin + r.choice((8, 64, 1024))]
        elif what == 7 and r.random() < 0.3:
            del made[at:]
    return bytes(made)


def mutated(data, r, others=(), depth=0):
    """Return a document gone wrong: often inside what packs it, so that more than its checksum is met."""
    if depth < 3 and r.random() < 0.75:
        inner = _inside(data, r, others, depth)
        if inner is not None:
            return inner
    return changed(data, r, others)


def _inside(data, r, others, depth):
    for magic, at, change in _BUILT:
        if data.startswith(magic, at):
            return change(data, r, others, depth)
    try:
        if data[:4] == b"PK\x03\x04":
            return _zip(data, r, others, depth)
        if data[:6] == b"7z\xbc\xaf\x27\x1c":
            return _seven(data, r, others)
        for magic, unpack, pack in _PACKERS:
            if data.startswith(magic):
                content = unpack(data)
                return pack(mutated(content, r, others, depth + 1)) if len(content) < LARGEST else None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, KeyError):
        return None  # this one was wrong before
    except (zlib.error, lzma.LZMAError, zstd.ZstdError, struct.error, OverflowError):
        return None
    return None


def _sectors(data, r, others, depth):
    """Return an OLE container with other numbers in its tables and its directory, or with sectors changed about."""
    made = bytearray(data)
    last = max(len(made) // 512 - 1, 1)
    for _ in range(r.choice((1, 1, 3))):
        sector = 512 * r.randrange(last + 1)
        what = r.randrange(4)
        if what == 0:
            at = sector + 4 * r.randrange(128)
        elif what == 1:  # an entry of the directory: its neighbours, its start, its size
            at = sector + 128 * r.randrange(4) + r.choice((64, 68, 72, 76, 116, 120))
        elif what == 2:
            at = r.choice((24, 30, 44, 48, 56, 60, 64, 68, 72, 76))
        else:
            other = 512 * r.randrange(last + 1)
            made[sector : sector + 512] = made[other : other + 512]
            continue
        made[at : at + 4] = struct.pack(
            "<I", r.choice((0, 1, sector // 512, r.randrange(last), last, 1 << 31, 0xFFFFFFFE))
        )
    return bytes(made)


def _pages(data, r, others, depth):
    """Return a database with a page that is another one, or with other numbers in its head or that of a page."""
    size = int.from_bytes(data[16:18], "big") or 4096
    made, last = bytearray(data), max(len(data) // size, 1)
    page = size * r.randrange(last)
    what = r.randrange(4)
    if what == 0:
        other = size * r.randrange(last)
        made[page : page + size] = made[other : other + size]
    elif what == 1:
        at = page + 100 * (page == 0) + r.randrange(40)
        made[at : at + 2] = struct.pack(">H", r.choice((0, 1, 13, 5, r.randrange(65536), 65535)))
    elif what == 2:
        at = r.choice((16, 18, 20, 24, 28, 32, 36, 44, 48, 52, 56, 60))
        made[at : at + 4] = struct.pack(">I", r.choice((0, 1, 2, 3, 1 << 31, last, last + 1)))
    else:
        made[page : page + 4] = struct.pack(">I", r.randrange(last + 2))
    return bytes(made)


def _objects(data, r, others, depth):
    """Return a PDF with a reference that leads elsewhere, or a stream that holds something else."""
    if r.random() < 0.5:
        found = list(re.finditer(rb"[0-9]+(?= [0-9]+ R)", data))
        if not found:
            return None
        one = r.choice(found)
        return data[: one.start()] + b"%d" % r.choice((0, 1, 2, 3, len(found), 99999)) + data[one.end() :]
    found = list(re.finditer(rb"stream\r?\n(.*?)\r?\n?endstream", data, re.DOTALL))
    if not found:
        return None
    one = r.choice(found)
    try:
        body = zlib.compress(changed(zlib.decompress(one[1]), r, others))
    except zlib.error:
        body = changed(one[1], r, others)
    return data[: one.start(1)] + body + data[one.end(1) :]


def _headers(data, r, others, depth):
    """Return a tar archive with another header of a member, its checksum right again."""
    made = bytearray(data)
    found = [at for at in range(0, len(made) - 511, 512) if made[at + 257 : at + 262] == b"ustar"]
    if not found:
        return None
    at = r.choice(found)
    place, width = r.choice(((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (157, 100), (345, 155), (386, 96)))
    new = r.choice(
        (b"", b"77777777777", b"\x80" + b"\xff" * 11, b"-1", b"x", b"g", b"L", b"S", b"1", b"5", r.randbytes(width))
    )
    made[at + place : at + place + width] = new[:width].ljust(width, b"\0")
    made[at + 148 : at + 156] = b" " * 8
    made[at + 148 : at + 156] = b"%06o\0 " % sum(made[at : at + 512])
    return bytes(made)


def _parts(data, r, others, depth):
    """Return a mail with what a part packs changed, or with its lines changed about."""
    found = list(re.finditer(rb"(?:[A-Za-z0-9+/]{60,}\r?\n)*[A-Za-z0-9+/]{8,}={0,2}(?=\r?\n)", data))
    if found and r.random() < 0.6:
        one = r.choice(found)
        try:
            inner = mutated(base64.b64decode(one[0]), r, others, depth + 1)
        except binascii.Error:
            return None
        return data[: one.start()] + base64.encodebytes(inner).strip() + data[one.end() :]
    lines = data.splitlines(keepends=True)
    if len(lines) < 2:
        return None
    first, second = r.randrange(len(lines)), r.randrange(len(lines))
    if r.random() < 0.5:
        lines[first] = lines[second]
    else:
        lines[first:first] = lines[min(first, second) : max(first, second)] * r.choice((1, 2, 30))
    return b"".join(lines)


_VALUES = ("1", "-1", "true", "[]", "{}", '""', "'a'", "['a*b', '(']", "1e400", "1979-05-27", "'''\n'''", '"\\u0000"')
_VALUES += ("['stdnum.x']", "'luhn'", "[['a']]", "{ pattern = 'a', before = '(' }", "99999999999999999999", "'\t'")


def _tables(data, r, others, depth):
    """Return a file of detectors with another pattern, value, or order of lines."""
    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    at = r.randrange(len(lines))
    key, mark, _ = lines[at].partition(" = ")
    what = r.randrange(5)
    if what == 0 and mark:
        lines[at] = f"{key} = {r.choice(_VALUES)}\n"
    elif what == 1:
        lines[at] = lines[r.randrange(len(lines))]
    elif what == 2:
        lines[at:at] = lines[r.randrange(len(lines)) :]
    else:
        name = r.choice(("patterns", "near", "not_near", "exclude"))
        lines[1:1] = [f"{name} = ['''{pattern(r)}''']\n"]
        lines = [line for number, line in enumerate(lines) if number == 1 or not line.startswith(f"{name} =")]
    return "".join(lines).encode("utf-8", "replace")


_ATOMS = r"a B 0 ä € 😀 . \d \w \S \b \B ^ $ \xE9 \. [a-z] [^,] [ä-ü] [] [^] [z-a] [\d-x] ( ) (?: (?=a) (?i)".split()  # noqa: SIM905
_ATOMS += r"\1 \Q [[:alpha:]] \x{41} \n \ -".split()  # noqa: SIM905
_REPEATS = "* + ? {3} {0} {0,} {2,1} {3,5} {1000} {,3} {99999999999} *? ++ { {a}".split()  # noqa: SIM905


def pattern(r, depth=0):
    """Return a pattern of any kind: right ones, such as are refused, and such as are none."""
    made = ""
    for _ in range(r.choice((1, 2, 3, 6))):
        made += f"({pattern(r, depth + 1)})" if depth < 4 and r.random() < 0.3 else r.choice(_ATOMS)
        made += r.choice(_REPEATS) if r.random() < 0.4 else ""
        made += "|" if r.random() < 0.1 else ""
    return made * r.choice((1, 1, 1, 1, 40))


_BUILT = (
    (b"\xd0\xcf\x11\xe0", 0, _sectors),
    (b"SQLite format 3", 0, _pages),
    (b"%PDF-", 0, _objects),
    (b"ustar", 257, _headers),
    (b"From", 0, _parts),
    (b"MIME-Version", 0, _parts),
    (b"[[detector]]", 0, _tables),
)
"""How a format begins that is changed by what it is made of, and what does so."""
_PACKERS = (
    (b"\x1f\x8b", gzip.decompress, gzip.compress),
    (b"BZh", bz2.decompress, bz2.compress),
    (b"\xfd7zXZ", lzma.decompress, lzma.compress),
    (b"\x28\xb5\x2f\xfd", zstd.decompress, zstd.compress),
)


def _zip(data, r, others, depth):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > LARGEST:
            return None
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    if not members:
        return None
    victim = r.randrange(len(members))
    what = r.randrange(10)
    if what == 0:
        members.append(members[victim])
    elif what == 1:
        members.pop(victim)
    elif what == 2:
        members[victim] = (members[r.randrange(len(members))][0], members[victim][1])
    else:
        members[victim] = (members[victim][0], mutated(members[victim][1], r, others, depth + 1))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", r.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = archive.compression
            archive.writestr(info, content)
    return out.getvalue()


def _seven(data, r, others):
    place, size = struct.unpack_from("<QQ", data, 12)
    body, header = data[32 : 32 + place], data[32 + place : 32 + place + size]
    if r.random() < 0.8:
        header = changed(header, r)
    else:
        body = changed(body, r, others)
    start = struct.pack("<QQI", len(body), len(header), zlib.crc32(header))
    return data[:8] + struct.pack("<I", zlib.crc32(start)) + start + body + header
