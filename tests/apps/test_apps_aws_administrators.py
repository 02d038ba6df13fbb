"""AWS: who administers in effect: boundaries, denials, service control policies, permission sets."""

from __future__ import annotations

import contextlib
import json
import os
from functools import cache

import httpx
import pytest

from casb_cli.apps.aws.auth import signin
from casb_cli.apps.aws.connector import APP, Aws
from casb_cli.apps.aws.endpoints import base_urls
from casb_cli.apps.aws.mapping import CallerIdentity
from casb_cli.apps.aws.policies import bounded, effective, of_aws, read
from casb_cli.apps.aws.rules import RULES
from casb_cli.apps.base import InstanceFacts
from casb_cli.connect.probe import ask
from casb_cli.core.capabilities import ListAccounts, Page
from casb_cli.core.errors import Unavailable
from casb_cli.core.models import ROOT, Tenant
from casb_cli.store.tokens import MemoryTokens
from casb_cli.transport.client import Client
from casb_cli.transport.governor import Governors
from casb_cli.transport.signin import SigninContext

ACCOUNT, MANAGER, MEMBER = "123456789012", "999999999999", "210987654321"
WHO = f"arn:aws:iam::{ACCOUNT}:user/ann"
OTHER = f"arn:aws:iam::{ACCOUNT}:role/breakglass"


def one(effect="Allow", action="*", resource="*", **more):
    return read(json.dumps({"Statement": [{"Effect": effect, "Action": action, "Resource": resource, **more}]}))


def without(*actions, **condition):
    more = {"Condition": condition} if condition else {}
    return one("Deny", list(actions), **more)


ALL, IAM, READ = one(), one(action="iam:*"), one(action=["s3:Get*", "iam:List*"])
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
ALL_BUT_S3 = read(json.dumps({"Statement": {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}}))


