"""The kept catalogue is the catalogue, and is read only where it was made from the same sources."""

from __future__ import annotations

import os
import stat

import msgspec
import pytest

from casb_cli.scan.detect import kept
from casb_cli.scan.detect.rules import DetectorSet, catalogue, digest
from casb_cli.scan.inspect import inspect_stream, new_scanner


@pytest.fixture
def folder(tmp_path):
    kept.kept_catalogue(str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_is_kept_judges_as_the_catalogue_does(folder, monkeypatch):
    monkeypatch.setattr(kept, "shipped", lambda _: pytest.fail("read from the modules"))
    found = DetectorSet.shipped(cache_dir=str(folder))
    assert found.id == DetectorSet.shipped().id == digest(found.detectors)
    for one, other in zip(found.detectors, catalogue_in_order(), strict=True):
        assert msgspec.structs.replace(one, match=other.match, no_match=other.no_match) == other


def catalogue_in_order():
    return [catalogue()[name] for name in sorted(catalogue())]


def test_one_kept_detector_finds_what_it_is_for(folder):
    only = DetectorSet.shipped(("iban",), cache_dir=str(folder))
    text = b"IBAN: DE89 3704 0044 0532 0130 00"  # the example of ISO 13616's registry
    result = inspect_stream(text, name="a.txt", scanner=new_scanner(only), key=b"k" * 32)
    assert [match.detector for match in result.matches] == ["iban"]


def test_other_sources_ask_for_another_file(folder, monkeypatch):
    monkeypatch.setattr(kept, "_made_by", lambda: "other")
    kept.kept_catalogue(str(folder))
    assert len([*folder.glob("catalogue-*.bin")]) == 2


def test_sources_of_the_same_size_and_date_are_others_where_they_were_written_anew(tmp_path, monkeypatch):
    source = tmp_path / "catalogue" / "cards.py"
    source.parent.mkdir()
    monkeypatch.setattr(kept, "__file__", str(tmp_path / "kept.py"))
    names = set()
    for text in ("a = 1", "a = 2", "a = 12"):
        source.write_text(text)
        os.utime(source, (0, 0))
        names.add(kept._made_by())
        assert kept._made_by() in names
    assert len(names) == 3


def test_a_changed_file_or_one_of_others_is_not_read(folder):
    [path] = folder.glob("catalogue-*.bin")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert kept.kept_catalogue(str(folder)).all == catalogue()


def test_a_folder_that_cannot_be_written_to_costs_only_time(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    assert kept.kept_catalogue(str(tmp_path / "file")).all == catalogue()
