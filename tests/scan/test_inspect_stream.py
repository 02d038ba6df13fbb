"""The engine over blocks: borders, counts, masks, canaries; and foreign bytes of every kind."""

from __future__ import annotations

import bisect
import io
import os
import pickle
import random
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_scanner import SCANNER

from casb_cli.scan.detect import database, engine
from casb_cli.scan.detect.database import load
from casb_cli.scan.detect.examples import card, crc_token, grouped, pem, rand
from casb_cli.scan.detect.mask import excerpt
from casb_cli.scan.detect.rules import DetectorSet, Rule
from casb_cli.scan.extract.base import BLOCK, Limits
from casb_cli.scan.inspect import inspect_stream, new_scanner
from casb_cli.store.locks import Lock

KEY = b"k" * 32
CARDS = [card("4539", seed=n) for n in range(40)]


def look(data: bytes | io.BytesIO, name: str = "file.txt", every: bool = False, **limits):
    return inspect_stream(data, name=name, scanner=SCANNER, key=KEY, limits=Limits(**limits), every=every)


@pytest.mark.parametrize("border", [BLOCK, 2 * BLOCK, BLOCK - engine.OVERLAP, BLOCK - 2 * engine.OVERLAP, 3 * BLOCK])
def test_each_match_at_a_block_border_is_found_once(border):
    for shift in (*range(-20, 3), -engine.OVERLAP, engine.OVERLAP):
        start = border + shift
        data = b"x" * (start - 6) + b"\ncard " + CARDS[0].encode() + b"\n" + b"y" * (2 * engine.OVERLAP + 100)
        found = look(data).matches
        assert [(m.detector, m.start, m.count) for m in found] == [("payment-card", start, 1)], shift


def test_long_matches_across_borders():
    key = pem("RSA", 50).encode()
    for shift in range(0, len(key), 400):
        data = b"\n" * (BLOCK - shift) + key + b"\n" * 100
        found = look(data).matches
        assert [(m.detector, m.start, m.count) for m in found] == [("private-key", BLOCK - shift, 1)]


def test_small_blocks_give_the_same_as_one():
    lines = "".join(f"row {n} card {CARDS[n]} and {crc_token('ghp' + '_', n)}\n" for n in range(40)).encode()
    whole = look(lines * 60)

    class Dripping(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 700) if size and size > 0 else size)

    assert look(Dripping(lines * 60)).matches == whole.matches
    assert {m.count for m in whole.matches} == {60}
    assert len(whole.matches) == 80


def test_lines_and_columns_are_right_far_into_a_file():
    filler = "some words without meaning\n" * 60000
    data = f"{filler}  x: card {CARDS[1]}\n{filler}card {CARDS[2]}"
    assert [m.place for m in look(data.encode()).matches] == ["line 60001, column 11", "line 120002, column 6"]


def test_same_value_written_differently_has_one_fingerprint():
    data = f"card {CARDS[3]}\ncard {grouped(CARDS[3])}\ncard {grouped(CARDS[3], 4, '-')}"
    (match,) = look(data.encode()).matches
    assert match.count == 3


def test_every_occurrence_on_demand():
    data = f"card {CARDS[3]}\ncard {CARDS[3]}".encode()
    assert [m.start for m in look(data, every=True).matches] == [5, 27]


def test_fingerprints_depend_on_the_key_and_the_detector_only():
    data = f"card {CARDS[3]}".encode()
    one = look(data).matches[0]
    other = inspect_stream(b"zzz\n" + data, name="y", scanner=SCANNER, key=KEY).matches[0]
    third = inspect_stream(data, name="y", scanner=SCANNER, key=b"q" * 32).matches[0]
    assert one.fingerprint == other.fingerprint != third.fingerprint


def test_more_matches_than_kept_are_counted():
    cards = sorted({card("4539", seed=n) for n in range(300)})
    result = look("\n".join(f"card {c}" for c in cards).encode(), matches=10)
    assert len(result.matches) == 10
    assert result.totals == {"payment-card": len(cards)}


@pytest.mark.parametrize(
    ("value", "how", "shown"),
    [
        (b"4539148803436467", "tail", "************6467"),
        (b"abcdefgh", "tail", "******gh"),
        (b"abcdefg", "tail", "******g"),
        (b"abc", "tail", "***"),
        (b"DE89 3704 0044 0532 0130 00", "tail", "************3000"),
        ("12\u00a034\u202f56 78".encode(), "tail", "******78"),
        (b"a" * 96 + b"\x1b[2J", "tail", "************\\x1b[2J"),
        (b"secret-password", "none", "********"),
    ],
)
def test_masks(value, how, shown):
    assert excerpt(value, how) == shown


def test_private_keys_show_their_header_only():
    (match,) = look(pem("OPENSSH").encode()).matches
    assert match.excerpt == "-" * 5 + "BEGIN OPENSSH PRIVATE KEY" + "-" * 5


