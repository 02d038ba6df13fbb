"""What a connector lists, all partitions one after another, for a look that ends as soon as it has seen enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from casb_cli.core.anew import pages_anew
from casb_cli.core.capabilities import Page
from casb_cli.core.errors import CasbError, Stopped
from casb_cli.core.models import ROOT, Partition

R = TypeVar("R")


def pages(
    listing: Callable[[Partition, str | None], Iterator[Page[R]]], *, strict: bool = False
) -> Iterator[Page[R] | None]:
    """Yield the pages of all partitions of a listing, some perhaps twice; None for a part that can't be read.

    Where `strict`, such a part raises its error.
    """
    queue: list[Partition] = [ROOT]
    seen: set[str] = set()
    while queue:
        part = queue.pop()
        if part.key in seen:
            continue
        seen.add(part.key)
        try:
            for page in pages_anew(partial(listing, part, None)):
                queue += page.more
                yield page
        except Stopped:
            raise
        except CasbError:
            if strict:
                raise
            yield None
