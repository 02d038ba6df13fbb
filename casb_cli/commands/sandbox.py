"""`casb sandbox`: simulated providers on this machine, to try and to test with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands import _complete
from casb_cli.commands._options import OutputFormat, examples
from casb_cli.commands._sandbox import INSTANCE

if TYPE_CHECKING:
    from casb_cli.sandbox.process import Plan, State

app = typer.Typer(help="Serve simulated providers on this machine, connect to them, stop them.")

COLUMNS = ("app", "host", "url")

AppNames = Annotated[
    list[str] | None,
    typer.Option("--app", metavar="APP", help="Only this app; repeatable, globs.", autocompletion=_complete.apps),
]
Seed = Annotated[int, typer.Option("--seed", help="Another seed, another company; the same seed, the same one.")]
People = Annotated[int, typer.Option("--people", min=12, metavar="N", help="How many employees.")]
Files = Annotated[int, typer.Option("--files", min=0, metavar="N", help="How many files each app holds.")]
Ports = Annotated[
    list[str] | None,
    typer.Option(
        "--port", metavar="[NAME=]PORT", help="A first port, or one base URL's (github.api=8080); repeatable."
    ),
]
Variants = Annotated[
    list[str] | None,
    typer.Option("--variant", metavar="[APP=]VARIANT", help="An edition, such as github=ghes; repeatable."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--setting", metavar="APP.K=V", help="A switch of one simulated provider; repeatable."),
]
Unlimited = Annotated[bool, typer.Option("--unlimited", help="Without the vendors' rate limits.")]
Latency = Annotated[float, typer.Option("--latency", min=0.0, metavar="SECONDS", help="How long each answer takes.")]


def _planned(
    apps: list[str] | None,
    seed: int,
    people: int,
    files: int,
    ports: list[str] | None,
    variants: list[str] | None,
    settings: list[str] | None,
    unlimited: bool,
    latency: float,
) -> Plan:
    from casb_cli.commands import _sandbox

    _sandbox.require()
    return _sandbox.plan(
        _sandbox.simulated(apps),
        seed=seed,
        people=people,
        files=files,
        ports=ports or (),
        variants=variants or (),
        settings=settings or (),
        unlimited=unlimited,
        latency=latency,
    )


def _print(state: State, output: Any) -> None:
    from casb_cli.ui.output import Output

    rows = (
        {"app": key, "host": host, "url": url} for key, urls in sorted(state.urls.items()) for host, url in urls.items()
    )
    Output("sandbox", output, columns=COLUMNS).write(rows)


@app.command(
    "serve",
    short_help="serve here until Ctrl-C",
    epilog=examples("casb sandbox serve", "casb sandbox serve --app github --variant ghes --port 8080"),
)
def serve(
    apps: AppNames = None,
    seed: Seed = 1,
    people: People = 40,
    files: Files = 400,
    ports: Ports = None,
    variants: Variants = None,
    settings: Settings = None,
    unlimited: Unlimited = False,
    latency: Latency = 0.0,
    output: OutputFormat = "table",
) -> None:
    """Serve here until Ctrl-C or `casb sandbox stop`, having printed the base URLs."""
    from casb_cli.commands import _sandbox
    from casb_cli.sandbox import process
    from casb_cli.ui.streams import streams

    plan = _planned(apps, seed, people, files, ports, variants, settings, unlimited, latency)

    def ready(state: State) -> None:
        _print(state, output)
        streams.note("connect: casb sandbox connect    stop: Ctrl-C, or casb sandbox stop")

    process.run(plan, _sandbox.state_file(), ready=ready)


@app.command(
    "start",
    short_help="serve in the background",
    epilog=examples("casb sandbox start", "casb sandbox start --people 500 --files 20000 --seed 7"),
)
def start(
    apps: AppNames = None,
    seed: Seed = 1,
    people: People = 40,
    files: Files = 400,
    ports: Ports = None,
    variants: Variants = None,
    settings: Settings = None,
    unlimited: Unlimited = False,
    latency: Latency = 0.0,
    output: OutputFormat = "table",
) -> None:
    """Serve in the background, having printed the base URLs; one sandbox for each state directory."""
    from casb_cli.commands import _sandbox
    from casb_cli.sandbox import process
    from casb_cli.ui.streams import streams

    plan = _planned(apps, seed, people, files, ports, variants, settings, unlimited, latency)
    started = process.start(plan, _sandbox.state_file())
    _print(started.state, output)
    streams.note("connect: casb sandbox connect    stop: casb sandbox stop")


@app.command(
    "status",
    short_help="print the base URLs of the running one",
    epilog=examples("casb sandbox status", "casb sandbox status -o json"),
)
def status(output: OutputFormat = "table") -> None:
    """Print the base URLs of the running sandbox; exit 1 where none runs."""
    from casb_cli.commands import _sandbox
    from casb_cli.ui.streams import streams

    state = _sandbox.running()
    _print(state, output)
    for key, signins in sorted(state.signins.items()):
        streams.note(f"{key}: sign-ins: {', '.join(signins)}")
    streams.note(f"process {state.pid}")


@app.command(
    "connect",
    short_help="connect an instance of each simulated app",
    epilog=examples(
        "casb sandbox connect",
        "casb sandbox connect --app github --instance reader --auth token-reader",
        "casb sandbox connect --app github --auth token --print",
        "casb sandbox connect --app github --instance prod --auth token-reader -- --add --purpose read",
    ),
)
def connect(
    apps: AppNames = None,
    instance: Annotated[
        str, typer.Option("--instance", metavar="NAME", help="What the instances are called.")
    ] = INSTANCE,
    auth: Annotated[
        str | None, typer.Option("--auth", metavar="SIGN-IN", help="How to sign in; `casb sandbox status` lists them.")
    ] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print the commands that connect; run none.")] = False,
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[-- OPTION...]", help="Further options of `casb connect`.")
    ] = None,
) -> int:
    """Connect an instance of each simulated app, by the same `casb connect` that a real one takes."""
    from casb_cli.app import run
    from casb_cli.commands import _sandbox
    from casb_cli.core.errors import CasbError, UnknownName, combined_exit_code
    from casb_cli.ui.process import tell
    from casb_cli.ui.streams import streams

    state = _sandbox.running()
    chosen = [one for one in _sandbox.simulated(apps) if one.key in state.signins]
    if not chosen:
        raise UnknownName("the running sandbox serves none of these apps", hint=f"it serves {', '.join(state.signins)}")
    codes: list[int] = []
    for one in chosen:
        words = [*_sandbox.connect_words(one, instance, auth, state.signins[one.key]), *(more or ())]
        if only_print:
            streams.write(_sandbox.command_text(words) + "\n")
            continue
        for line in f"$ {_sandbox.command_text(words)}".splitlines():
            streams.note(line)
        try:
            codes.append(run(words))
        except CasbError as error:
            if len(chosen) == 1:
                raise
            tell(error)
            codes.append(error.exit_code)
    return combined_exit_code(codes)


@app.command("stop", short_help="stop the running one", epilog=examples("casb sandbox stop"))
def stop() -> None:
    """Stop the running sandbox; exit 0 also where none runs. Instances that were connected to it stay."""
    from casb_cli.commands import _sandbox
    from casb_cli.sandbox import process
    from casb_cli.store.config import Config
    from casb_cli.ui.streams import streams

    state = process.load(_sandbox.state_file())
    stopped = process.stop(_sandbox.state_file())
    streams.note("the sandbox is stopped" if stopped else "no sandbox is running here")
    if state is None or not _sandbox.folder().is_dir():
        return  # a demo's folder went with its sandbox
    urls = {url for hosts in state.urls.values() for url in hosts.values()}
    for config in Config.load().instances:
        if urls & {value.rstrip("/") for value in config.fields.values()}:
            streams.note(f"{config.label} was connected to it: casb instances remove {config.label} --yes")
