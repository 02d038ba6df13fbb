"""`casb diff`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casb_cli.commands._options import Apps, Fields, Instances, Limit, OutputFormat, Since, Until, Where

if TYPE_CHECKING:
    from casb_cli.store.history import Difference
    from casb_cli.store.instances import InstanceConfig
    from casb_cli.store.store import Store

EXAMPLES = (
    "casb diff",
    "casb diff --since 7d --app github",
    "casb diff --since 2026-11-01 --all -o jsonl",
    "casb diff --where \"change == 'new administrator'\"",
)
COLUMNS = ("instance", "change", "kind", "name", "ref", "fields", "before", "after")
KINDS = ("account", "group", "membership", "privilege", "share", "grant", "file")
_OPEN = {"public": 3, "external": 2, "internal": 1, "private": 0, None: 0}


def command(
    apps: Apps = None,
    names: Instances = None,
    since: Since = None,
    until: Until = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every changed row, not only what matters for security.")
    ] = False,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """Show what changed since the scan before the last one, or since a time.

    New administrators, new and gone accounts, privileges, sharing, grants, files that became more open, and new
    findings; `--all` shows every changed row.
    """
    from casb_cli.commands._session import chosen
    from casb_cli.store.store import Store
    from casb_cli.ui.output import Output

    configs = chosen(apps, names)
    sink = Output("change", output, fields=fields, where=where, limit=limit, columns=COLUMNS)
    with Store() as store:
        sink.write(row for config in configs for row in _changes(store, config, since, until, every=every))


def _changes(
    store: Store, config: InstanceConfig, since: str | None, until: str | None, *, every: bool
) -> Iterator[dict[str, Any]]:
    from casb_cli.core.refs import Ref
    from casb_cli.store.history import moment
    from casb_cli.ui.streams import streams

    start = moment(since) if since else _before(store, config)
    if start is None:
        streams.note(f"{config.label}: nothing to compare with yet: a second scan is needed, or --since")
        return
    end = moment(until) if until else None
    for one in store.inventory.changes(config.key, KINDS, since=start, until=end):
        change = told(one)
        if change is None and not every:
            continue
        yield {
            "instance": config.label,
            "change": change or one.what,
            "kind": one.kind,
            "name": _name(one),
            "ref": str(Ref(config.app, config.name, one.kind, one.id)),
            "fields": list(one.fields),
            "before": _values(one.before, one.fields) if one.what == "changed" else None,
            "after": _values(one.after, one.fields) if one.what == "changed" else None,
        }
    yield from _findings(store, config, start, end)


def _before(store: Store, config: InstanceConfig) -> int | None:
    """Return the end of the whole scan before the last one, in the store's milliseconds."""
    from casb_cli.store.history import moment

    last = store.runs.last_whole(config.key)
    former = store.runs.last_whole(config.key, before=last.id) if last else None
    return moment(former.ended or "") if former else None


def _findings(store: Store, config: InstanceConfig, start: int, end: int | None) -> Iterator[dict[str, Any]]:
    from casb_cli.core.refs import Ref
    from casb_cli.store.history import moment

    after: tuple[str, str] | None = None
    while page := store.findings.list(config.key, first_seen_since=start, after=after):
        after = (page[-1].instance_key, page[-1].finding.id)
        for stored in page:
            finding = stored.finding
            if end is not None and moment(finding.first_seen or "") > end:
                continue
            yield {
                "instance": config.label,
                "change": "new finding",
                "kind": "finding",
                "name": f"{finding.detector} in {finding.file}",
                "ref": str(Ref(config.app, config.name, "finding", finding.id)),
                "fields": [],
                "before": None,
                "after": {"severity": finding.severity, "sharing": finding.sharing},
            }


def told(one: Difference) -> str | None:
    """Return what a difference means for security, or None where it means little."""
    before: Any = one.before
    after: Any = one.after
    if one.kind == "account":
        if one.what == "added":
            return "new administrator" if after.is_admin else "new account"
        if one.what == "gone":
            return "account gone"
        if after.is_admin and not before.is_admin:
            return "new administrator"
        if before.is_admin and after.is_admin is False:
            return "no longer administrator"
        if after.status != before.status:
            return f"account now {after.status}"
        return "second factor off" if before.mfa and after.mfa is False else None
    if one.kind == "grant" and set(one.fields) == {"last_used"}:
        return None  # it was used, by this program's own scan above all
    if one.kind in {"privilege", "grant", "group", "membership"}:
        return {"added": f"new {one.kind}", "gone": f"{one.kind} gone", "changed": f"{one.kind} changed"}[one.what]
    if one.kind == "share":
        if one.what == "added":
            return f"new {after.sharing} {after.kind}" if after.sharing else "new share"
        return "share gone" if one.what == "gone" else "share changed"
    if one.kind == "file":
        opened = _OPEN.get(after.sharing if after else None, 0)
        if opened > _OPEN.get(before.sharing if before else None, 0) and (one.what != "added" or opened > 1):
            return f"file now {after.sharing}"
    return None


def _name(one: Difference) -> str:
    row: Any = one.after or one.before
    for field in ("login", "path", "name", "who", "principal", "member"):
        value = getattr(row, field, None)
        if value:
            role = getattr(row, "role", None)
            return f"{value} ({role})" if role else str(value)
    return one.id


def _values(row: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in fields} if row is not None else {}
