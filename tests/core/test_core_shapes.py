"""Typed decoding: threads that first decode to a class at once do not end the process."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import casb_cli

_AT_ONCE = """
from __future__ import annotations
import sys, threading, types
import msgspec
from casb_cli.core.shapes import from_json

module = types.ModuleType("shapes")
sys.modules["shapes"] = module
source = "".join(f"class C{n}(msgspec.Struct):\\n    a: int\\n    b: dict[str, int] = {{}}\\n" for n in range(30))
source += "class Whole(msgspec.Struct):\\n" + "".join(f"    f{n}: C{n}\\n" for n in range(30))
module.__dict__.update(msgspec=msgspec, __name__="shapes")
exec("from __future__ import annotations\\n" + source, module.__dict__)
data = msgspec.json.encode({f"f{n}": {"a": n} for n in range(30)})
sys.setswitchinterval(1e-6)
gate = threading.Barrier(4)
right = []

def decode():
    gate.wait()
    right.append(from_json(data, module.Whole).f29.a == 29)

threads = [threading.Thread(target=decode) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(right != [True] * 4)
"""


def test_threads_may_decode_to_a_new_class_at_once():
    # Without the lock, every second of these processes ends by a segmentation fault.
    for _ in range(5):
        assert subprocess.run([sys.executable, "-c", _AT_ONCE], check=False).returncode == 0


def test_typed_decoding_goes_through_the_lock():
    direct = re.compile(r"msgspec\.(?:convert\(|(?:json|msgpack)\.decode\([^\n]*type=(?!dict\[str|list\[dict))")
    root = Path(casb_cli.__file__).parent
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in root.rglob("*.py")
        if "sandbox" not in str(path.relative_to(root)) and path.name != "shapes.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if direct.search(line)
    ]
    assert found == []
