"""S3's control plane as AWS answers it where moto differs or has nothing: access points by region, access grants."""

from __future__ import annotations

from typing import Any

from casb_cli.apps.aws.sandbox_access import opens
from casb_cli.apps.aws.sandbox_objects import Objects
from casb_cli.apps.aws.sandbox_wire import refusal
from casb_cli.core import clock
from casb_cli.sandbox.wire import Reply, Request, route


class ControlPlane(Objects):
    """Access points and S3 Access Grants, each in its account and region."""

    def _points(self, request: Request) -> dict[str, Any]:
        who = request.who
        if who.params.get("AccountId") not in (None, who.account):
            raise refusal("s3control", 403, "AccessDenied", "Access Denied")
        known = self.moto.backend("s3control", who.account).access_points[who.account]
        return {name: one for name, one in known.items() if one.arn.split(":")[3] == who.region}

    @route("GET /s3control/ListAccessPoints", paged=True)
    def list_points(self, request: Request) -> Reply:
        """List the account's access points in the region, of one bucket where one is named."""
        params = request.who.params
        wanted = params.get("Bucket")
        found = [one for one in self._points(request).values() if wanted in (None, one.bucket)]
        size = int(params.get("MaxResults") or 1000)
        page, token = self.page(request, found, params.get("NextToken"), size, code="InvalidNextToken")
        rows = [
            {
                "Name": one.name,
                "NetworkOrigin": one.network_origin,
                "Bucket": one.bucket,
                "AccessPointArn": one.arn,
                "Alias": one.alias,
                "BucketAccountId": request.who.account,
            }
            | ({"VpcConfiguration": {"VpcId": one.vpc_id}} if one.vpc_id else {})
            for one in page
        ]
        return self.told(request, {"AccessPointList": rows} | ({"NextToken": token} if token else {}))

    def _point(self, request: Request) -> Any:
        found = self._points(request).get(request.who.params.get("Name") or "")
        if found is None:
            raise refusal("s3control", 404, "NoSuchAccessPoint", "The specified accesspoint does not exist")
        return found

    @route("GET /s3control/GetAccessPointPolicyStatus")
    def point_status(self, request: Request) -> Reply:
        """Tell whether an access point's policy is public; one that is reached from a VPC alone never is."""
        found = self._point(request)
        if found.policy is None:
            raise refusal("s3control", 404, "NoSuchAccessPointPolicy", "The accesspoint has no policy")
        public = found.network_origin == "Internet" and opens(found.policy.encode())
        return self.told(request, {"PolicyStatus": {"IsPublic": public}})

    @route("PUT /s3control/PutAccessPointPolicy")
    def put_point_policy(self, request: Request) -> Reply:
        """Set an access point's policy, unless it is public and that is blocked."""
        found = self._point(request)
        wanted = str(request.who.params["Policy"])
        if found.pubc["BlockPublicPolicy"] == "true" and opens(wanted.encode()):
            raise refusal("s3control", 403, "AccessDenied", "Access Denied: public policies are blocked")
        found.policy = wanted
        return Reply(200, b"", {})

    @route("DELETE /s3control/DeleteAccessPointPolicy")
    def delete_point_policy(self, request: Request) -> Reply:
        """Remove an access point's policy."""
        self._point(request).policy = None
        return Reply(204, b"", {})

    @route("GET /s3control/ListAccessGrants", paged=True)
    def list_grants(self, request: Request) -> Reply:
        """List the grants of the region's instance of Access Grants; most regions have none."""
        who = request.who
        here = [one for one in self.buckets.grants if (one[1].account, one[1].region) == (who.account, who.region)]
        if not here:
            said = "Access Grants Instance does not exist"
            raise refusal("s3control", 404, "AccessGrantsInstanceNotExistsError", said)
        size = int(who.params.get("MaxResults") or 1000)
        page, token = self.page(request, here, who.params.get("NextToken"), size, code="InvalidNextToken")
        rows = [
            {
                "CreatedAt": clock.text(bucket.created),
                "AccessGrantId": id_,
                "AccessGrantArn": f"arn:aws:s3:{who.region}:{who.account}:access-grants/default/grant/{id_}",
                "Grantee": {"GranteeType": kind, "GranteeIdentifier": grantee},
                "Permission": "READ",
                "AccessGrantsLocationId": "default",
                "AccessGrantsLocationConfiguration": {"S3SubPrefix": scope.removeprefix("s3://")},
                "GrantScope": scope,
            }
            for id_, bucket, kind, grantee, scope in page
        ]
        return self.told(request, {"AccessGrantsList": rows} | ({"NextToken": token} if token else {}))
