"""What happens to an error that nobody foresaw: a short message, and a private file with the redacted traceback."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable
from pathlib import Path

from casb_cli.core.errors import CasbError

_URL_TAIL = re.compile(r"(https?://)(?:[^/\s@]*@)?([^\s?#'\"]*)[?#][^\s'\"]*")
_URL_USER = re.compile(r"(https?://)[^/\s@'\"]+@")
_SCHEME = re.compile(r"(?i)\b(bearer|basic|token|dpop)\s+[^\s'\",]+")
_NAMED = re.compile(
    r"(?i)\b([\w-]*(?:token|secret|passw|authorization|api[_-]?key|signature|assertion|cookie)[\w-]*['\"]?\s*[=:]\s*)"
    r"(?:'[^']*'|\"[^\"]*\"|[^\s,;&]+)"
)
_PEM = re.compile(r"-----BEGIN [^-]*-----.*?(?:-----END [^-]*-----|\Z)", re.DOTALL)
_LONG = re.compile(r"(?=[A-Za-z0-9_+/=.~-]*[0-9])(?=[A-Za-z0-9_+/=.~-]*[A-Za-z])[A-Za-z0-9_+/=.~-]{16,}")


def redact(text: str) -> str:
    """Return free text without what may be a credential: rather too much is taken out than too little."""
    text = _PEM.sub("[redacted]", text)
    text = _URL_TAIL.sub(r"\1\2?[redacted]", text)
    text = _URL_USER.sub(r"\1[redacted]@", text)
    text = _SCHEME.sub(r"\1 [redacted]", text)
    text = _NAMED.sub(r"\1[redacted]", text)
    return _LONG.sub("[redacted]", text)


def redacted_traceback(error: BaseException) -> str:
    """Return the traceback; frames and source lines as they are, the exceptions' own words redacted."""
    lines = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        frames = "".join(traceback.format_tb(link.__traceback__))
        lines.append(f"Traceback (most recent call last):\n{frames}{type(link).__qualname__}: {redact(str(link))}\n")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\nThe above came after:\n\n".join(lines)


def describe(error: BaseException, crash_dir: Callable[[], Path]) -> CasbError:
    """Return the error to show: what failed, and where the redacted traceback was written."""
    words = redact(str(error)).strip()
    name = type(error).__name__
    message = f"unexpected {name}: {words}" if words else f"unexpected {name}"
    trace = redacted_traceback(error)
    if os.environ.get("CASB_DEBUG", "") not in {"", "0"}:
        return CasbError(message, hint=trace)
    try:
        path = _write(crash_dir(), trace)
    except OSError:
        return CasbError(message, hint="run it again with `CASB_DEBUG=1` to see the traceback")
    return CasbError(message, hint=f"the traceback, without credentials, is in `{path}`")


def _write(folder: Path, trace: str) -> Path:
    import tempfile

    from casb_cli import __version__
    from casb_cli.core import clock

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = clock.now_text().replace(":", "")
    descriptor, name = tempfile.mkstemp(prefix=f"crash-{stamp}-", suffix=".txt", dir=folder)  # made 0600
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"casb {__version__}\n{trace}")
    return Path(name)
