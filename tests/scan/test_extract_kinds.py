"""Kinds that hold text in ways of their own: names, archives in a row, tables, property lists, pictures, base64."""

# ruff: noqa: E501 - one kind a line, where that is possible

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import plistlib
import sqlite3
import struct
import tarfile
import time
import zipfile
import zlib
from urllib.parse import quote

import pytest
from compound_file import compound
from scan_scanner import CARDS as SCANNER
from seven_file import seven
from test_extract_formats import office, pdf, xlsx

from casb_cli.scan.detect.examples import card
from casb_cli.scan.extract.base import Limits
from casb_cli.scan.extract.binary_sheet import Extent, lengthened
from casb_cli.scan.inspect import inspect_stream

NUMBER = card("4539")
SHOWN = " ".join(NUMBER[at : at + 4] for at in range(0, 16, 4))
LINE = f"the number is {SHOWN}\n".encode()
CUT = SHOWN[:6], SHOWN[6:]
NOISE = bytes((at * 37 + 11) % 251 ^ 0x80 for at in range(400))


def look(data: bytes, name: str = "file", **limits):
    return inspect_stream(data, name=name, scanner=SCANNER, key=bytes(32), limits=Limits(**limits))


def zipped(members: dict[str, bytes], **options) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT, **headers: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.pax_headers = len(data), headers
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def ar(*members: tuple[bytes, bytes]) -> bytes:
    """Return an archive of ar: headers of 60 bytes, content filled up to an even size."""
    made = b"!<arch>\n"
    for name, data in members:
        made += name.ljust(16) + b"0".ljust(12) + b"0".ljust(6) * 2 + b"100644  " + b"%-10d`\n" % len(data)
        made += data + b"\n" * (len(data) % 2)
    return made


def cpio(name: bytes, data: bytes, *, old: bool = False, mode: int = 0o100644) -> bytes:
    """Return an archive of cpio with one file and the end mark, in the new or the old portable form."""
    made = b""
    for label, content, kind in ((name + b"\0", data, mode), (b"TRAILER!!!\0", b"", 0)):
        if old:
            fields = (0, 0, kind, 0, 0, 1, 0)
            made += (
                b"070707"
                + b"".join(b"%06o" % one for one in fields)
                + b"%011o%06o%011o" % (0, len(label), len(content))
            )
            made += label + content
        else:
            fields = (1, kind, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(label), 0)
            head = b"070701" + b"".join(b"%08X" % one for one in fields) + label
            made += head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
    return made


def lz4(*blocks: bytes, legacy: bool = False) -> bytes:
    """Return an LZ4 frame of blocks that are stored (or literals only, in the older form)."""
    if legacy:
        return b"\x02\x21\x4c\x18" + b"".join(
            struct.pack("<I", len(one) + 2) + bytes((0xF0, len(one) - 15)) + one for one in blocks
        )
    body = b"".join(struct.pack("<I", len(one) | 1 << 31) + one for one in blocks)
    return b"\x04\x22\x4d\x18\x60\x40\x82" + body + bytes(4)


def lz4_copied() -> bytes:
    """Return a frame whose block says the number's last half by reference: eight letters again, from far enough back."""
    first = b"ref 4567 8901 and " + LINE
    block = bytes((0xF0, len(first) - 15)) + first + struct.pack("<H", len(first)) + bytes((0x10,)) + b"."
    return b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", len(block)) + block + bytes(4)


def png(kind: bytes, data: bytes) -> bytes:
    chunks = ((b"IHDR", bytes(13)), (kind, data), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + k + d + bytes(4) for k, d in chunks)


def jpeg(mark: int, data: bytes) -> bytes:
    return b"\xff\xd8\xff" + bytes((mark,)) + struct.pack(">H", len(data) + 2) + data + b"\xff\xda\0\x02" + NOISE


def dbf(*rows: tuple[bytes, bytes]) -> bytes:
    fields = b"".join(name.ljust(11, b"\0") + b"C" + bytes(4) + bytes((30, 0)) + bytes(14) for name in (b"NAME", b"NR"))
    head = bytes((3, 126, 1, 2)) + struct.pack("<IHH", len(rows), 32 + len(fields) + 1, 61) + bytes(20)
    return head + fields + b"\r" + b"".join(b" " + b"".join(cell.ljust(30) for cell in row) for row in rows) + b"\x1a"