def canaries() -> dict[str, str]:
    return {
        "card": CARDS[5],
        "github": crc_token("ghp" + "_", 77),
        "password": "zQ9!canary" + "Kx7",
        "entropy": rand(40, seed=91),
        "pem": pem("RSA").splitlines()[3],
    }


def test_no_clear_match_leaves_the_inspection(tmp_path):
    secret = canaries()
    text = (
        f'card {secret["card"]}\ntoken {secret["github"]}\npassword = "{secret["password"]}"\n'
        f'api_key = "{secret["entropy"]}"\n' + pem("RSA")
    )
    told = {match.detector for match in look(text.encode(), every=True).matches}
    scanner = new_scanner(DetectorSet.shipped(tuple(told)), str(tmp_path / "cache"))
    result = inspect_stream(text.encode(), name="x", scanner=scanner, key=KEY, every=True)
    assert len({m.detector for m in result.matches}) == 5
    out = repr(result).encode() + msgspec.json.encode(result) + pickle.dumps(result)
    for path in (tmp_path / "cache").iterdir():
        out += path.read_bytes()
    for name, value in secret.items():
        assert value.encode() not in out, name
        assert value[: len(value) // 2].encode() not in out, name


def test_a_failing_check_never_speaks_of_the_value(monkeypatch):
    from casb_cli.scan.detect import validators
    from casb_cli.scan.extract.base import Limits as L
    from casb_cli.scan.workers_child import inspected
    from casb_cli.scan.workers_wire import Job

    def leaking(value: bytes) -> bool:
        raise ValueError(f"bad {value!r}")

    monkeypatch.setitem(validators.CHECKS, "payment_card", leaking)
    result = inspected(io.BytesIO(f"card {CARDS[0]}".encode()), Job("x", False, L()), SCANNER, KEY)
    assert (result.outcome, result.reason, result.detail) == ("skipped", "crashed", "ValueError")
    assert CARDS[0] not in repr(result)


def test_database_is_cached_for_its_rules_only_and_private(tmp_path):
    rules = (Rule(hint="abc[0-9]{3}", pattern="abc"),)
    load(rules, str(tmp_path / "c"))
    (path,) = (tmp_path / "c").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    hits: list[int] = []
    again = load(rules, str(tmp_path / "c"))
    again.scan(b"xabc123", match_event_handler=lambda n, s, e, f, c: hits.append(e))
    assert hits == [7]
    path.write_bytes(b"0" * 50)
    load(rules, str(tmp_path / "c"))
    assert path.stat().st_size > 50
    load((Rule(hint="abd", pattern="abd"),), str(tmp_path / "c"))
    assert len(list((tmp_path / "c").iterdir())) == 2


def test_an_unwritable_cache_costs_nothing_but_time(tmp_path):
    (tmp_path / "file").write_text("x")
    assert load((Rule(hint="abc", pattern="abc"),), str(tmp_path / "file" / "deeper"))


def test_a_pattern_that_the_engine_cannot_take_is_named():
    from casb_cli.core.errors import UsageError

    with pytest.raises(UsageError, match=r"abc.*assertion"):
        load((Rule(hint="(?<!x)abc", pattern="abc"),), None)


def test_memory_stays_flat_over_a_large_file():
    class Endless(io.RawIOBase):
        """200 MB of text that nobody holds."""

        size, at = 200 << 20, 0
        line = b"2026-01-01 some log line with the number 12345 and mail nobody at b.org in it\n" * 15000

        def seek(self, offset, whence=0):
            self.at = offset + (self.size if whence == 2 else 0)
            return self.at

        def read(self, count=-1):
            count = min(count, self.size - self.at, len(self.line))
            self.at += count
            return self.line[:count]

    tracemalloc.start()
    result = look(Endless())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.outcome == "done"
    assert result.text == 200 << 20
    assert peak < 30 << 20


MAGICS = [
    b"",
    b"PK\x03\x04",
    b"%PDF-1.5\n",
    b"\x1f\x8b\x08",
    b"BZh9",
    b"\xfd7zXZ\x00",
    b"{\\rtf1",
    b"<?xml ",
    b"<html>",
    b"From: a\nTo: b\nSubject: c\nMIME-Version: 1.0\n",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xff\xfe",
    b"From a@b\nFrom: a\nTo: b\nSubject: c\n\n",
    b"\xef\xbb\xbf",
]


@settings(max_examples=150)
@given(st.sampled_from(MAGICS), st.binary(max_size=3000))
def test_foreign_bytes_never_raise(magic, data):
    result = look(magic + data)
    assert (result.outcome == "done") == (result.reason is None)
    assert not any(m.excerpt and m.excerpt.encode() in data and len(m.excerpt) > 8 for m in result.matches)


@settings(max_examples=100)
@given(st.data())
def test_damaged_documents_never_raise(data):
    from test_extract_formats import CASES

    whole = bytearray(CASES[data.draw(st.sampled_from(sorted(CASES)))][0])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    result = look(bytes(whole[:cut]), wall=20)
    assert result.outcome in ("done", "partial", "skipped")


@settings(max_examples=100)
@given(st.text(max_size=400))
def test_any_text_in_any_encoding_is_read(text):
    for encoding in ("utf-8", "utf-16", "utf-32"):
        assert look(f"{text}\ncard {CARDS[7]}\n".encode(encoding, "replace")).outcome in ("done", "partial", "skipped")


def test_a_detector_set_of_none_finds_nothing():
    empty = new_scanner(DetectorSet(()))
    assert inspect_stream(b"card", name="x", scanner=empty, key=KEY).outcome == "done"


@pytest.mark.parametrize(
    "unit", ["password", "eyJ", "a@", "4111 ", "<a ", "DE89 ", 'secret="', "curl -u ", "Private-Lines: 8\n", "xoxb-1-"]
)
def test_hostile_repetition_costs_seconds_not_hours(unit):
    result = look((unit * (400_000 // len(unit))).encode(), wall=60, cpu=60)
    assert result.outcome == "done"


def test_a_private_key_of_putty_shows_its_header_only():
    key = "PuTTY-User-Key-" + "File-3: ssh-rsa\nPrivate-Lines: 8\n" + "\n".join(rand(64, seed=n) for n in range(8))
    (match,) = look(key.encode()).matches
    assert match.excerpt == "Private-Lines: 8"


@pytest.mark.parametrize(
    ("head", "written", "tail"),
    [
        (b'{"all": [\n', (b"\\u003c", b"\\u0026", b"\\u00a0", b"\\n", b"\\\\", "ö".encode(), b"\\u00e9"), b"]}"),
        (
            b'<?xml version="1.0"?>\n<all>\n',
            (b"&amp;", b"&#246;", b"&Ouml;", b"&#10;", b"&lt;b&gt;", "ö".encode(), b"<b/>"),
            b"</all>",
        ),
    ],
)
def test_places_are_those_of_the_file_where_it_is_written_at_length(head, written, tail):
    chance = random.Random(8)
    parts, size, planted = [head], len(head), []
    lines = [at for at in range(1, size + 1) if head[at - 1 : at] == b"\n"]
    while size < 1_300_000:
        piece = b" ".join(chance.choice(written) for _ in range(chance.randrange(200))) + b" "
        number = card("4539", seed=len(planted)).encode()
        planted.append((size + len(piece) + 5, number))
        piece += b"card " + number + chance.choice((b" ", b'",\n', b'",\r\n', b"\n"))
        parts.append(piece)
        size += len(piece)
        if piece.endswith(b"\n"):
            lines.append(size)
    data = b"".join((*parts, tail))
    told = {}
    for match in inspect_stream(
        data, name="x", scanner=SCANNER, key=KEY, every=True, limits=Limits(matches=10_000)
    ).matches:
        if match.detector == "payment-card":
            assert match.start not in told
            told[match.start] = (match.end, match.place)
    assert len(planted) > 1_000
    for at, number in planted:
        line = bisect.bisect_right(lines, at)
        column = len(data[lines[line - 1] : at].decode()) + 1
        assert told[at] == (at + len(number), f"line {line + 1}, column {column}")


def test_pages_tell_the_line_only():
    data = f"<html><body><p>Gr&ouml;&szlig;e\n</p><b>x</b> card {card('4539')}</body></html>".encode()
    assert [match.place for match in inspect_stream(data, name="x", scanner=SCANNER, key=KEY).matches] == ["line 2"]


def test_a_pipe_in_the_place_of_the_compiled_patterns_makes_nobody_wait(tmp_path):
    rules = (Rule(hint="abc", pattern="abc"),)
    load(rules, str(tmp_path))
    [made] = tmp_path.iterdir()
    made.unlink()
    os.mkfifo(made)
    assert load(rules, str(tmp_path)) is not None
    assert made.is_file(), "it is written anew"


def test_of_those_who_start_together_one_compiles(tmp_path, monkeypatch):
    rules = tuple(Rule(hint=f"abc{number}", pattern="abc") for number in range(400))
    compiled, made = database._compiled, []

    def compiling(rules, hints):
        made.append(len(rules))
        return compiled(rules, hints)

    monkeypatch.setattr(database, "_compiled", compiling)
    with ThreadPoolExecutor(4) as together:
        assert all(together.map(lambda _: load(rules, str(tmp_path)), range(4)))
    assert made == [400]


def test_who_waits_in_vain_for_another_compiles_too(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "_COMPILES", 0.0)
    with Lock("compiling", "compiling", folder=tmp_path):
        assert load(tuple(Rule(hint=f"abc{number}", pattern="abc") for number in range(400)), str(tmp_path)) is not None
