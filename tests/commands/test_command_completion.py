from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from casb_cli.__main__ import main


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed(capsys, shell):
    assert main(["completion", shell]) == 0
    assert f"_CASB_COMPLETE=complete_{shell}" in capsys.readouterr().out


def test_the_shell_is_taken_from_the_environment(capsys, monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert main(["completion"]) == 0
    assert "complete_fish" in capsys.readouterr().out
    monkeypatch.setenv("SHELL", "/bin/odd")
    assert main(["completion"]) == 2


def test_installing_writes_below_home_alone(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["completion", "bash", "--install"]) == 0
    assert str(tmp_path) in capsys.readouterr().err
    assert (tmp_path / ".bashrc").exists()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_with_the_printed_script(tmp_path, capsys):
    main(["completion", "bash"])
    program = tmp_path / "casb"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m casb_cli "$@"\n')
    program.chmod(0o755)
    script = capsys.readouterr().out + (
        "\nCOMP_WORDS=(casb mat)\nCOMP_CWORD=1\n_casb_completion casb mat casb\necho ${COMPREPLY[@]}\n"
    )
    done = subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    assert done.stdout.strip() == "matrix"


@pytest.fixture
def configured(monkeypatch, tmp_path):
    monkeypatch.setenv("CASB_CONFIG_DIR", str(tmp_path))
    lines = ["version = 1"]
    for number, (app, name) in enumerate([("box", "prod"), ("github", "prod"), ("github", "test")]):
        lines += ["[[instances]]", f'key = "k{number}"', f'app = "{app}"', f'name = "{name}"']
    (tmp_path / "config.toml").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("", ["box/prod", "github/prod", "test"]),
        ("p", ["box/prod", "github/prod"]),
        ("t", ["test"]),
        ("github/", ["github/prod", "github/test"]),
        ("x", []),
    ],
)
def test_a_name_that_several_apps_have_is_completed_with_its_app(configured, typed, completed):
    from casb_cli.commands import _complete

    assert _complete.instances(typed) == completed
