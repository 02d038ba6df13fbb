"""How the C library holds memory: a coordinator of many threads must not keep what each of them once needed."""

from __future__ import annotations

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
"""glibc's numbers for `mallopt`."""


def keep_small() -> None:
    """Have one heap for all threads, and big pieces given back when they are freed; nothing where there is no glibc.

    By itself glibc makes a heap for each of the first threads, and raises the size from which on pieces are given
    back to that of the biggest page of rows that was ever read: each heap then keeps some of those.
    """
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_THRESHOLD, 128 * 1024)
    mallopt(_TRIM_THRESHOLD, 256 * 1024)
