"""What tests of scans share."""

from __future__ import annotations

import pytest

from casb_cli.store.store import Store


@pytest.fixture
def store(home):
    """Give a store of a home of its own."""
    with Store() as made:
        yield made
