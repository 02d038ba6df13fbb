"""Documents gone wrong, for tests: bytes changed anywhere, also inside what packs them, checksums made right again."""

import bz2
import gzip
import io
import lzma
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
    except (zlib.error, lzma.LZMAError, zstd.ZstdError, struct.error):
        return None
    return None


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
