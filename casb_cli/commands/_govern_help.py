"""The help of an action: what it needs at each app, what lives on some minutes, and what it can't reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand

from casb_cli.govern.actions import ActionKind, action_kind, permission_lines
from casb_cli.govern.plan import modes_of


class ActionCommand(TyperCommand):
    """A command whose help is completed from what the connectors declare; they are imported only then."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the help, then the facts about the action."""
        super().format_help_text(ctx, formatter)
        kind = action_kind(str(self.name))
        if kind.lives_on:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(f"May live on: {kind.lives_on}")
        if kind.cannot_reach:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(f"Cannot reach: {kind.cannot_reach}")
        connectors = _connectors()
        sections = {
            "Modes": list(_modes(kind, connectors)),
            "Permission needed": list(permission_lines(kind, connectors)),
        }
        for title, lines in sections.items():
            if lines:
                with formatter.section(title):
                    for line in lines:
                        formatter.write_text(line)


def _connectors() -> dict[str, type]:
    """Return the connectors by app; one that can't be loaded must not take the help of the others along."""
    from casb_cli.apps import registry
    from casb_cli.core.errors import CasbError
    from casb_cli.ui.streams import streams

    found: dict[str, type] = {}
    for app in registry.all():
        try:
            found[app.key] = registry.load_connector(app)
        except CasbError as error:
            streams.warn(error.message)
    return found


def _modes(kind: ActionKind, connectors: dict[str, type]) -> Iterator[str]:
    for app, connector in connectors.items():
        if issubclass(connector, kind.ability):
            for mode, what in modes_of(connector, kind).items():
                yield f"{app}, {mode}: {what}"
