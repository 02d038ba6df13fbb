"""What to create in AWS before connecting: a role with its trust, and policies with the actions that are needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from casb_cli.apps.aws.scopes import ACTIONS
from casb_cli.core.capabilities import Need

_SID = "Casb"
_MOST = 5_500
"""Characters of a policy: a managed one holds 6,144, white space not counted."""


def actions_of(needs: Sequence[Need]) -> list[str]:
    """Return the IAM actions that some needs call for, sorted."""
    asked = {action for need in needs for alternative in need.any_of.get(ACTIONS, ())[:1] for action in alternative}
    return sorted(asked | {"iam:SimulatePrincipalPolicy", "iam:ListAccountAliases", "iam:GetRole"})


def policies(actions: Sequence[str]) -> list[str]:
    """Return policies that allow these actions, each small enough for one managed policy."""
    found: list[list[str]] = [[]]
    for action in actions:
        if len(json.dumps([*found[-1], action])) > _MOST:
            found.append([])
        found[-1].append(action)
    return [
        json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Sid": _SID, "Effect": "Allow", "Action": some, "Resource": "*"}]},
            indent=2,
        )
        for some in found
    ]


def trust(account: str, external_id: str, partition: str) -> str:
    """Return a trust policy for a role that another account's principals assume."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition}:iam::{account}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def instructions(method: str, needs: Sequence[Need], fields: Mapping[str, str]) -> str:
    """Return the steps to create the credential, with only the actions that `needs` call for."""
    region = fields.get("region") or "us-east-1"
    partition = "aws-us-gov" if region.startswith("us-gov-") else "aws-cn" if region.startswith("cn-") else "aws"
    documents = policies(actions_of(needs))
    steps: list[str] = []
    many = f" (and {len(documents) - 1} more, as they are too long for one)" if len(documents) > 1 else ""
    steps.append(f"IAM, Policies, Create policy, JSON: name it casb{many}:\n" + "\n".join(documents))
    if method == "keys":
        steps.append("IAM, Users, Create user `casb`, without console access; attach the policy")
        steps.append("the user, Security credentials, Create access key: note its ID and the secret, shown once")
    elif method == "web-identity":
        steps.append("IAM, Identity providers: add your OpenID Connect provider, audience sts.amazonaws.com")
        steps.append("IAM, Roles, Create role, Web identity: restrict it to the one subject; attach the policy")
    elif method == "instance-role":
        steps.append("IAM, Roles, Create role for EC2 (or ECS, EKS): attach the policy, and the role to the instance")
    elif method == "role":
        steps.append(
            "IAM, Roles, Create role, Custom trust policy; choose a random external ID (openssl rand -hex 16);"
            " attach the policy:\n" + trust("ACCOUNT-OF-THE-CALLER", "RANDOM-EXTERNAL-ID", partition)
        )
    else:
        steps.append("attach the policy to the user, role or permission set that the profile or environment uses")
    if fields.get("member_role") or method == "role":
        name = fields.get("member_role") or "casb-member"
        steps.append(
            f"for a whole organization: make the role `{name}` with the same policy in every member account"
            " (a CloudFormation StackSet does), its trust naming the account above and the external ID; allow"
            f" sts:AssumeRole on arn:{partition}:iam::*:role/{name}; then connect with --field member_role={name}"
        )
    steps.append(
        f"casb connect aws --instance NAME --auth {method} --field region={region}, and give acting its own"
        " credential with --add --purpose govern"
    )
    return "".join(f"{number}. {text}\n" for number, text in enumerate(steps, 1))
