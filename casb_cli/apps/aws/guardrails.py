"""Service control policies: what the organization takes from every principal of an account, its root user too.

They are read with the instance's own keys, which must be those of the management account or of one it delegated to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from casb_cli.apps.aws.common import AwsBase
from casb_cli.apps.aws.policies import Document, read
from casb_cli.core.errors import NotPermitted
from casb_cli.core.models import Notice

T = TypeVar("T")

READING = ("organizations:ListPoliciesForTarget", "organizations:ListParents", "organizations:DescribePolicy")
"""The actions by which service control policies are read."""
_KEPT = 600.0
_SCP = "SERVICE_CONTROL_POLICY"


class PolicySummary(msgspec.Struct):
    Id: str


class PolicySummaries(msgspec.Struct):
    Policies: list[PolicySummary] = []


class Parent(msgspec.Struct):
    Id: str


class Parents(msgspec.Struct):
    Parents: list[Parent] = []


class Policy(msgspec.Struct):
    Content: str | None = None


class DescribedPolicy(msgspec.Struct):
    Policy: Policy


class Ceilings(msgspec.Struct, frozen=True):
    """What bounds an account: a document for each level of the organization; `hidden` says why nothing is known."""

    levels: tuple[Document, ...] = ()
    hidden: NotPermitted | None = None

    def notice(self, account: str) -> tuple[Notice, ...]:
        """Return a notice where the policies may not be read."""
        if self.hidden is None:
            return ()
        about = f"service control policies over account {account}, which may take away what is_admin tells"
        needed = self.hidden.needed or READING
        return (Notice(code="scope-missing", about=f"{about}: {self.hidden.words}", needed=needed, effect="degraded"),)


class Guardrails(AwsBase):
    """Service control policies by account."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._read: dict[str, tuple[float, Any]] = {}

    def ceilings(self, account: str) -> Ceilings:
        """Return the policies over an account, as read at most ten minutes ago.

        None hold for the management account, nor where there is no organization or it has none switched on.
        """
        try:
            found = self.organization()
            if found is None or account == found.MasterAccountId:
                return Ceilings()
            with self._lock:
                return Ceilings(tuple(level for level in self._over(account) if level))
        except NotPermitted as error:
            return Ceilings(hidden=error)

    def _over(self, target: str | None) -> Iterator[Document]:
        while target is not None:
            yield self._kept(f"level {target}", self._scp_level, target)
            target = self._kept(f"above {target}", self._parent, target)

    def _kept(self, key: str, make: Callable[[str], T], of: str) -> T:
        known = self._read.get(key)
        if known is None or time.monotonic() - known[0] > _KEPT:
            known = self._read[key] = (time.monotonic(), make(of))
        made: T = known[1]
        return made

    def _scp_level(self, target: str) -> Document:
        params = {"TargetId": target, "Filter": _SCP, "MaxResults": 20}
        pages = self.json_pages("organizations", "ListPoliciesForTarget", PolicySummaries, params)
        ids = [one.Id for page, _ in pages for one in page.Policies]
        return tuple(part for id_ in ids for part in self._kept(f"policy {id_}", self._content, id_))

    def _content(self, id_: str) -> Document:
        found = self.json("organizations", "DescribePolicy", DescribedPolicy, {"PolicyId": id_})
        return read(found.Policy.Content or "{}")

    def _parent(self, child: str) -> str | None:
        if child.startswith("r-"):
            return None
        pages = self.json_pages("organizations", "ListParents", Parents, {"ChildId": child, "MaxResults": 20})
        return next((one.Id for page, _ in pages for one in page.Parents), None)
