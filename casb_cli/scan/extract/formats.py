"""From bytes to text: the true type decides the extractor, and every failure becomes a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import BinaryIO, TypeVar, cast

import msgspec

from casb_cli.scan.extract.base import BLOCK, PANIC, Context, Exhausted, Extractor, Segment, Source, Stop
from casb_cli.scan.extract.sniff import sniff

Item = TypeVar("Item")


class Format(msgspec.Struct, frozen=True):
    """How one kind is extracted: `module:function`, whether it reads at any position, whether it contains files."""

    extractor: str
    random: bool = False
    container: bool = False

    def load(self) -> Extractor:
        """Return the extractor's function."""
        module, _, name = self.extractor.partition(":")
        function: Extractor = getattr(import_module(f"casb_cli.scan.extract.{module}"), name)
        return function


FORMATS: dict[str, Format] = {
    "text": Format("text:text"),
    "xml": Format("markup:xml_text"),
    "html": Format("hypertext:html_text"),
    "rtf": Format("rtf:rtf_text", container=True),
    "docx": Format("office:docx", random=True, container=True),
    "pptx": Format("office:pptx", random=True, container=True),
    "xlsx": Format("office:xlsx", random=True, container=True),
    "doc": Format("compound:word", random=True),
    "ppt": Format("compound:powerpoint", random=True),
    "msg": Format("compound:outlook", random=True, container=True),
    "ole": Format("objects:embedded", random=True, container=True),
    "tnef": Format("tnef:tnef", random=True, container=True),
    "signed": Format("signed:signed", container=True),
    "vba": Format("macros:project", random=True),
    "sqlite": Format("sqlite:sqlite"),
    "dbf": Format("dbf:dbf"),
    "parquet": Format("columnar:parquet", random=True),
    "orc": Format("columnar:orc", random=True),
    "arrow": Format("columnar:arrow", random=True),
    "avro": Format("columnar:avro"),
    "card": Format("text:card", container=True),
    "xls": Format("sheets:sheets", random=True),
    "opendocument": Format("office:opendocument", random=True, container=True),
    "pdf": Format("pdf:pdf", random=True, container=True),
    "mail": Format("mail:mail", container=True),
    "mbox": Format("mail:mbox", container=True),
    "zip": Format("archive:zip_members", random=True, container=True),
    "tar": Format("tape:tar_members", random=True, container=True),
    "cpio": Format("tape:cpio_members", random=True, container=True),
    "rpm": Format("tape:rpm_content", random=True, container=True),
    "ar": Format("tape:ar_members", random=True, container=True),
    "lz4": Format("archive:lz4_content", container=True),
    "z": Format("older:z_content", container=True),
    "lzip": Format("older:lzip_content", container=True),
    "cab": Format("older:cabinet", random=True, container=True),
    "plist": Format("plist:plist", container=True),
    "picture": Format("unknown:picture"),
    "binary": Format("unknown:strings"),
    "7z": Format("sevenzip:members", random=True, container=True),
    "gzip": Format("archive:gzip_content", container=True),
    "zlib": Format("archive:zlib_content", container=True),
    "bzip2": Format("archive:bzip2_content", container=True),
    "xz": Format("archive:xz_content", container=True),
    "zstd": Format("archive:zstd_content", container=True),
}


def extract(source: Source, context: Context, where: str, kind: str | None = None) -> Iterator[Segment]:
    """Yield the text of a source and of everything in it; failures are noted in the context, not raised.

    Only Exhausted is raised: it ends the whole inspection. `kind` skips the look at the bytes.
    """
    yield from _noting(_segments(source, context, where, kind), context, where)


def _noting(items: Iterator[Item], context: Context, where: str) -> Iterator[Item]:
    """Yield the items; what ends them early is noted as the reason, at the place."""
    try:
        yield from items
    except Exhausted:
        raise
    except Stop as stop:
        context.note(where, stop)
    except MemoryError:
        context.note(where, Stop("out-of-memory"))
    except RecursionError:
        context.note(where, Stop("expansion", "nested too deep"))
    except Exception as error:  # noqa: BLE001 - parsers raise anything on foreign bytes; words could hold content
        context.note(where, Stop("corrupted", type(error).__name__))
    except BaseException as error:
        if type(error).__name__ != PANIC:
            raise
        context.note(where, Stop("corrupted", PANIC))


def _segments(source: Source, context: Context, where: str, kind: str | None) -> Iterator[Segment]:
    context.tick()
    copy: Source | None = None
    if kind is None:
        kind = sniff(source)
        if kind in ("zip", "ole") and not source.random:
            source = copy = _spooled(source)
    try:
        if copy is not None:
            kind = sniff(copy)
        if not context.kind:
            context.kind = kind
        if kind in _REFUSED:
            if kind == "empty" and (where or source.size):
                return  # an empty member hides nothing
            raise _REFUSED[kind](source)
        form = FORMATS[kind]
        if form.container and context.depth >= context.limits.depth:
            raise Stop("expansion", "nested too deep")
        if form.random and copy is None and not source.random:
            source = copy = _spooled(source)
        source.file.seek(0)
        context.depth += form.container
        try:
            for segment in form.load()(source, context, where):
                blocks = _noting(segment.blocks, context, segment.where)
                name = segment.name or source.name
                # Built anew and not by `replace`, which takes longer than all else here: there may be a million.
                yield Segment(
                    segment.where, segment.scheme, blocks, segment.header_row, segment.shorter, segment.nature, name
                )
        finally:
            context.depth -= form.container
    finally:
        if copy is not None:
            copy.file.close()


def _spooled(source: Source) -> Source:
    """Return the source copied to where any position can be read at once: memory, or an unlinked file.

    The caller closes the copy.
    """
    import tempfile  # here, since few inspections need one

    copy = tempfile.SpooledTemporaryFile(max_size=16 << 20)  # noqa: SIM115 - handed to the caller
    try:
        source.file.seek(0)
        while block := source.file.read(BLOCK):
            copy.write(block)
    except BaseException:
        copy.close()
        raise
    size = copy.tell()
    copy.seek(0)
    return Source(cast("BinaryIO", copy), source.name, size)


_REFUSED: dict[str, Callable[[Source], Stop]] = {
    "empty": lambda _: Stop("empty"),
    "lfs-pointer": lambda _: Stop("lfs-pointer"),
    "locked": lambda _: Stop("encrypted"),
    "ole-torn": lambda _: Stop("corrupted", "an OLE document"),
}
