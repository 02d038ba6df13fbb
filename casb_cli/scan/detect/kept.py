"""The shipped detectors in one file, each read when it is asked for: the modules of the catalogue take far longer."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from casb_cli import __version__
from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.cached import read, write
from casb_cli.scan.detect.rules import Detector, Shipped, shipped


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """What the file holds: the digest of all detectors, and each by its id."""

    digest: str
    detectors: dict[str, msgspec.Raw]


class _Read(Mapping[str, Detector]):
    """The detectors of the file, without examples; raises msgspec.DecodeError where one is none."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept.detectors
        self._read: dict[str, Detector] = {}

    def __getitem__(self, name: str) -> Detector:
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = from_msgpack(self._kept[name], Detector, _no_examples)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def kept_catalogue(cache_dir: str) -> Shipped:
    """Return the shipped detectors, without examples where they are from the cache.

    What is there counts only if it was made from the very sources of this program. A cache that cannot be read or
    written costs the reading of the catalogue only.
    """
    try:
        path = Path(cache_dir) / f"catalogue-{_made_by()}.bin"
    except OSError:
        return shipped(None)  # nobody could tell whether what is kept was made alike
    data = read(path)
    if data is not None:
        with contextlib.suppress(msgspec.DecodeError):
            kept = from_msgpack(data, _Kept)
            return Shipped(_Read(kept), kept.digest)
    made = shipped(None)
    with contextlib.suppress(OSError):  # a full or read-only disk costs the next start its time
        each = {name: msgspec.Raw(msgspec.msgpack.encode(one, enc_hook=_unwritten)) for name, one in made.all.items()}
        write(path, msgspec.msgpack.encode(_Kept(made.digest, each)))
    return made


def _made_by() -> str:
    """Name the sources that the detectors come from, by where they are and when each came there; raises OSError.

    To read them all would take as long as the rest of a start.
    """
    here = Path(__file__).parent
    total = hashlib.sha256(f"{__version__} {here}".encode())
    for folder in (here, here / "catalogue"):
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.endswith(".py"):
                    about = entry.stat()
                    total.update(f"{entry.name} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}".encode())
    return total.hexdigest()[:40]


def _unwritten(_examples: Any) -> None:
    """Write nothing for examples, which are functions: who inspects asks for none."""


def _no_examples(_type: type, _written: Any) -> Any:
    return tuple
