"""Extraction beside the bare parsing floor, and the memory that large inspections take.

The floor: unpacking and tag stripping for docx and pptx, calamine for xlsx, pdfium for pdf; ours has all limits
on. Run `python tests/benchmarks/bench_extract.py`; `--memory` inspects a 2 GB text and a 1 GB zip as well.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import re
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
from detect_corpus import blocks
from python_calamine import CalamineWorkbook

from casb_cli.scan.extract.base import Context, Limits, Source
from casb_cli.scan.extract.formats import extract
from casb_cli.scan.inspect_local import LocalResult, detect_paths
from casb_cli.scan.workers import WorkerPool

sys.path.insert(0, str(Path(__file__).parents[1] / "scan"))

from test_extract_formats import docx, office, paragraph, pdf, xlsx

WORDS = "the account of a customer was opened in spring and nobody asked for the report".split()  # noqa: SIM905
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


def best(work: Callable[[bytes], object], data: bytes) -> float:
    found = []
    for _ in range(5):
        begun = time.process_time()
        work(data)
        found.append(time.process_time() - begun)
    return min(found)


def peak(pid: int | str) -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def watched(results: Iterator[LocalResult], pool: WorkerPool, memory: Counter[int]) -> Iterator[LocalResult]:
    for item in results:
        for pid in pool.processes():
            with contextlib.suppress(OSError):
                memory[pid] = max(memory[pid], peak(pid))
        yield item


def inspected(path: Path, cache: str) -> tuple[int, str]:
    """Return the peak MiB of a worker over one file, and the outcome."""
    memory: Counter[int] = Counter()
    with WorkerPool(key=bytes(32), workers=1, cache_dir=cache) as pool:
        results = list(watched(detect_paths([str(path)], pool), pool, memory))
    return max(memory.values()), f"{results[0].result.outcome} {results[0].result.reason or ''}".strip()


def large(folder: Path, text: int, archive: int) -> None:
    """Inspect a text and a zip of small files; print the peaks."""
    path = folder / "large.txt"
    with path.open("w") as out:
        source = blocks(0)
        while out.tell() < text:
            out.write(next(source)[0])
    worker, outcome = inspected(path, str(folder / "cache"))
    told(f"text of {path.stat().st_size / 1e9:.1f} GB", worker, outcome)
    path.unlink()
    path = folder / "small.zip"
    r, number, lines = random.Random(1), 0, sentences(2000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out_zip, contextlib.suppress(StopIteration):
        while path.stat().st_size < archive:
            number += 1
            out_zip.writestr(f"folder-{number % 99}/file-{number}.txt", "\n".join(r.choices(lines, k=120)))
    worker, outcome = inspected(path, str(folder / "cache"))
    size = path.stat().st_size / 1e9
    told(f"zip of {size:.1f} GB, {number:,} files", worker, outcome)


def told(what: str, worker: int, outcome: str) -> None:
    print(f"{what}: worker {worker} MiB (< 150), coordinator {peak('self')} MiB (< 100), {outcome}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--text-mb", type=int, default=2000)
    parser.add_argument("--zip-mb", type=int, default=1000)
    options = parser.parse_args()
    if options.memory:
        with tempfile.TemporaryDirectory(prefix="casb-bench-") as name:
            large(Path(name), options.text_mb * 10**6, options.zip_mb * 10**6)
    for kind, (data, floor) in samples().items():
        bare, mine = best(floor, data), best(ours, data)
        print(
            f"{kind}: {bare / mine:.2f} of the floor ({mine * 1000:.0f} ms, floor {bare * 1000:.0f} ms)   target >= 0.7"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
