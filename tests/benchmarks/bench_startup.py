"""CPU of a start against `python -c pass`, all from one run.

The program is the one that the wheel installs, made anew with this interpreter's name in its first line. Each
command and the floor are run in turn, so that a noisy machine disturbs all alike; the ratio is that of the
medians. Run `python tests/benchmarks/bench_startup.py`; the exit code is 1 where a ratio is over its bound.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import casb_cli

COMMANDS: dict[str, tuple[list[str], float | None]] = {
    "casb --version": (["--version"], 1.4),
    "casb --help": (["--help"], 1.4),
    "casb instances": (["instances"], 7.5),
    "casb apps": (["apps"], 7.5),
    "casb schema account": (["schema", "account"], 7.5),
    "casb matrix": (["matrix"], None),
    "casb instances, of 5": (["instances"], 7.5),
}
CONNECTED = "casb instances, of 5"
"""Run where an instance of each of five apps is connected and the store of their scans is there."""


def cpu(argv: list[str], environ: dict[str, str]) -> tuple[float, int]:
    """Return user and system seconds of a whole process, and its exit code."""
    child = os.fork()
    if child == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(null, descriptor)
        os.execve(argv[0], argv, environ)
    _, status, usage = os.wait4(child, 0)
    return usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status)


def connected(home: Path) -> dict[str, str]:
    """Make a configuration of five instances, each scanned once, and return where they are."""
    places = {"CASB_CONFIG_DIR": f"{home}/config", "CASB_STATE_DIR": f"{home}/state"}
    os.environ.update(places)
    from casb_cli.core.app import CredentialSpec
    from casb_cli.core.models import Tenant
    from casb_cli.store.config import edit
    from casb_cli.store.instances import InstanceConfig
    from casb_cli.store.store import Store

    (home / "state").mkdir(mode=0o700, parents=True)
    with edit() as config, Store() as store:
        for number, app in enumerate(("github", "box", "okta", "google-workspace", "aws")):
            spec = CredentialSpec(name="main", method="token", secrets={"token": "keyring"})
            tenant = Tenant(id=str(number), name=f"Tenant {number}")
            added = InstanceConfig(app=app, name=f"i{number}", tenant=tenant, credentials=(spec,))
            config.add(added)
            run = store.runs.begin(added.key, trigger="manual")
            store.runs.end(run, "done", exit_code=0, statement={"gaps": []}, counts={})
    return places


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "casb")
        source = Path(casb_cli.__file__).with_name("_program.py").read_text()
        program.write_text(source.replace("#!python", f"#!{sys.executable}", 1))
        program.chmod(0o755)
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("CASB_", "PYTHON"))}
        environ |= {"CASB_CONFIG_DIR": f"{folder}/config", "CASB_STATE_DIR": f"{folder}/state"}
        settled = {**environ, **connected(Path(folder, "connected"))}
        lines = {"python -c pass": [sys.executable, "-c", "pass"]}
        lines |= {name: [str(program), *args] for name, (args, _) in COMMANDS.items()}
        taken: dict[str, list[float]] = {name: [] for name in lines}
        codes = {}
        for name, line in lines.items():  # once before: the bytecode is written
            codes[name] = cpu(line, settled if name == CONNECTED else environ)[1]
        for _ in range(rounds):
            for name, line in lines.items():
                taken[name].append(cpu(line, settled if name == CONNECTED else environ)[0])
    floor = statistics.median(taken["python -c pass"])
    print(f"{'command':24}{'CPU ms':>8}{'ratio':>8}{'bound':>8}")
    over = False
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        bound = COMMANDS.get(name, ([], None))[1]
        failed = codes[name] != 0
        missed = failed or (bound is not None and middle / floor > bound)
        over |= missed
        told = f"exit {codes[name]}" if failed else "over" if missed else ""
        print(f"{name:24}{middle * 1000:8.1f}{middle / floor:8.2f}{bound or '':>8}  {told}")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
