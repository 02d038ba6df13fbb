"""`-o sarif`, the same for every command that finds something."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from casb_cli.report.sarif import Missed, RuleText, Sarif
    from casb_cli.scan.detect.rules import Source


def writer(
    own: Sequence[Source],
    missed: Callable[[], list[Missed]] = list,
    *,
    compared: bool = False,
    lasting: bool = True,
) -> Sarif:
    """Return what writes rows as SARIF, with the words of each detector, shipped and own; raises ConfigError."""
    from casb_cli.report.sarif import Sarif

    return Sarif(_rule_texts(own), missed, compared=compared, lasting=lasting)


def _rule_texts(files: Sequence[Source]) -> dict[str, RuleText]:
    from casb_cli.report.sarif import RuleText
    from casb_cli.scan.detect.custom import detectors
    from casb_cli.scan.detect.rules import DetectorSet

    own = detectors(files, verify=False) if files else ()
    return {
        one.id: RuleText(one.title, one.description, one.reference, one.severity, one.confidence, one.family)
        for one in DetectorSet.shipped((), own).detectors
    }


def told(rows: int) -> None:
    """Say it where there are more results than GitHub takes."""
    from casb_cli.report.sarif import MOST
    from casb_cli.ui.streams import streams

    if rows > MOST:
        streams.note(f"GitHub takes at most {MOST:,} results of one upload: narrow them with --where or --detector")
