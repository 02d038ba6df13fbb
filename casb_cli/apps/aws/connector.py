"""The AWS connector: one account, or the accounts of an organization, through one credential."""

from __future__ import annotations

from typing import ClassVar

from casb_cli.apps.aws import APP
from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.rules import RULES
from casb_cli.core.app import App
from casb_cli.core.models import Tenant
from casb_cli.transport.rules import ApiRules


class Aws(AwsBase):
    """All that AWS's APIs allow, and why not the rest."""

    app: ClassVar[App] = APP
    rules: ClassVar[ApiRules] = RULES

    def prove(self) -> Tenant:
        known = self.caller()
        return Tenant(id=known.Account, name=known.Account, facts={"account": known.Account, "arn": known.Arn})

    def check_visibility(self) -> None:
        self.caller()

    @classmethod
    def expand_scopes(cls, granted: frozenset[str]) -> frozenset[str]:
        return granted
