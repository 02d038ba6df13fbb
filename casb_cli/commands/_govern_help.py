"""The help of an action: what it needs at each app, what lives on some minutes, and what it can't reach."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand

from casb_cli.govern.actions import ActionKind, action_kind, permission_lines


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
        lines = list(permissions(kind))
        if lines:
            with formatter.section("Permission needed"):
                for line in lines:
                    formatter.write_text(line)


def permissions(kind: ActionKind) -> list[str]:
    """Return the lines on permissions for every app whose connector can be loaded."""
    from casb_cli.apps import registry

    connectors: dict[str, type] = {}
    for app in registry.all():
        connectors[app.key] = registry.load_connector(app)
    return list(permission_lines(kind, connectors))
