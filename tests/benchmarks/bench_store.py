"""CPU and memory of saving a listing, against a floor: typed decode and one keyed upsert per row.

The pages are the same JSON for both and are made in memory, outside the measured time; the floor imports
nothing of ours. Run `python tests/benchmarks/bench_store.py --rows 1000000`; the last line is the verdict.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

PAGE = 1000
PARTITION = 50_000
TARGET = 1.3


class Owner(msgspec.Struct):
    id: str
    login: str


class Wire(msgspec.Struct):
    id: str
    name: str
    path: str
    size: int
    modified_at: str
    sha1: str
    version: str
    access: str | None
    owned_by: Owner


class Answer(msgspec.Struct):
    entries: list[Wire]


def page(first: int, last: int, turn: int) -> bytes:
    """One answer of an invented provider; `turn` changes one row in a hundred."""
    entries = [
        {
            "type": "file",
            "id": str(10_000_000_000 + n),
            "name": f"quarterly report {n}.docx",
            "path": f"/Finance/Department {n % 97}/Reports/quarterly report {n}.docx",
            "size": 1000 + n % 1_000_000,
            "modified_at": "2026-10-10T10:00:00Z",
            "sha1": f"{n * 2654435761 % (1 << 64):040x}",
            "version": str(n + (turn if n % 100 == 0 else 0)),
            "access": ("open", "company", None, None)[n % 4],
            "owned_by": {"id": str(20_000 + n % 500), "login": f"user{n % 500}@northwind.example"},
        }
        for n in range(first, last)
    ]
    return json.dumps({"entries": entries}).encode()


def floor(folder: Path) -> Callable[[bytes, int, int], None]:
    link = sqlite3.connect(folder / "floor.db", isolation_level=None)
    link.execute("PRAGMA journal_mode=WAL")
    link.execute("PRAGMA synchronous=NORMAL")
    link.execute("CREATE TABLE files (id TEXT PRIMARY KEY, name, path, size, modified, hash, version, sharing, owner)")
    decode = msgspec.json.Decoder(Answer).decode
    upsert = (
        "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "name = excluded.name, path = excluded.path, size = excluded.size, modified = excluded.modified, "
        "hash = excluded.hash, version = excluded.version, sharing = excluded.sharing, owner = excluded.owner"
    )

    def save(body: bytes, _first: int, _turn: int) -> None:
        entries = decode(body).entries
        link.execute("BEGIN IMMEDIATE")
        link.executemany(
            upsert,
            [
                (e.id, e.name, e.path, e.size, e.modified_at, e.sha1, e.version, e.access, e.owned_by.login)
                for e in entries
            ],
        )
        link.execute("COMMIT")

    return save


def ours(folder: Path, rows: int) -> Callable[[bytes, int, int], None]:
    from casb_cli.core.models import File, Partition
    from casb_cli.core.refs import local
    from casb_cli.store.partitions import Listing, Part
    from casb_cli.store.store import Store

    store = Store(folder)
    decode = msgspec.json.Decoder(Answer).decode
    sharing = {"open": "public", "company": "internal", None: "private"}
    roots = [Partition(key=str(n)) for n in range(0, rows, PARTITION)]
    at: list[tuple[Listing, Part]] = []

    def save(body: bytes, first: int, turn: int) -> None:
        if first == 0:
            listing = store.partitions.open_listing("bench", "list-files", roots=roots)
            at.clear()
        else:
            listing = at[-1][0]
        if first % PARTITION == 0:
            claimed = store.partitions.claim(listing)
            assert claimed is not None
            at.append((listing, claimed))
        part = at[-1][1]
        files = [
            File(
                id=e.id,
                name=e.name,
                path=e.path,
                owner=e.owned_by.login,
                owner_ref=local("account", e.owned_by.id),
                size=e.size,
                modified=e.modified_at,
                hash="sha1:" + e.sha1,
                version=e.version,
                sharing=sharing[e.access],
                trashed=False,
            )
            for e in decode(body).entries
        ]
        store.inventory.write_page(listing, part, files, str(first), inspect=True)
        last = first + PAGE
        if last % PARTITION == 0 or last >= rows:
            store.inventory.end_partition(listing, part)
        if last >= rows:
            assert store.inventory.end_listing(listing) == 0
            assert store.inventory.count("bench", "file") == rows

    return save


def peak_mib() -> float:
    import resource

    # VmHWM, not ru_maxrss: the latter starts at the size of the process that launched this one.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pages(rows: int, turn: int) -> Iterator[tuple[int, bytes]]:
    for first in range(0, rows, PAGE):
        yield first, page(first, min(first + PAGE, rows), turn)


def side(name: str, rows: int, turns: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        save = floor(Path(folder)) if name == "floor" else ours(Path(folder), rows)
        spent = []
        for turn in range(turns):
            cpu = 0.0
            for first, body in pages(rows, turn):
                start = time.process_time()
                save(body, first, turn)
                cpu += time.process_time() - start
            spent.append(cpu / rows * 1e6)
        return {"micros": spent, "peak": peak_mib()}


def run(name: str, rows: int, turns: int) -> dict[str, list[float]]:
    words = [sys.executable, __file__, "--side", name, "--rows", str(rows), "--turns", str(turns)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--turns", type=int, default=2, help="listings; the second and later change 1 %%")
    parser.add_argument("--side", choices=("floor", "ours"))
    given = parser.parse_args()
    if given.side:
        print(json.dumps(side(given.side, given.rows, given.turns)))
        return 0
    base, mine = (run(name, given.rows, given.turns) for name in ("floor", "ours"))
    worst = 0.0
    for turn, (floor_us, ours_us) in enumerate(zip(base["micros"], mine["micros"], strict=True)):
        ratio = ours_us / floor_us
        worst = max(worst, ratio if turn == 0 else 0.0)
        what = "first listing" if turn == 0 else "listed again "
        print(f"{what}: floor {floor_us:5.2f} us/row, store {ours_us:5.2f} us/row, ratio {ratio:.2f}")
    print(f"peak memory: floor {base['peak']:.0f} MiB, store {mine['peak']:.0f} MiB")
    print(f"rows {given.rows}, first listing at {worst:.2f} times the floor (target {TARGET})")
    return int(worst > TARGET)


if __name__ == "__main__":
    sys.exit(main())
