"""Speed and memory of inspection over logs, CSV, prose and source with planted data, beside ripgrep.

The corpus is made from a seed in a temporary folder. Speed is MB per CPU second: of one worker, of the pool's
own process, and of `rg -o -j1` given as many patterns as the catalogue has hints. Run
`python tests/benchmarks/bench_detect.py --mb 200`; figures hold as ratios of one run only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from casb_cli.sandbox import planted
from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.inspect_local import LocalResult, detect_paths
from casb_cli.scan.workers import WorkerPool

FILE = 8 << 20
WORDS = (  # noqa: SIM905 - a text
    "the account of a customer was opened in spring and nobody asked for the report that finance had sent to every "
    "office before the audit while the team in the north kept the old ledger because its numbers were right and the "
    "new system had lost two weeks of orders when the server room was moved to another floor of the building"
).split()
NAMES = "load store open close parse render submit fetch cursor buffer index window record header value".split()  # noqa: SIM905


def log_line(r: random.Random) -> str:
    day, hour = f"2026-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}", f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}"
    where = f"[worker-{r.randint(1, 16)}] c.e.app.{r.choice(NAMES).title()}Handler"
    call = f"{r.choice(('GET', 'POST'))} /api/v1/{r.choice(NAMES)}/{r.randint(1, 10**9)} status={r.choice((200, 404))}"
    tail = f"took={r.randint(1, 900)}ms ip=10.{r.randint(0, 255)}.{r.randint(0, 255)}.7"
    level = r.choice(("INFO", "WARN", "DEBUG"))
    return f"{day}T{hour}:07.{r.randint(0, 999):03d}Z {level} {where} - {call} {tail} trace={r.getrandbits(128):032x}"


def csv_line(r: random.Random) -> str:
    name = f"{r.choice(WORDS).title()} {r.choice(WORDS).title()}"
    money = f"{r.randint(1, 10**5)}.{r.randint(0, 99):02d},{r.choice(('EUR', 'USD'))}"
    phone = f"+49 {r.randint(100, 999)} {r.randint(10**5, 10**7)}"
    day = f"{r.randint(1, 28):02d}/0{r.randint(1, 9)}/2026"
    return f"{r.randint(1, 10**7)},{name},{day},{money},{phone},{r.choice(WORDS)}"


def prose_line(r: random.Random) -> str:
    at = r.randrange(len(WORDS))
    return " ".join((WORDS * 2)[at : at + r.randint(8, 16)]).capitalize() + r.choice((".", ",", ".", "!"))


def source_line(r: random.Random) -> str:
    a, b, c = r.choice(NAMES), r.choice(NAMES), r.choice(NAMES)
    return r.choice(
        (
            f"    {a}_{b} = self.{c}({a}, {b}={r.randint(0, 99)})",
            f"def {a}_{c}({b}: str, token: str | None = None) -> int:",
            f'    if {a}.{b} is None: raise ValueError("{c} has no {a}")',
            f"        # the {a} is kept until the {b} of {c} is closed",
            f'    "{a}": {{"{b}": {r.randint(1, 10**6)}, "id": "{r.getrandbits(64):016x}"}},',
            f"    password = settings.{a}.{b}",
            "",
        )
    )


KINDS: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("log", log_line),
    ("csv", csv_line),
    ("txt", prose_line),
    ("py", source_line),
)


def write_corpus(folder: Path, size: int) -> tuple[int, Counter[str]]:
    """Write at least `size` bytes; return how many, and what was planted in them."""
    written, sown = 0, Counter[str]()
    number = 0
    while written < size:
        kind, line = KINDS[number % len(KINDS)]
        r = random.Random(number)
        base = [line(r) for _ in range(20_000)]
        path = folder / f"file-{number}.{kind}"
        with path.open("w", encoding="utf-8") as out:
            batch = 0
            while out.tell() < FILE:
                r.shuffle(base)
                out.write("\n".join(base) + "\n")
                detector = planted.PLANTS[(number + batch) % len(planted.PLANTS)]
                if detector != "email-bulk":
                    lines = planted.lines_for(detector, 3, 7, number, batch)
                    out.write("\n".join(lines) + "\nend of list\n")
                    sown[detector] += 3
                    if detector == "aws-access-key":
                        sown["aws-secret-key"] += 3
                batch += 1
        written += path.stat().st_size
        number += 1
    return written, sown


def cpu(pid: int | str) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(pid: int | str) -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def children() -> list[str]:
    found = []
    for task in Path("/proc/self/task").iterdir():  # a thread's children are listed with that thread
        with contextlib.suppress(OSError):
            found += (task / "children").read_text().split()
    return found


def watched(results: Iterator[LocalResult], memory: Counter[str], used: dict[str, float]) -> Iterator[LocalResult]:
    """Yield the results; keep each worker's peak MiB and CPU seconds as they stand after each."""
    for item in results:
        for pid in children():
            with contextlib.suppress(OSError):
                memory[pid] = max(memory[pid], peak(pid))
                used[pid] = cpu(pid)
        yield item


