from __future__ import annotations

import gc
import threading
import time
import weakref
from datetime import UTC, datetime

import pytest
from governor_world import SILENT, TELLING, Bucket, FixedWindow, Sliding, meter, simulate

from casb_cli.core.app import App, Budget, HeaderDialect, Limit
from casb_cli.core.errors import Stopped, Throttled
from casb_cli.transport.calls import NOBODY, Call, as_user
from casb_cli.transport.governor import Governors, period_of
from casb_cli.transport.pace import Meter

WINDOW = 10.0
END = 69.63  # the virtual fixed windows end at 9.63, 19.63, ...: seven whole allowances
SERVERS = {"fixed": FixedWindow, "bucket": Bucket, "sliding": Sliding}


def admitted_share(kind, limit, run, start=0.0):
    total = limit * (END - start) / WINDOW
    if kind == "fixed" and not start:
        total = limit * 7
    if kind == "bucket" and not start:
        total = limit + limit * END / WINDOW
    return run.admitted(start, END) / total


@pytest.mark.parametrize("others", [0.0, 0.3])
@pytest.mark.parametrize("limit", [100, 1000])
@pytest.mark.parametrize("kind", ["fixed", "bucket"])
def test_told_limits_are_used_to_97_percent_with_almost_no_refusal(kind, limit, others):
    run = simulate(SERVERS[kind](limit, WINDOW), meter(kind, limit, WINDOW), END, other_rate=others * limit / WINDOW)
    assert admitted_share(kind, limit, run) >= 0.97
    assert run.refusal_share() <= 0.001


@pytest.mark.parametrize("others", [0.0, 0.3])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("limit", [100, 1000])
@pytest.mark.parametrize("kind", ["fixed", "bucket", "sliding"])
def test_untold_limits_are_found_from_refusals_alone(kind, limit, known, others):
    declared = limit if known else limit / 10
    run = simulate(
        SERVERS[kind](limit, WINDOW),
        meter(kind, declared, WINDOW, dialect=SILENT, known=known),
        END,
        telling=False,
        other_rate=others * limit / WINDOW,
    )
    assert admitted_share(kind, limit, run, start=10.0 - 0.37) >= 0.90
    assert run.refusal_share(since=10.0) <= 0.01


@pytest.mark.parametrize("kind", ["fixed", "bucket", "sliding"])
def test_a_limit_that_halves_and_doubles_is_followed(kind):
    limit = 1000
    server = SERVERS[kind](limit, WINDOW)

    def become(value):
        server.set(value) if hasattr(server, "set") else setattr(server, "limit", value)

    changes = [(42.0, lambda: become(500)), (82.0, lambda: become(1000))]
    run = simulate(server, meter(kind, limit, WINDOW), 129.63, changes=changes)
    assert 475 <= run.admitted(59.63, 69.63) <= 505
    assert 950 <= run.admitted(109.63, 119.63) <= 1010
    assert run.refusal_share() <= 0.001


def test_an_untold_limit_that_halves_and_comes_back_is_followed():
    server = FixedWindow(1000, WINDOW)
    changes = [(42.0, lambda: setattr(server, "limit", 500)), (82.0, lambda: setattr(server, "limit", 1000))]
    run = simulate(server, meter("fixed", 1000, WINDOW, dialect=SILENT), 159.63, telling=False, changes=changes)
    assert run.admitted(69.63, 79.63) >= 450
    assert run.admitted(139.63, 149.63) >= 900


def test_a_window_whose_told_end_is_early_is_learned_once():
    class Early(FixedWindow):
        def headers(self, now):
            told = super().headers(now)
            return {**told, "x-reset": str(int(told["x-reset"]) - 1)}

    run = simulate(Early(1000, WINDOW), meter("fixed", 1000, WINDOW), END)
    assert len(run.refused) <= 5
    assert run.admitted(0, END) >= 0.97 * 7000


