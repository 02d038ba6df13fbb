"""How much of what providers admit a scan uses, for each app alone and for all five at once.

Simulated providers of small companies, with limits scaled down so that they bind all the time: a scan takes two to
four minutes. Each app is scanned alone by `casb scan` (all of them side by side, each a process of its own, unless
`--serial`), then all at once by one `casb scan`. What a limit admitted is counted at the provider, per account that it
counts: of a fixed window what was used in every window but the last, of a bucket what it refilled between the first
call and the last. Run `python tests/benchmarks/bench_limits.py`; targets: 95 % used of each limit that binds, and all
at once within 1.15 times the slowest alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from casb_cli.sandbox.limits import Limiter, LimitSpec
from casb_cli.sandbox.provider import Options
from casb_cli.sandbox.server import Running, build, serve
from casb_cli.sandbox.world import World

USED_TARGET = 0.95
TOGETHER_TARGET = 1.15


@dataclass(frozen=True)
class Plan:
    """One app's company, its scaled limits, which of them binds, and what is scanned."""

    world: dict[str, Any]
    limits: dict[str, LimitSpec]
    binding: tuple[str, ...]
    only: str
    share: float = 1.0
    """What the instance may use of declared limits: scales them where no header tells what is left."""
    fields: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


def _fixed(allowed: float, window: float = 60) -> LimitSpec:
    return LimitSpec(kind="fixed", allowed=allowed, window=window)


PLANS: dict[str, Plan] = {
    "github": Plan({"people": 40, "files": 3000}, {"core": _fixed(60)}, ("core",), "files"),
    "box": Plan({"people": 40, "files": 700}, {"user": _fixed(300)}, ("user",), "files"),
    "okta": Plan(
        {"people": 600, "files": 0, "groups": 600},
        {"other": _fixed(400), "users-list": _fixed(10), "groups-list": _fixed(10)},
        ("other",),
        "accounts,groups",
    ),
    # 700 files at 200 units and the lists are some 159,000 units, three windows of the project's 60,000. One person may
    # use 19,500 of a window: with twelve places the busiest two owned a quarter each, 38,000 units, so from the second
    # window on they alone were left, and no order of work could use more. With sixty the busiest has 10,000.
    "google-workspace": Plan(
        {"people": 60, "files": 700, "places": 60},
        {"drive": _fixed(19_500), "drive-project": _fixed(60_000)},
        ("drive-project",),
        "files",
        share=0.06,
    ),
    "aws": Plan({"people": 60, "files": 0, "events": 30_000}, {}, ("lookup-events",), "activity"),
}


