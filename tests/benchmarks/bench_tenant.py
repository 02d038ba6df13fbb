"""Memory, CPU and calls of listing a big company's apps into the store: 50,000 users, 5,000 groups, 500,000 files.

Each app's simulated provider is a process of its own, its limits switched off; the listing takes the way of `casb
scan`: the instance is connected by `casb connect`, opened from the configuration, and each ability is listed by
`Census`, one after the other in one process, whose peak (VmHWM) counts at the end of each. Contents are not read: that
is measured by bench_scan.py. Nor do limits hold anything back: that is measured by bench_limits.py. Run
`python tests/benchmarks/bench_tenant.py --app okta`; the exit code is 1 where the coordinator took more than 100 MiB,
or fewer rows came than the provider has.

`--twice` (Office 365) runs the whole of `casb scan` but for contents: once, and once more after one per cent of
everything was edited, each in a process of its own. The second one may make 3 % of the first one's calls.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import msgspec
from bench_listing import peak_mib

from casb_cli.core.app import App, HeaderDialect

PEAK_TARGET = 100.0
AGAIN_TARGET = 0.03
"""Calls of a second scan that finds one per cent changed, as a part of the first one's."""
KINDS = ("account", "group", "membership", "privilege", "grant", "share", "file")
ABILITIES: dict[str, tuple[str, ...]] = {
    "okta": ("accounts", "groups", "memberships", "privileges", "grants"),
    "google-workspace": ("accounts", "groups", "memberships", "privileges", "files"),
    "box": ("accounts", "groups", "memberships", "privileges", "files"),
    "github": ("accounts", "groups", "memberships", "privileges", "files"),
    "aws": ("files",),
    "office365": ("accounts", "groups", "memberships", "privileges", "grants", "files"),
}
FEWER: dict[str, dict[str, int]] = {
    "aws": {"people": 200, "groups": 20},
}
"""What an app's simulated provider cannot hold that many of: IAM's quota is 5,000 users, moto keeps all in memory."""
SETTINGS = {"box": ["--field", "file_collaborators=inherit"]}
"""Box tells the collaborators of a file inside a shared folder by one call a file, which would drown the listing."""
CAST = 12
SHARE = 0.75
"""The part of the company's people who have an account at one app."""


