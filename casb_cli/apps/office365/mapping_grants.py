"""Apps of the directory and what they were granted: wire shapes, what they become, and how far they reach."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from casb_cli.core import clock
from casb_cli.core.models import Grant
from casb_cli.core.refs import local

MICROSOFT = frozenset({"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"})
"""The tenants that Microsoft's own apps belong to."""
DELEGATED = "delegated"
ROLE = "role"
ALL = "AllPrincipals"
NO_ROLE = "00000000-0000-0000-0000-000000000000"
"""An assignment to an app as such, without any role of it."""
_HIGH = re.compile(
    r"(\.FullControl\.All|^full_access_as_app|^Directory\.(ReadWrite|AccessAsUser)|^RoleManagement\.ReadWrite|"
    r"^AppRoleAssignment\.ReadWrite|^Application\.ReadWrite|^Mail\.(ReadWrite|Send)|^MailboxSettings\.ReadWrite|"
    r"^(Files|Sites|User|Group|GroupMember|Device\w*)\.(ReadWrite|Manage)\.All|^Policy\.ReadWrite|"
    r"^DelegatedPermissionGrant\.ReadWrite|^UserAuthenticationMethod\.ReadWrite|^User-PasswordProfile|"
    r"^EWS\.AccessAsUser|^user_impersonation$|^AllSites\.(FullControl|Manage|Write)|"
    # Mailboxes as an administrator, or of everybody; sign-in domains, and roles by way of their schedules.
    r"^Exchange\.ManageAsApp|\.(AccessAsApp|SendAsApp)$|^(Domain|Organization)\.ReadWrite|"
    r"^Role(Assignment|Eligibility)Schedule\.ReadWrite|^Privileged\w+\.ReadWrite)",
    re.IGNORECASE,
)
_CONTENT = re.compile(
    r"^(Mail|Files|Sites|Chat|ChatMessage|ChannelMessage|Calendars|Contacts|Notes|eDiscovery|"
    r"OnlineMeeting(Transcript|Recording)|CallTranscripts)\.(Read|ReadWrite)(\.All)?$",
    re.IGNORECASE,
)
"""What lets an app read what everybody wrote, where it holds it in its own name."""
_LOW = frozenset({"openid", "profile", "email", "offline_access", "user.read", "user.readbasic.all"})
Risk = Literal["high", "medium", "low"]


class Publisher(msgspec.Struct, rename="camel"):
    display_name: str | None = None


class AppRole(msgspec.Struct):
    id: str
    value: str | None = None


class ServicePrincipal(msgspec.Struct, rename="camel", gc=False):
    """An app as the tenant knows it."""

    id: str
    app_id: str | None = None
    display_name: str | None = None
    app_owner_organization_id: str | None = None
    account_enabled: bool | None = None
    verified_publisher: Publisher | None = None
    disabled_by_microsoft: str | None = msgspec.field(name="disabledByMicrosoftStatus", default=None)
    created: str | None = msgspec.field(name="createdDateTime", default=None)
    app_roles: list[AppRole] | None = None

    @property
    def title(self) -> str:
        """What to call it."""
        return self.display_name or self.app_id or self.id

    @property
    def publisher(self) -> str | None:
        """Who made it: the verified publisher, or Microsoft."""
        if self.verified_publisher and self.verified_publisher.display_name:
            return self.verified_publisher.display_name
        return "Microsoft" if self.app_owner_organization_id in MICROSOFT else None

    @property
    def verified(self) -> bool:
        """Whether Microsoft verified the publisher, or is it."""
        return self.publisher is not None


class Consent(msgspec.Struct, rename="camel", gc=False):
    """What a person, or an administrator for everybody, let an app do in a person's name."""

    id: str
    client_id: str
    resource_id: str
    consent_type: str | None = None
    principal_id: str | None = None
    scope: str | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """The permissions; the provider's text often begins with a blank."""
        return tuple((self.scope or "").split())


class RoleAssignment(msgspec.Struct, rename="camel", gc=False):
    """A permission that an app holds in its own name."""

    id: str
    app_role_id: str
    principal_id: str
    resource_id: str
    principal_type: str | None = None
    principal_display_name: str | None = None
    resource_display_name: str | None = None
    created: str | None = msgspec.field(name="createdDateTime", default=None)


def risk_of(scopes: tuple[str, ...], *, app_only: bool) -> Risk:
    """Return how far permissions reach; what an app holds in its own name is never of low risk.

    It is high where it opens the whole company's content then: no person need be signed in.
    """
    if any(_HIGH.search(scope) or (app_only and _CONTENT.search(scope)) for scope in scopes):
        return "high"
    if app_only or any(scope.lower() not in _LOW for scope in scopes):
        return "medium"
    return "low"


def _profile(app: ServicePrincipal | None, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = dict(more)
    if app is not None:
        told |= {
            "publisher": app.publisher,
            "verified": app.verified,
            "app_enabled": app.account_enabled,
            "app_created": clock.normalise(app.created),
            "disabled_by_microsoft": app.disabled_by_microsoft,
        }
    return {name: value for name, value in told.items() if value is not None}


def delegated(
    one: Consent, app: ServicePrincipal | None, resource: ServicePrincipal | None, principal: str | None
) -> Grant:
    """Return what an app may do in people's names; neither date is told."""
    everybody = one.consent_type == ALL
    return Grant(
        id=f"{DELEGATED}/{one.id}",
        name=app.title if app else one.client_id,
        kind=DELEGATED,
        client_id=app.app_id if app else None,
        principal="everybody" if everybody else principal or one.principal_id,
        principal_ref=None if everybody or not one.principal_id else local("account", one.principal_id),
        scopes=one.scopes,
        profile=_profile(
            app,
            consent="administrator, for everybody" if everybody else "the person",
            resource=resource.title if resource else one.resource_id,
            risk=risk_of(one.scopes, app_only=False),
        ),
        unknown=("issued", "last_used", *(() if app else ("client_id",))),
    )


def app_role(one: RoleAssignment, app: ServicePrincipal | None, resource: ServicePrincipal) -> Grant:
    """Return a permission that an app holds in its own name."""
    value = role_name(resource, one.app_role_id)
    return Grant(
        id=f"{ROLE}/{one.id}@{resource.id}",
        name=app.title if app else one.principal_display_name or one.principal_id,
        kind="application",
        client_id=app.app_id if app else None,
        scopes=(value,),
        issued=clock.normalise(one.created),
        profile=_profile(app, consent="administrator", resource=resource.title, risk=risk_of((value,), app_only=True)),
        unknown=("last_used", *(() if app else ("client_id",)), *(() if one.created else ("issued",))),
    )


def role_name(resource: ServicePrincipal, role: str) -> str:
    """Return the name of a resource's application permission; its id where the resource tells no name."""
    found = next((one.value for one in resource.app_roles or () if one.id == role), None)
    return found or role
