"""Text that a scan could not look at: told as `casb detect` tells it, and never taken for clean."""

from __future__ import annotations

import io
import threading
import zipfile
from concurrent.futures import Future

import pytest
from scan_fake import FakeInstance, FakePool, Provider
from scan_scanner import CARDS
from test_extract_formats import LINE

from casb_cli.core.capabilities import Unscannable
from casb_cli.scan.inspect import inspect_stream
from casb_cli.scan.run import Options, Scan

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(50)
RAR = b"Rar!\x1a\x07\x01\0" + bytes(range(32)) * 20


def packed(*members):
    """A zip of some contents; one of None is encrypted, and so never read."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number, content in enumerate(members):
            archive.writestr(f"{number}", content or b"x" * 40)
    data = bytearray(made.getvalue())
    for number, content in enumerate(members):
        if content is None:
            name = f"{number}".encode()
            data[_header(data, b"PK\x03\x04", 30, name) + 6] |= 1
            data[_header(data, b"PK\x01\x02", 46, name) + 8] |= 1
    return bytes(data)


def _header(data, mark, length, name):
    at = data.index(mark)
    while data[at + length : at + length + len(name)] != name:
        at = data.index(mark, at + 1)
    return at


class Inspecting(FakePool):
    """Looks for cards in this process."""

    def submit(self, task, content):
        done = Future()
        done.set_result(look(content.inline(), task.name))
        return done


@pytest.fixture
def provider():
    made = Provider()
    made.files = {"a": {}}
    return made


def scan(provider, store, files):
    provider.files["a"] = {f"a/{name}": content for name, content in files.items()}
    provider.change("a")
    instance = FakeInstance(provider)
    statement = Scan(instance, store, Inspecting(), threading.Event(), Options()).run()
    return instance.key, statement


def look(data, name="x"):
    return inspect_stream(data, name=name, scanner=CARDS, key=b"k" * 32)


def test_a_picture_in_front_of_what_is_encrypted_hides_nothing():
    found = look(packed(PICTURE, None))
    assert (found.outcome, found.reason, found.missed) == ("skipped", "encrypted", True)
    assert not look(packed(PICTURE)).missed


def test_a_hundred_pictures_in_front_of_what_nothing_reads_hide_nothing():
    found = look(packed(*[PICTURE] * 120, RAR))
    assert (found.detail, found.missed, found.parts_failed) == ("RAR", True, 121)


def test_a_statement_tells_files_without_text_from_those_whose_text_was_missed(provider, store):
    files = {"a": b"clean", "b": PICTURE, "c": RAR, "d": packed(b"clean", None), "e": packed(b"clean", PICTURE)}
    key, statement = scan(provider, store, files)
    assert statement.files == {
        "done": 1,
        "partial: encrypted": 1,
        "skipped: unsupported": 1,
        "without text: unsupported": 1,
        "without text: unsupported in part": 1,
    }
    assert statement.missed == {"partial: encrypted": 1, "skipped: unsupported": 1}
    assert statement.remedies == ["what pictures and scanned pages show: --ocr eng"]
    assert statement.exit_code == 0
    told = {file.name: why for file, why in store.files.missed(key)}
    assert told == {"a/c": "skipped: unsupported: RAR", "a/d": "partial: encrypted"}
    assert scan(provider, store, files)[1].missed == statement.missed, "what is known unchanged is told again"
    assert store.runs.list(key)[0].statement["missed"] == statement.missed


def test_what_is_cleaned_is_resolved_where_only_a_picture_was_not_read(provider, store):
    key, _ = scan(provider, store, {"a": packed(LINE.encode(), PICTURE), "b": packed(LINE.encode(), None)})
    assert len([one for one in store.findings.list(key) if one.finding.detector == "payment-card"]) == 2
    scan(provider, store, {"a": packed(b"clean", PICTURE), "b": packed(b"clean", None)})
    [left] = [one.finding for one in store.findings.list(key) if one.finding.detector == "payment-card"]
    assert left.file == "/a/b", "it may have gone to where nobody looked"


@pytest.mark.parametrize(("reason", "missed"), [("archived", 1), ("lfs-pointer", 1), ("symlink", 0), ("no-content", 0)])
def test_what_a_provider_does_not_give_is_missed_where_it_has_content(provider, store, reason, missed):
    provider.refused["GET /content"] = Unscannable(reason, detail="why")
    key, statement = scan(provider, store, {"a": b"x"})
    assert statement.files == {f"skipped: {reason}": 1}
    assert [why for _, why in store.files.missed(key)] == [f"skipped: {reason}: why"] * missed
