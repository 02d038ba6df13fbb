"""`casb scans`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from casb_cli.commands._options import Apps, Fields, Instances, Limit, OutputFormat, Where

EXAMPLES = ("casb scans", "casb scans --instance prod --limit 5", "casb scans 17 -o json")
COLUMNS = ("run", "instance", "trigger", "started", "ended", "state", "exit_code", "seen", "lost", "gaps")


def command(
    run: Annotated[int | None, typer.Argument(metavar="[RUN]", help="One run's whole completeness statement.")] = None,
    apps: Apps = None,
    names: Instances = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """List past scans, newest first, and how complete they were."""
    from casb_cli.commands._session import chosen
    from casb_cli.core.errors import UnknownName
    from casb_cli.store.store import Store
    from casb_cli.ui.output import Output, show

    configs = {config.key: config.label for config in chosen(apps, names)}
    with Store() as store:
        if run is not None:
            found = store.runs.get(run)
            if found is None:
                raise UnknownName(f"there is no run {run}", hint="casb scans")
            row = {**_row(found, configs), **found.statement}
            show(row, "run", output, columns=tuple(row))
            return

        def rows() -> Any:
            before: int | None = None
            while page := store.runs.list(None, before=before):
                before = page[-1].id
                yield from (_row(one, configs) for one in page if one.instance_key in configs)

        Output("run", output, fields=fields, where=where, limit=limit, columns=COLUMNS).write(rows())


def _row(run: Any, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "run": run.id,
        "instance": labels.get(run.instance_key),
        "trigger": run.trigger,
        "started": run.started,
        "ended": run.ended,
        "state": run.state,
        "exit_code": run.exit_code,
        "seen": run.statement.get("seen", {}),
        "lost": run.statement.get("lost", []),
        "gaps": run.statement.get("gaps", []),
    }
