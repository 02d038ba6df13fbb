"""The simulated AWS: `build(world, options)` returns it, to be served on loopback.

It plays an organization of the invented company: signed requests, IAM, STS, Organizations, Identity Center, CloudTrail,
S3 and SQS, all at one address. moto keeps the state; what moto lacks, or does unlike AWS, is answered here.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from casb_cli.apps.aws.sandbox_buckets import QUEUE
from casb_cli.apps.aws.sandbox_company import HOME, MEMBER_ROLE, ROLE
from casb_cli.apps.aws.sandbox_control import ControlPlane
from casb_cli.apps.aws.sandbox_trail_files import BUCKET
from casb_cli.apps.aws.sandbox_truth import Truth
from casb_cli.core.errors import CasbError
from casb_cli.sandbox.provider import Options, Signin
from casb_cli.sandbox.world import World


class Aws(ControlPlane):
    """The whole of the simulated AWS; `truth` says what a perfect reader would have seen at the start."""

    def __init__(self, world: World, options: Options | None = None) -> None:
        super().__init__(world, options)
        self.truth = Truth(self.company, self.center, self.buckets)

    @property
    def queue_url(self) -> str:
        """The address of the queue that tells of changes in buckets."""
        return f"{self.urls.get('api', 'https://sqs.us-east-1.amazonaws.com')}/{self.company.main}/{QUEUE}"

    @property
    def tokens(self) -> dict[str, str]:
        """The session tokens and secrets given out, which must appear nowhere."""
        found = {}
        for one in self.access.given.values():
            found[one.secret] = one.key
            if one.token is not None:
                found[one.token] = one.key
        return found

    def credentials(self) -> dict[str, Signin]:
        """Return what signs in: an access key of the service account, and a role that it may assume."""
        key = self.company.service_key
        common = {
            "endpoint_url": self.urls.get("api", ""),
            "region": HOME,
            "member_role": MEMBER_ROLE,
            "external_id": self.company.external_id,
            "queue_url": self.queue_url,
            "access_key_id": key.id,
        }
        if self.options.settings.get("trail") == "on":
            common["trail"] = f"s3://{BUCKET}"
        secret = {"secret_access_key": key.secret}
        role = {"role_arn": f"arn:aws:iam::{self.company.main}:role/{ROLE}"}
        return {
            "keys": Signin(fields=common, secrets=secret),
            "role": Signin(fields={**common, **role}, secrets=secret),
        }

    def snapshot(self) -> dict[str, Any]:
        """Return what there is now, where callers may change it; `events` counts the changes."""
        with self.moto.held():
            self.ready()
            users = {
                user.arn: {
                    "keys": {key.access_key_id: key.status for key in user.access_keys},
                    "password": user.password is not None,
                    "policies": sorted(user.policies),
                    "attached": sorted(user.managed_policies),
                }
                for account in self.company.active
                for user in self.moto.backend("iam", account).users.values()
            }
            buckets = {
                bucket.name: {
                    "objects": sum(len(bucket.keys.getlist(name)) for name in bucket.keys),
                    "policy": bucket.policy.decode() if bucket.policy else None,
                }
                for account in self.company.active
                for bucket in self.moto.backend("s3", account).buckets.values()
            }
            specific = {id_: status for id_, (_, _, status) in self.specific.items()}
        return {
            "users": users,
            "buckets": buckets,
            "service_credentials": specific,
            "applications": dict(self.applications),
            "events": self.events,
        }


def build(world: World, options: Options | None = None) -> Aws:
    """Return a simulated AWS of `world`; raises CasbError where moto is not installed."""
    if find_spec("moto") is None:
        raise CasbError(
            "the simulated AWS needs moto, which this installation leaves out",
            hint='pip install "casb-cli[sandbox]", or from a clone: pip install ".[sandbox]"',
        )
    return Aws(world, options)
