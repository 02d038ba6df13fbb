"""What is injected fits the seams that transport and apps declare."""

from __future__ import annotations

import inspect

import pytest

from casb_cli.core.protocols import RateMemory, TokenStore, Tracer
from casb_cli.store.rates import StoredRates
from casb_cli.store.tokens import KeptTokens, MemoryTokens
from casb_cli.transport.trace import FileTracer


@pytest.mark.parametrize(
    ("seam", "made"),
    [(TokenStore, KeptTokens), (TokenStore, MemoryTokens), (RateMemory, StoredRates), (Tracer, FileTracer)],
)
def test_every_method_of_a_seam_is_there_with_its_parameters(seam, made):
    for name, method in inspect.getmembers(seam, inspect.isfunction):
        if name.startswith("_"):
            continue
        assert list(inspect.signature(getattr(made, name)).parameters) == list(inspect.signature(method).parameters)
