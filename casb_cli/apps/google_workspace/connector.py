"""The Google Workspace connector: one customer through one credential."""

from __future__ import annotations

from typing import ClassVar

from casb_cli.apps.google_workspace import APP
from casb_cli.apps.google_workspace.common import DIRECTORY, GoogleBase
from casb_cli.apps.google_workspace.rules import RULES
from casb_cli.apps.google_workspace.scopes import expand
from casb_cli.core.app import App
from casb_cli.core.capabilities import needs
from casb_cli.core.models import Tenant
from casb_cli.transport.rules import ApiRules


class GoogleWorkspace(GoogleBase):
    """All that Google's APIs allow, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES

    @needs("GET /admin/directory/v1/customers/{customerKey}")
    def prove(self) -> Tenant:
        found = self.customer
        facts = {"domain": found.customer_domain} if found.customer_domain else {}
        return Tenant(id=found.id, name=found.customer_domain or found.id, facts=facts)

    def check_visibility(self) -> None:
        self.read(
            self.get(f"{DIRECTORY}/users", query={"customer": "my_customer", "maxResults": 1}),
            object,
        )

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return expand(granted)
