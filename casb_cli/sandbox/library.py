"""The files of the company at one app by index: containers, names, exposure, content, known answers."""

from __future__ import annotations

import hashlib
from array import array
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from casb_cli.sandbox import chance, documents, names
from casb_cli.sandbox.facts import (
    ARCHIVE_PLACE,
    EMPTY_PLACE,
    EXTERNAL_PLACE,
    HOSTILE_PLACE,
    LEAVER,
    NESTED_PLACE,
    PENDING_PLACE,
    PERSONAL_PLACE,
    PLACE_EXPOSURE,
    PLACE_NAMES,
    PLACES,
    RENAMED_PLACE,
    SHARED_PLACE,
    Entry,
    Exposure,
    Place,
)
from casb_cli.sandbox.planted import BULK, PLANTS, Detector, Planted, lines_for, near_miss

if TYPE_CHECKING:
    from casb_cli.sandbox.world import World

RICH = 2400
"""Files up to this index come in every kind; those above are short text, one in 500 excepted."""

_RICH_KINDS = ("txt", "source", "env", "csv", "json", "html", "docx", "xlsx", "pptx", "pdf", "eml", "zip")
_PLAIN_KINDS = ("txt", "source", "csv")
_ORDER = {"private": 0, "internal": 1, "external": 2, "public": 3}


