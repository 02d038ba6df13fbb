"""Content that ends too early, and markup that no block holds: what can be read is read."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random

import pytest
from scan_scanner import CARDS as SCANNER

from casb_cli.scan.detect.examples import card
from casb_cli.scan.extract.base import BLOCK
from casb_cli.scan.inspect import inspect_stream

FIRST, SECOND, THIRD = card("4539"), card("5212", 16, 2), card("4716", 16, 3)


def look(data: bytes, name: str = "file"):
    return inspect_stream(data, name=name, scanner=SCANNER, key=bytes(32))


def noise(lines: int) -> str:
    source = random.Random(1)
    letters = "ghijklmnopqrstuv"  # no digits: nothing that could be a number of a card
    return "".join("".join(source.choices(letters, k=15)) + "\n" for _ in range(lines))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("lines", [12_000, 90_000])
def test_torn_archives_give_what_stands_before_the_tear(pack, lines):
    packed = pack(f"card {FIRST}\n{noise(lines)}card {SECOND}\n".encode())
    result = look(packed[: len(packed) * 3 // 4])
    if pack is bz2.compress and lines == 12_000:  # one block of 900 kB: nothing before the tear can be unpacked
        assert (result.outcome, result.reason) == ("skipped", "corrupted")
        return
    assert (result.outcome, result.reason) == ("partial", "corrupted")
    assert result.totals == {"payment-card": 1}


def test_a_torn_small_gzip_gives_its_text():
    packed = gzip.compress(f"card {FIRST}\n{noise(40)}".encode())
    result = look(packed[:-20])
    assert (result.outcome, result.reason, result.totals) == ("partial", "corrupted", {"payment-card": 1})


def test_a_wrong_checksum_keeps_the_text_and_says_so():
    packed = bytearray(gzip.compress(f"card {FIRST}\n{noise(40)}card {SECOND}\n".encode()))
    packed[-6] ^= 0xFF
    result = look(bytes(packed))
    assert (result.outcome, result.reason, result.totals) == ("partial", "corrupted", {"payment-card": 2})


@pytest.mark.parametrize("size", [70_000, BLOCK - 300, BLOCK + 300, 3 * BLOCK])
@pytest.mark.parametrize("name", ["data-rows", "class"])
def test_a_tag_longer_than_what_is_held_back_loses_nothing(size, name):
    filling = noise(size // 16)[:size]
    tag = f"<div {name}='{filling} card {SECOND} {filling}'>"
    result = look(f"<!doctype html><html><body>\n<p>card {FIRST}</p>{tag}<p>card {THIRD}</p></body></html>".encode())
    assert (result.outcome, result.kind) == ("done", "html")
    assert {m.excerpt[-4:] for m in result.matches} >= {FIRST[-4:], THIRD[-4:]}
    # Attributes that only a program reads are no text, unless their tag is too long to be known as one.
    assert result.totals["payment-card"] == (3 if name == "data-rows" or 2 * size > BLOCK else 2)
