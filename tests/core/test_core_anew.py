"""Lists whose position the provider forgets are read from their beginning, and not for ever."""

from __future__ import annotations

import pytest

from casb_cli.core.anew import RESTARTS, from_its_beginning, pages_anew
from casb_cli.core.errors import CursorExpired


class Forgetful:
    """A list of three pages that forgets the position behind its second so often."""

    def __init__(self, times):
        self.times = times

    def pages(self):
        yield from "ab"
        self.times -= 1
        if self.times >= 0:
            raise CursorExpired("the token has expired")
        yield "c"


def test_a_list_is_whole_after_it_was_begun_anew():
    listing = Forgetful(RESTARTS)
    assert from_its_beginning(lambda: list(listing.pages())) == ["a", "b", "c"]


def test_pages_come_again_where_a_list_is_begun_anew():
    assert "".join(pages_anew(Forgetful(2).pages)) == "ababab" + "c"


def whole(pages):
    return from_its_beginning(lambda: list(pages()))


def as_they_come(pages):
    return list(pages_anew(pages))


@pytest.mark.parametrize("read", [whole, as_they_come])
def test_a_list_that_never_ends_is_given_up(read):
    listing = Forgetful(99)
    with pytest.raises(CursorExpired):
        read(listing.pages)
    assert listing.times == 99 - RESTARTS - 1
