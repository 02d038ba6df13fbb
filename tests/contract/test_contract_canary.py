"""A credential and a clear-text match appear nowhere: output, trace, config, store, journal, crash files."""

from __future__ import annotations

import pytest

from casb_cli.core.capabilities import ReadFile

CANARY = "4556737586899855"
"""A payment card number that belongs to nobody."""


def everything(home):
    """Yield every file under config and state and beside them, with its raw bytes; the tests' own secrets excepted."""
    for path in home.rglob("*"):
        if path.is_file() and home / "secrets" not in path.parents:
            yield path, path.read_bytes()


@pytest.fixture
def brisk(stage, hurried):
    with stage.brisk():
        yield stage


def test_neither_secret_nor_match_leaves_a_trace(brisk, home):
    """One call in ten meets a fault: what is said of those, too."""
    stage = brisk
    if not stage.has(ReadFile):
        pytest.skip(f"{stage.app} excuses {ReadFile.key}")
    hits = [id_ for id_, row in stage.truth.rows("file").items() if row["name"].endswith(".txt")]
    for file in hits[:2]:
        stage.provider.edit(file, f"card number {CANARY} expires 09/31\n".encode())
    trace = home / "trace.jsonl"
    said = []
    stage.provider.faults.randomly(0.1, seed=3, kinds=("error-before", "lost", "expired-token", "truncated"))
    for number, method in enumerate(stage.methods):
        more = ["--add", "--credential", method] if number else []
        said.append(stage.connect("prod", method, "--trace", str(trace), "-v", *more))
    assert stage.provider.faults.taken
    app = ("--app", stage.app)
    for words in (
        ("list", "accounts", *app, "--trace", trace, "-v"),
        ("list", "files", *app, "-o", "csv", "--trace", trace),
        ("scan", *app, "--trace", trace, "-v"),
        ("findings", *app, "-o", "json"),
        ("doctor", *app),
        ("matrix", *app, "--live"),
        ("govern", "quarantine", f"{stage.app}:prod:file:{hits[0]}", "--yes", "--trace", trace, "-o", "json"),
        ("govern", "log", "-o", "json"),
        ("store", "backup", home / "backup.db"),
    ):
        said.append(stage.casb(*words))
    assert "payment-card" in said[-6].out, said[-6]
    values = {CANARY, "4556 7375 8689 9855"}
    for signin in stage.signins.values():
        for value in signin.secrets.values():
            values |= {value} if "\n" not in value else {line for line in value.splitlines() if len(line) > 40}
    values |= {value for value in getattr(stage.provider, "tokens", {}) if isinstance(value, str)}
    for run in said:
        for value in values:
            assert value not in run.out + run.err, run.out[:200] + run.err[-300:]
    for path, data in everything(home):
        for value in values:
            assert value.encode() not in data, path
