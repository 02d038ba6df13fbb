"""Puts the invented company into moto: organization, IAM, Identity Center, directly and without a request."""

from __future__ import annotations

import json
from typing import Any

from casb_cli.apps.aws.sandbox_center import Center
from casb_cli.apps.aws.sandbox_company import (
    ALL,
    HOME,
    LOCAL,
    MANAGED,
    Company,
    Group,
    Key,
    Role,
    User,
    document,
    managed_arn,
)
from casb_cli.apps.aws.sandbox_moto import Moto, models


def load(moto: Moto, company: Company, center: Center) -> None:
    """Fill an empty state with the organization, its people and their rights."""
    with moto.held():
        _organization(moto, company)
        for account in company.active:
            iam = moto.backend("iam", account)
            _policies(iam, company, account)
            iam.account_aliases = [company.alias if account == company.main else f"{company.alias}-{account[-4:]}"]
        for user in company.users:
            _user(moto.backend("iam", user.account), user)
        for group in company.groups:
            _group(moto.backend("iam", group.account), group)
        for role in company.roles:
            _role(moto.backend("iam", role.account), role)
        _providers(moto.backend("iam", company.main), company)
        _identity_store(moto.backend("identitystore", company.main, HOME), center)
        _sso(moto.backend("ssoadmin", company.main, HOME), center)


def _organization(moto: Moto, company: Company) -> None:
    made_of = models("organizations")

    backend = moto.backend("organizations", company.main)
    organization = made_of.FakeOrganization(company.main, "aws", "ALL")
    organization.id = company.org_id
    organization.root_id = company.root_id
    organization.master_account_email = company.accounts[0].email
    backend.org = organization
    backend.ou.append(made_of.FakeRoot(organization))
    unit = made_of.FakeOrganizationalUnit(organization, Name="Sealed", ParentId=company.root_id)
    unit.id = company.unit_id
    backend.ou.append(unit)
    for account in company.accounts:
        made = made_of.FakeAccount.__new__(
            made_of.FakeAccount
        )  # its constructor makes a role in an account of a number by chance
        made.type, made.region = "ACCOUNT", organization.region
        made.organization_id, made.master_account_id = organization.id, company.main
        made.create_account_status_id = "car-" + account.id
        made.id, made.name, made.email = account.id, account.name, account.email
        made.status = made.state = account.state
        made.create_time = account.joined.replace(tzinfo=None)  # moto reckons in UTC without saying so
        made.joined_method = "INVITED" if account.id == company.main else "CREATED"
        made.parent_id = company.unit_id if account.id == company.sealed else organization.root_id
        made.attached_policies, made.tags = [], {}
        backend.accounts.append(made)
        made_of.organizations_backends.master_accounts[account.id] = (company.main, "aws")
    policies: dict[str, Any] = {}
    for one in company.guardrails:
        if one.id not in policies:
            policies[one.id] = made_of.FakePolicy(
                organization, Name=one.name, Type="SERVICE_CONTROL_POLICY", Content=json.dumps(one.document)
            )
            policies[one.id].id = one.id
            policies[one.id].aws_managed = one.name == "FullAWSAccess"
        holder = next(each for each in (*backend.ou, *backend.accounts) if each.id == one.target)
        holder.attached_policies.append(policies[one.id])
        policies[one.id].attachments.append(holder)
    backend.policies.extend(policies.values())


def _policies(iam: Any, company: Company, account: str) -> None:
    made_of = models("iam")

    for number, (name, statement) in enumerate(MANAGED.items()):
        policy = made_of.AWSManagedPolicy(
            name,
            account_id=account,
            region="aws",
            default_version_id="v1",
            path="/",
            document=json.dumps(document(statement)),
            create_date=company.accounts[0].joined,
            update_date=company.accounts[0].joined,
        )
        policy.id = company.unique("ANPA", 90, number)
        iam.managed_policies[policy.arn] = policy
        iam.aws_managed_policies.append(policy)
    if account == company.main:
        local = made_of.ManagedPolicy(
            LOCAL,
            account_id=account,
            region="aws",
            default_version_id="v1",
            path="/",
            document=json.dumps(document(ALL)),
        )
        iam.managed_policies[local.arn] = local


def _attach(iam: Any, holder: Any, names: tuple[str, ...]) -> None:
    for name in names:
        iam.managed_policies[managed_arn(name)].attach_to(holder)