class Library:
    """Places and files of `world` at `app`; the same numbers of both at every app, other content in each."""

    def __init__(self, world: World, app: str) -> None:
        self.world = world
        self.app = app
        self.count = world.files
        self.places = world.places
        self._seed = chance.mix(world.seed, int.from_bytes(app.encode()[:7], "big"))
        self._hostile = names.hostile(control=app == "github")
        self.place = lru_cache(maxsize=4096)(self._place)
        self._rich = lru_cache(maxsize=512)(self._render)
        self._sums: dict[int, tuple[int, str, str]] = {}
        self._present: dict[int, dict[str, array[int]]] = {}

    # Places

    def _block(self, index: int) -> tuple[int, int]:
        filled = self.places - 1  # one place, EMPTY_PLACE, is empty
        if index == EMPTY_PLACE:
            return 0, 0
        rank = index if index < EMPTY_PLACE else index - 1
        first, end = rank * self.count // filled, (rank + 1) * self.count // filled
        return first, end - first

    def place_of(self, file: int) -> int:
        """Return the index of the place that holds a file."""
        rank = ((file + 1) * (self.places - 1) - 1) // self.count
        return rank if rank < EMPTY_PLACE else rank + 1

    def _place(self, index: int) -> Place:
        """Return a place; raises IndexError."""
        world = self.world
        if not 0 <= index < self.places:
            raise IndexError(index)
        bits = chance.mix(self._seed, 5, index)
        exposure: Exposure
        if index < PLACES:
            name, exposure = PLACE_NAMES[index], PLACE_EXPOSURE[index]
        else:
            name = f"{names.TOPICS[bits % len(names.TOPICS)]}-{index}"
            roll = (bits >> 8) % 100
            exposure = "public" if roll < 3 else "external" if roll < 10 else "internal" if roll < 40 else "private"
        externals: tuple[int, ...] = ()
        if exposure == "external":
            wanted = 2 if index == EXTERNAL_PLACE else 1
            externals = tuple(world.people + (bits + k) % world.contractors for k in range(wanted))
        staff = world.employees(self.app)
        owner = LEAVER if index in (SHARED_PLACE, PERSONAL_PLACE) else self._somebody(staff, bits >> 16)
        members = {LEAVER} if index in (EXTERNAL_PLACE, PENDING_PLACE) else {self._somebody(staff, bits >> 24)}
        first, count = self._block(index)
        created = world.now - timedelta(days=200 + (bits >> 32) % 900)
        return Place(
            index=index,
            name=name,
            former_name="old-tools" if index == RENAMED_PLACE else None,
            parent=PERSONAL_PLACE if index == NESTED_PLACE else None,
            owner=self.place(PERSONAL_PLACE).owner if index == NESTED_PLACE else owner,
            exposure=exposure,
            externals=externals,
            groups=(3,) if index in (PERSONAL_PLACE, NESTED_PLACE) else (1 + (bits >> 40) % (world.groups - 1),),
            members=tuple(sorted(members - {owner})),
            archived=index == ARCHIVE_PLACE,
            created=created,
            changed=world.now - timedelta(minutes=10 + index * 7),
            first=first,
            count=count,
        )

    def _somebody(self, staff: object, bits: int) -> int:
        count = len(staff)  # type: ignore[arg-type]
        for attempt in range(8):
            index = staff[(bits + attempt) % count]  # type: ignore[index]
            person = self.world.person(index)
            if person.status == "active" and person.kind == "employee":
                return int(index)
        return LEAVER

    # Files

    def kind(self, index: int) -> str:
        """Return the kind of document that a file is."""
        bits = chance.mix(self._seed, 7, index)
        if index < RICH or bits % 500 == 0:
            return _RICH_KINDS[(bits >> 8) % len(_RICH_KINDS)]
        return _PLAIN_KINDS[(bits >> 8) % len(_PLAIN_KINDS)]

    def own_exposure(self, index: int) -> Exposure | None:
        """Return a file's own exposure: None where it has but what its place gives it."""
        place = self.place_of(index)
        if place == PERSONAL_PLACE:
            position = index - self._block(place)[0]
            return (None, "public", "internal", "external")[position] if position < 4 else None
        roll = chance.mix(self._seed, 9, index) % 400
        return "public" if roll < 2 else "external" if roll < 5 else "internal" if roll < 12 else None

    def entry(self, index: int) -> Entry:
        """Return a file; raises IndexError."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        place = self.place_of(index)
        kind = self.kind(index)
        bits = chance.mix(self._seed, 13, index)
        position = index - self._block(place)[0]
        extension = documents.EXTENSION[kind]
        topic = names.TOPICS[bits % len(names.TOPICS)]
        if place == HOSTILE_PLACE:
            name = f"{self._hostile[position % len(self._hostile)]} {index}.{extension}"
            directory = names.PRINTABLE_HOSTILE[position % 7] if position % 3 == 0 else ""
        else:
            name = f".env.{index}" if kind == "env" else f"{topic}-{index}.{extension}"
            directory = ("", "docs", "src/app", "data/2026")[(bits >> 8) % 4]
        exposure = self.own_exposure(index)
        modified = self._modified(index)
        return Entry(
            index=index,
            place=place,
            directory=directory,
            name=name,
            kind=kind,
            mime=documents.MIME[kind],
            exposure=exposure,
            externals=(self.world.people + bits % self.world.contractors,) if exposure == "external" else (),
            created=modified - timedelta(days=20),
            modified=modified,
        )

    def _modified(self, index: int) -> datetime:
        return self.world.now - timedelta(seconds=3600 + chance.mix(self._seed, 15, index) % 8_000_000)

    def present(self, place: int) -> dict[str, array[int]]:
        """Return the directories that exist in a place, with the files directly in each, its own under ''."""
        known = self._present.get(place)
        if known is None:
            known = {"": array("I")}
            for index in self.place(place).files:
                directory = self.entry(index).directory
                if directory not in known:
                    known[directory] = array("I")
                    if place != HOSTILE_PLACE and "/" in directory:
                        known.setdefault(directory.rpartition("/")[0], array("I"))
                known[directory].append(index)
            self._present[place] = known
        return known

    def effective_exposure(self, index: int) -> Exposure:
        """Return how far a file is open, by itself, its place and the places above."""
        found: list[Exposure] = []
        own = self.own_exposure(index)
        if own:
            found.append(own)
        at: int | None = self.place_of(index)
        while at is not None:
            place = self.place(at)
            found.append(place.exposure)
            at = place.parent
        return max(found, key=_ORDER.__getitem__)

    # Content

    def _wanted(self, index: int, kind: str) -> tuple[tuple[Detector, int], ...]:
        bits = chance.mix(self._seed, 21, index)
        if bits % (4 if index < RICH else 50):
            return ()
        detector = PLANTS[(bits >> 8) % len(PLANTS)]
        if detector == "private-key" and kind not in documents.MULTILINE:
            detector = "payment-card"
        if detector == "email-bulk" and kind == "eml":
            detector = "iban"  # a message's own addresses would count too
        chosen = [(detector, BULK if detector == "email-bulk" else 1 + (bits >> 16) % 3)]
        if (bits >> 24) % 3 == 0:
            second = PLANTS[(bits >> 32) % 3]  # personal data beside it: card, iban or ssn
            if second != detector:
                chosen.append((second, 1 + (bits >> 40) % 2))
        return tuple(chosen)

    def _lines(self, index: int, kind: str) -> tuple[list[str], list[Planted]]:
        rich = index < RICH
        bits = chance.mix(self._seed, 23, index)
        words, wanted = names.WORDS, self._wanted(index, kind)
        lines = [f"{names.TOPICS[bits % len(names.TOPICS)]} {index} of {self.world.name}"]
        if rich:
            miss = near_miss(self._seed, 25, index)
            if "@" in miss and any(detector == "email-bulk" for detector, _ in wanted):
                miss = "nobody to contact"
            lines.append(miss)  # far from what is planted: it must not colour it
        for n in range(6 + bits % 20 if rich else 2):
            start = (bits >> (n % 32)) % (len(words) - 8)
            lines.append(" ".join(words[start : start + 8]))
        planted: list[Planted] = []
        for detector, count in wanted:
            at = len(lines) + 1
            found: tuple[Detector, ...] = (detector, "aws-secret-key") if detector == "aws-access-key" else (detector,)
            for offset, one in enumerate(found):
                where = documents.place(kind, at + offset)
                planted.append(Planted(detector=one, count=count, line=at + offset, place=where))
            lines += lines_for(detector, count, self._seed, 27, index)
            lines.append("end of list")
        return lines, planted

    def _render(self, index: int) -> bytes:
        kind = self.kind(index)
        return documents.render(kind, self._lines(index, kind)[0])

    def lines(self, index: int) -> list[str]:
        """Return the lines of text that a file's document holds."""
        return self._lines(index, self.kind(index))[0]

    def content(self, index: int) -> bytes:
        """Return a file's bytes, the same every time; raises IndexError."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        return self._rich(index)

    def planted(self, index: int) -> tuple[Planted, ...]:
        """Return the known answer: everything that a perfect inspection finds in the file."""
        return tuple(self._lines(index, self.kind(index))[1])

    def sums(self, index: int) -> tuple[int, str, str]:
        """Return a file's size, its SHA-1, and its git blob SHA-1."""
        known = self._sums.get(index)
        if known:
            return known
        data = self.content(index) if index < RICH else self._render(index)
        git = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
        git.update(data)
        result = len(data), hashlib.sha1(data, usedforsecurity=False).hexdigest(), git.hexdigest()
        if index < RICH:
            self._sums[index] = result
        return result
