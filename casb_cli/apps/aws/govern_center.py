"""Suspending an Identity Center user: no API switches one off, so its assignments and memberships are taken."""

from __future__ import annotations

from typing import Any

import msgspec

from casb_cli.apps.aws.center import Assignments, StoreMemberships, User
from casb_cli.apps.aws.users import Principal, Users
from casb_cli.apps.base import step
from casb_cli.core.capabilities import Change, Step
from casb_cli.core.errors import ObjectMissing, StateConflict, Unsupported
from casb_cli.core.refs import local
from casb_cli.transport.longop import follow


class Progress(msgspec.Struct):
    Status: str | None = None
    RequestId: str | None = None
    FailureReason: str | None = None


class Deletion(msgspec.Struct):
    AccountAssignmentDeletionStatus: Progress


class Creation(msgspec.Struct):
    AccountAssignmentCreationStatus: Progress


class GovernCenter(Users):
    """Assignments and memberships of one Identity Center user."""

    def _center_instance(self, store: str) -> str:
        for one in self.centers():
            if one.IdentityStoreId == store:
                return one.InstanceArn
        raise ObjectMissing(f"there is no Identity Center with the identity store {store}")

    def center_user(self, who: Principal) -> User:
        """Return an Identity Center user as it is now; raises ObjectMissing."""
        params = {"IdentityStoreId": who.home, "UserId": who.name}
        found: User = self.center_get("identitystore", "DescribeUser", User, params)
        return found

    def center_state(self, who: Principal) -> dict[str, Any]:
        """Return a user's own assignments (`account permission-set`) and groups."""
        params = {
            "InstanceArn": self._center_instance(who.home),
            "PrincipalId": who.name,
            "PrincipalType": "USER",
            "MaxResults": 100,
        }
        assigned = [
            f"{one.AccountId} {one.PermissionSetArn}"
            for page, _ in self.center_pages("sso-admin", "ListAccountAssignmentsForPrincipal", Assignments, params)
            for one in page.AccountAssignments
            # What comes through a group goes with the membership.
            if one.PrincipalType == "USER"
        ]
        return {"assignments": sorted(assigned), "groups": sorted(self._center_groups(who))}

    def _center_groups(self, who: Principal) -> dict[str, str]:
        """Return the ids of a user's memberships by group."""
        params = {"IdentityStoreId": who.home, "MemberId": {"UserId": who.name}, "MaxResults": 100}
        pages = self.center_pages("identitystore", "ListGroupMembershipsForMember", StoreMemberships, params)
        return {one.GroupId: one.MembershipId for page, _ in pages for one in page.GroupMemberships}

    def plan_center_suspend(self, who: Principal) -> Change:
        """Plan to take a user's assignments and memberships."""
        user = self.center_user(who)
        name = user.UserName or who.name
        before = self.center_state(who)
        if user.UserStatus == "DISABLED":
            raise Unsupported(f"{name} is disabled in Identity Center already")
        steps: list[Step] = []
        inverse: list[Step] = []
        for one in before["assignments"]:
            account, _, arn = one.partition(" ")
            args = {"user": who.id, "account": account, "set": arn}
            where = f"{self.set_name(self._center_instance(who.home), arn)} in {account}"
            steps.append(Step(name="unassign", title=f"take {where} from {name}", args=args))
            inverse.append(Step(name="assign", title=f"give {name} {where} again", args=args))
        for group in before["groups"]:
            args = {"user": who.id, "group": group}
            steps.append(Step(name="leave-group", title=f"take {name} out of the group {group}", args=args))
            inverse.append(Step(name="join-group", title=f"put {name} into the group {group} again", args=args))
        return Change(
            action="suspend",
            target=local("account", who.id),
            target_name=name,
            mode="deny",
            before=before,
            after={"assignments": [], "groups": []},
            steps=tuple(steps),
            inverse=tuple(inverse),
            touches=(local("account", who.id),),
            side_effects=(
                "the user can still sign in to the access portal, and finds nothing there",
                "sessions already open live on until the permission set's duration is over",
                "where an identity provider provisions users, suspend the person there: its next sync may undo this",
            ),
            keeps={"account": who.id},
        )

    def _assignment(self, args: dict[str, Any], verb: str) -> dict[str, Any]:
        store, _, user = args["user"].rpartition("/")
        params = {
            "InstanceArn": self._center_instance(store),
            "TargetId": args["account"],
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": args["set"],
            "PrincipalType": "USER",
            "PrincipalId": user,
        }
        call = self.json_call("sso-admin", f"{verb}AccountAssignment", params, region=self.center_region, safe=True)
        answer = self.client.send(call)
        if verb == "Delete":
            return self._settled("Deletion", params, answer.decode(Deletion).AccountAssignmentDeletionStatus)
        return self._settled("Creation", params, answer.decode(Creation).AccountAssignmentCreationStatus)

    def _settled(self, kind: str, params: dict[str, Any], begun: Progress) -> dict[str, Any]:
        """Follow what AWS does in its own time to its end; raises StateConflict where that is a failure."""
        operation = f"DescribeAccountAssignment{kind}Status"
        if begun.Status == "IN_PROGRESS" and begun.RequestId:
            asked = self.json_call(
                "sso-admin",
                operation,
                {"InstanceArn": params["InstanceArn"], f"AccountAssignment{kind}RequestId": begun.RequestId},
                region=self.center_region,
            )
            shape = Deletion if kind == "Deletion" else Creation

            def progress(answer: Any) -> Progress:
                found: Progress = getattr(answer.decode(shape), f"AccountAssignment{kind}Status")
                return found

            begun = progress(
                follow(self.client, asked, done=lambda answer: progress(answer).Status != "IN_PROGRESS", timeout=300)
            )
        if begun.Status == "FAILED":
            raise StateConflict(begun.FailureReason or "AWS gave no reason", call=f"POST /sso-admin/{operation}")
        return {}

    @step("unassign")
    def _unassign(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        try:
            self._assignment(args, "Delete")
        except ObjectMissing:
            return  # taken meanwhile

    @step("assign")
    def _assign(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        self._assignment(args, "Create")

    @step("leave-group")
    def _leave_group(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        store, _, user = args["user"].rpartition("/")
        who = Principal(args["user"], "center", store, user)
        membership = self._center_groups(who).get(args["group"])
        if membership is None:
            return
        params = {"IdentityStoreId": store, "MembershipId": membership}
        call = self.json_call("identitystore", "DeleteGroupMembership", params, region=self.center_region, safe=True)
        try:
            self.client.send(call)
        except ObjectMissing:
            return  # left meanwhile

    @step("join-group")
    def _join_group(self, args: dict[str, Any], memo: dict[str, Any]) -> None:
        del memo
        store, _, user = args["user"].rpartition("/")
        who = Principal(args["user"], "center", store, user)
        if args["group"] in self._center_groups(who):
            return
        params = {"IdentityStoreId": store, "GroupId": args["group"], "MemberId": {"UserId": user}}
        call = self.json_call("identitystore", "CreateGroupMembership", params, region=self.center_region, safe=True)
        self.client.send(call)