class Sandbox:
    """A company of so many accounts, groups and files, served by a process of its own and connected as `bench`."""

    def __init__(self, app: str, users: int, groups: int, files: int, settings: dict[str, str] | None = None) -> None:
        self.app, self.files, self.settings = app, files, settings or {}
        self.people = max(round((users - CAST) / SHARE) + CAST, 40)
        self.groups = groups
        if app in FEWER:
            self.people, self.groups = FEWER[app]["people"], FEWER[app]["groups"]

    def __enter__(self) -> Self:
        from casb_cli.apps import registry
        from casb_cli.commands import _sandbox
        from casb_cli.sandbox import process
        from casb_cli.sandbox.provider import Options

        self._folder = tempfile.TemporaryDirectory()
        home = Path(self._folder.name)
        os.environ["CASB_CONFIG_DIR"], os.environ["CASB_STATE_DIR"] = str(home / "config"), str(home / "state")
        (home / "state").mkdir(mode=0o700)
        options = {self.app: Options(unlimited=True, settings=self.settings)}
        plan = process.Plan(apps=(self.app,), people=self.people, groups=self.groups, files=self.files, options=options)
        self._started = process.start(plan, home / "state" / "sandbox" / "state.json", tied=True, wait=120)
        signins = self._started.state.signins[self.app]
        words = _sandbox.connect_words(registry.get(self.app), "bench", None, signins)
        words += SETTINGS.get(self.app, [])
        done = subprocess.run([sys.executable, "-m", "casb_cli", *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return self

    def __exit__(self, *_: object) -> None:
        self._started.close()
        self._folder.cleanup()


def never_wait() -> None:
    """Let limits hold back nothing in this process, for the provider's are switched off as well.

    What is held for each of them, users' own ones too, is held as ever.
    """
    from casb_cli.transport import governor

    def wide(app: App, *args: Any, **more: Any) -> governor.Governors:
        limits = tuple(
            msgspec.structs.replace(one, allowed=1e9, one_may=1e9 if one.one_may else None) for one in app.limits
        )
        # Headers, and what connecting kept, still tell the provider's real limits.
        more["memory"] = None
        return narrow(msgspec.structs.replace(app, limits=limits, dialect=HeaderDialect()), *args, **more)

    narrow, governor.Governors = governor.Governors, wide  # type: ignore[assignment, misc]


def side(app: str, names: list[str]) -> int:
    """List the abilities of the connected instance into the store of this environment, a line of JSON each."""
    from casb_cli.commands._session import environment, opened
    from casb_cli.core import capabilities
    from casb_cli.scan.census import Census
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store

    never_wait()
    config = Config.load().get(app, "bench")
    with Store() as store, environment(store=store) as env, opened([config], env) as [instance]:
        census = Census(instance, store, env.stop)
        made = 0
        for name in names:
            ability = getattr(capabilities, f"List{name.capitalize()}")
            before = resource.getrusage(resource.RUSAGE_SELF)
            begun = time.perf_counter()
            taken = census.take(ability, inspect=name == "files")
            used = resource.getrusage(resource.RUSAGE_SELF)
            calls = sum(instance.calls().values())
            told = {
                "name": name,
                "rows": taken.rows,
                "kept": store.inventory.count(config.key, ability.yields),
                "lost": [str(one.error) for one in taken.lost[:3]],
                "calls": calls - made,
                "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
                "wall": time.perf_counter() - begun,
                "peak": peak_mib(),
            }
            made = calls
            print(json.dumps(told), flush=True)
    return 0


def connect(words: list[str]) -> int:
    """Connect an instance by the words of the command line."""
    from casb_cli.__main__ import main as casb

    never_wait()
    return casb(words)


def scan() -> int:
    """Scan the connected instance as `casb scan` does, contents left out; print what it said as a line of JSON."""
    from casb_cli.commands._session import chosen, environment, opened
    from casb_cli.scan import run
    from casb_cli.store.store import Store

    class Nothing:
        """Stands for the inspection of contents: settles nothing."""

        settled: ClassVar[dict[str, int]] = {}
        halted = denied = None

        def __init__(self, *_: object, **__: object) -> None: ...

        def run(self, until: Callable[[], bool]) -> None:
            while not until():
                time.sleep(0.2)

    never_wait()
    run.Inspector = Nothing  # type: ignore[assignment, misc]
    pool = SimpleNamespace(detector_set="none")
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    with Store() as store, environment(store=store) as env, opened(chosen(None, None), env) as [instance]:
        statement = run.Scan(instance, store, pool, env.stop).run()  # type: ignore[arg-type]
        used = resource.getrusage(resource.RUSAGE_SELF)
        kept = {kind: store.inventory.count(instance.key, kind) for kind in KINDS}
    told = {
        "statement": statement.as_dict(),
        "kept": kept,
        "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        "wall": time.perf_counter() - begun,
        "peak": peak_mib(),
    }
    print(json.dumps(told), flush=True)
    return 0


def scanned(what: str) -> dict[str, Any]:
    """Scan in a process of its own, print what it took, and return what it said."""
    done = subprocess.run([sys.executable, __file__, "--scan"], stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    statement = told["statement"]
    print(f"{what}: {sum(statement['calls'].values()):,} calls, {told['cpu']:.0f} s CPU, {told['wall']:.0f} s,"
          f" peak {told['peak']:.1f} MiB")  # fmt: skip
    print("  seen", statement["seen"], "gone", statement["gone"], "kept", told["kept"])
    print("  calls", statement["calls"])
    print(*(f"  lost: {one}" for one in statement["lost"] + statement["gaps"]), sep="\n", flush=True)
    return told


def twice(users: int, groups: int, drives: int, files: int, records: int) -> bool:
    """Scan a tenant, edit one per cent of it, scan it again; tell whether both stayed within their targets."""
    import tenant_office365

    from casb_cli.apps import registry
    from casb_cli.commands import _sandbox

    with tempfile.TemporaryDirectory() as folder:
        os.environ["CASB_CONFIG_DIR"], os.environ["CASB_STATE_DIR"] = f"{folder}/config", f"{folder}/state"
        Path(folder, "state").mkdir(mode=0o700)
        size = {"users": users, "groups": groups, "drives": drives, "files": files, "records": records}
        with tenant_office365.tenant(**size) as (provider, running):
            print("tenant", tenant_office365.size(provider), flush=True)
            signins = running.signins()["office365"]
            words = _sandbox.connect_words(registry.get("office365"), "bench", None, signins)
            begun = time.perf_counter()
            subprocess.run([sys.executable, __file__, "--connect", *words], capture_output=True, check=True)
            print(f"connected in {time.perf_counter() - begun:.0f} s", flush=True)
            first = scanned("first scan")
            begun = time.perf_counter()
            print("edited", tenant_office365.edit(provider), f"in {time.perf_counter() - begun:.0f} s", flush=True)
            second = scanned("second scan")
            names = Counter(call.name for call in provider.calls if "$batch" not in call.name)
            print("  on the wire, inside batches too:", dict(names.most_common(12)))
    made = [sum(told["statement"]["calls"].values()) for told in (first, second)]
    part = made[1] / made[0]
    peak = max(first["peak"], second["peak"])
    lost = [one for told in (first, second) for one in told["statement"]["lost"]]
    print(f"second scan: {part:.2%} of the first one's calls (at most {AGAIN_TARGET:.0%}); peak {peak:.1f} MiB")
    return part <= AGAIN_TARGET and peak <= PEAK_TARGET and not lost


def measured(app: str, sandbox: Sandbox, names: list[str]) -> bool:
    """Print a line for each ability and tell whether all stayed within the target and nothing was lost."""
    words = [sys.executable, __file__, "--side", ",".join(names), "--app", app]
    met = True
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            met = met and told["peak"] <= PEAK_TARGET and not told["lost"]
            print(
                f"{app:17} {told['name']:12} {told['rows']:9,} rows ({told['kept']:9,} kept) {told['calls']:8,} calls"
                f"  {told['cpu']:7.1f} s CPU {told['cpu'] / max(told['calls'], 1) * 1e3:6.2f} ms a call"
                f"  {told['wall']:6.1f} s  peak {told['peak']:6.1f} MiB",
                *told["lost"],
                flush=True,
            )
    return met and process.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", choices=tuple(ABILITIES), default="okta")
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--groups", type=int, default=5_000)
    parser.add_argument("--files", type=int, default=500_000)
    parser.add_argument("--only", help="some of the abilities, separated by commas")
    parser.add_argument("--side")
    parser.add_argument("--scan", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--twice", action="store_true", help="scan Office 365, edit one per cent, scan again")
    parser.add_argument("--drives", type=int, default=5_000)
    parser.add_argument("--records", type=int, default=2_000_000)
    if sys.argv[1:2] == ["--connect"]:
        return connect(sys.argv[2:])
    given = parser.parse_args()
    if given.scan:
        return scan()
    if given.twice:
        met = twice(given.users, given.groups, given.drives, given.files, given.records)
        print("ok" if met else "MISSED")
        return 0 if met else 1
    if given.side:
        return side(given.app, given.side.split(","))
    names = given.only.split(",") if given.only else list(ABILITIES[given.app])
    with Sandbox(given.app, given.users, given.groups, given.files) as sandbox:
        met = measured(given.app, sandbox, names)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"coordinator's peak at most {PEAK_TARGET:.0f} MiB, nothing lost: {'ok' if met else 'MISSED'} (load {load})")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
