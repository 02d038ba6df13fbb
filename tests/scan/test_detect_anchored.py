"""A rule whose value begins where a run of its characters does finds what its expression would find by searching."""

from __future__ import annotations

import io
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from scan_scanner import SCANNER

from casb_cli.scan.detect.rules import DetectorSet
from casb_cli.scan.detect.validators import CHECKS
from casb_cli.scan.inspect import inspect_stream

ADDRESSES = next(one for one in DetectorSet.shipped().detectors if one.id == "email-bulk")
EXPRESSION = re.compile(ADDRESSES.rules[0].pattern.encode())
local = st.text("ab1._%+-/:@ä", max_size=8)
host = st.sampled_from(["example.org", "b.example", "a@b.example", "-x.org", "x..org", "org", ""])
pieces = st.builds(lambda one, other, end: f"{one}@{other}{end}", local, host, st.sampled_from([" ", "\n", "", "@"]))


@settings(max_examples=300)
@given(st.lists(pieces, max_size=30).map("".join))
def test_addresses_are_those_that_a_search_finds(text: str) -> None:
    body = "".join(f"person{number}@example-{number}.com\n" for number in range(50)) + text + "\n"
    found = inspect_stream(io.BytesIO(body.encode()), name="list.txt", scanner=SCANNER, key=bytes(32))
    sought = {match["v"].lower() for match in EXPRESSION.finditer(body.encode())}
    expected = {value for value in sought if all(CHECKS[name](value) for name in ADDRESSES.checks)}
    assert [match.count for match in found.matches if match.detector == ADDRESSES.id] == [len(expected)]


def test_a_value_that_is_none_hides_no_secret_behind_it() -> None:
    drawn = "tGzv3JOkF0XG5Qx2" + "TlKWIAq7"
    text = f'AccessToken:  "{drawn[::-1]}",\nTokenType:    "example",\nRefreshToken: "{drawn}",\n'
    found = inspect_stream(io.BytesIO(text.encode()), name="login.go", scanner=SCANNER, key=bytes(32), every=True)
    places = [(match.detector, match.start) for match in found.matches]
    assert ("high-entropy-assignment", text.index(drawn)) in places
    assert ("high-entropy-assignment", text.index(drawn[::-1])) in places
