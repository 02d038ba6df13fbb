"""docx, pptx, xlsx and OpenDocument: body, headers, notes, comments, properties, links and what is embedded."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Callable, Iterator

from casb_cli.core.text import printable, shorten
from casb_cli.scan.extract.archive import member_file, opened
from casb_cli.scan.extract.base import BLOCK, Context, Exhausted, Segment, Source, Stop, join_place
from casb_cli.scan.extract.compound import wide_values
from casb_cli.scan.extract.markup import (
    attributes_xml,
    converted,
    drawn_xml,
    office_xml,
    spaced_xml,
    unescaped,
    valued_xml,
)
from casb_cli.scan.extract.sheets import sheets
from casb_cli.scan.extract.text import encoding_of

_WORD = re.compile(
    r"word/(document|header|footer|footnotes|endnotes|comments\w{0,80}|glossary/document|charts/chart(?:Ex)?|settings"
    r"|diagrams/(?:data|drawing)|drawings/drawing)(\d*)\.xml",
    re.IGNORECASE,
)
_SLIDE = re.compile(
    r"ppt/(?:slides/slide|notesSlides/notesSlide|comments/\w{0,80}comment\w{0,80}?|slideMasters/slideMaster|diagrams/(?:data|drawing)"
    r"|slideLayouts/slideLayout|notesMasters/notesMaster|handoutMasters/handoutMaster"
    r"|charts/chart(?:Ex)?|drawings/drawing|tags/tag|presentation)(\d{0,9})[\w{}-]{0,80}\.xml",
    re.IGNORECASE,
)
_SHEET_SIDE = re.compile(
    r"xl/(comments\d*|threadedComments/\w+|drawings/drawing\d+|charts/chart\d+|comments/comment\d+"
    r"|pivotCache/\w+|externalLinks/\w+|connections|queryTables/\w+|workbook|styles|tables/\w+|pivotTables/\w+"
    r"|slicerCaches/\w+|revisions/\w+|diagrams/(?:data|drawing)\d*|ctrlProps/\w+|macrosheets/\w+|richData/\w+|charts/chartEx\d+"
    r"|chartsheets/\w+|timelineCaches/\w+)\.xml|xl/(drawings/\w+)\.vml",
    re.IGNORECASE,
)
_CACHED = re.compile(rb"<(?>[^<>]*? (?:v|name|caption)=\"([^\"<>]*)\")[^<>]*+>")
"""An item of a pivot table's copy of its data, or the name of a column of it."""
_VALUE = re.compile(rb"=\"([^\"<>]*)\"")
_FORMAT = re.compile(rb"\sformatCode=\"([^\"<>]+)\"")
_DESCRIBING = (
    "ppt/presentation",
    "ppt/tags/",
    *(
        f"xl/{part}"
        for part in (
            "workbook",
            "tables/",
            "pivotTables/",
            "slicerCaches/",
            "timelineCaches/",
            "revisions/",
            "ctrlProps/",
            "macrosheets/",
            "richData/",
            "chartsheets/",
        )
    ),
)
_DRAWING = tuple(f"{top}/{part}" for top in ("word", "ppt", "xl") for part in ("charts/", "drawings/", "diagrams/"))
_PROPERTIES = re.compile(r"docProps/(?:core|app|custom)\.xml|customXml/item\d+\.xml|meta\.xml", re.IGNORECASE)
_DRESSING = re.compile(
    r"(?:word/(?:numbering|styles|people|activeX/\w{1,80})|ppt/(?:commentAuthors|authors|activeX/\w{1,80})|xl/persons/\w{1,80})\.xml",
    re.IGNORECASE,
)
"""Parts of which only long values in attributes matter: numbering, styles, who wrote comments, controls."""
_OTHER = re.compile(
    r"(?:word|ppt|xl|customXml)/(?!(?:worksheets|theme|diagrams|charts)/|(?:sharedStrings|calcChain|styles|metadata"
    r"|fontTable|webSettings|stylesWithEffects|presProps|viewProps|tableStyles)\.xml)[\w/.-]{1,200}\.xml",
    re.IGNORECASE,
)
"""Parts of no kind named above, for whatever programs add: not those that draw, and what sheets read."""
_EMBEDDED = re.compile(
    r"(?:word|xl|ppt)/(?:embeddings/.+|media/.+\.(?:vtt|srt)|afchunk[^/]*|vbaProject[^/]*\.bin)"
    r"|Object \d+(?:\.\w+)?|(?:Basic|Scripts)/.+",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"(?:(?:word|xl|ppt)/media|Pictures|media)/.+", re.IGNORECASE)
