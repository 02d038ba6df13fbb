"""`casb doctor`."""

from __future__ import annotations

from itertools import chain
from typing import Annotated

import typer

from casb_cli.commands._options import Apps, Instances, OutputFormat, Trace

EXAMPLES = ("casb doctor", "casb doctor --instance prod", "casb doctor --as-cron")
COLUMNS = ("instance", "check", "status", "detail", "fix")


def command(
    apps: Apps = None,
    names: Instances = None,
    as_cron: Annotated[
        bool, typer.Option("--as-cron", help="Check as cron would run: no terminal, no keyring session.")
    ] = False,
    output: OutputFormat = "table",
    trace: Trace = None,
) -> int:
    """Check credentials, permissions, licence, clock, keyring, store, proxy and certificates."""
    from casb_cli.connect import doctor

    if as_cron:
        given = [*(f"--app={app}" for app in apps or ()), *(f"--instance={name}" for name in names or ())]
        return doctor.as_cron([*given, "-o", output])
    return _check(apps, names, output, trace)


def _check(apps: list[str] | None, names: list[str] | None, output: object, trace: str | None) -> int:
    import msgspec

    from casb_cli.commands._session import environment
    from casb_cli.connect import doctor
    from casb_cli.store.config import Config
    from casb_cli.ui.output import Output
    from casb_cli.ui.streams import streams

    config = Config.load()
    chosen = config.select(apps or (), names or ()) if config.instances else ()
    failed = 0
    fixes: list[str] = []
    with environment(trace=trace) as env, Output("check", output, columns=COLUMNS) as sink:  # type: ignore[arg-type]
        for check in chain(doctor.machine(env), *(doctor.examine(one, env) for one in chosen)):
            failed += check.status == "failed"
            if check.fix:
                fixes.append(f"{check.instance or 'this machine'}, {check.check}: {check.fix}")
            sink.add([msgspec.to_builtins(check)])
    if output == "table" and streams.out_tty:  # a terminal's table cuts what is long, and a fix is to be copied
        for text in fixes:
            streams.note(text)
    return 1 if failed else 0