def _user(iam: Any, user: User) -> None:
    made_of = models("iam")

    made = made_of.User(user.account, "aws", user.name, user.path)
    made.id, made.create_date = user.id, user.created
    made.password = "set by nobody" if user.password else None
    made.password_last_used = user.password_used
    if user.mfa:
        serial = f"arn:aws:iam::{user.account}:mfa/{user.name}"
        made.mfa_devices[serial] = made_of.MFADevice(serial, "123456", "654321")
    for key in user.keys:
        one = made_of.AccessKey(user_name=user.name, prefix="AKIA", account_id=user.account)
        one.access_key_id, one.secret_access_key = key.id, key.secret
        one.status, one.create_date, one.last_used = _active(key), key.created, _used(key)
        made.access_keys.append(one)
    for key in user.ssh:
        public = made_of.SshPublicKey(user.name, f"ssh-rsa {key.id} {user.name}")
        public.ssh_public_key_id, public.status, public.upload_date = key.id, _active(key), key.created
        made.ssh_public_keys.append(public)
    made.policies = {name: json.dumps(policy) for name, policy in user.inline.items()}
    if user.boundary:
        boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": managed_arn(user.boundary)}
        made.permissions_boundary = boundary
    iam.users[user.name] = made
    iam.tagger.tag_resource(made.arn, [])
    _attach(iam, made, user.attached)


def _active(key: Key) -> str:
    return "Active" if key.active else "Inactive"


def _used(key: Key) -> Any:
    return models("iam").AccessKeyLastUsed(key.used, key.service, key.region) if key.used else None


def _group(iam: Any, group: Group) -> None:
    made = iam.create_group(group.name)
    made.id, made.create_date = group.id, group.created
    for name in group.members:
        iam.add_user_to_group(group.name, name)
    made.policies = {name: json.dumps(policy) for name, policy in group.inline.items()}
    _attach(iam, made, group.attached)


def _role(iam: Any, role: Role) -> None:
    made_of = models("iam")

    made = made_of.Role(
        account_id=role.account,
        partition="aws",
        role_id=role.id,
        name=role.name,
        assume_role_policy_document=json.dumps(role.trust),
        path=role.path,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    made.create_date, made.last_used, made.last_used_region = role.created, role.used, HOME
    iam.roles[role.id] = made
    made.policies = {name: json.dumps(policy) for name, policy in role.inline.items()}
    _attach(iam, made, role.attached)


def _providers(iam: Any, company: Company) -> None:
    made_of = models("iam")

    saml = made_of.SAMLProvider(company.main, "aws", company.saml.rpartition("/")[2], "<md/>")
    iam.saml_providers[saml.arn] = saml
    url = "https://" + company.oidc.partition("oidc-provider/")[2]
    oidc = made_of.OpenIDConnectProvider(company.main, "aws", url, ["0" * 40], ["sts.amazonaws.com"], {})
    iam.open_id_providers[oidc.arn] = oidc
    saml.create_date = oidc.create_date = company.accounts[0].joined


def _identity_store(backend: Any, center: Center) -> None:
    made_of = models("identitystore")

    store = backend.identity_stores[center.store] = made_of.IdentityStoreData()
    for person in center.people:
        user = center.user(person)
        given, _, family = user.name.partition(" ")
        store.users[user.id] = made_of.User(
            user.id,
            center.store,
            user.login,
            made_of.Name(None, family or given, given, None, None, None),
            user.name,
            "",
            "",
            [{"Value": user.email, "Type": "work", "Primary": True}],
            [],
            [],
            *[""] * 5,
        )
    for group in range(center.world.groups):
        id_ = center.group_id(group)
        store.groups[id_] = made_of.Group(id_, center.world.group(group).name, [], "", center.store)
        for person in center.members(group):
            membership = center.membership_id(group, person)
            store.group_memberships[membership] = {
                "IdentityStoreId": center.store,
                "MembershipId": membership,
                "GroupId": id_,
                "MemberId": {"UserId": center.user_id(person)},
            }


def _sso(backend: Any, center: Center) -> None:
    made_of = models("ssoadmin")

    [instance] = backend.instances
    instance.identity_store_id, instance.instance_arn = center.store, center.instance
    instance.name = center.world.slug
    for one in center.sets:
        made = made_of.PermissionSet(one.name, one.name, center.instance, "PT1H", "", [])
        made.permission_set_arn = one.arn
        made.inline_policy = json.dumps(one.inline) if one.inline else ""
        made.managed_policies = [made_of.ManagedPolicy(arn, arn.rpartition("/")[2]) for arn in one.managed]
        made.total_managed_policies_attached = len(one.managed)
        made.customer_managed_policies = [made_of.CustomerManagedPolicy(name, "/") for name in one.named]
        backend.permission_sets.append(made)
        instance.provisioned_permission_sets.append(made)
    backend.account_assignments.extend(
        made_of.AccountAssignment(center.instance, one.account, "AWS_ACCOUNT", one.set, one.kind, one.principal)
        for one in center.assignments
    )
