"""AWS's wire shapes outside S3, and what they become. Names are the provider's own."""

from __future__ import annotations

import msgspec


class CallerIdentity(msgspec.Struct):
    Account: str
    Arn: str
    UserId: str | None = None


class OrganizationAccount(msgspec.Struct):
    Id: str
    Name: str | None = None
    State: str | None = None
    Status: str | None = None

    @property
    def active(self) -> bool:
        """Whether the account can be worked in; `Status` is the older word and no longer sent everywhere."""
        return (self.State or self.Status) == "ACTIVE"


class OrganizationAccounts(msgspec.Struct):
    Accounts: list[OrganizationAccount] = []
    NextToken: str | None = None


class Region(msgspec.Struct):
    RegionName: str


class Regions(msgspec.Struct):
    Regions: list[Region] = []
    NextToken: str | None = None