def drawn() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = (
        packer.compress(quote(f'<root><mxCell value="&lt;b&gt;{SHOWN}&lt;/b&gt;"/></root>').encode()) + packer.flush()
    )
    return b'<mxfile host="h"><diagram id="a">' + base64.b64encode(text) + b"</diagram></mxfile>"


def iwa(text: bytes) -> bytes:
    """Return a chunk of an iWork document: its size, then Snappy with one literal."""
    packed = bytes((len(text),)) + bytes((60 << 2, len(text) - 1)) + text
    return b"\0" + len(packed).to_bytes(3, "little") + packed


def mail(kind: str, body: str) -> bytes:
    return f"From: a@h.example\nTo: b@h.example\nSubject: x\nContent-Type: {kind}\n\n{body}\n".encode()


def blob(value: bytes) -> bytes:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE a (b BLOB)")
        database.execute("INSERT INTO a VALUES (?)", (value,))
        database.commit()
        return database.serialize()


def alternating(text: bytes) -> str:
    return base64.b64encode(b"here: " + text).decode()


PLIST = plistlib.FMT_BINARY
READ = {
    "name in zip": (zipped({f"scan/{SHOWN}.pdf": b"x"}), "names"),
    "name in 7z": (seven({f"{SHOWN}.txt": b"x"}), "names"),
    "name in tar": (tarred({f"{'d' * 120}/{SHOWN}.txt": b"x"}, tarfile.GNU_FORMAT), "names"),
    "comment in tar": (tarred({"a": b"x"}, comment=SHOWN), "names"),
    "name in gzip": (b"\x1f\x8b\x08\x08" + bytes(6) + SHOWN.encode() + b".txt\0" + gzip.compress(b"x")[10:], "names"),
    "name in cpio": (cpio(SHOWN.encode(), b"x"), "names"),
    "cpio": (cpio(b"a.txt", LINE), "a.txt, line 1"),
    "old cpio": (cpio(b"a.txt", LINE, old=True), "a.txt, line 1"),
    "deb": (ar((b"debian-binary", b"2.0\n"), (b"control.tar.gz/", gzip.compress(tarred({"./postinst": LINE})))), "control.tar.gz!control.tar!./postinst, line 1"),
    "ar with long names": (ar((b"//", b"a-name-longer-than-that.txt/\n"), (b"/0", LINE)), "a-name-longer-than-that.txt, line 1"),
    "ar with names in front": (ar((b"#1/8", b"file.txt" + LINE)), "file.txt, line 1"),
    "two tars in a row": (tarred({"a": b"x"}) + tarred({"b": LINE}), "b, line 1"),
    "lz4": (lz4(LINE[:9], LINE[9:]), "file, line 1"),
    "old lz4": (lz4(LINE, legacy=True), "file, line 1"),
    "lz4 with references": (lz4_copied(), "file, line 1"),
    "zip without directory": (zipped({"a.txt": LINE, "b": b"x" * 90})[:-150], "a.txt, line 1"),
    "zip behind a picture": (png(b"tEXt", b"a\0b") + zipped({"a": LINE}), "a, line 1"),
    "property list": (plistlib.dumps({"a": [1, {"k": SHOWN}]}, fmt=PLIST), ""),
    "property list, wide": (plistlib.dumps({"a": f"\u2116 {SHOWN}"}, fmt=PLIST), ""),
    "property list, number": (plistlib.dumps({"card": int(NUMBER)}, fmt=PLIST), ""),
    "property list, data": (plistlib.dumps({"a": zipped({"b": LINE})}, fmt=PLIST), "data 1!b, line 1"),
    "property list, XML data": (plistlib.dumps({"a": LINE}), "base64"),
    "property list in sqlite": (blob(plistlib.dumps({"a": SHOWN}, fmt=PLIST)), "a!file 1"),
    "dbf": (dbf((b"Ann", b"x"), (b"Bob" * 10, SHOWN.encode())), "table!B3"),
    "drawing": (drawn(), "page 1"),
    "svg spans": (f"<svg><text><tspan>{CUT[0]}</tspan><tspan>{CUT[1]}</tspan></text></svg>".encode(), "line 1"),
    "emphasis in XML": (f"<?xml version='1.0'?><p>No {CUT[0]}<em>{CUT[1]}</em></p>".encode(), "line 1"),
    "HAR": (f'{{"encoding": "base64", "text": "{alternating(LINE)}"}}'.encode(), "base64"),
    "data URL": (f"![a](data:text/csv;base64,{alternating(LINE)})".encode(), "base64"),
    "document in base64": (f'{{"base64": "{base64.b64encode(zipped({"a": LINE})).decode()}"}}'.encode(), "base64 1!a, line 1"),
    "secret of Kubernetes": (f"kind: Secret\ndata:\n  key: {alternating(LINE)}\n".encode(), "base64"),
    "LDIF": (f"dn: cn=a\ndescription:: {alternating(LINE)}\n".encode(), "base64"),
    "flowed mail": (mail("text/plain; format=flowed", f"No {SHOWN[:9]} \n{SHOWN[10:]}"), "part 1"),
    "mail of Apple": (b"203 \n" + mail("text/plain", SHOWN), "part 1"),
    "notes of a binary workbook": (office({"xl/workbook.xml": "<w/>", "xl/comments1.bin": NOISE + b"\0\0\0" + SHOWN.encode("utf-16-le") + b"\0\0"}), "comments"),
    "enriched mail": (mail("text/enriched", f"<bold>{CUT[0]}</bold>{CUT[1]}"), "part 1"),
    "form in an address": (f'<html><a href="https://h.example/?n={SHOWN.replace(" ", "+")}&amp;m=1">x</a></html>'.encode(), ""),
}  # fmt: skip
READ |= {
    "all of a file in base64": (base64.encodebytes(LINE * 4), "base64, line 1"),
    "a document in base64, untold": (json.dumps({"data": base64.b64encode(zipped({"a": LINE})).decode()}).encode(), "base64 1!a, line 1"),
    "a document in base64 in a table": (b"id,doc\n1," + base64.b64encode(zipped({"a": LINE})) + b"\n", "base64 1!a, line 1"),
    "zlib": (zlib.compress(LINE), "file, line 1"),
    "XML with a body": (f'<opml><body><outline text="{SHOWN}"/></body></opml>'.encode(), "line 1"),
    "a number in four fields": (b"<html><body>card" + b"".join(b'<input name="a" value="%s">' % one.encode() for one in SHOWN.split()), "line 1"),
    "a part of no known kind": (office({"word/document.xml": "<w:p/>", "word/custom/part7.xml": f"<a><b>{SHOWN}</b></a>"}), "properties"),
}  # fmt: skip
TORN = ("zip without directory", "notes of a binary workbook")
IN_PART = {
    "PNG, tEXt": (png(b"tEXt", b"Comment\0" + SHOWN.encode()), "image/png"),
    "PNG, zTXt": (png(b"zTXt", b"Comment\0\0" + zlib.compress(SHOWN.encode())), "image/png"),
    "PNG, iTXt": (png(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<d>" + SHOWN.encode() + b"</d>"), "image/png"),
    "PNG, packed iTXt": (png(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(SHOWN.encode())), "image/png"),
    "JPEG comment": (jpeg(0xFE, SHOWN.encode()), "image/jpeg"),
    "JPEG, XMP": (jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0<d>" + SHOWN.encode() + b"</d>"), "image/jpeg"),
    "JPEG, EXIF of Windows": (jpeg(0xE1, b"Exif\0\0" + SHOWN.encode("utf-16-le")), "image/jpeg"),
    "strings": (b"\x7fELF" + NOISE + b"\0" + SHOWN.encode() + b"\0" + NOISE, ""),
    "wide strings": (b"MZ\x90\0" + NOISE + SHOWN.encode("utf-16-le") + b"\0\0" + NOISE, ""),
    "a string behind its length": (b"\x80\x04\x95" + bytes((len(SHOWN),)) + SHOWN.encode() + b"N" + NOISE, ""),
    "a string behind a length that is a letter": (NOISE + b"\x1a\x30" + SHOWN.encode().ljust(48, b".") + b"9" + NOISE, ""),
    "class of Java": (b"\xca\xfe\xba\xbe\0\0\0\x34\0\x0a\x01\0\x13" + SHOWN.encode() + b"\x07\0\x02" + NOISE, ""),
    "OneNote": (bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + NOISE + SHOWN.encode("utf-16-le") + NOISE, "OneNote"),
    "iWork": (iwa(b"\x0a\x13" + b"some other text that is long enough for this one " + SHOWN.encode()), "iWork"),
    "behind the end of a PNG": (png(b"tEXt", b"a\0b") + LINE, "image/png"),
    "TIFF": (b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 270, 2, 31, 26) + bytes(4) + f"the card is {NUMBER} ".encode(), "image/tiff"),
    "sound with tags": (b"fLaC\x84\0\0\x3c" + struct.pack("<I", 1) + b"x" + struct.pack("<II", 1, 27) + b"COMMENT=" + SHOWN.encode(), "audio/"),
    "JPEG in zip": (zipped({"a.jpg": jpeg(0xFE, SHOWN.encode())}), "image/jpeg"),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_each_kind_is_read(case):
    data, place = READ[case]
    result = look(data)
    assert result.totals == {"payment-card": 1}, result
    found = result.matches[0].place
    assert found.startswith(place), found
    assert result.outcome == ("partial" if case in TORN else "done"), result.notes


@pytest.mark.parametrize("case", IN_PART)
def test_what_nothing_reads_gives_its_strings_and_says_so(case):
    data, detail = IN_PART[case]
    result = look(data)
    assert (result.outcome, result.reason, result.totals) == ("partial", "unsupported", {"payment-card": 1})
    assert detail in result.detail


def test_strings_without_a_match_are_no_inspection():
    assert look(b"\x7fELF" + NOISE + b"just some text\0" + NOISE).outcome == "skipped"
    assert look(jpeg(0xFE, b"a holiday by the sea")).outcome == "skipped"


def test_the_name_of_a_file_is_inspected_and_alone_is_no_inspection():
    found = look(b"nothing here", name=f"scan of {SHOWN}.pdf")
    assert (found.outcome, found.totals, found.matches[0].place) == ("done", {"payment-card": 1}, "name")
    assert look(b"", name="IMG_20260102_123456789.jpg").outcome == "skipped"


def test_names_of_very_many_members_come_in_parts_and_all_are_seen():
    names = {f"{'x' * 60}-{at:06}": b"y" for at in range(5_000)}
    result = look(zipped({**names, f"last {SHOWN}": b"y"}))
    assert (result.outcome, result.totals) == ("done", {"payment-card": 1})


def test_data_elements_in_a_row_are_not_joined():
    apart = "".join(f"<n>{SHOWN[at : at + 4]}</n>" for at in range(0, 19, 5))
    assert look(f"<?xml version='1.0'?><a>{apart}</a>".encode()).totals == {}


def test_a_sparse_file_in_tar_is_read_at_its_start_and_its_end():
    pieces = struct.pack("12s12s", b"00000000000\0", b"00000001000\0") + struct.pack(
        "12s12s", b"00004000000\0", b"00000000034\0"
    )
    pieces += b"00004000034\0" + b"00000000000\0"
    head = bytearray(512)
    head[:1], head[100:108], head[108:124] = b"s", b"0000644\0", b"0000000\0" * 2
    head[124:136], head[136:148], head[156:157] = b"00000002000\0", b"00000000000\0", b"S"
    head[257:265], head[386 : 386 + len(pieces)], head[483:495] = b"ustar  \0", pieces, b"00004000034\0"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    other = card("5212", 16, 2)
    whole = bytes(head) + LINE.ljust(512, b" ") + f"at the end {other}"[:28].encode().ljust(512, b"\0") + bytes(1024)
    assert look(whole).totals == {"payment-card": 2}


def test_a_packed_object_that_is_cut_is_told():
    text = zlib.compress(b"a b c\n" * 90_000)
    atom = struct.pack("<HHII", 0x10, 0x1011, len(text) + 4, 540_000) + text
    slides = compound({"PowerPoint Document": struct.pack("<HHI", 0x0F, 0x03EE, len(atom)) + atom})
    assert look(slides).reason is None
    result = look(slides, in_memory=400_000)
    assert (result.outcome, result.reason) == ("partial", "too-large")
    torn = atom[:4] + struct.pack("<I", len(text) - 96) + atom[8:-100]
    slides = compound({"PowerPoint Document": struct.pack("<HHI", 0x0F, 0x03EE, len(torn)) + torn})
    assert look(slides).reason == "corrupted"


class Changing(io.BytesIO):
    """A file that another program makes longer, or cuts short, once its text has been begun."""

    def __init__(self, data: bytes, change: int) -> None:
        super().__init__(data)
        self._change = change

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self._change and size == 1 << 20:
            end, at, self._change = len(self.getbuffer()) + self._change, self.tell(), 0
            self.truncate(end) if end < len(self.getbuffer()) else self._grow(end, at)
        return data

    def _grow(self, end: int, at: int) -> None:
        self.seek(end - 1)
        self.write(b"\n")
        self.seek(at)


@pytest.mark.parametrize(("change", "outcome"), [(0, "done"), (-900_000, "partial"), (900_000, "partial")])
def test_a_file_that_changes_while_it_is_read_is_told(change, outcome):
    file = Changing(LINE + b"text and more\n" * 300_000, change)
    result = inspect_stream(file, name="a.log", scanner=SCANNER, key=bytes(32))
    assert (result.outcome, result.reason) == (outcome, "changed" if change else None)
    assert result.totals == {"payment-card": 1}


def bare(kind: bytes) -> bytes:
    """Return a property list whose table leads from objects to themselves."""
    objects = b"\xd2\0\0\0\0" * 200
    table = bytes(at * 5 % 256 for at in range(200))
    return b"bplist00" + objects + table + bytes(6) + b"\x01\x01" + struct.pack(">QQQ", 200, 0, 8 + len(objects)) + kind


HOSTILE = {
    "cpio-cut": (cpio(b"a", LINE * 50)[:900], "corrupted"),
    "cpio-size-of-eight-gigabytes": (cpio(b"a", LINE).replace(b"%08X" % len(LINE), b"FFFFFFF0", 1), "corrupted"),
    "cpio-no-digits": (b"070701" + b"0" * 104 + b"\0\0" + b"zz" * 60, "corrupted"),
    "ar-cut": (ar((b"a/", LINE * 9))[:200], "corrupted"),
    "ar-no-size": (b"!<arch>\n" + b"a/".ljust(48) + b"-5".ljust(10) + b"`\n" + LINE, "corrupted"),
    "ar-names-far-away": (ar((b"/99999999", b"x")), None),
    "tar-with-a-torn-header": (tarred({"a": LINE})[:1024] + b"x" * 512 + bytes(512), "corrupted"),
    "lz4-cut": (lz4(LINE * 20)[:-60], "corrupted"),
    "lz4-reference-to-nothing": (b"\x04\x22\x4d\x18\x60\x40\x82" + struct.pack("<I", 5) + b"\x10a\xff\xff\0" + bytes(4), "corrupted"),
    "lz4-block-of-two-gigabytes": (b"\x04\x22\x4d\x18\x60\x70\x82" + struct.pack("<I", 0x7FFFFFFF) + b"\xff" * 900, "corrupted"),
    "lz4-bomb": (b"\x04\x22\x4d\x18\x60\x70\x82" + (struct.pack("<I", 15_690) + b"\x1fa\1\0" + b"\xff" * 15_680 + b"\0" + b"\x10a"[:5]).ljust(15_694, b"\0") * 40 + bytes(4), "corrupted"),
    "property-list-cut": (plistlib.dumps({"a": SHOWN}, fmt=PLIST)[:-9], "corrupted"),
    "property-list-of-itself": (bare(b""), None),
    "property-list-of-a-billion": (b"bplist00" + bytes(40) + bytes(6) + b"\x08\x08" + struct.pack(">QQQ", 1 << 60, 0, 8), "corrupted"),
    "png-with-a-chunk-of-four-gigabytes": (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 0xFFFFFFFF) + b"tEXt" + LINE, "unsupported"),
    "png-text-bomb": (png(b"zTXt", b"a\0\0" + zlib.compress(bytes(64 << 20))), "unsupported"),
    "jpeg-without-end": (b"\xff\xd8" + b"\xff\xe1\0\x02" * 5_000, "unsupported"),
    "iwork-bomb": (b"\0\x0a\0\0" + b"\xff\xff\x03" + b"\0a" + b"\xfe\1\0" + b"\0\0" , "unsupported"),
    "dbf-of-no-fields": (bytes((3, 126, 1, 2)) + struct.pack("<IHH", 1, 97, 61) + bytes(20) + b"\r".ljust(65, b"a") + LINE, "unsupported"),
    "zip-of-headers-only": ((b"PK\x03\x04" + bytes(26)) * 4_000, "corrupted"),
    "zip-cut-in-a-locked-member": (b"PK\x03\x04\x14\0\x01\0\x08\0" + bytes(8) + struct.pack("<IIHH", 90, 90, 1, 0) + b"a" + bytes(60), "encrypted"),
    "zip-bomb-without-directory": (zipped({"a": b"\n" * (8 << 20)})[:-60], "expansion"),
    "drawing-bomb": (b"<mxfile><diagram>" + base64.b64encode(zlib.compress(b"a" * (8 << 20), 9)[2:]) + b"</diagram></mxfile>", "expansion"),
    "base64-of-noise": (b"base64 " + base64.b64encode(NOISE * 3), None),
    "gzip-head-without-end": (b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 300_000, "corrupted"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_harmful_files_end_with_their_reason(case):
    data, reason = HOSTILE[case]
    begun = time.process_time()
    result = look(data, ratio_floor=1 << 20, expansion=64 << 20)
    assert result.reason == reason, result
    assert time.process_time() - begun < 60


def test_a_file_on_disk_that_is_cut_before_it_is_read_is_told(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(LINE * 100_000)
    with path.open("rb") as file:

        def late() -> bytes:
            os.truncate(path, 1000)
            return b""

        class Cut:
            def __getattr__(self, name):
                return getattr(file, name)

            def read(self, size=-1):
                if size == 1 << 20:
                    late()
                return file.read(size)

        result = inspect_stream(Cut(), name="a.log", scanner=SCANNER, key=bytes(32))
    assert (result.outcome, result.reason) == ("partial", "changed")


def test_code_that_speaks_of_base64_is_looked_at_near_the_word_only():
    packed = alternating(LINE)
    near = f"import base64\nbase64.b64decode('{packed}')\n{'x = 1  # y' * 90}\n"
    far = f"import base64\n{'x = 1  # y' * 90}\nkey = '{packed}'\n"
    assert [m.place for m in look(near.encode()).matches] == ["base64"]
    assert look(far.encode()).matches == ()
    long = f"base64 {alternating(LINE + b'z ' * 900)}"
    assert [m.place for m in look(long.encode()).matches] == ["base64"]


def test_an_old_workbook_whose_sectors_go_in_a_circle_is_refused():
    book = bytearray(compound({"Workbook": b"\x09\x08\x10\0\0\x06\x05\0".ljust(9_000, b"\0")}))
    table = 512 * (1 + struct.unpack_from("<I", book, 0x4C)[0])  # where the first sector of the table lies
    chained = [at for at in range(table, table + 512, 4) if 0 < struct.unpack_from("<I", book, at)[0] < 100]
    struct.pack_into("<I", book, chained[-1], (chained[0] - table) // 4)
    assert (look(bytes(book)).reason, look(bytes(book)).detail) == ("corrupted", "sectors that lead astray")
    assert look(bytes(book) + b"unfinished").detail == "sectors that lead astray"
    struct.pack_into("<I", book, 0x2C, 0x3FFFFFFF)
    assert look(bytes(book)).reason == "corrupted"


def test_cells_of_binary_sheets_that_leave_out_their_column_get_it():
    row, whole = bytes((0, 4)) + bytes(4), bytes((6, 8)) + struct.pack("<II", 4, 0)
    value = SHOWN.encode("utf-16-le")
    text = bytes(4) + struct.pack("<I", len(SHOWN)) + value
    short = bytes((17, len(text))) + text
    sheet = b"\x91\1\0" + row + short + row + whole + short + b"\x92\1\0"
    given = bytes((6, len(text) + 4))
    expected = row + given + struct.pack("<I", 0) + text + row + whole + given + struct.pack("<I", 5) + text
    for size in (1, 7, 1000):
        pieces = iter([sheet[at : at + size] for at in range(0, len(sheet), size)])
        assert b"".join(lengthened(pieces, Extent())) == b"\x91\1\0" + expected + b"\x92\1\0"
    assert b"".join(lengthened(iter([b"\xff" * 4_000_000] * 3), Extent())) == b"\xff" * 12_000_000


def test_cells_of_a_table_in_a_pdf_are_no_one_number():
    other = card("5212", 16, 2)
    grouped = " ".join(other[at : at + 4] for at in range(0, 16, 4))
    row = pdf(f"Ann {SHOWN}) Tj 250 0 Td (12) Tj 30 0 Td (0001", f"Bob {grouped[:9]}) Tj 87 0 Td ({grouped[10:]}")
    assert look(row).totals == {"payment-card": 2}


def test_the_queries_of_a_workbook_are_read():
    package = zipped({"Formulas/Section1.m": LINE})
    mashup = base64.b64encode(struct.pack("<II", 0, len(package)) + package + bytes(4)).decode()
    item = f'<?xml version="1.0" encoding="utf-16"?><DataMashup xmlns="x">{mashup}</DataMashup>'.encode("utf-16")
    (match,) = look(office({"xl/workbook.xml": "<w/>", "customXml/item1.xml": item})).matches
    assert match.place.startswith("queries!Formulas/Section1.m")


def test_a_member_with_a_wrong_checksum_gives_its_text_and_says_so():
    whole = zipped({"a.txt": LINE})
    result = look(whole.replace(struct.pack("<I", zlib.crc32(LINE)), b"abcd"))
    assert (result.outcome, result.reason, result.totals) == ("partial", "corrupted", {"payment-card": 1})


def test_a_sheet_with_far_cells_and_links_is_read():
    cells = f'<row r="90000"><c r="XEZ90000" t="inlineStr"><is><t>{SHOWN}</t></is></c></row>'
    book = xlsx(cells, **{"xl/worksheets/_rels/sheet1.xml.rels": "<Relationships/>"})
    assert look(book).totals == {"payment-card": 1}


@pytest.mark.parametrize("mark", [f"==============={SHOWN}==", f"{SHOWN}_part"])
@pytest.mark.parametrize("quote", ['"', ""])
def test_the_mark_between_the_parts_of_a_mail_is_no_content(mark, quote):
    if not quote:
        mark = mark.replace(" ", "")
    body = f"--{mark}\nContent-Type: text/plain\n\nhello\n--{mark}--"
    assert look(mail(f"multipart/mixed;\n boundary={quote}{mark}{quote}; x=1", body)).matches == ()


@pytest.mark.parametrize(
    "header",
    [
        "Message-ID: <{n}.{n}@mail.example>",
        "In-Reply-To: <{n}.JavaMail.root@host>",
        "References: <{n}@a.example> <{n}.2@b.example>",
        "Received: by mx.example with SMTP id {n} for <a@b.example>",
        "List-Unsubscribe: <https://x.example/u/{n}/{n}>, <mailto:u-{n}@x.example>",
        "X-Forefront-Antispam-Report: SFS:(13230040)({n})({n});DIR:OUT",
        "X-Campaign-Id: {n}",
        "Content-ID: <{n}@01DC5A7F>",
    ],
)
def test_what_programs_number_mails_with_is_no_content(header):
    number = SHOWN.replace(" ", "")
    head = f"From: a@b.example\nTo: c@d.example\n{header.format(n=number)}\nSubject: minutes\n"
    assert look((head + "\nhello\n").encode()).matches == ()
    told = look((head + f"X-Card-Id: {number}\n\nhello\n").encode())
    assert [match.detector for match in told.matches] == ["payment-card"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(
    ("name", "expected"), [("order_id", {}), ("card_number", {"payment-card": 1}), ("note", {"payment-card": 1})]
)
def test_columns_have_names_behind_quoted_cells_with_one_row_and_in_any_encoding(encoding, name, expected):
    number = SHOWN.replace(" ", "")
    table = f'amount,city,{name}\n"1,200.00","Paris, France",{number}\n'
    assert look(table.encode(encoding)).totals == expected


def test_letters_that_json_writes_as_numbers_are_read():
    wide = "".join(chr(0xFF10 + int(char)) for char in NUMBER)
    told = look(json.dumps({"note": "карта 4222221234566", "paid": wide}).encode())
    assert told.totals == {"payment-card": 2}
