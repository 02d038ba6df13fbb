"""What the invented company hides in its files is found, every bit of it, and nothing else is."""

from __future__ import annotations

import pytest
from scan_scanner import SCANNER

from casb_cli.sandbox.world import World
from casb_cli.scan.detect import aims, engine
from casb_cli.scan.inspect import inspect_stream


@pytest.mark.parametrize("app", ["box", "github"])
@pytest.mark.parametrize("seed", range(1, 6))
def test_exactly_what_was_planted_is_found(seed, app):
    library = World(seed=seed, files=400).library(app)
    wrong = {}
    for index in range(400):
        planted = {one.detector: one.count for one in library.planted(index)}
        entry = library.entry(index)
        result = inspect_stream(library.content(index), name=entry.name, scanner=SCANNER, key=bytes(32))
        assert result.outcome == "done", (index, result.reason, result.notes)
        if result.totals != planted:
            wrong[index, entry.kind] = (planted, result.totals)
    assert wrong == {}


@pytest.mark.parametrize(
    "piece",
    [
        b'secret="',
        b"password=",
        b"api_key: ",
        b"-----BEGIN RSA PRIVATE " + b"KEY-----\nMIIEowIBAAKCAQEAMIIEowIBAAKCAQEA\n",
    ],
    ids=["secret", "password", "api-key", "private-key"],
)
def test_what_nearly_fits_everywhere_costs_little(piece, monkeypatch):
    """Confirming each hint by itself took three times as long and more: text full of hints is searched once."""
    alone, judged = [], []
    nearest, judge = aims._nearest, engine.Scanner._judged

    def one_by_one(aim, ends, buffer):
        alone.extend(ends)
        return nearest(aim, ends, buffer)

    def judging(scanner, buffer, candidate, *rest):
        judged.append(candidate.start)
        return judge(scanner, buffer, candidate, *rest)

    monkeypatch.setattr(aims, "_nearest", one_by_one)
    monkeypatch.setattr(engine.Scanner, "_judged", judging)
    pieces = (1 << 18) // len(piece)
    inspect_stream(piece * pieces, name="x.txt", scanner=SCANNER, key=bytes(32))
    assert len(alone) < pieces // 100
    assert len(judged) <= 2 * pieces
