"""`casb instances`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands import _complete
from casb_cli.commands._options import Apps, Fields, Instances, OutputFormat, Where, Yes, examples

if TYPE_CHECKING:
    from casb_cli.core.models import OwnPermissions
    from casb_cli.store.config import Config
    from casb_cli.store.instances import InstanceConfig

app = typer.Typer(
    help="List, show, set, rename and remove instances.",
    invoke_without_command=True,
    epilog=examples("casb instances", "casb instances show prod", "casb instances set prod scan_every=6h"),
)
COLUMNS = ("app", "instance", "tenant", "variant", "credentials", "status", "last_scan", "next_scan", "gaps")

Name = Annotated[str, typer.Argument(metavar="NAME", help="name, or app/name.", autocompletion=_complete.instances)]


@app.callback()
def listing(
    context: typer.Context,
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
) -> None:
    """List the connected instances."""
    if context.invoked_subcommand is not None:
        return
    from casb_cli.store.config import Config
    from casb_cli.ui.output import Output
    from casb_cli.ui.streams import streams

    config = Config.load()
    chosen = config.select(apps or (), names or ()) if config.instances else ()
    Output("instance", output, fields=fields, where=where, columns=COLUMNS).write(_rows(chosen))
    if not config.instances:
        streams.note("no instance is connected yet: casb connect APP --instance NAME, or try: casb demo")


def _rows(configs: tuple[InstanceConfig, ...]) -> list[dict[str, Any]]:
    from casb_cli.store.paths import state_dir

    # The store is opened only where there is one: this command is also the first one a newcomer types.
    if not configs or not (state_dir() / "casb.db").exists():
        return [_row(config, None) for config in configs]
    from casb_cli.store.store import Store

    with Store() as store:
        return [_row(config, store.runs.list(config.key, limit=1), store) for config in configs]


def _row(config: InstanceConfig, runs: Any, store: Any = None) -> dict[str, Any]:
    from casb_cli.core import clock

    last = runs[0] if runs else None
    ended = store.runs.last_whole(config.key) if store else None
    period = config.scan_every
    gaps = [*last.statement.get("lost", []), *last.statement.get("gaps", [])] if last else []
    return {
        "app": config.app,
        "instance": config.name,
        "tenant": f"{config.tenant.name} ({config.tenant.id})" if config.tenant else None,
        "variant": config.tenant.variant if config.tenant else None,
        "credentials": [f"{spec.name}: {spec.method}, {spec.purpose}" for spec in config.credentials],
        "status": last.state if last else "never scanned",
        "last_scan": last.started if last else None,
        "next_scan": clock.text(clock.parse(ended.started) + period) if ended else "due",
        "gaps": gaps,
    }


def _find(config: Config, name: str) -> InstanceConfig:
    from casb_cli.core.errors import AmbiguousReference

    found = config.select((), (name,))
    if len(found) > 1:
        raise AmbiguousReference(
            f"several instances are called `{name}`",
            candidates=tuple(one.label for one in found),
        )
    return found[0]


@app.command("show", epilog=examples("casb instances show github/prod", "casb instances show prod -o json"))
def show(name: Name, output: OutputFormat = "table") -> None:
    """Show one instance in full: settings, credentials and their sources, permissions; never a secret."""
    import msgspec

    from casb_cli.store.config import Config
    from casb_cli.ui.output import show as show_row

    config = _find(Config.load(), name)
    row = {**_rows((config,))[0], **{k: v for k, v in msgspec.to_builtins(config).items() if k != "name"}}
    row["tenant"] = msgspec.to_builtins(config.tenant) if config.tenant else None
    show_row(row, "instance", output, columns=tuple(row))


@app.command(
    "set", epilog=examples("casb instances set prod scan_every=6h", "casb instances set prod enterprise=acme host=")
)
def set_(
    name: Name,
    values: Annotated[list[str], typer.Argument(metavar="K=V...", help="Settings or fields; an empty value removes.")],
) -> None:
    """Change settings (scan_every, quota_share) and fields of an instance; a new address is proved first."""
    import msgspec

    from casb_cli.apps import registry
    from casb_cli.connect.prove import expected_of
    from casb_cli.core import clock
    from casb_cli.core.app import COMPONENTS_FIELD
    from casb_cli.core.errors import UnknownName, UsageError
    from casb_cli.store.config import Config, edit
    from casb_cli.ui.streams import streams

    before = _find(Config.load(), name)
    declared = registry.get(before.app)
    known = {f.key for f in declared.common_fields} | {f"{host}_url" for host in declared.hosts}
    known |= {COMPONENTS_FIELD} if declared.components else set()
    settings: dict[str, str | None] = {}
    fields: dict[str, str | None] = {}
    for text in values:
        key, mark, value = text.partition("=")
        if not mark:
            raise UsageError(f"`{text}` has no `=`", hint="write KEY=VALUE, or KEY= to remove it")
        if key == "scan_every":
            if value:
                clock.duration(value)
            settings[key] = value or None
        elif key == "quota_share":
            if value and not _is_share(value):
                raise UsageError(f"`{value}` is no share", hint="write a number above 0 and up to 1, such as 0.9")
            settings[key] = value or None
        elif key in known:
            if key == COMPONENTS_FIELD and value:
                chosen = declared.switched_on({key: value})
                value = ",".join(one.key for one in declared.components if one.key in chosen)
            fields[key] = value or None
        else:
            names = ", ".join(sorted({"scan_every", "quota_share"} | known))
            raise UnknownName(f"{before.label} has no setting `{key}`", hint=f"settings: {names}")
    if fields and _moved(before, fields):
        streams.note(f"{before.label} was proved again at its new address")
    own = _own_anew(before, fields) if COMPONENTS_FIELD in fields else before.own
    with edit() as config:
        changed = config.by_key(before.key)
        if changed is None:
            raise UnknownName(f"{before.label} was removed meanwhile")
        changed = config.set(changed.app, changed.name, fields=fields, settings=settings)
        if COMPONENTS_FIELD in fields:
            # What later scans are expected to deliver follows the choice.
            changed = msgspec.structs.replace(changed, own=own)
            connector = registry.load_connector(declared)
            config.replace(msgspec.structs.replace(changed, expected=expected_of(connector, changed)))
    streams.note(f"changed {before.label}")


def _with(before: InstanceConfig, fields: dict[str, str | None]) -> InstanceConfig:
    import msgspec

    present = {**before.fields, **fields}
    return msgspec.structs.replace(before, fields={key: value for key, value in present.items() if value})


def _moved(before: InstanceConfig, fields: dict[str, str | None]) -> bool:
    """Prove an instance whose address changes: a credential goes to no host that is not the tenant's."""
    from casb_cli.commands._session import environment
    from casb_cli.connect.prove import moved

    with environment() as env:
        return moved(before, _with(before, fields), env)


