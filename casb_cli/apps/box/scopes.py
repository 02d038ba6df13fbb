"""Box's application scopes, as the app's Configuration page names them, and what each implies."""

from __future__ import annotations

VOCABULARY = "box"

READ = "root_readonly"
WRITE = "root_readwrite"
USERS = "manage_managed_users"
GROUPS = "manage_groups"
ENTERPRISE = "manage_enterprise_properties"

TITLES = {
    READ: "Read all files and folders stored in Box",
    WRITE: "Write all files and folders stored in Box",
    USERS: "Manage users",
    GROUPS: "Manage groups",
    ENTERPRISE: "Manage enterprise properties",
}


def expand(granted: frozenset[str]) -> frozenset[str]:
    """Return the granted scopes with all that they imply: who may write may read."""
    return granted | {READ} if WRITE in granted else granted


def box(*alternatives: str | tuple[str, ...]) -> dict[str, list[str | tuple[str, ...]]]:
    """Return the `any_of` of a need."""
    return {VOCABULARY: list(alternatives)}
