from __future__ import annotations

import pytest

from casb_cli.sandbox.limits import Limiter, LimitSpec


def admitted(limiter, start, end, rate, key=""):
    """Offer `rate` calls a second from `start` to `end`; return how many were admitted."""
    count = int((end - start) * rate)
    return sum(limiter.take(key, now=start + n / rate).admitted for n in range(count))


def test_a_fixed_window_starts_anew():
    limiter = Limiter(LimitSpec(allowed=10, window=60))
    assert admitted(limiter, 0, 59, 1) == 10
    verdict = limiter.take(now=59.5)
    assert (verdict.admitted, verdict.remaining, verdict.reset) == (False, 0, 60)
    assert limiter.take(now=60.0).admitted
    assert admitted(limiter, 61, 119, 1) == 9


def test_a_sliding_window_never_admits_more_in_any_window():
    limiter = Limiter(LimitSpec(kind="sliding", allowed=10, window=10))
    assert admitted(limiter, 0, 1, 20) == 10
    assert not limiter.take(now=9.9).admitted
    assert limiter.take(now=10.0).admitted


def test_a_bucket_refills_evenly():
    limiter = Limiter(LimitSpec(kind="bucket", allowed=10, window=1, burst=5))
    assert admitted(limiter, 0, 0.001, 20_000) == 5
    verdict = limiter.take(now=0.001)
    assert not verdict.admitted
    assert verdict.wait == pytest.approx(0.099, abs=0.01)
    assert admitted(limiter, 1, 11, 100) == pytest.approx(105, abs=1)


def test_concurrency():
    limiter = Limiter(LimitSpec(kind="concurrency", allowed=2))
    assert [limiter.take(now=0).admitted for _ in range(3)] == [True, True, False]
    limiter.release()
    assert limiter.take(now=0).admitted


def test_users_are_counted_apart():
    limiter = Limiter(LimitSpec(allowed=3, window=60))
    assert admitted(limiter, 0, 10, 1, "ana") == 3
    assert admitted(limiter, 0, 10, 1, "bo") == 3


@pytest.mark.parametrize("kind", ["fixed", "sliding", "bucket"])
def test_another_client_takes_its_part(kind):
    limiter = Limiter(LimitSpec(kind=kind, allowed=100, window=10, burst=10, shared=0.3))
    assert admitted(limiter, 0, 100, 7) == pytest.approx(700, abs=10)
    assert limiter.rejected <= 10


def test_who_comes_first_in_a_window_gets_more():
    limiter = Limiter(LimitSpec(allowed=100, window=10, shared=0.3))
    # At 20 a second against the other's 3 the hundred are gone after 100 / 23 s.
    assert admitted(limiter, 0, 10, 20) == pytest.approx(20 * 100 / 23, abs=1)
    assert limiter.take(now=9.99).remaining == 0


@pytest.mark.parametrize("kind", ["fixed", "sliding", "bucket"])
def test_the_limit_halves_and_doubles(kind):
    limiter = Limiter(LimitSpec(kind=kind, allowed=100, window=10, burst=10))
    assert admitted(limiter, 0, 50, 40) == pytest.approx(500, abs=15)
    limiter.scale(0.5)
    assert limiter.take(now=60).limit == 50
    assert admitted(limiter, 60, 110, 40) == pytest.approx(250, abs=15)
    limiter.scale(2.0)
    assert admitted(limiter, 120, 170, 40) == pytest.approx(1000, abs=45)


def test_cost():
    limiter = Limiter(LimitSpec(kind="sliding", allowed=10, window=60))
    assert [limiter.take(cost=5, now=n).admitted for n in range(3)] == [True, True, False]
