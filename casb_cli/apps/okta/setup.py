"""What to create at Okta before connecting: the exact settings for each sign-in method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casb_cli.apps.okta.scopes import ADMIN_ROLES, ALL, OAUTH, ORG, expand
from casb_cli.core.capabilities import Need


def scopes_of(needs: Sequence[Need]) -> list[str]:
    """Return the scopes that some needs call for, in our order; what another one implies is left out."""
    asked = {scope for need in needs for alternative in need.any_of.get(OAUTH, ())[:1] for scope in alternative}
    asked.add(ORG)
    return [s for s in ALL if s in asked and not any(s != other and s in expand(frozenset({other})) for other in asked)]


def roles_of(scopes: Sequence[str]) -> list[str]:
    """Return the admin roles that scopes need beside them, the smaller choice first."""
    acts = any(scope.endswith(".manage") for scope in scopes)
    if ADMIN_ROLES in scopes or (acts and any(not scope.startswith("okta.users") for scope in scopes)):
        wide = [
            "Super Administrator (needed to see administrators and to revoke API tokens and app grants), or a custom",
            "role on all users, groups and apps, with the permissions:",
            "  View users and their details, View groups and their details, View applications and their details,",
            "  View roles, resources, and admin assignments (okta.iam.read), View API tokens",
        ]
        if acts:
            wide.append("  Suspend, unsuspend, unlock, deactivate and activate users, Reset and expire passwords,")
            wide.append("  Clear users' sessions, Manage API tokens")
        return wide
    return ["Organization Administrator" if acts else "Read-Only Administrator"]


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the credential, with only the scopes and roles that `needs` call for."""
    org = (fields.get("org_url") or "https://YOUR-ORG.okta.com").rstrip("/")
    scopes = scopes_of(needs)
    if method == "token":
        lines = [
            f"Sign in at {org} as an administrator account made for this purpose alone, with the role:",
            *(f"  {line}" for line in roles_of(scopes)),
            "Admin Console, Security, API, Tokens: Create token; allow it from this machine's address only",
            "Copy the token: Okta shows it once. It ends after 30 days without use, and with that account",
        ]
        return _numbered(lines)
    bound = (fields.get("dpop") or "yes") != "no"
    lines = [
        f"As a super administrator, open {org}, Admin Console, Applications, Create App Integration: API Services",
        "General, Client Credentials: Client authentication: Public key / Private key; Add key, generate one,",
        "  keep the private key (PEM or JWK), press Save for the key and Save once more for the panel around it",
        f"General, Proof of possession: Require DPoP header in token requests: {'on' if bound else 'off'}",
        "Okta API Scopes, Grant each of:",
        *(f"  {scope}" for scope in scopes),
        "Admin roles, Edit assignments, assign to the app (without a role every listing is empty):",
        *(f"  {line}" for line in roles_of(scopes)),
        "Note the client ID, and the key ID (kid) where the app has several keys",
    ]
    return _numbered(lines)


def _numbered(lines: Sequence[str]) -> str:
    number = 0
    text = ""
    for line in lines:
        number += 0 if line.startswith("  ") else 1
        text += f"   {line}\n" if line.startswith("  ") else f"{number}. {line}\n"
    return text
