"""How the answers of Office 365 are to be understood: as all of Microsoft's."""

from __future__ import annotations

from casb_cli.apps._microsoft.rules import RULES, classify, told

__all__ = ["RULES", "classify", "told"]