def test_a_clock_that_is_wrong_does_no_harm():
    class Ahead(FixedWindow):
        pass

    server, measured = Ahead(100, WINDOW), meter("fixed", 100, WINDOW)
    original = measured.answered
    measured.answered = lambda call, now, wall, headers, **rest: original(call, now, wall - 7200, headers, **rest)
    run = simulate(server, measured, END)
    assert run.admitted(0, END) >= 0.97 * 700
    assert not run.refused


def test_share_leaves_the_rest_to_others():
    run = simulate(FixedWindow(100, WINDOW), meter("fixed", 100, WINDOW, share=0.5), END)
    assert 0.45 * 700 <= len(run.ours) <= 0.5 * 700 + 50  # a sliding half may touch eight windows
    untold = simulate(
        FixedWindow(100, WINDOW), meter("fixed", 100, WINDOW, share=0.5, dialect=SILENT), END, telling=False
    )
    assert len(untold.ours) <= 0.5 * 700 + 1


def test_governance_may_use_what_scans_leave():
    measured = meter("fixed", 1000, 3600.0)
    headers = {"x-limit": "1000", "x-remaining": "10", "x-reset": "1800003000"}
    measured.answered(measured.sent(0.0), 0.1, 1_800_000_000.0, headers)
    assert measured.delay(1.0) > 1000
    assert measured.delay(1.0, governance=True) == 0


def test_retry_after_wins_over_headers():
    measured = meter("fixed", 100, 60.0)
    headers = {"x-limit": "100", "x-remaining": "50", "x-reset": "1800000060", "retry-after": "17"}
    measured.answered(measured.sent(0.0), 0.1, 1_800_000_000.0, headers, throttled=True)
    assert 16.9 <= measured.delay(0.2) <= 17.2


def test_backs_off_without_any_hint_and_recovers():
    measured = meter("fixed", 100, 60.0, dialect=SILENT)
    now, waits = 0.0, []
    for _ in range(5):
        measured.answered(measured.sent(now), now, now, {}, throttled=True)
        waits.append(measured.delay(now))
        now += waits[-1]
    assert waits[0] >= 1
    assert waits[4] > 2 * waits[0]
    assert max(waits) <= 61


def test_a_refusal_before_any_answer_of_ours_says_nothing_of_the_limit():
    # A second, unspoken limit may refuse the very first call, and without the headers that tell the first one.
    measured = meter("fixed", 5000, 3600.0)
    measured.used_before(60.0, 44.0, 0.0)
    measured.answered(measured.sent(0.0), 0.1, 0.1, {"retry-after": "1"}, throttled=True)
    assert 1.0 <= measured.delay(0.1) <= 1.1
    assert measured.delay(1.2) == 0
    untold = meter("fixed", 5000, 3600.0, dialect=SILENT)
    untold.used_before(60.0, 44.0, 0.0)
    untold.answered(untold.sent(0.0), 0.1, 0.1, {"retry-after": "1"}, throttled=True)
    assert untold.learner.allowed == 5000


def test_costs_count():
    measured = meter("sliding", 10, 60.0, dialect=SILENT)
    for now in (0.0, 0.1):
        measured.answered(measured.sent(now, 5), now, now, {})
    assert measured.delay(0.2, 1) > 59


def test_concurrency_is_capped():
    measured = meter("fixed", 1000, 60.0, dialect=SILENT, concurrency=2)
    first = measured.sent(0.0)
    measured.sent(0.0)
    assert measured.delay(0.0) == float("inf")
    measured.answered(first, 0.1, 0.1, {})
    assert measured.delay(0.1) == 0


def test_what_was_learned_is_kept_for_a_day():
    measured = meter("fixed", 60, 60.0, dialect=SILENT, known=False)
    measured.learner.allowed = 240.0
    state = measured.state(1000.0)
    again = meter("fixed", 60, 60.0, dialect=SILENT, known=False)
    again.restore(state, 1000.0 + 3600)
    assert again.learner.allowed == 240.0
    old = meter("fixed", 60, 60.0, dialect=SILENT, known=False)
    old.restore(state, 1000.0 + 90_000)
    assert old.learner.allowed == 60
    old.restore({"nonsense": 1}, 1000.0)
    assert old.learner.allowed == 60


