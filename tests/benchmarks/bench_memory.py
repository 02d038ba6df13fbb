"""What large inspections take of memory: a 2 GB text, a 1 GB zip of small files, a workbook of 180 MB.

Run `python tests/benchmarks/bench_memory.py` (`--text-mb`, `--zip-mb`, `--sheet-mb` for other sizes). The files are
made by a process of its own; another one inspects them, and tells its own peak and that of its worker. Targets:
coordinator below 100 MiB, worker below 150 MiB for text and zip; a workbook is held as a table: told for comparison.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from casb_cli.scan.extract.base import Limits
from casb_cli.scan.inspect_local import detect_paths
from casb_cli.scan.workers import WorkerPool

_PATIENT = Limits(wall=7200.0, cpu=7200.0)
"""The clock is not what is looked at here: a busy machine would end the inspection before its memory is known."""
SHEET_HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def make_text(path: Path, size: int) -> str:
    from detect_corpus import blocks

    with path.open("w") as out:
        source = blocks(0)
        while out.tell() < size:
            out.write(next(source)[0])
    return f"text of {path.stat().st_size / 1e9:.2f} GB"


def make_zip(path: Path, size: int) -> str:
    from bench_extract import sentences

    r, number, lines = random.Random(1), 0, sentences(2000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        while path.stat().st_size < size:
            number += 1
            archive.writestr(f"folder-{number % 99}/file-{number}.txt", "\n".join(r.choices(lines, k=120)))
    return f"zip of {path.stat().st_size / 1e9:.2f} GB, {number:,} files"


def make_sheet(path: Path, size: int) -> str:
    from bench_extract import sentences, xlsx

    lines, made, number = sentences(5000), 0, 0
    frame = path.with_suffix(".frame")
    frame.write_bytes(xlsx(""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive, zipfile.ZipFile(frame) as old:
        for name in old.namelist():
            if not name.endswith("sheet2.xml"):
                archive.writestr(name, old.read(name))
        with archive.open("xl/worksheets/sheet2.xml", "w") as out:
            made += out.write(SHEET_HEAD.encode())
            while made < size:
                number += 1
                text = f'<c r="B{number}" t="inlineStr"><is><t>{lines[number % 5000]} {number}</t></is></c>'
                row = f'<row r="{number}"><c r="A{number}"><v>{number * 7}</v></c>{text}</row>'
                made += out.write(row.encode())
            out.write(b"</sheetData></worksheet>")
    return f"workbook with {made / 1e6:.0f} MB of cells, {number:,} rows"


MAKERS = {"text": make_text, "zip": make_zip, "sheet": make_sheet}


def peak(pid: int | str) -> int:
    """Return the most MiB that a process ever had resident."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def inspected(path: str, cache: str) -> dict[str, object]:
    """Return the peaks of this process and its worker over one file, and the outcome."""
    begun = time.monotonic()
    with WorkerPool(key=bytes(32), workers=1, cache_dir=cache) as pool:
        result = next(iter(detect_paths([path], pool, limits=_PATIENT, every=False))).result
        worker = max(peak(pid) for pid in pool.processes())
    outcome = f"{result.outcome} {result.reason or ''}".strip()
    seconds = round(time.monotonic() - begun)
    return {"worker": worker, "coordinator": peak("self"), "outcome": outcome, "seconds": seconds}


def apart(*arguments: str) -> str:
    """Return what this script says in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text-mb", type=int, default=2000)
    parser.add_argument("--zip-mb", type=int, default=1000)
    parser.add_argument("--sheet-mb", type=int, default=180)
    parser.add_argument("--make", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--inspect", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        kind, path, size = options.make
        print(MAKERS[kind](Path(path), int(size)))
        return 0
    if options.inspect:
        print(json.dumps(inspected(*options.inspect)))
        return 0
    missed = 0
    sizes = {"text": options.text_mb, "zip": options.zip_mb, "sheet": options.sheet_mb}
    with tempfile.TemporaryDirectory(prefix="casb-bench-") as folder:
        for kind, size in sizes.items():
            path = str(Path(folder) / f"large.{kind}")
            what = apart("--make", kind, path, str(size * 10**6))
            found = json.loads(apart("--inspect", path, str(Path(folder) / "cache")))
            with contextlib.suppress(OSError):
                Path(path).unlink()
            held = found["coordinator"] < 100 and (found["worker"] < 150 or kind == "sheet")
            missed += not (held and found["outcome"] == "done")
            print(
                f"{what}: worker {found['worker']} MiB, coordinator {found['coordinator']} MiB, {found['outcome']}"
                f" after {found['seconds']} s   target < 150 and < 100{' (told only)' if kind == 'sheet' else ''}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
