"""`casb apps`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from casb_cli.commands._options import Apps, Fields, Limit, OutputFormat, Where
from casb_cli.ui.output import Output
from casb_cli.ui.streams import streams

EXAMPLES = ("casb apps", "casb apps --app 'g*'", "casb apps --fields app,prerequisites -o json")


def command(
    app: Apps = None,
    output: OutputFormat = "table",
    fields: Fields = None,
    where: Where = None,
    limit: Limit = None,
) -> None:
    """List the apps that can be connected, how each signs in and what it asks for."""
    from casb_cli.apps import registry

    out = Output("app", output, fields=fields, where=where, limit=limit)
    for key, reason in registry.broken().items():
        streams.warn(f"the app `{key}` could not be loaded: {reason}")
    out.write(_rows(registry.matching(app)))


def _rows(apps: Any) -> Iterator[dict[str, Any]]:
    for app in apps:
        yield {
            "app": app.key,
            "title": app.title,
            "status": app.status,
            "auth": [method.key for method in app.auth],
            "unattended": [method.key for method in app.auth if method.unattended],
            "variants": [variant.key for variant in app.variants],
            "prerequisites": list(app.prerequisites),
        }
