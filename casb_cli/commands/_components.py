"""Choosing the components of an app that has several: by option, by field, or asked for on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casb_cli.ui.streams import streams

if TYPE_CHECKING:
    from casb_cli.core.app import App


def chosen(app: App, fields: dict[str, str], named: Sequence[str] | None, *, ask: bool) -> dict[str, str]:
    """Return the fields with the components chosen, required ones among them; on a terminal they are asked for.

    Raises UsageError where the app has none to choose, UnknownName for one that there isn't.
    """
    from casb_cli.core.app import COMPONENTS_FIELD
    from casb_cli.core.errors import UsageError

    if not app.components:
        if named:
            raise UsageError(f"{app.title} has no components to choose", hint="leave --component out")
        return fields
    given = ",".join(named) if named else fields.get(COMPONENTS_FIELD, "")
    if not given and ask and streams.may_ask:
        show(app)
        given = streams.prompt("Components, separated by commas (empty: all)", "--component NAME", default="")
    if not given.strip():
        return fields
    on = app.switched_on({COMPONENTS_FIELD: given})
    told = {one.strip() for one in given.split(",")}
    for one in app.components:
        if one.key in on and one.key not in told:
            streams.note(f"`{one.key}` is connected too: the others need it")
    return {**fields, COMPONENTS_FIELD: ",".join(one.key for one in app.components if one.key in on)}


def show(app: App) -> None:
    """Show what each component brings and needs."""
    streams.note(f"{app.title} is connected as components:")
    for one in app.components:
        streams.note(f"  {one.key}: {one.title}{' (always)' if one.required else ''}")
        streams.note(f"      brings {one.brings}")
        for need in one.needs:
            streams.note(f"      needs {need}")
        for note in one.notes:
            streams.note(f"      {note}")