@dataclass
class Meter:
    """What one provider's limits admitted and refused, with moments."""

    taken: dict[tuple[str, str], list[tuple[float, float, bool]]] = field(default_factory=lambda: defaultdict(list))

    def watch(self, name: str, limiter: Limiter) -> None:
        """Note every call that a limiter counts."""
        take = limiter.take

        def counted(key: str = "", cost: float = 1.0, now: float | None = None) -> Any:
            verdict = take(key, cost, now)
            if cost:
                self.taken[name, key].append((time.time(), cost, verdict.admitted))
            return verdict

        limiter.take = counted  # type: ignore[method-assign]

    def windows(self, name: str, spec: LimitSpec) -> list[int]:
        """Return the units used in each window (of a bucket: in each half minute), all accounts together."""
        good = sorted(
            (at, cost) for (family, _), calls in self.taken.items() if family == name for at, cost, ok in calls if ok
        )
        length = 30.0 if spec.kind == "bucket" else spec.window
        found: dict[int, float] = defaultdict(float)
        for at, cost in good:
            found[int((at - int(good[0][0])) // length)] += cost
        return [round(found[number]) for number in range(max(found, default=-1) + 1)]

    def used(self, name: str, spec: LimitSpec) -> tuple[float, float, int]:
        """Return the units used and admitted of a family's busiest account, and how often it was refused."""
        _, calls = max(
            (one for one in self.taken.items() if one[0][0] == name),
            key=lambda one: sum(cost for _, cost, ok in one[1] if ok),
            default=("", []),
        )
        if not calls:
            return 0.0, 0.0, 0
        refused = sum(not ok for *_, ok in calls)
        good = [(at, cost) for at, cost, ok in calls if ok]
        begun, ended = good[0][0], good[-1][0]
        if spec.kind == "bucket":
            burst = spec.burst if spec.burst is not None else spec.allowed
            return sum(cost for _, cost in good), burst + (ended - begun) * spec.allowed / spec.window, refused
        since = int(begun)  # windows begin on whole seconds here, with the first call
        whole = int((ended - since) // spec.window)
        return sum(cost for at, cost in good if at < since + whole * spec.window), whole * spec.allowed, refused


def connect(app: str, running: Running, plan: Plan) -> None:
    """Connect an app's simulated provider in this environment."""
    from casb_cli.apps import registry
    from casb_cli.commands import _sandbox

    words = [*_sandbox.connect_words(registry.get(app), "bench", None, running.signins()[app]), *plan.fields]
    done = subprocess.run([sys.executable, "-m", "casb_cli", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    if plan.share < 1:
        words = [sys.executable, "-m", "casb_cli", "instances", "set", f"{app}/bench", f"quota_share={plan.share}"]
        subprocess.run(words, check=True, capture_output=True)


def place(home: Path) -> dict[str, str]:
    """Make a configuration and a state of their own the present ones; return the environment."""
    os.environ["CASB_CONFIG_DIR"], os.environ["CASB_STATE_DIR"] = str(home / "config"), str(home / "state")
    (home / "state").mkdir(mode=0o700, parents=True)
    return dict(os.environ)


class Bench:
    """The providers of the chosen apps, each metered."""

    def __init__(self, apps: list[str], folder: Path) -> None:
        self.apps, self.folder = apps, folder
        self.providers = []
        for app in apps:
            options = Options(limits=PLANS[app].limits, settings=PLANS[app].settings)
            self.providers += build([app], World(**PLANS[app].world), {app: options})
        self.meters: dict[str, Meter] = {}
        for provider in self.providers:
            meter = self.meters[provider.key] = Meter()
            for name, limiter in provider.limits.items():
                meter.watch(name, limiter)

    def widen(self) -> None:
        """Lift all limits, so that connecting takes no time."""
        for provider in self.providers:
            for limiter in provider.limits.values():
                limiter.scale(1000)

    def forget(self) -> None:
        """Begin anew: full limits, nothing counted."""
        for provider in self.providers:
            provider.reset()
            self.meters[provider.key].taken.clear()

    def start(self, environment: dict[str, str], apps: list[str]) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "casb_cli", "scan", "--quiet"]
        if len(apps) == 1:
            words += ["--only", PLANS[apps[0]].only]
        else:
            words += ["--only", ",".join(dict.fromkeys(",".join(PLANS[app].only for app in apps).split(",")))]
        return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def alone(self, running: Running, *, serial: bool) -> dict[str, float]:
        """Scan each app by itself; return the seconds each took."""
        homes = {}
        self.widen()
        for app in self.apps:
            homes[app] = place(self.folder / f"alone-{app}")
            connect(app, running, PLANS[app])
        self.forget()
        took: dict[str, float] = {}
        groups = [[app] for app in self.apps] if serial else [self.apps]
        for group in groups:
            begun = time.perf_counter()
            left = {app: self.start(homes[app], [app]) for app in group}
            while left:
                time.sleep(0.05)
                for app, process in list(left.items()):
                    if process.poll() is not None:
                        took[app] = time.perf_counter() - begun
                        del left[app]
                        self.report(app, took[app], process)
        return took

    def together(self, running: Running) -> float:
        """Scan all apps at once with one command; return the seconds it took."""
        home = place(self.folder / "together")
        self.widen()
        for app in self.apps:
            connect(app, running, PLANS[app])
        self.forget()
        begun = time.perf_counter()
        process = self.start(home, self.apps)
        process.wait()
        took = time.perf_counter() - begun
        for app in self.apps:
            self.report(app, took, process)
        return took

    def report(self, app: str, took: float, process: subprocess.Popen[str]) -> bool:
        """Print what a scan used of each limit it drew on; tell whether the binding ones were used."""
        provider = next(one for one in self.providers if one.key == app)
        met = True
        print(f"{app:17} {took:6.1f} s  exit {process.returncode}", flush=True)
        if process.returncode and process.stderr:
            print(*process.stderr.read().splitlines()[-5:], sep="\n")
        for name, limiter in provider.limits.items():
            used, admitted, refused = self.meters[app].used(name, limiter.spec)
            calls = sum(len(found) for (family, _), found in self.meters[app].taken.items() if family == name)
            if not calls:
                continue
            binds = name in PLANS[app].binding
            share = used / admitted if admitted else 0.0
            told = f"{share:7.1%} of {admitted:8.0f}" if admitted else " " * 19
            verdict = "" if not binds else "ok" if share >= USED_TARGET else "MISSED"
            met = met and verdict != "MISSED"
            if binds:
                verdict += " " + " ".join(map(str, self.meters[app].windows(name, limiter.spec)))
            print(f"    {name:16} {calls:6} calls  {told}  {refused:4} refused  {verdict}", flush=True)
        return met


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--apps", default=",".join(PLANS))
    parser.add_argument("--serial", action="store_true", help="scan the apps alone one after the other")
    parser.add_argument("--no-together", action="store_true")
    given = parser.parse_args()
    apps = given.apps.split(",")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(apps, Path(folder))
        with serve(bench.providers) as running:
            alone = bench.alone(running, serial=given.serial)
            if given.no_together or len(apps) < 2:
                return 0
            print("all at once")
            ratio = bench.together(running) / max(alone.values())
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    verdict = "ok" if ratio <= TOGETHER_TARGET else "MISSED"
    print(f"all at once {ratio:.2f} times the slowest alone (at most {TOGETHER_TARGET}): {verdict} (load {load})")
    return 0 if ratio <= TOGETHER_TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