@pytest.mark.parametrize(
    ("held", "boundary", "admin"),
    [
        ([ALL], None, True),
        ([READ], None, False),
        ([READ, IAM], None, True),
        # A boundary allows at most what it says itself.
        ([ALL], READ, False),
        ([ALL], ALL, True),
        ([ALL], IAM, True),
        ([IAM], of_aws("arn:aws:iam::aws:policy/AdministratorAccess"), True),
        ([ALL], of_aws("arn:aws:iam::aws:policy/PowerUserAccess"), False),
        ([ALL], ALL + without("iam:*"), False),
        ([ALL], ALL + without("iam:DeleteUserPermissionsBoundary", "iam:CreateUser"), True),
        # A denial on everything takes away; one on something, or under a condition that is not judged, does not.
        ([ALL, without("*")], None, False),
        ([ALL, without("IAM:*")], None, False),
        ([ALL, without("iam:Attach*", "iam:Put*")], None, True),
        ([ALL, ALL_BUT_S3], None, False),
        ([ALL, without("*", **MFA)], None, True),
        ([ALL, one("Deny", "*", "arn:aws:s3:::b/*")], None, True),
        ([ALL, without("*", ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:user/an?"})], None, True),
        ([ALL, without("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/*"})], None, False),
        ([ALL, without("*", StringEquals={"aws:PrincipalArn": [WHO.upper(), OTHER]})], None, True),
        ([ALL, without("*", StringEquals={"AWS:PrincipalARN": [WHO]}, **MFA)], None, True),
        ([ALL, of_aws("arn:aws-cn:iam::aws:policy/AWSDenyAll")], None, False),
    ],
)
def test_an_administrator_in_effect(held, boundary, admin):
    assert effective(held, WHO, boundary=boundary) is admin


@pytest.mark.parametrize(
    ("levels", "taken"),
    [
        ((), False),
        ((ALL, ALL), False),
        ((ALL, READ), True),  # an allow list at one level is the most there is
        ((ALL, READ + IAM), False),
        ((ALL + without("iam:*"), ALL), True),
        ((ALL + without("iam:CreateAccessKey"), ALL), False),
        ((ALL + without("*", StringNotLike={"aws:PrincipalArn": OTHER}), ALL), True),
        ((ALL + without("*", StringNotLike={"aws:PrincipalArn": WHO}), ALL), False),
        ((ALL + without("*", StringNotEquals={"aws:RequestedRegion": "eu-west-1"}), ALL), False),
    ],
)
def test_what_service_control_policies_take(levels, taken):
    assert bounded(levels, WHO) is taken


def test_only_policies_that_aws_owns_are_known_by_name():
    assert of_aws(f"arn:aws:iam::{ACCOUNT}:policy/AdministratorAccess") is None
    assert of_aws("arn:aws:iam::aws:policy/ReadOnlyAccess") == ()
    assert of_aws("arn:aws:iam::aws:policy/job-function/AdministratorAccess") == ()


# The calls, against scripted answers that botocore's models shape


SERVICES = {
    "AWSOrganizationsV20161128": "organizations",
    "SWBExternalService": "sso-admin",
    "AWSIdentityStore": "identitystore",
}


class Script:
    """Answers JSON and query calls by operation name; every answer is held against botocore's model."""

    def __init__(self):
        self.answers = {}
        self.sent = []

    def on(self, operation, status=200, /, **answer):
        self.answers[operation] = (status, answer)

    def __call__(self, request):
        prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
        if not operation:
            operation = dict(pair.split("=", 1) for pair in request.content.decode().split("&"))["Action"]
            return httpx.Response(200, text=self.answers[operation][1]["xml"])
        asked = json.loads(request.content)
        self.sent.append((operation, asked))
        status, answer = self.answers[operation]
        found = next(iter(answer.values()))(asked) if callable(next(iter(answer.values()), None)) else answer
        if "__type" in found:
            return httpx.Response(400 if status == 200 else status, json=found)
        fits(SERVICES[prefix], operation, asked, found)
        return httpx.Response(status, json=found)


@cache
def model_of(service):
    from botocore.session import Session

    return Session().get_service_model(service)  # long to load


def fits(service, operation, asked, answered):
    """Hold a request and an answer against botocore's model of the operation."""
    from botocore.validate import ParamValidator

    model = model_of(service).operation_model(operation)
    for value, shape in ((asked, model.input_shape), (answered, model.output_shape)):
        if shape is None:
            assert not value
            continue
        report = ParamValidator().validate(value, shape)
        assert not report.has_errors(), report.generate_report()
        assert set(value) <= set(shape.members)


@pytest.fixture
def script(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    found = Script()
    found.on("DescribeOrganization", Organization={"Id": "o-exampleorgid", "MasterAccountId": MANAGER})
    return found


@contextlib.contextmanager
def connector(script, **fields):
    given = {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "region": "eu-west-1", **fields}
    urls = base_urls(given)
    governors = Governors(APP, "main")
    common = {"where": "aws/prod", "transport": httpx.MockTransport(script)}
    with Client(APP, RULES, None, urls, governors, **common) as plain:
        context = SigninContext(
            app="aws",
            instance="prod",
            method="keys",
            fields=given,
            secret=lambda key: {"secret_access_key": "wJalrXUtnFEMI"}[key] if key != "session_token" else "",
            tokens=MemoryTokens(),
            http=plain,
            urls=urls,
        )
        with Client(APP, RULES, signin(context), urls, governors, **common) as client:
            tenant = Tenant(id=ACCOUNT, name=ACCOUNT, facts={"account": ACCOUNT})
            facts = InstanceFacts(app="aws", name="prod", method="keys", fields=given, urls=urls, tenant=tenant)
            yield Aws(client, facts)


def summary(id_):
    return {"Id": id_, "Name": id_, "Type": "SERVICE_CONTROL_POLICY"}


def test_service_control_policies_of_every_level_are_read_once(script):
    above = {ACCOUNT: "ou-ab12-11111111", "ou-ab12-11111111": "r-ab12"}
    over = {ACCOUNT: ["p-FullAWSAccess"], "ou-ab12-11111111": ["p-FullAWSAccess", "p-sealed"], "r-ab12": []}
    texts = {"p-FullAWSAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
             "p-sealed": {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}}  # fmt: skip
    script.on("ListPoliciesForTarget", Policies=lambda q: {"Policies": [summary(i) for i in over[q["TargetId"]]]})
    script.on("ListParents", Parents=lambda q: {"Parents": [{"Id": above[q["ChildId"]], "Type": "ROOT"}]})
    said = {id_: json.dumps({"Statement": text}) for id_, text in texts.items()}
    policy = lambda q: {"Policy": {"PolicySummary": summary(q["PolicyId"]), "Content": said[q["PolicyId"]]}}  # noqa: E731
    script.on("DescribePolicy", Policy=policy)
    with connector(script) as aws:
        found = aws.ceilings(ACCOUNT)
        assert aws.ceilings(ACCOUNT) == found
        assert aws.ceilings(MANAGER).levels == ()  # they hold nobody of the management account
    assert len(found.levels) == 2, "a root without any policy has the type switched off"
    assert bounded(found.levels, f"arn:aws:iam::{ACCOUNT}:root")
    assert found.notice(ACCOUNT) == ()
    assert [name for name, _ in script.sent].count("DescribePolicy") == 2
    assert all(asked.get("Filter") == "SERVICE_CONTROL_POLICY" for name, asked in script.sent if "Target" in name)


def refusal(code, words="You don't have permissions to access this resource."):
    return lambda _: {"__type": code, "Message": words}


def test_a_member_account_that_may_not_read_them_says_so_and_names_the_actions(script):
    script.on("ListPoliciesForTarget", x=refusal("AccessDeniedException"))
    with connector(script) as aws:
        found = aws.ceilings(ACCOUNT)
    [notice] = found.notice(ACCOUNT)
    assert (notice.code, notice.effect) == ("scope-missing", "degraded")
    assert "organizations:ListPoliciesForTarget" in notice.needed
    assert ACCOUNT in notice.about
    assert "is_admin" in notice.about


def test_an_account_outside_an_organization_has_none(script):
    script.on("DescribeOrganization", x=refusal("AWSOrganizationsNotInUseException"))
    with connector(script) as aws:
        found = aws.ceilings(ACCOUNT)
    assert (found.levels, found.notice(ACCOUNT)) == ((), ())


SET = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef"
ADMIN = {"Name": "AdministratorAccess", "Arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
DETAILS = """<GetAccountAuthorizationDetailsResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
<GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><Policies><member>
<PolicyName>operators</PolicyName><Arn>arn:aws:iam::123456789012:policy/ops/operators</Arn><PolicyVersionList>
<member><IsDefaultVersion>true</IsDefaultVersion><Document>%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C
%22Action%22%3A%22%2A%22%2C%22Resource%22%3A%22%2A%22%7D%7D</Document></member></PolicyVersionList></member></Policies>
</GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>""".replace("\n", "")
OPERATORS = {"CustomerManagedPolicyReference": {"Name": "operators", "Path": "/ops/"}}
NOBODYS = {"CustomerManagedPolicyReference": {"Name": "operators", "Path": "/"}}


@pytest.mark.parametrize(
    ("managed", "named", "boundary", "admin"),
    [
        ([ADMIN], [], None, True),
        ([ADMIN], [], {"ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}, False),
        ([ADMIN], [], {"ManagedPolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, True),
        ([ADMIN], [], OPERATORS, True),
        ([ADMIN], [], NOBODYS, False),  # the account has no policy of that path
        ([], [OPERATORS["CustomerManagedPolicyReference"]], None, True),
        ([], [NOBODYS["CustomerManagedPolicyReference"]], None, False),
    ],
)
def test_permission_sets_make_administrators_within_their_boundary(script, managed, named, boundary, admin):
    script.on("DescribeOrganization", x=refusal("AWSOrganizationsNotInUseException"))
    script.on("ListInstances", Instances=[{"InstanceArn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
                                           "IdentityStoreId": "d-1234567890"}])  # fmt: skip
    script.on("ListPermissionSets", PermissionSets=[SET])
    script.on("DescribePermissionSet", PermissionSet={"PermissionSetArn": SET, "Name": "Ops"})
    script.on("ListManagedPoliciesInPermissionSet", AttachedManagedPolicies=managed)
    script.on("GetInlinePolicyForPermissionSet", InlinePolicy='{"Statement": []}')
    script.on("ListCustomerManagedPolicyReferencesInPermissionSet", CustomerManagedPolicyReferences=named)
    if boundary is None:
        script.on("GetPermissionsBoundaryForPermissionSet", x=refusal("ResourceNotFoundException", "none"))
    else:
        script.on("GetPermissionsBoundaryForPermissionSet", PermissionsBoundary=boundary)
    script.on("ListAccountsForProvisionedPermissionSet", AccountIds=[ACCOUNT])
    given = {"AccountId": ACCOUNT, "PermissionSetArn": SET, "PrincipalType": "USER", "PrincipalId": "u-1"}
    script.on("ListAccountAssignments", AccountAssignments=[given])
    script.on("GetAccountAuthorizationDetails", xml=DETAILS)
    with connector(script) as aws:
        assert aws.center_admins().users == (frozenset({"u-1"}) if admin else frozenset())


def test_an_administrator_by_identity_center_is_in_doubt_where_the_organization_is_hidden(script):
    test_permission_sets_make_administrators_within_their_boundary(script, [ADMIN], [], None, True)
    script.on("DescribeOrganization", Organization={"Id": "o-exampleorgid", "MasterAccountId": MANAGER})
    script.on("ListPoliciesForTarget", x=refusal("AccessDeniedException"))
    person = {
        "UserId": "u-1",
        "UserName": "ann",
        "IdentityStoreId": "d-1234567890",
        "UserArn": "arn:aws:identitystore::123456789012:identitystore/d-1234567890/user/u-1",
        "Revision": "1",
    }
    script.on("ListUsers", Users=[person, {**person, "UserId": "u-2", "UserName": "bo"}])
    with connector(script) as aws:
        [center] = [part for page in aws.list_accounts(ROOT, None) for part in page.more if "center" in part.key]
        [page] = aws.list_accounts(center, None)
    assert [(row.login, row.is_admin, "is_admin" in row.unknown) for row in page.items] == [
        ("ann", True, True),
        ("bo", False, False),
    ]
    assert "organizations:DescribePolicy" in page.notices[0].needed


def test_a_proof_looks_into_a_few_permission_sets_only(script):
    test_permission_sets_make_administrators_within_their_boundary(script, [ADMIN], [], None, True)
    script.on("ListPermissionSets", PermissionSets=[f"{SET[:-3]}{number}" for number in range(100, 130)])
    script.on("ListUsers", Users=[])
    given = {"AccountId": ACCOUNT, "PermissionSetArn": SET, "PrincipalType": "USER"}
    many = [{**given, "PrincipalId": f"u-{number}"} for number in range(3)]
    script.on("ListAccountAssignments", AccountAssignments=many)
    with connector(script) as aws:
        script.sent.clear()
        [center] = [part for page in aws.list_accounts(ROOT, None) for part in page.more if "center" in part.key]
        with aws.only_trying():
            list(aws.list_accounts(center, None))
        assert len(script.sent) < 20
        assert len([name for name, _ in script.sent if name == "ListAccountAssignments"]) == 1, "that it may is tried"
        assert len(aws.center_admins().users) == 3, "and nothing that was read so is kept"
    assert [name for name, _ in script.sent].count("GetInlinePolicyForPermissionSet") == 31


def test_asking_for_proof_tells_the_connector(script, monkeypatch):
    said = []

    def list_accounts(self, part, cursor):
        said.append(self.trying)
        yield Page(items=())

    with connector(script) as aws:
        monkeypatch.setattr(type(aws), "list_accounts", list_accounts)
        assert ask(aws, ListAccounts) == {}
        assert (said, aws.trying) == ([True], False)


def test_a_boundary_that_cannot_be_read_leaves_a_doubt_that_is_told(script, monkeypatch):
    monkeypatch.setattr("casb_cli.transport.retry.backoff", lambda *_, **__: 0.0)
    test_permission_sets_make_administrators_within_their_boundary(script, [ADMIN], [], None, True)
    script.on("GetPermissionsBoundaryForPermissionSet", 500, x=refusal("InternalServerException"))
    with connector(script) as aws:
        found = aws.center_admins()
    assert (found.users, found.doubted) == ({"u-1"}, {"u-1"})
    [notice] = found.notices
    assert (notice.code, notice.effect) == ("degraded", "degraded")
    assert "permission set Ops" in notice.about


def test_a_set_that_makes_nobody_an_administrator_is_not_asked_for_its_boundary(script):
    test_permission_sets_make_administrators_within_their_boundary(
        script, [{"Name": "ReadOnlyAccess", "Arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}], [], None, False
    )
    assert "GetPermissionsBoundaryForPermissionSet" not in [name for name, _ in script.sent]


def test_a_simulator_that_does_not_answer_leaves_own_permissions_to_be_tried(script, monkeypatch):
    def out(self, arn, actions):
        raise Unavailable("AWS answered 500 without a message")
        yield

    monkeypatch.setattr(Aws, "_simulated", out)
    monkeypatch.setattr(Aws, "caller", lambda self: CallerIdentity(Account=ACCOUNT, Arn=WHO))
    with connector(script) as aws:
        own = aws.read_own_permissions()
    assert (own.complete, own.granted) == (False, ())
    assert "shows only by trying" in own.notes[0]
