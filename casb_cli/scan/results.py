"""What an inspection gives: all that leaves a worker about a file's content."""

from __future__ import annotations

from typing import Literal

import msgspec

from casb_cli.core.models import Confidence, Severity
from casb_cli.scan.extract.base import TEXTLESS, Note

Outcome = Literal["done", "partial", "skipped"]


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One distinct match of a detector in a file (or one occurrence, when every one was asked for).

    `start` and `end` are byte offsets in the extracted text of its part (for plain text: of the file);
    `count` is how often this very value stands in the file. `width` is how many characters it has in its line; 0 where
    it is written otherwise there, or goes on in the next one. `clear` is empty unless it was to be revealed.
    """

    detector: str
    severity: Severity
    confidence: Confidence
    fingerprint: str
    excerpt: str
    place: str
    start: int
    end: int
    count: int = 1
    width: int = 0
    clear: tuple[str, ...] = ()


class InspectResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the inspection of one file gave. `reason` stands with `partial` and `skipped`.

    `totals` counts the distinct values per detector, also those beyond the kept ones (to some 200,000); `untold` the
    occurrences left out where every one was asked for and nothing took them in batches. `kind` is the true type.
    `notes` names the parts that could not be inspected; `parts_failed` is their number.
    """

    outcome: Outcome
    reason: str | None = None
    detail: str = ""
    kind: str = ""
    size: int = 0
    text: int = 0
    matches: tuple[Match, ...] = ()
    totals: dict[str, int] = {}
    untold: dict[str, int] = {}
    notes: tuple[Note, ...] = ()
    parts_failed: int = 0

    @property
    def why(self) -> str:
        """The reason in words; empty where all was inspected."""
        return ": ".join(filter(None, (self.reason, self.detail)))

    @property
    def missed(self) -> bool:
        """Whether text was missed: a picture in a document has none, an encrypted member of an archive may."""
        if self.outcome == "done":
            return False
        return self.reason not in TEXTLESS or any(note.missed for note in self.notes)

    @property
    def remedies(self) -> tuple[str, ...]:
        """What would read what was left out, each once."""
        return tuple(sorted({note.remedy for note in self.notes} - {""}))


def not_inspected(reason: str, detail: str, *, size: int = 0, outcome: Outcome = "skipped") -> InspectResult:
    """Return the result of content of which nothing (more) can be told, for one reason."""
    return InspectResult(
        outcome=outcome, reason=reason, detail=detail, size=size, notes=(Note("", reason, detail),), parts_failed=1
    )
