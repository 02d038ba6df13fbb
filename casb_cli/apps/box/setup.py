"""What to create at Box before connecting: the exact settings of the app for each sign-in method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casb_cli.apps.box.scopes import TITLES, VOCABULARY, expand
from casb_cli.core.capabilities import Need

_CONSOLE = "https://app.box.com/developers/console"
_TYPES = {
    "ccg": "Server Authentication (Client Credentials Grant)",
    "jwt": "Server Authentication (with JWT)",
    "oauth": "User Authentication (OAuth 2.0)",
}


def scopes_of(needs: Sequence[Need]) -> list[str]:
    """Return the scopes that some needs call for, in Box's order; what another one implies is left out."""
    asked = {scope for need in needs for alternative in need.any_of.get(VOCABULARY, ())[:1] for scope in alternative}
    return [s for s in TITLES if s in asked and not any(s != o and s in expand(frozenset({o})) for o in asked)]


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the app, with only the scopes that `needs` call for."""
    lines = [
        f"Open {_CONSOLE}, choose Create Platform App, then Custom App",
        f"Authentication method: {_TYPES[method]}",
    ]
    if method == "oauth":
        lines.append("Configuration, OAuth 2.0 Redirect URI: http://127.0.0.1/callback (any port is accepted)")
    else:
        lines.append("Configuration, App Access Level: App + Enterprise Access")
    lines.append("Configuration, Application Scopes:")
    lines += [f"  {TITLES[scope]} ({scope})" for scope in scopes_of(needs)]
    advanced = ["Make API calls using the as-user header"]
    if fields.get("admin_id"):
        advanced.append("Generate user access tokens")
    lines.append(f"Configuration, Advanced Features: {', '.join(advanced)}")
    lines.append("Do not choose Global Content Manager (enterprise_content): it makes foreign content unreadable")
    if method == "jwt":
        lines.append("Configuration, Add and Manage Public Keys: Generate a Public/Private Keypair, keep the JSON file")
    else:
        lines.append("Configuration: note client ID and client secret")
    if method == "oauth":
        lines.append("Sign in as an admin, or as a co-admin who may manage users and run reports")
    else:
        lines.append("Authorization: Review and Submit; an administrator approves it in the Admin Console, under")
        lines.append("  Integrations, Platform Apps Manager. After every change of scopes it must be authorized again")
        lines.append(
            "Let an administrator give the app's service account enough storage: it owns the quarantine folder"
        )
    number = 0
    text = ""
    for line in lines:
        number += 0 if line.startswith("  ") else 1
        text += f"   {line}\n" if line.startswith("  ") else f"{number}. {line}\n"
    return text
