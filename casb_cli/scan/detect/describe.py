"""What the shipped detectors are, and whether each holds to its own examples: for `casb detectors`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from casb_cli.scan.detect.rules import Detector, DetectorSet


class Check(msgspec.Struct, frozen=True):
    """One example put to the engine: `expected` and `found` say whether the detector speaks up."""

    detector: str
    example: int
    expected: bool
    found: bool

    @property
    def right(self) -> bool:
        """Whether the detector did what its example asks."""
        return self.expected == self.found


def listed(only: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield one row per detector, by id; raises UnknownName."""
    for detector in DetectorSet.shipped(only).detectors:
        yield {
            "id": detector.id,
            "title": detector.title,
            "family": detector.family,
            "severity": detector.severity,
            "confidence": detector.confidence,
        }


def shown(name: str) -> dict[str, Any]:
    """Return all that is to be known of one detector; raises UnknownName."""
    detector: Detector = DetectorSet.shipped((name,))[name]
    return {
        **next(listed((name,))),
        "description": detector.description,
        "reference": detector.reference or None,
        "keywords": list(detector.keywords),
        "keywords_required": detector.required,
        "distance": detector.distance,
        "min_count": detector.min_count,
        "checks": [*detector.checks, *detector.proofs],
        "filters": list(detector.filters),
        "patterns": [rule.pattern for rule in detector.rules],
    }


def checked(only: Iterable[str] = ()) -> Iterator[Check]:
    """Yield the outcome of every example of the detectors; raises UnknownName."""
    from casb_cli.scan.inspect import inspect_stream, new_scanner

    detectors = DetectorSet.shipped(only)
    scanner = new_scanner(DetectorSet.shipped())
    for detector in detectors.detectors:
        for expected, examples in ((True, detector.match()), (False, detector.no_match())):
            for number, text in enumerate(examples, 1):
                result = inspect_stream(text.encode(), name="example.txt", scanner=scanner, key=bytes(32))
                found = any(match.detector == detector.id for match in result.matches)
                yield Check(detector.id, number, expected, found)
