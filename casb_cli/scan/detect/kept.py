"""The shipped detectors in one file, read in a tenth of the time that the modules of the catalogue take."""

from __future__ import annotations

import contextlib
import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from casb_cli.core.shapes import from_msgpack
from casb_cli.scan.detect.cached import read, write
from casb_cli.scan.detect.rules import Detector, catalogue


def kept_catalogue(cache_dir: str) -> dict[str, Detector]:
    """Return every shipped detector by id, without examples where it is from the cache.

    What is there counts only if it was made from the very sources of this program. A cache that cannot be read or
    written costs the reading of the catalogue only.
    """
    try:
        path = Path(cache_dir) / f"catalogue-{_made_by()}.bin"
    except OSError:
        return catalogue()  # nobody could tell whether what is kept was made alike
    data = read(path)
    if data is not None:
        with contextlib.suppress(msgspec.DecodeError):
            found = from_msgpack(data, list[Detector], _no_examples)
            return {item.id: item for item in found}
    made = catalogue()
    with contextlib.suppress(OSError):  # a full or read-only disk costs the next start its time
        write(path, msgspec.msgpack.encode(list(made.values()), enc_hook=_unwritten))
    return made


@cache
def _made_by() -> str:
    """Name the sources that the detectors come from; raises OSError."""
    total = hashlib.sha256()
    here = Path(__file__).parent
    for folder in (here, here / "catalogue"):
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - a start pays for each path
            if name.endswith(".py"):
                total.update((folder / name).read_bytes())
    return total.hexdigest()[:40]


def _unwritten(_examples: Any) -> None:
    """Write nothing for examples, which are functions: who inspects asks for none."""


def _no_examples(_type: type, _written: Any) -> Any:
    return tuple
