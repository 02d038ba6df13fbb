"""Baselines: what was there already, in a file of its own, so that only what is new counts.

A baseline holds keyed hashes and names of files, never a match. Its hashes mean something under the key that
they were made with only, so it names that key by a hash.
"""

from __future__ import annotations

import hmac
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from casb_cli.core import clock
from casb_cli.core.errors import ConfigError
from casb_cli.core.shapes import from_json
from casb_cli.store.paths import absolute, saving

Entry = tuple[str, ...]

_FORM = 1


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    baseline: int
    written: str
    made_with: str = ""
    key: str = ""  # its name in older files: a hash behind `key` reads like a secret
    matches: list[tuple[str, str, str]] = []
    findings: list[tuple[str, str]] = []


class Baseline:
    """One file of what was there before. `fresh` says that there was none: all is new, and `save` writes it.

    What is asked about and known stays known; of the rest only what is noted, since somebody was shown it, becomes so.
    """

    def __init__(self, path: str | Path, key: bytes, *, update: bool = False) -> None:
        """Read the file, if there is one; raises ConfigError."""
        self.path = absolute(path)
        self._update = update
        self._key = hmac.digest(key, b"casb baseline", "sha256").hex()[:16]
        self._file = self._read(update)
        self.fresh = self._file is None
        if not self.path.parent.is_dir():  # told now, and not after hours of looking
            raise ConfigError(f"there is no folder {self.path.parent} for the baseline")
        self._matches = set(self._file.matches if self._file else ())
        self._findings = set(self._file.findings if self._file else ())
        self._seen_matches: set[tuple[str, str, str]] = set()
        self._seen_findings: set[tuple[str, str]] = set()
        self._place_of = ("-", "-")

    def _read(self, update: bool) -> _File | None:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"could not read the baseline {self.path}: {error.strerror}") from None
        try:
            file = from_json(data, _File)
        except msgspec.MsgspecError as error:
            raise ConfigError(
                f"{self.path} is no baseline: {error}", hint="give another file; it is written where there is none"
            ) from None
        if file.baseline != _FORM:
            raise ConfigError(f"{self.path} was written by a newer casb", hint="upgrade casb")
        if self._key not in (file.made_with, file.key):
            if update:
                return None
            raise ConfigError(
                f"{self.path} was made with another fingerprint key: nothing in it could be recognised here",
                hint="copy `fingerprint.key` of the configuration directory that it was made with, or write the "
                "baseline anew with --update-baseline",
            )
        return file

    @property
    def writes(self) -> bool:
        """Whether `save` will write the file."""
        return self.fresh or self._update

    def _place(self, file: str) -> str:
        """Return a local file's name as the baseline knows it: from the baseline's own folder."""
        place = file if file == "-" else os.path.relpath(file, self.path.parent)
        return place.encode("utf-8", "backslashreplace").decode()  # names of any bytes, and JSON holds text only

    def _match(self, detector: str, file: str, fingerprint: str) -> tuple[str, str, str]:
        if self._place_of[0] != file:
            self._place_of = (file, self._place(file))
        return detector, self._place_of[1], fingerprint

    def knows_match(self, detector: str, file: str, fingerprint: str) -> bool:
        """Return whether the baseline has a match of a local file."""
        entry = self._match(detector, file, fingerprint)
        known = entry in self._matches
        if known:
            self._seen_matches.add(entry)
        return known

    def note_match(self, detector: str, file: str, fingerprint: str) -> None:
        """Take a match for known from now on."""
        self._seen_matches.add(self._match(detector, file, fingerprint))

    def knows_finding(self, instance_key: str, id_: str) -> bool:
        """Return whether the baseline has a finding."""
        known = (instance_key, id_) in self._findings
        if known:
            self._seen_findings.add((instance_key, id_))
        return known

    def note_finding(self, instance_key: str, id_: str) -> None:
        """Take a finding for known from now on."""
        self._seen_findings.add((instance_key, id_))

    def save(self, kind: str, *, instances: Iterable[str] = ()) -> int:
        """Write what was noted, or known and met again, where that is due; return how many entries came of it.

        `kind` is `matches` or `findings`: the other kind, and the findings of instances not named, are kept.
        """
        if not self.writes:
            return 0
        matches, findings = self._matches, self._findings
        if kind == "matches":
            matches = self._seen_matches
        else:
            looked = set(instances)
            findings = self._seen_findings | {one for one in findings if one[0] not in looked}
        file = _File(
            baseline=_FORM,
            written=clock.text(clock.now()),
            made_with=self._key,
            matches=sorted(matches),
            findings=sorted(findings),
        )
        with saving(self.path, "write"):
            handle, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")
                temporary.replace(self.path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
        return len(self._seen_matches) if kind == "matches" else len(self._seen_findings)
