"""Further words for numbers, as forms, registers, programs and sentences have them, by detector."""

from __future__ import annotations

from casb_cli.scan.detect.catalogue._words_americas import AMERICAS
from casb_cli.scan.detect.catalogue._words_documents import DOCUMENTS
from casb_cli.scan.detect.catalogue._words_europe import EUROPE
from casb_cli.scan.detect.catalogue._words_europe_east import EUROPE_EAST
from casb_cli.scan.detect.catalogue._words_world import WORLD

FURTHER: dict[str, tuple[str, ...]] = {
    name: tuple(words.split("|"))
    for told in (AMERICAS, DOCUMENTS, EUROPE, EUROPE_EAST, WORLD)
    for name, _, words in (line.partition(": ") for line in told.strip().replace("\n    ", "").splitlines())
}
"""The words. Lines that begin with spaces belong to the detector above."""
