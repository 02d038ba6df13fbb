"""Speed of inspection beside ripgrep and others, in CPU seconds, over logs, CSV, prose and source with planted data.

Every program runs as its users run it: `casb detect ... -o jsonl` as a whole, its workers and its own start
counted. The corpus is made from a seed in a temporary folder. Run `python tests/benchmarks/bench_detect.py`;
`--detect-secrets PATH` and `--gitleaks PATH` (or what stands on the PATH by these names) compare with those: gitleaks
on all of the corpus, detect-secrets on a slice of each kind of file. Both are given the same files as casb, readable
for all users, with a token at the start, in the middle and at the end of each: a program that did not report every one
of them read less than it was given, and no figure is told. Figures hold as ratios of one run only.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import resource
import shutil
import string
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from detect_corpus import Pattern, patterns, write_corpus

from casb_cli.scan.detect.rules import DetectorSet

_SMALL = 8 << 10
_RUNS = 3
"""Runs of each of casb and ripgrep, of which the fastest counts."""
_ROWS = 30_000
_START = """
import time
from casb_cli.scan.inspect import new_scanner
from casb_cli.scan.detect.rules import DetectorSet
begun = time.process_time()
new_scanner(DetectorSet.shipped(cache_dir={cache!r}), {cache!r})
print(time.process_time() - begun)
"""


def timed(
    command: list[str], out: Path | None = None, *, good: tuple[int, ...] = (0, 1), **more: Any
) -> tuple[float, float]:
    """Run a program; return its CPU seconds, those of its children too, and the wall's."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (out or Path(os.devnull)).open("wb") as target:
        done = subprocess.run(command, stdout=target, stderr=subprocess.PIPE, check=False, **more)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in good:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


class Bench:
    """One corpus and what was measured on it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.corpus = folder / "corpus"
        self.corpus.mkdir()
        self.size, self.sown = write_corpus(self.corpus, size)
        self.files = sorted(str(path) for path in self.corpus.iterdir())
        self.environment = {
            **os.environ,
            "CASB_STATE_DIR": str(folder / "state"),
            "CASB_CONFIG_DIR": str(folder / "config"),
        }
        self.toml = folder / "hundred.toml"
        self.toml.write_text("".join(map(_detector, patterns())), encoding="utf-8")
        self.list = folder / "hundred.txt"
        self.list.write_text("".join(form.expression + "\n" for form in patterns()), encoding="utf-8")
        for path in self.files:  # warm the page cache for all
            Path(path).read_bytes()

    def casb(self, *more: str, workers: int = 1, out: Path | None = None) -> tuple[float, float]:
        """Return CPU and wall seconds of `casb detect` over the corpus."""
        return timed(self.detect(*more, str(self.corpus), workers=workers), out, env=self.environment)

    @staticmethod
    def detect(*more: str, workers: int = 1) -> list[str]:
        """Return the command of an inspection."""
        return [sys.executable, "-m", "casb_cli", "detect", "--quiet", "-o", "jsonl", "--workers", str(workers), *more]

    def own(self) -> list[str]:
        """Return the options that leave the hundred patterns only."""
        return ["--detectors", str(self.toml), *(part for form in patterns() for part in ("--detector", form.name))]


def _detector(form: Pattern) -> str:
    head = f'[[detector]]\nid = "{form.name}"\ntitle = "A form"\nseverity = "low"\n'
    return f"{head}patterns = [{_quoted(form.expression)}]\n"


def _quoted(text: str) -> str:
    return json.dumps(text) if "'" in text else f"'{text}'"


def ripgrep(program: str, bench: Bench) -> float:
    """Return the CPU seconds of ripgrep with the hundred patterns."""
    return timed([program, "-o", "-j1", "--no-config", "--no-messages", "-f", str(bench.list), *bench.files])[0]


def hits(program: str, bench: Bench, form: Pattern) -> set[tuple[str, int, int]]:
    """Return file, first and last byte of each of ripgrep's hits of one pattern."""
    command = [program, "-o", "-b", "--no-config", "--no-heading", "-N", "-H", "-e", form.expression, *bench.files]
    done = subprocess.run(command, capture_output=True, check=False)
    found = set()
    for line in done.stdout.splitlines():
        file, at, text = line.split(b":", 2)
        found.add((file.decode(), int(at), int(at) + len(text)))
    return found