def ours(folder: Path, files: list[str], workers: int) -> tuple[float, float, float, int, int, Counter[str]]:
    """Inspect the files; return wall, worker CPU and own CPU seconds, peak MiB of both, and what was found."""
    found: Counter[str] = Counter()
    memory: Counter[str] = Counter()
    used: dict[str, float] = {}
    own = time.process_time()
    with WorkerPool(key=bytes(32), workers=workers, cache_dir=str(folder / "cache")) as pool:
        for _ in detect_paths(files[:1], pool):
            pass
        start = {pid: cpu(pid) for pid in children()}
        begun = time.perf_counter()
        for item in watched(detect_paths(files, pool, every=False), memory, used):
            result = item.result
            if result.outcome != "done":
                raise SystemExit(f"{item.file}: {result.outcome} {result.reason}")
            found.update(result.totals)
        wall = time.perf_counter() - begun
    worker = sum(used[pid] - start.get(pid, 0.0) for pid in used)
    return wall, worker, time.process_time() - own, peak("self"), max(memory.values(), default=0), found


def ripgrep(folder: Path, files: list[str], patterns: list[str]) -> float | None:
    """Return the CPU seconds of ripgrep with the patterns, None where it is not installed."""
    program = shutil.which("rg")
    if program is None:
        return None
    listed = folder / "patterns"
    listed.write_text("\n".join(patterns) + "\n", encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [program, "-o", "-j1", "--no-config", "--no-messages", "-f", str(listed), *files]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode > 1:
        raise SystemExit("ripgrep refused a pattern")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def hints() -> list[str]:
    """Return the catalogue's hints as ripgrep takes them: bytes of UTF-8 as themselves."""
    found = []
    for detector in DetectorSet.shipped().detectors:
        for rule in detector.rules:
            text = re.sub(r"[^\x00-\x7f]", lambda m: "".join(rf"\x{b:02x}" for b in m[0].encode()), rule.hint)
            text = text.split(r"\r?\n")[0]  # ripgrep goes line by line
            text = text.replace('\\"', '"').replace("\\'", "'").replace("\\/", "/")
            found.append(f"(?{'i' if rule.caseless else ''}-u:{text})")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="casb-bench-") as name:
        folder = Path(name)
        (folder / "corpus").mkdir()
        size, sown = write_corpus(folder / "corpus", options.mb << 20)
        files = sorted(str(path) for path in (folder / "corpus").iterdir())
        for path in files:  # warm the page cache for both
            Path(path).read_bytes()
        wall, worker, own, coordinator, child, found = ours(folder, files, options.workers)
        rg = ripgrep(folder, files, hints())
    mb = size / 1e6
    rules = sum(len(d.rules) for d in DetectorSet.shipped().detectors)
    count = len(DetectorSet.shipped().detectors)
    print(f"corpus          {mb:.0f} MB in {len(files)} files; {count} detectors, {rules} patterns")
    print(f"worker          {mb / worker:.0f} MB per CPU second ({worker:.2f} s)")
    print(f"wall            {mb / wall:.0f} MB per second, {options.workers} worker(s)")
    print(f"with own CPU    {mb / (worker + own):.0f} MB per CPU second")
    if rg is not None:
        print(f"ripgrep -o -j1  {mb / rg:.0f} MB per CPU second ({rg:.2f} s)")
        print(f"ratio           {rg / worker:.2f} of ripgrep's speed")
    print(f"peak memory     coordinator {coordinator} MiB, worker {child} MiB")
    missed = {name: (count, found[name]) for name, count in sown.items() if found[name] < count}
    extra = {name: count for name, count in found.items() if count > sown.get(name, 0)}
    print(f"planted         {sum(sown.values())}, missed {missed or 'none'}, beyond {extra or 'none'}")
    return 1 if missed or extra else 0


if __name__ == "__main__":
    sys.exit(main())
