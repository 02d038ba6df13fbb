from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from govern_rig import Rig


@pytest.fixture
def rig():
    return Rig()
