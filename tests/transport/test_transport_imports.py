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
