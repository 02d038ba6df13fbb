"""Feeds the extractors and the loader of own detectors with documents gone wrong, for as long as is asked.

Run `python tests/fuzz/fuzz_scan.py --minutes 20`; `--only xlsx` takes one kind of seed, `--number N` repeats one
input of a run (`--keep FILE` writes it). Each input is made from the run's seed and its own number alone. A fault is:
an exception or a crash, a reason nobody knows, more CPU seconds or text than the limits allow, memory beyond a
worker's. With atheris installed, `--atheris` lets coverage guide the changes instead.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import mmap
import os
import random
import signal
import struct
import sys
import tempfile
import time
import types
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scan"))
import mutations
import test_extract_formats
import test_extract_hostile
import test_extract_hostile_further
import test_extract_inline
import test_extract_kinds
import test_extract_macros
import test_extract_more
import test_extract_older
import test_extract_places
import test_extract_workbook
from seven_file import seven
from test_extract_hostile import KNOWN, SCANNER, SEEDS, SMALL, TOML

from casb_cli.core.errors import ConfigError
from casb_cli.scan.detect import exact, prints
from casb_cli.scan.detect.custom import detectors
from casb_cli.scan.detect.exact_file import Reader
from casb_cli.scan.detect.rules import DetectorSet, Source
from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.scan.workers_limits import bound_resources

KEY = b"k" * 32
SLOW = 20.0
MEMORY = 1 << 30
LARGEST = 100_000
STATE = struct.Struct("<QdQ")
OWN = ("a123 aB0 ab ä€😀 a-z,\n\n\t" * 40 + "a" * 3000 + "é").encode()


def seeds() -> dict[str, list[bytes]]:
    """Return documents by kind: whole ones of every format, and some that are wrong already."""
    line = test_extract_hostile.LINE.encode()
    found: dict[str, list[bytes]] = {}
    for name, (data, *_) in test_extract_formats.CASES.items():
        found.setdefault(name.split("-")[0], []).append(data)
    for number, data in enumerate(SEEDS):
        found.setdefault(f"seed{number}", []).append(data)
    found["doc"] = [test_extract_more.word(f"{test_extract_hostile.LINE}\r", line)]
    found["ppt"] = [test_extract_more.powerpoint("x", test_extract_hostile.LINE)]
    found["msg"] = [test_extract_more.outlook("x", {"a.txt": line, "b.doc": found["doc"][0]})]
    found["sqlite"] = [test_extract_more.database()]
    found["card"] = [test_extract_more.VCARD, test_extract_more.CALENDAR]
    members = {"a": line, "b.docx": found["docx"][0], "c": line * 99}
    found["7z"] = [seven(members, steps, 1) for steps in (("lzma2",), ("x86", "lzma"), ("deflate",), ("bzip2",))]
    found["7z"].append(seven(members, ("delta", "copy")))
    cell = test_extract_workbook.cell
    rows = (
        f'<row r="1">{cell("A1", "name", "inlineStr")}{cell("B1", 0, "s")}</row><row r="3">{cell("AA3", "1.5E9")}</row>'
    )
    strings = '<sst><si><t>text</t></si><si><r><t>a</t></r><rPh sb="0"><t>b</t></rPh></si></sst>'
    found["xlsx"].append(test_extract_formats.xlsx(rows, **{"xl/sharedStrings.xml": strings}))
    for name, (data, _) in test_extract_hostile.CASES.items():
        found.setdefault(name.split("-")[0], []).append(data)
    found["vba"] = [test_extract_macros.project()]
    for name, data in test_extract_places.PLACES.items():
        found.setdefault(name.split()[0], []).append(data)
    for cases in (test_extract_kinds.READ, test_extract_kinds.IN_PART, test_extract_kinds.HOSTILE):
        for name, (data, _) in cases.items():
            found.setdefault(f"kind {name.split(',')[0].split()[0]}", []).append(data)
    for name, (data, _) in test_extract_hostile_further.CASES.items():
        found.setdefault(name.split("-")[0], []).append(data)
    for name, (data, _) in test_extract_older.READ.items():
        found.setdefault(f"packed {name.split()[0]}", []).append(data)
    for name, write in test_extract_inline.WRITTEN.items():
        found[f"inline {name}"] = [write(html) for html in test_extract_inline.HTML.values()]
    found.update(indexes())
    for path in sorted((Path(__file__).parent / "seeds").glob("*")):
        found.setdefault(path.suffix[1:] or path.name, []).append(path.read_bytes())
    found["toml"] = [TOML.encode()]
    small = {kind: [data for data in several if len(data) < LARGEST] for kind, several in found.items()}
    return {kind: several for kind, several in small.items() if several}


def indexes() -> dict[str, list[bytes]]:
    """Return files that detectors read: indexes of exact data and fingerprints of documents."""
    rows = [{"a": f"AC-{at * 7919:06}", "b": "Ann Bell", "c": "Rome"} for at in range(40)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        exact.build(rows, path, KEY, leading="a", beside=("b", "c"), need=1)
        index = path.read_bytes()
    text = " ".join("".join(random.Random(at).choices("abcdefghij", k=6)) for at in range(600))
    return {"exact": [index], "prints": [prints.build([("a.docx", text), ("b.docx", text[::-1])], KEY)]}


def made(found: dict[str, list[bytes]], kinds: list[str], seed: int, number: int) -> tuple[str, bytes]:
    """Return the input of a number."""
    r = random.Random(f"{seed} {number}")
    kind = r.choice(kinds)
    others = [one for several in found.values() for one in several]
    data = r.choice(found[kind])
    for _ in range(r.choice((1, 1, 1, 2))):
        data = mutations.mutated(data, r, others)
    return kind, data


def fault(kind: str, data: bytes, told: Counter[str]) -> str | None:
    """Return what is wrong about how an input ends, None where it ends well."""
    begun = time.process_time()
    try:
        if kind == "toml":
            _loaded(data)
        elif kind in ("exact", "prints"):
            _read(kind, data)
        elif wrong := _inspected(data, told):
            return wrong
    except BaseException as error:  # a panic of a library is no Exception
        return f"{type(error).__name__}: {error}"
    used = time.process_time() - begun
    return f"{used:.0f} CPU seconds" if used > SLOW else None


def _loaded(data: bytes) -> None:
    """Load a file of detectors, and look for them in a text where they are taken."""
    try:
        found = detectors((Source("own.toml", data.decode("utf-8", "replace")),))
    except ConfigError as error:
        if not error.message.startswith("own.toml"):
            raise
        return
    scanner = new_scanner(DetectorSet.shipped(("payment-card",), found))
    inspect_stream(OWN, name="file", scanner=scanner, key=KEY)


def _read(kind: str, data: bytes) -> None:
    """Read an index as its commands and the detectors do: a clear error is all that may come of a wrong one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / kind
        path.write_bytes(data)
        readings: tuple[Callable[[], object], ...] = (
            (lambda: prints.about(path), lambda: prints.opened(path, KEY))
            if kind == "prints"
            else (
                lambda: exact.about(path),
                lambda: Reader(path).verify(KEY),
                lambda: _looked_up(exact.Index(str(path))),
            )
        )
        for reading in readings:
            with contextlib.suppress(ConfigError):
                reading()