def _own_anew(before: InstanceConfig, fields: dict[str, str | None]) -> dict[str, OwnPermissions]:
    """Ask what the credentials may do, where a component is switched on that nobody asked about at connect."""
    from casb_cli.apps import registry
    from casb_cli.commands._session import environment
    from casb_cli.connect.prove import reread

    changed = _with(before, fields)
    app = registry.get(before.app)
    if app.switched_on(changed.fields) <= app.switched_on(before.fields):
        return before.own
    with environment() as env:
        return reread(changed, env)


def _is_share(value: str) -> bool:
    try:
        return 0 < float(value) <= 1
    except ValueError:
        return False


@app.command("rename", epilog=examples("casb instances rename prod production"))
def rename(name: Name, new: Annotated[str, typer.Argument(metavar="NEW", help="The new name.")]) -> None:
    """Give an instance another name; secrets, store and journal stay its own."""
    from casb_cli.store.config import edit
    from casb_cli.ui.streams import streams

    with edit() as config:
        instance = _find(config, name)
        renamed = config.rename(instance.app, instance.name, new)
    streams.note(f"{instance.label} is now {renamed.label}")


@app.command("remove", epilog=examples("casb instances remove staging --yes"))
def remove(name: Name, yes: Yes = False) -> int:
    """Remove an instance and its secrets; what was stored of it stays until `casb store prune`."""
    from casb_cli.store.config import Config, edit
    from casb_cli.store.secrets import Secrets
    from casb_cli.ui.streams import streams

    instance = _find(Config.load(), name)
    if not streams.confirm(f"Remove {instance.label} and its secrets?", yes=yes):
        streams.note("nothing was removed")
        return 0
    with edit() as config:
        config.remove(instance.app, instance.name)
    ask = (lambda label: streams.prompt_secret(label, "--yes")) if streams.may_ask else None
    problems = Secrets(ask=ask).forget(instance.key, instance.credentials)
    streams.note(f"removed {instance.label}")
    for problem in problems:
        streams.warn(f"could not be deleted, remove it by hand: {problem}")
    return 1 if problems else 0