def compared(program: str, bench: Bench, out: Path) -> tuple[int, int, list[str]]:
    """Return how many hits of ripgrep were looked for and were missed, and what was found beyond them."""
    ours: defaultdict[str, set[tuple[str, int, int]]] = defaultdict(set)
    with out.open("rb") as lines:
        for line in lines:
            row = json.loads(line)
            ours[row["detector"]].add((row["file"], row["start"], row["end"]))
    total = missed = 0
    beyond: list[str] = []
    for form in patterns():
        theirs = hits(program, bench, form)
        total += len(theirs)
        missed += len(theirs - ours[form.name])
        for file, start, end in sorted(ours[form.name] - theirs):
            over = any(f == file and s < end and e > start for f, s, e in theirs)
            beyond.append(f"{form.name} at {Path(file).name}:{start}{' overlaps one of theirs' if over else ''}")
    return total, missed, beyond


def shipped_found(out: Path) -> Counter[str]:
    """Return the distinct values per detector and file that the shipped catalogue found."""
    seen: set[tuple[str, str, str]] = set()
    with out.open("rb") as lines:
        for line in lines:
            row = json.loads(line)
            seen.add((row["detector"], row["file"], row["fingerprint"]))
    return Counter(detector for detector, _, _ in seen)


def marked(bench: Bench, folder: Path, size: int) -> tuple[float, dict[str, dict[str, int]]]:
    """Write up to `size` bytes, with three keys in each file; return the MB and, by file, the keys and their places."""
    folder.chmod(0o755)  # what is compared may run as another user, who reads nothing of a private folder
    source, share = random.Random(7), size // len({Path(file).suffix for file in bench.files})
    left, tokens = Counter(dict.fromkeys((Path(file).suffix for file in bench.files), share)), {}
    for path in map(Path, bench.files):
        data = path.read_bytes()[: left[path.suffix]]
        left[path.suffix] -= len(data)
        if not data:
            continue
        data = data[: data.rfind(b"\n") + 1]
        half = data.index(b"\n", len(data) // 2) + 1
        alphabet = string.ascii_uppercase + "234567"
        names = ["AK" + "IA" + "".join(source.choices(alphabet, k=16)) for _ in range(3)]
        first, second, third = (f"probe = {name}\n".encode() for name in names)
        (folder / path.name).write_bytes(first + data[:half] + second + data[half:] + third)
        begin, line = len(first) - 21, len(first)
        tokens[path.name] = dict(zip(names, (begin, line + half + begin, 2 * line + len(data) + begin), strict=True))
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6, tokens


def by_gitleaks(program: str, folder: str) -> list[str]:
    """Return the command that has gitleaks look through a folder and print what it found."""
    report = ["--report-format", "json", "--report-path", "-"]
    return [program, "detect", "--no-git", "--no-banner", "--exit-code", "0", *report, "--source", folder]


def others_speed(bench: Bench, name: str, program: str, size: int) -> tuple[float, float]:
    """Return MB per CPU second of a program, and of casb, on the same files, each read to its end by both."""
    with tempfile.TemporaryDirectory(prefix="casb-compared-") as text:
        folder = Path(text)
        mb, tokens = marked(bench, folder, size)
        out = bench.folder / f"{name}.out"
        command = by_gitleaks(program, text) if name == "gitleaks" else [program, "scan", "--all-files", "."]
        theirs = timed(command, out, cwd=folder, good=(0,))[0]
        _all_read(name, out, tokens)
        ours = timed(bench.detect(str(folder)), bench.folder / "casb.out", env=bench.environment)[0]
        rows = map(json.loads, (bench.folder / "casb.out").read_text(encoding="utf-8").splitlines())
        seen = {(Path(row["file"]).name, row["start"]) for row in rows if row["detector"] == "aws-access-key"}
        if missed := {(file, at) for file, places in tokens.items() for at in places.values()} - seen:
            raise SystemExit(f"casb did not find {missed}")
        return mb / theirs, mb / ours


def _all_read(name: str, out: Path, tokens: dict[str, dict[str, int]]) -> None:
    """End the program where another one did not tell of a file's first, middle and last token."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    report = json.loads(out.read_text(encoding="utf-8"))
    if name == "gitleaks":
        for row in report:
            found[Path(row["File"]).name].add(row["Secret"])
        missed = [file for file, names in tokens.items() if not set(names) <= found[file]]
    else:  # it tells digests only
        for file, rows in report["results"].items():
            found[Path(file).name] |= {row["hashed_secret"] for row in rows}
        missed = [file for file, names in tokens.items() if not set(map(_digest, names)) <= found[file]]
    if missed:
        raise SystemExit(f"{name} did not report the tokens of {', '.join(missed)}: it read less than it was given")


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def said(name: str, value: str, target: str = "", *, good: bool = True) -> None:
    print(f"{name:34}{value}{f'   target {target}: ' + ('met' if good else 'MISSED') if target else ''}", flush=True)


def others(bench: Bench, options: argparse.Namespace, full: float) -> None:
    for name, program, size, factor in (
        ("detect-secrets", options.detect_secrets, 2 << 20, 400),
        ("gitleaks", options.gitleaks, bench.size, 10),
    ):
        if not program:
            print(f"{name}: not compared, no path was given")
            continue
        theirs, ours = others_speed(bench, name, program, size)
        where = "on the same files"
        if size < bench.size:  # our start would count for more than the slice: all of the corpus stands for us
            ours, where = bench.size / 1e6 / full, "on all of the corpus, theirs on a slice"
        told = f"{ours / theirs:.1f} ({theirs:.2f} MB per CPU second theirs, {ours:.0f} ours, {where})"
        said(f"catalogue / {name}", told, f">= {factor}", good=ours / theirs >= factor)


def small(bench: Bench, program: str | None, gitleaks: str | None) -> None:
    """Print what a tree of many small files costs: pieces of the corpus, of the size that source files have."""
    with tempfile.TemporaryDirectory(prefix="casb-small-") as text:
        folder = Path(text)
        folder.chmod(0o755)
        for count, file in enumerate(bench.files):
            data = Path(file).read_bytes()[: _SMALL * 500]
            (folder / str(count)).mkdir()
            for at in range(0, len(data), _SMALL):
                (folder / str(count) / f"{at}{Path(file).suffix}").write_bytes(data[at : at + _SMALL])
        files = sum(1 for path in folder.rglob("*") if path.is_file())
        ours = timed(bench.detect(text), env=bench.environment)[0]
        said("small files", f"{files:,} of {_SMALL >> 10} KB: {ours / files * 1e6:.0f} us of CPU each ({ours:.2f} s)")
        if program:
            theirs = timed([program, "-o", "-j1", "--no-config", "--no-messages", "-f", str(bench.list), text])[0]
            said("small files, catalogue / ripgrep", f"{theirs / ours:.2f}")
        if gitleaks:
            command = by_gitleaks(gitleaks, text)
            theirs = timed(command, cwd=folder, good=(0,))[0]
            said("small files, catalogue / gitleaks", f"{theirs / ours:.1f}")


def tables(bench: Bench) -> None:
    """Print what tables cost whose every row is looked at closely: of people, all found, and of readings, none."""
    source = random.Random(7)
    people = bench.folder / "people.csv"
    with people.open("w", encoding="utf-8") as file:
        file.write("id,first name,email,phone,birthdate\n")
        for number in range(_ROWS):
            phone = f"+49 {source.randint(30, 999)} {source.randint(100_000, 9_999_999)}"
            day = f"{source.randint(1940, 2004)}-{source.randint(1, 12):02}-{source.randint(1, 28):02}"
            file.write(f"{number},Ann,ann.{number}@example.net,{phone},{day}\n")
    lines = bench.folder / "people.jsonl"
    with people.open(encoding="utf-8") as rows, lines.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in csv.DictReader(rows))
    log = bench.folder / "people.log"
    with people.open(encoding="utf-8") as rows, log.open("w", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(rows)):
            trace = "".join(source.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=10))  # by chance a word in a few
            seen = f"phone={row['phone'].replace(' ', '')} dob={row['birthdate']} trace={trace}"
            file.write(f"ts={1_700_000_000_000 + number} level=info user={row['email']} {seen}\n")
    readings = bench.folder / "readings.csv"
    with readings.open("w", encoding="utf-8") as file:
        for number in range(10 * _ROWS):
            where = f"{source.uniform(-90, 90):.6f},{source.uniform(-180, 180):.6f}"
            file.write(f"{1_700_000_000_000 + 977 * number},{where},{source.gauss(20, 5):.4f}\n")
    for name, path in (
        ("people", people),
        ("people, as JSON lines", lines),
        ("people, as a log", log),
        ("readings", readings),
    ):
        out = bench.folder / "table.jsonl"
        ours = timed(bench.detect(str(path)), out, env=bench.environment)[0]
        found = out.read_bytes().count(b"\n")
        speed = f"{path.stat().st_size / 1e6 / ours:.1f} MB per CPU second"
        said(f"a table of {name}", f"{speed}, {found:,} matches ({ours:.2f} s)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=int, default=200)
    parser.add_argument("--detect-secrets", metavar="PATH", default=shutil.which("detect-secrets"))
    parser.add_argument("--gitleaks", metavar="PATH", default=shutil.which("gitleaks"))
    options = parser.parse_args()
    program = shutil.which("rg")
    bad = False
    with tempfile.TemporaryDirectory(prefix="casb-bench-") as name:
        bench = Bench(Path(name), options.mb << 20)
        mb = bench.size / 1e6
        chosen = DetectorSet.shipped().detectors
        rules = sum(len(d.rules) for d in chosen)
        print(f"corpus: {mb:.0f} MB in {len(bench.files)} files; {len(chosen)} detectors, {rules} patterns shipped")
        bench.casb(*bench.own())  # both databases are compiled and cached
        bench.casb()
        hundred, full = Path(name) / "hundred.jsonl", Path(name) / "full.jsonl"
        ours = min(bench.casb(*bench.own(), out=hundred)[0] for _ in range(_RUNS))
        catalogue = min(bench.casb(out=full)[0] for _ in range(_RUNS))
        said("casb, 100 patterns", f"{mb / ours:.0f} MB per CPU second ({ours:.2f} s)")
        said("casb, shipped catalogue", f"{mb / catalogue:.0f} MB per CPU second ({catalogue:.2f} s)")
        if program is None:
            print("ripgrep: not compared, it is not installed")
        else:
            theirs = min(ripgrep(program, bench) for _ in range(_RUNS))
            said("ripgrep -o -j1, 100 patterns", f"{mb / theirs:.0f} MB per CPU second ({theirs:.2f} s)")
            said("100 patterns / ripgrep", f"{theirs / ours:.2f}", ">= 0.85", good=theirs / ours >= 0.85)
            said("catalogue / ripgrep", f"{theirs / catalogue:.2f}", ">= 0.4", good=theirs / catalogue >= 0.4)
            total, missed, beyond = compared(program, bench, hundred)
            said("ripgrep's hits", f"{total}, of which {missed} not found", "0", good=missed == 0)
            said("found beyond ripgrep's", f"{len(beyond)}{''.join(f'{chr(10)}    {one}' for one in beyond[:50])}")
            bad = missed > 0
        others(bench, options, catalogue)
        small(bench, program, options.gitleaks)
        tables(bench)
        one, two = (min(bench.casb(workers=workers)[1] for _ in range(3)) for workers in (1, 2))
        said(
            "two workers / one, wall",
            f"{one / two:.2f} (best of three; needs two idle cores)",
            ">= 1.8",
            good=one / two >= 1.8,
        )
        cache = str(next(Path(name, "state").rglob("patterns-*.hsdb")).parent)
        code = [sys.executable, "-c", _START.format(cache=cache)]
        start = min(float(subprocess.run(code, capture_output=True, check=True).stdout) for _ in range(5))
        said("start with a warm cache", f"{start * 1000:.0f} ms", "<= 60 ms", good=start <= 0.06)
        found = shipped_found(full)
        missed_planted = {k: (n, found[k]) for k, n in bench.sown.items() if found[k] < n}
        extra = {k: n - bench.sown[k] for k, n in found.items() if n > bench.sown[k]}
        print(f"planted for the catalogue: {bench.sown.total()}, missed {missed_planted or 'none'}")
        print(f"found beyond what was planted for it: {extra or 'none'}")
    return 1 if bad or missed_planted else 0


if __name__ == "__main__":
    sys.exit(main())