def _looked_up(index: exact.Index) -> None:
    text = b"AC-007919, Ann Bell in Rome, ann@b.example, +49 30 123456"
    for way in index._written._made:
        list(index.found(KEY, text, (0, len(text)), way, 100))


def _inspected(data: bytes, told: Counter[str]) -> str | None:
    result = inspect_stream(data, name="file", scanner=SCANNER, key=bytes(32), limits=SMALL)
    for note in result.notes:
        told[f"{result.kind} {note.reason} {note.detail}"] += 1
    if not {note.reason for note in result.notes} <= KNOWN or result.reason not in KNOWN:
        return f"reason {result.reason}"
    if (result.outcome == "done") != (result.reason is None):
        return f"{result.outcome} with {result.reason}"
    if result.text > SMALL.expansion + 4 * len(data) + (8 << 20):
        return f"{result.text:,} bytes of text"
    return None


def child(
    found: dict[str, list[bytes]], kinds: list[str], seed: int, first: int, until: float, state: mmap.mmap
) -> None:
    """Take one input after the other until the time is over; the state says which one is at work."""
    bound_resources(MEMORY)
    told: Counter[str] = Counter()
    number = first
    while time.time() < until:
        state[:] = STATE.pack(number, time.time(), os.getpid())
        kind, data = made(found, kinds, seed, number)
        if wrong := fault(kind, data, told):
            print(f"FAULT number {number} ({kind}, {len(data)} bytes): {wrong}", flush=True)
        number += 1
    state[:] = STATE.pack(number, time.time(), 0)
    for what, count in told.most_common(60):
        print(f"  {count:8,} {what}")


