"""What to create at GitHub before connecting: exact settings for each sign-in method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casb_cli.apps.github.scopes import expand
from casb_cli.core.capabilities import Need


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the credential, with only the scopes that `needs` call for."""
    organization = fields.get("organization") or "ORGANIZATION"
    web = f"https://{fields.get('host') or 'github.com'}"
    if method == "app":
        return _app(organization, web, _permissions(needs))
    scopes = _scopes(needs)
    if method == "token":
        return (
            f"1. As an owner of {organization}, open {web}/settings/tokens/new\n"
            f"2. Choose these scopes: {', '.join(scopes)}\n"
            "3. With SAML single sign-on: choose Configure SSO beside the new token and authorize the organization\n"
            "A fine-grained token works too (resource owner: the organization, all repositories), with:\n"
            + "".join(f"   {name}: {level}\n" for name, level in sorted(_permissions(needs).items()))
        )
    device = "5. Choose Enable Device Flow\n" if method == "device" else ""
    return (
        f"1. As an owner of {organization}, open {web}/organizations/{organization}/settings/applications/new\n"
        "2. Application name: casb; homepage URL: any address of yours\n"
        "3. Authorization callback URL: http://127.0.0.1/callback (the port may differ when signing in)\n"
        "4. Register, then generate a client secret and note client ID and client secret\n"
        f"{device}casb will ask for these scopes: {', '.join(scopes)}\n"
    )


def _app(organization: str, web: str, permissions: Mapping[str, str]) -> str:
    lines = [
        f"1. As an owner of {organization}, open {web}/organizations/{organization}/settings/apps/new",
        "2. GitHub App name: one of your own; homepage URL: any address of yours; Webhook: not active",
        "3. Permissions:",
        *(f"     {name.replace('_', ' ')}: {level}" for name, level in sorted(permissions.items())),
        "4. Only on this account; create it and note the App ID",
        "5. Generate a private key: GitHub lets you download the .pem file once",
        f"6. Install the app on {organization}, on all repositories",
        "The same as URL parameters of the page in step 1:",
        "  ?" + "&".join(f"{name}={level}" for name, level in sorted(permissions.items())) + "&webhook_active=false",
    ]
    return "\n".join(lines) + "\n"


def _scopes(needs: Sequence[Need]) -> list[str]:
    asked = list(
        dict.fromkeys(s for need in needs for alternative in need.any_of.get("oauth", ())[:1] for s in alternative)
    )
    return [s for s in asked if not any(o != s and s in expand(frozenset({o})) for o in asked)]


def _permissions(needs: Sequence[Need]) -> dict[str, str]:
    levels = ("read", "write", "admin")
    found: dict[str, str] = {}
    for need in needs:
        for alternative in need.any_of.get("app", ())[:1]:
            for scope in alternative:
                name, _, level = scope.partition(":")
                found[name] = max(found.get(name, "read"), level, key=levels.index)
    return found