_OPEN = re.compile(r"(?:.*/)?(content|styles)\.xml")
_RELS = re.compile(r".*\.rels", re.IGNORECASE)
_EXTERNAL = re.compile(rb"<(?=[^<>]*TargetMode=\"External\")[^<>]*+>")
_TARGET = re.compile(rb"Target=\"([^\"]*)\"")


def docx(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield the parts of a Word document, then properties, links and embedded files."""
    yield from _parts(source, context, where, _WORD, _word_place)


def pptx(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield slides, speaker notes, comments, then properties, links and embedded files."""
    yield from _parts(source, context, where, _SLIDE, _slide_place)


def xlsx(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield all sheets (hidden ones too) by cell, then comments, properties, links and embedded files."""
    try:
        yield from sheets(source, context, where)
    except Exhausted:
        raise
    except Exception as error:  # a fault of any reader there: what stands beside the sheets is read all the same
        if isinstance(error, zipfile.BadZipFile) or (isinstance(error, Stop) and error.reason == "encrypted"):
            raise  # so would all the rest
        context.note(where, error if isinstance(error, Stop) else Stop("corrupted", type(error).__name__))
    yield from _parts(source, context, where, _SHEET_SIDE, _side_place)


def opendocument(source: Source, context: Context, where: str) -> Iterator[Segment]:
    """Yield content, headers and footers, and properties of an OpenDocument file; raises Stop(encrypted)."""
    with opened(source) as archive:
        if (info := archive.NameToInfo.get("META-INF/manifest.xml")) is not None:
            with member_file(archive, info, context) as file:
                if b"encryption-data" in file.read():
                    raise Stop("encrypted")
    yield from _parts(source, context, where, _OPEN, lambda m: "" if m[1] == "content" else m[1])


def _word_place(found: re.Match[str]) -> str:
    return "" if found[1].lower() == "document" else f"{found[1].lower()}{found[2][:9]}"


def _slide_place(found: re.Match[str]) -> str:
    part = found[0].split("/")[1].lower().removesuffix(".xml")
    name = {"slides": "slide", "notesslides": "notes", "slidemasters": "master", "slidelayouts": "layout"}.get(
        part, part.rstrip("s")
    )
    return f"{name} {found[1]}".strip()


def _side_place(found: re.Match[str]) -> str:
    return (found[1] or found[2]).split("/")[0]


def _order(info: zipfile.ZipInfo) -> str:
    """Return what a member is sorted by, so that the tenth slide stands behind the ninth."""
    return _DIGITS.sub(lambda found: found[0].zfill(9), info.filename)


_DIGITS = re.compile(r"[0-9]+")


def _parts(
    source: Source,
    context: Context,
    where: str,
    wanted: re.Pattern[str],
    place: Callable[[re.Match[str]], str],
) -> Iterator[Segment]:
    with opened(source) as archive:
        if any(info.flag_bits & 1 for info in archive.infolist()):
            raise Stop("encrypted")
        infos = sorted(archive.infolist(), key=_order)
        found_any = False
        for info in infos:
            name = info.filename
            if found := wanted.fullmatch(name):
                found_any = True
                yield _xml(archive, info, context, join_place(where, place(found)), _reading(name))
            elif _BINARY_NOTES.fullmatch(name):
                with member_file(archive, info, context) as file:
                    yield Segment(join_place(where, "comments"), "none", _wide_texts(file.read()))
            elif _BINARY.fullmatch(name) and info.file_size < _LARGEST_BINARY:
                with member_file(archive, info, context) as file:
                    yield Segment(join_place(where, "beside"), "none", wide_values(file.read()))
            elif _DRESSING.fullmatch(name):
                yield _xml(archive, info, context, join_place(where, "beside"), attributes_xml)
            elif _PROPERTIES.fullmatch(name) or _OTHER.fullmatch(name):
                yield _xml(archive, info, context, join_place(where, "properties"), valued_xml)
                if name.startswith("customXml/item"):
                    yield from _queries(archive, info, context, where)
        for info in infos:
            try:
                if _RELS.fullmatch(info.filename) and info.file_size <= context.limits.in_memory:
                    if links := _links(archive, info, context):
                        yield Segment(join_place(where, "links"), "none", iter((links,)))
                    continue
                picture = context.limits.ocr and _PICTURE.fullmatch(info.filename)
                if not (picture or _EMBEDDED.fullmatch(info.filename)) or info.is_dir():
                    continue
                file = member_file(archive, info, context)
            except Exhausted:
                raise
            except Exception as error:  # noqa: BLE001 - of any kind of torn member: it costs itself only
                fault = error if isinstance(error, Stop) else Stop("corrupted", type(error).__name__)
                context.note(join_place(where, shorten(printable(info.filename), 120)), fault)
                continue
            context.member()
            inner = Source(file, info.filename, info.file_size, random=False)
            yield from context.open(inner, context, join_place(where, shorten(printable(info.filename), 120)))
        if not found_any and wanted is not _SHEET_SIDE:
            raise Stop("corrupted", "the document's main part is missing")


_WIDE = re.compile(rb"(?:[\t\r\n\x20-\xff]\0|[^\0][\x01-\x06\x20]){4,}")


def _wide_texts(data: bytes) -> Iterator[bytes]:
    """Yield the texts among the records of a binary part."""
    for found in _WIDE.finditer(data):
        yield found[0].decode("utf-16-le", "replace").encode("utf-8", "replace") + b"\n"


_BINARY_NOTES = re.compile(r"xl/comments\d*\.bin", re.IGNORECASE)
_BINARY = re.compile(r"xl/(?:workbook|styles|worksheets/\w+)\.bin", re.IGNORECASE)
"""Parts of an xlsb workbook that have names, formats, headers and choices among their records."""
_LARGEST_BINARY = 8 << 20
_MASHUP = re.compile(rb"<DataMashup[^<>]*>([A-Za-z0-9+/=\s]+)<")


def _queries(archive: zipfile.ZipFile, info: zipfile.ZipInfo, context: Context, where: str) -> Iterator[Segment]:
    """Yield the queries that a workbook fetches its data with: a package in base64 ([MS-QDEFF])."""
    if info.file_size > context.limits.in_memory:
        return
    with member_file(archive, info, context) as file:
        found = _MASHUP.search(file.read().replace(b"\0", b""))  # as often in UTF-16 as not
    if found is None:
        return
    data = base64.b64decode(found[1])
    package = data[8 : 8 + int.from_bytes(data[4:8], "little")]
    context.member()
    yield from context.open(Source(io.BytesIO(package), "", len(package)), context, join_place(where, "queries"))


def _reading(name: str) -> Callable[[bytes], bytes]:
    if name.startswith("xl/pivotCache/"):
        return lambda data: spaced_xml(_CACHED.sub(rb"\1\n", data))
    if name.startswith(("xl/connections", "xl/queryTables/")):
        return lambda data: unescaped(b"\n".join(_VALUE.findall(data)))  # how data is fetched, passwords too
    if name == "xl/styles.xml":
        return lambda data: unescaped(b"\n".join(_FORMAT.findall(data)))
    if name == "word/settings.xml":
        return attributes_xml
    if name.startswith(_DESCRIBING):
        return valued_xml
    if name.startswith(_DRAWING):
        return drawn_xml
    return spaced_xml if name.startswith("xl/externalLinks/") else office_xml


def _xml(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, context: Context, where: str, reading: Callable[[bytes], bytes]
) -> Segment:
    def raw() -> Iterator[bytes]:
        with member_file(archive, info, context) as file:
            first = file.read(BLOCK)
            if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
                if info.file_size > context.limits.in_memory:
                    raise Stop("too-large", "an XML part in UTF-16")
                encoding = encoding_of(first[:4096], whole=False) or "utf-8"
                yield (first + file.read()).decode(encoding, "replace").encode("utf-8", "replace")
                return
            while first:
                yield first
                first = file.read(BLOCK)

    return Segment(where, "none", converted(raw(), reading))


def _links(archive: zipfile.ZipFile, info: zipfile.ZipInfo, context: Context) -> bytes:
    with member_file(archive, info, context) as file:
        data = file.read()
    targets = [m[1] for tag in _EXTERNAL.findall(data) if (m := _TARGET.search(tag))]
    return b"\n".join(targets).replace(b"%20", b" ")
