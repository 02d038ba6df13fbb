"""Memory, CPU and pace of a whole scan with inspection, from a simulated provider in a process of its own.

The scan is the command itself, `casb scan`; its coordinator's peak is read from the system while it runs, its CPU
and that of its workers when it has ended. Run `python tests/benchmarks/bench_scan.py --app box --files 20000`; the
exit code is 1 where the coordinator took more than 100 MiB.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from bench_listing import Sandbox

PEAK_TARGET = 100.0


def peak_mib(pid: int, before: float) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return before
    lines = [line for line in text.splitlines() if line.startswith("VmHWM")]
    return max(before, int(lines[0].split()[1]) / 1024) if lines else before


def cpu_of(pid: int, before: float) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return before
    return max(before, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", choices=("github", "box"), default="box")
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=200)
    given = parser.parse_args()
    with Sandbox(given.app, given.files, given.people):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.perf_counter()
        words = [sys.executable, "-m", "casb_cli", "scan", "--app", given.app, "--only", "accounts,files"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        peak = cpu = 0.0
        while process.poll() is None:
            peak, cpu = peak_mib(process.pid, peak), cpu_of(process.pid, cpu)
            time.sleep(0.05)
        wall = time.perf_counter() - begun
        told = process.stdout.read() if process.stdout else ""
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(told.rstrip()[-3000:])
    print(
        f"exit {process.returncode}: {given.files / wall:.0f} files/s, {wall:.1f} s, CPU coordinator {cpu:.1f} s, "
        f"workers {max(whole - cpu, 0):.1f} s"
    )
    print(f"coordinator's peak {peak:.1f} MiB (at most {PEAK_TARGET:.0f}): {'ok' if peak <= PEAK_TARGET else 'MISSED'}")
    return int(peak > PEAK_TARGET)


if __name__ == "__main__":
    sys.exit(main())
