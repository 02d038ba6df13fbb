"""National numbers through python-stdnum, which strips them of their joints by a table of ours."""

from __future__ import annotations

import stdnum.util

from casb_cli.scan.detect.validators import CHECKS


def test_numbers_hold_however_they_are_joined() -> None:
    # The example of python-stdnum's module for Brazil, with its joints, others, and a wrong digit.
    holds = CHECKS["stdnum.br.cpf"]
    for value in ("390.533.447-05", "39053344705", "390 533 447 05", "390.533.447\u201305"):
        assert holds(value.encode()), value
    assert not holds(b"390.533.447-06")


def test_the_table_strips_what_python_stdnum_says() -> None:
    CHECKS["stdnum.br.cpf"](b"39053344705")
    # Both are examples of `stdnum.util.clean`.
    assert stdnum.util.clean("123-456:78 9", " -:") == "123456789"
    assert stdnum.util.clean("1\u20132\u20143\u20154") == "1-2-3-4"
