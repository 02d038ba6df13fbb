"""Memory, CPU and calls of listing a big company's apps into the store: 50,000 users, 5,000 groups, 500,000 files.

Each app's simulated provider is a process of its own, its limits switched off; the listing takes the way of `casb
scan`: the instance is connected by `casb connect`, opened from the configuration, and each ability is listed by
`Census`, one after the other in one process, whose peak (VmHWM) counts at the end of each. Contents are not read: that
is measured by bench_scan.py. Run `python tests/benchmarks/bench_tenant.py --app okta`; the exit code is 1 where the
coordinator took more than 100 MiB, or fewer rows came than the provider has.
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
from pathlib import Path
from typing import Self

from bench_listing import peak_mib

PEAK_TARGET = 100.0
ABILITIES: dict[str, tuple[str, ...]] = {
    "okta": ("accounts", "groups", "memberships", "privileges", "grants"),
    "google-workspace": ("accounts", "groups", "memberships", "privileges", "files"),
    "box": ("accounts", "groups", "memberships", "privileges", "files"),
    "github": ("accounts", "groups", "memberships", "privileges", "files"),
    "aws": ("files",),
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


def side(app: str, names: list[str]) -> int:
    """List the abilities of the connected instance into the store of this environment, a line of JSON each."""
    from casb_cli.commands._session import environment, opened
    from casb_cli.core import capabilities
    from casb_cli.scan.census import Census
    from casb_cli.store.config import Config
    from casb_cli.store.store import Store

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
    given = parser.parse_args()
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
