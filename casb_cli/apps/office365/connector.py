"""The Office 365 connector: one tenant through one credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from casb_cli.apps.office365 import APP
from casb_cli.apps.office365.common import Microsoft365Base
from casb_cli.apps.office365.rules import RULES
from casb_cli.apps.office365.scopes import expand
from casb_cli.core.app import App
from casb_cli.core.capabilities import Ability, ListFindings
from casb_cli.core.models import Tenant
from casb_cli.transport.rules import ApiRules


class Office365(Microsoft365Base):
    """All that Microsoft's APIs allow, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES
    without: ClassVar[Mapping[type[Ability], str]] = {
        ListFindings: "what Microsoft's data loss prevention matched is told as activity of the component activities",
    }

    def prove(self) -> Tenant:
        """Return the tenant by its GUID."""
        raise NotImplementedError

    def check_visibility(self) -> None:
        raise NotImplementedError

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)
