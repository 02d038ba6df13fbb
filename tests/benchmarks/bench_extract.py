"""Extraction beside the bare parsing floor.

The floor: unpacking and tag stripping for docx and pptx, calamine for xlsx, pdfium for pdf; ours has all limits
on. Run `python tests/benchmarks/bench_extract.py`.
"""

from __future__ import annotations

import argparse
import io
import math
import random
import re
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pypdfium2
from python_calamine import CalamineWorkbook

from casb_cli.scan.extract.base import Context, Limits, Source
from casb_cli.scan.extract.formats import extract

sys.path.insert(0, str(Path(__file__).parents[1] / "scan"))

from test_extract_formats import docx, office, paragraph, pdf, xlsx

WORDS = "the account of a customer was opened in spring and nobody asked for the report".split()  # noqa: SIM905
RUNS = 15
_TAG = re.compile(rb"<[^<>]*>")


def sentences(count: int, seed: int = 1) -> list[str]:
    r = random.Random(seed)
    return [" ".join(r.choices(WORDS, k=12)) for _ in range(count)]


def samples() -> dict[str, tuple[bytes, Callable[[bytes], object]]]:
    """Return one document of each format with what reads it barely."""
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n * 7}</v></c><c r="B{n}" t="inlineStr"><is><t>{text}</t></is></c>'
        f'<c r="C{n}"><v>{n / 7:.4f}</v></c></row>'
        for n, text in enumerate(sentences(20_000), 1)
    )
    slides = {
        f"ppt/slides/slide{n}.xml": "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in sentences(400, n))
        for n in range(60)
    }
    return {
        "docx": (docx("".join(map(paragraph, sentences(40_000)))), stripped),
        "pptx": (office({name: f"<p:sld>{text}</p:sld>" for name, text in slides.items()}), stripped),
        "xlsx": (xlsx(rows), cells),
        "pdf": (pdf(*("\\n".join(sentences(40, n)) for n in range(400))), pages),
    }


def stripped(data: bytes) -> object:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [_TAG.sub(b"", archive.read(name)) for name in archive.namelist() if name.endswith(".xml")]


def cells(data: bytes) -> object:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]


def pages(data: bytes) -> object:
    document = pypdfium2.PdfDocument(data)
    return [document[number].get_textpage().get_text_range() for number in range(len(document))]


def ours(data: bytes) -> int:
    context = Context(limits=Limits(), open=extract, deadline=time.monotonic() + 300)
    size = sum(len(b) for one in extract(Source(io.BytesIO(data), "x", len(data)), context, "") for b in one.blocks)
    assert not context.notes, context.notes
    return size


def best(data: bytes, *works: Callable[[bytes], object]) -> list[float]:
    """Return the least time that each took; they run in turns, so that what else the machine does hits all of them."""
    found = [math.inf for _ in works]
    for _ in range(RUNS):
        for number, work in enumerate(works):
            begun = time.process_time()
            work(data)
            found[number] = min(found[number], time.process_time() - begun)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    for kind, (data, floor) in samples().items():
        bare, mine = best(data, floor, ours)
        print(
            f"{kind}: {bare / mine:.2f} of the floor ({mine * 1000:.0f} ms, floor {bare * 1000:.0f} ms)   target >= 0.7"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