class Memory:
    def __init__(self):
        self.states, self.used = {}, {}

    def load(self, scope):
        return self.states.get(scope)

    def save(self, scope, state):
        self.states[scope] = dict(state)

    def spend(self, budget, period, units):
        self.used[budget, period] = self.used.get((budget, period), 0) + units
        return self.used[budget, period]

    def spent(self, budget, period):
        return self.used.get((budget, period), 0)


def an_app(**changes):
    limits = (
        Limit(family="core", allowed=100, window=60, concurrency=2),
        Limit(family="files", allowed=100, window=60, concurrency=2, per="user"),
    )
    given = {"limits": limits, "budgets": (Budget(key="month", allowed=10, period="month"),), **changes}
    return App(
        key="x", title="X", auth=(), common_fields=(), hosts={"api": "https://api.x.test"},
        connector="m:C", signin="m:s", setup="m:p", **given,
    )  # fmt: skip


def call(**changes):
    return Call(name="GET /things", **changes)


def test_scopes_follow_what_the_provider_counts_by():
    governors = Governors(an_app(), "main")
    assert governors.of(call()) is governors.of(call(identity=as_user("1")))
    assert governors.of(call(family="files", identity=as_user("1"))) is not governors.of(
        call(family="files", identity=as_user("2"))
    )


def test_a_family_with_a_part_has_the_declared_limit_for_each_part_apart():
    governors = Governors(an_app(limits=(Limit(family="lookup", allowed=2, window=1, concurrency=2),)), "key/main")
    east, west = governors.of(call(family="lookup:us-east-1")), governors.of(call(family="lookup:us-west-2"))
    assert east is not west
    assert east.meter.limit.allowed == west.meter.limit.allowed == 2
    assert governors.of(call(family="lookup:us-east-1")) is east


SHARED = (Limit(family="drive", allowed=1000, one_may=200, window=60, concurrency=8, kind="sliding"),)


def test_one_identity_may_use_but_its_part_of_what_all_share():
    governors = Governors(an_app(limits=SHARED), "main")
    first, second = (call(family="drive", cost=180, identity=as_user(name)) for name in ("1", "2"))
    with governors.slot(first) as lease:
        lease.answered({})
    # The first has used up its part; all together have used 180 of 1,000.
    now = time.monotonic()
    assert governors.own_of(first).meter.delay(now, 180) > 50
    assert governors.own_of(second).meter.delay(now, 180) == 0
    assert governors.of(first) is governors.of(second)
    assert governors.of(first).meter.use.used(now) == 180
    with governors.slot(second) as lease:
        lease.answered({})
    assert governors.of(first).meter.use.used(time.monotonic()) == 360
    assert [row["scope"] for row in governors.ledger()] == ["drive"], "each call is counted once"


@pytest.mark.parametrize("own", [True, False])
def test_a_refusal_teaches_the_limit_that_refused(own):
    governors = Governors(an_app(limits=SHARED), "main")
    first, second = (call(family="drive", cost=10, identity=as_user(name)) for name in ("1", "2"))
    with governors.slot(first) as lease:
        lease.answered({}, throttled=True, own=own)
    one, whole, now = governors.own_of(first), governors.of(first), time.monotonic()
    assert (one.meter.refusals, whole.meter.refusals) == ((1, 0) if own else (0, 1))
    assert (one.meter.delay(now, 10) > 0, whole.meter.delay(now, 10) > 0) == (own, not own)
    assert one.meter.count == whole.meter.count == 0
    assert one.meter.use.used(now) == whole.meter.use.used(now) == 0
    assert governors.own_of(second).meter.delay(now, 10) == 0


