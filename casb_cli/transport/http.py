"""httpx as it is used here: without its command line.

Its package imports that wherever rich, pygments and click are installed, as they are beside this program: four
megabytes and a good part of a start, for a command that nobody calls.
"""

from __future__ import annotations

import sys
from typing import Any

_COMMAND_LINE = "httpx._main"

_modules: dict[str, Any] = sys.modules
_left_out = "httpx" not in _modules and _COMMAND_LINE not in _modules
if _left_out:
    _modules[_COMMAND_LINE] = None  # importing it fails, which httpx takes for a part that is not installed
try:
    import httpx
finally:
    if _left_out:
        del _modules[_COMMAND_LINE]

__all__ = ["httpx"]
