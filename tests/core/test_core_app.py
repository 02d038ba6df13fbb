"""Declarations: what an app says of itself, without importing anything heavy."""

from __future__ import annotations

import subprocess
import sys

from casb_cli.core.app import App, AuthMethod, CredentialSpec

APP = App(
    key="x",
    title="X",
    auth=(AuthMethod(key="token", title="Token", fields=(), unattended=True),),
    common_fields=(),
    hosts={"api": "https://x.test"},
    connector="",
    signin="",
    setup="",
)


def test_a_method_is_found_by_its_key():
    assert APP.method("token") is APP.auth[0]
    assert APP.method("oauth") is None


def test_a_credential_serves_for_all_unless_said_otherwise():
    spec = CredentialSpec(name="main", method="token")
    assert (spec.purpose, spec.secrets, spec.tokens) == ("both", {}, None)


def test_core_imports_nothing_of_ours_and_nothing_heavy():
    code = (
        "import sys, pkgutil, importlib, casb_cli.core as core\n"
        "for one in pkgutil.iter_modules(core.__path__): importlib.import_module('casb_cli.core.' + one.name)\n"
        "ours = [m for m in sys.modules if m.startswith('casb_cli.') and not m.startswith('casb_cli.core')]\n"
        "heavy = [m for m in ('httpx', 'keyring', 'rich', 'typer', 'asyncio', 'pydantic') if m in sys.modules]\n"
        "print(ours, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
