"""`casb govern revoke-leaked` where the file holds nothing that it could revoke."""

from __future__ import annotations

from harness import Stage


def test_a_file_without_a_readable_token_is_said_to_be_so(home, casb):
    with Stage("github", home, casb, people=12, files=20) as made:
        assert made.connect("prod", "token").code == 0
        planted = {file for file, _ in made.truth.rows("finding")}
        file = min(id_ for id_ in made.truth.rows("file") if id_ not in planted)
        run = casb("govern", "revoke-leaked", f"github:prod:file:{file}", "--dry-run", "-o", "jsonl")
    assert run.code == 6, run
    assert "no GitHub token stands" in run.err
    assert "mails" not in run.err
