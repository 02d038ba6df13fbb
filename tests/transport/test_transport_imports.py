from __future__ import annotations

import subprocess
import sys

import pytest

MODULES = ["calls", "rules", "signin", "paging", "governor", "retry", "auth.static", "auth.tokens"]
HEAVY = "('httpx', 'jwt', 'oauthlib', 'ssl')"


@pytest.mark.parametrize("module", MODULES)
def test_what_declarations_need_does_not_load_the_network(module):
    program = f"import sys, casb_cli.transport.{module}; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_client_leaves_out_the_command_line_of_httpx():
    names = "('httpx._main', 'rich', 'pygments', 'click')"
    program = f"import sys, casb_cli.transport.client, httpx; print([m for m in {names} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_who_imported_httpx_before_keeps_it_whole():
    program = "import sys, httpx, casb_cli.transport.client; print('httpx._main' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
