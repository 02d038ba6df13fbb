"""`casb store`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casb_cli.commands._options import OutputFormat, Yes, examples

if TYPE_CHECKING:
    from casb_cli.store.vault import Vault

app = typer.Typer(help="Show, check, prune and back up the local store; create the encrypted vault.")
vault = typer.Typer(help="The encrypted vault for secrets, where there is no OS keyring.")
app.add_typer(vault, name="vault")


@app.command("path", epilog=examples("casb store path", "casb store path -o json"))
def path(output: OutputFormat = "table") -> None:
    """Show where configuration, store, journal and vault are, and how large they are."""
    from casb_cli.store import config, paths
    from casb_cli.store.vault import default_path
    from casb_cli.ui.output import Output

    state = paths.state_dir()
    known = {"config": config.path(), "vault": default_path()}
    known |= {file.stem: file for file in sorted(state.glob("*.db"))}
    rows = [
        {"what": what, "path": str(where), "bytes": where.stat().st_size if where.exists() else None}
        for what, where in known.items()
    ]
    Output("place", output, columns=("what", "path", "bytes")).write(rows)


@app.command("check", epilog=examples("casb store check"))
def check() -> int:
    """Check that the store is sound and that nobody changed the journal."""
    from casb_cli.store import maintenance
    from casb_cli.store.journal import Journal
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    with Store() as store:
        problems = maintenance.integrity(store.db)
    journal = Journal()
    try:
        verdict = journal.verify()
    finally:
        journal.close()
    for problem in problems:
        streams.warn(f"store: {problem}")
    if verdict.fault:
        streams.warn(f"journal: {verdict.fault}")
    else:
        streams.note(f"journal: {verdict.entries} entries, intact, head {verdict.head}")
    return 1 if problems or not verdict.intact else 0


@app.command("prune", epilog=examples("casb store prune --before 365d", "casb store prune --before 90d --yes"))
def prune(
    before: Annotated[str, typer.Option("--before", metavar="TIME", help="Remove history that ended before this.")],
    yes: Yes = False,
) -> int:
    """Remove old history: past versions, activity, runs and resolved findings; the journal is never pruned."""
    from casb_cli.core import clock
    from casb_cli.core.text import counted
    from casb_cli.store import maintenance
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    moment = clock.since(before)
    if not streams.confirm(f"Remove history from before {clock.text(moment.replace(microsecond=0))}?", yes=yes):
        streams.note("nothing was removed")
        return 0
    with Store() as store:
        gone = maintenance.prune(store.db, before=int(moment.timestamp() * 1000))
    streams.note(
        f"removed {counted(gone.versions, 'version')}, {counted(gone.events, 'event')}, {counted(gone.runs, 'run')}, "
        f"{counted(gone.findings, 'finding')}"
    )
    return 0


@app.command("backup", epilog=examples("casb store backup /backup/casb-2026-11"))
def backup(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder, made if it isn't there.")],
) -> None:
    """Write consistent copies of store and journal into a folder, while other runs go on."""
    from casb_cli.store import maintenance
    from casb_cli.store.journal import Journal
    from casb_cli.store.paths import ensure_dir
    from casb_cli.store.store import Store
    from casb_cli.ui.streams import streams

    ensure_dir(folder)
    with Store() as store:
        maintenance.copy_database(store.db, folder / "casb.db")
    journal = Journal()
    try:
        journal.backup(folder / "journal.db")
    finally:
        journal.close()
    streams.note(f"wrote {folder / 'casb.db'} and {folder / 'journal.db'}")


@vault.command("create", epilog=examples("casb store vault create"))
def create() -> None:
    """Create the encrypted vault; the passphrase is asked for, or read from CASB_VAULT_PASSPHRASE_FILE."""
    from casb_cli.ui.streams import streams

    made = _vault()
    made.create()
    streams.note("created the vault; use it with --secret KEY=vault, KEY=vault:stdin or KEY=vault:import:PATH")


@vault.command("passphrase", epilog=examples("casb store vault passphrase"))
def passphrase() -> None:
    """Change the vault's passphrase."""
    from casb_cli.ui.streams import streams

    _vault().change_passphrase()
    streams.note("changed the vault's passphrase")


def _vault() -> Vault:
    from casb_cli.store.vault import Vault
    from casb_cli.ui.streams import streams

    ask = (lambda label: streams.prompt_secret(label, "CASB_VAULT_PASSPHRASE_FILE")) if streams.may_ask else None
    return Vault(ask=ask)
