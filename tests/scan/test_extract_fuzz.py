"""A short, repeatable run of the fuzz script; and what a parser may raise beside errors."""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from pathlib import Path

import pytest
from test_extract_formats import look, xlsx
from test_extract_workbook import cell

from casb_cli.scan.extract import sheets

sys.path.insert(0, str(Path(__file__).parents[1] / "fuzz"))

import fuzz_scan


@pytest.fixture(scope="module")
def seeds():
    return fuzz_scan.seeds()


@pytest.mark.parametrize("part", range(6))
def test_documents_gone_wrong_end_inside_the_limits(seeds, part):
    told: Counter[str] = Counter()
    kinds = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of making them
        for number in range(part * 60, part * 60 + 60):
            kind, data = fuzz_scan.made(seeds, sorted(seeds), 1, number)
            kinds.add(kind)
            assert fuzz_scan.fault(kind, data, told) is None, f"number {number}, a {kind}"
    assert len(kinds) > 20
    assert sum(told.values()) > 10


def test_the_seeds_are_whole_documents_of_every_format(seeds):
    assert set(seeds) >= {
        "7z",
        "card",
        "doc",
        "docx",
        "gzip",
        "html",
        "mail",
        "mbox",
        "msg",
        "odt",
        "pdf",
        "ppt",
        "pptx",
    }
    assert set(seeds) >= {"rtf", "sqlite", "tar", "text", "toml", "xlsx", "xml", "xz", "zip", "zstd"}


def test_a_panic_of_a_parser_costs_its_part_only(monkeypatch):
    class PanicException(BaseException):
        pass

    def panics(*_):
        raise PanicException("index out of range")

    monkeypatch.setattr(sheets, "_rows", lambda *_: iter(panics, None))
    result = look(xlsx(f'<row r="1">{cell("A1", 1)}</row>', **{"xl/comments1.xml": "<c><t>text</t></c>"}))
    assert {(n.place, n.reason, n.detail) for n in result.notes} == {
        ("Open", "corrupted", "PanicException"),
        ("Pay", "corrupted", "PanicException"),
    }
    assert result.text > 0
