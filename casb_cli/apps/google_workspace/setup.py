"""What to create at Google before connecting: the exact steps for each sign-in method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from casb_cli.apps.google_workspace.scopes import ALWAYS, DRIVE_SET, VOCABULARY, least
from casb_cli.core.capabilities import Need

_POOL = "//iam.googleapis.com/projects/NUMBER/locations/global/workloadIdentityPools/POOL"


def scopes_of(needs: Sequence[Need]) -> tuple[str, ...]:
    """Return the scopes that some needs call for, in our order; what another one implies is left out."""
    asked = {scope for need in needs for alternative in need.any_of.get(VOCABULARY, ())[:1] for scope in alternative}
    return least(asked | set(ALWAYS))


def apis_of(method: str, scopes: Sequence[str]) -> list[str]:
    """Return the names of the APIs that the project must have switched on."""
    apis = ["admin.googleapis.com"]
    if set(scopes) & set(DRIVE_SET):
        apis.append("drive.googleapis.com")
    if method in {"keyless", "federation"}:
        apis.append("iamcredentials.googleapis.com")
    if method == "federation":
        apis.append("sts.googleapis.com")
    return apis


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the credential, with only the scopes that `needs` call for."""
    scopes = scopes_of(needs)
    enable = f"  gcloud services enable {' '.join(apis_of(method, scopes))} --project PROJECT"
    first = [
        "In the Google Cloud console, make or choose a project for this purpose alone, and switch on its APIs:",
        enable,
    ]
    if method == "oauth":
        return _numbered([*first, *_client(scopes)])
    subject = fields.get("subject") or "a super administrator"
    email = fields.get("service_account") or "casb@PROJECT.iam.gserviceaccount.com"
    name = email.partition("@")[0]
    lines = [
        *first,
        "Make a service account in it; it needs no role in the project:",
        f"  gcloud iam service-accounts create {name} --project PROJECT",
    ]
    lines += {"keyless": _keyless, "federation": _federation}.get(method, _key)(email)
    lines += [
        "Read the service account's unique ID, a number (in the key file it is `client_id`):",
        f"  gcloud iam service-accounts describe {email} --format 'value(uniqueId)'",
        "As a super administrator, open https://admin.google.com/ac/owl/domainwidedelegation",
        "  (Security, Access and data control, API controls, Domain-wide delegation), choose Add new,",
        "  and enter that number as client ID, with this list of OAuth scopes:",
        "  " + ",".join(scopes),
        "Wait some minutes, at most a day, until Google knows the entry everywhere",
        f"Connect with `subject` = {subject}: licensed, not suspended, signed in once, terms accepted",
    ]
    return _numbered(lines)


def _key(email: str) -> list[str]:
    return [
        "Make a key for it and keep the file where only you can read it:",
        f"  gcloud iam service-accounts keys create casb-key.json --iam-account {email}",
        "  If the organization forbids keys (iam.disableServiceAccountKeyCreation), use --auth keyless",
    ]


def _keyless(email: str) -> list[str]:
    return [
        "Let the identity that runs casb sign for the service account:",
        f"  gcloud iam service-accounts add-iam-policy-binding {email} \\",
        "    --member MEMBER --role roles/iam.serviceAccountTokenCreator",
        "  MEMBER is user:YOU, serviceAccount:OTHER, or a principal of a workload identity pool",
        "Choose where that identity's access token comes from, such as:",
        '  --secret "access_token=command:gcloud auth print-access-token"',
    ]


def _federation(email: str) -> list[str]:
    return [
        "Make a workload identity pool and a provider for the identity provider that knows the machine running casb",
        "Let that identity sign for the service account:",
        f"  gcloud iam service-accounts add-iam-policy-binding {email} \\",
        f"    --member principal:{_POOL}/subject/SUBJECT \\",
        "    --role roles/iam.serviceAccountTokenCreator",
        "Write the configuration, with the file or the address that holds the identity's token:",
        "  gcloud iam workload-identity-pools create-cred-config \\",
        f"    {_POOL.removeprefix('//iam.googleapis.com/')}/providers/PROVIDER \\",
        "    --credential-source-file TOKEN_FILE --output-file casb-wif.json",
        "  Programs as a source are run only where GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 is set",
        "Connect with --secret configuration=import:casb-wif.json",
    ]


def _client(scopes: Sequence[str]) -> list[str]:
    return [
        "Google Auth Platform, Audience: Internal (an external app in testing signs out after seven days)",
        "Google Auth Platform, Clients, Create client: Desktop app; note client ID and client secret",
        "If third-party access is restricted, trust the app: Admin console, Security, API controls, App access control",
        "Sign in as a super administrator when the browser asks; casb will ask for these scopes:",
        *(f"  {scope}" for scope in scopes),
        "Other people's My Drive is out of reach this way: use --auth service-account for files",
    ]


def _numbered(lines: Sequence[str]) -> str:
    number = 0
    text = ""
    for line in lines:
        number += 0 if line.startswith("  ") else 1
        text += f" {line}\n" if line.startswith("  ") else f"{number}. {line}\n"
    return text
