"""Organization, account, Identity Center and Access Analyzer, where moto has nothing or differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from casb_cli.apps.aws.sandbox_center import Application
from casb_cli.apps.aws.sandbox_company import DISABLED_REGIONS, HOME, REGIONS
from casb_cli.apps.aws.sandbox_trail import Cloudtrail
from casb_cli.apps.aws.sandbox_wire import refusal
from casb_cli.core import clock
from casb_cli.sandbox import chance
from casb_cli.sandbox.wire import Reply, Request, route


class CenterCalls(Cloudtrail):
    """The services around the accounts."""

    def loaded(self) -> None:
        """Begin with the applications as they were."""
        super().loaded()
        self.applications: dict[str, str] = {one.arn: "ENABLED" for one in self.center.applications}
        self.assigned: dict[str, list[tuple[str, str]]] = {
            one.arn: list(one.principals) for one in self.center.applications
        }
        self._members: tuple[int, dict[str, list[Any]]] | None = None

    # Organization and account

    @route("POST /organizations/ListAccounts", paged=True)
    def accounts(self, request: Request) -> Reply:
        """List the accounts, at most 20 a page; a page may be empty and not the last."""
        self._main(request, "organizations")
        rows: list[Any] = [
            {**account.describe(), "JoinedTimestamp": account.create_time}
            for account in self.moto.backend("organizations", request.who.account).accounts
        ]
        token = request.who.params.get("NextToken")
        size = min(int(request.who.params.get("MaxResults") or 20), 20)
        if self.options.settings.get("empty_page") == "on" and token is None:
            page, following = self.page(
                request, [None, *rows], None, 1, code="InvalidInputException", Reason="INVALID_NEXT_TOKEN"
            )
            return self._listed(request, "Accounts", [], following if page else None)
        if self.options.settings.get("empty_page") == "on":
            rows = [None, *rows]
        page, following = self.page(
            request, rows, token, size, code="InvalidInputException", Reason="INVALID_NEXT_TOKEN"
        )
        return self._listed(request, "Accounts", [row for row in page if row], following)

    def _listed(self, request: Request, member: str, rows: list[Any], token: str | None) -> Reply:
        result: dict[str, Any] = {member: rows}
        if token:
            result["NextToken"] = token
        return self.told(request, result)

    def _main(self, request: Request, family: str) -> None:
        if request.who.account != self.company.main:
            said = "You don't have permissions to access this resource."
            raise refusal(family, 400, "AccessDeniedException", said)

    @route("POST /account/ListRegions")
    def regions(self, request: Request) -> Reply:
        """List the regions and whether they are enabled."""
        wanted = request.who.params.get("RegionOptStatusContains") or []
        found = [(name, "ENABLED_BY_DEFAULT" if name == HOME else "ENABLED") for name in REGIONS]
        found += [(name, "DISABLED") for name in DISABLED_REGIONS]
        rows = [{"RegionName": n, "RegionOptStatus": s} for n, s in found if not wanted or s in wanted]
        size = int(request.who.params.get("MaxResults") or 50)
        page, token = self.page(request, rows, request.who.params.get("NextToken"), size, code="ValidationException")
        return self._listed(request, "Regions", list(page), token)

    @route("POST /account/GetAccountInformation")
    def account_information(self, request: Request) -> Reply:
        """Tell the account's name."""
        wanted = request.who.params.get("AccountId") or request.who.account
        found = next((one for one in self.company.accounts if one.id == wanted), None)
        if found is None:
            raise refusal("account", 404, "ResourceNotFoundException", "No such account.")
        return self.told(
            request,
            {"AccountId": found.id, "AccountName": found.name, "AccountCreatedDate": found.joined},
        )

    # The identity store

    @route("POST /identitystore/ListUsers", paged=True)
    def store_users(self, request: Request) -> Reply:
        """List the users, with their status, which moto does not have."""
        return self._page_of(request, "Users", list(self._store(request).users.values()), self._user)

    @route("POST /identitystore/DescribeUser")
    def store_user(self, request: Request) -> Reply:
        """Describe a user."""
        found = self._store(request).users.get(request.who.params.get("UserId"))
        if found is None:
            raise refusal("identitystore", 400, "ResourceNotFoundException", "USER not found.")
        return self.told(request, self._user(found))

    @route("POST /identitystore/ListGroups", paged=True)
    def store_groups(self, request: Request) -> Reply:
        """List the groups."""
        rows = [
            {"GroupId": one.GroupId, "DisplayName": one.DisplayName, "IdentityStoreId": self.center.store}
            for one in self._store(request).groups.values()
        ]
        return self._page_of(request, "Groups", rows)

    @route("POST /identitystore/ListGroupMemberships", paged=True)
    def store_memberships(self, request: Request) -> Reply:
        """List the members of a group."""
        store, wanted = self._store(request), request.who.params.get("GroupId")
        if wanted not in store.groups:
            raise refusal("identitystore", 400, "ResourceNotFoundException", "GROUP not found.")
        if self._members is None or self._members[0] != self.events:
            found: dict[str, list[Any]] = {}
            for one in store.group_memberships.values():
                found.setdefault(one["GroupId"], []).append(one)
            self._members = (self.events, found)
        return self._page_of(request, "GroupMemberships", self._members[1].get(wanted, []))

    def _store(self, request: Request) -> Any:
        known = request.who.region == HOME and request.who.account == self.company.main
        if not known or request.who.params.get("IdentityStoreId") != self.center.store:
            raise refusal("identitystore", 400, "ResourceNotFoundException", "IdentityStore not found.")
        return self.moto.backend("identitystore", self.company.main, HOME).identity_stores[self.center.store]

    def _user(self, one: Any) -> dict[str, Any]:
        person = self.center.by_id.get(one.UserId)
        known = None if person is None else self.center.user(person)
        found: dict[str, Any] = {
            "IdentityStoreId": self.center.store,
            "UserId": one.UserId,
            "UserName": one.UserName,
            "DisplayName": one.DisplayName,
            "UserStatus": "ENABLED" if known is None or known.enabled else "DISABLED",
            "Emails": one.Emails or [],
        }
        if one.Name:
            found["Name"] = {"GivenName": one.Name.GivenName, "FamilyName": one.Name.FamilyName}
        if known is not None:
            found["CreatedAt"] = known.created
        return found

    def _page_of(
        self, request: Request, member: str, rows: list[Any], shape: Callable[[Any], Any] | None = None
    ) -> Reply:
        size = min(int(request.who.params.get("MaxResults") or 100), 100)
        page, token = self.page(request, rows, request.who.params.get("NextToken"), size, code="ValidationException")
        return self._listed(request, member, [shape(row) for row in page] if shape else list(page), token)

    # Identity Center

    @route("POST /sso-admin/ListInstances")
    def instances(self, request: Request) -> Reply:
        """List the instance: the organization's, in its home region alone."""
        if request.who.region != HOME or request.who.account != self.company.main:
            return self.told(request, {"Instances": []})
        return self.moto_answers(request)

    @route("POST /sso-admin/ListAccountsForProvisionedPermissionSet")
    def provisioned(self, request: Request) -> Reply:
        """List the accounts in which a permission set is assigned."""
        backend = self.moto.backend("ssoadmin", self.company.main, HOME)
        wanted = request.who.params.get("PermissionSetArn")
        found = {one.target_id for one in backend.account_assignments if one.permission_set_arn == wanted}
        return self._page_of(request, "AccountIds", sorted(found))

    @route("POST /sso-admin/GetPermissionsBoundaryForPermissionSet")
    def boundary(self, request: Request) -> Reply:
        """Tell what bounds a permission set."""
        wanted = request.who.params.get("PermissionSetArn")
        found = next((one.boundary for one in self.center.sets if one.arn == wanted), None)
        if found is None:
            raise refusal("sso-admin", 400, "ResourceNotFoundException", "The permissions boundary was not found.")
        return self.told(request, {"PermissionsBoundary": found})

    @route("POST /sso-admin/ListApplications", paged=True)
    def list_applications(self, request: Request) -> Reply:
        """List the applications."""
        rows = [self._application(one) for one in self.center.applications if one.arn in self.applications]
        return self._page_of(request, "Applications", rows)

    @route("POST /sso-admin/DescribeApplication")
    def describe_application(self, request: Request) -> Reply:
        """Describe an application."""
        return self.told(request, self._application(self._known(request)))

    @route("POST /sso-admin/UpdateApplication")
    def update_application(self, request: Request) -> Reply:
        """Switch an application on or off."""
        one = self._known(request)
        self.applications[one.arn] = request.who.params.get("Status") or self.applications[one.arn]
        return self.told(request, {})

    @route("POST /sso-admin/ListApplicationAccessScopes")
    def scopes(self, request: Request) -> Reply:
        """List what an application may ask for, at most ten a page."""
        rows = [{"Scope": scope, "AuthorizedTargets": []} for scope in self._known(request).scopes]
        size = min(int(request.who.params.get("MaxResults") or 10), 10)
        page, token = self.page(request, rows, request.who.params.get("NextToken"), size, code="ValidationException")
        return self._listed(request, "Scopes", list(page), token)

    @route("POST /sso-admin/ListApplicationAssignments")
    def application_assignments(self, request: Request) -> Reply:
        """List who may use an application."""
        one = self._known(request)
        rows = [
            {"ApplicationArn": one.arn, "PrincipalType": kind, "PrincipalId": id_}
            for kind, id_ in self.assigned[one.arn]
        ]
        return self._page_of(request, "ApplicationAssignments", rows)

    @route("POST /sso-admin/CreateApplicationAssignment")
    def assign_application(self, request: Request) -> Reply:
        """Let somebody use an application."""
        one, who = self._known(request), self._principal(request)
        if who not in self.assigned[one.arn]:
            self.assigned[one.arn].append(who)
        return self.told(request, {})

    @route("POST /sso-admin/DeleteApplicationAssignment")
    def unassign_application(self, request: Request) -> Reply:
        """Let somebody no longer use an application."""
        one, who = self._known(request), self._principal(request)
        if who not in self.assigned[one.arn]:
            raise refusal("sso-admin", 400, "ResourceNotFoundException", "The assignment was not found.")
        self.assigned[one.arn].remove(who)
        return self.told(request, {})

    def _principal(self, request: Request) -> tuple[str, str]:
        return str(request.who.params["PrincipalType"]), str(request.who.params["PrincipalId"])

    def _known(self, request: Request) -> Application:
        arn = request.who.params.get("ApplicationArn")
        found = next((one for one in self.center.applications if one.arn == arn), None)
        if found is None or request.who.account != self.company.main:
            raise refusal("sso-admin", 400, "ResourceNotFoundException", "The application was not found.")
        return found

    def _application(self, one: Application) -> dict[str, Any]:
        return {
            "ApplicationArn": one.arn,
            "ApplicationProviderArn": "arn:aws:sso::aws:applicationProvider/custom",
            "Name": one.name,
            "ApplicationAccount": one.account,
            "InstanceArn": self.center.instance,
            "Status": self.applications[one.arn],
            "CreatedDate": one.created,
        }

    # Access Analyzer

    def analyzer(self, account: str, region: str) -> str:
        """Return the ARN of an account's analyzer in a region."""
        return f"arn:aws:access-analyzer:{region}:{account}:analyzer/larkspur"

    @route("GET /access-analyzer/ListAnalyzers")
    def analyzers(self, request: Request) -> Reply:
        """List the analyzers: the main account has one in its home region."""
        here = (request.who.account, request.who.region) == (self.company.main, HOME)
        wanted = request.who.params.get("type") in (None, "ACCOUNT")
        row = {
            "arn": self.analyzer(self.company.main, HOME),
            "name": "larkspur",
            "type": "ACCOUNT",
            "createdAt": clock.text(self.company.accounts[0].joined),
            "status": "ACTIVE",
        }
        found = {"analyzers": [row] if here and wanted else []}
        return Reply(200, msgspec.json.encode(found), {"content-type": "application/json"})

    @route("POST /access-analyzer/ListFindingsV2", effect=False)
    def findings(self, request: Request) -> Reply:
        """List the buckets that somebody outside the account may read."""
        if request.who.params.get("analyzerArn") != self.analyzer(request.who.account, request.who.region):
            raise refusal("access-analyzer", 404, "ResourceNotFoundException", "The analyzer was not found.")
        rows = []
        for bucket in self.buckets.all:
            reader = self.buckets.reader(bucket)
            if reader and (bucket.account, bucket.region) == (request.who.account, request.who.region):
                rows.append(
                    {
                        "id": chance.uuid(self.company.seed, 95, bucket.index),
                        "resource": bucket.arn,
                        "resourceType": "AWS::S3::Bucket",
                        "resourceOwnerAccount": bucket.account,
                        "findingType": "ExternalAccess",
                        "status": "ACTIVE",
                        "createdAt": clock.text(bucket.created),
                        "analyzedAt": clock.text(self.world.now),
                        "updatedAt": clock.text(bucket.created),
                    }
                )
        size = int(request.who.params.get("maxResults") or 100)
        page, token = self.page(request, rows, request.who.params.get("nextToken"), size, code="ValidationException")
        found: dict[str, Any] = {"findings": list(page)} | ({"nextToken": token} if token else {})
        return Reply(200, msgspec.json.encode(found), {"content-type": "application/json"})
