from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_generated_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"], ids=lambda p: p.name)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_of_the_docs_exists():
    from casb_cli.commands._names import COMMANDS

    words = set()
    for page in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]:
        words |= set(re.findall(r"^(?:\$ )?casb ([a-z]+)", page.read_text(), flags=re.MULTILINE))
    assert words
    assert words <= set(COMMANDS), words - set(COMMANDS)