def test_a_place_that_is_not_to_be_had_gives_back_the_other():
    limits = (Limit(family="drive", allowed=10, one_may=5, window=60, concurrency=8, kind="sliding"),)
    governors = Governors(an_app(limits=limits), "main")
    whole = governors.of(call(family="drive"))
    whole.meter.use.add(time.monotonic(), 10)
    asked = call(family="drive", identity=as_user("1"))
    with pytest.raises(Throttled), governors.slot(asked, deadline=time.monotonic() + 1):
        pytest.fail("there is no place")
    assert governors.own_of(asked).meter.count == 0


def test_of_many_users_those_are_forgotten_that_used_next_to_nothing():
    governors = Governors(an_app(limits=SHARED), "main", clock=lambda: 0.0)

    def own(name, cost, *, after=None):
        governor = governors.own_of(call(family="drive", identity=as_user(name)))
        governor.answered(governor.acquire(cost), {}, throttled=after is not None, after=after, tells=True)
        return weakref.ref(governor)

    busy, paused = own("busy", 150), own("paused", 1, after=30.0)
    others = [own(f"user {n}", 4) for n in range(2000)]
    gc.collect()
    assert sum(held() is not None for held in others) < 300
    assert busy() is governors.own_of(call(family="drive", identity=as_user("busy")))
    assert paused() is governors.own_of(call(family="drive", identity=as_user("paused")))


def test_calls_are_counted_though_their_users_are_forgotten():
    limits = (Limit(family="core", allowed=10, window=60, concurrency=8, per="user", kind="sliding"), *SHARED)
    moment = [0.0]
    governors = Governors(an_app(limits=limits), "main", clock=lambda: moment[0])

    def ask(name, times=1, family="core"):
        for _ in range(times):
            moment[0] += 61
            with governors.slot(call(family=family, identity=as_user(name))) as lease:
                lease.answered({})

    ask("busy", 25)
    for n in range(1000):
        ask(f"user {n}")
    ask("busy", 1)
    ask("ann", 3, family="drive")
    assert governors.answered() == {"core~user:busy": 26, "core~others": 1000, "drive": 3}


def test_a_limit_without_a_part_for_each_has_none():
    governors = Governors(an_app(limits=SHARED), "main")
    assert governors.own_of(call(identity=as_user("1"))) is None
    assert governors.own_of(call(family="drive", identity=NOBODY)) is None


def test_headers_about_another_family_teach_that_family():
    app = an_app(dialect=HeaderDialect(remaining="x-remaining", limit="x-limit", reset="x-reset", resource="x-res"))
    governors = Governors(app, "main")
    soon = str(int(time.time()) + 3000)
    with governors.slot(call(family="files")) as lease:
        lease.answered({"x-res": "core", "x-remaining": "0", "x-limit": "100", "x-reset": soon})
    assert governors.of(call()).meter.delay(time.monotonic()) > 1000
    assert governors.of(call(family="files")).meter.delay(time.monotonic()) == 0