def run(found: dict[str, list[bytes]], kinds: list[str], seed: int, minutes: float) -> int:
    """Run children until the time is over; a crash or a hang of one is told, and the next one goes on behind it."""
    state = mmap.mmap(-1, STATE.size)
    until = time.time() + minutes * 60
    number = faults = 0
    while time.time() < until:
        sys.stdout.flush()
        state[:] = STATE.pack(number, 0.0, 0)
        pid = os.fork()
        if pid == 0:
            child(found, kinds, seed, number, until, state)
            sys.stdout.flush()
            os._exit(0)
        while True:
            ended, status = os.waitpid(pid, os.WNOHANG)
            number, at, _ = STATE.unpack(state[:])
            if ended:
                break
            if at and time.time() - at > 120:
                os.kill(pid, signal.SIGKILL)
                print(f"HANG number {number}", flush=True)
            time.sleep(0.5)
        if status:
            faults += 1
            print(f"CRASH number {number}: status {status}", flush=True)
            number += 1
    used = os.times()
    print(f"{number:,} inputs, {(used.children_user + used.children_system) / 60:.1f} CPU minutes, {faults} crashes")
    return 1 if faults else 0


def guided(found: dict[str, list[bytes]]) -> None:
    """Let atheris change the inputs by the code of ours that they reach."""
    import atheris

    for name in (
        "archive",
        "blocks",
        "compound",
        "dbf",
        "mail",
        "markup",
        "office",
        "plist",
        "sevenzip",
        "sevenzip_header",
        "sniff",
        "tape",
        "torn",
        "unknown",
        "workbook",
    ):
        module = importlib.import_module(f"casb_cli.scan.extract.{name}")
        for holder in (module, *(one for one in vars(module).values() if isinstance(one, type))):
            for key, function in list(vars(holder).items()):
                if isinstance(function, types.FunctionType) and function.__module__ == module.__name__:
                    setattr(holder, key, atheris.instrument_func(function))
    told: Counter[str] = Counter()

    def one(data: bytes) -> None:
        if wrong := fault("", data, told):
            raise RuntimeError(wrong)

    others = [data for several in found.values() for data in several]

    def changed(data: bytes, most: int, seed: int) -> bytes:
        r = random.Random(seed)
        made = mutations.mutated(data, r, others) if r.random() < 0.6 else atheris.Mutate(data, len(data))
        return made[:most]

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(others):
            (Path(folder) / str(number)).write_bytes(data)
        atheris.Setup(
            [sys.argv[0], folder, "-max_len=20000", "-timeout=60", *sys.argv[2:]], one, custom_mutator=changed
        )
        atheris.Fuzz()


def main() -> int:
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append")
    parser.add_argument("--number", type=int)
    parser.add_argument("--keep")
    if sys.argv[1:2] == ["--atheris"]:
        guided(seeds())
        return 0
    options = parser.parse_args()
    found = seeds()
    kinds = options.only or sorted(found)
    if options.number is None:
        return run(found, kinds, options.seed, options.minutes)
    kind, data = made(found, kinds, options.seed, options.number)
    if options.keep:
        Path(options.keep).write_bytes(data)
    told: Counter[str] = Counter()
    print(kind, len(data), fault(kind, data, told), dict(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
