"""The matches of one file, counted and masked: what leaves a worker."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

import msgspec

from casb_cli.core.models import Confidence
from casb_cli.scan.detect.mask import excerpt, normalised
from casb_cli.scan.detect.rules import Detector

_SEEN_AT_MOST = 200_000
BATCH = 1_000
"""Occurrences that are handed on together."""


class _Tally(msgspec.Struct):
    """The matches of one detector in one file."""

    detector: Detector
    keyed: hmac.HMAC
    """What fingerprints begin with: taking a copy costs half of what keying anew does."""
    kept: dict[bytes, dict[str, Any]] = {}
    more: set[int] = set()
    single: list[dict[str, Any]] = []
    untold: int = 0
    lowest: bytes | None = None

    @property
    def total(self) -> int:
        return len(self.kept) + len(self.more)


class Collector:
    """Gathers the matches of one file as fingerprints and masked excerpts; the values themselves go no further.

    With `every` each occurrence is told: `hand_on` is given the many of them in batches as they are met. Without
    it, `keep` of each detector's are kept and the rest is only counted.
    """

    def __init__(
        self,
        key: bytes,
        *,
        keep: int = 1000,
        every: bool = False,
        name: str = "",
        reveal: bool = False,
        hand_on: Callable[[list[dict[str, Any]]], None] | None = None,
    ) -> None:
        self.name = name
        self._reveal = reveal
        self.scanned = 0
        self.seen: set[bytes] = set()
        self.key = key
        self._keep = keep
        self._every = every
        self._tallies: dict[str, _Tally] = {}
        self._hand_on = hand_on
        self._waiting = 0

    def placed(self, detector: Detector) -> bool:
        """Return whether no further place of this detector's matters: of values that are counted the first tells it."""
        return detector.min_count > 1 and detector.id in self._tallies

    def add(
        self,
        detector: Detector,
        confidence: Confidence,
        value: bytes,
        start: int,
        end: int,
        place: str,
        *,
        told: str | None = None,
    ) -> None:
        """Count one match. `told` is shown in the place of the masked value, and nothing is to be revealed then."""
        tally = self._tallies.get(detector.id)
        if tally is None:
            keyed = hmac.new(self.key, detector.id.encode() + b"|", "sha256")
            tally = self._tallies[detector.id] = _Tally(detector, keyed)
        normal = normalised(value, detector.normal)
        if detector.min_count > 1 and len(self.seen) < _SEEN_AT_MOST:
            self.seen.add(value)
        fingerprint = tally.keyed.copy()
        fingerprint.update(normal)
        mark = fingerprint.digest()
        if detector.min_count > 1 and (tally.lowest is None or mark < tally.lowest):
            tally.lowest = mark
        known = tally.kept.get(mark)
        if known is not None:
            known["count"] += 1
            if confidence == "high" or known["confidence"] == "low":
                known["confidence"] = confidence
        elif len(tally.kept) >= self._keep:
            if len(tally.more) < _SEEN_AT_MOST:
                tally.more.add(int.from_bytes(mark[:8], "big"))
        else:
            tally.kept[mark] = known = self._record(detector, confidence, value, start, end, place, mark, told)
        if self._every and detector.min_count == 1:
            if self._hand_on is None and len(tally.single) >= self._keep:
                tally.untold += 1
                return
            of_this = {"confidence": confidence, "place": place, "start": start, "end": end, "count": 1}
            tally.single.append(
                {**known, **of_this, "width": _width(value, start, end)}
                if known and told is None
                else self._record(detector, confidence, value, start, end, place, mark, told)
            )
            self._waiting += 1
            if self._hand_on is not None and self._waiting >= BATCH:
                self._hand_on(self._single())

    def _single(self) -> list[dict[str, Any]]:
        """Return the occurrences met since the last time, by detector."""
        found: list[dict[str, Any]] = []
        for _, tally in sorted(self._tallies.items()):
            found += tally.single
            tally.single = []
        self._waiting = 0
        return found

    def _record(
        self,
        detector: Detector,
        confidence: Confidence,
        value: bytes,
        start: int,
        end: int,
        place: str,
        mark: bytes,
        told: str | None,
    ) -> dict[str, Any]:
        clear = (value.decode("utf-8", "replace"),) if self._reveal and told is None else ()
        return {
            "detector": detector.id,
            "severity": detector.severity,
            "confidence": confidence,
            "fingerprint": mark.hex(),
            "excerpt": excerpt(value, detector.mask) if told is None else told,
            "place": place,
            "start": start,
            "end": end,
            "count": 1,
            "width": _width(value, start, end) if told is None else 0,
            "clear": clear,
        }

    @property
    def untold(self) -> dict[str, int]:
        """How many occurrences of each detector's were left out."""
        return {name: tally.untold for name, tally in sorted(self._tallies.items()) if tally.untold}

    def finish(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """Return the matches not handed on, in order of place, and the number of distinct values per detector."""
        matches: list[dict[str, Any]] = []
        totals: dict[str, int] = {}
        self.seen.clear()
        for name, tally in sorted(self._tallies.items()):
            least = tally.detector.min_count
            if least > 1:
                if tally.total < least or tally.lowest is None:
                    continue
                first = next(iter(tally.kept.values()))
                clear = tuple(text for one in tally.kept.values() for text in one["clear"])
                matches.append({**first, "fingerprint": tally.lowest.hex(), "count": tally.total, "clear": clear})
            else:
                matches.extend(tally.single if self._every else tally.kept.values())
            totals[name] = tally.total
        return matches, totals


def _width(value: bytes, start: int, end: int) -> int:
    """Return the characters of a value that stands as it is in one line; 0 of any other."""
    if len(value) != end - start or b"\n" in value or b"\r" in value:
        return 0
    return len(value) if value.isascii() else len(value.decode("utf-8", "replace"))