def test_a_stop_ends_waiting_at_once():
    stop = threading.Event()
    governors = Governors(an_app(), "main", stop=stop)
    with governors.slot(call()) as lease:
        lease.answered({"retry-after": "600"}, throttled=True)
    ended: list[float] = []

    def wait():
        with pytest.raises(Stopped), governors.slot(call()):
            pass
        ended.append(time.monotonic())

    threads = [threading.Thread(target=wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    asked = time.monotonic()
    stop.set()
    for thread in threads:
        thread.join()
    assert len(ended) == 8
    assert max(ended) - asked < 300


def test_a_wait_beyond_the_deadline_is_refused_at_once():
    governors = Governors(an_app(), "main")
    with governors.slot(call()) as lease:
        lease.answered({"retry-after": "600"}, throttled=True)
    begun = time.monotonic()
    with pytest.raises(Throttled) as caught, governors.slot(call(), deadline=begun + 590):
        pass
    assert caught.value.retry_after == pytest.approx(600, abs=300)
    assert time.monotonic() - begun < 300


def test_a_place_is_given_back_when_the_call_fails():
    governors = Governors(an_app(), "main")
    for _ in range(5):
        with pytest.raises(OSError), governors.slot(call()):
            raise OSError
    assert governors.of(call()).meter.count == 0


def test_budgets_persist_and_end():
    memory = Memory()
    period = period_of(Budget(key="month", allowed=10, period="month"), datetime.now(UTC))
    memory.used["month", period] = 8
    governors = Governors(an_app(), "main", memory=memory)
    for _ in range(2):
        with governors.slot(call(budget="month")) as lease:
            lease.answered({})
    with pytest.raises(Throttled, match="used up"), governors.slot(call(budget="month")):
        pass
    with governors.slot(call(budget="month", governance=True)) as lease:
        lease.answered({})
    governors.save()
    assert memory.used["month", period] == 11
    assert "main:core" in memory.states


def test_period_names():
    moment = datetime(2026, 11, 2, 5, 59, tzinfo=UTC)
    names = [period_of(Budget(key="k", allowed=1, period=p), moment) for p in ("month", "day", "hour")]
    assert names == ["2026-11", "2026-11-02", "2026-11-02T05"]


def test_a_saved_state_survives_another_dialect():
    assert Meter(Limit(family="a", allowed=5, window=1, concurrency=1), TELLING).state(0.0)["told"] is None


class _Memory:
    def __init__(self):
        self.kept = {}

    def load(self, scope):
        return self.kept.get(scope)

    def save(self, scope, state):
        self.kept[scope] = dict(state)

    def spend(self, budget, period, units):
        return units

    def spent(self, budget, period):
        return 0


def test_what_the_last_run_used_counts_for_the_next_one():
    app = App(
        key="x",
        title="X",
        auth=(),
        common_fields=(),
        hosts={"api": "https://x.test"},
        limits=(Limit(family="core", allowed=10, window=60, concurrency=8, per="user", kind="sliding"),),
        connector="",
        signin="",
        setup="",
    )
    memory = _Memory()
    call = Call(name="GET /x", identity=as_user("7"))
    first = Governors(app, "i/main", memory=memory)
    for _ in range(9):
        with first.slot(call) as lease:
            lease.answered({})
    first.save()
    second = Governors(app, "i/main", memory=memory)
    assert second.of(call).meter.use.used(time.monotonic()) == pytest.approx(9)
    assert second.of(Call(name="GET /x", identity=as_user("8"))).meter.use.used(time.monotonic()) == 0


def test_what_runs_used_one_after_another_is_forgotten_a_window_later(monkeypatch):
    app = App(
        key="x",
        title="X",
        auth=(),
        common_fields=(),
        hosts={"api": "https://x.test"},
        limits=tuple(Limit(family=name, allowed=10, window=60, concurrency=8, kind="sliding") for name in "ab"),
        connector="",
        signin="",
        setup="",
    )
    memory, now = _Memory(), [0.0]
    monkeypatch.setattr(time, "time", lambda: 1e9 + now[0])

    def run(at, family, calls):
        """Make calls as a run of its own; returns what the family was thought to have used when it began."""
        now[0] = at
        # Each run's monotonic clock begins anew.
        governors = Governors(app, "i/main", memory=memory, clock=lambda: now[0] - at)
        call = Call(name="GET /x", family=family)
        before = governors.of(call).meter.use.used(0.0)
        for _ in range(calls):
            with governors.slot(call) as lease:
                lease.answered({})
        governors.save()
        return before

    assert run(0.0, "a", 4) == 0
    assert run(20.0, "a", 3) == 4
    assert run(50.0, "a", 2) == 7
    assert run(62.0, "b", 1) == 0
    assert run(64.0, "a", 1) == pytest.approx(5), "the first four were used more than a window ago"
    assert run(90.0, "a", 0) == pytest.approx(3)
    assert run(200.0, "a", 0) == 0
