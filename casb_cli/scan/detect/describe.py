"""What the shipped detectors are, and whether each holds to its own examples: for `casb detectors`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from casb_cli.scan.detect.named_checks import OWN
from casb_cli.scan.detect.rules import Detector, DetectorSet
from casb_cli.scan.detect.templates import of


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


def listed(only: Iterable[str] = (), own: Iterable[Detector] = ()) -> Iterator[dict[str, Any]]:
    """Yield one row per detector, the user's own among them, by id; raises UnknownName."""
    for detector in DetectorSet.shipped(only, own).detectors:
        yield {
            "id": detector.id,
            "title": detector.title,
            "family": detector.family,
            "severity": detector.severity,
            "confidence": detector.confidence,
            "source": detector.source or "shipped",
            "templates": of(detector),
        }


def shown(name: str, own: Iterable[Detector] = ()) -> dict[str, Any]:
    """Return all that is to be known of one detector; raises UnknownName."""
    detector: Detector = DetectorSet.shipped((name,), own)[name]
    return {
        **next(listed((name,), (detector,) if detector.source else ())),
        "description": detector.description,
        "reference": detector.reference or None,
        "keywords": list(detector.keywords),
        "keywords_required": detector.required,
        "distance": detector.distance,
        "at_least": detector.min_count,
        "checks": [name.removeprefix(OWN) for name in (*detector.checks, *detector.proofs)],
        "filters": list(detector.filters),
        "patterns": [rule.written or rule.pattern for rule in detector.rules],
        "exclude": list(detector.told.get("exclude", ())),
        "near": list(detector.told.get("near", ())),
        "not_near": list(detector.told.get("not_near", ())),
        "within": detector.within,
    }


def untested(own: Iterable[Detector]) -> list[str]:
    """Return the ids of the user's detectors that lack an example of what they find, or of what they don't.

    Those made of a table or of documents are left out: nobody wrote a pattern that could be wrong.
    """
    written = (detector for detector in own if not (detector.index or detector.prints))
    return [detector.id for detector in written if not (detector.match() and detector.no_match())]


def checked(only: Iterable[str] = (), own: Iterable[Detector] = (), cache_dir: str | None = None) -> Iterator[Check]:
    """Yield the outcome of every example of the detectors; raises UnknownName."""
    from casb_cli.scan.inspect import inspect_stream, new_scanner

    detectors = DetectorSet.shipped(only, own)
    scanner = new_scanner(DetectorSet.shipped((), own), cache_dir)
    for detector in detectors.detectors:
        for expected, examples in ((True, detector.match()), (False, detector.no_match())):
            for number, text in enumerate(examples, 1):
                result = inspect_stream(text.encode(), name="example.txt", scanner=scanner, key=bytes(32))
                found = any(match.detector == detector.id for match in result.matches)
                yield Check(detector.id, number, expected, found)
